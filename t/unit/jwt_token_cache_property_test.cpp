#include <array>
#include <random>

#include "check.hpp"
#include "jwt/token_cache.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::jwt;
using namespace sallyport::test;

// What a place and its rules come to; the way of TokenCheck.
std::string decide(TokenCache* cache, const Keyset& keys, const ClaimRules& rules,
                   std::string_view compact, std::int64_t now, int* hits = nullptr) {
    const std::array<const Keyset*, 1> sets{&keys};
    auto presented = PresentedToken::parse(compact, cache);
    if (!presented) {
        return std::string(describe(presented.error().reason).name);
    }
    const auto token = presented->verify(sets, AlgorithmSet::all());
    if (!token) {
        return std::string(describe(token.error().reason).name) + token.error().kid;
    }
    const auto refusal = check_claims(*token, rules, now);
    if (cache != nullptr) {
        *hits += token->was_known() ? 1 : 0;
        if (!refusal && !token->was_known()) {
            cache->add(*token);
        } else if (refusal == Reason::token_expired) {
            cache->erase(*token);
        }
    }
    return refusal ? std::string(describe(*refusal).name)
                   : std::string(token->kid().value_or("none")) + token->payload_text();
}

class World {
  public:
    explicit World(unsigned seed) : random_(seed) {
        for (int i = 0; i < 60; ++i) {
            std::string token = random_token();
            if (below(10) == 0) {
                token[below(static_cast<int>(token.size()))] = 'A';
            }
            tokens_.push_back(token);
        }
        for (Place& place : places_) {
            change(place);
        }
    }

    // False when what is remembered made a difference.
    bool step() {
        const int event = below(1000);
        if (event < 3) {
            change(places_[index(places_.size())]);
        } else if (event < 10) {
            now_ = 1000 + below(200); // a clock may be set back
        } else if (event < 12) {
            cache_ = TokenCache(below(2) == 0 ? 8'000 : 64'000); // a reload
        }
        const Place& place = places_[index(places_.size())];
        const std::string& token = tokens_[index(tokens_.size())];
        const std::string plain = decide(nullptr, place.keys, place.rules, token, now_);
        admitted += plain.ends_with('}') ? 1 : 0;
        return decide(&cache_, place.keys, place.rules, token, now_, &hits) == plain;
    }

    int hits = 0;
    int admitted = 0;

  private:
    struct Place {
        Keyset keys{{}};
        ClaimRules rules{};
    };

    int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
    std::size_t index(std::size_t size) {
        return static_cast<std::size_t>(below(static_cast<int>(size)));
    }
    std::string secret() {
        return "one of a few secrets that are long enough " + std::to_string(below(3));
    }

    std::string random_token() {
        const std::string kid = below(4) > 0 ? R"(,"kid":"k)" + std::to_string(below(2)) + '"' : "";
        std::string claims = R"({"iss":"i)" + std::to_string(below(2)) + '"';
        claims += R"(,"n":)" + std::to_string(below(1'000'000));
        if (below(4) > 0) {
            claims += R"(,"exp":)" + std::to_string(1000 + below(200));
        }
        if (below(4) == 0) {
            claims += R"(,"nbf":)" + std::to_string(1000 + below(100));
        }
        return sign_text(hmac_signer(secret(), Algorithm::hs256), R"({"alg":"HS256")" + kid + "}",
                         claims + "}");
    }

    void change(Place& place) {
        std::vector<std::string> keys;
        for (int i = below(3); i >= 0; --i) {
            keys.push_back(R"("kid":"k)" + std::to_string(below(2)) + R"(","alg":"HS256",)" +
                           oct_members(secret()));
        }
        place.keys = keyset(keys);
        place.rules.issuers = below(3) == 0 ? Names{"i0"} : Names{};
        place.rules.leeway = below(3);
    }

    std::mt19937 random_;
    std::int64_t now_ = 1000;
    TokenCache cache_{64'000};
    std::vector<std::string> tokens_;
    std::array<Place, 3> places_;
};

void makes_no_difference(Checks& checks) {
    constexpr int steps = 100'000;
    const unsigned seed = std::random_device()();
    World world(seed);
    int different = 0;
    for (int i = 0; i < steps; ++i) {
        different += world.step() ? 0 : 1;
    }
    checks.that(different == 0,
                std::to_string(different) + " differ, seed " + std::to_string(seed));
    checks.that(world.hits > steps / 50 && world.admitted > world.hits,
                std::to_string(world.hits) + " of " + std::to_string(world.admitted) +
                    " were known");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(run<makes_no_difference>)};
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
