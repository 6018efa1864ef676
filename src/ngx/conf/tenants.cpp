#include "ngx/conf/directives.hpp"

#include <array>

#include "ngx/conf/key_directives.hpp"

namespace sallyport::ngx {
namespace {

using Block = TenantDirectives::Block;

Wrong read_key_cache(ngx_conf_t*, Block& block, Arguments arguments) {
    if (block.key_cache) {
        return is_duplicate();
    }
    const ngx_int_t time = ngx_parse_time(&arguments.raw(0), 0);
    if (time == NGX_ERROR) {
        return "has an invalid time " + in_quotes(arguments[0]);
    }
    block.key_cache = static_cast<ngx_msec_t>(time);
    return std::nullopt;
}

// A directive that may occur in the block.
struct Line {
    std::string_view name;
    std::size_t least; // the minimum number of arguments
    std::size_t most;
    Wrong (*read)(ngx_conf_t* cf, Block& block, Arguments arguments);
};

constexpr std::size_t many = NGX_CONF_MAX_ARGS;

constexpr std::array lines{
    Line{"issuer", 1, many,
         [](ngx_conf_t*, Block& block, Arguments a) { return read_names(block.issuers, a); }},
    Line{"audience", 1, many,
         [](ngx_conf_t*, Block& block, Arguments a) { return read_names(block.audiences, a); }},
    Line{"algorithms", 1, many,
         [](ngx_conf_t*, Block& block, Arguments a) {
             return read_algorithms(block.algorithms, a);
         }},
    Line{"key", 3, 3,
         [](ngx_conf_t* cf, Block& block, Arguments a) { return read_key(cf, block.keys, a); }},
    Line{
        "key_file", 1, 2,
        [](ngx_conf_t* cf, Block& block, Arguments a) { return read_key_file(cf, block.keys, a); }},
    Line{"key_request", 1, 2,
         [](ngx_conf_t* cf, Block& block, Arguments a) {
             return read_key_request(cf, block.keys, a);
         }},
    Line{"key_cache", 1, 1, read_key_cache},
};

Wrong read_line(ngx_conf_t* cf, Block& block, std::string_view name, Arguments arguments) {
    for (const Line& line : lines) {
        if (line.name != name) {
            continue;
        }
        if (arguments.size() < line.least || arguments.size() > line.most) {
            return "has an invalid number of arguments";
        }
        return line.read(cf, block, arguments);
    }
    return "is unknown in this block";
}

Wrong read_tenant_line(ngx_conf_t* cf, Block& block) {
    const std::string name(view(*static_cast<ngx_str_t*>(cf->args->elts)));
    Wrong wrong = read_line(cf, block, name, Arguments(cf));
    if (!wrong || wrong->empty()) {
        return wrong;
    }
    return in_quotes(name) + " in \"auth_tenant\" " + in_quotes(block.name) + " " + *wrong;
}

bool has_source(const KeyDirectives& keys) noexcept {
    return !keys.keys.empty() || !keys.files.empty() || !keys.requests.empty();
}

// nginx has replaced the directive's own arguments by those of the block's lines, so it cannot add
// file and line to this error.
Wrong mistake(ngx_conf_t* cf, const Origin& origin, const std::string& reason) {
    conf_error(cf, origin, "auth_tenant", reason);
    return is_said();
}

} // namespace

Wrong set_auth_tenant(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (arguments[0].find('$') != std::string_view::npos) {
        return "cannot have a variable as its name: " + in_quotes(arguments[0]);
    }
    if (conf.tenants == nullptr) {
        conf.tenants = make<TenantDirectives>(cf->pool);
        main_conf(cf)->with_keys.push_back(&conf);
    }
    Block& block = conf.tenants->blocks.emplace_back();
    block.name = arguments[0];
    const Origin origin = origin_of(cf);
    const ngx_conf_t saved = *cf;
    cf->handler = line_callback<"auth_tenant", Block, read_tenant_line>;
    cf->handler_conf = reinterpret_cast<char*>(&block);
    char* const outcome = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    if (outcome != NGX_CONF_OK) {
        return is_said();
    }
    if (const auto wrong = conf.tenants->directory.add(block.name, block.issuers)) {
        return mistake(cf, origin, "has " + *wrong);
    }
    if (!has_source(block.keys)) {
        return mistake(cf, origin,
                       in_quotes(block.name) + " has no keys: add key, key_file or key_request");
    }
    return std::nullopt;
}

} // namespace sallyport::ngx
