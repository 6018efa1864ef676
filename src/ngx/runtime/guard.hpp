#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Runs `body` and catches all exceptions: one that reached nginx would end the worker. An exception
// is logged as a failure of `where`, and `failure` is returned.
template <typename T, typename Body>
T guard(ngx_log_t* log, const char* where, T failure, Body&& body) noexcept {
    try {
        return std::forward<Body>(body)();
    } catch (const std::exception& e) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s failed: %s", where, e.what());
    } catch (...) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s failed", where);
    }
    return failure;
}

// For a body without a result.
template <typename Body>
void guard(ngx_log_t* log, const char* where, Body&& body) noexcept {
    guard(log, where, 0, [&] {
        std::forward<Body>(body)();
        return 0;
    });
}

// The templates below turn ordinary functions, which may throw, into callbacks for nginx:
//     handler = request_callback<"access", decide>;
// An exception is logged as a failure of `where` and refuses the request.

// A string literal as a template argument.
template <std::size_t size>
struct Literal {
    consteval Literal(const char (&literal)[size]) noexcept {
        for (std::size_t i = 0; i < size; ++i) {
            text[i] = literal[i];
        }
    }
    char text[size];
};

// A handler of a phase or of content. Returns status 500 on failure.
template <Literal where, ngx_int_t (*function)(ngx_http_request_t*)>
ngx_int_t request_callback(ngx_http_request_t* r) noexcept {
    return guard(r->connection->log, where.text, ngx_int_t{NGX_HTTP_INTERNAL_SERVER_ERROR},
                 [&] { return function(r); });
}

// An event handler of a request, or a handler that nginx calls when it has read the body. The
// function returns what the request is finalized with, or nothing while the request continues.
// Finalizes with status 500 on failure.
template <Literal where, std::optional<ngx_int_t> (*function)(ngx_http_request_t*)>
void finalizing_callback(ngx_http_request_t* r) noexcept {
    const auto rc = guard(r->connection->log, where.text,
                          std::optional<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR),
                          [&] { return function(r); });
    if (rc) {
        ngx_http_finalize_request(r, *rc);
    }
}

// A header or body filter. Returns NGX_ERROR on failure.
template <Literal where, auto function, typename... Arguments>
ngx_int_t filter_callback(ngx_http_request_t* r, Arguments... arguments) noexcept {
    return guard(r->connection->log, where.text, ngx_int_t{NGX_ERROR},
                 [&] { return function(r, arguments...); });
}

// An event handler: a member function of the object in event->data, or a function of the event.
template <typename T>
T* object_of(const ngx_event_t* event, void (T::*)()) noexcept {
    return static_cast<T*>(event->data);
}
template <Literal where, auto function>
void event_callback(ngx_event_t* event) noexcept {
    guard(event->log, where.text, [&] {
        if constexpr (std::is_member_function_pointer_v<decltype(function)>) {
            (object_of(event, function)->*function)();
        } else {
            function(event);
        }
    });
}

// A hook of the configuration. The function returns false after it has logged the error. Returns
// NGX_ERROR on failure.
template <Literal where, bool (*function)(ngx_conf_t*)>
ngx_int_t configuration_callback(ngx_conf_t* cf) noexcept {
    const bool good = guard(cf->log, where.text, false, [&] { return function(cf); });
    return good ? NGX_OK : NGX_ERROR;
}

// Creates a configuration. Returns null on failure.
template <Literal where, void* (*function)(ngx_conf_t*)>
void* create_callback(ngx_conf_t* cf) noexcept {
    return guard(cf->log, where.text, static_cast<void*>(nullptr), [&] { return function(cf); });
}

// Merges an outer level of the configuration into an inner one. Returns NGX_CONF_ERROR on failure.
template <Literal where, typename Conf, bool (*merge)(ngx_conf_t*, const Conf&, Conf&)>
char* merge_callback(ngx_conf_t* cf, void* outer, void* inner) noexcept {
    const bool good = guard(cf->log, where.text, false, [&] {
        return merge(cf, *static_cast<const Conf*>(outer), *static_cast<Conf*>(inner));
    });
    return static_cast<char*>(good ? NGX_CONF_OK : NGX_CONF_ERROR);
}

} // namespace sallyport::ngx
