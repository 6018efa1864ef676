#pragma once

#include <memory>
#include <optional>
#include <string>

#include <sys/stat.h>

#include "base/lru.hpp"
#include "ngx/file_watch.hpp"
#include "ngx/key_stock.hpp"
#include "ngx/waiter.hpp"

namespace sallyport::ngx {

// What a key file is read as. Places that read one file in one way share it.
struct KeyFileSpec {
    std::string path; // absolute
    KeyFormat format;
    std::string tenant; // empty: none

    bool operator==(const KeyFileSpec&) const = default;

    struct Hash {
        std::size_t operator()(const KeyFileSpec& spec) const noexcept {
            return std::hash<std::string>()(spec.path) * 31 + std::hash<std::string>()(spec.tenant);
        }
    };
};

// A key set in a file, followed as the file changes. It is looked at when it is used: as soon as
// the watch says that it changed, and else now and then, so that an idle file costs nothing. What
// cannot be read leaves the old keys in force. A large file is read on a thread, and the old keys
// serve meanwhile.
//
// Configured files are loaded by the master and inherited by each worker, which then goes its own
// way. The key set that keys() returns lives until the event loop goes on.
class KeyFile : public Supply, public std::enable_shared_from_this<KeyFile> {
  public:
    explicit KeyFile(KeyFileSpec spec);
    ~KeyFile() override;

    // Loads for the first time, whatever the size; the error is one sentence about the file.
    std::optional<std::string> load(ngx_log_t* log);
    // In a worker: hears of changes from now on.
    void watch(FileWatch& watch);

    // The keys of now; null if there never were any. Logs what it finds when the file changed.
    const jwt::Keyset* keys(ngx_log_t* log);
    // Those of the last look.
    [[nodiscard]] const jwt::Keyset* latest() const noexcept { return stock_.keys(); }
    // There are no keys yet, and they are being read.
    [[nodiscard]] bool pending() const noexcept { return reading_ && stock_.keys() == nullptr; }
    // The file is not what the keys came from, and cannot be read.
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    [[nodiscard]] const KeyFileSpec& spec() const noexcept { return spec_; }

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
    void refresh(ngx_log_t* log);
    struct Look {
        bool unchanged; // since the look before
        bool rested;    // long enough to trust its time stamps
    };
    Look look();
    void take(Result<KeyStock::Parsed> parsed, Look look, ngx_log_t* log);

    KeyFileSpec spec_;
    std::string label_;
    KeyStock stock_;
    FileWatch* watch_ = nullptr; // not in the master
    FileWatch::Mark mark_;
    ngx_msec_t checked_ = 0;
    Identity identity_;
    bool settled_ = false; // what the last look saw is known, and was at rest
    bool reading_ = false; // on a thread
    bool broken_ = false;
};

// Files whose names come from variables, loaded when first named; the least recently used one is
// forgotten when there are too many.
class NamedKeyFiles {
  public:
    static constexpr std::size_t limit = 1000;

    // Good until the next call.
    KeyFile& find(const KeyFileSpec& spec);
    // One that has no keys shall not push out one that has.
    void demote(const KeyFileSpec& spec) { files_.demote(spec); }

  private:
    Lru<KeyFileSpec, std::shared_ptr<KeyFile>, KeyFileSpec::Hash> files_{limit};
};

} // namespace sallyport::ngx
