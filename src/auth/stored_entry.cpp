#include "auth/stored_entry.hpp"

#include <algorithm>
#include <array>

#include "auth/password_trial.hpp"
#include "base/text.hpp"
#include "json/jansson.hpp"

namespace sallyport::auth {
namespace {

constexpr std::size_t max_logged_name = 64;
constexpr std::size_t max_warnings = 100;
constexpr std::array<std::string_view, 5> known{"sub", "tenant_id", "roles", "not_before",
                                                "expires"};

} // namespace

std::string entry_label(const char* kind, std::string_view name) {
    return std::string(kind) + " \"" + log_safe(name, max_logged_name) + '"';
}

void warn(std::vector<std::string>& warnings, const std::string& label, const std::string& wrong) {
    if (warnings.size() < max_warnings) {
        warnings.push_back(label + " has " + wrong + ", skipped");
    }
}

void warn_of_kinds(std::vector<std::string>& warnings) {
    warnings.insert(warnings.begin(), "more than " + std::to_string(HashKinds::limit) +
                                          " kinds of hashes: response times may reveal users "
                                          "with the other kinds");
}

std::optional<std::string> wrong_member(const json_t* entry, const char* credential) {
    if (!json_is_object(entry)) {
        return "no object";
    }
    const char* key = nullptr;
    json_t* value = nullptr;
    json_object_foreach(const_cast<json_t*>(entry), key, value) {
        const std::string_view name = key;
        if (name != credential && std::find(known.begin(), known.end(), name) == known.end()) {
            return entry_label("an unknown member", name);
        }
    }
    if (!json_is_string(json_object_get(entry, credential))) {
        return std::string("no text in member \"") + credential + '"';
    }
    return std::nullopt;
}

} // namespace sallyport::auth
