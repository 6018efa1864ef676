#include "auth/dpop_nonces.hpp"

#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::auth;
using namespace sallyport::test;
using Age = DpopNonces::Age;

DpopNonces nonces_of(std::uint8_t byte) {
    return DpopNonces(Secret(Bytes(DpopNonces::min_key_bytes, byte)));
}

void a_slot_and_the_next(Checks& checks) {
    DpopNonces nonces = nonces_of(1);
    const std::string nonce = nonces.current(1200, 60);
    checks.equal(static_cast<long long>(nonce.size()), 22, "128 bits");
    checks.equal(nonces.current(1259, 60), nonce, "one for each slot");
    checks.that(nonces.current(1260, 60) != nonce, "another for the next");
    checks.that(nonces.age(nonce, 1200, 60) == Age::current, "at its start");
    checks.that(nonces.age(nonce, 1259, 60) == Age::current, "at its end");
    checks.that(nonces.age(nonce, 1260, 60) == Age::previous, "in the next");
    checks.that(nonces.age(nonce, 1319, 60) == Age::previous, "until the end of the next");
    checks.that(!nonces.age(nonce, 1320, 60), "no longer");
    checks.that(!nonces.age(nonce, 1199, 60), "not earlier");
}

// Nonces that were computed before are used again for the same slot only.
void slots_in_any_order(Checks& checks) {
    DpopNonces nonces = nonces_of(1);
    for (int i = 0; i < 2; ++i) {
        for (const std::int64_t now : {1200, 1260, 1320, 1200, 1440, 60, 0}) {
            for (const std::int64_t seconds : {60, 30, 120}) {
                checks.equal(nonces.current(now, seconds), nonces_of(1).current(now, seconds),
                             "as computed for the first time");
                checks.that(nonces.age(nonces_of(1).current(now, seconds), now + seconds,
                                       seconds) == Age::previous,
                            "in the next");
            }
        }
    }
}

void only_with_the_key(Checks& checks) {
    const std::string nonce = nonces_of(1).current(1200, 60);
    checks.that(nonces_of(1).age(nonce, 1200, 60) == Age::current, "another process");
    checks.that(!nonces_of(2).age(nonce, 1200, 60), "another key");
    checks.that(!nonces_of(1).age(nonce, 1200, 61), "a slot of another length");
    checks.that(!nonces_of(1).age("", 1200, 60), "empty");
    checks.that(!nonces_of(1).age(nonce + "A", 1200, 60), "longer");
    checks.that(!nonces_of(1).age(nonce.substr(0, 21), 1200, 60), "shorter");
    for (std::size_t i = 0; i < nonce.size(); ++i) {
        std::string changed = nonce;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        checks.that(!nonces_of(1).age(changed, 1200, 60), "changed");
    }
}

void the_text_of_a_key(Checks& checks) {
    const std::string least(2 * DpopNonces::min_key_bytes, 'a');
    const std::string most(2 * DpopNonces::max_key_bytes, 'F');
    checks.that(DpopNonces::read_key(least).has_value(), "the shortest");
    checks.that(DpopNonces::read_key(most).has_value(), "the longest");
    const auto key = DpopNonces::read_key("00112233445566778899aabbccddeeff"
                                          "00112233445566778899AABBCCDDEEFF\n");
    checks.that(key && key->size() == DpopNonces::min_key_bytes && key->view()[1] == 0x11 &&
                    key->view()[31] == 0xff,
                "its bytes, without the line break");
    const struct {
        std::string text;
        std::string_view error;
    } wrong[] = {
        {"", "contains a key of less than 32 bytes"},
        {"\n", "contains a key of less than 32 bytes"},
        {least.substr(2), "contains a key of less than 32 bytes"},
        {most + "00", "contains a key of more than 512 bytes"},
        {least + "0", "contains something other than pairs of hexadecimal digits"},
        {least + "0g", "contains something other than pairs of hexadecimal digits"},
        {least + "\n\n", "contains something other than pairs of hexadecimal digits"},
        {least + "\r\n", "contains something other than pairs of hexadecimal digits"},
        {' ' + least + ' ', "contains something other than pairs of hexadecimal digits"},
        {std::string(64, '\0'), "contains something other than pairs of hexadecimal digits"},
    };
    for (const auto& [text, error] : wrong) {
        const auto refused = DpopNonces::read_key(text);
        checks.equal(refused ? std::string("accepted") : refused.error(), error, text);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_slot_and_the_next>),
        cmocka_unit_test(run<slots_in_any_order>),
        cmocka_unit_test(run<only_with_the_key>),
        cmocka_unit_test(run<the_text_of_a_key>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
