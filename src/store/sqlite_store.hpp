#pragma once

#include <memory>
#include <string>

#include "auth/token_store.hpp"

namespace sallyport::store {

// Creates an empty file with mode 0600 if it does not exist. False, with errno set, if it cannot be
// written to.
bool create_sqlite_file(const std::string& path) noexcept;

// Sessions in an SQLite file that several processes share. A run is one transaction, which is on
// disk when it returns. The file must exist. It is opened on first use, and again after an error;
// an empty file gets its tables then. A file that is removed or replaced while in use is a
// permanent error, because other processes may be using a different file.
class SqliteStore : public auth::TokenStore {
  public:
    explicit SqliteStore(std::string path);
    ~SqliteStore() override;

  private:
    std::vector<auth::StoreOutcome> do_run(std::span<const auth::StoreStep> steps,
                                           auth::StoreClock::time_point deadline) override;

    class Connection;

    std::string path_;
    std::unique_ptr<Connection> connection_;
};

} // namespace sallyport::store
