#include <algorithm>
#include <array>

#include "base/origin.hpp"
#include "base/secret_source.hpp"
#include "jwt/key_source.hpp"
#include "ngx/conf/directives.hpp"
#include "ngx/conf/key_directives.hpp"
#include "ngx/endpoints/handler.hpp"
#include "ngx/endpoints/token_claims.hpp"
#include "ngx/runtime/background.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view user_prefix = "user=";
constexpr std::string_view password_prefix = "password=";
constexpr ngx_int_t most_seconds = ngx_int_t{100} * 365 * 24 * 3600;

Wrong read_signing_key(ngx_conf_t* cf, SigningDirectives*& directives, Arguments arguments) {
    if (directives == nullptr) {
        directives = make<SigningDirectives>(cf->pool);
        directives->origin = origin_of(cf);
    }
    auth::SigningKeys& keys = *directives->keys;
    KeyName name;
    const auto has_kid = [&](const std::string& kid) {
        return std::any_of(keys.begin(), keys.end(),
                           [&](const jwt::SigningKey& key) { return key.kid() == kid; });
    };
    if (Wrong wrong = read_key_name(name, arguments, has_kid)) {
        return wrong;
    }
    const std::string source = full_source(cf, arguments[2]);
    auto key = jwt::signing_key_from_source(name.kid, name.algorithm, source);
    wipe_source(arguments.raw(2));
    if (!key) {
        return key.error();
    }
    keys.push_back(std::move(*key));
    return std::nullopt;
}

Wrong read_option(ngx_conf_t* cf, store::StoreAddress& address, ngx_str_t& argument) {
    const std::string_view option = view(argument);
    if (address.kind != store::StoreAddress::Kind::redis) {
        return "has an invalid parameter " + in_quotes(option);
    }
    if (option.starts_with(user_prefix) && address.user.empty() &&
        option.size() > user_prefix.size()) {
        address.user = option.substr(user_prefix.size());
        return std::nullopt;
    }
    if (!option.starts_with(password_prefix) || address.password ||
        option.size() == password_prefix.size()) {
        return "has an invalid parameter " + in_quotes(option);
    }
    const std::string source = full_source(cf, option.substr(password_prefix.size()));
    auto password = secret_from_source(source);
    if (!password) {
        return password.error();
    }
    if (password->empty()) {
        return "has an empty password";
    }
    address.password = std::make_shared<const Secret>(std::move(*password));
    return std::nullopt;
}

// Claims that the tokens contain anyway (RFC 7519 section 4.1, RFC 9068 section 2.2).
constexpr std::array<std::string_view, 10> own_claims{"iss", "sub", "aud", "exp",       "nbf",
                                                      "iat", "jti", "sid", "tenant_id", "roles"};

Wrong read_claim_name(const std::vector<TokenClaim>& others, std::string_view name) {
    if (name.empty() || name.front() == '$' || !json::is_utf8(name)) {
        return "has an invalid claim name " + in_quotes(name);
    }
    if (std::find(own_claims.begin(), own_claims.end(), name) != own_claims.end()) {
        return "cannot set " + in_quotes(name) + ", which the module sets itself";
    }
    if (std::any_of(others.begin(), others.end(),
                    [&](const TokenClaim& other) { return other.name == name; })) {
        return "has " + in_quotes(name) + " twice";
    }
    return std::nullopt;
}

template <time_t TokenConf::*slot, time_t least>
Wrong set_seconds(LocConf& conf, Arguments arguments) {
    time_t& value = conf.tokens.*slot;
    if (value != NGX_CONF_UNSET) {
        return is_duplicate();
    }
    const ngx_int_t seconds = ngx_parse_time(&arguments.raw(0), 1);
    if (seconds == NGX_ERROR || seconds < least) {
        return "has an invalid time " + in_quotes(arguments[0]);
    }
    if (seconds > most_seconds) {
        return "has a time longer than 100 years";
    }
    value = seconds;
    return std::nullopt;
}

} // namespace

Wrong set_auth_endpoint(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.endpoint != nullptr) {
        return is_duplicate();
    }
    std::string name(arguments[0]);
    if (find_endpoint(name) == nullptr || arguments[0].find(' ') != std::string_view::npos) {
        return "has an unknown endpoint " + in_quotes(name);
    }
    if (arguments.size() > 1) {
        name += ' ' + std::string(arguments[1]);
    }
    const EndpointInfo* const found = find_endpoint(name);
    if (found == nullptr) {
        return "has an invalid parameter " + in_quotes(arguments[1]);
    }
    auto* const core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (core->handler != nullptr) {
        return has_rival;
    }
    conf.endpoint = found;
    conf.endpoint_origin = origin_of(cf);
    core->handler = endpoint_handler;
    return std::nullopt;
}

Wrong set_auth_endpoint_cors(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.cors_origins != nullptr) {
        return is_duplicate();
    }
    auto* const origins = make<std::vector<std::string>>(cf->pool);
    conf.cors_origins = origins;
    if (arguments.size() == 1 && arguments[0] == "off") {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!is_origin(arguments[i])) {
            return "has " + in_quotes(arguments[i]) +
                   ", which browsers do not send as an origin: https://app.example";
        }
        if (std::find(origins->begin(), origins->end(), arguments[i]) != origins->end()) {
            return "has " + in_quotes(arguments[i]) + " twice";
        }
        origins->emplace_back(arguments[i]);
    }
    return std::nullopt;
}

Wrong set_auth_token_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return read_signing_key(cf, conf.tokens.access_keys, arguments);
}

Wrong set_auth_token_refresh_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return read_signing_key(cf, conf.tokens.refresh_keys, arguments);
}

Wrong set_auth_token_issuer(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    if (is_set(conf.tokens.issuer)) {
        return is_duplicate();
    }
    if (arguments[0].empty()) {
        return "has an empty name";
    }
    if (!json::is_utf8(arguments[0])) {
        return is_not_utf8(arguments[0]);
    }
    conf.tokens.issuer = arguments.raw(0);
    return std::nullopt;
}

Wrong set_auth_token_audience(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    jwt::Names*& names = conf.tokens.audiences;
    names = names != nullptr ? names : make<jwt::Names>(cf->pool);
    return read_names(*names, arguments);
}

Wrong set_auth_token_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    std::vector<TokenClaim>*& claims = conf.tokens.claims;
    claims = claims != nullptr ? claims : make<std::vector<TokenClaim>>(cf->pool);
    if (Wrong wrong = read_claim_name(*claims, arguments[0])) {
        return wrong;
    }
    constexpr std::string_view json_prefix = "json=";
    ngx_str_t text = arguments.raw(1);
    const bool is_json = view(text).starts_with(json_prefix);
    if (is_json) {
        text.data += json_prefix.size();
        text.len -= json_prefix.size();
    }
    ngx_http_complex_value_t* const value = compile_value(cf, text);
    if (value == nullptr) {
        return is_said();
    }
    const bool is_constant = value->lengths == nullptr;
    if (text.len == 0 || !claim_value(view(text), is_json && is_constant)) {
        return "has a value that is empty, too long or not " +
               std::string(is_json ? "JSON" : "UTF-8");
    }
    claims->push_back({std::string(arguments[0]), value, is_json});
    return std::nullopt;
}

Wrong set_auth_token_ttl(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    return set_seconds<&TokenConf::ttl, 1>(conf, arguments);
}

Wrong set_auth_token_refresh_ttl(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    return set_seconds<&TokenConf::refresh_ttl, 1>(conf, arguments);
}

Wrong set_auth_token_session_max(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    return set_seconds<&TokenConf::session_max, 1>(conf, arguments);
}

Wrong set_auth_token_reuse_window(ngx_conf_t*, LocConf& conf, Arguments arguments) {
    return set_seconds<&TokenConf::reuse_window, 0>(conf, arguments);
}

Wrong set_switch(ngx_conf_t* cf, SwitchConf& conf, Arguments arguments) {
    if (is_set(conf)) {
        return is_duplicate();
    }
    if (arguments[0] != "on" && arguments[0] != "off") {
        return "has to be \"on\" or \"off\", not " + in_quotes(arguments[0]);
    }
    conf.on = arguments[0] == "on" ? 1 : 0;
    conf.origin = origin_of(cf);
    return std::nullopt;
}

Wrong set_auth_token_accept(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return set_switch(cf, conf.tokens.accept, arguments);
}

Wrong set_auth_token_store(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    if (conf.store.address) {
        return is_duplicate();
    }
    if (!has_threads) {
        return "needs nginx built --with-threads";
    }
    auto address = store::parse_store_address(arguments[0]);
    if (!address) {
        return address.error();
    }
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        if (Wrong wrong = read_option(cf, *address, arguments.raw(i))) {
            return wrong;
        }
    }
    if (!address->user.empty() && !address->password) {
        return "has a user without a password";
    }
    if (address->kind == store::StoreAddress::Kind::sqlite) {
        address->path = full_path(cf, address->path);
        if (auto misplaced = store::misplaced(address->path)) {
            return misplaced;
        }
    }
    conf.store.address = std::move(*address);
    conf.store.origin = origin_of(cf);
    return std::nullopt;
}

Wrong set_auth_audit_log(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (is_set(conf.audit)) {
        return is_duplicate();
    }
    conf.audit.on = 1;
    if (arguments[0] == "off") {
        return std::nullopt;
    }
    if (arguments[0].empty()) {
        return "has an empty file name";
    }
    if (arguments[0].find('$') != std::string_view::npos) {
        return "takes no variables";
    }
    MainConf& main = *main_conf(cf);
    ngx_str_t request_id = ngx_string("$request_id");
    if (main.request_id == nullptr) {
        main.request_id = compile_value(cf, request_id);
    }
    conf.audit.file = ngx_conf_open_file(cf->cycle, &arguments.raw(0));
    if (conf.audit.file == nullptr || main.request_id == nullptr) {
        return is_said();
    }
    if (std::find(main.audit_logs.begin(), main.audit_logs.end(), conf.audit.file) ==
        main.audit_logs.end()) {
        main.audit_logs.push_back(conf.audit.file);
    }
    return std::nullopt;
}

} // namespace sallyport::ngx
