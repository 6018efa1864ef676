#include "ngx/key_file.hpp"

#include <cerrno>
#include <ctime>
#include <utility>

#include "base/file.hpp"
#include "ngx/background.hpp"

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

Result<KeyStock::Parsed> read(const KeyFileSpec& spec,
                              const std::optional<KeyStock::Digest>& known) {
    const auto content = read_file(spec.path, jwt::max_keyset_bytes);
    if (!content) {
        return failure(content.error());
    }
    return KeyStock::parse(*content, spec.format, known);
}

} // namespace

bool KeyFile::Identity::operator==(const Identity& other) const noexcept {
    return device == other.device && inode == other.inode && size == other.size &&
           same(modified, other.modified) && same(changed, other.changed);
}

KeyFile::Identity KeyFile::identify() const {
    struct stat status {};
    if (stat(spec_.path.c_str(), &status) != 0) {
        return errno == EACCES ? identity_ : Identity{};
    }
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

KeyFile::KeyFile(KeyFileSpec spec)
    : spec_(std::move(spec)),
      label_(key_source_label("key file", spec_.path, spec_.tenant)) {}

KeyFile::~KeyFile() {
    if (watch_ != nullptr) {
        watch_->remove(spec_.path, mark_);
    }
}

std::optional<std::string> KeyFile::load(ngx_log_t* log) {
    const Look seen = look();
    auto parsed = read(spec_, stock_.digest());
    if (!parsed) {
        return parsed.error();
    }
    take(std::move(parsed), seen, log);
    return std::nullopt;
}

void KeyFile::watch(FileWatch& watch) {
    watch_ = &watch;
    watch.add(spec_.path, mark_);
}

const jwt::Keyset* KeyFile::keys(ngx_log_t* log) {
    if (watch_ != nullptr) {
        watch_->check_folder(mark_);
    }
    const ngx_msec_t interval = settled_ && mark_.watched() ? watched_interval : check_interval;
    if (!reading_ && (mark_.changed || ngx_current_msec - checked_ >= interval)) {
        refresh(log);
    }
    return stock_.keys();
}

KeyFile::Look KeyFile::look() {
    const Identity before = std::exchange(identity_, identify());
    return {identity_ == before, identity_.changed.tv_sec + settling_seconds < std::time(nullptr)};
}

void KeyFile::refresh(ngx_log_t* log) {
    checked_ = ngx_current_msec;
    const bool told = std::exchange(mark_.changed, false);
    if (watch_ != nullptr) {
        watch_->check(spec_.path, mark_);
    }
    // Before the content: a change that comes between the two is seen at the next look.
    const Look seen = look();
    if (settled_ && !told && seen.unchanged) {
        return;
    }
    settled_ = false; // whatever happens now, look again if it is not the end of it
    if (identity_.size <= static_cast<off_t>(max_inline_keyset_bytes)) {
        take(read(spec_, stock_.digest()), seen, log);
        return;
    }
    reading_ = true;
    in_background<KeyStock::Parsed>(
        [spec = spec_, known = stock_.digest()] { return read(spec, known); },
        [file = weak_from_this(), seen](Result<KeyStock::Parsed> parsed) {
            if (const auto self = file.lock()) {
                self->reading_ = false;
                self->take(std::move(parsed), seen, ngx_cycle->log);
                self->tell_waiters();
            }
        });
}

void KeyFile::take(Result<KeyStock::Parsed> parsed, Look look, ngx_log_t* log) {
    if (parsed) {
        stock_.take(std::move(*parsed), label_, log, stock_.keys() == nullptr);
        settled_ = look.rested;
        broken_ = false;
        return;
    }
    // What the master read, and this worker may not, counts until it changes.
    if (broken_ || (look.unchanged && stock_.keys() != nullptr)) {
        return;
    }
    broken_ = true;
    ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s %s%s", label_.c_str(), parsed.error().c_str(),
                  stock_.keys() != nullptr ? "; the keys read before stay in force" : "");
}

KeyFile& NamedKeyFiles::find(const KeyFileSpec& spec) {
    return *files_.find(spec, [&] { return std::make_shared<KeyFile>(spec); });
}

} // namespace sallyport::ngx
