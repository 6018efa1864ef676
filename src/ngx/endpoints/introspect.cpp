#include <stdexcept>

#include "ngx/endpoints/endpoint.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {
namespace {

// Claims that are not shown: the answer sets two itself, and one of refresh tokens is internal.
bool is_hidden(std::string_view claim, bool of_refresh) noexcept {
    return claim == "active" || claim == "token_type" || (of_refresh && claim == "account");
}

// RFC 9449 section 6.2
const char* type_of(const jwt::VerifiedToken& token) {
    const json::Element* const cnf = json::member(token.payload(), "cnf");
    return json::member(cnf, "jkt") != nullptr ? "DPoP" : "Bearer";
}

// RFC 7662
class Introspect : public Endpoint {
  public:
    using Endpoint::Endpoint;

  protected:
    Answer read() override {
        const auto caller = caller_of(request_.r);
        if (!caller) {
            return request_.refuse_caller(caller.error());
        }
        const auto token = request_.presented_token();
        if (!token) {
            return request_.refuse_token("refused", token.error());
        }
        auto step = refresh_token(text(token->view()));
        step = step ? step : access_token(text(token->view()));
        if (failure_) {
            return request_.refuse_token("refused", *failure_);
        }
        const std::string_view tenant = (*caller)->tenant;
        if (!step || (!tenant.empty() && tenant != tenant_)) {
            return inactive();
        }
        ask_store(std::move(*step));
        return std::nullopt;
    }

    Answer stored(const auth::StoreOutcome& outcome) override {
        return outcome.kind == auth::StoreOutcome::Kind::done ? active() : inactive();
    }

  private:
    std::optional<auth::FindToken> refresh_token(std::string_view compact) {
        auto claims = request_.issuer().read_refresh(compact, ngx_time());
        if (!claims || is_revoked(claims->who.subject, claims->who.kid) ||
            is_revoked(revocable(*claims, request_.issuer()))) {
            return std::nullopt;
        }
        is_refresh_ = true;
        type_ = "refresh_token";
        tenant_ = std::move(claims->who.tenant);
        payload_ = std::move(claims->payload);
        return auth::FindToken{claims->who.sid, claims->who.jti, ngx_time()};
    }

    std::optional<auth::FindToken> access_token(std::string_view compact) {
        const auto token = request_.issuer().verify_access(compact);
        if (!token || request_.issuer().check_access(*token, 0, ngx_time())) {
            return std::nullopt;
        }
        const auto claim = [&](std::string_view name) {
            return std::string(json::string(json::member(token->payload(), name)).value_or(""));
        };
        const auto principal = principal_of(*token, request_.issuer().principal_claims());
        if (!principal || is_revoked(claim("sub"), token->kid()) ||
            is_revoked(revocable(*token, *principal))) {
            return std::nullopt;
        }
        type_ = type_of(*token);
        tenant_ = claim("tenant_id");
        payload_ = token->payload_text();
        return auth::FindToken{claim("sid"), {}, ngx_time()};
    }

    // By a list of this location.
    [[nodiscard]] bool is_revoked(std::string_view subject,
                                  std::optional<std::string_view> kid) const {
        return find_revocation(request_.policy.revocation_lists, subject, kid,
                               request_.r->connection->log)
            .has_value();
    }

    // By auth_revocation. Notes it if that is not known.
    [[nodiscard]] bool is_revoked(const auth::RevocableToken& token) {
        const auto reason = request_.check_revocations(token);
        failure_ = reason == Reason::token_revoked ? std::nullopt : reason;
        return reason.has_value();
    }

    [[nodiscard]] EndpointAnswer active() const {
        constexpr json::Limits limits{jwt::max_token_bytes, 32};
        const json::Document claims = json::parse_document(payload_, limits);
        if (!claims) {
            throw std::runtime_error("the claims of an issued token are not JSON");
        }
        EndpointAnswer answer;
        answer.body = std::string(R"({"active":true,"token_type":")") + type_ + '"';
        const json::Element* name = claims.root()->first();
        for (std::size_t left = claims.root()->size(); left > 0; --left) {
            const json::Element* const value = name->next();
            if (!is_hidden(name->string(), is_refresh_)) {
                answer.body += ',' + json::compact(name) + ':' + json::compact(value);
            }
            name = value->next();
        }
        answer.body += "}\n";
        return answer;
    }

    static EndpointAnswer inactive() {
        EndpointAnswer answer;
        answer.body = "{\"active\":false}\n";
        return answer;
    }

    std::optional<Reason> failure_;
    bool is_refresh_ = false;
    const char* type_ = "";
    std::string tenant_;
    std::string payload_;
};

} // namespace

std::unique_ptr<Endpoint> make_introspect(ngx_http_request_t* r) {
    return std::make_unique<Introspect>(r);
}

} // namespace sallyport::ngx
