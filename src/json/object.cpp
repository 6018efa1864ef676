#include "json/object.hpp"

#include <stdexcept>
#include <utility>

namespace sallyport::json {
namespace {

void expect(bool done) {
    if (!done) {
        throw std::bad_alloc();
    }
}

Value string_value(std::string_view text) {
    if (!is_utf8(text)) {
        throw std::runtime_error("a text for JSON is not UTF-8");
    }
    return Value(json_stringn_nocheck(text.data(), text.size()));
}

} // namespace

Object::Object() : object_(json_object()) {
    expect(object_ != nullptr);
}

Object& Object::set(const char* name, Value value) {
    expect(json_object_set_new(object_.get(), name, value.release()) == 0);
    return *this;
}

Object& Object::set(const char* name, std::string_view text) {
    return set(name, string_value(text));
}

Object& Object::set(const char* name, std::int64_t number) {
    return set(name, Value(json_integer(number)));
}

Object& Object::update(const json_t* object) {
    expect(json_object_update(object_.get(), const_cast<json_t*>(object)) == 0);
    return *this;
}

void Object::append(json_t* array, std::string_view text) {
    expect(json_array_append_new(array, string_value(text).release()) == 0);
}

} // namespace sallyport::json
