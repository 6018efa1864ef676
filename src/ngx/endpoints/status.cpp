#include "base/version.hpp"
#include "metrics/format.hpp"
#include "metrics/report.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/access/refusal.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/request.hpp"
#include "ngx/runtime/worker.hpp"
#include "ngx/sources/key_report.hpp"
#include "ngx/sources/revocations.hpp"

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

// The page may not send requests elsewhere, and no text in it can run as a script.
constexpr std::string_view page_policy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'";

EndpointAnswer answer_in(metrics::Format format, const metrics::Report& report) {
    EndpointAnswer answer;
    switch (format) {
    case metrics::Format::json:
        answer.body = report_json(report);
        break;
    case metrics::Format::html:
        answer.body = page(report);
        answer.type = "text/html; charset=utf-8";
        break;
    case metrics::Format::prometheus:
        answer.body = exposition(report);
        answer.type = metrics::exposition_type;
        break;
    }
    return answer;
}

} // namespace

EndpointAnswer answer_status(ngx_http_request_t* r) {
    const auto format = metrics::choose_format(format_argument(r), accept_field(r));
    if (!format) {
        log_refusal(r, Reason::request_malformed, {});
        note_refusal(r, Reason::request_malformed);
        return problem(r, Reason::request_malformed);
    }
    Worker& own = *worker(r);
    if (own.key_report) {
        own.key_report->publish();
    }
    metrics::Report report{version, NGINX_VERSION, ngx_time(), own.metrics->snapshot(), {}};
    report.recent = own.metrics->recent(report.snapshot);
    if (own.revocations && own.revocations->exist()) {
        report.revocations = own.revocations->report();
    }
    if (format == metrics::Format::html) {
        add_header(r, "Content-Security-Policy", page_policy);
    }
    return answer_in(*format, report);
}

} // namespace sallyport::ngx
