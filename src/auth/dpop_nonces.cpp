#include "auth/dpop_nonces.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/openssl.hpp"

namespace sallyport::auth {
namespace {

constexpr std::size_t nonce_bytes = 16;

} // namespace

Result<Secret> DpopNonces::read_key(std::string_view text) {
    if (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    Secret key(Bytes(text.size() / 2));
    if (!hex_decode_into(text, key.writable().data())) {
        return failure("contains something other than pairs of hexadecimal digits");
    }
    if (key.size() < min_key_bytes) {
        return failure("contains a key of less than " + std::to_string(min_key_bytes) + " bytes");
    }
    if (key.size() > max_key_bytes) {
        return failure("contains a key of more than " + std::to_string(max_key_bytes) + " bytes");
    }
    return key;
}

std::string DpopNonces::current(std::int64_t now, std::int64_t seconds) {
    return of_slot(now / seconds, seconds);
}

std::optional<DpopNonces::Age> DpopNonces::age(std::string_view nonce, std::int64_t now,
                                               std::int64_t seconds) {
    const std::int64_t slot = now / seconds;
    if (equal_in_constant_time(bytes(nonce), bytes(of_slot(slot, seconds)))) {
        return Age::current;
    }
    return equal_in_constant_time(bytes(nonce), bytes(of_slot(slot - 1, seconds)))
               ? std::optional(Age::previous)
               : std::nullopt;
}

const std::string& DpopNonces::of_slot(std::int64_t slot, std::int64_t seconds) {
    Known& known = known_[static_cast<std::size_t>(slot & 1)];
    if (known.slot != slot || known.seconds != seconds) {
        known = {slot, seconds, compute(slot, seconds)};
    }
    return known.nonce;
}

std::string DpopNonces::compute(std::int64_t slot, std::int64_t seconds) const {
    const std::string input =
        "DPoP nonce " + std::to_string(slot) + " of " + std::to_string(seconds) + " s";
    Digest mac{};
    std::size_t size = 0;
    required(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_.view().data(), key_.size(),
                       bytes(input).data(), input.size(), mac.data(), mac.size(), &size));
    return base64url_encode(BytesView(mac).first(nonce_bytes));
}

} // namespace sallyport::auth
