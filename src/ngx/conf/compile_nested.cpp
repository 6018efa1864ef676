#include "ngx/conf/compile_nested.hpp"

#include "ngx/runtime/pool.hpp"

namespace sallyport::ngx {
namespace {

std::string cannot_be_read(const std::string& name, const std::string& error) {
    return "has a name \"" + name + "\" that " + error + " (see auth_jwt_allow_nested)";
}

bool read_requirements(ngx_conf_t* cf, const jwt::NestedNames& notation,
                       const std::vector<ClaimRequirement>*& requirements) {
    if (requirements == nullptr) {
        return true;
    }
    auto& own = *make<std::vector<ClaimRequirement>>(cf->pool, *requirements);
    for (ClaimRequirement& requirement : own) {
        auto path = notation.parse({requirement.name});
        if (!path) {
            conf_error(cf, requirement.origin,
                       requirement.otherwise.is_about_header ? "auth_jwt_require_header"
                                                             : "auth_jwt_require_claim",
                       cannot_be_read(requirement.name, path.error()));
            return false;
        }
        requirement.path = *path;
        requirement.otherwise.claim = std::move(*path);
    }
    requirements = &own;
    return true;
}

bool check_variables(ngx_conf_t* cf, const jwt::NestedNames& notation) {
    for (const TokenVariable& variable : main_conf(cf)->token_variables) {
        for (const std::string& name : variable.member->texts()) {
            const auto path = notation.parse({name});
            if (!path) {
                conf_error(cf, variable.origin, variable.directive,
                           cannot_be_read(name, path.error()));
                return false;
            }
        }
    }
    return true;
}

} // namespace

bool add_nested_names(ngx_conf_t* cf, const LocConf& conf, Policy& policy) {
    if (conf.nested == nullptr || !conf.nested->names) {
        return true;
    }
    policy.nested_names = &*conf.nested->names;
    return read_requirements(cf, *policy.nested_names, policy.requirements.claims) &&
           read_requirements(cf, *policy.nested_names, policy.requirements.headers) &&
           (std::exchange(conf.nested->checked, true) || check_variables(cf, *policy.nested_names));
}

} // namespace sallyport::ngx
