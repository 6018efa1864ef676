#include "ngx/sources/key_report.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/sources/fetched_keys.hpp"

namespace sallyport::ngx {
namespace {

constexpr std::chrono::seconds interval{5};
constexpr std::size_t most_kids = 20;
constexpr std::size_t max_shown = 128;

// The state of all key sets of a source.
class State {
  public:
    void add(const jwt::Keyset* keys, time_t success, time_t refresh, bool stale,
             const std::string& error) {
        if (keys != nullptr) {
            keys_ += keys->size();
            for (std::size_t i = 0; i < keys->size() && kid_count_ < most_kids; ++i) {
                add_kid(keys->keys()[i].kid());
            }
        }
        success_ = is_first_ ? success : std::min(success_, success);
        refresh_ = is_first_ || refresh_ == 0 ? refresh : std::min(refresh_, refresh);
        is_first_ = false;
        if (stale && !stale_) {
            stale_ = true;
            error_ = log_safe(error, max_shown);
        }
    }
    void write(metrics::SourceCounters& source) const noexcept {
        constexpr auto relaxed = std::memory_order_relaxed;
        source.keys.store(keys_, relaxed);
        source.last_success.store(static_cast<std::uint64_t>(success_), relaxed);
        source.next_refresh.store(static_cast<std::uint64_t>(refresh_), relaxed);
        source.stale.store(stale_ ? 1 : 0, relaxed);
        source.kids.write(kids_);
        source.error.write(error_);
        source.known.store(1, relaxed);
    }

  private:
    // One kid per line.
    void add_kid(const jwt::Key::Kid& kid) {
        if (kid) {
            kids_ += log_safe(*kid, max_shown) + '\n';
            ++kid_count_;
        }
    }

    bool is_first_ = true;
    std::size_t keys_ = 0;
    std::size_t kid_count_ = 0;
    time_t success_ = 0;
    time_t refresh_ = 0;
    bool stale_ = false;
    std::string kids_;
    std::string error_;
};

} // namespace

KeyReport::KeyReport(Worker& worker, std::vector<std::shared_ptr<KeyFile>> files)
    : worker_(worker),
      files_(std::move(files)),
      readable_(files_.size()) {
    clock_.start(interval, ngx_cycle->log);
}

void KeyReport::publish() {
    metrics::Recorder* const recorder = recorder_of(&worker_);
    if (recorder == nullptr) {
        return;
    }
    std::map<std::size_t, State> states;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const KeyFile& file = *files_[i];
        // A file is read when it changes. Until it is found broken, it is up to date.
        readable_[i] = file.broken() ? readable_[i] : ngx_time();
        states[file.reported_as()].add(file.latest(), readable_[i], 0, file.broken(), file.error());
    }
    worker_.named_key_files->each([&](const KeyFile& file) {
        if (!file.pending()) {
            const bool broken = file.broken() || file.latest() == nullptr;
            states[file.reported_as()].add(file.latest(), broken ? 0 : ngx_time(), 0, broken,
                                           file.error());
        }
    });
    worker_.fetched_keys->each([&](const FetchedKeys& keys) {
        if (keys.last_success() != 0 || keys.down()) {
            states[keys.reported_as()].add(keys.latest(), keys.last_success(), keys.next_refresh(),
                                           keys.down(), keys.error());
        }
    });
    for (const auto& [source, state] : states) {
        if (metrics::SourceCounters* const counters = recorder->source(source)) {
            state.write(*counters);
        }
    }
}

} // namespace sallyport::ngx
