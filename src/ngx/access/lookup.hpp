#pragma once

#include <string_view>

#include "auth/account.hpp"
#include "auth/credential.hpp"
#include "base/secret.hpp"
#include "ngx/runtime/captured_answer.hpp"

namespace sallyport::ngx {

// Asks a location of ours who owns a credential, by a subrequest of the client's own request. Lives
// in the main request's memory until that ends.
class Lookup : public CapturedAnswer {
  public:
    // What the location may read. `user` is empty for a key.
    Lookup(std::string_view user, std::string_view secret)
        : CapturedAnswer(max_bytes, false),
          user_(bytes(user)),
          secret_(bytes(secret)) {}

    // False when nginx refuses. The request is called again when it is complete.
    bool begin(ngx_http_request_t* asking, std::string_view uri);

    // The owner, or why there is none. Logs what is wrong with an answer. When it is complete.
    Result<auth::SharedAccount, Reason> outcome(ngx_log_t* log);

    [[nodiscard]] std::string_view user() const noexcept { return text(user_.view()); }
    [[nodiscard]] std::string_view secret() const noexcept { return text(secret_.view()); }

    // The one that `r` belongs to; null for a request that is no lookup's.
    static const Lookup* of(ngx_http_request_t* r) noexcept;

  private:
    static constexpr std::size_t max_bytes = 64 << 10;

    Secret user_;
    Secret secret_;
};

} // namespace sallyport::ngx
