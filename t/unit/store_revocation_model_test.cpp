#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "check.hpp"
#include "folder.hpp"
#include "redis_server.hpp"
#include "revocation_reader.hpp"
#include "store/store_address.hpp"
#include "stores.hpp"

// The revocations of each store against a model, as two machines with stores of their own see them.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::RevocationRecord;

// What is in force, and until when what was in force is remembered.
struct Model {
    std::map<Digest, RevocationRecord> records;
    std::map<Digest, std::int64_t> known;
    std::set<Digest> removed;

    void add(const RevocationRecord& record, std::int64_t now, bool is_refill) {
        forget(now);
        if (record.until <= now ||
            (is_refill && known.count(record.key) != 0 && records.count(record.key) == 0)) {
            return;
        }
        removed.erase(record.key);
        RevocationRecord& kept = records.try_emplace(record.key, record).first->second;
        kept.issued_before = std::max(kept.issued_before, record.issued_before);
        kept.until = std::max(kept.until, record.until);
        std::int64_t& until = known[record.key];
        until = std::max(until, record.until);
    }
    Kind remove(const Digest& key, std::int64_t now) {
        forget(now);
        if (records.erase(key) != 0) {
            removed.insert(key);
        }
        return removed.count(key) != 0 ? Kind::done : Kind::unknown;
    }
    void forget(std::int64_t now) {
        std::erase_if(records, [&](const auto& one) { return one.second.until <= now; });
        std::erase_if(known, [&](const auto& one) { return one.second <= now; });
        std::erase_if(removed, [&](const auto& key) { return known.count(key) == 0; });
    }
    void clear() {
        records.clear();
        known.clear();
        removed.clear();
    }
};

// Loses what the store has; nothing if it cannot.
using Loss = std::function<void()>;

class Machines {
  public:
    Machines(Checks& checks, const std::array<auth::TokenStore*, 2>& stores, const Loss& lose,
             unsigned long seed)
        : checks_(checks),
          stores_(stores),
          lose_(lose),
          seed_(seed),
          random_(seed) {}

    // What an earlier run left stays in the store.
    void tell() {
        for (Reader& reader : readers_) {
            reader.follow(story(0));
        }
        model_.records = readers_[0].records;
        for (int turn = 0; turn < 300 && checks_.failed() == 0; ++turn) {
            now_ += upto(3) == 0 ? upto(5) : 0;
            if (turn == 150 && lose_ != nullptr) {
                lose(); // at least once
            }
            step();
        }
        follow(0);
        follow(1);
        checks_.that(lose_ == nullptr || readers_[0].wholes > 1, "the list was lost: " + name());
    }

  private:
    [[nodiscard]] std::string name() const { return "SEED=" + std::to_string(seed_); }
    int upto(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
    [[nodiscard]] Story story(std::size_t machine) const { return {*stores_[machine], now_}; }

    RevocationRecord some_record() {
        const std::int64_t until = upto(20) == 0 ? unlimited : now_ - 2 + upto(20);
        return record(name() + '/' + std::to_string(upto(30)), until, now_ + 5 - upto(10));
    }

    void step() {
        const auto machine = static_cast<std::size_t>(upto(1));
        const int choice = upto(40);
        if (choice == 0 && lose_ != nullptr) {
            lose();
        } else if (choice < 15) {
            add_some(machine, choice < 3);
        } else if (choice < 22) {
            remove_one(machine);
        } else if (choice < 24) {
            checks_.that(story(machine).purge(), "purged: " + name());
        } else {
            follow(machine);
        }
    }

    void add_some(std::size_t machine, bool is_refill) {
        Records some;
        for (int count = upto(5); count > 0; --count) {
            some.push_back(some_record());
            model_.add(some.back(), now_, is_refill);
        }
        expect(checks_, add(story(machine), some, is_refill), Kind::done, name());
    }

    void remove_one(std::size_t machine) {
        const RevocationRecord one = some_record();
        expect(checks_, remove(story(machine), one), model_.remove(one.key, now_), name());
    }

    void follow(std::size_t machine) {
        Reader& reader = readers_[machine];
        reader.follow(story(machine));
        model_.forget(now_);
        checks_.that(reader.records == model_.records, "the same list: " + name());
        checks_.that(read(story(machine), reader.epoch, reader.version).added.empty(),
                     "nothing since: " + name());
    }

    // The machine that notices it first fills the store again.
    void lose() {
        lose_();
        model_.clear();
        const auto machine = static_cast<std::size_t>(upto(1));
        Reader& reader = readers_[machine];
        const Records own = reader.all();
        const std::string before = reader.epoch;
        reader.follow(story(machine));
        checks_.that(reader.epoch != before && reader.records.empty(), "lost: " + name());
        add(story(machine), own, true);
        for (const RevocationRecord& one : own) {
            model_.add(one, now_, true);
        }
        follow(machine);
        checks_.equal(std::ssize(reader.records),
                      std::count_if(own.begin(), own.end(),
                                    [&](const auto& one) { return one.until > now_; }),
                      "all is back: " + name());
    }

    Checks& checks_;
    std::array<auth::TokenStore*, 2> stores_;
    Loss lose_;
    unsigned long seed_;
    std::mt19937_64 random_;
    std::int64_t now_ = std::time(nullptr);
    Model model_;
    std::array<Reader, 2> readers_;
};

// SEED=number repeats what failed.
void tell(Checks& checks, const std::array<auth::TokenStore*, 2>& stores, const Loss& lose,
          int runs) {
    const char* const given = std::getenv("SEED");
    for (int run = 0; run < (given != nullptr ? 1 : runs) && checks.failed() == 0; ++run) {
        const unsigned long seed = given != nullptr ? std::strtoul(given, nullptr, 10)
                                                    : std::random_device{}() % 100'000'000;
        Machines(checks, stores, lose, seed).tell();
    }
}

void memory(Checks& checks) {
    const auto store = store::make_store({});
    tell(checks, {store.get(), store.get()}, nullptr, 100);
}

void sqlite(Checks& checks) {
    const Folder folder;
    const auto address = sqlite_address(folder.file("db"));
    const auto one = make_store(address);
    const auto other = make_store(address);
    tell(checks, {one.get(), other.get()}, nullptr, 3);
}

// Loses all keys, or only one of them.
void redis(Checks& checks) {
    const RedisServer server;
    const auto one = make_store(server.address());
    const auto other = make_store(server.address());
    std::size_t turn = 0;
    tell(
        checks, {one.get(), other.get()},
        [&] {
            const char* keys[] = {"list", "entries", "versions", "ends"};
            if (const std::size_t key = turn++ % 5; key < std::size(keys)) {
                server.ask({"DEL", std::string("sallyport:{revocations}:") + keys[key]});
            } else {
                server.ask({"FLUSHALL"});
            }
        },
        20);
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<memory>),
        cmocka_unit_test(run<sqlite>),
        cmocka_unit_test(run<redis>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
