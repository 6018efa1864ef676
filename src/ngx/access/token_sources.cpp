#include "ngx/access/token_sources.hpp"

#include <algorithm>
#include <optional>

#include "auth/cookie.hpp"
#include "base/text.hpp"

namespace sallyport::ngx {
namespace {

// Whether all values of one name are the same.
class Values {
  public:
    void add(std::string_view value) noexcept {
        differ_ = differ_ || (first_ && *first_ != value);
        first_ = first_.value_or(value);
    }
    [[nodiscard]] bool differ() const noexcept { return differ_; }

  private:
    std::optional<std::string_view> first_;
    bool differ_ = false;
};

bool is_part_of_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view trim(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Visits NAME=VALUE pairs.
template <typename Visit>
void each_pair(std::string_view text, std::string_view separators, Visit&& visit) {
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        const std::string_view pair = text.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        visit(trim(pair.substr(0, equals)), trim(pair.substr(std::min(equals + 1, pair.size()))));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

template <typename Visit>
void each_field(ngx_http_request_t* r, Visit&& visit) {
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            visit(view(fields[i].key), view(fields[i].value));
        }
    }
}

// Decodes the name as an application does; nginx does not.
std::string unescape(std::string_view name) {
    std::string decoded(name);
    if (decoded.find_first_of("%+") == std::string::npos) {
        return decoded;
    }
    std::replace(decoded.begin(), decoded.end(), '+', ' ');
    auto* const begin = reinterpret_cast<u_char*>(decoded.data());
    u_char* source = begin;
    u_char* target = begin;
    ngx_unescape_uri(&target, &source, decoded.size(), 0);
    decoded.resize(static_cast<std::size_t>(target - begin));
    return decoded;
}

} // namespace

TokenSources::TokenSources(std::string_view value) {
    for (auto at = value.find('$'); at != std::string_view::npos; at = value.find('$', at + 1)) {
        std::string_view variable = value.substr(at + 1);
        variable.remove_prefix(variable.starts_with('{') ? 1 : 0);
        const auto* const end = std::find_if_not(variable.begin(), variable.end(), is_part_of_name);
        add(variable.substr(0, static_cast<std::size_t>(end - variable.begin())));
    }
}

void TokenSources::add(std::string_view variable) {
    std::string name(variable);
    ngx_strlow(reinterpret_cast<u_char*>(name.data()), reinterpret_cast<u_char*>(name.data()),
               name.size());
    struct Prefix {
        std::string_view text;
        Kind kind;
    };
    constexpr Prefix prefixes[] = {
        {"http_", Kind::field}, {"cookie_", Kind::cookie}, {"arg_", Kind::argument}};
    bool can_be_withheld = false;
    for (const Prefix& prefix : prefixes) {
        if (name.starts_with(prefix.text)) {
            places_.push_back({prefix.kind, name.substr(prefix.text.size())});
            can_be_withheld = prefix.kind != Kind::argument;
        }
    }
    can_be_withheld_ = can_be_withheld_ && can_be_withheld;
}

bool TokenSources::reads_field(std::string_view name) const noexcept {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
        return place.kind == Kind::field && is_field(name, place.name);
    });
}

std::string TokenSources::without_cookies(std::string_view field) const {
    std::string left(field);
    for (const Place& place : places_) {
        if (place.kind == Kind::cookie) {
            left = auth::without_cookie(left, place.name);
        }
    }
    return left;
}

bool TokenSources::ambiguous(ngx_http_request_t* r) const {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
        Values values;
        const auto add_named = [&](std::string_view name, std::string_view value) {
            if (equal_ignoring_case(name, place.name)) {
                values.add(value);
            }
        };
        if (place.kind == Kind::argument) {
            each_pair(view(r->args), "&;", [&](std::string_view name, std::string_view value) {
                add_named(unescape(name), value);
            });
            return values.differ();
        }
        each_field(r, [&](std::string_view key, std::string_view value) {
            if (place.kind == Kind::field && is_field(key, place.name)) {
                values.add(value);
            } else if (place.kind == Kind::cookie && equal_ignoring_case(key, "Cookie")) {
                each_pair(value, ";,", add_named);
            }
        });
        return values.differ();
    });
}

bool is_field(std::string_view field, std::string_view name) noexcept {
    return std::equal(
        field.begin(), field.end(), name.begin(), name.end(),
        [](char one, char other) { return (one == '-' ? '_' : ngx_tolower(one)) == other; });
}

} // namespace sallyport::ngx
