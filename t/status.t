# auth_endpoint status: formats, who may read it, and what does not stand in it.

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Sallyport::Credential;
use Sallyport::Metrics;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = ('users.json' => json({ alice => { password => hash('wonderland') } }));
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
