#include "ngx/endpoints/metadata.hpp"

#include "auth/resource_metadata.hpp"
#include "ngx/access/policy.hpp"
#include "ngx/endpoints/endpoint.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

// Null if the request is not for the metadata of a resource of this server.
const std::string* requested_document(ngx_http_request_t* r) {
    std::string_view path = view(r->uri);
    if (!path.starts_with(auth::resource_well_known)) {
        return nullptr;
    }
    path.remove_prefix(auth::resource_well_known.size());
    return policy_of(r)->documents->find(path);
}

// Clients add fields of their own, such as MCP-Protocol-Version, so that browsers ask first.
EndpointAnswer answer_options(ngx_http_request_t* r) {
    const std::string_view methods = policy_of(r)->endpoint->methods.list;
    add_header(r, "Access-Control-Allow-Methods", methods);
    add_header(r, "Access-Control-Allow-Headers", "*");
    add_header(r, "Access-Control-Max-Age", "600");
    return {.status = NGX_HTTP_NO_CONTENT, .type = {}, .allow = methods};
}

} // namespace

EndpointAnswer answer_metadata(ngx_http_request_t* r) {
    if (r->method == NGX_HTTP_OPTIONS) {
        return answer_options(r);
    }
    EndpointAnswer answer;
    if (const std::string* const document = requested_document(r)) {
        answer.body = *document;
        answer.cache_control = "public, max-age=300";
    } else {
        answer.status = NGX_HTTP_NOT_FOUND;
        answer.body = "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404}\n";
        answer.type = "application/problem+json";
    }
    return answer;
}

} // namespace sallyport::ngx
