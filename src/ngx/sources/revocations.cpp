#include "ngx/sources/revocations.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>

#include <openssl/rand.h>

#include "ngx/runtime/guard.hpp"
#include "ngx/runtime/shared_memory.hpp"

namespace sallyport::ngx {

using Table = auth::RevocationTable;

namespace {

constexpr std::chrono::milliseconds look_interval{250};

// While a list is put into the table: between the steps, so that others get the lock; and of those
// who wait for the end.
constexpr std::chrono::microseconds pause_between_steps{100};
constexpr std::chrono::milliseconds pause_of_others{5};
// A worker that has made no step for so long was killed, in milliseconds.
constexpr std::int64_t longest_step = 2000;

std::int64_t milliseconds() noexcept {
    using std::chrono::duration_cast;
    return duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::string_view name_of(Table::State state) noexcept {
    switch (state) {
    case Table::State::not_loaded:
        return "not loaded";
    case Table::State::ready:
        return "ready";
    case Table::State::too_small:
        return "too large";
    default:
        return "stale";
    }
}

bool has_text(const std::string& path, const Digest& digest) {
    const auto now = read_file(path, RevocationRecords::max_bytes);
    return now && sha256(now->view()) == digest;
}

} // namespace

void log_too_small(ngx_log_t* log, const std::string& label, std::size_t count,
                   const std::optional<std::string>& larger_size) {
    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "sallyport: %s has %uz revocations, which do not fit into "
                  "auth_revocation_zone: it needs %s; tokens cannot be checked",
                  label.c_str(), count, larger_size.value_or("more room").c_str());
}

bool RevocationZone::create(ngx_conf_t* cf, std::size_t size) {
    // The name of no auth_metrics_zone, which ends before the colon.
    ngx_str_t name = ngx_string("sallyport:revocations");
    shared_ = ngx_shared_memory_add(cf, &name, size, &ngx_http_sallyport_module);
    if (shared_ == nullptr) {
        return false;
    }
    shared_->init = init_zone;
    shared_->data = this;
    return true;
}

std::optional<std::string> RevocationZone::larger_size(std::size_t entries) const {
    const std::size_t needed = Table::bytes_for(entries);
    // nginx needs a record for each page, and some pages for itself.
    const std::size_t size = needed + needed / 64 + 4 * ngx_pagesize;
    constexpr std::size_t kilobyte = 1024;
    return shared_->shm.size >= size
               ? std::nullopt
               : std::optional("size=" + std::to_string((size + kilobyte - 1) / kilobyte) + 'k');
}

// Called in the master before it starts the workers of a configuration.
ngx_int_t RevocationZone::init_zone(ngx_shm_zone_t* zone, void* old) noexcept {
    auto& own = *static_cast<RevocationZone*>(zone->data);
    if (old != nullptr) {
        own.table_ = static_cast<RevocationZone*>(old)->table_;
    }
    return guard(zone->shm.log, "auth_revocation_zone", ngx_int_t{NGX_ERROR}, [&] {
        if (own.table_ == nullptr && !own.make_table()) {
            return ngx_int_t{NGX_ERROR};
        }
        const SharedLock lock(zone);
        own.configuration_ = own.table_->next_configuration();
        return ngx_int_t{NGX_OK};
    });
}

bool RevocationZone::make_table() {
    std::uint64_t secret = 0;
    if (RAND_bytes(reinterpret_cast<std::uint8_t*>(&secret), sizeof(secret)) != 1) {
        return false;
    }
    table_ = Table::create(take_all(shared_), secret);
    return table_ != nullptr;
}

// A worker that is restarted must not replace what other workers have read since.
void RevocationZone::open(const std::optional<Digest>& text) {
    is_open_ = true;
    const SharedLock lock(shared_);
    Table::Loaded& loaded = table_->loaded;
    if (loaded.configuration < configuration_) {
        const bool stays = loaded.file == text &&
                           table_->state(auth::RevocationSource::file) == Table::State::ready;
        loaded = {configuration_, loaded.count, stays ? text : std::nullopt};
    }
}

bool RevocationZone::needs_list() const {
    count_after_others(std::nullopt);
    const SharedLock lock(shared_);
    const Table::Loaded& loaded = table_->loaded;
    return loaded.configuration == configuration_ && !loaded.file;
}

// Waits while another worker loads this text, or any. Returns how many were loaded.
std::uint64_t RevocationZone::count_after_others(const std::optional<Digest>& text) const {
    for (;;) {
        {
            const SharedLock lock(shared_);
            const Table::Loaded& loaded = table_->loaded;
            if (!loaded.next || (text && loaded.next != text) ||
                milliseconds() - loaded.step_at > longest_step) {
                return loaded.count;
            }
        }
        std::this_thread::sleep_for(pause_of_others);
    }
}

bool RevocationZone::has(const Digest& text) const {
    const SharedLock lock(shared_);
    return table_->loaded.configuration == configuration_ && table_->loaded.file == text;
}

// The file is read again without the lock, for which event loops wait.
RevocationZone::Applied RevocationZone::apply(const Records& records, const Digest& text,
                                              const std::function<bool()>& is_current) {
    for (;;) {
        const std::uint64_t count = count_after_others(text);
        if (!is_current()) {
            return Applied::outdated;
        }
        if (const auto applied = apply_after(count, records, text)) {
            return *applied;
        }
    }
}

// Nothing if the loading of another list has begun after the first `count` ones: it may be newer.
std::optional<RevocationZone::Applied>
RevocationZone::apply_after(std::uint64_t count, const Records& records, const Digest& text) {
    Table::FileChange change{records, std::time(nullptr)};
    Table::Loaded& loaded = table_->loaded;
    {
        const SharedLock lock(shared_);
        if (loaded.configuration != configuration_) {
            return Applied::outdated;
        }
        if (loaded.file == text) {
            return Applied::unneeded;
        }
        if (loaded.count != count) {
            return std::nullopt;
        }
        loaded = {configuration_, ++count, std::nullopt, text, milliseconds()};
    }
    for (;;) {
        {
            const SharedLock lock(shared_);
            if (loaded.configuration != configuration_ || loaded.count != count) {
                return std::nullopt;
            }
            const auto progress = table_->replace_file(change);
            if (progress != Table::Progress::more) {
                loaded = {configuration_, count, text};
                return progress == Table::Progress::done ? Applied::yes : Applied::too_small;
            }
            loaded.step_at = milliseconds();
        }
        std::this_thread::sleep_for(pause_between_steps);
    }
}

Result<RevocationRecords::Parsed> RevocationRecords::parse(const Secret& text, const Format& format,
                                                           const std::optional<Digest>& known) {
    RevocationZone& zone = *format.zone;
    Parsed parsed{sha256(text.view()), nullptr};
    if (zone.is_open() ? zone.has(parsed.digest) : parsed.digest == known) {
        return parsed;
    }
    auto records = std::make_shared<RevocationZone::Records>();
    const auto count = auth::parse_revocation_file(
        sallyport::text(text.view()), [&](const auth::RevocationEntry& entry) {
            records->push_back(record_of(entry, auth::RevocationSource::file));
        });
    if (!count) {
        return failure(count.error());
    }
    auth::condense(*records, std::time(nullptr));
    parsed.count = records->size();
    if (zone.is_open()) {
        parsed.applied = zone.apply(*records, parsed.digest,
                                    [&] { return has_text(format.path, parsed.digest); });
        parsed.larger_size = zone.larger_size(parsed.count);
    } else {
        parsed.records = std::move(records);
    }
    return parsed;
}

void RevocationRecords::take(Parsed parsed, const std::string& label, ngx_log_t* log,
                             bool quietly) {
    if (parsed.applied == Applied::too_small) {
        log_too_small(log, label, parsed.count, parsed.larger_size);
    } else if (parsed.applied == Applied::yes && !quietly && parsed.digest != digest_) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "sallyport: %s changed: %uz revocations",
                      label.c_str(), parsed.count);
    }
    if (parsed.digest != digest_) {
        digest_ = parsed.digest;
        records_ = std::move(parsed.records);
    }
}

void Revocations::name_file(const std::string& path, const Origin& origin) {
    file_ = std::make_shared<RevocationsFile>(path, zone_);
    origin_ = origin;
}

bool Revocations::load(ngx_conf_t* cf) {
    if (file_ == nullptr) {
        return true;
    }
    const auto wrong = [&](const std::string& text) {
        conf_error(cf, origin_, "auth_revocation_file", '"' + file_->path() + "\" " + text);
        return false;
    };
    if (const auto error = file_->load(cf->log)) {
        return wrong(*error);
    }
    const std::size_t count = file_->versioned().records()->size();
    const auto larger = zone_.larger_size(count);
    return !larger || wrong("has " + std::to_string(count) +
                            " revocations, for which auth_revocation_zone needs " + *larger);
}

void Revocations::open(ngx_cycle_t* cycle) {
    if (!exist()) {
        return;
    }
    zone_.open(file_ != nullptr ? file_->versioned().digest() : std::nullopt);
    if (file_ != nullptr) {
        if (zone_.needs_list()) {
            load_first(cycle->log);
        }
        look_.start(look_interval, cycle->log);
    }
}

// The file may have changed since the master read it. If it cannot be read, for whatever reason,
// the list of the master is in force until it can.
void Revocations::load_first(ngx_log_t* log) {
    constexpr const char* where = "auth_revocation_file";
    const auto inherited = file_->versioned().records();
    const Digest digest = *file_->versioned().digest();
    auto applied = zone_.apply(*inherited, digest, [&] {
        return guard(log, where, false, [&] { return has_text(file_->path(), digest); });
    });
    if (applied == RevocationZone::Applied::outdated) {
        guard(log, where, [&] {
            if (const auto error = file_->load(log)) {
                ngx_log_error(NGX_LOG_ERR, log, 0, "sallyport: revocation file \"%s\" %s",
                              file_->path().c_str(), error->c_str());
            }
        });
        if (!zone_.needs_list()) {
            return;
        }
        applied = zone_.apply(*inherited, digest, [] { return true; });
    }
    if (applied == RevocationZone::Applied::too_small) {
        log_too_small(log, "revocation file \"" + file_->path() + '"', inherited->size(),
                      zone_.larger_size(inherited->size()));
    }
}

std::optional<Reason> Revocations::check(const auth::RevocableToken& token) const {
    switch (zone_.table().check(token, ngx_time(), lists())) {
    case Table::Check::alive:
        return std::nullopt;
    case Table::Check::revoked:
        return Reason::token_revoked;
    default:
        return Reason::revocations_unavailable;
    }
}

bool Revocations::add(std::span<const auth::RevocationRecord> records) {
    bool complete = true;
    zone_.use([&](Table& table) {
        for (const auth::RevocationRecord& record : records) {
            complete = table.add(record, ngx_time()) && complete;
        }
    });
    return complete;
}

metrics::RevocationReport Revocations::report() {
    const auto fill = [&](const Table& table) { fill_report(table); };
    if (!zone_.try_use(fill) && report_.lists.empty()) {
        zone_.use(fill);
    }
    return report_;
}

void Revocations::fill_report(const Table& table) {
    report_ = {table.size(), table.capacity(), {}};
    if (file_ != nullptr) {
        report_.lists.push_back({"file", name_of(table.state(auth::RevocationSource::file))});
    }
    if (has_store_) {
        report_.lists.push_back({"store", name_of(table.state(auth::RevocationSource::single))});
        const std::int64_t read_at = table.synced.read_at;
        if (read_at != 0) {
            constexpr std::int64_t second = 1000;
            const auto now = static_cast<std::int64_t>(ngx_current_msec);
            report_.lists.back().age = std::max<std::int64_t>(now - read_at, 0) / second;
        }
    }
}

} // namespace sallyport::ngx
