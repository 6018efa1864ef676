#include "store/packed_revocation.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sallyport::store {
namespace {

constexpr std::size_t key_size = std::tuple_size_v<Digest>;
constexpr std::size_t shape_digits = 3;
constexpr std::size_t time_digits = 20;
constexpr std::size_t packed_size = key_size + shape_digits + 3 * time_digits + 1;

// Negative times come first.
constexpr std::uint64_t offset = std::uint64_t{1} << 63;

template <typename Number>
std::string digits(Number number, std::size_t width) {
    const std::string text = std::to_string(number);
    return std::string(width - text.size(), '0') + text;
}

template <typename Number>
bool read_digits(std::string_view& text, std::size_t width, Number& number) noexcept {
    const std::string_view word = text.substr(0, width);
    text.remove_prefix(width);
    const bool is_digits =
        std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    return is_digits && std::from_chars(word.data(), word.data() + width, number).ec == std::errc();
}

} // namespace

std::string pack_revocation(const auth::RevocationRecord& record) {
    return std::string(text(record.key)) + digits(unsigned{record.shape}, shape_digits) +
           digits(static_cast<std::uint64_t>(record.issued_before) + offset, time_digits) +
           pack_time(record.until);
}

std::optional<auth::KnownRevocation> unpack_revocation(std::string_view text) {
    if (text.size() != packed_size) {
        return std::nullopt;
    }
    auth::KnownRevocation found{};
    std::copy_n(text.begin(), key_size, found.record.key.begin());
    text.remove_prefix(key_size);
    std::uint64_t issued_before = 0;
    unsigned removed = 0;
    if (!read_digits(text, shape_digits, found.record.shape) ||
        !read_digits(text, time_digits, issued_before) ||
        !read_digits(text, time_digits, found.record.until) ||
        !read_digits(text, time_digits, found.kept_until) || !read_digits(text, 1, removed) ||
        removed > 1) {
        return std::nullopt;
    }
    found.record.issued_before = static_cast<std::int64_t>(issued_before - offset);
    found.removed = removed != 0;
    return found;
}

std::string pack_time(std::int64_t time) {
    return digits(std::max<std::int64_t>(time, 0), time_digits);
}

} // namespace sallyport::store
