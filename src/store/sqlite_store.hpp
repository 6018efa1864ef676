#pragma once

#include <memory>
#include <string>

#include "auth/token_store.hpp"
#include "base/result.hpp"

namespace sallyport::store {

// Makes the file where there is none, and its tables. The error is one sentence without the path.
Result<bool> prepare_sqlite(const std::string& path);

// A file that many processes share. What a run has done is on the disk when it returns, all of it
// or nothing. The file is opened when it is first needed, and again after an error; one that was
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
