#include <rapidcheck.h>

#include "auth/tenant_directory.hpp"
#include "check.hpp"
#include "property.hpp"

// Whose keys may have made a token.

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::TenantDirectory;
using Kind = TenantDirectory::Choice::Kind;

struct Block {
    std::string name;
    std::vector<std::string> issuers;
};

TenantDirectory directory_of(const std::vector<Block>& blocks) {
    TenantDirectory directory;
    for (const Block& block : blocks) {
        directory.add(block.name, block.issuers);
    }
    return directory;
}

// The name of the tenant, or what else was chosen.
std::string chosen(const std::vector<Block>& blocks, std::string_view tenant,
                   std::string_view issuer) {
    const auto choice = directory_of(blocks).choose(tenant, issuer);
    switch (choice.kind) {
    case Kind::tenant:
        return blocks[choice.index].name;
    case Kind::defaults:
        return "(defaults)";
    default:
        return "(conflict)";
    }
}

const std::vector<Block> four{{"acme", {"https://a", "https://shared"}},
                              {"globex", {"https://g"}},
                              {"initech", {}},
                              {"hooli", {"https://shared"}}};

void an_issuer_named_twice_is_no_conflict(Checks& checks) {
    const std::vector<Block> blocks{{"acme", {"https://a", "https://b", "https://a"}},
                                    {"globex", {"https://g", "https://g"}}};
    checks.equal(chosen(blocks, "", "https://a"), "acme", "by its issuer alone");
    checks.equal(chosen(blocks, "", "https://g"), "globex", "by its issuer alone");
    checks.equal(chosen(blocks, "acme", "https://a"), "acme", "by both");
}

void names_are_utf8(Checks& checks) {
    TenantDirectory directory;
    checks.that(directory.add("ac\xff", {}).has_value(), "no UTF-8");
    checks.that(!directory.add("m\xc3\xbcller", {}).has_value(), "UTF-8");
}

void tenant_and_issuer_choose(Checks& checks) {
    const struct {
        const char* tenant;
        const char* issuer;
        const char* expected;
    } rows[] = {
        {"acme", "https://a", "acme"},
        {"acme", "", "acme"},
        {"acme", "https://elsewhere", "acme"}, // its issuers are demanded after the signature
        {"acme", "https://g", "acme"},         // likewise
        {"acme", "https://shared", "acme"},
        {"hooli", "https://shared", "hooli"},
        {"initech", "", "initech"},
        {"initech", "https://elsewhere", "initech"},
        {"initech", "https://g", "(conflict)"},
        {"umbrella", "", "(defaults)"},
        {"umbrella", "https://elsewhere", "(defaults)"},
        {"umbrella", "https://a", "(conflict)"},
        {"umbrella", "https://shared", "(conflict)"},
        {"Acme", "", "(defaults)"},
        {"acme ", "https://a", "(conflict)"},
        {"", "https://a", "acme"},
        {"", "https://g", "globex"},
        {"", "https://shared", "(conflict)"},
        {"", "https://elsewhere", "(defaults)"},
        {"", "https://G", "(defaults)"},
        {"", "", "(defaults)"},
    };
    for (const auto& row : rows) {
        checks.equal(chosen(four, row.tenant, row.issuer), row.expected,
                     std::string(row.tenant) + " by " + row.issuer);
    }
    checks.equal(chosen({}, "acme", "https://a"), "(defaults)", "no tenants at all");
}

void bad_names_are_told(Checks& checks) {
    TenantDirectory directory;
    checks.that(!directory.add("acme", {}), "a good name");
    checks.equal(directory.add("acme", {}).value_or(""), "a duplicate name \"acme\"", "twice");
    checks.equal(directory.add("", {}).value_or(""), "an empty name", "empty");
    checks.that(directory.add("a,b", {}).has_value(), "a comma");
    checks.that(directory.add("acme ", {}).has_value(), "a blank at its end");
    checks.that(directory
                    .add("\xc2\xa0"
                         "acme",
                         {})
                    .has_value(),
                "a no-break space");
    checks.that(directory.add("a\nb", {}).has_value(), "a line break");
    checks.that(directory.choose("a,b", "").kind == Kind::defaults, "a refused name is not there");
}

// The rule as it is told: named tenants first, then the issuer.
std::string reference(const std::vector<Block>& blocks, const std::string& tenant,
                      const std::string& issuer) {
    std::vector<const Block*> speaking;
    for (const Block& block : blocks) {
        for (const std::string& own : block.issuers) {
            if (!issuer.empty() && own == issuer) {
                speaking.push_back(&block);
            }
        }
    }
    for (const Block& block : blocks) {
        if (!tenant.empty() && block.name == tenant) {
            return block.issuers.empty() && !speaking.empty() ? "(conflict)" : block.name;
        }
    }
    if (speaking.empty()) {
        return "(defaults)";
    }
    return tenant.empty() && speaking.size() == 1 ? speaking.front()->name : "(conflict)";
}

void random_directories_follow_the_rule(Checks& checks) {
    const auto name = rc::gen::element<std::string>("", "a", "b", "c", "d", "e");
    const auto issuer = rc::gen::element<std::string>("", "1", "2", "3", "4");
    property(checks, "choose() follows the rule", [&] {
        std::vector<Block> blocks;
        for (const char* own : {"a", "b", "c", "d"}) {
            if (*rc::gen::arbitrary<bool>()) {
                blocks.push_back({own, {}});
                for (const char* some : {"1", "2", "3"}) {
                    if (*rc::gen::arbitrary<bool>()) {
                        blocks.back().issuers.emplace_back(some);
                    }
                }
            }
        }
        const auto tenant = *name;
        const auto claimed = *issuer;
        RC_ASSERT(chosen(blocks, tenant, claimed) == reference(blocks, tenant, claimed));
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<an_issuer_named_twice_is_no_conflict>),
        cmocka_unit_test(run<names_are_utf8>),
        cmocka_unit_test(run<tenant_and_issuer_choose>),
        cmocka_unit_test(run<bad_names_are_told>),
        cmocka_unit_test(run<random_directories_follow_the_rule>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
