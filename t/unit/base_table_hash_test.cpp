#include <set>
#include <string>

#include "base/table_hash.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void every_one_has_a_key_of_its_own(Checks& checks) {
    const TableHash one;
    const TableHash other;
    const auto hash = one(bytes("text"));
    checks.that(one(bytes("text")) == hash, "again");
    checks.that(other(bytes("text")) != hash, "another one");
}

void texts_do_not_meet(Checks& checks) {
    const TableHash hash;
    std::set<std::uint64_t> seen;
    std::string text;
    for (std::size_t size = 1; size <= TableHash::max_bytes; ++size) {
        for (unsigned last = 1; last < 256; ++last) {
            text.push_back(static_cast<char>(last));
            seen.insert(hash(bytes(text)));
            text.pop_back();
        }
        text.push_back('t');
    }
    checks.that(seen.size() == 255 * TableHash::max_bytes, "each length, each last byte");
}

void each_byte_counts(Checks& checks) {
    const TableHash hash;
    const std::string text(TableHash::max_bytes, 't');
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string other = text;
            other[i] = static_cast<char>(other[i] ^ (1 << bit));
            checks.that(hash(bytes(other)) != hash(bytes(text)), std::to_string(i));
        }
    }
}

void the_end_counts(Checks& checks) {
    const TableHash hash;
    const std::string end(TableHash::max_bytes, 'e');
    checks.that(hash(bytes("begin" + end)) == hash(bytes(end)), "of a longer one");
    checks.that(hash(bytes("begin" + end + "x")) != hash(bytes(end)), "another end");
    checks.that(hash({}) != hash(bytes("e")), "an empty one");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<every_one_has_a_key_of_its_own>),
        cmocka_unit_test(run<texts_do_not_meet>),
        cmocka_unit_test(run<each_byte_counts>),
        cmocka_unit_test(run<the_end_counts>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
