#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/revocation_table.hpp"
#include "auth/token_store.hpp"

namespace sallyport::auth {

// Keeps the single entries of a table equal to the revocations of a token store. Knows neither the
// store nor the time:
//
//     if (const auto step = reader.next(table, now)) { // at regular intervals, and after take()
//         outcome = store.run(*step)                   // meanwhile, next() returns nothing
//         reader.take(table, outcome, now);
//     }
//
// Each worker has a reader. Of those that share a table, one reads for all; if it does not call
// next() for a while, another takes its turn. All of them notice when the list becomes stale.
//
// A store that has lost its revocations is in another epoch. The reader then adds the entries of
// the table to the store, and meanwhile reads the list from the beginning. The entries of another
// store are dropped.
//
// All functions need the lock of the table.
class RevocationReader {
  public:
    struct Now {
        std::int64_t ms;   // of a clock that is never set, and is the same for all workers
        std::int64_t time; // in seconds since the epoch
    };
    // What an administrator should know.
    struct News {
        enum class Kind : std::uint8_t {
            none,
            ready,      // the whole list was read, and can be used from now on
            refilling,  // the store has lost its list
            too_small,  // the table has no room for the list
            stale,      // the list was not read for too long
            unreadable, // the store has revocations that this version does not know
        };
        Kind kind = Kind::none;
        std::size_t count = 0; // of revocations
    };

    // `configuration` as of RevocationTable; the latest one reads. `stale_after` in milliseconds.
    // `store` identifies the location of the store.
    RevocationReader(std::uint64_t configuration, std::int64_t stale_after,
                     const Digest& store) noexcept
        : configuration_(configuration),
          stale_after_(stale_after),
          store_(store) {}

    // The next step for the store. Nothing if none is due, or if another reader reads.
    std::optional<StoreStep> next(RevocationTable& table, Now now);
    // In place of next(), for a worker that cannot use the store: notices when the list becomes
    // stale.
    void watch(RevocationTable& table, Now now);
    // Takes the outcome of the last step; null if it failed.
    void take(RevocationTable& table, const StoreOutcome* outcome, Now now);

    // Since the last call.
    News take_news() noexcept { return std::exchange(news_, {}); }

  private:
    using Synced = RevocationTable::Synced;
    enum class Phase : std::uint8_t {
        following, // what has changed since the last step
        replacing, // the list, from its beginning
    };

    [[nodiscard]] bool is_latest(RevocationTable& table) const noexcept;
    [[nodiscard]] bool takes_turn(Synced& synced, Now now) noexcept;
    void note_stale(RevocationTable& table, Now now) noexcept;
    StoreStep step(RevocationTable& table, Now now);
    void fail(Synced& synced, Now now) noexcept;
    void follow(RevocationTable& table, const RevocationChanges& page, Now now);
    void start_over(RevocationTable& table, const RevocationChanges& page, Now now);
    void begin_replacing(RevocationTable& table, std::string_view epoch);
    void replace(RevocationTable& table, const RevocationChanges& page, Now now);
    void take_page(RevocationTable& table, const RevocationChanges& page, Now now);
    void end_replacing(RevocationTable& table, Now now);
    void note_success(RevocationTable& table, Now now) noexcept;

    std::uint64_t configuration_;
    std::int64_t stale_after_;
    Digest store_;
    News news_;
    std::uint64_t turn_ = 0;       // 0: none
    std::uint64_t asked_turn_ = 0; // of the step that is under way; 0: none is
    std::int64_t due_ = 0;         // when the next step is
    Phase phase_ = Phase::following;
    // While replacing the list.
    std::optional<std::size_t> left_; // of the table, to be added to the store
    bool is_adding_ = false;          // in the last step
    std::string epoch_;               // that the store must be in
    std::int64_t version_ = 0;
    bool is_first_ = false; // no page was read yet
    bool fits_ = true;
    std::size_t count_ = 0;
    bool is_unreadable_ = false;
    bool is_too_small_ = false;
};

} // namespace sallyport::auth
