#include "ngx/endpoints/endpoint.hpp"

#include <stdexcept>
#include <utility>

#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

struct Owner {
    std::unique_ptr<Endpoint> endpoint;
};

// Null before own().
Endpoint* endpoint_of(ngx_http_request_t* r) noexcept {
    Endpoint* endpoint = nullptr;
    each<Owner>(r->pool, [&](const Owner& latest) {
        endpoint = latest.endpoint.get();
        return false;
    });
    return endpoint;
}

} // namespace

// Signs on a thread: an RSA signature takes about a millisecond.
class Endpoint::Signing : public Notifier {
  public:
    using Outcome = Result<auth::IssuedTokens>;

    void finish(Outcome tokens) {
        outcome_.emplace(std::move(tokens));
        notify();
    }
    [[nodiscard]] const std::optional<Outcome>& outcome() const noexcept { return outcome_; }

  private:
    std::optional<Outcome> outcome_;
};

Endpoint::Endpoint(ngx_http_request_t* r) : request_(r), waiter_(r, ngx::advance) {}

Endpoint::~Endpoint() = default;

std::optional<ngx_int_t> Endpoint::run() {
    if (const auto answer = advance()) {
        return send_answer(request_.r, *answer);
    }
    const ngx_int_t rc = wait();
    return rc == NGX_AGAIN ? std::nullopt : std::optional(rc);
}

Endpoint::Answer Endpoint::advance() {
    Answer answer;
    if (stage_ == Stage::reading) {
        answer = read();
    }
    if (!answer && stage_ == Stage::storing) {
        answer = take_outcome();
    }
    if (!answer && stage_ == Stage::signing) {
        answer = take_tokens();
    }
    if (answer) {
        stage_ = Stage::done;
    }
    return answer;
}

Endpoint::Answer Endpoint::take_outcome() {
    // In their order: the outcome of the last one must not be taken before it is used.
    for (const auto& call : store_calls_) {
        const auto& outcome = call->outcome();
        if (!outcome) {
            return std::nullopt;
        }
        if (!*outcome) {
            return store_failed();
        }
    }
    return stored(**store_call().outcome());
}

Endpoint::Answer Endpoint::take_tokens() {
    const auto& tokens = signing_->outcome();
    if (!tokens) {
        return std::nullopt;
    }
    if (!*tokens) {
        ngx_log_error(NGX_LOG_ERR, request_.r->connection->log, 0, "sallyport: signing failed: %s",
                      tokens->error().c_str());
        return problem(request_.r, Reason::internal_error);
    }
    EndpointAnswer answer;
    answer.body = (*tokens)->json();
    issued();
    return answer;
}

EndpointAnswer Endpoint::store_failed() {
    return request_.refuse("refused", Reason::store_unavailable, {});
}

void Endpoint::ask_store(auth::StoreStep step) {
    const auto& queue = worker(request_.r)->store_queue;
    if (queue == nullptr) {
        throw std::runtime_error("the token store could not be opened when the worker started");
    }
    store_calls_.push_back(queue->ask(std::move(step)));
    stage_ = Stage::storing;
    waiter_.wait_for(store_calls_.back());
}

void Endpoint::sign(const auth::StoreOutcome& outcome, auth::TokenDetails details) {
    signing_ = std::make_shared<Signing>();
    stage_ = Stage::signing;
    waiter_.wait_for(signing_);
    in_background(
        [issuer = request_.policy.tokens, session = outcome.session, token = outcome.token,
         details = std::move(details), now = ngx_time()]() -> Result<auth::IssuedTokens> {
            return issuer->issue(session, token, now, details);
        },
        [signing = signing_](Result<auth::IssuedTokens> tokens) {
            signing->finish(std::move(tokens));
        });
}

void own(ngx_http_request_t* r, std::unique_ptr<Endpoint> endpoint) {
    make<Owner>(r->pool, std::move(endpoint));
}

void advance(ngx_http_request_t* r) noexcept {
    Endpoint* const endpoint = endpoint_of(r);
    if (endpoint == nullptr) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }
    const auto rc = guard(r->connection->log, "endpoint",
                          std::optional<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR),
                          [&] { return endpoint->run(); });
    if (rc) {
        endpoint->leave();
        ngx_http_finalize_request(r, *rc);
    } else {
        r->write_event_handler = advance;
    }
}

} // namespace sallyport::ngx
