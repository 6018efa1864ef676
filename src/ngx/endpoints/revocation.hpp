#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/revocation_record.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

class Revocations;

// The list of revocations that reaches all workers and machines, through the store. Null if the
// configuration has none: then only sessions can be ended.
Revocations* shared_revocations(const Worker& worker) noexcept;

// About the access tokens of a session of ours: kept for as long as one of them could be valid.
// Without a tenant, for all tenants: that of a session may have changed since a token was issued.
auth::RevocationRecord session_record(const Worker& worker, std::string_view sid,
                                      std::string_view tenant = {});

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

    // Enters the records into the table of this machine, and then into the store together with the
    // end of the sessions. If the table is full, the sessions end nevertheless.
    Answer carry_out(Order order);
    // Takes an entry back. The table of this machine follows the store: it may have read a later
    // revocation of the same key, which must stay.
    Answer take_back(const auth::RevocationRecord& record, auth::Who who);
    // A session that has ended already, or is unknown, is no error (RFC 7009 section 2.2).
    Answer stored(const auth::StoreOutcome& outcome) override;
    EndpointAnswer store_failed() override;

    [[nodiscard]] EndpointAnswer nothing() const;
    [[nodiscard]] const Worker& own_worker() const noexcept { return *worker(request_.r); }
    [[nodiscard]] bool can_list() const noexcept { return list_ != nullptr; }

    const char* event_;

  private:
    [[nodiscard]] EndpointAnswer finish() const;
    void audit_if_abandoned();

    Revocations* list_;
    ngx_uint_t status_;
    bool is_entered_ = false;
    bool is_full_ = false;
    auth::Who who_;
};

// Whose session a token may end. An expired token may still do so: the session may have newer ones.
using Owner = Result<auth::Who, auth::RefusedToken>;
Owner owner_of(const Result<auth::RefreshClaims, auth::RefusedToken>& claims);

} // namespace sallyport::ngx
