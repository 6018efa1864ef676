#pragma once

#include <string>

namespace sallyport::auth {

// The subject of a token, an audit record or a log line. Empty members are unknown or absent.
struct Who {
    std::string tenant{};
    std::string subject{};
    std::string sid{};
    std::string jti{};
    std::string kid{}; // of the key that signed the token; before the token is verified, the one
                       // that it names
};

} // namespace sallyport::auth
