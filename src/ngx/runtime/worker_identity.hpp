#pragma once

#include <vector>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// While it lives, a master that is root has the rights of its workers, and makes files that are
// theirs alone. Of a master that is somebody else the workers are the same. For the one thread that
// a master has.
class WorkerIdentity {
  public:
    explicit WorkerIdentity(const ngx_core_conf_t& core);
    WorkerIdentity(const WorkerIdentity&) = delete;
    WorkerIdentity& operator=(const WorkerIdentity&) = delete;
    ~WorkerIdentity();

    // False, with errno, when the rights could not be taken on.
    [[nodiscard]] bool taken() const noexcept { return taken_; }

  private:
    bool is_root_;
    gid_t group_;
    int dumpable_;
    std::vector<gid_t> groups_;
    mode_t mask_ = 0;
    bool taken_ = false;
};

} // namespace sallyport::ngx
