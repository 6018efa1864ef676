#include "store/sqlite.hpp"

#include <algorithm>

namespace sallyport::store {
namespace {

void wait_until(sqlite3* db, auth::StoreClock::time_point deadline) {
    using std::chrono::milliseconds;
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - auth::StoreClock::now()).count();
    sqlite3_busy_timeout(db, static_cast<int>(std::max<milliseconds::rep>(left, 0)));
}

} // namespace

void throw_sqlite(sqlite3* db, const char* what) {
    throw auth::StoreError(std::string(what) + ": " +
                           (db != nullptr ? sqlite3_errmsg(db) : "out of memory"));
}

void run_sql(sqlite3* db, const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw_sqlite(db, "cannot be used");
    }
}

Database open_database(const std::string& path, auth::StoreClock::time_point deadline) {
    sqlite3* db = nullptr;
    const int outcome =
        sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database owned(db);
    if (outcome != SQLITE_OK) {
        throw_sqlite(db, "cannot be opened");
    }
    wait_until(db, deadline);
    return owned;
}

Transaction::Transaction(sqlite3* db, Kind kind, auth::StoreClock::time_point deadline) : db_(db) {
    wait_until(db, deadline);
    run_sql(db, kind == Kind::writes ? "BEGIN IMMEDIATE" : "BEGIN");
    if (auth::StoreClock::now() >= deadline) {
        sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
        throw auth::StoreError("the deadline has passed");
    }
}

Transaction::~Transaction() {
    if (db_ != nullptr) {
        sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void Transaction::commit() {
    run_sql(db_, "COMMIT");
    db_ = nullptr;
}

Statement::Statement(sqlite3* db, const char* sql) : db_(db) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
        SQLITE_OK) {
        throw_sqlite(db, "cannot prepare a statement");
    }
    statement_.reset(statement);
}

Statement& Statement::bind(std::string_view text) {
    if (sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_STATIC) != SQLITE_OK) {
        throw_sqlite(db_, "cannot bind a text");
    }
    return *this;
}

Statement& Statement::bind(BytesView blob) {
    if (sqlite3_bind_blob(statement_.get(), ++bound_, blob.data(), static_cast<int>(blob.size()),
                          SQLITE_STATIC) != SQLITE_OK) {
        throw_sqlite(db_, "cannot bind a blob");
    }
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    if (sqlite3_bind_int64(statement_.get(), ++bound_, number) != SQLITE_OK) {
        throw_sqlite(db_, "cannot bind a number");
    }
    return *this;
}

bool Statement::step() {
    const int outcome = sqlite3_step(statement_.get());
    if (outcome != SQLITE_ROW && outcome != SQLITE_DONE) {
        const std::string why = sqlite3_errmsg(db_);
        reset();
        throw auth::StoreError("cannot run a statement: " + why);
    }
    return outcome == SQLITE_ROW;
}

void Statement::execute() {
    step();
    reset();
}

void Statement::reset() noexcept {
    sqlite3_reset(statement_.get());
    bound_ = 0;
}

std::string Statement::text(int column) const {
    const auto* const data =
        reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data != nullptr ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

} // namespace sallyport::store
