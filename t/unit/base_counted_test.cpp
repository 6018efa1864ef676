#include <utility>

#include "base/counted.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

struct Thing : Shares {
    explicit Thing(int& how_many) : things(how_many) { ++things; }
    ~Thing() { --things; }

    int& things;
};

using Share = Counted<Thing>;

void the_last_share_deletes(Checks& checks) {
    int things = 0;
    Share one(new Thing(things));
    {
        const Share copy = one;
        checks.that(copy.get() == one.get() && things == 1, "one thing");
        one = Share();
        checks.that(!one && things == 1, "a share is left");
    }
    checks.that(things == 0, "none is left");
}

void moving_takes_no_share(Checks& checks) {
    int things = 0;
    Share one(new Thing(things));
    Share other = std::move(one);
    checks.that(other && things == 1, "moved");
    one = std::move(other);
    one = *&one;
    checks.that(one && things == 1, "back, and to itself");
    one = Share(new Thing(things));
    checks.that(things == 1, "the old one went");
    Thing* const kept = one.release();
    checks.that(!one && things == 1, "released");
    {
        const Share adopted = Share::adopt(kept);
        checks.that(&adopted->things == &things && things == 1, "adopted");
    }
    checks.that(things == 0, "and deleted");
}

void one_that_may_only_look_has_a_share(Checks& checks) {
    int things = 0;
    Share one(new Thing(things));
    const Counted<const Thing> look(one.get());
    const Share other(new Thing(things));
    checks.that(one == Share(one) && one != other && one != Share(), "equal when of one thing");
    one = Share();
    checks.that(look == Counted<const Thing>(look.get()) && things == 2, "it is enough");
}

void null_is_nothing(Checks& checks) {
    const Share none;
    const Share copy = none;
    checks.that(!copy && copy.get() == nullptr && !Share(nullptr), "null");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<the_last_share_deletes>),
        cmocka_unit_test(run<moving_takes_no_share>),
        cmocka_unit_test(run<one_that_may_only_look_has_a_share>),
        cmocka_unit_test(run<null_is_nothing>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
