#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include <rapidcheck.h>

#include "auth/principal.hpp"
#include "auth/tenant_directory.hpp"
#include "check.hpp"
#include "property.hpp"
#include "tokens.hpp"

// Whole decisions over tenants with keys of their own: whatever a token claims and whoever signed
// it, it is admitted for the tenant that a short rule says, or not at all.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::jwt;
using auth::TenantDirectory;

constexpr int tokens_per_world = 100; // times 1000 worlds

using Random = std::minstd_rand;

int below(Random& random, int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
}

// Secrets are numbered; a source is a list of (kid, secret).
using Source = std::vector<std::pair<int, int>>;

struct World {
    struct Block {
        std::string name;
        Names issuers;
        Names audiences;
        Source source;
        Keyset keys{{}};
    };
    std::vector<Block> blocks;
    Source default_source;
    Keyset default_keys{{}};
    TenantDirectory directory;
};

std::string secret(int number) {
    return std::string(40, 's') + std::to_string(number);
}

std::string kid(int number) {
    return "k" + std::to_string(number);
}

Source random_source(Random& random) {
    Source source;
    for (int i = below(random, 3); i >= 0; --i) {
        source.emplace_back(below(random, 3), below(random, 6));
    }
    return source;
}

Keyset keyset_of_source(const Source& source) {
    std::vector<std::string> keys;
    for (const auto& [name, number] : source) {
        keys.push_back(R"("alg":"HS256","kid":")" + kid(name) + "\"," +
                       oct_members(secret(number)));
    }
    return keyset(keys);
}

Names some_of(Random& random, const Names& names) {
    Names some;
    std::copy_if(names.begin(), names.end(), std::back_inserter(some),
                 [&](const auto&) { return below(random, 3) == 0; });
    return some;
}

World random_world(Random& random) {
    World world;
    for (const char* name : {"a", "b", "c", "d"}) {
        if (below(random, 4) != 0) {
            auto& block = world.blocks.emplace_back();
            block.name = name;
            block.issuers = some_of(random, {"i1", "i2", "i3"});
            block.audiences = some_of(random, {"x", "y"});
            block.source = random_source(random);
            block.keys = keyset_of_source(block.source);
            world.directory.add(block.name, block.issuers);
        }
    }
    world.default_source = random_source(random);
    world.default_keys = keyset_of_source(world.default_source);
    return world;
}

struct Claims {
    std::string tenant; // empty: none
    std::string issuer; // likewise
    std::string audience;
    int kid; // negative: none
    int secret;
};

Claims random_claims(Random& random) {
    const auto one_of = [&](std::initializer_list<const char*> values) {
        return std::string(values.begin()[below(random, static_cast<int>(values.size()))]);
    };
    return {one_of({"", "", "a", "b", "c", "d", "e"}), one_of({"", "i1", "i2", "i3", "i4"}),
            one_of({"", "x", "y", "z"}), below(random, 4) - 1, below(random, 6)};
}

std::string token_of(const Claims& claims, Random& random) {
    std::string payload = R"({"sub":"s")";
    const auto add = [&](const char* name, const std::string& value) {
        payload += ",\"" + std::string(name) + "\":" + value;
    };
    if (!claims.tenant.empty()) {
        add("tenant_id", '"' + claims.tenant + '"');
    } else if (below(random, 2) == 0) {
        add("tenant_id", "null");
    }
    if (!claims.issuer.empty()) {
        add("iss", '"' + claims.issuer + '"');
    }
    if (!claims.audience.empty()) {
        add("aud", below(random, 2) == 0 ? '"' + claims.audience + '"'
                                         : R"(["other",")" + claims.audience + "\"]");
    }
    std::string header = R"({"alg":"HS256")";
    header += claims.kid < 0 ? "" : R"(,"kid":")" + kid(claims.kid) + '"';
    return sign_text(hmac_signer(secret(claims.secret), Algorithm::hs256), header + '}',
                     payload + '}');
}

bool has(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// The rule: the tenant for which the token is admitted, "-" where it has none, or "refused".
std::string reference(const World& world, const Claims& claims) {
    const World::Block* named = nullptr;
    std::vector<const World::Block*> speaking;
    for (const auto& block : world.blocks) {
        named = block.name == claims.tenant ? &block : named;
        if (has(block.issuers, claims.issuer)) {
            speaking.push_back(&block);
        }
    }
    if (named == nullptr && claims.tenant.empty() && speaking.size() == 1) {
        named = speaking.front();
    } else if (named == nullptr ? !speaking.empty() : named->issuers.empty() && !speaking.empty()) {
        return "refused";
    }
    const Source& source = named != nullptr ? named->source : world.default_source;
    const bool signed_well = std::any_of(source.begin(), source.end(), [&](const auto& key) {
        return key.second == claims.secret && (claims.kid < 0 || claims.kid == key.first);
    });
    const bool right_names =
        named == nullptr || ((named->issuers.empty() || has(named->issuers, claims.issuer)) &&
                             (named->audiences.empty() || has(named->audiences, claims.audience)));
    if (!signed_well || !right_names) {
        return "refused";
    }
    return named != nullptr ? named->name : claims.tenant.empty() ? "-" : claims.tenant;
}

std::string decide(const World& world, std::string_view compact) {
    const auth::PrincipalClaims where{*ClaimPath::parse("roles"), *ClaimPath::parse("tenant_id")};
    auto presented = PresentedToken::parse(compact).value();
    const auto hints = presented.key_hints(where.tenant());
    const auto choice = world.directory.choose(hints.tenant, hints.issuer);
    if (choice.kind == TenantDirectory::Choice::Kind::conflict) {
        return "refused";
    }
    const bool own = choice.kind == TenantDirectory::Choice::Kind::tenant;
    const World::Block none;
    const World::Block& block = own ? world.blocks[choice.index] : none;
    const std::array<const Keyset*, 1> keys{own ? &block.keys : &world.default_keys};
    const auto verified = presented.verify(keys, AlgorithmSet::all());
    if (!verified || jwt::check_claims(*verified, {}, block.issuers, block.audiences, 0)) {
        return "refused";
    }
    const auto principal = auth::principal_of(*verified, where, block.name);
    return !principal                  ? "refused"
           : principal->tenant.empty() ? "-"
                                       : std::string(principal->tenant);
}

void decisions_follow_the_rule(Checks& checks) {
    int admitted = 0;
    int refused = 0;
    property(checks, "a hundred tokens in a world of tenants", [&] {
        Random random(*rc::gen::inRange<unsigned>(1, 1U << 30));
        const World world = random_world(random);
        for (int i = 0; i < tokens_per_world; ++i) {
            const Claims claims = random_claims(random);
            const std::string expected = reference(world, claims);
            RC_ASSERT(decide(world, token_of(claims, random)) == expected);
            ++(expected == "refused" ? refused : admitted);
        }
    });
    const int cases = admitted + refused;
    checks.that(20 * admitted > cases && 20 * refused > cases, "neither is rare");
    // RC_PARAMS: the sanitizers run fewer worlds.
    checks.that(cases >= (std::getenv("RC_PARAMS") != nullptr ? 10'000 : 100'000), "many cases");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(run<decisions_follow_the_rule>)};
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
