#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "check.hpp"
#include "revocation_machines.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

using Check = RevocationTable::Check;
using News = RevocationReader::News;

void entries_reach_other_machines(Checks& checks) {
    World world;
    Machine one(world);
    Machine other(world);
    checks.that(one.check("j") == Check::unavailable, "nothing was read yet");
    pass(world, {&one, &other});
    checks.that(one.check("j") == Check::alive, "read");
    checks.that(had_news(one, News::Kind::ready), "which is news");
    checks.that(one.add(single("j")) && one.revokes("j") && !other.revokes("j"), "at once here");
    const auto before = other.table().generation();
    pass(world, {&one, &other});
    checks.that(other.revokes("j") && other.table().generation() != before, "elsewhere");
    const auto generation = other.table().generation();
    pass(world, {&one, &other}, 10 * tick);
    checks.that(other.table().generation() == generation, "nothing new changes nothing");
    one.remove(single("j"));
    pass(world, {&one, &other});
    checks.that(!one.revokes("j") && !other.revokes("j"), "removed");
    Machine late(world);
    one.add(single("k"));
    pass(world, {&late});
    checks.that(late.revokes("k") && had_news(late, News::Kind::ready, 1), "a machine that starts");
}

void one_worker_reads(Checks& checks) {
    World world;
    Machine one(world, 8);
    pass(world, {&one}, 4 * tick);
    world.steps = 0;
    pass(world, {&one}, 10 * tick);
    checks.equal(static_cast<long long>(world.steps), 10, "steps");
    for (std::size_t worker = 0; worker < 8; ++worker) {
        for (std::size_t i = 0; i < 8; ++i) { // as the others are dead
            world.now.ms += tick;
            one.tick(worker);
        }
        Machine other(world);
        const std::string jti = "j" + std::to_string(worker);
        other.add(single(jti));
        world.now.ms += tick;
        one.tick(worker);
        checks.that(one.revokes(jti), "another one takes over");
    }
}

// The outcome of a step may come late.
void an_overtaken_reader_changes_nothing(Checks& checks) {
    World world;
    Machine one(world);
    pass(world, {&one});
    one.add(single("j"));
    world.now.ms += tick;
    RevocationTable& table = one.table();
    std::optional<StoreStep> step;
    RevocationReader* slow = nullptr;
    for (std::size_t i = 0; i < 2 && !step; ++i) {
        step = (slow = &one.reader(i))->next(table, world.now);
    }
    checks.that(step.has_value(), "a step");
    const auto outcome = world.run(*step);
    checks.that(!slow->next(table, world.now), "it waits for that");
    one.remove(single("j"));
    for (int i = 0; i < 5; ++i) {
        world.now.ms += tick;
        one.tick(slow == &one.reader(0) ? 1 : 0);
    }
    slow->take(table, &*outcome, world.now);
    checks.that(!one.revokes("j"), "what is outdated");
    pass(world, {&one}, 8 * tick);
    checks.that(!one.revokes("j"), "nor later");
}

void a_list_becomes_stale(Checks& checks) {
    World world;
    Machine one(world);
    pass(world, {&one});
    one.add(single("j"));
    pass(world, {&one});
    const auto store = std::exchange(world.store, nullptr);
    world.steps = 0;
    pass(world, {&one}, stale_after - tick);
    checks.that(one.revokes("j") && one.check("k") == Check::alive, "the last list serves");
    checks.that(world.steps < 80, "a store that is down is not asked often");
    one.reload();
    pass(world, {&one});
    checks.that(one.revokes("j"), "also after a reload");
    pass(world, {&one});
    checks.that(one.check("j") == Check::unavailable, "until it is stale");
    checks.that(had_news(one, News::Kind::stale, 1), "which is news");
    one.reload();
    pass(world, {&one});
    checks.that(one.check("j") == Check::unavailable, "also after a reload");
    Machine late(world);
    pass(world, {&late});
    checks.that(late.check("j") == Check::unavailable, "a machine that starts");
    world.store = store;
    one.news.clear();
    pass(world, {&one, &late}, 6 * tick);
    checks.that(one.revokes("j") && one.check("k") == Check::alive, "back");
    checks.that(had_news(one, News::Kind::ready, 1), "which is news");
    checks.that(late.revokes("j"), "for all");
    one.kill(0);
    one.kill(1);
    pass(world, {&one}, 2 * stale_after);
    checks.that(one.revokes("j"), "workers that start");
}

void an_emptied_store_is_refilled(Checks& checks) {
    World world;
    Machine one(world);
    Machine other(world);
    pass(world, {&one, &other});
    for (int i = 0; i < 30; ++i) {
        one.add(single("j" + std::to_string(i)));
    }
    pass(world, {&one, &other});
    other.remove(single("j7"));
    pass(world, {&one, &other});
    world.empty();
    Machine late(world);
    pass(world, {&late});
    checks.that(late.check("j0") == Check::alive, "it begins an epoch");
    pass(world, {&one, &other, &late});
    pass(world, {&one, &other, &late});
    checks.that(had_news(one, News::Kind::refilling, 29), "which is news");
    for (Machine* const machine : {&one, &other, &late}) {
        checks.equal(static_cast<long long>(machine->table().single_size()), 29, "all");
        checks.that(machine->revokes("j0") && !machine->revokes("j7"), "but not what was removed");
    }
}

// A revocation that is entered again before the refill must not end earlier for it.
void a_refill_shortens_nothing(Checks& checks) {
    World world;
    Machine one(world);
    Machine other(world);
    pass(world, {&one, &other});
    const std::int64_t now = world.now.time;
    one.add(single("j", now + 1000));
    one.add(single("k", now + 1000));
    pass(world, {&one, &other});
    world.empty();
    one.add(single("j", now + 10));
    other.add(single("k", now + 10));
    pass(world, {&one, &other}, 4 * tick);
    Machine late(world);
    pass(world, {&late});
    world.now.time += 100;
    pass(world, {&one, &other, &late}, 4 * tick);
    for (const Machine* const machine : {&one, &other, &late}) {
        checks.that(machine->revokes("j") && machine->revokes("k"), "as long as before");
    }
    one.remove(single("j"));
    pass(world, {&one, &other, &late});
    one.add(single("j", world.now.time + 10));
    pass(world, {&one, &other, &late});
    world.now.time += 10;
    checks.that(one.check("j") == Check::alive && other.check("j") == Check::alive,
                "afterwards, the store has the times");
}

void nothing_waits_for_a_refill(Checks& checks) {
    constexpr std::size_t count = 5 * most_revocations;
    World world;
    Machine one(world, 1, 2 * count);
    pass(world, {&one});
    for (std::size_t i = 0; i < count; ++i) {
        one.add(single("j" + std::to_string(i)));
    }
    pass(world, {&one});
    world.empty();
    Machine late(world, 1, 2 * count);
    pass(world, {&late});
    world.now.ms += tick;
    one.advance(0, 3); // the other epoch, a part, a page
    late.add(single("new"));
    one.advance(0, 2);
    checks.that(one.revokes("new"), "added meanwhile");
    pass(world, {&late});
    const auto part = late.table().single_size();
    checks.that(part > most_revocations / 2 && part < count / 2, "the refill is not over");
    checks.that(one.revokes("j0") && late.check("x") == Check::alive, "all lists are in force");
    pass(world, {&one, &late});
    checks.equal(static_cast<long long>(late.table().single_size()), count + 1, "all");
    checks.equal(static_cast<long long>(one.table().single_size()), count + 1, "here as well");
}

void the_list_of_another_store_is_not_used(Checks& checks) {
    World world;
    Machine one(world);
    pass(world, {&one});
    one.add(single("j"));
    world.now.ms += tick;
    RevocationReader slow = one.reader(0);
    std::optional<StoreStep> step = slow.next(one.table(), world.now);
    if (!step) {
        slow = one.reader(1);
        step = slow.next(one.table(), world.now);
    }
    const auto outcome = world.run(step.value());
    world.empty();
    Machine other(world);
    other.use_store("another");
    pass(world, {&other});
    other.add(single("k"));
    const auto store = std::exchange(world.store, nullptr);
    one.use_store("another");
    RevocationReader(2, stale_after, sha256(bytes("another"))).watch(one.table(), world.now);
    checks.that(one.check("j") == Check::unavailable, "its own list was not read");
    slow.take(one.table(), &*outcome, world.now);
    checks.that(one.check("j") == Check::unavailable, "nor does a late step change that");
    world.store = store;
    pass(world, {&one, &other}, 8 * tick);
    checks.that(one.revokes("k") && one.check("j") == Check::alive, "its own list");
    checks.that(other.check("j") == Check::alive, "gets nothing of the other");
    one.reload();
    pass(world, {&one});
    checks.that(one.revokes("k"), "the same one again");
}

// A worker that cannot use the store.
void a_list_that_nobody_reads_becomes_stale(Checks& checks) {
    World world;
    Machine one(world);
    one.reload();
    pass(world, {&one});
    const Digest store = sha256(bytes("store"));
    RevocationReader old(1, stale_after, store);
    RevocationReader idle(3, stale_after, store);
    world.now.ms += stale_after;
    idle.watch(one.table(), world.now);
    checks.that(one.check("j") == Check::alive, "not yet");
    pass(world, {&one}, 2 * stale_after);
    checks.that(one.check("j") == Check::alive, "those before it no longer read");
    idle.watch(one.table(), world.now);
    checks.that(one.check("j") == Check::unavailable, "stale");
    checks.that(idle.take_news().kind == News::Kind::stale, "which is news");
    old.watch(one.table(), world.now);
    checks.that(old.take_news().kind == News::Kind::none, "not for an old one");
    one.table().set_state(RevocationSource::single, RevocationTable::State::ready);
    one.table().synced.read_at = world.now.ms;
    RevocationReader(4, stale_after, sha256(bytes("another"))).watch(one.table(), world.now);
    checks.that(one.check("j") == Check::unavailable, "another store");
}

void a_large_list_has_pages(Checks& checks) {
    constexpr std::size_t count = 2 * revocation_page + 500;
    World world;
    Machine one(world, 2, 2 * count);
    Machine other(world, 2, 2 * count);
    pass(world, {&one, &other});
    for (std::size_t i = 0; i < count; ++i) {
        one.add(single("j" + std::to_string(i)));
    }
    pass(world, {&one, &other});
    checks.equal(static_cast<long long>(other.table().single_size()), count, "changes");
    Machine late(world, 2, 2 * count);
    pass(world, {&late});
    checks.equal(static_cast<long long>(late.table().single_size()), count, "from the beginning");
    world.empty();
    late.table().begin_list();
    late.table().end_list();
    pass(world, {&one});
    pass(world, {&late, &other});
    checks.equal(static_cast<long long>(late.table().single_size()), count, "after a refill");
    checks.that(late.revokes("j0") && late.revokes("j" + std::to_string(count - 1)), "all");
}

void a_list_that_does_not_fit_is_not_used(Checks& checks) {
    World world;
    Machine large(world);
    Machine small(world, 2, 20);
    pass(world, {&large, &small});
    for (int i = 0; i < 30; ++i) {
        checks.that(large.add(single("j" + std::to_string(i), i < 15 ? 200 : INT64_MAX)), "added");
    }
    checks.that(small.add(single("x")), "there is room here");
    pass(world, {&large, &small});
    checks.that(small.check("j0") == Check::unavailable && large.revokes("x"), "too small");
    checks.that(had_news(small, News::Kind::too_small, 31), "it says how many there are");
    world.steps = 0;
    pass(world, {&small}, 40 * tick);
    checks.that(world.steps < 8, "it is not tried often");
    Machine started(world, 2, 20);
    pass(world, {&started});
    checks.that(started.check("j0") == Check::unavailable, "one that starts");
    small.news.clear();
    world.now.time = 300;
    pass(world, {&small, &started}, 100 * tick);
    checks.that(small.revokes("j20") && small.revokes("x"), "they fit again");
    checks.that(started.revokes("j20") && had_news(small, News::Kind::ready, 16), "everywhere");
    for (int i = 0; i < 2; ++i) {
        checks.that(small.add(single("y" + std::to_string(i))), "until it is nearly full");
    }
    checks.that(!small.add(single("z")) && small.revokes("j20"), "no room: the list is in force");
}

void machines_that_add_at_the_same_time_fill_none(Checks& checks) {
    World world;
    Machine one(world, 2, 100);
    Machine other(world, 2, 100);
    pass(world, {&one, &other});
    std::size_t added = 0;
    for (int i = 0; i < 1000; ++i) { // a round of few, as others read meanwhile
        for (Machine* const machine : {&one, &other}) {
            const std::string jti = "j" + std::to_string(2 * i + (machine == &one ? 0 : 1));
            added += machine->add(single(jti)) ? 1 : 0;
        }
        if (i % 9 == 8) {
            pass(world, {&one, &other});
        }
    }
    checks.that(added >= 88 && added <= 100, "nearly full");
    checks.that(one.revokes("j0") && other.revokes("j1"), "the list is in force");
    checks.that(one.check("x") == Check::alive && other.check("x") == Check::alive, "everywhere");
}

// A later version may know more.
void what_is_not_understood_is_not_ignored(Checks& checks) {
    World world;
    Machine one(world);
    pass(world, {&one});
    RevocationRecord unknown = single("j");
    for (const std::uint8_t shape : {0, 40, 255}) { // of the file, and of none
        unknown.shape = shape;
        unknown.key[0] ^= shape;
        world.run(AddRevocations{{unknown}, world.now.time});
        one.news.clear();
        pass(world, {&one}, 20 * tick);
        checks.that(had_news(one, News::Kind::unreadable), "news");
        checks.that(std::count_if(
                        one.news.begin(), one.news.end(),
                        [](const News& news) { return news.kind == News::Kind::unreadable; }) <= 2,
                    "not all the time");
        world.run(RemoveRevocation{unknown, world.now.time});
        world.empty();
        pass(world, {&one}, 20 * tick);
        checks.that(one.check("j") == Check::alive, "it is gone");
    }
    world.run(AddRevocations{{unknown}, world.now.time});
    pass(world, {&one}, stale_after + 20 * tick);
    checks.that(one.check("j") == Check::unavailable, "the list is stale");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<entries_reach_other_machines>),
        cmocka_unit_test(run<one_worker_reads>),
        cmocka_unit_test(run<an_overtaken_reader_changes_nothing>),
        cmocka_unit_test(run<a_list_becomes_stale>),
        cmocka_unit_test(run<an_emptied_store_is_refilled>),
        cmocka_unit_test(run<a_refill_shortens_nothing>),
        cmocka_unit_test(run<nothing_waits_for_a_refill>),
        cmocka_unit_test(run<the_list_of_another_store_is_not_used>),
        cmocka_unit_test(run<a_list_that_nobody_reads_becomes_stale>),
        cmocka_unit_test(run<a_large_list_has_pages>),
        cmocka_unit_test(run<a_list_that_does_not_fit_is_not_used>),
        cmocka_unit_test(run<machines_that_add_at_the_same_time_fill_none>),
        cmocka_unit_test(run<what_is_not_understood_is_not_ignored>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
