#include <atomic>
#include <csignal>
#include <thread>

#include "check.hpp"
#include "redis_server.hpp"
#include "store/redis_connection.hpp"
#include "store/redis_proofs.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace std::chrono_literals;
using auth::StoreError;
using store::RedisProofs;
using Clock = auth::StoreClock;

RedisProofs::Use use_of(std::uint8_t name, std::chrono::seconds keep = 60s) {
    return {Digest{name}, keep};
}

std::string used(RedisProofs& proofs, std::vector<RedisProofs::Use> uses) {
    std::string text;
    for (const bool first : proofs.use(uses, Clock::now() + 2s)) {
        text += first ? '+' : '-';
    }
    return text;
}

std::string error_of(RedisProofs& proofs, std::chrono::milliseconds patience = 2s) {
    try {
        const RedisProofs::Use use = use_of(250);
        proofs.use({&use, 1}, Clock::now() + patience);
    } catch (const StoreError& error) {
        return error.what();
    }
    return "";
}

void each_is_used_once(Checks& checks) {
    const RedisServer redis;
    RedisProofs one(redis.address());
    RedisProofs other(redis.address());
    checks.equal(used(one, {use_of(1)}), "+", "first");
    checks.equal(used(one, {use_of(1)}), "-", "again");
    checks.equal(used(other, {use_of(1)}), "-", "by another machine");
    checks.equal(used(other, {use_of(2), use_of(1), use_of(2), use_of(3)}), "+--+", "together");
    checks.equal(used(one, {}), "", "none");
    checks.that(redis.ask({"INFO", "commandstats"}).find("cmdstat_get") == std::string::npos,
                "at the first attempt");
}

void forgotten_when_it_has_expired(Checks& checks) {
    const RedisServer redis;
    RedisProofs proofs(redis.address());
    checks.equal(used(proofs, {use_of(1, 1s), use_of(2, 60s)}), "++", "first");
    bool forgotten = false;
    for (int i = 0; i < 100 && !forgotten; ++i) {
        std::this_thread::sleep_for(100ms);
        forgotten = used(proofs, {use_of(1, 1s)}) == "+";
    }
    checks.that(forgotten, "the short one");
    checks.equal(used(proofs, {use_of(2)}), "-", "not the long one");
}

void one_of_many_machines(Checks& checks) {
    const RedisServer redis;
    constexpr int uses = 50;
    std::atomic<int> firsts{0};
    std::vector<std::thread> threads;
    for (int machine = 0; machine < 8; ++machine) {
        threads.emplace_back([&] {
            RedisProofs proofs(redis.address());
            for (std::uint8_t i = 0; i < uses; ++i) {
                firsts += used(proofs, {use_of(i)}) == "+" ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    checks.equal(firsts.load(), uses, "each is used once");
}

void a_connection_that_was_closed(Checks& checks) {
    const RedisServer redis;
    RedisProofs proofs(redis.address());
    checks.equal(used(proofs, {use_of(1)}), "+", "before");
    redis.ask({"CLIENT", "KILL", "TYPE", "normal"});
    checks.equal(used(proofs, {use_of(1), use_of(2)}), "-+", "is opened again");
}

// What recorded a proof before its answer was lost: the next attempt finds its own value.
void an_answer_that_was_lost(Checks& checks) {
    const RedisServer redis;
    RedisProofs proofs(redis.address());
    checks.equal(used(proofs, {use_of(1)}), "+", "before");
    redis.signal(SIGSTOP);
    std::string outcome;
    std::thread user([&] {
        try {
            const RedisProofs::Use use = use_of(2);
            outcome = proofs.use({&use, 1}, Clock::now() + 10s)[0] ? "first" : "used";
        } catch (const StoreError&) {
            outcome = "unknown";
        }
    });
    std::this_thread::sleep_for(1600ms); // longer than it waits for an answer
    redis.signal(SIGCONT);
    user.join();
    checks.that(outcome == "first" || outcome == "unknown", outcome);
    checks.equal(used(proofs, {use_of(2)}), "-", "recorded");
}

void down(Checks& checks) {
    RedisServer redis;
    RedisProofs proofs(redis.address());
    redis.stop();
    checks.that(error_of(proofs).find("Redis cannot be reached") != std::string::npos, "down");
    checks.equal(error_of(proofs), "Redis was unavailable a moment ago", "soon after");
    redis.start();
    std::this_thread::sleep_for(300ms);
    checks.equal(used(proofs, {use_of(1)}), "+", "up");
    redis.ask({"CONFIG", "SET", "maxmemory", "1"});
    checks.that(error_of(proofs).find("OOM") != std::string::npos, "full");
    redis.ask({"CONFIG", "SET", "maxmemory", "0"});
    redis.ask({"SET", "sallyport:proof:{x}", "y"});
    checks.equal(used(proofs, {use_of(1)}), "-", "and still knows");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each_is_used_once>),
        cmocka_unit_test(run<forgotten_when_it_has_expired>),
        cmocka_unit_test(run<one_of_many_machines>),
        cmocka_unit_test(run<a_connection_that_was_closed>),
        cmocka_unit_test(run<an_answer_that_was_lost>),
        cmocka_unit_test(run<down>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
