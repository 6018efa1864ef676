#include "base/json.hpp"

#include <cstdlib>
#include <new>

#include "base/secret.hpp"

namespace sallyport::json {
namespace {

// Jansson's own depth limit is a constant of its build, and its parser recurses.
bool within_depth(std::string_view text, std::size_t limit) noexcept {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limit) {
                return false;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return true;
}

} // namespace

Value parse_object(std::string_view text, Limits limits) {
    // Jansson overlooks a NUL behind a number.
    if (text.size() > limits.bytes || text.find('\0') != std::string_view::npos ||
        !within_depth(text, limits.depth)) {
        return nullptr;
    }
    Value value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
    return json_is_object(value.get()) ? std::move(value) : nullptr;
}

const json_t* member(const json_t* object, std::string_view name) {
    return json_object_getn(object, name.data(), name.size());
}

std::optional<std::string_view> string(const json_t* value) {
    if (!json_is_string(value)) {
        return std::nullopt;
    }
    return std::string_view(json_string_value(value), json_string_length(value));
}

void cleanse_string(json_t* value) noexcept {
    if (json_is_string(value)) {
        // The memory is the value's own; only the accessor is const.
        cleanse(const_cast<char*>(json_string_value(value)), json_string_length(value));
    }
}

std::string compact(const json_t* value) {
    const Handle<char, free> text(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
    if (!text) {
        throw std::bad_alloc();
    }
    return text.get();
}

} // namespace sallyport::json
