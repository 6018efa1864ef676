#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <memory>

#include "ngx/ngx.hpp"
#include "ngx/runtime/background.hpp"

// What nginx does for the classes under test: included by one source of a test, whose nginx it is.
// Events, timers and background jobs wait until the test runs them.

volatile ngx_msec_t ngx_current_msec = 1'000'000;
volatile ngx_cycle_t* ngx_cycle = nullptr;
volatile ngx_time_t* ngx_cached_time = nullptr;
ngx_queue_t ngx_posted_events;
ngx_queue_t ngx_posted_next_events;
ngx_rbtree_t ngx_event_timer_rbtree;
ngx_module_t ngx_http_module{};
ngx_module_t ngx_http_sallyport_module{};

namespace sallyport::test {

inline ngx_log_t quiet{};
inline ngx_cycle_t cycle{};
inline std::array<void***, 1> no_configuration{}; // no http block
inline ngx_time_t now{};
inline std::array<ngx_rbtree_node_t*, 16> timers{};
inline ngx_int_t read_event_result = NGX_OK;

inline void start_nginx() {
    cycle.log = &quiet;
    cycle.conf_ctx = no_configuration.data();
    ngx_cycle = &cycle;
    ngx_cached_time = &now;
    ngx_queue_init(&ngx_posted_events);
    ngx_queue_init(&ngx_posted_next_events);
}

} // namespace sallyport::test

void ngx_log_error_core(ngx_uint_t, ngx_log_t*, ngx_err_t, const char*, ...) {}
ngx_connection_t* ngx_get_connection(ngx_socket_t, ngx_log_t*) {
    return nullptr;
}
void ngx_close_connection(ngx_connection_t*) {}
ngx_int_t ngx_handle_read_event(ngx_event_t*, ngx_uint_t) {
    return sallyport::test::read_event_result;
}
void ngx_rbtree_insert(ngx_rbtree_t*, ngx_rbtree_node_t* node) {
    auto& timers = sallyport::test::timers;
    *std::find(timers.begin(), timers.end(), nullptr) = node;
}
void ngx_rbtree_delete(ngx_rbtree_t*, ngx_rbtree_node_t* node) {
    auto& timers = sallyport::test::timers;
    std::replace(timers.begin(), timers.end(), node, static_cast<ngx_rbtree_node_t*>(nullptr));
}

namespace sallyport::ngx {

inline std::deque<std::unique_ptr<Job>> jobs;

bool try_post(std::unique_ptr<Job>& job) {
    jobs.push_back(std::move(job));
    return true;
}

} // namespace sallyport::ngx

namespace sallyport::test {

// As nginx calls them: nothing may be thrown.
inline void run_jobs() noexcept {
    while (!ngx::jobs.empty()) {
        const auto job = std::move(ngx::jobs.front());
        ngx::jobs.pop_front();
        job->run();
        job->finish();
    }
}

inline void run_posted_events() noexcept {
    while (!ngx_queue_empty(&ngx_posted_events)) {
        ngx_queue_t* const first = ngx_queue_head(&ngx_posted_events);
        ngx_event_t* const event = ngx_queue_data(first, ngx_event_t, queue);
        ngx_delete_posted_event(event);
        event->handler(event);
    }
}

inline void run_all() noexcept {
    while (!ngx_queue_empty(&ngx_posted_events) || !ngx::jobs.empty()) {
        run_posted_events();
        run_jobs();
    }
}

// Time passes, and the timers whose time has come are run.
inline void pass(ngx_msec_t milliseconds) noexcept {
    ngx_current_msec = ngx_current_msec + milliseconds;
    for (ngx_rbtree_node_t* const node : std::array(timers)) {
        if (node != nullptr && node->key <= ngx_current_msec &&
            std::find(timers.begin(), timers.end(), node) != timers.end()) {
            ngx_event_t* const event = ngx_rbtree_data(node, ngx_event_t, timer);
            ngx_del_timer(event);
            event->handler(event);
        }
    }
}

} // namespace sallyport::test
