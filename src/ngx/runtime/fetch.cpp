#include "ngx/runtime/fetch.hpp"

#include <new>
#include <utility>

#include "ngx/runtime/captured_answer.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/silent_client.hpp"

namespace sallyport::ngx {
namespace {

constexpr ngx_msec_t patience = 10'000;

// Without the field, a server may choose any encoding (RFC 9110, section 12.5.3).
void ask_for_no_encoding(ngx_http_request_t* r) {
    static u_char lowercase[] = "accept-encoding";
    auto* const field = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_in.headers));
    if (field == nullptr) {
        throw std::bad_alloc();
    }
    *field = {};
    field->hash = ngx_hash_key(lowercase, sizeof(lowercase) - 1);
    ngx_str_set(&field->key, "Accept-Encoding");
    ngx_str_set(&field->value, "identity");
    field->lowcase_key = lowercase;
#if (NGX_HTTP_GZIP || NGX_HTTP_HEADERS)
    r->headers_in.accept_encoding = field;
#endif
}

} // namespace

// Lives in the pool of the main request.
struct Fetch::Answer : CapturedAnswer {
    Fetch* fetch; // null after it was destroyed
    ngx_http_request_t* main;

    Answer(Fetch* f, ngx_http_request_t* r, std::size_t limit) noexcept
        : CapturedAnswer(limit, true),
          fetch(f),
          main(r) {}
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    ~Answer() {
        // nginx ended the request.
        if (fetch != nullptr) {
            guard(ngx_cycle->log, "fetch",
                  [&] { std::exchange(fetch, nullptr)->finish(failure("was cut short")); });
        }
    }

    Result<Body> outcome() {
        const ngx_uint_t code = status();
        if (code != NGX_HTTP_OK) {
            return failure(code == 0 ? "has no answer" : "status " + std::to_string(code));
        }
        auto body = body_as_sent();
        if (!body) {
            return failure(body.error());
        }
        return Body{std::move(*body), in_gzip()};
    }
};

Fetch::Fetch(ngx_http_conf_ctx_t* server, std::string uri, std::size_t limit, Done done)
    : server_(server),
      uri_(std::move(uri)),
      limit_(limit),
      done_(std::move(done)) {
    start_.handler = event_callback<"fetch", &Fetch::begin>;
    timeout_.handler = event_callback<"fetch", &Fetch::give_up>;
    start_.data = timeout_.data = this;
    start_.log = timeout_.log = ngx_cycle->log;
    // Posted, because the caller may be handling another request.
    ngx_post_event(&start_, &ngx_posted_events);
    ngx_add_timer(&timeout_, patience);
}

Fetch::~Fetch() {
    if (start_.posted) {
        ngx_delete_posted_event(&start_);
    }
    if (timeout_.timer_set) {
        ngx_del_timer(&timeout_);
    }
    if (answer_ != nullptr) {
        answer_->fetch = nullptr;
    }
}

void Fetch::begin() {
    ngx_http_request_t* const main = make_silent_request(server_);
    if (main == nullptr) {
        finish(failure("found no free connection"));
        return;
    }
    ngx_connection_t* const c = main->connection;
    answer_ = make<Answer>(main->pool, this, main, limit_);
    ask(main);
    ngx_http_run_posted_requests(c);
}

void Fetch::ask(ngx_http_request_t* main) {
    const ngx_str_t uri = pool_copy(main->pool, uri_);
    main->unparsed_uri = uri;
    main->uri = uri;
    main->write_event_handler = on_answered;
    ask_for_no_encoding(main);
    if (answer_->ask(main, uri) == nullptr) {
        end_silent_request(main);
    }
}

void Fetch::on_answered(ngx_http_request_t* main) noexcept {
    auto& answer = static_cast<Answer&>(*CapturedAnswer::of(main));
    if (answer.complete()) {
        guard(ngx_cycle->log, "fetch", [&] { take(answer); });
    }
}

// Ends the request, which destroys the answer.
void Fetch::take(Answer& answer) {
    Fetch* const fetch = std::exchange(answer.fetch, nullptr);
    auto outcome = answer.outcome();
    finish_silent_request(answer.main);
    if (fetch != nullptr) {
        fetch->finish(std::move(outcome));
    }
}

void Fetch::give_up() {
    if (answer_ != nullptr) {
        ngx_http_request_t* const main = answer_->main;
        ngx_connection_t* const c = main->connection;
        answer_->fetch = nullptr;
        end_silent_request(main);
        ngx_http_run_posted_requests(c);
    }
    finish(failure("timed out after 10 s"));
}

void Fetch::finish(Result<Body> outcome) {
    answer_ = nullptr;
    if (timeout_.timer_set) {
        ngx_del_timer(&timeout_);
    }
    const Done done = std::exchange(done_, nullptr);
    done(std::move(outcome));
}

} // namespace sallyport::ngx
