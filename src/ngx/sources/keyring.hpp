#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "jwt/fetch_plan.hpp"
#include "jwt/keyset.hpp"
#include "ngx/runtime/waiter.hpp"
#include "ngx/sources/fetched_keys.hpp"
#include "ngx/sources/key_sources.hpp"

namespace sallyport::ngx {

// The key sets that are valid for one request at this moment, in the order of their sources, and
// the sources that may still deliver more keys:
//
//     Keyring keyring(r, sources, times, tenant, waiter, early);
//     keyring.begin_fetches();
//     token.verify(keyring.keysets(), algorithms);
//
// Valid until control returns to the event loop, when a source may replace its keys.
class Keyring {
  public:
    // `tenant` is the tenant that the sources belong to, or empty. `early`: takes the keys that
    // were fetched last, and begins no fetches.
    Keyring(ngx_http_request_t* r, const KeySources& sources, jwt::FetchPlan::Times times,
            std::string_view tenant, const Waiter& waiter, bool early);

    [[nodiscard]] std::span<const jwt::Keyset* const> keysets() const noexcept {
        return {keysets_, size_};
    }
    [[nodiscard]] bool empty() const noexcept { return keys_ == 0; }
    // A source cannot be read, so a key that is missing here may exist.
    [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }

    // Begins the fetches that are due.
    void begin_fetches() const {
        for (const auto& fetched : due_) {
            fetched->begin_fetch();
        }
    }
    // Begins fetches ahead of time, for a key that is in none of the sets.
    void fetch_early();
    // Some sources will deliver keys. Each of them notifies the request.
    [[nodiscard]] bool pending() const noexcept { return !pending_.empty(); }
    void wait(Waiter& waiter) const;

  private:
    void add(const jwt::Keyset* keyset);
    void add(KeyFile& file);
    void add_named(const NamedSource& source);
    void add_request(const NamedSource& source);
    // Empty if the value is not allowed, which is logged.
    std::string evaluate(const NamedSource& source, const char* what);

    ngx_http_request_t* r_;
    jwt::FetchPlan::Times times_;
    std::string_view tenant_;
    const Waiter& waiter_;
    bool early_;
    const jwt::Keyset** keysets_; // in the request's memory, with room for all
    std::size_t size_ = 0;
    std::vector<std::shared_ptr<FetchedKeys>> due_; // for a fetch
    // Fetched, and awaited by this request for half a second at most.
    std::vector<std::shared_ptr<FetchedKeys>> at_hand_;
    std::vector<std::shared_ptr<Notifier>> pending_;
    std::size_t keys_ = 0;
    bool incomplete_ = false;
};

} // namespace sallyport::ngx
