#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "auth/token_store.hpp"
#include "base/handle.hpp"
#include "base/secret.hpp"

namespace sallyport::store {

using Database = Handle<sqlite3, sqlite3_close>;

[[noreturn]] void throw_sqlite(sqlite3* db, const char* what);
void run_sql(sqlite3* db, const char* sql);

// Opens an existing file, for one thread at a time. Its first use waits, until the deadline, for
// processes that are opening or closing it.
Database open_database(const std::string& path, auth::StoreClock::time_point deadline);

// Rolls back in its destructor unless it was committed.
class Transaction {
  public:
    enum class Kind { reads, writes };
    // Waits for other processes' transactions, which are short, until the deadline.
    Transaction(sqlite3* db, Kind kind, auth::StoreClock::time_point deadline);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

  private:
    sqlite3* db_;
};

// A prepared statement. Values are bound in the order of its question marks; texts and blobs
// must outlive the call of step() or execute().
class Statement {
  public:
    Statement(sqlite3* db, const char* sql);

    Statement& bind(std::string_view text);
    Statement& bind(BytesView blob);
    Statement& bind(std::int64_t number);
    // Runs it. True: there is a row, whose columns can be read until the next use.
    bool step();
    // Runs a statement without rows, and resets it.
    void execute();
    void reset() noexcept;

    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] bool is_null(int column) const;

  private:
    sqlite3* db_;
    Handle<sqlite3_stmt, sqlite3_finalize> statement_;
    int bound_ = 0;
};

} // namespace sallyport::store
