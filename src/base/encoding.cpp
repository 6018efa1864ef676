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

constexpr std::uint8_t no_digit = 0xff;

std::uint8_t hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return static_cast<std::uint8_t>(c - '0');
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? static_cast<std::uint8_t>(lower - 'a' + 10) : no_digit;
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

std::optional<Bytes> base64_decode(std::string_view encoded) {
    const auto end = encoded.find_last_not_of('=') + 1;
    if (encoded.size() % 4 != 0 || encoded.size() - end > 2 ||
        encoded.find_first_of("-_") != std::string_view::npos) {
        return std::nullopt;
    }
    std::string url(encoded.substr(0, end));
    for (char& c : url) {
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    auto octets = base64url_decode(url);
    cleanse(url.data(), url.size());
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

bool hex_decode_into(std::string_view encoded, std::uint8_t* out) noexcept {
    std::uint8_t wrong = 0;
    for (std::size_t i = 0; i + 1 < encoded.size(); i += 2) {
        const std::uint8_t high = hex_digit(encoded[i]);
        const std::uint8_t low = hex_digit(encoded[i + 1]);
        wrong |= static_cast<std::uint8_t>((high | low) & 0xf0);
        *out++ = static_cast<std::uint8_t>(high << 4 | low);
    }
    return wrong == 0 && encoded.size() % 2 == 0;
}

std::optional<Bytes> hex_decode(std::string_view encoded) {
    Bytes octets(encoded.size() / 2);
    return hex_decode_into(encoded, octets.data()) ? std::optional(std::move(octets))
                                                   : std::nullopt;
}

} // namespace sallyport
