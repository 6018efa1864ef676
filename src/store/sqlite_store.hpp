#pragma once

#include <memory>
#include <string>

#include "auth/token_store.hpp"
#include "base/result.hpp"

namespace sallyport::store {

// Makes the file where there is none, and its tables. The error is one sentence without the path.
Result<bool> prepare_sqlite(const std::string& path);

// A file that many processes share. What a run has done is on the disk when it returns, all of it
// or nothing. The file is opened when it is first needed, and again after an error.
class SqliteStore : public auth::TokenStore {
  public:
    explicit SqliteStore(std::string path);
    ~SqliteStore() override;

    std::vector<auth::StoreOutcome> run(std::span<const auth::StoreStep> steps) override;

  private:
    class Connection;

    std::string path_;
    std::unique_ptr<Connection> connection_;
};

} // namespace sallyport::store
