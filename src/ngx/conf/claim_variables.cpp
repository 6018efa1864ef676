#include "ngx/conf/directives.hpp"

#include <algorithm>
#include <cctype>

#include "ngx/access/variables.hpp"

namespace sallyport::ngx {
namespace {

Wrong set_token_variable(ngx_conf_t* cf, MainConf& conf, TokenPart part, Arguments arguments) {
    ngx_str_t name = arguments.raw(0);
    const auto may_stand_in_name = [](u_char c) { return std::isalnum(c) != 0 || c == '_'; };
    if (name.len < 2 || name.data[0] != '$' ||
        !std::all_of(name.data + 1, name.data + name.len, may_stand_in_name) ||
        std::isdigit(name.data[1]) != 0) {
        return "needs the name of a variable, not " + in_quotes(arguments[0]);
    }
    ++name.data;
    --name.len;
    std::vector<std::string> names;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        names.emplace_back(arguments[i]);
    }
    auto member = jwt::MemberNames::of(std::move(names));
    if (!member) {
        return "has a path that " + member.error();
    }
    const auto& kept = *make<jwt::MemberNames>(cf->pool, std::move(*member));
    conf.token_variables.push_back(
        {part == TokenPart::payload ? "auth_jwt_claim_set" : "auth_jwt_header_set", &kept,
         origin_of(cf)});
    return add_token_variable(cf, name, part, kept) ? std::nullopt : is_said();
}

} // namespace

Wrong set_auth_jwt_claim_set(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    return set_token_variable(cf, conf, TokenPart::payload, arguments);
}

Wrong set_auth_jwt_header_set(ngx_conf_t* cf, MainConf& conf, Arguments arguments) {
    return set_token_variable(cf, conf, TokenPart::header, arguments);
}

} // namespace sallyport::ngx
