#include "auth/password_hash.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <crypt.h>
#include <openssl/evp.h>

#include "auth/apr1.hpp"
#include "auth/crypt_hash.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"

namespace sallyport::auth {
namespace {

constexpr std::string_view plain_mark = "{PLAIN}";
constexpr std::string_view sha1_mark = "{SHA}";
constexpr std::string_view salted_sha1_mark = "{SSHA}";
constexpr std::string_view apr1_mark = "$apr1$";
constexpr std::size_t sha1_size = 20;
constexpr std::size_t apr1_size = 22;

bool same(std::string_view one, std::string_view other) noexcept {
    return equal_in_constant_time(bytes(one), bytes(other));
}

// Holds a copy of the password while it works.
struct CryptState {
    crypt_data data{};
    CryptState() = default;
    CryptState(const CryptState&) = delete;
    CryptState& operator=(const CryptState&) = delete;
    ~CryptState() { cleanse(&data, sizeof(data)); }
};

} // namespace

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
    if (has_control(text)) {
        return failure("a control character in its password");
    }
    if (text == plain_mark) {
        return failure("an empty password");
    }
    if (text.starts_with(plain_mark)) {
        return PasswordHash(Kind::plain, std::string(text.substr(plain_mark.size())));
    }
    const bool salted = text.starts_with(salted_sha1_mark);
    if (salted || text.starts_with(sha1_mark)) {
        const auto octets =
            base64_decode(text.substr(salted ? salted_sha1_mark.size() : sha1_mark.size()));
        if (!octets || octets->size() < sha1_size || (!salted && octets->size() != sha1_size)) {
            return failure("a broken SHA-1 hash");
        }
        return PasswordHash(salted ? Kind::salted_sha1 : Kind::sha1,
                            std::string(sallyport::text(*octets)));
    }
    if (text.starts_with(apr1_mark)) {
        const auto end = text.find('$', apr1_mark.size());
        if (end == std::string_view::npos || text.size() - end - 1 != apr1_size) {
            return failure("a broken apr1 hash");
        }
        return PasswordHash(Kind::apr1, std::string(text));
    }
    return parse_crypt(text);
}

Result<PasswordHash> PasswordHash::parse_crypt(std::string_view text) {
    if (auto wrong = wrong_crypt_hash(text)) {
        return failure(std::move(*wrong));
    }
    return PasswordHash(Kind::crypt, std::string(text));
}

bool PasswordHash::is_slow() const noexcept {
    return kind_ == Kind::apr1 || kind_ == Kind::crypt;
}

bool PasswordHash::matches(std::string_view password) const {
    // What a library in C takes for the end is not the end.
    if (password.size() > max_password_bytes || has_control(password)) {
        return false;
    }
    switch (kind_) {
    case Kind::plain:
        return same(password, text_);
    case Kind::sha1:
    case Kind::salted_sha1:
        return matches_sha1(password);
    case Kind::apr1:
        return matches_apr1(password);
    case Kind::crypt:
        break;
    }
    return matches_crypt(password);
}

bool PasswordHash::matches_sha1(std::string_view password) const {
    const std::string_view stored = text_;
    std::string input(password);
    input += stored.substr(sha1_size);
    std::array<std::uint8_t, sha1_size> digest{};
    const int done =
        EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    cleanse(input.data(), input.size());
    if (done != 1) {
        throw std::runtime_error("SHA-1 failed");
    }
    return same(sallyport::text(digest), stored.substr(0, sha1_size));
}

bool PasswordHash::matches_apr1(std::string_view password) const {
    const std::string_view stored = text_;
    const auto end = stored.find('$', apr1_mark.size());
    const std::string_view salt = stored.substr(apr1_mark.size(), end - apr1_mark.size());
    return same(apr1(password, salt), stored.substr(end + 1));
}

bool PasswordHash::matches_crypt(std::string_view password) const {
    Bytes copy(password.size() + 1); // ends with a NUL
    std::copy(password.begin(), password.end(), copy.begin());
    const Secret phrase(std::move(copy));
    const auto state = std::make_unique<CryptState>();
    const char* const out =
        crypt_r(reinterpret_cast<const char*>(phrase.view().data()), text_.c_str(), &state->data);
    // A failure begins with a star, which no hash does.
    if (out == nullptr || out[0] == '*') {
        throw std::runtime_error("crypt(3) cannot compute a hash: " +
                                 std::generic_category().message(errno));
    }
    return same(out, text_);
}

} // namespace sallyport::auth
