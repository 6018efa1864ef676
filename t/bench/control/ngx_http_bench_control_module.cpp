// The least that a signature check can cost in nginx: one verify per request with everything
// prepared. No JSON, no claims, no choice of key. Never a guard for anything.

extern "C" {
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>

__attribute__((visibility("default"))) extern ngx_module_t ngx_http_bench_control_module;
}

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <cstdio>
#include <cstring>
#include <span>

namespace {

using Octets = std::span<const u_char>;

// Made by the master; after the fork each worker uses its own copy.
struct LocConf {
    bool (*verify)(const LocConf& conf, Octets input, Octets signature); // null: switched off
    EVP_MD* digest;
    EVP_MD_CTX* digest_context;
    EVP_PKEY_CTX* verify_context;
    EVP_PKEY* key;
    EVP_MAC_CTX* mac_context;
    ngx_str_t field; // in lower case; empty: Authorization, where a scheme comes first
};

bool verify_mac(const LocConf& conf, Octets input, Octets signature) {
    u_char mac[EVP_MAX_MD_SIZE];
    std::size_t size = 0;
    return EVP_MAC_init(conf.mac_context, nullptr, 0, nullptr) == 1 &&
           EVP_MAC_update(conf.mac_context, input.data(), input.size()) == 1 &&
           EVP_MAC_final(conf.mac_context, mac, &size, sizeof(mac)) == 1 &&
           size == signature.size() && CRYPTO_memcmp(mac, signature.data(), size) == 0;
}

bool verify_hash(const LocConf& conf, Octets input, Octets signature) {
    u_char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return EVP_DigestInit_ex2(conf.digest_context, conf.digest, nullptr) == 1 &&
           EVP_DigestUpdate(conf.digest_context, input.data(), input.size()) == 1 &&
           EVP_DigestFinal_ex(conf.digest_context, hash, &size) == 1 &&
           EVP_PKEY_verify(conf.verify_context, signature.data(), signature.size(), hash, size) ==
               1;
}

// A DER INTEGER of 32 octets: without leading zeros, and positive.
u_char* write_integer(u_char* out, const u_char* number) {
    std::size_t size = 32;
    for (; size > 1 && *number == 0; ++number) {
        --size;
    }
    const bool pad = (*number & 0x80) != 0;
    *out++ = 0x02;
    *out++ = static_cast<u_char>(size + pad);
    if (pad) {
        *out++ = 0;
    }
    return ngx_cpymem(out, number, size);
}

bool verify_ecdsa(const LocConf& conf, Octets input, Octets signature) {
    u_char der[72];
    if (signature.size() != 64) {
        return false;
    }
    u_char* const middle = write_integer(der + 2, signature.data());
    u_char* const end = write_integer(middle, signature.data() + 32);
    der[0] = 0x30;
    der[1] = static_cast<u_char>(end - der - 2);
    return verify_hash(conf, input, {der, end});
}

bool verify_eddsa(const LocConf& conf, Octets input, Octets signature) {
    return EVP_DigestVerifyInit_ex(conf.digest_context, nullptr, nullptr, nullptr, nullptr,
                                   conf.key, nullptr) == 1 &&
           EVP_DigestVerify(conf.digest_context, signature.data(), signature.size(), input.data(),
                            input.size()) == 1;
}

bool admits(const LocConf& conf, const ngx_str_t& field) {
    const std::size_t scheme = conf.field.len == 0 ? sizeof("Bearer ") - 1 : 0;
    u_char* const end = field.data + field.len;
    u_char* const token = field.data + scheme;
    if (field.len <= scheme) {
        return false;
    }
    u_char* const first = ngx_strlchr(token, end, '.');
    u_char* const second = first == nullptr ? nullptr : ngx_strlchr(first + 1, end, '.');
    u_char octets[1024];
    if (second == nullptr || end - second > static_cast<std::ptrdiff_t>(sizeof(octets))) {
        return false;
    }
    ngx_str_t encoded{static_cast<std::size_t>(end - second - 1), second + 1};
    ngx_str_t signature{0, octets};
    if (ngx_decode_base64url(&signature, &encoded) != NGX_OK) {
        return false;
    }
    return conf.verify(conf, {token, second}, {octets, signature.len});
}

const ngx_table_elt_t* find_field(ngx_http_request_t* r, const ngx_str_t& name) {
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* const fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (const ngx_table_elt_t& field : std::span(fields, part->nelts)) {
            if (field.key.len == name.len &&
                std::memcmp(field.lowcase_key, name.data, name.len) == 0) {
                return &field;
            }
        }
    }
    return nullptr;
}

ngx_int_t access_handler(ngx_http_request_t* r) {
    const auto* const conf =
        static_cast<const LocConf*>(ngx_http_get_module_loc_conf(r, ngx_http_bench_control_module));
    if (conf->verify == nullptr) {
        return NGX_DECLINED;
    }
    const ngx_table_elt_t* const field =
        conf->field.len == 0 ? r->headers_in.authorization : find_field(r, conf->field);
    return field != nullptr && admits(*conf, field->value) ? NGX_OK : NGX_HTTP_UNAUTHORIZED;
}

bool prepare_mac(LocConf& conf, std::FILE* file) {
    u_char secret[1024];
    const std::size_t size = std::fread(secret, 1, sizeof(secret), file);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    conf.mac_context = EVP_MAC_CTX_new(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    return conf.mac_context != nullptr && EVP_MAC_init(conf.mac_context, secret, size, params) == 1;
}

bool prepare_key(LocConf& conf, std::FILE* file) {
    conf.key = PEM_read_PUBKEY(file, nullptr, nullptr, nullptr);
    conf.digest_context = EVP_MD_CTX_new();
    if (conf.key == nullptr || conf.digest_context == nullptr) {
        return false;
    }
    if (conf.verify == verify_eddsa) {
        return true;
    }
    conf.digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    conf.verify_context = EVP_PKEY_CTX_new_from_pkey(nullptr, conf.key, nullptr);
    return conf.verify_context != nullptr && EVP_PKEY_verify_init(conf.verify_context) == 1 &&
           EVP_PKEY_CTX_set_signature_md(conf.verify_context, conf.digest) == 1;
}

// bench_verify RS256|ES256|HS256|EdDSA file [field];
char* set_verify(ngx_conf_t* cf, ngx_command_t*, void* conf) {
    static char mistake[] = "takes RS256, ES256, HS256 or EdDSA, and a file with the key";
    auto& own = *static_cast<LocConf*>(conf);
    const auto* const words = static_cast<const ngx_str_t*>(cf->args->elts);
    const char* const name = reinterpret_cast<const char*>(words[1].data);
    own.verify = std::strcmp(name, "RS256") == 0   ? verify_hash
                 : std::strcmp(name, "ES256") == 0 ? verify_ecdsa
                 : std::strcmp(name, "HS256") == 0 ? verify_mac
                 : std::strcmp(name, "EdDSA") == 0 ? verify_eddsa
                                                   : nullptr;
    std::FILE* const file = std::fopen(reinterpret_cast<const char*>(words[2].data), "rb");
    if (own.verify == nullptr || file == nullptr) {
        return mistake;
    }
    if (cf->args->nelts > 3) {
        own.field = words[3];
    }
    const bool ready = own.verify == verify_mac ? prepare_mac(own, file) : prepare_key(own, file);
    std::fclose(file);
    return ready ? nullptr : mistake;
}

void* create_loc_conf(ngx_conf_t* cf) {
    return ngx_pcalloc(cf->pool, sizeof(LocConf));
}

ngx_int_t add_handler(ngx_conf_t* cf) {
    auto* const core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto* const handler = static_cast<ngx_http_handler_pt*>(
        ngx_array_push(&core->phases[NGX_HTTP_ACCESS_PHASE].handlers));
    if (handler == nullptr) {
        return NGX_ERROR;
    }
    *handler = access_handler;
    return NGX_OK;
}

ngx_command_t commands[] = {
    {.name = ngx_string("bench_verify"),
     .type = NGX_HTTP_LOC_CONF | NGX_CONF_TAKE23,
     .set = set_verify,
     .conf = NGX_HTTP_LOC_CONF_OFFSET,
     .offset = 0,
     .post = nullptr},
    ngx_null_command,
};

ngx_http_module_t context = {
    .preconfiguration = nullptr,
    .postconfiguration = add_handler,
    .create_main_conf = nullptr,
    .init_main_conf = nullptr,
    .create_srv_conf = nullptr,
    .merge_srv_conf = nullptr,
    .create_loc_conf = create_loc_conf,
    .merge_loc_conf = nullptr,
};

} // namespace

ngx_module_t ngx_http_bench_control_module = {
    NGX_MODULE_V1,
    &context,
    commands,
    NGX_HTTP_MODULE,
    // No hooks for the master, processes or threads.
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
