#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "auth/revocable_token.hpp"
#include "auth/revocation_entry.hpp"
#include "auth/revocation_record.hpp"
#include "auth/revocation_shape.hpp"
#include "base/digest.hpp"

namespace sallyport::auth {

// As an administrator without a tenant means it: without "tenant_id", the entry is about tokens
// without a tenant. Only a "kid" is then about all tenants, because the holder of a stolen key
// chooses the tenant of the tokens. Without times, the entry has no limit.
RevocationRecord record_of(const RevocationEntry& entry, RevocationSource source);

// Makes one record of those with the same key, with the later of their times, and drops those that
// are over. Sorts the rest by key.
void condense(std::vector<RevocationRecord>& records, std::int64_t now);

constexpr std::size_t max_revocation_epoch = 128;

// The name of an epoch of a token store, in memory that processes share.
class StoreEpoch {
  public:
    // `name` has at most max_revocation_epoch bytes.
    StoreEpoch& operator=(std::string_view name) noexcept {
        size_ = name.copy(name_.data(), name_.size());
        return *this;
    }
    [[nodiscard]] std::string_view view() const noexcept { return {name_.data(), size_}; }

  private:
    std::array<char, max_revocation_epoch> name_{};
    std::size_t size_ = 0;
};

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
        unavailable, // a list is not ready
    };
    // Of the list of each source.
    enum class State : std::uint32_t {
        not_loaded,
        ready,
        too_small, // the table has no room for the whole list
        stale,     // the list has not been read for too long
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
    // By the entries of these lists, which must be ready. `now` in seconds. Throws only if OpenSSL
    // fails.
    [[nodiscard]] Check check(const RevocableToken& token, std::int64_t now,
                              RevocationSources lists = {}) const;
    [[nodiscard]] State state(RevocationSource list) const noexcept {
        return states_[static_cast<std::size_t>(list)].load();
    }
    void set_state(RevocationSource list, State state) noexcept;
    [[nodiscard]] std::size_t capacity() const noexcept { return bucket_count_ * bucket_entries; }
    [[nodiscard]] std::size_t capacity_for_additions() const noexcept {
        return capacity() - capacity() / 8;
    }
    // How many slots are in use. Under the lock.
    [[nodiscard]] std::size_t size() const noexcept { return used_; }

    // Replaces the entries of the file, in steps between which others may use the table:
    //
    //     FileChange change{records, now};
    //     while (table.replace_file(change) == Progress::more) {} // releases the lock each time
    //
    // Entries that remain are found all the time. If the list does not fit, tokens cannot be
    // checked until a list fits. Records that are over or have the same key need room for each of
    // them, unless they are condensed. A change that begins later takes the place of this one.
    struct FileChange {
        std::span<const RevocationRecord> records;
        std::int64_t now;

        enum class Phase : std::uint8_t { beginning, marking, dropping, writing, ended };
        Phase phase = Phase::beginning;
        std::size_t at = 0; // in this phase: a record or a bucket
        std::uint32_t list = 0;
        bool fits = true;
    };
    enum class Progress : std::uint8_t { more, done, too_small, outdated };
    [[nodiscard]] Progress replace_file(FileChange& change) noexcept;

    // The records of the functions below are all of the source `single`.
    // Adds an entry, or extends it to what both say. Returns false if there is no room for it: an
    // eighth of the table is kept for the file, and for what other machines have added meanwhile.
    [[nodiscard]] bool add(const RevocationRecord& record, std::int64_t now);
    void remove(const RevocationRecord& record) noexcept;
    // What to do with an entry of the same key: extend it to what both say, or give it the times
    // of the record.
    enum class Same : std::uint8_t { extend, replace };
    // Changes that others have made. Returns false if there is no room for all of them.
    [[nodiscard]] bool apply(std::span<const RevocationRecord> added,
                             std::span<const RevocationRecord> removed, std::int64_t now,
                             Same same = Same::replace);
    // Replaces the list in several steps. Those entries that were neither added nor applied between
    // the two calls are removed by the second one.
    void begin_list() noexcept { ++single_list_; }
    void end_list() noexcept;
    // Forgets the list, which is not loaded then, and what was synced.
    void drop_singles() noexcept;
    // Appends entries until there are nearly `most`, which is not less than 16. Start with 0, and
    // continue with what is returned until that is nothing.
    std::optional<std::size_t> copy(std::size_t from, std::size_t most, std::int64_t now,
                                    std::vector<RevocationRecord>& to) const;
    [[nodiscard]] std::size_t single_size() const noexcept { return used_alone_; }

    // Frees what is over, in so many of the buckets. Each call continues where the last one ended.
    void sweep(std::size_t buckets, std::int64_t now) noexcept;
    [[nodiscard]] std::size_t bucket_count() const noexcept { return bucket_count_; }

    // Numbers the configurations that share the table.
    std::uint64_t next_configuration() noexcept { return ++configurations_; }
    // Which of them maintains the table, and the digest of the file that was loaded completely.
    struct Loaded {
        std::uint64_t configuration = 0;
        std::uint64_t count = 0; // of the files whose loading has begun
        std::optional<Digest> file{};
        std::optional<Digest> next{}; // that is being loaded
        std::int64_t step_at = 0;     // when its last step was, in milliseconds
    };
    Loaded loaded{};
    // What the table has of the token store, and whose turn it is to read that: see
    // RevocationReader. Times in milliseconds.
    struct Synced {
        std::uint64_t configuration = 0; // the latest one with a store
        Digest store{};                  // its location
        std::uint64_t turn = 0;          // another one for each reader
        std::int64_t turn_ends = 0;
        StoreEpoch epoch{};
        std::int64_t version = 0;
        bool must_replace = false; // the list must be read from its beginning
        std::int64_t read_at = 0;
    };
    Synced synced{};

  private:
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
        std::uint32_t list = 0; // the latest list of its source that had the entry
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
    void note_shapes(std::uint64_t shapes) noexcept;
    Progress begin_file(FileChange& change) noexcept;
    Progress end_file(FileChange& change) noexcept;
    void change_file(FileChange& change) noexcept;
    void mark(const RevocationRecord& record) noexcept;
    bool put(const RevocationRecord& record, std::uint32_t list, Same same,
             std::int64_t now) noexcept;
    bool put_single(const RevocationRecord& record, Same same, std::int64_t now) noexcept;
    bool drop(const RevocationRecord& record) noexcept;
    void fill(const Place& place, const RevocationRecord& record) noexcept;
    void release(Slot& slot) noexcept;
    void count(const Slot& slot) noexcept;
    [[nodiscard]] bool has_room_after_sweep(std::int64_t now) noexcept;
    void drop_old_list(Bucket& bucket) noexcept;
    void purge(std::int64_t now) noexcept;
    void note_change() noexcept { generation_.store(generation_.load() + 1); }

    Shared<std::uint64_t> generation_;
    // A bit for each combination of source, kind, issuer or not, and one tenant or all, that some
    // entry has. Each costs a check() one lookup.
    Shared<std::uint64_t> shapes_;
    std::array<Shared<State>, revocation_source_count> states_;
    // Only for writers.
    std::uint32_t list_ = 0;         // the number of the latest list of the file
    std::uint32_t single_list_ = 0;  // and of the other entries
    Shared<std::size_t> swept_;      // buckets
    std::uint64_t swept_shapes_ = 0; // that were found there
    std::int64_t swept_at_ = 0;      // to make room
    std::size_t used_ = 0;           // slots that are not free
    std::size_t used_alone_ = 0;     // and whose entries are not of the file
    std::int64_t purged_at_ = 0;
    std::uint64_t configurations_ = 0;
    // Constant.
    std::size_t bucket_count_;
    std::uint64_t secret_; // so that nobody can choose values that fill one bucket
};

} // namespace sallyport::auth
