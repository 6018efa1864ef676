#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

class Endpoint;
struct EndpointAnswer;

enum class EndpointKind : std::uint8_t {
    login,
    refresh,
    logout,
    me,
    jwks,
    revoke,
    introspect,
    sessions,
    admin_sessions,
    status,
    metadata,
    backchannel_logout,
};

// Request methods, and the list of their names in a field of an answer.
struct Methods {
    ngx_uint_t bits;
    std::string_view list;
};

// What the code knows about one kind of endpoint. The rows are in endpoints/handler.cpp; a location
// points to its row.
struct EndpointInfo {
    EndpointKind kind;
    std::string_view name; // the arguments of auth_endpoint
    Methods methods;
    bool is_entrance; // checks credentials itself: inherited methods do not guard it
    bool needs_store;
    // Either `make`, for an endpoint that reads a body, or `answer`.
    std::unique_ptr<Endpoint> (*make)(ngx_http_request_t* r);
    EndpointAnswer (*answer)(ngx_http_request_t* r);
};

// About the endpoint of a location; null: it has none.
constexpr bool is_kind(const EndpointInfo* endpoint, EndpointKind kind) noexcept {
    return endpoint != nullptr && endpoint->kind == kind;
}
constexpr bool is_entrance(const EndpointInfo* endpoint) noexcept {
    return endpoint != nullptr && endpoint->is_entrance;
}
constexpr bool needs_store(const EndpointInfo* endpoint) noexcept {
    return endpoint != nullptr && endpoint->needs_store;
}

} // namespace sallyport::ngx
