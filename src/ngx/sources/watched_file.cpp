#include "ngx/sources/watched_file.hpp"

#include <cerrno>
#include <ctime>
#include <utility>

#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {
namespace {

// How long a look is good for where changes are told, and where they are not.
constexpr ngx_msec_t watched_interval = 10'000;
constexpr ngx_msec_t check_interval = 500;

// Time stamps are coarse: a file may be written again without a visible change of its time. Until
// it has rested this long, its content is compared at every look.
constexpr time_t settling_seconds = 2;

bool same(const timespec& one, const timespec& other) noexcept {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

} // namespace

bool FollowedFile::Identity::operator==(const Identity& other) const noexcept {
    return device == other.device && inode == other.inode && size == other.size &&
           same(modified, other.modified) && same(changed, other.changed);
}

FollowedFile::Identity FollowedFile::identify() const {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0) {
        return errno == EACCES ? identity_ : Identity{};
    }
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

FollowedFile::~FollowedFile() {
    if (watch_ != nullptr) {
        watch_->remove(path_, mark_);
    }
    if (change_.posted) {
        ngx_delete_posted_event(&change_);
    }
}

void FollowedFile::watch(FileWatch& watch) {
    watch_ = &watch;
    change_.handler = event_callback<"file watch", &FollowedFile::on_change>;
    change_.data = this;
    change_.log = ngx_cycle->log;
    mark_.event = &change_;
    watch.add(path_, mark_);
}

FollowedFile::Look FollowedFile::look() {
    const Identity before = std::exchange(identity_, identify());
    return {identity_ == before, identity_.changed.tv_sec + settling_seconds < std::time(nullptr)};
}

std::optional<FollowedFile::Look> FollowedFile::look_if_due() {
    if (watch_ != nullptr) {
        watch_->check_directory(mark_);
    }
    const ngx_msec_t interval = settled_ && mark_.watched() ? watched_interval : check_interval;
    if (!mark_.changed && ngx_current_msec - checked_ < interval) {
        return std::nullopt;
    }
    checked_ = ngx_current_msec;
    const bool told = std::exchange(mark_.changed, false);
    if (watch_ != nullptr) {
        watch_->check(path_, mark_);
    }
    const Look seen = look();
    if (settled_ && !told && seen.unchanged) {
        return std::nullopt;
    }
    settled_ = false; // whatever happens now, look again if it is not the end of it
    return seen;
}

void FollowedFile::note_success(Look look) noexcept {
    settled_ = look.rested;
    broken_ = false;
}

bool FollowedFile::note_failure(Look look, bool has_content) noexcept {
    if (broken_ || (look.unchanged && has_content)) {
        return false;
    }
    broken_ = true;
    return true;
}

} // namespace sallyport::ngx
