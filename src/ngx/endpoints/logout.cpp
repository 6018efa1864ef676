#include "ngx/endpoints/revocation.hpp"
#include "json/document.hpp"

namespace sallyport::ngx {
namespace {

class Logout : public RevokingEndpoint {
  public:
    explicit Logout(ngx_http_request_t* r) : RevokingEndpoint(r, "logout", NGX_HTTP_NO_CONTENT) {}

  protected:
    Answer read() override {
        const Owner owner =
            request_.body().empty() ? bearer() : owner_of(request_.refresh_claims(false));
        if (owner) {
            return end_session({owner->sid, ngx_time()}, *owner, expires_at_);
        }
        const auto& [reason, who] = owner.error();
        return reason == Reason::no_credential ? nothing()
                                               : request_.refuse_token("refused", reason, who);
    }

  private:
    // For a request without a body: the owner of the token in the Authorization field.
    Owner bearer() {
        const auto token = request_.bearer_token();
        if (!token) {
            return Failure<auth::RefusedToken>{{token.error()}};
        }
        Owner access = request_.issuer().read_access(*token);
        if (access) {
            expires_at_ = end_of(*token);
            return access;
        }
        Owner refresh = owner_of(request_.issuer().read_refresh(*token, ngx_time()));
        return refresh ? refresh : access;
    }

    // Its lifetime may be longer than that of all tokens that this nginx has issued.
    [[nodiscard]] std::int64_t end_of(std::string_view access) const {
        const auto token = request_.issuer().verify_access(access);
        const json::Element* const exp = token ? json::member(token->payload(), "exp") : nullptr;
        const bool is_time = exp != nullptr && json::is(exp, json::Element::Kind::integer);
        return is_time ? exp->integer() : 0;
    }

    std::int64_t expires_at_ = 0; // of an access token
};

} // namespace

std::unique_ptr<Endpoint> make_logout(ngx_http_request_t* r) {
    return std::make_unique<Logout>(r);
}

} // namespace sallyport::ngx
