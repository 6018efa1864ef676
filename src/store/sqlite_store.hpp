#pragma once

#include <memory>
#include <string>

#include "auth/token_store.hpp"

namespace sallyport::store {

// Creates an empty file where there is none, for its owner alone. False, with errno, where it
// cannot be written to.
bool create_sqlite_file(const std::string& path) noexcept;

// A file that many processes share. What a run has done is on the disk when it returns, all of it
// or nothing. The file must exist. It is opened when it is first needed, and again after an error;
// an empty one gets its tables then. One that was
// taken away or replaced in use is an error for good, since what is in it would not be that of
// other processes.
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
