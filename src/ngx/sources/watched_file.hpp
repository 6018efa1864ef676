#pragma once

#include <optional>
#include <string>

#include <sys/stat.h>

#include "ngx/runtime/file_watch.hpp"
#include "ngx/runtime/waiter.hpp"

namespace sallyport::ngx {

// A file that is followed as it changes: when to look at it again, and whether what it held last
// still counts. It is looked at when it is used: as soon as the watch says that it changed, and
// else now and then, so that an idle file costs nothing. See StockFile for what is read.
class FollowedFile : public Notifier {
  public:
    explicit FollowedFile(std::string path) : path_(std::move(path)) {}
    FollowedFile(const FollowedFile&) = delete;
    FollowedFile& operator=(const FollowedFile&) = delete;
    ~FollowedFile() override;

    // In a worker: hears of changes from now on.
    void watch(FileWatch& watch);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // The file is not what was read from it last, and cannot be read.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

  protected:
    struct Look {
        bool unchanged; // since the look before
        bool rested;    // long enough to trust its time stamps
    };

    // Looks at once.
    Look look();
    // Looks if it is time to. Nothing when there is nothing to be read. A change that comes
    // between the look and the reading is seen at the next look.
    std::optional<Look> look_if_due();
    [[nodiscard]] off_t size() const noexcept { return identity_.size; }
    // The watch has told of a change that was not looked at.
    [[nodiscard]] bool is_told() const noexcept { return mark_.watched() && mark_.changed; }
    // To be told that: whoever needs long to read it begins now, and not when the
    // next request comes.
    virtual void on_change() = 0;

    void note_success(Look look) noexcept;
    // Whether that is to be told. What the master read, and this worker may not (`has_content`),
    // counts until it changes.
    [[nodiscard]] bool note_failure(Look look, bool has_content) noexcept;

  private:
    // Changes when a file is written, replaced by another one, or reached by another symlink.
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        timespec modified{};
        timespec changed{};

        bool operator==(const Identity& other) const noexcept;
    };

    // What the file is; what it was at the last look, where it cannot be looked at.
    [[nodiscard]] Identity identify() const;

    std::string path_;           // absolute
    FileWatch* watch_ = nullptr; // not in the master
    FileWatch::Mark mark_;
    ngx_event_t change_{};
    ngx_msec_t checked_ = 0;
    Identity identity_;
    bool settled_ = false; // what the last look saw is known, and was at rest
    bool broken_ = false;
};

} // namespace sallyport::ngx
