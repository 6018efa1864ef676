#pragma once

#include "ngx/conf/conf.hpp"

namespace sallyport::ngx {

// Those of the server that is being read or merged.
ServerResources& resources_of_server(ngx_conf_t* cf);

// What a policy has of the protected resource of its location, and of the resources of its server.
void add_resource(ngx_conf_t* cf, const LocConf& conf, Policy& policy);

// For a level that has been merged: generates the metadata of its own resource, if it has one.
// False if the block is invalid there.
bool publish_resource(ngx_conf_t* cf, const LocConf& conf);

// Notes a location with auth_endpoint metadata. False if it cannot serve metadata.
bool note_entrance(ngx_conf_t* cf, const LocConf& conf);

// After all servers were merged: whether each resource is used and each endpoint has a document.
bool check_resources(ngx_conf_t* cf);

} // namespace sallyport::ngx
