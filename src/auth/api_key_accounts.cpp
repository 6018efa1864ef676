#include "auth/api_key_accounts.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <stdexcept>
#include <unordered_set>

#include "auth/credential.hpp"
#include "auth/stored_entry.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {
namespace {

constexpr std::int64_t always = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view digest_mark = "sha256:";
constexpr json::Limits limits{max_api_key_file_bytes, 4};

std::optional<std::int64_t> unless(std::int64_t absent, std::int64_t time) noexcept {
    return time == absent ? std::nullopt : std::optional(time);
}

} // namespace

std::size_t ApiKeyAccounts::slot(const Digest& digest) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = DigestHash()(digest) & mask;
    while (slots_[at] != 0 && !equal_in_constant_time(entries_[slots_[at] - 1].digest, digest)) {
        at = (at + 1) & mask;
    }
    return at;
}

void ApiKeyAccounts::grow() {
    constexpr std::size_t least = 16;
    resize(std::max(least, slots_.size() * 2));
}

void ApiKeyAccounts::resize(std::size_t slots) {
    slots_.assign(slots, 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        slots_[slot(entries_[i].digest)] = static_cast<std::uint32_t>(i + 1);
    }
}

bool ApiKeyAccounts::add(Entry entry) {
    if (entries_.size() >= slots_.size() / 2) {
        grow();
    }
    const std::size_t at = slot(entry.digest);
    if (slots_[at] != 0) {
        return false;
    }
    entries_.push_back(entry);
    slots_[at] = static_cast<std::uint32_t>(entries_.size());
    return true;
}

SharedAccount ApiKeyAccounts::find(const Digest& digest) const {
    const std::uint32_t index = slots_.empty() ? 0 : slots_[slot(digest)];
    if (index == 0) {
        return nullptr;
    }
    const Entry& entry = entries_[index - 1];
    const Group& group = groups_[entry.group];
    return std::make_shared<const Account>(
        AccountData{subjects_.substr(entry.subject, entry.subject_size), group.tenant, group.roles,
                    unless(always, entry.not_before), unless(never, entry.expires)});
}

const ApiKeyAccounts::Hashed* ApiKeyAccounts::find_hashed(std::string_view id) const noexcept {
    const auto found = hashed_.find(id);
    return found != hashed_.end() ? &found->second : nullptr;
}

// Builds a accounts from a text.
class ApiKeyAccountsReader {
  public:
    // Reallocation would cost the most for large files.
    explicit ApiKeyAccountsReader(std::size_t text_size) {
        constexpr std::size_t usual_entry = 192;
        const std::size_t entries = text_size / usual_entry;
        ids_.reserve(entries);
        accounts_.entries_.reserve(entries);
        accounts_.resize(std::bit_ceil(entries * 2 + 1));
    }

    std::optional<std::string> take(std::string_view id, const json_t* value) {
        ids_.push_back(std::hash<std::string_view>()(id));
        auto wrong = wrong_member(value, "key");
        if (!wrong) {
            wrong = add(id, *json::string(json::member(value, "key")), value);
        }
        if (wrong) {
            warn(warnings_, entry_label("key", id), *wrong);
        }
        return std::nullopt;
    }

    // Inserting a million texts into a set would take longer than everything else.
    bool may_have_duplicates() {
        std::sort(ids_.begin(), ids_.end());
        return std::adjacent_find(ids_.begin(), ids_.end()) != ids_.end();
    }

    LoadedApiKeys finish() {
        if (!kinds_.complete()) {
            warn_of_kinds(warnings_);
        }
        accounts_.kinds_ = std::move(kinds_).share();
        accounts_.entries_.shrink_to_fit();
        accounts_.subjects_.shrink_to_fit();
        return {std::move(accounts_), std::move(warnings_)};
    }

  private:
    // Empty, or what is wrong with the entry.
    std::optional<std::string> add(std::string_view id, std::string_view key,
                                   const json_t* members) {
        auto data = account_data(members, id);
        if (!data) {
            return "an invalid member: " + data.error();
        }
        if (!key.starts_with(digest_mark)) {
            return add_hashed(id, key, std::move(*data));
        }
        const std::string_view hex = key.substr(digest_mark.size());
        Digest digest;
        if (hex.size() != 2 * digest.size() || !hex_decode_into(hex, digest.data())) {
            return "an invalid SHA-256 digest";
        }
        return add_digest(digest, std::move(*data));
    }

    std::optional<std::string> add_hashed(std::string_view id, std::string_view key,
                                          AccountData data) {
        auto hash = PasswordHash::parse(key);
        if (!hash || !hash->is_slow()) {
            return "a key that is neither a SHA-256 digest nor a hash of crypt(3)";
        }
        if (!is_sendable(id)) {
            return "an ID that is not short visible ASCII without a dot";
        }
        kinds_.add(*hash);
        accounts_.hashed_.emplace(
            id, ApiKeyAccounts::Hashed{std::move(*hash),
                                       std::make_shared<const Account>(std::move(data))});
        return std::nullopt;
    }

    std::optional<std::string> add_digest(const Digest& digest, AccountData data) {
        const std::size_t begin = accounts_.subjects_.size();
        constexpr std::size_t limit = std::numeric_limits<std::uint32_t>::max();
        if (begin + data.subject.size() > limit) {
            throw std::length_error("too many keys");
        }
        const auto subject_size = static_cast<std::uint32_t>(data.subject.size());
        if (!accounts_.add({digest, data.not_before.value_or(always), data.expires.value_or(never),
                            static_cast<std::uint32_t>(begin), subject_size,
                            group({std::move(data.tenant), std::move(data.roles)})})) {
            return "the key of another entry";
        }
        accounts_.subjects_ += data.subject;
        return std::nullopt;
    }

    static bool is_sendable(std::string_view id) noexcept {
        constexpr std::size_t least_secret = 2; // including the dot
        return !id.empty() && id.size() + least_secret <= max_api_key_bytes &&
               std::all_of(id.begin(), id.end(),
                           [](char c) { return c > ' ' && c < 0x7f && c != '.'; });
    }

    std::uint32_t group(ApiKeyAccounts::Group group) {
        const auto [found, is_new] =
            groups_.emplace(std::move(group), static_cast<std::uint32_t>(groups_.size()));
        if (is_new) {
            accounts_.groups_.push_back(found->first);
        }
        return found->second;
    }

    ApiKeyAccounts accounts_;
    std::vector<std::size_t> ids_; // hashes of all IDs, of valid and invalid entries
    std::map<ApiKeyAccounts::Group, std::uint32_t> groups_;
    std::vector<std::string> warnings_;
    HashKinds kinds_;
};

namespace {

std::optional<std::string> find_duplicate(std::string_view text) {
    std::unordered_set<std::string> ids;
    return json::each_member(text, limits,
                             [&](std::string_view id, const json_t*) -> std::optional<std::string> {
                                 if (ids.emplace(id).second) {
                                     return std::nullopt;
                                 }
                                 return "has " + entry_label("key", id) + " twice";
                             });
}

} // namespace

Result<LoadedApiKeys> load_api_keys(std::string_view marked) {
    const std::string_view text = json::without_mark(marked);
    ApiKeyAccountsReader reader(text.size());
    auto wrong = json::each_member(text, limits, [&](std::string_view id, const json_t* value) {
        return reader.take(id, value);
    });
    if (!wrong && reader.may_have_duplicates()) {
        wrong = find_duplicate(text);
    }
    if (wrong) {
        return failure(std::move(*wrong));
    }
    return reader.finish();
}

} // namespace sallyport::auth
