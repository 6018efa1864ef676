#include "auth/challenge.hpp"
#include "auth/credential.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"

// The input is an Authorization field value, and a realm.

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    const auto token = auth::bearer_token(input);
    if (token.has_value() && token.value().has_value()) {
        const std::string_view text = *token.value();
        fuzz::hold(!text.empty() && text.data() >= input.data() + 7 &&
                       text.data() + text.size() <= input.data() + input.size(),
                   "a token is a part of the field behind its scheme");
        fuzz::hold(equal_ignoring_case(input.substr(0, 7), "bearer "), "the scheme is Bearer");
        for (const char c : text) {
            fuzz::hold(c > ' ' && c < 0x7f && c != ',' && c != '"', "a token has no separators");
        }
    } else if (!token.has_value()) {
        fuzz::hold(token.error() == Reason::malformed_authorization, "one reason");
    }
    const std::string challenge = auth::bearer_challenge(input, Reason::token_expired);
    fuzz::hold(!has_control(challenge) && challenge.starts_with("Bearer realm=\"") &&
                   challenge.ends_with("\", error=\"invalid_token\""),
               "a realm stays in its quotes");
    static_cast<void>(log_safe(input, 64));
    return 0;
}
