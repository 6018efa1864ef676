#include "ngx/runtime/file_watch.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/handle.hpp"
#include "ngx/runtime/guard.hpp"

namespace sallyport::ngx {
namespace {

// A file counts as changed when its writer closes it, and when it is created, moved, removed or
// gets other permissions.
constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                 IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t directory_is_gone = IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF;

constexpr std::array remote{0x6969L,      // NFS
                            0xff534d42L,  // CIFS
                            0xfe534d42L,  // SMB2
                            0x517bL,      // SMB
                            0x65735546L,  // FUSE
                            0x01021997L,  // 9P
                            0x00c36400L,  // Ceph
                            0x5346414fL}; // AFS

bool is_local(const std::string& directory) noexcept {
    struct statfs system {};
    return statfs(directory.c_str(), &system) == 0 &&
           std::find(remote.begin(), remote.end(), static_cast<long>(system.f_type)) ==
               remote.end();
}

// Whether the path has no symbolic link: only replacing the directory itself changes what it names.
bool is_direct(const std::string& directory) {
    const Handle<char, std::free> real(realpath(directory.c_str(), nullptr));
    return real && directory == real.get();
}

bool is_own_file(const std::string& path) noexcept {
    struct statx status {};
    return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) == 0 &&
           S_ISREG(status.stx_mode) && (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
           (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0;
}

// inotify does not report that a parent directory was replaced.
constexpr ngx_msec_t directory_interval = 500;

void note_change(FileWatch::Mark& mark) noexcept {
    mark.changed = true;
    if (mark.event != nullptr && !mark.event->posted) {
        ngx_post_event(mark.event, &ngx_posted_events);
    }
}

struct Split {
    std::string directory;
    std::string name;
};

Split split_path(const std::string& path) {
    const auto slash = path.rfind('/');
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

} // namespace

FileWatch::~FileWatch() = default;

void FileWatch::open(ngx_cycle_t* cycle) {
    const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) {
        ngx_log_error(NGX_LOG_INFO, cycle->log, ngx_errno,
                      "sallyport: inotify is unavailable; files are checked twice a second");
        return;
    }
    inotify_.open(descriptor, this, event_callback<"file watch", take_events>, cycle->log);
}

FileWatch::Directory* FileWatch::directory(const std::string& path) {
    const auto [known, is_new] = by_path_.emplace(path, nullptr);
    if (!is_new || !is_direct(path) || !is_local(path)) {
        return known->second;
    }
    struct stat status {};
    const int descriptor = inotify_add_watch(inotify_.descriptor(), path.c_str(), events);
    // Two paths of one directory share a descriptor; the second path is not watched.
    if (descriptor < 0 || directories_.contains(descriptor) || stat(path.c_str(), &status) != 0) {
        return nullptr;
    }
    auto& entry = directories_[descriptor];
    entry = std::make_unique<Directory>(
        Directory{descriptor, path, status.st_dev, status.st_ino, ngx_current_msec, {}});
    known->second = entry.get();
    return known->second;
}

void FileWatch::add(const std::string& path, Mark& mark) {
    const auto [directory_path, name] = split_path(path);
    Directory* const watched = inotify_.is_open() ? directory(directory_path) : nullptr;
    if (watched != nullptr && is_own_file(path)) {
        watched->files.emplace(name, &mark);
        mark.directory = watched;
    }
}

void FileWatch::check_directory(const Mark& mark) {
    Directory* const directory = mark.directory;
    if (directory == nullptr || ngx_current_msec - directory->checked < directory_interval) {
        return;
    }
    directory->checked = ngx_current_msec;
    struct stat status {};
    if (stat(directory->path.c_str(), &status) != 0 || status.st_dev != directory->device ||
        status.st_ino != directory->inode) {
        forget(directory->descriptor);
    }
}

void FileWatch::check(const std::string& path, Mark& mark) noexcept {
    if (mark.watched() && !is_own_file(path)) {
        remove(path, mark);
    }
}

void FileWatch::remove(const std::string& path, Mark& mark) noexcept {
    if (Directory* const directory = std::exchange(mark.directory, nullptr)) {
        auto [at, end] = directory->files.equal_range(split_path(path).name);
        at = std::find_if(at, end, [&](const auto& file) { return file.second == &mark; });
        if (at != end) {
            directory->files.erase(at);
        }
    }
}

void FileWatch::take_events(ngx_event_t* event) {
    auto* const c = static_cast<ngx_connection_t*>(event->data);
    auto& watch = *static_cast<FileWatch*>(c->data);
    if (watch.read_events()) {
        ngx_post_event(event, &ngx_posted_next_events);
    } else {
        watch.inotify_.wait();
    }
}

bool FileWatch::read_events() {
    alignas(inotify_event) std::array<char, 16384> buffer;
    const ssize_t size = ::read(inotify_.descriptor(), buffer.data(), buffer.size());
    for (ssize_t at = 0; at < size;) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof(event));
        const char* const name = buffer.data() + at + sizeof(event);
        tell(event, {name, strnlen(name, event.len)});
        at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
    return size > 0;
}

void FileWatch::tell(const inotify_event& event, std::string_view name) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
        for (const auto& [descriptor, watched] : directories_) {
            for (const auto& [file, mark] : watched->files) {
                note_change(*mark);
            }
        }
    } else if ((event.mask & directory_is_gone) != 0) {
        forget(event.wd);
    } else if (const auto found = directories_.find(event.wd); found != directories_.end()) {
        const auto [first, last] = found->second->files.equal_range(std::string(name));
        std::for_each(first, last, [](const auto& file) { note_change(*file.second); });
    }
}

void FileWatch::forget(int descriptor) {
    const auto found = directories_.find(descriptor);
    if (found == directories_.end()) {
        return;
    }
    for (const auto& [file, mark] : found->second->files) {
        mark->directory = nullptr;
        note_change(*mark);
    }
    by_path_.erase(found->second->path);
    directories_.erase(found);
    // A directory that was moved is still watched.
    inotify_rm_watch(inotify_.descriptor(), descriptor);
}

} // namespace sallyport::ngx
