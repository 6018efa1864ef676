#include <cctype>
#include <cstdio>
#include <map>
#include <vector>

#include "base/form.hpp"
#include "check.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

using Fields = std::map<std::string, std::string>;

struct Row {
    std::string_view text;
    Fields wanted;
};

const std::string nul(1, '\0');

const Row rows[] = {
    {"", {}},
    {"a=b", {{"a", "b"}}},
    {"a=b&c=d", {{"a", "b"}, {"c", "d"}}},
    {"c=d&a=b", {{"a", "b"}, {"c", "d"}}},
    {"a=", {{"a", ""}}},
    {"a", {{"a", ""}}},
    {"a&b", {{"a", ""}, {"b", ""}}},
    {"=b", {{"", "b"}}},
    {"=", {{"", ""}}},
    {"&", {}},
    {"&&a=b&&c=d&", {{"a", "b"}, {"c", "d"}}},
    {"a=b=c", {{"a", "b=c"}}},
    {"a==", {{"a", "="}}},
    {"a=b&A=c&a%20=d", {{"a", "b"}, {"A", "c"}, {"a ", "d"}}},
    // RFC 6749 section 6, and appendix B.
    {"grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA",
     {{"grant_type", "refresh_token"}, {"refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA"}}},
    {"v=+%25%26%2B%C2%A3%E2%82%AC", {{"v", " %&+\xc2\xa3\xe2\x82\xac"}}},
    // Escapes, in names as well.
    {"a+b=c+d", {{"a b", "c d"}}},
    {"a%3Db=c%26d", {{"a=b", "c&d"}}},
    {"a=%41%42%43", {{"a", "ABC"}}},
    {"a=%2b%2B", {{"a", "++"}}},
    {"a=%2541", {{"a", "%41"}}},
    {"a=%00", {{"a", nul}}},
    {"a%00=b&a=c", {{"a" + nul, "b"}, {"a", "c"}}},
    {"a=%ff%0d%0a", {{"a", "\xff\r\n"}}},
    {"%61=b", {{"a", "b"}}},
    // What browsers and curl leave as it is.
    {"a=-._~*!'()/:?@,;$[]{}|\\^`\"<>#", {{"a", "-._~*!'()/:?@,;$[]{}|\\^`\"<>#"}}},
};

Fields fields(const Form& form) {
    Fields plain;
    for (const auto& [name, value] : form) {
        plain.emplace(name, text(value.view()));
    }
    return plain;
}

void forms(Checks& checks) {
    for (const auto& [text, wanted] : rows) {
        const auto form = parse_form(text, 10);
        checks.that(form.has_value() && fields(*form) == wanted, text);
    }
    const std::string_view longer = "a=%41B";
    checks.equal(text(parse_form(longer.substr(0, 5), 1)->at("a").view()), "A", "its own end");
}

const std::string_view no_forms[] = {
    // Broken escapes.
    "a=%",
    "a=%4",
    "a=%4&b=1",
    "a=%&b",
    "a=%G1",
    "a=%1G",
    "a=% 1",
    "a=%+1",
    "a=%-1",
    "a=%%41",
    "a=%u0041",
    "a=%0x41",
    "%=b",
    "%4=b",
    // A name twice.
    "a=b&a=b",
    "a=b&a=c",
    "a&a",
    "a=b&c=d&%61=e",
    "a+b=1&a%20b=2",
    "=1&=2",
    // Bytes that must be escaped.
    "a=b c",
    "a b=c",
    " a=b",
    "a=b ",
    "a=b\n",
    "a=b\r\n",
    "a=\t",
    "a=\x7f",
    "a=\x80",
    "a=\xc2\xa3",
    "\xff=b",
    std::string_view("a=\0", 3),
    std::string_view("\0", 1),
    // Broken behind what is good.
    "a=b&c=%",
    "a=b&c d",
};

void malformed_text(Checks& checks) {
    for (const std::string_view text : no_forms) {
        checks.that(!parse_form(text, 10).has_value(), text);
    }
    const std::string_view cut = "a=%41";
    checks.that(!parse_form(cut.substr(0, 4), 1).has_value(), "does not read on");
}

void every_byte(Checks& checks) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string plain(1, static_cast<char>(byte));
        const bool printable = byte > ' ' && byte < 0x7f;
        const auto raw = parse_form("a=x" + plain + "y", 2);
        checks.equal(raw.has_value(), printable && byte != '%', std::to_string(byte));
        char escaped[4];
        std::snprintf(escaped, sizeof(escaped), byte % 2 == 0 ? "%%%02x" : "%%%02X",
                      static_cast<unsigned>(byte));
        const auto form = parse_form(std::string("a=") + escaped, 1);
        checks.that(form.has_value() && text(form->at("a").view()) == plain, escaped);
    }
}

void limits(Checks& checks) {
    checks.that(parse_form("", 0).has_value(), "none of none");
    checks.that(parse_form("&&", 0).has_value(), "none of none");
    checks.that(!parse_form("a", 0).has_value(), "one of none");
    checks.that(parse_form("a&b", 2).has_value(), "two of two");
    checks.that(!parse_form("a&b&c", 2).has_value(), "three of two");
    checks.that(parse_form("&&a&&b&&", 2).has_value(), "two of two");
    std::string many;
    for (int i = 0; i < 100'000; ++i) {
        many += std::to_string(i) + "&";
    }
    checks.that(!parse_form(many, 20).has_value(), "very many");
    const std::string large(1'000'000, 'x');
    checks.that(text(parse_form("a=" + large, 1)->at("a").view()) == large, "a large one");
}

std::string escape(const std::string& plain) {
    std::string text;
    for (const char c : plain) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == ' ') {
            text += c == ' ' ? '+' : c;
        } else {
            char escaped[4];
            std::snprintf(escaped, sizeof(escaped), "%%%02X", static_cast<unsigned>(byte));
            text += escaped;
        }
    }
    return text;
}

void what_was_written_is_read(Checks& checks) {
    property(checks, "any fields, escaped", [] {
        const auto wanted = *rc::gen::arbitrary<Fields>();
        std::string text;
        for (const auto& [name, value] : wanted) {
            text += (text.empty() ? "" : "&") + escape(name) + '=' + escape(value);
        }
        const auto form = parse_form(text, wanted.size());
        RC_ASSERT(form.has_value());
        RC_ASSERT(fields(*form) == wanted);
        RC_ASSERT(wanted.empty() || !parse_form(text, wanted.size() - 1).has_value());
    });
    property(checks, "any text is read in one way, or in none", [] {
        const auto text =
            *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab%4412=&+&= \xff")));
        const auto form = parse_form(text, 4);
        if (!form.has_value()) {
            return;
        }
        std::string again;
        for (const auto& [name, value] : fields(*form)) {
            again += (again.empty() ? "" : "&") + escape(name) + '=' + escape(value);
        }
        RC_ASSERT(form->size() <= 4);
        RC_ASSERT(fields(*parse_form(again, 4)) == fields(*form));
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<forms>),
        cmocka_unit_test(run<malformed_text>),
        cmocka_unit_test(run<every_byte>),
        cmocka_unit_test(run<limits>),
        cmocka_unit_test(run<what_was_written_is_read>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
