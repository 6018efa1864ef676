#pragma once

#include <string_view>

namespace sallyport::auth {

// The methods by which a client may authenticate.
enum class Method { jwt, password, api_key };

constexpr std::string_view name(Method method) noexcept {
    switch (method) {
    case Method::jwt:
        return "jwt";
    case Method::password:
        return "password";
    case Method::api_key:
        break;
    }
    return "api_key";
}

} // namespace sallyport::auth
