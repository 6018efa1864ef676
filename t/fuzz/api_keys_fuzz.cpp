#include <algorithm>

#include "auth/api_key_accounts.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"
#include "json/jansson.hpp"

// The input is a file of keys, and the members of one key.

using namespace sallyport;
using namespace sallyport::auth;

namespace {

constexpr std::string_view digest_of_abc =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

void check_account(const Account& account) {
    const Principal& principal = account.principal();
    fuzz::hold(!principal.subject.empty() && !has_control(principal.subject) &&
                   !has_control(principal.tenant) && !has_control(principal.role_list()),
               "a principal is fit for a header");
    for (const std::string_view role : principal.roles) {
        fuzz::hold(!role.empty() && role.find(',') == role.npos, "a role is one in a list");
    }
    const auto now = account.check_time(1'700'000'000);
    fuzz::hold(!now || now == Reason::credential_expired || now == Reason::credential_not_yet_valid,
               "two reasons");
}

// The digest that an entry of the file has, if it has one.
std::optional<Digest> digest_of(const json_t* entry) {
    const auto key = json::string(json::member(entry, "key"));
    if (!key || !key->starts_with("sha256:")) {
        return std::nullopt;
    }
    const auto buffer = hex_decode(key->substr(7));
    Digest digest{};
    if (!buffer || buffer->size() != digest.size()) {
        return std::nullopt;
    }
    std::copy(buffer->begin(), buffer->end(), digest.begin());
    return digest;
}

void check_accounts(const LoadedApiKeys& loaded, std::string_view input) {
    const ApiKeyAccounts& accounts = loaded.accounts;
    std::size_t entries = 0;
    std::size_t found = 0;
    const json::Limits limits{std::size_t{1} << 20, 100};
    const auto error = json::each_member(
        json::without_mark(input), limits, [&](std::string_view id, const json_t* entry) {
            ++entries;
            const auto digest = digest_of(entry);
            const SharedAccount owner = digest ? accounts.find(*digest) : nullptr;
            const ApiKeyAccounts::Hashed* hashed = accounts.find_hashed(id);
            if (owner != nullptr) {
                check_account(*owner);
            }
            if (hashed != nullptr) {
                check_account(*hashed->account);
                fuzz::hold(!hashed->secret.is_plain(), "no key is plain text");
            }
            found += owner != nullptr || hashed != nullptr ? 1 : 0;
            return std::optional<std::string>();
        });
    fuzz::hold(!error, "what loads is an object");
    fuzz::hold(found >= accounts.size() && entries >= accounts.size(), "each key has an entry");
    fuzz::hold(entries <= accounts.size() + loaded.warnings.size() || loaded.warnings.size() >= 100,
               "what is left out is told");
}

void load(std::string_view input) {
    const auto loaded = load_api_keys(input);
    fuzz::error_queue_is_empty();
    if (!loaded.has_value()) {
        fuzz::hold(!loaded.error().empty() && !has_control(loaded.error()), "an error is a phrase");
        return;
    }
    for (const std::string& warning : loaded->warnings) {
        fuzz::hold(!warning.empty() && !has_control(warning), "a warning is fit for a log");
    }
    fuzz::hold(loaded->accounts.size() > 0 || loaded->accounts.kinds() == nullptr,
               "no key, no kinds");
    fuzz::hold(loaded->accounts.find(sha256(bytes(input))) == nullptr,
               "a file is no key of its own");
    check_accounts(*loaded, input);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    load(input);
    const std::string one = R"({"id":{"key":")" + std::string(digest_of_abc) + "\"";
    load(one + std::string(input) + "}}");
    load(one + "}," + std::string(input) + "}");
    return 0;
}
