#include "ngx/runtime/worker_identity.hpp"

#include <algorithm>
#include <cstdlib>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>
#if (NGX_HAVE_PR_SET_DUMPABLE)
#include <sys/prctl.h>
#endif

namespace sallyport::ngx {
namespace {

// Changing the user disables core dumps; this enables them again.
int dumpable() noexcept {
#if (NGX_HAVE_PR_SET_DUMPABLE)
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
#else
    return 0;
#endif
}

void set_dumpable(int value) noexcept {
#if (NGX_HAVE_PR_SET_DUMPABLE)
    prctl(PR_SET_DUMPABLE, value == 1 ? 1 : 0, 0, 0, 0);
#else
    static_cast<void>(value);
#endif
}

} // namespace

WorkerIdentity::WorkerIdentity(const ngx_core_conf_t& core)
    : is_root_(geteuid() == 0 && core.user != static_cast<ngx_uid_t>(NGX_CONF_UNSET_UINT)),
      group_(getegid()),
      dumpable_(dumpable()) {
    if (is_root_) {
        groups_.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
        const int count = getgroups(static_cast<int>(groups_.size()), groups_.data());
        groups_.resize(static_cast<std::size_t>(std::max(count, 0)));
    }
    constexpr mode_t owner_only = 0077;
    mask_ = umask(owner_only);
    // The user last: without root rights the groups cannot be changed.
    taken_ = !is_root_ || (initgroups(core.username, core.group) == 0 && setegid(core.group) == 0 &&
                           seteuid(core.user) == 0);
}

WorkerIdentity::~WorkerIdentity() {
    umask(mask_);
    if (!is_root_) {
        return;
    }
    // Regaining root cannot fail for a process that was root. A half-restored master is unsafe:
    // abort.
    if (seteuid(0) != 0 || setegid(group_) != 0 || setgroups(groups_.size(), groups_.data()) != 0) {
        std::abort();
    }
    set_dumpable(dumpable_);
}

} // namespace sallyport::ngx
