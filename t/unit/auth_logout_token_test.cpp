#include "auth/logout_token.hpp"

#include "check.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;

constexpr std::int64_t now = 1'800'000'000;

constexpr std::string_view no_event = "its events have no backchannel-logout";
constexpr std::string_view no_name = "its sid or sub is not a name";
constexpr std::string_view not_now = "its iat is not within five minutes";

VerifiedToken token_of(std::string_view claims, std::string_view type = R"(,"typ":"logout+jwt")") {
    const Kind& hs = kind("HS256");
    const std::string header = R"({"alg":"HS256","kid":"k1")" + std::string(type) + '}';
    return verify_with(keyset_of(hs), sign_text(signer(hs), header, claims)).value();
}

// Valid but for what is given.
struct Claims {
    std::string_view events =
        R"("events":{"http://schemas.openid.net/event/backchannel-logout":{}},)";
    std::string_view iat = R"("iat":1800000000,)";
    std::string_view jti = R"("jti":"j",)";
    std::string_view who = R"("sub":"alice","sid":"s",)";
    std::string_view more = "";

    [[nodiscard]] std::string text() const {
        std::string text = R"({"iss":"https://id.example",)";
        for (const std::string_view part : {events, iat, jti, who, more}) {
            text += part;
        }
        return text + R"("aud":"app"})";
    }
};

std::string fault(const Claims& claims) {
    return std::string(auth::logout_fault(token_of(claims.text()), now).value_or("none"));
}

void valid_tokens(Checks& checks) {
    checks.equal(fault({}), "none", "all claims");
    checks.equal(fault({.who = R"("sub":"alice",)"}), "none", "a subject");
    checks.equal(fault({.who = R"("sid":"s",)"}), "none", "a session");
    checks.equal(fault({.more = R"("nonces":1,"trace_id":"x",)"}), "none", "other claims");
    for (const char* const type : {"", R"(,"typ":"logout+jwt")", R"(,"typ":"Logout+JWT")",
                                   R"(,"typ":"application/logout+jwt")"}) {
        checks.that(!auth::logout_fault(token_of(Claims().text(), type), now), type);
    }
}

void attack_other_tokens_of_the_issuer(Checks& checks) {
    for (const char* const type : {R"(,"typ":"at+jwt")", R"(,"typ":"dpop+jwt")", R"(,"typ":"JWT")",
                                   R"(,"typ":1)", R"(,"typ":null)", R"(,"typ":"")"}) {
        checks.equal(auth::logout_fault(token_of(Claims().text(), type), now).value_or("none"),
                     "its typ is not logout+jwt", type);
    }
    for (const char* const events :
         {"", R"("events":null,)", R"("events":[],)", R"("events":{},)",
          R"("events":"http://schemas.openid.net/event/backchannel-logout",)",
          R"("events":["http://schemas.openid.net/event/backchannel-logout"],)",
          R"("events":{"http://schemas.openid.net/event/backchannel-logout":true},)",
          R"("events":{"http://schemas.openid.net/event/backchannel-logout2":{}},)"}) {
        checks.equal(fault({.events = events}), no_event, events);
    }
    checks.equal(fault({.more = R"("nonce":"n",)"}), "it has a nonce", "an ID token");
    checks.equal(fault({.more = R"("nonce":null,)"}), "it has a nonce", "null");
}

void attack_an_old_token(Checks& checks) {
    for (const char* const time :
         {R"("iat":1799999700,)", R"("iat":1800000300,)", R"("iat":1799999999.5,)"}) {
        checks.equal(fault({.iat = time}), "none", time);
    }
    for (const char* const time :
         {"", R"("iat":1799999699,)", R"("iat":1800000301,)", R"("iat":"1800000000",)",
          R"("iat":null,)", R"("iat":-1,)", R"("iat":1e300,)"}) {
        checks.equal(fault({.iat = time}), not_now, time);
    }
}

void names_are_needed(Checks& checks) {
    for (const char* const jti : {"", R"("jti":"",)", R"("jti":7,)", R"("jti":null,)"}) {
        checks.equal(fault({.jti = jti}), "it has no jti", jti);
    }
    checks.equal(fault({.who = ""}), "it has neither sid nor sub", "nobody");
    for (const char* const who :
         {R"("sid":"",)", R"("sid":1,)", R"("sid":null,)", R"("sub":["alice"],)", R"("sub":"",)",
          R"("sid":"s","sub":"",)", R"("sid":"","sub":"alice",)", R"("sub":"al\nice",)"}) {
        checks.equal(fault({.who = who}), no_name, who);
    }
}

std::string entry(const Claims& claims, std::string_view tenant = "") {
    return revocation_text(auth::logout_entry(token_of(claims.text()), tenant, now, 100));
}

void what_it_revokes(Checks& checks) {
    checks.equal(entry({}),
                 R"({"sid":"s","tenant_id":"*","iss":"https://id.example","until":1800000100})",
                 "a session");
    checks.equal(entry({}, "acme"),
                 R"({"sid":"s","tenant_id":"acme","iss":"https://id.example","until":1800000100})",
                 "of a tenant");
    checks.equal(entry({.iat = R"("iat":1799999999.5,)", .who = R"("sub":"alice",)"}),
                 R"({"sub":"alice","tenant_id":"*","iss":"https://id.example",)"
                 R"("issued_before":1799999999,"until":1800000099})",
                 "a subject, until then");
    checks.equal(entry({.iat = R"("iat":1800000200,)", .who = R"("sub":"alice",)"}),
                 R"({"sub":"alice","tenant_id":"*","iss":"https://id.example",)"
                 R"("issued_before":1800000000,"until":1800000100})",
                 "never later than now");
}

void it_is_remembered(Checks& checks) {
    const auto memory = [](const Claims& claims) {
        return auth::logout_memory(token_of(claims.text()));
    };
    const auth::RevocationEntry one = memory({});
    checks.that(one.value != "j", "no other token has such a jti");
    checks.that(one.until == now + auth::logout_window + 1, "for as long as it is accepted");
    checks.that(one == memory({.who = R"("sid":"s",)"}), "the same jti");
    checks.that(!(one == memory({.jti = R"("jti":"k",)"})), "another jti");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<valid_tokens>),
        cmocka_unit_test(run<attack_other_tokens_of_the_issuer>),
        cmocka_unit_test(run<attack_an_old_token>),
        cmocka_unit_test(run<names_are_needed>),
        cmocka_unit_test(run<what_it_revokes>),
        cmocka_unit_test(run<it_is_remembered>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
