#include "auth/apr1.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "base/openssl.hpp"
#include "base/secret.hpp"

namespace sallyport::auth {
namespace {

constexpr std::size_t digest_size = 16;
using Md5 = std::array<std::uint8_t, digest_size>;

class Hasher {
  public:
    Hasher() : context_(EVP_MD_CTX_new()) { begin(); }

    void begin() { expect(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1); }
    void add(std::string_view buffer) {
        expect(EVP_DigestUpdate(context_.get(), buffer.data(), buffer.size()) == 1);
    }
    void end(Md5& out) { expect(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1); }

  private:
    static void expect(bool done) {
        if (!done) {
            throw std::runtime_error("MD5 failed");
        }
    }

    DigestAlgorithm algorithm_{EVP_MD_fetch(nullptr, "MD5", nullptr)};
    DigestContext context_;
};

std::string_view view(const Md5& digest, std::size_t size = digest_size) {
    return text(BytesView(digest).first(size));
}

void first_round(Hasher& md5, std::string_view password, std::string_view salt, Md5& digest) {
    for (const std::string_view part : {password, salt, password}) {
        md5.add(part);
    }
    md5.end(digest);
    md5.begin();
    for (const std::string_view part : {password, std::string_view("$apr1$"), salt}) {
        md5.add(part);
    }
    for (std::size_t left = password.size(); left > 0; left -= std::min(left, digest_size)) {
        md5.add(view(digest, std::min(left, digest_size)));
    }
    for (std::size_t bits = password.size(); bits > 0; bits >>= 1) {
        md5.add((bits & 1) != 0 ? std::string_view("\0", 1) : password.substr(0, 1));
    }
    md5.end(digest);
}

void digest_round(Hasher& md5, int number, std::string_view password, std::string_view salt,
                  Md5& digest) {
    const bool odd = number % 2 != 0;
    md5.begin();
    md5.add(odd ? password : view(digest));
    if (number % 3 != 0) {
        md5.add(salt);
    }
    if (number % 7 != 0) {
        md5.add(password);
    }
    md5.add(odd ? view(digest) : password);
    md5.end(digest);
}

std::string encode(const Md5& digest) {
    constexpr std::string_view alphabet =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::size_t size = 22;
    std::string out;
    out.reserve(size); // reallocation would leave copies of the password in memory
    const auto add = [&](std::uint32_t word, int characters) {
        for (; characters > 0; --characters, word >>= 6) {
            out += alphabet[word & 0x3f];
        }
    };
    constexpr std::array<std::array<std::size_t, 3>, 5> order{
        {{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}}};
    for (const auto& [high, middle, low] : order) {
        add(static_cast<std::uint32_t>(digest[high] << 16 | digest[middle] << 8 | digest[low]), 4);
    }
    add(digest[11], 2);
    return out;
}

} // namespace

std::string apr1(std::string_view password, std::string_view salt) {
    constexpr int rounds = 1000;
    constexpr std::size_t max_salt = 8;
    salt = salt.substr(0, max_salt);
    Hasher md5;
    Md5 digest{};
    first_round(md5, password, salt, digest);
    for (int i = 0; i < rounds; ++i) {
        digest_round(md5, i, password, salt, digest);
    }
    std::string out = encode(digest);
    cleanse(digest.data(), digest.size());
    return out;
}

} // namespace sallyport::auth
