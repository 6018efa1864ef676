#pragma once

#include <string>

#include "ngx/access/decision.hpp"

namespace sallyport::ngx {

// What is known of one refusal, from which its explanation is written.
struct Story {
    ngx_http_request_t* r;
    const Decision& decision;
    std::string text{};

    [[nodiscard]] const Policy& policy() const noexcept { return decision.policy(); }
    [[nodiscard]] const TokenCheck* check() const noexcept { return decision.token_check(); }
    // Null unless the signature was verified.
    [[nodiscard]] const jwt::VerifiedToken* token() const noexcept {
        return check() != nullptr ? check()->verified() : nullptr;
    }
    void add(const std::string& sentence) { text += ' ' + sentence; }
};

// In quotes, printable and of limited length.
std::string quoted(std::string_view text);

// Each adds sentences about one subject, if anything is known of it.
void tell_accepted(Story& story);
void tell_header(Story& story);
void tell_keys(Story& story);
void tell_algorithms(Story& story);
void tell_times(Story& story);
void tell_issuer(Story& story);
void tell_audience(Story& story);
void tell_revocation(Story& story);
void tell_proof(Story& story);
void tell_requirement(Story& story);
void tell_tenant(Story& story);
void tell_roles(Story& story);
void tell_scopes(Story& story);
void tell_source(Story& story);
void tell_account_times(Story& story);

} // namespace sallyport::ngx
