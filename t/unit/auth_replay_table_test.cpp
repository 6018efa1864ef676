#include "auth/replay_table.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/encoding.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::auth;
using namespace sallyport::test;
using Outcome = ReplayTable::Outcome;

struct Table {
    explicit Table(std::size_t bytes = 1 << 16)
        : memory(bytes, std::byte{0xff}),
          table(ReplayTable::create(memory)) {}

    std::vector<std::byte> memory;
    ReplayTable* table;
};

Digest id(std::uint64_t number) {
    return sha256(bytes(std::to_string(number)));
}

void used_once(Checks& checks) {
    const Table memory;
    ReplayTable& table = *memory.table;
    checks.that(table.add(id(1), 200, 100) == Outcome::added, "the first use");
    checks.that(table.add(id(1), 200, 100) == Outcome::used, "the second");
    checks.that(table.add(id(1), 200, 199) == Outcome::used, "until it expires");
    checks.that(table.add(id(1), 200, 200) == Outcome::expired, "then it is expired");
    checks.that(table.add(id(2), 300, 200) == Outcome::added, "another");
    checks.equal(static_cast<long long>(table.size()), 1, "what has expired is dropped");
}

void clocks_of_processes_differ(Checks& checks) {
    const Table memory;
    ReplayTable& table = *memory.table;
    checks.that(table.add(id(1), 200, 100) == Outcome::added, "by a slow clock");
    checks.that(table.add(id(2), 300, 200) == Outcome::added, "by a fast one");
    checks.that(table.add(id(1), 200, 199) == Outcome::expired, "not again by the slow one");
    checks.that(table.add(id(3), 300, 199) == Outcome::added, "another by the slow one");
    checks.that(table.add(id(3), 300, 200) == Outcome::used, "not again by the fast one");
}

void a_clock_is_set_back(Checks& checks) {
    const Table memory;
    ReplayTable& table = *memory.table;
    checks.that(table.add(id(1), 260, 200) == Outcome::added, "before");
    checks.that(table.add(id(2), 160, 100) == Outcome::added, "a new one, 100 s back");
    checks.that(table.add(id(1), 260, 200) == Outcome::used, "nothing was dropped");
}

void a_clock_jumps_ahead_and_is_corrected(Checks& checks) {
    const Table memory;
    ReplayTable& table = *memory.table;
    checks.that(table.add(id(1), 160, 100) == Outcome::added, "before");
    checks.that(table.add(id(2), 4060, 4000) == Outcome::added, "while the clock is wrong");
    checks.equal(static_cast<long long>(table.size()), 1, "the first is dropped");
    checks.that(table.add(id(1), 160, 101) == Outcome::expired, "and not accepted again");
    checks.that(table.add(id(3), 161, 101) == Outcome::added, "a new one");
    checks.that(table.add(id(2), 4060, 4000) == Outcome::used, "the second was not dropped");
}

void accepted_for_longer(Checks& checks) {
    const Table memory;
    ReplayTable& table = *memory.table;
    table.extend(10);
    checks.that(table.add(id(1), 160, 100) == Outcome::added, "one that expires");
    checks.that(table.add(id(2), 220, 160) == Outcome::added, "one that does not");
    table.extend(540);
    checks.that(table.add(id(1), 700, 161) == Outcome::expired, "the first is no longer known");
    checks.that(table.add(id(3), 701, 161) == Outcome::added, "one that was issued later");
    checks.that(table.add(id(2), 760, 759) == Outcome::used, "the second is known for longer");
    checks.that(table.add(id(2), 760, 760) == Outcome::expired, "until it expires");
}

void full(Checks& checks) {
    const Table memory(4096);
    ReplayTable& table = *memory.table;
    const std::size_t capacity = table.capacity();
    for (std::size_t i = 0; i < capacity; ++i) {
        checks.that(table.add(id(i), 200 + static_cast<std::int64_t>(i % 7), 100) == Outcome::added,
                    "room");
    }
    checks.that(table.add(id(capacity), 300, 100) == Outcome::full, "full");
    checks.that(table.add(id(capacity), 300, 100) == Outcome::full, "and it was not added");
    checks.that(table.add(id(0), 200, 100) == Outcome::used, "nothing was dropped");
    checks.that(table.add(id(capacity), 300, 200) == Outcome::added, "room again");
    checks.that(ReplayTable::create({}) == nullptr, "no memory");
}

// Against a map that forgets nothing before its time.
void agrees_with_a_model(Checks& checks) {
    property(checks, "the table and a model agree", [] {
        const Table memory(4096);
        ReplayTable& table = *memory.table;
        std::map<int, std::int64_t> model;
        std::int64_t now = 1000;
        for (int i = 0; i < 400; ++i) {
            now += *rc::gen::inRange(0, 3);
            const int which = *rc::gen::inRange(0, 200);
            const std::int64_t until = now + *rc::gen::inRange(0, 60);
            std::erase_if(model, [&](const auto& entry) { return entry.second <= now; });
            const Outcome outcome = table.add(id(static_cast<std::uint64_t>(which)), until, now);
            if (until <= now) {
                RC_ASSERT(outcome == Outcome::expired);
            } else if (model.contains(which)) {
                RC_ASSERT(outcome == Outcome::used);
            } else if (outcome == Outcome::full) {
                RC_ASSERT(model.size() + 16 >= table.capacity());
            } else {
                RC_ASSERT(outcome == Outcome::added);
                model[which] = until;
            }
            RC_ASSERT(table.size() >= model.size());
        }
    });
}

// A process that dies in add() leaves the flag set, which is the last byte of the table's object.
void a_process_dies(Checks& checks) {
    const Table memory;
    ReplayTable& table = *memory.table;
    checks.that(table.add(id(1), 200, 100) == Outcome::added, "a use");
    bool* const busy = reinterpret_cast<bool*>(&table) + sizeof(ReplayTable) - alignof(ReplayTable);
    checks.that(!*busy, "the flag");
    *busy = true;
    checks.that(table.add(id(1), 200, 100) == Outcome::expired, "no second use");
    checks.that(table.add(id(2), 200, 100) == Outcome::expired, "nothing that is as old");
    checks.that(table.add(id(3), 201, 100) == Outcome::added, "what is newer");
    checks.that(table.add(id(3), 201, 100) == Outcome::used, "once");
}

void one_of_many_threads(Checks& checks) {
    const Table memory(1 << 20);
    std::mutex lock;
    std::atomic<int> added = 0;
    constexpr int uses = 200;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            for (std::uint64_t i = 0; i < uses; ++i) {
                const Digest digest = id(i);
                const std::scoped_lock held(lock);
                added += memory.table->add(digest, 200, 100) == Outcome::added ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    checks.equal(added.load(), uses, "each is used once");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<used_once>),
        cmocka_unit_test(run<clocks_of_processes_differ>),
        cmocka_unit_test(run<a_clock_is_set_back>),
        cmocka_unit_test(run<a_clock_jumps_ahead_and_is_corrected>),
        cmocka_unit_test(run<accepted_for_longer>),
        cmocka_unit_test(run<full>),
        cmocka_unit_test(run<agrees_with_a_model>),
        cmocka_unit_test(run<a_process_dies>),
        cmocka_unit_test(run<one_of_many_threads>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
