#include "base/form.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"

namespace sallyport {

std::optional<Secret> unescape_form(std::string_view text) {
    Secret plain(Bytes(text.size()));
    std::size_t size = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::uint8_t byte = static_cast<std::uint8_t>(text[i]);
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            if (i + 2 >= text.size() || !hex_decode_into(text.substr(i + 1, 2), &byte)) {
                return std::nullopt;
            }
            i += 2;
        } else if (byte <= ' ' || byte >= 0x7f) {
            return std::nullopt;
        }
        plain.writable()[size++] = byte;
    }
    plain.shorten(size);
    return plain;
}

std::optional<Form> parse_form(std::string_view text, std::size_t limit) {
    Form form;
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const std::string_view field = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (field.empty()) {
            continue;
        }
        const auto equals = std::min(field.find('='), field.size());
        const auto name = unescape_form(field.substr(0, equals));
        auto value = unescape_form(field.substr(std::min(equals + 1, field.size())));
        if (!name || !value || form.size() == limit ||
            !form.emplace(sallyport::text(name->view()), std::move(*value)).second) {
            return std::nullopt;
        }
    }
    return form;
}

} // namespace sallyport
