#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The header fields, cookies and arguments that a configured value reads through nginx's variables
// $http_NAME, $cookie_NAME and $arg_NAME. Of several with one name these variables hold the first,
// but all are forwarded, and an application may read another.
class TokenPlaces {
  public:
    // Of the value as it stands in the configuration.
    explicit TokenPlaces(std::string_view value);

    // One of them occurs several times in this request, with different values.
    [[nodiscard]] bool ambiguous(ngx_http_request_t* r) const;

  private:
    enum class Kind { field, cookie, argument };
    struct Place {
        Kind kind;
        std::string name; // in lower case; in that of a field, "_" stands for "-" too
    };

    void add(std::string_view variable);

    std::vector<Place> places_;
};

} // namespace sallyport::ngx
