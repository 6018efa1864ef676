#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/handle.hpp"
#include "check.hpp"
#include "folder.hpp"
#include "revocation_reader.hpp"
#include "store/sqlite_store.hpp"
#include "stores.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::BeginSession;
using auth::StoreError;
using auth::StoreStep;
using store::create_sqlite_file;
using store::SqliteStore;
using namespace std::chrono_literals;

// What the program sqlite3 says to a statement, errors included.
std::string shell(const std::string& path, const std::string& statement) {
    const Handle<std::FILE, ::pclose> output(
        ::popen(("sqlite3 '" + path + "' \"" + statement + "\" 2>&1").c_str(), "r"));
    std::string text;
    std::array<char, 4096> piece{};
    while (output != nullptr &&
           std::fgets(piece.data(), static_cast<int>(piece.size()), output.get()) != nullptr) {
        text += piece.data();
    }
    return text;
}

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

// Why the tables of a file cannot be made or used, or nothing.
std::string prepare_error(const std::string& path) {
    if (!create_sqlite_file(path)) {
        return "cannot be created";
    }
    SqliteStore store(path);
    return error_of([&] { Story{store}.find("", ""); });
}

void remove_database(const std::string& path) {
    for (const char* end : {"", "-wal", "-shm"}) {
        std::filesystem::remove(path + end);
    }
}

void prepared_once_and_twice(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    checks.that(std::filesystem::exists(path), "made");
    checks.equal(shell(path, "PRAGMA journal_mode"), "wal\n", "readers and writers do not wait");
    SqliteStore store(path);
    expect(checks, Story{store}.begin("s", "a"), Kind::done, "works");
    checks.equal(prepare_error(path), "", "while it is in use");
    expect(checks, Story{store}.find("s", "a"), Kind::done, "nothing is lost");
    SqliteStore other(path);
    expect(checks, Story{other}.find("s", "a"), Kind::done, "nothing is lost");
}

void files_that_are_none_of_ours(Checks& checks) {
    const Folder folder;
    const std::string text = folder.write("text", std::string(10000, 'x'));
    checks.equal(prepare_error(text), "cannot be used: file is not a database", "a text");
    checks.equal(static_cast<long long>(std::filesystem::file_size(text)), 10000, "untouched");
    const std::string later = folder.file("later");
    shell(later, "CREATE TABLE t (c); PRAGMA user_version = 2");
    checks.equal(prepare_error(later), "has the schema version 2, which is not supported",
                 "another version");
    for (const std::string& path :
         {text, later, folder.file("none"), folder.file("no/folder"), folder.file(".")}) {
        SqliteStore store(path);
        const std::string error = error_of([&] { Story{store}.begin("s", "a"); });
        checks.that(!error.empty() && error.find(path) == std::string::npos, path);
    }
    checks.that(!std::filesystem::exists(folder.file("none")), "a store makes no file");
    for (const std::string& path : {folder.file("no/folder"), folder.file(".")}) {
        const std::string error = prepare_error(path);
        checks.that(!error.empty() && error.find(path) == std::string::npos, path);
    }
}

void made_after_the_store(Checks& checks) {
    const Folder folder;
    SqliteStore store(folder.file("db"));
    checks.that(!error_of([&] { Story{store}.begin("s", "a"); }).empty(), "not yet");
    checks.equal(prepare_error(folder.file("db")), "", "made");
    expect(checks, Story{store}.begin("s", "a"), Kind::done, "now");
}

// Whoever comes first makes the tables, and others wait for them.
void many_begin_with_an_empty_file(Checks& checks) {
    for (int round = 0; round < 5; ++round) {
        const Folder folder;
        const std::string path = folder.file("db");
        checks.that(create_sqlite_file(path), "created");
        std::array<std::string, 8> errors;
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < errors.size(); ++i) {
            threads.emplace_back([&path, i, &error = errors.at(i)] {
                error = error_of([&] {
                    SqliteStore store(path);
                    const std::string number = std::to_string(i);
                    Story{store}.begin("s" + number, "a" + number);
                });
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        for (const std::string& error : errors) {
            checks.equal(error, "", "begun");
        }
        checks.equal(shell(path, "SELECT count(*) FROM sessions"), "8\n", "all of them");
    }
}

void empty_file_that_another_process_has_locked(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.that(create_sqlite_file(path), "created");
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    const Handle<sqlite3, sqlite3_close> other(db);
    sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    SqliteStore store(path);
    Story story{store};
    const auth::StoreStep begin = BeginSession{story.session("s"), story.token("a")};
    const auto started = auth::StoreClock::now();
    checks.that(!error_of([&] { take(store, begin, 300ms); }).empty(), "is given up");
    checks.that(auth::StoreClock::now() - started < 2s, "in time");
    sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
    expect(checks, take(store, begin), Kind::done, "afterwards it is made");
}

// A file with one session, which nobody has open.
void make_database(Checks& checks, const std::string& path, const std::string& sid,
                   const std::string& jti) {
    remove_database(path);
    checks.equal(prepare_error(path), "", "made");
    SqliteStore store(path);
    expect(checks, Story{store}.begin(sid, jti), Kind::done, "made");
}

// SQLite keeps a log beside the file, and knows no more than its name: so what is there afterwards
// is for a store of its own.
void taken_away_while_open(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    const auto remove_one = [&] { std::filesystem::remove(path); };
    const auto remove_all = [&] { remove_database(path); };
    const auto replace = [&] { std::filesystem::rename(folder.file("new"), path); };
    const auto overwrite = [&] {
        remove_database(path);
        checks.equal(folder.write("db", std::string(10000, 'x')), path, "a text");
    };
    const std::function<void()> accidents[] = {remove_one, remove_all, replace, overwrite};
    for (const auto& accident : accidents) {
        make_database(checks, folder.file("new"), "t", "c");
        make_database(checks, path, "s", "a");
        SqliteStore store(path);
        Story story{store};
        expect(checks, story.rotate("s", "a", "b"), Kind::done, "there");
        accident();
        for (int i = 0; i < 3; ++i) {
            checks.that(!error_of([&] { story.rotate("s", "b", "c"); }).empty(), "not into it");
            checks.that(!error_of([&] { story.find("s", "b"); }).empty(), "nor out of it");
            checks.that(!error_of([&] { story.find("t", "c"); }).empty(), "nor of another one");
        }
        make_database(checks, path, "u", "d");
        checks.that(!error_of([&] { story.find("u", "d"); }).empty(), "for good");
        SqliteStore fresh(path);
        expect(checks, Story{fresh}.find("u", "d"), Kind::done, "opened anew");
        expect(checks, Story{fresh}.find("s", "b"), Kind::unknown, "opened anew");
    }
}

void read_by_others_while_open(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    SqliteStore store(path);
    Story story{store};
    story.now = 1000;
    story.begin("s", "a");
    story.now = 1010;
    story.rotate("s", "a", "b");
    story.begin("t", "c");
    story.now = 1020;
    story.revoke("t");
    checks.equal(shell(path, "SELECT * FROM refresh_tokens ORDER BY jti"),
                 "a|s|alice|acme|reader,writer|1000|1010|1100|0||b\n"
                 "b|s|alice|acme|reader,writer|1010||1110|0||\n"
                 "c|t|alice|acme|reader,writer|1010||1110|1|1020|\n",
                 "all there is");
    checks.equal(shell(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"),
                 "revocation_list\nrevocations\nsessions\ntokens\n", "and nothing else");
    expect(checks, story.rotate("s", "b", "d"), Kind::done, "goes on");
}

void written_by_another_for_long(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    SqliteStore store(path);
    Story story{store};
    story.begin("s", "a");
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    const Handle<sqlite3, sqlite3_close> other(db);
    sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    expect(checks, story.find("s", "a"), Kind::done, "reads go on");
    const auth::StoreStep rotate = auth::RotateToken{"s", "a", story.token("b"), 0};
    for (const auto patience : {-100ms, 0ms, 300ms, 5000ms}) {
        const auto begin = auth::StoreClock::now();
        checks.that(!error_of([&] { take(store, rotate, patience); }).empty(), "is given up");
        const auto waited = auth::StoreClock::now() - begin;
        checks.that(waited >= patience && waited < patience + 1s, "in time");
    }
    sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
    expect(checks, story.find("s", "b"), Kind::unknown, "nothing was done");
    expect(checks, story.rotate("s", "a", "b"), Kind::done, "goes on");
}

void all_or_nothing(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    SqliteStore store(path);
    Story story{store};
    story.begin("s", "a");
    checks.equal(shell(path, "CREATE TRIGGER t BEFORE INSERT ON tokens WHEN new.jti = 'bad' "
                             "BEGIN SELECT RAISE(ABORT, 'no'); END"),
                 "", "a fault");
    const std::vector<StoreStep> steps{
        BeginSession{story.session("t"), story.token("b")},
        auth::RotateToken{"s", "a", story.token("c"), 0},
        BeginSession{story.session("u"), story.token("bad")},
        BeginSession{story.session("v"), story.token("d")},
    };
    checks.that(!error_of([&] { store.run(steps); }).empty(), "one of them fails");
    checks.equal(shell(path, "SELECT jti, replaced_by FROM tokens"), "a|\n", "none was done");
    expect(checks, story.find("t", "b"), Kind::unknown, "none was done");
    shell(path, "DROP TRIGGER t");
    for (const auto& outcome : store.run(steps)) {
        expect(checks, outcome, Kind::done, "all are done");
    }
}

// A file of an earlier version has no revocations, and sessions without a client.
void old_file(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    SqliteStore before(path);
    Story{before}.begin("s", "a");
    checks.equal(shell(path, "DROP TABLE revocations; DROP TABLE revocation_list; "
                             "ALTER TABLE sessions DROP COLUMN client"),
                 "", "removed");
    std::array<std::string, 8> epochs;
    std::array<std::string, 8> errors;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < epochs.size(); ++i) {
        threads.emplace_back([&, i] {
            errors[i] = error_of([&] {
                SqliteStore store(path);
                epochs[i] = read(Story{store}).epoch;
            });
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (std::size_t i = 0; i < epochs.size(); ++i) {
        checks.equal(errors[i], "", "made");
        checks.that(!epochs[i].empty() && epochs[i] == epochs[0], "one epoch");
    }
    SqliteStore store(path);
    expect(checks, Story{store}.find("s", "a"), Kind::done, "sessions are kept");
    checks.equal(Story{store}.list("alice", "acme")["s"].client, "", "their clients are unknown");
    Story{store}.begin("t", "b");
    checks.equal(Story{store}.list("alice", "acme")["t"].client, "client of t", "a new one");
    expect(checks, add(Story{store}, {record("a", unlimited)}), Kind::done, "added");
    checks.equal(std::ssize(read(Story{before}).added), 1, "in the store that was open as well");
    checks.equal(shell(path, "PRAGMA user_version"), "1\n", "earlier versions can still use it");
}

void lost_epoch(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    SqliteStore store(path);
    const Story story{store};
    add(story, {record("a", unlimited), record("b", unlimited)});
    const auth::RevocationChanges before = read(story);
    checks.equal(shell(path, "DELETE FROM revocation_list"), "", "lost");
    checks.that(!error_of([&] { read(story, before.epoch, before.version); }).empty(), "noticed");
    const auth::RevocationChanges after = read(story, before.epoch, before.version);
    checks.that(after.epoch != before.epoch && after.whole, "a new epoch");
    checks.that(after.added == before.added, "with what is left");
    add(story, {record("c", unlimited)});
    checks.equal(std::ssize(read(story).added), 3, "and with what is added");
    shell(path, "UPDATE revocations SET key = 'short' WHERE version = 1");
    checks.that(!error_of([&] { read(story); }).empty(), "a broken key");
}

// A process that ends as in a crash has lost nothing of what its store answered.
void crash(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    const pid_t child = ::fork();
    if (child == 0) {
        SqliteStore store(path);
        Story story{store};
        const bool done = story.begin("s", "a").kind == Kind::done &&
                          story.rotate("s", "a", "b").kind == Kind::done;
        ::_exit(done ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    checks.equal(status, 0, "it was done");
    SqliteStore store(path);
    expect(checks, Story{store}.find("s", "b"), Kind::done, "still there");
    expect(checks, Story{store}.find("s", "a"), Kind::spent, "still there");
}

void full_disk(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("db");
    checks.equal(prepare_error(path), "", "made");
    SqliteStore store(path);
    Story story{store};
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{200'000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    int begun = 0;
    const std::string error = error_of([&] {
        for (; begun < 10000; ++begun) {
            const std::string number = std::to_string(begun);
            story.begin("s" + number, "a" + number);
        }
    });
    ::setrlimit(RLIMIT_FSIZE, &before);
    checks.that(!error.empty() && begun > 0, "full");
    for (int i = 0; i < begun; ++i) {
        const std::string number = std::to_string(i);
        expect(checks, story.find("s" + number, "a" + number), Kind::done, number);
    }
    expect(checks, story.begin("s", "a"), Kind::done, "goes on");
    checks.equal(shell(path, "PRAGMA integrity_check"), "ok\n", "nothing is broken");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<prepared_once_and_twice>),
        cmocka_unit_test(run<files_that_are_none_of_ours>),
        cmocka_unit_test(run<made_after_the_store>),
        cmocka_unit_test(run<many_begin_with_an_empty_file>),
        cmocka_unit_test(run<empty_file_that_another_process_has_locked>),
        cmocka_unit_test(run<taken_away_while_open>),
        cmocka_unit_test(run<read_by_others_while_open>),
        cmocka_unit_test(run<written_by_another_for_long>),
        cmocka_unit_test(run<all_or_nothing>),
        cmocka_unit_test(run<old_file>),
        cmocka_unit_test(run<lost_epoch>),
        cmocka_unit_test(run<crash>),
        cmocka_unit_test(run<full_disk>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
