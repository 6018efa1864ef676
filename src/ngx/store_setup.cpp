#include "ngx/store_setup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

// As nginx does with the paths of its temporary files.
bool give_to_workers(ngx_cycle_t* cycle, const std::string& path) noexcept {
    const ngx_core_conf_t& core = core_conf(cycle);
    return geteuid() != 0 || core.user == static_cast<ngx_uid_t>(NGX_CONF_UNSET_UINT) ||
           chown(path.c_str(), core.user, core.group) == 0;
}

bool make_folder(ngx_cycle_t* cycle, const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) {
        return true;
    }
    const std::string folder = path.substr(0, slash);
    constexpr mode_t owner_only = 0700;
    if (mkdir(folder.c_str(), owner_only) == 0) {
        return give_to_workers(cycle, folder) ||
               complain(cycle, errno, folder, "cannot be given to the workers' user");
    }
    return errno == EEXIST || complain(cycle, errno, path, "has a folder that cannot be made");
}

bool make_file(ngx_cycle_t* cycle, const std::string& path) {
    constexpr mode_t owner_only = 0600;
    const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, owner_only);
    if (fd < 0) {
        return errno == EEXIST || complain(cycle, errno, path, "cannot be made");
    }
    close(fd);
    return give_to_workers(cycle, path) ||
           complain(cycle, errno, path, "cannot be given to the workers' user");
}

bool prepare_sqlite(ngx_cycle_t* cycle, const std::string& path) {
    if (!make_folder(cycle, path) || !make_file(cycle, path)) {
        return false;
    }
    const auto prepared = store::prepare_sqlite(path);
    return prepared || complain(cycle, 0, path, prepared.error().c_str());
}

// SQLite keeps its log beside the file.
void complain_if_unwritable(ngx_cycle_t* cycle, const std::string& path) {
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    if (access(folder.c_str(), W_OK | X_OK) != 0 || access(path.c_str(), R_OK | W_OK) != 0) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "sallyport: the worker cannot write to the token store \"%s\" and its folder",
                      path.c_str());
    }
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

void open_store(ngx_cycle_t* cycle, MainConf& conf) {
    if (!conf.store) {
        return;
    }
    conf.store_queue = std::make_shared<StoreQueue>(store::make_store(*conf.store));
    // One worker does it for all.
    if (ngx_worker != 0 || conf.store->kind == StoreAddress::Kind::redis) {
        return;
    }
    conf.store_queue->purge_regularly();
    if (conf.store->kind == StoreAddress::Kind::sqlite) {
        complain_if_unwritable(cycle, conf.store->path);
    }
}

} // namespace sallyport::ngx
