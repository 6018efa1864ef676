#include "base/plain_json.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport::json {
namespace {

constexpr std::size_t max_digits = 15;

constexpr bool is_plain(unsigned char c) noexcept {
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

constexpr auto plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        table[c] = is_plain(static_cast<unsigned char>(c));
    }
    return table;
}();

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Each function takes what it reads off the front, and returns nothing where that is not plain.
class PlainReader {
  public:
    explicit PlainReader(std::string_view text) noexcept
        : at_(text.data()),
          end_(text.data() + text.size()) {}

    Value object(std::size_t depth) {
        if (depth == 0 || !takes('{')) {
            return nullptr;
        }
        Value made(json_object());
        std::size_t members = 0;
        for (bool more = !takes('}'); more;) {
            const auto name = string();
            if (!name || !takes(':')) {
                return nullptr;
            }
            Value one = value(depth);
            if (!one || json_object_setn_new_nocheck(made.get(), name->data(), name->size(),
                                                     one.release()) != 0) {
                return nullptr;
            }
            // One that was there before was replaced.
            if (json_object_size(made.get()) != ++members) {
                return nullptr;
            }
            more = takes(',');
            if (!more && !takes('}')) {
                return nullptr;
            }
        }
        return made;
    }

    // Nothing is left but white space.
    bool is_at_end() noexcept { return next() == '\0' && at_ == end_; }

  private:
    Value value(std::size_t depth) {
        switch (next()) {
        case '"': {
            const auto text = string();
            return Value(text ? json_stringn_nocheck(text->data(), text->size()) : nullptr);
        }
        case '{':
            return object(depth - 1);
        case '[':
            return array(depth - 1);
        case 't':
            return Value(takes_word("true") ? json_true() : nullptr);
        case 'f':
            return Value(takes_word("false") ? json_false() : nullptr);
        case 'n':
            return Value(takes_word("null") ? json_null() : nullptr);
        default:
            return integer();
        }
    }

    Value array(std::size_t depth) {
        if (depth == 0 || !takes('[')) {
            return nullptr;
        }
        Value made(json_array());
        for (bool more = !takes(']'); more;) {
            Value one = value(depth);
            if (!one || json_array_append_new(made.get(), one.release()) != 0) {
                return nullptr;
            }
            more = takes(',');
            if (!more && !takes(']')) {
                return nullptr;
            }
        }
        return made;
    }

    // What follows the digits, a fraction or an exponent as well, is for the caller to refuse.
    Value integer() {
        const char* const first = at_;
        json_int_t number = 0;
        while (at_ != end_ && is_digit(*at_) && at_ - first <= std::ptrdiff_t{max_digits}) {
            number = number * 10 + (*at_++ - '0');
        }
        const auto digits = static_cast<std::size_t>(at_ - first);
        const bool good = digits == 1 || (digits > 1 && digits <= max_digits && *first != '0');
        return Value(good ? json_integer(number) : nullptr);
    }

    std::optional<std::string_view> string() noexcept {
        if (!takes('"')) {
            return std::nullopt;
        }
        const char* const first = at_;
        at_ = std::find_if(at_, end_, [](char c) { return !plain[static_cast<unsigned char>(c)]; });
        if (at_ == end_ || *at_ != '"') {
            return std::nullopt;
        }
        return std::string_view(first, static_cast<std::size_t>(at_++ - first));
    }

    bool takes_word(std::string_view word) noexcept {
        const bool good = std::string_view(at_, end_).starts_with(word);
        at_ += good ? word.size() : 0;
        return good;
    }

    bool takes(char c) noexcept {
        const bool good = next() == c && at_ != end_;
        at_ += good ? 1 : 0;
        return good;
    }

    // The next octet that is no white space; NUL at the end.
    char next() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) {
            ++at_;
        }
        return at_ != end_ ? *at_ : '\0';
    }

    const char* at_;
    const char* end_;
};

} // namespace

Value parse_plain_object(std::string_view text, std::size_t max_depth) {
    PlainReader in(text);
    Value made = in.object(max_depth);
    return made && in.is_at_end() ? std::move(made) : nullptr;
}

} // namespace sallyport::json
