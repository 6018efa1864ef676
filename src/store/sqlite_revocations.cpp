#include "store/sqlite_revocations.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/random.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;
using Kind = StoreOutcome::Kind;

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS revocations (
    version       INTEGER PRIMARY KEY,
    key           BLOB NOT NULL UNIQUE,
    shape         INTEGER NOT NULL,
    issued_before INTEGER NOT NULL,
    until         INTEGER NOT NULL,
    removed       INTEGER NOT NULL,
    kept_until    INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS revocations_by_end ON revocations (kept_until);
CREATE TABLE IF NOT EXISTS revocation_list (
    epoch   TEXT NOT NULL,
    version INTEGER NOT NULL
);
)";

bool has_row(sqlite3* db, const char* sql) {
    return Statement(db, sql).step();
}

bool has_list(sqlite3* db) {
    return has_row(db, "SELECT 1 FROM revocation_list");
}

auth::KnownRevocation revocation_of(const Statement& row) {
    const std::string key = row.text(1);
    auth::KnownRevocation found{
        {{}, static_cast<std::uint8_t>(row.number(2)), row.number(3), row.number(4)},
        row.number(5) != 0,
        row.number(6)};
    if (key.size() != found.record.key.size()) {
        throw auth::StoreError("has a revocation without a valid key");
    }
    std::copy(key.begin(), key.end(), found.record.key.begin());
    return found;
}

} // namespace

void make_revocation_tables(sqlite3* db, auth::StoreClock::time_point deadline) {
    if (has_row(db, "SELECT 1 FROM sqlite_master WHERE name = 'revocation_list'") && has_list(db)) {
        return;
    }
    Transaction transaction(db, Transaction::Kind::writes, deadline);
    run_sql(db, tables);
    if (!has_list(db)) {
        const std::string epoch = random_id();
        Statement begin(db, "INSERT INTO revocation_list (epoch, version) "
                            "SELECT ?, coalesce(max(version), 0) FROM revocations");
        begin.bind(epoch).execute();
    }
    transaction.commit();
}

// The list has lost its epoch only if somebody else changed the file. The connection is then opened
// again, which begins a new one.
SqliteRevocations::List SqliteRevocations::list() {
    if (!list_.step()) {
        list_.reset();
        throw auth::StoreError("has lost the epoch of its revocations");
    }
    List found{list_.text(0), list_.number(1)};
    list_.reset();
    return found;
}

std::optional<auth::KnownRevocation> SqliteRevocations::find(const Digest& key) {
    std::optional<auth::KnownRevocation> found;
    if (find_.bind(BytesView(key)).step()) {
        found = revocation_of(find_);
    }
    find_.reset();
    return found;
}

void SqliteRevocations::keep(const auth::KnownRevocation& revocation, std::int64_t version) {
    const auth::RevocationRecord& record = revocation.record;
    keep_.bind(version).bind(BytesView(record.key)).bind(std::int64_t{record.shape});
    keep_.bind(record.issued_before).bind(record.until);
    keep_.bind(std::int64_t{revocation.removed ? 1 : 0}).bind(revocation.kept_until).execute();
}

void SqliteRevocations::set_version(std::int64_t version) {
    set_version_.bind(version).execute();
}

StoreOutcome SqliteRevocations::take(const auth::AddRevocations& step) {
    const std::int64_t before = list().version;
    std::int64_t version = before;
    for (const auth::RevocationRecord& record : step.records) {
        if (const auto merged = auth::merge(find(record.key), record, step)) {
            keep(*merged, ++version);
        }
    }
    if (version != before) {
        set_version(version);
    }
    return {Kind::done, {}, {}};
}

StoreOutcome SqliteRevocations::take(const auth::RemoveRevocation& step) {
    auto known = find(step.record.key);
    if (!known || !known->is_removable(step.now)) {
        return {};
    }
    if (!std::exchange(known->removed, true)) {
        const std::int64_t version = list().version + 1;
        keep(*known, version);
        set_version(version);
    }
    return {Kind::done, {}, {}};
}

StoreOutcome SqliteRevocations::take(const auth::ReadRevocations& step) {
    List now = list();
    auth::RevocationChanges page = auth::begin_page(step, std::move(now.epoch), now.version);
    if (page.version != now.version) {
        read_page(step, page, now.version);
    }
    StoreOutcome outcome{Kind::done, {}, {}};
    outcome.revocations = std::make_shared<auth::RevocationChanges>(std::move(page));
    return outcome;
}

void SqliteRevocations::read_page(const auth::ReadRevocations& step, auth::RevocationChanges& page,
                                  std::int64_t version) {
    std::size_t count = 0;
    read_.bind(page.version).bind(static_cast<std::int64_t>(auth::revocation_page));
    while (read_.step()) {
        auth::append(page, revocation_of(read_), step.now);
        page.version = read_.number(0);
        ++count;
    }
    read_.reset();
    page.more = count == auth::revocation_page;
    page.version = page.more ? page.version : version;
}

int SqliteRevocations::purge(std::int64_t now, std::int64_t most) {
    purge_.bind(now).bind(most).execute();
    return sqlite3_changes(db_);
}

} // namespace sallyport::store
