#pragma once

#include <new>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/handle.hpp"

namespace sallyport {

using DigestAlgorithm = Handle<EVP_MD, EVP_MD_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Mac = Handle<EVP_MAC, EVP_MAC_free>;
using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;

// Empties OpenSSL's error queue at the end of a scope. Errors that remain there would be reported
// for a TLS connection of the same process, so every scope that calls OpenSSL and may fail has one.
class ErrorQueueGuard {
  public:
    ErrorQueueGuard() = default;
    ErrorQueueGuard(const ErrorQueueGuard&) = delete;
    ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
    ~ErrorQueueGuard() { ERR_clear_error(); }
};

// For calls that fail only if there is no memory or the library is broken.
template <typename T>
T required(T made) {
    if (!made) {
        throw std::bad_alloc();
    }
    return made;
}

} // namespace sallyport
