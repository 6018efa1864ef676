#include "ngx/access/lookup_check.hpp"

#include <utility>

#include "base/text.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

using auth::Method;

constexpr std::size_t max_logged_uri = 256;

// A header field loses blanks at the edges of its value (RFC 9110 section 5.5), so the lookup would
// be about another name or password.
bool fits_header(std::string_view value) noexcept {
    return !value.empty() && value.front() != ' ' && value.back() != ' ';
}

// nginx escapes blanks in the path, but passes arguments on unchanged.
bool is_allowed(std::string_view uri) noexcept {
    return uri.starts_with('/') && !has_control(uri) && !climbs(uri) &&
           uri.find(' ', uri.find('?')) == std::string_view::npos;
}

} // namespace

Verdict LookupCheck::authenticate(ngx_http_request_t* r) {
    // Without a user name, a lookup would take a password for a key.
    if (credential_.method == Method::password &&
        (!fits_header(credential_.user) || !fits_header(credential_.secret))) {
        return Verdict::refused(Reason::credential_invalid);
    }
    if (lookup_ == nullptr) {
        auto cached = find_cached(r);
        return cached ? admit(std::move(cached)) : Verdict::pending();
    }
    if (!lookup_->complete()) {
        return Verdict::pending();
    }
    auto outcome = lookup_->outcome(r->connection->log);
    if (!outcome) {
        return Verdict::refused(outcome.error());
    }
    remember(r, *outcome);
    return admit(std::move(*outcome));
}

std::optional<Reason> LookupCheck::start_waiting(ngx_http_request_t* r, Waiter&) {
    if (lookup_ != nullptr) {
        return std::nullopt;
    }
    // They are passed on in header fields, whose receivers strip white space.
    if (credential_.method == Method::password &&
        (!is_name(credential_.user) || !is_name(credential_.secret))) {
        return Reason::credential_invalid;
    }
    cache_key(r); // evaluates the URI
    if (!is_allowed(uri_)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "sallyport: the URI of a lookup is not allowed: \"%s\"",
                      log_safe(uri_, max_logged_uri).c_str());
        return Reason::lookup_failed;
    }
    lookup_ = make<Lookup>(r->pool, credential_.user, credential_.secret);
    return lookup_->begin(r, uri_) ? std::nullopt : std::optional(Reason::lookup_failed);
}

std::string LookupCheck::description() const {
    // As configured: the URI may contain the credential.
    std::string text = "lookup " + std::string(view(uri_value_->value));
    if (lookup_ == nullptr) {
        return text + ", without a request";
    }
    return lookup_->status() == 0 ? text + ", which did not answer"
                                  : text + ", which answered " + std::to_string(lookup_->status());
}

// The answer may depend on the server, on the host that the client requested, and on what the
// configuration wrote into the URI.
std::string LookupCheck::cache_source(ngx_http_request_t* r) {
    uri_ = evaluate(r, uri_value_);
    const auto* const core = static_cast<const ngx_http_core_srv_conf_t*>(
        ngx_http_get_module_srv_conf(r, ngx_http_core_module));
    std::string source = address_bytes(core->ctx);
    source += view(r->headers_in.server);
    source += '\n';
    source += uri_;
    return source;
}

} // namespace sallyport::ngx
