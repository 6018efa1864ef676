# DPoP proofs that were used are remembered in Redis, for all machines, if the token store is there.

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Path qw(make_path);
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Dpop;
use Sallyport::Metrics;
use Sallyport::Pending;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

BEGIN { $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3) }

our $key   = key('ES256', 'holder');
our $token = bound_to($key);
our $plain = bearer(key('HS256'));
our $redis;
our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland') } }));
workers(2);

# Rows.
sub redis_is { my (%options) = @_; return sub { $redis->stop if $redis; $redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3, %options) } }
sub stops { return sub { $redis->stop } }
sub starts { return sub { $redis->start } }

# A request with a new proof.
sub fresh { my ($uri, %change) = @_; return get($uri, dpop($key, $token, htu => "http://localhost$uri", %change)) }

sub once {
    my ($name, $uri, $status, @more) = @_;
    my $request;
    return ["$name: once" => sub { $request = fresh($uri) }, $status, @more], ["$name: twice" => sub { $request }, 'dpop_proof_replayed'];
}

sub no_store { my ($name, $request) = @_;
    return [$name => $request, 'store_unavailable', log => qr/\[error\].*sallyport: refused 503 store_unavailable/] }

# The line of a proof for an endpoint.
sub proves { my ($uri, %change) = @_;
    return 'DPoP: ' . proof($key, '', htm => 'POST', htu => "http://localhost$uri", claims => { ath => undef, %change }) }

our $http = <<'EOF_HTTP';
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_token_store redis://$TEST_NGINX_REDIS/1;
EOF_HTTP

# Another nginx, as on another machine.
sub start_other {
    my $root = "$ENV{TEST_NGINX_SERVROOT}-other";
    make_path("$root/conf", "$root/logs", "$root/temp");
    spew("$root/conf/keys.jwks", slurp(conf_path('keys.jwks')));
    my $modules = join '', map { "load_module $_;\n" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    my $user = $> == 0 ? "user $ENV{TEST_NGINX_WORKER_USER};" : '';
    my $inside = $http =~ s/\$TEST_NGINX_REDIS/$ENV{TEST_NGINX_REDIS}/r;
    spew("$root/conf/nginx.conf", <<"EOF_CONF");
$modules$user worker_processes 2; daemon on; pid logs/nginx.pid; error_log logs/error.log info;
events { }
http {
    access_log off;
    client_body_temp_path temp/b; proxy_temp_path temp/p; fastcgi_temp_path temp/f; uwsgi_temp_path temp/u; scgi_temp_path temp/s;
$inside
    server { listen $ENV{TEST_NGINX_OTHER}; location /x { empty_gif; } }
}
EOF_CONF
    system $ENV{TEST_NGINX_BINARY} || 'nginx', '-p', "$root/", '-c', "$root/conf/nginx.conf", '-e', "$root/logs/error.log";
    Test::More::is($?, 0, 'the other nginx starts');
    return;
}

sub stop_other {
    my $pid = "$ENV{TEST_NGINX_SERVROOT}-other/logs/nginx.pid";
    kill 'QUIT', slurp($pid) =~ s/\s//gr;
    Test::More::ok(wait_for(sub { !-e $pid }), 'the other nginx ends');
    return;
}

sub ask_other { return Sallyport::Client->new($ENV{TEST_NGINX_OTHER} =~ s/.*://r)->ask($_[0])->{status} }

run_tests();

__DATA__

=== a proof is used once
--- http_config eval
$::http . 'limit_req_zone $auth_subject zone=s:1m rate=1000r/s;'
--- config
location /x       { empty_gif; }
location /tried   { try_files /none /x.gif =404; }
location /limited { limit_req zone=s burst=1000; empty_gif; }
location /first   { try_files /none @second; }
location @second  { auth_jwt "second"; proxy_pass http://$TEST_NGINX_ECHO; }
location /missing { error_page 404 = /x; root /nonexistent; }
location /asks    { auth_jwt off; auth_request /me; empty_gif; }
location = /me    { internal; auth_endpoint me; auth_dpop_uri http://localhost/asks; }
location /user    { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /set     { set $early "$auth_subject"; empty_gif; }
--- user_files
>>> x.gif
x
--- cases eval
[
    redis_is(),
    once('plain', '/x', 200), once('try_files', '/tried', 200), once('a limit by subject', '/limited', 200),
    once('a named location', '/first', 200), once('an error page that is guarded', '/missing', 200),
    once('a variable', '/user', 200), once('a variable that is read early', '/set', 200),
    do { my $request; (['auth_request: once' => sub { $request = fresh('/asks') }, 200], ['auth_request: twice' => sub { $request }, 401, reason => 'dpop_proof_replayed']) },
    ['a refused proof spends nothing: first' => sub { fresh('/x', htm => 'POST', claims => { jti => 'one' }) }, 'dpop_proof_invalid'],
    ['a refused proof spends nothing: then'  => sub { fresh('/x', claims => { jti => 'one' }) }, 200],
    ['and is used'                           => sub { fresh('/x', claims => { jti => 'one' }) }, 'dpop_proof_replayed'],
    ['unbound' => get('/x', $plain), 200],
    do { my $request; (['over a reload' => sub { $request = fresh('/x') }, 200], reload(), ['after it' => sub { $request }, 'dpop_proof_replayed']) },
    sub {
        my @keys = split /\n/, $::redis->cli('-n', 1, 'KEYS', '*');
        Test::More::cmp_ok(scalar @keys, '>=', 10, 'they are in Redis');
        Test::More::ok(!(grep { !/\Asallyport:proof:\{[\w-]{43}\}\z/ } @keys), 'without what they are of') or Test::More::diag("@keys");
        my @wrong = grep { my $ttl = $::redis->cli('-n', 1, 'TTL', $_); $ttl < 1 || $ttl > 125 } @keys;
        Test::More::ok(!@wrong, 'and each of them ends') or Test::More::diag("@wrong");
    },
]



=== limits by subject, which have to know the user before the access phase
--- http_config eval
"$::http limit_req_status 429; " . join ' ', map { "limit_req_zone \$auth_subject zone=$_:1m rate=1r/m;" } qw(one two)
--- config
location /x   { limit_req zone=one burst=1 nodelay; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /set { set $early "$auth_subject"; limit_req zone=two; proxy_set_header X-Extra $early; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my $bob = bound_to($key, { sub => 'bob' });
sub of { my ($token, $uri, %change) = @_; return sub { get($uri, dpop($key, $token, htu => "http://localhost$uri", %change)) } }
my $request;
[
    redis_is(),
    ['counted'            => sub { $request = of($token, '/x')->() }, 200, body => qr/user=alice /],
    ['a proof that was used is refused, but counts' => sub { $request }, 'dpop_proof_replayed'],
    ['too often'          => of($token, '/x'), 429],
    ['without a new proof' => sub { $request }, 429],
    (map { ["with a proof for another URI, $_" => of($bob, '/x', htu => 'http://localhost/y'), 'dpop_proof_invalid'] } 1 .. 3),
    ['bob is not used up' => of($bob, '/x'), 200, body => qr/user=bob /],
    ['a variable'         => of($bob, '/set'), 200, body => qr/extra=bob\n/],
    ['and its limit'      => of($bob, '/set'), 429],
]



=== a thousand parallel uses of one proof by two nginx
--- http_config eval: $::http
--- config
location /x { empty_gif; }
--- cases eval
[
    redis_is(),
    sub {
        start_other();
        my $request = fresh('/x');
        Test::More::is(ask_other($request), 200, 'by the other one');
        Test::More::is(Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask($request)->{status}, 401, 'then by this one');
        $request = get('/x', dpop($key, $token), 'Connection: close');
        my @ports = ($ENV{TEST_NGINX_CLIENT_PORT}, $ENV{TEST_NGINX_OTHER} =~ s/.*://r);
        my @children;
        for my $child (1 .. 10) {
            open my $from, '-|' or do {
                my %count;
                for (1 .. 100) {
                    my $answer = eval { Sallyport::Client->new($ports[$child % 2])->ask($request) };
                    $count{ $answer ? $answer->{status} : 0 }++;
                }
                print join ' ', map { "$_=$count{$_}" } sort keys %count;
                close STDOUT;
                require POSIX;
                POSIX::_exit(0);
            };
            push @children, $from;
        }
        my %sum;
        for my $from (@children) {
            my $text = <$from> // '';
            $sum{$1} += $2 while $text =~ /(\d+)=(\d+)/g;
        }
        Test::More::is_deeply(\%sum, { 200 => 1, 401 => 999 }, 'exactly one is answered');
        stop_other();
    },
]
--- timeout: 60



=== Redis is down
--- http_config eval: $::http
--- config
location /x { empty_gif; }
--- cases eval
my $request;
[
    redis_is(),
    ['before' => sub { fresh('/x') }, 200],
    stops(),
    no_store('a proof' => sub { $request = fresh('/x') }),
    ['the log says why' => sub { fresh('/x') }, 'store_unavailable', log => qr/\[error\].*sallyport: the token store failed to record DPoP proofs: Redis/],
    ['unbound' => get('/x', $plain), 200],
    ['a proof that is refused' => sub { fresh('/x', htm => 'POST') }, 'dpop_proof_invalid'],
    starts(),
    ['up again' => sub { fresh('/x') }, 200, within => 5],
    ['the proof that met no Redis' => sub { $request }, 200],
    ['once' => sub { $request }, 'dpop_proof_replayed'],
    sub { $redis->stop; $redis->start },
    ['after a restart that closed the connection' => sub { fresh('/x') }, 200, within => 5],
    ['what was used before it' => sub { $request }, 'dpop_proof_replayed'],
    sub { $redis->cli('CONFIG', 'SET', 'maxmemory', '1') },
    no_store('without memory' => sub { fresh('/x') }),
    sub { $redis->cli('CONFIG', 'SET', 'maxmemory', '0') },
    ['with memory' => sub { fresh('/x') }, 200, within => 5],
]



=== metrics
--- http_config eval
"$::http auth_metrics_zone auth:1m;"
--- config
location /x { empty_gif; }
location = /status { auth_jwt off; auth_endpoint status; allow 127.0.0.1; deny all; }
--- cases eval
sub counted { my ($result, $count) = @_; return sample_is("sallyport_store_requests_total{store=\"redis\",result=\"$result\"}", $count) }
my $request;
[
    redis_is(),
    ['once' => sub { $request = fresh('/x') }, 200], ['twice' => sub { $request }, 'dpop_proof_replayed'],
    ['refused for another reason' => sub { fresh('/x', htm => 'POST') }, 'dpop_proof_invalid'],
    counted(ok => 2), counted(failed => 0),
    sample_is('sallyport_store_duration_seconds_count{store="redis"}', 2),
    stops(),
    no_store('down' => sub { fresh('/x') }),
    counted(ok => 2), counted(failed => 1),
]



=== Redis hangs: nothing else waits
--- http_config eval: $::http
--- config
location /x { empty_gif; }
--- cases eval
[
    redis_is(),
    ['before' => sub { fresh('/x') }, 200],
    sub {
        $redis->signal('STOP');
        my @waiting = map { pending(fresh('/x')) } 1 .. 4;
        # Each worker has some of them, and answers others meanwhile.
        my $meanwhile = 0;
        until ($waiting[-1]->answered) {
            $meanwhile += Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask(get('/x', $plain))->{status} == 200;
        }
        Test::More::cmp_ok($meanwhile, '>', 0, 'other requests are answered');
        Test::More::is($_->result->{status}, 503, 'a proof that cannot be recorded') for @waiting;
        $redis->signal('CONT');
    },
    ['it goes on' => sub { fresh('/x') }, 200, within => 10],
]
--- timeout: 60



=== clients that leave
--- http_config eval: $::http
--- config
location /x { empty_gif; }
--- cases eval
[
    redis_is(),
    sub {
        $redis->signal('STOP');
        my @waiting = map { pending(fresh('/x')) } 1 .. 10;
        select undef, undef, undef, 0.2;
        @waiting = ();
        $redis->signal('CONT');
    },
    ['others are answered' => sub { fresh('/x') }, 200, within => 10],
]



=== what cannot wait
--- http_config eval: $::http
--- config
location /x    { auth_jwt_phase preaccess; empty_gif; }
location /asks { auth_jwt off; auth_request /sub; empty_gif; }
location /goes { auth_jwt off; auth_request /sub; error_page 500 = @on; empty_gif; }
location /late { auth_jwt off; auth_request /sub; error_page 500 = @late; empty_gif; }
location @late { auth_jwt off; auth_request /slow; try_files /none @on; }
location /slow { internal; auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location @on   { auth_dpop_uri http://localhost$request_uri; proxy_pass http://$TEST_NGINX_ECHO; }
location /sub  { internal; auth_jwt_phase preaccess; auth_dpop_uri http://localhost$request_uri; empty_gif; }
--- cases eval
[
    redis_is(),
    once('the preaccess phase', '/x', 200),
    ['a subrequest in the preaccess phase' => sub { fresh('/asks') }, 500, reason => qr/\A/, log => qr/refused 503 cannot_wait/],
    ['of an unbound token' => get('/asks', $plain), 200],
    (map { my ($uri, $request) = $_; (["another location after it: $uri once" => sub { $request = fresh($uri) }, 200],
        ["another location after it: $uri twice" => sub { $request }, 'dpop_proof_replayed']) } qw(/goes /late)),
]



=== the token endpoints
--- http_config eval: $::http
--- config eval
$::tokens . $::endpoints =~ s/auth_password "r";/auth_jwt off; auth_password "r";/r . 'location /own { auth_token_accept on; empty_gif; }'
--- conf eval: \%::files
--- cases eval
my ($first, $line, $tokens);
my @keeps = (then => sub { $tokens = JSON::PP::decode_json($_[0]{body}); () });
sub refreshes { return sub { $line = $_[0] // proves('/refresh'); post('/refresh', { refresh_token => $tokens->{refresh_token} }, $line) } }
[
    redis_is(),
    ['a login' => sub { $first = login(alice => 'wonderland', proves('/login')) }, 200, body => qr/"token_type":"DPoP"/, @keeps],
    ['again'   => sub { $first }, 400, reason => 'dpop_proof_replayed', body => qr/"error":"invalid_dpop_proof"/],
    ['a refresh' => sub { $line = proves('/refresh'); post('/refresh', { refresh_token => $tokens->{refresh_token} }, $line) }, 200, @keeps],
    ['with the same proof' => sub { post('/refresh', { refresh_token => $tokens->{refresh_token} }, $line) }, 400, reason => 'dpop_proof_replayed'],
    ['which spends nothing' => sub { post('/refresh', { refresh_token => $tokens->{refresh_token} }, proves('/refresh')) }, 200, @keeps],
    ['the token' => sub { get('/own', dpop($key, $tokens->{access_token}, htu => 'http://localhost/own')) }, 200],
    stops(),
    ['Redis is down: a login' => sub { login(alice => 'wonderland', proves('/login')) }, 503, reason => 'store_unavailable'],
    ['a refresh' => sub { post('/refresh', { refresh_token => $tokens->{refresh_token} }, proves('/refresh')) }, 503, reason => 'store_unavailable'],
    starts(),
    ['up again: a refresh' => sub { post('/refresh', { refresh_token => $tokens->{refresh_token} }, proves('/refresh')) }, 200, within => 5],
]



=== a slow hash and a proof
--- http_config eval: $::http
--- config eval
$::tokens . $::endpoints =~ s/auth_password "r";/auth_jwt off; auth_password "r"; auth_credential_cache 0;/r
--- conf eval
+{ %token_files, 'users.json' => json({ alice => { password => slow_hash('wonderland', 10) } }) }
--- cases eval
my $first;
[
    redis_is(),
    ['a login' => sub { $first = login(alice => 'wonderland', proves('/login')) }, 200, body => qr/"token_type":"DPoP"/],
    ['again'   => sub { $first }, 400, reason => 'dpop_proof_replayed'],
]



=== a longer window after a reload accepts no proof again
--- http_config eval
"$::http auth_dpop_window 2s;"
--- config
location /x { empty_gif; }
--- cases eval
my ($old, $new);
[
    redis_is(),
    ['one that expires' => sub { $old = fresh('/x') }, 200],
    sub { sleep 4; $redis->cli('-n', 1, 'FLUSHDB') },
    ['one that is valid' => sub { $new = fresh('/x') }, 200],
    sub { change('nginx.conf', slurp(conf_path('nginx.conf')) =~ s/auth_dpop_window 2s/auth_dpop_window 10m/r) },
    reload(),
    ['the first' => sub { $old }, 'dpop_proof_invalid', log => qr/proof "its iat/],
    ['the second' => sub { $new }, qr/./, then => sub { $_[0]{status} == 401 ? () : "status $_[0]{status}" }, reason => qr/\Adpop_proof_(?:replayed|invalid)\z/],
    ['another' => sub { fresh('/x', claims => { iat => time + 300 }) }, 200],
]
