#include <atomic>
#include <mutex>
#include <string>
#include <thread>
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

RevocableToken of_jti(std::string_view jti) {
    return {.jti = jti, .issued_at = 5};
}

// One writer at a time in a table of few buckets, whose slots are reused all the time.
class Writers {
  public:
    explicit Writers(const Memory& table) : table_(table) {}

    // The entry "kept" is in every list. Others may get the lock after each step.
    void replace(std::size_t round) {
        Entries entries = many(4 + round % 7, "r" + std::to_string(round) + "-");
        entries.push_back({Kind::jti, "kept"});
        std::unique_lock lock(mutex_);
        static_cast<void>(replace_file(table_, records(entries), 100, [&] {
            lock.unlock();
            lock.lock();
        }));
    }
    void add_and_remove(std::size_t round) {
        const auto one = record_of({Kind::jti, "s" + std::to_string(round)}, Source::single);
        {
            const std::lock_guard lock(mutex_);
            static_cast<void>(table_->add(one, 100));
        }
        const std::lock_guard lock(mutex_);
        table_->remove(one);
        removed_.store(round);
    }
    // The entry "listed" is in every list.
    void replace_singles() {
        step([&] { table_->begin_list(); });
        step([&] {
            std::vector<RevocationRecord> list{record_of({Kind::jti, "listed"}, Source::single)};
            if (is_late()) {
                list.push_back(record_of({Kind::jti, "late"}, Source::single));
            }
            static_cast<void>(table_->apply(list, {}, 100));
        });
        step([&] {
            table_->end_list();
            table_->sweep(1, 100);
        });
    }
    // From then on, "late" is revoked.
    void revoke_late() {
        const std::lock_guard lock(mutex_);
        static_cast<void>(table_->add(record_of({Kind::jti, "late"}, Source::single), 100));
        late_.store(true);
    }
    [[nodiscard]] bool is_late() const { return late_.load(); }

    // The number of an entry that is no longer there, but whose slot may not be reused yet.
    [[nodiscard]] std::size_t removed() const { return removed_.load(); }

  private:
    template <typename Change>
    void step(Change&& change) {
        const std::lock_guard lock(mutex_);
        change();
    }

    const Memory& table_;
    std::mutex mutex_;
    std::atomic<std::size_t> removed_{0};
    std::atomic<bool> late_{false};
};

struct Seen {
    std::size_t missed = 0;   // was revoked, and not found
    std::size_t invented = 0; // was not revoked
    std::size_t stale = 0;    // was remembered, although the generation had changed
};

void read_until(const std::atomic<bool>& done, const Memory& table, const Writers& writers,
                Seen& seen) {
    std::uint64_t late_checked_at = 0;
    while (!done.load()) {
        seen.missed += table->check(of_jti("kept"), 100) != Check::revoked ? 1 : 0;
        seen.missed += table->check(of_jti("listed"), 100) != Check::revoked ? 1 : 0;
        const std::string removed = "s" + std::to_string(writers.removed());
        for (int i = 0; i < 20; ++i) { // while its slot is reused
            seen.invented += table->check(of_jti(removed), 100) != Check::alive ? 1 : 0;
        }
        seen.invented += table->check(of_jti("never"), 100) != Check::alive ? 1 : 0;
        const bool is_late = writers.is_late();
        const std::uint64_t generation = table->generation();
        if (late_checked_at == generation) {
            seen.stale += is_late ? 1 : 0;
        } else if (table->check(of_jti("late"), 100) == Check::alive) {
            seen.missed += is_late ? 1 : 0;
            late_checked_at = generation;
        }
    }
}

void write_all(Writers& writers) {
    const std::jthread replacing([&] {
        for (std::size_t round = 1; round < 20000; ++round) {
            writers.replace(round);
        }
    });
    const std::jthread adding([&] {
        for (std::size_t round = 1; round < 20000; ++round) {
            writers.add_and_remove(round);
            if (round == 10000) {
                writers.revoke_late();
            }
        }
    });
    const std::jthread listing([&] {
        for (std::size_t round = 1; round < 5000; ++round) {
            writers.replace_singles();
        }
    });
}

void readers_need_no_lock(Checks& checks) {
    const Memory table(20);
    Writers writers(table);
    writers.replace(0);
    writers.add_and_remove(0);
    writers.replace_singles();
    std::atomic<bool> done{false};
    std::vector<Seen> seen(2);
    {
        std::vector<std::jthread> threads;
        threads.reserve(seen.size());
        for (Seen& one : seen) {
            threads.emplace_back([&] { read_until(done, table, writers, one); });
        }
        write_all(writers);
        done.store(true);
    }
    for (const Seen& one : seen) {
        checks.equal(static_cast<long long>(one.missed), 0, "no revocation is missed");
        checks.equal(static_cast<long long>(one.invented), 0, "none is invented");
        checks.equal(static_cast<long long>(one.stale), 0, "what is remembered is up to date");
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<readers_need_no_lock>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
