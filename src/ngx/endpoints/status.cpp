#include "base/version.hpp"
#include "metrics/exposition.hpp"
#include "metrics/format.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {
namespace {

std::optional<std::string_view> format_argument(ngx_http_request_t* r) {
    constexpr std::string_view name = "format";
    ngx_str_t value{};
    const ngx_str_t argument = borrow(name);
    return ngx_http_arg(r, argument.data, argument.len, &value) == NGX_OK
               ? std::optional(view(value))
               : std::nullopt;
}

std::string_view accept_field(ngx_http_request_t* r) {
    std::string_view accept;
    u_char name[] = "accept";
    each_field(r, "Accept", ngx_hash_key(name, sizeof(name) - 1),
               [&](const ngx_table_elt_t& field) {
                   accept = view(field.value);
                   return false;
               });
    return accept;
}

} // namespace

EndpointAnswer answer_status(ngx_http_request_t* r) {
    const auto format = metrics::choose_format(format_argument(r), accept_field(r));
    if (format != metrics::Format::prometheus) {
        log_refusal(r, Reason::request_malformed, {});
        note_refusal(r, Reason::request_malformed);
        return problem(Reason::request_malformed);
    }
    const metrics::Snapshot snapshot = worker(r)->metrics->snapshot();
    constexpr metrics::About about{version, NGINX_VERSION};
    EndpointAnswer answer;
    answer.body = exposition(snapshot, about);
    answer.type = metrics::exposition_type;
    return answer;
}

} // namespace sallyport::ngx
