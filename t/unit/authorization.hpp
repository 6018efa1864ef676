#pragma once

#include <optional>
#include <string_view>

#include "auth/credential.hpp"

namespace sallyport::test {

// The well-formed credential in an Authorization field value.
inline Result<std::optional<auth::Credential>, Reason>
parse_authorization(std::string_view field_value) {
    auto credential = auth::find_credential(field_value);
    if (credential && *credential && !auth::is_well_formed(**credential)) {
        return Failure{Reason::malformed_authorization};
    }
    return credential;
}

} // namespace sallyport::test
