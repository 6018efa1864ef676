#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <jansson.h>

#include "base/handle.hpp"

namespace sallyport::json {

// json_decref is static inline, so it cannot be a template argument.
struct Decref {
    void operator()(json_t* value) const noexcept { json_decref(value); }
};

// Owns one reference.
using Value = std::unique_ptr<json_t, Decref>;

// Limits that are checked before a text is parsed. Depth counts objects and arrays.
struct Limits {
    std::size_t bytes;
    std::size_t depth;
    // For each object and array that each_member and each_element parse: jansson needs up to 100
    // times as much memory as the text.
    std::size_t value_bytes = SIZE_MAX;
};

// The text without a UTF-8 byte order mark, which editors write and a parser may ignore (RFC 8259
// section 8.1).
std::string_view without_mark(std::string_view text) noexcept;

// Parses one object (RFC 8259). Null for anything else: text beyond the limits, invalid UTF-8, a
// repeated member, a NUL or \u0000, a lone surrogate, a number out of range, or text after the
// object.
Value parse_object(std::string_view text, Limits limits);

// Parses one value of any kind.
Value parse_value(std::string_view text, Limits limits);

// Reads the members of an object that is too large to be kept in memory: passes each one with its
// name to `take`, and frees it. Stops if `take` returns an error. Has the limits and checks of
// parse_object, except that members of the outermost object may be repeated: `take` has to check
// that. The error is one phrase.
using Take = std::function<std::optional<std::string>(std::string_view name, json_t* value)>;
std::optional<std::string> each_member(std::string_view text, Limits limits, const Take& take);

// Reads the elements of one array in the same way. The array is a member of the outermost object,
// whose other members are skipped. It is an error if there is no such array, or more than one.
using TakeElement = std::function<std::optional<std::string>(json_t* value)>;
std::optional<std::string> each_element(std::string_view text, Limits limits,
                                        std::string_view array, const TakeElement& take);

// The member with that name, borrowed; null if there is none or `object` is not an object. The name
// may contain any bytes.
const json_t* member(const json_t* object, std::string_view name);

// The text of a JSON string, borrowed; empty for any other value.
std::optional<std::string_view> string(const json_t* value);

// Whether the text can be part of JSON.
bool is_utf8(std::string_view text) noexcept;

// Overwrites the text of a JSON string that contained a secret.
void cleanse_string(json_t* value) noexcept;

// JSON text without insignificant white space.
std::string compact(const json_t* value);

} // namespace sallyport::json
