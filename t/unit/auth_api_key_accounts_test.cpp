#include "auth/api_key_accounts.hpp"
#include "check.hpp"
#include "hashes.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::load_api_keys;
using auth::LoadedApiKeys;
using auth::SharedAccount;

LoadedApiKeys load(std::string_view text) {
    return load_api_keys(text).value();
}

std::string digest_of(std::string_view key) {
    return "sha256:" + to_hex(sha256(bytes(key)));
}

// "id": {"key": ..., and these}
std::string entry(const std::string& id, const std::string& key, const std::string& members = "") {
    return "\"" + id + R"(":{"key":")" + key + "\"" + members + "}";
}

SharedAccount owner(const LoadedApiKeys& loaded, std::string_view key) {
    return loaded.accounts.find(sha256(bytes(key)));
}

std::string subject(const LoadedApiKeys& loaded, std::string_view key) {
    const SharedAccount account = owner(loaded, key);
    return account == nullptr ? "nobody" : std::string(account->principal().subject);
}

const std::string hashed = crypt_entry("secret", "$6$", 1000);

void both_forms(Checks& checks) {
    const LoadedApiKeys loaded = load(
        "{" +
        entry("a", digest_of("key-a"),
              R"(,"sub":"s","tenant_id":"t","roles":["r","q"],"not_before":100,"expires":300)") +
        "," + entry("b", "sha256:" + to_hex(sha256(bytes("key-b")), true)) + "," +
        entry("c", hashed, R"(,"sub":"s","tenant_id":null,"roles":["r"])") + "}");
    checks.that(loaded.warnings.empty() && loaded.accounts.size() == 3, "all");
    const SharedAccount a = owner(loaded, "key-a");
    checks.that(a != nullptr && a->principal().subject == "s" && a->principal().tenant == "t" &&
                    a->principal().role_list() == "r,q",
                "a digest");
    checks.that(a->check_time(99) == Reason::credential_not_yet_valid && !a->check_time(100) &&
                    !a->check_time(299) && a->check_time(300) == Reason::credential_expired,
                "times");
    const SharedAccount b = owner(loaded, "key-b");
    checks.that(b != nullptr && b->principal().subject == "b" && b->principal().tenant.empty() &&
                    b->principal().roles.empty() && !b->check_time(INT64_MIN) &&
                    !b->check_time(INT64_MAX - 1),
                "the id is the subject");
    const auto* c = loaded.accounts.find_hashed("c");
    checks.that(c != nullptr && c->secret.matches("secret") && !c->secret.matches("c.secret") &&
                    c->account->principal().subject == "s" &&
                    c->account->principal().role_list() == "r",
                "a hash");
    for (const char* id : {"a", "b", "", "C", "c.", "c.secret", "d"}) {
        checks.that(loaded.accounts.find_hashed(id) == nullptr, id);
    }
    for (const char* key : {"", "a", "key-", "key-c", "key-A", "secret", "c.secret"}) {
        checks.equal(subject(loaded, key), "nobody", key);
    }
    checks.that(loaded.accounts.find(Digest{}) == nullptr, "zeros");
}

void no_account_is_found_among_none(Checks& checks) {
    const LoadedApiKeys loaded = load("{}");
    const auth::ApiKeyAccounts accounts;
    for (const auth::ApiKeyAccounts* empty : {&loaded.accounts, &accounts}) {
        checks.that(empty->size() == 0 && empty->find(sha256(bytes("x"))) == nullptr &&
                        empty->find(Digest{}) == nullptr && empty->find_hashed("x") == nullptr &&
                        empty->kinds() == nullptr,
                    "empty");
    }
    const LoadedApiKeys digests = load("{" + entry("a", digest_of("a")) + "}");
    checks.that(digests.accounts.kinds() == nullptr, "no slow hash");
}

void two_keys_of_one_subject(Checks& checks) {
    const LoadedApiKeys loaded =
        load("{" + entry("old", digest_of("old"), R"(,"sub":"s","expires":200)") + "," +
             entry("new", digest_of("new"), R"(,"sub":"s","not_before":100)") + "," +
             entry("other", digest_of("other"), R"(,"sub":"","roles":[])") + "," +
             entry("hash", hashed, R"(,"sub":"s")") + "}");
    checks.equal(static_cast<long long>(loaded.accounts.size()), 3, "an empty sub is none");
    checks.equal(subject(loaded, "old") + subject(loaded, "new"), "ss", "both");
    checks.that(owner(loaded, "old")->check_time(200).has_value() &&
                    !owner(loaded, "new")->check_time(200).has_value(),
                "each has its time");
}

void one_key_twice(Checks& checks) {
    const std::string upper = "sha256:" + to_hex(sha256(bytes("k")), true);
    const LoadedApiKeys loaded =
        load("{" + entry("first", digest_of("k")) + "," + entry("second", digest_of("k")) + "," +
             entry("third", upper) + "," + entry("last", digest_of("l")) + "}");
    checks.equal(subject(loaded, "k"), "first", "the first counts");
    checks.equal(subject(loaded, "l"), "last", "the others are there");
    checks.equal(static_cast<long long>(loaded.accounts.size()), 2, "size");
    checks.equal(static_cast<long long>(loaded.warnings.size()), 2, "warnings");
}

void an_account_outlives_its_file(Checks& checks) {
    SharedAccount digest;
    SharedAccount hash;
    {
        LoadedApiKeys made =
            load("{" + entry("a", digest_of("a"), R"(,"roles":["a role of some length"])") + "," +
                 entry("h", hashed, R"(,"sub":"a subject of more than sixteen bytes")") + "}");
        LoadedApiKeys loaded{std::move(made.accounts), {}};
        auth::ApiKeyAccounts accounts;
        accounts = std::move(loaded.accounts);
        digest = accounts.find(sha256(bytes("a")));
        hash = accounts.find_hashed("h")->account;
        checks.that(accounts.kinds() != nullptr && accounts.kinds()->size() == 1,
                    "kinds of a moved accounts");
    }
    checks.equal(digest->principal().role_list(), "a role of some length", "digest");
    checks.equal(hash->principal().subject, "a subject of more than sixteen bytes", "hash");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<both_forms>),
        cmocka_unit_test(run<no_account_is_found_among_none>),
        cmocka_unit_test(run<two_keys_of_one_subject>),
        cmocka_unit_test(run<one_key_twice>),
        cmocka_unit_test(run<an_account_outlives_its_file>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
