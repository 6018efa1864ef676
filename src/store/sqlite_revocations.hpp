#pragma once

#include <cstdint>
#include <optional>

#include "auth/token_store.hpp"
#include "store/sqlite.hpp"

namespace sallyport::store {

// Creates the tables of revocations, and begins an epoch, in a file that has none.
void make_revocation_tables(sqlite3* db, auth::StoreClock::time_point deadline);

// Runs the steps about revocations on an open database that has these tables. Throws StoreError.
class SqliteRevocations {
  public:
    explicit SqliteRevocations(sqlite3* db) noexcept : db_(db) {}

    auth::StoreOutcome take(const auth::AddRevocations& step);
    auth::StoreOutcome take(const auth::RemoveRevocation& step);
    auth::StoreOutcome take(const auth::ReadRevocations& step);
    // Removes some of those that are over, and returns their number.
    int purge(std::int64_t now, std::int64_t most);

  private:
    struct List {
        std::string epoch;
        std::int64_t version = 0;
    };

    List list();
    std::optional<auth::KnownRevocation> find(const Digest& key);
    void keep(const auth::KnownRevocation& revocation, std::int64_t version);
    void set_version(std::int64_t version);
    void read_page(const auth::ReadRevocations& step, auth::RevocationChanges& page,
                   std::int64_t version);

    sqlite3* db_;
    Statement list_{db_, "SELECT epoch, version FROM revocation_list"};
    Statement set_version_{db_, "UPDATE revocation_list SET version = ?"};
    Statement find_{db_, "SELECT version, key, shape, issued_before, until, removed, kept_until "
                         "FROM revocations WHERE key = ?"};
    Statement read_{db_, "SELECT version, key, shape, issued_before, until, removed, kept_until "
                         "FROM revocations WHERE version > ? ORDER BY version LIMIT ?"};
    // Replaces the row with the same key.
    Statement keep_{db_, "INSERT OR REPLACE INTO revocations "
                         "(version, key, shape, issued_before, until, removed, kept_until) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?)"};
    Statement purge_{db_, "DELETE FROM revocations WHERE version IN "
                          "(SELECT version FROM revocations WHERE kept_until <= ? LIMIT ?)"};
};

} // namespace sallyport::store
