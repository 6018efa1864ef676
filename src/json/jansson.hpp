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

// json_decref is static inline and so cannot be a template argument.
struct Decref {
    void operator()(json_t* value) const noexcept { json_decref(value); }
};

// Owner of one reference.
using Value = std::unique_ptr<json_t, Decref>;

// Bounds that hold before any work is done on a text; depth counts objects and arrays.
struct Limits {
    std::size_t bytes;
    std::size_t depth;
    // Of each object and array that each_member and each_element parse: jansson takes up to 100
    // times the memory of the text.
    std::size_t value_bytes = SIZE_MAX;
};

// The text behind a UTF-8 byte order mark, which editors write and RFC 8259 section 8.1 lets a
// parser ignore.
std::string_view without_mark(std::string_view text) noexcept;

// Parses one object (RFC 8259). Null for anything else: larger or deeper than the limits, not
// UTF-8, a member given twice, a NUL or \u0000, a lone surrogate, a number out of range, text
// behind it.
Value parse_object(std::string_view text, Limits limits);

// The same for a value of any kind.
Value parse_value(std::string_view text, Limits limits);

// The members of an object that is too large to be held as a whole: each is handed over with its
// name and freed. Stops when `take` returns a failure. The bounds and refusals of parse_object, but
// that a member of the outermost object may be given twice: `take` has to see to that. The error is
// one phrase.
using Take = std::function<std::optional<std::string>(std::string_view name, json_t* value)>;
std::optional<std::string> each_member(std::string_view text, Limits limits, const Take& take);

// The same for the elements of one array that is a member of the outermost object; other members
// are skipped. An error where there is no such array, or two.
using TakeElement = std::function<std::optional<std::string>(json_t* value)>;
std::optional<std::string> each_element(std::string_view text, Limits limits,
                                        std::string_view array, const TakeElement& take);

// The member of that name, or null where there is none or `object` is not an object. The name may
// hold any octets; borrowed from `object`.
const json_t* member(const json_t* object, std::string_view name);

// The text of a JSON string, borrowed; nothing for any other value.
std::optional<std::string_view> string(const json_t* value);

// Whether JSON can hold a text.
bool is_utf8(std::string_view text) noexcept;

// Overwrites the text of a JSON string that held a secret.
void cleanse_string(json_t* value) noexcept;

// JSON text without insignificant white space.
std::string compact(const json_t* value);

} // namespace sallyport::json
