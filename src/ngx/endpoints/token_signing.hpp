#pragma once

#include <memory>
#include <optional>

#include "auth/token_issuer.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// Signs tokens on a thread: an RSA signature takes about a millisecond.
class TokenSigning : public Supply {
  public:
    static std::shared_ptr<TokenSigning> begin(std::shared_ptr<const auth::TokenIssuer> issuer,
                                               auth::Session session, auth::RefreshToken token,
                                               auth::TokenDetails details);

    // Nothing while it is not known; a failure is ours.
    [[nodiscard]] const std::optional<Result<auth::IssuedTokens>>& outcome() const noexcept {
        return outcome_;
    }

  private:
    std::optional<Result<auth::IssuedTokens>> outcome_;
};

} // namespace sallyport::ngx
