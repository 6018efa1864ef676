#include "auth/revocation_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "base/secret.hpp"

namespace sallyport::auth {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

constexpr std::size_t in_lines(std::size_t bytes) noexcept {
    return (bytes + cache_line - 1) / cache_line * cache_line;
}

// What an entry names besides its value.
struct Shape {
    RevocationSource source;
    RevocationKind kind;
    bool has_issuer;
    bool is_of_every_tenant;
};

constexpr std::size_t kind_count = revocation_kinds.size();
constexpr std::size_t shape_count = 2 * kind_count * 2 * 2;
static_assert(shape_count <= 64, "they are bits");

constexpr std::uint8_t number_of(Shape shape) noexcept {
    const std::size_t kind =
        static_cast<std::size_t>(shape.source) * kind_count + static_cast<std::size_t>(shape.kind);
    return static_cast<std::uint8_t>(kind * 4 + (shape.has_issuer ? 2 : 0) +
                                     (shape.is_of_every_tenant ? 1 : 0));
}

constexpr Shape shape_of(std::size_t number) noexcept {
    const std::size_t kind = number / 4;
    return {static_cast<RevocationSource>(kind / kind_count),
            static_cast<RevocationKind>(kind % kind_count), (number & 2) != 0, (number & 1) != 0};
}

constexpr std::uint64_t bit_of(std::size_t shape) noexcept {
    return std::uint64_t{1} << shape;
}

bool is_alone(std::size_t shape) noexcept {
    return shape_of(shape).source == RevocationSource::single;
}

void append(std::string& to, std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    to.append(reinterpret_cast<const char*>(&size), sizeof(size));
    to += text;
}

// No two lists of texts form the same input.
Digest digest_of(std::uint8_t shape, std::string_view tenant, std::string_view issuer,
                 std::string_view value) {
    std::string input(1, static_cast<char>(shape));
    append(input, tenant);
    append(input, issuer);
    append(input, value);
    return sha256(bytes(input));
}

std::string_view value_of(const RevocableToken& token, RevocationKind kind) noexcept {
    switch (kind) {
    case RevocationKind::jti:
        return token.jti;
    case RevocationKind::sid:
        return token.sid;
    case RevocationKind::sub:
        return token.subject;
    case RevocationKind::kid:
        return token.kid;
    default:
        return token.tenant;
    }
}

// Nothing if no entry of that shape can name the token.
std::optional<Digest> digest_of(const RevocableToken& token, std::uint8_t number) {
    const Shape shape = shape_of(number);
    const std::string_view value = value_of(token, shape.kind);
    if (value.empty() || value.size() > max_revocation_text ||
        (shape.has_issuer && token.issuer.empty())) {
        return std::nullopt;
    }
    const bool has_tenant = !shape.is_of_every_tenant && shape.kind != RevocationKind::tenant;
    return digest_of(number, has_tenant ? token.tenant : "", shape.has_issuer ? token.issuer : "",
                     value);
}

bool is_over(std::int64_t until, std::int64_t now) noexcept {
    return until <= now;
}

// A token of the second of `issued_before` is revoked. Fractions of it do not matter. Without a
// limit, no time is late enough.
bool is_late(const std::optional<double>& issued_at, std::int64_t issued_before) noexcept {
    return issued_at && issued_before != unlimited &&
           std::floor(*issued_at) > static_cast<double>(issued_before);
}

} // namespace

RevocationRecord record_of(const RevocationEntry& entry, RevocationSource source) {
    const bool of_all =
        entry.tenant_id ? *entry.tenant_id == every_tenant : entry.kind == RevocationKind::kid;
    const std::uint8_t shape = number_of({source, entry.kind, entry.issuer.has_value(), of_all});
    return {digest_of(shape, of_all ? "" : entry.tenant_id.value_or(""), entry.issuer.value_or(""),
                      entry.value),
            shape, entry.issued_before.value_or(unlimited), entry.until.value_or(unlimited)};
}

void condense(std::vector<RevocationRecord>& records, std::int64_t now) {
    std::erase_if(records, [&](const auto& record) { return is_over(record.until, now); });
    std::sort(records.begin(), records.end(),
              [](const auto& one, const auto& other) { return one.key < other.key; });
    auto end = records.begin();
    for (const RevocationRecord& record : records) {
        if (end != records.begin() && end[-1].key == record.key) {
            end[-1].issued_before = std::max(end[-1].issued_before, record.issued_before);
            end[-1].until = std::max(end[-1].until, record.until);
        } else {
            *end++ = record;
        }
    }
    records.erase(end, records.end());
}

RevocationTable* RevocationTable::create(std::span<std::byte> memory,
                                         std::uint64_t secret) noexcept {
    const std::size_t padding = (-reinterpret_cast<std::uintptr_t>(memory.data())) % cache_line;
    const std::size_t before = padding + in_lines(sizeof(RevocationTable));
    const std::size_t count =
        memory.size() > before ? (memory.size() - before) / sizeof(Bucket) : 0;
    if (count == 0 || count > std::numeric_limits<std::uint32_t>::max()) {
        return nullptr;
    }
    auto* const table = new (memory.data() + padding) RevocationTable(count, secret);
    for (Bucket& bucket : table->buckets()) {
        new (&bucket) Bucket();
    }
    return table;
}

std::size_t RevocationTable::bytes_for(std::size_t entries) noexcept {
    const std::size_t count =
        std::max<std::size_t>(1, (entries + bucket_entries - 1) / bucket_entries);
    return cache_line + in_lines(sizeof(RevocationTable)) + count * sizeof(Bucket);
}

RevocationTable::RevocationTable(std::size_t buckets, std::uint64_t secret) noexcept
    : bucket_count_(buckets),
      secret_(secret) {
    generation_.store(1);
}

RevocationTable::Check RevocationTable::check(const RevocableToken& token, std::int64_t now) const {
    if (state_.load() != State::ready) {
        return Check::unavailable;
    }
    for (std::uint64_t left = shapes_.load(); left != 0; left &= left - 1) {
        const auto shape = static_cast<std::uint8_t>(std::countr_zero(left));
        const auto digest = digest_of(token, shape);
        if (digest && revokes(std::bit_cast<Key>(*digest), token.issued_at, now)) {
            return Check::revoked;
        }
    }
    return Check::alive;
}

bool RevocationTable::revokes(const Key& key, const std::optional<double>& issued_at,
                              std::int64_t now) const noexcept {
    for (const Bucket* const bucket : buckets_of(key)) {
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            if (!holds(*bucket, at, key)) {
                continue;
            }
            const std::int64_t until = bucket->slots[at].until.load();
            const std::int64_t issued_before = bucket->slots[at].issued_before.load();
            if (!is_over(until, now) && !is_late(issued_at, issued_before) &&
                holds(*bucket, at, key)) {
                return true;
            }
        }
    }
    return false;
}

bool RevocationTable::holds(const Bucket& bucket, std::size_t at, const Key& key) noexcept {
    const auto& rest = bucket.slots[at].rest;
    return bucket.first[at].load() == key[0] && rest[0].load() == key[1] &&
           rest[1].load() == key[2] && rest[2].load() == key[3];
}

std::span<RevocationTable::Bucket> RevocationTable::buckets() const noexcept {
    auto* const self = reinterpret_cast<std::byte*>(const_cast<RevocationTable*>(this));
    return {reinterpret_cast<Bucket*>(self + in_lines(sizeof(RevocationTable))), bucket_count_};
}

// Multiplying by a secret odd number keeps the choice of buckets secret.
std::array<RevocationTable::Bucket*, 2> RevocationTable::buckets_of(const Key& key) const noexcept {
    const auto bucket = [&](std::uint64_t word) {
        const std::uint64_t mixed = ((word ^ secret_) * (secret_ | 1)) >> 32;
        return &buckets()[(mixed * bucket_count_) >> 32];
    };
    return {bucket(key[1]), bucket(key[2])};
}

bool RevocationTable::replace_file(std::span<const RevocationRecord> records, std::int64_t now) {
    purge(now);
    std::size_t count = 0;
    std::uint64_t shapes = 0;
    for (const RevocationRecord& record : records) {
        count += is_over(record.until, now) ? 0 : 1;
        shapes |= bit_of(record.shape);
    }
    if (count + used_alone_ > capacity()) {
        return finish(State::too_small);
    }
    list_ += 2;
    shapes_.store(shapes_.load() | shapes);
    mark(records, now);
    drop_old_lists();
    bool complete = true;
    for (const RevocationRecord& record : records) {
        complete = (is_over(record.until, now) || put(record, now)) && complete;
    }
    purge(now);
    return finish(complete ? State::ready : State::too_small);
}

// Entries that remain get an odd number, until they are written.
void RevocationTable::mark(std::span<const RevocationRecord> records, std::int64_t now) noexcept {
    for (const RevocationRecord& record : records) {
        const Place place = find(std::bit_cast<Key>(record.key));
        if (place.bucket != nullptr && !is_over(record.until, now)) {
            place.slot().list = list_ - 1;
        }
    }
}

bool RevocationTable::add(const RevocationRecord& record, std::int64_t now) {
    if (is_over(record.until, now)) {
        return true;
    }
    if (used_ >= capacity() && purged_at_ != now) {
        purge(now);
    }
    if (used_ >= capacity() && find(std::bit_cast<Key>(record.key)).bucket == nullptr) {
        return false;
    }
    shapes_.store(shapes_.load() | bit_of(record.shape));
    const bool added = put(record, now);
    finish(state_.load());
    return added;
}

void RevocationTable::remove(const RevocationRecord& record) noexcept {
    const Place place = find(std::bit_cast<Key>(record.key));
    if (place.bucket != nullptr && place.slot().until.load() != 0) {
        release(place.slot());
        finish(state_.load());
    }
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

// Entries of the same list, or of another source, extend each other.
bool RevocationTable::put(const RevocationRecord& record, std::int64_t now) noexcept {
    const auto key = std::bit_cast<Key>(record.key);
    Place place = find(key);
    if (place.bucket == nullptr) {
        place = free_place(key, now);
        if (place.bucket == nullptr) {
            return false;
        }
    }
    Slot& slot = place.slot();
    if (!holds(*place.bucket, place.at, key) || slot.until.load() == 0) {
        fill(place, record);
    } else if ((is_alone(slot.shape) || slot.list == list_) && !is_over(slot.until.load(), now)) {
        slot.issued_before.store(std::max(record.issued_before, slot.issued_before.load()));
        slot.until.store(std::max(record.until, slot.until.load()));
    } else {
        slot.issued_before.store(record.issued_before);
        slot.until.store(record.until);
    }
    slot.list = list_;
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
        --used_;
        used_alone_ -= is_alone(slot.shape) ? 1 : 0;
    }
}

void RevocationTable::count(const Slot& slot) noexcept {
    ++used_;
    used_alone_ += is_alone(slot.shape) ? 1 : 0;
}

void RevocationTable::drop_old_lists() noexcept {
    for (Bucket& bucket : buckets()) {
        for (Slot& slot : bucket.slots) {
            if (!is_alone(slot.shape) && slot.list < list_ - 1) {
                release(slot);
            }
        }
    }
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
                shapes |= bit_of(slot.shape);
            }
        }
    }
    shapes_.store(shapes);
    purged_at_ = now;
}

bool RevocationTable::finish(State state) noexcept {
    state_.store(state);
    generation_.store(generation_.load() + 1);
    return state == State::ready;
}

} // namespace sallyport::auth
