#pragma once

#include <memory>
#include <vector>

#include "ngx/runtime/clock.hpp"
#include "ngx/runtime/worker.hpp"
#include "ngx/sources/key_file.hpp"

namespace sallyport::ngx {

// Regularly reports the keys of a worker to the metrics. Lives as long as the worker.
class KeyReport {
  public:
    // `files` are the files that the configuration names without variables.
    KeyReport(Worker& worker, std::vector<std::shared_ptr<KeyFile>> files);
    KeyReport(const KeyReport&) = delete;
    KeyReport& operator=(const KeyReport&) = delete;

    void publish();

  private:
    Worker& worker_;
    std::vector<std::shared_ptr<KeyFile>> files_;
    std::vector<time_t> readable_; // when each was last known to be
    Clock clock_{"key report", [this] { publish(); }};
};

} // namespace sallyport::ngx
