#include "store/sqlite_store.hpp"

#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "store/sqlite_steps.hpp"

namespace sallyport::store {
namespace {

using auth::StoreOutcome;

constexpr int schema_version = 1;

constexpr const char* schema = R"(
CREATE TABLE sessions (
    sid        TEXT PRIMARY KEY,
    sub        TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    roles      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE tokens (
    jti          TEXT PRIMARY KEY,
    sid          TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    replaced_by  TEXT
) WITHOUT ROWID;
CREATE INDEX tokens_by_expiry ON tokens (expires_at);
CREATE VIEW refresh_tokens AS
    SELECT jti, sid, sub, tenant_id, roles, t.created_at, last_used_at, t.expires_at,
           revoked_at IS NOT NULL AS revoked, revoked_at, replaced_by
    FROM tokens AS t JOIN sessions AS s USING (sid);
PRAGMA user_version = 1;
)";

// Not part of the schema version, like the tables of revocations: added to older files as well,
// which work without it.
constexpr const char* later_indexes =
    "CREATE INDEX IF NOT EXISTS sessions_by_subject ON sessions (sub, tenant_id);"
    "CREATE INDEX IF NOT EXISTS tokens_by_session ON tokens (sid, created_at)";

// Added to older files too, which earlier versions of the module can still use then.
constexpr const char* client_column =
    "ALTER TABLE sessions ADD COLUMN client TEXT NOT NULL DEFAULT ''";

bool has_client_column(sqlite3* db) {
    return Statement(db, "SELECT 1 FROM pragma_table_info('sessions') WHERE name = 'client'")
        .step();
}

int version_of(sqlite3* db) {
    Statement version(db, "PRAGMA user_version");
    version.step();
    return static_cast<int>(version.number(0));
}

void check_version(sqlite3* db) {
    if (const int version = version_of(db); version != schema_version) {
        throw auth::StoreError("has the schema version " + std::to_string(version) +
                               ", which is not supported");
    }
}

// When two processes change the mode at the same time, SQLite fails one of them immediately.
void use_wal(sqlite3* db, auth::StoreClock::time_point deadline) {
    constexpr std::chrono::milliseconds pause{10};
    while (sqlite3_exec(db, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr) != SQLITE_OK) {
        if (sqlite3_errcode(db) != SQLITE_BUSY || auth::StoreClock::now() + pause >= deadline) {
            throw_sqlite(db, "cannot be used");
        }
        std::this_thread::sleep_for(pause);
    }
}

// Several processes may do this at the same time.
void make_tables(sqlite3* db, auth::StoreClock::time_point deadline) {
    use_wal(db, deadline);
    Transaction transaction(db, Transaction::Kind::writes, deadline);
    if (version_of(db) == 0) {
        run_sql(db, schema);
        run_sql(db, later_indexes);
    }
    transaction.commit();
}

void add_client_column(sqlite3* db, auth::StoreClock::time_point deadline) {
    if (has_client_column(db)) {
        return;
    }
    Transaction transaction(db, Transaction::Kind::writes, deadline);
    if (!has_client_column(db)) {
        run_sql(db, client_column);
    }
    transaction.commit();
}

} // namespace

class SqliteStore::Connection {
  public:
    Connection(const std::string& path, auth::StoreClock::time_point deadline)
        : database_(open_database(path, deadline)),
          steps_(prepared(database_.get(), deadline)) {}

    // The file was replaced or removed. Writes would be lost, and a new file must not be opened
    // beside the write-ahead log of the old one.
    [[nodiscard]] bool has_moved() const noexcept {
        int moved = 0;
        sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
        return moved != 0;
    }

    std::vector<StoreOutcome> run(std::span<const auth::StoreStep> steps,
                                  auth::StoreClock::time_point deadline) {
        std::vector<StoreOutcome> outcomes;
        Transaction transaction(database_.get(),
                                std::all_of(steps.begin(), steps.end(), reads)
                                    ? Transaction::Kind::reads
                                    : Transaction::Kind::writes,
                                deadline);
        for (const auth::StoreStep& step : steps) {
            outcomes.push_back(
                std::visit([this](const auto& one) { return steps_.take(one); }, step));
        }
        transaction.commit();
        return outcomes;
    }

  private:
    static bool reads(const auth::StoreStep& step) noexcept {
        return std::holds_alternative<auth::FindToken>(step) ||
               std::holds_alternative<auth::ListSessions>(step) ||
               std::holds_alternative<auth::ReadRevocations>(step);
    }

    // WAL is a property of the file, but "synchronous" is one of the connection.
    static sqlite3* prepared(sqlite3* db, auth::StoreClock::time_point deadline) {
        run_sql(db, "PRAGMA synchronous = FULL");
        if (version_of(db) == 0) {
            make_tables(db, deadline);
        }
        check_version(db);
        add_client_column(db, deadline);
        sqlite3_exec(db, later_indexes, nullptr, nullptr, nullptr);
        make_revocation_tables(db, deadline);
        return db;
    }

    Database database_;
    SqliteSteps steps_;
};

bool create_sqlite_file(const std::string& path) noexcept {
    constexpr mode_t owner_only = 0600;
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, owner_only);
    return file >= 0 && ::close(file) == 0;
}

SqliteStore::SqliteStore(std::string path) : path_(std::move(path)) {}

SqliteStore::~SqliteStore() = default;

std::vector<StoreOutcome> SqliteStore::do_run(std::span<const auth::StoreStep> steps,
                                              auth::StoreClock::time_point deadline) {
    if (connection_ && connection_->has_moved()) {
        throw auth::StoreError("the file was removed or replaced while in use");
    }
    if (!connection_) {
        connection_ = std::make_unique<Connection>(path_, deadline);
    }
    try {
        return connection_->run(steps, deadline);
    } catch (...) {
        connection_.reset();
        throw;
    }
}

} // namespace sallyport::store
