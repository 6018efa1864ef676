#include "base/time_text.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void past_and_future(Checks& checks) {
    checks.equal(time_text(0, 5), "1970-01-01T00:00:00Z (5 s ago)", "past");
    checks.equal(time_text(1e9, 1'000'000'000), "2001-09-09T01:46:40Z (0 s ago)", "now");
    checks.equal(time_text(1e9 + 37.9, 1'000'000'000), "2001-09-09T01:47:17Z (in 37 s)", "future");
}

void far_future(Checks& checks) {
    checks.equal(time_text(253402300799, 0), "9999-12-31T23:59:59Z (in 253402300799 s)", "a date");
    checks.equal(time_text(253402300800, 0), "253402300800 (in 253402300800 s)", "no date");
    checks.equal(time_text(9007199254740992, 1), "9007199254740992 (in 9007199254740991 s)",
                 "2^53");
    checks.equal(time_text(9223372036854775807.0, 0), "9007199254740992 (in 9007199254740992 s)",
                 "2^63");
    checks.equal(time_text(-9223372036854775808.0, 0), "-9007199254740992 (9007199254740992 s ago)",
                 "-2^63");
    checks.equal(time_text(1e300, 0), "9007199254740992 (in 9007199254740992 s)", "more");
    checks.equal(time_text(-1, 0), "-1 (1 s ago)", "before 1970");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<past_and_future>),
        cmocka_unit_test(run<far_future>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
