#pragma once

#include <algorithm>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/err.h>

extern "C" {
#include <cmocka.h>
}
#undef fail // a macro, and a name of the standard library

namespace sallyport::test {

inline bool holds(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What a test found. It asserts nothing itself: cmocka's longjmp would leave destructors out, so
// run() asserts when everything of the test is gone.
class Checks {
  public:
    // Everything under test must leave OpenSSL's error queue empty, so each check looks there too.
    void that(bool holds, std::string_view what, int line = __builtin_LINE()) {
        const bool queue_empty = ERR_peek_error() == 0;
        ERR_clear_error();
        if (!holds) {
            note("does not hold", what, line);
        }
        if (!queue_empty) {
            note("left OpenSSL's error queue dirty", what, line);
        }
    }

    void equal(std::string_view got, std::string_view wanted, std::string_view what,
               int line = __builtin_LINE()) {
        if (got != wanted) {
            std::fprintf(stderr, "got    '%.*s'\nwanted '%.*s'\n", width(got), got.data(),
                         width(wanted), wanted.data());
        }
        that(got == wanted, what, line);
    }

    void equal(long long got, long long wanted, std::string_view what,
               int line = __builtin_LINE()) {
        if (got != wanted) {
            std::fprintf(stderr, "got %lld, wanted %lld\n", got, wanted);
        }
        that(got == wanted, what, line);
    }

    [[nodiscard]] int failed() const { return failed_; }

  private:
    static int width(std::string_view text) {
        return static_cast<int>(text.size() < 500 ? text.size() : 500);
    }

    void note(const char* how, std::string_view what, int line) {
        ++failed_;
        if (failed_ <= 20) {
            std::fprintf(stderr, "line %d %s: %.*s\n", line, how, width(what), what.data());
        }
    }

    int failed_ = 0;
};

using Body = void (*)(Checks&);

template <Body body>
int failures() {
    Checks checks;
    try {
        body(checks);
    } catch (const std::exception& error) {
        checks.that(false, error.what());
    } catch (...) {
        checks.that(false, "something was thrown");
    }
    return checks.failed();
}

// The function for cmocka's table.
template <Body body>
void run(void** /*state*/) {
    assert_int_equal(failures<body>(), 0);
}

} // namespace sallyport::test
