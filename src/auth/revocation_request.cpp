#include "auth/revocation_request.hpp"

#include <algorithm>
#include <utility>

#include "json/jansson.hpp"

namespace sallyport::auth {
namespace {

constexpr json::Limits limits{max_endpoint_body, 8};

Failure<RefusedBody> refused(Reason reason, std::string details = {}) {
    return Failure<RefusedBody>{{reason, std::move(details)}};
}

// Without the members that are null.
json::Value read_object(std::string_view body) {
    json::Value read = json::parse_object(json::without_mark(body), limits);
    json_t* const object = read.get();
    const char* name = nullptr;
    json_t* value = nullptr;
    void* next = nullptr;
    json_object_foreach_safe(object, next, name, value) {
        if (json_is_null(value)) {
            json_object_del(object, name);
        }
    }
    return read;
}

bool names_entry(const json_t* object) {
    return json_object_get(object, "tenant_id") != nullptr ||
           std::any_of(revocation_kinds.begin(), revocation_kinds.end(),
                       [&](auto name) { return json::member(object, name) != nullptr; });
}

Result<RevocationEntry, RefusedBody> read_entry(json_t* object) {
    if (object == nullptr) {
        return refused(Reason::request_malformed, "is not an object");
    }
    auto entry = parse_revocation_entry(json::compact(object));
    if (!entry) {
        return refused(Reason::request_malformed, entry.error());
    }
    if (entry->kind == RevocationKind::tenant && entry->value == every_tenant) {
        return refused(Reason::request_malformed, "has a \"tenant\" that is not the name of one");
    }
    return std::move(*entry);
}

Result<RevocationRequest, RefusedBody> read_form_or_token(BodyType type, std::string_view body) {
    auto token = read_token(type, body);
    if (!token) {
        return refused(token.error());
    }
    return RevocationRequest(std::move(*token));
}

} // namespace

Result<RevocationRequest, RefusedBody> read_revocation(BodyType type, std::string_view body) {
    if (type != BodyType::json && type != BodyType::form) {
        return refused(Reason::content_type_unsupported);
    }
    if (type == BodyType::form) {
        return read_form_or_token(type, body);
    }
    const json::Value object = read_object(body);
    if (json_object_get(object.get(), "token") != nullptr) {
        return names_entry(object.get()) ? refused(Reason::request_malformed)
                                         : read_form_or_token(type, body);
    }
    auto entry = read_entry(object.get());
    if (!entry) {
        return Failure{entry.error()};
    }
    return RevocationRequest(std::move(*entry));
}

Result<RevocationEntry, RefusedBody> read_removal(BodyType type, std::string_view body) {
    if (type != BodyType::json) {
        return refused(Reason::content_type_unsupported);
    }
    const json::Value object = read_object(body);
    return read_entry(object.get());
}

std::optional<RevocationEntry> meant_by(std::string_view tenant, RevocationEntry entry) {
    if (tenant.empty()) {
        if (entry.kind == RevocationKind::sid && !entry.tenant_id) {
            entry.tenant_id = every_tenant;
        }
        return entry;
    }
    // A tenant of this name cannot be told from all tenants.
    if (tenant == every_tenant) {
        return std::nullopt;
    }
    if (entry.kind == RevocationKind::tenant) {
        return entry.value == tenant ? std::optional(std::move(entry)) : std::nullopt;
    }
    if (entry.tenant_id.value_or(std::string(tenant)) != tenant) {
        return std::nullopt;
    }
    entry.tenant_id = tenant;
    return entry;
}

RevocationEntry with_times(RevocationEntry entry, std::int64_t now, std::int64_t keep) {
    const bool has_issue_time =
        entry.kind == RevocationKind::sub || entry.kind == RevocationKind::tenant;
    if (has_issue_time && !entry.issued_before) {
        entry.issued_before = now;
    }
    if (entry.kind != RevocationKind::kid && !entry.until) {
        entry.until = now + keep;
    }
    return entry;
}

} // namespace sallyport::auth
