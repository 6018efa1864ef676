#pragma once

#include <cstddef>
#include <memory>

#include "base/secret.hpp"
#include "jwt/algorithm.hpp"
#include "jwt/openssl.hpp"

namespace sallyport::jwt {

// One key prepared for one algorithm: everything that OpenSSL would look up for each signature is
// looked up once. Keeps scratch contexts, so one thread at a time.
class Verifier {
  public:
    virtual ~Verifier() = default;
    // False for any signature that is not this key's; throws only when OpenSSL cannot work at all.
    virtual bool verify(BytesView input, BytesView signature) = 0;
};

// The key must be of the algorithm's type.
std::unique_ptr<Verifier> make_verifier(Algorithm algorithm, EVP_PKEY* key);
// `secret` must outlive the verifier.
std::unique_ptr<Verifier> make_verifier(Algorithm algorithm, const Secret& secret);

} // namespace sallyport::jwt
