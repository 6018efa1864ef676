#include "store/role_text.hpp"

#include "base/text.hpp"

namespace sallyport::store {

std::string join_roles(const std::vector<std::string>& roles) {
    std::string text;
    for (const std::string& role : roles) {
        text += text.empty() ? "" : ",";
        text += role;
    }
    return text;
}

std::vector<std::string> split_roles(std::string_view text) {
    const auto pieces = split(text, ',');
    return {pieces.begin(), pieces.end()};
}

} // namespace sallyport::store
