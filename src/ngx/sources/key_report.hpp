#pragma once

#include <memory>
#include <vector>

#include "ngx/runtime/worker.hpp"
#include "ngx/sources/key_file.hpp"

namespace sallyport::ngx {

// Tells the metrics, now and then, what keys a worker has. Lives as long as the worker.
class KeyReport {
  public:
    // `files`: those that the configuration names.
    KeyReport(Worker& worker, std::vector<std::shared_ptr<KeyFile>> files);
    KeyReport(const KeyReport&) = delete;
    KeyReport& operator=(const KeyReport&) = delete;
    ~KeyReport();

    void publish();

  private:
    static void on_time(ngx_event_t* event) noexcept;

    Worker& worker_;
    std::vector<std::shared_ptr<KeyFile>> files_;
    std::vector<time_t> readable_; // when each was last known to be
    ngx_event_t timer_{};
};

} // namespace sallyport::ngx
