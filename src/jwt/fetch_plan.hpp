#pragma once

#include <cstdint>
#include <optional>

namespace sallyport::jwt {

// When to fetch a key set that lives elsewhere, and for how long a fetched one counts. Does no I/O
// and holds no keys; `now` is milliseconds of any monotonic clock.
//
// Fetched keys are fresh for `cache`, and are fetched again in the background in the last part of
// that time. When it is over, the next use waits for a fetch. While the source is down, or has not
// answered for half a second, they serve for `stale` longer. Failed fetches are repeated after 1 s,
// then ever later up to 10 s.
class FetchPlan {
  public:
    using Milliseconds = std::uint64_t;

    struct Times {
        Milliseconds cache = 0; // 0: each use waits for a fetch
        Milliseconds stale = 0;

        bool operator==(const Times&) const = default;
    };

    explicit FetchPlan(Times times) noexcept : times_(times) {}

    // What a use of the keys has to do. `fetch` and `wait` go with the fetch that is on its way,
    // if there is one. Keys that are not usable do not count, although there may be some.
    struct Use {
        bool usable = false;
        bool fetch = false; // begin one
        bool wait = false;  // and come back, having waited, when it has ended
    };
    // `waited`: this use has waited for a fetch already, and takes what there is.
    [[nodiscard]] Use use(Milliseconds now, bool waited) const noexcept;

    // Until fetched keys are fetched again, if they are used; nothing where each use fetches them.
    [[nodiscard]] std::optional<Milliseconds> until_refresh(Milliseconds now) const noexcept;

    // Whether a key that is not in the set is worth a fetch ahead of time: once in 10 s.
    [[nodiscard]] bool may_fetch_early(Milliseconds now) const noexcept;

    void begin(Milliseconds now) noexcept;
    void begin_early(Milliseconds now) noexcept;
    // `jitter`: any number; spreads the refreshes of many workers.
    void succeed(Milliseconds now, std::uint32_t jitter) noexcept;
    void fail(Milliseconds now) noexcept;

    // The keys that were fetched last are fresh, or stale and within their time.
    [[nodiscard]] bool serves(Milliseconds now) const noexcept;

    [[nodiscard]] bool fetching() const noexcept { return fetching_; }
    // A fetch is on its way for longer than a use waits while there are keys that serve.
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
