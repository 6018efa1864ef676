# auth_jwt_key_request: requests that wait for keys, what may happen to them meanwhile, and what follows.

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Sallyport::Test;
use Sallyport::Http2;
use Sallyport::Pending;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(512);

# Whoever waited must not be left behind: nginx says so when it quits.
add_block_preprocessor(sub { $_[0]->set_value(no_shutdown_error_log => "[alert]\n[crit]") });

our ($one, $two, $three) = map { key('HS256', $_) } qw(one two three);
our $idp = Sallyport::Upstream->new;
our $body = join '', map { "line $_\n" } 1 .. 10_000;      # 109 KB

# A location for sources, and an application: /_jwks... is /jwks... there.
our $source = <<'EOF_SOURCE';
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
EOF_SOURCE

sub is_last {
    my ($name, $path, $what, $expected) = @_;
    return sub {
        my $request = ($idp->requests($path))[-1] || {};
        my $got = $request->{$what} // 'nothing';
        Test::More::ok($got eq $expected, $name) or Test::More::diag(length $got, ' bytes: ', substr $got, 0, 200);
    };
}

# nginx logs after it has answered.
sub access_logged {
    my ($name, $pattern) = @_;
    return sub {
        for (1 .. 20) { last if access_log('who.log') =~ $pattern }
        Test::More::like(access_log('who.log'), $pattern, $name);
    };
}

run_tests();

__DATA__

=== a client that goes away
--- http_config
log_format who '$status $request_uri [$auth_subject] [$auth_reason]';
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
access_log logs/who.log who;
location /x      { auth_jwt "r"; auth_jwt_key_request /_jwks/x; empty_gif; }
location /alone  { auth_jwt "r"; auth_jwt_key_request /_jwks/alone; empty_gif; }
location /failed { auth_jwt "r"; auth_jwt_key_request /_jwks/failed; empty_gif; }
]
--- cases eval
[
    answers('/jwks/x' => { delay => 1, body => jwks($::one) }, '/jwks/alone' => { delay => 1, body => jwks($::one) },
        '/jwks/failed' => { delay => 1, status => 500 }),
    sub {
        my $first = pending(get('/x?first', bearer($::one)));
        $::idp->await('/jwks/x', 1);
        my $reset = pending(get('/x?reset', bearer($::one)));
        my @stay = map { pending(get('/x', bearer($::one))) } 1 .. 10;
        Time::HiRes::sleep(0.2);
        $first->leave;
        $reset->leave_by_reset;
        judge_all('the others get their answers', \@stay, 200);
    },
    quick('the keys are there' => get('/x', bearer($::one)), 200),
    fetched('the first went away' => '/jwks/x', 1),
    sub {
        my $alone = pending(get('/alone', bearer($::one)));
        $::idp->await('/jwks/alone', 1);
        $alone->leave;
        Time::HiRes::sleep(1.5);
    },
    quick('the only one went away: the keys came' => get('/alone', bearer($::one)), 200),
    fetched('the only one went away' => '/jwks/alone', 1),
    sub {
        my @all = map { pending(get('/failed', bearer($::one))) } 1 .. 10;
        $::idp->await('/jwks/failed', 1);
        $_->leave for @all[0 .. 4];
        judge_all('half of them went away, and the fetch fails', [@all[5 .. 9]], 'keys_unavailable');
        Test::More::is(scalar(grep { $_->{gone} } $::idp->requests), 0, 'no fetch was broken off');
    },
    ['all is well' => get('/x', bearer($::one)), 200],
]



=== many that come and go
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_n; empty_gif; }
]
--- cases eval
[
    answers('*' => { delay => 0.3, body => jwks($::one) }),
    map({
        my $round = $_;
        sub {
            my (@gone, @stay);
            for my $n (1 .. 60) {
                my $pending = pending(get('/x?n=' . $n % 7, bearer($::one)), $n % 5 == 4 ? (first => 40) : ());
                push @{ $n % 2 ? \@gone : \@stay }, $pending;
                $gone[rand @gone]->leave_by_reset if @gone && $n % 3 == 0;
            }
            $_->send_rest for @stay;
            Time::HiRes::sleep(0.1 * $round);
            $_->leave for @gone;
            judge_all("round $round: those that stay", \@stay, 200);
        }
    } 1 .. 4),
    ['all is well' => get('/x?n=1', bearer($::one)), 200],
    sub {
        Test::More::unlike(error_log(), qr/exited on signal|\[alert\]/, 'no worker was lost');
    },
]



=== what a client that went away held is free again
--- http_config
limit_conn_zone $server_name zone=all:1m;
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; limit_conn all 1; limit_conn_status 429; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => { delay => 0.5, body => jwks($::one) }),
    sub {
        my $first = pending(get('/x', bearer($::one)));
        $::idp->await('/jwks', 1);
        judge('one at a time', pending(get('/x', bearer($::one))), 429);
        $first->leave;
        Time::HiRes::sleep(1);
    },
    ['there is room' => get('/x', bearer($::one)), 200],
    ['once more'     => get('/x', bearer($::one)), 200],
]



=== one connection: keepalive, HEAD, pipelined requests
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /y { auth_jwt "r"; auth_jwt_key_request /_jwks/y; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /z { auth_jwt "r"; auth_jwt_key_request /_jwks/z; empty_gif; }
]
--- cases eval
my ($anna, $bert) = map { bearer($::one, { sub => $_ }) } qw(anna bert);
[
    answers('/jwks' => { delay => 0.2, body => jwks($::one) }, '/jwks/y' => { delay => 0.2, body => jwks($::one) }, '/jwks/z' => 500),
    ['one after the other' => [
        [get('/x', $anna), 200, body => qr/user=anna /],
        [get('/y', $bert), 200, body => qr/user=bert /],
        [get('/z', $anna), 'keys_unavailable'],
        [request('HEAD', '/x', $anna), 200, body => ''],
        [get('/x'), 'no_credential'],
        [request('POST', '/x', $bert, { body => 'x' x 5000 }), 200, body => qr/^POST .*user=bert /],
        [get('/x', bearer($::two, {}, { kid => 'one' })), 'signature_invalid'],
        [request('POST', '/z', $anna, { body => 'x' x 5000 }), 'keys_unavailable'],
        [get('/x', $anna), 200, body => qr/user=anna /],
    ]],
    sub {
        my $three = pending(get('/x?1', $anna) . request('POST', '/y?2', $bert, { body => 'abc' }) . get('/x?3') . get('/x?4', $anna));
        judge('pipelined, 1', $three, 200, body => qr{^GET /x\?1 user=anna });
        judge('pipelined, 2', $three, 200, body => qr{^POST /y\?2 user=bert });
        judge('pipelined, 3', $three, 'no_credential');
        judge('pipelined, 4', $three, 200, body => qr{^GET /x\?4 user=anna });
    },
    sub {
        my $p = pending(get('/x?1', $anna));
        Time::HiRes::sleep(0.1);
        $p->send(get('/x?2', $bert));
        judge('sent while the first one waits, 1', $p, 200, body => qr/\?1 user=anna /);
        judge('sent while the first one waits, 2', $p, 200, body => qr/\?2 user=bert /);
    },
    ['HTTP/1.0' => request('GET', '/x', $anna, { version => 'HTTP/1.0' }), 200, body => qr/user=anna /],
    ['HTTP/1.0, keepalive' => [
        [request('GET', '/x', 'Connection: keep-alive', $anna, { version => 'HTTP/1.0' }), 200],
        [request('HEAD', '/x', 'Connection: keep-alive', $bert, { version => 'HTTP/1.0' }), 200],
    ]],
    sub {
        my $p = pending(get('/x', 'Connection: close', $anna));
        shutdown $p->{socket}, 1;
        my $answer = $p->result(5);
        Test::More::ok(!$answer || $answer->{status} == 200, 'a client that only sends no more is answered, or left');
    },
    ['all is well' => get('/x', $anna), 200],
]



=== bodies arrive whole
--- config eval
$::source . q[
auth_jwt "r";
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 0;
location /app { proxy_pass http://$TEST_NGINX_IDP; }
location /app/unbuffered { proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://$TEST_NGINX_IDP; }
location /app/memory { client_body_buffer_size 1m; proxy_pass http://$TEST_NGINX_IDP; }
location /app/small { client_max_body_size 1k; proxy_pass http://$TEST_NGINX_IDP; }
location /refused { auth_jwt_key_request /_jwks/down; empty_gif; }
]
--- cases eval
my @where = qw(/app /app/unbuffered /app/memory);
my $post = sub { request('POST', $_[0], bearer($::one), { body => $::body }) };
my $chunked = join '', (map { sprintf "%x\r\n%s\r\n", length $_, $_ } unpack '(a3000)*', $::body), "0\r\n\r\n";
[
    answers('/jwks' => { delay => 0.5, body => jwks($::one) }, '/jwks/down' => { delay => 0.3, status => 500 },
        map { $_ => 'thanks' } @where),
    (map { my $where = $_; (
        timed("$where: at once" => $post->($where), 200, over => 0.3),
        is_last("$where: at once, the body", $where, 'body', $::body),
        sub {
            my $p = pending($post->($where), first => length($post->($where)) - length($::body) + 10);
            Time::HiRes::sleep(0.1);
            $p->send_rest(50_000);
            Time::HiRes::sleep(0.1);
            $p->send_rest;
            judge("$where: during the wait", $p, 200, body => 'thanks');
        },
        is_last("$where: during the wait, the body", $where, 'body', $::body),
        sub {
            my $p = pending($post->($where), first => length($post->($where)) - 30_000);
            Time::HiRes::sleep(0.9);
            $p->send_rest;
            judge("$where: the end after the wait", $p, 200, body => 'thanks');
        },
        is_last("$where: the end after the wait, the body", $where, 'body', $::body),
    ) } @where),
    timed('in chunks' => request('POST', '/app', 'Transfer-Encoding: chunked', bearer($::one)) . $chunked, 200, over => 0.3),
    is_last('in chunks, the body', '/app', 'body', $::body),
    sub {
        my $file = conf_path('body');
        spew($file, $::body);
        Test::More::like(curl('-H', bearer($::one), '-H', 'Expect: 100-continue', '--data-binary', "\@$file",
            "http://$ENV{TEST_NGINX_SERVER_PORT}/app"), qr/^HTTP\/1\.1 200 .*thanks\z/ms, 'Expect: 100-continue');
    },
    is_last('Expect: 100-continue, the body', '/app', 'body', $::body),
    ['on one connection' => [
        [$post->('/app'), 200],
        [$post->('/refused'), 'keys_unavailable'],
        [get('/app', bearer($::one)), 200],
        [request('POST', '/app', bearer($::one), { body => 'short' }), 200],
    ]],
    is_last('the last body', '/app', 'body', 'short'),
    ['a body that is too large' => request('POST', '/app/small', bearer($::one), { body => 'x' x 2000 }), 413],
]



=== HTTP/2: streams of one connection
--- http_config
add_header X-Reason $auth_reason always;
server {
    listen $TEST_NGINX_OTHER http2;
    auth_jwt "r";
    auth_jwt_key_request /_jwks;
    auth_jwt_key_cache 1h;
    location /x { auth_jwt_key_request /_jwks/$arg_n; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
    location /app { auth_jwt_key_request /_jwks/$arg_n; proxy_pass http://$TEST_NGINX_IDP; }
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
}
--- suppress_stderr
--- config
--- cases eval
my ($port) = $ENV{TEST_NGINX_OTHER} =~ /(\d+)\z/;
my $bearer = sub { [authorization => 'Bearer ' . token($_[0], { sub => $_[1] // 'alice' })] };
[
    answers('*' => { delay => 0.7, body => jwks($::one) }, '/jwks/down' => { delay => 0.3, status => 500 }, '/app' => 'thanks'),
    sub {
        my $h2 = Sallyport::Http2->new($port);
        my @good = map { $h2->begin(GET => "/x?n=a&$_", $bearer->($::one, "user$_")) } 1 .. 20;
        my $nobody = $h2->begin(GET => '/x?n=a');
        my $down   = $h2->begin(GET => '/x?n=down', $bearer->($::one));
        my $head   = $h2->begin(HEAD => '/x?n=b', $bearer->($::one));
        my $post   = $h2->begin(POST => '/app?n=c', $bearer->($::one), substr $::body, 0, 50_000);
        my @wrong = grep { my $r = $h2->result($good[$_ - 1]) || {}; ($r->{status} // 0) != 200
            || $r->{body} !~ /\?n=a&$_ user=user$_ / } 1 .. 20;
        Test::More::ok(!@wrong, 'twenty streams') or Test::More::diag("@wrong");
        Test::More::is($h2->result($nobody)->{status}, 401, 'a stream without a token');
        Test::More::ok($h2->result($nobody)->{took} < 0.6, 'it does not wait');
        Test::More::is($h2->result($down)->{status}, 503, 'a source that is down');
        Test::More::is($h2->result($head)->{status}, 200, 'HEAD');
        Test::More::is($h2->result($post)->{status}, 200, 'POST');
        Test::More::is(sha256_hex(($::idp->requests('/app'))[-1]{body}), sha256_hex(substr $::body, 0, 50_000), 'its body');
        my $last = $h2->begin(GET => '/x?n=a', $bearer->($::one));
        Test::More::is($h2->result($last)->{status}, 200, 'a later stream');
    },
    fetched('for twenty streams' => '/jwks/a', 1),
    sub {
        my $h2 = Sallyport::Http2->new($port);
        my @streams = map { $h2->begin(GET => '/x?n=d', $bearer->($::one)) } 1 .. 10;
        $::idp->await('/jwks/d', 1);
        $h2->cancel($_) for @streams[0, 2, 4, 6, 8];
        my @got = map { ($h2->result($_) || {})->{status} // 'none' } @streams[1, 3, 5, 7, 9];
        Test::More::is("@got", '200 200 200 200 200', 'half of the streams are given up');
        my @all = map { $h2->begin(GET => '/x?n=e', $bearer->($::one)) } 1 .. 5;
        $::idp->await('/jwks/e', 1);
        $h2->cancel($_) for @all;
        my $other = $h2->begin(GET => '/x?n=d', $bearer->($::one));
        Test::More::is($h2->result($other)->{status}, 200, 'all streams of a source are given up');
        Time::HiRes::sleep(1);
        my $again = $h2->begin(GET => '/x?n=e', $bearer->($::one));
        Test::More::is($h2->result($again)->{status}, 200, 'its keys came all the same');
    },
    fetched('given up' => '/jwks/d', 1),
    fetched('all given up' => '/jwks/e', 1),
    sub {
        my $h2 = Sallyport::Http2->new($port);
        $h2->begin(GET => '/x?n=f', $bearer->($::one)) for 1 .. 5;
        $::idp->await('/jwks/f', 1);
        close $h2->{socket};
        Time::HiRes::sleep(1);
        $h2 = Sallyport::Http2->new($port);
        Test::More::is($h2->result($h2->begin(GET => '/x?n=f', $bearer->($::one)))->{status}, 200, 'the connection is closed');
    },
    fetched('closed' => '/jwks/f', 1),
]



=== redirects inside nginx: each place waits for its own source
--- config eval
$::source . q[
auth_jwt_key_cache 0;
location /a   { auth_jwt "a"; auth_jwt_key_request /_jwks/a; error_page 404 = /b; root $TEST_NGINX_SERVER_ROOT/none; }
location /try { auth_jwt "a"; auth_jwt_key_request /_jwks/a; try_files /none /b; root $TEST_NGINX_SERVER_ROOT/none; }
location /named { auth_jwt "a"; auth_jwt_key_request /_jwks/a; error_page 404 = @b; root $TEST_NGINX_SERVER_ROOT/none; }
location /same { auth_jwt "a"; auth_jwt_key_request /_jwks/a; error_page 404 = /same/there; root $TEST_NGINX_SERVER_ROOT/none; }
location /same/there { auth_jwt "a"; auth_jwt_key_request /_jwks/a; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /open { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /a-open { auth_jwt "a"; auth_jwt_key_request /_jwks/a; error_page 404 = /open; root $TEST_NGINX_SERVER_ROOT/none; }
location /accel { auth_jwt "a"; auth_jwt_key_request /_jwks/a; proxy_pass http://$TEST_NGINX_IDP; }
location /refused { auth_jwt "a"; auth_jwt_key_request /_jwks/a; error_page 401 = /b; empty_gif; }
location /b { auth_jwt "b"; auth_jwt_key_request /_jwks/b; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location @b { auth_jwt "b"; auth_jwt_key_request /_jwks/b; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $both = bearer($::three, { sub => 'anna' });
my ($a, $b) = map { bearer($_) } $::one, $::two;
[
    answers('/jwks/a' => { delay => 0.3, body => jwks($::one, $::three) }, '/jwks/b' => { delay => 0.3, body => jwks($::two, $::three) },
        '/accel' => { headers => ['X-Accel-Redirect: /b'], body => '' }),
    (map { my $where = $_; (
        timed("$where: a token of both places" => get($where, $both), 200, over => 0.5, body => qr/user=anna /),
        timed("$where: of the first only" => get($where, $a), 'key_unknown', over => 0.5,
            headers => { 'WWW-Authenticate' => qr/realm="b"/ }),
        timed("$where: of the second only" => get($where, $b), 'key_unknown', headers => { 'WWW-Authenticate' => qr/realm="a"/ }),
    ) } qw(/a /try /named /accel)),
    timed('the same source again' => get('/same', $both), 200, body => qr/user=anna /),
    timed('into an open place'  => get('/a-open', $a), 200),
    timed('refused, into a place that takes it' => get('/refused', $b), 200, over => 0.5, reason => qr/\A(?:key_unknown)?\z/),
    sub {
        my @all = map { pending(get('/a', $both)) } 1 .. 10;
        my @gone = map { pending(get('/a', $both)) } 1 .. 10;
        Time::HiRes::sleep(0.2);
        $gone[$_]->leave for 0 .. 4;
        Time::HiRes::sleep(0.3);
        $gone[$_]->leave for 5 .. 9;
        judge_all('many, of which some go away before or after the redirect', \@all, 200, body => qr/user=anna /);
    },
]



=== error_page for keys that cannot be had
--- conf eval
({ 'local.jwks' => jwks($::one) })
--- http_config
log_format who '$status $uri [$auth_subject] [$auth_reason]';
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
access_log logs/who.log who;
location /page   { auth_jwt "r"; auth_jwt_key_request /_jwks; error_page 503 /sorry; empty_gif; }
location /local  { auth_jwt "r"; auth_jwt_key_request /_jwks; error_page 503 = @local; empty_gif; }
location /second { auth_jwt "r"; auth_jwt_key_request /_jwks; error_page 503 = /other; empty_gif; }
location /again  { auth_jwt "r"; auth_jwt_key_request /_jwks; error_page 503 = /again; empty_gif; }
location /sorry  { auth_jwt off; empty_gif; }
location @local  { auth_jwt "r"; auth_jwt_key_file local.jwks; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /other  { auth_jwt "r"; auth_jwt_key_request /_jwks/other; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    answers('/jwks' => { delay => 0.2, status => 500 }, '/jwks/other' => { delay => 0.3, body => jwks($::one) }),
    ['a page'                 => get('/page', bearer($::one)), 503, reason => 'keys_unavailable', body => qr/^GIF/],
    access_logged('its line'  => qr{^503 /sorry \[-?\] \[keys_unavailable\]}m),
    ['keys of a file instead' => get('/local', bearer($::one)), 200, body => qr/user=alice /, reason => qr/\A(?:keys_unavailable)?\z/],
    ['of a file, another key' => get('/local', bearer($::two)), 'key_unknown'],
    ['another source instead' => get('/second', bearer($::one)), 200, body => qr/user=alice /, reason => qr/\A(?:keys_unavailable)?\z/],
    ['the same place again'   => get('/again', bearer($::one)), 503, reason => 'keys_unavailable'],
]



=== satisfy any
--- conf eval
({ htpasswd => "anna:{PLAIN}secret\n" })
--- config eval
$::source . q[
auth_jwt "r";
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 0;
satisfy any;
location /denied  { deny all; empty_gif; }
location /allowed { allow 127.0.0.1; deny all; auth_jwt_key_request /_jwks/allowed; empty_gif; }
location /basic   { auth_basic "b"; auth_basic_user_file htpasswd; empty_gif; }
location /down    { auth_basic "b"; auth_basic_user_file htpasswd; auth_jwt_key_request /_jwks/down; empty_gif; }
location /check   { auth_request /_no; empty_gif; }
location = /_no { internal; auth_jwt off; satisfy all; proxy_pass http://$TEST_NGINX_IDP; }
]
--- cases eval
my $anna = 'Authorization: Basic YW5uYTpzZWNyZXQ=';
[
    answers('/jwks' => { delay => 0.3, body => jwks($::one) }, '/jwks/down' => { delay => 0.2, status => 500 },
        '/_no' => { delay => 0.2, status => 403 }),
    timed('a token where all are denied'   => get('/denied', bearer($::one)), 200, over => 0.2),
    timed('a forged one'                   => get('/denied', bearer($::two, {}, { kid => 'one' })), 'signature_invalid', over => 0.2),
    ['no token where we are allowed'       => get('/allowed'), 200, reason => qr/\A(?:no_credential)?\z/],
    ['a token there'                       => get('/allowed', bearer($::one)), 200],
    fetched('nobody waits for its keys'    => '/jwks/allowed', 0, 1),
    timed('a token, no password'           => get('/basic', bearer($::one)), 200, over => 0.2),
    ['a password, no token'                => get('/basic', $anna), 200, reason => qr/\A(?:no_credential)?\z/],
    ['a password, while the source is down' => get('/down', $anna), 200, reason => qr/\A(?:no_credential)?\z/],
    ['a token, while the source is down'   => get('/down', bearer($::one)), 503, reason => 'keys_unavailable'],
    timed('a token beside auth_request that refuses' => get('/check', bearer($::one)), 200, over => 0.2),
]



=== auth_request and mirror beside it
--- config eval
$::source . q[
auth_jwt "r";
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 0;
location /app {
    auth_request /_check;
    auth_request_set $checked $upstream_http_x_checked;
    mirror /_mirror;
    proxy_set_header X-User "$auth_subject $checked";
    proxy_pass http://$TEST_NGINX_IDP;
}
location /quick { auth_jwt_key_request /_jwks/quick; auth_request /_check; proxy_pass http://$TEST_NGINX_IDP/app; }
location /no    { auth_request /_no; proxy_pass http://$TEST_NGINX_IDP/app; }
location = /_check {
    internal;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_IDP;
}
location = /_no { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://$TEST_NGINX_IDP; }
location = /_mirror { internal; proxy_pass http://$TEST_NGINX_IDP; }
]
--- cases eval
[
    answers('/jwks' => { delay => 0.3, body => jwks($::one) }, '/jwks/quick' => jwks($::one), '/app' => 'thanks',
        '/_check' => { delay => 0.5, headers => ['X-Checked: yes'] }, '/_no' => { delay => 0.5, status => 403 }, '/_mirror' => { delay => 0.3 }),
    timed('GET' => get('/app', bearer($::one)), 200, over => 0.4, body => 'thanks'),
    sub { Test::More::like(($::idp->requests('/app'))[-1]{head}, qr/^X-User: alice yes\r$/m, 'auth_request_set, and the subject') },
    timed('POST' => request('POST', '/app', bearer($::one), { body => $::body }), 200, over => 0.4, body => 'thanks'),
    is_last('the body' => '/app', 'body', $::body),
    sub { $::idp->await('/_mirror', 2) },
    is_last('the body in the mirror' => '/_mirror', 'body', $::body),
    timed('forged' => get('/app', bearer($::two, {}, { kid => 'one' })), 'signature_invalid'),
    timed('keys come sooner than the check' => get('/quick', bearer($::one)), 200, over => 0.4),
    timed('the check refuses' => get('/no', bearer($::one)), 403),
    sub {
        my @all = map { pending(request('POST', '/app', bearer($::one), { body => "body $_" })) } 1 .. 20;
        Time::HiRes::sleep(0.1);
        $all[$_]->leave for 0 .. 4;
        Time::HiRes::sleep(0.3);
        $all[$_]->leave for 5 .. 9;
        judge_all('many, of which some go away', [@all[10 .. 19]], 200);
    },
]



=== variables read early: empty as long as there are no keys, and right afterwards
--- http_config
limit_req_zone $auth_subject zone=subjects:1m rate=1r/m;
log_format who '$status $uri [$auth_subject] [$auth_reason]';
--- config eval
$::source . q[
auth_jwt "r";
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 1h;
access_log logs/who.log who;
proxy_set_header X-User $auth_subject;
location /limited { auth_jwt_key_request /_jwks/a; limit_req zone=subjects; limit_req_status 429; proxy_pass http://$TEST_NGINX_ECHO; }
location /set {
    auth_jwt_key_request /_jwks/b;
    set $early "<$auth_subject>";
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Extra $early;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /if {
    auth_jwt_key_request /_jwks/c;
    set $known no;
    if ($auth_subject = alice) { set $known yes; }
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Extra $known;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /down { auth_jwt_key_request /_jwks/down; limit_req zone=subjects; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $forged = bearer($::two, { sub => 'root' }, { kid => 'one' });
my $carol = bearer($::one, { sub => 'carol' });
[
    sub { $::idp->answer('/jwks/down' => 500, map { ("/jwks/$_" => { delay => 0.3, body => jwks($::one) }) } qw(a b c)) },
    timed('the first waits'       => get('/limited', bearer($::one)), 200, over => 0.2, body => qr/user=alice /),
    access_logged('it is logged with its name' => qr{^200 /limited \[alice\] \[-?\]}m),
    ['the second is counted'      => get('/limited', bearer($::one)), 200, body => qr/user=alice /],
    ['the third is too much'      => get('/limited', bearer($::one)), 429],
    (map { ["forged for carol, $_" => get('/limited', bearer($::two, { sub => 'carol' }, { kid => 'one' })), 'signature_invalid'] } 1 .. 3),
    ['carol is not used up'       => get('/limited', $carol), 200, body => qr/user=carol /],
    timed('set: forged, the first' => get('/set', $forged), 'signature_invalid', over => 0.2),
    ['set: the keys are at hand'  => get('/set', bearer($::one)), 200, body => qr/user=alice .*extra=<alice>\n/],
    ['set: forged'                => get('/set', $forged), 'signature_invalid'],
    timed('if: the first'         => get('/if', bearer($::one)), 200, over => 0.2, body => qr/user=alice .*extra=no\n/),
    ['if: the second'             => get('/if', bearer($::one)), 200, body => qr/user=alice .*extra=yes\n/],
    ['down'                       => get('/down', bearer($::one)), 'keys_unavailable'],
    access_logged('nobody is logged' => qr{^503 /down \[-?\] \[keys_unavailable\]}m),
    access_logged('nor somebody who is not proved' => qr{^401 /set \[-?\] \[signature_invalid\]}m),
]



=== no value goes from one that waits to another
--- config eval
$::source . q[
location /x {
    auth_jwt "r";
    auth_jwt_key_request /_jwks;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
]
--- cases eval
[
    answers('/jwks' => { delay => 1, body => jwks($::one) }),
    sub {
        my @all = map { pending(get("/x?$_", bearer($::one, { sub => "s$_", tenant_id => "t$_", roles => ["r$_"] }))) } 1 .. 40;
        my @forged = map { pending(get('/x', bearer($::two, { sub => 'root' }, { kid => 'one' }))) } 1 .. 10;
        my @nobody = map { pending(get('/x')) } 1 .. 10;
        judge_all('without a token', \@nobody, 'no_credential', under => 0.8);
        my @wrong = grep { my $r = $all[$_ - 1]->result || {}; ($r->{body} // '') !~ m{^GET /x\?$_ user=s$_ tenant=t$_ roles=r$_ } } 1 .. 40;
        Test::More::ok(!@wrong, 'each has its own') or Test::More::diag("@wrong");
        judge_all('forged', \@forged, 'signature_invalid');
    },
    fetched('sixty' => '/jwks', 1, 2),   # a second time for the forged ones, once a second has passed
]



=== variables read where no request waits: it goes its way, and once
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /admitted {
    satisfy any;
    allow 127.0.0.1;
    deny all;
    auth_jwt "r";
    auth_jwt_key_request /_jwks/a;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_IDP/app/admitted;
}
location /body {
    satisfy any;
    allow 127.0.0.1;
    deny all;
    auth_jwt "r";
    auth_jwt_key_request /_jwks/b;
    set $early $auth_subject;
    proxy_pass http://$TEST_NGINX_IDP/app/body;
}
location /rewritten {
    auth_jwt "r";
    auth_jwt_key_request /_jwks/c;
    set $early $auth_tenant;
    rewrite ^ /open last;
}
location /open { proxy_pass http://$TEST_NGINX_IDP/app/rewritten; }
location /file.txt {
    satisfy any;
    allow 127.0.0.1;
    deny all;
    auth_jwt "r";
    auth_jwt_key_request /_jwks/d;
    add_header X-User $auth_subject;
    limit_rate 100k;
}
]
--- user_files eval
">>> file.txt\n" . 'x' x 150_000
--- cases eval
my $slow = sub { { body => jwks($::one), delay => 0.5 } };
[
    answers((map { ("/jwks/$_" => $slow->()) } qw(a b c d)),
            (map { ("/app/$_" => { body => 'app', delay => 1 }) } qw(admitted body rewritten))),
    sub {
        my @all = map { pending(request('POST', $_, bearer($::one), { body => 'posted' })) } qw(/admitted /rewritten);
        my $halves = pending(request('POST', '/body', bearer($::one), { body => 'x' x 20_000 }), first => 5_000);
        my $file = pending(get('/file.txt', bearer($::one)));
        Time::HiRes::sleep(0.8);
        $halves->send_rest;
        judge_all('admitted and rewritten', \@all, 200);
        judge_all('a body in two parts', [$halves], 200);
        my $answer = $file->result;
        Test::More::is(length $answer->{body}, 150_000, 'a whole file');
        Test::More::is($::idp->count("/app/$_"), 1, "$_: the application is asked once") for qw(admitted body rewritten);
        Test::More::is(length(($::idp->requests('/app/body'))[-1]{body}), 20_000, 'with the whole body');
    },
]
