#include "auth/token_issuer.hpp"

#include "base/encoding.hpp"
#include "check.hpp"
#include "jwt/jwks.hpp"
#include "tokens.hpp"

// What the issuer signs is what it knows again, and nothing else is.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::TokenIssuer;

constexpr std::int64_t now = 1'700'000'000;
constexpr const char* iss = "https://api.example";

std::shared_ptr<auth::SigningKeys> keys_of(std::initializer_list<const char*> algorithms) {
    auto keys = std::make_shared<auth::SigningKeys>();
    for (const char* const name : algorithms) {
        keys->push_back(signer(kind(name)));
    }
    return keys;
}

TokenIssuer issuer_of(const char* access, const char* refresh, auth::TokenTerms terms) {
    return {std::move(terms), keys_of({access}), keys_of({refresh})};
}

auth::TokenTerms terms(std::vector<std::string> audiences = {iss}) {
    return {iss, std::move(audiences), 900, 7200, 86400, 0};
}

auth::Principal alice() {
    return {"alice", "acme", {"viewer", "editor"}};
}

std::string claim(const json::Element* members, const char* name) {
    const json::Element* const value = json::member(members, name);
    return value != nullptr ? json::compact(value) : "absent";
}

void nothing_outlives_the_credential(Checks& checks) {
    const TokenIssuer issuer = issuer_of("RS256", "HS256", terms());
    struct Row {
        std::int64_t limit;
        std::int64_t ends_at;
        std::int64_t refresh;
        std::int64_t access;
    };
    for (const Row& row :
         {Row{now + 600, now + 600, 600, 600}, Row{now + 3600, now + 3600, 3600, 900},
          Row{now + 10'000, now + 10'000, 7200, 900},
          Row{now + 100'000, now + 86'400, 7200, 900}}) {
        const auth::BeginSession begun = issuer.begin(alice(), now, row.limit);
        const auto tokens = issuer.issue(begun.session, begun.token, now);
        checks.equal(begun.session.ends_at, row.ends_at, "session");
        checks.equal(tokens.refresh_expires_in, row.refresh, "refresh");
        checks.equal(tokens.expires_in, row.access, "access");
    }
}

void both_tokens(Checks& checks) {
    const TokenIssuer issuer = issuer_of("RS256", "HS256", terms());
    const auth::BeginSession begun = issuer.begin(alice(), now);
    checks.equal(begun.token.expires_at, now + 7200, "refresh_ttl");
    checks.equal(begun.session.ends_at, now + 86400, "session_max");
    const auto tokens = issuer.issue(begun.session, begun.token, now);
    checks.equal(tokens.expires_in, 900, "ttl");
    checks.equal(tokens.refresh_expires_in, 7200, "refresh_ttl");

    const auto access = issuer.verify_access(tokens.access);
    checks.that(access.has_value(), "the access token verifies");
    if (access.has_value()) {
        const json::Element* const claims = access->payload();
        checks.equal(claim(access->header(), "typ"), R"("at+jwt")", "typ");
        checks.equal(claim(claims, "iss"), R"("https://api.example")", "iss");
        checks.equal(claim(claims, "aud"), R"("https://api.example")", "aud");
        checks.equal(claim(claims, "sub"), R"("alice")", "sub");
        checks.equal(claim(claims, "tenant_id"), R"("acme")", "tenant_id");
        checks.equal(claim(claims, "roles"), R"(["viewer","editor"])", "roles");
        checks.equal(claim(claims, "iat"), "1700000000", "iat");
        checks.equal(claim(claims, "exp"), "1700000900", "exp");
        checks.that(!issuer.check_access(*access, 0, now), "it is good");
        checks.that(issuer.check_access(*access, 0, now + 900) == Reason::token_expired, "ends");
        checks.that(!issuer.check_access(*access, 5, now + 904), "leeway");
    }
    const auto refresh = issuer.read_refresh(tokens.refresh, now);
    checks.that(refresh.has_value(), "the refresh token is read");
    if (refresh.has_value()) {
        checks.equal(refresh->who.sid, begun.session.sid, "sid");
        checks.equal(refresh->who.jti, begun.token.jti, "jti");
        checks.equal(refresh->who.subject, "alice", "sub");
        checks.equal(refresh->who.tenant, "acme", "tenant");
        const auth::RotateToken step = issuer.rotate(*refresh, now + 1);
        checks.that(step.next.jti != step.jti && step.next.jti.size() == 22, "a new jti");
        checks.equal(step.next.expires_at, now + 1 + 7200, "its end");
    }
}

std::string refusal(const Result<auth::RefreshClaims, auth::RefusedToken>& read) {
    return read.has_value() ? "none" : std::string(describe(read.error().reason).name);
}

// Even where both are signed with one key, which no configuration allows.
void types_do_not_mix(Checks& checks) {
    const TokenIssuer issuer = issuer_of("HS256", "HS256", terms());
    const auth::BeginSession begun = issuer.begin(alice(), now);
    const auto tokens = issuer.issue(begun.session, begun.token, now);
    checks.equal(refusal(issuer.read_refresh(tokens.access, now)), "type_mismatch", "as refresh");
    const auto verified = issuer.verify_access(tokens.refresh);
    checks.that(verified.has_value() &&
                    issuer.check_access(*verified, 0, now) == Reason::type_mismatch,
                "as access");
}

struct Payload {
    const char* json;
    const char* reason;
};

// Signed with the right key.
const Payload payloads[] = {
    {R"({"iss":"https://api.example","aud":"https://api.example","exp":1700000010,"sid":"s","jti":"j"})",
     "none"},
    {R"({"iss":"https://api.example","aud":"https://api.example","exp":1700000000,"sid":"s","jti":"j"})",
     "refresh_expired"},
    {R"({"iss":"https://other","aud":"https://api.example","exp":1700000000,"sid":"s","jti":"j"})",
     "issuer_mismatch"},
    {R"({"iss":"https://api.example","aud":"orders","exp":1700000000,"sid":"s","jti":"j"})",
     "audience_mismatch"},
    {R"({"iss":"https://api.example","aud":"https://api.example","exp":1700000000,"jti":"j"})",
     "claim_malformed"},
    {R"({"iss":"https://api.example","aud":"https://api.example","sid":"s","jti":"j"})",
     "expiry_missing"},
    {R"({"iss":"https://other","aud":"https://api.example","exp":1700000010,"sid":"s","jti":"j"})",
     "issuer_mismatch"},
    {R"({"iss":"https://api.example","aud":"orders","exp":1700000010,"sid":"s","jti":"j"})",
     "audience_mismatch"},
    {R"({"iss":"https://api.example","aud":"https://api.example","exp":1700000010,"jti":"j"})",
     "claim_malformed"},
    {R"({"iss":"https://api.example","aud":"https://api.example","exp":1700000010,"sid":"s","jti":7})",
     "claim_malformed"},
    {R"({"iss":"https://api.example","aud":"https://api.example","exp":1700000010,"sid":"","jti":"j"})",
     "claim_malformed"},
};

void refresh_claims(Checks& checks) {
    const TokenIssuer issuer = issuer_of("RS256", "HS256", terms());
    const auto key = signer(kind("HS256"));
    for (const Payload& payload : payloads) {
        const auto claims = parse(payload.json);
        const auto token = jwt::issue(key, claims.get(), auth::refresh_type);
        checks.equal(refusal(issuer.read_refresh(token, now)), payload.reason, payload.json);
        const auto untyped = jwt::issue(key, claims.get());
        checks.equal(refusal(issuer.read_refresh(untyped, now)), "type_mismatch", payload.json);
    }
    checks.equal(refusal(issuer.read_refresh("a.b.c", now)), "token_malformed", "no token");
}

void details(Checks& checks) {
    const TokenIssuer issuer = issuer_of("RS256", "HS256", terms());
    const auth::BeginSession begun = issuer.begin(alice(), now);
    const auto tokens =
        issuer.issue(begun.session, begun.token, now,
                     {"file/user/alice", R"({"plan":"gold","limits":{"n":1.50},"sub":"mallory"})"});
    const auto access = issuer.verify_access(tokens.access);
    checks.that(access.has_value(), "verified");
    if (access.has_value()) {
        checks.equal(claim(access->payload(), "plan"), R"("gold")", "a string");
        checks.equal(claim(access->payload(), "limits"), R"({"n":1.5})", "JSON");
        checks.equal(claim(access->payload(), "sub"), R"("alice")", "what is set stays");
        checks.that(json::member(access->payload(), "account") == nullptr, "no account");
    }
    const auto refresh = issuer.read_refresh(tokens.refresh, now);
    checks.that(refresh.has_value() && refresh->account == "file/user/alice", "the account");
    checks.that(refresh.has_value() && refresh->payload.find("gold") == std::string::npos,
                "no other claims");
}

void ends(Checks& checks) {
    const TokenIssuer issuer = issuer_of("ES256", "ES256", terms());
    const auth::Session session{"s", "alice", "", {}, now - 86000, now + 400};
    const auto tokens = issuer.issue(session, {"j", now, now + 400}, now);
    checks.equal(tokens.expires_in, 400, "the access token does not outlive its session");
    const auto access = issuer.verify_access(tokens.access);
    checks.that(access.has_value() && json::member(access->payload(), "tenant_id") == nullptr &&
                    json::member(access->payload(), "roles") == nullptr,
                "no tenant, no roles");
}

void audiences(Checks& checks) {
    const TokenIssuer issuer = issuer_of("EdDSA", "HS256", terms({"orders", "invoices"}));
    const auth::BeginSession begun = issuer.begin(alice(), now);
    const auto access = issuer.verify_access(issuer.issue(begun.session, begun.token, now).access);
    checks.that(access.has_value() &&
                    claim(access->payload(), "aud") == R"(["orders","invoices"])" &&
                    !issuer.check_access(*access, 0, now),
                "an array");
    const TokenIssuer other = issuer_of("EdDSA", "HS256", terms({"reports"}));
    checks.that(access.has_value() &&
                    other.check_access(*access, 0, now) == Reason::audience_mismatch,
                "of another place");
}

void refresh_tokens_keep_to_their_audiences(Checks& checks) {
    const TokenIssuer both = issuer_of("EdDSA", "HS256", terms({"orders", "invoices"}));
    const TokenIssuer orders = issuer_of("EdDSA", "HS256", terms({"orders"}));
    const auth::BeginSession begun = both.begin(alice(), now);
    const auto claims_of = [&](const TokenIssuer& issuer) {
        const auto tokens = issuer.issue(begun.session, begun.token, now);
        return issuer.read_refresh(tokens.refresh, now).value();
    };
    checks.that(both.may_refresh(claims_of(both)) && orders.may_refresh(claims_of(both)), "fewer");
    checks.that(orders.may_refresh(claims_of(orders)) && !both.may_refresh(claims_of(orders)),
                "no more");
    auth::RefreshClaims none = claims_of(both);
    none.audiences.clear();
    checks.that(!orders.may_refresh(none), "one that tells none");
}

void odd_names(Checks& checks) {
    const TokenIssuer issuer = issuer_of("HS256", "HS256", terms());
    auth::BeginSession begun = issuer.begin(alice(), now);
    begun.session.subject = "\xff";
    bool thrown = false;
    try {
        static_cast<void>(issuer.issue(begun.session, begun.token, now));
    } catch (const std::exception&) {
        thrown = true;
    }
    checks.that(thrown, "a subject that is no UTF-8 cannot be signed");
    struct Row {
        auth::Principal principal;
        bool good;
    };
    for (const Row& row :
         {Row{alice(), true}, Row{{"j\xc3\xbcrgen", "", {}}, true}, Row{{"", "", {""}}, true},
          Row{{"j\xfcrgen", "", {}}, false}, Row{{"alice", "\xc3", {}}, false},
          Row{{"alice", "acme", {"viewer", "\xc0\xaf"}}, false}}) {
        checks.that(TokenIssuer::can_name(row.principal) == row.good, row.principal.subject);
    }
}

// What is published verifies, for every algorithm that has a public key, and secrets stay.
void published(Checks& checks) {
    for (const Kind& each : all_kinds) {
        auto access = std::make_shared<auth::SigningKeys>();
        access->push_back(signer(each));
        const TokenIssuer issuer(terms(), std::move(access), keys_of({"HS256"}));
        const auth::BeginSession begun = issuer.begin(alice(), now);
        const auto tokens = issuer.issue(begun.session, begun.token, now);
        const auto loaded =
            jwt::load_keyset(issuer.jwks(), jwt::KeysetFormat::jwks, jwt::WeakKeys::refused);
        const bool secret = each.name.starts_with("HS");
        const std::size_t size = loaded.has_value() ? loaded->keys.size() : 0;
        checks.equal(static_cast<long long>(size), secret ? 0 : 1, each.name);
        if (!secret && size == 1) {
            checks.that(verify_with(loaded->keys, tokens.access).has_value(), each.name);
            checks.that(!verify_with(loaded->keys, tokens.refresh).has_value(), each.name);
        }
        checks.that(issuer.jwks().find("\"d\"") == std::string::npos &&
                        issuer.jwks().find("\"k\"") == std::string::npos,
                    "nothing private");
    }
}

void bound_to_a_key(Checks& checks) {
    const TokenIssuer issuer = issuer_of("ES256", "HS256", terms());
    const auth::BeginSession begun = issuer.begin(alice(), now);
    const Digest key{1, 2, 3};
    const std::string cnf = R"({"jkt":")" + base64url_encode(key) + R"("})";
    const struct {
        auth::TokenDetails details;
        std::string access;
    } rows[] = {
        {{"", ""}, "absent"},
        {{"", "", key}, cnf},
        {{"", R"({"cnf":{"x5t#S256":"A"}})", key},
         R"({"x5t#S256":"A","jkt":")" + base64url_encode(key) + R"("})"},
        {{"", R"({"cnf":1})", key}, cnf},
    };
    for (const auto& row : rows) {
        const auto tokens = issuer.issue(begun.session, begun.token, now, row.details);
        const auto access = issuer.verify_access(tokens.access);
        checks.equal(claim(access->payload(), "cnf"), row.access, "access");
        const bool says_so = tokens.json().find(R"("token_type":"DPoP")") != std::string::npos;
        checks.that(says_so == row.details.key.has_value(), "the type");
        const auto refresh = issuer.read_refresh(tokens.refresh, now);
        checks.that(refresh && refresh->key == row.details.key, "refresh");
    }
}

// Signed by us, but never issued.
void a_binding_that_cannot_be_verified(Checks& checks) {
    const TokenIssuer issuer = issuer_of("ES256", "HS256", terms());
    for (const char* const cnf : {"{}", "null", "1", R"({"jkt":"A"})", R"({"x5t#S256":"A"})"}) {
        const std::string text =
            sign_text(signer(kind("HS256")), R"({"alg":"HS256","typ":"refresh+jwt"})",
                      R"({"iss":"https://api.example","aud":"https://api.example","sub":"a",)"
                      R"("sid":"s","jti":"j","exp":1700000900,"cnf":)" +
                          std::string(cnf) + "}");
        checks.equal(refusal(issuer.read_refresh(text, now)), "token_bound", cnf);
    }
}

void first_signs_all_verify(Checks& checks) {
    const TokenIssuer before(terms(), keys_of({"RS256"}), keys_of({"HS256"}));
    auto both = std::make_shared<auth::SigningKeys>();
    const auto pair = [](KeyType type) { return share(key_pair(type)); };
    both->push_back(
        *jwt::SigningKey::from_private("new", jwt::Algorithm::es256, pair(KeyType::p256)));
    both->push_back(signer(kind("RS256")));
    const TokenIssuer during(terms(), both, keys_of({"HS256"}));
    const auth::BeginSession begun = before.begin(alice(), now);
    const auto old_token = before.issue(begun.session, begun.token, now).access;
    const auto new_token = during.issue(begun.session, begun.token, now).access;
    checks.that(during.verify_access(old_token).has_value(), "the old key verifies");
    const auto verified = during.verify_access(new_token);
    checks.that(verified.has_value() && verified->kid() == "new", "the first signs");
    checks.that(!before.verify_access(new_token).has_value(), "unknown before");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<both_tokens>),
        cmocka_unit_test(run<nothing_outlives_the_credential>),
        cmocka_unit_test(run<types_do_not_mix>),
        cmocka_unit_test(run<refresh_claims>),
        cmocka_unit_test(run<details>),
        cmocka_unit_test(run<ends>),
        cmocka_unit_test(run<audiences>),
        cmocka_unit_test(run<refresh_tokens_keep_to_their_audiences>),
        cmocka_unit_test(run<odd_names>),
        cmocka_unit_test(run<published>),
        cmocka_unit_test(run<bound_to_a_key>),
        cmocka_unit_test(run<a_binding_that_cannot_be_verified>),
        cmocka_unit_test(run<first_signs_all_verify>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
