#include "auth/password_accounts.hpp"

#include <optional>
#include <unordered_set>

#include "auth/stored_entry.hpp"
#include "base/text.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {

const PasswordAccounts::Entry* PasswordAccounts::find(std::string_view user) const noexcept {
    const auto found = users_.find(user);
    return found != users_.end() ? &found->second : nullptr;
}

// Builds a accounts from a text.
class PasswordAccountsReader {
  public:
    explicit PasswordAccountsReader(PlainPasswords plain) : plain_(plain) {}

    std::optional<std::string> read(std::string_view marked) {
        const std::string_view text = json::without_mark(marked);
        const auto begin = text.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos || text[begin] != '{') {
            return read_htpasswd(text);
        }
        constexpr json::Limits limits{max_password_file_bytes, 4};
        return json::each_member(text, limits, [&](std::string_view user, const json_t* value) {
            return take_member(user, value);
        });
    }

    LoadedPasswords finish() {
        if (!kinds_.complete()) {
            warn_of_kinds(warnings_);
        }
        accounts_.kinds_ = std::move(kinds_).share();
        return {std::move(accounts_), std::move(warnings_)};
    }

  private:
    // A truncated file, or the wrong file, is an error. A file that contains only comments is
    // valid.
    std::optional<std::string> read_htpasswd(std::string_view text) {
        bool has_comments = false;
        bool has_lines = false;
        for (std::string_view line : split(text, '\n')) {
            if (line.ends_with('\r')) {
                line.remove_suffix(1);
            }
            if (line.starts_with('#')) {
                has_comments = true;
            } else if (!line.empty()) {
                has_lines = true;
                read_line(line);
            }
        }
        if (!accounts_.users_.empty() || has_locked_) {
            return std::nullopt;
        }
        if (has_lines) {
            return "has no usable line: " + warnings_.front();
        }
        return has_comments ? std::nullopt : std::optional<std::string>("is empty");
    }

    void read_line(std::string_view line) {
        const std::string_view user = line.substr(0, line.find(':'));
        if (user.size() == line.size()) {
            // The line may be a password, so it must not be logged.
            warn(warnings_, "a line", "no colon");
        } else if (const auto wrong = take_line(user, line.substr(user.size()))) {
            warn(warnings_, entry_label("user", user), *wrong);
        }
    }

    // `rest` begins with the colon. The first line of a user counts, even if it is invalid.
    std::optional<std::string> take_line(std::string_view user, std::string_view rest) {
        if (!names_.emplace(user).second) {
            return "more than one line";
        }
        rest.remove_prefix(1);
        return add(user, rest.substr(0, rest.find(':')), nullptr);
    }

    std::optional<std::string> take_member(std::string_view user, const json_t* value) {
        if (!names_.emplace(user).second) {
            return "has " + entry_label("user", user) + " twice";
        }
        auto wrong = wrong_member(value, "password");
        if (!wrong) {
            wrong = add(user, *json::string(json::member(value, "password")), value);
        }
        if (wrong) {
            warn(warnings_, entry_label("user", user), *wrong);
        }
        return std::nullopt;
    }

    // Empty, or what is wrong with the entry.
    std::optional<std::string> add(std::string_view user, std::string_view password,
                                   const json_t* members) {
        if (!is_name(user) || user.find(':') != std::string_view::npos) {
            return "a name that is not allowed in a header field";
        }
        if (password.starts_with('!') || password.starts_with('*')) {
            has_locked_ = true;
            return "a locked password";
        }
        auto hash = PasswordHash::parse(password);
        if (!hash) {
            return hash.error();
        }
        if (hash->is_plain() && plain_ == PlainPasswords::refused) {
            return "a plain password (see auth_password_plain)";
        }
        auto data = account_data(members, user);
        if (!data) {
            return "an invalid member: " + data.error();
        }
        kinds_.add(*hash);
        auto account = std::make_shared<const Account>(std::move(*data));
        accounts_.users_.emplace(user,
                                 PasswordAccounts::Entry{std::move(*hash), std::move(account)});
        return std::nullopt;
    }

    PlainPasswords plain_;
    PasswordAccounts accounts_;
    std::unordered_set<std::string> names_; // of valid and invalid entries
    std::vector<std::string> warnings_;
    HashKinds kinds_;
    bool has_locked_ = false;
};

Result<LoadedPasswords> load_passwords(std::string_view text, PlainPasswords plain) {
    PasswordAccountsReader reader(plain);
    if (auto wrong = reader.read(text)) {
        return failure(std::move(*wrong));
    }
    return reader.finish();
}

} // namespace sallyport::auth
