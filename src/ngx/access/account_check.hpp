#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/account.hpp"
#include "auth/credential.hpp"
#include "base/digest.hpp"
#include "ngx/access/lookup.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/slow_hashes.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// The check of one password or key under the rules of one place: by a file or by a lookup, or from
// what was proved a while ago.
class AccountCheck {
  public:
    // The credential lies in the request's memory.
    AccountCheck(const Policy& policy, const auth::Credential& credential) noexcept
        : policy_(policy),
          credential_(credential) {}
    // A user and a password that stood elsewhere.
    AccountCheck(const Policy& policy, auth::UserPassword basic) noexcept
        : policy_(policy),
          credential_{auth::Method::password, {}},
          basic_(std::move(basic)) {}

    // Undecided where a slow hash or a lookup is needed, which is begun by start_waiting() alone.
    Verdict authenticate(ngx_http_request_t* r);
    // Begins what has to be waited for; a refusal when that cannot be. In the access phase.
    std::optional<Reason> start_waiting(ngx_http_request_t* r, Waiter& waiter);
    // Nothing but the subrequest's end will have the request go on.
    [[nodiscard]] bool is_lookup_running() const noexcept {
        return lookup_ != nullptr && !lookup_->complete();
    }

    // Whom the credential speaks of; proved to be, or only said to be. Null when nobody knows.
    [[nodiscard]] const auth::Principal* principal() const noexcept {
        return account_ ? &account_->principal() : nullptr;
    }

    // Names the entry of a file that proved to be right, for session_account(); empty for a lookup.
    [[nodiscard]] std::string entry() const;

    // When the credential ends, if ever; of one that is proved.
    [[nodiscard]] std::optional<std::int64_t> expires() const noexcept {
        return account_->expires();
    }

  private:
    // What a file knows: the hash to compare with, whose it is, and what a wrong password must
    // cost. Without a hash an account's key was found by its digest.
    struct Found {
        const auth::PasswordHash* hash = nullptr;
        auth::SharedAccount account{};
        auth::SharedKinds kinds{};

        [[nodiscard]] bool needs_slow_check() const noexcept {
            return kinds != nullptr && (hash != nullptr || account == nullptr);
        }
        [[nodiscard]] auth::PasswordTrial trial() const {
            return {hash != nullptr ? std::optional(*hash) : std::nullopt, kinds};
        }
    };

    std::optional<Reason> read();
    Found find(ngx_http_request_t* r);
    Found find_password(ngx_http_request_t* r);
    Found find_api_key(ngx_http_request_t* r);
    Verdict check_found(ngx_http_request_t* r, const Found& found);
    Verdict check_lookup(ngx_http_request_t* r);
    std::optional<Reason> begin_lookup(ngx_http_request_t* r);
    // Judges when the account may be used.
    Verdict admit(auth::SharedAccount account);

    [[nodiscard]] ngx_http_complex_value_t* lookup_uri() const noexcept;
    [[nodiscard]] std::uint64_t generation() const noexcept;
    const Digest& cache_key(ngx_http_request_t* r);
    void remember(ngx_http_request_t* r, const auth::SharedAccount& account);
    auth::SharedAccount find_cached(ngx_http_request_t* r);

    const Policy& policy_;
    auth::Credential credential_;
    std::optional<auth::UserPassword> basic_; // when it was read, for a password
    std::string_view user_;                   // or the id of a key
    std::string_view secret_;
    std::string_view uri_; // of the lookup
    std::optional<Digest> cache_key_;
    bool counted_ = false; // that the cache was asked
    std::shared_ptr<SlowHash> check_;
    Lookup* lookup_ = nullptr; // in the request's memory
    auth::SharedAccount account_;
};

} // namespace sallyport::ngx
