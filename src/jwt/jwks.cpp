#include "jwt/jwks.hpp"

#include <unordered_set>

#include "base/text.hpp"
#include "jwt/jwk.hpp"
#include "jwt/pem.hpp"
#include "json/jansson.hpp"

namespace sallyport::jwt {
namespace {

// A JWK has a few hundred bytes, and some thousands with a chain of certificates.
constexpr json::Limits limits{max_keyset_bytes, 8, 64 << 10};
constexpr std::size_t logged_kid_bytes = 64;

class Collector {
  public:
    explicit Collector(WeakKeys weak) : weak_(weak) {}

    void add(Key key) {
        if (weak_ == WeakKeys::refused) {
            key.drop_weak_algorithms();
        }
        if (key.algorithms().empty()) {
            leave_out(key.kid().value_or(""), {"is weak (see auth_jwt_weak_keys)", true});
        } else {
            keys_.push_back(std::move(key));
        }
    }

    void leave_out(std::string_view kid, const LeftOut& reason) {
        ++left_out_;
        if (warnings_.size() + notices_.size() < LoadedKeyset::max_sentences) {
            (reason.broken ? warnings_ : notices_)
                .push_back("key \"" + log_safe(kid, logged_kid_bytes) +
                           "\" skipped: " + reason.why);
        }
    }

    // Why no more keys are taken, where the set is too large.
    [[nodiscard]] std::optional<std::string> full() const {
        if (keys_.size() + left_out_ < LoadedKeyset::max_keys) {
            return std::nullopt;
        }
        return "has more than " + std::to_string(LoadedKeyset::max_keys) + " keys";
    }

    LoadedKeyset finish() && {
        return {Keyset(std::move(keys_)), left_out_, std::move(warnings_), std::move(notices_)};
    }

  private:
    WeakKeys weak_;
    std::vector<Key> keys_;
    std::size_t left_out_ = 0;
    std::vector<std::string> warnings_;
    std::vector<std::string> notices_;
};

std::optional<std::string> read_jwks(std::string_view text, Collector& collector) {
    return json::each_element(text, limits, "keys", [&](json_t* jwk) {
        auto wrong = collector.full();
        if (wrong) {
            return wrong;
        }
        auto key = key_from_jwk(jwk);
        json::cleanse_string(json_object_get(jwk, "k"));
        if (key) {
            collector.add(std::move(*key));
        } else {
            collector.leave_out(json::string(json::member(jwk, "kid")).value_or(""), key.error());
        }
        return wrong;
    });
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

std::optional<std::string> read_keyval(std::string_view text, Collector& collector) {
    std::unordered_set<std::string> kids;
    return json::each_member(text, limits, [&](std::string_view kid, json_t* value) {
        auto wrong = collector.full();
        if (!wrong && !kids.emplace(kid).second) {
            wrong = "has a key twice";
        }
        if (wrong) {
            return wrong;
        }
        const auto secret = json::string(value);
        auto key = secret ? from_text(std::string(kid), *secret) : failure("is not a string");
        json::cleanse_string(value);
        if (key) {
            collector.add(std::move(*key));
        } else {
            collector.leave_out(kid, {key.error(), true});
        }
        return wrong;
    });
}

} // namespace

Result<LoadedKeyset> load_keyset(std::string_view text, KeysetFormat format, WeakKeys weak) {
    Collector collector(weak);
    const std::string_view json = json::without_mark(text);
    auto wrong =
        format == KeysetFormat::jwks ? read_jwks(json, collector) : read_keyval(json, collector);
    if (wrong) {
        return failure(std::move(*wrong));
    }
    return std::move(collector).finish();
}

} // namespace sallyport::jwt
