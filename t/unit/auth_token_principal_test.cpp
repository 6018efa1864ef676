#include <array>

#include "auth/token_principal.hpp"
#include "check.hpp"
#include "jwt/token_cache.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;
using auth::PrincipalClaims;
using auth::shared_principal_of;

constexpr std::string_view payload =
    R"({"sub":"alice","roles":["viewer","editor"],"org":"acme","groups":{"acme":["admin"]},)"
    R"("tenant_id":"globex"})";

VerifiedToken token_of(std::string_view text) {
    const Kind& hs = kind("HS256");
    return verify_with(keyset_of(hs), sign_text(signer(hs), header_of(hs), text)).value();
}

PrincipalClaims claims(std::string_view roles = "roles", std::string_view tenant = "tenant_id") {
    return {ClaimPath::parse(roles).value(), ClaimPath::parse(tenant).value()};
}

std::string describe(const auth::Principal& principal) {
    return std::string(principal.subject) + "|" + std::string(principal.tenant) + "|" +
           principal.role_list();
}

void rules_have_ids(Checks& checks) {
    checks.that(claims().id() == claims().id(), "the same");
    checks.that(claims("roles").id() != claims("groups").id(), "other roles");
    checks.that(claims("roles", "a").id() != claims("roles", "b").id(), "another tenant");
    checks.that(claims("a", "b").id() != claims("b", "a").id(), "changed about");
    const auto names = ClaimPath::of_names({"a", "b"});
    const auto parsed = ClaimPath::parse("a.b").value();
    checks.that(PrincipalClaims(names, names).id() != PrincipalClaims(parsed, parsed).id(),
                "a dot in a name, and one between names");
}

void it_is_found_again(Checks& checks) {
    const VerifiedToken token = token_of(payload);
    const auto first = shared_principal_of(token, claims()).value();
    checks.equal(describe(*first), "alice|globex|viewer,editor", "first");
    checks.that(shared_principal_of(token, claims()).value() == first, "the same rules");
    VerifiedToken copy = token_of(R"({"sub":"bob"})");
    copy = token;
    checks.that(shared_principal_of(copy, claims()).value() == first, "a copy of the token");
}

void each_has_its_own(Checks& checks) {
    const VerifiedToken token = token_of(payload);
    const auto first = shared_principal_of(token, claims()).value();
    const auto other = shared_principal_of(token, claims("groups", "org")).value();
    checks.equal(describe(*other), "alice|acme|admin", "other claims");
    checks.equal(describe(*first), "alice|globex|viewer,editor", "the first is still there");
    checks.equal(describe(*shared_principal_of(token, claims()).value()),
                 "alice|globex|viewer,editor", "again");
    const PrincipalClaims none = claims("roles", "none");
    for (const std::string tenant : {"one", "other", "", "one"}) {
        checks.equal(describe(*shared_principal_of(token, none, tenant).value()),
                     "alice|" + tenant + "|viewer,editor", "of keys of \"" + tenant + "\"");
    }
}

void what_is_malformed_is_not_kept(Checks& checks) {
    const VerifiedToken token = token_of(R"({"sub":"alice","tenant_id":5,"org":"acme"})");
    const auto good = shared_principal_of(token, claims("roles", "org")).value();
    for (int i = 0; i < 2; ++i) {
        const auto bad = shared_principal_of(token, claims());
        checks.that(!bad && bad.error() == Reason::claim_malformed, "malformed");
    }
    checks.that(shared_principal_of(token, claims("roles", "org")).value() == good, "kept");
}

void it_outlives_the_names(Checks& checks) {
    const VerifiedToken token = token_of(R"({"sub":"alice"})");
    auth::SharedPrincipal principal;
    {
        const std::string tenant(100, 't');
        principal = shared_principal_of(token, claims(), tenant).value();
    }
    checks.equal(principal->tenant, std::string(100, 't'), "the tenant's name is copied");
}

void the_cache_counts_it(Checks& checks) {
    const Kind& hs = kind("HS256");
    const Keyset keys = keyset_of(hs);
    const std::array<const Keyset*, 1> sets{&keys};
    std::string roles = "r1";
    for (int i = 2; i <= 1000; ++i) {
        roles += " r" + std::to_string(i);
    }
    const std::string compact =
        sign_text(signer(hs), header_of(hs), R"({"roles":"r","many":")" + roles + "\"}");
    TokenCache cache(1 << 20);
    const auto present = [&] {
        return PresentedToken::parse(compact, &cache)->verify(sets, AlgorithmSet::all()).value();
    };
    const VerifiedToken first = present();
    static_cast<void>(shared_principal_of(first, claims()));
    checks.that(first.is_news(), "never seen");
    cache.add(first);
    const std::size_t with_one_role = cache.bytes();

    const VerifiedToken second = present();
    static_cast<void>(shared_principal_of(second, claims()));
    checks.that(second.was_known() && !second.is_news(), "nothing is new");
    static_cast<void>(shared_principal_of(second, claims("many")));
    checks.that(second.is_news(), "it holds something else");
    cache.add(second);
    checks.that(cache.bytes() >= with_one_role + 999 * sizeof(std::string_view), "counted");
    checks.that(cache.size() == 1, "one token");

    static_cast<void>(shared_principal_of(second, claims()));
    cache.add(second);
    checks.that(cache.bytes() == with_one_role, "less again");
    cache.erase(second);
    checks.that(cache.bytes() == 0, "none");
}

void one_that_grows_too_large_goes(Checks& checks) {
    const Kind& hs = kind("HS256");
    const Keyset keys = keyset_of(hs);
    const std::array<const Keyset*, 1> sets{&keys};
    std::string roles = "r";
    for (int i = 0; i < 3000; ++i) {
        roles += " r";
    }
    const std::string compact =
        sign_text(signer(hs), header_of(hs), R"({"roles":"r","many":")" + roles + "\"}");
    TokenCache cache(40 << 10);
    auto token = PresentedToken::parse(compact, &cache)->verify(sets, AlgorithmSet::all()).value();
    cache.add(token);
    checks.that(cache.size() == 1, "small enough");
    token = PresentedToken::parse(compact, &cache)->verify(sets, AlgorithmSet::all()).value();
    const auto principal = shared_principal_of(token, claims("many")).value();
    cache.add(token);
    checks.that(cache.size() == 0 && cache.bytes() == 0, "no more");
    checks.that(principal->roles.size() == 3001, "but it is good for this request");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<rules_have_ids>),
        cmocka_unit_test(run<it_is_found_again>),
        cmocka_unit_test(run<each_has_its_own>),
        cmocka_unit_test(run<what_is_malformed_is_not_kept>),
        cmocka_unit_test(run<it_outlives_the_names>),
        cmocka_unit_test(run<the_cache_counts_it>),
        cmocka_unit_test(run<one_that_grows_too_large_goes>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
