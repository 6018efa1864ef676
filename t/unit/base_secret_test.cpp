#include "base/secret.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void memory_is_overwritten(Checks& checks) {
    std::array<char, 64> buffer;
    buffer.fill('x');
    cleanse(buffer.data() + 1, buffer.size() - 2);
    const auto left = std::count(buffer.begin(), buffer.end(), 'x');
    checks.that(left == 2 && buffer.front() == 'x' && buffer.back() == 'x', "these and no others");
    cleanse(buffer.data(), 0);
    checks.that(buffer.front() == 'x', "none");
    cleanse(nullptr, 0); // as nginx's last buffer of a body has it
}

void bytes_are_compared(Checks& checks) {
    checks.that(equal_in_constant_time(bytes("secret"), bytes("secret")), "equal");
    checks.that(equal_in_constant_time({}, {}), "both empty");
    for (const char* other : {"", "secre", "secrets", "Secret", "secreT", "xxxxxx"}) {
        checks.that(!equal_in_constant_time(bytes("secret"), bytes(other)), other);
    }
}

void a_secret_moves_and_shortens(Checks& checks) {
    Secret first(bytes("secret"));
    Secret second(std::move(first));
    checks.that(text(second.view()) == "secret" && first.empty(), "moved");
    second.shorten(9);
    checks.equal(text(second.view()), "secret", "no shorter");
    second.shorten(3);
    checks.equal(text(second.view()), "sec", "shorter");
    second = Secret(bytes("other"));
    checks.equal(text(second.view()), "other", "another");
    second.shorten(0);
    checks.that(second.empty(), "nothing left");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<memory_is_overwritten>),
        cmocka_unit_test(run<bytes_are_compared>),
        cmocka_unit_test(run<a_secret_moves_and_shortens>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
