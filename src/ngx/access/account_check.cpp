#include "ngx/access/account_check.hpp"
#include "ngx/runtime/request.hpp"

#include <utility>

#include "auth/credential_cache.hpp"
#include "base/text.hpp"
#include "ngx/access/request_credential.hpp"
#include "ngx/access/session_account.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

using auth::Method;

constexpr std::size_t max_logged_uri = 256;

// A header field loses blanks at the edges of its value (RFC 9110 section 5.5): a lookup would be
// asked about another name or password, or none.
bool fits_header(std::string_view value) noexcept {
    return !value.empty() && value.front() != ' ' && value.back() != ' ';
}

std::string_view octets_of(const void* const& pointer) noexcept {
    return {reinterpret_cast<const char*>(&pointer), sizeof(pointer)};
}

} // namespace

Verdict AccountCheck::authenticate(ngx_http_request_t* r) {
    if (secret_.data() == nullptr) {
        if (const auto reason = read()) {
            return Verdict::refused(*reason);
        }
    }
    return lookup_uri() != nullptr ? check_lookup(r) : check_found(r, find(r));
}

std::optional<Reason> AccountCheck::read() {
    if (credential_.method == Method::api_key) {
        secret_ = credential_.text;
        return auth::is_api_key(secret_) ? std::nullopt : std::optional(Reason::credential_invalid);
    }
    if (!basic_) {
        auto decoded = auth::UserPassword::decode(credential_.text);
        if (!decoded) {
            return decoded.error();
        }
        basic_.emplace(std::move(*decoded));
    }
    user_ = basic_->user();
    secret_ = basic_->password();
    // A lookup would take the password for a key.
    const bool usable =
        lookup_uri() == nullptr ? !user_.empty() : fits_header(user_) && fits_header(secret_);
    return usable ? std::nullopt : std::optional(Reason::credential_invalid);
}

AccountCheck::Found AccountCheck::find(ngx_http_request_t* r) {
    return credential_.method == Method::password ? find_password(r) : find_api_key(r);
}

AccountCheck::Found AccountCheck::find_password(ngx_http_request_t* r) {
    const auth::PasswordBook& book = *policy_.passwords.file->content(r->connection->log);
    const auto* const entry = book.find(user_);
    if (entry == nullptr) {
        return {nullptr, nullptr, book.kinds()};
    }
    return {&entry->password, entry->account, book.kinds()};
}

AccountCheck::Found AccountCheck::find_api_key(ngx_http_request_t* r) {
    const auth::ApiKeyBook& book = *policy_.api_keys.file->content(r->connection->log);
    const std::string_view key = credential_.text;
    if (auto account = book.find(sha256(bytes(key)))) {
        return {nullptr, std::move(account)};
    }
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) {
        return {};
    }
    user_ = key.substr(0, dot);
    secret_ = key.substr(dot + 1);
    const auto* const hashed = book.find_hashed(user_);
    if (hashed == nullptr) {
        return {nullptr, nullptr, book.kinds()};
    }
    return {&hashed->secret, hashed->account, book.kinds()};
}

Verdict AccountCheck::check_found(ngx_http_request_t* r, const Found& found) {
    account_ = found.account;
    const bool has_fast_hash = found.hash != nullptr && !found.hash->is_slow();
    if (has_fast_hash && found.hash->matches(secret_)) {
        return admit(found.account);
    }
    if (!found.needs_slow_check()) {
        return admit(has_fast_hash ? nullptr : found.account);
    }
    if (found.account && !has_fast_hash && find_cached(r)) {
        return admit(found.account);
    }
    const auto trial = found.trial();
    if (!check_ || !check_->outcome() || check_->hash() != trial.hash()) {
        return Verdict::pending();
    }
    if (*check_->outcome() == SlowHash::Outcome::failed) {
        return Verdict::refused(Reason::internal_error);
    }
    if (*check_->outcome() == SlowHash::Outcome::not_begun) {
        return Verdict::refused(Reason::too_busy);
    }
    const bool matches = *check_->outcome() == SlowHash::Outcome::matches;
    if (matches && found.account) {
        remember(r, found.account);
    }
    return admit(matches ? found.account : nullptr);
}

Verdict AccountCheck::check_lookup(ngx_http_request_t* r) {
    if (lookup_ == nullptr) {
        auto cached = find_cached(r);
        return cached ? admit(std::move(cached)) : Verdict::pending();
    }
    if (!lookup_->complete()) {
        return Verdict::pending();
    }
    auto outcome = lookup_->outcome(r->connection->log);
    if (!outcome) {
        return Verdict::refused(outcome.error());
    }
    remember(r, *outcome);
    return admit(std::move(*outcome));
}

Verdict AccountCheck::admit(auth::SharedAccount account) {
    if (!account) {
        return Verdict::refused(Reason::credential_invalid);
    }
    account_ = std::move(account);
    return Verdict::refused_if(account_->judge_time(ngx_time()));
}

std::optional<Reason> AccountCheck::start_waiting(ngx_http_request_t* r, Waiter& waiter) {
    if (lookup_uri() != nullptr) {
        return lookup_ == nullptr ? begin_lookup(r) : std::nullopt;
    }
    const Found found = find(r);
    if (!found.needs_slow_check()) {
        return Reason::credential_invalid;
    }
    check_ = worker(r)->slow_hashes->join(cache_key(r), found.trial(), secret_);
    if (!check_) {
        return Reason::too_busy;
    }
    waiter.wait_for(check_);
    return std::nullopt;
}

std::optional<Reason> AccountCheck::begin_lookup(ngx_http_request_t* r) {
    // They are passed on in header fields, whose receivers strip white space: what was looked up
    // would be another name and another password.
    if (credential_.method == Method::password && (!is_name(user_) || !is_name(secret_))) {
        return Reason::credential_invalid;
    }
    cache_key(r); // evaluates the URI
    // nginx escapes blanks of the path, but takes arguments as they are.
    if (!uri_.starts_with('/') || has_control(uri_) || climbs(uri_) ||
        uri_.find(' ', uri_.find('?')) != std::string_view::npos) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sallyport: the URI of a lookup is not allowed: \"%s\"",
                      log_safe(uri_, max_logged_uri).c_str());
        return Reason::lookup_failed;
    }
    lookup_ = make<Lookup>(r->pool, user_, secret_);
    return lookup_->begin(r, uri_) ? std::nullopt : std::optional(Reason::lookup_failed);
}

std::string AccountCheck::entry() const {
    if (lookup_uri() != nullptr) {
        return {};
    }
    if (credential_.method == Method::password) {
        return user_entry(*policy_.passwords.file, user_);
    }
    const ApiKeyFile& file = *policy_.api_keys.file;
    const auto* const hashed = user_.empty() ? nullptr : file.latest()->find_hashed(user_);
    return hashed != nullptr ? hashed_key_entry(file, user_, hashed->secret)
                             : key_entry(file, sha256(bytes(credential_.text)));
}

ngx_http_complex_value_t* AccountCheck::lookup_uri() const noexcept {
    return credential_.method == Method::password ? policy_.passwords.request
                                                  : policy_.api_keys.request;
}

std::uint64_t AccountCheck::generation() const noexcept {
    if (lookup_uri() != nullptr) {
        return 0;
    }
    return credential_.method == Method::password ? policy_.passwords.file->generation()
                                                  : policy_.api_keys.file->generation();
}

// What a location answers may depend on its server, on the host that the client asked, and on what
// the configuration wrote into the URI.
const Digest& AccountCheck::cache_key(ngx_http_request_t* r) {
    if (cache_key_) {
        return *cache_key_;
    }
    auth::CredentialCache& cache = *worker(r)->credential_cache;
    if (lookup_uri() == nullptr) {
        const void* const file = credential_.method == Method::password
                                     ? static_cast<const void*>(policy_.passwords.file)
                                     : policy_.api_keys.file;
        cache_key_ = cache.key(octets_of(file), credential_.method, user_, secret_);
        return *cache_key_;
    }
    uri_ = evaluate(r, lookup_uri());
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r, ngx_http_core_module));
    const void* const server = core->ctx;
    std::string source(octets_of(server));
    source += view(r->headers_in.server);
    source += '\n';
    source += uri_;
    cache_key_ = cache.key(source, credential_.method, user_, secret_);
    return *cache_key_;
}

void AccountCheck::remember(ngx_http_request_t* r, const auth::SharedAccount& account) {
    if (policy_.credential_cache > 0) {
        worker(r)->credential_cache->add(cache_key(r), account, generation(), ngx_current_msec);
    }
}

auth::SharedAccount AccountCheck::find_cached(ngx_http_request_t* r) {
    if (policy_.credential_cache == 0) {
        return nullptr;
    }
    auto found = worker(r)->credential_cache->find(cache_key(r), generation(), ngx_current_msec,
                                                   policy_.credential_cache);
    if (!std::exchange(counted_, true)) {
        count(r,
              found ? metrics::Count::credential_cache_hit : metrics::Count::credential_cache_miss);
    }
    return found;
}

} // namespace sallyport::ngx
