#include "base/plain_json.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/document_builder.hpp"

namespace sallyport::json {
namespace {

using Kind = Element::Kind;

constexpr std::size_t max_digits = 15;
// Each name is compared with all before it.
constexpr std::size_t max_members = 32;

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

// Each function takes what it reads off the front and adds it to the document; false where that is
// not plain.
class PlainReader {
  public:
    PlainReader(std::string_view text, DocumentBuilder& builder) noexcept
        : at_(text.data()),
          end_(text.data() + text.size()),
          builder_(builder) {}

    bool object(std::size_t depth) {
        if (depth == 0 || !takes('{')) {
            return false;
        }
        const std::size_t made = builder_.open(Kind::object);
        std::size_t members = 0;
        for (bool more = !takes('}'); more; ++members) {
            if (members == max_members || !string() || builder_.repeats_name(made, members) ||
                !takes(':') || !value(depth)) {
                return false;
            }
            more = takes(',');
            if (!more && !takes('}')) {
                return false;
            }
        }
        builder_.close(made, members);
        return true;
    }

    // Nothing is left but white space.
    bool is_at_end() noexcept { return next() == '\0' && at_ == end_; }

  private:
    bool value(std::size_t depth) {
        switch (next()) {
        case '"':
            return string();
        case '{':
            return object(depth - 1);
        case '[':
            return array(depth - 1);
        case 't':
            return word("true", Kind::yes);
        case 'f':
            return word("false", Kind::no);
        case 'n':
            return word("null", Kind::null);
        default:
            return integer();
        }
    }

    bool array(std::size_t depth) {
        if (depth == 0 || !takes('[')) {
            return false;
        }
        const std::size_t made = builder_.open(Kind::array);
        std::size_t elements = 0;
        for (bool more = !takes(']'); more; ++elements) {
            if (!value(depth)) {
                return false;
            }
            more = takes(',');
            if (!more && !takes(']')) {
                return false;
            }
        }
        builder_.close(made, elements);
        return true;
    }

    // What follows the digits, a fraction or an exponent as well, is for the caller to refuse.
    bool integer() {
        const char* const first = at_;
        std::int64_t number = 0;
        while (at_ != end_ && is_digit(*at_) && at_ - first <= std::ptrdiff_t{max_digits}) {
            number = number * 10 + (*at_++ - '0');
        }
        const auto digits = static_cast<std::size_t>(at_ - first);
        builder_.add(number);
        return digits == 1 || (digits > 1 && digits <= max_digits && *first != '0');
    }

    bool string() {
        if (!takes('"')) {
            return false;
        }
        const char* const first = at_;
        at_ = std::find_if(at_, end_, [](char c) { return !plain[static_cast<unsigned char>(c)]; });
        if (at_ == end_ || *at_ != '"') {
            return false;
        }
        builder_.add(std::string_view(first, static_cast<std::size_t>(at_++ - first)));
        return true;
    }

    bool word(std::string_view name, Kind kind) {
        const bool good = std::string_view(at_, end_).starts_with(name);
        at_ += good ? name.size() : 0;
        builder_.add(kind);
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
    DocumentBuilder& builder_;
};

} // namespace

Document parse_plain_object(std::string_view text, std::size_t max_depth) {
    DocumentBuilder builder;
    PlainReader in(text, builder);
    return in.object(max_depth) && in.is_at_end() ? builder.finish() : Document();
}

} // namespace sallyport::json
