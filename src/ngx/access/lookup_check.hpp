#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ngx/access/lookup.hpp"
#include "ngx/access/source_check.hpp"

namespace sallyport::ngx {

// Checks a password or an API key by a subrequest to the location that knows its owner.
class LookupCheck final : public SourceCheck {
  public:
    // `uri` is evaluated when a cached credential or the answer is looked up.
    LookupCheck(ngx_http_complex_value_t* uri, const AccountCredential& credential,
                ngx_msec_t lifetime) noexcept
        : SourceCheck(credential, lifetime),
          uri_value_(uri) {}

    Verdict authenticate(ngx_http_request_t* r) override;
    std::optional<Reason> start_waiting(ngx_http_request_t* r, Waiter& waiter) override;
    [[nodiscard]] bool is_lookup_running() const noexcept override {
        return lookup_ != nullptr && !lookup_->complete();
    }
    [[nodiscard]] std::string description() const override;

  private:
    std::string cache_source(ngx_http_request_t* r) override;
    [[nodiscard]] std::uint64_t generation() const noexcept override { return 0; }

    ngx_http_complex_value_t* uri_value_;
    std::string_view uri_;     // once the cache key is known
    Lookup* lookup_ = nullptr; // in the request's memory
};

} // namespace sallyport::ngx
