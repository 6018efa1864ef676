#include "ngx/conf/compile_explain.hpp"

#include "ngx/conf/directives.hpp"
#include "ngx/conf/other_modules.hpp"

namespace sallyport::ngx {
namespace {

bool contains_loopback(const ngx_cidr_t& cidr) noexcept {
    if (cidr.family == AF_INET) {
        constexpr in_addr_t loopback = 0x7f000001;
        return (htonl(loopback) & cidr.u.in.mask) == cidr.u.in.addr;
    }
#if (NGX_HAVE_INET6)
    if (cidr.family == AF_INET6) {
        for (std::size_t i = 0; i < sizeof(in6addr_loopback.s6_addr); ++i) {
            if ((in6addr_loopback.s6_addr[i] & cidr.u.in6.mask.s6_addr[i]) !=
                cidr.u.in6.addr.s6_addr[i]) {
                return false;
            }
        }
        return true;
    }
#endif
    return false;
}

Wrong add_address(ngx_conf_t* cf, ExplainTo& to, ngx_str_t& text) {
    auto* const cidr = static_cast<ngx_cidr_t*>(ngx_array_push(to.addresses));
    if (cidr == nullptr) {
        throw std::bad_alloc();
    }
    *cidr = ngx_cidr_t{};
    if (view(text) == "unix:") {
        cidr->family = AF_UNIX;
        return std::nullopt;
    }
    const ngx_int_t rc = ngx_ptocidr(&text, cidr);
    if (rc == NGX_ERROR) {
        return "has an invalid address " + in_quotes(view(text));
    }
    if (rc == NGX_DONE) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "low address bits of %V are meaningless", &text);
    }
    to.has_loopback = to.has_loopback || contains_loopback(*cidr);
    return std::nullopt;
}

} // namespace

Wrong set_auth_explain(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.explain_to != nullptr) {
        return is_duplicate();
    }
    ngx_array_t* const addresses = ngx_array_create(cf->pool, arguments.size(), sizeof(ngx_cidr_t));
    if (addresses == nullptr) {
        throw std::bad_alloc();
    }
    conf.explain_to = make<ExplainTo>(cf->pool, addresses, origin_of(cf));
    if (arguments.size() == 1 && arguments[0] == "off") {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (Wrong wrong = add_address(cf, *conf.explain_to, arguments.raw(i))) {
            return wrong;
        }
    }
    return std::nullopt;
}

void note_explaining(ngx_conf_t* cf, const LocConf& conf) {
    if (conf.explain_to != nullptr && conf.explain_to->has_loopback) {
        auto** const location = static_cast<ngx_http_conf_ctx_t*>(cf->ctx)->loc_conf;
        main_conf(cf)->explaining_to_loopback.emplace_back(location, conf.explain_to->origin);
    }
}

void check_explaining(ngx_cycle_t* cycle, const MainConf& conf) {
    const u_char* warned_file = nullptr;
    ngx_uint_t warned_line = 0;
    for (const auto& [location, origin] : conf.explaining_to_loopback) {
        const bool is_warned = warned_file == origin.file.data && warned_line == origin.line;
        if (is_warned || is_set_in(cycle, location, "ngx_http_realip_module", 1)) {
            continue;
        }
        warned_file = origin.file.data;
        warned_line = origin.line;
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"auth_explain\" directive lists a loopback address, which all clients have "
                      "behind a proxy on this host unless \"set_real_ip_from\" is used, in %V:%ui",
                      &origin.file, origin.line);
    }
}

} // namespace sallyport::ngx
