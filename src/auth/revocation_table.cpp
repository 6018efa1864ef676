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
    const RevocationShape shape = shape_of(number);
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

RevocationTable::Check RevocationTable::check(const RevocableToken& token, std::int64_t now,
                                              RevocationSources lists) const {
    if ((lists.file && state(RevocationSource::file) != State::ready) ||
        (lists.single && state(RevocationSource::single) != State::ready)) {
        return Check::unavailable;
    }
    std::uint64_t left = shapes_.load() & bits_of_shapes(lists);
    for (; left != 0; left &= left - 1) {
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

} // namespace sallyport::auth
