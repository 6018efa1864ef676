#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

class Waiter;

// Something that requests wait for.
class Supply {
  public:
    Supply() = default;
    Supply(const Supply&) = delete;
    Supply& operator=(const Supply&) = delete;
    virtual ~Supply() = default;

  protected:
    // Lets all that wait go on, when the event loop comes to them.
    void tell_waiters();
    [[nodiscard]] bool is_awaited() const noexcept { return !waiting_.empty(); }

  private:
    friend class Waiter;
    std::unordered_set<Waiter*> waiting_;
};

// A request that may wait, in its access phase or for its answer, and then goes on when any of its
// supplies has news.
// One that was never suspended (a variable was read elsewhere) is told, but nginx is left alone.
// Lives in the request, and leaves the supplies when the request ends, whoever ends it.
class Waiter {
  public:
    // `go_on` is what nginx calls then.
    explicit Waiter(ngx_http_request_t* r,
                    ngx_http_event_handler_pt go_on = ngx_http_core_run_phases) noexcept;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    void wait_for(std::shared_ptr<Supply> supply);
    // Stops waiting.
    void leave() noexcept;
    // What this request waited for has come, or failed to.
    [[nodiscard]] bool was_told_by(const Supply& supply) const noexcept;
    // Has nginx watch for a client that goes away meanwhile.
    ngx_int_t suspend() noexcept;

  private:
    friend class Supply;
    void take_news(Supply& supply);
    static void resume(ngx_event_t* event) noexcept;

    ngx_http_request_t* r_;
    ngx_http_event_handler_pt go_on_;
    bool suspended_ = false;
    ngx_event_t event_{};
    std::vector<std::shared_ptr<Supply>> waited_for_;
    std::vector<std::shared_ptr<Supply>> told_by_;
};

} // namespace sallyport::ngx
