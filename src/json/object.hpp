#pragma once

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "json/jansson.hpp"

namespace sallyport::json {

// Builds a JSON object, member by member, in the order in which they are set:
//     json::Object().set("sub", subject).set("exp", now + 900).text()
// Throws std::runtime_error for text that is not UTF-8, std::bad_alloc without memory.
class Object {
  public:
    Object();

    Object& set(const char* name, Value value);
    Object& set(const char* name, std::string_view text);
    Object& set(const char* name, std::int64_t number);
    // Sets an array of strings.
    template <typename Texts>
    requires requires(const Texts& texts) { std::string_view(*texts.begin()); }
    Object& set(const char* name, const Texts& texts) {
        Value array(json_array());
        for (const std::string_view text : texts) {
            append(array.get(), text);
        }
        return set(name, std::move(array));
    }
    // Sets all members of another object.
    Object& update(const json_t* object);

    [[nodiscard]] const json_t* get() const noexcept { return object_.get(); }
    [[nodiscard]] Value release() { return std::move(object_); }
    // Without insignificant white space.
    [[nodiscard]] std::string text() const { return compact(object_.get()); }

  private:
    static void append(json_t* array, std::string_view text);

    Value object_;
};

} // namespace sallyport::json
