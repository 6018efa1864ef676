#include "ngx/store_setup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ngx/worker_identity.hpp"
#include "store/sqlite_store.hpp"

namespace sallyport::ngx {
namespace {

using store::StoreAddress;

bool complain(ngx_cycle_t* cycle, int error, const std::string& path, const char* what) {
    ngx_log_error(NGX_LOG_EMERG, cycle->log, error, "sallyport: the token store \"%s\" %s",
                  path.c_str(), what);
    return false;
}

const ngx_core_conf_t& core_conf(ngx_cycle_t* cycle) noexcept {
    return *reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

// Where the workers may not make it root does, and nobody else can have put something in its place
// before it is theirs.
bool make_folder(ngx_cycle_t* cycle, const std::string& path) {
    constexpr mode_t owner_only = 0700;
    const std::string folder = folder_of(path);
    const ngx_core_conf_t& core = core_conf(cycle);
    {
        const WorkerIdentity workers(core);
        if (workers.taken() && (mkdir(folder.c_str(), owner_only) == 0 || errno == EEXIST)) {
            return true;
        }
    }
    if (mkdir(folder.c_str(), owner_only) != 0) {
        return errno == EEXIST || complain(cycle, errno, path, "has a folder that cannot be made");
    }
    return geteuid() != 0 || lchown(folder.c_str(), core.user, core.group) == 0 ||
           complain(cycle, errno, folder, "cannot be given to the workers' user");
}

// As the workers, so that what they can write is what is written: a folder that is theirs may hold
// links to files that are not. SQLite keeps its log beside the file.
bool prepare_sqlite(ngx_cycle_t* cycle, const std::string& path) {
    if (!make_folder(cycle, path)) {
        return false;
    }
    const WorkerIdentity workers(core_conf(cycle));
    if (!workers.taken()) {
        return complain(cycle, errno, path, "cannot be opened as the workers' user");
    }
    if (faccessat(AT_FDCWD, folder_of(path).c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return complain(cycle, errno, path, "has a folder that the workers' user cannot write to");
    }
    if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0 && errno != ENOENT) {
        return complain(cycle, errno, path, "is a file that the workers' user cannot write to");
    }
    const auto prepared = store::prepare_sqlite(path);
    return prepared || complain(cycle, 0, path, prepared.error().c_str());
}

} // namespace

bool prepare_store(ngx_cycle_t* cycle, const MainConf& conf) {
    if (!conf.store) {
        return true;
    }
    switch (conf.store->kind) {
    case StoreAddress::Kind::sqlite:
        return prepare_sqlite(cycle, conf.store->path);
    case StoreAddress::Kind::memory:
        return core_conf(cycle).worker_processes <= 1 ||
               complain(cycle, 0, "memory:", "works with one worker process alone");
    case StoreAddress::Kind::redis:
        break;
    }
    return true;
}

void open_store(MainConf& conf) {
    if (!conf.store) {
        return;
    }
    conf.store_queue = std::make_shared<StoreQueue>(store::make_store(*conf.store));
    // One worker does it for all.
    if (ngx_worker != 0 || conf.store->kind == StoreAddress::Kind::redis) {
        return;
    }
    conf.store_queue->purge_regularly();
}

} // namespace sallyport::ngx
