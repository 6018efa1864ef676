#include "ngx/endpoints/store_setup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ngx/runtime/worker_identity.hpp"
#include "store/sqlite_store.hpp"

namespace sallyport::ngx {
namespace {

using store::StoreAddress;

metrics::StoreKind kind_of(StoreAddress::Kind kind) noexcept {
    switch (kind) {
    case StoreAddress::Kind::sqlite:
        return metrics::StoreKind::sqlite;
    case StoreAddress::Kind::redis:
        return metrics::StoreKind::redis;
    default:
        return metrics::StoreKind::memory;
    }
}

// Logs errno, so nothing may change it after the failed call.
void complain(ngx_cycle_t* cycle, const std::string& path, const char* what) {
    ngx_log_error(NGX_LOG_CRIT, cycle->log, ngx_errno,
                  "sallyport: the token store \"%s\" %s; requests that need it get 503",
                  path.c_str(), what);
}

const ngx_core_conf_t& core_conf(ngx_cycle_t* cycle) noexcept {
    return *reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

// The workers' user creates the directory if it may. Otherwise root does: that user cannot write to
// the parent, and so cannot replace the directory before it is handed over.
bool make_directory(ngx_cycle_t* cycle, const std::string& path) {
    constexpr mode_t owner_only = 0700;
    const std::string directory = directory_of(path);
    const ngx_core_conf_t& core = core_conf(cycle);
    {
        const WorkerIdentity workers(core);
        if (workers.taken() && (mkdir(directory.c_str(), owner_only) == 0 || errno == EEXIST)) {
            return true;
        }
    }
    if (mkdir(directory.c_str(), owner_only) != 0) {
        if (errno != EEXIST) {
            complain(cycle, path, "has a directory that cannot be created");
            return false;
        }
    } else if (geteuid() == 0 && lchown(directory.c_str(), core.user, core.group) != 0) {
        complain(cycle, path, "has a directory that cannot be given to the workers' user");
        return false;
    }
    return true;
}

// With the workers' rights: their directory may contain links to files that they may not write to.
void prepare_sqlite(ngx_cycle_t* cycle, const std::string& path) {
    if (!make_directory(cycle, path)) {
        return;
    }
    const WorkerIdentity workers(core_conf(cycle));
    if (!workers.taken()) {
        complain(cycle, path, "cannot be opened as the workers' user");
    } else if (faccessat(AT_FDCWD, directory_of(path).c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        // SQLite creates its write-ahead log in the same directory.
        complain(cycle, path, "has a directory that the workers' user cannot write to");
    } else if (!store::create_sqlite_file(path)) {
        complain(cycle, path, "has a file that the workers' user cannot write to");
    }
}

} // namespace

bool check_store(ngx_cycle_t* cycle, const StoreSetup& setup) {
    if (setup.address && setup.address->kind == StoreAddress::Kind::memory &&
        core_conf(cycle).worker_processes > 1) {
        conf_error(cycle->log, setup.origin, "auth_token_store",
                   "needs a single worker process for \"memory:\"");
        return false;
    }
    return true;
}

void prepare_store(ngx_cycle_t* cycle, const StoreSetup& setup) {
    if (setup.address && setup.address->kind == StoreAddress::Kind::sqlite) {
        prepare_sqlite(cycle, setup.address->path);
    }
}

std::shared_ptr<StoreQueue> open_store(const StoreSetup& setup) {
    if (!setup.address) {
        return nullptr;
    }
    auto queue = std::make_shared<StoreQueue>(store::make_store(*setup.address),
                                              kind_of(setup.address->kind));
    // One worker purges for all of them.
    if (ngx_worker == 0 && setup.address->kind != StoreAddress::Kind::redis) {
        queue->purge_regularly();
    }
    return queue;
}

} // namespace sallyport::ngx
