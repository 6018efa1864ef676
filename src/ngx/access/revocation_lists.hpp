#pragma once

#include <optional>
#include <string_view>

#include "ngx/ngx.hpp"
#include "ngx/sources/revocation_file.hpp"

namespace sallyport::ngx {

// The lists of a location, owned by the main configuration. Null: none.
struct RevocationLists {
    RevocationFile* subjects = nullptr;
    RevocationFile* kids = nullptr;

    [[nodiscard]] bool exist() const noexcept { return subjects != nullptr || kids != nullptr; }
};

// Why a list refuses a token: it contains the token's subject or key ID, or the token has none.
struct Revocation {
    const RevocationFile* list;
    const char* member; // of the token: "sub" or "kid"
    bool is_missing;
};

// The first list that refuses a verified token with this subject and key ID; nothing if none does.
std::optional<Revocation> find_revocation(const RevocationLists& lists,
                                          std::optional<std::string_view> subject,
                                          std::optional<std::string_view> kid, ngx_log_t* log);

} // namespace sallyport::ngx
