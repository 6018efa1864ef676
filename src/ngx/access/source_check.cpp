#include "ngx/access/source_check.hpp"

#include <utility>

#include "auth/credential_cache.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

Verdict SourceCheck::admit(auth::SharedAccount account) {
    if (!account) {
        return Verdict::refused(Reason::credential_invalid);
    }
    account_ = std::move(account);
    return Verdict::refused_if(account_->check_time(ngx_time()));
}

const Digest& SourceCheck::cache_key(ngx_http_request_t* r) {
    if (!cache_key_) {
        cache_key_ = worker(r)->credential_cache->key(cache_source(r), credential_.method,
                                                      credential_.user, credential_.secret);
    }
    return *cache_key_;
}

auth::SharedAccount SourceCheck::find_cached(ngx_http_request_t* r) {
    if (lifetime_ == 0) {
        return nullptr;
    }
    auto found =
        worker(r)->credential_cache->find(cache_key(r), generation(), ngx_current_msec, lifetime_);
    if (!std::exchange(counted_, true)) {
        count(r,
              found ? metrics::Count::credential_cache_hit : metrics::Count::credential_cache_miss);
    }
    return found;
}

void SourceCheck::remember(ngx_http_request_t* r, const auth::SharedAccount& account) {
    if (lifetime_ > 0) {
        worker(r)->credential_cache->add(cache_key(r), account, generation(), ngx_current_msec);
    }
}

} // namespace sallyport::ngx
