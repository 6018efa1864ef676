#include "auth/revocation_entry.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "json/document.hpp"
#include "json/object.hpp"

namespace sallyport::auth {
namespace {

using json::Element;

constexpr std::size_t max_logged_name = 64;
constexpr std::int64_t latest = 253'402'300'799; // the end of the year 9999
constexpr std::size_t max_digits = 12;           // of that

std::string in_quotes(std::string_view name) {
    return '"' + log_safe(name, max_logged_name) + '"';
}

Result<std::string> read_text(std::string_view name, const Element* value) {
    const auto text = json::string(value);
    if (!text || text->empty() || text->size() > max_revocation_text || has_control(*text)) {
        return failure("has a member " + in_quotes(name) + " that is not a text of 1 to " +
                       std::to_string(max_revocation_text) + " bytes without control characters");
    }
    return std::string(*text);
}

Result<std::int64_t> read_time(std::string_view name, const Element* value) {
    if (!json::is(value, Element::Kind::integer) || value->number().size() > max_digits ||
        value->integer() < 0 || value->integer() > latest) {
        return failure("has a member " + in_quotes(name) +
                       " that is not a time in whole seconds since 1970");
    }
    return value->integer();
}

template <typename Value>
std::optional<std::string> store(Result<Value> read, std::optional<Value>& to) {
    if (!read) {
        return read.error();
    }
    to = std::move(*read);
    return std::nullopt;
}

std::optional<std::string> read_subject(std::size_t kind, const Element* value,
                                        std::optional<RevocationKind>& seen,
                                        RevocationEntry& entry) {
    if (seen) {
        return "names more than one of jti, sid, sub, kid and tenant";
    }
    auto text = read_text(revocation_kinds[kind], value);
    if (!text) {
        return text.error();
    }
    seen = static_cast<RevocationKind>(kind);
    entry.kind = *seen;
    entry.value = std::move(*text);
    return std::nullopt;
}

// Unknown members are rejected: a misspelled one could make a revocation narrower, or shorter.
std::optional<std::string> read_member(std::string_view name, const Element* value,
                                       std::optional<RevocationKind>& seen,
                                       RevocationEntry& entry) {
    const auto* const kind = std::find(revocation_kinds.begin(), revocation_kinds.end(), name);
    if (kind != revocation_kinds.end()) {
        return read_subject(static_cast<std::size_t>(kind - revocation_kinds.begin()), value, seen,
                            entry);
    }
    if (name == "tenant_id") {
        return store(read_text(name, value), entry.tenant_id);
    }
    if (name == "iss") {
        return store(read_text(name, value), entry.issuer);
    }
    if (name == "issued_before") {
        return store(read_time(name, value), entry.issued_before);
    }
    if (name == "until") {
        return store(read_time(name, value), entry.until);
    }
    return "has an unknown member " + in_quotes(name);
}

Result<RevocationEntry> read_entry(const Element* object) {
    if (!json::is(object, Element::Kind::object)) {
        return failure("is not an object");
    }
    RevocationEntry entry;
    std::optional<RevocationKind> seen;
    const Element* name = object->first();
    for (std::size_t left = object->size(); left > 0; --left) {
        const Element* const value = name->next();
        if (auto wrong = read_member(name->string(), value, seen, entry)) {
            return failure(std::move(*wrong));
        }
        name = value->next();
    }
    if (!seen) {
        return failure("names none of jti, sid, sub, kid and tenant");
    }
    if (seen == RevocationKind::tenant && entry.tenant_id) {
        return failure("has \"tenant_id\" beside \"tenant\"");
    }
    if (entry.issued_before && seen != RevocationKind::sub && seen != RevocationKind::tenant) {
        return failure("has \"issued_before\", which only \"sub\" and \"tenant\" may have");
    }
    return entry;
}

} // namespace

Result<RevocationEntry> parse_revocation_entry(std::string_view text) {
    constexpr json::Limits limits{max_revocation_entry_bytes, 4};
    const json::Document document = json::parse_document(text, limits);
    if (!document) {
        return failure("is not an object");
    }
    return read_entry(document.root());
}

Result<std::size_t> parse_revocation_file(std::string_view text, const TakeRevocation& take) {
    constexpr json::Limits limits{max_revocation_file_bytes, 4};
    const json::Document document = json::parse_value_document(json::without_mark(text), limits);
    if (!json::is(document.root(), Element::Kind::array)) {
        return failure("is not a JSON array of revocations");
    }
    std::size_t count = 0;
    for (const Element* const element : json::Elements(document.root())) {
        auto entry = read_entry(element);
        ++count;
        if (!entry) {
            return failure("entry " + std::to_string(count) + ' ' + entry.error());
        }
        take(std::move(*entry));
    }
    return count;
}

std::string revocation_text(const RevocationEntry& entry) {
    json::Object object;
    object.set(revocation_kinds[static_cast<std::size_t>(entry.kind)].data(), entry.value);
    if (entry.tenant_id) {
        object.set("tenant_id", *entry.tenant_id);
    }
    if (entry.issuer) {
        object.set("iss", *entry.issuer);
    }
    if (entry.issued_before) {
        object.set("issued_before", *entry.issued_before);
    }
    if (entry.until) {
        object.set("until", *entry.until);
    }
    return object.text();
}

} // namespace sallyport::auth
