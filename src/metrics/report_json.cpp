#include "base/text.hpp"
#include "metrics/families.hpp"
#include "metrics/report.hpp"
#include "json/object.hpp"

namespace sallyport::metrics {
namespace {

constexpr double million = 1e6;

std::int64_t number(std::uint64_t value) noexcept {
    return static_cast<std::int64_t>(value);
}

void push(const json::Value& array, json::Object object) {
    json_array_append_new(array.get(), object.release().release());
}

json::Value seconds(std::uint64_t microseconds) {
    return json::Value(json_real(static_cast<double>(microseconds) / million));
}

json::Object decisions(const Snapshot::Decisions& row) {
    json::Object object;
    object.set("method", method_names[static_cast<std::size_t>(row.method)]);
    object.set("outcome", outcome_names[static_cast<std::size_t>(row.outcome)]);
    object.set("reason", row.reason ? describe(*row.reason).name : "");
    return std::move(object.set("count", number(row.count)));
}

json::Value zones(const Report& report) {
    const Snapshot& snapshot = report.snapshot;
    json::Value array(json_array());
    auto row = snapshot.decisions.begin();
    for (std::size_t label = 0; label < snapshot.labels.size(); ++label) {
        json::Value all(json_array());
        json::Value recent(json_array());
        for (; row != snapshot.decisions.end() && row->label == label; ++row) {
            push(all, decisions(*row));
        }
        for (const Recent::Refused& one : report.recent.refused) {
            if (one.label == label) {
                push(recent,
                     std::move(
                         json::Object()
                             .set("outcome", outcome_names[static_cast<std::size_t>(one.outcome)])
                             .set("reason", describe(one.reason).name)
                             .set("count", number(one.count))));
            }
        }
        if (label > 0 || json_array_size(all.get()) > 0) {
            push(array, std::move(json::Object()
                                      .set("zone", snapshot.labels[label])
                                      .set("decisions", std::move(all))
                                      .set("recent", std::move(recent))));
        }
    }
    return array;
}

void set_state(json::Object& object, const Snapshot::Source::State& state) {
    json::Value kids(json_array());
    for (const std::string_view kid : split(state.kids, '\n')) {
        json_array_append_new(kids.get(), json_stringn(kid.data(), kid.size()));
    }
    object.set("keys", number(state.keys))
        .set("kids", std::move(kids))
        .set("stale", json::Value(json_boolean(state.is_stale)))
        .set("last_success", number(state.last_success))
        .set("next_refresh", number(state.next_refresh))
        .set("error", state.error);
}

json::Value sources(const Snapshot& snapshot) {
    json::Value array(json_array());
    for (const Snapshot::Source& source : snapshot.sources) {
        json::Object object;
        object.set("source", source.name)
            .set("fetched", number(source.fetched))
            .set("failed", number(source.failed))
            .set("seconds", seconds(source.microseconds));
        if (source.state) {
            set_state(object, *source.state);
        }
        push(array, std::move(object));
    }
    return array;
}

json::Value stores(const Snapshot& snapshot) {
    json::Value array(json_array());
    for (std::size_t i = 0; i < store_names.size(); ++i) {
        const Snapshot::Store& store = snapshot.stores[i];
        if (store.requests() == 0) {
            continue;
        }
        json::Value durations(json_array());
        for (std::size_t d = 0; d < store.durations.size(); ++d) {
            json::Object range;
            if (d < duration_ends.size()) {
                range.set("up_to", seconds(duration_ends[d]));
            }
            push(durations, std::move(range.set("count", number(store.durations[d]))));
        }
        push(array, std::move(json::Object()
                                  .set("store", store_names[i])
                                  .set("ok", number(store.ok))
                                  .set("failed", number(store.failed))
                                  .set("seconds", seconds(store.microseconds))
                                  .set("durations", std::move(durations))));
    }
    return array;
}

json::Object revocations(const RevocationReport& report) {
    json::Value lists(json_array());
    for (const RevocationReport::List& list : report.lists) {
        json::Object object;
        object.set("list", list.name).set("state", list.state);
        if (list.age) {
            object.set("age", *list.age);
        }
        push(lists, std::move(object));
    }
    json::Object object;
    object.set("count", number(report.count))
        .set("capacity", number(report.capacity))
        .set("lists", std::move(lists));
    return object;
}

} // namespace

std::string report_json(const Report& report) {
    const Snapshot& snapshot = report.snapshot;
    json::Object all;
    all.set("version", report.version)
        .set("nginx", report.nginx)
        .set("now", report.now)
        .set("since", snapshot.since)
        .set("workers", number(snapshot.workers))
        .set("recent_seconds", report.recent.seconds)
        .set("zones", zones(report));
    for (const Family& family : families) {
        json::Object counts;
        auto next = static_cast<std::size_t>(family.first);
        for (const std::string_view value : family.values) {
            counts.set(value.data(), number(snapshot.counts[next++]));
        }
        all.set(family.member.data(), counts.release());
    }
    all.set("password_queue_length", number(snapshot.password_queue))
        .set("key_sources", sources(snapshot))
        .set("stores", stores(snapshot));
    if (report.revocations) {
        all.set("revocations", revocations(*report.revocations).release());
    }
    return all.text() + '\n';
}

} // namespace sallyport::metrics
