#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/timestamp.hpp"
#include "check.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

struct Row {
    const char* text;
    long long wanted;
};

const Row rows[] = {
    // RFC 3339 section 5.8.
    {"1985-04-12T23:20:50.52Z", 482196050},
    {"1996-12-19T16:39:57-08:00", 851042397},
    {"1996-12-20T00:39:57Z", 851042397},
    {"1990-12-31T23:59:60Z", 662688000},
    {"1990-12-31T15:59:60-08:00", 662688000},
    {"1937-01-01T12:00:27.87+00:20", -1041337173},
    // Edges.
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"1969-12-31T23:59:59.999999999999Z", -1},
    {"1970-01-01T00:00:00.0Z", 0},
    {"2038-01-19T03:14:08Z", 2147483648},
    {"2026-01-31T23:59:59Z", 1769903999},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"9999-12-31T23:59:59-23:59", 253402387139},
    // Offsets.
    {"1970-01-01T00:00:00+00:00", 0},
    {"1970-01-01T00:00:00-00:00", 0},
    {"1970-01-01T00:00:00+23:59", -86340},
    {"1970-01-01T00:00:00-23:59", 86340},
    {"1970-01-01T05:30:00+05:30", 0},
    {"1970-01-01T00:00:00.5-00:01", 60},
    // Section 5.6: letters in either case.
    {"1970-01-01t00:00:00z", 0},
    // Leap years.
    {"2000-02-29T00:00:00Z", 951782400},
    {"2024-02-29T12:00:00Z", 1709208000},
    {"2400-02-29T00:00:00Z", 13574563200},
    {"2024-03-01T00:00:00Z", 1709251200},
    {"2100-03-01T00:00:00Z", 4107542400},
};

void times(Checks& checks) {
    for (const auto& [text, wanted] : rows) {
        const auto time = parse_rfc3339(text);
        checks.that(time.has_value(), text);
        checks.equal(time.value_or(0), wanted, text);
    }
    const std::string_view longer = "1970-01-01T00:00:01Z5";
    checks.that(parse_rfc3339(longer.substr(0, 20)) == 1, "its own end");
}

void days_that_no_month_has(Checks& checks) {
    const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (const int year : {1900, 2000, 2023, 2024, 2100}) {
        const bool leap = year == 2000 || year == 2024;
        for (int month = 0; month <= 13; ++month) {
            for (int day = 0; day <= 32; ++day) {
                char text[64];
                std::snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00Z", year, month, day);
                const bool real = month >= 1 && month <= 12 && day >= 1 &&
                                  day <= days[month - 1] + (leap && month == 2 ? 1 : 0);
                checks.equal(parse_rfc3339(text).has_value(), real, text);
            }
        }
    }
}

const std::string_view no_times[] = {"",
                                     " ",
                                     "Z",
                                     "T",
                                     "0",
                                     "1769903999",
                                     "2026",
                                     "2026-01-31",
                                     "23:59:59Z",
                                     "2026-01-31T23:59:59",
                                     "2026-01-31T23:59Z",
                                     "2026-01-31T23:59:59.Z",
                                     "2026-01-31T23:59:59,5Z",
                                     "2026-01-31T23:59:59.5",
                                     "2026-01-31T23:59:59.5.5Z",
                                     "2026-01-31T23:59:59.-5Z",
                                     "2026-01-31T23:59:59. 5Z",
                                     "2026-01-31T24:00:00Z",
                                     "2026-01-31T23:60:00Z",
                                     "2026-01-31T23:59:61Z",
                                     "2026-01-31T99:00:00Z",
                                     "2026-01-31T23:59:59ZZ",
                                     "2026-01-31T23:59:59Z ",
                                     " 2026-01-31T23:59:59Z",
                                     "2026-01-31T23:59:59Z\n",
                                     "2026-01-31T23:59:59 Z",
                                     "2026-01-31T23:59:59UTC",
                                     "2026-01-31T23:59:59+",
                                     "2026-01-31T23:59:59+0",
                                     "2026-01-31T23:59:59+00",
                                     "2026-01-31T23:59:59+0000",
                                     "2026-01-31T23:59:59+00:",
                                     "2026-01-31T23:59:59+00:0",
                                     "2026-01-31T23:59:59+00:000",
                                     "2026-01-31T23:59:59+0:00",
                                     "2026-01-31T23:59:59+24:00",
                                     "2026-01-31T23:59:59+00:60",
                                     "2026-01-31T23:59:59+00:00Z",
                                     "2026-01-31T23:59:59Z+00:00",
                                     "2026-01-31T23:59:59+-1:00",
                                     "2026-01-31T23:59:59\xe2\x88\x92"
                                     "08:00",
                                     "2026-01-31T23:59:59+00.00",
                                     "2026-01-31TT23:59:59Z",
                                     "2026-01-31X23:59:59Z",
                                     "2026-01-3123:59:59Z",
                                     "2026-01-31T235959Z",
                                     "20260131T235959Z",
                                     "2026-1-31T23:59:59Z",
                                     "2026-01-1T23:59:59Z",
                                     "2026/01/31T23:59:59Z",
                                     "2026-01-31T23-59-59Z",
                                     "2026-01-31T3:59:59Z",
                                     "26-01-31T23:59:59Z",
                                     "12026-01-31T23:59:59Z",
                                     "+2026-01-31T23:59:59Z",
                                     "-2026-01-31T23:59:59Z",
                                     "2026-W05-6T23:59:59Z",
                                     "2026-031T23:59:59Z",
                                     "2O26-01-31T23:59:59Z",
                                     "2026-01-31T23:59:5 Z",
                                     "2026-01-31T23:59: 9Z",
                                     "2026-01-31T23:59:-9Z",
                                     "2026-01-31T+3:59:59Z",
                                     "2026- 1-31T23:59:59Z",
                                     "0x26-01-31T23:59:59Z",
                                     "\xff\xff\xff\xff-01-31T23:59:59Z",
                                     "Sat, 31 Jan 2026 23:59:59 GMT"};

void malformed_text(Checks& checks) {
    for (const std::string_view text : no_times) {
        checks.that(!parse_rfc3339(text).has_value(), text);
    }
    for (const std::size_t at : {std::size_t{0}, std::size_t{10}, std::size_t{19}}) {
        std::string text = "2026-01-31T23:59:59Z";
        text[at] = '\0';
        checks.that(!parse_rfc3339(text).has_value(), "NUL");
    }
    checks.that(!parse_rfc3339(std::string_view("2026-01-31T23:59:59Z\0", 21)), "NUL behind");
}

void every_cut_and_every_byte(Checks& checks) {
    const std::string text = "2026-01-31T23:59:59.25+01:00";
    checks.that(parse_rfc3339(text) == 1769900399, "whole");
    for (std::size_t size = 0; size < text.size(); ++size) {
        checks.that(!parse_rfc3339(std::string_view(text).substr(0, size)), text.substr(0, size));
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string altered = text;
            altered[at] = static_cast<char>(byte);
            const bool digit = byte >= '0' && byte <= '9';
            const bool sign = byte == '+' || byte == '-' || byte == ' ' || byte == 't' ||
                              byte == 'T' || byte == '.' || byte == ':';
            checks.that(digit || sign || !parse_rfc3339(altered).has_value(), altered);
        }
    }
}

void as_the_library_says(Checks& checks) {
    property(checks, "a time that was written is read", [] {
        const auto seconds = *rc::gen::inRange<std::int64_t>(-62135500000, 253402200000);
        const int offset = *rc::gen::inRange(-1439, 1440);
        const std::time_t local = seconds + offset * 60;
        std::tm parts{};
        RC_ASSERT(::gmtime_r(&local, &parts) == &parts);
        const auto fraction = *rc::gen::element<std::string>("", ".0", ".999999");
        char text[80];
        std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%s%c%02d:%02d",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, fraction.c_str(), offset < 0 ? '-' : '+',
                      std::abs(offset) / 60, std::abs(offset) % 60);
        RC_ASSERT(parse_rfc3339(text) == seconds);
    });
}

struct WrittenRow {
    std::int64_t milliseconds;
    const char* wanted;
};

const WrittenRow written_rows[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {42, "1970-01-01T00:00:00.042Z"},
    {999, "1970-01-01T00:00:00.999Z"},
    {1000, "1970-01-01T00:00:01.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {-1000, "1969-12-31T23:59:59.000Z"},
    {-1001, "1969-12-31T23:59:58.999Z"},
    {86'399'999, "1970-01-01T23:59:59.999Z"},
    {86'400'000, "1970-01-02T00:00:00.000Z"},
    {482'196'050'520, "1985-04-12T23:20:50.520Z"},
    {951'782'400'000, "2000-02-29T00:00:00.000Z"},
    {1'709'208'000'007, "2024-02-29T12:00:00.007Z"},
    {1'769'903'999'042, "2026-01-31T23:59:59.042Z"},
    {2'147'483'648'000, "2038-01-19T03:14:08.000Z"},
    {4'107'542'400'000, "2100-03-01T00:00:00.000Z"},
    {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
    {-62'135'596'800'000, "0001-01-01T00:00:00.000Z"},
};

void written(Checks& checks) {
    for (const auto& [milliseconds, wanted] : written_rows) {
        checks.equal(format_rfc3339(milliseconds), wanted, wanted);
    }
}

void what_is_written_is_read(Checks& checks) {
    property(checks, "the library says the same, and it is read again", [] {
        const auto milliseconds =
            *rc::gen::inRange<std::int64_t>(-62'135'596'800'000, 253'402'300'800'000);
        const std::int64_t fraction = ((milliseconds % 1000) + 1000) % 1000;
        const std::time_t seconds = (milliseconds - fraction) / 1000;
        std::tm parts{};
        RC_ASSERT(::gmtime_r(&seconds, &parts) == &parts);
        char text[80];
        std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, static_cast<int>(fraction));
        RC_ASSERT(format_rfc3339(milliseconds) == text);
        RC_ASSERT(parse_rfc3339(text) == seconds);
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<times>),
        cmocka_unit_test(run<days_that_no_month_has>),
        cmocka_unit_test(run<malformed_text>),
        cmocka_unit_test(run<every_cut_and_every_byte>),
        cmocka_unit_test(run<as_the_library_says>),
        cmocka_unit_test(run<written>),
        cmocka_unit_test(run<what_is_written_is_read>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
