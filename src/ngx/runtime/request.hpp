#pragma once

#include <string_view>

#include "base/text.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Whether the request has passed the access phase, and so was admitted. False while a refusal is
// being sent.
inline bool is_past_access(ngx_http_request_t* r) noexcept {
    const auto* const core = static_cast<const ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const ngx_http_phase_handler_t* const handlers = core->phase_engine.handlers;
    for (ngx_uint_t i = static_cast<ngx_uint_t>(r->phase_handler); handlers[i].checker != nullptr;
         ++i) {
        if (handlers[i].checker == ngx_http_core_access_phase ||
            handlers[i].checker == ngx_http_core_post_access_phase) {
            return false;
        }
    }
    return true;
}

// Whether the request is in its log phase. Its main request may still read the variables of a
// subrequest that was logged.
inline bool is_being_logged(const ngx_http_request_t* r) noexcept {
    return r->logged != 0 && (r == r->main || r->done == 0);
}

// A subrequest does not share its variables with its parent.
inline bool has_own_variables(const ngx_http_request_t* r) noexcept {
    return r == r->main || r->variables != r->parent->variables;
}

// Visits the request's header fields with a name, until `visit` returns false. `hash` is nginx's
// hash of the name in lower case.
template <typename Visit>
void each_field(ngx_http_request_t* r, std::string_view name, ngx_uint_t hash, Visit&& visit) {
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (fields[i].hash == hash && equal_ignoring_case(view(fields[i].key), name) &&
                !visit(fields[i])) {
                return;
            }
        }
    }
}

// Compiles a text with variables. Null if the text is invalid, which nginx has logged.
ngx_http_complex_value_t* compile_value(ngx_conf_t* cf, ngx_str_t text);

// The value for this request, in its memory. Throws when there is no memory.
std::string_view evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* value);

// A copy of the variables' current values, in the request's memory. Throws when there is no memory.
ngx_http_variable_value_t* copy_variables(ngx_http_request_t* r);

// A variable may be read by a script that reads each of its variables twice, first for the length
// and then for the value. A check that evaluates variables must not change them in between.
class VariablesAside {
  public:
    explicit VariablesAside(ngx_http_request_t* r) : r_(r), own_(r->variables) {
        r->variables = copy_variables(r);
    }
    VariablesAside(const VariablesAside&) = delete;
    VariablesAside& operator=(const VariablesAside&) = delete;
    ~VariablesAside() { r_->variables = own_; }

  private:
    ngx_http_request_t* r_;
    ngx_http_variable_value_t* own_;
};

// Adds a field to the answer. Throws when there is no memory.
ngx_table_elt_t* add_header(ngx_http_request_t* r, const char* name, std::string_view value);

// Tells caches, old ones too, not to store the answer (RFC 6749 section 5.1).
void forbid_caching(ngx_http_request_t* r);

// Ends a request whose answer was begun, from an event that belongs to no request. An HTTP/1
// connection is closed; of an HTTP/2 connection, only the stream is reset. The request and all that
// lives in its pool may be gone afterwards.
//
// nginx itself ends requests in this way when worker_shutdown_timeout is over: it marks the
// connection as closed and calls its handler, in whatever state the request is. The handler counts
// one more use of the request, terminates it (which runs its cleanups, so upstream connections,
// upgraded ones too, and temporary files are closed), and frees it when no thread uses it. No
// further part of the answer is sent, and neither error_page nor post_action applies.
void abort_request(ngx_http_request_t* r) noexcept;

} // namespace sallyport::ngx
