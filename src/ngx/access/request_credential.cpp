#include "ngx/access/request_credential.hpp"

#include <new>

#include "ngx/access/token_sources.hpp"
#include "ngx/runtime/request.hpp"

namespace sallyport::ngx {
namespace {

using auth::Credential;
using auth::Method;

// nginx refuses a second Authorization field itself, but the request still has both fields when it
// is redirected to the error page.
bool has_second_authorization(ngx_http_request_t* r) noexcept {
    const ngx_table_elt_t* const first = r->headers_in.authorization;
    bool second = false;
    each_field(r, view(first->key), first->hash, [&](const ngx_table_elt_t& field) {
        second = &field != first;
        return !second;
    });
    return second;
}

// The scheme of a disabled method is none of our business, even if it is malformed.
RequestCredential authorization(ngx_http_request_t* r, const Policy& policy) {
    const ngx_table_elt_t* const field = r->headers_in.authorization;
    if (field != nullptr && field->value.len == 0 && policy.mode == Mode::optional) {
        return std::optional<Credential>();
    }
    const auto credential = authorization_field(r);
    if (!credential || !*credential) {
        return credential;
    }
    const MethodRules& rules = policy.rules((*credential)->method);
    if (!rules.on) {
        return std::optional<Credential>();
    }
    const bool judged_later = (*credential)->method == Method::jwt && !rules.is_read_elsewhere();
    if (!judged_later && !is_well_formed(**credential)) {
        return Failure{Reason::malformed_authorization};
    }
    return credential;
}

// The credential of a method that is not read from Authorization; empty if there is none.
Result<std::string_view, Reason> own_value(ngx_http_request_t* r, const MethodRules& rules) {
    if (rules.token != nullptr) {
        if (rules.token_sources->ambiguous(r)) {
            return Failure{Reason::ambiguous_credential};
        }
        return evaluate(r, rules.token);
    }
    std::string_view value;
    bool ambiguous = false;
    each_field(r, rules.header, rules.header_hash, [&](const ngx_table_elt_t& field) {
        ambiguous = ambiguous || (!value.empty() && view(field.value) != value);
        value = view(field.value);
        return true;
    });
    if (ambiguous) {
        return Failure{Reason::ambiguous_credential};
    }
    return value;
}

// Collects the credentials of a request, of which there may be one.
class Presented {
  public:
    void add(const Credential& credential) {
        ambiguous_ = ambiguous_ || credential_;
        credential_ = credential;
    }

    // The Authorization field, beside a credential from elsewhere.
    void add_field(const Credential& field, const MethodRules& rules) {
        if (!rules.is_read_elsewhere()) {
            add(field);
        } else if (credential_ && credential_->method == field.method) {
            ambiguous_ = ambiguous_ || credential_->text != field.text;
        }
    }

    [[nodiscard]] RequestCredential result() const {
        if (ambiguous_) {
            return Failure{Reason::ambiguous_credential};
        }
        return credential_;
    }

  private:
    std::optional<Credential> credential_;
    bool ambiguous_ = false;
};

} // namespace

RequestCredential request_credential(ngx_http_request_t* r, const Policy& policy) {
    Presented presented;
    bool field_counts = false;
    for (const Method method : {Method::jwt, Method::password, Method::api_key}) {
        const MethodRules& rules = policy.rules(method);
        if (!rules.on || !rules.is_read_elsewhere()) {
            field_counts = field_counts || rules.on;
            continue;
        }
        const auto value = own_value(r, rules);
        if (!value) {
            return Failure{value.error()};
        }
        if (!value->empty()) {
            presented.add({method, *value});
            field_counts = true;
        }
    }
    if (field_counts) {
        const auto field = authorization(r, policy);
        if (!field) {
            return field;
        }
        if (*field) {
            presented.add_field(**field, policy.rules((*field)->method));
        }
    }
    return presented.result();
}

RequestCredential authorization_field(ngx_http_request_t* r) {
    const ngx_table_elt_t* const field = r->headers_in.authorization;
    if (field == nullptr) {
        return std::optional<Credential>();
    }
    if (has_second_authorization(r)) {
        return Failure{Reason::ambiguous_credential};
    }
    return auth::find_credential(view(field->value));
}

} // namespace sallyport::ngx
