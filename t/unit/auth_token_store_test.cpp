#include <cstdint>

#include "auth/token_store.hpp"
#include "check.hpp"
#include "stores.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::KnownToken;

struct Row {
    const char* what;
    KnownToken known;
    std::int64_t now;
    std::int64_t window;
    Kind wanted;
};

constexpr std::int64_t far = INT64_MAX / 2;

const Row rows[] = {
    {"unspent", {false, 100, 0, "", false}, 50, 0, Kind::done},
    {"its last second", {false, 100, 0, "", false}, 99, 0, Kind::done},
    {"expired", {false, 100, 0, "", false}, 100, 0, Kind::expired},
    {"long expired", {false, 100, 0, "", false}, far, 0, Kind::expired},
    {"revoked", {true, 100, 0, "", false}, 50, 0, Kind::revoked},
    {"revoked and expired", {true, 100, 0, "", false}, 100, 0, Kind::revoked},
    {"spent", {false, 100, 40, "b", true}, 50, 0, Kind::reused},
    {"spent in this second", {false, 100, 50, "b", true}, 50, 0, Kind::reused},
    {"spent, and the clock went back", {false, 100, 60, "b", true}, 50, 0, Kind::reused},
    {"spent, and the successor too", {false, 100, 40, "b", false}, 50, 0, Kind::reused},
    {"spent and expired", {false, 100, 40, "b", true}, 100, 0, Kind::expired},
    {"spent and revoked", {true, 100, 40, "b", true}, 50, 0, Kind::revoked},
    {"window: unspent", {false, 100, 0, "", false}, 50, 10, Kind::done},
    {"window: at once", {false, 100, 50, "b", true}, 50, 10, Kind::repeated},
    {"window: in it", {false, 100, 45, "b", true}, 50, 10, Kind::repeated},
    {"window: its end", {false, 100, 40, "b", true}, 50, 10, Kind::repeated},
    {"window: over", {false, 100, 39, "b", true}, 50, 10, Kind::reused},
    {"window: the shortest", {false, 100, 49, "b", true}, 50, 1, Kind::repeated},
    {"window: the longest", {false, 100, 0, "b", true}, 50, INT64_MAX, Kind::repeated},
    {"window: the successor was used", {false, 100, 50, "b", false}, 50, 10, Kind::reused},
    {"window: expired", {false, 50, 45, "b", true}, 50, 10, Kind::expired},
    {"window: revoked", {true, 100, 45, "b", true}, 50, 10, Kind::revoked},
    {"the same step again", {false, 100, 50, "next", true}, 50, 0, Kind::done},
    {"the same step again, late", {false, 100, 20, "next", true}, 50, 10, Kind::done},
    {"the same step again, revoked", {true, 100, 50, "next", true}, 50, 0, Kind::revoked},
};

void rotations(Checks& checks) {
    for (const auto& [what, known, now, window, wanted] : rows) {
        const auth::RotateToken step{"s", "a", {"next", now, now + 100}, window};
        checks.equal(name(rotation_outcome(known, step)), name(wanted), what);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<rotations>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
