#include <memory>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.hpp"
#include "metrics/recorder.hpp"
#include "metrics/snapshot.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::metrics;
using namespace sallyport::test;

using Texts = std::vector<std::string>;

// Memory that children share.
class Memory {
  public:
    explicit Memory(std::size_t size)
        : bytes_(static_cast<std::byte*>(mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
                 size),
          zone(Zone::create(bytes_, 1000)) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { munmap(bytes_.data(), bytes_.size()); }

  private:
    std::span<std::byte> bytes_;

  public:
    Zone* zone;
};

bool nobody(const ProcessId&) {
    return false;
}

std::uint64_t sum(const Snapshot& snapshot) {
    std::uint64_t all = 0;
    for (const Snapshot::Decisions& row : snapshot.decisions) {
        all += row.count;
    }
    return all;
}

void count(Recorder& recorder, std::size_t label, int times) {
    for (int i = 0; i < times; ++i) {
        recorder.decision(label, Method::jwt, std::nullopt, false);
    }
}

void each_outcome(Checks& checks) {
    Memory memory(1 << 20);
    const Texts labels{"shop", "admin"};
    Recorder recorder(*memory.zone, {1, 1}, nobody, labels, {});
    recorder.decision(1, Method::jwt, std::nullopt, false);
    recorder.decision(2, Method::none, Reason::no_credential, false);
    recorder.decision(2, Method::jwt, Reason::keys_unavailable, false);
    recorder.decision(2, Method::password, Reason::credential_invalid, true);
    recorder.decision(99, Method::api_key, std::nullopt, false);
    const Snapshot snapshot = read(*memory.zone, nobody);
    checks.that(snapshot.labels == Texts{"other", "shop", "admin"}, "labels");
    checks.that(snapshot.workers == 1 && snapshot.since == 1000, "about itself");
    const auto has = [&](std::size_t label, Method method, Outcome outcome,
                         std::optional<Reason> reason) {
        for (const Snapshot::Decisions& row : snapshot.decisions) {
            if (row.label == label && row.method == method && row.outcome == outcome &&
                row.reason == reason && row.count == 1) {
                return true;
            }
        }
        return false;
    };
    checks.that(snapshot.decisions.size() == 5, "five of them");
    checks.that(has(1, Method::jwt, Outcome::allowed, std::nullopt), "allowed");
    checks.that(has(2, Method::none, Outcome::denied, Reason::no_credential), "denied");
    checks.that(has(2, Method::jwt, Outcome::error, Reason::keys_unavailable), "error");
    checks.that(has(2, Method::password, Outcome::observed, Reason::credential_invalid),
                "observed");
    checks.that(has(0, Method::api_key, Outcome::allowed, std::nullopt), "other");
}

void a_process_that_is_gone_leaves_its_sums(Checks& checks) {
    Memory memory(1 << 20);
    const Texts labels{"shop"};
    {
        Recorder first(*memory.zone, {10, 1}, nobody, labels, {});
        count(first, 1, 5);
        first.password_queue(7);
    }
    const std::size_t before = read(*memory.zone, nobody).workers;
    Recorder second(*memory.zone, {11, 1}, [](const ProcessId& id) { return id.pid == 10; }, labels,
                    {});
    count(second, 1, 2);
    const Snapshot snapshot = read(*memory.zone, nobody);
    checks.that(before == 1 && snapshot.workers == 1, "it took the place of the first");
    checks.that(sum(snapshot) == 7, "sums go on");
    checks.that(snapshot.password_queue == 0, "and what was its state does not");
}

void a_living_process_keeps_its_blocks(Checks& checks) {
    Memory memory(1 << 20);
    const Texts labels{"shop"};
    Recorder first(*memory.zone, {10, 1}, nobody, labels, {});
    Recorder second(*memory.zone, {11, 1}, nobody, labels, {});
    count(first, 1, 3);
    count(second, 1, 4);
    checks.that(read(*memory.zone, nobody).workers == 2, "two of them");
    first.release();
    checks.that(read(*memory.zone, nobody).workers == 1, "one has ended");
    Recorder third(*memory.zone, {12, 1}, nobody, labels, {});
    count(third, 1, 5);
    checks.that(sum(read(*memory.zone, nobody)) == 12, "all is counted");
}

void labels_of_the_next_configuration(Checks& checks) {
    Memory memory(1 << 20);
    {
        Recorder first(*memory.zone, {1, 1}, nobody, Texts{"a", "b"}, {});
        count(first, 2, 3);
        first.release();
    }
    Recorder next(*memory.zone, {2, 1}, nobody, Texts{"c", "b"}, {});
    count(next, 1, 1);
    count(next, 2, 1);
    const Snapshot snapshot = read(*memory.zone, nobody);
    checks.that(snapshot.labels == Texts{"other", "a", "b", "c"}, "old ones stay");
    checks.that(snapshot.decisions.size() == 2 && snapshot.decisions[0].count == 4 &&
                    snapshot.decisions[1].count == 1,
                "each under its own name");
}

void without_room_nothing_is_lost(Checks& checks) {
    const Texts labels{"a", "b", "c", "d", "e", "f", "g", "h"};
    Memory memory(16 << 10);
    checks.that(memory.zone != nullptr, "a small zone");
    Recorder first(*memory.zone, {1, 1}, nobody, labels, {});
    Recorder second(*memory.zone, {2, 1}, nobody, labels, {});
    Recorder third(*memory.zone, {3, 1}, nobody, labels, {});
    checks.that(first.is_short() && second.is_short() && third.is_short(), "no room for all");
    for (Recorder* const recorder : {&first, &second, &third}) {
        for (std::size_t label = 0; label <= labels.size(); ++label) {
            count(*recorder, label, 1);
        }
    }
    checks.that(sum(read(*memory.zone, nobody)) == 27, "all is counted");
    third.release();
    checks.that(sum(read(*memory.zone, nobody)) == 27, "and stays");
}

void too_small_for_anything(Checks& checks) {
    std::vector<std::byte> memory(512);
    checks.that(Zone::create(memory, 0) == nullptr, "half a kilobyte");
    checks.that(Zone::create({}, 0) == nullptr, "nothing");
}

void what_is_needed_suffices(Checks& checks) {
    const Texts labels{"a", "a long name of a location", "c"};
    const Texts sources{"/jwks", "keys.jwks"};
    const std::size_t size = Zone::needed(labels, sources, 3);
    std::vector<std::byte> bytes(size);
    Zone* const zone = Zone::create(bytes, 0);
    for (std::uint64_t pid = 1; zone != nullptr && pid <= 3; ++pid) {
        checks.that(!Recorder(*zone, {pid, 1}, nobody, labels, sources).is_short(), "room");
    }
    checks.that(zone != nullptr, "a zone");
}

void many_processes_at_once(Checks& checks) {
    constexpr int processes = 4;
    constexpr int times = 100'000;
    Memory memory(1 << 20);
    const Texts labels{"shop"};
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        Recorder recorder(*memory.zone, {100 + static_cast<std::uint64_t>(i), 1}, nobody, labels,
                          {});
        const pid_t child = fork();
        if (child == 0) {
            count(recorder, 1, times);
            _exit(0);
        }
        children.push_back(child);
    }
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t now = sum(read(*memory.zone, nobody));
        checks.that(now >= last, "a sum never shrinks");
        last = now;
    }
    for (const pid_t child : children) {
        int status = 0;
        checks.that(waitpid(child, &status, 0) == child && status == 0, "the child ended");
    }
    checks.that(sum(read(*memory.zone, nobody)) == processes * times, "exactly");
}

void state_of_sources(Checks& checks) {
    Memory memory(1 << 20);
    const Texts sources{"/jwks"};
    Recorder old(*memory.zone, {1, 1}, nobody, {}, sources);
    Recorder fresh(*memory.zone, {2, 1}, nobody, {}, sources);
    checks.that(!read(*memory.zone, nobody).sources[0].state, "nobody has used it");
    const auto publish = [](Recorder& recorder, std::uint64_t when, bool stale, const char* error) {
        SourceCounters& source = *recorder.source(0);
        source.known = 1;
        source.keys = 2;
        source.last_success = when;
        source.stale = stale ? 1 : 0;
        source.kids.write("one two");
        source.error.write(error);
    };
    publish(old, 50, false, "");
    publish(fresh, 60, false, "");
    auto state = read(*memory.zone, nobody).sources[0].state;
    checks.that(state && state->last_success == 50 && state->kids == "one two", "the oldest");
    publish(fresh, 60, true, "down");
    state = read(*memory.zone, nobody).sources[0].state;
    checks.that(state && state->is_stale && state->error == "down", "a stale one before that");
    state = read(*memory.zone, [](const ProcessId& id) { return id.pid == 2; }).sources[0].state;
    checks.that(state && !state->is_stale, "not of a process that is gone");
    fresh.fetch(0, true, 1500);
    old.fetch(0, false, 500);
    const Snapshot::Source source = read(*memory.zone, nobody).sources[0];
    checks.that(source.fetched == 1 && source.failed == 1 && source.microseconds == 2000, "sums");
}

// A text of one letter each time: a mixture would be half of one text and half of the next.
void a_text_is_read_whole_or_not_at_all(Checks& checks) {
    constexpr int versions = 50'000;
    const auto text = std::make_unique<SharedText<64>>();
    text->write("a");
    std::jthread writer([&] {
        for (int i = 0; i < versions; ++i) {
            text->write(std::string(1 + i % 60, static_cast<char>('a' + i % 26)));
        }
        text->write("the end");
    });
    std::string seen;
    while (seen != "the end") {
        if (text->read(seen) && seen != "the end") {
            checks.that(seen == std::string(seen.size(), seen.front()), seen);
        }
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each_outcome>),
        cmocka_unit_test(run<a_process_that_is_gone_leaves_its_sums>),
        cmocka_unit_test(run<a_living_process_keeps_its_blocks>),
        cmocka_unit_test(run<labels_of_the_next_configuration>),
        cmocka_unit_test(run<without_room_nothing_is_lost>),
        cmocka_unit_test(run<too_small_for_anything>),
        cmocka_unit_test(run<what_is_needed_suffices>),
        cmocka_unit_test(run<many_processes_at_once>),
        cmocka_unit_test(run<state_of_sources>),
        cmocka_unit_test(run<a_text_is_read_whole_or_not_at_all>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
