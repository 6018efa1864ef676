#pragma once

#include <span>
#include <vector>

#include "jwt/keyset.hpp"
#include "ngx/policy.hpp"

namespace sallyport::ngx {

// The key sets that count for one request at this moment, in the order of their sources. Good
// until the event loop goes on: a key file may then be read again.
class Keyring {
  public:
    Keyring(ngx_http_request_t* r, const Policy& policy);

    [[nodiscard]] std::span<const jwt::Keyset* const> keysets() const noexcept { return keysets_; }
    [[nodiscard]] bool empty() const noexcept { return keys_ == 0; }
    // A source cannot be read: a key that is not here may still exist.
    [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }

  private:
    void add(KeyFile& file, ngx_log_t* log);
    void add_named(ngx_http_request_t* r, const NamedKeyFile& file);

    std::vector<const jwt::Keyset*> keysets_;
    std::size_t keys_ = 0;
    bool incomplete_ = false;
};

} // namespace sallyport::ngx
