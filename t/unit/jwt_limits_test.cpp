#include "check.hpp"
#include "tokens.hpp"

// Bounds of JSON that strangers write: the depth of a payload, the size of a JWK's members.

namespace {

using namespace sallyport;
using namespace sallyport::test;

// A payload of this many objects and arrays within each other.
std::string payload_of_depth(std::size_t depth) {
    return R"({"x":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

std::string judge(std::string_view payload) {
    const Kind& hs = kind("HS256");
    return outcome(keyset_of(hs), sign_text(signer(hs), header_of(hs), payload));
}

void a_payload_has_32_levels_at_most(Checks& checks) {
    checks.equal(judge(payload_of_depth(32)), "valid", "32");
    checks.equal(judge(payload_of_depth(33)), "token_malformed", "33");
    std::string escaped = payload_of_depth(33);
    escaped.replace(escaped.find('x'), 1, "\\u0078");
    checks.equal(judge(escaped), "token_malformed", "33 with an escape");
}

void members_of_a_jwk_have_4096_characters_at_most(Checks& checks) {
    const auto usable = [](std::size_t buffer) {
        const auto loaded =
            load_keyset(jwks({R"("kid":"k",)" + oct_members(std::string(buffer, 's'))}),
                        jwt::KeysetFormat::jwks, jwt::WeakKeys::refused);
        return loaded.has_value() && loaded->keys.size() == 1;
    };
    checks.that(usable(3072), "4096");
    checks.that(!usable(3073), "4098");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_payload_has_32_levels_at_most>),
        cmocka_unit_test(run<members_of_a_jwk_have_4096_characters_at_most>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
