#include "ngx/endpoints/revocation.hpp"

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
            return end(*owner);
        }
        const auto& [reason, who] = owner.error();
        return reason == Reason::no_credential ? nothing()
                                               : request_.refuse_token("refused", reason, who);
    }

  private:
    Answer end(const auth::Who& owner) {
        Order order{.sessions = auth::RevokeSession{owner.sid, ngx_time()}, .who = owner};
        if (can_list()) {
            order.records.push_back(session_record(own_worker(), owner.sid));
        }
        return carry_out(std::move(order));
    }

    // For a request without a body: the owner of the token in the Authorization field.
    [[nodiscard]] Owner bearer() const {
        const auto token = request_.bearer_token();
        if (!token) {
            return Failure<auth::RefusedToken>{{token.error()}};
        }
        Owner access = request_.issuer().read_access(*token);
        if (access) {
            return access;
        }
        Owner refresh = owner_of(request_.issuer().read_refresh(*token, ngx_time()));
        return refresh ? refresh : access;
    }
};

} // namespace

std::unique_ptr<Endpoint> make_logout(ngx_http_request_t* r) {
    return std::make_unique<Logout>(r);
}

} // namespace sallyport::ngx
