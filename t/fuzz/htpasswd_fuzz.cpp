#include "auth/password_accounts.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"

// The input is a file of users in either form, and a password of one user.

using namespace sallyport;
using namespace sallyport::auth;

namespace {

void check_warnings(const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings) {
        fuzz::hold(!warning.empty() && !has_control(warning), "a warning is fit for a log");
    }
}

// Slow hashes are left alone: the input says how slow.
void check_entry(const PasswordAccounts::Entry& entry, PlainPasswords plain) {
    const Principal& principal = entry.account->principal();
    fuzz::hold(!principal.subject.empty() && !has_control(principal.subject) &&
                   !has_control(principal.tenant) && !has_control(principal.role_list()),
               "a principal is fit for a header");
    fuzz::hold(plain == PlainPasswords::allowed || !entry.password.is_plain(),
               "no plain password where none may be");
    fuzz::hold(entry.password.is_slow() == !entry.password.kind().empty(),
               "a slow hash has a kind");
    if (entry.password.is_slow()) {
        return;
    }
    fuzz::hold(!entry.password.matches(std::string_view("\0", 1)), "NUL matches nothing");
    fuzz::hold(!entry.password.matches(std::string(PasswordHash::max_password_bytes + 1, 'x')),
               "what is too long matches nothing");
    fuzz::error_queue_is_empty();
}

void check_accounts(const PasswordAccounts& accounts, std::string_view input,
                    PlainPasswords plain) {
    fuzz::hold(accounts.size() > 0 || accounts.kinds() == nullptr, "nobody, no kinds");
    fuzz::hold(accounts.find("") == nullptr, "nobody has no name");
    if (input.starts_with("\xef\xbb\xbf")) {
        input.remove_prefix(3); // a byte order mark is no part of a name
    }
    const bool json = input.find_first_not_of(" \t\r\n") != input.npos &&
                      input[input.find_first_not_of(" \t\r\n")] == '{';
    std::size_t names = 0;
    for (const std::string_view line : split(input, json ? '"' : '\n')) {
        const std::string_view name = json ? line : line.substr(0, line.find(':'));
        const PasswordAccounts::Entry* entry = accounts.find(name);
        if (entry == nullptr) {
            continue;
        }
        ++names;
        fuzz::hold(!has_control(name), "a name is fit for a header");
        fuzz::hold(json || entry->account->principal().subject == name, "a user is its subject");
        check_entry(*entry, plain);
    }
    fuzz::hold(json || names >= accounts.size(), "each user has a line");
}

std::size_t load(std::string_view input, PlainPasswords plain) {
    const auto loaded = load_passwords(input, plain);
    fuzz::error_queue_is_empty();
    if (!loaded.has_value()) {
        fuzz::hold(!loaded.error().empty() && !has_control(loaded.error()), "an error is a phrase");
        return 0;
    }
    check_warnings(loaded->warnings);
    check_accounts(loaded->accounts, input, plain);
    return loaded->accounts.size();
}

void load_password(std::string_view stored) {
    const auto hash = PasswordHash::parse(stored);
    fuzz::error_queue_is_empty();
    if (!hash.has_value()) {
        fuzz::hold(!hash.error().empty() && !has_control(hash.error()), "an error is a phrase");
        return;
    }
    fuzz::hold(!has_control(stored), "no hash has control characters");
    fuzz::hold(stored.find_first_of("*!") != 0, "a locked user stays out");
    fuzz::hold(hash->is_plain() == stored.starts_with("{PLAIN}"), "plain text has a mark");
    if (hash->is_plain()) {
        const std::string_view password = stored.substr(7);
        fuzz::hold(hash->matches(password) == (password.size() <= PasswordHash::max_password_bytes),
                   "a plain password is itself");
    } else if (!hash->is_slow()) {
        fuzz::hold(!hash->matches(stored), "no hash is its own password");
    }
    fuzz::error_queue_is_empty();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    const std::size_t refused = load(input, PlainPasswords::refused);
    const std::size_t allowed = load(input, PlainPasswords::allowed);
    fuzz::hold(refused <= allowed, "plain passwords are more");
    load_password(input);
    load_password("{PLAIN}" + std::string(input));
    return 0;
}
