#include "jwt/nested_names.hpp"

#include <optional>
#include <utility>

namespace sallyport::jwt {
namespace {

// The part as a step of a path, in which it may contain anything.
std::string step_of(std::string_view part) {
    std::string step = ".\"";
    for (const char c : part) {
        step += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
    return step + '"';
}

} // namespace

// Takes the first part off the text, and the delimiter behind it if there is one. What is left is
// empty only after the last part.
Result<std::string_view, const char*>
NestedNames::take_part(std::string_view& text) const noexcept {
    std::string_view part;
    if (text.starts_with(quote)) {
        const auto end = text.find(quote, quote.size());
        if (end == std::string_view::npos) {
            return Failure{"lacks a closing quote"};
        }
        part = text.substr(quote.size(), end - quote.size());
        text.remove_prefix(end + quote.size());
    } else {
        part = text.substr(0, text.find(delimiter));
        text.remove_prefix(part.size());
    }
    if (part.empty() || text == delimiter) {
        return Failure{"has an empty name"};
    }
    if (part.find(quote) != std::string_view::npos ||
        (!text.empty() && !text.starts_with(delimiter))) {
        return Failure{"has a quote that is not around a whole name"};
    }
    text.remove_prefix(text.empty() ? 0 : delimiter.size());
    return part;
}

Result<ClaimPath> NestedNames::parse(const std::vector<std::string>& names) const {
    std::vector<std::string> steps;
    for (const std::string& name : names) {
        if (is_path(name)) {
            steps.push_back(name);
            continue;
        }
        std::string_view rest = name;
        do {
            const auto part = take_part(rest);
            if (!part) {
                return failure(part.error());
            }
            steps.push_back(step_of(*part));
        } while (!rest.empty());
    }
    return ClaimPath::of_names(steps);
}

const json::Element* NestedNames::find(const json::Element* object,
                                       std::string_view name) const noexcept {
    do {
        const auto part = take_part(name);
        if (!part) {
            return nullptr;
        }
        object = json::member(object, *part);
    } while (!name.empty());
    return object;
}

Result<MemberNames> MemberNames::of(std::vector<std::string> names) {
    auto path = ClaimPath::of_names(names);
    if (!path) {
        return failure(path.error());
    }
    MemberNames made;
    for (std::string& name : names) {
        auto own = is_path(name) ? std::optional(*ClaimPath::of_names({name})) : std::nullopt;
        made.names_.push_back({std::move(name), std::move(own)});
    }
    made.path_ = std::move(*path);
    return made;
}

std::vector<std::string> MemberNames::texts() const {
    std::vector<std::string> texts;
    for (const Name& name : names_) {
        texts.push_back(name.text);
    }
    return texts;
}

const json::Element* MemberNames::find(const json::Element* object,
                                       const NestedNames* notation) const noexcept {
    if (notation == nullptr) {
        return path_.find(object);
    }
    for (const Name& name : names_) {
        object = name.path ? name.path->find(object) : notation->find(object, name.text);
    }
    return object;
}

} // namespace sallyport::jwt
