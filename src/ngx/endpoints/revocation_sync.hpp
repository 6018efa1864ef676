#pragma once

#include <chrono>
#include <memory>

#include "auth/revocation_reader.hpp"
#include "ngx/endpoints/store_queue.hpp"
#include "ngx/runtime/clock.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {

// Keeps the revocations that the workers share equal to those of the token store: see
// RevocationReader, which decides what to do. Owned by a worker.
class RevocationSync final : private Listener {
  public:
    static constexpr std::chrono::milliseconds default_stale = std::chrono::minutes(5);

    // `revocations` must outlive it. Without a queue, because the worker could not open the store,
    // it does not read the list. The list is stale if it was not read for that time. `store`
    // identifies the location of the store.
    RevocationSync(Revocations& revocations, std::shared_ptr<StoreQueue> queue,
                   std::chrono::milliseconds stale, const Digest& store);
    RevocationSync(const RevocationSync&) = delete;
    RevocationSync& operator=(const RevocationSync&) = delete;
    ~RevocationSync();

    // Before the worker serves requests.
    void start();

  private:
    using Table = auth::RevocationTable;
    using News = auth::RevocationReader::News;

    void on_ready() noexcept override;
    void read_first();
    void go_on();
    [[nodiscard]] std::optional<auth::StoreStep> advance(Table& table);
    void ask(auth::StoreStep step);
    void tell(const News& news) const;

    Revocations& revocations_;
    std::shared_ptr<StoreQueue> queue_;
    auth::RevocationReader reader_;
    std::shared_ptr<StoreCall> call_;
    std::size_t others_ = 0; // entries of the file
    bool is_lost_ = false;   // the step of the reader could not be asked for
    ngx_event_t ready_{};
    Clock clock_{"revocations", [this] { go_on(); }};
};

} // namespace sallyport::ngx
