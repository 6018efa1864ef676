#include "ngx/access/revocation_lists.hpp"

namespace sallyport::ngx {
namespace {

std::optional<Revocation> find_in(RevocationFile* file, const char* member,
                                  std::optional<std::string_view> name, ngx_log_t* log) {
    if (file == nullptr) {
        return std::nullopt;
    }
    if (!name) {
        return Revocation{file, member, true};
    }
    const jwt::RevocationList* const names = file->content(log);
    return names == nullptr || names->contains(*name)
               ? std::optional(Revocation{file, member, false})
               : std::nullopt;
}

} // namespace

std::optional<Revocation> find_revocation(const RevocationLists& lists,
                                          std::optional<std::string_view> subject,
                                          std::optional<std::string_view> kid, ngx_log_t* log) {
    const auto found = find_in(lists.subjects, "sub", subject, log);
    return found ? found : find_in(lists.kids, "kid", kid, log);
}

} // namespace sallyport::ngx
