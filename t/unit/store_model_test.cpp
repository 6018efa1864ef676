#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <utility>

#include "check.hpp"
#include "folder.hpp"
#include "redis_server.hpp"
#include "store/store_address.hpp"
#include "stores.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::StoreOutcome;
using auth::StoreStep;

// One session, as simple as can be.
class Model {
  public:
    struct Token {
        std::int64_t expires_at;
        std::int64_t used_at = -1;
        std::string next{};
    };

    std::int64_t ends_at = 0; // 0: not begun
    bool revoked = false;
    std::map<std::string, Token> tokens;

    Kind rotate(const std::string& jti, const auth::RefreshToken& next, std::int64_t window) {
        const Kind kind = find(jti, next.created_at);
        if (kind == Kind::done) {
            tokens.at(jti).used_at = next.created_at;
            tokens.at(jti).next = next.jti;
            tokens[next.jti] = {std::min(next.expires_at, ends_at)};
        }
        if (kind != Kind::spent) {
            return kind;
        }
        const Token& spent = tokens.at(jti);
        if (window > 0 && next.created_at <= spent.used_at + window &&
            find(spent.next, next.created_at) == Kind::done) {
            return Kind::repeated;
        }
        revoked = true;
        return Kind::reused;
    }

    [[nodiscard]] Kind find(const std::string& jti, std::int64_t now) const {
        const auto token = tokens.find(jti);
        return token == tokens.end()             ? Kind::unknown
               : revoked                         ? Kind::revoked
               : now >= token->second.expires_at ? Kind::expired
               : token->second.used_at >= 0      ? Kind::spent
                                                 : Kind::done;
    }
};

// A store may forget what nobody can use any more.
bool agree(Kind got, Kind wanted, bool forgettable) {
    return got == wanted || (forgettable && (got == Kind::expired || got == Kind::unknown));
}

using Met = std::map<Kind, int>;

// Many sessions that share a clock and a store, each with a story of its own.
class Stories {
  public:
    Stories(Checks& checks, Met& met, auth::TokenStore& store, unsigned long seed, int count)
        : checks_(checks),
          met_(met),
          store_(store),
          seed_(seed),
          random_(seed),
          window_(seed % 2 * (1 + seed / 2 % 30)),
          models_(static_cast<std::size_t>(count)) {}

    void tell() {
        for (int round = 0; round < 20; ++round) {
            now_ += upto(2) == 0 ? 0 : upto(25);
            for (std::size_t i = 0; i < models_.size(); ++i) {
                for (int steps = upto(2); steps >= 0; --steps) {
                    add_step(i);
                }
            }
            if (upto(3) == 0) {
                add(auth::PurgeExpired{now_}, {0, Kind::done, true, ""});
            }
            run();
        }
        for (std::size_t i = 0; i < models_.size(); ++i) {
            for (const auto& entry : models_[i].tokens) {
                add_find(i, entry.first);
            }
        }
        run();
    }

  private:
    struct Wanted {
        std::size_t story;
        Kind kind;
        bool forgettable;
        std::string good; // the token of a rotation
    };

    int upto(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
    [[nodiscard]] std::string sid(std::size_t i) const {
        return std::to_string(seed_) + '.' + std::to_string(i);
    }

    void add(StoreStep step, Wanted wanted) {
        steps_.push_back(std::move(step));
        wanted_.push_back(std::move(wanted));
    }

    void add_step(std::size_t i) {
        const Model& model = models_[i];
        const std::string fresh = sid(i) + '/' + std::to_string(made_++);
        const auth::RefreshToken token{fresh, now_, now_ + 20 + upto(100)};
        if (model.ends_at == 0) {
            add_begin(i, token);
            return;
        }
        const std::string jti = some_token(model);
        const int choice = upto(30);
        if (choice == 0) {
            add_revoke(i);
        } else if (choice < 10) {
            add_find(i, jti);
        } else {
            add_rotate(i, jti, token);
        }
    }

    void add_begin(std::size_t i, auth::RefreshToken token) {
        Model& model = models_[i];
        model.ends_at = now_ + 50 + upto(400);
        token.expires_at = std::min(token.expires_at, model.ends_at);
        model.tokens[token.jti] = {token.expires_at};
        add(auth::BeginSession{{sid(i), "sub", "", {"r"}, now_, model.ends_at}, token},
            {i, Kind::done, false, token.jti});
    }

    void add_rotate(std::size_t i, const std::string& jti, const auth::RefreshToken& next) {
        Model& model = models_[i];
        const bool forgettable = is_forgettable(model, jti);
        const Kind kind = model.rotate(jti, next, window_);
        const bool good = kind == Kind::done || kind == Kind::repeated;
        add(auth::RotateToken{sid(i), jti, next, window_},
            {i, kind, forgettable, good ? model.tokens.at(jti).next : ""});
    }

    void add_revoke(std::size_t i) {
        Model& model = models_[i];
        const Kind kind = std::exchange(model.revoked, true) ? Kind::revoked : Kind::done;
        add(auth::RevokeSession{sid(i), now_}, {i, kind, is_over(model), ""});
    }

    void add_find(std::size_t i, const std::string& jti) {
        const Model& model = models_[i];
        add(auth::FindToken{sid(i), jti, now_},
            {i, model.find(jti, now_), is_forgettable(model, jti), ""});
    }

    // Mostly one that is good, sometimes an older one, or none at all.
    std::string some_token(const Model& model) {
        std::string found =
            std::next(model.tokens.begin(), upto(static_cast<int>(model.tokens.size()) - 1))->first;
        const int choice = upto(19);
        for (const auto& [jti, token] : model.tokens) {
            if (choice < 16 && token.used_at < 0) {
                found = jti;
            }
        }
        return choice == 19 ? "nobody's" : found;
    }

    [[nodiscard]] bool is_forgettable(const Model& model, const std::string& jti) const {
        const auto token = model.tokens.find(jti);
        return is_over(model) || (token != model.tokens.end() && now_ >= token->second.expires_at);
    }
    [[nodiscard]] bool is_over(const Model& model) const {
        return std::all_of(model.tokens.begin(), model.tokens.end(), [&](const auto& entry) {
            return entry.second.used_at >= 0 || now_ >= entry.second.expires_at;
        });
    }

    void run() {
        const auto outcomes = store_.run(steps_);
        checks_.equal(static_cast<long long>(outcomes.size()), std::ssize(steps_), "outcomes");
        for (std::size_t i = 0; i < outcomes.size() && i < wanted_.size(); ++i) {
            compare(outcomes[i], wanted_[i], std::holds_alternative<auth::PurgeExpired>(steps_[i]));
        }
        steps_.clear();
        wanted_.clear();
    }

    void compare(const StoreOutcome& got, const Wanted& wanted, bool purge) {
        const std::string what =
            "SEED=" + std::to_string(seed_) + " story " + std::to_string(wanted.story) + ": got " +
            std::string(name(got.kind)) + ", wanted " + std::string(name(wanted.kind));
        checks_.that(purge || agree(got.kind, wanted.kind, wanted.forgettable), what);
        if (!wanted.good.empty()) {
            const auto& token = models_[wanted.story].tokens.at(wanted.good);
            checks_.that(got.token.jti == wanted.good && got.token.expires_at == token.expires_at,
                         what + ", another token");
        }
        ++met_[got.kind];
    }

    Checks& checks_;
    Met& met_;
    auth::TokenStore& store_;
    unsigned long seed_;
    std::mt19937_64 random_;
    std::int64_t window_;
    std::int64_t now_ = std::time(nullptr);
    std::vector<Model> models_;
    std::vector<StoreStep> steps_;
    std::vector<Wanted> wanted_;
    long long made_ = 0;
};

// SEED=number repeats what failed.
void tell(Checks& checks, const store::StoreAddress& address, int groups, int stories) {
    const char* const given = std::getenv("SEED");
    const auto store = make_store(address);
    Met met;
    for (int group = 0; group < (given != nullptr ? 1 : groups) && checks.failed() == 0; ++group) {
        // With a window and without one in turn.
        const unsigned long seed = given != nullptr
                                       ? std::strtoul(given, nullptr, 10)
                                       : 2 * (std::random_device{}() % 100'000'000) + group % 2;
        Stories(checks, met, *store, seed, stories).tell();
    }
    for (int kind = 0; kind <= static_cast<int>(Kind::spent); ++kind) {
        checks.that(given != nullptr || met[static_cast<Kind>(kind)] >= 10,
                    "met often: " + std::string(name(static_cast<Kind>(kind))));
    }
}

void memory(Checks& checks) {
    tell(checks, {}, 100, 100);
}

void sqlite(Checks& checks) {
    const Folder folder;
    tell(checks, sqlite_address(folder.file("db")), 50, 200);
}

void redis(Checks& checks) {
    const RedisServer server;
    tell(checks, server.address(), 10, 100);
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
