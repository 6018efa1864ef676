#include "auth/token_request.hpp"

#include <optional>

#include "auth/credential.hpp"
#include "base/form.hpp"
#include "base/text.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {
namespace {

constexpr json::Limits limits{max_endpoint_body, 8};
constexpr std::size_t max_fields = 32;
constexpr std::string_view refresh_grant = "refresh_token";
constexpr std::string_view password_grant = "password";
constexpr std::string_view client_grant = "client_credentials";

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is(std::string_view one, std::string_view other) noexcept {
    return equal_ignoring_case(one, other);
}

// Removes and wipes a string member. Empty if it is absent or not a string.
std::optional<Secret> take_member(json_t* object, const char* name) {
    json_t* const value = json_object_get(object, name);
    const auto text = json::string(value);
    if (!text) {
        return std::nullopt;
    }
    Secret taken(bytes(*text));
    json::cleanse_string(value);
    return taken;
}

Result<Secret, Reason> without_scheme(std::optional<Secret> token) {
    constexpr std::string_view scheme = "Bearer ";
    if (!token) {
        return Failure{Reason::request_malformed};
    }
    const std::string_view whole = text(token->view());
    if (is(whole.substr(0, scheme.size()), scheme)) {
        token = Secret(bytes(trimmed(whole.substr(scheme.size()))));
    }
    if (token->empty()) {
        return Failure{Reason::request_malformed};
    }
    return std::move(*token);
}

// A member or parameter of the body.
Result<std::optional<Secret>, Reason> take(BodyType type, std::string_view body, const char* name,
                                           bool asks_grant) {
    if (type == BodyType::json) {
        const json::Value object = json::parse_object(json::without_mark(body), limits);
        if (!object) {
            return Failure{Reason::request_malformed};
        }
        return take_member(object.get(), name);
    }
    auto form = parse_form(body, max_fields);
    if (!form) {
        return Failure{Reason::request_malformed};
    }
    const auto grant = form->find("grant_type");
    if (asks_grant && grant == form->end()) {
        return Failure{Reason::request_malformed};
    }
    if (asks_grant && text(grant->second.view()) != refresh_grant) {
        return Failure{Reason::grant_unsupported};
    }
    const auto field = form->find(name);
    return field != form->end() ? std::optional(std::move(field->second)) : std::nullopt;
}

std::optional<Secret> take_field(Form& form, std::string_view name) {
    const auto field = form.find(name);
    return field != form.end() ? std::optional(std::move(field->second)) : std::nullopt;
}

Result<LoginBody, Reason> login_of(bool is_client, const std::optional<Secret>& name,
                                   std::optional<Secret> secret) {
    if (!name || !secret || has_control(text(name->view())) || has_control(text(secret->view()))) {
        return Failure{Reason::request_malformed};
    }
    return LoginBody{is_client, std::string(text(name->view())), std::move(secret)};
}

Result<LoginBody, Reason> form_login(Form& form) {
    const auto grant = take_field(form, "grant_type");
    if (!grant || text(grant->view()) == password_grant) {
        return login_of(false, take_field(form, "username"), take_field(form, "password"));
    }
    if (text(grant->view()) != client_grant) {
        return Failure{Reason::grant_unsupported};
    }
    const auto client = take_field(form, "client_id");
    auto secret = take_field(form, "client_secret");
    if (!client && !secret) {
        return LoginBody{.is_client = true};
    }
    return login_of(true, client, std::move(secret));
}

} // namespace

BodyType body_type(std::string_view content_type) noexcept {
    if (content_type.empty()) {
        return BodyType::none;
    }
    const auto end = std::min(content_type.find(';'), content_type.size());
    const std::string_view type = trimmed(content_type.substr(0, end));
    std::string_view rest = content_type.substr(end);
    if (is(type, "application/x-www-form-urlencoded")) {
        return BodyType::form;
    }
    if (!is(type, "application/json")) {
        return BodyType::other;
    }
    constexpr std::string_view charset = "charset=";
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view parameter = trimmed(rest.substr(0, rest.find(';')));
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
        if (is(parameter.substr(0, charset.size()), charset)) {
            const std::string_view value = parameter.substr(charset.size());
            if (!is(value, "utf-8") && !is(value, "\"utf-8\"")) {
                return BodyType::other;
            }
        }
    }
    return BodyType::json;
}

Result<LoginBody, Reason> read_login(BodyType type, std::string_view body) {
    if (type == BodyType::json) {
        const json::Value object = json::parse_object(json::without_mark(body), limits);
        const auto username = take_member(object.get(), "username");
        return login_of(false, username, take_member(object.get(), "password"));
    }
    if (type != BodyType::form) {
        return Failure{Reason::content_type_unsupported};
    }
    auto form = parse_form(body, max_fields);
    return form ? form_login(*form) : Failure{Reason::request_malformed};
}

Result<LoginBody, Reason> read_client(std::string_view base64) {
    const auto basic = UserPassword::decode(base64);
    if (!basic) {
        return Failure{basic.error()};
    }
    constexpr std::string_view plus = "%2B";
    Bytes key;
    key.reserve(basic->password().size() *
                plus.size()); // so that growing leaves no copies in memory
    for (const char c : basic->password()) {
        const std::string_view escaped = c == '+' ? plus : std::string_view(&c, 1);
        key.insert(key.end(), escaped.begin(), escaped.end());
    }
    const Secret escaped(std::move(key));
    auto login = login_of(true, unescape_form(basic->user()), unescape_form(text(escaped.view())));
    return login ? std::move(login) : Failure{Reason::malformed_authorization};
}

Result<Secret, Reason> read_refresh_token(BodyType type, std::string_view body, bool asks_grant) {
    auto token = take(type, body, "refresh_token", asks_grant);
    if (!token) {
        return Failure{token.error()};
    }
    return without_scheme(std::move(*token));
}

Result<Secret, Reason> read_logout_token(BodyType type, std::string_view body) {
    if (type != BodyType::form) {
        return Failure{Reason::content_type_unsupported};
    }
    auto token = take(type, body, "logout_token", false);
    if (!token) {
        return Failure{token.error()};
    }
    return *token && !(*token)->empty() ? Result<Secret, Reason>(std::move(**token))
                                        : Failure{Reason::request_malformed};
}

Result<Secret, Reason> read_token(BodyType type, std::string_view body) {
    auto token = take(type, body, "token", false);
    if (!token) {
        return Failure{token.error()};
    }
    return without_scheme(std::move(*token));
}

} // namespace sallyport::auth
