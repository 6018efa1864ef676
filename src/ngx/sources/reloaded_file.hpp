#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/waiter.hpp"
#include "ngx/sources/watched_file.hpp"

namespace sallyport::ngx {

// What a source holds: the content of the latest valid text, and how it is read.
template <typename T>
concept VersionedContent = requires(T held, const T& now, const Secret& text,
                                    typename T::Format format, const std::optional<Digest>& known,
                                    typename T::Parsed parsed, const std::string& label,
                                    ngx_log_t* log, bool quietly) {
    // On any thread. May leave out the content if the digest is the known one.
    { T::parse(text, format, known) } -> std::same_as<Result<typename T::Parsed>>;
    now.content(); // null until the first text was read
    { now.digest() } -> std::convertible_to<std::optional<Digest>>; // of that text
    held.take(std::move(parsed), label, log, quietly); // logs warnings and what changed
    { T::max_bytes } -> std::convertible_to<std::size_t>;
    { T::plural } -> std::convertible_to<const char*>; // what it holds, for a log line
};

// A watched file and its content. If the file becomes invalid, the previous content stays in force.
// A large file is read on a thread, and the previous content is used meanwhile. So is every file
// whose content has `reads_on_thread`.
//
//     const jwt::Keyset* keys = file.content(log);
//     if (keys == nullptr && file.pending()) waiter.wait_for(file.shared_from_this());
//
// Configured files are loaded by the master and inherited by each worker, which reloads them on its
// own. What content() returns is valid until control returns to the event loop.
template <VersionedContent Content>
class ReloadedFile : public Notifier, public std::enable_shared_from_this<ReloadedFile<Content>> {
  public:
    using Format = typename Content::Format;
    using Parsed = typename Content::Parsed;

    // `label` names the file in log lines.
    ReloadedFile(std::string path, Format format, std::string label)
        : file_(std::move(path), [this] { reload_if_large(); }),
          format_(format),
          label_(std::move(label)) {}

    [[nodiscard]] WatchedFile& watched() noexcept { return file_; }
    [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
    // The file has changed since it was read, and cannot be read.
    [[nodiscard]] bool broken() const noexcept { return file_.broken(); }
    // Why it cannot be read, while it is broken().
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    // Loads for the first time, whatever the size. Returns an error about the file, if any.
    std::optional<std::string> load(ngx_log_t* log) {
        const Look seen = file_.look();
        auto parsed = read(path(), format_, content_.digest());
        if (!parsed) {
            return parsed.error();
        }
        take(std::move(parsed), seen, log);
        return std::nullopt;
    }

    // The current content, after reading the file if it changed, which is logged; null if no text
    // has been valid yet.
    auto content(ngx_log_t* log) {
        refresh(log);
        return content_.content();
    }
    // The content as it was last read.
    [[nodiscard]] auto latest() const noexcept { return content_.content(); }
    // There is no content yet, but the file is being read.
    [[nodiscard]] bool pending() const noexcept {
        return reading_ && content_.content() == nullptr;
    }

  protected:
    [[nodiscard]] const Content& versioned() const noexcept { return content_; }

  private:
    using Look = WatchedFile::Look;

    static constexpr bool is_always_large = requires { requires Content::reads_on_thread; };

    [[nodiscard]] bool is_large() const noexcept {
        return is_always_large || file_.size() > static_cast<off_t>(max_inline_bytes);
    }

    // Before the next request needs it.
    void reload_if_large() {
        if (is_large()) {
            refresh(ngx_cycle->log);
        }
    }

    static Result<Parsed> read(const std::string& path, const Format& format,
                               const std::optional<Digest>& known) {
        const auto text = read_file(path, Content::max_bytes);
        if (!text) {
            return failure(text.error());
        }
        return Content::parse(*text, format, known);
    }

    void refresh(ngx_log_t* log) {
        const auto seen = reading_ ? std::nullopt : file_.look_if_due();
        if (!seen) {
            return;
        }
        if (!is_large()) {
            take(read(path(), format_, content_.digest()), *seen, log);
            return;
        }
        reading_ = true;
        try {
            in_background([path = path(), format = format_,
                           known = content_.digest()] { return read(path, format, known); },
                          [file = this->weak_from_this(), seen = *seen](Result<Parsed> parsed) {
                              if (const auto self = file.lock()) {
                                  self->finish(std::move(parsed), seen);
                              }
                          });
        } catch (...) {
            reading_ = false;
            throw;
        }
    }

    // Requests that wait must be notified, whatever goes wrong.
    void finish(Result<Parsed> parsed, Look seen) {
        reading_ = false;
        guard(ngx_cycle->log, "watched file",
              [&] { take(std::move(parsed), seen, ngx_cycle->log); });
        this->notify();
        if (file_.has_changed()) { // meanwhile
            reload_if_large();
        }
    }

    void take(Result<Parsed> parsed, Look look, ngx_log_t* log) {
        const bool has_content = content_.content() != nullptr;
        if (parsed) {
            content_.take(std::move(*parsed), label_, log, !has_content);
            file_.note_success(look);
            error_.clear();
        } else if (file_.note_failure(look, has_content)) {
            error_ = parsed.error();
            ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s %s%s%s%s", label_.c_str(),
                          parsed.error().c_str(), has_content ? "; the previous " : "",
                          has_content ? Content::plural : "", has_content ? " remain in use" : "");
        }
    }

    WatchedFile file_;
    Format format_;
    std::string label_;
    std::string error_;
    Content content_;
    bool reading_ = false; // on a thread
};

} // namespace sallyport::ngx
