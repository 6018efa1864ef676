// The functions of RevocationTable that change it.

#include <algorithm>
#include <bit>
#include <utility>

#include "auth/revocation_table.hpp"

namespace sallyport::auth {
namespace {

bool is_alone(std::size_t shape) noexcept {
    return is_shape_of(RevocationSource::single, shape);
}

bool is_over(std::int64_t until, std::int64_t now) noexcept {
    return until <= now;
}

} // namespace

void RevocationTable::set_state(RevocationSource list, State state) noexcept {
    states_[static_cast<std::size_t>(list)].store(state);
    note_change();
}

RevocationTable::Progress RevocationTable::replace_file(FileChange& change) noexcept {
    constexpr std::size_t most = 4000;
    using Phase = FileChange::Phase;
    if (change.phase == Phase::beginning) {
        return begin_file(change);
    }
    if (change.list != list_) {
        return Progress::outdated;
    }
    const std::size_t count =
        change.phase == Phase::dropping ? bucket_count_ : change.records.size();
    const std::size_t end = std::min(count, change.at + most);
    for (; change.at < end; ++change.at) {
        change_file(change);
    }
    if (end == count) {
        change.phase = static_cast<Phase>(static_cast<std::uint8_t>(change.phase) + 1);
        change.at = 0;
    }
    return change.phase == Phase::ended ? end_file(change) : Progress::more;
}

RevocationTable::Progress RevocationTable::begin_file(FileChange& change) noexcept {
    purge(change.now);
    list_ += 2;
    if (change.records.size() + used_alone_ > capacity()) {
        set_state(RevocationSource::file, State::too_small);
        return Progress::too_small;
    }
    change.list = list_;
    change.phase = FileChange::Phase::marking;
    return Progress::more;
}

// One record or bucket.
void RevocationTable::change_file(FileChange& change) noexcept {
    if (change.phase == FileChange::Phase::dropping) {
        drop_old_list(buckets()[change.at]);
        return;
    }
    const RevocationRecord& record = change.records[change.at];
    if (is_over(record.until, change.now)) {
        return;
    }
    if (change.phase == FileChange::Phase::marking) {
        mark(record);
    } else {
        change.fits = put(record, change.list, Same::replace, change.now) && change.fits;
    }
}

RevocationTable::Progress RevocationTable::end_file(FileChange& change) noexcept {
    purge(change.now);
    set_state(RevocationSource::file, change.fits ? State::ready : State::too_small);
    return change.fits ? Progress::done : Progress::too_small;
}

// Entries that remain get an odd number, until they are written.
void RevocationTable::mark(const RevocationRecord& record) noexcept {
    const Place place = find(std::bit_cast<Key>(record.key));
    if (place.bucket != nullptr) {
        place.slot().list = list_ - 1;
    }
}

bool RevocationTable::add(const RevocationRecord& record, std::int64_t now) {
    if (is_over(record.until, now)) {
        return true;
    }
    if (used_ >= capacity_for_additions() && !has_room_after_sweep(now) &&
        find(std::bit_cast<Key>(record.key)).bucket == nullptr) {
        return false;
    }
    const bool added = put_single(record, Same::extend, now);
    note_change();
    return added;
}

// Looks at a part of a large table only: requests wait for this.
bool RevocationTable::has_room_after_sweep(std::int64_t now) noexcept {
    constexpr std::size_t most_buckets = 4096;
    if (std::exchange(swept_at_, now) != now) {
        sweep(std::min(bucket_count_, most_buckets), now);
    }
    return used_ < capacity_for_additions();
}

void RevocationTable::remove(const RevocationRecord& record) noexcept {
    if (drop(record)) {
        note_change();
    }
}

bool RevocationTable::apply(std::span<const RevocationRecord> added,
                            std::span<const RevocationRecord> removed, std::int64_t now,
                            Same same) {
    bool changes = !added.empty();
    for (const RevocationRecord& record : removed) {
        changes = drop(record) || changes;
    }
    bool complete = true;
    for (const RevocationRecord& record : added) {
        if (!is_over(record.until, now)) {
            complete = put_single(record, same, now) && complete;
        } else if (same == Same::replace) {
            drop(record);
        }
    }
    if (changes) {
        note_change();
    }
    return complete;
}

void RevocationTable::end_list() noexcept {
    for (Bucket& bucket : buckets()) {
        for (Slot& slot : bucket.slots) {
            if (is_alone(slot.shape) && slot.list != single_list_) {
                release(slot);
            }
        }
    }
    note_change();
}

void RevocationTable::drop_singles() noexcept {
    set_state(RevocationSource::single, State::not_loaded);
    begin_list();
    end_list();
    synced.epoch = StoreEpoch();
    synced.version = 0;
    synced.must_replace = false;
    synced.read_at = 0;
}

std::optional<std::size_t> RevocationTable::copy(std::size_t from, std::size_t most,
                                                 std::int64_t now,
                                                 std::vector<RevocationRecord>& to) const {
    for (; from < bucket_count_ && to.size() + bucket_slots <= most; ++from) {
        const Bucket& bucket = buckets()[from];
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            const Slot& slot = bucket.slots[at];
            const std::int64_t until = slot.until.load();
            if (is_alone(slot.shape) && !is_over(until, now)) {
                const Key key{bucket.first[at].load(), slot.rest[0].load(), slot.rest[1].load(),
                              slot.rest[2].load()};
                to.push_back({std::bit_cast<Digest>(key), static_cast<std::uint8_t>(slot.shape),
                              slot.issued_before.load(), until});
            }
        }
    }
    return from < bucket_count_ ? std::optional(from) : std::nullopt;
}

bool RevocationTable::drop(const RevocationRecord& record) noexcept {
    const Place place = find(std::bit_cast<Key>(record.key));
    const bool found = place.bucket != nullptr && place.slot().until.load() != 0;
    if (found) {
        release(place.slot());
    }
    return found;
}

RevocationTable::Place RevocationTable::find(const Key& key) const noexcept {
    for (Bucket* const bucket : buckets_of(key)) {
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            if (holds(*bucket, at, key)) {
                return {bucket, at};
            }
        }
    }
    return {};
}

RevocationTable::Place RevocationTable::free_place(const Key& key,
                                                   std::int64_t now) const noexcept {
    Place best;
    std::size_t most = 0;
    for (Bucket* const bucket : buckets_of(key)) {
        std::size_t count = 0;
        Place first;
        for (std::size_t at = bucket_slots; at-- > 0;) {
            if (is_over(bucket->slots[at].until.load(), now)) {
                ++count;
                first = {bucket, at};
            }
        }
        if (count > most) {
            most = count;
            best = first;
        }
    }
    return best;
}

bool RevocationTable::put_single(const RevocationRecord& record, Same same,
                                 std::int64_t now) noexcept {
    if (used_ >= capacity() && purged_at_ != now) {
        purge(now);
    }
    if (used_ >= capacity() && find(std::bit_cast<Key>(record.key)).bucket == nullptr) {
        return false;
    }
    return put(record, single_list_, same, now);
}

// Entries of the same list of the file extend each other. The shape is noted for each of them: the
// table may have been swept since the last one.
bool RevocationTable::put(const RevocationRecord& record, std::uint32_t list, Same same,
                          std::int64_t now) noexcept {
    note_shapes(bit_of_shape(record.shape));
    const auto key = std::bit_cast<Key>(record.key);
    Place place = find(key);
    if (place.bucket == nullptr) {
        place = free_place(key, now);
        if (place.bucket == nullptr) {
            return false;
        }
    }
    Slot& slot = place.slot();
    const bool extends = same == Same::extend || (!is_alone(slot.shape) && slot.list == list);
    if (!holds(*place.bucket, place.at, key) || slot.until.load() == 0) {
        fill(place, record);
    } else if (extends && !is_over(slot.until.load(), now)) {
        slot.issued_before.store(std::max(record.issued_before, slot.issued_before.load()));
        slot.until.store(std::max(record.until, slot.until.load()));
    } else {
        slot.issued_before.store(record.issued_before);
        slot.until.store(record.until);
    }
    slot.list = list;
    return true;
}

void RevocationTable::fill(const Place& place, const RevocationRecord& record) noexcept {
    Slot& slot = place.slot();
    release(slot);
    const auto key = std::bit_cast<Key>(record.key);
    slot.issued_before.store(record.issued_before);
    for (std::size_t i = 0; i < slot.rest.size(); ++i) {
        slot.rest[i].store(key[i + 1]);
    }
    place.bucket->first[place.at].store(key[0]);
    slot.shape = record.shape;
    slot.until.store(record.until);
    count(slot);
}

void RevocationTable::release(Slot& slot) noexcept {
    if (slot.until.load() != 0) {
        slot.until.store(0);
        used_ -= used_ > 0 ? 1 : 0; // a writer may have died before it counted the entry
        used_alone_ -= is_alone(slot.shape) && used_alone_ > 0 ? 1 : 0;
    }
}

void RevocationTable::count(const Slot& slot) noexcept {
    ++used_;
    used_alone_ += is_alone(slot.shape) ? 1 : 0;
}

void RevocationTable::drop_old_list(Bucket& bucket) noexcept {
    for (Slot& slot : bucket.slots) {
        if (!is_alone(slot.shape) && slot.list < list_ - 1) {
            release(slot);
        }
    }
}

void RevocationTable::note_shapes(std::uint64_t shapes) noexcept {
    if (const std::uint64_t known = shapes_.load(); (known | shapes) != known) {
        shapes_.store(known | shapes);
    }
    swept_shapes_ |= shapes;
}

// Frees what is over, and counts the rest afresh: a writer may have died while it counted.
void RevocationTable::purge(std::int64_t now) noexcept {
    std::uint64_t shapes = 0;
    used_ = 0;
    used_alone_ = 0;
    for (Bucket& bucket : buckets()) {
        for (Slot& slot : bucket.slots) {
            if (is_over(slot.until.load(), now)) {
                slot.until.store(0);
            } else {
                count(slot);
                shapes |= bit_of_shape(slot.shape);
            }
        }
    }
    shapes_.store(shapes);
    purged_at_ = now;
}

// The shapes are known when all buckets were seen. A process that dies halfway leaves the position
// where it was, or where the next step begins.
void RevocationTable::sweep(std::size_t count, std::int64_t now) noexcept {
    for (; count > 0; --count) {
        std::size_t at = swept_.load();
        if (at >= bucket_count_) {
            at = 0;
        }
        if (at == 0) {
            swept_shapes_ = 0;
        }
        for (Slot& slot : buckets()[at].slots) {
            if (is_over(slot.until.load(), now)) {
                release(slot);
            } else {
                swept_shapes_ |= bit_of_shape(slot.shape);
            }
        }
        if (++at == bucket_count_) {
            shapes_.store(swept_shapes_);
            at = 0;
        }
        swept_.store(at);
    }
}

} // namespace sallyport::auth
