#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "check.hpp"
#include "folder.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::test;

void content_is_read_as_it_is(Checks& checks) {
    const Folder folder;
    const std::string_view content("a\0b\r\n\xff", 6);
    const auto read = read_file(folder.write("f", content), 100);
    checks.that(read.has_value() && text(read->view()) == content, "bytes");
    const auto empty = read_file(folder.write("e", ""), 100);
    checks.that(empty.has_value() && empty->empty(), "empty");
    std::filesystem::create_symlink(folder.file("f"), folder.file("link"));
    checks.that(read_file(folder.file("link"), 100).has_value(), "symbolic link");
}

void limit_is_exact(Checks& checks) {
    const Folder folder;
    const std::string path = folder.write("f", std::string(100'000, 'x'));
    const auto whole = read_file(path, 100'000);
    checks.that(whole.has_value() && whole->size() == 100'000, "just as large");
    checks.that(!read_file(path, 99'999).has_value(), "one too many");
    checks.that(!read_file(path, 0).has_value(), "nothing allowed");
}

void what_is_no_file_is_refused_without_waiting(Checks& checks) {
    const Folder folder;
    checks.that(!read_file(folder.file("absent"), 100).has_value(), "absent");
    checks.that(!read_file(folder.file(""), 100).has_value(), "folder");
    checks.that(!read_file("", 100).has_value(), "no path");
    checks.that(!read_file("/dev/zero", 100).has_value(), "device without end");
    checks.that(!read_file("/dev/null", 100).has_value(), "device");
    const std::string fifo = folder.file("fifo");
    checks.that(::mkfifo(fifo.c_str(), 0600) == 0, "mkfifo");
    ::alarm(10); // opening a FIFO would wait for its writer for ever
    checks.that(!read_file(fifo, 100).has_value(), "FIFO");
    ::alarm(0);
}

void errors_do_not_name_the_path(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("absent");
    const auto read = read_file(path, 100);
    checks.that(!read.has_value() && !read.error().empty() &&
                    read.error().find("absent") == std::string::npos,
                "absent");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<content_is_read_as_it_is>),
        cmocka_unit_test(run<limit_is_exact>),
        cmocka_unit_test(run<what_is_no_file_is_refused_without_waiting>),
        cmocka_unit_test(run<errors_do_not_name_the_path>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
