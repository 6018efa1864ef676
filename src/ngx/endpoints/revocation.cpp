#include "ngx/endpoints/revocation.hpp"

#include <utility>

#include "auth/revocation_table.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

// A token may be signed a little later than its session was read, and the clocks of two machines
// may differ.
constexpr std::int64_t signing_patience = 60;

// When the last access token that was issued until now has expired.
std::int64_t end_of_access(const Worker& worker) noexcept {
    return ngx_time() + worker.longest_access_ttl + worker.longest_leeway + signing_patience;
}

// A request that names only a session leaves its owner to the store.
auth::AuditEvent ended_event(const char* event, auth::Who who, const auth::Session& session) {
    if (who.subject.empty() && !session.subject.empty()) {
        who.tenant = session.tenant;
        who.subject = session.subject;
    }
    return {.event = event, .who = std::move(who)};
}

} // namespace

Revocations* shared_revocations(const Worker& worker) noexcept {
    Revocations* const list = worker.revocations.get();
    return list != nullptr && list->is_shared() ? list : nullptr;
}

auth::RevocationRecord session_record(const Worker& worker, std::string_view sid,
                                      std::string_view tenant) {
    auth::RevocationEntry entry{auth::RevocationKind::sid, std::string(sid)};
    entry.tenant_id = tenant.empty() ? auth::every_tenant : tenant;
    entry.until = end_of_access(worker);
    return record_of(entry, auth::RevocationSource::single);
}

auth::RevocationRecord subject_record(const Worker& worker, std::string_view subject,
                                      std::string_view tenant, std::string_view issuer) {
    auth::RevocationEntry entry{auth::RevocationKind::sub, std::string(subject)};
    if (!tenant.empty()) {
        entry.tenant_id = tenant;
    }
    entry.issuer = issuer;
    entry.issued_before = ngx_time();
    entry.until = end_of_access(worker);
    return record_of(entry, auth::RevocationSource::single);
}

void revoke_access_tokens(std::string_view sid) {
    const Worker& own = *worker(const_cast<const ngx_cycle_t*>(ngx_cycle));
    Revocations* const list = shared_revocations(own);
    if (list == nullptr || own.store_queue == nullptr) {
        return;
    }
    std::vector records{session_record(own, sid)};
    if (!list->add(records)) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sallyport: auth_revocation_zone is full: the access tokens of a session "
                      "that has ended stay valid until they expire");
        return;
    }
    own.store_queue->ask_for_all(auth::AddRevocations{std::move(records), ngx_time()});
}

Owner owner_of(const Result<auth::RefreshClaims, auth::RefusedToken>& claims) {
    if (claims) {
        return claims->who;
    }
    if (claims.error().reason == Reason::refresh_expired) {
        return claims.error().who;
    }
    return Failure{claims.error()};
}

RevokingEndpoint::RevokingEndpoint(ngx_http_request_t* r, const char* event, ngx_uint_t status)
    : Endpoint(r),
      event_(event),
      list_(shared_revocations(*worker(r))),
      status_(status) {}

EndpointAnswer RevokingEndpoint::nothing() const {
    EndpointAnswer answer;
    answer.status = status_;
    answer.type = {};
    return answer;
}

Endpoint::Answer RevokingEndpoint::carry_out(Order order) {
    who_ = std::move(order.who);
    if (!order.records.empty()) {
        is_entered_ = list_->add(order.records);
        is_full_ = !is_entered_;
    }
    if (is_entered_) {
        ask_store(auth::AddRevocations{std::move(order.records), ngx_time()});
    }
    if (order.sessions) {
        ask_store(std::move(*order.sessions));
    }
    if (!is_entered_ && !order.sessions) {
        return finish();
    }
    audit_if_abandoned();
    return std::nullopt;
}

Endpoint::Answer RevokingEndpoint::take_back(const auth::RevocationRecord& record, auth::Who who) {
    who_ = std::move(who);
    ask_store(auth::RemoveRevocation{record, ngx_time()});
    audit_if_abandoned();
    return std::nullopt;
}

void RevokingEndpoint::audit_if_abandoned() {
    if (const Audit later = request_.audit_later()) {
        store_call().on_abandoned([later, who = who_, event = event_,
                                   entered = is_entered_](const auth::StoreOutcome& outcome) {
            if (entered || outcome.kind == Kind::done) {
                later(ended_event(event, who, outcome.session));
            }
        });
    }
}

Endpoint::Answer RevokingEndpoint::stored(const auth::StoreOutcome& outcome) {
    if (is_entered_ || outcome.kind == Kind::done) {
        request_.audit(ended_event(event_, who_, outcome.session));
    }
    return finish();
}

EndpointAnswer RevokingEndpoint::finish() const {
    return is_full_ ? request_.refuse_token("refused", Reason::revocation_zone_full, who_)
                    : nothing();
}

EndpointAnswer RevokingEndpoint::store_failed() {
    return request_.refuse_token("refused", Reason::store_unavailable, who_);
}

} // namespace sallyport::ngx
