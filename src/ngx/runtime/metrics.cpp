#include "ngx/runtime/metrics.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <span>

#include "base/text.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/shared_memory.hpp"
#include "json/jansson.hpp"

namespace sallyport::ngx {
namespace {

// Field 22 of /proc/PID/stat (proc(5)); 0 if it cannot be read. The name before it may contain any
// character.
std::uint64_t start_of(std::uint64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    constexpr int fields_before = 20;
    std::size_t at = text.rfind(')');
    for (int i = 0; i < fields_before && at != std::string::npos; ++i) {
        at = text.find(' ', at + 1);
    }
    return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at, nullptr, 10);
}

bool is_gone(const metrics::ProcessId& id) {
    if (kill(static_cast<pid_t>(id.pid), 0) != 0 && errno == ESRCH) {
        return true;
    }
    const std::uint64_t start = start_of(id.pid);
    return id.start != 0 && start != 0 && id.start != start;
}

} // namespace

bool Metrics::create(ngx_conf_t* cf, ngx_str_t name, std::size_t size) {
    shared_ = ngx_shared_memory_add(cf, &name, size, &ngx_http_sallyport_module);
    if (shared_ == nullptr) {
        return false;
    }
    origin_ = origin_of(cf);
    shared_->init = init_zone;
    shared_->data = this;
    return true;
}

std::size_t Metrics::label(std::string_view name) {
    const auto found = std::find(labels_.begin(), labels_.end(), name);
    if (found != labels_.end()) {
        return static_cast<std::size_t>(found - labels_.begin()) + 1;
    }
    if (name == metrics::other_label || labels_.size() == metrics::max_labels) {
        return 0;
    }
    labels_.emplace_back(name);
    return labels_.size();
}

std::size_t Metrics::source(std::string_view text) {
    const std::string name =
        json::is_utf8(text) ? std::string(text) : log_safe(text, Metrics::max_name);
    const auto found = std::find(sources_.begin(), sources_.end(), name);
    if (found == sources_.end() && sources_.size() == metrics::max_sources) {
        return SIZE_MAX;
    }
    const auto number = static_cast<std::size_t>(found - sources_.begin());
    if (found == sources_.end()) {
        sources_.push_back(name);
    }
    return number;
}

// Called in the master before it starts the workers of a configuration.
ngx_int_t Metrics::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
    auto& own = *static_cast<Metrics*>(zone->data);
    if (old != nullptr) {
        own.zone_ = static_cast<Metrics*>(old)->zone_;
        return NGX_OK;
    }
    return guard(zone->shm.log, "auth_metrics_zone", ngx_int_t{NGX_ERROR},
                 [&] { return own.make_zone() ? ngx_int_t{NGX_OK} : ngx_int_t{NGX_ERROR}; });
}

bool Metrics::make_zone() {
    zone_ = metrics::Zone::create(take_all(shared_), ngx_time());
    return zone_ != nullptr;
}

bool Metrics::check(ngx_cycle_t* cycle) const {
    const auto& core =
        *reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
    // During a reload, old and new workers run at the same time.
    const auto processes = static_cast<std::size_t>(2 * core.worker_processes);
    const std::size_t needed = metrics::Zone::needed(labels_, sources_, processes);
    // nginx needs a record for each page, and some pages for itself.
    const std::size_t size = needed + needed / 64 + 4 * ngx_pagesize;
    if (shared_->shm.size >= size) {
        return true;
    }
    constexpr std::size_t kilobyte = 1024;
    conf_error(cycle->log, origin_, "auth_metrics_zone",
               "has a zone that is too small for " + std::to_string(labels_.size()) + " labels, " +
                   std::to_string(sources_.size()) + " key sources and " +
                   std::to_string(core.worker_processes) + " workers: they need " +
                   std::to_string((size + kilobyte - 1) / kilobyte) + "k");
    return false;
}

void Metrics::open(ngx_cycle_t* cycle) {
    const metrics::ProcessId self{static_cast<std::uint64_t>(ngx_pid),
                                  start_of(static_cast<std::uint64_t>(ngx_pid))};
    const SharedLock lock(shared_);
    recorder_.emplace(*zone_, self, is_gone, labels_, sources_);
    if (recorder_->is_short()) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "sallyport: \"auth_metrics_zone\" has no room for all labels of this worker, "
                      "which are counted as \"other\"");
    }
    clock_.start(std::chrono::seconds(metrics::History::interval), cycle->log);
}

void Metrics::close() noexcept {
    clock_.stop();
    if (recorder_) {
        recorder_->release();
        recorder_.reset();
    }
}

metrics::Snapshot Metrics::snapshot() const {
    return metrics::read(*zone_, is_gone);
}

} // namespace sallyport::ngx
