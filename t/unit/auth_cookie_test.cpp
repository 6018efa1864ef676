#include "auth/cookie.hpp"
#include "check.hpp"

// Removing one cookie leaves the others, and nothing that nginx or an application reads as it.

namespace {

using namespace sallyport::test;
using sallyport::auth::without_cookie;

struct Row {
    const char* field;
    const char* left;
};

constexpr Row rows[] = {
    {"", ""},
    {"session=x", ""},
    {"a=1", "a=1"},
    {"a=1; session=x; b=2", "a=1; b=2"},
    {"session=x; a=1", "a=1"},
    {"a=1; session=x", "a=1"},
    {"a=1;session=x;b=2", "a=1; b=2"},
    {"session=x; a=1; session=y", "a=1"},
    {"SESSION=x; a=1", "a=1"},
    {"session =x; a=1", "a=1"},
    {" session\t= x ; a=1", "a=1"},
    {"session=; a=1", "a=1"},
    {"session", "session"},
    {"session; a=1", "session; a=1"},
    {"sessions=x; mysession=y; session2=z", "sessions=x; mysession=y; session2=z"},
    {"a=session=x", "a=session=x"},
    {"a=1, session=x; b=2", "a=1; b=2"},
    {"a=1,2,session=x,y; b=2", "a=1,2; b=2"},
    {"session=\"x; a=1", "a=1"},
    {";;session=x;;", ""},
    {"a=\"x;y\";b=2 ;", "a=\"x;y\";b=2 ;"},
    {"session=x;a;b;c;d;e;f;g", "a; b; c; d; e; f; g"},
    {"=x; session=y", "=x"},
    {"session=a.b.c==; a=b=c", "a=b=c"},
};

void one_cookie_is_removed(Checks& checks) {
    for (const Row& row : rows) {
        checks.equal(without_cookie(row.field, "session"), std::string(row.left), row.field);
        checks.equal(without_cookie(row.left, "session"), std::string(row.left), row.left);
    }
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<one_cookie_is_removed>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
