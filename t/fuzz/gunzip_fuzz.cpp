#include <optional>
#include <string>

#include <zlib.h>

#include "base/gunzip.hpp"
#include "fuzz.hpp"

// An input is unpacked as it is. Checksums would stop almost all of them, so it is also taken as a
// deflate stream, to which the right header and trailer are added.

using namespace sallyport;

namespace {

constexpr std::size_t limit = 64 << 10;

std::optional<std::string> unpack(std::string_view packed) {
    const auto plain = gunzip(bytes(packed), limit);
    if (!plain) {
        return std::nullopt;
    }
    fuzz::hold(plain->size() <= limit, "the limit bounds what is unpacked");
    return std::string(text(plain->view()));
}

struct Inflated {
    std::string plain;
    std::size_t used; // of the stream
};

// What zlib makes of a deflate stream that has an end, in one call and with room enough.
std::optional<Inflated> inflated(std::string_view stream) {
    z_stream zlib{};
    std::string from(stream);
    std::string room(limit + 1, '\0');
    zlib.next_in = reinterpret_cast<Bytef*>(from.data());
    zlib.avail_in = static_cast<uInt>(from.size());
    zlib.next_out = reinterpret_cast<Bytef*>(room.data());
    zlib.avail_out = static_cast<uInt>(room.size());
    if (inflateInit2(&zlib, -MAX_WBITS) != Z_OK) {
        return std::nullopt;
    }
    const bool ended = inflate(&zlib, Z_FINISH) == Z_STREAM_END;
    inflateEnd(&zlib);
    room.resize(zlib.total_out);
    return ended ? std::optional(Inflated{std::move(room), zlib.total_in}) : std::nullopt;
}

std::string little_endian(unsigned long number) {
    std::string out;
    for (int i = 0; i < 4; ++i, number >>= 8) {
        out += static_cast<char>(number & 255);
    }
    return out;
}

std::string member(std::string_view stream, const Inflated& content) {
    const auto* const data = reinterpret_cast<const Bytef*>(content.plain.data());
    const auto size = static_cast<uInt>(content.plain.size());
    return std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10) +
           std::string(stream.substr(0, content.used)) +
           little_endian(crc32(crc32(0, nullptr, 0), data, size)) + little_endian(size);
}

void check_stream(std::string_view stream) {
    const auto content = inflated(stream);
    if (!content) {
        return;
    }
    const std::string packed = member(stream, *content);
    const auto plain = unpack(packed);
    if (content->plain.size() > limit || packed.size() > limit) {
        fuzz::hold(!plain, "too much is refused");
        return;
    }
    fuzz::hold(plain == content->plain, "what zlib unpacks is unpacked");
    if (2 * content->plain.size() <= limit && 2 * packed.size() <= limit) {
        fuzz::hold(unpack(packed + packed) == content->plain + content->plain, "two members");
    }
    fuzz::hold(!unpack(packed + "x"), "nothing may stand behind it");
    fuzz::hold(!unpack(std::string_view(packed).substr(0, packed.size() - 1)), "cut short");
    std::string damaged = packed;
    damaged[damaged.size() - 8] ^= 1;
    fuzz::hold(!unpack(damaged), "another checksum");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    unpack(input);
    check_stream(input);
    return 0;
}
