#include <set>

#include "base/digest.hpp"
#include "check.hpp"
#include "hashes.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void published_digests(Checks& checks) {
    // FIPS 180-2 appendix B.
    checks.equal(to_hex(sha256(bytes(""))),
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "nothing");
    checks.equal(to_hex(sha256(bytes("abc"))),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc");
    checks.equal(to_hex(sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", "two blocks");
    checks.equal(to_hex(sha256(bytes(std::string(1'000'000, 'a')))),
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "a million");
    checks.that(sha256(bytes("abc")) != sha256(bytes("abd")), "others");
    checks.that(sha256(bytes(std::string_view("a\0b", 3))) != sha256(bytes("a")), "NUL");
}

void parts_are_apart(Checks& checks) {
    KeyedHash hash;
    const std::initializer_list<BytesView> lists[] = {
        {},
        {bytes("")},
        {bytes(""), bytes("")},
        {bytes("ab")},
        {bytes("a"), bytes("b")},
        {bytes("ab"), bytes("")},
        {bytes(""), bytes("ab")},
        {bytes("a"), bytes(""), bytes("b")},
        {bytes("b"), bytes("a")},
        {bytes(std::string_view("\0", 1))},
        {bytes(std::string_view("\0\0\0\0\0\0\0\0", 8))},
        {bytes(std::string_view("a\0", 2)), bytes("b")},
        {bytes("a"), bytes(std::string_view("\0b", 2))},
    };
    std::set<Digest> digests;
    for (const auto& list : lists) {
        digests.insert(hash(list));
        checks.that(hash(list) == hash(list), "the same again");
    }
    checks.equal(static_cast<long long>(digests.size()), std::size(lists), "all differ");
    checks.that(!digests.contains(sha256(bytes("ab"))), "not without the key");
}

void each_has_its_own_key(Checks& checks) {
    KeyedHash one;
    KeyedHash other;
    const Digest digest = one({bytes("secret")});
    checks.that(digest != other({bytes("secret")}), "two keys");
    KeyedHash moved = std::move(one);
    checks.that(digest == moved({bytes("secret")}), "moved");
    other = std::move(moved);
    checks.that(digest == other({bytes("secret")}), "assigned");
}

void hashes_for_tables(Checks& checks) {
    std::set<std::size_t> values;
    for (int number = 0; number < 1000; ++number) {
        values.insert(DigestHash()(sha256(bytes(std::to_string(number)))));
    }
    checks.equal(static_cast<long long>(values.size()), 1000, "spread");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<published_digests>),
        cmocka_unit_test(run<parts_are_apart>),
        cmocka_unit_test(run<each_has_its_own_key>),
        cmocka_unit_test(run<hashes_for_tables>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
