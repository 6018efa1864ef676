#include <cstddef>
#include <string>

#include <zlib.h>

#include "base/gunzip.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr std::size_t limit = 100'000;
constexpr int gzip = 16 + MAX_WBITS;

std::string packed(const std::string& plain, int kind = gzip) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kind, 8, Z_DEFAULT_STRATEGY);
    std::string room(deflateBound(&stream, plain.size()), '\0');
    std::string source = plain;
    stream.next_in = reinterpret_cast<Bytef*>(source.data());
    stream.avail_in = static_cast<uInt>(source.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    deflate(&stream, Z_FINISH);
    room.resize(stream.total_out);
    deflateEnd(&stream);
    return room;
}

void unpacks(Checks& checks, const std::string& from, const std::string& to, const char* what) {
    const auto plain = gunzip(bytes(from), limit);
    checks.that(plain && text(plain->view()) == to, what);
}

void refuses(Checks& checks, const std::string& from, const std::string& what) {
    checks.that(!gunzip(bytes(from), limit), what.c_str());
}

// Sizes around those of the room that it begins with, and of the limit.
void every_size(Checks& checks) {
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 8193U, 99'999U, 100'000U}) {
        const std::string plain(size, 'x');
        unpacks(checks, packed(plain), plain, "size");
    }
    refuses(checks, packed(std::string(limit + 1, 'x')), "one byte too many");
    refuses(checks, packed(std::string(100 * limit, 'x')), "a bomb");
    refuses(checks, packed(std::string(limit, 'x')) + packed("x"), "too many in two members");
    refuses(checks, std::string(limit + 1, 'x'), "too many packed");
}

void members(Checks& checks) {
    unpacks(checks, packed("one") + packed("") + packed("two"), "onetwo", "three members");
    refuses(checks, packed("one") + "x", "a letter behind it");
    refuses(checks, packed("one") + std::string(1, '\0'), "a NUL behind it");
    refuses(checks, packed("one") + packed("two").substr(0, 15), "the second cut short");
}

void damaged(Checks& checks) {
    const std::string plain = "some text that is packed, some text that is packed";
    const std::string good = packed(plain);
    for (std::size_t size = 0; size < good.size(); ++size) {
        refuses(checks, good.substr(0, size), "cut to " + std::to_string(size));
    }
    // Some bits of the header, and those that fill the last byte of the data, mean nothing.
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x10);
        const auto result = gunzip(bytes(bad), limit);
        checks.that(!result || text(result->view()) == plain, "damaged");
        checks.that(!result || at < good.size() - 8, "wrong checksum or length");
    }
    refuses(checks, packed(plain, MAX_WBITS), "zlib");
    refuses(checks, packed(plain, -MAX_WBITS), "raw deflate");
    refuses(checks, plain, "text");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<every_size>),
        cmocka_unit_test(run<members>),
        cmocka_unit_test(run<damaged>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
