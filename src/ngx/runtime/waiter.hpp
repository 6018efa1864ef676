#pragma once

#include "base/notifier.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// A request that may wait, in its access phase or for its answer, and then goes on when any of its
// supplies has news.
// One that was never suspended (a variable was read elsewhere) is told, but nginx is left alone.
// Lives in the request, and leaves the supplies when the request ends, whoever ends it, or when
// nginx sends it elsewhere because its client has left (post_action).
class Waiter : public Listener {
  public:
    // `go_on` is what nginx calls then.
    explicit Waiter(ngx_http_request_t* r,
                    ngx_http_event_handler_pt go_on = ngx_http_core_run_phases) noexcept;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    // Stops waiting.
    void leave() noexcept;
    // Has nginx watch for a client that goes away meanwhile.
    ngx_int_t suspend() noexcept;

  private:
    void on_ready() noexcept override;
    void resume();
    static void watch_client(ngx_http_request_t* r) noexcept;

    ngx_http_request_t* r_;
    ngx_http_event_handler_pt go_on_;
    unsigned uri_changes_ = 0; // of the request when it was suspended
    bool suspended_ = false;
    ngx_event_t event_{};
};

} // namespace sallyport::ngx
