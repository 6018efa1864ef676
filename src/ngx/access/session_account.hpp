#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/account.hpp"
#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// Names of the entry of an account file that a session was begun with. Refresh tokens contain the
// name, so that a refresh finds the entry again. The name of a key contains its digest.
std::string file_id(const std::string& path);
std::string user_entry(const PasswordFile& file, std::string_view user);
std::string key_entry(const ApiKeyFile& file, const Digest& digest);
std::string hashed_key_entry(const ApiKeyFile& file, std::string_view id,
                             const auth::PasswordHash& secret);

// The current account of an entry in the file of this location; null if it was removed. Nothing if
// the location has no such file, or if the entry belongs to another file of this configuration.
std::optional<auth::SharedAccount> session_account(ngx_http_request_t* r, const Policy& policy,
                                                   std::string_view entry);

} // namespace sallyport::ngx
