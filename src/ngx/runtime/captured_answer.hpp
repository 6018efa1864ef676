#pragma once

#include <cstddef>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// What a subrequest answers, taken by our filters before any of it goes to a client. Belongs to
// the main request, and lives in its memory.
class CapturedAnswer {
  public:
    // `limit` bounds the body. With `all`, whatever else the main request would send is dropped.
    CapturedAnswer(std::size_t limit, bool all) noexcept : limit_(limit), all_(all) {}
    CapturedAnswer(const CapturedAnswer&) = delete;
    CapturedAnswer& operator=(const CapturedAnswer&) = delete;

    // Makes a GET subrequest of a request for a URI that may have arguments, and takes its answer.
    // Null when nginx refuses.
    ngx_http_request_t* ask(ngx_http_request_t* r, ngx_str_t uri);

    [[nodiscard]] bool complete() const noexcept { return request_ != nullptr && request_->done; }
    // nginx answered from a cache of its own.
    [[nodiscard]] bool was_cached() const noexcept { return cached_; }
    // 0 when there was none.
    [[nodiscard]] ngx_uint_t status() const noexcept { return status_; }
    // Once, or one sentence why it cannot be read. When it is complete. One in gzip cannot.
    Result<Secret> body();
    // The same, but one in gzip is given as it is.
    Result<Secret> body_as_sent();
    [[nodiscard]] bool in_gzip() const noexcept { return coding_ == Coding::gzip; }

    // Hangs on a request of a client, which goes on afterwards.
    [[nodiscard]] bool is_of_client() const noexcept { return !all_; }

    // What takes the output of a request, if anything does: its own, or that of a subrequest of it.
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
