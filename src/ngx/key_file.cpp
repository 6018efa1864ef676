#include "ngx/key_file.hpp"

#include <ctime>
#include <utility>

#include <openssl/evp.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace sallyport::ngx {
namespace {

constexpr ngx_msec_t check_interval = 500;
constexpr std::size_t max_logged_path = 512;

// Time stamps are coarse: a file may be written again without a visible change of its time. Until
// it has rested this long, its content is compared at every look.
constexpr time_t settling_seconds = 2;

bool same(const timespec& one, const timespec& other) noexcept {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

} // namespace

bool KeyFile::Identity::operator==(const Identity& other) const noexcept {
    return device == other.device && inode == other.inode && size == other.size &&
           same(modified, other.modified) && same(changed, other.changed);
}

KeyFile::Identity KeyFile::identify() const {
    struct stat status {};
    if (stat(spec_.path.c_str(), &status) != 0) {
        return {};
    }
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

KeyFile::KeyFile(KeyFileSpec spec)
    : spec_(std::move(spec)),
      label_(log_safe(spec_.path, max_logged_path)) {}

const jwt::Keyset* KeyFile::keys(ngx_log_t* log) {
    if (checked_ == 0 || ngx_current_msec - checked_ >= check_interval) {
        refresh(log);
    }
    return keyset_.get();
}

void KeyFile::refresh(ngx_log_t* log) {
    checked_ = ngx_current_msec;
    if (settled_ && identify() == identity_) {
        return;
    }
    const auto error = load(log);
    if (error && !broken_) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: key file \"%s\" %s%s", label_.c_str(),
                      error->c_str(), keyset_ ? "; the keys read before stay in force" : "");
    }
    broken_ = error.has_value();
}

std::optional<std::string> KeyFile::load(ngx_log_t* log) {
    // Before the content: a change that comes between the two is seen at the next look.
    const Identity before = std::exchange(identity_, identify());
    settled_ = identity_.changed.tv_sec + settling_seconds < std::time(nullptr);
    const auto content = read_file(spec_.path, jwt::max_keyset_bytes);
    if (!content) {
        // What the master read, and this worker may not, counts until it changes.
        const bool unchanged = keyset_ && !broken_ && identity_ == before;
        return unchanged ? std::nullopt : std::optional(content.error());
    }
    Digest digest{};
    EVP_Digest(content->view().data(), content->size(), digest.data(), nullptr, EVP_sha256(),
               nullptr);
    if (keyset_ && digest == content_) {
        return std::nullopt;
    }
    auto loaded = jwt::load_keyset(text(content->view()), spec_.format, spec_.weak);
    if (!loaded) {
        return loaded.error();
    }
    for (const std::string& warning : loaded->warnings) {
        ngx_log_error(NGX_LOG_WARN, log, 0, "sallyport: key file \"%s\": %s", label_.c_str(),
                      warning.c_str());
    }
    if (keyset_) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: key file \"%s\" changed: %uz keys",
                      label_.c_str(), loaded->keys.size());
    }
    keyset_ = std::make_unique<const jwt::Keyset>(std::move(loaded->keys));
    content_ = digest;
    return std::nullopt;
}

KeyFile& NamedKeyFiles::find(const KeyFileSpec& spec) {
    const auto found = found_.find(spec);
    if (found != found_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return recent_.front();
    }
    if (recent_.size() >= limit) {
        found_.erase(recent_.back().spec());
        recent_.pop_back();
    }
    recent_.emplace_front(spec);
    found_.emplace(spec, recent_.begin());
    return recent_.front();
}

} // namespace sallyport::ngx
