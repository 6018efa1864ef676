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

Text outcome_of(std::function<Text()> work) {
    const auto outcome = no_outcome<std::string>();
    noting(std::move(work), outcome)();
    return *outcome;
}

void what_work_leaves(Checks& checks) {
    checks.equal(*outcome_of([]() -> Text { return std::string("done"); }), "done", "a value");
    checks.equal(outcome_of([]() -> Text { return failure("no"); }).error(), "no", "a failure");
    const auto thrown =
        outcome_of([]() -> Text { throw std::runtime_error("a reason that needs memory"); });
    checks.equal(thrown.error(), "a reason that needs memory", "an exception");
    checks.equal(outcome_of([]() -> Text { throw 1; }).error(), "failed", "anything thrown");
    checks.equal(no_outcome<std::string>()->error(), "failed", "work that did not run");
}

void work_with_little_memory(Checks& checks) {
    for (const bool throws : {false, true}) {
        with_little_memory(checks, [&](long n) {
            const auto outcome = no_outcome<std::string>();
            bool used = false;
            const auto work = noting<std::string>(
                [throws]() -> Text {
                    const std::vector<int> large(1000);
                    if (throws) {
                        throw std::runtime_error("a reason that is longer than a short text");
                    }
                    return std::string("a result that is longer than a short text");
                },
                outcome);
            const auto use = using_outcome<std::string>([&](Text) { used = true; }, outcome);
            bool enough = false;
            {
                const LittleMemory little(n);
                work();
                enough = outcome->has_value() || outcome->error().size() > 20;
                use();
            }
            checks.that(used, "the outcome is used");
            return enough;
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
