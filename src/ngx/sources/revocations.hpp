#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "auth/revocation_table.hpp"
#include "base/reason.hpp"
#include "metrics/report.hpp"
#include "ngx/ngx.hpp"
#include "ngx/runtime/clock.hpp"
#include "ngx/runtime/origin.hpp"
#include "ngx/runtime/shared_memory.hpp"
#include "ngx/sources/reloaded_file.hpp"

namespace sallyport::ngx {

// auth_revocation_zone: the table that all workers share. The next configuration takes it over.
class RevocationZone {
  public:
    using Records = std::vector<auth::RevocationRecord>;

    // While the configuration is read. Returns false after nginx has logged the error.
    bool create(ngx_conf_t* cf, std::size_t size);
    [[nodiscard]] bool exists() const noexcept { return shared_ != nullptr; }
    // The size that a zone needs for so many entries; nothing if this one is large enough.
    [[nodiscard]] std::optional<std::string> larger_size(std::size_t entries) const;

    // In a worker, from then on. The master has read `text`, if any: if the workers of the previous
    // configuration have loaded the same, it stays.
    void open(const std::optional<Digest>& text);
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    // No worker of this configuration has loaded a list. Waits while one does.
    [[nodiscard]] bool needs_list() const;

    enum class Applied : std::uint8_t {
        yes,
        unneeded, // another worker has loaded this text
        outdated, // the file has changed, or a later configuration maintains the table
        too_small,
    };
    // Any thread of a worker.
    [[nodiscard]] bool has(const Digest& text) const;
    // `is_current` says whether the file still has that text. Another worker may have been faster
    // with a newer one, which must stay. Releases the lock again and again: event loops wait for it
    // no longer than for a small list.
    [[nodiscard]] Applied apply(const Records& records, const Digest& text,
                                const std::function<bool()>& is_current);

    // Calls it with the table, under the lock. try_use() does nothing and returns false while
    // another process holds it.
    template <typename Use>
    void use(Use&& use) {
        const SharedLock lock(shared_);
        std::forward<Use>(use)(*table_);
    }
    template <typename Use>
    [[nodiscard]] bool try_use(Use&& use) {
        if (!try_lock(shared_)) {
            return false;
        }
        const SharedLock lock(shared_, std::adopt_lock);
        std::forward<Use>(use)(*table_);
        return true;
    }
    // A number, higher than those of all configurations before.
    [[nodiscard]] std::uint64_t configuration() const noexcept { return configuration_; }

    [[nodiscard]] const auth::RevocationTable& table() const noexcept { return *table_; }

  private:
    static ngx_int_t init_zone(ngx_shm_zone_t* zone, void* old) noexcept;
    [[nodiscard]] bool make_table();
    std::uint64_t count_after_others(const std::optional<Digest>& text) const;
    [[nodiscard]] std::optional<Applied> apply_after(std::uint64_t count, const Records& records,
                                                     const Digest& text);

    ngx_shm_zone_t* shared_ = nullptr;
    auth::RevocationTable* table_ = nullptr; // in shared memory
    std::uint64_t configuration_ = 0;
    bool is_open_ = false;
};

// The records of a file. The master keeps them for the first worker; a worker moves them into the
// table on the thread that has read the file.
class RevocationRecords {
  public:
    struct Format {
        RevocationZone* zone;
        std::string path;
    };
    static constexpr std::size_t max_bytes = auth::max_revocation_file_bytes;
    static constexpr bool reads_on_thread = true; // it may wait for the writer in another worker
    static constexpr const char* plural = "revocations";

    using Applied = RevocationZone::Applied;
    struct Parsed {
        Digest digest;
        std::shared_ptr<const RevocationZone::Records> records; // only in the master
        std::size_t count = 0;                                  // of the records
        Applied applied = Applied::unneeded;
        std::optional<std::string> larger_size{};
    };
    static Result<Parsed> parse(const Secret& text, const Format& format,
                                const std::optional<Digest>& known);

    // Null until the first text was read.
    [[nodiscard]] const RevocationRecords* content() const noexcept {
        return digest_ ? this : nullptr;
    }
    [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }
    // Those of the master. Null in a worker that has read another text.
    [[nodiscard]] const std::shared_ptr<const RevocationZone::Records>& records() const noexcept {
        return records_;
    }

    void take(Parsed parsed, const std::string& label, ngx_log_t* log, bool quietly);

  private:
    std::optional<Digest> digest_;
    std::shared_ptr<const RevocationZone::Records> records_;
};

class RevocationsFile : public ReloadedFile<RevocationRecords> {
  public:
    RevocationsFile(const std::string& path, RevocationZone& zone)
        : ReloadedFile(path, RevocationRecords::Format{&zone, path},
                       "revocation file \"" + path + '"') {}

    using ReloadedFile::versioned;
};

// Logs that a list does not fit, by the number of all entries.
void log_too_small(ngx_log_t* log, const std::string& label, std::size_t count,
                   const std::optional<std::string>& larger_size);

// What auth_revocation checks tokens against. Owned by the main configuration.
class Revocations {
  public:
    // While the configuration is read.
    RevocationZone& zone() noexcept { return zone_; }
    void note_use() noexcept { is_used_ = true; }
    [[nodiscard]] bool is_used() const noexcept { return is_used_; } // by some location
    void name_file(const std::string& path, const Origin& origin);
    void note_store() noexcept { has_store_ = true; }
    // Entries can be added: to the table, and to the token store for all others.
    [[nodiscard]] bool is_shared() const noexcept { return zone_.exists() && has_store_; }
    [[nodiscard]] bool exist() const noexcept {
        return zone_.exists() && (file_ != nullptr || has_store_);
    }
    [[nodiscard]] bool has_file() const noexcept { return file_ != nullptr; }
    // Reads the file, if any, for the first time. Logs what is wrong and returns false if it cannot
    // be used.
    bool load(ngx_conf_t* cf);

    // In a worker. Tokens cannot be checked before.
    void open(ngx_cycle_t* cycle);
    [[nodiscard]] WatchedFile* watched() const noexcept {
        return file_ != nullptr ? &file_->watched() : nullptr;
    }

    // Of the table. Never 0.
    [[nodiscard]] std::uint64_t generation() const noexcept { return zone_.table().generation(); }
    [[nodiscard]] std::optional<Reason> check(const auth::RevocableToken& token) const;
    // In the table alone. The records are of the source `single`. Returns false if there is no room
    // for all of them; some may have been added then.
    [[nodiscard]] bool add(std::span<const auth::RevocationRecord> records);
    // For the status. The previous one while another process holds the lock.
    [[nodiscard]] metrics::RevocationReport report();

  private:
    void load_first(ngx_log_t* log);
    void fill_report(const auth::RevocationTable& table);
    [[nodiscard]] auth::RevocationSources lists() const noexcept {
        return {file_ != nullptr, has_store_};
    }

    RevocationZone zone_; // outlives the file
    bool has_store_ = false;
    std::shared_ptr<RevocationsFile> file_;
    Origin origin_{};
    bool is_used_ = false;
    metrics::RevocationReport report_;
    // Requests do not look at the file: connections that stay open make none.
    Clock look_{"auth_revocation_file", [this] { file_->content(ngx_cycle->log); }};
};

} // namespace sallyport::ngx
