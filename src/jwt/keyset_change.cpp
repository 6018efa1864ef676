#include "jwt/keyset_change.hpp"

#include <set>

#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::size_t logged_kids = 16;
constexpr std::size_t logged_kid_bytes = 64;

using Kids = std::set<std::string_view>;

Kids kids_of(const Keyset* keyset) {
    Kids kids;
    if (keyset != nullptr) {
        for (const Key& key : keyset->keys()) {
            kids.insert(key.kid() ? std::string_view(*key.kid()) : std::string_view());
        }
    }
    return kids;
}

std::string only_in(const char* what, const Kids& these, const Kids& those) {
    std::string list;
    std::size_t count = 0;
    for (const std::string_view kid : these) {
        if (!those.contains(kid) && ++count <= logged_kids) {
            list += " \"" + log_safe(kid, logged_kid_bytes) + '"';
        }
    }
    if (count > logged_kids) {
        list += " and " + std::to_string(count - logged_kids) + " more";
    }
    return list.empty() ? list : what + list;
}

} // namespace

std::string describe_change(const Keyset* before, const Keyset& after) {
    const Kids old_kids = kids_of(before);
    const Kids new_kids = kids_of(&after);
    return std::to_string(after.size()) + " keys" + only_in(", added", new_kids, old_kids) +
           only_in(", removed", old_kids, new_kids);
}

} // namespace sallyport::jwt
