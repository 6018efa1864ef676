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
using auth::TokenPrincipal;

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

std::string describe(const TokenPrincipal& of) {
    const auth::Principal& principal = of.principal();
    return std::string(principal.subject) + "|" + std::string(principal.tenant) + "|" +
           principal.role_list();
}

void equal_claims_are_equal(Checks& checks) {
    checks.that(claims() == claims(), "the same");
    checks.that(claims("roles") != claims("groups"), "other roles");
    checks.that(claims("roles", "a") != claims("roles", "b"), "another tenant");
    checks.that(claims("a", "b") != claims("b", "a"), "changed about");
    const auto names = ClaimPath::of_names({"a", "b"}).value();
    const auto parsed = ClaimPath::parse("a.b").value();
    checks.that(PrincipalClaims(names, names) != PrincipalClaims(parsed, parsed),
                "a dot in a name, and one between names");
}

void one_that_is_kept_is_found(Checks& checks) {
    VerifiedToken token = token_of(payload);
    const auto first = TokenPrincipal::of(token, claims()).value();
    checks.equal(describe(*first), "alice|globex|viewer,editor", "first");
    checks.that(TokenPrincipal::of(token, claims()).value() != first, "not yet");
    token.keep(*first);
    checks.that(TokenPrincipal::of(token, claims()).value() == first, "the same claims");
    VerifiedToken copy = token_of(R"({"sub":"bob"})");
    copy = token;
    checks.that(TokenPrincipal::of(copy, claims()).value() == first, "a copy of the token");
}

void each_has_its_own(Checks& checks) {
    VerifiedToken token = token_of(payload);
    const auto first = TokenPrincipal::of(token, claims()).value();
    token.keep(*first);
    const auto other = TokenPrincipal::of(token, claims("groups", "org")).value();
    checks.equal(describe(*other), "alice|acme|admin", "other claims");
    token.keep(*other);
    checks.equal(describe(*first), "alice|globex|viewer,editor", "the first is still there");
    checks.equal(describe(*TokenPrincipal::of(token, claims()).value()),
                 "alice|globex|viewer,editor", "again");
    for (const std::string tenant : {"one", "other", "", "one"}) {
        const auto principal = TokenPrincipal::of(token, claims("roles", "none"), tenant).value();
        checks.equal(describe(*principal), "alice|" + tenant + "|viewer,editor",
                     "of keys of \"" + tenant + "\"");
        token.keep(*principal);
    }
}

void what_is_malformed_is_refused_each_time(Checks& checks) {
    VerifiedToken token = token_of(R"({"sub":"alice","tenant_id":true,"org":"acme"})");
    const auto good = TokenPrincipal::of(token, claims("roles", "org")).value();
    token.keep(*good);
    for (int i = 0; i < 2; ++i) {
        const auto bad = TokenPrincipal::of(token, claims());
        checks.that(!bad && bad.error() == Reason::claim_malformed, "malformed");
    }
    checks.that(TokenPrincipal::of(token, claims("roles", "org")).value() == good, "kept");
}

void it_outlives_the_names(Checks& checks) {
    const VerifiedToken token = token_of(R"({"sub":"alice"})");
    TokenPrincipal::Shared made;
    {
        const std::string tenant(100, 't');
        made = TokenPrincipal::of(token, claims(), tenant).value();
    }
    checks.equal(made->principal().tenant, std::string(100, 't'), "the tenant's name is copied");
}

// A token with as many roles in "many", and one in "roles".
std::string token_with(int roles) {
    std::string list = "r";
    for (int i = 1; i < roles; ++i) {
        list += " r";
    }
    const Kind& hs = kind("HS256");
    return sign_text(signer(hs), header_of(hs), R"({"roles":"r","many":")" + list + "\"}");
}

VerifiedToken present(TokenCache& cache, const Keyset& keys, std::string_view compact) {
    const std::array<const Keyset*, 1> sets{&keys};
    return PresentedToken::parse(compact, &cache)->verify(sets, AlgorithmSet::all()).value();
}

void keep_and_add(TokenCache& cache, VerifiedToken& token, std::string_view roles) {
    token.keep(*TokenPrincipal::of(token, claims(roles)).value());
    cache.add(token);
}

void the_cache_counts_it(Checks& checks) {
    const Keyset keys = keyset_of(kind("HS256"));
    const std::string compact = token_with(1000);
    TokenCache cache(1 << 20);
    VerifiedToken first = present(cache, keys, compact);
    checks.that(first.is_news(), "never seen");
    keep_and_add(cache, first, "roles");
    const std::size_t with_one_role = cache.bytes();

    VerifiedToken second = present(cache, keys, compact);
    second.keep(*TokenPrincipal::of(second, claims()).value());
    checks.that(second.was_known() && !second.is_news(), "nothing is new");
    keep_and_add(cache, second, "many");
    checks.that(second.is_news(), "it holds something else");
    checks.that(cache.bytes() >= with_one_role + 999 * sizeof(std::string_view), "counted");
    checks.that(cache.size() == 1, "one token");

    keep_and_add(cache, second, "roles");
    checks.that(cache.bytes() == with_one_role, "less again");
    cache.erase(second);
    checks.that(cache.bytes() == 0, "none");
}

// By a copy of its key, so that it is not known, though its bytes are.
void another_key_counts_it_as_well(Checks& checks) {
    const Keyset keys = keyset_of(kind("HS256"));
    const Keyset loaded_again = keyset_of(kind("HS256"));
    const std::string compact = token_with(1000);
    TokenCache cache(1 << 20);
    VerifiedToken first = present(cache, keys, compact);
    keep_and_add(cache, first, "roles");
    const std::size_t with_one_role = cache.bytes();
    VerifiedToken second = present(cache, loaded_again, compact);
    checks.that(!second.was_known(), "not by this key");
    static_cast<void>(TokenPrincipal::of(second, claims("many")));
    checks.that(present(cache, keys, compact).derived() == first.derived(),
                "one that was not admitted leaves it as it is");
    keep_and_add(cache, second, "many");
    checks.that(cache.bytes() >= with_one_role + 999 * sizeof(std::string_view), "counted");
}

void one_that_grows_too_large_goes(Checks& checks) {
    const Keyset keys = keyset_of(kind("HS256"));
    const std::string compact = token_with(3001);
    TokenCache cache(40 << 10);
    VerifiedToken token = present(cache, keys, compact);
    cache.add(token);
    checks.that(cache.size() == 1, "small enough");
    VerifiedToken again = present(cache, keys, compact);
    keep_and_add(cache, again, "many");
    checks.that(cache.size() == 0 && cache.bytes() == 0, "no more");
    checks.that(TokenPrincipal::of(again, claims("many")).value()->principal().roles.size() == 3001,
                "but it is good for this request");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<equal_claims_are_equal>),
        cmocka_unit_test(run<one_that_is_kept_is_found>),
        cmocka_unit_test(run<each_has_its_own>),
        cmocka_unit_test(run<what_is_malformed_is_refused_each_time>),
        cmocka_unit_test(run<it_outlives_the_names>),
        cmocka_unit_test(run<the_cache_counts_it>),
        cmocka_unit_test(run<another_key_counts_it_as_well>),
        cmocka_unit_test(run<one_that_grows_too_large_goes>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
