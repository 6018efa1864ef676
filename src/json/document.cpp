#include "json/document.hpp"

#include <algorithm>
#include <cfloat>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace sallyport::json {
namespace {

using Kind = Element::Kind;

Value made(json_t* value) {
    if (value == nullptr) {
        throw std::bad_alloc();
    }
    return Value(value);
}

void expect(int status) {
    if (status != 0) {
        throw std::bad_alloc();
    }
}

Value copy_object(const Element* object) {
    Value all = made(json_object());
    const Element* name = object->first();
    for (std::size_t left = object->size(); left > 0; --left) {
        const Element* const value = name->next();
        expect(json_object_setn_new_nocheck(all.get(), name->string().data(), name->string().size(),
                                            copy(value).release()));
        name = value->next();
    }
    return all;
}

Value copy_array(const Element* array) {
    Value all = made(json_array());
    for (const Element* const value : Elements(array)) {
        expect(json_array_append_new(all.get(), copy(value).release()));
    }
    return all;
}

void write_string(std::string& text, std::string_view string) {
    constexpr std::string_view special = "\"\\\b\f\n\r\t";
    constexpr std::string_view letters = "\"\\bfnrt";
    constexpr std::string_view digits = "0123456789ABCDEF";
    text += '"';
    for (const char c : string) {
        if (const auto at = special.find(c); at != std::string_view::npos) {
            text += '\\';
            text += letters[at];
        } else if (static_cast<unsigned char>(c) < 0x20) {
            text += "\\u00";
            text += digits[static_cast<unsigned char>(c) >> 4];
            text += digits[c & 0x0f];
        } else {
            text += c;
        }
    }
    text += '"';
}

void write(std::string& text, const Element* value);

void write_array(std::string& text, const Element* array) {
    text += '[';
    const char* comma = "";
    for (const Element* const value : Elements(array)) {
        text += std::exchange(comma, ",");
        write(text, value);
    }
    text += ']';
}

void write_object(std::string& text, const Element* object) {
    text += '{';
    const char* comma = "";
    const Element* name = object->first();
    for (std::size_t left = object->size(); left > 0; --left) {
        text += std::exchange(comma, ",");
        write_string(text, name->string());
        text += ':';
        write(text, name->next());
        name = name->next()->next();
    }
    text += '}';
}

void write(std::string& text, const Element* value) {
    switch (value->kind()) {
    case Kind::object:
        return write_object(text, value);
    case Kind::array:
        return write_array(text, value);
    case Kind::string:
        return write_string(text, value->string());
    case Kind::integer:
    case Kind::real:
        text += value->number();
        break;
    case Kind::yes:
        text += "true";
        break;
    case Kind::no:
        text += "false";
        break;
    case Kind::null:
        text += "null";
        break;
    }
}

} // namespace

std::int64_t Element::integer() const noexcept {
    std::int64_t value = 0;
    if (std::from_chars(text_, text_ + size_, value).ec == std::errc::result_out_of_range) {
        return *text_ == '-' ? std::numeric_limits<std::int64_t>::min()
                             : std::numeric_limits<std::int64_t>::max();
    }
    return value;
}

double Element::real() const noexcept {
    return std::strtod(std::string(number()).c_str(), nullptr);
}

Document::Document(std::span<const Element> elements, std::size_t text_bytes)
    : memory_(std::make_unique_for_overwrite<std::byte[]>(elements.size_bytes() + text_bytes)),
      bytes_(elements.size_bytes() + text_bytes) {
    auto* at = reinterpret_cast<Element*>(memory_.get());
    auto* text = reinterpret_cast<char*>(memory_.get() + elements.size_bytes());
    for (Element element : elements) {
        if (element.has_text()) {
            std::memcpy(text, element.text_, element.size_);
            element.text_ = text;
            text += element.size_;
        }
        new (at++) Element(element);
    }
}

const Element* member(const Element* object, std::string_view name) noexcept {
    if (!is(object, Kind::object)) {
        return nullptr;
    }
    const Element* at = object->first();
    for (std::size_t left = object->size(); left > 0; --left) {
        const Element* const value = at->next();
        if (at->string() == name) {
            return value;
        }
        at = value->next();
    }
    return nullptr;
}

bool is(const Element* value, Element::Kind kind) noexcept {
    return value != nullptr && value->kind() == kind;
}

std::optional<std::string_view> string(const Element* value) noexcept {
    return is(value, Kind::string) ? std::optional(value->string()) : std::nullopt;
}

std::optional<std::string_view> string_or_integer(const Element* value) noexcept {
    const bool good = is(value, Kind::string) || is(value, Kind::integer);
    return good ? std::optional(value->string()) : std::nullopt;
}

Value copy(const Element* value) {
    switch (value->kind()) {
    case Kind::object:
        return copy_object(value);
    case Kind::array:
        return copy_array(value);
    case Kind::string:
        return made(json_stringn_nocheck(value->string().data(), value->string().size()));
    case Kind::integer:
        return made(json_integer(value->integer()));
    case Kind::real:
        return made(json_real(std::clamp(value->real(), -DBL_MAX, DBL_MAX)));
    case Kind::yes:
        return made(json_true());
    case Kind::no:
        return made(json_false());
    default:
        return made(json_null());
    }
}

std::string compact(const Element* value) {
    std::string text;
    write(text, value);
    return text;
}

} // namespace sallyport::json
