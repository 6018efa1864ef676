#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/credential.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/source_check.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// Checks one password or API key under the rules of one location, with the file or the lookup that
// these name.
class AccountCheck {
  public:
    // The credential lies in the request's memory.
    AccountCheck(const Policy& policy, const auth::Credential& credential) noexcept
        : policy_(policy),
          credential_(credential) {}
    // For a user and a password from the body of a login.
    AccountCheck(const Policy& policy, auth::UserPassword basic) noexcept
        : policy_(policy),
          credential_{auth::Method::password, {}},
          basic_(std::move(basic)) {}

    // Pending if a slow hash or a lookup is needed. Only start_waiting() starts them.
    Verdict authenticate(ngx_http_request_t* r);
    // In the access phase: starts what a pending check needs. Returns a refusal if that is
    // impossible.
    std::optional<Reason> start_waiting(ngx_http_request_t* r, Waiter& waiter) {
        return source_->start_waiting(r, waiter);
    }
    // A subrequest is running, and nginx resumes the request when it ends.
    [[nodiscard]] bool is_lookup_running() const noexcept {
        return source_ != nullptr && source_->is_lookup_running();
    }

    // The principal of the credential, authenticated or only claimed; null if it is unknown.
    [[nodiscard]] const auth::Principal* principal() const noexcept {
        return source_ != nullptr && source_->account() ? &source_->account()->principal()
                                                        : nullptr;
    }

    // Once authenticated: the entry of the file, for session_account(); empty for a lookup.
    [[nodiscard]] std::string entry() const { return source_->entry(); }
    // Once authenticated: when the credential expires, if ever.
    [[nodiscard]] std::optional<std::int64_t> expires() const noexcept {
        return source_->account()->expires();
    }

    // Only for explanations: the file or the lookup that was asked, and the account; empty and null
    // if there is none.
    [[nodiscard]] std::string description() const {
        return source_ != nullptr ? source_->description() : std::string();
    }
    [[nodiscard]] const auth::Account* account() const noexcept {
        return source_ != nullptr ? source_->account().get() : nullptr;
    }

  private:
    std::optional<Reason> read();
    template <typename File>
    void choose_source(const AccountSource<File>& accounts, const AccountCredential& credential);

    const Policy& policy_;
    auth::Credential credential_;
    std::optional<auth::UserPassword> basic_; // once it was decoded
    std::unique_ptr<SourceCheck> source_;     // once the credential was read
};

} // namespace sallyport::ngx
