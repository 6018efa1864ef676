#include "base/secret_source.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>

#include "base/encoding.hpp"
#include "base/file.hpp"

namespace sallyport {
namespace {

constexpr std::string_view env_prefix = "env:";
constexpr std::string_view base64url_prefix = "base64url:";
constexpr std::string_view hex_prefix = "hex:";
constexpr std::size_t max_file_bytes = 64 << 10;

Result<Secret> decoded(std::optional<Bytes> content, const char* form) {
    if (!content) {
        return failure(std::string("has a source that is not ") + form);
    }
    return Secret(std::move(*content));
}

Result<Secret> from_environment(std::string_view name) {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) {
        return failure("names the environment variable \"" + std::string(name) +
                       "\", which is not set");
    }
    return Secret(bytes(value));
}

bool is_text(BytesView content) noexcept {
    return std::all_of(content.begin(), content.end(), [](std::uint8_t byte) {
        return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
    });
}

// Editors and shells add a line break to a text, which is not part of the secret.
void drop_line_break(Secret& secret) noexcept {
    std::size_t size = secret.size();
    if (!is_text(secret.view()) || size == 0 || secret.view()[size - 1] != '\n') {
        return;
    }
    --size;
    if (size > 0 && secret.view()[size - 1] == '\r') {
        --size;
    }
    secret.shorten(size);
}

bool has_prefix(std::string_view source, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return source.starts_with(prefix); });
}

} // namespace

bool is_file_source(std::string_view source) noexcept {
    return !has_prefix(source, {env_prefix, base64url_prefix, hex_prefix});
}

bool is_encoded_source(std::string_view source) noexcept {
    return has_prefix(source, {base64url_prefix, hex_prefix});
}

Result<Secret> read_source(std::string_view source) {
    if (source.starts_with(base64url_prefix)) {
        return decoded(base64url_decode(source.substr(base64url_prefix.size())), "base64url");
    }
    if (source.starts_with(hex_prefix)) {
        return decoded(hex_decode(source.substr(hex_prefix.size())), "hexadecimal");
    }
    if (source.starts_with(env_prefix)) {
        return from_environment(source.substr(env_prefix.size()));
    }
    auto content = read_file(std::string(source), max_file_bytes);
    if (!content) {
        return failure("names the file \"" + std::string(source) + "\", which " + content.error());
    }
    return content;
}

Result<Secret> secret_from_source(std::string_view source) {
    auto secret = read_source(source);
    if (secret && !is_encoded_source(source)) {
        drop_line_break(*secret);
    }
    return secret;
}

} // namespace sallyport
