#include "json/jansson.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include <malloc.h>

#include "base/secret.hpp"

namespace sallyport::json {
namespace {

// Jansson copies what it reads, including passwords and keys, and does not wipe it.
void wipe_and_free(void* memory) noexcept {
    if (memory != nullptr) {
        cleanse(memory, malloc_usable_size(memory));
        free(memory);
    }
}

// Jansson's allocation functions are global to the process, which may outlive this module.
class WipingAllocator {
  public:
    WipingAllocator() noexcept {
        json_get_alloc_funcs(&malloc_, &free_);
        json_set_alloc_funcs(malloc, wipe_and_free);
    }
    WipingAllocator(const WipingAllocator&) = delete;
    WipingAllocator& operator=(const WipingAllocator&) = delete;
    ~WipingAllocator() { json_set_alloc_funcs(malloc_, free_); }

  private:
    json_malloc_t malloc_ = nullptr;
    json_free_t free_ = nullptr;
};

const WipingAllocator wiping_allocator;

// Follows the nesting of a JSON text, byte by byte.
class Nesting {
  public:
    void take(char c) noexcept {
        if (escaped_) {
            escaped_ = false;
        } else if (c == '"') {
            quoted_ = !quoted_;
        } else if (quoted_) {
            escaped_ = c == '\\';
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && depth_ > 0) {
            --depth_;
        }
    }
    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }

  private:
    std::size_t depth_ = 0;
    bool quoted_ = false;
    bool escaped_ = false;
};

// Jansson's depth limit is fixed when it is built, and its parser is recursive.
bool within_depth(std::string_view text, std::size_t limit) noexcept {
    Nesting nesting;
    return std::none_of(text.begin(), text.end(), [&](char c) {
        nesting.take(c);
        return nesting.depth() > limit;
    });
}

// Whether the object or array at the beginning of a text ends within so many bytes.
bool ends_within(std::string_view text, std::size_t bytes) noexcept {
    Nesting nesting;
    const std::string_view front = text.substr(0, bytes);
    return std::any_of(front.begin(), front.end(), [&](char c) {
        nesting.take(c);
        return nesting.depth() == 0;
    });
}

// Jansson ignores a NUL after a number.
bool within(std::string_view text, Limits limits) noexcept {
    return text.size() <= limits.bytes && text.find('\0') == std::string_view::npos &&
           within_depth(text, limits.depth);
}

bool is_ascii_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// Removes pieces of a JSON text from its front, one value at a time.
class Reader {
  public:
    Reader(std::string_view text, std::size_t value_bytes) noexcept
        : rest_(text),
          value_bytes_(value_bytes) {}

    // Whether the next byte other than white space is `c`, which is then removed.
    bool takes(char c) noexcept {
        if (empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    // The name of a member and the colon after it; empty if there is none. Most names are plain and
    // need no parser.
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

    // Null if there is no value, or it is too large.
    Value value() {
        if (empty() || ((rest_.front() == '{' || rest_.front() == '[') &&
                        rest_.size() > value_bytes_ && !ends_within(rest_, value_bytes_))) {
            return nullptr;
        }
        json_error_t state;
        constexpr std::size_t flags =
            JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK;
        Value value(json_loadb(rest_.data(), rest_.size(), flags, &state));
        if (value) {
            rest_.remove_prefix(static_cast<std::size_t>(state.position));
        }
        return value;
    }

    // Whether only white space is left, which is then removed.
    bool empty() noexcept {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
        return rest_.empty();
    }

    // Reads items separated by commas, up to the closing bracket.
    template <typename Item>
    std::optional<std::string> list(char closing, Item&& item) {
        for (bool more = !takes(closing); more;) {
            if (auto wrong = item()) {
                return wrong;
            }
            more = takes(',');
            if (!more && !takes(closing)) {
                return malformed;
            }
        }
        return std::nullopt;
    }

    static constexpr const char* malformed = "is not a JSON object, or exceeds the limits";

  private:
    std::string_view rest_;
    std::size_t value_bytes_;
};

// Reads the members of the only object of a text. `item` reads each name and value.
template <typename Item>
std::optional<std::string> read_members(std::string_view text, Limits limits, Item&& item) {
    Reader in(text, limits.value_bytes);
    if (!within(text, limits) || !in.takes('{')) {
        return Reader::malformed;
    }
    auto wrong = in.list('}', [&]() -> std::optional<std::string> {
        const auto name = in.name();
        return name ? item(in, *name) : Reader::malformed;
    });
    return wrong || in.empty() ? wrong : Reader::malformed;
}

} // namespace

std::string_view without_mark(std::string_view text) noexcept {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::optional<std::string> each_member(std::string_view text, Limits limits, const Take& take) {
    return read_members(text, limits, [&](Reader& in, const std::string& name) {
        const Value value = in.value();
        return value ? take(name, value.get()) : Reader::malformed;
    });
}

std::optional<std::string> each_element(std::string_view text, Limits limits,
                                        std::string_view array, const TakeElement& take) {
    const auto not_found = "has no array \"" + std::string(array) + '"';
    bool found = false;
    const auto element = [&](Reader& in) {
        const Value value = in.value();
        return value ? take(value.get()) : Reader::malformed;
    };
    auto wrong = read_members(
        text, limits, [&](Reader& in, const std::string& name) -> std::optional<std::string> {
            if (name != array) {
                return in.value() ? std::nullopt : std::optional<std::string>(Reader::malformed);
            }
            if (std::exchange(found, true) || !in.takes('[')) {
                return not_found + ", or two";
            }
            return in.list(']', [&] { return element(in); });
        });
    return wrong || found ? wrong : not_found;
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
        // The value owns the memory; only the accessor is const.
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
