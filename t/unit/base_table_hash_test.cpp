#include <set>

#include "base/table_hash.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void every_one_has_a_key_of_its_own(Checks& checks) {
    TableHash one;
    TableHash other;
    const auto hash = one(bytes("text"));
    checks.that(one(bytes("text")) == hash, "again");
    checks.that(other(bytes("text")) != hash, "another one");
    TableHash moved(std::move(one));
    checks.that(moved(bytes("text")) == hash, "moved");
}

void texts_do_not_meet(Checks& checks) {
    TableHash hash;
    std::set<std::uint64_t> seen;
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        seen.insert(hash(bytes(text)));
        text += static_cast<char>(i);
    }
    checks.that(seen.size() == 1000, "a thousand lengths");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<every_one_has_a_key_of_its_own>),
        cmocka_unit_test(run<texts_do_not_meet>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
