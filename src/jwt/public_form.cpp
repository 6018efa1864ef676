#include "jwt/public_form.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <openssl/ec.h>
#include <openssl/objects.h>

#include "base/encoding.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/openssl.hpp"

namespace sallyport::jwt {
namespace {

using namespace std::string_view_literals;

using Group = Handle<EC_GROUP, EC_GROUP_free>;
using Point = Handle<EC_POINT, EC_POINT_free>;

// Each layer multiplies the work: all alignments of base64 and hexadecimal are tried.
constexpr int max_layers = 3;
// Of base64 or hexadecimal; the shortest form, an Ed25519 key in DER, has 59.
constexpr std::size_t min_digits = 56;
// An RSA modulus of 512 bits, far below any that is used.
constexpr std::size_t min_modulus_bytes = 64;

constexpr auto markers = std::to_array<std::string_view>({
    "-----BEGIN"sv,         // RFC 7468
    "---- BEGIN"sv,         // RFC 4716
    "\"kty"sv,              // RFC 7517
    "'kty"sv,               //
    "kty:"sv,               //
    "\0\0\0\7ssh-"sv,       // RFC 4253 section 6.6: ssh-rsa, ssh-dss
    "\0\0\0\11ssh-ed448"sv, // RFC 8709
    "\0\0\0\13ssh-ed25519"sv,
    "\0\0\0\23ecdsa-sha2-"sv, // RFC 5656
    "@openssh.com"sv,         // its certificates and hardware keys
    "<RSAKeyValue"sv,         // XML Signature
    "<X509Certificate"sv,
    "Public-Key: ("sv, // as OpenSSL prints one
    "Modulus="sv,
});

// The content of the DER element at the front; nothing where there is another, or it is cut short.
std::optional<BytesView> element(BytesView der, std::uint8_t tag) noexcept {
    if (der.size() < 2 || der[0] != tag) {
        return std::nullopt;
    }
    std::size_t size = der[1];
    std::size_t header = 2;
    if (size > 0x7f) {
        header += size & 0x7f;
        if (header > 6 || header > der.size()) {
            return std::nullopt;
        }
        size = 0;
        for (const std::uint8_t byte : der.subspan(2, header - 2)) {
            size = size << 8 | byte;
        }
    }
    return size <= der.size() - header ? std::optional(der.subspan(header, size)) : std::nullopt;
}

BytesView behind(BytesView der, BytesView content) noexcept {
    return der.subspan(static_cast<std::size_t>(content.data() - der.data()) + content.size());
}

// A SubjectPublicKeyInfo or an RSAPublicKey. A certificate contains the former.
bool begins_with_der_key(BytesView der) noexcept {
    constexpr std::uint8_t sequence = 0x30;
    constexpr std::uint8_t integer = 0x02;
    constexpr std::uint8_t bit_string = 0x03;
    constexpr std::uint8_t object_identifier = 0x06;
    const auto outer = element(der, sequence);
    if (!outer) {
        return false;
    }
    if (const auto modulus = element(*outer, integer)) {
        return modulus->size() >= min_modulus_bytes && element(behind(*outer, *modulus), integer);
    }
    const auto algorithm = element(*outer, sequence);
    if (!algorithm || !element(*algorithm, object_identifier)) {
        return false;
    }
    const auto key = element(behind(*outer, *algorithm), bit_string);
    return key && !key->empty() && key->front() == 0;
}

bool holds_der_key(BytesView view) noexcept {
    for (std::size_t i = 0; i < view.size(); ++i) {
        if (view[i] == 0x30 && begins_with_der_key(view.subspan(i))) {
            return true;
        }
    }
    return false;
}

// SEC 1 section 2.3.3, uncompressed or hybrid.
bool is_point(BytesView view) {
    if (view.empty() || (view[0] != 4 && view[0] != 6 && view[0] != 7)) {
        return false;
    }
    const ErrorQueueGuard queue;
    for (unsigned i = 0; i < algorithm_count; ++i) {
        const AlgorithmInfo& info = describe(static_cast<Algorithm>(i));
        if (info.curve == nullptr || view.size() != 1 + 2 * info.field_bytes) {
            continue;
        }
        const Group group(required(Group(EC_GROUP_new_by_curve_name(OBJ_sn2nid(info.curve)))));
        const Point point(required(Point(EC_POINT_new(group.get()))));
        if (EC_POINT_oct2point(group.get(), point.get(), view.data(), view.size(), nullptr) == 1) {
            return true;
        }
    }
    return false;
}

bool holds_marker(std::string_view view) noexcept {
    return std::any_of(markers.begin(), markers.end(), [&](std::string_view marker) {
        return view.find(marker) != std::string_view::npos;
    });
}

// Maps a character to the digit that it is, or to 0.
using Digit = char (*)(char) noexcept;

char base64url_digit(char c) noexcept {
    c = c == '+' ? '-' : c == '/' ? '_' : c;
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    return is_digit ? c : '\0';
}

char hex_digit(char c) noexcept {
    const bool is_digit =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    return is_digit ? c : '\0';
}

// All digits of a text, without what stands between them, be it line breaks or escapes for these.
Secret digits_of(std::string_view view, Digit digit) {
    Bytes digits;
    digits.reserve(view.size());
    for (std::size_t i = 0; i < view.size(); ++i) {
        if (view[i] == '\\') {
            ++i;
        } else if (const char c = digit(view[i]); c != '\0') {
            digits.push_back(static_cast<std::uint8_t>(c));
        }
    }
    return Secret(std::move(digits));
}

// Whatever stands before the encoded text may have digits too: each alignment is tried.
bool base64_holds(std::string_view view, int layers);
bool hex_holds(std::string_view view, int layers);

bool holds(BytesView view, int layers) {
    if (holds_marker(text(view)) || holds_der_key(view) || is_point(view)) {
        return true;
    }
    return layers > 0 &&
           (base64_holds(text(view), layers - 1) || hex_holds(text(view), layers - 1));
}

bool base64_holds(std::string_view view, int layers) {
    const Secret all = digits_of(view, base64url_digit);
    for (std::size_t skipped = 0; skipped < 4 && all.size() >= min_digits + skipped; ++skipped) {
        const BytesView digits = all.view().subspan(skipped);
        Bytes padded((digits.size() + 3) / 4 * 4, 'A');
        std::copy(digits.begin(), digits.end(), padded.begin());
        const Secret encoded(std::move(padded));
        Secret decoded(Bytes(encoded.size() / 4 * 3));
        base64url_decode_into(text(encoded.view()), decoded.writable().data());
        decoded.shorten(base64url_decoded_size(digits.size()));
        if (holds(decoded.view(), layers)) {
            return true;
        }
    }
    return false;
}

bool hex_holds(std::string_view view, int layers) {
    const Secret all = digits_of(view, hex_digit);
    for (std::size_t skipped = 0; skipped < 2 && all.size() >= min_digits + skipped; ++skipped) {
        const std::string_view digits = text(all.view()).substr(skipped);
        Secret decoded(Bytes(digits.size() / 2));
        hex_decode_into(digits, decoded.writable().data());
        if (holds(decoded.view(), layers)) {
            return true;
        }
    }
    return false;
}

// Of a text in UTF-16 every second byte is zero.
Secret narrowed(BytesView secret) {
    Bytes narrow;
    narrow.reserve(secret.size());
    std::copy_if(secret.begin(), secret.end(), std::back_inserter(narrow),
                 [](std::uint8_t byte) { return byte != 0; });
    return Secret(std::move(narrow));
}

} // namespace

bool holds_public_form(BytesView secret) {
    if (holds(secret, max_layers)) {
        return true;
    }
    const auto zeros =
        static_cast<std::size_t>(std::count(secret.begin(), secret.end(), std::uint8_t{0}));
    return zeros >= min_digits / 2 && zeros >= secret.size() / 2 - 2 &&
           holds(narrowed(secret).view(), max_layers);
}

} // namespace sallyport::jwt
