#include "ngx/endpoints/revocation_sync.hpp"

#include <utility>

#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::chrono::milliseconds interval{250};
// How long a worker that starts waits for the list, before it accepts connections. Redis gets half
// a second less, see its store.
constexpr std::chrono::milliseconds patience_at_start{1500};

constexpr auto single = auth::RevocationSource::single;

auth::RevocationReader::Now now() noexcept {
    return {static_cast<std::int64_t>(ngx_current_msec), ngx_time()};
}

} // namespace

RevocationSync::RevocationSync(Revocations& revocations, std::shared_ptr<StoreQueue> queue,
                               std::chrono::milliseconds stale, const Digest& store)
    : revocations_(revocations),
      queue_(std::move(queue)),
      reader_(revocations.zone().configuration(), stale.count(), store) {
    ready_.handler = event_callback<"revocations", &RevocationSync::go_on>;
    ready_.data = this;
    ready_.log = ngx_cycle->log;
}

RevocationSync::~RevocationSync() {
    if (ready_.posted) {
        ngx_delete_posted_event(&ready_);
    }
    clock_.stop();
}

void RevocationSync::start() {
    if (queue_) {
        guard(ngx_cycle->log, "revocations", [&] { read_first(); });
    }
    clock_.start(interval, ngx_cycle->log);
}

// Until the list is there, new connections wait rather than get errors. One worker reads it for
// all.
void RevocationSync::read_first() {
    constexpr ngx_msec_t pause = 5;
    const auto end = auth::StoreClock::now() + patience_at_start;
    while (auth::StoreClock::now() < end) {
        ngx_time_update();
        std::optional<auth::StoreStep> step;
        bool is_ready = false;
        revocations_.zone().use([&](Table& table) {
            step = reader_.next(table, now());
            is_ready = table.state(single) == Table::State::ready;
        });
        if (step) {
            is_lost_ = true; // unless its outcome is taken
            const auto outcome = queue_->run_at_start(*step, end);
            revocations_.zone().use(
                [&](Table& table) { reader_.take(table, outcome ? &*outcome : nullptr, now()); });
            is_lost_ = false;
            tell(reader_.take_news());
            if (!outcome) {
                return;
            }
        } else if (is_ready) {
            return;
        } else {
            ngx_msleep(pause);
        }
    }
}

void RevocationSync::on_ready() noexcept {
    ngx_post_event(&ready_, &ngx_posted_events);
}

// If another worker holds the lock, there is more time at the next tick.
void RevocationSync::go_on() {
    std::optional<auth::StoreStep> step;
    if (!revocations_.zone().try_use([&](Table& table) { step = advance(table); })) {
        return;
    }
    tell(reader_.take_news());
    if (step) {
        ask(std::move(*step));
    }
}

std::optional<auth::StoreStep> RevocationSync::advance(Table& table) {
    others_ = table.size() - table.single_size();
    if (!queue_) {
        reader_.watch(table, now());
        return std::nullopt;
    }
    if (std::exchange(is_lost_, false)) {
        call_ = nullptr;
        reader_.take(table, nullptr, now());
    } else if (call_ && call_->outcome()) {
        const auto call = std::exchange(call_, nullptr);
        const auto& outcome = *call->outcome();
        reader_.take(table, outcome ? &*outcome : nullptr, now());
    }
    return reader_.next(table, now());
}

void RevocationSync::ask(auth::StoreStep step) {
    is_lost_ = true;
    call_ = queue_->ask_for_all(std::move(step));
    wait_for(call_);
    is_lost_ = false;
}

void RevocationSync::tell(const News& news) const {
    ngx_log_t* const log = ngx_cycle->log;
    switch (news.kind) {
    case News::Kind::none:
        break;
    case News::Kind::ready:
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: the token store has %uz revocations",
                      news.count);
        break;
    case News::Kind::refilling:
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "sallyport: the token store has lost its revocations; adding %uz of them",
                      news.count);
        break;
    case News::Kind::too_small:
        log_too_small(log, "the token store", news.count,
                      revocations_.zone().larger_size(news.count + others_));
        break;
    case News::Kind::stale:
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "sallyport: the revocations in the token store were not read for longer than "
                      "auth_revocation_stale; tokens cannot be checked");
        break;
    case News::Kind::unreadable:
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "sallyport: the token store has revocations that this version does not know");
        break;
    }
}

} // namespace sallyport::ngx
