#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/history.hpp"
#include "metrics/recorder.hpp"
#include "metrics/snapshot.hpp"
#include "ngx/ngx.hpp"
#include "ngx/runtime/clock.hpp"
#include "ngx/runtime/origin.hpp"
#include "ngx/runtime/worker.hpp"

namespace sallyport::ngx {

// auth_metrics_zone: the labels and sources of the configuration, and the counters of this worker.
// The counters are in nginx's shared memory; the next configuration takes them over.
class Metrics {
  public:
    static constexpr std::size_t max_name = 255; // bytes

    // While the configuration is read. Returns false after nginx has logged the error.
    bool create(ngx_conf_t* cf, ngx_str_t name, std::size_t size);
    // The number of a label; 0, the number of "other", if there are too many.
    std::size_t label(std::string_view name);
    // The number of a key source; SIZE_MAX if there are too many.
    std::size_t source(std::string_view text);
    // After the whole configuration was read: whether it fits into the zone.
    [[nodiscard]] bool check(ngx_cycle_t* cycle) const;

    // In a worker: starts and stops counting.
    void open(ngx_cycle_t* cycle);
    void close() noexcept;
    // Null if nothing is counted.
    [[nodiscard]] metrics::Recorder* recorder() noexcept {
        return recorder_ ? &*recorder_ : nullptr;
    }

    // The sums of all workers since counting began, and in the last minute.
    [[nodiscard]] metrics::Snapshot snapshot() const;
    [[nodiscard]] metrics::Recent recent(const metrics::Snapshot& snapshot) const {
        return history_.recent(snapshot, ngx_time());
    }

  private:
    static ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old) noexcept;
    [[nodiscard]] bool make_zone();

    ngx_shm_zone_t* shared_ = nullptr;
    Origin origin_{};
    metrics::Zone* zone_ = nullptr;
    std::vector<std::string> labels_;
    std::vector<std::string> sources_;
    std::optional<metrics::Recorder> recorder_;
    metrics::History history_;
    Clock clock_{"metrics", [this] { history_.add(snapshot(), ngx_time()); }};
};

// Null if nothing is counted: without a zone, and in the master.
inline metrics::Recorder* recorder_of(Worker* worker) noexcept {
    return worker != nullptr && worker->metrics ? worker->metrics->recorder() : nullptr;
}
inline metrics::Recorder* metrics_recorder(ngx_http_request_t* r) noexcept {
    return recorder_of(worker(r));
}
// For events outside of requests.
inline metrics::Recorder* metrics_recorder() noexcept {
    return recorder_of(worker(const_cast<const ngx_cycle_t*>(ngx_cycle)));
}

// Counts if there is a zone.
inline void count(metrics::Count what) noexcept {
    if (metrics::Recorder* const recorder = metrics_recorder()) {
        recorder->count(what);
    }
}
inline void count(ngx_http_request_t* r, metrics::Count what) noexcept {
    if (metrics::Recorder* const recorder = metrics_recorder(r)) {
        recorder->count(what);
    }
}

} // namespace sallyport::ngx
