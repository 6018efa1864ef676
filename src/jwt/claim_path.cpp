#include "jwt/claim_path.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace sallyport::jwt {
namespace {

constexpr std::size_t max_path_depth = 16;

constexpr const char* empty_name = "has an empty name";

// Each function takes what it reads off the front of the text.

Result<std::string> take_quoted(std::string_view& text) {
    std::string name;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return name.empty() ? Result<std::string>(failure(empty_name)) : name;
        }
        if (text[i] == '\\' && (++i == text.size() || (text[i] != '"' && text[i] != '\\'))) {
            return failure("has an unknown escape within quotes");
        }
        name += text[i];
    }
    return failure("lacks a closing quote");
}

// What follows a dot.
Result<std::string> take_name(std::string_view& text) {
    if (text.starts_with('"')) {
        return take_quoted(text);
    }
    std::string name(text.substr(0, text.find_first_of(".[]\"")));
    text.remove_prefix(name.size());
    return name.empty() ? Result<std::string>(failure(empty_name)) : name;
}

// What follows a bracket.
Result<std::size_t> take_index(std::string_view& text) {
    const auto size = std::min(text.find(']'), text.size());
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + size, index);
    const bool padded = size > 1 && text.front() == '0';
    if (size == 0 || size == text.size() || error != std::errc() || end != text.data() + size ||
        padded) {
        return failure("has no index in its brackets");
    }
    text.remove_prefix(size + 1);
    return index;
}

const json::Element* element_at(const json::Element* array, std::size_t index) noexcept {
    for (const json::Element* const element : json::Elements(array)) {
        if (index-- == 0) {
            return element;
        }
    }
    return nullptr;
}

// Adds the steps of a path; the error, if it is none.
template <typename Steps>
std::optional<std::string> add_path(std::string_view text, Steps& steps) {
    while (!text.empty()) {
        const char first = text.front();
        text.remove_prefix(1);
        if (first == '.') {
            auto name = take_name(text);
            if (!name) {
                return name.error();
            }
            steps.emplace_back(std::move(*name));
        } else if (first == '[') {
            const auto index = take_index(text);
            if (!index) {
                return index.error();
            }
            steps.emplace_back(*index);
        } else {
            return "has a quote or a bracket in an unquoted name";
        }
    }
    return std::nullopt;
}

} // namespace

Result<ClaimPath> ClaimPath::within_depth() && {
    if (steps_.size() > max_path_depth) {
        return failure("has more than 16 levels");
    }
    return std::move(*this);
}

Result<ClaimPath> ClaimPath::parse(std::string_view text) {
    ClaimPath path;
    if (is_path(text)) {
        return of_names({std::string(text)});
    }
    path.whole_ = text;
    for (const std::string_view name : split(text, '.')) {
        path.steps_.emplace_back(std::string(name));
    }
    if (text.empty() || text.back() == '.' || text.find("..") != std::string_view::npos) {
        return failure(empty_name);
    }
    return std::move(path).within_depth();
}

Result<ClaimPath> ClaimPath::of_names(const std::vector<std::string>& names) {
    ClaimPath path;
    for (const std::string& name : names) {
        if (name.empty()) {
            return failure(empty_name);
        }
        if (!is_path(name)) {
            path.steps_.emplace_back(name);
        } else if (auto wrong = add_path(name, path.steps_)) {
            return failure(std::move(*wrong));
        }
    }
    return std::move(path).within_depth();
}

const json::Element* ClaimPath::find(const json::Element* object) const noexcept {
    if (!whole_.empty()) {
        if (const json::Element* const value = json::member(object, whole_)) {
            return value;
        }
    }
    for (const Step& step : steps_) {
        const auto* const name = std::get_if<std::string>(&step);
        object = name != nullptr ? json::member(object, *name)
                                 : element_at(object, std::get<std::size_t>(step));
    }
    return object;
}

} // namespace sallyport::jwt
