#include "ngx/access/file_check.hpp"

#include <utility>

#include "ngx/access/session_account.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

template <>
FileCheck<PasswordFile>::Found FileCheck<PasswordFile>::find(ngx_log_t* log) {
    if (credential_.user.empty()) {
        return {};
    }
    const auth::PasswordAccounts& accounts = *file_.content(log);
    const auto* const entry = accounts.find(credential_.user);
    if (entry == nullptr) {
        return {nullptr, nullptr, accounts.kinds()};
    }
    return {&entry->password, entry->account, accounts.kinds()};
}

template <>
FileCheck<ApiKeyFile>::Found FileCheck<ApiKeyFile>::find(ngx_log_t* log) {
    const auth::ApiKeyAccounts& accounts = *file_.content(log);
    const std::string_view key = credential_.key;
    if (auto account = accounts.find(sha256(bytes(key)))) {
        return {nullptr, std::move(account)};
    }
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) {
        return {};
    }
    credential_.user = key.substr(0, dot);
    credential_.secret = key.substr(dot + 1);
    const auto* const hashed = accounts.find_hashed(credential_.user);
    if (hashed == nullptr) {
        return {nullptr, nullptr, accounts.kinds()};
    }
    return {&hashed->secret, hashed->account, accounts.kinds()};
}

template <>
std::string FileCheck<PasswordFile>::entry() const {
    return user_entry(file_, credential_.user);
}

template <>
std::string FileCheck<ApiKeyFile>::entry() const {
    const auto* const hashed =
        credential_.user.empty() ? nullptr : file_.latest()->find_hashed(credential_.user);
    return hashed != nullptr ? hashed_key_entry(file_, credential_.user, hashed->secret)
                             : key_entry(file_, sha256(bytes(credential_.key)));
}

template <typename File>
Verdict FileCheck<File>::authenticate(ngx_http_request_t* r) {
    const Found found = find(r->connection->log);
    account_ = found.account;
    const bool has_fast_hash = found.hash != nullptr && !found.hash->is_slow();
    if (has_fast_hash && found.hash->matches(credential_.secret)) {
        return admit(found.account);
    }
    if (!found.needs_slow_hash()) {
        return admit(has_fast_hash ? nullptr : found.account);
    }
    if (found.account && !has_fast_hash && find_cached(r)) {
        return admit(found.account);
    }
    // The file may have another hash by now.
    if (!slow_hash_ || !slow_hash_->outcome() || slow_hash_->hash() != found.trial().hash()) {
        return Verdict::pending();
    }
    return conclude(r, *slow_hash_->outcome(), found.account);
}

template <typename File>
Verdict FileCheck<File>::conclude(ngx_http_request_t* r, SlowHash::Outcome outcome,
                                  const auth::SharedAccount& account) {
    if (outcome == SlowHash::Outcome::failed) {
        return Verdict::refused(Reason::internal_error);
    }
    if (outcome == SlowHash::Outcome::not_begun) {
        return Verdict::refused(Reason::too_busy);
    }
    const bool matches = outcome == SlowHash::Outcome::matches;
    if (matches && account) {
        remember(r, account);
    }
    return admit(matches ? account : nullptr);
}

template <typename File>
std::optional<Reason> FileCheck<File>::start_waiting(ngx_http_request_t* r, Waiter& waiter) {
    const Found found = find(r->connection->log);
    if (!found.needs_slow_hash()) {
        return Reason::credential_invalid;
    }
    slow_hash_ = worker(r)->slow_hashes->join(cache_key(r), found.trial(), credential_.secret);
    if (!slow_hash_) {
        return Reason::too_busy;
    }
    waiter.wait_for(slow_hash_);
    return std::nullopt;
}

template <typename File>
std::string FileCheck<File>::cache_source(ngx_http_request_t*) {
    return address_bytes(&file_);
}

template class FileCheck<PasswordFile>;
template class FileCheck<ApiKeyFile>;

} // namespace sallyport::ngx
