#include "ngx/conf/compile_dpop.hpp"

#include <algorithm>

#include "auth/dpop_nonces.hpp"
#include "base/file.hpp"
#include "jwt/dpop_uri.hpp"
#include "ngx/access/proof_memory.hpp"
#include "ngx/conf/directives.hpp"
#include "ngx/conf/key_directives.hpp"
#include "ngx/runtime/background.hpp"

namespace sallyport::ngx {
namespace {

constexpr time_t max_window = 3600;
constexpr time_t max_nonce = 86'400;
constexpr std::string_view size_prefix = "size=";
constexpr ssize_t least_zone_bytes = 64 << 10;

bool is_elliptic(const jwt::AlgorithmInfo& info) noexcept {
    return info.family == jwt::Family::ecdsa || info.family == jwt::Family::eddsa;
}

// Those with short signatures come first. EdDSA is the common name of Ed25519 and Ed448.
std::string names_of(jwt::AlgorithmSet algorithms) {
    std::string names;
    for (const bool elliptic : {true, false}) {
        for (unsigned i = 0; i < jwt::algorithm_count; ++i) {
            const jwt::AlgorithmInfo& info = jwt::describe(static_cast<jwt::Algorithm>(i));
            const bool is_alias = info.family == jwt::Family::eddsa &&
                                  info.algorithm != jwt::Algorithm::eddsa &&
                                  algorithms.contains(jwt::Algorithm::eddsa);
            if (is_elliptic(info) == elliptic && algorithms.contains(info.algorithm) && !is_alias) {
                names.append(names.empty() ? "" : " ").append(info.name);
            }
        }
    }
    return names;
}

bool is_off(const ngx_http_complex_value_t& value) noexcept {
    return value.lengths == nullptr && view(value.value) == "off";
}

Wrong read_kinds(ngx_uint_t& binding, Arguments arguments) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const ngx_uint_t kind = arguments[i] == "mtls"   ? binding_mtls
                                : arguments[i] == "dpop" ? binding_dpop
                                                         : 0;
        if (kind == 0 || (binding & kind) != 0 || arguments[0] == "off") {
            return "has an invalid parameter " + in_quotes(arguments[i]);
        }
        binding |= kind;
    }
    return std::nullopt;
}

// Called for the directives about proofs, which have no effect where none is verified.
void note_own(ngx_conf_t* cf, LocConf& conf, const char* directive) noexcept {
    if ((cf->cmd_type & NGX_HTTP_LOC_CONF) != 0 && conf.own_dpop == nullptr) {
        conf.own_dpop = directive;
        conf.own_dpop_origin = origin_of(cf);
    }
}

bool remembers_in_redis(const MainConf& main) noexcept {
    return main.store.address && main.store.address->kind == store::StoreAddress::Kind::redis;
}

// What no location uses is a mistake: the administrator expects an effect.
bool check_use(ngx_conf_t* cf, const MainConf& main) {
    if (main.proof_zone && !main.verifies_proofs) {
        conf_error(cf, *main.proof_zone, "auth_dpop_zone",
                   "has no effect: no location verifies DPoP proofs");
        return false;
    }
    if (main.proof_zone && remembers_in_redis(main)) {
        conf_error(cf, *main.proof_zone, "auth_dpop_zone",
                   "has no effect: proofs are remembered in the Redis of auth_token_store");
        return false;
    }
    if (main.nonce_key && !main.needs_nonces) {
        conf_error(cf, main.nonce_key_origin, "auth_dpop_nonce_key",
                   "has no effect: no location that verifies DPoP proofs has auth_dpop_nonce");
        return false;
    }
    return true;
}

// With a Redis, the zone only has the key of nonces.
bool create_memory(ngx_conf_t* cf, MainConf& main) {
    main.proof_memory = std::make_shared<ProofMemory>();
    if (!remembers_in_redis(main)) {
        return main.proof_memory->create(cf, ProofMemory::default_bytes);
    }
    main.proof_memory->set_shared();
    return main.proof_memory->create(cf, static_cast<std::size_t>(least_zone_bytes)) &&
           want_threads(cf);
}

} // namespace

Wrong set_auth_jwt_binding(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    if (is_set(conf.binding)) {
        return is_duplicate();
    }
    const std::string_view mode = arguments[0];
    if (mode == "off") {
        conf.binding = static_cast<ngx_uint_t>(Binding::ignored);
    } else if (mode == "optional") {
        conf.binding = static_cast<ngx_uint_t>(Binding::optional);
    } else if (mode == "require") {
        conf.binding = static_cast<ngx_uint_t>(Binding::required);
    } else {
        return "has an invalid value " + in_quotes(mode) +
               ": off, optional or require, then [mtls] [dpop]";
    }
    return read_kinds(conf.binding, arguments);
}

Wrong set_auth_dpop_uri(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.dpop_uri != nullptr) {
        return is_duplicate();
    }
    note_own(cf, conf, "auth_dpop_uri");
    conf.dpop_uri = compile_value(cf, arguments.raw(0));
    if (conf.dpop_uri == nullptr) {
        return is_said();
    }
    const bool is_constant = conf.dpop_uri->lengths == nullptr;
    if (is_constant && !is_off(*conf.dpop_uri) && !jwt::normalized_uri(arguments[0])) {
        return "needs an http or https URI, or \"off\", not " + in_quotes(arguments[0]);
    }
    return std::nullopt;
}

Wrong set_auth_dpop_window(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (is_set(conf.dpop_window)) {
        return is_duplicate();
    }
    note_own(cf, conf, "auth_dpop_window");
    conf.dpop_window = ngx_parse_time(&arguments.raw(0), 1);
    if (conf.dpop_window == static_cast<time_t>(NGX_ERROR)) {
        return "has an invalid time " + in_quotes(arguments[0]);
    }
    return conf.dpop_window > 0 && conf.dpop_window <= max_window
               ? std::nullopt
               : Wrong("needs a time from 1s to 1h");
}

Wrong set_auth_dpop_nonce(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (is_set(conf.dpop_nonce)) {
        return is_duplicate();
    }
    note_own(cf, conf, "auth_dpop_nonce");
    if (arguments[0] == "off") {
        conf.dpop_nonce = 0;
        return std::nullopt;
    }
    conf.dpop_nonce = ngx_parse_time(&arguments.raw(0), 1);
    if (conf.dpop_nonce == static_cast<time_t>(NGX_ERROR)) {
        return "has an invalid time " + in_quotes(arguments[0]);
    }
    return conf.dpop_nonce > 0 && conf.dpop_nonce <= max_nonce
               ? std::nullopt
               : Wrong("needs \"off\" or a time from 1s to 1d");
}

Wrong set_auth_dpop_nonce_key(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (conf.nonce_key) {
        return is_duplicate();
    }
    constexpr std::size_t max_bytes = 2 * auth::DpopNonces::max_key_bytes + 16;
    const std::string path = full_path(cf, arguments[0]);
    const auto content = read_file(path, max_bytes);
    if (!content) {
        return "names the file " + in_quotes(path) + ", which " + content.error();
    }
    auto key = auth::DpopNonces::read_key(text(content->view()));
    if (!key) {
        return "names the file " + in_quotes(path) + ", which " + key.error();
    }
    conf.nonce_key = std::move(*key);
    conf.nonce_key_origin = origin_of(cf);
    return std::nullopt;
}

Wrong set_auth_dpop_algorithms(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    note_own(cf, conf, "auth_dpop_algorithms");
    jwt::AlgorithmSet set =
        is_set(conf.dpop_algorithms)
            ? jwt::AlgorithmSet::from_bits(static_cast<std::uint32_t>(conf.dpop_algorithms))
            : jwt::AlgorithmSet();
    if (Wrong wrong = read_algorithms(set, arguments)) {
        return wrong;
    }
    if (!(set & jwt::AlgorithmSet::of(jwt::Family::hmac)).empty()) {
        return "takes no algorithm with a shared secret";
    }
    conf.dpop_algorithms = set.bits();
    return std::nullopt;
}

Wrong set_auth_dpop_zone(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (conf.proof_zone) {
        return is_duplicate();
    }
    conf.proof_zone = origin_of(cf);
    ngx_str_t size_text = arguments.raw(0);
    if (!view(size_text).starts_with(size_prefix)) {
        return "has an invalid parameter " + in_quotes(arguments[0]) + ": size=4m";
    }
    size_text.data += size_prefix.size();
    size_text.len -= size_prefix.size();
    const ssize_t size = ngx_parse_size(&size_text);
    if (size == NGX_ERROR) {
        return "has an invalid size " + in_quotes(view(size_text));
    }
    if (size < least_zone_bytes) {
        return "has a size of less than 64k";
    }
    conf.proof_memory = std::make_shared<ProofMemory>();
    return conf.proof_memory->create(cf, static_cast<std::size_t>(size)) ? std::nullopt : is_said();
}

DpopRules dpop_rules(const LocConf& conf) {
    const auto algorithms =
        jwt::AlgorithmSet::from_bits(static_cast<std::uint32_t>(conf.dpop_algorithms));
    const bool has_uri = conf.dpop_uri != nullptr && !is_off(*conf.dpop_uri);
    return {has_uri ? conf.dpop_uri : nullptr, conf.dpop_window, conf.dpop_nonce, algorithms,
            names_of(algorithms)};
}

bool check_proof_rules(ngx_conf_t* cf, const LocConf& conf) {
    if (conf.own_dpop != nullptr && !conf.place.policy->verifies_proofs()) {
        conf_error(cf, conf.own_dpop_origin, conf.own_dpop,
                   "has no effect: no DPoP proofs are verified here");
        return false;
    }
    return true;
}

void note_proofs(ngx_conf_t* cf, const Policy& policy) {
    MainConf& main = *main_conf(cf);
    if (policy.verifies_proofs()) {
        main.verifies_proofs = true;
        main.longest_proof_window = std::max(main.longest_proof_window, policy.dpop.window);
        main.needs_nonces = main.needs_nonces || policy.dpop.nonce != 0;
    }
}

bool prepare_proof_memory(ngx_conf_t* cf) {
    MainConf& main = *main_conf(cf);
    if (!check_use(cf, main)) {
        return false;
    }
    if (!main.verifies_proofs) {
        return true;
    }
    if (!main.proof_memory && !create_memory(cf, main)) {
        return false;
    }
    main.proof_memory->set_window(main.longest_proof_window);
    if (main.nonce_key) {
        main.proof_memory->set_nonce_key(std::move(*main.nonce_key));
    }
    return true;
}

} // namespace sallyport::ngx
