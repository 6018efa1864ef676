#include <memory>
#include <string>

#include "base/digest.hpp"
#include "check.hpp"
#include "failing_memory.hpp"
#include "folder.hpp"
#include "nginx_stand_ins.hpp"
#include "ngx/sources/reloaded_file.hpp"

// A watched file that is read in the background, with little memory.

namespace {

using namespace sallyport;
using namespace sallyport::test;

// Keeps the text itself, and needs memory to take it.
class VersionedText {
  public:
    struct Format {};
    using Parsed = std::string;
    static constexpr std::size_t max_bytes = 1 << 20;
    static constexpr const char* plural = "texts";

    static Result<Parsed> parse(const Secret& text, Format, const std::optional<Digest>&) {
        return Parsed(sallyport::text(text.view()));
    }
    [[nodiscard]] std::optional<Digest> digest() const { return std::nullopt; }
    [[nodiscard]] const std::string* content() const noexcept { return text_.get(); }
    void take(const Parsed& parsed, const std::string&, ngx_log_t*, bool) {
        text_ = std::make_unique<std::string>(parsed);
    }

  private:
    std::unique_ptr<std::string> text_;
};

using File = ngx::ReloadedFile<VersionedText>;

class CountingListener : public Listener {
  public:
    int heard = 0;

  private:
    void on_ready() noexcept override { ++heard; }
};

bool reads(File& file) {
    file.content(&quiet);
    run_jobs();
    return file.latest() != nullptr;
}

void read_in_the_background(Checks& checks) {
    const Folder folder;
    const auto file = std::make_shared<File>(folder.write("f", std::string(50'000, 'x')),
                                             VersionedText::Format{}, "f");
    checks.that(file->content(&quiet) == nullptr && file->pending(), "not yet");
    run_jobs();
    checks.that(file->latest() != nullptr && !file->pending(), "read");
}

struct TextOfThread : VersionedText {
    static constexpr bool reads_on_thread = true;
};

void small_files_too_if_their_content_asks_for_it(Checks& checks) {
    const Folder folder;
    const auto at_once =
        std::make_shared<File>(folder.write("a", "x"), VersionedText::Format{}, "a");
    checks.that(at_once->content(&quiet) != nullptr, "a small file is read at once");
    const auto later = std::make_shared<ngx::ReloadedFile<TextOfThread>>(
        folder.write("b", "x"), VersionedText::Format{}, "b");
    checks.that(later->content(&quiet) == nullptr && later->pending(), "not yet");
    run_jobs();
    checks.that(later->latest() != nullptr && *later->latest() == "x", "read");
}

void with_memory_for_some_steps(Checks& checks) {
    const Folder folder;
    const std::string path = folder.write("f", std::string(50'000, 'x'));
    with_little_memory(checks, [&](long n) {
        const auto file = std::make_shared<File>(path, VersionedText::Format{}, "f");
        CountingListener listener;
        bool waits = false;
        {
            const LittleMemory little(n);
            try {
                file->content(&quiet);
                if (file->pending()) {
                    listener.wait_for(file);
                    waits = true;
                }
            } catch (const std::bad_alloc&) {
                checks.that(!file->pending() || !ngx::jobs.empty(), "what is awaited comes");
            }
            run_jobs();
        }
        checks.equal(listener.heard, waits ? 1 : 0, "who waits hears of it");
        checks.that(!file->pending(), "nothing is awaited any longer");
        const bool enough = file->latest() != nullptr;
        ngx_current_msec = ngx_current_msec + 20'000;
        checks.that(enough || reads(*file), "read as soon as there is memory");
        return enough;
    });
}

// As in a worker, which has inherited what the master read. A file of the system has rested.
void what_could_not_be_loaded_is_read_later(Checks& checks) {
    const Folder folder;
    const std::string path = folder.file("f");
    std::filesystem::create_symlink("/etc/passwd", path);
    const auto file = std::make_shared<File>(path, VersionedText::Format{}, "f");
    checks.that(!file->load(&quiet) && file->latest() != nullptr, "loaded");
    const std::string before = *file->latest();
    std::filesystem::remove(path);
    std::filesystem::create_symlink("/etc/group", path);
    bool failed = false;
    try {
        const LittleMemory little(0);
        static_cast<void>(file->load(&quiet));
    } catch (const std::bad_alloc&) {
        failed = true;
    }
    checks.that(failed && *file->latest() == before, "there was no memory");
    ngx_current_msec = ngx_current_msec + 20'000;
    file->content(&quiet);
    run_jobs();
    checks.that(*file->latest() != before, "read at the next use");
}

} // namespace

int main() {
    start_nginx();
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<read_in_the_background>),
        cmocka_unit_test(run<small_files_too_if_their_content_asks_for_it>),
        cmocka_unit_test(run<with_memory_for_some_steps>),
        cmocka_unit_test(run<what_could_not_be_loaded_is_read_later>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
