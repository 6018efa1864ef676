#include "base/json.hpp"

#include <algorithm>
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

// Jansson overlooks a NUL behind a number.
bool within(std::string_view text, Limits limits) noexcept {
    return text.size() <= limits.bytes && text.find('\0') == std::string_view::npos &&
           within_depth(text, limits.depth);
}

bool is_ascii_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// Takes the pieces of a JSON text off its front, one value at a time.
class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    // Whether the next octet that is no white space is `c`, which is taken then.
    bool takes(char c) noexcept {
        if (empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    // The name of a member and the colon behind it; nothing where there is none. Most names are
    // plain, and then need no parser.
    std::optional<std::string> name() {
        constexpr std::string_view not_plain = "\"\\";
        if (empty() || rest_.front() != '"') {
            return std::nullopt;
        }
        const auto end = rest_.find_first_of(not_plain, 1);
        std::string name(rest_.substr(1, end == std::string_view::npos ? 0 : end - 1));
        if (end != std::string_view::npos && rest_[end] == '"' && is_ascii_text(name)) {
            rest_.remove_prefix(end + 1);
        } else if (const Value parsed = value()) {
            name = *string(parsed.get());
        } else {
            return std::nullopt;
        }
        return takes(':') ? std::optional(std::move(name)) : std::nullopt;
    }

    // Null where there is no value.
    Value value() {
        json_error_t state;
        constexpr std::size_t flags =
            JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK;
        Value value(json_loadb(rest_.data(), rest_.size(), flags, &state));
        if (value) {
            rest_.remove_prefix(static_cast<std::size_t>(state.position));
        }
        return value;
    }

    // Whether nothing but white space is left, which is taken.
    bool empty() noexcept {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
        return rest_.empty();
    }

  private:
    std::string_view rest_;
};

} // namespace

std::optional<std::string> each_member(std::string_view text, Limits limits, const Take& take) {
    const std::string malformed = "is not a JSON object, or exceeds the limits";
    Reader in(text);
    if (!within(text, limits) || !in.takes('{')) {
        return malformed;
    }
    for (bool more = !in.takes('}'); more;) {
        const auto name = in.name();
        const Value value = name ? in.value() : nullptr;
        if (!value) {
            return malformed;
        }
        if (auto wrong = take(*name, value.get())) {
            return wrong;
        }
        more = in.takes(',');
        if (!more && !in.takes('}')) {
            return malformed;
        }
    }
    return in.empty() ? std::nullopt : std::optional(malformed);
}

Value parse_object(std::string_view text, Limits limits) {
    if (!within(text, limits)) {
        return nullptr;
    }
    Value value(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
    return json_is_object(value.get()) ? std::move(value) : nullptr;
}

Value parse_value(std::string_view text, Limits limits) {
    constexpr std::size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    return within(text, limits) ? Value(json_loadb(text.data(), text.size(), flags, nullptr))
                                : nullptr;
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

bool is_utf8(std::string_view text) noexcept {
    return Value(json_stringn(text.data(), text.size())) != nullptr;
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
