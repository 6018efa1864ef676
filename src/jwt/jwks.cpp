#include "jwt/jwks.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "jwt/jwk.hpp"
#include "jwt/pem.hpp"

namespace sallyport::jwt {
namespace {

constexpr json::Limits limits{max_keyset_bytes, 8};
constexpr std::size_t logged_kid_bytes = 64;

class Collector {
  public:
    explicit Collector(WeakKeys weak) : weak_(weak) {}

    void add(Key key) {
        if (weak_ == WeakKeys::refused) {
            key.drop_weak_algorithms();
        }
        if (key.algorithms().empty()) {
            leave_out(key.kid().value_or(""), "is too short (see auth_jwt_weak_keys)");
        } else {
            keys_.push_back(std::move(key));
        }
    }

    void leave_out(std::string_view kid, const std::string& why) {
        warnings_.push_back("key \"" + log_safe(kid, logged_kid_bytes) + "\" left out: " + why);
    }

    LoadedKeyset finish() && { return {Keyset(std::move(keys_)), std::move(warnings_)}; }

  private:
    WeakKeys weak_;
    std::vector<Key> keys_;
    std::vector<std::string> warnings_;
};

Result<LoadedKeyset> from_jwks(const json_t* object, Collector collector) {
    const json_t* const keys = json::member(object, "keys");
    if (!json_is_array(keys)) {
        return failure("is not a JWK set: no array \"keys\"");
    }
    for (std::size_t i = 0; i < json_array_size(keys); ++i) {
        json_t* const jwk = json_array_get(keys, i);
        auto key = key_from_jwk(jwk);
        json::cleanse_string(json_object_get(jwk, "k"));
        if (!key) {
            collector.leave_out(json::string(json::member(jwk, "kid")).value_or(""), key.error());
        } else if (*key) {
            collector.add(std::move(**key));
        }
    }
    return std::move(collector).finish();
}

Result<Key> from_text(std::string kid, std::string_view text) {
    if (!looks_like_pem(text)) {
        return Key::from_secret(std::move(kid), AlgorithmSet::all(), Secret(bytes(text)));
    }
    auto key = public_key_from_pem(text);
    if (!key) {
        return failure(key.error());
    }
    return Key::from_public(std::move(kid), AlgorithmSet::all(), std::move(*key));
}

Result<LoadedKeyset> from_keyval(json_t* object, Collector collector) {
    const char* kid = nullptr;
    json_t* value = nullptr;
    json_object_foreach(object, kid, value) {
        const auto text = json::string(value);
        if (!text) {
            collector.leave_out(kid, "is not a string");
            continue;
        }
        auto key = from_text(kid, *text);
        json::cleanse_string(value);
        if (key) {
            collector.add(std::move(*key));
        } else {
            collector.leave_out(kid, key.error());
        }
    }
    return std::move(collector).finish();
}

} // namespace

Result<LoadedKeyset> load_keyset(std::string_view text, KeysetFormat format, WeakKeys weak) {
    const json::Value object = json::parse_object(text, limits);
    if (!object) {
        return failure("is not a JSON object");
    }
    return format == KeysetFormat::jwks ? from_jwks(object.get(), Collector(weak))
                                        : from_keyval(object.get(), Collector(weak));
}

} // namespace sallyport::jwt
