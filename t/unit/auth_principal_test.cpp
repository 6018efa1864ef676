#include "auth/principal.hpp"
#include "check.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;
using auth::Principal;
using auth::PrincipalClaims;

Result<VerifiedToken, Refusal> token_of(std::string_view payload) {
    const Kind& hs = kind("HS256");
    return verify_with(keyset_of(hs), sign_text(signer(hs), header_of(hs), payload));
}

PrincipalClaims claims(std::string_view roles = "roles", std::string_view tenant = "tenant_id") {
    return {ClaimPath::parse(roles).value(), ClaimPath::parse(tenant).value()};
}

// "subject|tenant|role,role", or the log name of the reason.
std::string principal(std::string_view payload, const PrincipalClaims& where = claims()) {
    const auto token = token_of(payload);
    if (!token.has_value()) {
        return std::string(describe(token.error().reason).name);
    }
    const auto made = principal_of(*token, where);
    if (!made.has_value()) {
        return std::string(describe(made.error()).name);
    }
    return std::string(made->subject) + "|" + std::string(made->tenant) + "|" + made->role_list();
}

struct Row {
    const char* payload;
    const char* wanted;
};

void subject_and_tenant(Checks& checks) {
    const Row rows[] = {
        {"{}", "||"},
        {R"({"sub":"alice","tenant_id":"acme"})", "alice|acme|"},
        {R"({"sub":null,"tenant_id":null})", "||"},
        {R"({"tenant_id":null})", "||"},
        {R"({"sub":"\u00e9\ud83d\ude00 x,y"})", "\xc3\xa9\xf0\x9f\x98\x80 x,y||"},
        {R"({"sub":["alice"]})", "claim_malformed"},
        {R"({"sub":{"a":1}})", "claim_malformed"},
        {R"({"sub":true})", "claim_malformed"},
        {R"({"sub":5,"tenant_id":42})", "5|42|"},
        {R"({"sub":0,"tenant_id":-7})", "0|-7|"},
        {R"({"sub":18446744073709551616})", "18446744073709551616||"},
        {R"({"sub":5.0})", "claim_malformed"},
        {R"({"sub":1e2})", "claim_malformed"},
        {R"({"tenant_id":1.5})", "claim_malformed"},
        {R"({"tenant_id":42,"roles":{"42":["admin"]}})", "|42|admin"},
        {R"({"tenant_id":["acme"]})", "claim_malformed"},
        {R"({"tenant_id":{"acme":1}})", "claim_malformed"},
        {R"({"tenant_id":false})", "claim_malformed"},
    };
    for (const Row& row : rows) {
        checks.equal(principal(row.payload), row.wanted, row.payload);
    }
}

// Line breaks in what goes into header fields split the upstream's request.
void header_injection_is_refused(Checks& checks) {
    for (const char* control : {"\\r\\n", "\\n", "\\r", "\\t", "\\u0001", "\\u001f", "\\u007f"}) {
        const std::string value = "\"x" + std::string(control) + "X-Roles: admin\"";
        for (const std::string& payload :
             {"{\"sub\":" + value + "}", "{\"tenant_id\":" + value + "}",
              "{\"roles\":[\"viewer\"," + value + "]}", "{\"roles\":" + value + "}",
              "{\"tenant_id\":\"acme\",\"roles\":{\"acme\":[" + value + "]}}"}) {
            checks.equal(principal(payload), "claim_malformed", payload);
        }
    }
}

// nginx sends a name as it is, and its receiver strips it: "acme " would be admitted by keys
// outside of the block of acme, and read as acme by the application.
void names_that_change_on_their_way_are_refused(Checks& checks) {
    for (const char* name : {"", " ", "acme ", " acme", "\\u00a0acme", "acme\\u3000", "acme\\u0085",
                             "ac\\u0080me", "\\ufeffacme", "acme\\u2028", "\\u2029acme"}) {
        const std::string value = "\"" + std::string(name) + "\"";
        for (const std::string& payload :
             {"{\"sub\":" + value + "}", "{\"tenant_id\":" + value + "}",
              "{\"roles\":[\"viewer\"," + value + "]}",
              "{\"tenant_id\":\"acme\",\"roles\":{\"acme\":[" + value + "]}}"}) {
            checks.equal(principal(payload), "claim_malformed", payload);
        }
    }
    checks.equal(principal(R"({"sub":"a b","tenant_id":"a\u2028b"})"),
                 "a b|a\xe2\x80\xa8"
                 "b|",
                 "inside");
    checks.equal(principal(R"({"roles":" viewer  admin "})"), "||viewer,admin",
                 "a list is no name");
    checks.equal(principal(R"({"roles":"viewer\u00a0 admin"})"), "claim_malformed",
                 "a name in a list is");
}

void shapes_of_roles(Checks& checks) {
    const Row rows[] = {
        {R"({"roles":["viewer","editor"]})", "||viewer,editor"},
        {R"({"roles":["viewer"]})", "||viewer"},
        {R"({"roles":[]})", "||"},
        {R"({"roles":"viewer editor"})", "||viewer,editor"},
        {R"({"roles":"  viewer   editor "})", "||viewer,editor"},
        {R"({"roles":""})", "||"},
        {R"({"roles":" "})", "||"},
        {R"({"roles":null})", "||"},
        {R"({"roles":5})", "||"},
        {R"({"roles":true})", "||"},
        {R"({"roles":[["admin"]]})", "||"},
        {R"({"roles":[{"name":"admin"}]})", "||"},
        {R"({"roles":[1,true,null]})", "||"},
        {R"({"roles":["admin",1]})", "||"},
        {R"({"roles":["viewer,admin"]})", "||"},
        {R"({"roles":"viewer,admin"})", "||"},
        {R"({"roles":["viewer,admin","editor"]})", "||editor"},
        {R"({"roles":["two words"]})", "||two words"},
        {R"({"Roles":["admin"]})", "||"},
    };
    for (const Row& row : rows) {
        checks.equal(principal(row.payload), row.wanted, row.payload);
    }
}

void roles_within_a_tenant(Checks& checks) {
    const Row rows[] = {
        {R"({"tenant_id":"acme","roles":{"acme":["admin"],"other":["viewer"]}})", "|acme|admin"},
        {R"({"tenant_id":"acme","roles":{"acme":"admin viewer"}})", "|acme|admin,viewer"},
        {R"({"tenant_id":"acme","roles":{"other":["admin"]}})", "|acme|"},
        {R"({"tenant_id":"acme","roles":{"ACME":["admin"]}})", "|acme|"},
        {R"({"tenant_id":"acme","roles":{"acme":{"acme":["admin"]}}})", "|acme|"},
        {R"({"tenant_id":"acme","roles":{"acme":5}})", "|acme|"},
        {R"({"tenant_id":"acme","roles":{}})", "|acme|"},
        {R"({"tenant_id":"a.b","roles":{"a":{"b":["admin"]},"a.b":["viewer"]}})", "|a.b|viewer"},
        {R"({"roles":{"acme":["admin"]}})", "||"},
        {R"({"roles":{"":["admin"]}})", "||"},
        {R"({"tenant_id":null,"roles":{"null":["admin"]}})", "||"},
        {R"({"tenant_id":"acme","roles":["viewer"]})", "|acme|viewer"},
    };
    for (const Row& row : rows) {
        checks.equal(principal(row.payload), row.wanted, row.payload);
    }
}

// Maps of roles as Firebase, Zitadel and others write them.
void roles_that_are_names_of_members(Checks& checks) {
    const Row rows[] = {
        {R"({"roles":{"admin":true,"viewer":false,"editor":true}})", "||admin,editor"},
        {R"({"tenant_id":"acme","roles":{"admin":true,"viewer":1}})", "|acme|admin"},
        {R"({"roles":{"a":1,"b":"true","c":"x","d":[true],"e":null,"f":0}})", "||"},
        {R"({"tenant_id":"acme","roles":{"admin":{"acme":"acme.example"},"viewer":{"globex":"x"}}})",
         "|acme|admin"},
        {R"({"tenant_id":"acme","roles":{"admin":{},"viewer":{"acme":null}}})", "|acme|viewer"},
        {R"({"roles":{"admin":{"acme":"acme.example"},"viewer":{}}})", "||admin,viewer"},
        {R"({"tenant_id":"acme","roles":{"acme":["viewer"],"admin":true}})", "|acme|viewer"},
        {R"({"tenant_id":"acme","roles":{"acme":true,"admin":true}})", "|acme|"},
        {R"({"tenant_id":"acme","roles":{"acme":null,"admin":true}})", "|acme|"},
        {R"({"tenant_id":"acme","roles":{"globex":["admin"],"viewer":true}})", "|acme|viewer"},
        {R"({"tenant_id":"acme","roles":{"globex":{"admin":true}}})", "|acme|"},
        {R"({"roles":{"a,b":true,"viewer":true}})", "||viewer"},
        {R"({"roles":{"admin ":true}})", "claim_malformed"},
        {R"({"roles":{"":true}})", "claim_malformed"},
        {R"({"roles":{"admin\n":false}})", "||"},
    };
    for (const Row& row : rows) {
        checks.equal(principal(row.payload), row.wanted, row.payload);
    }
    const PrincipalClaims dotted =
        claims(R"(.resource_access."my.client".roles)", R"(.orgs[0]."org.id")");
    checks.equal(
        principal(R"({"resource_access":{"my.client":{"roles":["admin"]}},"orgs":[{"org.id":7}]})",
                  dotted),
        "|7|admin", "paths");
}

void claims_of_other_names(Checks& checks) {
    const PrincipalClaims keycloak = claims("realm_access.roles", "organisation.id");
    checks.equal(
        principal(R"({"realm_access":{"roles":["admin"]},"organisation":{"id":"acme"}})", keycloak),
        "|acme|admin", "dotted");
    checks.equal(principal(R"({"roles":["admin"],"tenant_id":"acme"})", keycloak), "||",
                 "the default names mean nothing then");
    const PrincipalClaims urls = claims("https://id.example/roles", "https://id.example/tenant");
    checks.equal(
        principal(R"({"https://id.example/roles":"admin","https://id.example/tenant":"acme"})",
                  urls),
        "|acme|admin", "URL");
}

void roles_are_compared_whole(Checks& checks) {
    Principal someone;
    checks.that(!holds(someone.roles, "admin") && !holds(someone.roles, "") &&
                    someone.role_list().empty(),
                "nobody");
    someone.roles = {"editor", "super admin"};
    checks.that(holds(someone.roles, "editor") && holds(someone.roles, "super admin"), "held");
    for (const char* role : {"", "admin", "super", "edit", "editor ", "Editor", "editors",
                             "editor,super admin", "itor"}) {
        checks.that(!holds(someone.roles, role), role);
    }
    checks.equal(someone.role_list(), "editor,super admin", "list");
}

void text_is_borrowed_from_the_token(Checks& checks) {
    const auto token =
        token_of(R"({"sub":"alice","tenant_id":"acme","roles":{"acme":"viewer editor"}})");
    const auto made = principal_of(*token, claims());
    checks.that(made.has_value() && made->subject == "alice" && made->tenant == "acme" &&
                    holds(made->roles, "viewer") && holds(made->roles, "editor"),
                "alice");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<subject_and_tenant>),
        cmocka_unit_test(run<header_injection_is_refused>),
        cmocka_unit_test(run<names_that_change_on_their_way_are_refused>),
        cmocka_unit_test(run<shapes_of_roles>),
        cmocka_unit_test(run<roles_within_a_tenant>),
        cmocka_unit_test(run<roles_that_are_names_of_members>),
        cmocka_unit_test(run<claims_of_other_names>),
        cmocka_unit_test(run<roles_are_compared_whole>),
        cmocka_unit_test(run<text_is_borrowed_from_the_token>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
