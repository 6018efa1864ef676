#include "check.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/ecdsa_der.hpp"
#include "jwt/key.hpp"
#include "tokens.hpp"

#include <openssl/ecdsa.h>

// Algorithms, keys, key sets and the two encodings of ECDSA signatures.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

void algorithms_have_their_names(Checks& checks) {
    AlgorithmSet seen;
    for (const Kind& each : all_kinds) {
        const AlgorithmInfo& info = describe(each.algorithm);
        checks.that(info.algorithm == each.algorithm, each.name);
        checks.equal(info.name, each.name, each.name);
        checks.that(find_algorithm(each.name) == each.algorithm, each.name);
        checks.that(AlgorithmSet::of(info.family).contains(each.algorithm), each.name);
        seen.add(each.algorithm);
    }
    checks.that(seen == AlgorithmSet::all(), "all");
    for (const std::string_view name :
         {"", "none", "None", "NONE", "rs256", "RS256 ", " RS256", "RS2567", "RS25", "ES256k",
          "EDDSA", "ED25519", "ed448", "HS224", "RS1", "PS"}) {
        checks.that(!find_algorithm(name).has_value(), name);
    }
    checks.that(!find_algorithm(std::string_view("HS256\0", 6)).has_value(), "NUL");
}

void algorithm_sets(Checks& checks) {
    AlgorithmSet set;
    checks.that(set.empty() && !set.contains(Algorithm::hs256), "empty");
    set.add(Algorithm::eddsa);
    set.add(Algorithm::hs256);
    checks.that(set.contains(Algorithm::eddsa) && !set.contains(Algorithm::hs384), "two");
    checks.that((set & Algorithm::eddsa) == AlgorithmSet(Algorithm::eddsa), "and");
    checks.that((set & Algorithm::rs256).empty(), "and nothing");
    checks.that((AlgorithmSet(Algorithm::eddsa) | Algorithm::hs256) == set, "or");
    checks.that(AlgorithmSet::from_bits(set.bits()) == set, "bits");
}

void keys_are_bound_to_what_they_can_do(Checks& checks) {
    const KeyType types[] = {KeyType::rsa,  KeyType::p256,    KeyType::p384, KeyType::p521,
                             KeyType::k256, KeyType::ed25519, KeyType::ed448};
    for (const KeyType type : types) {
        AlgorithmSet can;
        for (const Kind& each : all_kinds) {
            can = each.type == type ? can | each.algorithm : can;
        }
        const auto whole = Key::from_public("k", AlgorithmSet::all(), share(key_pair(type)));
        checks.that(whole.has_value() && whole->algorithms() == can &&
                        whole->strong_algorithms() == can && whole->kid() == "k",
                    "all");
        for (const Kind& each : all_kinds) {
            const auto one = Key::from_public({}, each.algorithm, share(key_pair(type)));
            checks.equal(one.has_value(), can.contains(each.algorithm), each.name);
            checks.that(!one.has_value() ||
                            (one->algorithms() == names_of({each.name, each.algorithm, type}) &&
                             !one->kid().has_value()),
                        each.name);
        }
        checks.that(!Key::from_public({}, AlgorithmSet(), share(key_pair(type))).has_value(),
                    "nothing wanted");
    }
}

void secrets_are_for_hmac_only(Checks& checks) {
    for (const Kind& each : all_kinds) {
        const auto key = Key::from_secret("k", each.algorithm, secret_of(hmac_secret));
        checks.equal(key.has_value(), !each.type.has_value(), each.name);
    }
    checks.that(!Key::from_secret("k", AlgorithmSet::all(), Secret()).has_value(), "empty");
    const auto all = Key::from_secret("k", AlgorithmSet::all(), secret_of(std::string(50, 's')));
    const auto strong = AlgorithmSet(Algorithm::hs256) | Algorithm::hs384;
    checks.that(all.has_value() && all->algorithms() == AlgorithmSet::of(Family::hmac) &&
                    all->strong_algorithms() == strong,
                "50 bytes");
    if (all.has_value()) {
        Key copy = *all;
        copy.drop_weak_algorithms();
        checks.that(copy.algorithms() == strong && all->algorithms() != strong, "weak dropped");
    }
}

void other_types_of_keys_are_refused(Checks& checks) {
    for (const char* name : {"X25519", "X448"}) {
        Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, name));
        checks.that(!Key::from_public({}, AlgorithmSet::all(), std::move(key)).has_value(), name);
    }
    for (const char* curve : {"P-224", "brainpoolP256r1", "SM2"}) {
        Pkey key(EVP_EC_gen(curve));
        const bool made = key != nullptr;
        ERR_clear_error();
        checks.that(!made || !Key::from_public({}, AlgorithmSet::all(), std::move(key)).has_value(),
                    curve);
    }
    const auto weak = Key::from_public({}, AlgorithmSet::all(), share(key_pair(KeyType::rsa_1024)));
    checks.that(weak.has_value() && weak->strong_algorithms().empty(), "RSA of 1024 bits");
    Pkey tiny(EVP_RSA_gen(512));
    checks.that(!Key::from_public({}, AlgorithmSet::all(), std::move(tiny)).has_value(), "512");
}

void copies_share_the_key(Checks& checks) {
    for (const Kind& each : all_kinds) {
        std::optional<Key> copy;
        {
            const Keyset keys = keyset_of(each);
            copy = keys.keys()[0];
        }
        Bytes signature = signer(each).sign("input");
        const bool good = copy->verify(each.algorithm, bytes("input"), signature);
        const bool other = copy->verify(each.algorithm, bytes("other"), signature);
        signature[signature.size() / 2] ^= 1;
        const bool bad = copy->verify(each.algorithm, bytes("input"), signature);
        signature[signature.size() / 2] ^= 1;
        const bool again = copy->verify(each.algorithm, bytes("input"), signature);
        checks.that(good && !other && !bad && again, each.name);
    }
}

void verifiers_work_alone(Checks& checks) {
    for (const Kind& each : all_kinds) {
        const Secret secret = secret_of(hmac_secret);
        const auto verifier = each.type ? make_verifier(each.algorithm, key_pair(*each.type))
                                        : make_verifier(each.algorithm, secret);
        for (const std::string& input :
             {std::string(), std::string("x"), std::string(100'000, 'x')}) {
            const Bytes signature = signer(each).sign(input);
            checks.that(verifier->verify(bytes(input), signature), each.name);
            checks.that(!verifier->verify(bytes(input + "y"), signature), each.name);
        }
    }
}

void keyset_finds_by_kid_and_algorithm(Checks& checks) {
    const Keyset keys = keyset(
        {R"("kid":"a",)" + jwk_members(KeyType::rsa), R"("kid":"b",)" + jwk_members(KeyType::p256),
         R"("kid":"a",)" + oct_members(hmac_secret), jwk_members(KeyType::p384)});
    struct Row {
        std::optional<std::string_view> kid;
        Algorithm algorithm;
        int found; // index of the key, or -1
        bool known;
    };
    const Row rows[] = {{"a", Algorithm::rs256, 0, true},   {"a", Algorithm::ps512, 0, true},
                        {"a", Algorithm::hs256, 2, true},   {"a", Algorithm::es256, -1, true},
                        {"b", Algorithm::es256, 1, true},   {"c", Algorithm::es256, -1, false},
                        {"", Algorithm::es384, -1, false},  {{}, Algorithm::es384, 3, false},
                        {{}, Algorithm::es256, 1, false},   {{}, Algorithm::eddsa, -1, false},
                        {"ab", Algorithm::rs256, -1, false}};
    for (const Row& row : rows) {
        Candidates found;
        keys.find(row.kid, row.algorithm, found);
        const std::string name(describe(row.algorithm).name);
        checks.equal(static_cast<long long>(found.keys().size()), row.found < 0 ? 0 : 1, name);
        checks.that(found.keys().empty() || found.keys()[0] == &keys.keys()[row.found], name);
        checks.that(!row.kid || found.kid_known() == row.known, name);
    }
}

void ecdsa_signatures_change_their_encoding(Checks& checks) {
    const Bytes edges[] = {{0}, {1}, {0x7f}, {0x80}, {0xff}};
    for (const std::size_t field :
         {std::size_t{1}, std::size_t{32}, std::size_t{48}, EcdsaDer::max_coordinate}) {
        for (const Bytes& r : edges) {
            for (const Bytes& s : edges) {
                for (const bool full : {false, true}) {
                    Bytes raw(2 * field, 0);
                    raw[full ? 0 : field - 1] = r[0];
                    raw[full ? field : 2 * field - 1] = s[0];
                    ECDSA_SIG* pair = ECDSA_SIG_new();
                    ECDSA_SIG_set0(pair, BN_bin2bn(raw.data(), static_cast<int>(field), nullptr),
                                   BN_bin2bn(raw.data() + field, static_cast<int>(field), nullptr));
                    Bytes wanted(static_cast<std::size_t>(i2d_ECDSA_SIG(pair, nullptr)));
                    unsigned char* end = wanted.data();
                    i2d_ECDSA_SIG(pair, &end);
                    ECDSA_SIG_free(pair);
                    EcdsaDer der;
                    const BytesView encoded = der.encode(raw);
                    checks.that(Bytes(encoded.begin(), encoded.end()) == wanted, "to DER");
                    checks.that(ecdsa_raw(wanted, field) == raw, "and back");
                }
            }
        }
    }
}

void ecdsa_signatures_of_other_sizes(Checks& checks) {
    EcdsaDer der;
    for (const std::size_t size : {0, 1, 3, 63, 65, 131, 133, 134, 200, 21830}) {
        checks.that(der.encode(Bytes(size, 1)).empty(), std::to_string(size));
    }
    const Bytes good{0x30, 6, 2, 1, 1, 2, 1, 2};
    checks.that(ecdsa_raw(good, 1) == Bytes{1, 2} && ecdsa_raw(good, 2) == Bytes{0, 1, 0, 2},
                "good");
    const Bytes bad[] = {{},
                         {0x30},
                         {0x30, 6, 2, 1, 1, 2, 1},
                         {0x31, 6, 2, 1, 1, 2, 1, 2},
                         {0x30, 6, 4, 1, 1, 2, 1, 2},
                         {0x30, 7, 2, 1, 1, 2, 1, 2},
                         {0x30, 3, 2, 1, 1},
                         {0x30, 6, 2, 1, 0x81, 2, 1, 2},
                         {0x30, 8, 2, 2, 1, 1, 2, 2, 1, 1}};
    for (const Bytes& buffer : bad) {
        checks.that(ecdsa_raw(buffer, 1).empty(), base64url_encode(buffer));
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<algorithms_have_their_names>),
        cmocka_unit_test(run<algorithm_sets>),
        cmocka_unit_test(run<keys_are_bound_to_what_they_can_do>),
        cmocka_unit_test(run<secrets_are_for_hmac_only>),
        cmocka_unit_test(run<other_types_of_keys_are_refused>),
        cmocka_unit_test(run<copies_share_the_key>),
        cmocka_unit_test(run<verifiers_work_alone>),
        cmocka_unit_test(run<keyset_finds_by_kid_and_algorithm>),
        cmocka_unit_test(run<ecdsa_signatures_change_their_encoding>),
        cmocka_unit_test(run<ecdsa_signatures_of_other_sizes>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
