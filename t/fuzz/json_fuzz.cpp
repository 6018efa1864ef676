#include <cmath>

#include "fuzz.hpp"
#include "json/document.hpp"
#include "json/jansson.hpp"

// What jansson reads, a document reads as well, and to the same value. A document that jansson
// does not read has a number beyond its range.

using namespace sallyport;

namespace {

bool has_large_number(const json::Element* value) {
    using Kind = json::Element::Kind;
    if (value->kind() == Kind::integer) {
        return value->number() != std::to_string(value->integer()) && value->number() != "-0";
    }
    if (value->kind() == Kind::real) {
        return std::isinf(value->real());
    }
    const bool object = value->kind() == Kind::object;
    const json::Element* at = value->first();
    for (std::size_t left = value->size() * (object ? 2 : 1); left > 0; --left) {
        if (has_large_number(at)) {
            return true;
        }
        at = at->next();
    }
    return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr json::Limits limits{16 << 10, 32};
    const std::string_view text = fuzz::view(data, size);
    const json::Document document = json::parse_document(text, limits);
    const json::Value parsed = json::parse_object(text, limits);
    if (parsed) {
        fuzz::hold(document && json_equal(json::copy(document.root()).get(), parsed.get()) == 1,
                   "a document means the same");
    } else if (document) {
        fuzz::hold(has_large_number(document.root()), "nothing else is read");
    }
    if (document) {
        const std::string again = json::compact(document.root());
        const json::Document read = json::parse_document(again, {16 * limits.bytes, limits.depth});
        fuzz::hold(read && json::compact(read.root()) == again, "what is written can be read");
    }
    return 0;
}
