#include "base/encoding.hpp"
#include "check.hpp"
#include "hashes.hpp"

// base64 with padding, which differs from base64url in more than two characters.

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void published_values(Checks& checks) {
    struct Row {
        std::string_view buffer;
        std::string_view encoded;
    };
    // RFC 4648 sections 9 and 10, RFC 7617 section 2.
    const Row rows[] = {{"", ""},
                        {"f", "Zg=="},
                        {"fo", "Zm8="},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg=="},
                        {"fooba", "Zm9vYmE="},
                        {"foobar", "Zm9vYmFy"},
                        {"\x14\xfb\x9c\x03\xd9\x7e", "FPucA9l+"},
                        {"\x14\xfb\x9c\x03\xd9", "FPucA9k="},
                        {"\x14\xfb\x9c\x03", "FPucAw=="},
                        {"\xff\xff\xfe", "///+"},
                        {"Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}};
    for (const Row& row : rows) {
        const auto decoded = base64_decode(row.encoded);
        checks.that(decoded && text(*decoded) == row.buffer, row.encoded);
    }
    const std::string longer = "Zm9vYmFy";
    const auto cut = base64_decode(std::string_view(longer).substr(0, 4));
    checks.that(cut && text(*cut) == "foo", "its own end");
}

void other_spellings_are_refused(Checks& checks) {
    for (const std::string_view bad :
         {"Z",        "Zg",         "Zg=",      "Zg===",    "Zg====",     "Zm8",       "Zm8==",
          "Zm8===",   "Zm9v=",      "Zm9v==",   "Zm9v====", "=",          "==",        "===",
          "====",     "=Zg=",       "Z=g=",     "Z===",     "=Zm9",       "Zg=a",      "Zg==Zg==",
          "Zm8=Zm8=", "Zm9vZ===",   "Zh==",     "Zv==",     "Z/==",       "Zm9=",      "Zm+=",
          "Zm9vYmF=", "-_-_",       "Zm9-",     "Zm9_",     " Zm9v",      "Zm9v ",     "Zm 9v",
          "Zm9v\n",   "Zm9v\r\n",   "Zm\r\n9v", "\tZm9v",   "Zm9vYg==\n", "Zm9vYg= =", "Zm9vYg =",
          "Zm9v\x80", "\xc3\xa9zz", "Zm9\xc3",  "Zm9vY",    "Zm9vYg",     "Zm9vYmE",   "Zm9%3D",
          "Zm9.",     "Zm9,",       "Zm9*",     "Zm9@",     "Zm9[",       "Zm9`",      "Zm9{"}) {
        checks.that(!base64_decode(bad).has_value(), bad);
    }
    checks.that(!base64_decode(std::string_view("Zm9\0", 4)).has_value(), "NUL");
    checks.that(!base64_decode(std::string_view("\0\0\0\0", 4)).has_value(), "NULs");
    checks.that(!base64_decode(std::string_view("Zg==\0\0\0\0", 8)).has_value(), "NULs behind");
}

void every_pair_of_characters(Checks& checks) {
    int valid = 0;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const char quad[] = {static_cast<char>(first), static_cast<char>(second), '=', '='};
            const auto high = alphabet.find(quad[0]);
            const auto low = alphabet.find(quad[1]);
            const bool good = high != alphabet.npos && low != alphabet.npos && low % 16 == 0;
            const auto decoded = base64_decode({quad, 4});
            checks.equal(decoded.has_value(), good, {quad, 4});
            checks.that(!decoded || (*decoded)[0] == high * 4 + low / 16, {quad, 4});
            valid += decoded.has_value() ? 1 : 0;
        }
    }
    checks.equal(valid, 256, "one spelling for each byte");
}

void every_length(Checks& checks) {
    for (std::size_t size = 0; size < 200; ++size) {
        std::string buffer(size, '\0');
        for (std::size_t at = 0; at < size; ++at) {
            buffer[at] = static_cast<char>(at * 37 + size);
        }
        const std::string encoded = base64(buffer);
        const auto decoded = base64_decode(encoded);
        checks.that(decoded && text(*decoded) == buffer, encoded);
        checks.that(size == 0 || !base64_decode(encoded.substr(1)).has_value(), encoded);
        checks.that(size == 0 || !base64_decode(encoded.substr(0, encoded.size() - 1)), encoded);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<published_values>),
        cmocka_unit_test(run<other_spellings_are_refused>),
        cmocka_unit_test(run<every_pair_of_characters>),
        cmocka_unit_test(run<every_length>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
