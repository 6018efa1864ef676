#include "base/gunzip.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

namespace sallyport {
namespace {

constexpr int gzip_alone = 16 + MAX_WBITS; // gzip only, neither zlib nor raw
constexpr std::size_t first_room = 4096;

// Wipes zlib's memory, which contains a part of the unpacked text, when it is destroyed.
class Inflater {
  public:
    explicit Inflater(BytesView packed) {
        stream_.zalloc = allocate;
        stream_.zfree = release;
        stream_.opaque = this;
        stream_.next_in = const_cast<Bytef*>(packed.data());
        stream_.avail_in = static_cast<uInt>(packed.size());
        if (inflateInit2(&stream_, gzip_alone) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream_); }

    // Returns how many bytes were written into `room`: all of it, or fewer at the end.
    Result<std::size_t> read(std::span<std::uint8_t> room) {
        stream_.next_out = room.data();
        stream_.avail_out = static_cast<uInt>(room.size());
        while (stream_.avail_out > 0 && !(member_ended_ && stream_.avail_in == 0)) {
            if (member_ended_) {
                inflateReset(&stream_);
            }
            const int rc = inflate(&stream_, Z_NO_FLUSH);
            if (rc == Z_MEM_ERROR) {
                throw std::bad_alloc();
            }
            member_ended_ = rc == Z_STREAM_END;
            const bool cut = rc == Z_OK && stream_.avail_in == 0 && stream_.avail_out > 0;
            if (!member_ended_ && (rc != Z_OK || cut)) {
                return failure("the gzip data is damaged or incomplete");
            }
        }
        return room.size() - stream_.avail_out;
    }

  private:
    static void* allocate(void* self, uInt items, uInt size) noexcept {
        try {
            auto& rooms = static_cast<Inflater*>(self)->rooms_;
            rooms.emplace_back(Bytes(std::size_t{items} * size));
            return rooms.back().writable().data();
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }
    static void release(void* /*self*/, void* /*memory*/) noexcept {}

    z_stream stream_{};
    std::vector<Secret> rooms_;
    bool member_ended_ = false;
};

Secret with_room(const Secret& old, std::size_t size) {
    Secret larger{Bytes(size)};
    std::copy(old.view().begin(), old.view().end(), larger.writable().begin());
    return larger;
}

} // namespace

Result<Secret> gunzip(BytesView packed, std::size_t limit) {
    const auto too_large = [&] {
        return failure("the unpacked text is larger than " + std::to_string(limit) + " bytes");
    };
    if (packed.size() > limit) {
        return too_large();
    }
    Inflater inflater(packed);
    Secret plain(Bytes(std::min(limit + 1, std::max(first_room, 4 * packed.size()))));
    for (std::size_t size = 0;;) {
        const auto count = inflater.read(plain.writable().subspan(size));
        if (!count) {
            return failure(count.error());
        }
        size += *count;
        if (size > limit) {
            return too_large();
        }
        if (size < plain.size()) {
            plain.shorten(size);
            return plain;
        }
        plain = with_room(plain, std::min(limit + 1, 2 * size));
    }
}

} // namespace sallyport
