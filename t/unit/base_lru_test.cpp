#include <algorithm>
#include <stdexcept>
#include <vector>

#include "base/lru.hpp"
#include "check.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

using Numbers = Lru<int, int>;

int& put(Numbers& numbers, int key, int value) {
    return numbers.find(key, [value] { return value; });
}

void peek_makes_nothing(Checks& checks) {
    Numbers numbers(2);
    checks.that(numbers.peek(1) == nullptr && numbers.size() == 0, "empty");
    put(numbers, 1, 10);
    checks.that(numbers.peek(2) == nullptr && numbers.size() == 1, "another key");
    int* found = numbers.peek(1);
    checks.that(found != nullptr && *found == 10, "there");
    *found = 11;
    checks.that(*numbers.peek(1) == 11 && put(numbers, 1, 12) == 11, "the value itself");
}

// Fails when the key is put into the table.
struct FailingHash {
    static inline int calls_left = 0;
    std::size_t operator()(int key) const {
        return --calls_left >= 0 ? static_cast<std::size_t>(key) : throw std::runtime_error("hash");
    }
};

void a_failure_leaves_nothing(Checks& checks) {
    Lru<int, int, FailingHash> numbers(2);
    int failures = 0;
    for (int calls = 0; numbers.size() == 0; ++calls) {
        FailingHash::calls_left = calls;
        try {
            numbers.find(1, [] { return 10; });
        } catch (const std::runtime_error&) {
            ++failures;
            checks.that(numbers.size() == 0, "nothing");
        }
    }
    FailingHash::calls_left = 1;
    checks.that(failures > 0 && *numbers.peek(1) == 10, "works again");
}

void peek_is_a_use(Checks& checks) {
    Numbers numbers(2);
    put(numbers, 1, 10);
    put(numbers, 2, 20);
    numbers.peek(1);
    put(numbers, 3, 30);
    checks.that(numbers.peek(1) != nullptr && numbers.peek(2) == nullptr &&
                    numbers.peek(3) != nullptr && numbers.size() == 2,
                "what was not used goes");
}

// The reference that the caller gets is to the new one.
void a_new_one_stays_where_all_others_are_busy(Checks& checks) {
    Numbers numbers(1);
    put(numbers, 1, 10);
    const auto busy = [](int value) { return value == 10; };
    const int& made = numbers.find(
        2, [] { return 20; }, busy);
    checks.that(numbers.size() == 2 && numbers.peek(2) == &made && made == 20, "there");
    checks.that(numbers.peek(1) != nullptr, "beside the busy one");
}

void erase(Checks& checks) {
    Numbers numbers(2);
    numbers.erase(1);
    put(numbers, 1, 10);
    numbers.erase(2);
    checks.that(numbers.size() == 1, "another key");
    numbers.erase(1);
    numbers.erase(1);
    checks.that(numbers.size() == 0 && numbers.peek(1) == nullptr, "gone");
    checks.that(put(numbers, 1, 11) == 11, "made anew");
    put(numbers, 2, 20);
    numbers.erase(1);
    put(numbers, 3, 30);
    checks.that(numbers.peek(2) != nullptr && numbers.size() == 2, "its room is free");
}

void moves(Checks& checks) {
    Numbers one(2);
    put(one, 1, 10);
    put(one, 2, 20);
    Numbers other(std::move(one));
    put(other, 3, 30);
    checks.that(other.size() == 2 && *other.peek(2) == 20 && *other.peek(3) == 30, "made of it");
    one = Numbers(1);
    put(one, 4, 40);
    one = std::move(other);
    checks.that(one.size() == 2 && *one.peek(2) == 20 && one.peek(4) == nullptr, "assigned");
    one = Numbers(1);
    checks.that(one.size() == 0 && put(one, 5, 50) == 50 && one.size() == 1, "a new one");
}

// The most recently used first.
using Model = std::vector<std::pair<int, int>>;

Model::iterator position(Model& model, int key) {
    return std::find_if(model.begin(), model.end(),
                        [key](const auto& entry) { return entry.first == key; });
}

void equals_a_list(Checks& checks) {
    property(checks, "holds what a list holds that is searched from its beginning", [] {
        const std::size_t limit = *rc::gen::inRange<std::size_t>(1, 5);
        Numbers numbers(limit);
        Model model;
        for (int step = *rc::gen::inRange(0, 60); step > 0; --step) {
            const int key = *rc::gen::inRange(0, 7);
            const auto at = position(model, key);
            const bool known = at != model.end();
            const int value = known ? at->second : step;
            const int action = *rc::gen::inRange(0, 5);
            if (action == 0) {
                numbers.erase(key);
            } else if (action == 1) {
                numbers.demote(key);
            } else if (action == 2) {
                const int* found = numbers.peek(key);
                RC_ASSERT((found != nullptr) == known && (!known || *found == value));
            } else {
                RC_ASSERT(put(numbers, key, step) == value);
            }
            if (known) {
                model.erase(at);
            }
            if (action == 1 && known) {
                model.emplace_back(key, value);
            } else if (action > 2 || (action == 2 && known)) {
                model.emplace(model.begin(), key, value);
            }
            model.resize(std::min(model.size(), limit));
            RC_ASSERT(numbers.size() == model.size());
        }
        for (int key = 0; key < 7; ++key) {
            RC_ASSERT((numbers.peek(key) != nullptr) == (position(model, key) != model.end()));
        }
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<peek_makes_nothing>),
        cmocka_unit_test(run<peek_is_a_use>),
        cmocka_unit_test(run<a_failure_leaves_nothing>),
        cmocka_unit_test(run<erase>),
        cmocka_unit_test(run<moves>),
        cmocka_unit_test(run<equals_a_list>),
        cmocka_unit_test(run<a_new_one_stays_where_all_others_are_busy>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
