#pragma once

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <sys/stat.h>

#include "jwt/jwks.hpp"
#include "ngx/ngx.hpp"

namespace sallyport::ngx {

// What a key file is read as. Places that read one file in one way share it.
struct KeyFileSpec {
    std::string path; // absolute
    jwt::KeysetFormat format = jwt::KeysetFormat::jwks;
    jwt::WeakKeys weak = jwt::WeakKeys::refused;

    bool operator==(const KeyFileSpec&) const = default;
};

// A key set in a file, followed as the file changes. It is looked at when it is used, at most every
// 500 ms, so that an idle file costs nothing and no use sees keys older than that. What cannot be
// read leaves the old keys in force.
//
// Configured files are loaded by the master and inherited by each worker, which then goes its own
// way. The key set that keys() returns lives until the next call of keys().
class KeyFile {
  public:
    explicit KeyFile(KeyFileSpec spec);

    // The keys of now; null if there never were any. Logs what it finds when the file changed.
    const jwt::Keyset* keys(ngx_log_t* log);
    // Those of the last look.
    [[nodiscard]] const jwt::Keyset* latest() const noexcept { return keyset_.get(); }
    // Loads for the first time; the error is one sentence about the file.
    std::optional<std::string> load(ngx_log_t* log);

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
    using Digest = std::array<std::uint8_t, 32>;

    [[nodiscard]] Identity identify() const;
    void refresh(ngx_log_t* log);

    KeyFileSpec spec_;
    std::string label_; // the path, fit for a log
    std::unique_ptr<const jwt::Keyset> keyset_;
    Identity identity_;
    Digest content_{};
    ngx_msec_t checked_ = 0;
    bool settled_ = false; // the last look was long enough after the file's last change
    bool broken_ = false;
};

// Files whose names come from variables, loaded when first named; the least recently used one is
// forgotten when there are too many.
class NamedKeyFiles {
  public:
    static constexpr std::size_t limit = 1000;

    KeyFile& find(const KeyFileSpec& spec);

  private:
    struct Hash {
        std::size_t operator()(const KeyFileSpec& spec) const noexcept {
            return std::hash<std::string>()(spec.path);
        }
    };

    std::list<KeyFile> recent_; // most recently used first
    std::unordered_map<KeyFileSpec, std::list<KeyFile>::iterator, Hash> found_;
};

} // namespace sallyport::ngx
