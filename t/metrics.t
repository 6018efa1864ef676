# auth_metrics_zone, auth_metrics_label: what is counted, in one worker and in several.

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use POSIX ();
use Sallyport::Credential;
use Sallyport::Metrics;
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

workers(2);

our %files = (
    'users.json' => json({ alice => { password => hash('wonderland') } }),
    'keys.json'  => json({ robot => { key => digest('a-secret') } }),
);
our $zone = "auth_metrics_zone auth:1m;\n";
our $status = "location = /status { auth_endpoint status; allow 127.0.0.1; deny all; auth_jwt off; auth_password off; auth_api_key off; }\n";
our $good = bearer(key('HS256'));

sub master { return slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr }
sub workers_of_master { my $pid = master(); return split ' ', slurp("/proc/$pid/task/$pid/children") }

# Whether it becomes true.
sub becomes {
    my ($condition) = @_;
    for (1 .. 600) {
        return 1 if $condition->();
        Time::HiRes::sleep(0.05);
    }
    return;
}

# Sends requests until stopped() ends it.
sub load {
    my ($uri, $header) = @_;
    pipe my $from, my $to or die $!;
    pipe my $end, my $hold or die $!;
    my $pid = fork // die $!;
    if (!$pid) {
        close $hold;
        my $answered = 0;
        until (IO::Select->new($end)->can_read(0)) {
            my $answer = eval { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask(get($uri, $header, 'Connection: close')) };
            $answered++ if $answer;
        }
        syswrite $to, "$answered\n";
        POSIX::_exit(0);
    }
    close $to;
    return { pid => $pid, from => $from, hold => $hold };
}

# How many were answered.
sub stopped {
    my ($load) = @_;
    close $load->{hold};
    my $from = $load->{from};
    my $answered = <$from>;
    waitpid $load->{pid}, 0;
    return 0 + $answered;
}

run_tests();

__DATA__

=== every outcome, by label, method and reason
--- http_config eval: $::zone
--- config eval
$::status . <<'EOF';
auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_password "r"; auth_password_file users.json;
location /x        { empty_gif; }
location /labelled { auth_metrics_label shop; empty_gif; location /labelled/inner { auth_policy optional; empty_gif; } }
location /roles    { auth_role_map { GET admin; OPTIONS off; } empty_gif; }
location /observe  { auth_metrics_label watched; auth_policy observe; empty_gif; }
location /optional { auth_policy optional; empty_gif; }
location /key      { auth_api_key "r" header=X-Key; auth_api_key_file keys.json; empty_gif; }
location /open     { auth_jwt off; auth_password off; empty_gif; }
location /broken   { auth_jwt_key_file missing-$arg_n.jwks; empty_gif; }
location /twice    { error_page 403 = /x; auth_role_map { GET admin; } empty_gif; }
EOF
--- conf eval: \%::files
--- cases eval
[
    decisions('nothing yet'),
    ['a token'          => get('/x', $::good), 200],
    ['a password'       => get('/x', basic(alice => 'wonderland')), 200],
    ['a wrong one'      => get('/x', basic(alice => 'x')), 'credential_invalid'],
    ['none'             => get('/x'), 'no_credential'],
    ['malformed'        => get('/x', 'Authorization: Bearer a b'), 'malformed_authorization'],
    ['an API key'       => get('/key', 'X-Key: a-secret'), 200],
    ['ambiguous'        => get('/key', $::good, 'X-Key: a-secret'), 'ambiguous_credential', headers => { 'WWW-Authenticate' => qr/./ }],
    ['an open location' => get('/open', $::good), 200],
    ['a label'          => get('/labelled', $::good), 200],
    ['inherited'        => get('/labelled/inner', $::good), 200],
    ['nobody'           => get('/labelled/inner'), 200],
    ['no role'          => get('/roles', $::good), 'role_missing'],
    ['an open method'   => request('OPTIONS', '/roles'), 405],
    ['observed'         => get('/observe', bearer(key('HS256'), { exp => 1 })), 200, reason => 'token_expired'],
    ['observed, good'   => get('/observe', $::good), 200],
    ['error'            => get('/broken?n=1', $::good), 'keys_unavailable'],
    ['an internal redirect is judged again' => get('/twice', $::good), 200],
    decisions('all that was judged',
        'localhost jwt allowed' => 2, 'localhost password allowed' => 1,
        'localhost password denied credential_invalid' => 1, 'localhost none denied no_credential' => 1,
        'localhost none denied malformed_authorization' => 1, 'localhost none denied ambiguous_credential' => 1,
        'localhost api_key allowed' => 1, 'shop jwt allowed' => 2, 'shop none allowed' => 1, 'localhost jwt denied role_missing' => 2,
        'watched jwt observed token_expired' => 1, 'watched jwt allowed' => 1, 'localhost jwt error keys_unavailable' => 1),
]



=== labels with quotes, backslashes, line feeds and letters of other alphabets
--- http_config eval: $::zone
--- config eval
$::status . qq{auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /a { auth_metrics_label 'say "hi"'; empty_gif; }
location /b { auth_metrics_label 'back\\\\slash'; empty_gif; }
location /c { auth_metrics_label 'two\nlines'; empty_gif; }
location /d { auth_metrics_label "z\xc3\xbcrich"; empty_gif; }
location /e { auth_metrics_label other; empty_gif; }
}
--- cases eval
[
    (map { [$_ => get("/$_", $::good), 200] } qw(a b c d e)),
    decisions('escaped', 'say \"hi\" jwt allowed' => 1, 'back\\\\slash jwt allowed' => 1, 'two\nlines jwt allowed' => 1,
        "z\xc3\xbcrich jwt allowed" => 1, 'other jwt allowed' => 1),
]



=== a thousand labels, and no more
--- http_config eval: "auth_metrics_zone auth:32m;\n"
--- config eval
$::status . "auth_jwt 'r'; auth_jwt_key_file keys.jwks; location /first { auth_metrics_label l0; empty_gif; }"
    . join '', map { "location /l$_/ { auth_metrics_label l$_; empty_gif; }\n" } 0 .. 1000
--- cases eval
[
    ['the first'          => get('/l0/', $::good), 200],
    ['the thousandth'     => get('/l998/', $::good), 200],
    ['one too many'       => get('/l1000/', $::good), 200],
    ['the first again'    => get('/first', $::good), 200],
    sub {
        my $samples = samples();
        Test::More::is(Sallyport::Metrics::total(qr/^sallyport_decisions_total/, $samples), 4, 'all are counted');
        Test::More::is($samples->{'sallyport_decisions_total{zone="l0",method="jwt",outcome="allowed",reason=""}'}, 2, 'the first');
        Test::More::ok($samples->{'sallyport_decisions_total{zone="other",method="jwt",outcome="allowed",reason=""}'} >= 1, 'other');
    },
]



=== sums equal what was sent, over 20 reloads
--- http_config eval: $::zone
--- config eval
$::status . 'auth_jwt "r"; auth_jwt_key_file keys.jwks; location /x { empty_gif; } location /y { empty_gif; }'
--- cases eval
[
    sub {
        my @loads = ((map { load('/x', $::good) } 1 .. 2), load('/y', 'X-None: 1'));
        for my $reload (1 .. 20) {
            my %old = map { $_ => 1 } workers_of_master();
            kill 'HUP', master();
            becomes(sub { my @now = workers_of_master(); 2 <= grep { !$old{$_} } @now }) or die 'no new workers';
        }
        close $_->{hold} for @loads; # all before one is waited for: forks hold those of earlier ones
        my ($one, $two, $refused) = map { stopped($_) } @loads;
        my $samples;
        becomes(sub { $samples = samples(); total(qr/^sallyport_decisions_total/, $samples) == $one + $two + $refused });
        Test::More::is(total(qr/outcome="allowed"/, $samples), $one + $two, 'allowed');
        Test::More::is(total(qr/reason="no_credential"/, $samples), $refused, 'refused');
        Test::More::ok($one > 20 && $refused > 20, "there was load: $one, $two, $refused");
    },
]



=== a killed worker takes nothing with it
--- http_config eval: $::zone
--- config eval
$::status . 'auth_jwt "r"; auth_jwt_key_file keys.jwks; location /x { empty_gif; }'
--- cases eval
[
    (map { ["request $_" => get('/x', $::good), 200] } 1 .. 20),
    (map { my $round = $_; sub {
        my @old = workers_of_master();
        kill 'KILL', @old;
        Test::More::ok(becomes(sub { my @now = workers_of_master(); my %old = map { $_ => 1 } @old; 2 == grep { !$old{$_} } @now }), "new workers, round $round");
        Test::More::is(total(qr/^sallyport_decisions_total/), 20 * $round, "the sums, round $round");
    }, (map { ["round $round, request $_" => get('/x', $::good), 200] } 1 .. 20) } 1 .. 3),
    sub { Test::More::is(total(qr/^sallyport_decisions_total/), 80, 'the sums in the end') },
]
--- no_error_log
[crit]
[emerg]



=== caches, passwords and key sources
--- http_config eval: "auth_metrics_zone auth:1m;\n"
--- config eval
$::status . <<'EOF';
location /idp { empty_gif; }
location = /_jwks { internal; alias $TEST_NGINX_SERVROOT/conf/fetched.jwks; }
location /token   { auth_jwt "r"; auth_jwt_key_file keys.jwks; empty_gif; }
location /fetched { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
location /named   { auth_jwt "r"; auth_jwt_key_file named-$arg_n.jwks; empty_gif; }
location /slow    { auth_password "r"; auth_password_file slow.json; empty_gif; }
EOF
--- conf eval
({
    'slow.json'    => json({ alice => { password => slow_hash('wonderland') } }),
    'fetched.jwks' => jwks(key('HS256', 'fetched-kid')),
    'named-a.jwks' => jwks(key('HS256', 'named-kid')),
})
--- cases eval
[
    (map { ["a token, $_" => get('/token', $::good), 200] } 1 .. 8),
    ['a fetched key'  => get('/fetched', bearer(key('HS256', 'fetched-kid'))), 200],
    ['a named file'   => get('/named?n=a', bearer(key('HS256', 'named-kid'))), 200],
    ['a slow hash'    => get('/slow', basic(alice => 'wonderland')), 200],
    ['a wrong one'    => get('/slow', basic(alice => 'x')), 'credential_invalid'],
    sub { Test::More::is(total(qr/^sallyport_token_cache_requests_total/), 10, 'lookups of tokens') },
    sub { Test::More::cmp_ok(total(qr/^sallyport_token_cache_requests_total\{result="hit"\}/), '>=', 6, 'hits') },
    sub { Test::More::cmp_ok(total(qr/^sallyport_credential_cache_requests_total\{result="miss"\}/), '>=', 1, 'lookups of passwords') },
    sample_is('sallyport_password_hashes_total{result="matched"}', 1),
    sample_is('sallyport_password_hashes_total{result="mismatched"}', 1),
    sample_is('sallyport_password_queue_length', 0),
    sample_is('sallyport_key_fetches_total{source="/_jwks",result="ok"}', 1),
    sample_is('sallyport_key_fetches_total{source="/_jwks",result="failed"}', 0),
    sample_is('sallyport_key_fetch_duration_seconds_count{source="/_jwks"}', 1),
    sample_is('sallyport_keys{source="/_jwks"}', 1),
    sample_is('sallyport_keys_stale{source="/_jwks"}', 0),
    sample_is('sallyport_key_last_success_timestamp_seconds{source="/_jwks"}', qr/\A1\d{9}\z/),
    sample_is(qq(sallyport_keys{source="$ENV{TEST_NGINX_SERVROOT}/conf/keys.jwks"}), 3),
    sample_is('sallyport_keys{source="named-$arg_n.jwks"}', 1),
    sub { change('keys.jwks', 'no keys') },
    ['the old keys serve' => get('/token', $::good), 200],
    sample_is(qq(sallyport_keys_stale{source="$ENV{TEST_NGINX_SERVROOT}/conf/keys.jwks"}), 1),
]
