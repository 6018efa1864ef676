#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/revocation_record.hpp"
#include "auth/revocation_table.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

class Revocations;

// The list of revocations that reaches all workers and machines, through the store. Null if the
// configuration has none: then only sessions can be ended.
Revocations* shared_revocations(const Worker& worker) noexcept;

// About the access tokens of a session of ours: kept for as long as one of them could be valid, and
// one that expires at the given time. For all tenants: that of a session may have changed since a
// token was issued.
auth::RevocationRecord session_record(const Worker& worker, std::string_view sid,
                                      std::int64_t expires_at = 0);

// About the access tokens that were issued to a subject of ours until now.
auth::RevocationRecord subject_record(const Worker& worker, std::string_view subject,
                                      std::string_view tenant, std::string_view issuer);

// Revokes the access tokens of a session that has ended, even if no request waits for it. Does not
// wait for the store.
void revoke_access_tokens(std::string_view sid);

// Handles a request that revokes tokens or ends sessions.
class RevokingEndpoint : public Endpoint {
  public:
    RevokingEndpoint(ngx_http_request_t* r, const char* event, ngx_uint_t status);

  protected:
    struct Order {
        std::vector<auth::RevocationRecord> records{};
        std::optional<auth::StoreStep> sessions{}; // ends them
        auth::Who who{};                           // what the request says about them
    };

    // Enters the records into the store, together with the end of the sessions, and then into the
    // table of this machine. If the table is full, the sessions end nevertheless.
    Answer carry_out(Order order);
    // Ends a session. If the store knows it, its access tokens are revoked: nobody can fill the
    // list with sessions that are long over. One of the tokens expires at the given time.
    Answer end_session(auth::RevokeSession step, auth::Who who, std::int64_t expires_at = 0);
    // Takes an entry back.
    Answer take_back(const auth::RevocationRecord& record, auth::Who who);
    // A session that has ended already, or is unknown, is no error (RFC 7009 section 2.2).
    Answer stored(const auth::StoreOutcome& outcome) override;
    EndpointAnswer store_failed() override;

    [[nodiscard]] EndpointAnswer nothing() const;
    [[nodiscard]] const Worker& own_worker() const noexcept { return *worker(request_.r); }
    [[nodiscard]] bool can_list() const noexcept { return list_ != nullptr; }

    const char* event_;

  private:
    // What the store was asked for.
    enum class Step : std::uint8_t { entering, ending, revoking, removing };
    // What the table had read of the store before.
    struct Position {
        auth::StoreEpoch epoch;
        std::int64_t version;
    };

    void ask(auth::StoreStep step);
    void begin(Step step);
    Answer revoke_tokens();
    void enter(const auth::StoreOutcome& outcome);
    void forget();
    [[nodiscard]] Position position();
    [[nodiscard]] EndpointAnswer finish() const;

    Revocations* list_;
    ngx_uint_t status_;
    Step step_ = Step::entering;
    std::vector<auth::RevocationRecord> records_; // that are entered or removed
    Position asked_at_{};                         // to remove one
    bool is_full_ = false;
    auth::Who who_;
};

// Whose session a token may end. An expired token may still do so: the session may have newer ones.
using Owner = Result<auth::Who, auth::RefusedToken>;
Owner owner_of(const Result<auth::RefreshClaims, auth::RefusedToken>& claims);

} // namespace sallyport::ngx
