#include "auth/credential_cache.hpp"
#include "jwt/token_cache.hpp"
#include "ngx/access/filter.hpp"
#include "ngx/access/handler.hpp"
#include "ngx/access/proof_memory.hpp"
#include "ngx/access/slow_hashes.hpp"
#include "ngx/access/variables.hpp"
#include "ngx/conf/command_names.hpp"
#include "ngx/conf/commands.hpp"
#include "ngx/conf/compile_connection_end.hpp"
#include "ngx/conf/compile_dpop.hpp"
#include "ngx/conf/compile_explain.hpp"
#include "ngx/conf/compile_metrics.hpp"
#include "ngx/conf/compile_resource.hpp"
#include "ngx/conf/compile_revocation.hpp"
#include "ngx/conf/conf.hpp"
#include "ngx/endpoints/revocation_sync.hpp"
#include "ngx/endpoints/store_setup.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/metrics.hpp"
#include "ngx/sources/key_report.hpp"
#include "ngx/sources/revocations.hpp"

#include <algorithm>

#include <sched.h>
#include <unistd.h>

namespace sallyport::ngx {
namespace {

// nginx calls this before modules add their variables, whose names might collide too.
void* create_own_main_conf(ngx_conf_t* cf) {
    return owns_its_commands(cf) ? create_main_conf(cf) : nullptr;
}

// nginx calls the handlers of most phases in reverse order.
bool add_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt added) noexcept {
    auto* const core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto* const handler =
        static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
    if (handler != nullptr) {
        *handler = added;
    }
    return handler != nullptr;
}

// nginx calls the handlers of the log phase in order.
bool add_first_log_handler(ngx_conf_t* cf) noexcept {
    if (!add_handler(cf, NGX_HTTP_LOG_PHASE, log_handler)) {
        return false;
    }
    const auto* const core = static_cast<const ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    const ngx_array_t& handlers = core->phases[NGX_HTTP_LOG_PHASE].handlers;
    auto* const first = static_cast<ngx_http_handler_pt*>(handlers.elts);
    std::rotate(first, first + handlers.nelts - 1, first + handlers.nelts);
    return true;
}

// The module stands before nginx's own limits and realip, whose preaccess handlers therefore run
// before ours.
bool postconfiguration(ngx_conf_t* cf) {
    return check_unused_keys(cf) && check_resources(cf) && load_revocations(cf) &&
           prepare_proof_memory(cf) &&
           add_handler(cf, NGX_HTTP_PREACCESS_PHASE,
                       request_callback<"preaccess", preaccess_handler>) &&
           add_handler(cf, NGX_HTTP_ACCESS_PHASE, request_callback<"access", access_handler>);
}

// The filter module is the last one, so that nginx's own handlers are added before and run after
// ours.
bool postconfiguration_of_filter(ngx_conf_t* cf) {
    const bool good = add_handler(cf, NGX_HTTP_REWRITE_PHASE,
                                  request_callback<"subrequest", subrequest_handler>) &&
                      add_handler(cf, NGX_HTTP_PRECONTENT_PHASE,
                                  request_callback<"admission", admission_handler>) &&
                      add_first_log_handler(cf);
    if (good) {
        init_filters();
    }
    return good;
}

// Null without an http block.
MainConf* main_conf(const ngx_cycle_t* cycle) noexcept {
    return static_cast<MainConf*>(worker(cycle));
}

// The last chance to reject a configuration: everything has been read, and a running nginx keeps
// the previous one. A failure in init_module would end the master.
bool check_all(ngx_cycle_t* cycle) {
    MainConf* const conf = main_conf(cycle);
    const auto* const core = static_cast<const ngx_http_core_main_conf_t*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module));
    if (conf == nullptr || core == nullptr) {
        return true;
    }
    note_variables(*conf, *core);
    check_explaining(cycle, *conf);
    return check_store(cycle, conf->store) && check_metrics(cycle, *conf) &&
           check_unguarded_ends(cycle, *conf);
}

char* init_conf(ngx_cycle_t* cycle, void*) noexcept {
    const bool good = guard(cycle->log, "configuration", false, [&] { return check_all(cycle); });
    return static_cast<char*>(good ? NGX_CONF_OK : NGX_CONF_ERROR);
}

// Failures here do not stop nginx from starting.
ngx_int_t init_module(ngx_cycle_t* cycle) noexcept {
    guard(cycle->log, "initialisation", [&] {
        const MainConf* const conf = main_conf(cycle);
        if (conf != nullptr) {
            prepare_store(cycle, conf->store);
        }
    });
    return NGX_OK;
}

// The master reads key files with rights that a worker may not have. Warn now rather than when a
// key is rotated.
void warn_if_unreadable(ngx_cycle_t* cycle, const WatchedFile& file) {
    if (access(file.path().c_str(), R_OK) != 0) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "sallyport: the worker cannot read \"%s\" and will not notice changes",
                      file.path().c_str());
    }
}

// All files that the configuration names.
std::vector<WatchedFile*> watched_files(const MainConf& conf) {
    std::vector<WatchedFile*> files;
    for (const auto& [spec, file] : conf.key_files) {
        files.push_back(&file->watched());
    }
    for (const auto& [spec, file] : conf.password_files) {
        files.push_back(&file->watched());
    }
    for (const auto& [path, file] : conf.api_key_files) {
        files.push_back(&file->watched());
    }
    for (const auto& [path, file] : conf.revocation_files) {
        files.push_back(&file->watched());
    }
    if (conf.revocations && conf.revocations->has_file()) {
        files.push_back(conf.revocations->watched());
    }
    return files;
}

// The number of processors on which this worker and its threads may run.
ngx_int_t own_processors() noexcept {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : ngx_ncpu;
}

// Workers share the processors, and each may use its share for slow hashes. More hashes at the same
// time on one processor would take more time from the worker, and would not finish sooner.
void limit_slow_hashes(ngx_cycle_t* cycle, MainConf& conf) {
    const auto* const core =
        reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
    const ngx_int_t share = ngx_ncpu / ngx_max(core->worker_processes, 1);
    const ngx_int_t running = ngx_min(share, own_processors());
    conf.slow_hashes->limit(static_cast<std::size_t>(ngx_max(running, 1)), conf.slow_hash_queue);
}

void watch_files(ngx_cycle_t* cycle, MainConf& conf) {
    const auto files = watched_files(conf);
    if (!files.empty()) {
        conf.watch.open(cycle);
    }
    for (WatchedFile* const file : files) {
        if (ngx_worker == 0) {
            warn_if_unreadable(cycle, *file);
        }
        file->watch(conf.watch);
    }
}

// nginx does not restart a worker that failed to start.
ngx_int_t init_process(ngx_cycle_t* cycle) noexcept {
    MainConf* const conf = main_conf(cycle);
    if (conf == nullptr || ngx_process == NGX_PROCESS_HELPER) {
        return NGX_OK;
    }
    guard(cycle->log, "worker start", [&] {
        limit_slow_hashes(cycle, *conf);
        *conf->credential_cache = auth::CredentialCache();
        *conf->token_cache = jwt::TokenCache(conf->token_cache->max_bytes());
    });
    guard(cycle->log, "metrics", [&] {
        if (conf->metrics) {
            conf->metrics->open(cycle);
            std::vector<std::shared_ptr<KeyFile>> files;
            for (const auto& [spec, file] : conf->key_files) {
                files.push_back(file);
            }
            conf->key_report = std::make_shared<KeyReport>(*conf, std::move(files));
        }
    });
    guard(cycle->log, "token store", [&] { conf->store_queue = open_store(conf->store); });
    guard(cycle->log, "proofs", [&] {
        if (conf->proof_memory && conf->proof_memory->is_shared()) {
            conf->proof_memory->connect(*conf->store.address);
        }
    });
    guard(cycle->log, "revocations", [&] {
        if (conf->revocations) {
            conf->revocations->open(cycle);
        }
        if (conf->revocations && conf->revocations->is_shared()) {
            conf->revocation_sync = std::make_shared<RevocationSync>(
                *conf->revocations, conf->store_queue,
                conf->revocation_stale.value_or(RevocationSync::default_stale),
                location_of(*conf->store.address));
            conf->revocation_sync->start();
        }
    });
    guard(cycle->log, "file watch", [&] { watch_files(cycle, *conf); });
    return NGX_OK;
}

void exit_process(ngx_cycle_t* cycle) noexcept {
    MainConf* const conf = main_conf(cycle);
    if (conf != nullptr) {
        conf->revocation_sync.reset();
    }
    if (conf != nullptr && conf->metrics) {
        conf->key_report.reset();
        conf->metrics->close();
    }
}

ngx_http_module_t context = {
    .preconfiguration = add_variables,
    .postconfiguration = configuration_callback<"configuration", postconfiguration>,
    .create_main_conf = create_callback<"main configuration", create_own_main_conf>,
    .init_main_conf = init_main_conf,
    .create_srv_conf = nullptr,
    .merge_srv_conf = nullptr,
    .create_loc_conf = create_loc_conf,
    .merge_loc_conf = merge_callback<"configuration", LocConf, merge_loc_conf>,
};

ngx_http_module_t filter_context = {
    .preconfiguration = nullptr,
    .postconfiguration = configuration_callback<"configuration", postconfiguration_of_filter>,
    .create_main_conf = nullptr,
    .init_main_conf = nullptr,
    .create_srv_conf = nullptr,
    .merge_srv_conf = nullptr,
    .create_loc_conf = nullptr,
    .merge_loc_conf = nullptr,
};

ngx_core_module_t check_context = {
    .name = ngx_string("sallyport_check"),
    .create_conf = nullptr,
    .init_conf = init_conf,
};

} // namespace
} // namespace sallyport::ngx

ngx_module_t ngx_http_sallyport_module = {
    NGX_MODULE_V1,
    &sallyport::ngx::context,
    sallyport::ngx::commands,
    NGX_HTTP_MODULE,
    nullptr, // init master
    sallyport::ngx::init_module,
    sallyport::ngx::init_process,
    nullptr, // init thread
    nullptr, // exit thread
    sallyport::ngx::exit_process,
    nullptr, // exit master
    NGX_MODULE_V1_PADDING,
};

ngx_module_t ngx_http_sallyport_filter_module = {
    NGX_MODULE_V1,
    &sallyport::ngx::filter_context,
    nullptr, // directives
    NGX_HTTP_MODULE,
    nullptr, // init master
    nullptr, // init module
    nullptr, // init process
    nullptr, // init thread
    nullptr, // exit thread
    nullptr, // exit process
    nullptr, // exit master
    NGX_MODULE_V1_PADDING,
};

ngx_module_t ngx_sallyport_check_module = {
    NGX_MODULE_V1,
    &sallyport::ngx::check_context,
    nullptr, // directives
    NGX_CORE_MODULE,
    nullptr, // init master
    nullptr, // init module
    nullptr, // init process
    nullptr, // init thread
    nullptr, // exit thread
    nullptr, // exit process
    nullptr, // exit master
    NGX_MODULE_V1_PADDING,
};
