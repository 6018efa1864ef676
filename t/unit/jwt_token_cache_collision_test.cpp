#include <array>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/digest.hpp"
#include "check.hpp"
#include "jwt/openssl.hpp"
#include "jwt/token_cache.hpp"
#include "tokens.hpp"

// Two tokens of one hash, which sees the end of the signature alone.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

using Group = Handle<EC_GROUP, EC_GROUP_free>;
using Point = Handle<EC_POINT, EC_POINT_free>;
using Context = Handle<BN_CTX, BN_CTX_free>;

constexpr std::size_t field_bytes = 32;

const Kind& es256 = kind("ES256");

Bignum number_of(BytesView buffer) {
    return required(Bignum(BN_bin2bn(buffer.data(), static_cast<int>(buffer.size()), nullptr)));
}

std::string encoded(const BIGNUM* number) {
    std::array<std::uint8_t, field_bytes> buffer;
    BN_bn2binpad(number, buffer.data(), static_cast<int>(buffer.size()));
    return base64url_encode(buffer);
}

// The JWK by which an ECDSA signature of another text is one of this text (SEC 1 section 4.1.6).
std::string key_that_made(BytesView signature, std::string_view input) {
    const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    const Context context(BN_CTX_new());
    const BIGNUM* const order = EC_GROUP_get0_order(group.get());
    const auto digest = sha256(bytes(input));
    const Bignum r = number_of(signature.first(field_bytes));
    const Bignum s = number_of(signature.subspan(field_bytes));
    const Bignum z = number_of(digest);
    const Bignum inverse(BN_mod_inverse(nullptr, r.get(), order, context.get()));
    BN_mod_mul(s.get(), s.get(), inverse.get(), order, context.get());
    BN_mod_mul(z.get(), z.get(), inverse.get(), order, context.get());
    BN_sub(z.get(), order, z.get());
    const Point point(EC_POINT_new(group.get()));
    EC_POINT_set_compressed_coordinates(group.get(), point.get(), r.get(), 0, context.get());
    const Point key(EC_POINT_new(group.get()));
    EC_POINT_mul(group.get(), key.get(), z.get(), point.get(), s.get(), context.get());
    EC_POINT_get_affine_coordinates(group.get(), key.get(), r.get(), s.get(), context.get());
    return R"("kty":"EC","crv":"P-256","x":")" + encoded(r.get()) + R"(","y":")" +
           encoded(s.get()) + "\"";
}

bool is_known(TokenCache& cache, const Keyset& keys, std::string_view compact) {
    auto presented = PresentedToken::parse(compact, &cache);
    const Keyset* const sets = &keys;
    const auto token = presented->verify({&sets, 1}, AlgorithmSet::all());
    return token.has_value() && token->was_known();
}

void add(TokenCache& cache, const Keyset& keys, std::string_view compact) {
    cache.add(verify_with(keys, compact).value());
}

void one_of_two_tokens_of_one_hash_stays(Checks& checks) {
    const std::string one = sign_text(signer(es256), header_of(es256), R"({"sub":"alice"})");
    const std::string end = one.substr(one.rfind('.'));
    const std::string input =
        encode(R"({"alg":"ES256","kid":"k2"})") + "." + encode(R"({"sub":"bob"})");
    const std::string other = input + end;
    const auto signature = base64url_decode(end.substr(1));
    const Keyset keys = keyset({R"("kid":"k1",)" + members_of(es256),
                                R"("kid":"k2",)" + key_that_made(*signature, input)});
    checks.equal(outcome(keys, one) + " " + outcome(keys, other), "valid valid", "both are valid");

    TokenCache cache(1 << 20);
    add(cache, keys, one);
    const std::size_t bytes = cache.bytes();
    checks.that(is_known(cache, keys, one) && !is_known(cache, keys, other), "one");
    add(cache, keys, other);
    checks.that(!is_known(cache, keys, one) && is_known(cache, keys, other), "the other instead");
    checks.equal(static_cast<long long>(cache.size()), 1, "alone");
    add(cache, keys, one);
    checks.that(is_known(cache, keys, one) && !is_known(cache, keys, other), "and back");
    checks.that(cache.size() == 1 && cache.bytes() == bytes, "counted once");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<one_of_two_tokens_of_one_hash_stays>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
