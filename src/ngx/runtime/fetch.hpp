#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Fetches the response of a location of this nginx, independently of clients: no client's request
// can influence it, or end it by disconnecting.
//
// A subrequest calls the location. Its main request uses a connection of its own: one end of a
// socket pair whose other end stays silent. nginx owns the connection, the request and their pools;
// this object observes them, and either side may end first.
class Fetch {
  public:
    // The body of a complete answer with status 200.
    struct Body {
        Secret bytes;
        bool in_gzip = false; // although no encoding was asked for
    };
    // The body, or why there is none. Called once, from the event loop, unless the Fetch is
    // destroyed first. It may destroy the Fetch.
    using Done = std::function<void(Result<Body>)>;

    // `uri` may have arguments. `limit`: the largest body, in bytes as sent.
    Fetch(ngx_http_conf_ctx_t* server, std::string uri, std::size_t limit, Done done);
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;
    ~Fetch();

  private:
    struct Answer;

    void begin();
    void ask(ngx_http_request_t* main);
    void finish(Result<Body> outcome);
    void give_up();
    static void take(Answer& answer);
    static void on_answered(ngx_http_request_t* main) noexcept;

    ngx_http_conf_ctx_t* server_;
    std::string uri_;
    std::size_t limit_;
    Done done_;
    Answer* answer_ = nullptr; // in the request's pool; null without a request
    ngx_event_t start_{};
    ngx_event_t timeout_{};
};

} // namespace sallyport::ngx
