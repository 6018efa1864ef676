#include "ngx/access/proof.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "jwt/dpop_uri.hpp"
#include "ngx/access/proof_memory.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

// With the proof's text in the memory of the request.
struct VerifiedProof {
    std::string_view compact;
    jwt::DpopProof proof;
    bool used = false;
};

namespace {

constexpr std::string_view field_name = "dpop";

// Which a client must not send twice (RFC 9449 section 4.3, check 1).
struct ProofField {
    std::optional<std::string_view> value{};
    bool repeated = false;
};

ProofField proof_field(ngx_http_request_t* r) {
    static const ngx_uint_t hash = ngx_hash_key(borrow(field_name).data, field_name.size());
    ProofField found;
    each_field(r, field_name, hash, [&](const ngx_table_elt_t& field) {
        found.repeated = found.value.has_value();
        found.value = view(field.value);
        return !found.repeated;
    });
    return found;
}

// As the client sent it: nginx changes method and URI for internal redirects.
struct RequestLine {
    std::string_view method;
    std::string_view target;
};

RequestLine request_line(ngx_http_request_t* r) noexcept {
    const std::string_view line = view(r->main->request_line);
    const auto end = std::min(line.find(' '), line.size());
    const auto start = std::min(line.find_first_not_of(' ', end), line.size());
    return {line.substr(0, end), line.substr(start, line.find(' ', start) - start)};
}

bool is_tls([[maybe_unused]] ngx_http_request_t* r) noexcept {
#if (NGX_HTTP_SSL)
    return r->connection->ssl != nullptr;
#else
    return false;
#endif
}

// HTTP/3 has a pseudo-header field instead of Host.
std::string_view host_of(ngx_http_request_t* r) noexcept {
    r = r->main;
    if (r->headers_in.host != nullptr) {
        return view(r->headers_in.host->value);
    }
    return r->host_start == nullptr
               ? std::string_view()
               : std::string_view(reinterpret_cast<const char*>(r->host_start),
                                  static_cast<std::size_t>(r->host_end - r->host_start));
}

std::string uri_of_request(ngx_http_request_t* r) {
    const std::string scheme = is_tls(r) ? "https://" : "http://";
    const std::string_view target = request_line(r).target;
    if (target.starts_with('/')) {
        return scheme + std::string(host_of(r)) + std::string(target);
    }
    // The absolute form (RFC 9112 section 3.2.2). The scheme is that of the connection.
    const auto authority = target.find("://");
    return authority == target.npos ? "" : scheme + std::string(target.substr(authority + 3));
}

Result<VerifiedProof*, jwt::DpopFault> verify_proof(ngx_http_request_t* r, const Policy& policy,
                                                    std::string_view compact, const Digest& key) {
    VerifiedProof* known = nullptr;
    each<VerifiedProof>(r->pool, [&](VerifiedProof& verified) {
        known = &verified;
        return false;
    });
    if (known != nullptr && known->compact.data() == compact.data() && known->proof.key() == key &&
        policy.dpop.algorithms.contains(known->proof.algorithm())) {
        return known;
    }
    auto proof =
        jwt::DpopProof::verify(compact, policy.dpop.algorithms, &key, *worker(r)->proof_keys);
    if (!proof) {
        return Failure{proof.error()};
    }
    return make<VerifiedProof>(r->pool, compact, std::move(*proof));
}

ProofVerdict refused(jwt::DpopFault fault) noexcept {
    return {fault == jwt::DpopFault::not_a_jwt ? Reason::dpop_proof_malformed
                                               : Reason::dpop_proof_invalid,
            fault};
}

} // namespace

ProofVerdict use_proof(ngx_http_request_t* r, VerifiedProof& verified) {
    if (verified.used) {
        return {};
    }
    const jwt::DpopProof& proof = verified.proof;
    switch (worker(r)->proof_memory->use(proof.key(), proof.id(), proof.issued_by())) {
    case ProofMemory::Outcome::added:
        verified.used = true;
        return {};
    case ProofMemory::Outcome::used:
        return {Reason::dpop_proof_replayed};
    case ProofMemory::Outcome::expired:
        return refused(jwt::DpopFault::time);
    default:
        return {Reason::dpop_zone_full};
    }
}

std::string uri_of_proof(ngx_http_request_t* r, const Policy& policy) {
    if (policy.dpop.uri == nullptr) {
        return jwt::normalized_uri(uri_of_request(r)).value_or("");
    }
    auto uri = jwt::normalized_uri(evaluate(r, policy.dpop.uri));
    if (!uri) {
        throw std::runtime_error("the value of \"auth_dpop_uri\" is not a URI");
    }
    return std::move(*uri);
}

ProofVerdict check_proof(ngx_http_request_t* r, const Policy& policy, std::string_view token,
                         const Digest& key) {
    const ProofField field = proof_field(r);
    if (!field.value) {
        return {Reason::dpop_proof_missing};
    }
    if (field.repeated) {
        return {Reason::dpop_proof_malformed};
    }
    const auto verified = verify_proof(r, policy, *field.value, key);
    if (!verified) {
        return refused(verified.error());
    }
    const std::string uri = uri_of_proof(r, policy);
    const jwt::DpopRequest request{request_line(r).method, uri, sha256(bytes(token))};
    if (const auto fault = (*verified)->proof.check(request, policy.dpop.window, ngx_time())) {
        return refused(*fault);
    }
    return {std::nullopt, std::nullopt, *verified};
}

} // namespace sallyport::ngx
