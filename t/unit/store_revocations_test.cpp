#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "check.hpp"
#include "folder.hpp"
#include "redis_server.hpp"
#include "revocation_reader.hpp"
#include "store/store_address.hpp"
#include "stores.hpp"

// What auth::TokenStore promises about revocations, of each store.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::RevocationChanges;
using auth::RevocationRecord;

// One server for all tests of this program.
std::optional<RedisServer> redis;

template <void (*story)(Checks&, Story)>
void each(Checks& checks) {
    const Folder folder;
    if (!redis.has_value()) {
        redis.emplace();
    }
    redis->ask({"FLUSHALL"});
    const store::StoreAddress addresses[] = {
        {}, sqlite_address(folder.file("db")), redis->address()};
    const char* names[] = {"memory", "SQLite", "Redis"};
    for (std::size_t i = 0; i < std::size(addresses); ++i) {
        const int before = checks.failed();
        const auto store = make_store(addresses[i]);
        story(checks, Story{*store});
        if (checks.failed() != before) {
            std::fprintf(stderr, "in %s\n", names[i]);
        }
    }
}

Records sorted(Records records) {
    std::sort(records.begin(), records.end(),
              [](const auto& one, const auto& other) { return one.key < other.key; });
    return records;
}

void empty_list(Checks& checks, Story story) {
    const RevocationChanges first = read(story);
    checks.that(!first.epoch.empty(), "an epoch has begun");
    checks.that(first.whole && !first.more, "it is all there is");
    checks.that(first.added.empty() && first.removed.empty(), "nothing is revoked");
    const RevocationChanges second = read(story, first.epoch, first.version);
    checks.equal(second.epoch, first.epoch, "the same epoch");
    checks.equal(second.version, first.version, "the same version");
    checks.that(!second.whole && !second.more && second.added.empty(), "nothing is new");
    checks.that(read(story, "another", first.version).whole, "another epoch");
    checks.that(read(story, first.epoch, first.version + 1).whole, "from the future");
}

void added_and_read(Checks& checks, Story story) {
    const RevocationRecord one = record("a", story.now + 10);
    const RevocationRecord two = record("b", unlimited, story.now, 33);
    expect(checks, add(story, {one, two}), Kind::done, "added");
    const RevocationChanges all = read(story);
    checks.that(all.whole && all.added == Records({one, two}) && all.removed.empty(), "both");
    checks.that(!read(story, all.epoch, all.version).whole, "known");
    const RevocationRecord three = record("c", story.now + 20, -5, 0);
    add(story, {three});
    const RevocationChanges later = read(story, all.epoch, all.version);
    checks.that(!later.whole && later.added == Records({three}), "what was added since");
    checks.that(later.version > all.version, "has another version");
    checks.that(read(story, all.epoch, later.version).added.empty(), "nothing since");
    checks.equal(std::ssize(read(story).added), 3, "the whole list");
    story.now += 10;
    checks.that(read(story).added == Records({two, three}), "one is over");
    story.now += 10;
    checks.that(read(story, all.epoch, all.version).added.empty(), "what is over is not read");
    checks.that(read(story).added == Records({two}), "without an end");
    expect(checks, add(story, {record("d", story.now), record("e", 0)}), Kind::done, "over");
    checks.equal(read(story).version, later.version, "changes nothing");
    expect(checks, add(story, {}), Kind::done, "none at all");
}

void extended(Checks& checks, Story story) {
    const std::int64_t now = story.now;
    add(story, {record("a", now + 10, now + 5)});
    std::int64_t version = read(story).version;
    const std::string epoch = read(story).epoch;
    for (const auto& same : {record("a", now + 10, now + 5), record("a", now + 9, now + 5),
                             record("a", now + 10, now - 5), record("a", now + 1, -1)}) {
        add(story, {same});
        checks.equal(read(story).version, version, "says nothing new");
    }
    const auto extends = [&](const RevocationRecord& by, const RevocationRecord& wanted,
                             const char* what) {
        add(story, {by});
        const RevocationChanges changes = read(story, epoch, version);
        checks.that(changes.added == Records({wanted}) && changes.version > version, what);
        version = changes.version;
    };
    extends(record("a", now + 11, now), record("a", now + 11, now + 5), "ends later");
    extends(record("a", now + 1, now + 6), record("a", now + 11, now + 6), "for later tokens");
    extends(record("a", unlimited, unlimited), record("a", unlimited), "for good");
    checks.equal(std::ssize(read(story).added), 1, "one entry");
    add(story, {record("b", now + 10, now + 5)});
    version = read(story).version;
    story.now += 10;
    extends(record("b", now + 11, now), record("b", now + 11, now), "what was over is no more");
}

void removed(Checks& checks, Story story) {
    const RevocationRecord one = record("a", story.now + 10, story.now);
    const RevocationRecord two = record("b", story.now + 10);
    expect(checks, remove(story, one), Kind::unknown, "none yet");
    add(story, {one, two});
    const RevocationChanges all = read(story);
    expect(checks, remove(story, record("a", story.now + 999, 7, 1)), Kind::done, "by its key");
    const RevocationChanges later = read(story, all.epoch, all.version);
    checks.that(!later.whole && later.removed == Records({one}) && later.added.empty(), "gone");
    checks.that(later.version > all.version, "has a version");
    expect(checks, remove(story, one), Kind::done, "once more");
    checks.equal(read(story).version, later.version, "changes nothing");
    checks.that(read(story).added == Records({two}), "the other one is left");
    add(story, {record("a", story.now + 5, story.now - 1)});
    const RevocationChanges again = read(story, all.epoch, later.version);
    checks.that(again.added == Records({record("a", story.now + 5, story.now - 1)}),
                "added again, as it is now");
    checks.that(again.removed.empty(), "and no longer removed");
    story.now += 5;
    expect(checks, remove(story, one), Kind::unknown, "over");
    checks.equal(read(story).version, again.version, "changes nothing");
}

// Who has not read that it was removed learns that it is over.
void removed_and_added_for_less(Checks& checks, Story story) {
    const RevocationRecord one = record("a", story.now + 100);
    add(story, {one});
    const RevocationChanges before = read(story);
    remove(story, one);
    add(story, {record("a", story.now + 10)});
    checks.that(read(story).added == Records({record("a", story.now + 10)}), "the shorter one");
    story.now += 10;
    checks.that(story.purge(), "comes to an end");
    const RevocationChanges after = read(story, before.epoch, before.version);
    checks.that(after.removed == Records({record("a", story.now)}) && after.added.empty(), "over");
    expect(checks, remove(story, one), Kind::unknown, "over");
    add(story, {one}, true);
    checks.equal(read(story).version, after.version, "is not brought back");
    story.now += 90;
    checks.that(story.purge(), "comes to an end");
    checks.that(read(story).removed.empty(), "forgotten");
}

void refilled(Checks& checks, Story story) {
    const RevocationRecord one = record("a", story.now + 10);
    const RevocationRecord two = record("b", story.now + 10);
    add(story, {one});
    remove(story, one);
    const RevocationChanges before = read(story);
    expect(checks, add(story, {record("a", story.now + 20), two}, true), Kind::done, "refilled");
    const RevocationChanges after = read(story, before.epoch, before.version);
    checks.that(after.added == Records({two}), "what was removed stays removed");
    story.now += 10;
    add(story, {record("a", story.now + 10)}, true);
    checks.that(read(story).added == Records({record("a", story.now + 10)}),
                "unless that is forgotten");
}

void pages(Checks& checks, Story story) {
    constexpr std::size_t count = 2 * auth::revocation_page + 1;
    Records all;
    for (std::size_t i = 0; i < count; ++i) {
        all.push_back(record(std::to_string(i), story.now + 100, static_cast<std::int64_t>(i)));
    }
    for (std::size_t i = 0; i < count; i += auth::most_revocations) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i);
        add(story,
            {begin, begin + std::min<std::ptrdiff_t>(auth::most_revocations, all.end() - begin)});
    }
    Reader reader;
    reader.follow(story);
    checks.equal(reader.pages, 3, "pages");
    checks.that(reader.all() == sorted(all), "all of them");

    const RevocationChanges first = read(story);
    checks.that(first.whole && first.more, "the first page");
    checks.equal(std::ssize(first.added), auth::revocation_page, "is full");
    remove(story, all[0]);
    remove(story, all[count - 1]);
    add(story, {record("1", story.now + 200), record("new", story.now + 100)});
    Reader halfway{first.epoch, first.version};
    for (const RevocationRecord& one : first.added) {
        halfway.records[one.key] = one;
    }
    halfway.follow(story);
    reader.follow(story);
    checks.equal(reader.pages, 4, "one more");
    checks.equal(std::ssize(reader.records), count - 1, "with all changes");
    checks.that(halfway.all() == reader.all(), "whoever was reading meanwhile as well");
}

void purged(Checks& checks, Story story) {
    checks.that(story.purge(), "nothing to do");
    Records all;
    for (int i = 0; i < 3000; ++i) {
        all.push_back(record(std::to_string(i), story.now + 10 + i % 2));
        if (all.size() == auth::most_revocations) {
            add(story, std::exchange(all, {}));
        }
    }
    const RevocationRecord kept = record("kept", unlimited);
    const RevocationRecord removed = record("removed", story.now + 100);
    add(story, {kept, removed});
    const RevocationChanges before = read(story);
    remove(story, removed);
    story.now += 9;
    checks.that(story.purge(), "nothing is over");
    checks.equal(std::ssize(read(story).added), 3001, "nothing is over");
    story.now += 1;
    checks.that(story.purge(), "comes to an end");
    checks.equal(std::ssize(read(story).added), 1501, "half of them");
    story.now += 1;
    checks.that(story.purge(), "comes to an end");
    const RevocationChanges after = read(story, before.epoch, before.version);
    checks.that(!after.whole, "the same epoch");
    checks.that(after.removed == Records({removed}), "what was removed is remembered");
    checks.that(read(story).added == Records({kept}), "what is in force is kept");
    const std::int64_t version = after.version;
    add(story, {record("0", story.now + 10)});
    checks.that(read(story, before.epoch, version).added == Records({record("0", story.now + 10)}),
                "versions go on");
    story.now += 1000;
    checks.that(story.purge(), "comes to an end");
    add(story, {removed, record("removed", story.now + 1)}, true);
    checks.that(read(story).added == Records({kept, record("removed", story.now + 1)}),
                "removed, and forgotten");
}

void among_other_steps(Checks& checks, Story story) {
    const RevocationRecord one = record("a", story.now + 10);
    const std::vector<auth::StoreStep> steps{
        auth::BeginSession{story.session("s"), story.token("a")},
        auth::AddRevocations{{one}, story.now},
        auth::RevokeSession{"s", story.now},
        auth::ReadRevocations{"", 0, story.now},
        auth::RemoveRevocation{one, story.now},
        auth::RevokeSubject{"alice", "acme", story.now},
        auth::FindToken{"s", "a", story.now},
        auth::ReadRevocations{"", 0, story.now},
    };
    const Kind wanted[] = {Kind::done, Kind::done,    Kind::done,    Kind::done,
                           Kind::done, Kind::unknown, Kind::revoked, Kind::done};
    const auto outcomes = story.store.run(steps);
    checks.equal(std::ssize(outcomes), std::ssize(wanted), "one for each");
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        expect(checks, outcomes[i], wanted[i], std::to_string(i) + outcomes[i].error);
        checks.that((outcomes[i].revocations != nullptr) == (i == 3 || i == 7), "of reading alone");
    }
    checks.that(outcomes[3].revocations->added == Records({one}), "in their order");
    checks.that(outcomes[7].revocations->added.empty(), "in their order");
}

void deadline(Checks& checks, Story story) {
    const RevocationRecord one = record("a", story.now + 10);
    const auth::StoreStep steps[] = {auth::AddRevocations{{one}, story.now},
                                     auth::RemoveRevocation{one, story.now},
                                     auth::ReadRevocations{"", 0, story.now}};
    for (const auth::StoreStep& step : steps) {
        bool refused = false;
        try {
            take(story.store, step, std::chrono::milliseconds(0));
        } catch (const auth::StoreError&) {
            refused = true;
        }
        checks.that(refused, "too late");
    }
    checks.that(read(story).added.empty(), "not begun");
}

int stop_redis(void** /*state*/) {
    redis.reset();
    return 0;
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each<empty_list>>),
        cmocka_unit_test(run<each<added_and_read>>),
        cmocka_unit_test(run<each<extended>>),
        cmocka_unit_test(run<each<removed>>),
        cmocka_unit_test(run<each<removed_and_added_for_less>>),
        cmocka_unit_test(run<each<refilled>>),
        cmocka_unit_test(run<each<pages>>),
        cmocka_unit_test(run<each<purged>>),
        cmocka_unit_test(run<each<among_other_steps>>),
        cmocka_unit_test(run<each<deadline>>),
    };
    return cmocka_run_group_tests(tests, nullptr, stop_redis);
}
