#include <array>
#include <set>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/random.hpp"
#include "check.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void form(Checks& checks) {
    for (int i = 0; i < 1000; ++i) {
        const std::string id = random_id();
        checks.equal(static_cast<long long>(id.size()), 22, id);
        checks.that(id.find_first_not_of(letters) == std::string::npos, id);
        checks.that(std::string_view("AQgw").find(id.back()) != std::string_view::npos, id);
    }
}

void never_again(Checks& checks) {
    constexpr int count = 100'000;
    std::set<std::string> ids;
    std::array<std::set<char>, 22> seen;
    for (int i = 0; i < count; ++i) {
        const std::string id = random_id();
        ids.insert(id);
        for (std::size_t at = 0; at < seen.size(); ++at) {
            seen[at].insert(id[at]);
        }
    }
    checks.equal(static_cast<long long>(ids.size()), count, "all differ");
    for (std::size_t at = 0; at < seen.size(); ++at) {
        checks.equal(static_cast<long long>(seen[at].size()), at == 21 ? 4 : 64, "every bit");
    }
}

void in_threads(Checks& checks) {
    constexpr int threads = 8;
    constexpr int count = 2000;
    std::vector<std::vector<std::string>> made(threads);
    std::vector<std::thread> running;
    for (auto& own : made) {
        running.emplace_back([&own] {
            for (int i = 0; i < count; ++i) {
                own.push_back(random_id());
            }
        });
    }
    for (std::thread& thread : running) {
        thread.join();
    }
    std::set<std::string> ids;
    for (const auto& own : made) {
        ids.insert(own.begin(), own.end());
    }
    checks.equal(static_cast<long long>(ids.size()), threads * count, "all differ");
}

// What a child of this process makes, as nginx's workers are.
std::string of_a_child() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        return "";
    }
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string id = random_id();
        ::_exit(::write(ends[1], id.data(), id.size()) == 22 ? 0 : 1);
    }
    ::close(ends[1]);
    std::string id(22, ' ');
    const ssize_t size = ::read(ends[0], id.data(), id.size());
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return size == 22 ? id : "";
}

void in_children(Checks& checks) {
    std::set<std::string> ids{random_id()};
    for (int i = 0; i < 20; ++i) {
        const std::string id = of_a_child();
        checks.equal(static_cast<long long>(id.size()), 22, "made");
        ids.insert(id);
    }
    ids.insert(random_id());
    checks.equal(static_cast<long long>(ids.size()), 22, "all differ");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<form>),
        cmocka_unit_test(run<never_again>),
        cmocka_unit_test(run<in_threads>),
        cmocka_unit_test(run<in_children>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
