#include "auth/challenge.hpp"
#include "base/text.hpp"
#include "check.hpp"
#include "json/jansson.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::challenge;
using auth::Method;
using auth::problem_json;

std::string bearer_challenge(std::string_view realm, Reason reason) {
    return challenge(Method::jwt, realm, reason, Method::jwt);
}

void challenges(Checks& checks) {
    struct Row {
        Reason reason;
        const char* wanted;
    };
    const Row rows[] = {
        {Reason::no_credential, R"(Bearer realm="api")"},
        {Reason::malformed_authorization, R"(Bearer realm="api", error="invalid_request")"},
        {Reason::ambiguous_credential, R"(Bearer realm="api", error="invalid_request")"},
        {Reason::token_malformed, R"(Bearer realm="api", error="invalid_token")"},
        {Reason::token_expired, R"(Bearer realm="api", error="invalid_token")"},
        {Reason::signature_invalid, R"(Bearer realm="api", error="invalid_token")"},
        {Reason::role_missing, R"(Bearer realm="api", error="insufficient_scope")"},
        {Reason::tenant_mismatch, R"(Bearer realm="api", error="insufficient_scope")"},
        {Reason::method_not_allowed, R"(Bearer realm="api", error="insufficient_scope")"},
        {Reason::keys_unavailable, ""},
        {Reason::internal_error, ""},
    };
    for (const Row& row : rows) {
        checks.equal(bearer_challenge("api", row.reason), row.wanted, row.wanted);
    }
    checks.equal(bearer_challenge("", Reason::no_credential), R"(Bearer realm="")", "no realm");
}

// RFC 9449 section 7.1
void challenges_of_dpop(Checks& checks) {
    const auto with = [](Reason reason, bool has_error) {
        return auth::token_challenge({.scheme = auth::TokenScheme::dpop,
                                      .realm = "api",
                                      .reason = reason,
                                      .has_error = has_error,
                                      .scope = "a",
                                      .algorithms = "ES256 PS256"});
    };
    checks.equal(with(Reason::no_credential, true),
                 R"(DPoP realm="api", scope="a", algs="ES256 PS256")", "none");
    checks.equal(with(Reason::token_expired, true),
                 R"(DPoP realm="api", error="invalid_token", scope="a", algs="ES256 PS256")",
                 "a token");
    checks.equal(with(Reason::token_expired, false),
                 R"(DPoP realm="api", scope="a", algs="ES256 PS256")", "a token by Bearer");
    checks.equal(with(Reason::dpop_proof_invalid, true),
                 R"(DPoP realm="api", error="invalid_dpop_proof", scope="a", algs="ES256 PS256")",
                 "a proof");
    checks.equal(with(Reason::dpop_proof_malformed, true),
                 R"(DPoP realm="api", error="invalid_dpop_proof", algs="ES256 PS256")", "400");
    checks.equal(with(Reason::role_missing, true),
                 R"(DPoP realm="api", error="insufficient_scope", algs="ES256 PS256")", "403");
    checks.equal(with(Reason::role_missing, false), "", "403 by Bearer");
    checks.equal(with(Reason::dpop_zone_full, true), "", "our own failure");
}

void reasons_about_proofs(Checks& checks) {
    for (int i = 0; i <= static_cast<int>(Reason::internal_error); ++i) {
        const ReasonInfo& info = describe(static_cast<Reason>(i));
        checks.that(auth::is_about_proof(info.reason) ==
                        (info.challenge.find("dpop") != std::string_view::npos),
                    info.name);
    }
}

// The realm may come from a variable, so from the client.
void realm_cannot_leave_its_quotes(Checks& checks) {
    checks.equal(bearer_challenge(R"(a"b\c)", Reason::no_credential), R"(Bearer realm="a\"b\\c")",
                 "escapes");
    for (const std::string_view realm :
         {std::string_view("a\r\nSet-Cookie: x=y"), std::string_view("a\nb"),
          std::string_view("a\0b", 3), std::string_view("\x7f"), std::string_view("\x01\x1f")}) {
        checks.that(!has_control(bearer_challenge(realm, Reason::no_credential)), realm);
    }
}

void scopes_are_told_where_they_help(Checks& checks) {
    const auto with = [](Reason reason, Method method = Method::jwt) {
        return challenge(method, "api", reason, std::nullopt, "a.read a.write");
    };
    checks.equal(with(Reason::no_credential), R"(Bearer realm="api", scope="a.read a.write")",
                 "none");
    checks.equal(with(Reason::token_expired),
                 R"(Bearer realm="api", error="invalid_token", scope="a.read a.write")", "401");
    checks.equal(with(Reason::scope_missing),
                 R"(Bearer realm="api", error="insufficient_scope", scope="a.read a.write")",
                 "403");
    for (const Reason reason : {Reason::role_missing, Reason::tenant_mismatch,
                                Reason::method_not_allowed, Reason::malformed_authorization,
                                Reason::requirement_forbidden, Reason::keys_unavailable}) {
        checks.that(with(reason).find("scope=") == std::string::npos, describe(reason).name);
    }
    checks.that(with(Reason::no_credential, Method::password).find("scope=") == std::string::npos,
                "Basic");
}

void bearer_names_the_metadata(Checks& checks) {
    const std::string_view uri = "https://api.example/.well-known/oauth-protected-resource";
    const auto with = [&](Reason reason, Method method = Method::jwt, std::string_view scope = {}) {
        return challenge(method, "api", reason, std::nullopt, scope, uri);
    };
    const std::string metadata = ", resource_metadata=\"" + std::string(uri) + '"';
    checks.equal(with(Reason::no_credential, Method::jwt, "a b"),
                 R"(Bearer realm="api", scope="a b")" + metadata, "401");
    for (int each = 0; each <= static_cast<int>(Reason::internal_error); ++each) {
        const auto reason = static_cast<Reason>(each);
        const std::string without = bearer_challenge("api", reason);
        checks.equal(challenge(Method::jwt, "api", reason, Method::jwt, {}, uri),
                     without.empty() ? "" : without + metadata, describe(reason).name);
        for (const Method other : {Method::password, Method::api_key}) {
            checks.equal(with(reason, other), challenge(other, "api", reason, std::nullopt),
                         describe(reason).name);
        }
    }
}

void explanations_are_escaped(Checks& checks) {
    const std::string text = R"(kid "a\x22" <b> & 'c')";
    const auto problem =
        json::parse_object(problem_json(Reason::key_unknown, 401, text), {4096, 2});
    checks.equal(json::string(json::member(problem.get(), "explanation")).value_or("absent"), text,
                 "JSON");
    checks.that(problem_json(Reason::key_unknown).find("explanation") == std::string::npos, "none");
    const std::string page = auth::problem_html(403, text);
    checks.that(page.find(R"(<p>kid "a\x22" &lt;b&gt; &amp; 'c'</p>)") != std::string::npos, page);
    checks.that(page.find("<h1>403 Forbidden</h1>") != std::string::npos, page);
}

void problems_are_json(Checks& checks) {
    for (int each = 0; each <= static_cast<int>(Reason::internal_error); ++each) {
        const auto reason = static_cast<Reason>(each);
        const ReasonInfo& info = describe(reason);
        const auto problem = json::parse_object(problem_json(reason), {4096, 2});
        const auto text = [&](const char* name) {
            return json::string(json::member(problem.get(), name)).value_or("absent");
        };
        checks.equal(text("type"), "about:blank", info.name);
        checks.that(text("title") != "absent" && !text("title").empty(), info.name);
        checks.equal(json_integer_value(json::member(problem.get(), "status")), info.status,
                     info.name);
        checks.equal(text("detail"), info.detail, info.name);
        checks.equal(text("error"), info.challenge.empty() ? "absent" : info.challenge, info.name);
        checks.equal(static_cast<long long>(json_object_size(problem.get())),
                     info.challenge.empty() ? 4 : 5, info.name);
        checks.that(problem_json(reason).find(info.name) == std::string::npos ||
                        reason == Reason::no_credential,
                    "the log's name stays in the log");
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<challenges>),
        cmocka_unit_test(run<challenges_of_dpop>),
        cmocka_unit_test(run<reasons_about_proofs>),
        cmocka_unit_test(run<realm_cannot_leave_its_quotes>),
        cmocka_unit_test(run<scopes_are_told_where_they_help>),
        cmocka_unit_test(run<bearer_names_the_metadata>),
        cmocka_unit_test(run<explanations_are_escaped>),
        cmocka_unit_test(run<problems_are_json>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
