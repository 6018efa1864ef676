#pragma once

#include <string_view>

#include "auth/account.hpp"
#include "auth/credential.hpp"
#include "base/secret.hpp"
#include "ngx/runtime/captured_answer.hpp"

namespace sallyport::ngx {

// A subrequest of the client's request to a location that knows the owner of a credential. Lives in
// the main request's memory until that request ends.
class Lookup : public CapturedAnswer {
  public:
    // The location reads both from variables. `user` is empty for a key.
    Lookup(std::string_view user, std::string_view secret)
        : CapturedAnswer(max_bytes, false),
          user_(bytes(user)),
          secret_(bytes(secret)) {}

    // Returns false if nginx refuses. nginx resumes the request when the lookup is complete.
    bool begin(ngx_http_request_t* asking, std::string_view uri);

    // Once complete: the owner, or the reason for the refusal. Logs what is wrong with an answer.
    Result<auth::SharedAccount, Reason> outcome(ngx_log_t* log);

    [[nodiscard]] std::string_view user() const noexcept { return text(user_.view()); }
    [[nodiscard]] std::string_view secret() const noexcept { return text(secret_.view()); }

    // The lookup whose subrequest is `r`; null for any other request.
    static const Lookup* of(ngx_http_request_t* r) noexcept;

  private:
    static constexpr std::size_t max_bytes = 64 << 10;

    Secret user_;
    Secret secret_;
};

} // namespace sallyport::ngx
