#include "base/encoding.hpp"

#include <array>

namespace sallyport {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint32_t invalid = 0x80000000;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    table.fill(invalid);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint32_t>(i);
    }
    return table;
}

constexpr auto table = make_table();

std::optional<unsigned> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') {
        return lower - 'a' + 10;
    }
    return std::nullopt;
}

} // namespace

bool base64url_decode_into(std::string_view encoded, std::uint8_t* out) noexcept {
    const auto* in = reinterpret_cast<const unsigned char*>(encoded.data());
    const auto* const end = in + encoded.size() / 4 * 4;
    for (; in != end; in += 4) {
        const std::uint32_t word =
            table[in[0]] << 18 | table[in[1]] << 12 | table[in[2]] << 6 | table[in[3]];
        const std::uint32_t check = table[in[0]] | table[in[1]] | table[in[2]] | table[in[3]];
        if (check & invalid) {
            return false;
        }
        *out++ = static_cast<std::uint8_t>(word >> 16);
        *out++ = static_cast<std::uint8_t>(word >> 8);
        *out++ = static_cast<std::uint8_t>(word);
    }
    switch (encoded.size() % 4) {
    case 0:
        return true;
    case 2: {
        const std::uint32_t a = table[in[0]];
        const std::uint32_t b = table[in[1]];
        *out = static_cast<std::uint8_t>(a << 2 | b >> 4);
        return !((a | b) & invalid) && !(b & 0x0f);
    }
    case 3: {
        const std::uint32_t a = table[in[0]];
        const std::uint32_t b = table[in[1]];
        const std::uint32_t c = table[in[2]];
        *out++ = static_cast<std::uint8_t>(a << 2 | b >> 4);
        *out = static_cast<std::uint8_t>(b << 4 | c >> 2);
        return !((a | b | c) & invalid) && !(c & 0x03);
    }
    default:
        return false;
    }
}

std::optional<Bytes> base64url_decode(std::string_view encoded) {
    Bytes octets(base64url_decoded_size(encoded.size()));
    if (!base64url_decode_into(encoded, octets.data())) {
        return std::nullopt;
    }
    return octets;
}

std::string base64url_encode(BytesView octets) {
    std::string encoded;
    encoded.reserve((octets.size() * 4 + 2) / 3);
    std::uint32_t word = 0;
    unsigned bits = 0;
    for (const std::uint8_t octet : octets) {
        word = word << 8 | octet;
        for (bits += 8; bits >= 6; bits -= 6) {
            encoded += alphabet[word >> (bits - 6) & 0x3f];
        }
    }
    if (bits > 0) {
        encoded += alphabet[word << (6 - bits) & 0x3f];
    }
    return encoded;
}

std::optional<Bytes> hex_decode(std::string_view encoded) {
    if (encoded.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes octets;
    octets.reserve(encoded.size() / 2);
    for (std::size_t i = 0; i < encoded.size(); i += 2) {
        const auto high = hex_digit(encoded[i]);
        const auto low = hex_digit(encoded[i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        octets.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
    }
    return octets;
}

} // namespace sallyport
