#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

DpopRules dpop_rules(const LocConf& conf);

// Fails, after logging an error, if a location that verifies no proofs has rules of its own for
// them.
bool check_proof_rules(ngx_conf_t* cf, const LocConf& conf);

// Notes that a location may have to verify DPoP proofs.
void note_proofs(ngx_conf_t* cf, const Policy& policy);

// After everything was merged: creates the memory for proofs, unless auth_dpop_zone did, and sets
// its window. Returns false after nginx has logged the error.
bool prepare_proof_memory(ngx_conf_t* cf);

} // namespace sallyport::ngx
