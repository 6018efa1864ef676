#include "jwt/dpop_uri.hpp"

#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::jwt;
using namespace sallyport::test;

std::string normalized(std::string_view uri) {
    return normalized_uri(uri).value_or("none");
}

struct Spelling {
    std::string_view uri;
    std::string_view normalized;
};

void spellings_of_one_uri(Checks& checks) {
    // The second to fourth examples are those of RFC 3986 sections 6.2.2, 6.2.3 and 5.2.4.
    const Spelling spellings[] = {
        {"https://server.example.com/token", "https://server.example.com/token"},
        {"HTTP://a.example/./b/../b/%63/%7bfoo%7d", "http://a.example/b/c/%7Bfoo%7D"},
        {"http://example.com", "http://example.com/"},
        {"http://example.com/a/b/c/./../../g", "http://example.com/a/g"},
        {"http://example.com:/", "http://example.com/"},
        {"http://example.com:80/", "http://example.com/"},
        {"https://example.com:443/", "https://example.com/"},
        {"https://example.com:80/", "https://example.com:80/"},
        {"http://example.com:443/", "http://example.com:443/"},
        {"http://example.com:8080/", "http://example.com:8080/"},
        {"HTTPS://API.Example.COM/Path", "https://api.example.com/Path"},
        {"https://%41PI.example/", "https://%41pi.example/"},
        {"https://b%C3%BCcher.example/", "https://b%c3%bccher.example/"},
        {"https://a/%7Euser/%2d%2E%5f", "https://a/~user/-._"},
        {"https://a/b%2fc", "https://a/b%2Fc"},
        {"https://a/b%252fc", "https://a/b%252fc"},
        {"https://a/%2e%2E/b", "https://a/b"},
        {"https://a/..", "https://a/"},
        {"https://a/.", "https://a/"},
        {"https://a/b/..", "https://a/"},
        {"https://a/b/.", "https://a/b/"},
        {"https://a/../../b", "https://a/b"},
        {"https://a/b/", "https://a/b/"},
        {"https://a//b///c", "https://a//b///c"},
        {"https://a/b//../c", "https://a/b//../c"},
        {"https://a//b/./%2e%2e/c", "https://a//b/./../c"},
        {"https://a/b/..//c", "https://a/b/..//c"},
        {"https://a/...", "https://a/..."},
        {"https://a/.b/..c", "https://a/.b/..c"},
        {"https://a/b?c=/../d#e", "https://a/b"},
        {"https://a/b#c?d", "https://a/b"},
        {"https://a?b", "https://a/"},
        {"https://a#b", "https://a/"},
        {"https://a/b?", "https://a/b"},
        {"http://[::1]:80/", "http://[::1]/"},
        {"http://[2001:DB8::A]:8080", "http://[2001:db8::a]:8080/"},
        {"http://127.0.0.1/a;b=c,d(e)!$&'*+@:", "http://127.0.0.1/a;b=c,d(e)!$&'*+@:"},
        {"http://a/\xc3\xbc|{}^`\"<>\\..\\", "http://a/\xc3\xbc|{}^`\"<>\\..\\"},
    };
    for (const Spelling& spelling : spellings) {
        checks.equal(normalized(spelling.uri), spelling.normalized, spelling.uri);
        checks.equal(normalized(spelling.normalized), spelling.normalized, "is stable");
    }
}

void no_uris(Checks& checks) {
    for (const std::string_view text : {"",
                                        "/",
                                        "/path",
                                        "//host/path",
                                        "host/path",
                                        "https:",
                                        "https:/a",
                                        "https://",
                                        "https:///path",
                                        "https://:443/",
                                        "https://?a",
                                        "ftp://a/",
                                        "htt://a/",
                                        "https//a/",
                                        "://a/",
                                        " https://a/",
                                        "https://a/ ",
                                        "https://a/b c",
                                        "https://a/%",
                                        "https://a/%4",
                                        "https://a/%4g",
                                        "https://%zz/",
                                        "https://a/b\nc",
                                        "https://a\t/",
                                        "https://a/\x7f",
                                        "https://user@a/",
                                        "https://user:secret@a/",
                                        "https://a:b/",
                                        "https://a:-1/",
                                        "https://a:443:443/",
                                        "https://a:000443/",
                                        "https://[::1/",
                                        "https://::1]/",
                                        "https://[::1]a/",
                                        "https://[]/",
                                        "https://[a.b/c]/",
                                        "https://a\\b/",
                                        "mailto:a@b",
                                        "javascript://a/%0a"}) {
        const std::string_view found = normalized_uri(text).has_value() ? "some" : "none";
        const bool is_odd = text == "javascript://a/%0a";
        checks.equal(found, "none", is_odd ? "another scheme" : text);
    }
    checks.that(!normalized_uri(std::string_view("https://a/\0", 11)).has_value(), "NUL");
    const std::string longest = "https://a/" + std::string(max_uri_bytes - 10, 'x');
    checks.that(normalized_uri(longest).has_value(), "the longest");
    checks.that(!normalized_uri(longest + 'x').has_value(), "too long");
    checks.equal(normalized("https://a/?" + longest + " \n"), "https://a/", "a long query");
}

// RFC 3986 section 5.2.4, step by step, for paths without doubled slashes.
std::string reference_path(std::string in) {
    if (in.find("//") != in.npos) {
        return in;
    }
    std::string out;
    while (!in.empty()) {
        if (in.starts_with("/./")) {
            in.erase(0, 2);
        } else if (in == "/.") {
            in = "/";
        } else if (in.starts_with("/../") || in == "/..") {
            in = in == "/.." ? "/" : in.substr(3);
            out.erase(out.find_last_of('/') == out.npos ? 0 : out.find_last_of('/'));
        } else {
            const auto end = in.find('/', 1);
            out += in.substr(0, end);
            in.erase(0, end);
        }
    }
    return out;
}

void paths_agree_with_a_reference(Checks& checks) {
    property(checks, "dot segments", [] {
        std::string path;
        for (const int piece : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8))) {
            constexpr const char* pieces[] = {"/", "/.", "/..", ".", "a", "/b", "/%2e", "%2E"};
            path += path.empty() && pieces[piece][0] != '/' ? "/" : "";
            path += pieces[piece];
        }
        std::string plain = path.empty() ? "/" : path;
        for (const char* encoded : {"%2e", "%2E"}) {
            for (auto at = plain.find(encoded); at != plain.npos; at = plain.find(encoded)) {
                plain.replace(at, 3, ".");
            }
        }
        RC_ASSERT(normalized("https://a" + path) == "https://a" + reference_path(plain));
    });
}

// Spells the characters of a normalized path in other ways.
void spellings_agree(Checks& checks) {
    property(checks, "one URI, spelled in two ways", [] {
        const std::string alphabet = "azAZ09-._~/;,=@";
        const auto segment = *rc::gen::container<std::string>(rc::gen::elementOf(alphabet));
        const std::string path = "/x" + segment;
        std::string other;
        for (const char c : path) {
            const bool reserved = std::string_view("/;,=@").find(c) != std::string_view::npos;
            if (!reserved && *rc::gen::arbitrary<bool>()) {
                constexpr const char* lower = "0123456789abcdef";
                constexpr const char* upper = "0123456789ABCDEF";
                const char* const digits = *rc::gen::arbitrary<bool>() ? lower : upper;
                other += {'%', digits[c >> 4], digits[c & 15]};
            } else {
                other += c;
            }
        }
        const char* const authority =
            *rc::gen::elementOf(std::vector{"https://a.b", "HTTPS://A.B:443", "https://a.b:"});
        RC_ASSERT(normalized(authority + other + "?q#f") == normalized("https://a.b" + path));
        const std::string once = normalized(authority + other);
        RC_ASSERT(normalized(once) == once);
        // Any other character makes another URI.
        RC_ASSERT(normalized("https://a.b" + path + "!") != once);
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<spellings_of_one_uri>),
        cmocka_unit_test(run<no_uris>),
        cmocka_unit_test(run<paths_agree_with_a_reference>),
        cmocka_unit_test(run<spellings_agree>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
