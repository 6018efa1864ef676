#include "ngx/fetch.hpp"

#include <utility>

#include "ngx/guard.hpp"
#include "ngx/pool.hpp"
#include "ngx/silent_client.hpp"

namespace sallyport::ngx {
namespace {

constexpr ngx_msec_t patience = 10'000;

} // namespace

// What has come so far. Lives in the memory of the main request.
struct Fetch::Answer {
    Fetch* fetch; // null when it has ended
    std::size_t limit;
    ngx_http_request_t* main;
    ngx_http_request_t* request = nullptr; // the subrequest
    ngx_uint_t status = 0;
    bool encoded = false;
    bool complete = false;
    bool too_large = false;
    Bytes body{};

    ~Answer() {
        // nginx has ended the request by itself.
        if (fetch != nullptr) {
            guard(ngx_cycle->log, "fetch", 0, [&] {
                std::exchange(fetch, nullptr)->finish(failure("was cut short"));
                return 0;
            });
        }
    }

    void take(const ngx_buf_t& buffer) {
        if (ngx_buf_in_memory(&buffer)) {
            too_large = too_large ||
                        body.size() + static_cast<std::size_t>(buffer.last - buffer.pos) > limit;
            if (!too_large) {
                body.insert(body.end(), buffer.pos, buffer.last);
            }
        }
        complete = complete || buffer.last_in_chain != 0 || buffer.last_buf != 0;
    }

    Result<Secret> outcome() {
        if (status != NGX_HTTP_OK) {
            return failure(status == 0 ? "has no answer" : "status " + std::to_string(status));
        }
        if (encoded) {
            return failure("the answer is compressed");
        }
        if (too_large) {
            return failure("the answer is larger than " + std::to_string(limit) + " bytes");
        }
        if (!complete) {
            return failure("the answer is not complete");
        }
        return Secret(std::move(body));
    }
};

Fetch::Fetch(ngx_http_conf_ctx_t* server, std::string uri, std::size_t limit, Done done)
    : server_(server),
      uri_(std::move(uri)),
      limit_(limit),
      done_(std::move(done)) {
    start_.handler = on_start;
    timeout_.handler = on_timeout;
    start_.data = timeout_.data = this;
    start_.log = timeout_.log = ngx_cycle->log;
    // Not at once: the caller may be in the middle of another request.
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

void Fetch::on_start(ngx_event_t* event) noexcept {
    guard(event->log, "fetch", 0, [&] {
        static_cast<Fetch*>(event->data)->begin();
        return 0;
    });
}

void Fetch::on_timeout(ngx_event_t* event) noexcept {
    guard(event->log, "fetch", 0, [&] {
        static_cast<Fetch*>(event->data)->give_up();
        return 0;
    });
}

void Fetch::begin() {
    ngx_http_request_t* const main = make_silent_request(server_);
    if (main == nullptr) {
        finish(failure("has no connection left"));
        return;
    }
    ngx_connection_t* const c = main->connection;
    answer_ = make<Answer>(main->pool, this, limit_, main);
    ngx_http_set_ctx(main, answer_, ngx_http_sallyport_filter_module);
    ask(main);
    ngx_http_run_posted_requests(c);
}

// What a subrequest ended with, in case that no answer follows. An error_page may still make it a
// good one.
static ngx_int_t on_subrequest_end(ngx_http_request_t*, void* status, ngx_int_t rc) noexcept {
    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        *static_cast<ngx_uint_t*>(status) = static_cast<ngx_uint_t>(rc);
    }
    return rc;
}

void Fetch::ask(ngx_http_request_t* main) {
    ngx_str_t uri = copy(main->pool, uri_);
    ngx_str_t arguments{};
    ngx_uint_t flags = NGX_HTTP_LOG_UNSAFE;
    main->unparsed_uri = uri;
    main->uri = uri;
    const ngx_http_post_subrequest_t end{on_subrequest_end, &answer_->status};
    auto* const ps = make<ngx_http_post_subrequest_t>(main->pool, end);
    main->write_event_handler = on_answered;
    if (ngx_http_parse_unsafe_uri(main, &uri, &arguments, &flags) != NGX_OK ||
        ngx_http_subrequest(main, &uri, &arguments, &answer_->request, ps,
                            NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK) {
        end_silent_request(main);
    }
}

void Fetch::on_answered(ngx_http_request_t* main) noexcept {
    auto& answer =
        *static_cast<Answer*>(ngx_http_get_module_ctx(main, ngx_http_sallyport_filter_module));
    if (answer.request == nullptr || answer.request->done == 0) {
        return;
    }
    guard(ngx_cycle->log, "fetch", 0, [&] {
        Fetch* const fetch = std::exchange(answer.fetch, nullptr);
        auto outcome = answer.outcome();
        finish_silent_request(main);
        if (fetch != nullptr) {
            fetch->finish(std::move(outcome));
        }
        return 0;
    });
}

void Fetch::give_up() {
    if (answer_ != nullptr) {
        ngx_http_request_t* const main = answer_->main;
        ngx_connection_t* const c = main->connection;
        answer_->fetch = nullptr;
        end_silent_request(main);
        ngx_http_run_posted_requests(c);
    }
    finish(failure("has not answered in 10 s"));
}

void Fetch::finish(Result<Secret> outcome) {
    answer_ = nullptr;
    if (timeout_.timer_set) {
        ngx_del_timer(&timeout_);
    }
    const Done done = std::exchange(done_, nullptr);
    done(std::move(outcome));
}

bool Fetch::owns(ngx_http_request_t* r) noexcept {
    return ngx_http_get_module_ctx(r->main, ngx_http_sallyport_filter_module) != nullptr;
}

ngx_int_t Fetch::take_header(ngx_http_request_t* r) {
    auto& answer =
        *static_cast<Answer*>(ngx_http_get_module_ctx(r->main, ngx_http_sallyport_filter_module));
    r->header_sent = 1;
    r->filter_need_in_memory = 1;
    if (r == answer.request) {
        const ngx_table_elt_t* const encoding = r->headers_out.content_encoding;
        answer.status = r->headers_out.status;
        answer.encoded = encoding != nullptr && encoding->hash != 0 && encoding->value.len > 0;
    }
    return NGX_OK;
}

ngx_int_t Fetch::take_body(ngx_http_request_t* r, ngx_chain_t* in) {
    auto& answer =
        *static_cast<Answer*>(ngx_http_get_module_ctx(r->main, ngx_http_sallyport_filter_module));
    for (; in != nullptr; in = in->next) {
        if (r == answer.request) {
            answer.take(*in->buf);
        }
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;
    }
    return NGX_OK;
}

} // namespace sallyport::ngx
