#include <cstdio>

#include "auth/apr1.hpp"
#include "check.hpp"
#include "hashes.hpp"
#include "property.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;
using auth::apr1;

struct Row {
    const char* password;
    const char* salt;
    const char* wanted;
};

// Of "openssl passwd -apr1 -salt SALT PASSWORD", OpenSSL 3.
const Row rows[] = {
    {"", "r", "lezspFTJkM6k9LjhVpiPm0"},
    {"", "saltsalt", "a8ml/vK5HEjiZ5oypDWA7/"},
    {"a", "a", "drFGR/9p/sjZ9/qPTUuIf/"},
    {"a", "saltsalt", "OEnK0QmmvoDzFw9W2yFYT/"},
    {"password", "r", "4E.pKFB2obbbldBuEBQ9Z1"},
    {"password", "saltsalt", "yAAkm4libquA.ZWLHbSBq/"},
    {"password", "./AZaz09", "lwXT6u8i4Loov3b80kp.d0"},
    {"Hello world!", "r", "4iFejxZft7OlVjy7W.XZf0"},
    {"Hello world!", "saltsalt", "6BwcdpRros16.J9J/tHRr/"},
    {"0123456789abcdef", "r", "MZ4qfvyyTlP3NC360q5qC/"},
    {"0123456789abcdef", "saltsalt", "noZiBycUL1t9WTQEO7/nr1"},
    {"0123456789abcdefg", "r", "VAtwBkj4JtnVuwRlNIhs./"},
    {"0123456789abcdefg", "./AZaz09", "A7Vra7yWWmLVrjeFwTwea."},
    {"test:123\xc2\xa3", "saltsalt", "WBpjaPMdUTglglGI0Gmcl."},
    {"test:123\xc2\xa3", "./AZaz09", "vtnp5xvXLpfTLSYdFFd.R."},
};

void known_values(Checks& checks) {
    for (const auto& [password, salt, wanted] : rows) {
        checks.equal(apr1(password, salt), wanted, password);
    }
    checks.equal(apr1(std::string(100, 'x'), "saltsalt"), "t8Bg6KAOIAvN1C1bTuHzZ0", "long");
    checks.equal(apr1(std::string(100, 'x'), "r"), "HO1NpbrOqt45l13zxDkh11", "long");
    // The documentation of Apache httpd.
    checks.equal(apr1("myPassword", "r31....."), "HqJZimcKQFAMYayBlzkrA/", "httpd");
}

void views_have_their_own_end(Checks& checks) {
    checks.equal(apr1(std::string_view("passwords").substr(0, 8),
                      std::string_view("saltsalts").substr(0, 8)),
                 "yAAkm4libquA.ZWLHbSBq/", "cut");
    checks.that(apr1(std::string_view("a\0b", 3), "salt") != apr1("a", "salt"), "NUL");
    checks.that(apr1("a", "salt") != apr1("a", "salu"), "salts");
}

// What openssl prints, or nothing when there is none.
std::string ask_openssl(const std::string& password, const std::string& salt) {
    const std::string command =
        "openssl passwd -apr1 -salt '" + salt + "' '" + password + "' 2>/dev/null";
    std::string printed;
    FILE* pipe = ::popen(command.c_str(), "r");
    for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF && c != '\n';) {
        printed += static_cast<char>(c);
    }
    return pipe != nullptr && ::pclose(pipe) == 0 ? printed : "";
}

void openssl_agrees(Checks& checks) {
    if (ask_openssl("password", "saltsalt").empty()) {
        return;
    }
    int left = 50;
    property(checks, "openssl hashes random passwords alike", [&left] {
        if (left-- <= 0) {
            return;
        }
        const std::string alphabet =
            "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        const std::string password = *rc::gen::resize(
            60, rc::gen::container<std::string>(rc::gen::elementOf(alphabet + " !$%\"\\\xc3\xa4")));
        const std::string salt =
            *rc::gen::container<std::string>(*rc::gen::inRange(1, 9), rc::gen::elementOf(alphabet));
        RC_ASSERT("$apr1$" + salt + "$" + apr1(password, salt) == ask_openssl(password, salt));
    });
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<known_values>),
        cmocka_unit_test(run<views_have_their_own_end>),
        cmocka_unit_test(run<openssl_agrees>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
