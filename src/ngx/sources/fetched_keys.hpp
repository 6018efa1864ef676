#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/lru.hpp"
#include "base/weak_list.hpp"
#include "jwt/fetch_plan.hpp"
#include "ngx/runtime/fetch.hpp"
#include "ngx/runtime/waiter.hpp"
#include "ngx/sources/versioned_keys.hpp"

namespace sallyport::ngx {

// Identifies fetched keys. Locations with equal specifications share them.
struct KeyRequestSpec {
    ngx_http_conf_ctx_t* server; // whose location the URI names
    std::string uri;
    KeyFormat format;
    jwt::FetchPlan::Times times;
    std::string tenant; // empty: none

    bool operator==(const KeyRequestSpec&) const = default;

    struct Hash {
        std::size_t operator()(const KeyRequestSpec& spec) const noexcept {
            const std::hash<std::string> text;
            return (text(spec.uri) * 31 + text(spec.tenant)) * 31 +
                   std::hash<const void*>()(spec.server);
        }
    };
};

// A key set that one worker fetches from a location of this nginx. One fetch at a time serves all
// requests; FetchPlan decides when. The key set that find() returns is valid until control returns
// to the event loop.
class FetchedKeys : public Notifier, public std::enable_shared_from_this<FetchedKeys> {
  public:
    explicit FetchedKeys(KeyRequestSpec spec);
    ~FetchedKeys() override;

    struct Found {
        const jwt::Keyset* keys; // null: none that are valid
        bool pending;            // a fetch that is running or due will notify the listeners
        bool fetch_due;          // begin_fetch() is needed
    };
    // `waited`: the request has waited for them.
    [[nodiscard]] Found find(bool waited) const;
    // Does nothing while a fetch is running.
    void begin_fetch();
    // The keys that were fetched last, fresh or stale; null if they have expired. Begins no fetch.
    [[nodiscard]] const jwt::Keyset* fetched_last() const {
        return plan_.serves(ngx_current_msec) ? content_.content() : nullptr;
    }
    // Fetches ahead of time because a key is missing. Returns whether a fetch is running.
    bool fetch_early();
    void report_as(std::size_t source) noexcept { reported_as_ = source; }
    [[nodiscard]] std::size_t reported_as() const noexcept { return reported_as_; }
    // The keys of the latest successful fetch, even if they have expired; null if there was none.
    [[nodiscard]] const jwt::Keyset* latest() const noexcept { return content_.content(); }
    // Seconds since the epoch; 0: never.
    [[nodiscard]] time_t last_success() const noexcept { return last_success_; }
    [[nodiscard]] time_t next_refresh() const noexcept;
    // Of the latest fetch, if it failed.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    // The latest fetch failed.
    [[nodiscard]] bool down() const noexcept { return plan_.down(); }
    [[nodiscard]] bool fetching() const noexcept { return plan_.fetching(); }
    // The fetch takes so long that listeners were notified to use the previous keys. They will be
    // notified again when it ends.
    [[nodiscard]] bool slow() const noexcept { return plan_.slow(ngx_current_msec); }

  private:
    void fetch();
    template <typename Take>
    void end_fetch(Take&& take_it) noexcept;
    void stop_waiting();
    void take_body(Result<Fetch::Body> body);
    void take(Result<VersionedKeys::Parsed> parsed);

    KeyRequestSpec spec_;
    std::string label_;
    jwt::FetchPlan plan_;
    VersionedKeys content_;
    std::unique_ptr<Fetch> fetch_;
    std::size_t reported_as_ = not_reported;
    ngx_msec_t began_ = 0;
    time_t last_success_ = 0;
    std::string error_;
    ngx_event_t slow_{}; // a timer for slow()
};

// The fetched keys of a worker. Of those whose URI contains variables (`named`), the least recently
// used are evicted.
class FetchedKeySets {
  public:
    static constexpr std::size_t named_limit = 1000;

    std::shared_ptr<FetchedKeys> find(const KeyRequestSpec& spec, bool named);
    // Null if no request has asked for it.
    std::shared_ptr<FetchedKeys> known(const KeyRequestSpec& spec, bool named);
    // Makes a key set without keys the next to be evicted.
    void demote(const KeyRequestSpec& spec) { named_.demote(spec); }
    template <typename Visit>
    void each(Visit&& visit) {
        all_.each(visit);
    }

  private:
    std::unordered_map<KeyRequestSpec, std::shared_ptr<FetchedKeys>, KeyRequestSpec::Hash> fixed_;
    Lru<KeyRequestSpec, std::shared_ptr<FetchedKeys>, KeyRequestSpec::Hash> named_{named_limit};
    WeakList<FetchedKeys> all_;
};

} // namespace sallyport::ngx
