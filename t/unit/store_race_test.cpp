#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "check.hpp"
#include "folder.hpp"
#include "redis_server.hpp"
#include "revocation_reader.hpp"
#include "store/store_address.hpp"
#include "stores.hpp"

// Several threads, each with a store of its own, as the workers of several machines have.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::StoreOutcome;
using Stores = std::vector<std::unique_ptr<auth::TokenStore>>;

constexpr int threads = 8;

std::optional<RedisServer> redis;

template <void (*race)(Checks&, const Stores&)>
void each(Checks& checks) {
    const Folder folder;
    if (!redis.has_value()) {
        redis.emplace();
    }
    redis->ask({"FLUSHALL"});
    const store::StoreAddress addresses[] = {sqlite_address(folder.file("db")), redis->address()};
    const char* names[] = {"SQLite", "Redis"};
    for (std::size_t i = 0; i < std::size(addresses); ++i) {
        const int before = checks.failed();
        Stores stores;
        for (int number = 0; number < threads; ++number) {
            stores.push_back(make_store(addresses[i]));
        }
        race(checks, stores);
        if (checks.failed() != before) {
            std::fprintf(stderr, "in %s\n", names[i]);
        }
    }
}

// On a loaded machine one of many may wait long for its turn.
Story patient(auth::TokenStore& store) {
    Story story{store};
    story.patience = std::chrono::minutes(1);
    return story;
}

// All begin at the same moment. What one of them throws is thrown when all have ended.
template <typename Work>
void together(const Stores& stores, const Work& work) {
    std::barrier start(threads);
    std::vector<std::exception_ptr> thrown(threads);
    std::vector<std::thread> running;
    for (std::size_t number = 0; number < threads; ++number) {
        running.emplace_back([&, number] {
            start.arrive_and_wait();
            try {
                work(number, patient(*stores[number]));
            } catch (...) {
                thrown[number] = std::current_exception();
            }
        });
    }
    for (std::thread& thread : running) {
        thread.join();
    }
    for (const std::exception_ptr& error : thrown) {
        if (error != nullptr) {
            std::rethrow_exception(error);
        }
    }
}

struct Rotations {
    std::map<Kind, int> kinds;
    std::set<std::string> children; // of those that were answered with a token
};

// One token, a thousand times.
Rotations rotate_one_token(const Stores& stores, std::int64_t window) {
    constexpr int turns = 1000 / threads;
    std::vector<std::vector<StoreOutcome>> outcomes(threads);
    Story{*stores[0]}.begin("s", "a");
    together(stores, [&](std::size_t number, Story story) {
        for (int turn = 0; turn < turns; ++turn) {
            const std::string next = std::to_string(number) + '.' + std::to_string(turn);
            outcomes[number].push_back(story.rotate("s", "a", next, window));
        }
    });
    Rotations all;
    for (const auto& some : outcomes) {
        for (const StoreOutcome& outcome : some) {
            ++all.kinds[outcome.kind];
            if (outcome.kind == Kind::done || outcome.kind == Kind::repeated) {
                all.children.insert(outcome.token.jti);
            }
        }
    }
    return all;
}

void one_child_at_most(Checks& checks, const Stores& stores) {
    Rotations all = rotate_one_token(stores, 0);
    checks.equal(all.kinds[Kind::done], 1, "done");
    checks.equal(all.kinds[Kind::reused], 1, "reused");
    checks.equal(all.kinds[Kind::revoked], 998, "revoked");
    checks.equal(static_cast<long long>(all.children.size()), 1, "children");
    Story story{*stores[0]};
    expect(checks, story.find("s"), Kind::revoked, "the session");
    expect(checks, story.find("s", "a"), Kind::revoked, "the token");
    for (const std::string& child : all.children) {
        expect(checks, story.find("s", child), Kind::revoked, "the child");
        expect(checks, story.rotate("s", child, "x"), Kind::revoked, "the child");
    }
}

void one_child_in_the_window(Checks& checks, const Stores& stores) {
    Rotations all = rotate_one_token(stores, 1000);
    checks.equal(all.kinds[Kind::done], 1, "done");
    checks.equal(all.kinds[Kind::repeated], 999, "repeated");
    checks.equal(static_cast<long long>(all.children.size()), 1, "children");
    Story story{*stores[0]};
    for (const std::string& child : all.children) {
        expect(checks, story.find("s", child), Kind::done, "the child");
        expect(checks, story.rotate("s", child, "x"), Kind::done, "the child");
    }
}

// One thread refreshes and refreshes, another one ends the session; nobody has a token then.
void revoked_while_rotated(Checks& checks, const Stores& stores) {
    constexpr int rounds = 25;
    constexpr int turns = 10;
    std::vector<std::vector<Kind>> kinds(threads);
    for (int round = 0; round < rounds; ++round) {
        const auto sid = [&](std::size_t number) {
            return std::to_string(round) + '.' + std::to_string(number / 2);
        };
        const auto jti = [&](std::size_t number, int turn) {
            return sid(number) + '/' + std::to_string(turn);
        };
        for (std::size_t number = 0; number < threads; number += 2) {
            Story{*stores[0]}.begin(sid(number), jti(number, 0));
        }
        std::atomic<int> rotated = 0;
        together(stores, [&](std::size_t number, Story story) {
            if (number % 2 == 1) {
                for (int i = 0; i < 1'000'000 && rotated < round; ++i) {
                    std::this_thread::yield();
                }
                kinds[number].push_back(story.revoke(sid(number)).kind);
                return;
            }
            for (int turn = 0; turn < turns; ++turn) {
                const Kind kind =
                    story.rotate(sid(number), jti(number, turn), jti(number, turn + 1)).kind;
                kinds[number].push_back(kind);
                ++rotated;
            }
        });
        for (std::size_t number = 0; number < threads; number += 2) {
            for (int turn = 0; turn <= turns; ++turn) {
                const Kind kind = Story{*stores[0]}.find(sid(number), jti(number, turn)).kind;
                checks.that(kind == Kind::revoked || kind == Kind::unknown, "nothing is good");
            }
        }
    }
    for (std::size_t number = 0; number < threads; number += 2) {
        for (const Kind kind : kinds[number]) {
            checks.that(kind == Kind::done || kind == Kind::revoked || kind == Kind::unknown,
                        name(kind));
        }
        for (const Kind kind : kinds[number + 1]) {
            checks.equal(name(kind), "done", "revoked once");
        }
    }
}

void sessions_do_not_meet(Checks& checks, const Stores& stores) {
    std::vector<int> done(threads);
    together(stores, [&](std::size_t number, Story story) {
        for (int login = 0; login < 5; ++login) {
            const std::string sid = std::to_string(number) + '.' + std::to_string(login);
            const auto jti = [&](int turn) { return sid + '/' + std::to_string(turn); };
            done[number] += story.begin(sid, jti(0)).kind == Kind::done;
            for (int turn = 0; turn < 10; ++turn) {
                done[number] += story.rotate(sid, jti(turn), jti(turn + 1)).kind == Kind::done;
            }
            done[number] += story.find(sid, jti(10)).kind == Kind::done;
            done[number] +=
                take(story.store, auth::PurgeExpired{story.now}, story.patience).kind == Kind::done;
        }
    });
    for (const int count : done) {
        checks.equal(count, 5 * 13, "all of them");
    }
}

// All sessions of a subject end while they are refreshed: what is answered as rotated before then
// brings nothing afterwards.
void subject_revoked_while_rotated(Checks& checks, const Stores& stores) {
    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        const auto sid = [&](std::size_t number) {
            return std::to_string(round) + '.' + std::to_string(number);
        };
        for (std::size_t number = 1; number < threads; ++number) {
            Story{*stores[0]}.begin(sid(number), sid(number) + "/0");
        }
        std::vector<std::string> newest(threads);
        together(stores, [&](std::size_t number, Story story) {
            if (number == 0) {
                story.revoke_subject("alice", "acme");
                return;
            }
            newest[number] = sid(number) + "/0";
            for (int turn = 1; turn <= 10; ++turn) {
                const std::string next = sid(number) + '/' + std::to_string(turn);
                if (story.rotate(sid(number), newest[number], next).kind == Kind::done) {
                    newest[number] = next;
                }
            }
        });
        for (std::size_t number = 1; number < threads; ++number) {
            Story story{*stores[0]};
            expect(checks, story.find(sid(number)), Kind::revoked, sid(number));
            expect(checks, story.rotate(sid(number), newest[number], "x"), Kind::revoked,
                   newest[number]);
        }
    }
}

// The first one of all that open a file has work to do, which the others wait for.
void opened_at_once(Checks& checks) {
    const Folder folder;
    const store::StoreAddress address = sqlite_address(folder.file("db"));
    int done = 0;
    for (int round = 0; round < 100; ++round) {
        Stores stores;
        for (int number = 0; number < threads; ++number) {
            stores.push_back(make_store(address));
        }
        std::vector<Kind> kinds(threads);
        together(stores, [&](std::size_t number, Story story) {
            const std::string id = std::to_string(round) + '.' + std::to_string(number);
            kinds[number] = number % 2 == 0 ? story.begin(id, id).kind : story.find(id, id).kind;
        });
        done += static_cast<int>(std::count(kinds.begin(), kinds.end(), Kind::done));
    }
    checks.equal(done, 100 * threads / 2, "sessions");
}

// Each adds its own, and reads those of all while they come.
void revocations_of_all(Checks& checks, const Stores& stores) {
    constexpr int count = 40;
    std::vector<Reader> readers(threads);
    together(stores, [&](std::size_t number, Story story) {
        for (int i = 0; i < count; ++i) {
            const std::string name = std::to_string(number) + '.' + std::to_string(i);
            add(story, {record(name, unlimited), record("common", story.now + 1000, i)});
            if (i % 2 == 1) {
                remove(story, record(name, 0));
            }
            readers[number].follow(story);
        }
    });
    for (std::size_t number = 0; number < threads; ++number) {
        Reader& reader = readers[number];
        reader.follow(patient(*stores[number]));
        checks.equal(std::ssize(reader.records), threads * count / 2 + 1, "all of them");
        checks.that(reader.records == readers[0].records, "the same for all");
        checks.equal(reader.wholes, 1, "read once");
        checks.equal(reader.records[record("common", 0).key].issued_before, count - 1, "the last");
    }
}

int stop_redis(void** /*state*/) {
    redis.reset();
    return 0;
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each<one_child_at_most>>),
        cmocka_unit_test(run<each<one_child_in_the_window>>),
        cmocka_unit_test(run<each<revoked_while_rotated>>),
        cmocka_unit_test(run<each<subject_revoked_while_rotated>>),
        cmocka_unit_test(run<each<sessions_do_not_meet>>),
        cmocka_unit_test(run<each<revocations_of_all>>),
        cmocka_unit_test(run<opened_at_once>),
    };
    return cmocka_run_group_tests(tests, nullptr, stop_redis);
}
