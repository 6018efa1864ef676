#pragma once

#include "ngx/endpoints/endpoint.hpp"
#include "ngx/endpoints/token_signing.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {

// What auth_token_claim makes of a text; null where that cannot be a claim.
json::Value claim_value(std::string_view text, bool is_json);

// An endpoint that answers with tokens, when the store has said yes.
class IssuingEndpoint : public Endpoint {
  public:
    using Endpoint::Endpoint;

  protected:
    // Evaluates auth_token_claim, before anything is begun or spent; a refusal when a value is no
    // claim.
    std::optional<Reason> read_claims();
    // The entry of the account file that the session began with.
    void set_account(std::string entry) { details_.account = std::move(entry); }
    // The tokens of a session, and the refresh token that is good in it. Nothing while they are
    // being signed.
    Answer issue(const auth::StoreOutcome& outcome);

  private:
    std::shared_ptr<TokenSigning> signing_;
    auth::TokenDetails details_;
};

} // namespace sallyport::ngx
