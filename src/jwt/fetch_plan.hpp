#pragma once

#include <cstdint>
#include <optional>

namespace sallyport::jwt {

// Decides when to fetch a key set, and how long it is valid. Does no I/O and holds no keys; `now`
// is in milliseconds of any monotonic clock.
//
// Fetched keys are fresh for `cache`, and are fetched again in the background in the last part of
// that time. After it, the next use waits for a fetch. While the source is down, or has not
// answered for half a second, they are used for `stale` longer. Failed fetches are repeated after 1
// s, and then at increasing intervals up to 10 s.
class FetchPlan {
  public:
    using Milliseconds = std::uint64_t;

    struct Times {
        Milliseconds cache = 0; // 0: each use waits for a fetch
        Milliseconds stale = 0;

        bool operator==(const Times&) const = default;
    };

    explicit FetchPlan(Times times) noexcept : times_(times) {}

    // What a use of the keys must do. If a fetch is running, `wait` refers to it. Keys that are not
    // usable must be ignored.
    struct Use {
        bool usable = false;
        bool fetch = false; // begin one
        bool wait = false;  // and call use() again when it has ended
    };
    // `waited`: this use has waited for a fetch already, and does not wait again.
    [[nodiscard]] Use use(Milliseconds now, bool waited) const noexcept;

    // Until fetched keys are fetched again, if they are used; nothing where each use fetches them.
    [[nodiscard]] std::optional<Milliseconds> until_refresh(Milliseconds now) const noexcept;

    // Whether a missing key justifies a fetch ahead of time: once in 10 s.
    [[nodiscard]] bool may_fetch_early(Milliseconds now) const noexcept;

    void begin(Milliseconds now) noexcept;
    void begin_early(Milliseconds now) noexcept;
    // `jitter`: any number; spreads the refreshes of many workers.
    void succeed(Milliseconds now, std::uint32_t jitter) noexcept;
    void fail(Milliseconds now) noexcept;

    // The keys that were fetched last are fresh, or stale but still usable.
    [[nodiscard]] bool serves(Milliseconds now) const noexcept;

    [[nodiscard]] bool fetching() const noexcept { return fetching_; }
    // A fetch has been running for longer than a use waits while there are usable keys.
    static constexpr Milliseconds longest_wait = 500;
    [[nodiscard]] bool slow(Milliseconds now) const noexcept;
    // The latest fetch that ended failed.
    [[nodiscard]] bool down() const noexcept { return failures_ > 0; }

  private:
    [[nodiscard]] bool fresh(Milliseconds now) const noexcept;

    Times times_;
    bool has_keys_ = false;
    bool fetching_ = false;
    bool began_fresh_ = false;  // the fetch on its way
    unsigned failures_ = 0;     // in a row
    Milliseconds began_at_ = 0; // of the fetch on its way
    Milliseconds fresh_until_ = 0;
    Milliseconds refresh_at_ = 0;
    Milliseconds retry_at_ = 0;
    Milliseconds early_at_ = 0;
};

} // namespace sallyport::jwt
