#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "revocations.hpp"

#include "auth/revocation_reader.hpp"
#include "auth/token_store.hpp"
#include "store/memory_store.hpp"

namespace sallyport::test {

inline constexpr std::int64_t tick = 250;
inline constexpr std::int64_t stale_after = 60'000;
inline constexpr auth::RevocationSources others{false, true};

inline auth::RevocationRecord single(const std::string& jti, std::int64_t until = INT64_MAX) {
    return record_of({auth::RevocationKind::jti, jti, {}, {}, {}, until},
                     auth::RevocationSource::single);
}

// The store of all machines. Null while it is down.
struct World {
    std::shared_ptr<auth::TokenStore> store = std::make_shared<store::MemoryStore>();
    auth::RevocationReader::Now now{1000, 100};
    std::size_t steps = 0; // that were asked of the store

    std::optional<auth::StoreOutcome> run(const auth::StoreStep& step) {
        ++steps;
        return store ? std::optional(store->run({&step, 1}).front()) : std::nullopt;
    }
    void empty() { store = std::make_shared<store::MemoryStore>(); }
};

// An nginx with several workers.
class Machine {
  public:
    explicit Machine(World& world, std::size_t workers = 2, std::size_t entries = 1000)
        : world_(world),
          table_(entries) {
        table_->set_state(auth::RevocationSource::single, auth::RevocationTable::State::not_loaded);
        reload(workers);
    }

    void reload(std::size_t workers = 2) {
        ++configuration_;
        readers_.clear();
        for (std::size_t i = 0; i < workers; ++i) {
            readers_.emplace_back(configuration_, stale_after, store_);
        }
    }
    void use_store(std::string_view name) {
        store_ = sha256(bytes(name));
        reload();
    }
    void kill(std::size_t worker) {
        readers_.at(worker % readers_.size()) =
            auth::RevocationReader(configuration_, stale_after, store_);
    }
    // All workers, or those whose number is given.
    void tick(std::optional<std::size_t> only = std::nullopt) {
        for (std::size_t i = 0; i < readers_.size(); ++i) {
            if (!only || *only == i) {
                read(readers_[i]);
            }
        }
    }
    // So many steps of one worker.
    void advance(std::size_t worker, std::size_t steps) {
        auth::RevocationReader& reader = readers_.at(worker);
        for (; steps > 0; --steps) {
            if (const auto step = reader.next(table(), world_.now)) {
                const auto outcome = world_.run(*step);
                reader.take(table(), outcome ? &*outcome : nullptr, world_.now);
            }
        }
    }
    bool add(const auth::RevocationRecord& record) {
        return table_->add(record, world_.now.time) &&
               world_.run(auth::AddRevocations{{record}, world_.now.time});
    }
    void remove(const auth::RevocationRecord& record) {
        table_->remove(record);
        world_.run(auth::RemoveRevocation{record, world_.now.time});
    }
    [[nodiscard]] auth::RevocationTable::Check check(std::string_view jti) const {
        return table_->check({.jti = jti}, world_.now.time, others);
    }
    [[nodiscard]] bool revokes(std::string_view jti) const {
        return check(jti) == auth::RevocationTable::Check::revoked;
    }
    auth::RevocationTable& table() { return *table_.operator->(); }
    auth::RevocationReader& reader(std::size_t worker) { return readers_[worker]; }
    std::vector<auth::RevocationReader::News> news;

  private:
    void read(auth::RevocationReader& reader) {
        while (const auto step = reader.next(table(), world_.now)) {
            const auto outcome = world_.run(*step);
            reader.take(table(), outcome ? &*outcome : nullptr, world_.now);
        }
        const auto one = reader.take_news();
        if (one.kind != auth::RevocationReader::News::Kind::none) {
            news.push_back(one);
        }
    }

    World& world_;
    Memory table_;
    std::uint64_t configuration_ = 0;
    Digest store_ = sha256(bytes("store"));
    std::vector<auth::RevocationReader> readers_;
};

inline void pass(World& world, std::vector<Machine*> machines, std::int64_t ms = tick) {
    for (std::int64_t left = ms; left > 0; left -= tick) {
        world.now.ms += tick;
        for (Machine* const machine : machines) {
            machine->tick();
        }
    }
}

inline bool had_news(Machine& machine, auth::RevocationReader::News::Kind kind,
                     std::size_t count = 0) {
    return std::any_of(machine.news.begin(), machine.news.end(),
                       [&](const auto& one) { return one.kind == kind && one.count == count; });
}

} // namespace sallyport::test
