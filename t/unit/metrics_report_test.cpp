#include "check.hpp"
#include "metrics/page_text.hpp"
#include "metrics/report.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::metrics;
using namespace sallyport::test;

Report report() {
    Report report{"1.2.3", "1.22.1", 10'000, {}, {}};
    report.snapshot.labels = {"other", "shop", "a \"b\" <c>"};
    report.snapshot.decisions = {
        {1, Method::jwt, Outcome::allowed, std::nullopt, 1'000'000},
        {1, Method::jwt, Outcome::denied, Reason::token_expired, 5},
        {1, Method::none, Outcome::denied, Reason::no_credential, 7},
        {2, Method::password, Outcome::observed, Reason::credential_invalid, 2},
    };
    return report;
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void the_exposition(Checks& checks) {
    Report shown = report();
    Snapshot::Store& store = shown.snapshot.stores[0];
    store.ok = 3;
    store.microseconds = 1'502'000;
    store.durations[0] = 2;
    store.durations[10] = 1;
    const std::string text = exposition(shown);
    for (const char* const line :
         {"sallyport_build_info{version=\"1.2.3\",nginx=\"1.22.1\"} 1\n",
          "sallyport_decisions_total{zone=\"shop\",method=\"jwt\",outcome=\"allowed\",reason=\"\"} "
          "1000000\n",
          "sallyport_decisions_total{zone=\"a \\\"b\\\" <c>\",method=\"password\",outcome="
          "\"observed\",reason=\"credential_invalid\"} 2\n",
          "sallyport_store_duration_seconds_bucket{store=\"sqlite\",le=\"0.001\"} 2\n",
          "sallyport_store_duration_seconds_bucket{store=\"sqlite\",le=\"1\"} 2\n",
          "sallyport_store_duration_seconds_bucket{store=\"sqlite\",le=\"2.5\"} 3\n",
          "sallyport_store_duration_seconds_bucket{store=\"sqlite\",le=\"+Inf\"} 3\n",
          "sallyport_store_duration_seconds_sum{store=\"sqlite\"} 1.502\n",
          "sallyport_password_queue_length 0\n"}) {
        checks.that(holds(text, line), line);
    }
}

void the_revocations(Checks& checks) {
    Report shown = report();
    checks.that(!holds(exposition(shown), "sallyport_revocation"), "there is no zone");
    checks.that(!holds(report_json(shown), "revocations"), "there is no zone: JSON");
    checks.that(!holds(page(shown), "Revocations"), "there is no zone: page");
    shown.revocations = {1234, 5000, {{"file", "ready"}, {"store", "stale", 61}}};
    const std::string text = exposition(shown);
    for (const char* const line :
         {"sallyport_revocations 1234\n", "sallyport_revocations_capacity 5000\n",
          "sallyport_revocation_list_ready{list=\"file\"} 1\n",
          "sallyport_revocation_list_ready{list=\"store\"} 0\n",
          "sallyport_revocation_list_age_seconds{list=\"store\"} 61\n"}) {
        checks.that(holds(text, line), line);
    }
    checks.that(!holds(text, "age_seconds{list=\"file\"}"), "the file is watched");
    const std::string json = report_json(shown);
    for (const char* const part :
         {R"("count":1234)", R"("list":"file","state":"ready"})", R"("state":"stale","age":61)"}) {
        checks.that(holds(json, part), part);
    }
    checks.that(holds(page(shown), "The list of revocations in the store is stale"), "an alarm");
    checks.that(holds(page(shown), "1 alarm"), "only one");
}

void the_last_minute(Checks& checks) {
    Report shown = report();
    History history;
    checks.that(history.recent(shown.snapshot, 100).seconds == 0, "nothing is known");
    for (std::int64_t now = 0; now <= 200; now += History::interval) {
        shown.snapshot.decisions[1].count = 100 + static_cast<std::uint64_t>(now);
        history.add(shown.snapshot, now);
    }
    shown.snapshot.decisions[1].count = 305;
    const Recent recent = history.recent(shown.snapshot, 205);
    checks.that(recent.seconds == 65, "since a sample that is a minute old");
    checks.that(recent.refused.size() == 1, "one reason");
    checks.that(recent.count(1, Outcome::denied, Reason::token_expired) == 65, "its difference");
    checks.that(recent.count(1, Outcome::denied, Reason::no_credential) == 0, "no other");
}

void the_page(Checks& checks) {
    Report shown = report();
    checks.that(holds(page(shown), "No alarms."), "nothing to look at");
    shown.recent.seconds = 60;
    shown.recent.refused = {{1, Outcome::error, Reason::keys_unavailable, 4}};
    shown.recent.reused = 2;
    shown.snapshot.sources = {
        {.name = "/<jwks>",
         .state = Snapshot::Source::State{1, 9000, 0, true, "kid<1>\n", "it is down"}}};
    const std::string html = page(shown);
    for (const char* const part :
         {"<title>Sallyport: 3 alarms</title>", "a &quot;b&quot; &lt;c&gt;", "/&lt;jwks&gt;",
          "kid&lt;1&gt;", "it is down", "4 requests failed with 5xx in the last minute",
          "2 used refresh tokens", "1&#8239;000&#8239;000"}) {
        checks.that(holds(html, part), part);
    }
    checks.that(!holds(html, "<c>") && !holds(html, "<jwks>"), "nothing is left as it is");
}

void two_hundred_zones(Checks& checks) {
    Report shown = report();
    for (std::size_t i = 3; i < 203; ++i) {
        shown.snapshot.labels.push_back("zone-" + std::to_string(i));
        shown.snapshot.decisions.push_back(
            {i, Method::jwt, Outcome::denied, Reason::role_missing, i});
    }
    const std::string html = page(shown);
    checks.that(holds(html, "181 more with refusals"), "the others are folded");
    checks.that(html.find("zone-202") < html.find("zone-3<"), "the worst first");
    checks.that(holds(report_json(shown), "zone-202"), "in JSON");
}

void texts(Checks& checks) {
    checks.equal(html_text("<a href='x'>&\"\n"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&#xfffd;",
                 "escaped");
    checks.equal(html_number(9999), "9999", "four digits");
    checks.equal(html_number(1234567), "1&#8239;234&#8239;567", "groups");
    checks.equal(html_span(119), "119 s", "seconds");
    checks.equal(html_span(7199), "119 min", "minutes");
    checks.equal(html_span(3 * 86400), "3 d", "days");
    checks.equal(html_time(0, 100), "never", "never");
    checks.equal(html_time(95, 100), "now", "now");
    checks.equal(html_time(160, 100), "in 60 s", "later");
    checks.equal(html_share(1, 1000), "&lt;1 %", "nearly none");
    checks.equal(html_share(999, 1000), "&gt;99 %", "nearly all");
    checks.equal(html_share(1000, 1000), "100 %", "all");
    checks.equal(html_share(0, 0), "0 %", "nothing");
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(run<the_exposition>),    cmocka_unit_test(run<the_last_minute>),
        cmocka_unit_test(run<the_revocations>),   cmocka_unit_test(run<the_page>),
        cmocka_unit_test(run<two_hundred_zones>), cmocka_unit_test(run<texts>),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
