#include "ngx/access/session_account.hpp"

#include "base/encoding.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view user_kind = "user";
constexpr std::string_view key_kind = "key";
constexpr std::string_view hashed_key_kind = "hashed-key";

std::string entry_name(const std::string& path, std::string_view kind, std::string_view rest) {
    return file_id(path) + '/' + std::string(kind) + '/' + std::string(rest);
}

std::string short_digest(const Digest& digest) {
    constexpr std::size_t enough = 12;
    return base64url_encode(BytesView(digest).first(enough));
}

std::string_view take_piece(std::string_view& text) {
    const std::string_view piece = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    return piece;
}

auth::SharedAccount find_user(const auth::PasswordAccounts& accounts, std::string_view user) {
    const auto* const entry = accounts.find(user);
    return entry != nullptr ? entry->account : nullptr;
}

auth::SharedAccount find_key(const auth::ApiKeyAccounts& accounts, std::string_view text) {
    Digest digest;
    const bool good = base64url_decoded_size(text.size()) == digest.size() &&
                      base64url_decode_into(text, digest.data());
    return good ? accounts.find(digest) : nullptr;
}

// A replaced key with the same id is another entry.
auth::SharedAccount find_hashed_key(const auth::ApiKeyAccounts& accounts, std::string_view text) {
    const std::string_view secret = take_piece(text);
    const auto* const hashed = accounts.find_hashed(text);
    return hashed != nullptr && short_digest(hashed->secret.digest()) == secret ? hashed->account
                                                                                : nullptr;
}

} // namespace

std::string file_id(const std::string& path) {
    return short_digest(sha256(bytes(path)));
}

std::string user_entry(const PasswordFile& file, std::string_view user) {
    return entry_name(file.path(), user_kind, user);
}

std::string key_entry(const ApiKeyFile& file, const Digest& digest) {
    return entry_name(file.path(), key_kind, base64url_encode(digest));
}

std::string hashed_key_entry(const ApiKeyFile& file, std::string_view id,
                             const auth::PasswordHash& secret) {
    return entry_name(file.path(), hashed_key_kind,
                      short_digest(secret.digest()) + '/' + std::string(id));
}

std::optional<auth::SharedAccount> session_account(ngx_http_request_t* r, const Policy& policy,
                                                   std::string_view entry) {
    const std::string file(take_piece(entry));
    const std::string_view kind = take_piece(entry);
    const bool is_user = kind == user_kind;
    if (file.empty() ||
        (is_user ? policy.passwords.file == nullptr : policy.api_keys.file == nullptr)) {
        return std::nullopt;
    }
    const std::string& own = is_user ? policy.passwords.file->path() : policy.api_keys.file->path();
    // A file that the configuration no longer names may have been moved to this path.
    if (file_id(own) != file && worker(r)->account_files.contains(file)) {
        return std::nullopt;
    }
    if (is_user) {
        return find_user(*policy.passwords.file->content(r->connection->log), entry);
    }
    const auth::ApiKeyAccounts& accounts = *policy.api_keys.file->content(r->connection->log);
    if (kind == hashed_key_kind) {
        return find_hashed_key(accounts, entry);
    }
    return kind == key_kind ? find_key(accounts, entry) : nullptr;
}

} // namespace sallyport::ngx
