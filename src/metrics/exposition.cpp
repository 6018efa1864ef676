#include <cinttypes>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include "metrics/families.hpp"
#include "metrics/report.hpp"

namespace sallyport::metrics {
namespace {

struct Label {
    std::string_view name;
    std::string_view value;
};
using Labels = std::initializer_list<Label>;

// Text of microseconds as seconds.
std::string seconds(std::uint64_t microseconds) {
    char text[40];
    const int size = std::snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64,
                                   microseconds / 1'000'000, microseconds % 1'000'000);
    std::string number(text, static_cast<std::size_t>(size));
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) {
        number.pop_back();
    }
    return number;
}

class Text {
  public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_.append("# HELP ").append(name).append(" ").append(help);
        text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    }
    void sample(std::string_view name, Labels labels, std::string_view value) {
        text_ += name;
        char separator = '{';
        for (const Label& label : labels) {
            text_ += std::exchange(separator, ',');
            text_.append(label.name).append("=\"");
            escape(label.value);
            text_ += '"';
        }
        text_.append(labels.size() > 0 ? "} " : " ").append(value).append("\n");
    }
    void sample(std::string_view name, Labels labels, std::uint64_t value) {
        sample(name, labels, std::to_string(value));
    }
    [[nodiscard]] std::string take() noexcept { return std::move(text_); }

  private:
    void escape(std::string_view value) {
        for (const char c : value) {
            if (c == '\n') {
                text_ += "\\n";
                continue;
            }
            if (c == '\\' || c == '"') {
                text_ += '\\';
            }
            text_ += c;
        }
    }

    std::string text_;
};

void write_counts(Text& text, const Snapshot& snapshot) {
    for (const Family& family : families) {
        text.family(family.name, "counter", family.help);
        auto next = static_cast<std::size_t>(family.first);
        for (const std::string_view value : family.values) {
            text.sample(family.name, {{family.label, value}}, snapshot.counts[next++]);
        }
    }
    constexpr std::string_view queue = "sallyport_password_queue_length";
    text.family(queue, "gauge", "Slow password hashes that wait for a thread.");
    text.sample(queue, {}, snapshot.password_queue);
}

void write_decisions(Text& text, const Snapshot& snapshot) {
    constexpr std::string_view name = "sallyport_decisions_total";
    text.family(name, "counter", "Decisions of locations about requests.");
    for (const Snapshot::Decisions& row : snapshot.decisions) {
        text.sample(name,
                    {{"zone", snapshot.labels[row.label]},
                     {"method", method_names[static_cast<std::size_t>(row.method)]},
                     {"outcome", outcome_names[static_cast<std::size_t>(row.outcome)]},
                     {"reason", row.reason ? describe(*row.reason).name : std::string_view()}},
                    row.count);
    }
}

void write_fetches(Text& text, const Snapshot& snapshot) {
    constexpr std::string_view fetches = "sallyport_key_fetches_total";
    text.family(fetches, "counter", "Fetches of keys.");
    for (const Snapshot::Source& source : snapshot.sources) {
        if (source.fetches() == 0) { // a file
            continue;
        }
        text.sample(fetches, {{"source", source.name}, {"result", "ok"}}, source.fetched);
        text.sample(fetches, {{"source", source.name}, {"result", "failed"}}, source.failed);
    }
    constexpr std::string_view duration = "sallyport_key_fetch_duration_seconds";
    text.family(duration, "summary", "How long fetches of keys took.");
    for (const Snapshot::Source& source : snapshot.sources) {
        if (source.fetches() == 0) {
            continue;
        }
        text.sample("sallyport_key_fetch_duration_seconds_sum", {{"source", source.name}},
                    seconds(source.microseconds));
        text.sample("sallyport_key_fetch_duration_seconds_count", {{"source", source.name}},
                    source.fetches());
    }
}

template <typename Value>
void write_state(Text& text, const Snapshot& snapshot, std::string_view name, std::string_view help,
                 Value&& value) {
    text.family(name, "gauge", help);
    for (const Snapshot::Source& source : snapshot.sources) {
        if (source.state) {
            text.sample(name, {{"source", source.name}}, std::uint64_t{value(*source.state)});
        }
    }
}

void write_keys(Text& text, const Snapshot& snapshot) {
    using State = Snapshot::Source::State;
    write_state(text, snapshot, "sallyport_keys", "Keys that a source has.",
                [](const State& state) { return state.keys; });
    write_state(text, snapshot, "sallyport_key_last_success_timestamp_seconds",
                "When the source was last read with success; the oldest of the workers.",
                [](const State& state) { return state.last_success; });
    write_state(text, snapshot, "sallyport_keys_stale",
                "1 while the source cannot be read, in any worker.",
                [](const State& state) { return state.is_stale; });
}

void write_stores(Text& text, const Snapshot& snapshot) {
    constexpr std::string_view requests = "sallyport_store_requests_total";
    text.family(requests, "counter", "Requests to the token store.");
    for (std::size_t i = 0; i < store_names.size(); ++i) {
        const Snapshot::Store& store = snapshot.stores[i];
        if (store.requests() > 0) {
            text.sample(requests, {{"store", store_names[i]}, {"result", "ok"}}, store.ok);
            text.sample(requests, {{"store", store_names[i]}, {"result", "failed"}}, store.failed);
        }
    }
    text.family("sallyport_store_duration_seconds", "histogram",
                "How long requests to the token store took.");
    constexpr std::string_view bucket = "sallyport_store_duration_seconds_bucket";
    for (std::size_t i = 0; i < store_names.size(); ++i) {
        const Snapshot::Store& store = snapshot.stores[i];
        if (store.requests() == 0) {
            continue;
        }
        std::uint64_t sum = 0;
        for (std::size_t d = 0; d < store.durations.size(); ++d) {
            sum += store.durations[d];
            const std::string end = d < duration_ends.size() ? seconds(duration_ends[d]) : "+Inf";
            text.sample(bucket, {{"store", store_names[i]}, {"le", end}}, sum);
        }
        text.sample("sallyport_store_duration_seconds_sum", {{"store", store_names[i]}},
                    seconds(store.microseconds));
        text.sample("sallyport_store_duration_seconds_count", {{"store", store_names[i]}}, sum);
    }
}

void write_revocations(Text& text, const RevocationReport& revocations) {
    constexpr std::string_view count = "sallyport_revocations";
    text.family(count, "gauge", "Revocations in auth_revocation_zone.");
    text.sample(count, {}, revocations.count);
    constexpr std::string_view capacity = "sallyport_revocations_capacity";
    text.family(capacity, "gauge", "How many revocations auth_revocation_zone has room for.");
    text.sample(capacity, {}, revocations.capacity);
    constexpr std::string_view ready = "sallyport_revocation_list_ready";
    text.family(ready, "gauge", "Whether tokens can be checked against the list.");
    for (const RevocationReport::List& list : revocations.lists) {
        text.sample(ready, {{"list", list.name}}, std::uint64_t{list.is_ready()});
    }
    constexpr std::string_view age = "sallyport_revocation_list_age_seconds";
    text.family(age, "gauge", "How long ago the list was read.");
    for (const RevocationReport::List& list : revocations.lists) {
        if (list.age) {
            text.sample(age, {{"list", list.name}}, static_cast<std::uint64_t>(*list.age));
        }
    }
}

} // namespace

std::string exposition(const Report& report) {
    const Snapshot& snapshot = report.snapshot;
    Text text;
    text.family("sallyport_build_info", "gauge", "Versions, as labels.");
    text.sample("sallyport_build_info", {{"version", report.version}, {"nginx", report.nginx}}, 1);
    write_decisions(text, snapshot);
    write_counts(text, snapshot);
    write_fetches(text, snapshot);
    write_keys(text, snapshot);
    write_stores(text, snapshot);
    if (report.revocations) {
        write_revocations(text, *report.revocations);
    }
    return text.take();
}

} // namespace sallyport::metrics
