#include <utility>

#include "auth/revocation_request.hpp"
#include "auth/revocation_table.hpp"
#include "ngx/endpoints/revocation.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {
namespace {

using auth::RevocationEntry;
using enum auth::RevocationKind;

auth::RevocationRecord record(const RevocationEntry& entry) {
    return record_of(entry, auth::RevocationSource::single);
}

bool is_of_all(const RevocationEntry& entry) {
    return entry.tenant_id == auth::every_tenant;
}

// What the audit log says about an entry.
auth::Who who_of(const RevocationEntry& entry) {
    auth::Who who;
    if (entry.tenant_id && !is_of_all(entry)) {
        who.tenant = *entry.tenant_id;
    }
    switch (entry.kind) {
    case jti:
        who.jti = entry.value;
        break;
    case sid:
        who.sid = entry.value;
        break;
    case sub:
        who.subject = entry.value;
        break;
    case kid:
        who.kid = entry.value;
        break;
    case tenant:
        who.tenant = entry.value;
        break;
    }
    return who;
}

// The sessions of the store that an entry ends. The store compares the tenants: that of a session
// may have changed since a token was issued. Sessions of all tenants, and those that began before a
// time in the past, cannot be ended: their refresh tokens are revoked.
std::optional<auth::StoreStep> sessions_of(const RevocationEntry& entry, std::string_view issuer) {
    if (entry.issuer && *entry.issuer != issuer) {
        return std::nullopt;
    }
    if (entry.kind == sid) {
        auth::RevokeSession step{entry.value, ngx_time()};
        step.tenant = is_of_all(entry) ? std::nullopt : entry.tenant_id;
        return step;
    }
    const bool is_past = entry.issued_before && *entry.issued_before < ngx_time();
    if (entry.kind == sub && !is_of_all(entry) && !is_past) {
        return auth::RevokeSubject{entry.value, entry.tenant_id.value_or(""), ngx_time()};
    }
    return std::nullopt;
}

// Nothing but sessions need be ended for it, which needs no list of revocations.
bool is_about_sessions(const RevocationEntry& entry) {
    return (entry.kind == sid || (entry.kind == sub && !is_of_all(entry))) && !entry.issuer &&
           !entry.issued_before && !entry.until;
}

// RFC 7009, and revocation by an entry.
class Revoke : public RevokingEndpoint {
  public:
    explicit Revoke(ngx_http_request_t* r) : RevokingEndpoint(r, "revoked", NGX_HTTP_OK) {}

  protected:
    Answer read() override {
        const auto caller = caller_of(request_.r);
        if (!caller) {
            return request_.refuse_caller(caller.error());
        }
        tenant_ = (*caller)->tenant;
        const std::string_view body = text(request_.body().view());
        if (request_.r->method == NGX_HTTP_DELETE) {
            auto asked = auth::read_removal(request_.body_type(), body);
            return asked ? remove(std::move(*asked)) : refuse_body(asked.error());
        }
        auto asked = auth::read_revocation(request_.body_type(), body);
        return asked ? std::visit([&](auto& one) { return revoke(one); }, *asked)
                     : refuse_body(asked.error());
    }

  private:
    [[nodiscard]] Answer refuse_body(const auth::RefusedBody& refused) const {
        return request_.refuse_token("refused", refused.reason, {},
                                     refused.details.empty() ? ""
                                                             : "The body " + refused.details + '.');
    }

    Answer revoke(const Secret& token) {
        const std::string_view compact = text(token.view());
        const Owner owner = owner_of(request_.issuer().read_refresh(compact, ngx_time()));
        return owner ? revoke_session(*owner) : revoke_access(compact);
    }

    Answer revoke_session(const auth::Who& owner) {
        auth::RevokeSession step{owner.sid, ngx_time()};
        if (!tenant_.empty()) {
            step.tenant = tenant_;
        }
        return end_session(std::move(step), owner);
    }

    // Every text that is not an access token of ours is unknown.
    Answer revoke_access(std::string_view compact) {
        const auto token = request_.issuer().verify_access(compact);
        if (!token) {
            return nothing();
        }
        const auto principal = principal_of(*token, request_.issuer().principal_claims());
        if (!principal || !reaches(principal->tenant)) {
            return nothing();
        }
        const auth::RevocableToken revoked = auth::revocable(*token, *principal);
        if (!can_list()) {
            return request_.refuse_token("refused", Reason::token_unsupported,
                                         {.kid = std::string(revoked.kid)});
        }
        return enter(*token, revoked);
    }

    Answer enter(const jwt::VerifiedToken& token, const auth::RevocableToken& revoked) {
        const json::Element* const exp = json::member(token.payload(), "exp");
        const std::string_view type =
            json::string(json::member(token.header(), "typ")).value_or("");
        if (type != auth::access_type || revoked.jti.empty() ||
            !json::is(exp, json::Element::Kind::integer)) {
            return nothing();
        }
        // Locations may read the tenant of the token from another claim.
        RevocationEntry entry{jti, std::string(revoked.jti), std::string(auth::every_tenant)};
        entry.until = exp->integer() + own_worker().longest_leeway;
        if (*entry.until <= ngx_time()) {
            return nothing();
        }
        return carry_out({.records = {record(entry)},
                          .who = {std::string(revoked.tenant), std::string(revoked.subject),
                                  std::string(revoked.sid), std::string(revoked.jti),
                                  std::string(revoked.kid)}});
    }

    Answer revoke(RevocationEntry& asked) {
        if (!can_list() && !is_about_sessions(asked)) {
            return request_.refuse_token("refused", Reason::revocation_unsupported, who_of(asked));
        }
        auto entry = auth::meant_by(tenant_, std::move(asked));
        if (!entry) {
            return nothing();
        }
        *entry = auth::with_times(std::move(*entry), ngx_time(), own_worker().revocation_keep);
        if (entry->until && *entry->until <= ngx_time()) {
            return nothing();
        }
        Order order{.sessions = sessions_of(*entry, request_.issuer().terms().issuer),
                    .who = who_of(*entry)};
        if (can_list()) {
            order.records.push_back(record(*entry));
        }
        return order.records.empty() && !order.sessions ? nothing() : carry_out(std::move(order));
    }

    Answer remove(RevocationEntry asked) {
        if (!can_list()) {
            return request_.refuse_token("refused", Reason::revocation_unsupported, who_of(asked));
        }
        const auto entry = auth::meant_by(tenant_, std::move(asked));
        // Only callers without a tenant can admit the tokens of a whole tenant again: they may have
        // revoked them.
        if (!entry || (entry->kind == tenant && !tenant_.empty())) {
            return nothing();
        }
        event_ = "revocation_removed";
        return take_back(record(*entry), who_of(*entry));
    }

    // Callers of another tenant get the same answer as for an unknown token.
    [[nodiscard]] bool reaches(std::string_view tenant) const noexcept {
        return tenant_.empty() || tenant_ == tenant;
    }

    std::string tenant_; // of the caller; empty: none
};

} // namespace

std::unique_ptr<Endpoint> make_revoke(ngx_http_request_t* r) {
    return std::make_unique<Revoke>(r);
}

} // namespace sallyport::ngx
