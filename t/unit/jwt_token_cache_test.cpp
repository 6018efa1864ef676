#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>

#include "check.hpp"
#include "jwt/token_cache.hpp"
#include "tokens.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::jwt;
using namespace sallyport::test;

constexpr std::size_t roomy = 1 << 20;

const Kind& hs256 = kind("HS256");

std::string token_of(std::string_view payload, std::string_view secret = hmac_secret) {
    return sign_text(hmac_signer(secret, Algorithm::hs256), header_of(hs256), payload);
}

using Keysets = std::vector<const Keyset*>;

Result<VerifiedToken, Refusal> verify_by(TokenCache& cache, const Keysets& sets,
                                         std::string_view compact) {
    auto presented = PresentedToken::parse(compact, &cache);
    if (!presented) {
        return Failure<Refusal>{presented.error()};
    }
    return presented->verify(sets, AlgorithmSet::all());
}

Result<VerifiedToken, Refusal> verify_by(TokenCache& cache, const Keyset& keys,
                                         std::string_view compact) {
    return verify_by(cache, Keysets{&keys}, compact);
}

bool is_hit(TokenCache& cache, const Keysets& sets, std::string_view compact) {
    const auto token = verify_by(cache, sets, compact);
    return token.has_value() && token->was_known();
}

bool is_hit(TokenCache& cache, const Keyset& keys, std::string_view compact) {
    return is_hit(cache, Keysets{&keys}, compact);
}

void add(TokenCache& cache, const Keyset& keys, std::string_view compact) {
    cache.add(verify_by(cache, keys, compact).value());
}

// Whether a text stood in memory that was deleted.
class DeletedMemory {
  public:
    explicit DeletedMemory(std::string_view text) noexcept {
        wanted = text;
        found = false;
    }
    DeletedMemory(const DeletedMemory&) = delete;
    DeletedMemory& operator=(const DeletedMemory&) = delete;
    ~DeletedMemory() { wanted = {}; }
    [[nodiscard]] bool showed() const noexcept { return found; }

    static void look(void* memory) noexcept {
        const auto* const buffer = static_cast<const char*>(memory);
        if (buffer != nullptr && !wanted.empty()) {
            const std::string_view all(buffer, malloc_usable_size(memory));
            found = found || all.find(wanted) != std::string_view::npos;
        }
    }

  private:
    static inline std::string_view wanted;
    static inline bool found = false;
};

// With what malloc writes before each piece.
std::size_t heap_in_use = 0;

std::size_t chunk_of(void* memory) noexcept {
    return memory != nullptr ? malloc_usable_size(memory) + sizeof(std::size_t) : 0;
}

void what_was_added_is_known(Checks& checks) {
    TokenCache cache(roomy);
    const Keyset keys = keyset_of(hs256);
    const std::string token = token_of(R"({"sub":"alice"})");
    checks.that(!is_hit(cache, keys, token) && !is_hit(cache, keys, token), "not by looking");
    add(cache, keys, token);
    const auto known = verify_by(cache, keys, token);
    checks.that(known.has_value() && known->was_known(), "known");
    checks.equal(known->payload_text(), R"({"sub":"alice"})", "payload");
    checks.that(known->kid() == "k1", "kid");
    for (int i = 0; i < 2; ++i) {
        checks.that(known->digest() == sha256(bytes(token)), "digest");
    }
    checks.that(!is_hit(cache, keys, token_of(R"({"sub":"alicf"})")), "another is not");
    cache.erase(*known);
    checks.that(!is_hit(cache, keys, token) && cache.size() == 0 && cache.bytes() == 0, "erased");
    cache.erase(*known);
    checks.that(cache.size() == 0, "twice");
}

void what_is_held_can_come_back(Checks& checks) {
    TokenCache cache(roomy);
    const Keyset keys = keyset_of(hs256);
    const std::string token = token_of(R"({"sub":"alice"})");
    add(cache, keys, token);
    const std::size_t bytes = cache.bytes();
    const auto held = verify_by(cache, keys, token);
    cache.erase(*held);
    checks.equal(held->payload_text(), R"({"sub":"alice"})", "good without the cache");
    cache.add(*held);
    checks.that(is_hit(cache, keys, token) && cache.size() == 1, "there again");
    checks.that(cache.bytes() == bytes && bytes > 0, "counted as before");
    cache.erase(*held);
    checks.that(cache.size() == 0 && cache.bytes() == 0, "and erased");
}

void bytes_are_overwritten(Checks& checks) {
    TokenCache cache(roomy);
    const Keyset keys = keyset_of(hs256);
    const std::string token = token_of(R"({"sub":"alice"})");
    add(cache, keys, token);
    auto held = std::make_unique<VerifiedToken>(verify_by(cache, keys, token).value());
    const std::string_view signature = std::string_view(token).substr(token.rfind('.'));
    {
        const DeletedMemory memory(signature);
        std::make_unique<std::string>(token).reset();
        checks.that(memory.showed(), "what is not overwritten is seen");
    }
    const DeletedMemory memory(signature);
    cache.erase(*held);
    held.reset();
    checks.that(!memory.showed(), "no byte is left");
}

// The hash sees the end alone.
void all_bytes_count(Checks& checks) {
    TokenCache cache(roomy);
    const Keyset keys = keyset_of(hs256);
    const std::string token =
        token_of(R"({"sub":"alice","roles":["viewer"],"note":"long enough"})");
    add(cache, keys, token);
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        const bool good = verify_by(cache, keys, changed).has_value();
        checks.that(!good && changed != token, "byte " + std::to_string(i));
    }
    checks.that(!verify_by(cache, keys, token.substr(1)).has_value(), "without its beginning");
    checks.that(!verify_by(cache, keys, token.substr(0, token.size() - 1)).has_value(), "end");
    checks.that(is_hit(cache, keys, token), "still known");
}

// One that has the kid but another secret, and twice the keys that count.
struct ThreeSets {
    Keyset others, keys, loaded_again;
};

ThreeSets three_sets() {
    return {keyset({R"("kid":"k1",)" + oct_members("another secret, as long as that one")}),
            keyset_of(hs256), keyset_of(hs256)};
}

void the_key_must_count_here(Checks& checks) {
    TokenCache cache(roomy);
    const std::string token = token_of(R"({"sub":"alice"})");
    const auto [others, keys, loaded_again] = three_sets();
    add(cache, keys, token);
    checks.equal(describe(verify_by(cache, others, token).error().reason).name, "signature_invalid",
                 "another secret");
    checks.equal(describe(verify_by(cache, keyset({}), token).error().reason).name, "key_unknown",
                 "none");
    checks.that(is_hit(cache, keys, token) && !is_hit(cache, loaded_again, token), "loaded again");
    add(cache, loaded_again, token);
    checks.that(is_hit(cache, keys, token) && is_hit(cache, loaded_again, token) &&
                    cache.size() == 1,
                "both are known, of one token");
    const std::array<const Keyset*, 1> sets{&keys};
    auto presented = PresentedToken::parse(token, &cache).value();
    checks.equal(describe(presented.verify(sets, Algorithm::rs256).error().reason).name,
                 "algorithm_not_allowed", "algorithms are judged");
}

// Tried first or not, again and again.
// A thief leaves the kid of a stolen key out.
void the_kid_of_the_key_is_known(Checks& checks) {
    TokenCache cache(roomy);
    const std::string token =
        sign_text(hmac_signer(hmac_secret, Algorithm::hs256), R"({"alg":"HS256"})", "{}");
    const Keyset one = keyset({R"("kid":"one",)" + members_of(hs256)});
    const Keyset other = keyset({R"("kid":"other",)" + members_of(hs256)});
    const Keyset nameless = keyset({members_of(hs256)});
    add(cache, one, token);
    for (int i = 0; i < 3; ++i) { // verified afresh, then known, then by the same key set
        checks.equal(verify_by(cache, one, token)->kid_of_key(), "one", "one");
        checks.that(!verify_by(cache, one, token)->kid(), "that of the token");
        checks.equal(verify_by(cache, other, token)->kid_of_key(), "other", "another");
        checks.equal(verify_by(cache, nameless, token)->kid_of_key(), "", "none");
    }
    checks.equal(verify_by(cache, keyset_of(hs256), token_of("{}"))->kid_of_key(), "k1",
                 "the token names it");
}

void each_set_counts_for_itself(Checks& checks) {
    TokenCache cache(roomy);
    const std::string token = token_of(R"({"sub":"alice"})");
    const auto [others, keys, loaded_again] = three_sets();
    add(cache, keys, token);
    for (int i = 0; i < 3; ++i) {
        checks.that(is_hit(cache, {&others, &keys}, token), "the second has it");
        checks.that(!verify_by(cache, others, token).has_value(), "the first alone has not");
        checks.that(!is_hit(cache, {&others, &loaded_again}, token), "nor has another second");
        checks.that(is_hit(cache, {&keys, &others}, token), "the first has it");
        checks.that(is_hit(cache, keys, token) && !is_hit(cache, loaded_again, token), "alone");
        checks.that(!verify_by(cache, Keysets{}, token).has_value(), "no set");
    }
}

void bytes_are_bounded(Checks& checks) {
    constexpr std::size_t limit = 64 << 10;
    TokenCache cache(limit);
    const Keyset keys = keyset_of(hs256);
    const std::string first = token_of(R"({"sub":"first"})");
    add(cache, keys, first);
    std::string latest;
    for (int i = 0; i < 500; ++i) {
        latest = token_of(R"({"sub":"user )" + std::to_string(i) + R"("})");
        add(cache, keys, latest);
        checks.that(cache.bytes() <= limit, "within");
        checks.that(i >= 300 || is_hit(cache, keys, first), "what is used stays");
    }
    checks.that(cache.size() > 20 && cache.size() < 200, "some are kept");
    checks.that(!is_hit(cache, keys, first) && is_hit(cache, keys, latest), "the oldest go");
    const std::string huge = token_of(R"({"sub":")" + std::string(11'000, 'x') + "\"}");
    TokenCache small(8'000);
    add(small, keys, huge);
    checks.that(small.size() == 0 && small.bytes() == 0, "one that is too large");
    TokenCache none(0);
    add(none, keys, first);
    checks.that(none.size() == 0 && !is_hit(none, keys, first), "off");
    checks.that(none.find_header(std::string_view(first).substr(0, first.find('.'))) != nullptr,
                "but headers are");
}

// A header can hold as much as a payload.
void headers_are_bounded(Checks& checks) {
    TokenCache cache(16 << 10);
    const Keyset keys = keyset_of(hs256);
    std::string list = R"(,"x":[{})";
    for (int i = 0; i < 1000; ++i) {
        list += ",{}";
    }
    const std::string huge = sign_text(hmac_signer(hmac_secret, Algorithm::hs256),
                                       header_of(hs256, list + "]"), R"({"sub":"alice"})");
    add(cache, keys, huge);
    checks.that(cache.size() == 0, "it counts");
    checks.that(cache.find_header(huge.substr(0, huge.find('.'))) == nullptr, "not by itself");
}

void memory_is_counted(Checks& checks) {
    const Keyset keys = keyset_of(hs256);
    std::string roles = R"("roles":["role-0")";
    for (int i = 1; i < 256; ++i) {
        roles += ",\"role-" + std::to_string(i) + '"';
    }
    std::string objects = R"("a":[{})";
    for (int i = 1; i < 2000; ++i) {
        objects += ",{}";
    }
    for (const std::string& text :
         {std::string(R"("iss":"https://id.example/","exp":4102444800,"a":[1,true,"\u00e9"])"),
          roles + "]", objects + "]"}) {
        TokenCache cache(64 << 20);
        const std::size_t before = heap_in_use;
        for (int i = 0; i < 500; ++i) {
            add(cache, keys, token_of("{\"sub\":\"" + std::to_string(i) + "\"," + text + "}"));
        }
        const auto took = static_cast<double>(heap_in_use - before);
        const auto counted = static_cast<double>(cache.bytes());
        checks.that(cache.size() == 500 && counted > 0.95 * took && counted < 1.25 * took,
                    std::to_string(counted) + " of " + std::to_string(took));
    }
}

} // namespace

void* operator new(std::size_t size) {
    if (void* const memory = std::malloc(size)) {
        heap_in_use += chunk_of(memory);
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
    DeletedMemory::look(memory);
    heap_in_use -= chunk_of(memory);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

void* operator new[](std::size_t size) {
    return operator new(size);
}

void operator delete[](void* memory) noexcept {
    operator delete(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
    operator delete(memory);
}

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<what_was_added_is_known>),
        cmocka_unit_test(run<all_bytes_count>),
        cmocka_unit_test(run<the_key_must_count_here>),
        cmocka_unit_test(run<the_kid_of_the_key_is_known>),
        cmocka_unit_test(run<each_set_counts_for_itself>),
        cmocka_unit_test(run<bytes_are_bounded>),
        cmocka_unit_test(run<headers_are_bounded>),
        cmocka_unit_test(run<memory_is_counted>),
        cmocka_unit_test(run<what_is_held_can_come_back>),
        cmocka_unit_test(run<bytes_are_overwritten>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
