#include "auth/revocation_request.hpp"
#include "auth/token_request.hpp"
#include "base/form.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"

// The input is a Content-Type field value, a line break, and a body.

using namespace sallyport;
using auth::BodyType;

namespace {

std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string form;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        form += '%';
        form += digits[byte >> 4];
        form += digits[byte & 0x0f];
    }
    return form;
}

void read_form(std::string_view body) {
    constexpr std::size_t limit = 4;
    if (const auto form = parse_form(body, limit)) {
        fuzz::hold(form->size() <= limit, "no more fields than allowed");
        for (const auto& [name, value] : *form) {
            fuzz::hold(value.size() <= body.size(), "nothing grows");
        }
    }
    const auto encoded = parse_form("token=" + escaped(body), limit);
    fuzz::hold(encoded && text(encoded->at("token").view()) == body, "what was escaped is read");
}

void hold_token(const Result<Secret, Reason>& token) {
    fuzz::hold(token.has_value() ? !token->empty()
                                 : token.error() == Reason::request_malformed ||
                                       token.error() == Reason::grant_unsupported,
               "a token, or one of two reasons");
}

void hold_login(const Result<auth::LoginBody, Reason>& login) {
    if (login) {
        fuzz::hold(!has_control(login->name), "no control characters");
        fuzz::hold(login->is_client || login->secret, "a password");
        fuzz::hold(!login->secret || !has_control(text(login->secret->view())), "nor in it");
    } else {
        fuzz::hold(login.error() == Reason::request_malformed ||
                       login.error() == Reason::grant_unsupported,
                   "one of two reasons");
    }
}

void hold_entry(const auth::RevocationEntry& entry) {
    fuzz::hold(!entry.value.empty() && !has_control(entry.value), "a name");
    const auto meant = auth::meant_by("acme", entry);
    fuzz::hold(!meant || meant->tenant_id == "acme" ||
                   (meant->kind == auth::RevocationKind::tenant && meant->value == "acme"),
               "only of the caller's tenant");
}

void hold_revocation(const Result<auth::RevocationRequest, auth::RefusedBody>& asked) {
    if (!asked) {
        fuzz::hold(asked.error().reason == Reason::request_malformed, "one reason");
    } else if (const auto* const entry = std::get_if<auth::RevocationEntry>(&*asked)) {
        hold_entry(*entry);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    const auto line = input.find('\n');
    const std::string_view body = input.substr(line == std::string_view::npos ? 0 : line + 1);
    static_cast<void>(auth::body_type(input.substr(0, line)));
    for (const BodyType type : {BodyType::json, BodyType::form}) {
        hold_token(auth::read_refresh_token(type, body, true));
        hold_token(auth::read_refresh_token(type, body, false));
        hold_token(auth::read_token(type, body));
    }
    for (const BodyType type : {BodyType::json, BodyType::form}) {
        hold_login(auth::read_login(type, body));
        hold_revocation(auth::read_revocation(type, body));
    }
    if (const auto removal = auth::read_removal(BodyType::json, body)) {
        hold_entry(*removal);
    }
    static_cast<void>(auth::read_client(body));
    read_form(body);
    return 0;
}
