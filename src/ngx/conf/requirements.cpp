#include <charconv>
#include <span>

#include "ngx/conf/directives.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view error_prefix = "error=";
constexpr std::string_view json_prefix = "json=";

// For the other codes, nginx closes the connection without an answer, or answers with 400.
std::optional<int> parse_status(std::string_view text) noexcept {
    int status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    const bool is_special = status == 408 || status == 444 || (status >= 494 && status <= 499);
    return is_number && status >= 400 && status <= 599 && !is_special ? std::optional(status)
                                                                      : std::nullopt;
}

// The directive as it is in the configuration.
std::string text_of(const ngx_conf_t* cf) {
    std::string text;
    for (const ngx_str_t& word :
         std::span(static_cast<const ngx_str_t*>(cf->args->elts), cf->args->nelts)) {
        text += (text.empty() ? "" : " ") + std::string(view(word));
    }
    return text;
}

// Reads "error=" if it is the last argument. `count` is set to the number of other arguments.
Wrong read_error(Arguments arguments, std::size_t& count, Unmet& otherwise) {
    count = arguments.size();
    const std::string_view last = arguments[count - 1];
    if (!last.starts_with(error_prefix)) {
        return std::nullopt;
    }
    const auto status = parse_status(last.substr(error_prefix.size()));
    if (!status) {
        return "has an invalid error " + in_quotes(last.substr(error_prefix.size())) +
               ": a status from 400 to 599, except 408, 444 and 494 to 499";
    }
    if (!otherwise.is_of_every_request) {
        otherwise.reason =
            *status == 401 ? Reason::requirement_unmet : Reason::requirement_forbidden;
    }
    otherwise.status = *status;
    --count;
    return std::nullopt;
}

Wrong read_expected(ngx_conf_t* cf, ngx_str_t& argument, ClaimRequirement& requirement) {
    const auto kind = requirement.operation.kind;
    const std::string_view text = view(argument);
    if (text.starts_with('$')) {
        requirement.json = compile_value(cf, argument);
        return requirement.json != nullptr ? std::nullopt : is_said();
    }
    auto expected = text.starts_with(json_prefix)
                        ? jwt::ExpectedClaim::from_json(kind, text.substr(json_prefix.size()))
                        : jwt::ExpectedClaim::from_text(kind, text);
    if (!expected) {
        return expected.error() + ": " + in_quotes(text);
    }
    requirement.constant = std::make_shared<const jwt::ExpectedClaim>(*std::move(expected));
    return std::nullopt;
}

Wrong add_claim_requirement(ngx_conf_t* cf, std::vector<ClaimRequirement>*& all,
                            Arguments arguments, bool is_about_header) {
    std::size_t count = 0;
    ClaimRequirement requirement;
    requirement.otherwise.rule = text_of(cf);
    requirement.otherwise.is_about_header = is_about_header;
    if (Wrong wrong = read_error(arguments, count, requirement.otherwise)) {
        return wrong;
    }
    if (count != 3) {
        return "needs a name, an operator and a value";
    }
    auto path = jwt::ClaimPath::of_names({std::string(arguments[0])});
    if (!path) {
        return "has an invalid name " + in_quotes(arguments[0]) + ", which " + path.error();
    }
    requirement.name = arguments[0];
    requirement.origin = origin_of(cf);
    requirement.path = *path;
    requirement.otherwise.claim = std::move(*path);
    const auto operation = jwt::ClaimOperator::parse(arguments[1]);
    if (!operation) {
        return "has an unknown operator " + in_quotes(arguments[1]) +
               ": eq, gt, ge, lt, le, in, any or match, or one of them after \"!\"";
    }
    requirement.operation = *operation;
    if (Wrong wrong = read_expected(cf, arguments.raw(2), requirement)) {
        return wrong;
    }
    if (all == nullptr) {
        all = make<std::vector<ClaimRequirement>>(cf->pool);
    }
    all->push_back(std::move(requirement));
    return std::nullopt;
}

Wrong add_requirement(ngx_conf_t* cf, std::vector<Requirement>*& all, Arguments arguments,
                      Unmet otherwise) {
    std::size_t values = 0;
    Requirement requirement{.values = {}, .otherwise = std::move(otherwise)};
    requirement.otherwise.rule = text_of(cf);
    if (Wrong wrong = read_error(arguments, values, requirement.otherwise)) {
        return wrong;
    }
    if (values == 0) {
        return "has no value";
    }
    for (std::size_t i = 0; i < values; ++i) {
        if (!arguments[i].starts_with('$')) {
            return "needs values that start with a variable, not " + in_quotes(arguments[i]);
        }
        ngx_http_complex_value_t* const value = compile_value(cf, arguments.raw(i));
        if (value == nullptr) {
            return is_said();
        }
        requirement.values.push_back(value);
    }
    if (all == nullptr) {
        all = make<std::vector<Requirement>>(cf->pool);
    }
    all->push_back(std::move(requirement));
    return std::nullopt;
}

} // namespace

Wrong set_auth_jwt_require(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return add_requirement(cf, conf.requirements, arguments, {});
}

Wrong set_auth_require(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return add_requirement(
        cf, conf.request_requirements, arguments,
        {.reason = Reason::request_forbidden, .status = 403, .is_of_every_request = true});
}

Wrong set_auth_jwt_require_claim(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return add_claim_requirement(cf, conf.claim_requirements, arguments, false);
}

Wrong set_auth_jwt_require_header(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return add_claim_requirement(cf, conf.header_requirements, arguments, true);
}

} // namespace sallyport::ngx
