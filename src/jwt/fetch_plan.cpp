#include "jwt/fetch_plan.hpp"

#include <algorithm>

namespace sallyport::jwt {
namespace {

constexpr FetchPlan::Milliseconds first_pause = 1000;
constexpr FetchPlan::Milliseconds longest_pause = 10'000;
constexpr FetchPlan::Milliseconds early_pause = 10'000;

} // namespace

bool FetchPlan::fresh(Milliseconds now) const noexcept {
    return has_keys_ && now < fresh_until_;
}

bool FetchPlan::serves(Milliseconds now) const noexcept {
    return has_keys_ && now < fresh_until_ + times_.stale;
}

bool FetchPlan::slow(Milliseconds now) const noexcept {
    return fetching_ && now - began_at_ >= longest_wait;
}

FetchPlan::Use FetchPlan::use(Milliseconds now, bool waited) const noexcept {
    const bool may_begin = !fetching_ && now >= retry_at_;
    if (fresh(now)) {
        return {.usable = true, .fetch = may_begin && (down() || now >= refresh_at_)};
    }
    if (waited) {
        return {.usable = has_keys_ && (!down() || serves(now))};
    }
    if (serves(now) && (down() || slow(now) || (fetching_ && began_fresh_))) {
        return {.usable = true, .fetch = may_begin};
    }
    return {.fetch = may_begin, .wait = fetching_ || may_begin};
}

std::optional<FetchPlan::Milliseconds> FetchPlan::until_refresh(Milliseconds now) const noexcept {
    const Milliseconds at = down() ? retry_at_ : refresh_at_;
    const bool known = down() || (has_keys_ && times_.cache > 0);
    return known ? std::optional(at > now ? at - now : 0) : std::nullopt;
}

bool FetchPlan::may_fetch_early(Milliseconds now) const noexcept {
    return !fetching_ && now >= retry_at_ && now >= early_at_;
}

void FetchPlan::begin(Milliseconds now) noexcept {
    fetching_ = true;
    began_at_ = now;
    began_fresh_ = fresh(now);
}

void FetchPlan::begin_early(Milliseconds now) noexcept {
    begin(now);
    early_at_ = now + early_pause;
}

void FetchPlan::succeed(Milliseconds now, std::uint32_t jitter) noexcept {
    fetching_ = false;
    has_keys_ = true;
    failures_ = 0;
    retry_at_ = 0;
    fresh_until_ = now + times_.cache;
    // Somewhere from 70 to 90 % of the time.
    refresh_at_ = now + times_.cache / 10 * 7 + times_.cache * (jitter % 1000) / 5000;
}

void FetchPlan::fail(Milliseconds now) noexcept {
    fetching_ = false;
    const unsigned doublings = std::min(failures_, 4U);
    retry_at_ = now + std::min(first_pause << doublings, longest_pause);
    ++failures_;
}

} // namespace sallyport::jwt
