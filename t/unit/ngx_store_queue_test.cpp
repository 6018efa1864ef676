#include <array>
#include <chrono>
#include <memory>

#include "check.hpp"
#include "failing_memory.hpp"
#include "nginx_stand_ins.hpp"
#include "ngx/endpoints/store_queue.hpp"

// The way to the token store, with little memory. Whatever runs out, nobody waits for ever.

// The clock of the store is nginx's.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
    return time_point(std::chrono::milliseconds(ngx_current_msec));
}

namespace {

using namespace sallyport;
using namespace sallyport::test;
using ngx::StoreCall;
using ngx::StoreQueue;

class Store : public auth::TokenStore {
  private:
    std::vector<auth::StoreOutcome> do_run(std::span<const auth::StoreStep> steps,
                                           auth::StoreClock::time_point) override {
        return std::vector<auth::StoreOutcome>(steps.size(),
                                               {.kind = auth::StoreOutcome::Kind::done});
    }
};

class Client : public Listener {
  public:
    int heard = 0;

    void ask(StoreQueue& queue) {
        try {
            call_ = queue.ask(auth::FindToken{"session", "token", 0});
            wait_for(call_);
        } catch (const std::bad_alloc&) {
            leave();
            call_ = nullptr;
        }
    }
    [[nodiscard]] bool waited() const { return call_ != nullptr; }
    [[nodiscard]] bool answered() const { return call_ != nullptr && call_->outcome(); }
    [[nodiscard]] bool served() const { return answered() && *call_->outcome(); }

  private:
    void on_ready() noexcept override { ++heard; }

    std::shared_ptr<StoreCall> call_;
};

using Clients = std::array<Client, 3>;

// True when all were served.
bool all_hear(Checks& checks, const Clients& clients) {
    bool all_served = true;
    for (const Client& client : clients) {
        checks.equal(client.heard, client.waited() ? 1 : 0, "who waits hears of it once");
        checks.that(client.answered() == client.waited(), "and has an outcome");
        all_served = all_served && client.served();
    }
    return all_served;
}

std::shared_ptr<StoreQueue> new_queue() {
    return std::make_shared<StoreQueue>(std::make_unique<Store>(), metrics::StoreKind::memory);
}

void serves(Checks& checks, StoreQueue& queue) {
    Client client;
    client.ask(queue);
    run_all();
    checks.that(client.served(), "serves as soon as there is memory");
}

void with_memory_for_some_steps(Checks& checks) {
    with_little_memory(checks, [&](long n) {
        const auto queue = new_queue();
        Clients clients;
        {
            const LittleMemory little(n);
            for (Client& client : clients) {
                client.ask(*queue);
            }
            run_all();
        }
        const bool enough = all_hear(checks, clients);
        serves(checks, *queue);
        return enough;
    });
}

// One is with the thread, the others are in line.
void a_store_that_does_not_answer(Checks& checks) {
    with_little_memory(checks, [&](long n) {
        const auto queue = new_queue();
        Clients clients;
        clients[0].ask(*queue);
        run_posted_events();
        clients[1].ask(*queue);
        clients[2].ask(*queue);
        {
            const LittleMemory little(n);
            pass(5'600);
            pass(600);
        }
        all_hear(checks, clients);
        const bool refused = !clients[0].served() && !clients[1].served() && !clients[2].served();
        checks.that(refused, "none is served");
        run_all();
        serves(checks, *queue);
        return n > 20;
    });
}

void a_purge_that_cannot_be_asked_for(Checks& checks) {
    with_little_memory(checks, [&](long n) {
        const auto queue = new_queue();
        queue->purge_regularly();
        {
            const LittleMemory little(n);
            pass(100);
            run_all();
        }
        serves(checks, *queue);
        pass(60'000);
        run_all();
        serves(checks, *queue);
        return n > 20;
    });
}

} // namespace

int main() {
    start_nginx();
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<with_memory_for_some_steps>),
        cmocka_unit_test(run<a_store_that_does_not_answer>),
        cmocka_unit_test(run<a_purge_that_cannot_be_asked_for>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
