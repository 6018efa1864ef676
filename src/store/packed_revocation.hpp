#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/token_store.hpp"

namespace sallyport::store {

// A revocation as one text, for stores that have only texts: the bytes of its key, then digits of a
// fixed width, which compare as the numbers do.
std::string pack_revocation(const auth::RevocationRecord& record);
// Also whether it is removed, and until when it is kept. Nothing if the text is not of that form.
std::optional<auth::KnownRevocation> unpack_revocation(std::string_view text);

// A time that is not negative, as such digits.
std::string pack_time(std::int64_t time);

} // namespace sallyport::store
