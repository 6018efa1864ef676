#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ngx/endpoints/endpoint_request.hpp"
#include "ngx/endpoints/store_queue.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// Handles one request to an endpoint that reads a body, in stages: it reads the request, asks the
// store for one or more steps, and may sign tokens. Lives in the request's pool.
class Endpoint {
  public:
    explicit Endpoint(ngx_http_request_t* r);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;
    virtual ~Endpoint();

    // Continues as far as possible. Returns what to finalize the request with, or nothing while it
    // waits. Calling it again without news is harmless.
    std::optional<ngx_int_t> run();
    // Stops waiting, so that no event resumes the request while its answer is sent.
    void leave() noexcept { waiter_.leave(); }

  protected:
    using Answer = std::optional<EndpointAnswer>;

    // Suspends the request: NGX_AGAIN, or an error.
    virtual ngx_int_t wait() noexcept { return waiter_.suspend(); }
    // Stage reading: an answer, or ask_store(). Called again while a credential is being checked.
    virtual Answer read() = 0;
    // Stage storing, when the store has done all steps: an answer, or sign(). The outcome is that
    // of the last one.
    virtual Answer stored(const auth::StoreOutcome& outcome) = 0;
    virtual EndpointAnswer store_failed();
    // Stage signing, when the answer has the tokens.
    virtual void issued() {}

    void ask_store(auth::StoreStep step);
    // The last one.
    [[nodiscard]] StoreCall& store_call() const noexcept { return *store_calls_.back(); }
    // Signs the tokens of a session, and of the refresh token that is valid in it.
    void sign(const auth::StoreOutcome& outcome, auth::TokenDetails details);

    EndpointRequest request_;
    Waiter waiter_;

  private:
    enum class Stage { reading, storing, signing, done };
    class Signing;

    // The answer, or nothing while something is awaited.
    Answer advance();
    Answer take_outcome();
    Answer take_tokens();

    Stage stage_ = Stage::reading;
    std::vector<std::shared_ptr<StoreCall>> store_calls_;
    std::shared_ptr<Signing> signing_;
};

// Keeps the endpoint of a request in its pool.
void own(ngx_http_request_t* r, std::unique_ptr<Endpoint> endpoint);

// Goes on with it, and finalizes the request when it has its answer.
void advance(ngx_http_request_t* r) noexcept;

// One for each row of the table in handler.cpp.
std::unique_ptr<Endpoint> make_login(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_refresh(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_logout(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_revoke(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_introspect(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_sessions(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_admin_sessions(ngx_http_request_t* r);
std::unique_ptr<Endpoint> make_backchannel_logout(ngx_http_request_t* r);
EndpointAnswer answer_me(ngx_http_request_t* r);
EndpointAnswer answer_jwks(ngx_http_request_t* r);
EndpointAnswer answer_status(ngx_http_request_t* r);
EndpointAnswer answer_metadata(ngx_http_request_t* r);

} // namespace sallyport::ngx
