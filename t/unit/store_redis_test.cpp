#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <poll.h>

#include "check.hpp"
#include "redis_server.hpp"
#include "revocation_reader.hpp"
#include "store/redis_store.hpp"
#include "store/store_address.hpp"
#include "stores.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::BeginSession;
using auth::StoreError;
using auth::StoreOutcome;
using auth::StoreStep;
using store::RedisStore;
using store::StoreAddress;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

const std::vector<std::string> durable{"--appendonly", "yes", "--appendfsync", "always"};

// What it throws as a StoreError, or nothing.
template <typename Work>
std::string error_of(const Work& work) {
    try {
        work();
    } catch (const StoreError& error) {
        return error.what();
    }
    return "";
}

// The outcome, once the store works again.
template <typename Work>
StoreOutcome eventually(const Work& work) {
    for (const auto end = Clock::now() + 5s; Clock::now() < end;) {
        try {
            return work();
        } catch (const StoreError&) {
            std::this_thread::sleep_for(20ms);
        }
    }
    return work();
}

StoreAddress with_password(StoreAddress address, const char* user, const char* password) {
    address.user = user;
    address.password = std::make_shared<const Secret>(bytes(password));
    return address;
}

std::string login_error(const StoreAddress& address) {
    RedisStore store(address);
    return error_of([&] { Story{store}.begin("s", "a"); });
}

void passwords(Checks& checks) {
    const RedisServer server({"--requirepass", "right one", "--user", "nginx", "on", ">its own",
                              "~sallyport:*", "+@all"});
    checks.equal(login_error(with_password(server.address(), "", "right one")), "", "the password");
    checks.equal(login_error(with_password(server.address(), "nginx", "its own")), "", "a user");
    const StoreAddress wrong[] = {
        server.address(),
        with_password(server.address(), "", "wrong one"),
        with_password(server.address(), "", ""),
        with_password(server.address(), "nginx", "right one"),
        with_password(server.address(), "nobody", "its own"),
    };
    for (const StoreAddress& address : wrong) {
        const std::string error = login_error(address);
        checks.that(!error.empty(), address.user);
        checks.that(error.find(" one") == error.npos && error.find("own") == error.npos, error);
    }
}

void databases(Checks& checks) {
    const RedisServer server;
    StoreAddress address = server.address();
    address.database = 3;
    RedisStore third(address);
    RedisStore first(server.address());
    expect(checks, Story{third}.begin("s", "a"), Kind::done, "the third");
    expect(checks, Story{first}.find("s", "a"), Kind::unknown, "not the first");
    checks.that(server.ask({"INFO", "keyspace"}).find("db3:keys=2,") != std::string::npos, "3");
    address.database = 16;
    checks.that(!login_error(address).empty(), "no such database");
}

void nobody_there(Checks& checks) {
    RedisServer server;
    StoreAddress address = server.address();
    address.tls = true;
    checks.that(!login_error(address).empty(), "no TLS");
    server.stop();
    RedisStore store(server.address());
    Story story{store};
    const auto begin = Clock::now();
    for (int i = 0; i < 20; ++i) {
        checks.that(!error_of([&] { story.begin("s", "a"); }).empty(), "stopped");
    }
    checks.that(Clock::now() - begin < 2s, "nobody waits");
    server.start();
    expect(checks, eventually([&] { return story.begin("s", "a"); }), Kind::done, "started");
}

void stopped_and_started(Checks& checks) {
    RedisServer server(durable);
    RedisStore store(server.address());
    Story story{store};
    story.begin("s", "a");
    expect(checks, story.rotate("s", "a", "b"), Kind::done, "before");
    story.begin("t", "c");
    story.revoke("t");
    server.stop();
    for (int i = 0; i < 3; ++i) {
        const auto begin = Clock::now();
        checks.that(!error_of([&] { story.rotate("s", "b", "c"); }).empty(), "stopped");
        checks.that(Clock::now() - begin < 6s, "in time");
    }
    server.start();
    expect(checks, eventually([&] { return story.find("s", "b"); }), Kind::done, "kept");
    expect(checks, story.find("s", "a"), Kind::spent, "kept");
    expect(checks, story.find("t", "c"), Kind::revoked, "kept");
    server.stop();
    server.start();
    expect(checks, story.rotate("s", "b", "c"), Kind::done, "nobody was asked meanwhile");
    checks.that(!server.ask({"CLIENT", "KILL", "TYPE", "normal"}).empty(), "put out");
    expect(checks, story.rotate("s", "c", "d"), Kind::done, "connected again");
}

void silent(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    RedisStore late(server.address());
    Story{store}.begin("s", "a");
    server.signal(SIGSTOP);
    for (RedisStore* const one : {&store, &late}) {
        const auto begin = Clock::now();
        checks.that(!error_of([&] { Story{*one}.find("s", "a"); }).empty(), "silent");
        checks.that(Clock::now() - begin < 6s, "in time");
    }
    server.signal(SIGCONT);
    for (RedisStore* const one : {&store, &late}) {
        expect(checks, eventually([&] { return Story{*one}.find("s", "a"); }), Kind::done, "again");
    }
}

// A server that was silent goes through what it was sent; nobody waits for that any more.
void late(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    RedisStore other(server.address());
    Story story{store};
    story.begin("s", "a");
    Story{other}.begin("t", "c");
    server.signal(SIGSTOP);
    const StoreStep rotate = auth::RotateToken{"s", "a", story.token("b"), 0};
    const StoreStep revoke = auth::RevokeSession{"t", story.now};
    const auto begin = Clock::now();
    checks.that(!error_of([&] { take(store, rotate, 1s); }).empty(), "silent");
    checks.that(!error_of([&] { take(other, revoke, 1s); }).empty(), "silent");
    checks.that(Clock::now() - begin < 6s, "in time");
    server.signal(SIGCONT);
    const std::string commands = server.ask({"INFO", "commandstats"});
    // Two for each session that begins: its subject's list, and the session.
    checks.that(commands.find("cmdstat_evalsha:calls=6,") != std::string::npos, commands);
    expect(checks, eventually([&] { return story.find("s", "a"); }), Kind::done, "not spent");
    expect(checks, story.find("s", "b"), Kind::unknown, "not spent");
    expect(checks, story.find("t", "c"), Kind::done, "not revoked");
    expect(checks, take(store, rotate), Kind::done, "in time");
}

// Hands everything on, but what is to be lost or changed.
class Wire {
  public:
    explicit Wire(int port) : port_(port) {
        sockaddr_in name = loopback(0);
        socklen_t size = sizeof(name);
        auto* const address = reinterpret_cast<sockaddr*>(&name);
        if (::bind(listener_, address, size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, address, &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        own_port_ = ntohs(name.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    ~Wire() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

    [[nodiscard]] int port() const { return own_port_; }
    void lose_next_answer() { losing_ = true; }
    [[nodiscard]] bool has_lost_it() const { return !losing_; }
    // The next time that Redis tells is years ago, as that of a clock that is put right later.
    void put_back_next_time() { putting_back_ = true; }
    [[nodiscard]] bool has_put_it_back() const { return !putting_back_; }

  private:
    static sockaddr_in loopback(int port) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(static_cast<std::uint16_t>(port));
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return name;
    }

    // One client after the other, until the listener is closed.
    void serve() {
        for (int client = ::accept(listener_, nullptr, nullptr); client >= 0;
             client = ::accept(listener_, nullptr, nullptr)) {
            const int server = ::socket(AF_INET, SOCK_STREAM, 0);
            const sockaddr_in name = loopback(port_);
            if (::connect(server, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0) {
                carry(client, server);
            }
            ::close(server);
            ::close(client);
        }
    }

    void carry(int client, int server) {
        for (;;) {
            pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {listener_, POLLIN, 0}};
            ::poll(ends, 3, -1);
            if ((ends[2].revents & POLLHUP) != 0) {
                return;
            }
            char data[65536]{};
            const bool answer = ends[1].revents != 0;
            if (!answer && ends[0].revents == 0) {
                continue;
            }
            const ssize_t size = ::read(answer ? server : client, data, sizeof(data));
            constexpr std::string_view time = "*2\r\n$10\r\n1";
            if (answer && std::string_view(data, sizeof(data)).starts_with(time) &&
                putting_back_.exchange(false)) {
                data[time.size() - 1] = '0';
            }
            if (size <= 0 || (answer && losing_.exchange(false)) ||
                ::write(answer ? client : server, data, static_cast<std::size_t>(size)) != size) {
                return;
            }
        }
    }

    int port_;
    int own_port_ = 0;
    int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    std::atomic<bool> losing_ = false;
    std::atomic<bool> putting_back_ = false;
    std::thread thread_;
};

void lost_answers(Checks& checks) {
    const RedisServer server;
    StoreAddress address = server.address();
    RedisStore direct(address);
    Wire wire(server.port());
    address.port = wire.port();
    RedisStore store(address);
    Story story{store};
    expect(checks, story.find("s"), Kind::unknown, "connected");
    const auto losing = [&](const StoreStep& step) {
        wire.lose_next_answer();
        const StoreOutcome outcome = take(store, step);
        checks.that(wire.has_lost_it(), "lost, and asked for again");
        return outcome;
    };
    expect(checks, losing(BeginSession{story.session("s"), story.token("a")}), Kind::done, "begun");
    const StoreOutcome rotated = losing(auth::RotateToken{"s", "a", story.token("b"), 0});
    checks.that(same(rotated, {Kind::done, story.session("s"), story.token("b")}), "rotated");
    expect(checks, losing(auth::FindToken{"s", "b", story.now}), Kind::done, "found");
    const std::vector<StoreStep> steps{
        BeginSession{story.session("t"), story.token("c")},
        auth::RotateToken{"s", "b", story.token("d"), 0},
        auth::RotateToken{"t", "c", story.token("e"), 10},
        auth::RotateToken{"t", "c", story.token("f"), 10},
    };
    wire.lose_next_answer();
    const auto outcomes = store.run(steps);
    const Kind wanted[] = {Kind::done, Kind::done, Kind::done, Kind::repeated};
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
        expect(checks, outcomes.at(i), wanted[i], std::to_string(i));
    }
    checks.equal(outcomes[3].token.jti, "e", "its successor");
    expect(checks, Story{direct}.find("s", "d"), Kind::done, "good");
    expect(checks, Story{direct}.find("t", "e"), Kind::done, "good");
    expect(checks, losing(auth::RevokeSession{"s", story.now}), Kind::revoked, "revoked before");
    expect(checks, Story{direct}.find("s", "d"), Kind::revoked, "revoked");
}

// Its time is told anew, and no step is lost.
void clock_put_forward(Checks& checks) {
    const RedisServer server;
    StoreAddress address = server.address();
    RedisStore direct(address);
    Wire wire(server.port());
    address.port = wire.port();
    const auto revoke = [&](const std::string& sid) {
        return auth::RevokeSession{sid, Story{direct}.now};
    };
    for (const bool several : {false, true}) {
        RedisStore store(address);
        Story story{store};
        const std::string sid = several ? "t" : "s";
        std::vector<StoreStep> steps{BeginSession{story.session(sid), story.token("a")}};
        if (several) {
            steps.emplace_back(auth::RotateToken{sid, "a", story.token("b"), 0});
            steps.emplace_back(auth::FindToken{sid, "b", story.now});
        }
        wire.put_back_next_time();
        const auto begin = Clock::now();
        for (const StoreOutcome& outcome : store.run(steps)) {
            expect(checks, outcome, Kind::done, sid + ": " + outcome.error);
        }
        checks.that(wire.has_put_it_back(), "another time was told");
        checks.that(Clock::now() - begin < 2s, "at once");
        expect(checks, story.find(sid), Kind::done, "and on");
    }
    RedisStore hurried(address);
    wire.put_back_next_time();
    const std::string error = error_of([&] { take(hurried, revoke("s"), 500ms); });
    checks.that(error.find("after its deadline") != std::string::npos, "no time left: " + error);
    expect(checks, Story{direct}.find("s"), Kind::done, "not revoked");
    expect(checks, take(hurried, revoke("s")), Kind::done, "the next one");
}

void keys_go_with_their_tokens(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    Story story{store};
    const auto seconds_left = [&] { return std::stol(server.ask({"TTL", "sallyport:{s}"})); };
    story.begin("s", "a");
    checks.equal(server.ask({"KEYS", "sallyport:{*"}), "sallyport:{s}\n", "one session");
    std::string list = server.ask({"KEYS", "sallyport:subject:*"});
    checks.that(std::count(list.begin(), list.end(), '\n') == 1, "one list of its subject");
    list.pop_back();
    checks.that(std::stol(server.ask({"TTL", list})) > 0, "the list ends as well");
    checks.that(seconds_left() >= 99 && seconds_left() < 200, "begun");
    story.lifetime = 500;
    story.rotate("s", "a", "b");
    checks.that(seconds_left() >= 499 && seconds_left() < 600, "rotated");
    story.revoke("s");
    checks.that(seconds_left() >= 499 && seconds_left() < 600, "revoked");
    story.find("s", "b");
    checks.that(seconds_left() >= 499 && seconds_left() < 600, "found");
    story.rotate("s", "b", "c");
    story.find("t", "d");
    story.revoke("t");
    checks.equal(server.ask({"KEYS", "sallyport:{*"}), "sallyport:{s}\n", "one session");
}

void tokens_go_as_they_expire(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    Story story{store};
    story.session_lifetime = 1'000'000;
    story.begin("s", "0");
    long most = 0;
    for (int turn = 0; turn < 1000; ++turn) {
        story.now += 20;
        expect(checks, story.rotate("s", std::to_string(turn), std::to_string(turn + 1)),
               Kind::done, "rotated");
        most = std::max(most, std::stol(server.ask({"HLEN", "sallyport:{s}"})));
    }
    checks.that(most > 5 && most < 20, std::to_string(most) + " fields");
    expect(checks, story.rotate("s", "998", "x"), Kind::reused, "what is kept is known");
    expect(checks, story.find("s", "1000"), Kind::revoked, "what is kept is known");
}

// They do not say which token is their latest one, nor what began them.
void sessions_of_earlier_versions(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    Story story{store};
    const std::int64_t begin = story.now;
    story.begin("s", "a");
    story.now += 10;
    story.rotate("s", "a", "b");
    story.now += 10;
    story.rotate("s", "b", "c");
    auth::ListedSession wanted{"s", begin, begin + 20, begin + 120, "client of s"};
    checks.that(story.list("alice", "acme")["s"] == wanted, "its latest token");
    checks.equal(server.ask({"HDEL", "sallyport:{s}", "latest"}), "1", "is forgotten");
    checks.that(story.list("alice", "acme")["s"] == wanted, "and found");
    checks.equal(server.ask({"HDEL", "sallyport:{s}", "client"}), "1", "so is the client");
    wanted.client = "";
    checks.that(story.list("alice", "acme")["s"] == wanted, "but not the session");
    expect(checks, story.find("s", "c"), Kind::done, "nor its tokens");
    checks.equal(server.ask({"SET", "sallyport:{t}", "text"}), "OK", "somebody else's");
    story.begin("t", "d");
    checks.that(!error_of([&] { story.list("alice", "acme"); }).empty(), "wrong type");
}

void forgotten_scripts(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    Story story{store};
    story.begin("s", "0");
    for (int turn = 0; turn < 5; ++turn) {
        checks.equal(server.ask({"SCRIPT", "FLUSH"}), "OK", "forgotten");
        expect(checks, story.rotate("s", std::to_string(turn), std::to_string(turn + 1)),
               Kind::done, "learnt again");
    }
}

// An error is of its step alone: the others are done, and say so.
void errors_that_are_answered(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    Story story{store};
    checks.equal(server.ask({"SET", "sallyport:{bad}", "text"}), "OK", "somebody else's");
    story.begin("s", "a");
    const std::vector<StoreStep> steps{
        auth::RotateToken{"s", "a", story.token("a2"), 0},
        auth::FindToken{"bad", "a", story.now},
        auth::FindToken{"nobody", "a", story.now},
        auth::RotateToken{"bad", "a", story.token("b"), 0},
        auth::FindToken{"s", "a2", story.now},
    };
    for (int i = 0; i < 2; ++i) {
        const auto outcomes = store.run(steps, Clock::now() + 1s);
        checks.equal(outcomes.size(), steps.size(), "an outcome each");
        expect(checks, outcomes[0], Kind::done, "before it");
        expect(checks, outcomes[1], Kind::failed, "wrong type");
        checks.that(outcomes[1].error.find("WRONGTYPE") != std::string::npos, outcomes[1].error);
        expect(checks, outcomes[2], Kind::unknown, "between them");
        expect(checks, outcomes[3], Kind::failed, "wrong type");
        expect(checks, outcomes[4], Kind::done, "behind them");
        expect(checks, story.find("s", "a2"), Kind::done, "alone");
    }
    checks.equal(server.ask({"CONFIG", "SET", "maxmemory", "1"}), "OK", "no memory");
    const StoreStep begin = BeginSession{story.session("t"), story.token("b")};
    checks.that(!error_of([&] { take(store, begin, 1s); }).empty(), "no memory");
    checks.equal(server.ask({"CONFIG", "SET", "maxmemory", "0"}), "OK", "memory");
    expect(checks, eventually([&] { return story.begin("t", "b"); }), Kind::done, "memory");
    checks.equal(server.ask({"FLUSHALL"}), "OK", "nothing left");
    expect(checks, story.rotate("s", "a2", "b"), Kind::unknown, "nothing left");
}

// It may have lost what it did last, without a sign of it.
void revocations_after_a_restart(Checks& checks) {
    RedisServer server(durable);
    RedisStore store(server.address());
    RedisStore other(server.address());
    const Story story{store};
    add(story, {record("a", unlimited)});
    const auth::RevocationChanges before = read(story);
    checks.that(!read(Story{other}, before.epoch, before.version).whole, "one epoch for all");
    checks.that(!server.ask({"CLIENT", "KILL", "TYPE", "normal"}).empty(), "put out");
    checks.that(!read(story, before.epoch, before.version).whole, "and connected again");
    server.stop();
    server.start();
    const auth::RevocationChanges after = read(story, before.epoch, before.version);
    checks.that(after.epoch != before.epoch && after.whole, "another epoch");
    checks.that(after.added == before.added, "with all that is left");
    checks.equal(read(Story{other}).epoch, after.epoch, "one epoch for all");
}

void revocations_of_users(Checks& checks) {
    const RedisServer server({"--user", "nginx", "on", ">own", "~sallyport:*", "+@all", "-info"});
    RedisStore store(with_password(server.address(), "nginx", "own"));
    const Story story{store};
    add(story, {record("a", unlimited)});
    const auth::RevocationChanges changes = read(story);
    checks.equal(std::ssize(changes.added), 1, "without INFO");
    checks.that(!read(story, changes.epoch, changes.version).whole, "one epoch");
}

void lost_answers_about_revocations(Checks& checks) {
    const RedisServer server;
    StoreAddress address = server.address();
    RedisStore direct(address);
    Wire wire(server.port());
    address.port = wire.port();
    RedisStore store(address);
    const Story story{store};
    const auto epoch = read(story).epoch;
    const auto losing = [&](const StoreStep& step) {
        wire.lose_next_answer();
        const StoreOutcome outcome = take(store, step);
        checks.that(wire.has_lost_it(), "lost, and asked for again");
        return outcome;
    };
    const auto one = record("a", unlimited);
    expect(checks, losing(auth::AddRevocations{{one}, story.now}), Kind::done, "added");
    checks.equal(read(story).version, 1, "once");
    expect(checks, losing(auth::ReadRevocations{"", 0, story.now}), Kind::done, "read");
    expect(checks, losing(auth::RemoveRevocation{one, story.now}), Kind::done, "removed");
    checks.equal(read(Story{direct}, epoch).version, 2, "once");
    checks.equal(read(Story{direct}).epoch, epoch, "one epoch");
}

void revocations_that_are_over(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    Story story{store};
    const auto count = [&](const char* command, const char* key) {
        return server.ask({command, std::string("sallyport:{revocations}:") + key});
    };
    for (int turn = 0; turn < 100; ++turn) {
        Records some;
        for (int i = 0; i < 10; ++i) {
            some.push_back(record(std::to_string(turn * 10 + i), story.now + 5));
        }
        add(story, some);
        ++story.now;
    }
    checks.equal(count("HLEN", "entries"), "50", "are removed");
    checks.equal(count("ZCARD", "versions"), "50", "are removed");
    checks.equal(count("ZCARD", "ends"), "50", "are removed");
    checks.equal(std::ssize(read(story).added), 40, "the rest");
}

void revocations_in_a_bad_state(Checks& checks) {
    const RedisServer server;
    RedisStore store(server.address());
    const Story story{store};
    const std::string prefix = "sallyport:{revocations}:";
    const auto error = [&](const StoreStep& step) {
        return error_of([&] { take(store, step, 1s); });
    };
    const StoreStep steps[] = {auth::AddRevocations{{record("b", unlimited)}, story.now},
                               auth::RemoveRevocation{record("a", unlimited), story.now},
                               auth::ReadRevocations{"", 0, story.now}};
    for (const char* key : {"list", "entries", "versions", "ends"}) {
        server.ask({"FLUSHALL"});
        add(story, {record("a", unlimited)});
        server.ask({"SET", prefix + key, "text"});
        for (const StoreStep& step : steps) {
            checks.that(error(step).find("WRONGTYPE") != std::string::npos, key);
        }
    }
    server.ask({"FLUSHALL"});
    add(story, {record("a", unlimited)});
    const std::string key(text(record("a", unlimited).key));
    for (const char* text : {"", "text", "0200"}) {
        server.ask({"HSET", prefix + "entries", key, text});
        for (const StoreStep& step : {steps[1], steps[2]}) {
            checks.that(!error(step).empty(), text);
        }
    }
    server.ask({"FLUSHALL"});
    add(story, {record("a", unlimited)});
    const auth::RevocationChanges before = read(story);
    checks.equal(server.ask({"CONFIG", "SET", "maxmemory", "1"}), "OK", "no memory");
    checks.that(!error(steps[0]).empty(), "no memory");
    checks.equal(server.ask({"CONFIG", "SET", "maxmemory", "0"}), "OK", "memory");
    const auto after = take(store, auth::ReadRevocations{before.epoch, before.version, story.now});
    checks.that(!after.revocations->whole && after.revocations->added.empty(), "nothing is lost");
    server.signal(SIGSTOP);
    checks.that(!error(steps[0]).empty() && !error(steps[1]).empty(), "silent");
    server.signal(SIGCONT);
    const StoreOutcome late = eventually([&] { return take(store, steps[2]); });
    checks.that(late.revocations->added == before.added, "too late");
}

} // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN); // as nginx does
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<passwords>),
        cmocka_unit_test(run<databases>),
        cmocka_unit_test(run<nobody_there>),
        cmocka_unit_test(run<stopped_and_started>),
        cmocka_unit_test(run<silent>),
        cmocka_unit_test(run<late>),
        cmocka_unit_test(run<lost_answers>),
        cmocka_unit_test(run<clock_put_forward>),
        cmocka_unit_test(run<keys_go_with_their_tokens>),
        cmocka_unit_test(run<tokens_go_as_they_expire>),
        cmocka_unit_test(run<sessions_of_earlier_versions>),
        cmocka_unit_test(run<forgotten_scripts>),
        cmocka_unit_test(run<errors_that_are_answered>),
        cmocka_unit_test(run<revocations_after_a_restart>),
        cmocka_unit_test(run<revocations_of_users>),
        cmocka_unit_test(run<lost_answers_about_revocations>),
        cmocka_unit_test(run<revocations_that_are_over>),
        cmocka_unit_test(run<revocations_in_a_bad_state>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
