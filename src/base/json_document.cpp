#include "base/json_document.hpp"

#include <cstring>
#include <new>

#include "base/document_builder.hpp"
#include "base/plain_json.hpp"

namespace sallyport::json {
namespace {

using Kind = Element::Kind;

void add(DocumentBuilder& builder, const json_t* value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        const std::size_t object = builder.open(Kind::object);
        auto* const members = const_cast<json_t*>(value); // only read
        for (void* at = json_object_iter(members); at != nullptr;
             at = json_object_iter_next(members, at)) {
            builder.add(std::string_view(json_object_iter_key(at), json_object_iter_key_len(at)));
            add(builder, json_object_iter_value(at));
        }
        return builder.close(object, json_object_size(value));
    }
    case JSON_ARRAY: {
        const std::size_t array = builder.open(Kind::array);
        for (std::size_t i = 0; i < json_array_size(value); ++i) {
            add(builder, json_array_get(value, i));
        }
        return builder.close(array, json_array_size(value));
    }
    case JSON_STRING:
        return builder.add(std::string_view(json_string_value(value), json_string_length(value)));
    case JSON_INTEGER:
        return builder.add(std::int64_t{json_integer_value(value)});
    case JSON_REAL:
        return builder.add(json_real_value(value));
    case JSON_TRUE:
        return builder.add(Kind::yes);
    case JSON_FALSE:
        return builder.add(Kind::no);
    case JSON_NULL:
        return builder.add(Kind::null);
    }
}

Document document_of(const json_t* value) {
    DocumentBuilder builder;
    add(builder, value);
    return builder.finish();
}

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

} // namespace

Document::Document(const json_t* value) : Document(document_of(value)) {}

Document::Document(std::span<const Element> elements, std::size_t text_bytes)
    : memory_(std::make_unique_for_overwrite<std::byte[]>(elements.size_bytes() + text_bytes)),
      bytes_(elements.size_bytes() + text_bytes) {
    auto* at = reinterpret_cast<Element*>(memory_.get());
    auto* text = reinterpret_cast<char*>(memory_.get() + elements.size_bytes());
    for (Element element : elements) {
        if (element.kind_ == Kind::string) {
            std::memcpy(text, element.text_, element.size_);
            element.text_ = text;
            text += element.size_;
        }
        new (at++) Element(element);
    }
}

Document parse_document(std::string_view text, Limits limits) {
    if (text.size() > limits.bytes) {
        return {};
    }
    if (Document plain = parse_plain_object(text, limits.depth)) {
        return plain;
    }
    const Value value = parse_object(text, limits);
    return value ? Document(value.get()) : Document();
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
        return made(json_real(value->real()));
    case Kind::yes:
        return made(json_true());
    case Kind::no:
        return made(json_false());
    default:
        return made(json_null());
    }
}

std::string compact(const Element* value) {
    return compact(copy(value).get());
}

} // namespace sallyport::json
