#include "ngx/access/proof_memory.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include <openssl/rand.h>

#include "jwt/dpop_proof.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/shared_memory.hpp"

namespace sallyport::ngx {

// The secret keeps clients from choosing proofs that share a bucket of the table.
struct ProofMemory::Shared {
    Digest secret;
    Digest nonce_key; // where auth_dpop_nonce_key does not set it
    auth::ReplayTable* table;
    std::int64_t window;
    // Redis has forgotten proofs from before the window grew after the time of the old one.
    std::int64_t old_window;
    std::int64_t grown_at;
};

namespace {

// Of other machines, which may accept a proof for longer than this one.
constexpr std::chrono::seconds clock_skew{60};

bool fill(Digest& secret) noexcept {
    return RAND_bytes(secret.data(), static_cast<int>(secret.size())) == 1;
}

} // namespace

bool ProofMemory::create(ngx_conf_t* cf, std::size_t size) {
    // The name of no auth_metrics_zone, which ends before the colon.
    ngx_str_t name = ngx_string("sallyport:dpop");
    zone_ = ngx_shared_memory_add(cf, &name, size, &ngx_http_sallyport_module);
    if (zone_ == nullptr) {
        return false;
    }
    zone_->init = init_zone;
    zone_->data = this;
    return true;
}

// Called in the master before it starts the workers of a configuration.
ngx_int_t ProofMemory::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
    auto& own = *static_cast<ProofMemory*>(zone->data);
    return guard(zone->shm.log, "auth_dpop_zone", ngx_int_t{NGX_ERROR}, [&] {
        if (old != nullptr) {
            own.take_over(*static_cast<ProofMemory*>(old));
        } else if (!own.make_table()) {
            return ngx_int_t{NGX_ERROR};
        }
        own.use_own_nonce_key();
        return ngx_int_t{NGX_OK};
    });
}

bool ProofMemory::make_table() {
    const auto memory = take_all(zone_);
    if (memory.size() < sizeof(Shared)) {
        return false;
    }
    shared_ = new (memory.data()) Shared{};
    shared_->window = window_;
    shared_->table = auth::ReplayTable::create(memory.subspan(sizeof(Shared)));
    return shared_->table != nullptr && fill(shared_->secret) && fill(shared_->nonce_key);
}

// The workers of the old configuration go on using the zone.
void ProofMemory::take_over(const ProofMemory& old) {
    shared_ = old.shared_;
    const SharedLock lock(zone_);
    if (window_ > shared_->window) {
        const std::int64_t now = ngx_time();
        const bool grew_lately = shared_->grown_at + shared_->old_window + shared_->window >= now;
        shared_->old_window =
            grew_lately ? std::min(shared_->old_window, shared_->window) : shared_->window;
        shared_->grown_at = now;
        shared_->table->extend(window_ - shared_->window);
        shared_->window = window_;
    }
}

void ProofMemory::use_own_nonce_key() {
    if (!nonces_) {
        nonces_.emplace(Secret(BytesView(shared_->nonce_key)));
    }
}

// A proof that may have been used before the window grew is valid for the time of the old one.
std::int64_t ProofMemory::shared_window(std::int64_t issued_by) const noexcept {
    const SharedLock lock(zone_);
    return issued_by <= shared_->grown_at + shared_->old_window ? shared_->old_window
                                                                : shared_->window;
}

std::shared_ptr<ProofUse> ProofMemory::use_shared(const Digest& key, std::string_view id,
                                                  std::int64_t issued_by) {
    if (!queue_) {
        throw std::runtime_error(
            "the memory of DPoP proofs was not opened when the worker started");
    }
    const std::int64_t left = issued_by + shared_window(issued_by) + 1 - ngx_time();
    if (left <= 0) {
        return nullptr;
    }
    Bytes input(key.begin(), key.end());
    input.insert(input.end(), id.begin(), id.end());
    return queue_->use({sha256(input), std::chrono::seconds(left) + clock_skew});
}

ProofMemory::Outcome ProofMemory::use(const Digest& key, std::string_view id,
                                      std::int64_t issued_by) {
    std::array<std::uint8_t, 2 * sizeof(Digest) + jwt::max_proof_id_bytes> input;
    auto* end = std::copy(shared_->secret.begin(), shared_->secret.end(), input.begin());
    end = std::copy(key.begin(), key.end(), end);
    end = std::copy_n(id.begin(), std::min(id.size(), jwt::max_proof_id_bytes), end);
    const auto size = static_cast<std::size_t>(end - input.begin());
    const Digest digest = sha256(BytesView(input).first(size));
    const SharedLock lock(zone_);
    return shared_->table->add(digest, issued_by + shared_->window + 1, ngx_time());
}

} // namespace sallyport::ngx
