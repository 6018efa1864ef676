#include "check.hpp"
#include "metrics/format.hpp"

namespace {

using namespace sallyport::metrics;
using namespace sallyport::test;

constexpr auto none = std::nullopt;

void by_argument(Checks& checks) {
    checks.that(choose_format("prometheus", "text/html") == Format::prometheus, "prometheus");
    checks.that(choose_format("json", "text/html") == Format::json, "json");
    checks.that(choose_format("html", "") == Format::html, "html");
    for (const char* const other : {"", "HTML", "xml", "json "}) {
        checks.that(!choose_format(other, "text/html"), other);
    }
}

void by_accept(Checks& checks) {
    const struct {
        const char* accept;
        Format format;
    } rows[] = {
        {"", Format::prometheus},
        {"*/*", Format::prometheus},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
         Format::html},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         Format::prometheus},
        {"application/json", Format::json},
        {"Application/JSON; charset=utf-8", Format::json},
        {"text/html;q=0.1, application/json ; q=0.9", Format::json},
        {"text/html;q=0, application/json;q=0.5", Format::json},
        {"text/html;q=0", Format::prometheus},
        {"image/png", Format::prometheus},
        {",;,", Format::prometheus},
        {"text/html;q=", Format::prometheus},
    };
    for (const auto& row : rows) {
        checks.that(choose_format(none, row.accept) == row.format, row.accept);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<by_argument>),
        cmocka_unit_test(run<by_accept>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
