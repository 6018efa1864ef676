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

// The key sets that count for one request at this moment, in the order of their sources, and
// which of the sources may have more to say. Begins the fetches that are due. Good until the event
// loop goes on: a source may then have other keys.
class Keyring {
  public:
    // `tenant` is the tenant that the sources belong to, or empty. `early`: of keys that are
    // fetched, those that were fetched last, without waiting for others.
    Keyring(ngx_http_request_t* r, const KeySources& sources, jwt::FetchPlan::Times times,
            std::string_view tenant, const Waiter& waiter, bool early);

    [[nodiscard]] std::span<const jwt::Keyset* const> keysets() const noexcept {
        return {keysets_, size_};
    }
    [[nodiscard]] bool empty() const noexcept { return keys_ == 0; }
    // A source cannot be read: a key that is not here may still exist.
    [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }

    // Looks for a key that is in none of the sets, where that may help.
    void fetch_early();
    // Some sources will have news. The request is told by any of them.
    [[nodiscard]] bool pending() const noexcept { return !pending_.empty(); }
    void wait(Waiter& waiter) const;

  private:
    void add(const jwt::Keyset* keyset);
    void add(KeyFile& file);
    void add_named(const NamedSource& source);
    void add_request(const NamedSource& source);
    // Empty when the value is not allowed, which is logged.
    std::string evaluate(const NamedSource& source, const char* what);

    ngx_http_request_t* r_;
    jwt::FetchPlan::Times times_;
    std::string_view tenant_;
    const Waiter& waiter_;
    bool early_;
    const jwt::Keyset** keysets_; // in the request's memory, with room for all
    std::size_t size_ = 0;
    // Fetched, and awaited by this request no more than half a second.
    std::vector<std::shared_ptr<FetchedKeys>> at_hand_;
    std::vector<std::shared_ptr<Notifier>> pending_;
    std::size_t keys_ = 0;
    bool incomplete_ = false;
};

} // namespace sallyport::ngx
