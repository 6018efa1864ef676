#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ngx/ngx.hpp"

struct inotify_event;

namespace sallyport::ngx {

// Tells of changes of files, by inotify on their folders: thousands of files in one folder cost
// nothing while they rest. Belongs to one worker.
//
// Some changes are never told: those made on another machine of a network file system, those of
// what a symbolic link points to, those behind a file mounted by itself. Such files are not
// watched, and their owner has to look for himself.
class FileWatch {
  public:
    // What is told of one file. Must stay where it is.
    struct Folder;
    struct Mark {
        Folder* folder = nullptr;     // where changes will be told, if anywhere
        bool changed = true;          // at first nobody has looked
        ngx_event_t* event = nullptr; // posted when a change is told

        [[nodiscard]] bool watched() const noexcept { return folder != nullptr; }
    };

    FileWatch() = default;
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch();

    // Does nothing where the system has no inotify, or no more of it.
    void open(ngx_cycle_t* cycle);

    // Watches the file if it can.
    void add(const std::string& path, Mark& mark);
    // To be called when a file is used: its folder may have become another one.
    void check_folder(const Mark& mark);
    // To be called when a file has changed: it may have become one that cannot be watched.
    void check(const std::string& path, Mark& mark) noexcept;
    void remove(const std::string& path, Mark& mark) noexcept;

    struct Folder {
        int descriptor;
        std::string path;
        dev_t device;
        ino_t inode;
        ngx_msec_t checked;
        std::unordered_multimap<std::string, Mark*> files;
    };

  private:
    static void take_events(ngx_event_t* event);
    // Reads what is there; true when there is more.
    bool read_events();
    void tell(const inotify_event& event, std::string_view name);
    void forget(int descriptor);
    Folder* folder(const std::string& path);

    ngx_connection_t* connection_ = nullptr;
    std::unordered_map<int, std::unique_ptr<Folder>> folders_; // by watch descriptor
    std::unordered_map<std::string, Folder*> by_path_;         // null: cannot be watched
};

} // namespace sallyport::ngx
