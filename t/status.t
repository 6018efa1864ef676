# auth_endpoint status: formats, who may read it, and what does not stand in it.

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Sallyport::Credential;
use JSON::PP ();
use Sallyport::Metrics;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = ('users.json' => json({ alice => { password => hash('wonderland') } }));
our $monitoring = "$FindBin::Bin/../docs/monitoring";
our $zone = "auth_metrics_zone auth:1m;\n";
our $good = bearer(key('HS256'));
our $guarded = <<'EOF';
auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_password "r"; auth_password_file users.json;
location = /status { auth_endpoint status; }
location = /public { auth_endpoint status; auth_jwt off; auth_password off; allow 127.0.0.1; deny all; }
location = /nobody { auth_endpoint status; auth_jwt off; auth_password off; deny all; }
location = /roles  { auth_endpoint status; auth_role_map { GET operator; } }
location /x        { empty_gif; }
EOF

# As a row: what a program says to a text; it finds nothing wrong.
sub judged {
    my ($name, $text, @command) = @_;
    return sub {
        my $file = File::Temp->new;
        print $file ref $text ? $text->() : $text;
        close $file;
        my $output = `@command < $file 2>&1`;
        Test::More::ok($? == 0 && $output eq '', $name) or Test::More::diag("status $?: $output");
    };
}

sub page {
    my ($uri) = @_;
    return sub { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask(get($uri, $::good))->{body} };
}

sub scrape_at { return page($_[0])->() }

our $samples_of = q{/usr/bin/python3 -c 'import sys
from prometheus_client.parser import text_string_to_metric_families as parse
families = {family.name: family for family in parse(sys.stdin.read())}
wanted = {"sallyport_build_info", "sallyport_decisions", "sallyport_refreshes", "sallyport_store_duration_seconds"}
print("\n".join(wanted - families.keys()), end="")
zones = {sample.labels["zone"] for sample in families["sallyport_decisions"].samples}
print("" if {"localhost", "say \"hi\"\\\\\nthere"} <= zones else zones, end="")'};

run_tests();

__DATA__

=== who may read it, and how
--- http_config eval: $::zone
--- config eval: $::guarded
--- conf eval: \%::files
--- cases eval
[
    ['without a credential' => get('/status'), 'no_credential'],
    ['a wrong one'          => get('/status', basic(alice => 'x')), 'credential_invalid'],
    ['a token'              => get('/status', $::good), 200],
    ['a password'           => get('/status', basic(alice => 'wonderland')), 200],
    ['allow'                => get('/public'), 200],
    ['deny'                 => get('/nobody'), 403],
    ['no role'              => get('/roles', $::good), 'role_missing'],
    ['a role'               => get('/roles', bearer(key('HS256'), { roles => ['operator'] })), 200],
    ['HEAD'                 => request('HEAD', '/public'), 200, body => '', headers => { 'Content-Length' => qr/\A[1-9]/ }],
    ['POST'                 => request('POST', '/public'), 'method_unsupported', headers => { Allow => 'GET, HEAD' }],
    ['not to be kept'       => get('/public'), 200, headers => { 'Cache-Control' => 'no-store', Pragma => 'no-cache' }],
]



=== the text for Prometheus
--- http_config eval: $::zone
--- config eval
$::guarded . qq{location /label { auth_metrics_label 'say "hi"\\\\\nthere'; empty_gif; }\n}
--- conf eval: \%::files
--- cases eval
[
    ['some requests' => get('/x', $::good), 200], ['refused' => get('/x'), 'no_credential'], ['a label' => get('/label', $::good), 200],
    ['type' => get('/public', 'Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'), 200,
        headers => { 'Content-Type' => 'text/plain; version=0.0.4; charset=utf-8' },
        body => qr/^# HELP sallyport_decisions_total \S.*\n# TYPE sallyport_decisions_total counter\nsallyport_decisions_total\{/m],
    ['by name'    => get('/public?format=prometheus', 'Accept: text/html'), 200, headers => { 'Content-Type' => qr{^text/plain; version=0\.0\.4} }],
    ['no Accept'  => get('/public'), 200, headers => { 'Content-Type' => qr{^text/plain; version=0\.0\.4} }],
    ['no such format' => get('/public?format=xml'), 'request_malformed'],
    ['an empty one'   => get('/public?format='), 'request_malformed'],
    judged('promtool takes it', page('/public'), 'promtool check metrics'),
    judged("the Python client takes it", page('/public'), $::samples_of),
]



=== refresh tokens, issued tokens and the store
--- http_config eval: $::zone . "auth_token_store memory:;"
--- config eval
"$::tokens $::endpoints" . 'location = /keys { auth_endpoint login; auth_api_key "r"; auth_api_key_file keys.json; }
location = /status { auth_endpoint status; allow all; }'
--- conf eval: ({ %::files, %Sallyport::Session::token_files, 'keys.json' => json({ printer => { key => digest('a-secret') } }) })
--- cases eval
[
    issued('a login' => login(alice => 'wonderland'), 'a'),
    issued('by API key' => request('POST', '/keys', 'Authorization: Api-Key a-secret'), 'k'),
    issued('a refresh' => refresh('a'), 'b'),
    ['reused'  => refresh('a'), 'refresh_reused'],
    ['revoked' => refresh('b'), 'refresh_revoked'],
    ['garbage' => post('/refresh', { refresh_token => 'x.y.z' }), 'token_malformed', headers => { 'WWW-Authenticate' => qr/./ }],
    sample_is('sallyport_refreshes_total{result="rotated"}', 1),
    sample_is('sallyport_refreshes_total{result="reused"}', 1),
    sample_is('sallyport_refreshes_total{result="revoked"}', 1),
    sample_is('sallyport_refreshes_total{result="invalid"}', 1),
    sample_is('sallyport_refreshes_total{result="error"}', 0),
    sample_is('sallyport_tokens_issued_total{grant="password"}', 1),
    sample_is('sallyport_tokens_issued_total{grant="api_key"}', 1),
    sample_is('sallyport_tokens_issued_total{grant="refresh_token"}', 1),
    sample_is('sallyport_store_requests_total{store="memory",result="ok"}', 5),
    sample_is('sallyport_store_requests_total{store="memory",result="failed"}', 0),
    sample_is('sallyport_store_duration_seconds_count{store="memory"}', 5),
    sample_is('sallyport_store_duration_seconds_bucket{store="memory",le="+Inf"}', 5),
    judged('promtool takes the histogram', sub { scrape() }, 'promtool check metrics'),
    sub {
        my $text = join '', map { scrape($_) } qw(prometheus json html);
        my @secrets = grep { index($text, $_) >= 0 } qw(alice wonderland printer a-secret), map { values %{ kept($_) } } qw(a b k);
        Test::More::ok(!@secrets, 'no subject, password, key or token in any format') or Test::More::diag("@secrets");
    },
]



=== JSON
--- http_config eval: $::zone
--- config eval: $::guarded
--- conf eval: \%::files
--- cases eval
[
    ['some requests' => get('/x', $::good), 200], ['refused' => get('/x'), 'no_credential'],
    ['by Accept' => get('/public', 'Accept: application/json'), 200, headers => { 'Content-Type' => 'application/json', 'Cache-Control' => 'no-store' }],
    ['by name'   => get('/public?format=json', 'Accept: text/html'), 200, headers => { 'Content-Type' => 'application/json' }],
    sub {
        my $status = JSON::PP::decode_json(page('/public?format=json')->());
        Test::More::is(join(' ', sort keys %$status), 'connections_ended credential_cache key_sources nginx now password_hashes password_queue_length '
            . 'recent_seconds refreshes since stores token_cache tokens_issued version workers zones', 'members');
        Test::More::is_deeply($status->{zones}[0]{decisions}, [
            { method => 'jwt', outcome => 'allowed', reason => '', count => 1 },
            { method => 'none', outcome => 'denied', reason => 'no_credential', count => 1 },
        ], 'decisions');
        Test::More::is($status->{zones}[0]{zone}, 'localhost', 'zone');
        Test::More::is($status->{workers}, 1, 'workers');
        my ($source) = grep { $_->{source} =~ /keys\.jwks$/ } @{ $status->{key_sources} };
        Test::More::is_deeply([sort @{ $source->{kids} }], [qw(es256 hs256 rs256)], 'kids');
        Test::More::is($source->{keys}, 3, 'keys');
        Test::More::is($source->{stale}, JSON::PP::false(), 'not stale');
    },
]



=== the page
--- http_config eval: $::zone
--- config eval
$::guarded . q{location /label { auth_metrics_label '<script>"&\''; empty_gif; } location /watch { auth_policy observe; empty_gif; }}
--- conf eval: \%::files
--- cases eval
[
    ['nothing was checked' => get('/public?format=html'), 200, body => qr/No request was checked yet/],
    judged('valid without content', sub { scrape_at('/public?format=html') }, 'tidy -q -e --drop-empty-elements no'),
    ['some requests' => get('/x', $::good), 200], ['refused' => get('/x'), 'no_credential'], ['a label' => get('/label'), 'no_credential'],
    ['observed' => get('/watch'), 200, reason => 'no_credential'],
    ['a browser' => get('/public', 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'), 200,
        headers => { 'Content-Type' => 'text/html; charset=utf-8', 'Cache-Control' => 'no-store',
            'Content-Security-Policy' => qr/^default-src 'none'; / },
        body => qr{<code>no_credential</code>.*&lt;script&gt;&quot;&amp;&#39;.*Would be refused}s],
    judged('valid', sub { scrape_at('/public?format=html') }, 'tidy -q -e --drop-empty-elements no'),
    sub {
        my $html = scrape_at('/public?format=html');
        my @elsewhere = $html =~ m{(?:src|href|action)="(?!data:,)[^"]*"|<script|<form|<iframe|url\(|\@import}g;
        Test::More::ok(!@elsewhere, 'no script, and nothing from elsewhere') or Test::More::diag("@elsewhere");
    },
]



=== alerts and dashboard
--- http_config eval: $::zone
--- config eval: $::guarded
--- conf eval: \%::files
--- cases eval
[
    judged('the rules are valid', '', 'promtool check rules', "$::monitoring/sallyport.rules.yml", '| grep -v -e SUCCESS -e Checking -e "^$" | cat'),
    judged('the rules alert', '', 'promtool test rules', "$::monitoring/sallyport.rules.test.yml", '| grep -v -e SUCCESS -e "Unit Testing" -e "^ *$" | cat'),
    sub {
        my $known = join "\n", map { slurp($_) } glob "$::monitoring/../../src/metrics/*.?pp";
        my $dashboard = slurp("$::monitoring/dashboard.json");
        Test::More::cmp_ok(scalar @{ JSON::PP::decode_json($dashboard)->{panels} }, '>', 10, 'panels');
        my %named = map { $_ => 1 } "$dashboard @{[slurp(qq($::monitoring/sallyport.rules.yml))]}" =~ /\b(sallyport_\w+)/g;
        my @unknown = grep { my $name = s/_(?:bucket|sum|count)$//r; $known !~ /"\Q$name\E"/ } sort keys %named;
        Test::More::ok(!@unknown, 'every metric that they name exists') or Test::More::diag("@unknown");
        my $documented = slurp("$::monitoring/../directives.md");
        my @silent = grep { $documented !~ /`\Q$_\E[{`]/ } map { s/_(?:bucket|sum|count)$//r } $known =~ /"(sallyport_\w+)"/g;
        Test::More::ok(!@silent, 'every metric is documented') or Test::More::diag("@silent");
    },
]
