#pragma once

#include "jwt/nested_names.hpp"
#include "ngx/ngx.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

// Registers $jwt_* and $auth_*.
ngx_int_t add_variables(ngx_conf_t* cf) noexcept;

// Which part of a token a variable of auth_jwt_claim_set or auth_jwt_header_set reads.
enum class TokenPart { header, payload };

// Registers such a variable; `member` must live as long as the configuration. False when the name
// is taken.
bool add_token_variable(ngx_conf_t* cf, ngx_str_t name, TokenPart part,
                        const jwt::MemberNames& member);

// Records which of our variables the configuration uses. Called after all of it was read.
void note_variables(Worker& worker, const ngx_http_core_main_conf_t& core);

// Invalidates the values of our variables, which nginx caches. Called after each decision.
void forget_variables(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
