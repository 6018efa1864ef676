#include "jwt/ecdsa_der.hpp"

#include <algorithm>

#include <openssl/ecdsa.h>

#include "jwt/openssl.hpp"

namespace sallyport::jwt {
namespace {

using Signature = Handle<ECDSA_SIG, ECDSA_SIG_free>;

// The shortest two's complement form of an unsigned number: no leading zeros but one where the
// first bit would read as a sign.
std::uint8_t* write_integer(BytesView number, std::uint8_t* out) {
    while (number.size() > 1 && number.front() == 0) {
        number = number.subspan(1);
    }
    const bool sign = (number.front() & 0x80) != 0;
    *out++ = 0x02;
    *out++ = static_cast<std::uint8_t>(number.size() + (sign ? 1 : 0));
    if (sign) {
        *out++ = 0;
    }
    return std::copy(number.begin(), number.end(), out);
}

} // namespace

BytesView EcdsaDer::encode(BytesView signature) {
    const std::size_t half = signature.size() / 2;
    if (half == 0 || half > max_coordinate || signature.size() % 2 != 0) {
        return {};
    }
    std::uint8_t* const body = der_.data() + 3;
    std::uint8_t* end = write_integer(signature.first(half), body);
    end = write_integer(signature.last(half), end);
    const auto size = static_cast<std::size_t>(end - body);
    std::uint8_t* start = body;
    *--start = static_cast<std::uint8_t>(size);
    if (size > 0x7f) {
        *--start = 0x81;
    }
    *--start = 0x30;
    return {start, end};
}

Bytes ecdsa_raw(BytesView der, std::size_t field_bytes) {
    const std::uint8_t* in = der.data();
    const Signature parsed(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
    Bytes raw(2 * field_bytes);
    const int size = static_cast<int>(field_bytes);
    if (!parsed || BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), raw.data(), size) != size ||
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), raw.data() + field_bytes, size) != size) {
        return {};
    }
    return raw;
}

} // namespace sallyport::jwt
