#include "jwt/jwk.hpp"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "json/jansson.hpp"

namespace sallyport::jwt {
namespace {

// Far above any usable value (8192 bits), and small enough to decode without a thought.
constexpr std::size_t max_member_bytes = 4096;

std::optional<std::string_view> text_of(const json_t* jwk, std::string_view name) {
    const auto text = json::string(json::member(jwk, name));
    return text && !text->empty() && text->size() <= max_member_bytes ? text : std::nullopt;
}

// A public value, which is the same in base64 with padding and with "+" and "/".
std::optional<Bytes> public_bytes(const json_t* jwk, std::string_view name) {
    std::string text(text_of(jwk, name).value_or(""));
    if (text.empty()) {
        return std::nullopt;
    }
    if (text.size() % 4 == 0) {
        text.resize(text.size() - (text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0));
    }
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return base64url_decode(text);
}

// A coordinate of `size` bytes, also one that lacks its leading zero or has one too many.
std::optional<Bytes> coordinate(const json_t* jwk, std::string_view name, std::size_t size) {
    auto bytes = public_bytes(jwk, name);
    if (bytes && bytes->size() + 1 == size) {
        bytes->insert(bytes->begin(), 0);
    } else if (bytes && bytes->size() == size + 1 && bytes->front() == 0) {
        bytes->erase(bytes->begin());
    }
    return bytes && bytes->size() == size ? std::move(bytes) : std::nullopt;
}

Pkey build(const char* type, const ParamBuilder& builder) {
    const Params params(required(Params(OSSL_PARAM_BLD_to_param(builder.get()))));
    const PkeyContext context(
        required(PkeyContext(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr))));
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) == 1) {
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    }
    return Pkey(key);
}

Result<Pkey> rsa_key(const json_t* jwk) {
    const auto n = public_bytes(jwk, "n");
    const auto e = public_bytes(jwk, "e");
    if (!n || !e) {
        return failure("\"n\" and \"e\" must be base64url");
    }
    const Bignum modulus(
        required(Bignum(BN_bin2bn(n->data(), static_cast<int>(n->size()), nullptr))));
    const Bignum exponent(
        required(Bignum(BN_bin2bn(e->data(), static_cast<int>(e->size()), nullptr))));
    const ParamBuilder builder(required(ParamBuilder(OSSL_PARAM_BLD_new())));
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    Pkey key = build("RSA", builder);
    if (!key) {
        return failure("\"n\" and \"e\" are not an RSA key");
    }
    return key;
}

std::optional<Algorithm> curve_algorithm(std::string_view curve) noexcept {
    if (curve == "P-256") {
        return Algorithm::es256;
    }
    if (curve == "P-384") {
        return Algorithm::es384;
    }
    if (curve == "P-521") {
        return Algorithm::es512;
    }
    if (curve == "secp256k1") {
        return Algorithm::es256k;
    }
    return std::nullopt;
}

Result<Pkey> ec_key(const json_t* jwk, Algorithm algorithm) {
    const AlgorithmInfo& info = describe(algorithm);
    const auto x = coordinate(jwk, "x", info.field_bytes);
    const auto y = coordinate(jwk, "y", info.field_bytes);
    if (!x || !y) {
        return failure("\"x\" and \"y\" must be base64url of the curve's full size");
    }
    Bytes point{0x04}; // uncompressed, SEC 1 section 2.3.3
    point.insert(point.end(), x->begin(), x->end());
    point.insert(point.end(), y->begin(), y->end());
    const ParamBuilder builder(required(ParamBuilder(OSSL_PARAM_BLD_new())));
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, info.curve, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    Pkey key = build("EC", builder);
    if (!key) {
        return failure("\"x\" and \"y\" are not a point of the curve");
    }
    return key;
}

Result<Pkey> okp_key(const json_t* jwk, const char* type) {
    const auto x = public_bytes(jwk, "x");
    Pkey key(x ? EVP_PKEY_new_raw_public_key_ex(nullptr, type, nullptr, x->data(), x->size())
               : nullptr);
    if (!key) {
        return failure("\"x\" is not a public key of the curve");
    }
    return key;
}

const char* edwards_type(std::string_view curve) noexcept {
    return curve == "Ed25519" ? "ED25519" : curve == "Ed448" ? "ED448" : nullptr;
}

const json_t* present(const json_t* jwk, std::string_view name) {
    const json_t* const value = json::member(jwk, name);
    return json_is_null(value) ? nullptr : value;
}

bool has_only_certificate(const json_t* jwk) {
    for (const char* name : {"n", "e", "x", "y"}) {
        if (json::member(jwk, name) != nullptr) {
            return false;
        }
    }
    return present(jwk, "x5c") != nullptr;
}

// Whether a key is of the curve that a JWK names; RSA keys have none.
bool is_on_curve(EVP_PKEY* key, std::string_view curve) {
    if (const char* const type = edwards_type(curve)) {
        return EVP_PKEY_is_a(key, type) == 1;
    }
    const auto algorithm = curve_algorithm(curve);
    std::array<char, 64> group{};
    return algorithm && EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
           std::string_view(group.data()) == describe(*algorithm).curve;
}

bool is_of_type(EVP_PKEY* key, std::string_view type) {
    return type == "OKP" ? is_on_curve(key, "Ed25519") || is_on_curve(key, "Ed448")
                         : EVP_PKEY_is_a(key, std::string(type).c_str()) == 1;
}

// The key of the first certificate of "x5c" (RFC 7517 section 4.7). Its signature and dates are not
// checked: the key is trusted because the source of the key set is.
Result<Pkey> certified_key(const json_t* jwk) {
    const auto text = json::string(json_array_get(json::member(jwk, "x5c"), 0));
    const auto der = text ? base64_decode(*text) : std::nullopt;
    if (!der) {
        return failure("\"x5c\" must begin with a certificate in base64");
    }
    const unsigned char* in = der->data();
    const Certificate certificate(d2i_X509(nullptr, &in, static_cast<long>(der->size())));
    Pkey key(certificate && in == der->data() + der->size() ? X509_get_pubkey(certificate.get())
                                                            : nullptr);
    if (!key) {
        return failure("the first certificate of \"x5c\" is broken");
    }
    const json_t* const type = json::member(jwk, "kty");
    const json_t* const curve = json::member(jwk, "crv");
    if ((type && !is_of_type(key.get(), json::string(type).value_or(""))) ||
        (curve && !is_on_curve(key.get(), json::string(curve).value_or("")))) {
        return failure("the certificate's key is of another type or curve");
    }
    return key;
}

using MaybeKey = Result<Key, LeftOut>;

Failure<LeftOut> broken(std::string why) {
    return {{std::move(why), true}};
}

// Of another kind than ours; `value` is what says so.
Failure<LeftOut> skipped(const std::string& what, const json_t* value) {
    constexpr std::size_t logged_bytes = 64;
    const auto word = json::string(value);
    const std::string said = word ? '"' + log_safe(*word, logged_bytes) + '"' : "not a string";
    return {{what + (value != nullptr ? " is " + said : " is missing"), false}};
}

// "use" and "key_ops" (RFC 7517 sections 4.2, 4.3).
std::optional<Failure<LeftOut>> not_for_verifying(const json_t* jwk) {
    if (const json_t* const use = present(jwk, "use"); use && json::string(use) != "sig") {
        return skipped("its use", use);
    }
    const json_t* const operations = present(jwk, "key_ops");
    if (operations == nullptr) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < json_array_size(operations); ++i) {
        if (json::string(json_array_get(operations, i)) == "verify") {
            return std::nullopt;
        }
    }
    return Failure<LeftOut>{{"its key_ops lack \"verify\"", false}};
}

MaybeKey bind(Result<Key> key) {
    if (!key) {
        return broken(key.error());
    }
    return std::move(*key);
}

MaybeKey bind(Key::Kid kid, AlgorithmSet wanted, Result<Pkey> key) {
    if (!key) {
        return broken(key.error());
    }
    return bind(Key::from_public(std::move(kid), wanted, std::move(*key)));
}

MaybeKey symmetric(Key::Kid kid, AlgorithmSet wanted, const json_t* jwk) {
    const auto text = text_of(jwk, "k");
    auto secret = text ? base64url_decode(*text) : std::nullopt;
    if (!secret) {
        return broken("\"k\" must be base64url");
    }
    return bind(Key::from_secret(std::move(kid), wanted, Secret(std::move(*secret))));
}

MaybeKey by_type(Key::Kid kid, AlgorithmSet wanted, const json_t* jwk) {
    const json_t* const named_type = json::member(jwk, "kty");
    const auto type = json::string(named_type);
    if (type == "oct") {
        return symmetric(std::move(kid), wanted, jwk);
    }
    const bool certified = has_only_certificate(jwk);
    if (type != "RSA" && type != "EC" && type != "OKP" && (named_type || !certified)) {
        return skipped("its type", named_type);
    }
    if (json::member(jwk, "d") != nullptr) {
        return broken("is a private key, but a public key is needed");
    }
    if (certified) {
        return bind(std::move(kid), wanted, certified_key(jwk));
    }
    if (type == "RSA") {
        return bind(std::move(kid), wanted, rsa_key(jwk));
    }
    const json_t* const named = json::member(jwk, "crv");
    const auto curve = json::string(named).value_or("");
    if (type == "EC") {
        const auto algorithm = curve_algorithm(curve);
        return algorithm ? bind(std::move(kid), wanted, ec_key(jwk, *algorithm))
                         : skipped("its curve", named);
    }
    if (const char* const edwards = edwards_type(curve)) {
        return bind(std::move(kid), wanted, okp_key(jwk, edwards));
    }
    return skipped("its curve", named);
}

} // namespace

Result<Key, LeftOut> key_from_jwk(const json_t* jwk) {
    const ErrorQueueGuard queue;
    if (!json_is_object(jwk)) {
        return broken("is not an object");
    }
    if (auto reason = not_for_verifying(jwk)) {
        return *std::move(reason);
    }
    AlgorithmSet wanted = AlgorithmSet::all();
    if (const json_t* const bound = present(jwk, "alg")) {
        const auto algorithm = find_algorithm(json::string(bound).value_or(""));
        if (!algorithm) { // one for encryption, or of the future
            return skipped("its algorithm", bound);
        }
        wanted = *algorithm;
    }
    Key::Kid kid;
    if (const json_t* const name = present(jwk, "kid")) {
        if (!json_is_string(name)) {
            return broken("\"kid\" must be a string");
        }
        kid = std::string(*json::string(name));
    }
    return by_type(std::move(kid), wanted, jwk);
}

} // namespace sallyport::jwt
