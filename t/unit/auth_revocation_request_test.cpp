#include "auth/revocation_request.hpp"

#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

constexpr std::int64_t now = 1'000'000;
constexpr std::int64_t keep = 500;

struct Row {
    std::string_view body;
    std::string_view read; // empty: it is malformed
};

const Row bodies[] = {
    {R"({"token":"a.b.c","x":1})", "token a.b.c"},
    {R"({"token":"Bearer a.b.c"})", "token a.b.c"},
    {R"({"sid":"abc"})", R"({"sid":"abc"})"},
    {"\xef\xbb\xbf{\"sid\":\"abc\"}", R"({"sid":"abc"})"},
    {R"({"jti":"abc","until":5})", R"({"jti":"abc","until":5})"},
    {R"({"kid":"abc","iss":"https://id.example"})", R"({"kid":"abc","iss":"https://id.example"})"},
    {R"({"tenant":"acme","issued_before":7})", R"({"tenant":"acme","issued_before":7})"},
    {R"({"sub":"alice"})", R"({"sub":"alice"})"},
    {R"({"sub":"alice","sid":null,"tenant_id":null,"until":null})", R"({"sub":"alice"})"},
    {R"({"sub":"alice","tenant_id":"acme"})", R"({"sub":"alice","tenant_id":"acme"})"},
    {R"({"sid":"abc","tenant_id":"*"})", R"({"sid":"abc","tenant_id":"*"})"},
    {R"({"sub":"alice","sid":"abc"})", ""},
    {R"({"sub":"alice","token":"a.b.c"})", ""},
    {R"({"tenant":"acme","token":"a.b.c"})", ""},
    {R"({"sid":"abc","token":null})", R"({"sid":"abc"})"},
    {R"({"token":null})", ""},
    {R"({"token":"a.b.c","tenant_id":"acme"})", ""},
    {R"({"tenant_id":"acme"})", ""},
    {R"({"tenant":"*"})", ""},
    {R"({"tenant":"acme","tenant_id":"acme"})", ""},
    {R"({"sub":""})", ""},
    {R"({"sub":"alice","tenant_id":""})", ""},
    {R"({"sub":"alice","tenantid":"acme"})", ""},
    {R"({"sub":"al\nice"})", ""},
    {R"({"sub":"alice","tenant_id":"ac\nme"})", ""},
    {R"({"sub":["alice"]})", ""},
    {R"({"sub":7})", ""},
    {R"({"sub":"alice","until":1.0})", ""},
    {R"({"sub":"alice","until":1e3})", ""},
    {R"({"sub":"alice","until":-1})", ""},
    {R"({"sid":"abc","issued_before":7})", ""},
    {R"({"sid":true})", ""},
    {R"({"sid":"a","sid":"b"})", ""},
    {R"({"sid":null})", ""},
    {R"(["sid"])", ""},
    {R"([{"sid":"a"}])", ""},
    {"{}", ""},
    {"", ""},
};

std::string shown(const Result<RevocationRequest, RefusedBody>& read) {
    if (!read.has_value()) {
        return std::string(describe(read.error().reason).name);
    }
    if (const auto* const token = std::get_if<Secret>(&*read)) {
        return "token " + std::string(text(token->view()));
    }
    return revocation_text(std::get<RevocationEntry>(*read));
}

std::string shown(const Result<RevocationEntry, RefusedBody>& read) {
    return read.has_value() ? revocation_text(*read)
                            : std::string(describe(read.error().reason).name);
}

void what_is_revoked(Checks& checks) {
    for (const Row& row : bodies) {
        const std::string_view wanted = row.read.empty() ? "request_malformed" : row.read;
        checks.equal(shown(read_revocation(BodyType::json, row.body)), wanted, row.body);
        const bool is_entry = wanted.starts_with('{');
        checks.equal(shown(read_removal(BodyType::json, row.body)),
                     is_entry ? wanted : "request_malformed", row.body);
    }
    checks.equal(shown(read_revocation(BodyType::form, "token=a.b.c")), "token a.b.c", "form");
    for (const char* const form : {"sid=abc", "sub=alice", "sub=alice&tenant_id=acme"}) {
        checks.equal(shown(read_revocation(BodyType::form, form)), "request_malformed", form);
    }
    for (const BodyType type : {BodyType::none, BodyType::other}) {
        checks.equal(shown(read_revocation(type, R"({"sid":"abc"})")), "content_type_unsupported",
                     "another type");
    }
    for (const BodyType type : {BodyType::none, BodyType::form, BodyType::other}) {
        checks.equal(shown(read_removal(type, R"({"sid":"abc"})")), "content_type_unsupported",
                     "an entry is JSON");
    }
    checks.equal(read_revocation(BodyType::json, R"({"sub":"a","x":1})").error().details,
                 "has an unknown member \"x\"", "details");
}

// The entry as a caller means it; empty: nothing happens.
std::string meant(std::string_view tenant, std::string_view entry) {
    const auto read = parse_revocation_entry(entry);
    const auto result = meant_by(tenant, read.value());
    return result ? revocation_text(*result) : std::string();
}

void callers_without_a_tenant_mean_what_they_say(Checks& checks) {
    for (const char* const same :
         {R"({"jti":"a"})", R"({"sub":"a"})", R"({"kid":"a"})", R"({"tenant":"acme"})",
          R"({"jti":"a","tenant_id":"*"})", R"({"sub":"a","tenant_id":"acme"})",
          R"({"sid":"a","tenant_id":"acme"})"}) {
        checks.equal(meant("", same), same, same);
    }
    checks.equal(meant("", R"({"sid":"a"})"), R"({"sid":"a","tenant_id":"*"})",
                 "a session of any tenant");
}

void callers_with_a_tenant_reach_no_other(Checks& checks) {
    for (const std::string kind : {"jti", "sid", "sub", "kid"}) {
        const std::string own = "{\"" + kind + R"(":"a","tenant_id":"acme"})";
        checks.equal(meant("acme", "{\"" + kind + R"(":"a"})"), own, "their own by default");
        checks.equal(meant("acme", own), own, "their own, named");
        for (const std::string other : {"globex", "*", "acme2", "ACME", "acm"}) {
            checks.equal(meant("acme", "{\"" + kind + R"(":"a","tenant_id":")" + other + "\"}"), "",
                         other);
        }
    }
    checks.equal(meant("acme", R"({"tenant":"acme"})"), R"({"tenant":"acme"})", "all of it");
    checks.equal(meant("acme", R"({"tenant":"globex"})"), "", "all of another");
}

// Entries for all tenants have this text in place of a tenant.
void attack_a_tenant_named_like_all_tenants(Checks& checks) {
    for (const char* const entry :
         {R"({"sub":"a"})", R"({"kid":"a"})", R"({"sid":"a","tenant_id":"*"})",
          R"({"tenant":"acme"})", R"({"tenant":"*"})"}) {
        checks.equal(meant("*", entry), "", entry);
    }
}

void times_that_are_not_stated(Checks& checks) {
    const auto shown_with_times = [](std::string_view entry) {
        return revocation_text(with_times(parse_revocation_entry(entry).value(), now, keep));
    };
    checks.equal(shown_with_times(R"({"jti":"a"})"), R"({"jti":"a","until":1000500})", "jti");
    checks.equal(shown_with_times(R"({"sid":"a"})"), R"({"sid":"a","until":1000500})", "sid");
    checks.equal(shown_with_times(R"({"kid":"a"})"), R"({"kid":"a"})", "until it is taken back");
    checks.equal(shown_with_times(R"({"sub":"a"})"),
                 R"({"sub":"a","issued_before":1000000,"until":1000500})", "sub");
    checks.equal(shown_with_times(R"({"tenant":"a"})"),
                 R"({"tenant":"a","issued_before":1000000,"until":1000500})", "tenant");
    for (const char* const same : {R"({"sub":"a","issued_before":5,"until":9})",
                                   R"({"kid":"a","until":9})", R"({"jti":"a","until":9})"}) {
        checks.equal(shown_with_times(same), same, "stated");
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<what_is_revoked>),
        cmocka_unit_test(run<callers_without_a_tenant_mean_what_they_say>),
        cmocka_unit_test(run<callers_with_a_tenant_reach_no_other>),
        cmocka_unit_test(run<attack_a_tenant_named_like_all_tenants>),
        cmocka_unit_test(run<times_that_are_not_stated>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
