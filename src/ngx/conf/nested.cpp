#include <algorithm>
#include <cctype>

#include "ngx/conf/directives.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::string_view delimiter_prefix = "delimiter=";
constexpr std::string_view quote_prefix = "quote=";

// Letters and digits would cut names in two.
Wrong read_mark(std::string_view text, std::string& mark) {
    if (text.empty() || std::any_of(text.begin(), text.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || std::iscntrl(c) != 0;
        })) {
        return "has an invalid mark " + in_quotes(text) + ": punctuation such as \".\"";
    }
    mark = text;
    return std::nullopt;
}

Wrong read_notation(Arguments arguments, jwt::NestedNames& notation) {
    std::size_t delimiters = 0;
    std::size_t quotes = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view text = arguments[i];
        Wrong wrong;
        if (text.starts_with(delimiter_prefix) && ++delimiters == 1) {
            wrong = read_mark(text.substr(delimiter_prefix.size()), notation.delimiter);
        } else if (text.starts_with(quote_prefix) && ++quotes == 1) {
            wrong = read_mark(text.substr(quote_prefix.size()), notation.quote);
        } else {
            wrong = "has an invalid parameter " + in_quotes(text);
        }
        if (wrong) {
            return wrong;
        }
    }
    return notation.quote.find(notation.delimiter) != std::string::npos ||
                   notation.delimiter.find(notation.quote) != std::string::npos
               ? Wrong("needs a delimiter and a quote that differ")
               : std::nullopt;
}

} // namespace

Wrong set_auth_jwt_allow_nested(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    if (conf.nested != nullptr) {
        return is_duplicate();
    }
    conf.nested = make<NestedConf>(cf->pool);
    if (arguments.size() == 1 && arguments[0] == "off") {
        return std::nullopt;
    }
    return read_notation(arguments, conf.nested->names.emplace());
}

} // namespace sallyport::ngx
