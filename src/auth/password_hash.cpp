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
#include "auth/argon2.hpp"
#include "auth/crypt_hash.hpp"
#include "base/encoding.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"

namespace sallyport::auth {

// A digest in base64, in some formats followed by the salt.
struct DigestForm {
    std::string_view mark;
    const EVP_MD* (*algorithm)();
    bool salted;
};

namespace {

constexpr std::string_view plain_mark = "{PLAIN}";
constexpr std::string_view crypt_mark = "{CRYPT}";
constexpr std::string_view apr1_mark = "$apr1$";
constexpr std::size_t apr1_size = 22;

const std::array<DigestForm, 4> digest_forms{{{"{SHA}", EVP_sha1, false},
                                              {"{SSHA}", EVP_sha1, true},
                                              {"{SSHA256}", EVP_sha256, true},
                                              {"{SSHA512}", EVP_sha512, true}}};

bool same(std::string_view one, std::string_view other) noexcept {
    return equal_in_constant_time(bytes(one), bytes(other));
}

// Contains a copy of the password while it is used.
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
    for (const DigestForm& form : digest_forms) {
        if (text.starts_with(form.mark)) {
            return parse_digest(form, text.substr(form.mark.size()));
        }
    }
    if (text.starts_with(crypt_mark)) {
        return parse_crypt(text.substr(crypt_mark.size()));
    }
    if (is_argon2(text)) {
        auto wrong = wrong_argon2_hash(text);
        return wrong ? Result<PasswordHash>(failure(std::move(*wrong)))
                     : PasswordHash(Kind::argon2, std::string(text));
    }
    if (text.starts_with(apr1_mark)) {
        const auto end = text.find('$', apr1_mark.size());
        if (end == std::string_view::npos || text.size() - end - 1 != apr1_size) {
            return failure("an invalid apr1 hash");
        }
        return PasswordHash(Kind::apr1, std::string(text));
    }
    return parse_crypt(text);
}

Result<PasswordHash> PasswordHash::parse_digest(const DigestForm& form, std::string_view encoded) {
    const auto decoded = base64_decode(encoded);
    const auto size = static_cast<std::size_t>(EVP_MD_get_size(form.algorithm()));
    if (!decoded || decoded->size() < size || (!form.salted && decoded->size() != size)) {
        return failure("an invalid digest");
    }
    PasswordHash hash(Kind::digest, std::string(sallyport::text(*decoded)));
    hash.form_ = &form;
    return hash;
}

Result<PasswordHash> PasswordHash::parse_crypt(std::string_view text) {
    if (auto wrong = wrong_crypt_hash(text)) {
        return failure(std::move(*wrong));
    }
    return PasswordHash(Kind::crypt, std::string(text));
}

bool PasswordHash::is_slow() const noexcept {
    return kind_ == Kind::apr1 || kind_ == Kind::crypt || kind_ == Kind::argon2;
}

std::string_view PasswordHash::kind() const noexcept {
    switch (kind_) {
    case Kind::apr1:
        return apr1_mark;
    case Kind::crypt:
        return crypt_kind(text_);
    case Kind::argon2:
        return argon2_kind(text_);
    case Kind::plain:
    case Kind::digest:
        break;
    }
    return {};
}

bool PasswordHash::matches(std::string_view password) const {
    // crypt(3) stops at NUL, and some of its hashes ignore a part of the password.
    if (password.size() > max_password_bytes || has_control(password) ||
        (kind_ == Kind::crypt && !crypt_counts_all(text_, password))) {
        return false;
    }
    switch (kind_) {
    case Kind::plain:
        return same(password, text_);
    case Kind::digest:
        return matches_digest(password);
    case Kind::apr1:
        return matches_apr1(password);
    case Kind::argon2:
        return argon2_matches(text_, password);
    case Kind::crypt:
        break;
    }
    return matches_crypt(password);
}

bool PasswordHash::matches_digest(std::string_view password) const {
    const std::string_view stored = text_;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const DigestContext context(EVP_MD_CTX_new());
    const auto add = [&](std::string_view part) {
        return EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    };
    const std::string_view salt =
        stored.substr(static_cast<std::size_t>(EVP_MD_get_size(form_->algorithm())));
    if (!context || EVP_DigestInit_ex(context.get(), form_->algorithm(), nullptr) != 1 ||
        !add(password) || !add(salt) ||
        EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
        throw std::runtime_error("a digest failed");
    }
    const bool matches =
        same(sallyport::text(BytesView(digest).first(size)), stored.substr(0, size));
    cleanse(digest.data(), digest.size());
    return matches;
}

bool PasswordHash::matches_apr1(std::string_view password) const {
    const std::string_view stored = text_;
    const auto end = stored.find('$', apr1_mark.size());
    const std::string_view salt = stored.substr(apr1_mark.size(), end - apr1_mark.size());
    std::string computed = apr1(password, salt);
    const bool matches = same(computed, stored.substr(end + 1));
    cleanse(computed.data(), computed.size());
    return matches;
}

bool PasswordHash::matches_crypt(std::string_view password) const {
    Bytes copy(password.size() + 1); // with a terminating NUL
    std::copy(password.begin(), password.end(), copy.begin());
    const Secret phrase(std::move(copy));
    const auto state = std::make_unique<CryptState>();
    const char* const out =
        crypt_r(reinterpret_cast<const char*>(phrase.view().data()), text_.c_str(), &state->data);
    // An error begins with a star, and no hash does.
    if (out == nullptr || out[0] == '*') {
        throw std::runtime_error("crypt(3) cannot compute a hash: " +
                                 std::generic_category().message(errno));
    }
    return same(out, text_);
}

} // namespace sallyport::auth
