#include "ngx/access/connection_end.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "auth/revocable_token.hpp"
#include "ngx/access/decision.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {
namespace {

// Milliseconds. The clock of the system may be set while a connection is open.
constexpr double longest_sleep = 3'600'000;
// How often revocations are looked for while connections are open, in milliseconds.
constexpr ngx_msec_t look_interval = 200;
// How long the connections of a worker are checked or ended before other events are handled.
constexpr std::chrono::milliseconds slice{2};

// The credentials that have admitted the request. They live as long as it does. Where refusals are
// only observed, no connection ends.
template <typename Visit>
void each_credential(ngx_http_request_t* r, Visit&& visit) {
    each<Decision>(r->pool, [&](Decision& decision) {
        if (decision.has_admitted() && decision.policy().mode != Mode::observe) {
            visit(decision);
        }
        return true;
    });
}

// What the location says that sends the answer, or else the latest one that admitted the request.
EndedConnections ended_connections(ngx_http_request_t* r) {
    EndedConnections which = policy_of(r)->ended_connections;
    each_credential(r, [&](const Decision& decision) {
        if (which == EndedConnections::unset && decision.is_of(r)) {
            which = decision.policy().ended_connections;
        }
    });
    return which;
}

bool is_upgraded(const ngx_http_request_t* r) noexcept {
    const ngx_uint_t status = r->headers_out.status;
    return status == NGX_HTTP_SWITCHING_PROTOCOLS ||
           (r->method == NGX_HTTP_CONNECT && status >= NGX_HTTP_OK &&
            status < NGX_HTTP_SPECIAL_RESPONSE) ||
           (r->upstream != nullptr && r->upstream->upgrade);
}

bool may_last(ngx_http_request_t* r) {
    const EndedConnections which = ended_connections(r);
    return (which == EndedConnections::upgrade && is_upgraded(r)) ||
           (which == EndedConnections::stream &&
            (is_upgraded(r) || (r->headers_out.content_length_n == -1 && !r->header_only)));
}

struct Expiry {
    const Decision* decision;
    double at; // seconds since the epoch
};

std::optional<Expiry> first_expiry(ngx_http_request_t* r) {
    std::optional<Expiry> first;
    each_credential(r, [&](const Decision& decision) {
        const auto at = decision.expires();
        if (at && (!first || *at < first->at)) {
            first = Expiry{&decision, *at};
        }
    });
    return first;
}

// For ngx_add_timer(). Credentials are valid in the whole of the second in which they expire.
ngx_msec_t milliseconds_until(double time) noexcept {
    const ngx_time_t* const now = ngx_timeofday();
    constexpr double second = 1000;
    const double left =
        (std::ceil(time) - static_cast<double>(now->sec)) * second - static_cast<double>(now->msec);
    return static_cast<ngx_msec_t>(std::clamp(left, 1.0, longest_sleep));
}

auth::Who who_of(const Decision& decision) {
    const auth::Principal& principal = *decision.principal();
    auth::Who who{.tenant = std::string(principal.tenant),
                  .subject = std::string(principal.subject)};
    if (const jwt::VerifiedToken* const verified = decision.token()) {
        const auth::RevocableToken token = auth::revocable(*verified, principal);
        who.sid = token.sid;
        who.jti = token.jti;
        who.kid = token.kid;
    }
    return who;
}

void report_end(ngx_http_request_t* r, const Decision& decision, Reason reason) {
    const Policy& policy = decision.policy();
    const std::string_view name = describe(reason).name;
    const auth::Who who = who_of(decision);
    ngx_log_error(policy.log_level, r->connection->log, 0, "sallyport: connection ended: %*s%s",
                  name.size(), name.data(), log_text(who).c_str());
    count(r, reason == Reason::token_expired   ? metrics::Count::ended_token_expired
             : reason == Reason::token_revoked ? metrics::Count::ended_token_revoked
                                               : metrics::Count::ended_credential_expired);
    audit(r, policy.audit_log, {.event = "connection_ended", .who = who, .reason = name});
}

} // namespace

// Lives in the request's pool, so that it ends with the request: when the answer is complete, when
// the client or the upstream has gone, or when it has ended the request itself.
class OpenConnection {
  public:
    explicit OpenConnection(ngx_http_request_t* r) noexcept;
    OpenConnection(const OpenConnection&) = delete;
    OpenConnection& operator=(const OpenConnection&) = delete;
    ~OpenConnection() { leave(); }

    void sleep_until(double time) noexcept;
    // Leaves the list in which it is.
    void move_to(ngx_queue_t& list) noexcept;
    static OpenConnection& of(ngx_queue_t* link) noexcept {
        return *reinterpret_cast<OpenConnection*>(link);
    }

    enum class State : std::uint8_t {
        valid,
        unknown, // the revocations are not available
        ended,   // destroys the object
    };
    State check();

  private:
    void on_time();
    void leave() noexcept;
    void end(const Decision& decision, Reason reason) noexcept;

    ngx_queue_t link_{}; // the first member; see of()
    ngx_http_request_t* r_;
    ngx_event_t timer_{};
};

static_assert(std::is_standard_layout_v<OpenConnection>, "see of()");

// The connections of a worker whose tokens may be revoked. While there are any, it looks for
// changes of the revocations, and then checks each of them once, in slices: other requests wait for
// one slice at most, however many connections are checked or end.
class OpenConnections {
  public:
    explicit OpenConnections(Revocations& revocations) noexcept;
    OpenConnections(const OpenConnections&) = delete;
    OpenConnections& operator=(const OpenConnections&) = delete;
    ~OpenConnections();

    void add(OpenConnection& connection) noexcept;

  private:
    void look();
    void check_some();

    Revocations& revocations_;
    std::uint64_t generation_ = 0; // of the revocations when the checks began
    ngx_queue_t checked_{};        // since then
    ngx_queue_t unchecked_{};
    ngx_event_t clock_{};
    ngx_event_t next_{}; // the next slice
};

// The timer does not keep a worker alive that shuts down: nginx's own timers do, as long as the
// connection is open.
OpenConnection::OpenConnection(ngx_http_request_t* r) noexcept : r_(r) {
    timer_.handler = event_callback<"auth_connection_end", &OpenConnection::on_time>;
    timer_.data = this;
    timer_.log = ngx_cycle->log;
    timer_.cancelable = 1;
    ngx_queue_init(&link_);
}

void OpenConnection::sleep_until(double time) noexcept {
    ngx_add_timer(&timer_, milliseconds_until(time));
}

void OpenConnection::move_to(ngx_queue_t& list) noexcept {
    ngx_queue_remove(&link_);
    ngx_queue_insert_tail(&list, &link_);
}

void OpenConnection::leave() noexcept {
    ngx_queue_remove(&link_);
    ngx_queue_init(&link_);
    if (timer_.timer_set) {
        ngx_del_timer(&timer_);
    }
}

void OpenConnection::on_time() {
    const auto first = first_expiry(r_);
    if (!first) {
        return;
    }
    if (static_cast<double>(ngx_time()) < first->at) {
        sleep_until(first->at);
        return;
    }
    end(*first->decision, first->decision->method() == auth::Method::jwt
                              ? Reason::token_expired
                              : Reason::credential_expired);
}

OpenConnection::State OpenConnection::check() {
    const Decision* revoked = nullptr;
    State state = State::valid;
    each_credential(r_, [&](Decision& decision) {
        if (!decision.is_revocable()) {
            return;
        }
        const auto reason = decision.check_revocations();
        if (reason == Reason::token_revoked) {
            revoked = &decision;
        } else if (reason) {
            state = State::unknown;
        }
    });
    if (revoked != nullptr) {
        end(*revoked, Reason::token_revoked);
        return State::ended;
    }
    return state;
}

// Destroys this object.
void OpenConnection::end(const Decision& decision, Reason reason) noexcept {
    leave();
    ngx_http_request_t* const r = r_;
    // The client has got everything, and nginx only waits for it to close the connection.
    if (r->done) {
        return;
    }
    guard(r->connection->log, "auth_connection_end", [&] { report_end(r, decision, reason); });
    abort_request(r);
}

OpenConnections::OpenConnections(Revocations& revocations) noexcept : revocations_(revocations) {
    ngx_queue_init(&checked_);
    ngx_queue_init(&unchecked_);
    clock_.handler = event_callback<"auth_connection_end", &OpenConnections::look>;
    next_.handler = event_callback<"auth_connection_end", &OpenConnections::check_some>;
    for (ngx_event_t* const event : {&clock_, &next_}) {
        event->data = this;
        event->log = ngx_cycle->log;
        event->cancelable = 1;
    }
}

OpenConnections::~OpenConnections() {
    if (clock_.timer_set) {
        ngx_del_timer(&clock_);
    }
    if (next_.posted) {
        ngx_delete_posted_event(&next_);
    }
}

// Its token may have been revoked since it was checked.
void OpenConnections::add(OpenConnection& connection) noexcept {
    connection.move_to(unchecked_);
    if (!clock_.timer_set) {
        ngx_add_timer(&clock_, look_interval);
    }
}

void OpenConnections::look() {
    if (ngx_queue_empty(&checked_) && ngx_queue_empty(&unchecked_)) {
        return; // until there is a connection again
    }
    ngx_add_timer(&clock_, look_interval); // before anything that may throw
    const std::uint64_t generation = revocations_.generation();
    if (generation != std::exchange(generation_, generation) && !ngx_queue_empty(&checked_)) {
        ngx_queue_add(&unchecked_, &checked_);
        ngx_queue_init(&checked_);
    }
    check_some();
}

void OpenConnections::check_some() {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + slice;
    while (!ngx_queue_empty(&unchecked_)) {
        OpenConnection& connection = OpenConnection::of(ngx_queue_head(&unchecked_));
        connection.move_to(unchecked_); // behind the others, which a failure must not hold up
        const auto state = connection.check();
        if (state == OpenConnection::State::unknown) {
            return; // for all of them; look() tries again
        }
        if (state == OpenConnection::State::valid) {
            connection.move_to(checked_);
        }
        if (Clock::now() >= end) {
            ngx_post_event(&next_, &ngx_posted_next_events);
            return;
        }
    }
}

void end_with_credential(ngx_http_request_t* r) {
    if (!may_last(r)) {
        return;
    }
    const auto first = first_expiry(r);
    bool is_revocable = false;
    each_credential(r, [&](const Decision& decision) {
        is_revocable = is_revocable || decision.is_revocable();
    });
    if (!first && !is_revocable) {
        return;
    }
    auto& connection = *make<OpenConnection>(r->pool, r);
    if (first) {
        connection.sleep_until(first->at);
    }
    if (is_revocable) {
        Worker& own = *worker(r);
        if (!own.open_connections) {
            own.open_connections = std::make_shared<OpenConnections>(*own.revocations);
        }
        own.open_connections->add(connection);
    }
}

} // namespace sallyport::ngx
