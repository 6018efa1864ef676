#pragma once

#include <functional>
#include <optional>
#include <string>

#include <sys/stat.h>

#include "ngx/runtime/file_watch.hpp"

namespace sallyport::ngx {

// Decides when a file must be read again. The file is checked when it is used: as soon as the watch
// reports a change, and otherwise at intervals, so that an idle file costs nothing. See
// ReloadedFile for what is read.
class WatchedFile {
  public:
    // `on_change` is called when the watch reports a change, so that a large file is read before
    // the next request needs it.
    WatchedFile(std::string path, std::function<void()> on_change)
        : path_(std::move(path)),
          on_change_(std::move(on_change)) {}
    WatchedFile(const WatchedFile&) = delete;
    WatchedFile& operator=(const WatchedFile&) = delete;
    ~WatchedFile();

    // In a worker: reports changes from now on.
    void watch(FileWatch& watch);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // The file has changed since it was read, and cannot be read.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    struct Look {
        bool unchanged; // since the previous look
        bool rested;    // long enough to trust its time stamps
    };

    // Looks at once.
    Look look();
    // Looks if it is time to. Returns nothing if there is nothing to read. The next look notices a
    // change that comes between this one and the reading.
    std::optional<Look> look_if_due();
    [[nodiscard]] off_t size() const noexcept { return identity_.size; }
    // The watch has reported a change since the last look.
    [[nodiscard]] bool has_changed() const noexcept { return mark_.watched() && mark_.changed; }

    void note_success(Look look) noexcept;
    // Returns whether to log it. A file that the master has read (`has_content`) and this worker
    // may not read stays valid until it changes.
    [[nodiscard]] bool note_failure(Look look, bool has_content) noexcept;

  private:
    // Changes when the file is written or replaced, or when a symbolic link leads to another one.
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        timespec modified{};
        timespec changed{};

        bool operator==(const Identity& other) const noexcept;
    };

    // The current identity; the previous one if the file is not accessible.
    [[nodiscard]] Identity identify() const;
    void report_change() { on_change_(); }

    std::string path_; // absolute
    std::function<void()> on_change_;
    FileWatch* watch_ = nullptr; // not in the master
    FileWatch::Mark mark_;
    ngx_event_t change_{};
    ngx_msec_t checked_ = 0;
    Identity identity_;
    bool settled_ = false; // the file was read, and had rested at the last look
    bool broken_ = false;
};

} // namespace sallyport::ngx
