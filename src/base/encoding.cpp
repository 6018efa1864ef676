#include "base/encoding.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <endian.h>

#include "base/byte_block.hpp"

namespace sallyport {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Each lane contains two numbers, one in each half; the first in memory is the first number.
// Combines them into one number in which the second one takes the last `bits` bits.
template <typename Lanes>
Lanes join(Lanes lanes, int half, int bits) noexcept {
    const Lanes low = lanes << half >> half;
    const Lanes high = lanes >> half;
    return std::endian::native == std::endian::little ? low << bits | high : high << bits | low;
}

using Pairs [[gnu::vector_size(block_bytes)]] = std::uint16_t;
using Groups [[gnu::vector_size(block_bytes)]] = std::uint32_t;
using Halves [[gnu::vector_size(block_bytes)]] = std::uint64_t;

constexpr std::size_t decoded_block = block_bytes / 4 * 3;

// Decodes a block. Clears the bits in `good` of characters that are not in the base64url alphabet.
void decode_block(const char* in, std::uint8_t* out, ByteBlock& good) noexcept {
    const ByteBlock c = load_block(in);
    const auto is = [](auto mask) { return reinterpret_cast<ByteBlock>(mask); };
    const ByteBlock upper = is(c - 'A' < 26);
    const ByteBlock lower = is(c - 'a' < 26);
    const ByteBlock digit = is(c - '0' < 10);
    const ByteBlock dash = is(c == '-');
    const ByteBlock low_line = is(c == '_');
    good &= upper | lower | digit | dash | low_line;
    const ByteBlock sextets = ((c - 'A') & upper) | ((c - ('a' - 26)) & lower) |
                              ((c + (52 - '0')) & digit) | (dash & 62) | (low_line & 63);
    const auto pairs = join(reinterpret_cast<Pairs>(sextets), 8, 6);
    const auto groups = join(reinterpret_cast<Groups>(pairs), 16, 12);
    const auto halves = join(reinterpret_cast<Halves>(groups), 32, 24);
    for (std::size_t i = 0; i < 2; ++i) {
        const std::uint64_t buffer = htobe64(halves[i] << 16);
        std::memcpy(out + i * decoded_block / 2, &buffer, decoded_block / 2);
    }
}

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
    ByteBlock good = ~ByteBlock{};
    for (; encoded.size() >= block_bytes; encoded.remove_prefix(block_bytes)) {
        decode_block(encoded.data(), out, good);
        out += decoded_block;
    }
    std::array<char, block_bytes> rest;
    rest.fill(alphabet.front()); // has no bits
    encoded.copy(rest.data(), encoded.size());
    std::array<std::uint8_t, decoded_block> decoded;
    decode_block(rest.data(), decoded.data(), good);
    const std::size_t size = base64url_decoded_size(encoded.size());
    std::copy_n(decoded.begin(), size, out);
    const bool has_stray_bits = decoded[size] != 0;
    cleanse(rest.data(), rest.size());
    cleanse(decoded.data(), decoded.size());
    return all_set(good) && encoded.size() % 4 != 1 && !has_stray_bits;
}

std::optional<Bytes> base64url_decode(std::string_view encoded) {
    Bytes buffer(base64url_decoded_size(encoded.size()));
    if (!base64url_decode_into(encoded, buffer.data())) {
        return std::nullopt;
    }
    return buffer;
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
    auto buffer = base64url_decode(url);
    cleanse(url.data(), url.size());
    return buffer;
}

std::string base64url_encode(BytesView buffer) {
    std::string encoded;
    encoded.reserve((buffer.size() * 4 + 2) / 3);
    std::uint32_t word = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : buffer) {
        word = word << 8 | byte;
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
    Bytes buffer(encoded.size() / 2);
    return hex_decode_into(encoded, buffer.data()) ? std::optional(std::move(buffer))
                                                   : std::nullopt;
}

} // namespace sallyport
