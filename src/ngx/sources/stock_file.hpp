#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "ngx/runtime/background.hpp"
#include "ngx/runtime/guard.hpp"
#include "ngx/sources/watched_file.hpp"

namespace sallyport::ngx {

// A followed file and what was read from it. What cannot be read leaves the old content in force.
// A large file is read on a thread, and the old content serves meanwhile.
//
// Configured files are loaded by the master and inherited by each worker, which then goes its own
// way. What content() returns lives until the event loop goes on.
//
// A Stock holds what was taken from the latest good text, and has
//     Format, Parsed, max_bytes, and plural: what it holds, in the words of a log line
//     static Result<Parsed> parse(const Secret& text, Format, known digest);  // any thread
//     digest()             // of the text it was taken from, if any was
//     content()            // null until the first text was taken
//     take(Parsed, label, log, quietly)
template <typename Stock>
class StockFile : public FollowedFile, public std::enable_shared_from_this<StockFile<Stock>> {
  public:
    using Format = typename Stock::Format;
    using Parsed = typename Stock::Parsed;

    // `label` stands for the file in log lines.
    StockFile(std::string path, Format format, std::string label)
        : FollowedFile(std::move(path)),
          format_(format),
          label_(std::move(label)) {}

    // Loads for the first time, whatever the size; the error is one sentence about the file.
    std::optional<std::string> load(ngx_log_t* log) {
        const Look seen = look();
        auto parsed = read(path(), format_, stock_.digest());
        if (!parsed) {
            return parsed.error();
        }
        take(std::move(parsed), seen, log);
        return std::nullopt;
    }

    // What the file holds now; null if nothing could ever be read. Logs what it finds when the
    // file changed.
    auto content(ngx_log_t* log) {
        refresh(log);
        return stock_.content();
    }
    // That of the last look.
    [[nodiscard]] auto latest() const noexcept { return stock_.content(); }
    // There is no content yet, and it is being read.
    // Why the file cannot be read, where it is broken().
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    [[nodiscard]] bool pending() const noexcept { return reading_ && stock_.content() == nullptr; }

  protected:
    [[nodiscard]] const Stock& stock() const noexcept { return stock_; }

    void on_change() override {
        if (size() > static_cast<off_t>(max_inline_bytes)) {
            refresh(ngx_cycle->log);
        }
    }

  private:
    static Result<Parsed> read(const std::string& path, const Format& format,
                               const std::optional<Digest>& known) {
        const auto text = read_file(path, Stock::max_bytes);
        if (!text) {
            return failure(text.error());
        }
        return Stock::parse(*text, format, known);
    }

    void refresh(ngx_log_t* log) {
        const auto seen = reading_ ? std::nullopt : look_if_due();
        if (!seen) {
            return;
        }
        if (size() <= static_cast<off_t>(max_inline_bytes)) {
            take(read(path(), format_, stock_.digest()), *seen, log);
            return;
        }
        reading_ = true;
        try {
            in_background<Parsed>([path = path(), format = format_,
                                   known = stock_.digest()] { return read(path, format, known); },
                                  [file = this->weak_from_this(), seen = *seen](auto parsed) {
                                      if (const auto self = file.lock()) {
                                          self->finish(std::move(parsed), seen);
                                      }
                                  });
        } catch (...) {
            reading_ = false;
            throw;
        }
    }

    // Those that wait hear of it, whatever goes wrong.
    void finish(Result<Parsed> parsed, Look seen) {
        reading_ = false;
        guard(ngx_cycle->log, "key or password file",
              [&] { take(std::move(parsed), seen, ngx_cycle->log); });
        this->notify();
        if (this->is_told()) { // meanwhile
            this->on_change();
        }
    }

    void take(Result<Parsed> parsed, Look look, ngx_log_t* log) {
        const bool has_content = stock_.content() != nullptr;
        if (parsed) {
            stock_.take(std::move(*parsed), label_, log, !has_content);
            error_.clear();
            note_success(look);
        } else if (note_failure(look, has_content)) {
            error_ = parsed.error();
            ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: %s %s%s%s%s", label_.c_str(),
                          parsed.error().c_str(), has_content ? "; the " : "",
                          has_content ? Stock::plural : "",
                          has_content ? " read before stay in force" : "");
        }
    }

    Format format_;
    std::string label_;
    Stock stock_;
    std::string error_;
    bool reading_ = false; // on a thread
};

} // namespace sallyport::ngx
