#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "property.hpp"
#include "revocation_machines.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using namespace sallyport::auth;

using Check = RevocationTable::Check;

// Machines, and a model: the set of what is revoked.
class Run {
  public:
    explicit Run(unsigned seed) : random_(seed) { settle(); }

    void step() {
        Machine& machine = *machines_[random_() % machines_.size()];
        switch (random_() % 8) {
        case 0:
        case 1:
            add(machine);
            break;
        case 2:
            remove(machine);
            break;
        case 3:
            machine.kill(random_() % 2);
            break;
        case 4:
            machine.reload();
            break;
        case 5:
            settle(); // so that all machines know all
            world_.empty();
            settle();
            break;
        case 6:
            break_store();
            break;
        default:
            settle(); // a second is long
            world_.now.time += any(3);
        }
        if (any(2) == 0) {
            machine.tick();
        } else {
            settle();
            check();
        }
    }

  private:
    std::int64_t any(std::uint32_t limit) { return static_cast<std::int64_t>(random_() % limit); }
    std::string some_jti() { return "j" + std::to_string(any(6)); }

    void add(Machine& machine) {
        const std::string jti = some_jti();
        const std::int64_t until = world_.now.time + 1 + any(5);
        RC_ASSERT(machine.add(single(jti, until)));
        std::int64_t& known = model_[jti];
        known = std::max(known, until);
    }
    void remove(Machine& machine) {
        const std::string jti = some_jti();
        machine.remove(single(jti));
        model_.erase(jti);
    }
    void break_store() {
        const auto store = std::exchange(world_.store, nullptr);
        pass(world_, all(), tick * any(10));
        world_.store = store;
    }
    std::vector<Machine*> all() {
        std::vector<Machine*> all;
        for (const auto& machine : machines_) {
            all.push_back(machine.get());
        }
        return all;
    }
    void settle() { pass(world_, all(), 10 * tick); }
    void check() {
        for (const auto& machine : machines_) {
            for (int i = 0; i < 6; ++i) {
                const std::string jti = "j" + std::to_string(i);
                const auto known = model_.find(jti);
                const bool is_dead = known != model_.end() && known->second > world_.now.time;
                RC_ASSERT(machine->check(jti) == (is_dead ? Check::revoked : Check::alive));
            }
        }
    }

    World world_;
    std::vector<std::shared_ptr<Machine>> machines_{std::make_shared<Machine>(world_),
                                                    std::make_shared<Machine>(world_),
                                                    std::make_shared<Machine>(world_, 1)};
    std::map<std::string, std::int64_t> model_;
    std::minstd_rand random_;
};

void all_machines_agree(Checks& checks) {
    property(checks, "all machines revoke what was added and not removed", [](unsigned seed) {
        Run run(seed);
        for (int i = 0; i < 40; ++i) {
            run.step();
        }
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<all_machines_agree>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
