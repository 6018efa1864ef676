#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jwt/claim_path.hpp"
#include "json/document.hpp"

namespace sallyport::jwt {

// A notation in which a plain name leads into nested objects: realm.roles, "my.client".roles. A
// part in quotes is one name; it has no escapes. Both texts are not empty, and neither contains
// the other.
struct NestedNames {
    std::string delimiter = ".";
    std::string quote = "\"";

    // The path of these names, one after the other. A name that is a path (see ClaimPath) remains
    // one. The error is one phrase.
    [[nodiscard]] Result<ClaimPath> parse(const std::vector<std::string>& names) const;
    // What a plain name leads to, without a copy of it. Null if there is nothing, or if parse()
    // rejects the name.
    [[nodiscard]] const json::Element* find(const json::Element* object,
                                            std::string_view name) const noexcept;

  private:
    Result<std::string_view, const char*> take_part(std::string_view& text) const noexcept;
};

// The names of a member that was configured before the notation of a location is known.
class MemberNames {
  public:
    // Without a notation, they are those of ClaimPath::of_names(). The error is one phrase.
    static Result<MemberNames> of(std::vector<std::string> names);

    [[nodiscard]] std::vector<std::string> texts() const;
    // `notation` may be null.
    [[nodiscard]] const json::Element* find(const json::Element* object,
                                            const NestedNames* notation) const noexcept;

  private:
    struct Name {
        std::string text;
        std::optional<ClaimPath> path; // if the text is one
    };

    std::vector<Name> names_;
    ClaimPath path_; // of all names without a notation
};

} // namespace sallyport::jwt
