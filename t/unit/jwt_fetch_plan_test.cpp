#include <optional>

#include <rapidcheck.h>

#include "check.hpp"
#include "jwt/fetch_plan.hpp"
#include "property.hpp"

// When keys that live elsewhere are fetched, and for how long they count.

namespace {

using namespace sallyport::test;
using sallyport::jwt::FetchPlan;

constexpr FetchPlan::Milliseconds minute = 60'000;
constexpr FetchPlan::Milliseconds hour = 60 * minute;

std::string told(FetchPlan::Use use) {
    std::string text = use.usable ? "usable" : "-";
    text += use.fetch ? " fetch" : "";
    return text + (use.wait ? " wait" : "");
}

FetchPlan fetched(FetchPlan::Times times, FetchPlan::Milliseconds at) {
    FetchPlan plan(times);
    plan.begin(at);
    plan.succeed(at, 500); // refreshed at 80 %
    return plan;
}

void first_use_waits(Checks& checks) {
    FetchPlan plan({.cache = 5 * minute, .stale = hour});
    checks.equal(told(plan.use(7, false)), "- fetch wait", "nothing there");
    plan.begin(7);
    checks.equal(told(plan.use(8, false)), "- wait", "the second joins the first");
    plan.fail(9);
    checks.equal(told(plan.use(9, true)), "-", "it failed, and nobody waits twice");
    checks.equal(told(plan.use(10, false)), "-", "the next attempt is not due");
    checks.that(plan.down(), "down");
    checks.equal(told(plan.use(1009, false)), "- fetch wait", "after a second");
}

void fresh_keys_are_refreshed_in_the_background(Checks& checks) {
    FetchPlan plan = fetched({.cache = 5 * minute, .stale = hour}, 0);
    checks.equal(told(plan.use(0, true)), "usable", "for those that waited");
    checks.equal(told(plan.use(4 * minute - 1, false)), "usable", "fresh");
    checks.equal(told(plan.use(4 * minute, false)), "usable fetch", "in the last part");
    plan.begin(4 * minute);
    checks.equal(told(plan.use(4 * minute + 1, false)), "usable", "one fetch is enough");
    checks.equal(told(plan.use(6 * minute, false)), "usable", "a slow refresh delays nobody");
    plan.succeed(6 * minute, 0);
    checks.equal(told(plan.use(6 * minute, false)), "usable", "fresh again");
}

void keys_that_nobody_used_run_out(Checks& checks) {
    FetchPlan plan = fetched({.cache = 5 * minute, .stale = hour}, 0);
    checks.equal(told(plan.use(5 * minute, false)), "- fetch wait", "the time is over");
    plan.begin(5 * minute);
    checks.equal(told(plan.use(5 * minute, false)), "- wait", "others wait as well");
    plan.fail(5 * minute + 10);
    checks.equal(told(plan.use(5 * minute + 10, true)), "usable", "the source is down");
    checks.equal(told(plan.use(5 * minute + 20, false)), "usable", "and nobody waits for it");
    checks.equal(told(plan.use(5 * minute + 1010, false)), "usable fetch", "the next attempt");
    checks.equal(told(plan.use(65 * minute - 1, false)), "usable fetch", "stale");
    checks.equal(told(plan.use(65 * minute, false)), "- fetch wait", "not for ever");
    checks.equal(told(plan.use(65 * minute, true)), "-", "nor for those that waited");
}

void a_slow_source_delays_nobody_for_long(Checks& checks) {
    FetchPlan plan = fetched({.cache = minute, .stale = hour}, 0);
    plan.begin(minute);
    checks.equal(told(plan.use(minute + 499, false)), "- wait", "for half a second");
    checks.that(!plan.slow(minute + 499) && plan.slow(minute + 500), "slow");
    checks.equal(told(plan.use(minute + 500, false)), "usable", "not longer");
    checks.equal(told(plan.use(minute + 500, true)), "usable", "nor those that have waited");
    checks.equal(told(plan.use(minute + hour, false)), "- wait", "keys that are too old");
    plan.succeed(minute + 5000, 0);
    checks.that(!plan.slow(minute + 6000), "answered");
    plan.begin(2 * minute + 5000);
    checks.equal(told(plan.use(2 * minute + 5001, false)), "- wait", "the next fetch has its time");

    FetchPlan empty({.cache = minute, .stale = hour});
    empty.begin(0);
    checks.equal(told(empty.use(9000, false)), "- wait", "without keys there is nothing else");
}

void no_cache_means_each_use(Checks& checks) {
    FetchPlan plan = fetched({.cache = 0, .stale = minute}, 100);
    checks.equal(told(plan.use(100, true)), "usable", "the use that waited");
    checks.equal(told(plan.use(100, false)), "- fetch wait", "the next use");
    plan.begin(100);
    checks.equal(told(plan.use(101, true)), "usable", "waited, but came late");
    plan.fail(102);
    checks.equal(told(plan.use(103, false)), "usable", "down: the old ones");
    checks.equal(told(plan.use(100 + minute, false)), "- fetch wait", "no longer");
}

void no_stale_time_means_none(Checks& checks) {
    FetchPlan plan = fetched({.cache = minute, .stale = 0}, 0);
    plan.begin(minute - 1);
    plan.fail(minute - 1);
    checks.equal(told(plan.use(minute - 1, false)), "usable", "still fresh");
    checks.equal(told(plan.use(minute, false)), "-", "over");
}

void failed_fetches_are_repeated_ever_later(Checks& checks) {
    FetchPlan plan({.cache = minute, .stale = 0});
    FetchPlan::Milliseconds now = 0;
    for (const FetchPlan::Milliseconds pause : {1000, 2000, 4000, 8000, 10'000, 10'000, 10'000}) {
        plan.begin(now);
        plan.fail(now);
        checks.equal(told(plan.use(now + pause - 1, false)), "-", "not yet");
        checks.equal(told(plan.use(now + pause, false)), "- fetch wait", "now");
        now += pause;
    }
    plan.begin(now);
    plan.succeed(now, 0);
    checks.that(!plan.down(), "up");
    plan.begin(now);
    plan.fail(now);
    checks.equal(told(plan.use(now + minute + 999, false)), "- fetch wait", "begins anew");
}

void unknown_kids_cause_one_fetch_in_ten_seconds(Checks& checks) {
    FetchPlan plan = fetched({.cache = 5 * minute, .stale = hour}, 0);
    checks.that(plan.may_fetch_early(1), "the first");
    plan.begin_early(1);
    checks.that(!plan.may_fetch_early(2), "one is on its way");
    plan.succeed(3, 0);
    checks.that(!plan.may_fetch_early(10'000), "too soon");
    checks.that(plan.may_fetch_early(10'001), "after 10 s");
    plan.begin_early(10'001);
    plan.fail(10'002);
    checks.that(!plan.may_fetch_early(20'000), "down, and too soon");
}

// Whatever happens: keys never serve beyond cache + stale, nobody waits for nothing, nobody who
// waited waits again, and a fetch is only begun when none is on its way.
void random_histories_hold_the_bounds(Checks& checks) {
    property(checks, "bounds of a history", [] {
        const FetchPlan::Times times{*rc::gen::inRange<std::uint64_t>(0, 20'000),
                                     *rc::gen::inRange<std::uint64_t>(0, 20'000)};
        FetchPlan plan(times);
        FetchPlan::Milliseconds now = 0;
        std::optional<FetchPlan::Milliseconds> latest;
        const auto steps =
            *rc::gen::container<std::vector<unsigned>>(60, rc::gen::inRange<unsigned>(0, 400'000));
        for (const unsigned step : steps) {
            now += step / 40;
            const bool waited = step % 2 == 1;
            const auto use = plan.use(now, waited);
            RC_ASSERT(!use.usable ||
                      (latest && (waited || now < *latest + times.cache + times.stale)));
            RC_ASSERT(!(use.wait && waited));
            RC_ASSERT(!use.wait || use.fetch || plan.fetching());
            RC_ASSERT(!(use.wait && use.usable));
            RC_ASSERT(!(use.fetch && plan.fetching()));
            if (use.fetch) {
                plan.begin(now);
            } else if (plan.fetching() && step % 3 == 0) {
                plan.fail(now);
            } else if (plan.fetching() && step % 3 == 1) {
                plan.succeed(now, step);
                latest = now;
            }
        }
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<first_use_waits>),
        cmocka_unit_test(run<fresh_keys_are_refreshed_in_the_background>),
        cmocka_unit_test(run<keys_that_nobody_used_run_out>),
        cmocka_unit_test(run<a_slow_source_delays_nobody_for_long>),
        cmocka_unit_test(run<no_cache_means_each_use>),
        cmocka_unit_test(run<no_stale_time_means_none>),
        cmocka_unit_test(run<failed_fetches_are_repeated_ever_later>),
        cmocka_unit_test(run<unknown_kids_cause_one_fetch_in_ten_seconds>),
        cmocka_unit_test(run<random_histories_hold_the_bounds>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
