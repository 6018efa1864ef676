#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"
#include "revocations.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

using Kind = RevocationKind;
using Check = RevocationTable::Check;
using Source = RevocationSource;

const RevocableToken token{"j", "s", "alice", "k", "acme", "https://id", 1000};

// Whether the entry alone revokes the token.
bool revokes(const RevocationEntry& entry, const RevocableToken& of = token,
             std::int64_t now = 100) {
    const Memory table(10);
    return load(table, {entry}) && table->check(of, now) == Check::revoked;
}

void each_kind_is_found(Checks& checks) {
    checks.that(revokes({Kind::jti, "j", "acme"}), "jti");
    checks.that(revokes({Kind::sid, "s", "acme"}), "sid");
    checks.that(revokes({Kind::sub, "alice", "acme"}), "sub");
    checks.that(revokes({Kind::kid, "k", "acme"}), "kid");
    checks.that(revokes({Kind::tenant, "acme"}), "tenant");
    for (const char* const other : {"J", "j ", "jj", "", "s", "alice", "k", "acme"}) {
        checks.that(!revokes({Kind::jti, other, "acme"}), other);
    }
    checks.that(!revokes({Kind::sid, "j", "acme"}), "another kind");
    checks.that(!revokes({Kind::sub, "", ""}, {}), "a token without a subject");
    checks.that(!revokes({Kind::tenant, ""}, {}), "a token without a tenant");
}

void tenants_are_apart(Checks& checks) {
    RevocableToken of_none = token;
    of_none.tenant = {};
    RevocableToken of_globex = token;
    of_globex.tenant = "globex";
    for (const Kind kind : {Kind::jti, Kind::sid, Kind::sub, Kind::kid}) {
        const std::string value = kind == Kind::jti   ? "j"
                                  : kind == Kind::sid ? "s"
                                  : kind == Kind::sub ? "alice"
                                                      : "k";
        const bool is_kid = kind == Kind::kid;
        checks.that(!revokes({kind, value, "acme"}, of_none), "no tenant");
        checks.that(!revokes({kind, value, "acme"}, of_globex), "another tenant");
        checks.that(revokes({kind, value, {}}, of_none), "without a tenant");
        checks.that(revokes({kind, value, {}}) == is_kid, "a thief chooses the tenant");
        checks.that(revokes({kind, value, "*"}), "every tenant");
        checks.that(revokes({kind, value, "*"}, of_none), "every tenant, and none");
    }
    RevocableToken star = token;
    star.tenant = "*";
    checks.that(!revokes({Kind::sub, "alice", "acme"}, star), "a tenant of that name");
    checks.that(!revokes({Kind::tenant, "acme"}, of_globex), "a tenant is itself");
    checks.that(!revokes({Kind::sub, "ealice", "acm"}), "the texts do not run together");
}

void issuers_are_apart(Checks& checks) {
    checks.that(revokes({Kind::sub, "alice", "acme", "https://id"}), "its issuer");
    checks.that(!revokes({Kind::sub, "alice", "acme", "https://id/"}), "another issuer");
    RevocableToken of_nobody = token;
    of_nobody.issuer = {};
    checks.that(!revokes({Kind::sub, "alice", "acme", "https://id"}, of_nobody), "no issuer");
    checks.that(revokes({Kind::sub, "alice", "acme"}, of_nobody), "every issuer");
    checks.that(revokes({Kind::tenant, "acme", {}, "https://id"}), "a tenant of an issuer");
}

void later_tokens_are_alive(Checks& checks) {
    RevocableToken of = token;
    for (const auto& entry : {RevocationEntry{Kind::sub, "alice", "acme", {}, 1000},
                              RevocationEntry{Kind::tenant, "acme", {}, {}, 1000}}) {
        const auto dead = [&](std::optional<double> issued_at) {
            of.issued_at = issued_at;
            return revokes(entry, of);
        };
        checks.that(dead(999) && dead(1000), "issued before, or in that second");
        checks.that(dead(1000.9), "a fraction does not matter");
        checks.that(!dead(1001) && !dead(1e300), "issued later");
        checks.that(dead(-1e300) && dead(std::nullopt), "without a time it is older");
    }
    of.issued_at = 1e300;
    checks.that(revokes({Kind::kid, "k", "acme"}, of), "a key thief chooses the time");
    checks.that(revokes({Kind::sub, "alice", "acme"}, of), "without a limit");
}

void entries_end(Checks& checks) {
    const RevocationEntry entry{Kind::jti, "j", "acme", {}, {}, 200};
    checks.that(revokes(entry, token, 199) && !revokes(entry, token, 200), "exclusive");
    const Memory table(10);
    checks.that(load(table, {entry}, 300) && table->check(token, 100) == Check::alive,
                "an entry that is over is not loaded");
    checks.that(load(table, {entry, {Kind::jti, "j", "acme", {}, {}, 150}}, 100), "twice");
    checks.that(table->check(token, 199) == Check::revoked, "the longer one counts");
    checks.that(load(table, {{Kind::jti, "j", "acme", {}, {}, 150}}, 100), "shorter");
    checks.that(table->check(token, 150) == Check::alive, "a later list may say less");
}

void nothing_is_known_before_a_list(Checks& checks) {
    const Memory table(10);
    checks.that(table->check(token, 100) == Check::unavailable, "no list yet");
    const std::uint64_t before = table->generation();
    checks.that(before != 0, "never 0");
    checks.that(load(table, {}) && table->check(token, 100) == Check::alive, "an empty one");
    checks.that(table->generation() > before, "another generation");
}

std::size_t found(const Memory& table, std::size_t count, std::string_view prefix = "j") {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string jti = std::string(prefix) + std::to_string(i);
        sum += table->check({.jti = jti, .issued_at = 5}, 100) == Check::revoked ? 1 : 0;
    }
    return sum;
}

void a_list_that_does_not_fit_is_not_used(Checks& checks) {
    const Memory table(1000);
    checks.equal(static_cast<long long>(table->capacity()), 1000, "capacity");
    checks.that(load(table, many(1000)), "as many as there are");
    checks.equal(static_cast<long long>(found(table, 1000)), 1000, "all");
    checks.equal(static_cast<long long>(found(table, 1000, "x")), 0, "no others");
    const std::uint64_t before = table->generation();
    checks.that(!load(table, many(1001)), "one too many");
    checks.that(table->generation() != before, "tokens are checked again");
    checks.that(table->check(token, 100) == Check::unavailable, "not in part");
    checks.that(load(table, many(1000, "x")), "all others");
    checks.equal(static_cast<long long>(found(table, 1000, "x")), 1000, "all of the others");
    checks.equal(static_cast<long long>(found(table, 1000)), 0, "none of the first");
}

void entries_that_say_the_same_are_one(Checks& checks) {
    Entries entries = many(10);
    for (std::size_t i = 0; i < 100; ++i) {
        entries.push_back({Kind::jti, "j3"});
        entries.push_back({Kind::jti, "x" + std::to_string(i), {}, {}, {}, 100}); // over
    }
    entries.push_back({Kind::sub, "alice", "acme", {}, 900, 200});
    entries.insert(entries.begin(), {Kind::sub, "alice", "acme", {}, 1000, 150});
    entries.insert(entries.begin(), {Kind::sub, "alice", "acme", {}, 2000, 100}); // over
    auto all = records(entries);
    condense(all, 100);
    checks.equal(static_cast<long long>(all.size()), 11, "entries");
    const Memory table(11);
    checks.that(replace_file(table, all, 100, [] {}), "they fit");
    checks.equal(static_cast<long long>(found(table, 10)), 10, "all");
    checks.that(table->check(token, 199) == Check::revoked, "the later times count");
    RevocableToken later = token;
    later.issued_at = 1001;
    checks.that(table->check(later, 100) == Check::alive, "but not those that are over");
    all.clear();
    condense(all, 100);
    checks.that(all.empty(), "none");
}

void large_tables_fill(Checks& checks) {
    constexpr std::size_t count = 20'000;
    for (const std::uint64_t secret : {0ULL, 0x123456789abcdef0ULL}) {
        const Memory table(count, secret);
        checks.that(table.size() < count * 92, "bytes for each entry");
        for (const char* const prefix : {"a", "b", "c"}) { // each takes the slots of the last
            checks.that(load(table, many(count, prefix)), "fits");
        }
        checks.equal(static_cast<long long>(found(table, count, "c")), count, "all");
        checks.equal(static_cast<long long>(found(table, 1000, "b")), 0, "none");
    }
}

// Steps of a list, and in between one of everything that other workers may do.
void a_list_is_replaced_in_steps(Checks& checks) {
    constexpr std::size_t count = 20'000;
    const Memory table(3 * count);
    const auto single = [](const std::string& jti) {
        return record_of({Kind::jti, jti, {}, {}, {}, 200}, Source::single);
    };
    Entries list = many(count);
    checks.that(load(table, list), "a list");
    list.resize(count / 2); // the first half remains
    for (const auto& entry : many(count, "new")) {
        list.push_back(entry);
    }
    std::size_t steps = 0;
    const auto others = [&] {
        const std::string jti = "x" + std::to_string(++steps);
        checks.equal(static_cast<long long>(found(table, count / 2)), count / 2, "those that stay");
        checks.that(table->add(single(jti), 100) &&
                        table->apply(std::vector{single("a" + jti)}, {}, 100),
                    "others");
        table->remove(single("x" + std::to_string(steps / 2)));
        table->sweep(table->bucket_count() - 1, 100);
    };
    const std::uint64_t before = table->generation();
    checks.that(replace_file(table, records(list), 100, others), "they fit");
    checks.that(table->generation() != before, "tokens are checked again");
    checks.that(steps > 10, "in several steps");
    checks.equal(static_cast<long long>(found(table, count)), count / 2, "the others are gone");
    checks.equal(static_cast<long long>(found(table, count, "new")), count, "the new ones");
    checks.equal(static_cast<long long>(found(table, steps + 1, "ax")), steps, "all of others");
    checks.that(found(table, steps + 1, "x") == steps - steps / 2, "but those removed");
    checks.equal(static_cast<long long>(table->size() - table->single_size()), count + count / 2,
                 "of the file");
}

void the_latest_list_counts(Checks& checks) {
    using Progress = RevocationTable::Progress;
    const Memory table(20'000);
    const auto first = records(many(10'000, "first"));
    const auto second = records(many(12'000, "second"));
    for (std::size_t done = 1; done < 7; ++done) { // of the first one, when the second one begins
        checks.that(load(table, many(1000)), "a list");
        RevocationTable::FileChange change{first, 100};
        for (std::size_t i = 0; i < done; ++i) {
            checks.that(table->replace_file(change) == Progress::more, "a step");
        }
        bool is_outdated = true;
        checks.that(replace_file(table, second, 100,
                                 [&] {
                                     is_outdated = is_outdated && table->replace_file(change) ==
                                                                      Progress::outdated;
                                 }) &&
                        is_outdated,
                    "the second one");
        checks.equal(static_cast<long long>(found(table, 12'000, "second")), 12'000, "all");
        checks.that(found(table, 10'000, "first") == 0 && found(table, 1000) == 0, "no others");
        RevocationTable::FileChange late{first, 100};
        checks.that(table->replace_file(late) == Progress::more, "it begins");
        checks.that(!load(table, many(20'001)), "too many");
        checks.that(table->replace_file(late) == Progress::outdated &&
                        table->check(token, 100) == Check::unavailable,
                    "an earlier one does not help");
    }
}

// An entry of a kind that none had before, in a part of the table that was swept before.
void shapes_survive_sweeps(Checks& checks) {
    const Memory table(20'000);
    Entries list = many(10'000);
    list.push_back({Kind::sub, "alice", "acme"});
    for (std::size_t at = 0; at < 6; ++at) {
        checks.that(load(table, {}), "an empty list");
        std::size_t steps = 0;
        checks.that(replace_file(table, records(list), 100,
                                 [&] {
                                     if (steps++ == at) {
                                         table->sweep(2 * table->bucket_count() - 1, 100);
                                     }
                                 }) &&
                        steps > at,
                    "they fit");
        table->sweep(1, 100);
        checks.that(table->check(token, 100) == Check::revoked, "found");
    }
}

void single_entries_come_and_go(Checks& checks) {
    const Memory table(10);
    const RevocationEntry entry{Kind::sub, "alice", "acme", {}, 500, 200};
    const auto single = record_of(entry, Source::single);
    checks.that(load(table, {}) && table->add(single, 100), "added");
    checks.that(table->check(token, 100) == Check::alive, "it was issued later");
    checks.that(
        table->add(record_of({Kind::sub, "alice", "acme", {}, 1000, 150}, Source::single), 100),
        "once more");
    checks.that(table->check(token, 199) == Check::revoked, "it is as wide as both");
    checks.that(load(table, {}) && table->check(token, 100) == Check::revoked,
                "another list of the file does not matter");
    checks.that(load(table, {entry}), "the file has it as well");
    table->remove(single);
    checks.that(table->check({.subject = "alice", .tenant = "acme", .issued_at = 1}, 100) ==
                    Check::revoked,
                "the entry of the file remains");
    const std::uint64_t before = table->generation();
    table->remove(single);
    checks.that(table->generation() == before, "nothing was removed");
}

void a_flood_does_not_push_out_entries(Checks& checks) {
    const Memory table(100);
    checks.that(load(table, many(50)), "half full");
    std::size_t added = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
        added += table->add(record_of({Kind::jti, "x" + std::to_string(i), {}, {}, {}, 200},
                                      Source::single),
                            100)
                     ? 1
                     : 0;
    }
    checks.equal(static_cast<long long>(added), 38, "an eighth of the room is kept");
    checks.equal(static_cast<long long>(found(table, 50)), 50, "the list");
    checks.equal(static_cast<long long>(found(table, 50, "x")), 38, "and the others");
    checks.that(table->add(record_of({Kind::jti, "x7", {}, {}, {}, 300}, Source::single), 100),
                "one that is there is extended");
    checks.that(load(table, many(62)), "the list may grow");
    checks.that(table->add(record_of({Kind::jti, "y"}, Source::single), 201), "they are over");
}

RevocationRecord single(const std::string& jti, std::int64_t until = 1000) {
    return record_of({Kind::jti, jti, {}, {}, {}, until}, Source::single);
}

std::vector<RevocationRecord> singles(std::size_t count, const std::string& prefix = "j") {
    std::vector<RevocationRecord> all;
    for (std::size_t i = 0; i < count; ++i) {
        all.push_back(single(prefix + std::to_string(i)));
    }
    return all;
}

bool is_revoked(const Memory& table, std::string_view jti, std::int64_t now = 100) {
    return table->check({.jti = jti, .issued_at = 5}, now) == Check::revoked;
}

void changes_of_others_are_applied(Checks& checks) {
    const Memory table(20);
    const std::vector<RevocationRecord> added{single("a", 500), single("b"), single("over", 100)};
    checks.that(load(table, {{Kind::jti, "b"}}) && table->apply(added, {}, 100), "they fit");
    checks.that(is_revoked(table, "a") && is_revoked(table, "b"), "added");
    checks.that(!is_revoked(table, "over", 50), "but not what is over");
    const std::uint64_t before = table->generation();
    checks.that(table->apply(std::vector{single("a", 200)}, std::vector{single("b")}, 100),
                "again");
    checks.that(table->generation() != before, "tokens are checked again");
    checks.that(is_revoked(table, "a", 199) && !is_revoked(table, "a", 200),
                "the others know best");
    checks.that(is_revoked(table, "b"), "the file has it as well");
    checks.that(load(table, {}) && !is_revoked(table, "b"), "removed");
    checks.that(table->apply(std::vector{single("a", 90)}, {}, 100) && !is_revoked(table, "a", 80),
                "what is over now is removed");
    checks.that(table->apply(singles(20), {}, 100) && !table->apply(singles(1, "x"), {}, 100),
                "one too many");
    checks.that(table->apply(singles(1, "x"), singles(1), 100), "in place of another");
}

void the_single_entries_are_replaced(Checks& checks) {
    const Memory table(20);
    checks.that(load(table, {{Kind::jti, "file"}}) && table->apply(singles(5, "old"), {}, 100),
                "a list, and the file");
    table->begin_list();
    checks.that(table->apply(singles(3), {}, 100) && table->add(single("new"), 100) &&
                    table->add(single("old1"), 100),
                "another list");
    checks.equal(static_cast<long long>(found(table, 5, "old")), 5, "the old one is in force");
    table->end_list();
    checks.that(is_revoked(table, "new") && is_revoked(table, "old1"), "added meanwhile");
    checks.equal(static_cast<long long>(found(table, 3)), 3, "the new list");
    checks.equal(static_cast<long long>(found(table, 5, "old")), 1, "the others are gone");
    checks.that(is_revoked(table, "file"), "the file remains");
    checks.equal(static_cast<long long>(table->size()), 6, "size");
    table->begin_list();
    table->end_list();
    checks.that(table->single_size() == 0 && table->size() == 1, "an empty list");
}

bool is_before(const RevocationRecord& one, const RevocationRecord& other) {
    return one.key < other.key;
}

void single_entries_are_copied(Checks& checks) {
    const Memory table(300);
    auto all = singles(200);
    all.push_back(record_of({Kind::sub, "alice", "acme", "https://id", 7, {}}, Source::single));
    checks.that(load(table, many(50)) && table->apply(all, {}, 100) &&
                    table->apply(std::vector{single("over", 120)}, {}, 100),
                "they fit");
    std::vector<RevocationRecord> copied;
    std::size_t steps = 0;
    for (std::optional<std::size_t> at = 0; at; ++steps) {
        std::vector<RevocationRecord> some;
        at = table->copy(*at, 50, 120, some);
        checks.that(some.size() <= 50, "not too many at once");
        copied.insert(copied.end(), some.begin(), some.end());
    }
    checks.that(steps > 4, "in several steps");
    std::sort(all.begin(), all.end(), is_before);
    std::sort(copied.begin(), copied.end(), is_before);
    checks.that(copied == all, "all of them, with their times");
}

void what_is_over_is_swept(Checks& checks) {
    const Memory table(100);
    checks.that(load(table, {}) && table->apply(singles(50), {}, 100) &&
                    table->add(single("lasts", 5000), 100),
                "they fit");
    for (std::size_t i = 0; i < table->bucket_count(); ++i) {
        checks.that(table->size() > 1, "not all at once");
        table->sweep(1, 1000);
    }
    checks.equal(static_cast<long long>(table->size()), 1, "what is left");
    checks.that(is_revoked(table, "lasts", 1000), "it is in force");
    table->sweep(table->bucket_count() * 3, 6000);
    checks.that(table->size() == 0 && table->single_size() == 0, "empty");
    checks.that(table->add(single("again", 9000), 6000) && is_revoked(table, "again", 6000),
                "its shape is known again");
    table->sweep(table->bucket_count() / 2, 6000);
    checks.that(table->apply(std::vector{record_of({Kind::sid, "s"}, Source::single)}, {}, 6000),
                "another shape");
    table->sweep(table->bucket_count() * 2, 6000);
    checks.that(table->check({.sid = "s"}, 6000) == Check::revoked, "found after the sweep");
}

// A process may have been killed at any time.
void an_interrupted_sweep_goes_on(Checks& checks) {
    const Memory table(30);
    checks.that(load(table, {}) && table->apply(singles(20), {}, 100), "they fit");
    const auto before = table.copy();
    table->sweep(1, 100);
    const auto after = table.copy();
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] == 0 && after[i] == 1) { // perhaps the position
            table.words()[i] = table->bucket_count();
        }
    }
    table->sweep(100'000, 1000);
    checks.equal(static_cast<long long>(found(table, 20)), 0, "it stays within the table");
}

void only_the_lists_that_are_needed_count(Checks& checks) {
    using State = RevocationTable::State;
    const Memory table(20);
    const RevocationSources file{true, false};
    const RevocationSources others{false, true};
    const RevocableToken of{.jti = "j"};
    checks.that(table->check(of, 100, others) == Check::alive, "without a file");
    checks.that(table->check(of, 100, file) == Check::unavailable, "the file was not loaded");
    checks.that(load(table, {}) && table->add(single("j"), 100), "loaded");
    checks.that(table->check(of, 100, file) == Check::alive, "the file does not have it");
    checks.that(table->check(of, 100, others) == Check::revoked, "the others do");
    for (const State state : {State::stale, State::too_small, State::not_loaded}) {
        const std::uint64_t before = table->generation();
        table->set_state(Source::single, state);
        checks.that(table->generation() != before, "tokens are checked again");
        checks.that(table->check(of, 100) == Check::unavailable, "both lists are needed");
        checks.that(table->check(of, 100, file) == Check::alive, "one list is enough");
        checks.that(table->add(single("k"), 100) && table->state(Source::single) == state,
                    "an entry more does not change that");
    }
    checks.that(!load(table, many(21)) && table->state(Source::file) == State::too_small, "full");
    table->set_state(Source::single, State::ready);
    checks.that(table->check(of, 100, others) == Check::revoked, "each list has its own state");
}

void small_memory_is_refused(Checks& checks) {
    std::vector<std::byte> memory(RevocationTable::bytes_for(10));
    checks.that(RevocationTable::create({memory.data(), 64}, 1) == nullptr, "too small");
    checks.that(RevocationTable::create({memory.data(), 0}, 1) == nullptr, "none");
    for (std::size_t shift = 0; shift < 64; ++shift) { // whatever the alignment
        std::vector<std::byte> shifted(RevocationTable::bytes_for(10) + shift);
        RevocationTable* const table =
            RevocationTable::create(std::span(shifted).subspan(shift), 1);
        checks.that(table != nullptr && table->capacity() == 10, "one bucket");
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each_kind_is_found>),
        cmocka_unit_test(run<tenants_are_apart>),
        cmocka_unit_test(run<issuers_are_apart>),
        cmocka_unit_test(run<later_tokens_are_alive>),
        cmocka_unit_test(run<entries_end>),
        cmocka_unit_test(run<nothing_is_known_before_a_list>),
        cmocka_unit_test(run<a_list_that_does_not_fit_is_not_used>),
        cmocka_unit_test(run<entries_that_say_the_same_are_one>),
        cmocka_unit_test(run<large_tables_fill>),
        cmocka_unit_test(run<a_list_is_replaced_in_steps>),
        cmocka_unit_test(run<the_latest_list_counts>),
        cmocka_unit_test(run<shapes_survive_sweeps>),
        cmocka_unit_test(run<single_entries_come_and_go>),
        cmocka_unit_test(run<a_flood_does_not_push_out_entries>),
        cmocka_unit_test(run<changes_of_others_are_applied>),
        cmocka_unit_test(run<the_single_entries_are_replaced>),
        cmocka_unit_test(run<single_entries_are_copied>),
        cmocka_unit_test(run<what_is_over_is_swept>),
        cmocka_unit_test(run<an_interrupted_sweep_goes_on>),
        cmocka_unit_test(run<only_the_lists_that_are_needed_count>),
        cmocka_unit_test(run<small_memory_is_refused>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
