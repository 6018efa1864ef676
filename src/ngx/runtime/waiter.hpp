#pragma once

#include "base/notifier.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Suspends a request, in its access phase or before its answer, and resumes it when any of its
// notifiers notifies. A request that was never suspended, since only a variable was read, is
// notified without being resumed. Lives in the request, and stops waiting when the request ends or
// when nginx sends it elsewhere because the client has disconnected (post_action).
class Waiter : public Listener {
  public:
    // `go_on` is what nginx calls to resume the request.
    explicit Waiter(ngx_http_request_t* r,
                    ngx_http_event_handler_pt go_on = ngx_http_core_run_phases) noexcept;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    // Stops waiting.
    void leave() noexcept;
    // Returns NGX_AGAIN, or an error. Meanwhile, nginx watches for the client to disconnect.
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
