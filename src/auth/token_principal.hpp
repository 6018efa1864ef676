#pragma once

#include <memory>
#include <string_view>

#include "auth/principal.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "jwt/verified_token.hpp"

namespace sallyport::auth {

// As principal_of() says, and kept with the token, so that the next request that brings it and asks
// for the same claims finds it. To be used as long as the token is there.
using SharedPrincipal = std::shared_ptr<const Principal>;
Result<SharedPrincipal, Reason> shared_principal_of(const jwt::VerifiedToken& token,
                                                    const PrincipalClaims& claims,
                                                    std::string_view tenant_of_keys = {});

} // namespace sallyport::auth
