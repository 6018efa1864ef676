#include <algorithm>

#include "base/encoding.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void published_values(Checks& checks) {
    struct Row {
        std::string_view buffer;
        std::string_view encoded;
    };
    // RFC 4648 section 10, RFC 7515 appendix C.
    const Row rows[] = {{"", ""},
                        {"f", "Zg"},
                        {"fo", "Zm8"},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg"},
                        {"fooba", "Zm9vYmE"},
                        {"foobar", "Zm9vYmFy"},
                        {"\x03\xec\xff\xe0\xc1", "A-z_4ME"}};
    for (const Row& row : rows) {
        checks.equal(base64url_encode(bytes(row.buffer)), row.encoded, row.encoded);
        const auto decoded = base64url_decode(row.encoded);
        checks.that(decoded && text(*decoded) == row.buffer, row.encoded);
    }
}

void other_spellings_are_refused(Checks& checks) {
    for (const std::string_view bad :
         {"Zg=",    "Zg==", "Zm8=", "=",    "====",  "Zg ",   " Zg",     "Z g",      "Zg\n",
          "Zg\r\n", "\tZg", "Z+",   "Z/",   "Zm9+",  "Zm9/",  "Z",       "Zm9vY",    "Zh",
          "Zv",     "Zm9",  "Zm-",  "Zm.v", "Zm%3D", "Zm9v!", "Zm9vYg=", "\xc3\xa9", "Zm9v\x80"}) {
        Bytes out(base64url_decoded_size(bad.size()) + 1);
        checks.that(!base64url_decode(bad).has_value(), bad);
        checks.that(!base64url_decode_into(bad, out.data()), bad);
    }
    const std::string_view with_nul("Zg\0A", 4);
    checks.that(!base64url_decode(with_nul).has_value(), "NUL");
}

void every_pair_of_characters(Checks& checks) {
    int valid = 0;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const char pair[] = {static_cast<char>(first), static_cast<char>(second)};
            const auto decoded = base64url_decode({pair, 2});
            const auto high = alphabet.find(pair[0]);
            const auto low = alphabet.find(pair[1]);
            const bool good = high != alphabet.npos && low != alphabet.npos && low % 16 == 0;
            checks.equal(decoded.has_value(), good, {pair, 2});
            valid += decoded.has_value() ? 1 : 0;
        }
    }
    checks.equal(valid, 256, "one spelling for each byte");
}

// As RFC 4648 describes it, a character at a time.
std::optional<Bytes> decoded_slowly(std::string_view encoded) {
    Bytes buffer;
    unsigned word = 0;
    unsigned bits = 0;
    for (const char c : encoded) {
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) {
            return std::nullopt;
        }
        word = (word << 6 | static_cast<unsigned>(value)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buffer.push_back(static_cast<std::uint8_t>(word >> bits));
        }
    }
    const bool stray = (word & ((1U << bits) - 1)) != 0;
    return bits == 6 || stray ? std::nullopt : std::optional(buffer);
}

void every_character_in_every_place(Checks& checks) {
    for (std::size_t size = 1; size < 40; ++size) {
        for (std::size_t place = 0; place < size; ++place) {
            for (int c = 0; c < 256; ++c) {
                std::string encoded(size, '\0');
                for (std::size_t i = 0; i < size; ++i) {
                    encoded[i] = alphabet[(i * 29 + size * 7) % 64];
                }
                encoded.back() = alphabet[size % 4 * 16]; // no stray bits
                encoded[place] = static_cast<char>(c);
                checks.that(base64url_decode(encoded) == decoded_slowly(encoded), encoded);
            }
        }
    }
}

void decoding_into_a_buffer(Checks& checks) {
    for (std::size_t size = 0; size < 70; ++size) {
        Bytes buffer(size);
        for (std::size_t at = 0; at < size; ++at) {
            buffer[at] = static_cast<std::uint8_t>(at * 37 + size);
        }
        const std::string encoded = base64url_encode(buffer);
        checks.equal(static_cast<long long>(base64url_decoded_size(encoded.size())),
                     static_cast<long long>(size), "size");
        Bytes out(size);
        checks.that(base64url_decode_into(encoded, out.data()) && out == buffer, encoded);
    }
}

void hexadecimal(Checks& checks) {
    const auto value = hex_decode("00fFaB19");
    checks.that(value && *value == Bytes{0x00, 0xff, 0xab, 0x19}, "both cases");
    const auto empty = hex_decode("");
    checks.that(empty && empty->empty(), "empty");
    checks.that(!hex_decode(std::string_view("00f0").substr(0, 3)).has_value(), "its own end");
    for (const char* bad : {"0", "000", "0g", "g0", "0x00", " 00", "00 ", "0 0", "-1", "+1", "00\n",
                            "\xff\xff", "@@", "``", "//", "::"}) {
        checks.that(!hex_decode(bad).has_value(), bad);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<published_values>),
        cmocka_unit_test(run<other_spellings_are_refused>),
        cmocka_unit_test(run<every_pair_of_characters>),
        cmocka_unit_test(run<every_character_in_every_place>),
        cmocka_unit_test(run<decoding_into_a_buffer>),
        cmocka_unit_test(run<hexadecimal>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
