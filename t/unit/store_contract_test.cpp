#include <cstdio>
#include <optional>

#include "check.hpp"
#include "folder.hpp"
#include "redis_server.hpp"
#include "store/store_address.hpp"
#include "stores.hpp"

// What auth::TokenStore promises, of each store.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::BeginSession;
using auth::FindToken;
using auth::PurgeExpired;
using auth::RefreshToken;
using auth::RevokeSession;
using auth::RotateToken;
using auth::Session;
using auth::StoreOutcome;
using auth::StoreStep;

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

void begin_and_find(Checks& checks, Story story) {
    const Session session = story.session("s");
    const RefreshToken token = story.token("a");
    const StoreOutcome wanted{Kind::done, session, token};
    checks.that(same(story.begin("s", "a"), wanted), "begin");
    checks.that(same(story.find("s", "a"), wanted), "find");
    expect(checks, story.begin("other", "b"), Kind::done, "another session");
    checks.that(same(story.find("s", "a"), wanted), "find again");
    story.now += 10;
    checks.that(same(story.find("s", "a"), wanted), "later");
    const StoreOutcome alone = story.find("s");
    expect(checks, alone, Kind::done, "the session alone");
    checks.that(alone.session == session, "the session alone");
}

void what_is_not_there(Checks& checks, Story story) {
    expect(checks, story.find("s", "a"), Kind::unknown, "nothing yet");
    expect(checks, story.find("s"), Kind::unknown, "nothing yet");
    expect(checks, story.rotate("s", "a", "b"), Kind::unknown, "nothing yet");
    expect(checks, story.revoke("s"), Kind::unknown, "nothing yet");
    expect(checks, story.find("s", "b"), Kind::unknown, "none was made");
    story.begin("s", "a");
    story.begin("other", "o");
    for (const char* jti : {"o", "b", "A", "a ", "' OR 1=1 --", "%", "sub", "*", "token:a"}) {
        expect(checks, story.find("s", jti), Kind::unknown, jti);
        expect(checks, story.rotate("s", jti, "x"), Kind::unknown, jti);
    }
    for (const char* sid : {"o", "", "S", "s ", "*", "}", "{s}", "s' OR 'a'='a"}) {
        expect(checks, story.find(sid, "a"), Kind::unknown, sid);
        expect(checks, story.find(sid), Kind::unknown, sid);
        expect(checks, story.rotate(sid, "a", "x"), Kind::unknown, sid);
        expect(checks, story.revoke(sid), Kind::unknown, sid);
    }
    expect(checks, story.find("s", "a"), Kind::done, "untouched");
    expect(checks, story.find("other", "o"), Kind::done, "untouched");
    expect(checks, story.find("s", "x"), Kind::unknown, "none was made");
}

void rotation(Checks& checks, Story story) {
    const Session session = story.session("s");
    story.begin("s", "0");
    for (int turn = 1; turn <= 20; ++turn) {
        story.now += 40;
        const std::string old = std::to_string(turn - 1);
        const std::string next = std::to_string(turn);
        const StoreOutcome wanted{Kind::done, session, story.token(next)};
        checks.that(same(story.rotate("s", old, next), wanted), next);
        checks.that(same(story.find("s", next), wanted), next);
        const StoreOutcome spent = story.find("s", old);
        expect(checks, spent, Kind::spent, old);
        checks.that(spent.session == session, old);
        expect(checks, story.find("s"), Kind::done, "the session");
    }
}

void reuse_revokes_the_family(Checks& checks, Story story) {
    for (const char* used : {"a", "b", "c"}) {
        const std::string sid = std::string("s") + used;
        const auto jti = [&](const char* letter) { return sid + letter; };
        const Session session = story.session(sid);
        story.begin(sid, jti("a"));
        story.begin(sid + "2", sid + "2");
        story.rotate(sid, jti("a"), jti("b"));
        story.rotate(sid, jti("b"), jti("c"));
        story.rotate(sid, jti("c"), jti("d"));
        ++story.now;
        const StoreOutcome reused = story.rotate(sid, jti(used), jti("x"));
        expect(checks, reused, Kind::reused, used);
        checks.that(same(reused, {Kind::reused, session, {}}), "whose it was, and nothing good");
        for (const char* letter : {"d", "a", "b", "c"}) {
            expect(checks, story.find(sid, jti(letter)), Kind::revoked, letter);
            const StoreOutcome revoked = story.rotate(sid, jti(letter), jti("y"));
            expect(checks, revoked, Kind::revoked, letter);
            checks.that(same(revoked, {Kind::revoked, session, {}}), "nothing good");
        }
        for (const char* letter : {"x", "y"}) {
            const Kind kind = story.find(sid, jti(letter)).kind;
            checks.that(kind == Kind::revoked || kind == Kind::unknown, "none was made");
        }
        expect(checks, story.find(sid), Kind::revoked, "the session");
        expect(checks, story.find(sid + "2", sid + "2"), Kind::done, "another login");
    }
}

void reuse_window(Checks& checks, Story story) {
    story.begin("s", "a");
    story.now += 5;
    const StoreOutcome first = story.rotate("s", "a", "b", 10);
    expect(checks, first, Kind::done, "first");
    for (const int seconds : {0, 1, 8}) {
        story.now += seconds;
        const StoreOutcome again = story.rotate("s", "a", "x" + std::to_string(seconds), 10);
        checks.that(same(again, {Kind::repeated, first.session, first.token}), "the same again");
    }
    expect(checks, story.find("s", "b"), Kind::done, "the successor");
    expect(checks, story.find("s", "x0"), Kind::unknown, "none was made");
    expect(checks, story.rotate("s", "b", "c", 10), Kind::done, "it is good");
    expect(checks, story.find("s", "c"), Kind::done, "it is good");
    checks.equal(story.rotate("s", "b", "x", 10).token.jti, "c", "one further");
}

void window_is_over(Checks& checks, Story story) {
    story.begin("s", "a");
    story.rotate("s", "a", "b", 10);
    story.now += 9;
    expect(checks, story.rotate("s", "a", "x", 10), Kind::repeated, "just in time");
    story.now += 2; // a repetition does not make it longer
    expect(checks, story.rotate("s", "a", "y", 10), Kind::reused, "too late");
    expect(checks, story.find("s", "b"), Kind::revoked, "the successor");

    story.begin("t", "ta");
    story.rotate("t", "ta", "tb", 10);
    expect(checks, story.rotate("t", "ta", "tx", 0), Kind::reused, "no window, the same second");
    expect(checks, story.rotate("t", "ta", "tx", 10), Kind::revoked, "what is revoked stays so");
    expect(checks, story.rotate("t", "tb", "tx", 10), Kind::revoked, "what is revoked stays so");
}

void window_ends_with_the_successor(Checks& checks, Story story) {
    story.begin("s", "a");
    story.rotate("s", "a", "b", 10);
    story.rotate("s", "b", "c", 10);
    const StoreOutcome reused = story.rotate("s", "a", "x", 10);
    expect(checks, reused, Kind::reused, "the successor was used");
    for (const char* jti : {"a", "b", "c"}) {
        expect(checks, story.find("s", jti), Kind::revoked, jti);
    }
}

void good_before_this_second(Checks& checks, Story story) {
    story.begin("s", "a");
    story.now += 99;
    expect(checks, story.find("s", "a"), Kind::done, "just in time");
    expect(checks, story.find("s"), Kind::done, "just in time");
    ++story.now;
    expect(checks, story.find("s", "a"), Kind::expired, "too late");
    expect(checks, story.rotate("s", "a", "b"), Kind::expired, "too late");
    expect(checks, story.find("s", "b"), Kind::unknown, "none was made");

    story.begin("t", "ta");
    story.now += 99;
    expect(checks, story.rotate("t", "ta", "tb"), Kind::done, "just in time");
    ++story.now;
    expect(checks, story.find("t", "tb"), Kind::done, "has a life of its own");
    expect(checks, story.find("t"), Kind::done, "and the session with it");
}

void expired_tokens_are_harmless(Checks& checks, Story story) {
    story.begin("s", "a");
    story.now += 50;
    story.rotate("s", "a", "b", 200);
    story.now += 50;
    const Kind kind = story.rotate("s", "a", "x", 200).kind;
    checks.that(kind == Kind::expired || kind == Kind::unknown, "spent, and expired");
    expect(checks, story.find("s", "b"), Kind::done, "may be forgotten, so it is no reuse");
    expect(checks, story.find("s", "x"), Kind::unknown, "none was made");
}

void session_end(Checks& checks, Story story) {
    story.session_lifetime = 150;
    const std::int64_t end = story.now + 150;
    for (const char* sid : {"s", "t", "u"}) {
        checks.equal(story.begin(sid, std::string(sid) + "a").session.ends_at, end, sid);
    }
    story.now += 90;
    checks.equal(story.rotate("s", "sa", "b").token.expires_at, end, "at the end");
    const StoreOutcome rotated = story.rotate("t", "ta", "tb", 10);
    checks.equal(rotated.token.expires_at, end, "at the end");
    checks.equal(story.find("t", "tb").token.expires_at, end, "found");
    checks.that(
        same(story.rotate("t", "ta", "tx", 10), {Kind::repeated, rotated.session, rotated.token}),
        "repeated");
    story.now = end - 50;
    story.lifetime = 10;
    expect(checks, story.rotate("u", "ua", "ub"), Kind::expired, "expired before the end");
    story.lifetime = 100;
    story.now = end - 1;
    expect(checks, story.find("s", "b"), Kind::done, "just in time");
    expect(checks, story.rotate("t", "tb", "tc"), Kind::done, "for one second");
    story.now = end;
    for (const char* sid : {"s", "t", "u"}) {
        expect(checks, story.find(sid), Kind::expired, sid);
    }
    expect(checks, story.find("s", "b"), Kind::expired, "over");
    expect(checks, story.rotate("s", "b", "c"), Kind::expired, "over");
    expect(checks, story.rotate("t", "tc", "td"), Kind::expired, "over");
}

void revocation(Checks& checks, Story story) {
    const Session session = story.session("s");
    story.begin("s", "a");
    story.begin("other", "o");
    story.rotate("s", "a", "b", 10);
    const StoreOutcome revoked = story.revoke("s");
    expect(checks, revoked, Kind::done, "once");
    checks.that(revoked.session == session, "whose it was");
    for (const char* jti : {"a", "b"}) {
        expect(checks, story.find("s", jti), Kind::revoked, jti);
        expect(checks, story.rotate("s", jti, "x", 10), Kind::revoked, jti);
    }
    const StoreOutcome found = story.find("s");
    expect(checks, found, Kind::revoked, "the session");
    checks.that(found.session == session, "the session");
    expect(checks, story.rotate("s", "b", "x"), Kind::revoked, "no way back");
    story.begin("s", "a");
    expect(checks, story.find("s", "a"), Kind::revoked, "no way back");
    expect(checks, story.find("other", "o"), Kind::done, "another");
    expect(checks, story.revoke("nobody"), Kind::unknown, "unknown");
}

void revocation_within_a_tenant(Checks& checks, Story story) {
    story.begin("s", "a");
    const auto revoke = [&](const char* tenant) {
        return take(story.store, RevokeSession{"s", story.now, tenant}).kind;
    };
    for (const char* tenant : {"globex", "", "acm", "acme "}) {
        checks.equal(name(revoke(tenant)), "unknown", tenant);
    }
    expect(checks, story.find("s", "a"), Kind::done, "goes on");
    checks.equal(name(revoke("acme")), "done", "its own");
    checks.equal(name(revoke("globex")), "unknown", "even when it is over");
    expect(checks, story.find("s", "a"), Kind::revoked, "is over");

    Session none = story.session("none");
    none.tenant.clear();
    take(story.store, BeginSession{none, story.token("n")});
    expect(checks, take(story.store, RevokeSession{"none", story.now, "acme"}), Kind::unknown,
           "of no tenant");
    expect(checks, take(story.store, RevokeSession{"none", story.now, ""}), Kind::done,
           "no tenant");
}

void revocation_of_a_subject(Checks& checks, Story story) {
    const auto begin = [&](const char* sid, const char* subject, const char* tenant) {
        Session session = story.session(sid);
        session.subject = subject;
        session.tenant = tenant;
        take(story.store, BeginSession{session, story.token(std::string(sid) + "/a")});
    };
    begin("s1", "alice", "acme");
    begin("s2", "alice", "acme");
    begin("globex", "alice", "globex");
    begin("none", "alice", "");
    begin("bob", "bob", "acme");
    begin("shifted", "e\nalice", "acm");
    story.rotate("s2", "s2/a", "s2/b");
    expect(checks, story.revoke_subject("alice", "initech"), Kind::unknown, "another tenant");
    expect(checks, story.revoke_subject("carol", "acme"), Kind::unknown, "another subject");
    expect(checks, story.revoke_subject("alice", "acme"), Kind::done, "all of hers");
    expect(checks, story.find("s1", "s1/a"), Kind::revoked, "one");
    expect(checks, story.find("s2", "s2/b"), Kind::revoked, "one that was refreshed");
    expect(checks, story.rotate("s2", "s2/b", "s2/c"), Kind::revoked, "no way back");
    for (const char* sid : {"globex", "none", "bob", "shifted"}) {
        expect(checks, story.find(sid), Kind::done, sid);
    }
    checks.that(story.revoke_subject("alice", "acme").kind != Kind::done, "nothing is left");
    begin("s3", "alice", "acme");
    expect(checks, story.find("s3"), Kind::done, "a later session");
    expect(checks, story.revoke_subject("alice", "acme"), Kind::done, "which ends as well");
    expect(checks, story.find("s3"), Kind::revoked, "which ends as well");
    expect(checks, story.revoke_subject("alice", ""), Kind::done, "no tenant");
    expect(checks, story.find("none"), Kind::revoked, "no tenant");
    expect(checks, story.find("globex"), Kind::done, "and no other");
}

void revocation_of_many_sessions(Checks& checks, Story story) {
    constexpr int count = 700;
    std::vector<StoreStep> steps;
    for (int i = 0; i < count; ++i) {
        const std::string sid = "s" + std::to_string(i);
        steps.emplace_back(BeginSession{story.session(sid), story.token(sid + "a")});
    }
    steps.emplace_back(auth::RevokeSubject{"alice", "acme", story.now});
    steps.emplace_back(BeginSession{story.session("later"), story.token("later/a")});
    const auto outcomes = story.store.run(steps);
    checks.equal(static_cast<long long>(outcomes.size()), std::ssize(steps), "one for each");
    expect(checks, outcomes[count], Kind::done, "all at once");
    for (int i = 0; i < count; ++i) {
        expect(checks, story.find("s" + std::to_string(i)), Kind::revoked, std::to_string(i));
    }
    expect(checks, story.find("later"), Kind::done, "steps are done in their order");
}

void revocation_within_a_subject(Checks& checks, Story story) {
    story.begin("s", "a");
    const auto revoke = [&](const char* subject, std::optional<std::string> tenant) {
        return take(story.store, RevokeSession{"s", story.now, std::move(tenant), subject});
    };
    for (const char* other : {"bob", "", "Alice", "alice "}) {
        expect(checks, revoke(other, "acme"), Kind::unknown, other);
        expect(checks, revoke(other, std::nullopt), Kind::unknown, other);
    }
    expect(checks, revoke("alice", "globex"), Kind::unknown, "another tenant");
    expect(checks, revoke("alice", ""), Kind::unknown, "no tenant");
    expect(checks, story.find("s", "a"), Kind::done, "untouched");
    expect(checks, revoke("alice", "acme"), Kind::done, "their own");
    expect(checks, revoke("alice", "acme"), Kind::revoked, "once");
    expect(checks, revoke("bob", "acme"), Kind::unknown, "not even that it was revoked");
}

void sessions_of_a_subject(Checks& checks, Story story) {
    const std::int64_t begin = story.now;
    const auto names = [&](const char* subject, const char* tenant) {
        std::string all;
        for (const auto& one : story.list(subject, tenant)) {
            all += one.first + ' ';
        }
        return all;
    };
    checks.equal(names("alice", "acme"), "", "none yet");
    story.begin("a", "a0");
    story.begin("b", "b0");
    const auto begin_other = [&](const char* sid, const char* subject, const char* tenant) {
        Session session = story.session(sid);
        session.subject = subject;
        session.tenant = tenant;
        take(story.store, BeginSession{session, story.token(std::string(sid) + "0")});
    };
    begin_other("other", "bob", "acme");
    begin_other("globex", "alice", "globex");
    begin_other("none", "alice", "");
    checks.equal(names("alice", "acme"), "a b ", "their own");
    checks.equal(names("bob", "acme"), "other ", "another subject");
    checks.equal(names("alice", "globex"), "globex ", "another tenant");
    checks.equal(names("alice", ""), "none ", "no tenant");
    checks.equal(names("alic", "eacme"), "", "nobody");
    story.now += 10;
    story.rotate("a", "a0", "a1");
    story.now += 10;
    story.rotate("a", "a1", "a2");
    story.rotate("a", "a1", "x", 50);
    auto sessions = story.list("alice", "acme");
    checks.that(sessions["a"] ==
                    auth::ListedSession{"a", begin, begin + 20, begin + 120, "client of a"},
                "used");
    checks.that(sessions["b"] == auth::ListedSession{"b", begin, begin, begin + 100, "client of b"},
                "not used");
    story.now = begin + 99;
    checks.equal(names("alice", "acme"), "a b ", "just in time");
    ++story.now;
    checks.equal(names("alice", "acme"), "a ", "expired");
    story.purge();
    checks.that(story.list("alice", "acme")["a"] ==
                    auth::ListedSession{"a", begin, begin + 20, begin + 120, "client of a"},
                "what is kept is known");
    RotateToken moved{"a", "a2", story.token("a3"), 0};
    moved.renewal = RotateToken::Renewal{"alice", "initech", {}, begin + 150};
    take(story.store, moved);
    checks.equal(names("alice", "acme"), "", "moved to another tenant");
    sessions = story.list("alice", "initech");
    checks.that(sessions["a"] ==
                    auth::ListedSession{"a", begin, begin + 100, begin + 150, "client of a"},
                "with a nearer end");
    story.begin("c", "c0");
    story.begin("d", "d0");
    story.revoke("c");
    checks.equal(names("alice", "acme"), "d ", "revoked");
    story.rotate("d", "d0", "d1");
    story.rotate("d", "d0", "d2");
    checks.equal(names("alice", "acme"), "", "reused");
    story.revoke_subject("alice", "initech");
    checks.equal(names("alice", "initech"), "", "all revoked");
}

void many_sessions_of_a_subject(Checks& checks, Story story) {
    constexpr std::size_t count = auth::most_listed_sessions + 300;
    std::vector<StoreStep> steps;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string sid = "s" + std::to_string(i);
        steps.emplace_back(BeginSession{story.session(sid), story.token(sid)});
    }
    for (int i = 0; i < 200; ++i) {
        steps.emplace_back(RevokeSession{"s" + std::to_string(i), story.now});
    }
    steps.emplace_back(auth::ListSessions{"alice", "acme", story.now});
    for (std::size_t i = 0; i < 200; ++i) {
        steps.emplace_back(RevokeSession{"s" + std::to_string(count - 1 - i), story.now});
    }
    steps.emplace_back(auth::ListSessions{"alice", "acme", story.now});
    const auto outcomes = story.store.run(steps);
    checks.equal(std::ssize(outcomes[count + 200].sessions), auth::most_listed_sessions, "enough");
    checks.equal(std::ssize(outcomes.back().sessions), count - 400, "all");
    for (const auto& session : outcomes.back().sessions) {
        expect(checks, story.find(session.sid), Kind::done, session.sid);
    }
}

// An account that was read anew.
void renewal(Checks& checks, Story story) {
    story.begin("s", "a");
    const auto rotate = [&](const char* jti, const char* next, const char* tenant,
                            std::vector<std::string> roles, std::int64_t ends_at) {
        RotateToken step{"s", jti, story.token(next), 10};
        step.renewal = RotateToken::Renewal{"alice", tenant, std::move(roles), ends_at};
        return take(story.store, step);
    };
    const std::int64_t far = story.now + 100'000;
    Session wanted = story.session("s");
    checks.that(rotate("a", "b", "acme", {"reader", "writer"}, far).session == wanted, "the same");
    wanted.roles = {"reader"};
    checks.that(rotate("b", "c", "acme", {"reader"}, far).session == wanted, "fewer roles");
    checks.that(story.find("s").session == wanted, "are kept");
    wanted.roles.clear();
    wanted.tenant = "globex";
    checks.that(rotate("c", "d", "globex", {}, far).session == wanted, "another tenant");
    expect(checks, story.revoke_subject("alice", "acme"), Kind::unknown, "the former tenant");
    wanted.ends_at = story.now + 50;
    const StoreOutcome shorter = rotate("d", "e", "globex", {}, story.now + 50);
    checks.that(shorter.session == wanted, "a nearer end");
    checks.equal(shorter.token.expires_at, story.now + 50, "which no token outlives");
    checks.that(rotate("e", "f", "globex", {}, far).session == wanted, "comes no later again");
    wanted.roles = {"editor"};
    const StoreOutcome repeated = rotate("e", "g", "globex", {"editor"}, far);
    expect(checks, repeated, Kind::repeated, "in the window");
    checks.that(repeated.session == wanted && repeated.token.jti == "f", "the same successor");
    expect(checks, rotate("b", "h", "initech", {"admin"}, far), Kind::reused, "reused");
    checks.that(story.find("s").session == wanted, "brings nothing");
    expect(checks, rotate("f", "i", "initech", {"admin"}, far), Kind::revoked, "revives nothing");
    checks.that(story.find("s").session == wanted, "brings nothing");

    story.begin("t", "t/a");
    RotateToken moved{"t", "t/a", story.token("t/b"), 0};
    moved.renewal = RotateToken::Renewal{"alice", "globex", {}, far};
    take(story.store, moved);
    expect(checks, story.revoke_subject("alice", "globex"), Kind::done, "the new tenant");
    expect(checks, story.find("t"), Kind::revoked, "is revoked there");
}

// The same outcome, where the first answer was lost; but what was revoked has been revoked then.
void each_step_twice(Checks& checks, Story story) {
    const auto twice = [&](const char* what, const StoreStep& step, Kind wanted,
                           bool revokes = false) {
        StoreOutcome outcome = take(story.store, step);
        expect(checks, outcome, wanted, what);
        outcome.kind = revokes ? Kind::revoked : wanted;
        checks.that(same(take(story.store, step), outcome), what);
        ++story.now;
        checks.that(same(take(story.store, step), outcome), what);
    };
    twice("begin", BeginSession{story.session("s"), story.token("a")}, Kind::done);
    twice("find", FindToken{"s", "a", story.now}, Kind::done);
    twice("find the session", FindToken{"s", "", story.now}, Kind::done);
    twice("rotate", RotateToken{"s", "a", story.token("b"), 0}, Kind::done);
    twice("rotate with a window", RotateToken{"s", "b", story.token("c"), 10}, Kind::done);
    twice("repeat", RotateToken{"s", "b", story.token("d"), 10}, Kind::repeated);
    twice("find spent", FindToken{"s", "b", story.now}, Kind::spent);
    twice("unknown", RotateToken{"s", "x", story.token("y"), 0}, Kind::unknown);
    twice("revoke", RevokeSession{"s", story.now}, Kind::done, true);
    twice("rotate revoked", RotateToken{"s", "c", story.token("e"), 0}, Kind::revoked);
    twice("revoke nobody", RevokeSession{"nobody", story.now}, Kind::unknown);

    twice("begin", BeginSession{story.session("t"), story.token("ta")}, Kind::done);
    twice("rotate", RotateToken{"t", "ta", story.token("tb"), 0}, Kind::done);
    twice("reuse", RotateToken{"t", "ta", story.token("tc"), 0}, Kind::reused, true);
    twice("begin", BeginSession{story.session("u"), story.token("ua")}, Kind::done);
    story.now += 100;
    twice("expired", RotateToken{"u", "ua", story.token("ub"), 0}, Kind::expired);
    twice("find expired", FindToken{"u", "ua", story.now}, Kind::expired);
}

// A begin that comes once more brings nothing back.
void late_repetitions(Checks& checks, Story story) {
    const BeginSession begin{story.session("s"), story.token("a")};
    take(story.store, begin);
    story.rotate("s", "a", "b");
    take(story.store, begin);
    expect(checks, story.find("s", "a"), Kind::spent, "spent stays spent");
    expect(checks, story.find("s", "b"), Kind::done, "and its successor good");
    const RotateToken rotate{"s", "b", story.token("c"), 0};
    take(story.store, rotate);
    take(story.store, rotate);
    expect(checks, story.find("s", "c"), Kind::done, "no reuse");
    expect(checks, story.rotate("s", "c", "d"), Kind::done, "no reuse");
    take(story.store, RotateToken{"s", "b", story.token("c"), 0});
    checks.that(story.find("s", "c").kind != Kind::done, "spent stays spent");

    story.begin("t", "ta");
    story.lifetime = 10;
    const RotateToken short_lived{"t", "ta", story.token("tb"), 0};
    take(story.store, short_lived);
    story.now += 20;
    checks.that(story.purge(), "its successor is forgotten");
    take(story.store, short_lived);
    checks.that(story.find("t", "tb").kind != Kind::done, "and does not come back");
}

void steps_in_their_order(Checks& checks, Story story) {
    checks.equal(static_cast<long long>(story.store.run({}).size()), 0, "none");
    const std::vector<StoreStep> steps{
        FindToken{"s", "a", story.now},
        BeginSession{story.session("s"), story.token("a")},
        FindToken{"s", "a", story.now},
        RotateToken{"s", "a", story.token("b"), 10},
        BeginSession{story.session("t"), story.token("ta")},
        RotateToken{"s", "a", story.token("c"), 10},
        FindToken{"s", "b", story.now},
        PurgeExpired{story.now},
        RevokeSession{"s", story.now},
        FindToken{"s", "b", story.now},
        RotateToken{"t", "ta", story.token("tb"), 0},
        RotateToken{"t", "ta", story.token("tc"), 0},
        RotateToken{"t", "tb", story.token("td"), 0},
        FindToken{"u", "", story.now},
    };
    const Kind wanted[] = {Kind::unknown,  Kind::done,   Kind::done,    Kind::done,   Kind::done,
                           Kind::repeated, Kind::done,   Kind::done,    Kind::done,   Kind::revoked,
                           Kind::done,     Kind::reused, Kind::revoked, Kind::unknown};
    const auto outcomes = story.store.run(steps);
    checks.equal(static_cast<long long>(outcomes.size()), std::ssize(steps), "one for each");
    for (std::size_t i = 0; i < outcomes.size() && i < std::size(wanted); ++i) {
        expect(checks, outcomes[i], wanted[i], std::to_string(i));
    }
}

void deadline(Checks& checks, Story story) {
    story.begin("s", "a");
    const StoreStep rotate = RotateToken{"s", "a", story.token("b"), 0};
    for (const int late : {0, 1, 10'000}) {
        bool refused = false;
        try {
            take(story.store, rotate, -std::chrono::milliseconds(late));
        } catch (const auth::StoreError&) {
            refused = true;
        }
        checks.that(refused, "nobody waits for it");
    }
    expect(checks, story.find("s", "a"), Kind::done, "not begun");
    expect(checks, take(story.store, rotate, auth::store_patience), Kind::done, "in time");
}

void many_in_one_run(Checks& checks, Story story) {
    std::vector<StoreStep> steps;
    for (int i = 0; i < 2000; ++i) {
        const std::string sid = "s" + std::to_string(i);
        steps.emplace_back(BeginSession{story.session(sid), story.token(sid + "a")});
        steps.emplace_back(RotateToken{sid, sid + "a", story.token(sid + "b"), 0});
    }
    const auto outcomes = story.store.run(steps);
    checks.equal(static_cast<long long>(outcomes.size()), std::ssize(steps), "one for each");
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const std::string sid = "s" + std::to_string(i / 2);
        const StoreOutcome wanted{Kind::done, story.session(sid),
                                  story.token(sid + (i % 2 == 0 ? "a" : "b"))};
        checks.that(same(outcomes[i], wanted), sid);
    }
}

void any_text_survives(Checks& checks, Story story) {
    const std::string texts[] = {
        "",
        "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x94\x91",
        "it's \"quoted\" \\ back\\\\slash",
        "'; DROP TABLE sessions; --",
        "?1 :a @a $a %s %d {} [] KEYS[1] ]] --[[",
        "a\r\n$5\r\nb\r\n",
        std::string("nul\0nul\0", 8),
        "\x01\x1f\x7f\x80\xff\xfe",
        " spaces ",
        "1e3",
        "-0",
        "18446744073709551616",
        "null",
        std::string(4096, 'x'),
    };
    int number = 0;
    for (const std::string& text : texts) {
        const std::string sid = std::to_string(number++);
        Session session = story.session(sid);
        session.subject = text.empty() ? "someone" : text;
        session.tenant = text;
        session.roles = {"first", text.empty() ? "role" : text, "last"};
        const StoreOutcome begun{Kind::done, session, story.token(sid + "a")};
        checks.that(same(take(story.store, BeginSession{session, begun.token}), begun), text);
        checks.that(same(story.find(sid, sid + "a"), begun), text);
        checks.that(story.rotate(sid, sid + "a", sid + "b").session == session, text);
        checks.that(story.rotate(sid, sid + "a", sid + "c").session == session, text);
    }
    for (const std::string& text : texts) {
        if (text.find('\0') != std::string::npos) {
            continue; // such an id is nobody's
        }
        const std::string sid = "sid" + text;
        const std::string jti = "jti" + text;
        expect(checks, story.begin(sid, jti), Kind::done, text);
        checks.equal(story.find(sid, jti).token.jti, jti, text);
        expect(checks, story.rotate(sid, jti, jti + "b", 10), Kind::done, text);
        checks.equal(story.rotate(sid, jti, jti + "c", 10).token.jti, jti + "b", text);
    }
}

void any_number_of_roles(Checks& checks, Story story) {
    for (const int count : {0, 1, 2, 1000}) {
        const std::string sid = std::to_string(count);
        Session session = story.session(sid);
        session.roles.clear();
        for (int i = 0; i < count; ++i) {
            session.roles.push_back("r\xc3\xb4le " + std::to_string(count - i));
        }
        const StoreOutcome begun{Kind::done, session, story.token(sid)};
        checks.that(same(take(story.store, BeginSession{session, begun.token}), begun), sid);
        checks.that(same(story.find(sid, sid), begun), sid);
    }
}

void purge(Checks& checks, Story story) {
    checks.that(story.purge(), "nothing to do");
    std::vector<StoreStep> steps;
    for (int i = 0; i < 5000; ++i) {
        const std::string sid = "old" + std::to_string(i);
        steps.emplace_back(BeginSession{story.session(sid), story.token(sid)});
    }
    story.store.run(steps);
    story.begin("revoked", "r");
    story.revoke("revoked");
    story.begin("s", "a");
    story.now += 60;
    story.rotate("s", "a", "b");
    story.begin("fresh", "f");
    story.now += 39;
    checks.that(story.purge(), "comes to an end");
    expect(checks, story.find("old0", "old0"), Kind::done, "just in time");
    expect(checks, story.rotate("revoked", "r", "x"), Kind::revoked, "not forgotten yet");
    ++story.now;
    checks.that(story.purge(), "comes to an end");
    for (const char* sid : {"old0", "old4999", "revoked"}) {
        const Kind kind = story.rotate(sid, sid == std::string("revoked") ? "r" : sid, "x").kind;
        checks.that(kind != Kind::done && kind != Kind::repeated, sid);
    }
    expect(checks, story.find("s", "b"), Kind::done, "what is good is kept");
    checks.that(story.find("s", "a").kind != Kind::done, "spent before");
    expect(checks, story.rotate("s", "b", "c"), Kind::done, "and goes on");
    expect(checks, story.rotate("s", "b", "d"), Kind::reused, "with all that it knows");
    expect(checks, story.find("fresh", "f"), Kind::done, "what is good is kept");
    checks.that(story.purge(), "comes to an end");
    expect(checks, story.find("s", "c"), Kind::revoked, "is remembered as long as its tokens");
}

int stop_redis(void** /*state*/) {
    redis.reset();
    return 0;
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each<begin_and_find>>),
        cmocka_unit_test(run<each<what_is_not_there>>),
        cmocka_unit_test(run<each<rotation>>),
        cmocka_unit_test(run<each<reuse_revokes_the_family>>),
        cmocka_unit_test(run<each<reuse_window>>),
        cmocka_unit_test(run<each<window_is_over>>),
        cmocka_unit_test(run<each<window_ends_with_the_successor>>),
        cmocka_unit_test(run<each<good_before_this_second>>),
        cmocka_unit_test(run<each<expired_tokens_are_harmless>>),
        cmocka_unit_test(run<each<session_end>>),
        cmocka_unit_test(run<each<revocation>>),
        cmocka_unit_test(run<each<revocation_within_a_tenant>>),
        cmocka_unit_test(run<each<revocation_of_a_subject>>),
        cmocka_unit_test(run<each<revocation_of_many_sessions>>),
        cmocka_unit_test(run<each<revocation_within_a_subject>>),
        cmocka_unit_test(run<each<sessions_of_a_subject>>),
        cmocka_unit_test(run<each<many_sessions_of_a_subject>>),
        cmocka_unit_test(run<each<renewal>>),
        cmocka_unit_test(run<each<each_step_twice>>),
        cmocka_unit_test(run<each<late_repetitions>>),
        cmocka_unit_test(run<each<steps_in_their_order>>),
        cmocka_unit_test(run<each<deadline>>),
        cmocka_unit_test(run<each<many_in_one_run>>),
        cmocka_unit_test(run<each<any_text_survives>>),
        cmocka_unit_test(run<each<any_number_of_roles>>),
        cmocka_unit_test(run<each<purge>>),
    };
    return cmocka_run_group_tests(tests, nullptr, stop_redis);
}
