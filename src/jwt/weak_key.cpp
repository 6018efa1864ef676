#include "jwt/weak_key.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"

namespace sallyport::jwt {
namespace {

// The primes whose product each of those keys has in common with all, whatever its size.
constexpr auto roca_primes = std::to_array<BN_ULONG>(
    {3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
     73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167});

// Whether a residue is a power of 65537, as those of the factors and so of the modulus are.
bool is_roca_residue(BN_ULONG residue, BN_ULONG prime) noexcept {
    BN_ULONG power = 1;
    do {
        if (power == residue) {
            return true;
        }
        power = power * 65537 % prime;
    } while (power != 1);
    return false;
}

// The y coordinates of all points of small order, and their spellings above the prime; the top bit
// is the sign of x.
constexpr auto small_25519 = std::to_array<std::string_view>({
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
});

constexpr auto small_448 = std::to_array<std::string_view>({
    "00000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000",
    "01000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000",
    "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "feffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "feffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
    "00000000000000000000000000000000000000000000000000000000"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
});

template <std::size_t size, std::size_t count>
bool is_one_of(BytesView point, const std::array<std::string_view, count>& table) noexcept {
    std::array<std::uint8_t, size> y;
    std::copy(point.begin(), point.end(), y.begin());
    y.back() &= 0x7f;
    return std::any_of(table.begin(), table.end(), [&](std::string_view hex) {
        std::array<std::uint8_t, size> small;
        hex_decode_into(hex, small.data());
        return y == small;
    });
}

} // namespace

bool is_roca_modulus(const BIGNUM* modulus) noexcept {
    return std::all_of(roca_primes.begin(), roca_primes.end(), [&](BN_ULONG prime) {
        return is_roca_residue(BN_mod_word(modulus, prime), prime);
    });
}

bool is_small_order(BytesView point) noexcept {
    return (point.size() == 32 && is_one_of<32>(point, small_25519)) ||
           (point.size() == 57 && is_one_of<57>(point, small_448));
}

} // namespace sallyport::jwt
