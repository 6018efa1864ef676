#pragma once

#include "ngx/endpoint.hpp"
#include "ngx/token_signing.hpp"

namespace sallyport::ngx {

// An endpoint that answers with tokens, when the store has said yes.
class IssuingEndpoint : public Endpoint {
  public:
    using Endpoint::Endpoint;

  protected:
    // The tokens of a session, and the refresh token that is good in it. Nothing while they are
    // being signed.
    Answer issue(const auth::StoreOutcome& outcome);

  private:
    std::shared_ptr<TokenSigning> signing_;
};

} // namespace sallyport::ngx
