#include "auth/challenge.hpp"
#include "authorization.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"

// The input is an Authorization field value, what Basic holds encoded and decoded, and a realm.

using namespace sallyport;
using auth::Method;

namespace {

void read_user_password(std::string_view encoded) {
    const auto decoded = base64_decode(encoded);
    const auto read = auth::UserPassword::decode(encoded);
    if (!read.has_value()) {
        fuzz::hold(read.error() == Reason::malformed_authorization, "one reason");
        fuzz::hold(!decoded || has_control(text(*decoded)) ||
                       text(*decoded).find(':') == std::string_view::npos,
                   "what has a colon and no control characters is read");
        return;
    }
    fuzz::hold(!has_control(read->user()) && !has_control(read->password()),
               "neither half has control characters");
    fuzz::hold(read->user().find(':') == std::string_view::npos, "the first colon divides");
    fuzz::hold(decoded && text(*decoded) ==
                              std::string(read->user()) + ":" + std::string(read->password()),
               "both halves and the colon are the whole");
}

std::string base64(std::string_view plain) {
    std::string encoded = base64url_encode(bytes(plain));
    for (char& c : encoded) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return encoded.append((4 - encoded.size() % 4) % 4, '=');
}

void read_field(std::string_view input) {
    const auto read = test::parse_authorization(input);
    if (!read.has_value()) {
        fuzz::hold(read.error() == Reason::malformed_authorization, "one reason");
        return;
    }
    if (!read.value().has_value()) {
        return;
    }
    const auto [method, credential, of_token] = *read.value();
    fuzz::hold((method == Method::jwt) == (of_token != auth::TokenScheme::none),
               "a token has a scheme of its own");
    const std::string_view scheme = of_token == auth::TokenScheme::bearer ? "bearer "
                                    : of_token == auth::TokenScheme::dpop ? "dpop "
                                    : method == Method::password          ? "basic "
                                                                          : "api-key ";
    fuzz::hold(equal_ignoring_case(input.substr(0, scheme.size()), scheme), "the scheme is ours");
    fuzz::hold(!credential.empty() && credential.data() >= input.data() + scheme.size() &&
                   credential.data() + credential.size() == input.data() + input.size(),
               "a credential is the rest of the field behind its scheme");
    for (const char c : credential) {
        fuzz::hold(c > ' ' && c < 0x7f, "a credential is visible ASCII");
        fuzz::hold(method == Method::api_key || (c != ',' && c != '"' && c != ':'),
                   "a token68 has no separators");
    }
    fuzz::hold(method != Method::api_key || auth::is_api_key(credential), "a key is one");
    if (method == Method::password) {
        read_user_password(credential);
    }
}

void challenge_with_realm(std::string_view realm) {
    const std::string bearer =
        auth::challenge(Method::jwt, realm, Reason::token_expired, Method::jwt);
    fuzz::hold(!has_control(bearer) && bearer.starts_with("Bearer realm=\"") &&
                   bearer.ends_with("\", error=\"invalid_token\""),
               "a realm stays in its quotes");
    const std::string basic =
        auth::challenge(Method::password, realm, Reason::credential_invalid, Method::password);
    fuzz::hold(!has_control(basic) && basic.starts_with("Basic realm=\"") &&
                   basic.ends_with("\", charset=\"UTF-8\""),
               "a realm stays in its quotes");
    const std::string key =
        auth::challenge(Method::api_key, realm, Reason::no_credential, std::nullopt);
    fuzz::hold(!has_control(key) && key.starts_with("Api-Key realm=\"") && key.ends_with('"'),
               "a realm stays in its quotes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    read_field(input);
    read_field("Api-Key " + std::string(input));
    read_user_password(input);
    read_user_password(base64(input));
    fuzz::hold(text(base64_decode(base64(input)).value_or(Bytes{'?', '!'})) == input,
               "what was encoded decodes");
    challenge_with_realm(input);
    static_cast<void>(log_safe(input, 64));
    return 0;
}
