#include "auth/revocation_entry.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"

// The input is a file of revocations, one entry, and the members of one.

using namespace sallyport;
using namespace sallyport::auth;

namespace {

void check(const RevocationEntry& entry) {
    fuzz::hold(!entry.value.empty() && entry.value.size() <= max_revocation_text &&
                   !has_control(entry.value),
               "a value is bounded");
    fuzz::hold(entry.kind != RevocationKind::tenant || !entry.tenant_id, "a tenant has no tenant");
    fuzz::hold(entry.until.value_or(0) >= 0 && entry.issued_before.value_or(0) >= 0,
               "times are not negative");
    const auto again = parse_revocation_entry(revocation_text(entry));
    // Escaped texts may exceed the limit of one entry.
    fuzz::hold(!again || *again == entry, "it is rendered as it was parsed");
}

void parse(std::string_view text) {
    const auto entry = parse_revocation_entry(text);
    if (entry) {
        check(*entry);
    } else {
        fuzz::hold(!entry.error().empty() && !has_control(entry.error()), "an error is a phrase");
    }
    std::size_t taken = 0;
    const auto count = parse_revocation_file(text, [&](const RevocationEntry& one) {
        ++taken;
        check(one);
    });
    fuzz::hold(!count || *count == taken, "each entry of a valid file is taken");
    fuzz::hold(count || !has_control(count.error()), "an error is a phrase");
    fuzz::hold(!entry || !count, "an object is no array");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::view(data, size);
    parse(input);
    parse(R"({"sub":"a",)" + std::string(input) + "}");
    parse("[" + std::string(input) + "]");
    return 0;
}
