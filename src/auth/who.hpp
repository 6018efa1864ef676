#pragma once

#include <string>

namespace sallyport::auth {

// Whom a token, an audit record or a line of the log is about. Empty text: unknown, or none.
struct Who {
    std::string tenant{};
    std::string subject{};
    std::string sid{};
    std::string jti{};
    std::string kid{}; // of the key that signed a token; before it is verified, the one it names
};

} // namespace sallyport::auth
