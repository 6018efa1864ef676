#include "store/sqlite_store.hpp"

#include <algorithm>

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

// Not part of the schema: files made before it get it now, and work without it.
constexpr const char* subject_index =
    "CREATE INDEX IF NOT EXISTS sessions_by_subject ON sessions (sub, tenant_id)";

int version_of(sqlite3* db) {
    Statement version(db, "PRAGMA user_version");
    version.step();
    return static_cast<int>(version.number(0));
}

void check_version(sqlite3* db) {
    if (const int version = version_of(db); version != schema_version) {
        throw auth::StoreError("has the schema version " + std::to_string(version) +
                               ", which is not known here");
    }
}

} // namespace

class SqliteStore::Connection {
  public:
    Connection(const std::string& path, auth::StoreClock::time_point deadline)
        : database_(open_database(path, 0, deadline)),
          steps_(checked(database_.get())) {}

    // Somebody has put another file in its place, or taken it away: what was written now would be
    // lost, and another file may not be opened beside the log of this one.
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
        return std::holds_alternative<auth::FindToken>(step);
    }

    // WAL is a property of the file; what a commit waits for is one of the connection.
    static sqlite3* checked(sqlite3* db) {
        run_sql(db, "PRAGMA synchronous = FULL");
        check_version(db);
        return db;
    }

    Database database_;
    SqliteSteps steps_;
};

Result<bool> prepare_sqlite(const std::string& path) {
    try {
        const auto deadline = auth::StoreClock::now() + auth::store_patience;
        const Database db = open_database(path, SQLITE_OPEN_CREATE, deadline);
        run_sql(db.get(), "PRAGMA journal_mode = WAL");
        Transaction transaction(db.get(), Transaction::Kind::writes, deadline);
        if (version_of(db.get()) == 0) {
            run_sql(db.get(), schema);
        }
        check_version(db.get());
        run_sql(db.get(), subject_index);
        transaction.commit();
        return true;
    } catch (const auth::StoreError& error) {
        return failure(error.what());
    }
}

SqliteStore::SqliteStore(std::string path) : path_(std::move(path)) {}

SqliteStore::~SqliteStore() = default;

std::vector<StoreOutcome> SqliteStore::do_run(std::span<const auth::StoreStep> steps,
                                              auth::StoreClock::time_point deadline) {
    if (connection_ && connection_->has_moved()) {
        throw auth::StoreError("the file was taken away while it was in use");
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
