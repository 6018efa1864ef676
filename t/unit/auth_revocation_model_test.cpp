#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "property.hpp"
#include "revocations.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

using Kind = RevocationKind;
using Check = RevocationTable::Check;
using Source = RevocationSource;

// The model: a list that is searched.
struct Model {
    struct Held {
        RevocationEntry entry;
        Source source;
    };
    std::vector<Held> all;

    static bool names(const RevocationEntry& entry, const RevocableToken& of) {
        const bool of_all = entry.tenant_id ? entry.tenant_id == "*" : entry.kind == Kind::kid;
        const std::string_view values[]{of.jti, of.sid, of.subject, of.kid, of.tenant};
        return values[static_cast<std::size_t>(entry.kind)] == entry.value &&
               (entry.kind == Kind::tenant || of_all ||
                of.tenant == entry.tenant_id.value_or("")) &&
               (!entry.issuer || of.issuer == *entry.issuer);
    }
    [[nodiscard]] bool revokes(const RevocableToken& of, std::int64_t now) const {
        return std::any_of(all.begin(), all.end(), [&](const Held& held) {
            const RevocationEntry& entry = held.entry;
            return names(entry, of) && entry.until.value_or(INT64_MAX) > now &&
                   (!of.issued_at || !entry.issued_before ||
                    std::floor(*of.issued_at) <= static_cast<double>(*entry.issued_before));
        });
    }
};

using Random = std::minstd_rand;

template <typename Value>
Value any_of(Random& random, std::initializer_list<Value> values) {
    return values.begin()[random() % values.size()];
}

// Few values, so that they meet.
RevocationEntry some_entry(Random& random) {
    using Text = std::optional<std::string>;
    using Time = std::optional<std::int64_t>;
    RevocationEntry entry;
    entry.kind = static_cast<Kind>(random() % revocation_kinds.size());
    entry.value = any_of<const char*>(random, {"a", "b", "c"});
    if (entry.kind != Kind::tenant) {
        entry.tenant_id = any_of<Text>(random, {std::nullopt, "a", "*"});
    }
    entry.issuer = any_of<Text>(random, {std::nullopt, "i"});
    entry.until = any_of<Time>(random, {std::nullopt, 3, 6});
    if (entry.kind == Kind::sub || entry.kind == Kind::tenant) {
        entry.issued_before = any_of<Time>(random, {std::nullopt, 1, 2});
    }
    return entry;
}

Entries some_entries(Random& random, unsigned limit) {
    Entries entries;
    for (auto left = random() % limit; left > 0; --left) {
        entries.push_back(some_entry(random));
    }
    return entries;
}

RevocableToken some_token(Random& random) {
    const auto text = [&] { return any_of<const char*>(random, {"", "a", "b", "c"}); };
    return {text(),
            text(),
            text(),
            text(),
            text(),
            any_of<const char*>(random, {"", "i", "o"}),
            any_of<std::optional<double>>(random, {std::nullopt, 1, 1.5, 2, 3})};
}

// Two single entries that are alike in all but their times become one with the wider ones; so does
// the model, by keeping them equal.
bool is_like(const RevocationEntry& one, const RevocationEntry& other) {
    return record_of(one, Source::file).key == record_of(other, Source::file).key;
}

RevocationEntry wider(RevocationEntry one, const RevocationEntry& other) {
    one.until = one.until && other.until ? std::max(one.until, other.until) : std::nullopt;
    one.issued_before = one.issued_before && other.issued_before
                            ? std::max(one.issued_before, other.issued_before)
                            : std::nullopt;
    return one;
}

class Run {
  public:
    explicit Run(unsigned seed) : random_(seed) { load({}); }

    void step() {
        switch (random_() % 7) {
        case 0:
            load(some_entries(random_, 12));
            break;
        case 1: {
            const RevocationEntry entry = some_entry(random_);
            put(entry, Source::single);
            RC_ASSERT(table_->add(record_of(entry, Source::single), now_));
            break;
        }
        case 2:
            remove(some_entry(random_));
            break;
        case 3:
            apply(some_entries(random_, 4), some_entries(random_, 3));
            break;
        case 4:
            replace(some_entries(random_, 9), some_entries(random_, 3));
            break;
        case 5:
            table_->sweep(random_() % (2 * table_->bucket_count()), now_);
            break;
        default:
            now_ += static_cast<std::int64_t>(random_() % 2);
        }
        for (int i = 0; i < 5; ++i) {
            const RevocableToken of = some_token(random_);
            RC_ASSERT(table_->check(of, now_) ==
                      (model_.revokes(of, now_) ? Check::revoked : Check::alive));
        }
    }

  private:
    void load(const Entries& entries) {
        std::erase_if(model_.all, [](const auto& held) { return held.source == Source::file; });
        for (const RevocationEntry& entry : entries) {
            put(entry, Source::file);
        }
        RC_ASSERT(replace_file(table_, records(entries), now_, [&] {
            table_->sweep(random_() % (2 * table_->bucket_count()), now_);
        }));
    }
    void put(RevocationEntry entry, Source source) {
        if (entry.until && *entry.until <= now_) {
            return;
        }
        const auto same = [&](const auto& held) {
            return held.source == source && is_like(held.entry, entry);
        };
        for (const auto& held : model_.all) {
            if (same(held) && (!held.entry.until || *held.entry.until > now_)) {
                entry = wider(entry, held.entry);
            }
        }
        std::erase_if(model_.all, same);
        model_.all.push_back({entry, source});
    }
    void forget(const RevocationEntry& entry) {
        std::erase_if(model_.all, [&](const auto& held) {
            return held.source == Source::single && is_like(held.entry, entry);
        });
    }
    void remove(const RevocationEntry& entry) {
        forget(entry);
        table_->remove(record_of(entry, Source::single));
    }
    // The times of the last entry count.
    void apply(const Entries& added, const Entries& removed) {
        for (const RevocationEntry& entry : removed) {
            forget(entry);
        }
        for (const RevocationEntry& entry : added) {
            forget(entry);
            put(entry, Source::single);
        }
        RC_ASSERT(
            table_->apply(records(added, Source::single), records(removed, Source::single), now_));
    }
    // While one entry is added.
    void replace(const Entries& first, const Entries& second) {
        const RevocationEntry one = some_entry(random_);
        table_->begin_list();
        apply(first, {});
        put(one, Source::single);
        RC_ASSERT(table_->add(record_of(one, Source::single), now_));
        apply(second, {});
        table_->end_list();
        std::erase_if(model_.all, [&](const auto& held) {
            const auto is_new = [&](const auto& entry) {
                return is_like(held.entry, entry) && entry.until.value_or(INT64_MAX) > now_;
            };
            return held.source == Source::single && !is_new(one) &&
                   std::none_of(first.begin(), first.end(), is_new) &&
                   std::none_of(second.begin(), second.end(), is_new);
        });
    }

    Memory table_{200};
    Model model_;
    Random random_;
    std::int64_t now_ = 0;
};

void it_behaves_like_a_list(Checks& checks) {
    property(checks, "a table and a list revoke the same tokens", [](unsigned seed) {
        Run run(seed);
        for (int i = 0; i < 50; ++i) {
            run.step();
        }
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<it_behaves_like_a_list>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
