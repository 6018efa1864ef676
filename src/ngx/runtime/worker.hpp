#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "ngx/ngx.hpp"
#include "ngx/runtime/file_watch.hpp"

namespace sallyport::auth {
class CredentialCache;
}
namespace sallyport::jwt {
class ProofKeys;
class TokenCache;
} // namespace sallyport::jwt

namespace sallyport::ngx {

class FetchedKeySets;
class KeyReport;
class Metrics;
class NamedKeyFiles;
class OpenConnections;
class ProofMemory;
class Revocations;
class RevocationSync;
class SlowHashes;
class StoreQueue;

// State shared by all requests of a worker. Created with the configuration, and filled by each
// worker after fork: no connection, descriptor or cache crosses a fork. Some may be null: the store
// queue without a store, or without the memory for it; the metrics and the revocations without a
// zone; the memory for proofs where no location verifies any.
struct Worker {
    FileWatch watch; // outlives the files
    std::shared_ptr<NamedKeyFiles> named_key_files;
    std::shared_ptr<FetchedKeySets> fetched_keys;
    std::shared_ptr<auth::CredentialCache> credential_cache;
    std::shared_ptr<jwt::TokenCache> token_cache;
    std::shared_ptr<SlowHashes> slow_hashes;
    std::shared_ptr<StoreQueue> store_queue;
    std::shared_ptr<Metrics> metrics;
    std::shared_ptr<KeyReport> key_report; // null where the metrics are
    std::shared_ptr<Revocations> revocations;
    std::shared_ptr<RevocationSync> revocation_sync; // null without a store or revocations
    std::shared_ptr<jwt::ProofKeys> proof_keys;
    std::shared_ptr<ProofMemory> proof_memory;
    std::shared_ptr<OpenConnections> open_connections; // null until there is one

    // Fixed when the configuration has been read.
    ngx_str_t thread_pool = ngx_string("default");
    std::unordered_set<std::string> account_files; // ids, see session_account.hpp
    std::vector<ngx_open_file_t*> audit_logs;
    std::int64_t longest_proof_window = 0; // seconds, of all locations
    std::int64_t longest_access_ttl = 0;   // likewise
    std::int64_t longest_leeway = 0;       // likewise
    std::int64_t revocation_keep = 31 * 24 * 60 * 60;
    bool needs_nonces = false;          // some location does, in DPoP proofs
    bool withholds_credentials = false; // some location does
    bool ends_connections = false;      // some location does
    std::vector<ngx_uint_t> variables;  // indices of our variables that the configuration uses
    std::vector<std::pair<std::string, ngx_uint_t>> field_variables; // $http_NAME: NAME and index
};

inline Worker* worker(ngx_http_request_t* r) noexcept {
    return static_cast<Worker*>(ngx_http_get_module_main_conf(r, ngx_http_sallyport_module));
}

inline Worker* worker(ngx_conf_t* cf) noexcept {
    return static_cast<Worker*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_sallyport_module));
}

// Null without an http block.
inline Worker* worker(const ngx_cycle_t* cycle) noexcept {
    return static_cast<Worker*>(
        ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sallyport_module));
}

} // namespace sallyport::ngx
