#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "check.hpp"
#include "ngx/conf/slots.hpp"

using namespace sallyport::ngx;
using namespace sallyport::test;

namespace {

// Where the parts of a LocConf lie.
class Coverage {
  public:
    explicit Coverage(const LocConf& conf) : begin_(reinterpret_cast<const char*>(&conf)) {}

    template <typename T>
    void add(const T& part) {
        const auto at = static_cast<std::size_t>(reinterpret_cast<const char*>(&part) - begin_);
        parts_.emplace_back(at, at + sizeof(T));
    }

    // Bytes that belong to no part and are too many for padding.
    [[nodiscard]] std::size_t largest_gap() {
        std::sort(parts_.begin(), parts_.end());
        std::size_t end = 0;
        std::size_t gap = 0;
        for (const auto& [from, to] : parts_) {
            gap = std::max(gap, from - std::min(from, end));
            end = std::max(end, to);
        }
        return std::max(gap, sizeof(LocConf) - end);
    }

  private:
    const char* begin_;
    std::vector<std::pair<std::size_t, std::size_t>> parts_;
};

LocConf nothing_set() {
    LocConf conf{};
    each_slot(conf, conf, [](auto& own, const auto&, const auto&) {
        own = unset<std::decay_t<decltype(own)>>();
    });
    return conf;
}

void every_member_is_a_slot_or_named_here(Checks& c) {
    const LocConf conf = nothing_set();
    Coverage coverage(conf);
    each_slot(conf, conf, [&](const auto& own, const auto&, const auto&) { coverage.add(own); });
    coverage.add(conf.place);
    coverage.add(conf.endpoint);
    coverage.add(conf.endpoint_origin);
    coverage.add(conf.role_map_origin);
    coverage.add(conf.has_own_role_map);
    coverage.add(conf.scope_map_origin);
    coverage.add(conf.has_own_scope_map);
    coverage.add(conf.forwarding_origin);
    coverage.add(conf.has_own_forwarding);
    coverage.add(conf.connection_end_origin);
    coverage.add(conf.has_own_connection_end);
    coverage.add(conf.own_dpop);
    coverage.add(conf.own_dpop_origin);
    coverage.add(conf.has_own_revocation);
    c.that(coverage.largest_gap() < alignof(LocConf),
           "every byte belongs to a member that is known");
}

void an_unset_slot_is_not_set(Checks& c) {
    const LocConf conf = nothing_set();
    each_slot(conf, conf,
              [&](const auto& own, const auto&, const auto&) { c.that(!is_set(own), "unset"); });
}

// Sets one slot after the other, to a value that no default has.
void one_slot_is_noticed_alone(Checks& c) {
    LocConf conf = nothing_set();
    std::size_t slots = 0;
    each_slot(conf, conf, [&](auto& own, const auto&, const auto&) {
        std::memset(&own, 1, sizeof(own));
        std::size_t set = 0;
        each_slot(conf, conf,
                  [&](const auto& slot, const auto&, const auto&) { set += is_set(slot) ? 1 : 0; });
        c.equal(static_cast<long long>(set), 1, "slots that are set");
        own = unset<std::decay_t<decltype(own)>>();
        ++slots;
    });
    c.that(slots > 30, "slots");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<every_member_is_a_slot_or_named_here>),
        cmocka_unit_test(run<an_unset_slot_is_not_set>),
        cmocka_unit_test(run<one_slot_is_noticed_alone>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
