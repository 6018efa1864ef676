#include "ngx/access/account_check.hpp"

#include <utility>

#include "ngx/access/file_check.hpp"
#include "ngx/access/lookup_check.hpp"

namespace sallyport::ngx {

using auth::Method;

Verdict AccountCheck::authenticate(ngx_http_request_t* r) {
    if (source_ == nullptr) {
        if (const auto reason = read()) {
            return Verdict::refused(*reason);
        }
    }
    return source_->authenticate(r);
}

std::optional<Reason> AccountCheck::read() {
    if (credential_.method == Method::api_key) {
        const std::string_view key = credential_.text;
        if (!auth::is_api_key(key)) {
            return Reason::credential_invalid;
        }
        choose_source(policy_.api_keys, {Method::api_key, {}, key, key});
        return std::nullopt;
    }
    if (!basic_) {
        auto decoded = auth::UserPassword::decode(credential_.text);
        if (!decoded) {
            return decoded.error();
        }
        basic_.emplace(std::move(*decoded));
    }
    choose_source(policy_.passwords, {Method::password, basic_->user(), basic_->password()});
    return std::nullopt;
}

template <typename File>
void AccountCheck::choose_source(const AccountSource<File>& accounts,
                                 const AccountCredential& credential) {
    if (accounts.request != nullptr) {
        source_ =
            std::make_unique<LookupCheck>(accounts.request, credential, policy_.credential_cache);
    } else {
        source_ =
            std::make_unique<FileCheck<File>>(*accounts.file, credential, policy_.credential_cache);
    }
}

} // namespace sallyport::ngx
