#pragma once

#include <optional>
#include <string>

#include "ngx/access/proof.hpp"
#include "ngx/access/verdict.hpp"

namespace sallyport::ngx {

// The DPoP proof of a request for tokens, which are bound to its key (RFC 9449 section 5). In the
// order of the calls:
//
//     if (const auto reason = proof.check(r, policy, bound_to)) ... refuse ...
//     const auto use = proof.use(r, waiter);                   once nothing else can be refused
//     if (use.is_pending()) ... call it again when the waiter resumes the request ...
//     if (use.refusal()) ... refuse ...
//     proof.key()
class HolderProof {
  public:
    // `bound_to`: the thumbprint of the key of the refresh token; nothing if it is not bound, and
    // for a login. A request without a proof is refused where the location only accepts tokens that
    // are bound to a key, and with a refresh token that is bound to one.
    std::optional<Reason> check(ngx_http_request_t* r, const Policy& policy,
                                const std::optional<Digest>& bound_to);
    Verdict use(ngx_http_request_t* r, Waiter& waiter);

    // Nothing if there is no proof.
    [[nodiscard]] std::optional<Digest> key() const;
    // Only for logs and explanations: what is wrong with the proof. Empty if that is not known.
    [[nodiscard]] std::string_view fault() const noexcept;
    [[nodiscard]] std::string explanation() const;

  private:
    VerifiedProof* proof_ = nullptr;
    std::optional<jwt::DpopFault> fault_;
};

} // namespace sallyport::ngx
