#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ngx/ngx.hpp"
#include "ngx/runtime/event_descriptor.hpp"

struct inotify_event;

namespace sallyport::ngx {

// Reports changed files, by inotify watches on their directories: thousands of unchanged files cost
// nothing. Belongs to one worker.
//
// inotify misses changes made by another machine on a network file system, changes to the target of
// a symbolic link, and changes behind a bind-mounted file. Such files are not watched; their owner
// has to poll them.
class FileWatch {
  public:
    // The state of one file. Its address must not change while it is watched.
    struct Directory;
    struct Mark {
        Directory* directory = nullptr; // the watched directory; null: not watched
        bool changed = true;            // initially true: the file has not been read
        ngx_event_t* event = nullptr;   // posted when the file changes

        [[nodiscard]] bool watched() const noexcept { return directory != nullptr; }
    };

    FileWatch() = default;
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch();

    // Does nothing if inotify is missing or exhausted.
    void open(ngx_cycle_t* cycle);

    // Watches the file if possible.
    void add(const std::string& path, Mark& mark);
    // To be called when a file is used: its directory may have been replaced.
    void check_directory(const Mark& mark);
    // To be called when a file has changed: it may now be one that cannot be watched.
    void check(const std::string& path, Mark& mark) noexcept;
    void remove(const std::string& path, Mark& mark) noexcept;

    struct Directory {
        int descriptor;
        std::string path;
        dev_t device;
        ino_t inode;
        ngx_msec_t checked;
        std::unordered_multimap<std::string, Mark*> files;
    };

  private:
    static void take_events(ngx_event_t* event);
    // Reads the available events; true when there may be more.
    bool read_events();
    void tell(const inotify_event& event, std::string_view name);
    void forget(int descriptor);
    Directory* directory(const std::string& path);

    EventDescriptor inotify_;
    std::unordered_map<int, std::unique_ptr<Directory>> directories_; // by watch descriptor
    std::unordered_map<std::string, Directory*> by_path_;             // null: cannot be watched
};

} // namespace sallyport::ngx
