#include "jwt/claim_path.hpp"

#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::size_t max_path_depth = 16;

} // namespace

Result<ClaimPath> ClaimPath::parse(std::string_view dotted) {
    ClaimPath path;
    path.whole_ = dotted;
    for (const std::string_view name : split(dotted, '.')) {
        path.names_.emplace_back(name);
    }
    if (dotted.empty() || dotted.front() == '.' || dotted.back() == '.' ||
        dotted.find("..") != std::string_view::npos) {
        return failure("has an empty name");
    }
    if (path.names_.size() > max_path_depth) {
        return failure("has more than 16 levels");
    }
    return path;
}

ClaimPath ClaimPath::of_names(std::vector<std::string> names) {
    ClaimPath path;
    path.names_ = std::move(names);
    return path;
}

const json::Element* ClaimPath::find(const json::Element* object) const {
    if (!whole_.empty()) {
        if (const json::Element* const value = json::member(object, whole_)) {
            return value;
        }
    }
    for (const std::string& name : names_) {
        object = json::member(object, name);
    }
    return object;
}

} // namespace sallyport::jwt
