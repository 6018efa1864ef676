#pragma once

#include <vector>

#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// Gives a master that runs as root the rights of its workers for the lifetime of this object, so
// that the files it creates belong to them. Does nothing in a master that is not root, whose
// workers have its rights. For single-threaded processes.
class WorkerIdentity {
  public:
    explicit WorkerIdentity(const ngx_core_conf_t& core);
    WorkerIdentity(const WorkerIdentity&) = delete;
    WorkerIdentity& operator=(const WorkerIdentity&) = delete;
    ~WorkerIdentity();

    // False, with errno set, when the rights could not be changed.
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
