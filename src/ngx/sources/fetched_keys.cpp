#include "ngx/sources/fetched_keys.hpp"

#include "base/gunzip.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"

namespace sallyport::ngx {
namespace {

// On any thread.
Result<VersionedKeys::Parsed> read(const Fetch::Body& body, KeyFormat format,
                                   const std::optional<Digest>& known) {
    if (!body.in_gzip) {
        return VersionedKeys::parse(body.bytes, format, known);
    }
    const auto text = gunzip(body.bytes.view(), jwt::max_keyset_bytes);
    if (!text) {
        return failure(text.error());
    }
    return VersionedKeys::parse(*text, format, known);
}

} // namespace

FetchedKeys::FetchedKeys(KeyRequestSpec spec)
    : spec_(std::move(spec)),
      label_(key_source_label("key request", spec_.uri, spec_.tenant)),
      plan_(spec_.times) {
    slow_.handler = event_callback<"key request", &FetchedKeys::stop_waiting>;
    slow_.data = this;
    slow_.log = ngx_cycle->log;
    slow_.cancelable = 1;
}

FetchedKeys::~FetchedKeys() {
    if (slow_.timer_set) {
        ngx_del_timer(&slow_);
    }
}

// Requests that can use the keys fetched before stop waiting.
void FetchedKeys::stop_waiting() {
    if (plan_.use(ngx_current_msec, false).usable) {
        notify();
    }
}

FetchedKeys::Found FetchedKeys::find(bool waited) const {
    const auto use = plan_.use(ngx_current_msec, waited);
    return {use.usable ? content_.content() : nullptr, use.wait, use.fetch};
}

void FetchedKeys::begin_fetch() {
    if (!plan_.fetching()) {
        plan_.begin(ngx_current_msec);
        fetch();
    }
}

bool FetchedKeys::fetch_early() {
    if (plan_.may_fetch_early(ngx_current_msec)) {
        plan_.begin_early(ngx_current_msec);
        fetch();
    }
    return plan_.fetching();
}

time_t FetchedKeys::next_refresh() const noexcept {
    const auto left = plan_.until_refresh(ngx_current_msec);
    return left ? ngx_time() + static_cast<time_t>(*left / 1000) : 0;
}

void FetchedKeys::fetch() {
    began_ = ngx_current_msec;
    try {
        fetch_ = std::make_unique<Fetch>(spec_.server, spec_.uri, jwt::max_keyset_bytes,
                                         [this](Result<Fetch::Body> body) {
                                             const auto self = shared_from_this();
                                             fetch_.reset();
                                             end_fetch([&] { take_body(std::move(body)); });
                                         });
        ngx_add_timer(&slow_, jwt::FetchPlan::longest_wait);
    } catch (...) {
        plan_.fail(ngx_current_msec);
        throw;
    }
}

// An exception must end the fetch as well, or requests would wait forever.
template <typename Take>
void FetchedKeys::end_fetch(Take&& take_it) noexcept {
    const bool taken = guard(ngx_cycle->log, label_.c_str(), false, [&] {
        take_it();
        return true;
    });
    if (!taken && plan_.fetching()) {
        plan_.fail(ngx_current_msec);
        notify();
    }
}

void FetchedKeys::take_body(Result<Fetch::Body> body) {
    if (!body) {
        take(failure(body.error()));
        return;
    }
    if (!body->in_gzip && body->bytes.size() <= max_inline_bytes) {
        take(read(*body, spec_.format, content_.digest()));
        return;
    }
    in_background([shared = std::make_shared<const Fetch::Body>(std::move(*body)),
                   format = spec_.format,
                   known = content_.digest()] { return read(*shared, format, known); },
                  [keys = weak_from_this()](Result<VersionedKeys::Parsed> parsed) {
                      if (const auto self = keys.lock()) {
                          self->end_fetch([&] { self->take(std::move(parsed)); });
                      }
                  });
}

void FetchedKeys::take(Result<VersionedKeys::Parsed> parsed) {
    ngx_log_t* const log = ngx_cycle->log;
    error_ = parsed ? std::string() : parsed.error();
    last_success_ = parsed ? ngx_time() : last_success_;
    if (metrics::Recorder* const recorder = metrics_recorder()) {
        recorder->fetch(reported_as_, parsed.has_value(), (ngx_current_msec - began_) * 1000);
    }
    if (slow_.timer_set) {
        ngx_del_timer(&slow_);
    }
    if (parsed) {
        if (plan_.down()) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: %s works again", label_.c_str());
        }
        content_.take(std::move(*parsed), label_, log, false);
        plan_.succeed(ngx_current_msec, static_cast<std::uint32_t>(ngx_random()));
    } else {
        const ngx_uint_t level = plan_.down() ? NGX_LOG_INFO : NGX_LOG_ERR;
        ngx_log_error(level, log, 0, "sallyport: %s failed: %s%s", label_.c_str(),
                      parsed.error().c_str(),
                      content_.content() != nullptr ? "; the previous keys remain in use" : "");
        plan_.fail(ngx_current_msec);
    }
    notify();
}

std::shared_ptr<FetchedKeys> FetchedKeySets::find(const KeyRequestSpec& spec, bool named) {
    const auto make = [&] {
        auto keys = std::make_shared<FetchedKeys>(spec);
        all_.push_back(keys);
        return keys;
    };
    if (named) {
        return named_.find(spec, make, [](const std::shared_ptr<FetchedKeys>& keys) {
            return keys.use_count() > 1 || keys->fetching();
        });
    }
    const auto found = fixed_.find(spec);
    return found != fixed_.end() ? found->second : fixed_.emplace(spec, make()).first->second;
}

std::shared_ptr<FetchedKeys> FetchedKeySets::known(const KeyRequestSpec& spec, bool named) {
    if (named) {
        auto* const keys = named_.peek(spec);
        return keys != nullptr ? *keys : nullptr;
    }
    const auto found = fixed_.find(spec);
    return found != fixed_.end() ? found->second : nullptr;
}

} // namespace sallyport::ngx
