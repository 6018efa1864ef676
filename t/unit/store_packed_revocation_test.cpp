#include <limits>
#include <string>

#include "base/digest.hpp"
#include "check.hpp"
#include "store/packed_revocation.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using store::pack_revocation;
using store::unpack_revocation;
using Limits = std::numeric_limits<std::int64_t>;

const std::string kept = "000000000000000002001";

void there_and_back(Checks& checks) {
    const Digest keys[] = {sha256(bytes("a")), Digest{}, sha256(bytes("b"))};
    for (const Digest& key : keys) {
        for (const std::int64_t issued_before :
             {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000}, Limits::max(),
              Limits::min()}) {
            for (const std::int64_t until : {std::int64_t{0}, std::int64_t{7}, Limits::max()}) {
                const auth::RevocationRecord record{key, 255, issued_before, until};
                const auto found = unpack_revocation(pack_revocation(record) + kept);
                checks.that(found && found->record == record, "the record");
                checks.that(found && found->removed && found->kept_until == 200, "and the rest");
            }
        }
    }
}

void order(Checks& checks) {
    const auto issued = [](std::int64_t time) { return pack_revocation({{}, 0, time, 0}); };
    const auto until = [](std::int64_t time) { return pack_revocation({{}, 0, 0, time}); };
    const std::int64_t times[] = {Limits::min(), -10,           -9,           -1, 0, 1, 9, 10,
                                  1'700'000'000, 1'700'000'001, Limits::max()};
    for (std::size_t i = 1; i < std::size(times); ++i) {
        checks.that(issued(times[i - 1]) < issued(times[i]), std::to_string(times[i]));
        checks.that(times[i - 1] < 0 || until(times[i - 1]) < until(times[i]), "later");
    }
    checks.equal(store::pack_time(-5), store::pack_time(0), "no negative time");
}

void other_texts(Checks& checks) {
    const std::string right = pack_revocation({{}, 20, 5, 100}) + kept;
    checks.that(unpack_revocation(right).has_value(), "right");
    checks.that(!unpack_revocation(""), "empty");
    checks.that(!unpack_revocation(right + "0"), "too long");
    for (std::size_t size = 0; size < right.size(); ++size) {
        checks.that(!unpack_revocation(right.substr(0, size)), "too short");
    }
    for (std::size_t at = 32; at < right.size(); ++at) {
        for (const char c : {' ', '-', '+', 'x', '/', ':', '\0'}) {
            std::string wrong = right;
            wrong[at] = c;
            checks.that(!unpack_revocation(wrong), "no digit at " + std::to_string(at));
        }
    }
    const auto with = [&](std::size_t at, const char* digits) {
        std::string text = right;
        return text.replace(at, std::char_traits<char>::length(digits), digits);
    };
    checks.that(!unpack_revocation(with(32, "256")), "no such shape");
    checks.that(!unpack_revocation(with(55, "09223372036854775808")), "too late");
    checks.that(!unpack_revocation(with(35, "18446744073709551616")), "too late");
    checks.that(!unpack_revocation(with(95, "2")), "no flag");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<there_and_back>),
        cmocka_unit_test(run<order>),
        cmocka_unit_test(run<other_texts>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
