#include <memory>
#include <string>

#include "check.hpp"
#include "failing_memory.hpp"
#include "nginx_stand_ins.hpp"
#include "ngx/runtime/audit_log.hpp"
#include "ngx/sources/fetched_keys.hpp"

// Keys that are fetched, with little memory. Whatever runs out, a fetch ends, and the next one
// works.

namespace {

// Of the fetch that is on its way.
sallyport::ngx::Fetch::Done on_done;

} // namespace

namespace sallyport::ngx {

Fetch::Fetch(ngx_http_conf_ctx_t* server, std::string uri, std::size_t limit, Done done)
    : server_(server),
      uri_(std::move(uri)),
      limit_(limit) {
    on_done = std::move(done);
}
Fetch::~Fetch() = default;

void audit_everywhere(const auth::AuditEvent&) {}

} // namespace sallyport::ngx

namespace {

using namespace sallyport;
using namespace sallyport::test;
using ngx::FetchedKeys;

constexpr const char* key =
    R"({"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"}]})";

// Small sets are read at once, large ones in the background.
std::string small_set() {
    return key;
}
std::string large_set() {
    return key + std::string(40'000, ' ');
}

class Client : public Listener {
  public:
    int heard = 0;

  private:
    void on_ready() noexcept override { ++heard; }
};

ngx::KeyRequestSpec spec() {
    return {nullptr, "/a-location-of-keys", {}, {.cache = 60'000, .stale = 0}, "a-tenant"};
}

// As nginx calls it: nothing may be thrown.
void answer(Secret body) noexcept {
    if (on_done) {
        const auto done = std::exchange(on_done, nullptr);
        done(ngx::Fetch::Body{std::move(body), false});
        run_all();
    }
}

// As a Keyring uses them.
FetchedKeys::Found use(FetchedKeys& keys, bool waited) {
    const FetchedKeys::Found found = keys.find(waited);
    if (found.fetch_due) {
        keys.begin_fetch();
    }
    return found;
}

// Whether there are keys after a use, and a fetch if it needs one.
bool works(FetchedKeys& keys) {
    if (use(keys, false).pending) {
        answer(Secret(bytes(small_set())));
    }
    return use(keys, true).keys != nullptr;
}

void fetch_with_memory_for_some_steps(Checks& checks, const std::string& set) {
    with_little_memory(checks, [&](long n) {
        Client client;
        std::shared_ptr<FetchedKeys> keys;
        Secret body(bytes(set));
        bool waits = false;
        {
            const LittleMemory little(n);
            keys = std::make_shared<FetchedKeys>(spec());
            try {
                if (use(*keys, false).pending) {
                    client.wait_for(keys);
                    waits = true;
                }
            } catch (const std::bad_alloc&) {
                checks.that(!keys->fetching() || on_done != nullptr, "what is awaited comes");
            }
            answer(std::move(body));
        }
        checks.equal(client.heard, waits ? 1 : 0, "who waits hears of it once");
        checks.that(!keys->fetching(), "the fetch has ended");
        const bool enough = use(*keys, true).keys != nullptr;
        pass(20'000);
        checks.that(works(*keys), "fetched as soon as there is memory");
        return enough;
    });
}

void a_small_set(Checks& checks) {
    fetch_with_memory_for_some_steps(checks, small_set());
}

void a_large_set(Checks& checks) {
    fetch_with_memory_for_some_steps(checks, large_set());
}

} // namespace

int main() {
    start_nginx();
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<a_small_set>),
        cmocka_unit_test(run<a_large_set>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
