#include <array>
#include <memory>
#include <vector>

#include "base/notifier.hpp"
#include "check.hpp"
#include "failing_memory.hpp"

// Who waits hears of it once, whatever memory there is.

namespace {

using namespace sallyport;
using namespace sallyport::test;

class Source : public Notifier {
  public:
    void tell() noexcept { notify(); }
    [[nodiscard]] bool awaited() const noexcept { return is_awaited(); }
};

class CountingListener : public Listener {
  public:
    int heard = 0;
    [[nodiscard]] bool waiting() const noexcept { return waits(); }

  private:
    void on_ready() noexcept override { ++heard; }
};

void each_hears_once(Checks& checks) {
    const auto source = std::make_shared<Source>();
    const auto other = std::make_shared<Source>();
    CountingListener one;
    CountingListener two;
    one.wait_for(source);
    one.wait_for(source);
    one.wait_for(other);
    two.wait_for(source);
    source->tell();
    checks.equal(one.heard, 1, "once, though it asked twice");
    checks.equal(two.heard, 1, "so does the other");
    checks.that(one.was_notified_by(*source) && !one.was_notified_by(*other), "by this one");
    checks.that(one.waiting() && !two.waiting(), "the other notifier is still awaited");
    source->tell();
    checks.equal(one.heard, 1, "it waits for it no longer");
    one.wait_for(source);
    source->tell();
    checks.equal(one.heard, 2, "unless it waits again");
}

void who_leaves_hears_nothing(Checks& checks) {
    const auto source = std::make_shared<Source>();
    CountingListener one;
    one.wait_for(source);
    one.leave();
    checks.that(!source->awaited() && !one.waiting(), "left");
    source->tell();
    checks.equal(one.heard, 0, "nothing");
    {
        CountingListener gone;
        gone.wait_for(source);
    }
    checks.that(!source->awaited(), "one that is gone has left");
}

// Where it was possible to wait, the news comes; where it was not, nothing is left behind.
void waiting_with_little_memory(Checks& checks) {
    with_little_memory(checks, [&](long n) {
        std::array<std::shared_ptr<Source>, 3> sources;
        for (auto& source : sources) {
            source = std::make_shared<Source>();
        }
        std::array<CountingListener, 3> listeners;
        std::array<std::array<bool, 3>, 3> waits{};
        bool all = true;
        {
            const LittleMemory little(n);
            for (std::size_t l = 0; l < listeners.size(); ++l) {
                for (std::size_t s = 0; s < sources.size(); ++s) {
                    try {
                        listeners.at(l).wait_for(sources.at(s));
                        waits.at(l).at(s) = true;
                    } catch (const std::bad_alloc&) {
                        all = false;
                    }
                }
            }
            const LittleMemory none(0);
            for (const auto& source : sources) {
                source->tell();
            }
        }
        for (std::size_t l = 0; l < listeners.size(); ++l) {
            int expected = 0;
            for (std::size_t s = 0; s < sources.size(); ++s) {
                expected += waits.at(l).at(s) ? 1 : 0;
                checks.that(listeners.at(l).was_notified_by(*sources.at(s)) == waits.at(l).at(s),
                            "each is told what it waits for");
            }
            checks.equal(listeners.at(l).heard, expected, "and nothing else");
            checks.that(!listeners.at(l).waiting(), "none waits for what has come");
        }
        return all;
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<each_hears_once>),
        cmocka_unit_test(run<who_leaves_hears_nothing>),
        cmocka_unit_test(run<waiting_with_little_memory>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
