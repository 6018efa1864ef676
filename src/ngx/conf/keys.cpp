#include "ngx/conf/directives.hpp"

#include "ngx/conf/key_directives.hpp"

namespace sallyport::ngx {
namespace {

KeyDirectives& keys_of(ngx_conf_t* cf, LocConf& conf) {
    if (conf.keys == nullptr) {
        conf.keys = make<KeyDirectives>(cf->pool);
        main_conf(cf)->with_keys.push_back(&conf);
    }
    return *conf.keys;
}

} // namespace

Wrong set_auth_jwt_key(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return read_key(cf, keys_of(cf, conf), arguments);
}

Wrong set_auth_jwt_key_file(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return read_key_file(cf, keys_of(cf, conf), arguments);
}

Wrong set_auth_jwt_key_request(ngx_conf_t* cf, LocConf& conf, Arguments arguments) {
    return read_key_request(cf, keys_of(cf, conf), arguments);
}

} // namespace sallyport::ngx
