#include "auth/api_key_accounts.hpp"
#include "check.hpp"
#include "hashes.hpp"

// Large files of keys, and broken ones.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::load_api_keys;

std::string digest_of(std::string_view key) {
    return "sha256:" + to_hex(sha256(bytes(key)));
}

std::string entry(const std::string& id, const std::string& key, const std::string& members = "") {
    return "\"" + id + R"(":{"key":")" + key + "\"" + members + "}";
}

const std::string hashed = crypt_entry("secret", "$6$", 1000);

void a_hundred_thousand_keys(Checks& checks) {
    constexpr int count = 100'000;
    std::string text = "{";
    for (int key = 0; key < count; ++key) {
        const std::string number = std::to_string(key);
        text += (key > 0 ? "," : "") +
                entry("id" + number, digest_of("key" + number),
                      R"(,"sub":"s)" + std::to_string(key / 2) + R"(","tenant_id":"t)" +
                          std::to_string(key % 100) + R"(","expires":)" + number);
    }
    const auto loaded = load_api_keys(text + "}");
    checks.that(loaded.has_value() && loaded->warnings.empty(), "loaded");
    const auto marked = load_api_keys("\xef\xbb\xbf" + text + "}");
    checks.that(marked.has_value() && marked->accounts.size() == loaded->accounts.size(), "marked");
    checks.equal(static_cast<long long>(loaded->accounts.size()), count, "size");
    int right = 0;
    int found = 0;
    for (int key = 0; key < count; ++key) {
        const std::string number = std::to_string(key);
        const auto account = loaded->accounts.find(sha256(bytes("key" + number)));
        right += account != nullptr &&
                 account->principal().subject == "s" + std::to_string(key / 2) &&
                 account->principal().tenant == "t" + std::to_string(key % 100) &&
                 account->check_time(key) && !account->check_time(key - 1);
        found += loaded->accounts.find(sha256(bytes("guess" + number))) != nullptr;
    }
    checks.equal(right, count, "each key has its owner");
    checks.equal(found, 0, "no other key is found");
}

// Digests that begin alike are told apart: whoever writes the file chooses them.
void digests_that_are_alike(Checks& checks) {
    std::string text = "{";
    constexpr int count = 2000;
    const auto digest = [](int number) {
        Digest made{};
        made[30] = static_cast<std::uint8_t>(number >> 8);
        made[31] = static_cast<std::uint8_t>(number);
        return made;
    };
    for (int key = 0; key < count; ++key) {
        text += (key > 0 ? "," : "") + entry(std::to_string(key), "sha256:" + to_hex(digest(key)));
    }
    const auto loaded = load_api_keys(text + "}");
    checks.that(loaded.has_value() && loaded->accounts.size() == count, "loaded");
    int right = 0;
    for (int key = 0; key < count; ++key) {
        const auto account = loaded->accounts.find(digest(key));
        right += account != nullptr && account->principal().subject == std::to_string(key);
    }
    checks.equal(right, count, "each");
    checks.that(loaded->accounts.find(digest(count)) == nullptr, "no other");
}

const std::string digest = digest_of("a");
const std::string short_digest = digest.substr(0, digest.size() - 2);
const std::string no_keys[] = {entry("a", "secret-word"),
                               entry("a", "{PLAIN}secret-word"),
                               entry("a", sha1_entry("a")),
                               entry("a", salted_sha1_entry("a", "b")),
                               entry("a", ""),
                               entry("a", "sha256:"),
                               entry("a", short_digest),
                               entry("a", digest + "00"),
                               entry("a", digest + "0"),
                               entry("a", "sha256:" + base64("secret-word")),
                               entry("a", " " + digest),
                               entry("a", digest + " "),
                               entry("a", digest.substr(7)),
                               entry("a", "sha1:" + digest),
                               entry("a", digest, R"(,"expire":1)"),
                               entry("a", digest, R"(,"password":"secret-word")"),
                               entry("a", digest, R"(,"roles":["a,b"])"),
                               entry("a", digest, R"(,"roles":{})"),
                               entry("a", digest, R"(,"sub":"")"),
                               entry("a", digest, R"(,"sub":"\u0007")"),
                               entry("a", digest, R"(,"expires":1.5)"),
                               entry("a", digest, R"(,"not_before":"x")"),
                               entry("", digest),
                               entry("\\n", digest),
                               entry("", hashed),
                               entry("a.b", hashed),
                               entry("a b", hashed),
                               entry("\xc3\xa4", hashed),
                               entry(std::string(1024, 'i'), hashed),
                               std::string(R"("a":{"key":1})"),
                               std::string(R"("a":{"key":null})"),
                               std::string(R"("a":{"key":["x"]})"),
                               std::string(R"("a":{})"),
                               std::string(R"("a":[])"),
                               std::string(R"("a":"secret-word")"),
                               std::string(R"("a":{"Key":"secret-word"})")};

void entries_that_are_left_out(Checks& checks) {
    for (const std::string& bad : no_keys) {
        const auto loaded = load_api_keys("{" + bad + "," + entry("good", digest_of("good")) + "}");
        checks.that(loaded.has_value() && loaded->accounts.size() == 1 &&
                        loaded->warnings.size() == 1 &&
                        loaded->accounts.find(sha256(bytes("good"))) != nullptr,
                    bad);
        for (const std::string& warning : loaded->warnings) {
            checks.that(!warning.empty() && !has_control(warning), warning);
            checks.that(warning.find("secret-word") == std::string::npos, warning);
        }
    }
}

void files_that_are_refused(Checks& checks) {
    const std::string good = entry("a", digest_of("a"));
    for (const std::string& text :
         {std::string(), std::string(" "), std::string("[]"), std::string("null"), std::string("{"),
          "{" + good, "{" + good + ",}", "{" + good + "}}", "{" + good + "} x", "[" + good + "]",
          "{" + good + "," + good + "}", "{" + good + "," + entry("a", digest_of("b")) + "}",
          "{" + good + R"(,"\u0061":{"key":1}})", R"({"a":1,)" + good + "}",
          "{" + entry("a", hashed) + "," + good + "}", "{" + good + "}" + std::string(1, '\0'),
          "{" + entry("a", digest_of("a"), R"(,"sub":"x","sub":"y")") + "}",
          "{" + entry("\xff", digest_of("a")) + "}", "a:" + hashed}) {
        const auto loaded = load_api_keys(text);
        checks.that(!loaded.has_value(), text);
        checks.that(loaded.has_value() || (!loaded.error().empty() && !has_control(loaded.error())),
                    text);
    }
    const std::string cut = "{" + good + "}x";
    checks.that(load_api_keys(std::string_view(cut).substr(0, cut.size() - 1)).has_value(), "cut");
}

void warnings_are_bounded(Checks& checks) {
    std::string text = "{";
    for (int key = 0; key < 20'000; ++key) {
        text += "\"" + std::to_string(key) + "\":1,";
    }
    const auto loaded = load_api_keys(text + entry("a", digest_of("a")) + "}");
    checks.that(loaded.has_value() && loaded->accounts.size() == 1, "loaded");
    checks.that(!loaded->warnings.empty() && loaded->warnings.size() <= 1000, "warnings");
    const std::string name(100'000, 'n');
    const auto named = load_api_keys("{" + entry(name, "x") + "}");
    checks.that(named.has_value() && named->warnings.size() == 1 &&
                    named->warnings[0].size() < 1000,
                "a warning is short");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_hundred_thousand_keys>),
        cmocka_unit_test(run<digests_that_are_alike>),
        cmocka_unit_test(run<entries_that_are_left_out>),
        cmocka_unit_test(run<files_that_are_refused>),
        cmocka_unit_test(run<warnings_are_bounded>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
