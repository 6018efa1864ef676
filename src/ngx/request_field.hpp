#pragma once

#include <string_view>

#include "base/text.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Visits the fields of one name in a request, whose hash is nginx's, until `visit` returns false.
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

} // namespace sallyport::ngx
