#pragma once

#include <cstddef>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The response of a subrequest, captured by our filters instead of being sent to a client. Belongs
// to the main request, and lives in its pool.
class CapturedAnswer {
  public:
    // `limit`: the largest body, in bytes. `all`: all else that the main request sends is dropped.
    CapturedAnswer(std::size_t limit, bool all) noexcept : limit_(limit), all_(all) {}
    CapturedAnswer(const CapturedAnswer&) = delete;
    CapturedAnswer& operator=(const CapturedAnswer&) = delete;

    // Makes a GET subrequest of a request for a URI that may have arguments, and takes its answer.
    // Null when nginx refuses.
    ngx_http_request_t* ask(ngx_http_request_t* r, ngx_str_t uri);

    [[nodiscard]] bool complete() const noexcept { return request_ != nullptr && request_->done; }
    // The response came from nginx's cache.
    [[nodiscard]] bool was_cached() const noexcept { return cached_; }
    // 0: no response.
    [[nodiscard]] ngx_uint_t status() const noexcept { return status_; }
    // The body of a complete response, once; or why it cannot be read. Rejects gzip.
    Result<Secret> body();
    // The same, but accepts gzip and returns it as it is.
    Result<Secret> body_as_sent();
    [[nodiscard]] bool in_gzip() const noexcept { return coding_ == Coding::gzip; }

    // The main request is a client's, which continues afterwards.
    [[nodiscard]] bool is_of_client() const noexcept { return !all_; }

    // The capture that takes the output of a request or of one of its parents; null: none.
    static CapturedAnswer* of(ngx_http_request_t* r) noexcept;
    // For the filters.
    ngx_int_t take_header(ngx_http_request_t* r) noexcept;
    ngx_int_t take_body(ngx_http_request_t* r, ngx_chain_t* in);

  private:
    enum class Coding { none, gzip, other };
    static Coding coding_of(const ngx_http_request_t* r) noexcept;
    static CapturedAnswer* latest(ngx_http_request_t* r) noexcept;
    [[nodiscard]] bool takes(const ngx_http_request_t* r) const noexcept;
    void take(const ngx_buf_t& buffer);
    static ngx_int_t on_end(ngx_http_request_t* r, void* data, ngx_int_t rc) noexcept;

    std::size_t limit_;
    bool all_;
    ngx_http_request_t* request_ = nullptr; // the subrequest
    CapturedAnswer* earlier_ = nullptr;     // of the same main request
    ngx_uint_t status_ = 0;
    Coding coding_ = Coding::none;
    bool cached_ = false;
    bool ended_ = false;
    bool too_large_ = false;
    Bytes body_{};
};

} // namespace sallyport::ngx
