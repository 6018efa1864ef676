#pragma once

#include <new>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/handle.hpp"

namespace sallyport::jwt {

using Pkey = Handle<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Digest = Handle<EVP_MD, EVP_MD_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Mac = Handle<EVP_MAC, EVP_MAC_free>;
using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using Bio = Handle<BIO, BIO_free_all>;
using Bignum = Handle<BIGNUM, BN_clear_free>;
using Certificate = Handle<X509, X509_free>;
using Params = Handle<OSSL_PARAM, OSSL_PARAM_free>;
using ParamBuilder = Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;

// What OpenSSL leaves in its error queue would surface in the TLS connection beside us: every
// scope that calls OpenSSL and may fail empties the queue when it is left.
class ErrorQueueGuard {
  public:
    ErrorQueueGuard() = default;
    ErrorQueueGuard(const ErrorQueueGuard&) = delete;
    ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
    ~ErrorQueueGuard() { ERR_clear_error(); }
};

// For calls that fail only when memory or the crypto library itself does.
template <typename T>
T required(T made) {
    if (!made) {
        throw std::bad_alloc();
    }
    return made;
}

} // namespace sallyport::jwt
