#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "auth/dpop_nonces.hpp"
#include "auth/replay_table.hpp"
#include "base/digest.hpp"
#include "ngx/access/proof_queue.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// auth_dpop_zone: the DPoP proofs that all workers have accepted, in nginx's shared memory. The
// next configuration takes them over unless its zone has another size. If the token store is a
// Redis, the proofs are there instead, for all machines.
class ProofMemory {
  public:
    static constexpr std::size_t default_bytes = 4 << 20;

    // While the configuration is read. Returns false after nginx has logged the error.
    bool create(ngx_conf_t* cf, std::size_t size);

    // The longest window of all locations, in seconds. The zone keeps the longest window that any
    // of its configurations had, since workers of several configurations run at the same time.
    void set_window(std::int64_t window) noexcept { window_ = window; }

    // Of auth_dpop_nonce_key. Without it, the zone has a random key, which lives as long as the
    // zone.
    void set_nonce_key(Secret key) { nonces_.emplace(std::move(key)); }
    // Once nginx has created the zone.
    [[nodiscard]] auth::DpopNonces& nonces() noexcept { return *nonces_; }

    // While the configuration is read: proofs are remembered in a Redis. Each worker connects to
    // it.
    void set_shared() noexcept { is_shared_ = true; }
    void connect(const store::StoreAddress& address) {
        queue_ = std::make_shared<ProofQueue>(address);
    }
    [[nodiscard]] bool is_shared() const noexcept { return is_shared_; }
    // Begins to use a proof there. Null if it may have been forgotten.
    std::shared_ptr<ProofUse> use_shared(const Digest& key, std::string_view id,
                                         std::int64_t issued_by);

    using Outcome = auth::ReplayTable::Outcome;
    // Uses a proof by this key, in the zone. `issued_by` is the second in which it was issued, or
    // the next one.
    Outcome use(const Digest& key, std::string_view id, std::int64_t issued_by);

  private:
    struct Shared;

    static ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old) noexcept;
    [[nodiscard]] bool make_table();
    void take_over(const ProofMemory& old);
    void use_own_nonce_key();
    [[nodiscard]] std::int64_t shared_window(std::int64_t issued_by) const noexcept;

    ngx_shm_zone_t* zone_ = nullptr;
    std::int64_t window_ = 0;
    Shared* shared_ = nullptr;
    std::optional<auth::DpopNonces> nonces_;
    bool is_shared_ = false;
    std::shared_ptr<ProofQueue> queue_; // of the worker; null if it had no memory
};

} // namespace sallyport::ngx
