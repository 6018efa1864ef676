#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// The header fields, cookies and arguments that a configured value reads through nginx's variables
// $http_NAME, $cookie_NAME and $arg_NAME. These hold the first of several with the same name, but
// all are forwarded, and the application may read another one.
class TokenSources {
  public:
    // `value` is the text in the configuration.
    explicit TokenSources(std::string_view value);

    // One of them occurs more than once in this request, with different values.
    [[nodiscard]] bool ambiguous(ngx_http_request_t* r) const;

    // It reads nothing but fields and cookies.
    [[nodiscard]] bool can_be_withheld() const noexcept { return can_be_withheld_; }
    [[nodiscard]] bool reads_field(std::string_view name) const noexcept;
    // The value of a Cookie field without those that are read here.
    [[nodiscard]] std::string without_cookies(std::string_view field) const;

  private:
    enum class Kind { field, cookie, argument };
    struct Place {
        Kind kind;
        std::string name; // in lower case; in a field's name, "_" also matches "-"
    };

    void add(std::string_view variable);

    std::vector<Place> places_;
    bool can_be_withheld_ = true;
};

// Whether a variable $http_NAME reads the field: nginx replaces dashes by underscores.
bool is_field(std::string_view field, std::string_view name) noexcept;

} // namespace sallyport::ngx
