#include "auth/revocation_reader.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::auth {
namespace {

using State = RevocationTable::State;
using News = RevocationReader::News;

// Milliseconds.
constexpr std::int64_t interval = 200;
constexpr std::int64_t turn_length = 800;
constexpr std::int64_t pause_after_failure = 1000;
constexpr std::int64_t pause_if_too_small = 10'000;

constexpr std::size_t sweeps = 240; // until the whole table was swept: about a minute

constexpr auto single = RevocationSource::single;

bool is_known(const RevocationRecord& record) noexcept {
    return is_shape_of(single, record.shape);
}

// An entry that is not understood must not be ignored.
bool is_readable(const RevocationChanges& page) noexcept {
    return !page.epoch.empty() && page.epoch.size() <= max_revocation_epoch &&
           std::all_of(page.added.begin(), page.added.end(), is_known) &&
           std::all_of(page.removed.begin(), page.removed.end(), is_known);
}

} // namespace

std::optional<StoreStep> RevocationReader::next(RevocationTable& table, Now now) {
    if (!is_latest(table)) {
        return std::nullopt;
    }
    note_stale(table, now);
    if (!takes_turn(table.synced, now) || asked_turn_ != 0 || now.ms < due_) {
        return std::nullopt;
    }
    StoreStep next = step(table, now);
    asked_turn_ = turn_;
    return next;
}

void RevocationReader::watch(RevocationTable& table, Now now) {
    if (is_latest(table)) {
        note_stale(table, now);
    }
}

// The first reader of a configuration takes the turn from those of the previous one.
bool RevocationReader::is_latest(RevocationTable& table) const noexcept {
    Synced& synced = table.synced;
    if (synced.configuration < configuration_) {
        ++synced.turn;
        synced.turn_ends = 0;
        if (synced.store != store_) {
            table.drop_singles();
            synced.store = store_;
        }
        synced.configuration = configuration_;
    }
    return synced.configuration == configuration_;
}

bool RevocationReader::takes_turn(Synced& synced, Now now) noexcept {
    const bool has_turn = turn_ != 0 && turn_ == synced.turn;
    if (!has_turn && now.ms < synced.turn_ends) {
        return false;
    }
    if (!has_turn) {
        turn_ = ++synced.turn;
        phase_ = Phase::following;
        due_ = 0;
    }
    synced.turn_ends = now.ms + turn_length;
    return true;
}

void RevocationReader::note_stale(RevocationTable& table, Now now) noexcept {
    if (table.state(single) == State::ready && now.ms - table.synced.read_at > stale_after_) {
        table.set_state(single, State::stale);
        news_ = {News::Kind::stale, table.single_size()};
    }
}

StoreStep RevocationReader::step(RevocationTable& table, Now now) {
    if (phase_ == Phase::following && table.synced.must_replace) {
        begin_replacing(table, table.synced.epoch.view());
    }
    is_adding_ = phase_ == Phase::replacing && left_ && !is_adding_;
    if (is_adding_) {
        AddRevocations step{{}, now.time, true};
        left_ = table.copy(*left_, most_revocations, now.time, step.records);
        return step;
    }
    if (phase_ == Phase::replacing) {
        return ReadRevocations{is_first_ ? std::string() : epoch_, version_, now.time};
    }
    return ReadRevocations{std::string(table.synced.epoch.view()), table.synced.version, now.time};
}

void RevocationReader::take(RevocationTable& table, const StoreOutcome* outcome, Now now) {
    if (std::exchange(asked_turn_, 0) != table.synced.turn) {
        return; // another reader has read meanwhile
    }
    if (outcome == nullptr) {
        fail(table.synced, now);
        return;
    }
    if (is_adding_) {
        return;
    }
    if (outcome->revocations == nullptr || !is_readable(*outcome->revocations)) {
        if (!std::exchange(is_unreadable_, true)) {
            news_ = {News::Kind::unreadable};
        }
        fail(table.synced, now);
    } else if (phase_ == Phase::following) {
        follow(table, *outcome->revocations, now);
    } else {
        replace(table, *outcome->revocations, now);
    }
}

// After a pause, the first worker that asks takes the turn.
void RevocationReader::fail(Synced& synced, Now now) noexcept {
    turn_ = 0;
    synced.turn_ends = now.ms + pause_after_failure;
}

void RevocationReader::follow(RevocationTable& table, const RevocationChanges& page, Now now) {
    Synced& synced = table.synced;
    if (page.whole) {
        start_over(table, page, now);
    } else if (!table.apply(page.added, page.removed, now.time)) {
        table.set_state(single, State::too_small);
        synced.must_replace = true; // which finds out how many there are
    } else {
        synced.version = page.version;
        if (!page.more) {
            note_success(table, now);
        }
    }
}

// What the table has goes to the store, a part after each page: revocations that others add must
// not wait for the end of it.
void RevocationReader::start_over(RevocationTable& table, const RevocationChanges& page, Now now) {
    begin_replacing(table, page.epoch);
    if (table.single_size() > 0) {
        left_ = 0;
        news_ = {News::Kind::refilling, table.single_size()};
    }
    take_page(table, page, now);
}

void RevocationReader::begin_replacing(RevocationTable& table, std::string_view epoch) {
    table.begin_list();
    phase_ = Phase::replacing;
    left_ = std::nullopt;
    is_adding_ = false;
    epoch_ = epoch;
    version_ = 0;
    is_first_ = true;
    fits_ = true;
    count_ = 0;
}

void RevocationReader::replace(RevocationTable& table, const RevocationChanges& page, Now now) {
    if (page.epoch != epoch_ || page.whole != is_first_) {
        start_over(table, page, now);
    } else {
        take_page(table, page, now);
    }
}

// Before the table is added to a store that has lost its list, an entry may end later than there.
void RevocationReader::take_page(RevocationTable& table, const RevocationChanges& page, Now now) {
    using Same = RevocationTable::Same;
    is_first_ = false;
    version_ = page.version;
    count_ += page.added.size();
    fits_ = table.apply(page.added, page.removed, now.time, left_ ? Same::extend : Same::replace) &&
            fits_;
    if (!page.more && left_) {
        table.synced.read_at = now.ms; // only what the store has lost is missing there
    } else if (!page.more) {
        end_replacing(table, now);
    }
}

void RevocationReader::end_replacing(RevocationTable& table, Now now) {
    Synced& synced = table.synced;
    phase_ = Phase::following;
    table.end_list();
    synced.epoch = epoch_;
    synced.version = version_;
    synced.must_replace = !fits_;
    if (fits_) {
        note_success(table, now);
        return;
    }
    table.set_state(single, State::too_small);
    due_ = now.ms + pause_if_too_small;
    if (!std::exchange(is_too_small_, true)) {
        news_ = {News::Kind::too_small, count_};
    }
}

void RevocationReader::note_success(RevocationTable& table, Now now) noexcept {
    table.synced.read_at = now.ms;
    due_ = now.ms + interval;
    is_unreadable_ = false;
    is_too_small_ = false;
    if (table.state(single) != State::ready) {
        table.set_state(single, State::ready);
        news_ = {News::Kind::ready, table.single_size()};
    }
    table.sweep(table.bucket_count() / sweeps + 1, now.time);
}

} // namespace sallyport::auth
