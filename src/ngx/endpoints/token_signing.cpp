#include "ngx/endpoints/token_signing.hpp"

#include <utility>

#include "ngx/runtime/background.hpp"

namespace sallyport::ngx {

std::shared_ptr<TokenSigning> TokenSigning::begin(std::shared_ptr<const auth::TokenIssuer> issuer,
                                                  auth::Session session, auth::RefreshToken token,
                                                  auth::TokenDetails details) {
    auto signing = std::make_shared<TokenSigning>();
    in_background<auth::IssuedTokens>(
        [issuer = std::move(issuer), session = std::move(session), token = std::move(token),
         details = std::move(details), now = ngx_time()]() -> Result<auth::IssuedTokens> {
            return issuer->issue(session, token, now, details);
        },
        [signing](Result<auth::IssuedTokens> tokens) {
            signing->outcome_.emplace(std::move(tokens));
            signing->tell_waiters();
        });
    return signing;
}

} // namespace sallyport::ngx
