#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Gets what a location of one of our own servers answers, on behalf of nobody: no client's
// request is behind it, so that none can colour it, and none can end it by going away.
//
// The location is asked by a subrequest whose main request stands on a connection of its own: one
// end of a socket pair with a silent other end. nginx's connection, request and pools live and die
// by nginx's rules. This object listens to them, and either side may end first.
class Fetch {
  public:
    // The body of a complete answer with status 200.
    struct Body {
        Secret bytes;
        bool in_gzip = false; // although it was asked for as it is
    };
    // The body, or one sentence why there is none. Called once, from the event loop, unless the
    // Fetch ends first. It may end the Fetch.
    using Done = std::function<void(Result<Body>)>;

    // `uri` may have arguments; `limit` bounds the body as it was sent.
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
    Answer* answer_ = nullptr; // in the request's memory; null when there is no request
    ngx_event_t start_{};
    ngx_event_t timeout_{};
};

} // namespace sallyport::ngx
