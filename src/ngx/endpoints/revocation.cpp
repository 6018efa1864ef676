#include "ngx/endpoints/revocation.hpp"

#include <algorithm>
#include <utility>

#include "auth/revocation_table.hpp"
#include "base/digest.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {
namespace {

using Kind = auth::StoreOutcome::Kind;

// A token may be signed a little later than its session was read, and the clocks of two machines
// may differ.
constexpr std::int64_t signing_patience = 60;

// When the access tokens that were issued until now have expired, in all locations.
std::int64_t end_of_access_tokens(const Worker& worker) noexcept {
    return ngx_time() + worker.longest_access_ttl + worker.longest_leeway + signing_patience;
}

// The owner of a session is what the store says: its tenant may have changed since the token was
// issued.
auth::AuditEvent event_about(const char* event, auth::Who who, const auth::Session& session) {
    if (!session.subject.empty()) {
        who.tenant = session.tenant;
        who.subject = session.subject;
    }
    return {.event = event, .who = std::move(who)};
}

bool has_ended(const auth::StoreOutcome& outcome) noexcept {
    return outcome.kind == Kind::done || outcome.kind == Kind::revoked;
}

// An entry that takes the place of another one, until the store has that. Nothing has such a key.
auth::RevocationRecord reservation(const auth::RevocationRecord& record) {
    constexpr std::int64_t patience = 15; // seconds, longer than a step can take
    return {sha256(record.key), record.shape, record.issued_before, ngx_time() + patience};
}

// What goes to the store must fit into the table. An entry that a full table has needs no room: it
// is extended at once.
bool reserve(Revocations& list, const std::vector<auth::RevocationRecord>& records) {
    bool complete = true;
    list.zone().use([&](auth::RevocationTable& table) {
        for (const auth::RevocationRecord& record : records) {
            complete =
                (table.add(reservation(record), ngx_time()) || table.add(record, ngx_time())) &&
                complete;
        }
    });
    return complete;
}

bool use_reservation(Revocations& list, const std::vector<auth::RevocationRecord>& records) {
    bool complete = true;
    list.zone().use([&](auth::RevocationTable& table) {
        for (const auth::RevocationRecord& record : records) {
            table.remove(reservation(record));
            complete = table.add(record, ngx_time()) && complete;
        }
    });
    return complete;
}

} // namespace

Revocations* shared_revocations(const Worker& worker) noexcept {
    Revocations* const list = worker.revocations.get();
    return list != nullptr && list->is_shared() ? list : nullptr;
}

auth::RevocationRecord session_record(const Worker& worker, std::string_view sid,
                                      std::int64_t expires_at) {
    auth::RevocationEntry entry{auth::RevocationKind::sid, std::string(sid)};
    entry.tenant_id = auth::every_tenant;
    entry.until = std::max(end_of_access_tokens(worker), expires_at + worker.longest_leeway);
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
    entry.until = end_of_access_tokens(worker);
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

// A caller may disconnect to avoid the revocation.
void RevokingEndpoint::ask(auth::StoreStep step) {
    ask_store(std::move(step));
    store_call().run_anyway();
}

Endpoint::Answer RevokingEndpoint::carry_out(Order order) {
    who_ = std::move(order.who);
    records_ = std::move(order.records);
    is_full_ = !records_.empty() && !reserve(*list_, records_);
    if (is_full_) {
        records_.clear();
    }
    if (!records_.empty()) {
        ask(auth::AddRevocations{records_, ngx_time()});
    }
    if (order.sessions) {
        ask(std::move(*order.sessions));
    }
    if (records_.empty() && !order.sessions) {
        return finish();
    }
    begin(Step::entering);
    return std::nullopt;
}

Endpoint::Answer RevokingEndpoint::end_session(auth::RevokeSession step, auth::Who who,
                                               std::int64_t expires_at) {
    who_ = std::move(who);
    if (list_ != nullptr) {
        records_ = {session_record(own_worker(), step.sid, expires_at)};
    }
    ask(std::move(step));
    begin(Step::ending);
    return std::nullopt;
}

Endpoint::Answer RevokingEndpoint::take_back(const auth::RevocationRecord& record, auth::Who who) {
    who_ = std::move(who);
    records_ = {record};
    asked_at_ = position();
    ask(auth::RemoveRevocation{record, ngx_time()});
    begin(Step::removing);
    return std::nullopt;
}

// What the request would do if it did not end before.
void RevokingEndpoint::begin(Step step) {
    step_ = step;
    const bool is_entered = step == Step::entering && !records_.empty();
    store_call().on_abandoned([=, later = request_.audit_later(), event = event_,
                               who = who_](const auth::StoreOutcome& outcome) {
        if (step == Step::ending && has_ended(outcome)) {
            revoke_access_tokens(who.sid);
        }
        if (later && (is_entered || outcome.kind == Kind::done)) {
            later(event_about(event, who, outcome.session));
        }
    });
}

Endpoint::Answer RevokingEndpoint::stored(const auth::StoreOutcome& outcome) {
    const bool is_entered = step_ == Step::entering && !records_.empty();
    if (step_ != Step::revoking && (is_entered || outcome.kind == Kind::done)) {
        request_.audit(event_about(event_, who_, outcome.session));
    }
    if (step_ == Step::ending && has_ended(outcome) && !records_.empty()) {
        return revoke_tokens();
    }
    if (is_entered) {
        enter(outcome);
    }
    if (step_ == Step::removing && outcome.kind == Kind::unknown) {
        forget();
    }
    return finish();
}

// The session has ended in any case, so the entry need not wait for the store.
Endpoint::Answer RevokingEndpoint::revoke_tokens() {
    if (!list_->add(records_)) {
        is_full_ = true;
        return finish();
    }
    step_ = Step::revoking;
    ask(auth::AddRevocations{std::move(records_), ngx_time()});
    return std::nullopt;
}

void RevokingEndpoint::enter(const auth::StoreOutcome& outcome) {
    is_full_ = !use_reservation(*list_, records_);
    // A session that was named by its tenant may have tokens of an earlier one.
    const std::string& sid = outcome.session.sid;
    if (!sid.empty() && has_ended(outcome) &&
        session_record(own_worker(), sid).key != records_.front().key) {
        revoke_access_tokens(sid);
    }
}

RevokingEndpoint::Position RevokingEndpoint::position() {
    Position position{};
    list_->zone().use([&](auth::RevocationTable& table) {
        position = {table.synced.epoch, table.synced.version};
    });
    return position;
}

// The table may have what the store has lost. But if it has read changes since, these may be later
// revocations of the same key, which must stay: then the whole list is read again.
void RevokingEndpoint::forget() {
    list_->zone().use([&](auth::RevocationTable& table) {
        if (table.synced.epoch.view() == asked_at_.epoch.view() &&
            table.synced.version == asked_at_.version) {
            table.remove(records_.front());
        } else {
            table.synced.must_replace = true;
        }
    });
}

EndpointAnswer RevokingEndpoint::finish() const {
    return is_full_ ? request_.refuse_token("refused", Reason::revocation_zone_full, who_)
                    : nothing();
}

EndpointAnswer RevokingEndpoint::store_failed() {
    return request_.refuse_token("refused", Reason::store_unavailable, who_);
}

} // namespace sallyport::ngx
