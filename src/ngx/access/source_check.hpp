#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/account.hpp"
#include "auth/method.hpp"
#include "base/digest.hpp"
#include "ngx/access/verdict.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// A password or an API key. The texts lie in the request's memory.
struct AccountCredential {
    auth::Method method;
    std::string_view user;   // or the id of a key of the form "id.secret"
    std::string_view secret; // the password, the key, or the part of it after the id
    std::string_view key{};  // as it was presented
};

// Checks one credential with the source that knows the accounts of a location: a file (FileCheck)
// or another location (LookupCheck).
class SourceCheck {
  public:
    SourceCheck(const SourceCheck&) = delete;
    SourceCheck& operator=(const SourceCheck&) = delete;
    virtual ~SourceCheck() = default;

    // Pending if a slow hash or a lookup is needed. Only start_waiting() starts them.
    virtual Verdict authenticate(ngx_http_request_t* r) = 0;
    // Returns a refusal if waiting is impossible.
    virtual std::optional<Reason> start_waiting(ngx_http_request_t* r, Waiter& waiter) = 0;
    // A subrequest is running, and nginx resumes the request when it ends.
    [[nodiscard]] virtual bool is_lookup_running() const noexcept { return false; }
    // The entry of the file for session_account(), once authenticated; empty without a file.
    [[nodiscard]] virtual std::string entry() const { return {}; }

    // Names the source, for an explanation.
    [[nodiscard]] virtual std::string description() const = 0;

    // The account of the credential, authenticated or only claimed; null if it is unknown.
    [[nodiscard]] const auth::SharedAccount& account() const noexcept { return account_; }

  protected:
    // `lifetime`: how long an authenticated credential is cached, in milliseconds; 0: not at all.
    SourceCheck(const AccountCredential& credential, ngx_msec_t lifetime) noexcept
        : credential_(credential),
          lifetime_(lifetime) {}

    // Refuses a null account, and one that is not valid at this time.
    Verdict admit(auth::SharedAccount account);

    // Identifies the source in the cache.
    virtual std::string cache_source(ngx_http_request_t* r) = 0;
    static std::string address_bytes(const void* object) {
        return {reinterpret_cast<const char*>(&object), sizeof(object)};
    }
    // Changes when the source does, which makes cached entries invalid.
    [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;
    const Digest& cache_key(ngx_http_request_t* r);
    auth::SharedAccount find_cached(ngx_http_request_t* r);
    void remember(ngx_http_request_t* r, const auth::SharedAccount& account);

    AccountCredential credential_;
    auth::SharedAccount account_;

  private:
    ngx_msec_t lifetime_;
    std::optional<Digest> cache_key_;
    bool counted_ = false; // the use of the cache
};

} // namespace sallyport::ngx
