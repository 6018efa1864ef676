#include "auth/crypt_hash.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>

#include <crypt.h>
#include <unistd.h>

namespace sallyport::auth {
namespace {

using Wrong = std::optional<std::string>;

constexpr std::string_view alphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

Wrong bad_cost() {
    return "a cost that crypt(3) does not support";
}

// The oldest format has no prefix: two characters of salt, and eleven of the hash.
bool is_des(std::string_view hash) noexcept {
    constexpr std::size_t size = 13;
    return hash.size() == size && hash.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_bsdi(std::string_view hash) noexcept {
    constexpr std::size_t size = 20;
    return hash.size() == size && hash.starts_with('_');
}

// The hash follows the last dollar sign. That of MD5 is the shortest.
bool is_cut(std::string_view hash) noexcept {
    constexpr std::size_t bcrypt_size = 60;
    constexpr std::size_t shortest = 22;
    return hash.starts_with("$2") ? hash.size() != bcrypt_size
                                  : hash.size() - hash.rfind('$') - 1 < shortest;
}

// Decimal digits only, without leading zeros.
bool is_number(std::string_view text, std::uint32_t least, std::uint32_t most) noexcept {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.starts_with('0') &&
           value >= least && value <= most;
}

bool is_computed(const std::string& setting) {
    const auto state = std::make_unique<crypt_data>();
    const char* const out = crypt_r("", setting.c_str(), state.get());
    return out != nullptr && out[0] != '*';
}

// scrypt and yescrypt.
Wrong check_memory_of(double log2_n, double r) {
    constexpr double block = 128;
    return check_memory(block * r * std::exp2(log2_n));
}

// Two digits after the prefix of four characters.
Wrong check_bcrypt(std::string_view hash) {
    constexpr std::string_view least = "04";
    constexpr std::string_view most = "31";
    const std::string_view cost = hash.substr(4, 2);
    const bool digits = cost.find_first_not_of("0123456789") == std::string_view::npos;
    return hash[3] == '$' && hash[6] == '$' && digits && cost >= least && cost <= most
               ? std::nullopt
               : bad_cost();
}

Wrong check_sha_crypt(std::string_view hash) {
    constexpr std::string_view mark = "rounds=";
    constexpr std::uint32_t least = 1000;
    constexpr std::uint32_t most = 999'999'999;
    const std::string_view rest = hash.substr(3);
    if (!rest.starts_with(mark)) {
        return std::nullopt;
    }
    const auto end = rest.find('$');
    const bool good = end != std::string_view::npos &&
                      is_number(rest.substr(mark.size(), end - mark.size()), least, most);
    return good ? std::nullopt : bad_cost();
}

// One character each for flavour, log2 N - 1 and r - 1, as crypt_gensalt(3) creates them. Computing
// the hash with minimal cost shows whether the rest is valid.
Wrong check_yescrypt(std::string_view hash, std::size_t mark) {
    constexpr std::size_t parameters = 3;
    constexpr std::size_t longer = 48; // starts a number of two or more characters
    if (hash.size() <= mark + parameters || hash[mark + parameters] != '$') {
        return bad_cost();
    }
    const auto log2_n = alphabet.find(hash[mark + 1]);
    const auto r = alphabet.find(hash[mark + 2]);
    if (log2_n >= longer || r >= longer) {
        return bad_cost();
    }
    std::string cheapest(hash);
    cheapest[mark + 1] = '1';
    cheapest[mark + 2] = '.';
    return is_computed(cheapest)
               ? check_memory_of(static_cast<double>(log2_n + 1), static_cast<double>(r + 1))
               : bad_cost();
}

// A 30-bit number in five characters, the least significant first.
double scrypt_number(std::string_view text) noexcept {
    constexpr double base = 64;
    double value = 0;
    for (std::size_t i = text.size(); i-- > 0;) {
        value = value * base + static_cast<double>(alphabet.find(text[i]));
    }
    return value;
}

// One character for log2 N, and five each for r and p.
Wrong check_scrypt(std::string_view hash) {
    constexpr std::size_t begin = 3;
    constexpr std::size_t number = 5;
    constexpr std::size_t end = begin + 1 + 2 * number;
    constexpr double limit = 1 << 30; // of r p
    if (hash.size() <= end ||
        hash.substr(begin, end - begin).find_first_not_of(alphabet) != std::string_view::npos) {
        return bad_cost();
    }
    const double r = scrypt_number(hash.substr(begin + 1, number));
    const double p = scrypt_number(hash.substr(begin + 1 + number, number));
    std::string cheapest(hash);
    cheapest.replace(begin, end - begin, "2/..../....");
    if (r * p < 1 || r * p >= limit || !is_computed(cheapest)) {
        return bad_cost();
    }
    return check_memory_of(static_cast<double>(alphabet.find(hash[begin])), r);
}

// $sha1$iterations$ and $md5,rounds=number$.
Wrong check_number_behind(std::string_view hash, std::string_view mark) {
    constexpr std::uint32_t most = 0xffff'ffff;
    const std::string_view rest = hash.substr(mark.size());
    return is_number(rest.substr(0, rest.find('$')), 1, most) ? std::nullopt : bad_cost();
}

// A dollar sign ends the prefix, and another one the parameters, if any.
std::size_t kind_size(std::string_view hash) noexcept {
    constexpr std::size_t bsdi = 5;
    constexpr std::size_t scrypt = 14;
    if (is_bsdi(hash)) {
        return bsdi;
    }
    if (hash.starts_with("$7$")) {
        return scrypt;
    }
    const std::size_t mark = hash.find('$', 1) + 1;
    const bool has_parameters = hash.starts_with("$2") || hash.starts_with("$y$") ||
                                hash.starts_with("$gy$") || hash.starts_with("$sha1$") ||
                                hash.substr(mark).starts_with("rounds=");
    return has_parameters ? hash.find('$', mark) + 1 : mark;
}

} // namespace

std::optional<std::string> check_memory(double bytes) {
    const double pages = static_cast<double>(sysconf(_SC_PHYS_PAGES));
    if (bytes > pages * static_cast<double>(sysconf(_SC_PAGESIZE))) {
        return "a hash that needs more memory than this machine has";
    }
    return std::nullopt;
}

std::string_view crypt_kind(std::string_view hash) noexcept {
    return hash.substr(0, kind_size(hash));
}

bool crypt_counts_all(std::string_view hash, std::string_view password) noexcept {
    constexpr std::size_t bcrypt = 72;
    if (hash.starts_with("$2")) {
        return password.size() <= bcrypt;
    }
    return !is_bsdi(hash) || std::all_of(password.begin(), password.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80;
    });
}

Wrong wrong_crypt_hash(std::string_view hash) {
    if (is_des(hash)) {
        return "a DES hash, which ignores all but eight characters of a password";
    }
    const std::string setting(hash);
    const int verdict = crypt_checksalt(setting.c_str());
    const bool known = hash.starts_with('$') || is_bsdi(hash);
    if (!known || crypt_kind(hash).empty() || verdict == CRYPT_SALT_INVALID ||
        verdict == CRYPT_SALT_METHOD_DISABLED) {
        return "a password in an unknown format";
    }
    if (hash.starts_with('$') && is_cut(hash)) {
        return "a truncated hash";
    }
    if (hash.starts_with("$2")) {
        return check_bcrypt(hash);
    }
    if (hash.starts_with("$5$") || hash.starts_with("$6$")) {
        return check_sha_crypt(hash);
    }
    for (const std::string_view mark : {"$y$", "$gy$"}) {
        if (hash.starts_with(mark)) {
            return check_yescrypt(hash, mark.size());
        }
    }
    if (hash.starts_with("$7$")) {
        return check_scrypt(hash);
    }
    for (const std::string_view mark : {"$sha1$", "$md5,rounds="}) {
        if (hash.starts_with(mark)) {
            return check_number_behind(hash, mark);
        }
    }
    if (hash.starts_with("$md5") && !hash.starts_with("$md5$")) {
        return bad_cost();
    }
    return std::nullopt;
}

} // namespace sallyport::auth
