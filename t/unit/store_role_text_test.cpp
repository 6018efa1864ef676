#include "check.hpp"
#include "property.hpp"
#include "store/role_text.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using store::join_roles;
using store::split_roles;
using Roles = std::vector<std::string>;

struct Row {
    const char* text;
    Roles roles;
};

const Row rows[] = {
    {"", {}},
    {"reader", {"reader"}},
    {"reader,writer", {"reader", "writer"}},
    {"writer,reader,writer", {"writer", "reader", "writer"}},
    {" a , b ", {" a ", " b "}},
    {"r\xc3\xb4le,\"'\\", {"r\xc3\xb4le", "\"'\\"}},
};

void lists(Checks& checks) {
    for (const auto& [text, roles] : rows) {
        checks.equal(join_roles(roles), text, text);
        checks.that(split_roles(text) == roles, text);
    }
}

void what_was_joined_is_split(Checks& checks) {
    property(checks, "any roles without a comma", [] {
        auto roles = *rc::gen::arbitrary<Roles>();
        for (std::string& role : roles) {
            std::erase(role, ',');
            role += 'r';
        }
        RC_ASSERT(split_roles(join_roles(roles)) == roles);
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<lists>),
        cmocka_unit_test(run<what_was_joined_is_split>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
