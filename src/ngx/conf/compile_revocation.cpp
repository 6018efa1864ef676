#include "ngx/conf/compile_revocation.hpp"

#include <algorithm>
#include <chrono>

#include "ngx/conf/directives.hpp"
#include "ngx/conf/slots.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/sources/revocations.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view size_prefix = "size=";
constexpr std::chrono::seconds min_stale{1};
constexpr ngx_int_t longest_keep = ngx_int_t{100} * 365 * 24 * 3600;

Revocations& revocations_of(MainConf& conf) {
    if (!conf.revocations) {
        conf.revocations = std::make_shared<Revocations>();
    }
    return *conf.revocations;
}

bool checks_tokens(const Policy& policy) noexcept {
    return policy.rules(auth::Method::jwt).on || is_kind(policy.endpoint, EndpointKind::refresh) ||
           is_kind(policy.endpoint, EndpointKind::introspect);
}

} // namespace

Wrong set_auth_revocation(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    conf.has_own_revocation = (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0;
    return set_switch(cf, conf.revocation, arguments);
}

Wrong set_auth_revocation_zone(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    Revocations& revocations = revocations_of(conf);
    if (revocations.zone().exists()) {
        return is_duplicate();
    }
    ngx_str_t size = arguments.raw(0);
    if (!view(size).starts_with(size_prefix)) {
        return "has an invalid parameter " + in_quotes(arguments[0]) + ": size=4m";
    }
    size.data += size_prefix.size();
    size.len -= size_prefix.size();
    const ssize_t bytes = ngx_parse_size(&size);
    if (bytes == NGX_ERROR) {
        return "has an invalid size " + in_quotes(view(size));
    }
    if (bytes < static_cast<ssize_t>(8 * ngx_pagesize)) {
        return "has a zone that is too small: " + in_quotes(arguments[0]);
    }
    conf.revocation_zone = origin_of(cf);
    return revocations.zone().create(cf, static_cast<std::size_t>(bytes)) ? std::nullopt
                                                                          : is_said();
}

Wrong set_auth_revocation_file(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    Revocations& revocations = revocations_of(conf);
    if (revocations.has_file()) {
        return is_duplicate();
    }
    ngx_str_t path{};
    if (Wrong wrong = set_watched_file(cf, path, arguments.raw(0))) {
        return wrong;
    }
    conf.revocation_file = origin_of(cf);
    revocations.name_file(std::string(view(path)), conf.revocation_file);
    return std::nullopt;
}

Wrong set_auth_revocation_stale(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (conf.revocation_stale) {
        return is_duplicate();
    }
    const ngx_int_t time = ngx_parse_time(&arguments.raw(0), 0);
    if (time == NGX_ERROR) {
        return "has an invalid time " + in_quotes(arguments[0]);
    }
    conf.revocation_stale = std::chrono::milliseconds(time);
    conf.revocation_stale_origin = origin_of(cf);
    return conf.revocation_stale >= min_stale ? std::nullopt : Wrong("needs a time of at least 1s");
}

Wrong set_auth_revocation_keep(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (conf.revocation_keep_origin) {
        return is_duplicate();
    }
    const ngx_int_t seconds = ngx_parse_time(&arguments.raw(0), 1);
    if (seconds == NGX_ERROR || seconds < 1) {
        return "has an invalid time " + in_quotes(arguments[0]);
    }
    if (seconds > longest_keep) {
        return "has a time longer than 100 years";
    }
    conf.revocation_keep = seconds;
    conf.revocation_keep_origin = origin_of(cf);
    return std::nullopt;
}

bool add_revocations(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    if (conf.revocation.on != 1) {
        return true;
    }
    MainConf& main = *main_conf(cf);
    Revocations* const revocations = main.revocations.get();
    const bool has_list = main.store.address || (revocations != nullptr && revocations->has_file());
    if (revocations == nullptr || !revocations->zone().exists() || !has_list) {
        conf_error(cf, conf.revocation.origin, "auth_revocation",
                   "needs auth_revocation_zone, and auth_token_store or auth_revocation_file");
        return false;
    }
    if (checks_tokens(policy)) {
        revocations->note_use();
    } else if (conf.has_own_revocation) {
        conf_error(cf, conf.revocation.origin, "auth_revocation",
                   "has no effect: neither auth_jwt nor auth_endpoint refresh or introspect is "
                   "switched on here");
        return false;
    }
    policy.revocations = revocations;
    return true;
}

void note_lifetimes(ngx_conf_t* cf, const Policy& policy) {
    MainConf& main = *main_conf(cf);
    main.longest_leeway = std::max(main.longest_leeway, policy.claim_times.leeway);
    if (policy.tokens) {
        main.longest_access_ttl = std::max(main.longest_access_ttl, policy.tokens->terms().ttl);
    }
}

// The master lives longer than a configuration: tokens that an earlier one has issued may still be
// valid, although a later one issues none that live as long.
void keep_longest_ttl(MainConf& main) noexcept {
    static std::int64_t longest = 0;
    longest = std::max(longest, main.longest_access_ttl);
    main.longest_access_ttl = longest;
}

// An nginx may only have the endpoints that feed the list, for others that check it. But a file is
// read where it is used.
bool load_revocations(ngx_conf_t* cf) {
    MainConf& conf = *main_conf(cf);
    keep_longest_ttl(conf);
    const auto refuse = [&](const Origin& origin, const char* directive, const char* text) {
        conf_error(cf, origin, directive, text);
        return false;
    };
    const bool has_zone = conf.revocations && conf.revocations->zone().exists();
    const bool is_shared = has_zone && conf.store.address;
    if (conf.revocation_stale && !is_shared) {
        return refuse(conf.revocation_stale_origin, "auth_revocation_stale",
                      "has no effect without auth_revocation_zone and auth_token_store");
    }
    if (conf.revocation_keep_origin && !is_shared) {
        return refuse(*conf.revocation_keep_origin, "auth_revocation_keep",
                      "has no effect without auth_revocation_zone and auth_token_store");
    }
    if (!conf.revocations) {
        return true;
    }
    Revocations& revocations = *conf.revocations;
    if (!has_zone) {
        return refuse(conf.revocation_file, "auth_revocation_file", "needs auth_revocation_zone");
    }
    if (!revocations.has_file() && !conf.store.address) {
        return refuse(conf.revocation_zone, "auth_revocation_zone",
                      "has no effect without auth_token_store or auth_revocation_file");
    }
    if (revocations.has_file() && !revocations.is_used()) {
        return refuse(conf.revocation_file, "auth_revocation_file",
                      "has no effect: auth_revocation is on nowhere that tokens are checked");
    }
    if (conf.store.address) {
        revocations.note_store();
    }
    return revocations.load(cf) && want_threads(cf);
}

} // namespace sallyport::ngx
