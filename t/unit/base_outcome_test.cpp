#include <stdexcept>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "check.hpp"
#include "failing_memory.hpp"

// Work on a thread always leaves an outcome.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using Text = Result<std::string>;

template <typename Work>
Text run_once(Work work) {
    return outcome_of(work);
}

void what_work_leaves(Checks& checks) {
    checks.equal(*run_once([]() -> Text { return std::string("done"); }), "done", "a value");
    checks.equal(run_once([]() -> Text { return failure("no"); }).error(), "no", "a failure");
    const auto thrown =
        run_once([]() -> Text { throw std::runtime_error("a reason that needs memory"); });
    checks.equal(thrown.error(), "a reason that needs memory", "an exception");
    checks.equal(run_once([]() -> Text { throw 1; }).error(), "failed", "anything thrown");
}

void work_with_little_memory(Checks& checks) {
    for (const bool throws : {false, true}) {
        with_little_memory(checks, [&](long n) {
            auto work = [throws]() -> Text {
                const std::vector<int> large(1000);
                if (throws) {
                    throw std::runtime_error("a reason that is longer than a short text");
                }
                return std::string("a result that is longer than a short text");
            };
            Text outcome = failure("did not run");
            {
                const LittleMemory little(n);
                outcome = outcome_of(work);
            }
            checks.that(outcome.has_value() || outcome.error() != "did not run", "an outcome");
            return outcome.has_value() || outcome.error().size() > 20;
        });
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<what_work_leaves>),
        cmocka_unit_test(run<work_with_little_memory>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
