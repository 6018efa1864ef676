#include <string>
#include <vector>

#include "base/text.hpp"
#include "fuzz.hpp"
#include "jwt/claims.hpp"
#include "jwt/nested_names.hpp"

// The first line of the input is a path, the rest a JSON object.

using namespace sallyport;
using namespace sallyport::jwt;

namespace {

// A nested name leads to the same member as the path that it means.
void follow(const NestedNames& notation, std::string_view name, const json::Element* object) {
    const auto path = notation.parse({std::string(name)});
    if (!path.has_value()) {
        fuzz::hold(!path.error().empty(), "an error says something");
        return;
    }
    if (!is_path(name)) {
        fuzz::hold(path->find(object) == notation.find(object, name), "both find the same");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    const auto line = input.find('\n');
    const std::string_view name = input.substr(0, line);
    const std::string_view text = line == input.npos ? "" : input.substr(line + 1);
    const json::Document object = json::parse_document(text, {16 << 10, 32});

    follow({}, name, object.root());
    follow({"::", "'"}, name, object.root());
    const auto path = ClaimPath::parse(name);
    if (!path.has_value()) {
        fuzz::hold(!path.error().empty(), "an error says something");
        return 0;
    }
    const bool is_path = name.starts_with('.') || name.starts_with('[');
    const json::Element* whole = is_path ? nullptr : json::member(object.root(), name);
    const json::Element* found = path->find(object.root());
    fuzz::hold(object || found == nullptr, "nothing is found in nothing");
    fuzz::hold(whole == nullptr || whole->kind() == json::Element::Kind::null || found == whole,
               "a member of the whole name comes first");
    fuzz::hold(!has_control(claim_text(found)), "a claim's text has no control characters");
    static_cast<void>(path->find(found));

    std::vector<std::string> names;
    for (const std::string_view piece : split(name, '.')) {
        names.emplace_back(piece);
    }
    if (!names.empty()) {
        const auto exact = ClaimPath::of_names(names);
        fuzz::hold(!exact.has_value() || !has_control(claim_text(exact->find(object.root()))),
                   "a claim's text has no control characters");
    }
    return 0;
}
