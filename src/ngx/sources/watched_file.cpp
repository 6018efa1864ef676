#include "ngx/sources/watched_file.hpp"

#include <cerrno>
#include <ctime>
#include <utility>

#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {
namespace {

// How long a look is valid for a file that is watched, and for one that is not.
constexpr ngx_msec_t watched_interval = 10'000;
constexpr ngx_msec_t check_interval = 500;

// Time stamps are coarse: a second write may leave them unchanged. Until the file has rested this
// long, its content is compared at every look.
constexpr time_t settling_seconds = 2;

bool same(const timespec& one, const timespec& other) noexcept {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

} // namespace

bool WatchedFile::Identity::operator==(const Identity& other) const noexcept {
    return device == other.device && inode == other.inode && size == other.size &&
           same(modified, other.modified) && same(changed, other.changed);
}

WatchedFile::Identity WatchedFile::identify() const {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0) {
        return errno == EACCES ? identity_ : Identity{};
    }
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

WatchedFile::~WatchedFile() {
    if (watch_ != nullptr) {
        watch_->remove(path_, mark_);
    }
    if (change_.posted) {
        ngx_delete_posted_event(&change_);
    }
}

void WatchedFile::watch(FileWatch& watch) {
    watch_ = &watch;
    change_.handler = event_callback<"file watch", &WatchedFile::report_change>;
    change_.data = this;
    change_.log = ngx_cycle->log;
    mark_.event = &change_;
    watch.add(path_, mark_);
}

WatchedFile::Look WatchedFile::look() {
    const Identity before = std::exchange(identity_, identify());
    return {identity_ == before, identity_.changed.tv_sec + settling_seconds < std::time(nullptr)};
}

std::optional<WatchedFile::Look> WatchedFile::look_if_due() {
    if (watch_ != nullptr) {
        watch_->check_directory(mark_);
    }
    const ngx_msec_t interval = settled_ && mark_.watched() ? watched_interval : check_interval;
    if (!mark_.changed && ngx_current_msec - checked_ < interval) {
        return std::nullopt;
    }
    checked_ = ngx_current_msec;
    const bool reported = std::exchange(mark_.changed, false);
    if (watch_ != nullptr) {
        watch_->check(path_, mark_);
    }
    const Look seen = look();
    if (settled_ && !reported && seen.unchanged) {
        return std::nullopt;
    }
    settled_ = false; // unless it is read without an error
    return seen;
}

void WatchedFile::note_success(Look look) noexcept {
    settled_ = look.rested;
    broken_ = false;
}

bool WatchedFile::note_failure(Look look, bool has_content) noexcept {
    if (broken_ || (look.unchanged && has_content)) {
        return false;
    }
    broken_ = true;
    return true;
}

} // namespace sallyport::ngx
