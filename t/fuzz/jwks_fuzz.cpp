#include "base/text.hpp"
#include "fuzz.hpp"
#include "jwt/jwks.hpp"
#include "jwt/pem.hpp"

// The input as a key set in both formats and with both settings of weak keys, and as PEM.

using namespace sallyport;
using namespace sallyport::jwt;

namespace {

void use(const Key& key, WeakKeys weak) {
    fuzz::hold(!key.algorithms().empty(), "a key can do something");
    fuzz::hold(weak == WeakKeys::allowed || key.strong_algorithms() == key.algorithms(),
               "no weak key is in the set");
    for (unsigned number = 0; number < algorithm_count; ++number) {
        const auto algorithm = static_cast<Algorithm>(number);
        if (!key.algorithms().contains(algorithm)) {
            continue;
        }
        const std::size_t size = key.signature_size(algorithm);
        fuzz::hold(size > 0 && size <= 1024, "a signature has a size");
        const Bytes signature(size, 0);
        const bool verified = key.verify(algorithm, bytes("input"), signature);
        // Zeros may verify under an Ed25519 key of small order.
        fuzz::hold(!verified || describe(algorithm).family == Family::eddsa,
                   "zeros are no signature");
        fuzz::error_queue_is_empty();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    for (const KeysetFormat format : {KeysetFormat::jwks, KeysetFormat::keyval}) {
        for (const WeakKeys weak : {WeakKeys::refused, WeakKeys::allowed}) {
            const auto loaded = load_keyset(input, format, weak);
            fuzz::error_queue_is_empty();
            if (!loaded.has_value()) {
                fuzz::hold(!loaded.error().empty(), "an error says something");
                continue;
            }
            std::size_t used = 0;
            for (const Key& key : loaded->keys.keys()) {
                if (++used <= 4) { // large keys are slow
                    use(key, weak);
                }
            }
            for (const std::string& warning : loaded->warnings) {
                fuzz::hold(!warning.empty() && !has_control(warning), "a warning is fit for a log");
            }
        }
    }
    static_cast<void>(public_key_from_pem(input));
    fuzz::error_queue_is_empty();
    static_cast<void>(private_key_from_pem(input));
    fuzz::error_queue_is_empty();
    return 0;
}
