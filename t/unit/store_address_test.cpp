#include "check.hpp"
#include "store/memory_store.hpp"
#include "store/redis_connection.hpp"
#include "store/redis_store.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_address.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using store::make_store;
using store::parse_store_address;
using store::StoreAddress;
using Kind = StoreAddress::Kind;

struct Row {
    const char* text;
    Kind kind;
    const char* path;
    const char* host;
    int port;
    int database;
};

const Row rows[] = {
    {"memory:", Kind::memory, "", "", 6379, 0},
    {"sqlite:tokens.db", Kind::sqlite, "tokens.db", "", 6379, 0},
    {"sqlite:/var/lib/sallyport/tokens.db", Kind::sqlite, "/var/lib/sallyport/tokens.db", "", 6379,
     0},
    {"sqlite:a b", Kind::sqlite, "a b", "", 6379, 0},
    {"sqlite:sqlite:", Kind::sqlite, "sqlite:", "", 6379, 0},
    {"sqlite:J\xc3\xbcrgen", Kind::sqlite, "J\xc3\xbcrgen", "", 6379, 0},
    {"redis://localhost", Kind::redis, "", "localhost", 6379, 0},
    {"redis://10.0.0.5:6380", Kind::redis, "", "10.0.0.5", 6380, 0},
    {"redis://10.0.0.5/2", Kind::redis, "", "10.0.0.5", 6379, 2},
    {"redis://redis.example:1/15", Kind::redis, "", "redis.example", 1, 15},
    {"redis://redis.example:65535/0", Kind::redis, "", "redis.example", 65535, 0},
    {"redis://redis.example/", Kind::redis, "", "redis.example", 6379, 0},
    {"redis://[::1]", Kind::redis, "", "::1", 6379, 0},
    {"redis://[2001:db8::1]:7000/3", Kind::redis, "", "2001:db8::1", 7000, 3},
    {"redis://[::1]/4", Kind::redis, "", "::1", 6379, 4},
};

void addresses(Checks& checks) {
    for (const Row& row : rows) {
        const auto address = parse_store_address(row.text);
        checks.that(address.has_value(), row.text);
        const StoreAddress got = address.has_value() ? *address : StoreAddress{};
        checks.that(got.kind == row.kind && !got.tls, row.text);
        checks.equal(got.path, row.path, row.text);
        checks.equal(got.host, row.host, row.text);
        checks.equal(got.port, row.port, row.text);
        checks.equal(got.database, row.database, row.text);
        checks.that(got.user.empty() && got.password == nullptr, row.text);
    }
}

void with_tls(Checks& checks) {
    const auto address = parse_store_address("rediss://redis.example:6380/1");
    checks.equal(address.has_value(), store::redis_has_tls, "as hiredis was built");
    if (address.has_value()) {
        checks.that(address->tls && address->kind == Kind::redis, "TLS");
        checks.equal(address->host, "redis.example", "host");
        checks.equal(address->port, 6380, "port");
        checks.equal(address->database, 1, "database");
    } else {
        checks.equal(address.error(), "needs hiredis with TLS for rediss://", "why");
    }
}

const char* const no_addresses[] = {
    "",
    ":",
    "memory",
    "memory:x",
    "Memory:",
    " memory:",
    "memory: ",
    "sqlite",
    "sqlite:",
    "sqlite:a\nb",
    "tokens.db",
    "/var/lib/tokens.db",
    "redis",
    "redis:",
    "redis:/",
    "redis://",
    "redis:///0",
    "redis://:6379",
    "redis:localhost",
    "redis:/localhost",
    "REDIS://localhost",
    "http://localhost",
    "unix:/run/redis.sock",
    "redis://localhost:",
    "redis://localhost:/1",
    "redis://localhost:0",
    "redis://localhost:65536",
    "redis://localhost:99999999999",
    "redis://localhost:-1",
    "redis://localhost:+1",
    "redis://localhost: 1",
    "redis://localhost:1x",
    "redis://localhost:x1",
    "redis://localhost:0x10",
    "redis://localhost:1:2",
    "redis://localhost/x",
    "redis://localhost/-1",
    "redis://localhost/+1",
    "redis://localhost/1x",
    "redis://localhost/ 1",
    "redis://localhost/1/",
    "redis://localhost//1",
    "redis://localhost/1?a=b",
    "redis://localhost/99999999999",
    "redis://user:password@localhost",
    "redis://password@localhost:6379/0",
    "redis://localhost@",
    "redis://[]",
    "redis://[]:6379",
    "redis://[::1",
    "redis://[::1:6379",
    "redis://[::1]6379",
    "redis://[::1]x:6379",
    "redis://::1",
    "rediss://",
    "rediss://user@localhost",
};

void malformed_text(Checks& checks) {
    for (const char* text : no_addresses) {
        const auto address = parse_store_address(text);
        checks.that(!address.has_value(), text);
        if (!address.has_value()) {
            const std::string& error = address.error();
            checks.that(!error.empty() && error.find("password@") == std::string::npos, error);
        }
    }
}

void stores(Checks& checks) {
    const struct {
        const char* text;
        bool memory, sqlite, redis;
    } made[] = {
        {"memory:", true, false, false},
        {"sqlite:/no/such/folder/tokens.db", false, true, false},
        {"redis://no.such.host.invalid", false, false, true},
    };
    for (const auto& row : made) {
        const auto store = make_store(*parse_store_address(row.text)); // connects to nothing yet
        checks.equal(dynamic_cast<store::MemoryStore*>(store.get()) != nullptr, row.memory,
                     "memory");
        checks.equal(dynamic_cast<store::SqliteStore*>(store.get()) != nullptr, row.sqlite,
                     "SQLite");
        checks.equal(dynamic_cast<store::RedisStore*>(store.get()) != nullptr, row.redis, "Redis");
    }
}

void locations(Checks& checks) {
    const char* const texts[] = {"memory:",     "sqlite:/a",      "sqlite:/b",
                                 "redis://a",   "redis://b",      "redis://a:6380",
                                 "redis://a/1", "redis://a:1/11", "redis://a:11/1"};
    for (const char* const one : texts) {
        for (const char* const other : texts) {
            checks.that((location_of(*parse_store_address(one)) ==
                         location_of(*parse_store_address(other))) == (one == other),
                        one);
        }
    }
    StoreAddress address = *parse_store_address("redis://a");
    address.user = "alice";
    checks.that(location_of(address) == location_of(*parse_store_address("redis://a:6379/0")),
                "the same store");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<addresses>),      cmocka_unit_test(run<with_tls>),
        cmocka_unit_test(run<malformed_text>), cmocka_unit_test(run<locations>),
        cmocka_unit_test(run<stores>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
