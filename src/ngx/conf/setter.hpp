#pragma once

#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ngx/conf/slots.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/pool.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {

// The arguments of a directive, without its name.
class Arguments {
  public:
    explicit Arguments(ngx_conf_t* cf) noexcept
        : raw_(static_cast<ngx_str_t*>(cf->args->elts) + 1, cf->args->nelts - 1) {}

    [[nodiscard]] std::size_t size() const noexcept { return raw_.size(); }
    std::string_view operator[](std::size_t i) const noexcept { return view(raw_[i]); }
    [[nodiscard]] ngx_str_t& raw(std::size_t i) const noexcept { return raw_[i]; }

  private:
    std::span<ngx_str_t> raw_;
};

// Empty, or the error as the end of a sentence that begins with: "name" directive. An empty text
// means that nginx has logged the error itself.
using Wrong = std::optional<std::string>;

inline Wrong is_said() {
    return "";
}

inline Wrong is_duplicate() {
    return "is duplicate";
}

inline std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

// Converts it for nginx.
inline char* conf_result(ngx_conf_t* cf, const Wrong& wrong) {
    if (!wrong) {
        return static_cast<char*>(NGX_CONF_OK);
    }
    return wrong->empty() ? static_cast<char*>(NGX_CONF_ERROR)
                          : reinterpret_cast<char*>(pool_copy(cf->pool, *wrong).data);
}

// Turns an ordinary function into a directive handler. nginx adds file and line to the error.
template <typename Conf, Wrong (*Set)(ngx_conf_t*, Conf&, Arguments)>
char* setter(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
    return guard(cf->log, "directive", static_cast<char*>(NGX_CONF_ERROR),
                 [&] { return conf_result(cf, Set(cf, conf_at<Conf>(conf), Arguments(cf))); });
}

// For the lines of a block that configures a T. The error is a whole sentence.
template <Literal directive, typename T, Wrong (*read)(ngx_conf_t*, T&)>
char* line_callback(ngx_conf_t* cf, ngx_command_t*, void* block) noexcept {
    return guard(cf->log, directive.text, static_cast<char*>(NGX_CONF_ERROR),
                 [&] { return conf_result(cf, read(cf, *static_cast<T*>(block))); });
}

// The name of a file that is watched, which has no variables.
Wrong set_watched_file(ngx_conf_t* cf, ngx_str_t& file, ngx_str_t name);

// "on" or "off".
Wrong set_switch(ngx_conf_t* cf, SwitchConf& conf, Arguments arguments);

// The value of "token=".
Wrong set_token(ngx_conf_t* cf, MethodConf& method, ngx_str_t value);

} // namespace sallyport::ngx
