# auth_connection_end: connections that end when their credential expires or is revoked.

use FindBin;
use lib "$FindBin::Bin/lib";
BEGIN { $ENV{MALLOC_PERTURB_} = 165 }   # what was freed is overwritten
use Sallyport::Credential;
use Sallyport::Http2;
use Sallyport::Lasting;
use Sallyport::Metrics;
use Sallyport::Pending;
use Sallyport::Session;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

worker_connections(1024);

our $upstream = Sallyport::Upstream->new;
our $hs = key('HS256');
our $life = 5;      # seconds that the credentials of together() are valid
our @open;          # the connections of the latest together()
our $long = 20_000 + 2 * $life;     # bytes of an answer that takes twice as long

# What the upstream answers.
sub lasting_answers {
    my $head = sub { my ($status, @lines) = @_; return join "\r\n", "HTTP/1.1 $status", @lines, '', '' };
    my $chunked = $head->('200 OK', 'Content-Type: text/event-stream', 'Transfer-Encoding: chunked');
    return answers(
        '/ws'     => { raw => $head->('101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'), echo => 1, after => 'never' },
        '/sse'    => { raw => "${chunked}9\r\ndata: 1\n\n\r\n", after => 'never' },
        # More than the buffers that nginx fills first.
        '/close'  => { raw => $head->('200 OK', 'Content-Type: text/plain') . 'x' x 20_000, after => 'never' },
        '/large'  => { raw => $head->('200 OK', 'Content-Type: text/plain') . 'x' x 4_000_000, after => 'never' },
        '/late'   => { raw => "${chunked}9\r\ndata: 1\n\n\r\n", delay => $::life + 1, after => 'never' },
        '/length' => { body => 'x' x $::long, first => 20_000, drip => 1 },
        '/short'  => { raw => "${chunked}5\r\nwhole\r\n0\r\n\r\n" },
        '/page'   => { body => 'before <!--# include virtual="/part" --> after' },
        '/accel'  => { headers => ['X-Accel-Redirect: /inside/sse'] },
        '/accel-off' => { headers => ['X-Accel-Redirect: /outside/sse'] },
        '/gone'   => { raw => "${chunked}9\r\ndata: 1\n\n\r\n", after => 'close' },
    );
}

sub with { my ($claims, $key, $header) = @_; return bearer($key // $hs, $claims, $header) }

# together([name, uri, reason, header lines]...): opens all of them at the same time, with credentials that expire at
# the same time. Where a reason is given the connection ends, and the audit log has an event about it; the others are open
# when a connection has ended whose credential was valid a little longer. Header lines: code that gets the time at which the
# credential has to expire and the name, or by default a token of this time with the name as its jti.
sub together {
    my @cases = @_;
    return sub {
        my $from = length access_log('audit.json');
        my $until = time + $life;
        @open = ();
        for my $case (@cases) {
            my ($name, $uri, $reason, $lines) = @$case;
            my @lines = $lines ? $lines->($until, $name) : with({ exp => $until, jti => $name });
            my $connection = lasting($uri, $uri =~ /ws$/ ? websocket() : (), @lines);
            push @open, [$name, $uri, $reason, $connection];
            Test::More::is($connection->{status}, $uri =~ /ws$/ ? 101 : 200, "$name: answered");
            Test::More::ok($connection->echoes, "$name: carries messages") if $uri =~ /ws$/;
        }
        my $mark = lasting('/stream/sse', with({ exp => $until + 2, jti => 'mark' }));
        for (grep { $_->[2] } @open) {
            my ($name, $uri, $reason, $connection) = @$_;
            Test::More::ok($connection->ended, "$name: ends");
            Test::More::unlike($connection->{buffer}, qr/\r\n0\r\n\r\n\z/, "$name: it can be told from a whole answer");
        }
        Test::More::ok($mark->ended, 'a while later');
        for (grep { !$_->[2] } @open) {
            my ($name, $uri, $reason, $connection) = @$_;
            Test::More::ok($connection->is_open && ($uri !~ /ws$/ || $connection->echoes), "$name: still open");
        }
        my %expected = map { $_->[2] ? ($_->[0] => $_->[2]) : () } @open, ['mark', '', 'token_expired'];
        Test::More::is_deeply(ended_events($from), \%expected, 'the audit log has an event about each that ended');
    };
}

# { jti or sub => reason } of the events since a position in the audit log.
sub ended_events {
    my ($from) = @_;
    return { map { $_->{event} eq 'connection_ended' ? ($_->{jti} // $_->{sub} => $_->{reason}) : () } audit_lines('audit.json', $from) };
}

run_tests();

__DATA__

=== what ends and what does not
--- http_config
auth_metrics_zone auth:1m;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_audit_log logs/audit.json;
gzip_types text/plain application/json;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
location /default/ { proxy_pass http://$TEST_NGINX_IDP/; }
location /off/     { auth_connection_end off; proxy_pass http://$TEST_NGINX_IDP/; }
location /upgrade/ { auth_connection_end upgrade; proxy_pass http://$TEST_NGINX_IDP/; }
location /stream/  { auth_connection_end stream; proxy_pass http://$TEST_NGINX_IDP/; }
location /direct/  { auth_connection_end stream; proxy_buffering off; proxy_pass http://$TEST_NGINX_IDP/; }
location /gzip/    { auth_connection_end stream; gzip on; gzip_min_length 0; proxy_buffering off; proxy_pass http://$TEST_NGINX_IDP/; }
location /ssi/     { auth_connection_end stream; ssi on; ssi_types *; proxy_pass http://$TEST_NGINX_IDP/; }
location /part     { proxy_pass http://$TEST_NGINX_IDP/sse; }
location /status   { auth_jwt off; auth_endpoint status; allow 127.0.0.1; deny all; }
--- cases eval
my $answered_gzip = sub { return (with({ exp => $_[0], jti => $_[1] }), 'Accept-Encoding: gzip') };
[
    lasting_answers(),
    together(
        ['default, WebSocket'  => '/default/ws', ''],
        ['default, stream'     => '/default/sse', ''],
        ['off, WebSocket'      => '/off/ws', ''],
        ['off, stream'         => '/off/sse', ''],
        ['upgrade, WebSocket'  => '/upgrade/ws', 'token_expired'],
        ['upgrade, stream'     => '/upgrade/sse', ''],
        ['upgrade, until closed' => '/upgrade/close', ''],
        ['stream, WebSocket'   => '/stream/ws', 'token_expired'],
        ['stream, chunked'     => '/stream/sse', 'token_expired'],
        ['stream, until closed' => '/stream/close', 'token_expired'],
        ['unbuffered, WebSocket' => '/direct/ws', 'token_expired'],
        ['unbuffered, chunked' => '/direct/sse', 'token_expired'],
        ['a client that does not read' => '/stream/large', 'token_expired'],
        ['the same, unbuffered' => '/direct/large', 'token_expired'],
        ['a length that gzip removes' => '/gzip/length', 'token_expired', $answered_gzip],
        ['Content-Length'      => '/stream/length', ''],
        ['Content-Length, unbuffered' => '/direct/length', ''],
        ['while a subrequest waits' => '/ssi/page', 'token_expired'],
    ),
    sub {
        my $gone = sub { scalar grep { $_->{path} eq '/ws' && $_->{gone} } $::upstream->requests };
        Test::More::ok(wait_for(sub { $gone->() == 3 }), 'upstreams notice the end');
    },
    logged('the error log', qr/\[info\].*sallyport: connection ended: token_expired, kid "hs256", subject "alice".*GET \/upgrade\/ws/, 1),
    sample_is('sallyport_connections_ended_total{reason="token_expired"}', 11),
    sample_is('sallyport_connections_ended_total{reason="credential_expired"}', 0),
    sub {
        my ($whole, $ended) = map { pending(get($_, with({ exp => time + $::life }), 'Connection: close')) } '/direct/length', '/stream/sse';
        my $answer = $whole->result(60);
        Test::More::is($answer && $answer->{body}, 'x' x $::long, 'an answer with Content-Length arrives as a whole');
        my $part = $ended->result(60);
        Test::More::is($part && $part->{body}, "data: 1\n\n", 'while that without it ends');
    },
    sub {
        my $connection = lasting('/stream/late', with({ exp => time + $::life, jti => 'late' }));
        Test::More::is($connection->{status}, 200, 'an answer that begins too late');
        Test::More::ok($connection->ended, 'ends at once');
    },
]
--- no_error_log
[alert]
[crit]
[emerg]



=== credentials and how they admit
--- http_config
auth_metrics_zone auth:1m;
auth_credential_cache 1h;
--- config eval
$::tokens . q[
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_audit_log logs/audit.json;
auth_connection_end stream;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
proxy_set_header X-User $auth_subject;
location /stream/   { proxy_pass http://$TEST_NGINX_IDP/; }
location /leeway/   { auth_jwt_leeway 1h; proxy_pass http://$TEST_NGINX_IDP/; }
location /forever/  { auth_jwt_validate_exp off; proxy_pass http://$TEST_NGINX_IDP/; }
location /own/      { auth_token_accept on; proxy_pass http://$TEST_NGINX_IDP/; }
location /password/ { auth_password "r"; auth_password_file users.json; proxy_pass http://$TEST_NGINX_IDP/; }
location /key/      { auth_api_key "r"; auth_api_key_file api.json; proxy_pass http://$TEST_NGINX_IDP/; }
location /lookup/   { auth_password "r"; auth_password_request /_who; proxy_pass http://$TEST_NGINX_IDP/; }
location = /_who    { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /optional/ { auth_policy optional; proxy_pass http://$TEST_NGINX_IDP/; }
location /observe/  { auth_policy observe; proxy_pass http://$TEST_NGINX_IDP/; }
location /public/   { auth_role_map { GET off; } proxy_pass http://$TEST_NGINX_IDP/; }
location /address/  { satisfy any; allow 127.0.0.1; proxy_pass http://$TEST_NGINX_IDP/; }
location /token/    { satisfy any; deny all; proxy_pass http://$TEST_NGINX_IDP/; }
location /preaccess/ { auth_jwt_phase preaccess; proxy_pass http://$TEST_NGINX_IDP/; }
location = /_auth   { internal; auth_jwt_phase preaccess; empty_gif; }
location = /_me     { internal; auth_endpoint me; }
location /asked/    { auth_jwt off; auth_request /_auth; proxy_pass http://$TEST_NGINX_IDP/; }
location /asks-me/  { auth_jwt off; auth_request /_me; proxy_pass http://$TEST_NGINX_IDP/; }
location /not-asked/ { auth_jwt off; proxy_pass http://$TEST_NGINX_IDP/; }
]
--- conf eval
+{ %token_files, 'users.json' => '{}', 'api.json' => '{}' }
--- cases eval
my $nothing = sub { return () };
my $claims = sub { my (%claims) = @_; return sub { with({ exp => $_[0], jti => $_[1], %claims }) } };
my $token;
my $again = sub { return $token //= with({ exp => $_[0], jti => 'again' }) };
my $short = sub { with({ exp => $_[0] - 1, jti => $_[1] }) };
my $fraction = sub { with("{\"sub\":\"alice\",\"jti\":\"$_[1]\",\"exp\":" . ($_[0] - 0.5) . '}') };
my $issued = sub {
    with({ iss => 'https://api.example', aud => 'https://api.example', sid => 's', jti => $_[1], exp => $_[0] }, $Sallyport::Session::access, { typ => 'at+jwt' });
};
[
    lasting_answers(),
    sub {
        my $until = time + $::life + 3;
        $::upstream->answer('/who' => { body => "{\"sub\": \"carol\", \"expires\": $until}" });
        replace('users.json', json({ map { ("user$_" => { password => hash("p$_"), expires => $until + $_ }) } 0 .. 1 }));
        replace('api.json', json({ key0 => { key => digest('secret'), expires => $until } }));
    },
    ['a password'         => get('/password/short', basic(user1 => 'p1')), 200, within => 5],
    ['an API key'         => get('/key/short', api_key('secret')), 200, within => 5],
    sub {
        my $from = length access_log('audit.json');
        my @open = map { lasting('/password/ws', websocket(), basic("user$_" => "p$_")) } 0 .. 1;
        push @open, lasting('/key/ws', websocket(), api_key('secret'));
        push @open, lasting('/lookup/ws', websocket(), basic(carol => 'p'));
        Test::More::is(join(' ', map { $_->{status} } @open), '101 101 101 101', 'passwords and keys');
        Test::More::ok($_->ended, 'end too') for @open;
        Test::More::is_deeply(ended_events($from), { map { $_ => 'credential_expired' } qw(user0 user1 key0 carol) }, 'with the reason of accounts');
    },
    together(
        ['a token'              => '/stream/ws', 'token_expired'],
        ['fractions of seconds' => '/stream/sse', 'token_expired', $fraction],
        ['again'                => '/stream/sse', 'token_expired', $again],
        ['leeway'               => '/leeway/ws', ''],
        ['without exp'          => '/stream/ws', '', sub { with({ exp => undef }) }],
        ['the end of time'      => '/stream/ws', '', sub { with('{"exp":9007199254740991}') }],
        ['exp is not checked'   => '/forever/ws', ''],
        ['a token of ours'      => '/own/ws', 'token_expired', $issued],
        ['optional'             => '/optional/ws', 'token_expired'],
        ['optional, nobody'     => '/optional/ws', '', $nothing],
        ['observe'              => '/observe/ws', ''],
        ['observe, refused'     => '/observe/ws', '', sub { with({ exp => 1 }) }],
        ['public'               => '/public/ws', ''],
        ['admitted by address'  => '/address/ws', ''],
        ['admitted by token'    => '/token/ws', 'token_expired'],
        ['in preaccess'         => '/preaccess/ws', 'token_expired'],
        ['by auth_request'      => '/asked/ws', 'token_expired'],
        ['by auth_request, me'  => '/asks-me/ws', 'token_expired'],
        ['by nothing'           => '/not-asked/ws', ''],
    ),
    # The same token again, now from the cache.
    sub { $token = with({ exp => time + $::life, jti => 'cached' }) },
    ['it is cached'             => sub { get('/stream/short', $token) }, 200],
    together(['cached'          => '/stream/ws', 'token_expired', sub { $token }]),
    sub {
        my $open = lasting('/password/ws', websocket(), basic(user2 => 'p2'));
        Test::More::is($open->{status}, 401, 'others are refused');
    },
]



=== internal redirects
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_audit_log logs/audit.json;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
location /stream/  { auth_connection_end stream; proxy_pass http://$TEST_NGINX_IDP/; }
location /try      { auth_connection_end upgrade; try_files /none @app; }
location @app      { auth_jwt off; rewrite ^ /ws break; proxy_pass http://$TEST_NGINX_IDP; }
location = /accel   { auth_connection_end upgrade; proxy_pass http://$TEST_NGINX_IDP/accel; }
location = /accel-off { auth_connection_end stream; proxy_pass http://$TEST_NGINX_IDP/accel-off; }
location /inside/  { internal; auth_jwt off; auth_connection_end stream; proxy_pass http://$TEST_NGINX_IDP/; }
location /outside/ { internal; auth_jwt off; auth_connection_end off; proxy_pass http://$TEST_NGINX_IDP/; }
location = /other  { auth_connection_end stream; auth_jwt "r" token=$http_x_other; error_page 401 = @second; proxy_pass http://$TEST_NGINX_IDP; }
location @second   { auth_jwt off; auth_connection_end stream; rewrite ^ /sse break; proxy_pass http://$TEST_NGINX_IDP; }
location = /twice   { auth_connection_end stream; auth_jwt "r" token=$http_x_other; try_files /none @third; }
location @third    { auth_connection_end stream; auth_jwt "r" token=$http_x_third; rewrite ^ /sse break; proxy_pass http://$TEST_NGINX_IDP; }
location /after/   { auth_connection_end stream; post_action /post; proxy_pass http://$TEST_NGINX_IDP/; }
location /post     { auth_jwt off; proxy_pass http://$TEST_NGINX_IDP/post; }
--- cases eval
my $other = sub { my ($first, $second) = @_; return sub {
    my ($until, $name) = @_;
    return ('X-Other: ' . token($::hs, { exp => $until + $first, jti => $name }), 'X-Third: ' . token($::hs, { exp => $until + $second, jti => $name }));
} };
[
    lasting_answers(),
    together(
        ['try_files'              => '/try/ws', 'token_expired'],
        ['X-Accel-Redirect'       => '/accel', 'token_expired'],
        ['to a location with off' => '/accel-off', ''],
        ['an error page of a refusal' => '/other', '', sub { with({ exp => $_[0] }) }],
        ['the first credential of two' => '/twice', 'token_expired', $other->(0, 1000)],
        ['the second one'         => '/twice', 'token_expired', $other->(1000, 0)],
        ['post_action'            => '/after/sse', 'token_expired'],
    ),
    sub { Test::More::is($::upstream->count('/post'), 0, 'an ended request has no post_action') },
]



=== what has ended already
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_audit_log logs/audit.json;
auth_connection_end stream;
lingering_close always;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
location /stream/ { proxy_pass http://$TEST_NGINX_IDP/; }
location /mirror/ { mirror /_slow; proxy_pass http://$TEST_NGINX_IDP/; }
location = /_slow { internal; auth_jwt off; proxy_pass http://$TEST_NGINX_IDP/late; }
--- cases eval
[
    lasting_answers(),
    sub {
        my $from = length access_log('audit.json');
        my $until = time + $::life;
        my $of = sub { with({ exp => $until, jti => $_[0] }) };
        my $idle = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT});
        Test::More::is($idle->ask(get('/stream/short', $of->('idle')))->{body}, 'whole', 'a whole answer on a connection that stays open');
        my $lingering = lasting('/stream/short', 'Connection: close', $of->('lingering'));
        my $mirrored = pending(get('/mirror/short', $of->('mirrored')));
        Test::More::is($mirrored->result->{body}, 'whole', 'a whole answer, with a subrequest that is still running');
        my @left = map { lasting("/stream/$_", $_ eq 'ws' ? websocket() : (), $of->("client $_")) } qw(ws sse);
        $_->leave for @left;
        my $gone = lasting('/stream/gone', $of->('upstream gone'));
        Test::More::ok($gone->ended, 'the upstream closes an answer');
        my $mark = lasting('/stream/sse', with({ exp => $until + 2, jti => 'mark' }));
        Test::More::ok($mark->ended, 'a while later');
        Test::More::is_deeply(ended_events($from), { mark => 'token_expired' }, 'nothing ends twice');
        my $answer = $idle->ask(get('/stream/short', with({})));
        Test::More::is($answer && $answer->{body}, 'whole', 'the idle connection serves another token');
        my $refused = $idle->ask(get('/stream/short', $of->('idle')));
        Test::More::is($refused && $refused->{status}, 401, 'and refuses the expired one');
    },
    sub {
        my $from = length access_log('audit.json');
        my $open = lasting('/stream/ws', websocket(), with({ exp => time + $::life, jti => 'x' }));
        $::upstream->release;
        Test::More::ok($open->ended, 'the upstream closes a WebSocket');
        Test::More::ok(lasting('/stream/sse', with({ exp => time + $::life, jti => 'mark' }))->ended, 'a while later');
        Test::More::is_deeply(ended_events($from), { mark => 'token_expired' }, 'nothing more happens');
    },
]



=== HTTP/2
--- http_config eval
qq[server {
    listen $ENV{TEST_NGINX_OTHER} http2;
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_audit_log logs/audit.json;
    auth_connection_end stream;
    proxy_http_version 1.1;
    location / { proxy_pass http://$ENV{TEST_NGINX_IDP}; }
    location /off/ { auth_connection_end off; proxy_pass http://$ENV{TEST_NGINX_IDP}/; }
}]
--- config
location /x { empty_gif; }
--- cases eval
[
    lasting_answers(),
    sub {
        my $from = length access_log('audit.json');
        my ($port) = $ENV{TEST_NGINX_OTHER} =~ /:(\d+)/;
        my $connection = Sallyport::Http2->new($port);
        my $until = time + $::life;
        my $begin = sub { my ($path, $more) = @_; $connection->begin(GET => $path, [authorization => 'Bearer ' . token($::hs, { exp => $until + $more, jti => $path })]) };
        my $off = $begin->('/off/sse', 0);
        my $length = $begin->('/length', 0);
        my $long = $begin->('/close', 1000);
        my $ends = $begin->('/sse', 0);
        my $result = $connection->result($ends, 30);
        Test::More::is($result && $result->{status}, 200, 'a stream was answered');
        Test::More::ok($result && $result->{reset}, 'and is reset in the end');
        Test::More::is($result && $result->{body}, "data: 1\n\n", 'after what it has got');
        my $mark = $connection->result($begin->('/sse', 2), 30);
        Test::More::ok($mark && $mark->{reset}, 'a while later');
        my $whole = $connection->result($length, 30);
        Test::More::is($whole && $whole->{body}, 'x' x $::long, 'one with content-length arrives as a whole');
        Test::More::ok(!$connection->{streams}{$_}{took}, 'others of the connection are open') for $off, $long;
        my $new = $connection->result($connection->begin(GET => '/short', [authorization => 'Bearer ' . token($::hs)]), 10);
        Test::More::is($new && $new->{body}, 'whole', 'and there can be new ones');
        Test::More::is_deeply(ended_events($from), { '/sse' => 'token_expired' }, 'audited');
    },
]



=== TLS
--- http_config eval
qq[server {
    listen $ENV{TEST_NGINX_OTHER} ssl http2;
    ssl_certificate server.pem;
    ssl_certificate_key server.key;
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_connection_end stream;
    proxy_buffering off;
    location / { proxy_pass http://$ENV{TEST_NGINX_IDP}; }
}]
--- config
location /x { empty_gif; }
--- conf eval
my $key = key('ES256', 'server');
+{ 'server.key' => $key->private, 'server.pem' => $key->certificate }
--- cases eval
[
    lasting_answers(),
    map {
        my ($version, $code) = @$_;
        sub {
            my $token = with({ exp => time + $::life });
            open my $from, '-|', 'curl', '-skN', "--$version", '--max-time', 60, '-H', $token, "https://$ENV{TEST_NGINX_OTHER}/sse" or die "curl: $!";
            my $body = do { local $/; <$from> };
            close $from;
            Test::More::is($body, "data: 1\n\n", "$version: what was sent");
            my $exit = $? >> 8;
            Test::More::ok((grep { $exit == $_ } @$code), "$version: curl tells it from a whole answer") or Test::More::diag("exit $exit");
        }
    } ['http1.1', [18, 56]], ['http2', [92, 18, 56]]
]



=== reload
--- main_config
worker_shutdown_timeout 60s;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_audit_log logs/audit.json;
auth_connection_end stream;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
location /ws { proxy_pass http://$TEST_NGINX_IDP; }
location /sse { proxy_pass http://$TEST_NGINX_IDP; }
--- cases eval
[
    lasting_answers(),
    sub {
        my $from = length access_log('audit.json');
        my $until = time + $::life + 3;
        my @open = map { lasting($_, /ws/ ? websocket() : (), with({ exp => $until, jti => $_ })) } '/ws', '/sse';
        my $master = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr;
        my $workers = sub { split ' ', slurp("/proc/$master/task/$master/children") };
        my %old = map { $_ => 1 } $workers->();
        kill 'HUP', $master;
        Test::More::ok(wait_for(sub { grep { !$old{$_} } $workers->() }), 'nginx reloads');
        Test::More::ok($open[0]->echoes, 'the old worker keeps a WebSocket');
        Test::More::ok($_->ended, 'until its token expires') for @open;
        Test::More::is_deeply(ended_events($from), { '/ws' => 'token_expired', '/sse' => 'token_expired' }, 'audited');
        Test::More::ok(wait_for(sub { !grep { $old{$_} } $workers->() }, 30), 'the old worker ends');
    },
    sub {
        my $open = lasting('/ws', websocket(), with({ exp => time + 3600, jti => 'an hour' }));
        $::upstream->release;
        Test::More::ok($open->ended, 'a connection with an end in an hour');
    },
    reload(),
]



=== revocation
--- main_config
worker_shutdown_timeout 100s;
--- http_config
auth_metrics_zone auth:1m;
auth_revocation_zone size=32k;
auth_revocation_file revoked.json;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_audit_log logs/audit.json;
auth_connection_end stream;
auth_revocation on;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
location ~ ^/(?:ws|sse|short)$ { proxy_pass http://$TEST_NGINX_IDP; }
location /free/   { auth_revocation off; proxy_pass http://$TEST_NGINX_IDP/; }
location /off/    { auth_connection_end off; proxy_pass http://$TEST_NGINX_IDP/; }
location /upgrade/ { auth_connection_end upgrade; proxy_pass http://$TEST_NGINX_IDP/; }
location /observe/ { auth_policy observe; proxy_pass http://$TEST_NGINX_IDP/; }
location /password/ { auth_password "r"; auth_password_file users; proxy_pass http://$TEST_NGINX_IDP/; }
location = /twice  { auth_jwt "r" token=$http_x_other; try_files /none @second; }
location @second  { auth_jwt "r" token=$http_x_third; rewrite ^ /ws break; proxy_pass http://$TEST_NGINX_IDP; }
location /status  { auth_jwt off; auth_endpoint status; allow 127.0.0.1; deny all; }
--- conf eval
+{ 'revoked.json' => '[]', users => users(bob => 'b') }
--- cases eval
my $of = sub { my (%claims) = @_; return with({ sub => $claims{jti}, iat => 1000, exp => undef, %claims }) };
# Until they have ended, in whichever worker.
my $revoked = sub {
    my ($name, $entries, $ended, $open) = @_;
    return sub {
        my $from = length access_log('audit.json');
        my %ended = map { $_->[0] => lasting(@$_[1 .. $#$_]) } @$ended;
        my %open  = map { $_->[0] => lasting(@$_[1 .. $#$_]) } @$open;
        # They have been looked at once before anything changes.
        Time::HiRes::sleep(0.5);
        Test::More::ok($_->is_open, "$name: open") for values %ended;
        replace('revoked.json', $entries);
        Test::More::ok($ended{$_}->ended, "$name, $_: ends") for sort keys %ended;
        Test::More::ok($open{$_}->is_open, "$name, $_: still open") for sort keys %open;
        Test::More::ok($open{$_}->echoes, "$name, $_: carries messages") for grep { $open{$_}{status} == 101 } sort keys %open;
        Test::More::is_deeply(ended_events($from), { map { $_ => 'token_revoked' } keys %ended }, "$name: audited");
        $_->leave for values %open;
    };
};
my $ws = sub { my ($jti, %claims) = @_; return [$jti, '/ws', websocket(), $of->(jti => $jti, %claims)] };
[
    lasting_answers(),
    $revoked->('each kind', json([{ jti => 'token' }, { sid => 'session' }, { sub => 'subject', issued_before => 1000 }, { tenant => 'globex' }, { kid => 'rs256' }]),
        [
            $ws->('token'), $ws->('of a session', sid => 'session'), $ws->('of a subject', sub => 'subject'),
            $ws->('of a tenant', tenant_id => 'globex'),
            ['of a key', '/ws', websocket(), bearer(key('RS256'), { jti => 'of a key', exp => time + 100_000 })],
            ['with an end', '/ws', websocket(), $of->(jti => 'with an end', sid => 'session', exp => time + 100_000)],
            ['a stream', '/sse', $of->(jti => 'a stream', sid => 'session')],
            ['upgraded', '/upgrade/ws', websocket(), $of->(jti => 'upgraded', sid => 'session')],
            ['the first of two', '/twice', websocket(), 'X-Other: ' . token($::hs, { jti => 'the first of two', sid => 'session' }), 'X-Third: ' . token($::hs, { jti => 'x' })],
            ['the second of two', '/twice', websocket(), 'X-Other: ' . token($::hs, { jti => 'x' }), 'X-Third: ' . token($::hs, { jti => 'the second of two', sid => 'session' })],
        ],
        [
            $ws->('another'), $ws->('a later one', sub => 'subject', iat => 1001), $ws->('another tenant', tenant_id => 'acme'),
            ['nowhere checked', '/free/ws', websocket(), $of->(jti => 'token')],
            ['off', '/off/ws', websocket(), $of->(jti => 'token')],
            ['not upgraded', '/upgrade/sse', $of->(jti => 'token')],
            ['only observed', '/observe/ws', websocket(), $of->(jti => 'token')],
            ['a password', '/password/ws', websocket(), basic(bob => 'b')],
        ]),
    sample_is('sallyport_connections_ended_total{reason="token_revoked"}', 10),
    logged('the error log', qr/\[info\].*sallyport: connection ended: token_revoked, kid "hs256", tenant "globex", subject "of a tenant".*GET \/ws/, 1),
    sub { replace('revoked.json', '[]') },
    ['valid again' => get('/short', $of->(jti => 'token')), 200, within => 5],
    $revoked->('many', json([{ sid => 'all' }]), [map { $ws->("of all $_", sid => 'all') } 1 .. 200], [map { $ws->("of others $_") } 1 .. 20]),
    sub {
        my $from = length access_log('audit.json');
        my ($kept, $ended) = map { lasting('/ws', websocket(), $of->(jti => $_)) } qw(kept ended);
        my $unavailable = qr/do not fit into auth_revocation_zone/;
        my $before = lines_with($unavailable);
        replace('revoked.json', json([map { { jti => "j$_" } } 1 .. 2000]));
        Test::More::ok(wait_for(sub { lines_with($unavailable) > $before }), 'a list that does not fit');
        Time::HiRes::sleep(1);
        Test::More::ok($_->is_open && $_->echoes, 'ends no connection') for $kept, $ended;
        replace('revoked.json', json([{ jti => 'ended' }]));
        Test::More::ok($ended->ended, 'the next one does');
        Test::More::ok($kept->is_open && $kept->echoes, 'and no others');
        Test::More::is_deeply(ended_events($from), { ended => 'token_revoked' }, 'audited');
    },
    sub {
        my $from = length access_log('audit.json');
        my ($port) = $ENV{TEST_NGINX_SERVER_PORT} =~ /:(\d+)/;
        my ($kept, $ended) = map { lasting('/ws', websocket(), $of->(jti => $_)) } qw(kept ended2);
        my $master = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr;
        my $workers = sub { split ' ', slurp("/proc/$master/task/$master/children") };
        my %old = map { $_ => 1 } $workers->();
        kill 'HUP', $master;
        Test::More::ok(wait_for(sub { grep { !$old{$_} } $workers->() }), 'nginx reloads');
        Test::More::ok($ended->echoes, 'the old worker keeps a connection');
        replace('revoked.json', json([{ jti => 'ended2' }]));
        Test::More::ok($ended->ended, 'until its token is revoked');
        Test::More::ok($kept->echoes, 'and keeps another one');
        Test::More::is_deeply(ended_events($from), { ended2 => 'token_revoked' }, 'audited');
        $kept->leave;
        Test::More::ok(wait_for(sub { !grep { $old{$_} } $workers->() }, 30), 'and ends when that is gone');
    },
]
--- no_error_log
[alert]
[emerg]



=== revocation with HTTP/2
--- http_config eval
qq[auth_revocation_zone size=32k;
auth_revocation_file revoked.json;
server {
    listen $ENV{TEST_NGINX_OTHER} http2;
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_connection_end stream;
    auth_revocation on;
    proxy_http_version 1.1;
    location / { proxy_pass http://$ENV{TEST_NGINX_IDP}; }
}]
--- config
location /x { empty_gif; }
--- conf eval
+{ 'revoked.json' => '[]' }
--- cases eval
[
    lasting_answers(),
    sub {
        my ($port) = $ENV{TEST_NGINX_OTHER} =~ /:(\d+)/;
        my $connection = Sallyport::Http2->new($port);
        my $begin = sub { my ($path, $jti) = @_; return $connection->begin(GET => $path, [authorization => 'Bearer ' . token($::hs, { jti => $jti })]) };
        my @ended = map { $begin->('/sse', 'gone') } 1 .. 5;
        my $kept = $begin->('/close', 'kept');
        my $until = time + 20;
        while (grep { $connection->{streams}{$_}{body} eq '' } @ended, $kept) { $connection->read_frame($until) or last }
        replace('revoked.json', json([{ jti => 'gone' }]));
        for my $stream (@ended) {
            my $result = $connection->result($stream, 30);
            Test::More::ok($result && $result->{reset} && $result->{body} eq "data: 1\n\n", 'a stream is reset') or Test::More::diag(Test::More::explain($result));
        }
        Test::More::ok(!$connection->{streams}{$kept}{took}, 'another one is open');
        my $new = $connection->result($begin->('/short', 'new'), 10);
        Test::More::is($new && $new->{body}, 'whole', 'and there can be new ones');
    },
]
