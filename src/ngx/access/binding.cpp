#include "ngx/access/binding.hpp"

#include "jwt/certificate.hpp"
#include "jwt/confirmation.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

#if (NGX_HTTP_SSL)

// Kept in the pool of a TLS connection: nothing if the client has sent no certificate. The
// certificate cannot change, since nginx does not renegotiate.
struct ClientCertificate {
    std::optional<Digest> thumbprint;
};

std::optional<Digest> read_certificate(ngx_ssl_conn_t* ssl) {
    const jwt::Certificate certificate(SSL_get1_peer_certificate(ssl));
    return certificate ? std::optional(jwt::thumbprint(*certificate)) : std::nullopt;
}

// Streams of HTTP/2 and HTTP/3 share the TLS connection, and have no pool that lives as long.
std::optional<Digest> thumbprint_of_connection(ngx_http_request_t* r) {
    if (r->connection->ssl == nullptr) {
        return std::nullopt;
    }
    ngx_ssl_conn_t* const ssl = r->connection->ssl->connection;
    const auto* const connection =
        static_cast<const ngx_connection_t*>(ngx_ssl_get_connection(ssl));
    ngx_pool_t* const pool = connection->pool;
    const ClientCertificate* known = nullptr;
    each<ClientCertificate>(pool, [&](const ClientCertificate& found) {
        known = &found;
        return false;
    });
    if (known == nullptr) {
        known = make<ClientCertificate>(pool, read_certificate(ssl));
    }
    return known->thumbprint;
}

#else

std::optional<Digest> thumbprint_of_connection(ngx_http_request_t*) {
    return std::nullopt;
}

#endif

std::string_view percent_decoded(ngx_http_request_t* r, std::string_view text) {
    u_char* const plain = make_room<u_char>(r->pool, text.size());
    u_char* end = plain;
    u_char* from = borrow(text).data;
    ngx_unescape_uri(&end, &from, text.size(), 0);
    return view({static_cast<std::size_t>(end - plain), plain});
}

// PEM text comes percent-encoded, as in $ssl_client_escaped_cert, since it has line breaks.
std::optional<Digest> thumbprint_of_variable(ngx_http_request_t* r,
                                             ngx_http_complex_value_t* variable) {
    const std::string_view text = evaluate(r, variable);
    if (text.empty()) {
        return std::nullopt;
    }
    const auto thumbprint = jwt::thumbprint(percent_decoded(r, text));
    if (!thumbprint) {
        ngx_log_error(
            NGX_LOG_WARN, r->connection->log, 0,
            "sallyport: the value of \"auth_jwt_client_certificate\" is not a certificate");
    }
    return thumbprint;
}

std::optional<Digest> thumbprint_of_client(ngx_http_request_t* r, const Policy& policy) {
    return policy.client_certificate != nullptr
               ? thumbprint_of_variable(r, policy.client_certificate)
               : thumbprint_of_connection(r);
}

bool is_of_kind(const jwt::Confirmation& confirmation, BindingKinds kinds) noexcept {
    return !kinds.exist() || (kinds.mtls && confirmation.certificate) ||
           (kinds.dpop && confirmation.key);
}

} // namespace

ProofVerdict check_binding(ngx_http_request_t* r, const Policy& policy, const SentToken& sent) {
    if (policy.binding == Binding::ignored) {
        return {};
    }
    const bool as_dpop = sent.scheme == auth::TokenScheme::dpop;
    if (sent.confirmation() == nullptr) {
        if (policy.binding == Binding::required) {
            return {Reason::token_unbound};
        }
        return {as_dpop ? std::optional(Reason::scheme_mismatch) : std::nullopt};
    }
    const auto wanted = jwt::Confirmation::of(sent.confirmation());
    if (!wanted || !is_of_kind(*wanted, policy.binding_kinds)) {
        return {Reason::token_bound};
    }
    // A token that is not read from Authorization has no scheme.
    if (sent.scheme != auth::TokenScheme::none && as_dpop != wanted->key.has_value()) {
        return {Reason::scheme_mismatch};
    }
    if (wanted->certificate && thumbprint_of_client(r, policy) != wanted->certificate) {
        return {Reason::certificate_mismatch};
    }
    return wanted->key ? check_proof(r, policy, {&sent.token.digest(), &*wanted->key})
                       : ProofVerdict{};
}

} // namespace sallyport::ngx
