#include <memory>

#include "check.hpp"
#include "failing_memory.hpp"
#include "nginx_stand_ins.hpp"
#include "ngx/runtime/waiter.hpp"

// A request that waits, with little memory.

void ngx_http_test_reading(ngx_http_request_t*) {}
void ngx_http_block_reading(ngx_http_request_t*) {}
void ngx_http_core_run_phases(ngx_http_request_t*) {}
void ngx_http_run_posted_requests(ngx_connection_t*) {}

namespace {

using namespace sallyport;
using namespace sallyport::test;
using ngx::Waiter;

class Source : public Notifier {
  public:
    void come() { notify(); }
};

int went_on = 0;

void go_on(ngx_http_request_t*) {
    ++went_on;
}

// A request as far as a waiter looks at it.
struct Request {
    Request() {
        log.data = &context;
        read.handler = [](ngx_event_t*) {};
        connection.log = &log;
        connection.read = &read;
        r.connection = &connection;
        went_on = 0;
    }
    ngx_http_log_ctx_t context{};
    ngx_log_t log{};
    ngx_event_t read{};
    ngx_connection_t connection{};
    ngx_http_request_t r{};
};

// What the caller of a waiter has nginx do.
ngx_int_t wait(Waiter& waiter, const std::shared_ptr<Source>& source) {
    try {
        waiter.wait_for(source);
        return waiter.suspend();
    } catch (const std::bad_alloc&) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

void with_memory_for_some_steps(Checks& checks) {
    with_little_memory(checks, [&](long n) {
        Request request;
        const auto source = std::make_shared<Source>();
        Waiter waiter(&request.r, go_on);
        ngx_int_t result = NGX_ERROR;
        {
            const LittleMemory little(n);
            result = wait(waiter, source);
            source->come();
            run_posted_events();
        }
        const bool waits = result == NGX_AGAIN;
        checks.that(waits || result == NGX_HTTP_INTERNAL_SERVER_ERROR, "waits, or is refused");
        checks.equal(went_on, waits ? 1 : 0, "goes on once where it waits");
        source->come();
        run_posted_events();
        checks.equal(went_on, waits ? 1 : 0, "and never again");
        return waits;
    });
}

// The location that a request comes from may have suspended it as well.
void a_second_waiter_of_a_request(Checks& checks) {
    with_little_memory(checks, [&](long n) {
        Request request;
        const auto source = std::make_shared<Source>();
        const auto other = std::make_shared<Source>();
        Waiter first(&request.r, go_on);
        checks.equal(wait(first, source), NGX_AGAIN, "the first waits");
        Waiter second(&request.r, go_on);
        ngx_int_t result = NGX_ERROR;
        {
            const LittleMemory little(n);
            result = wait(second, other);
            first.leave(); // a request that is refused ends, and with it all its waiters
            source->come();
            other->come();
            run_posted_events();
        }
        checks.equal(went_on, result == NGX_AGAIN ? 1 : 0, "goes on once where it waits");
        return result == NGX_AGAIN;
    });
}

void nothing_to_wait_for(Checks& checks) {
    Request request;
    Waiter waiter(&request.r, go_on);
    checks.equal(waiter.suspend(), NGX_HTTP_INTERNAL_SERVER_ERROR, "refused");
}

void a_client_that_cannot_be_watched(Checks& checks) {
    Request request;
    const auto source = std::make_shared<Source>();
    Waiter waiter(&request.r, go_on);
    read_event_result = NGX_ERROR;
    checks.equal(wait(waiter, source), NGX_HTTP_INTERNAL_SERVER_ERROR, "refused");
    read_event_result = NGX_OK;
    source->come();
    run_posted_events();
    checks.equal(went_on, 0, "does not go on");
}

} // namespace

int main() {
    start_nginx();
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<with_memory_for_some_steps>),
        cmocka_unit_test(run<a_second_waiter_of_a_request>),
        cmocka_unit_test(run<nothing_to_wait_for>),
        cmocka_unit_test(run<a_client_that_cannot_be_watched>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
