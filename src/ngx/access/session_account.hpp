#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/account.hpp"
#include "ngx/access/policy.hpp"

namespace sallyport::ngx {

// Names the entry of an account file that a session begins with: its refresh tokens keep the name,
// so that a refresh finds the entry again. A key's entry is named by the digest that the file has.
std::string file_id(const std::string& path);
std::string user_entry(const PasswordFile& file, std::string_view user);
std::string key_entry(const ApiKeyFile& file, const Digest& digest);
std::string hashed_key_entry(const ApiKeyFile& file, std::string_view id,
                             const auth::PasswordHash& secret);

// The account that an entry has now, in the file of this location; null when it is gone. Nothing
// when the location has no such file, or when another file that this configuration names has it.
std::optional<auth::SharedAccount> session_account(ngx_http_request_t* r, const Policy& policy,
                                                   std::string_view entry);

} // namespace sallyport::ngx
