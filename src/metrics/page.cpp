#include <algorithm>

#include "base/text.hpp"
#include "metrics/families.hpp"
#include "metrics/page_parts.hpp"
#include "metrics/page_style.hpp"
#include "metrics/page_text.hpp"
#include "metrics/zone_summary.hpp"

namespace sallyport::metrics {
namespace {

constexpr std::size_t commonest = 5;
constexpr std::size_t most_open = 20; // zones, the others are folded

class Page {
  public:
    explicit Page(const Report& report)
        : report_(report),
          snapshot_(report.snapshot),
          zones_(summarize(report)),
          sum_(sum_of(zones_)) {}

    [[nodiscard]] std::string html() const {
        const auto alarms = find_alarms();
        std::string title = "Sallyport: ";
        title += alarms.empty() ? "no alarms" : std::to_string(alarms.size()) + " alarm";
        title += alarms.size() > 1 ? "s" : "";
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"robots\" content=\"noindex\">\n<title>" +
               title + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>" +
               std::string(page_style) + "</style>\n</head>\n<body>\n<main>\n" + header() +
               state(alarms) + refused_now() + zones() + observed() + sources() + stores() +
               revocations() + sessions() + caches() + "</main>\n</body>\n</html>\n";
    }

  private:
    using Texts = std::vector<std::string>;

    [[nodiscard]] std::string header() const {
        const std::string uptime = html_span(report_.now - snapshot_.since);
        return "<header><h1>Sallyport</h1>\n" +
               paragraph("Version " + html_text(report_.version) + ", nginx " +
                         html_text(report_.nginx) + ", " + html_number(snapshot_.workers) +
                         (snapshot_.workers == 1 ? " worker" : " workers") + ", counting for " +
                         uptime + ". Reload the page for news.") +
               "</header>\n";
    }

    [[nodiscard]] std::string while_text() const {
        return has_minute() ? "the last minute" : "the last " + html_span(recent_seconds());
    }

    // What somebody should look at now, each a sentence.
    [[nodiscard]] Texts find_alarms() const {
        Texts alarms;
        for (const Snapshot::Source& source : snapshot_.sources) {
            if (source.state && source.state->is_stale) {
                const std::int64_t success = static_cast<std::int64_t>(source.state->last_success);
                alarms.push_back("Keys of <code>" + html_text(source.name) + "</code> " +
                                 (success == 0 ? "were never read: "
                                               : "cannot be read since the last success " +
                                                     html_time(success, report_.now) + ": ") +
                                 html_text(source.state->error));
            }
        }
        add_revocation_alarms(alarms);
        std::uint64_t errors = 0;
        for (const ZoneSummary::Refused& refused : sum_.refused) {
            errors += refused.outcome == Outcome::error ? refused.recent : 0;
        }
        if (errors > 0) {
            alarms.push_back(html_number(errors) + " requests failed with 5xx in " + while_text() +
                             ".");
        }
        if (report_.recent.reused > 0) {
            alarms.push_back(html_number(report_.recent.reused) +
                             " used refresh tokens were presented again in " + while_text() +
                             ": somebody may have stolen them. Their sessions are revoked.");
        }
        if (report_.recent.store_failed > 0) {
            alarms.push_back(html_number(report_.recent.store_failed) +
                             " requests to the token store failed in " + while_text() + ".");
        }
        if (snapshot_.password_queue > 0) {
            alarms.push_back(html_number(snapshot_.password_queue) +
                             " passwords wait for their slow hash.");
        }
        return alarms;
    }

    void add_revocation_alarms(Texts& alarms) const {
        if (!report_.revocations) {
            return;
        }
        for (const RevocationReport::List& list : report_.revocations->lists) {
            if (!list.is_ready()) {
                alarms.push_back("The list of revocations in the " + std::string(list.name) +
                                 " is " + std::string(list.state) + ": tokens cannot be checked.");
            }
        }
    }

    [[nodiscard]] static std::string state(const Texts& alarms) {
        if (alarms.empty()) {
            return "<div class=\"state\"><p class=\"good\">No alarms.</p></div>\n";
        }
        std::string html = "<div class=\"state alarm\"><p class=\"bad\">Look at this:</p><ul>\n";
        for (const std::string& alarm : alarms) {
            html += "<li>" + alarm + "</li>\n";
        }
        return html + "</ul></div>\n";
    }

    [[nodiscard]] std::string refused_now() const {
        std::string rows;
        std::size_t shown = 0;
        for (const ZoneSummary::Refused& refused : sum_.refused) {
            if (refused.outcome == Outcome::observed || shown++ == 2 * commonest) {
                continue;
            }
            rows +=
                row_head(reason_code(refused.reason)) +
                count_cell("Status", static_cast<std::uint64_t>(describe(refused.reason).status)) +
                count_cell(recent_head(), refused.recent) + count_cell("Total", refused.count) +
                bar_cell(html_bar(refused.count, sum_.refusals())) +
                cell("Share", html_share(refused.count, sum_.refusals())) + "</tr>\n";
        }
        if (rows.empty()) {
            return section("Refused", paragraph("Nothing was refused."));
        }
        return section("Refused",
                       paragraph(html_number(sum_.refusals()) + " of " +
                                 html_number(sum_.decisions()) + " decisions (" +
                                 html_share(sum_.refusals(), sum_.decisions()) + "), " +
                                 html_number(sum_.recent) + " in " + while_text() + ".") +
                           table({"Reason", "#Status", "#" + recent_head(), "#Total",
                                  "Of all refusals", "#Share"},
                                 rows));
    }

    [[nodiscard]] bool has_minute() const noexcept { return report_.recent.seconds >= 60; }
    [[nodiscard]] std::int64_t recent_seconds() const noexcept {
        return std::max<std::int64_t>(report_.recent.seconds, 1);
    }
    [[nodiscard]] std::string recent_head() const {
        return has_minute() ? "Last minute" : "Last " + html_span(recent_seconds());
    }

    [[nodiscard]] std::string zone_row(const ZoneSummary& zone) const {
        std::string reasons;
        std::size_t shown = 0;
        for (const ZoneSummary::Refused& refused : zone.refused) {
            if (refused.outcome == Outcome::observed || shown++ >= commonest) {
                continue;
            }
            reasons += "<li>" + reason_code(refused.reason) + " " + html_number(refused.count);
            if (refused.recent > 0) {
                reasons += ", <span class=\"now\">" + html_number(refused.recent) + " now</span>";
            }
            reasons += "</li>";
        }
        if (!reasons.empty()) {
            reasons = "<ul class=\"reasons\">" + reasons + "</ul>";
        }
        return row_head(html_text(zone.name)) + count_cell("Allowed", zone.allowed) +
               count_cell("Refused", zone.refusals()) +
               cell("Share", html_share(zone.refusals(), zone.decisions()) +
                                 html_bar(zone.refusals(), zone.decisions())) +
               cell("Commonest reasons", reasons, false) + "</tr>\n";
    }

    [[nodiscard]] std::string zone_table(std::string_view rows) const {
        return table({"Zone", "#Allowed", "#Refused", "#Share refused", "Commonest reasons"}, rows);
    }

    [[nodiscard]] std::string folded_zones(std::size_t count, std::string_view what,
                                           std::string_view rows) const {
        return count == 0 ? std::string()
                          : "<details><summary>" + html_number(count) + std::string(what) +
                                "</summary>\n" + zone_table(rows) + "</details>\n";
    }

    [[nodiscard]] std::string zones() const {
        if (zones_.empty()) {
            return section("Zones", paragraph("No request was checked yet."));
        }
        std::string first;
        std::string more;
        std::string quiet;
        std::size_t refusing = 0;
        std::size_t calm = 0;
        for (const ZoneSummary& zone : zones_) {
            if (zone.refusals() == 0) {
                quiet += zone_row(zone);
                ++calm;
            } else {
                (refusing < most_open ? first : more) += zone_row(zone);
                ++refusing;
            }
        }
        std::string html = refusing > 0 ? zone_table(first) : std::string();
        html += folded_zones(refusing - std::min(refusing, most_open), " more with refusals", more);
        html += folded_zones(calm, " without refusals", quiet);
        return section("Zones", html);
    }

    [[nodiscard]] std::string observed() const {
        std::string rows;
        for (const ZoneSummary& zone : zones_) {
            for (const ZoneSummary::Refused& refused : zone.refused) {
                if (refused.outcome == Outcome::observed) {
                    rows += row_head(html_text(zone.name)) +
                            cell("Reason", reason_code(refused.reason), false) +
                            count_cell(recent_head(), refused.recent) +
                            count_cell("Total", refused.count) + "</tr>\n";
                }
            }
        }
        if (rows.empty()) {
            return {};
        }
        return section("Would be refused",
                       paragraph("<code>auth_policy observe</code> admitted these; "
                                 "<code>enforce</code> would not.") +
                           table({"Zone", "Reason", "#" + recent_head(), "#Total"}, rows));
    }

    [[nodiscard]] std::string source_row(const Snapshot::Source& source) const {
        const auto& state = *source.state;
        const auto when = [&](std::uint64_t time) {
            return html_time(static_cast<std::int64_t>(time), report_.now);
        };
        std::string kids;
        for (const std::string_view kid : split(state.kids, '\n')) {
            kids += (kids.empty() ? "" : ", ") + std::string("<code>") + html_text(kid) + "</code>";
        }
        const std::string condition =
            state.is_stale ? "<span class=\"bad\">stale</span>: " + html_text(state.error)
                           : "<span class=\"good\">good</span>";
        std::string fetches;
        if (source.fetches() > 0) {
            fetches = html_number(source.fetched) + " good, " + html_number(source.failed) +
                      " failed, " + html_number(source.microseconds / source.fetches() / 1000) +
                      " ms each";
        }
        return row_head("<code>" + html_text(source.name) + "</code>") +
               cell("State", condition, false) + count_cell("Keys", state.keys) +
               cell("Key IDs", kids, false) + cell("Last read", when(state.last_success), false) +
               cell("Next fetch", state.next_refresh > 0 ? when(state.next_refresh) : "", false) +
               cell("Fetches", fetches, false) + "</tr>\n";
    }

    [[nodiscard]] std::string sources() const {
        std::string rows;
        for (const bool stale : {true, false}) {
            for (const Snapshot::Source& source : snapshot_.sources) {
                if (source.state && source.state->is_stale == stale) {
                    rows += source_row(source);
                }
            }
        }
        return rows.empty() ? std::string()
                            : section("Key sources", table({"Source", "State", "#Keys", "Key IDs",
                                                            "Last read", "Next fetch", "Fetches"},
                                                           rows));
    }

    // The end of the range in which the slowest hundredth begins.
    [[nodiscard]] static std::string slowest(const Snapshot::Store& store) {
        std::uint64_t left = store.requests() / 100;
        for (std::size_t d = store.durations.size() - 1; d > 0; --d) {
            if (store.durations[d] > left) {
                return d < duration_ends.size()
                           ? "up to " + html_number(duration_ends[d] / 1000) + " ms"
                           : "more than " + html_number(duration_ends.back() / 1000) + " ms";
            }
            left -= store.durations[d];
        }
        return "up to " + html_number(duration_ends.front() / 1000) + " ms";
    }

    [[nodiscard]] std::string stores() const {
        std::string rows;
        for (std::size_t i = 0; i < store_names.size(); ++i) {
            const Snapshot::Store& store = snapshot_.stores[i];
            if (store.requests() > 0) {
                rows += row_head(store_names[i]) + count_cell("Requests", store.requests()) +
                        count_cell("Failed", store.failed) +
                        cell("Mean",
                             html_number(store.microseconds / store.requests() / 1000) + " ms") +
                        cell("99 of 100 take", slowest(store)) + "</tr>\n";
            }
        }
        return rows.empty()
                   ? std::string()
                   : section("Token store",
                             table({"Store", "#Requests", "#Failed", "#Mean", "#99 of 100 take"},
                                   rows));
    }

    [[nodiscard]] std::string revocations() const {
        if (!report_.revocations) {
            return {};
        }
        const RevocationReport& all = *report_.revocations;
        std::string rows;
        for (const RevocationReport::List& list : all.lists) {
            const std::string_view style = list.is_ready() ? "good" : "bad";
            rows += row_head(list.name) +
                    cell("State",
                         "<span class=\"" + std::string(style) + "\">" + std::string(list.state) +
                             "</span>",
                         false) +
                    cell("Last read", list.age ? html_span(*list.age) + " ago" : "", false) +
                    "</tr>\n";
        }
        return section("Revocations", paragraph(html_number(all.count) + " of at most " +
                                                html_number(all.capacity) + ".") +
                                          table({"List", "State", "Last read"}, rows));
    }

    [[nodiscard]] std::uint64_t total(const Family& family) const noexcept {
        const auto first = snapshot_.counts.begin() + static_cast<std::ptrdiff_t>(family.first);
        std::uint64_t sum = 0;
        std::for_each(first, first + static_cast<std::ptrdiff_t>(family.values.size()),
                      [&](std::uint64_t count) { sum += count; });
        return sum;
    }

    [[nodiscard]] std::string family_table(const Family& family, std::string_view head) const {
        const std::uint64_t all = total(family);
        std::string rows;
        for (std::size_t i = 0; i < family.values.size(); ++i) {
            const std::uint64_t count =
                snapshot_.counts[static_cast<std::size_t>(family.first) + i];
            const bool is_calm = i == 0 || family.label == "grant";
            rows += row_head(family.values[i]) + count_cell("Total", count) +
                    bar_cell(html_bar(count, all, is_calm)) +
                    cell("Share", html_share(count, all)) + "</tr>\n";
        }
        return table({head, "#Total", "Of all", "#Share"}, rows);
    }

    [[nodiscard]] std::string sessions() const {
        std::string html;
        if (total(families[2]) > 0) {
            html += section("Refresh tokens presented", family_table(families[2], "Result"));
        }
        if (total(families[3]) > 0) {
            html += section("Tokens issued", family_table(families[3], "For"));
        }
        if (total(families[4]) > 0) {
            html += section("Slow password hashes", family_table(families[4], "Result"));
        }
        return html;
    }

    [[nodiscard]] std::string caches() const {
        std::string rows;
        for (std::size_t i = 0; i < 2; ++i) {
            const std::uint64_t all = total(families[i]);
            if (all > 0) {
                const std::uint64_t hits =
                    snapshot_.counts[static_cast<std::size_t>(families[i].first)];
                rows += row_head(i == 0 ? "Tokens" : "Passwords and API keys") +
                        count_cell("Lookups", all) + count_cell("Hits", hits) +
                        bar_cell(html_bar(hits, all, true)) +
                        cell("Hit rate", html_share(hits, all)) + "</tr>\n";
            }
        }
        return rows.empty()
                   ? std::string()
                   : section(
                         "Caches",
                         table({"Cache", "#Lookups", "#Hits", "Hits of all", "#Hit rate"}, rows));
    }

    const Report& report_;
    const Snapshot& snapshot_;
    std::vector<ZoneSummary> zones_;
    ZoneSummary sum_;
};

} // namespace

std::string page(const Report& report) {
    return Page(report).html();
}

} // namespace sallyport::metrics
