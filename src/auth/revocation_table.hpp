#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auth/revocable_token.hpp"
#include "auth/revocation_entry.hpp"
#include "auth/revocation_record.hpp"
#include "base/digest.hpp"

namespace sallyport::auth {

// Who maintains an entry: the file is replaced as a whole, other entries come and go one by one.
enum class RevocationSource : std::uint8_t { file, single };

// As an administrator without a tenant means it: without "tenant_id", the entry is about tokens
// without a tenant. Only a "kid" is then about all tenants, because the holder of a stolen key
// chooses the tenant of the tokens. Without times, the entry has no limit.
RevocationRecord record_of(const RevocationEntry& entry, RevocationSource source);

// Makes one record of those with the same key, with the later of their times, and drops those that
// are over. Sorts the rest by key.
void condense(std::vector<RevocationRecord>& records, std::int64_t now);

// The revocations that all workers share, in a block of memory that they share.
//
// A reader takes no lock and never waits: it needs a bounded number of steps, whatever a writer
// does, even one that died halfway. Slots are independent of each other, and entries never move. A
// slot counts while its `until` is in the future; a writer clears that before it reuses the slot,
// and sets it last. A reader compares the key once more after it has read the times, so that it
// does not take the times of another entry for those of its own. (A seqlock for each slot, with the
// key as the version. Unlike two halves, it needs no copy of a large list for a small change.) Only
// if the slot gets another entry and then its own again during one lookup, the reader may decide by
// the times of the other. These are several changes, so the generation that was noted before the
// lookup is outdated, and the token is looked up again at its next use.
//
// Each change increments the generation once it is complete, so a token that was not revoked at
// this generation need not be looked up again:
//
//     const std::uint64_t generation = table.generation(); // before check()
//     if (checked_at == generation || table.check(token, now) == Check::alive)
//         checked_at = generation;
//
// Every store releases and every load acquires: a reader that sees a generation sees all changes
// before it. Functions that are not const need a lock, which admits one writer at a time.
class RevocationTable {
  public:
    enum class Check : std::uint8_t {
        alive,
        revoked,
        unavailable, // no list was loaded yet, or the table is too small for it
    };

    // The table uses all of the memory, which must outlive it. `secret` is random. Null if there is
    // not enough memory for a single bucket.
    static RevocationTable* create(std::span<std::byte> memory, std::uint64_t secret) noexcept;
    // How many bytes create() needs for so many entries.
    static std::size_t bytes_for(std::size_t entries) noexcept;

    RevocationTable(const RevocationTable&) = delete;
    RevocationTable& operator=(const RevocationTable&) = delete;
    ~RevocationTable() = default;

    // Never 0.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_.load(); }
    // `now` in seconds. Throws only if OpenSSL fails.
    [[nodiscard]] Check check(const RevocableToken& token, std::int64_t now) const;
    [[nodiscard]] std::size_t capacity() const noexcept { return bucket_count_ * bucket_entries; }

    // Replaces the entries of the file. Those that remain are found all the time. Returns false if
    // the list does not fit: then tokens cannot be checked until a list fits. Records with the same
    // key need room for each of them, unless they are condensed.
    [[nodiscard]] bool replace_file(std::span<const RevocationRecord> records, std::int64_t now);
    // Adds an entry of another source, or extends it to what both say. Returns false if there is no
    // room for it.
    [[nodiscard]] bool add(const RevocationRecord& record, std::int64_t now);
    void remove(const RevocationRecord& record) noexcept;

    // Numbers the configurations that share the table.
    std::uint64_t next_configuration() noexcept { return ++configurations_; }
    // Which of them maintains the table, and the digest of the file that was loaded completely.
    struct Loaded {
        std::uint64_t configuration = 0;
        std::optional<Digest> file{};
    };
    Loaded loaded{};

  private:
    enum class State : std::uint32_t { not_loaded, ready, too_small };

    template <typename T>
    class Shared {
      public:
        [[nodiscard]] T load() const noexcept { return value_.load(std::memory_order_acquire); }
        void store(T value) noexcept { value_.store(value, std::memory_order_release); }

      private:
        std::atomic<T> value_{};
        static_assert(std::atomic<T>::is_always_lock_free, "it lives in memory of many processes");
    };

    using Key = std::array<std::uint64_t, 4>;

    struct Slot {
        std::array<Shared<std::uint64_t>, 3> rest; // of the key
        Shared<std::int64_t> issued_before;
        Shared<std::int64_t> until; // 0: free
        // Only for writers.
        std::uint32_t list = 0; // the latest list of the file that had the entry
        std::uint32_t shape = 0;
    };

    // An entry is in one of two buckets: the emptier one when it was added. So with 10 entries in a
    // bucket on average, none of them ever has more than 16.
    static constexpr std::size_t bucket_entries = 10;
    static constexpr std::size_t bucket_slots = 16;
    struct Bucket {
        std::array<Shared<std::uint64_t>, bucket_slots> first; // words of the keys
        std::array<Slot, bucket_slots> slots;
    };

    struct Place {
        Bucket* bucket = nullptr; // null: none
        std::size_t at = 0;

        [[nodiscard]] Slot& slot() const noexcept { return bucket->slots[at]; }
    };

    RevocationTable(std::size_t buckets, std::uint64_t secret) noexcept;

    [[nodiscard]] std::span<Bucket> buckets() const noexcept;
    [[nodiscard]] std::array<Bucket*, 2> buckets_of(const Key& key) const noexcept;
    static bool holds(const Bucket& bucket, std::size_t at, const Key& key) noexcept;
    [[nodiscard]] bool revokes(const Key& key, const std::optional<double>& issued_at,
                               std::int64_t now) const noexcept;

    [[nodiscard]] Place find(const Key& key) const noexcept;
    [[nodiscard]] Place free_place(const Key& key, std::int64_t now) const noexcept;
    void mark(std::span<const RevocationRecord> records, std::int64_t now) noexcept;
    bool put(const RevocationRecord& record, std::int64_t now) noexcept;
    void fill(const Place& place, const RevocationRecord& record) noexcept;
    void release(Slot& slot) noexcept;
    void count(const Slot& slot) noexcept;
    void drop_old_lists() noexcept;
    void purge(std::int64_t now) noexcept;
    bool finish(State state) noexcept;

    Shared<std::uint64_t> generation_;
    // A bit for each combination of source, kind, issuer or not, and one tenant or all, that some
    // entry has. Each costs a check() one lookup.
    Shared<std::uint64_t> shapes_;
    Shared<State> state_;
    // Only for writers.
    std::uint32_t list_ = 0;     // the number of the latest list of the file
    std::size_t used_ = 0;       // slots that are not free
    std::size_t used_alone_ = 0; // and whose entries are not of the file
    std::int64_t purged_at_ = 0;
    std::uint64_t configurations_ = 0;
    // Constant.
    std::size_t bucket_count_;
    std::uint64_t secret_; // so that nobody can choose values that fill one bucket
};

} // namespace sallyport::auth
