#include "jwt/revocation_list.hpp"

#include <optional>
#include <string>

#include "jwt/token.hpp"
#include "json/jansson.hpp"

namespace sallyport::jwt {

Result<RevocationList> RevocationList::load(std::string_view text) {
    constexpr json::Limits limits{max_revocation_list_bytes, 16, 64 << 10};
    RevocationList list;
    auto wrong = json::each_member(
        json::without_mark(text), limits,
        [&](std::string_view name, const json_t*) -> std::optional<std::string> {
            if (name.size() > max_token_bytes) {
                return "has a name of more than " + std::to_string(max_token_bytes) + " bytes";
            }
            list.names_.emplace(name);
            return std::nullopt;
        });
    if (wrong) {
        return failure(std::move(*wrong));
    }
    return list;
}

} // namespace sallyport::jwt
