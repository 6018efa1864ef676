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
    checks.that(table->replace_file(all, 100), "they fit");
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
    checks.equal(static_cast<long long>(added), 50, "what fits");
    checks.equal(static_cast<long long>(found(table, 50)), 50, "the list");
    checks.equal(static_cast<long long>(found(table, 50, "x")), 50, "and the others");
    checks.that(table->add(record_of({Kind::jti, "y"}, Source::single), 201), "they are over");
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
        cmocka_unit_test(run<single_entries_come_and_go>),
        cmocka_unit_test(run<a_flood_does_not_push_out_entries>),
        cmocka_unit_test(run<small_memory_is_refused>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
