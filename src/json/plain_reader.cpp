#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/encoding.hpp"
#include "json/builder.hpp"
#include "json/document.hpp"

namespace sallyport::json {
namespace {

using Kind = Element::Kind;

// Up to this number, each name is compared with all previous names.
constexpr std::size_t few_members = 32;

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

constexpr bool is_surrogate(std::uint32_t code) noexcept {
    return code >= 0xd800 && code < 0xe000;
}

// Each function removes what it reads from the front and adds it to the document. It returns false
// for invalid JSON.
class Reader {
  public:
    Reader(std::string_view text, DocumentBuilder& builder) noexcept
        : at_(text.data()),
          end_(text.data() + text.size()),
          text_size_(text.size()),
          builder_(builder) {}

    bool object(std::size_t depth) {
        if (depth == 0 || !takes('{')) {
            return false;
        }
        const std::size_t made = builder_.open(Kind::object);
        std::size_t members = 0;
        for (bool more = !takes('}'); more; ++members) {
            if (!string() || (members < few_members && builder_.repeats_name(made, members)) ||
                !takes(':') || !value(depth)) {
                return false;
            }
            more = takes(',');
            if (!more && !takes('}')) {
                return false;
            }
        }
        builder_.close(made, members);
        return members <= few_members || !builder_.has_repeated_name(made);
    }

    // `depth` is that of the container around the value.
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
            return number();
        }
    }

    // Whether only white space is left.
    bool is_at_end() noexcept { return next() == '\0' && at_ == end_; }

  private:
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

    bool number() {
        const char* const first = at_;
        skips('-');
        if (!skips('0') && !digits()) {
            return false;
        }
        Kind kind = Kind::integer;
        if (skips('.')) {
            kind = Kind::real;
            if (!digits()) {
                return false;
            }
        }
        if (skips('e') || skips('E')) {
            kind = Kind::real;
            static_cast<void>(skips('+') || skips('-'));
            if (!digits()) {
                return false;
            }
        }
        builder_.add(kind, text_since(first));
        return true;
    }

    bool string() {
        if (!takes('"')) {
            return false;
        }
        const char* const first = at_;
        at_ = std::find_if(at_, end_, [](char c) { return !plain[static_cast<unsigned char>(c)]; });
        if (at_ == end_ || *at_ != '"') {
            return decoded_string(first);
        }
        builder_.add(text_since(first));
        ++at_;
        return true;
    }

    // Everything between `first` and here is plain.
    bool decoded_string(const char* first) {
        // No text becomes longer, so the memory that the document borrows does not move.
        decoded_.reserve(text_size_);
        const std::size_t begin = decoded_.size();
        decoded_.append(first, at_);
        while (at_ != end_ && *at_ != '"') {
            if (!(*at_ == '\\' ? escape() : character())) {
                return false;
            }
        }
        builder_.add(std::string_view(decoded_).substr(begin));
        return skips('"');
    }

    // UTF-8 (RFC 3629).
    bool character() {
        constexpr std::array<std::uint32_t, 5> least{0, 0x20, 0x80, 0x800, 0x10000};
        const auto lead = static_cast<unsigned char>(*at_);
        const int size = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (size == 0 || lead > 0xf4 || end_ - at_ < size) {
            return false;
        }
        std::uint32_t code = size == 1 ? lead : lead & (0x7fU >> size);
        for (int i = 1; i < size; ++i) {
            const auto next = static_cast<unsigned char>(at_[i]);
            if ((next & 0xc0) != 0x80) {
                return false;
            }
            code = code << 6 | (next & 0x3f);
        }
        if (code < least[static_cast<std::size_t>(size)] || code > 0x10ffff || is_surrogate(code)) {
            return false;
        }
        decoded_.append(at_, static_cast<std::size_t>(size));
        at_ += size;
        return true;
    }

    bool escape() {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        ++at_;
        if (skips('u')) {
            return unicode_escape();
        }
        const auto letter = at_ != end_ ? letters.find(*at_) : std::string_view::npos;
        if (letter == std::string_view::npos) {
            return false;
        }
        decoded_ += meanings[letter];
        ++at_;
        return true;
    }

    // Rejects NUL and lone surrogates.
    bool unicode_escape() {
        std::uint32_t code = 0;
        if (!hex4(code) || code == 0) {
            return false;
        }
        if (is_surrogate(code)) {
            std::uint32_t low = 0;
            if (code >= 0xdc00 || !skips('\\') || !skips('u') || !hex4(low) || low < 0xdc00 ||
                !is_surrogate(low)) {
                return false;
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        append(code);
        return true;
    }

    bool hex4(std::uint32_t& code) {
        std::array<std::uint8_t, 2> pair;
        if (end_ - at_ < 4 || !hex_decode_into({at_, 4}, pair.data())) {
            return false;
        }
        code = std::uint32_t{pair[0]} << 8 | pair[1];
        at_ += 4;
        return true;
    }

    void append(std::uint32_t code) {
        const auto tail = [&](int shift) {
            decoded_ += static_cast<char>(0x80 | (code >> shift & 0x3f));
        };
        if (code < 0x80) {
            decoded_ += static_cast<char>(code);
        } else if (code < 0x800) {
            decoded_ += static_cast<char>(0xc0 | code >> 6);
            tail(0);
        } else if (code < 0x10000) {
            decoded_ += static_cast<char>(0xe0 | code >> 12);
            tail(6);
            tail(0);
        } else {
            decoded_ += static_cast<char>(0xf0 | code >> 18);
            tail(12);
            tail(6);
            tail(0);
        }
    }

    bool word(std::string_view name, Kind kind) {
        const bool good = std::string_view(at_, end_).starts_with(name);
        at_ += good ? name.size() : 0;
        builder_.add(kind);
        return good;
    }

    // Reads at least one digit.
    bool digits() noexcept {
        const char* const first = at_;
        at_ = std::find_if_not(at_, end_, is_digit);
        return at_ != first;
    }

    [[nodiscard]] std::string_view text_since(const char* first) const noexcept {
        return {first, static_cast<std::size_t>(at_ - first)};
    }

    bool takes(char c) noexcept { return next() == c && skips(c); }

    bool skips(char c) noexcept {
        const bool good = at_ != end_ && *at_ == c;
        at_ += good ? 1 : 0;
        return good;
    }

    // The next byte other than white space; NUL at the end.
    char next() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) {
            ++at_;
        }
        return at_ != end_ ? *at_ : '\0';
    }

    const char* at_;
    const char* end_;
    std::size_t text_size_;
    DocumentBuilder& builder_;
    std::string decoded_; // texts that differ from the source
};

} // namespace

Document parse_document(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes) {
        return {};
    }
    DocumentBuilder builder;
    Reader in(text, builder);
    return in.object(limits.depth) && in.is_at_end() ? builder.finish() : Document();
}

Document parse_value_document(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes) {
        return {};
    }
    DocumentBuilder builder;
    Reader in(text, builder);
    return in.value(limits.depth + 1) && in.is_at_end() ? builder.finish() : Document();
}

} // namespace sallyport::json
