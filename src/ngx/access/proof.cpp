#include "ngx/access/proof.hpp"

#include <algorithm>
#include <span>
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
    std::shared_ptr<ProofUse> use{}; // in the token store
};

namespace {

constexpr std::string_view field_name = "dpop";
constexpr const char* nonce_field_name = "DPoP-Nonce";

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
                                                    std::string_view compact, const Digest* key) {
    VerifiedProof* known = nullptr;
    each<VerifiedProof>(r->pool, [&](VerifiedProof& verified) {
        known = &verified;
        return false;
    });
    if (known != nullptr && known->compact.data() == compact.data() &&
        (key == nullptr || known->proof.key() == *key) &&
        policy.dpop.algorithms.contains(known->proof.algorithm())) {
        return known;
    }
    auto proof =
        jwt::DpopProof::verify(compact, policy.dpop.algorithms, key, *worker(r)->proof_keys);
    if (!proof) {
        return Failure{proof.error()};
    }
    return make<VerifiedProof>(r->pool, compact, std::move(*proof));
}

// The nonce that the answer to a request contains; empty if the client has the current one.
struct NewNonce {
    std::string nonce;
};

// Tells the client the current nonce if its proof has an older one, or none.
std::optional<Reason> check_nonce(ngx_http_request_t* r, const Policy& policy,
                                  const jwt::DpopProof& proof) {
    using Age = auth::DpopNonces::Age;
    if (policy.dpop.nonce == 0) {
        return std::nullopt;
    }
    auth::DpopNonces& nonces = worker(r)->proof_memory->nonces();
    const auto age = nonces.age(proof.nonce().value_or(""), ngx_time(), policy.dpop.nonce);
    make<NewNonce>(r->pool, age == Age::current ? std::string()
                                                : nonces.current(ngx_time(), policy.dpop.nonce));
    return age ? std::nullopt : std::optional(Reason::dpop_nonce_needed);
}

ProofVerdict refused(jwt::DpopFault fault) noexcept {
    return {fault == jwt::DpopFault::not_a_jwt ? Reason::dpop_proof_malformed
                                               : Reason::dpop_proof_invalid,
            fault};
}

// A decision that cannot wait does not begin what it could not finish.
ProofVerdict use_shared(ProofMemory& memory, VerifiedProof& verified, Waiter* waiter) {
    const jwt::DpopProof& proof = verified.proof;
    if (verified.use && verified.use->outcome() == ProofUse::Outcome::dropped) {
        verified.use.reset();
    }
    if (!verified.use && waiter != nullptr) {
        verified.use = memory.use_shared(proof.key(), proof.id(), proof.issued_by());
        if (!verified.use) {
            return refused(jwt::DpopFault::time);
        }
    }
    const auto outcome = verified.use ? verified.use->outcome() : std::nullopt;
    if (!outcome) {
        if (waiter != nullptr) {
            waiter->wait_for(verified.use);
        }
        return {.is_pending = true};
    }
    verified.used = *outcome == ProofUse::Outcome::added;
    return {*outcome == ProofUse::Outcome::added  ? std::nullopt
            : *outcome == ProofUse::Outcome::used ? std::optional(Reason::dpop_proof_replayed)
                                                  : std::optional(Reason::store_unavailable)};
}

// Calls visit(field) for the fields of the answer.
template <typename Visit>
void each_answer_field(ngx_http_request_t* r, Visit&& visit) {
    for (ngx_list_part_t* part = &r->headers_out.headers.part; part != nullptr; part = part->next) {
        for (ngx_table_elt_t& field :
             std::span(static_cast<ngx_table_elt_t*>(part->elts), part->nelts)) {
            if (field.hash != 0) {
                visit(field);
            }
        }
    }
}

} // namespace

ProofVerdict use_proof(ngx_http_request_t* r, VerifiedProof& verified, Waiter* waiter) {
    if (verified.used) {
        return {};
    }
    ProofMemory& memory = *worker(r)->proof_memory;
    if (memory.is_shared()) {
        return use_shared(memory, verified, waiter);
    }
    const jwt::DpopProof& proof = verified.proof;
    switch (memory.use(proof.key(), proof.id(), proof.issued_by())) {
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

bool has_proof(ngx_http_request_t* r) {
    return proof_field(r).value.has_value();
}

const Digest& key_of(const VerifiedProof& verified) noexcept {
    return verified.proof.key();
}

ProofVerdict check_proof(ngx_http_request_t* r, const Policy& policy, const ProofSubject& subject) {
    const ProofField field = proof_field(r);
    if (!field.value) {
        return {Reason::dpop_proof_missing};
    }
    if (field.repeated) {
        return {Reason::dpop_proof_malformed};
    }
    const auto verified = verify_proof(r, policy, *field.value, subject.key);
    if (!verified) {
        return refused(verified.error());
    }
    const std::string uri = uri_of_proof(r, policy);
    const jwt::DpopRequest request{request_line(r).method, uri,
                                   subject.token != nullptr ? std::optional(*subject.token)
                                                            : std::nullopt};
    if (const auto fault = (*verified)->proof.check(request, policy.dpop.window, ngx_time())) {
        return refused(*fault);
    }
    return {check_nonce(r, policy, (*verified)->proof), std::nullopt, *verified};
}

void add_nonce_field(ngx_http_request_t* r) {
    const NewNonce* latest = nullptr;
    each<NewNonce>(r->pool, [&](const NewNonce& found) {
        latest = &found;
        return false;
    });
    const Policy& policy = *policy_of(r);
    if (latest == nullptr && (policy.dpop.nonce == 0 || !policy.verifies_proofs())) {
        return;
    }
    // Clients keep one nonce per server: that of an upstream would replace ours.
    bool is_cached = true;
    each_answer_field(r, [&](ngx_table_elt_t& field) {
        if (equal_ignoring_case(view(field.key), nonce_field_name)) {
            field.hash = 0;
        } else if (equal_ignoring_case(view(field.key), "Cache-Control")) {
            is_cached = is_cached && view(field.value) != "no-store";
        }
    });
    if (latest == nullptr || latest->nonce.empty()) {
        return;
    }
    add_header(r, nonce_field_name, latest->nonce);
    if (is_cached) {
        forbid_caching(r);
    }
}

} // namespace sallyport::ngx
