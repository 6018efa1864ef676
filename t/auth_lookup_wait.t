# Requests that wait for a lookup: what may happen to them meanwhile, and what follows.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Http2;
use Sallyport::Pending;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(512);

# Whoever waited must not be left behind: nginx says so when it quits.
add_block_preprocessor(sub { $_[0]->set_value(no_shutdown_error_log => "[alert]\n[crit]") });

our $app  = Sallyport::Upstream->new;
our ($alice, $bob) = (basic(alice => 'wonderland'), basic(bob => 'builder'));
our $body = join '', map { "line $_\n" } 1 .. 10_000;
our $who = <<'EOF_WHO';
    location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
    proxy_set_header X-User $auth_subject;
EOF_WHO

sub signal { kill $_[0], slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr }

sub is_last {
    my ($name, $path, $expected) = @_;
    return sub {
        my $got = (($app->requests($path))[-1] || {})->{body} // 'nothing';
        Test::More::ok($got eq $expected, $name) or Test::More::diag(length $got, ' bytes: ', substr $got, 0, 200);
    };
}

run_tests();

__DATA__

=== a client that goes away
--- config eval
$::who . q[
location /x { auth_password "r"; auth_password_request /_who; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    answers('/who' => { delay => 0.6, body => '{"sub":"one"}' }),
    sub {
        my @gone = map { pending(get('/x', basic("gone$_" => 'x'))) } 1 .. 5;
        my @stay = map { pending(get('/x', $::alice)) } 1 .. 5;
        $::app->await('/who', 6);
        $_ % 2 ? $gone[$_]->leave : $gone[$_]->leave_by_reset for 0 .. 4;
        judge_all('the others are answered', \@stay, 200, body => qr/user=one /);
    },
    pause(0.8),
    ['who went comes back' => get('/x', basic(gone1 => 'x')), 200],
    ['all is well'         => get('/x', $::alice), 200],
    sub {
        $::app->forget;
        my @waiting = map { pending(get('/x', basic("half$_" => 'x')), first => 40) } 1 .. 4;
        $_->send_rest for @waiting;
        $::app->await('/who', 4);
        $::app->release;
        judge_all('the upstream goes away', \@waiting, 'lookup_failed');
    },
    sub { Test::More::unlike(error_log(), qr/exited on signal|\[alert\]/, 'no worker was lost') },
]



=== one connection: keepalive, pipelined requests
--- config eval
$::who . q[
location /x { auth_password "r"; auth_password_request /_who; auth_credential_cache 0; proxy_pass http://$TEST_NGINX_ECHO; }
location /y { auth_password "r"; auth_password_request /_who/y; auth_credential_cache 0; proxy_pass http://$TEST_NGINX_ECHO; }
location /z { auth_password "r"; auth_password_request /_who/z; empty_gif; }
]
--- cases eval
[
    answers('/who' => { delay => 0.1, body => '{"sub":"one"}' }, '/who/y' => { delay => 0.1, body => '{"sub":"two"}' }, '/who/z' => 500),
    ['one after the other' => [
        [get('/x', $::alice), 200, body => qr/user=one /],
        [get('/y', $::bob), 200, body => qr/user=two /],
        [get('/z', $::alice), 'lookup_failed'],
        [request('HEAD', '/x', $::alice), 200, body => ''],
        [get('/x'), 'no_credential'],
        [request('POST', '/x', $::bob, { body => 'x' x 5000 }), 200, body => qr/^POST .*user=one /],
        [request('POST', '/z', $::bob, { body => 'x' x 5000 }), 'lookup_failed'],
        [get('/y', $::alice), 200, body => qr/user=two /],
    ]],
    sub {
        my $three = pending(get('/x?1', $::alice) . request('POST', '/y?2', $::bob, { body => 'abc' }) . get('/x?3') . get('/x?4', $::alice));
        judge('pipelined, 1', $three, 200, body => qr{^GET /x\?1 user=one });
        judge('pipelined, 2', $three, 200, body => qr{^POST /y\?2 user=two });
        judge('pipelined, 3', $three, 'no_credential');
        judge('pipelined, 4', $three, 200, body => qr{^GET /x\?4 user=one });
    },
    ['HTTP/1.0, keepalive' => [
        [request('GET', '/x', 'Connection: keep-alive', $::alice, { version => 'HTTP/1.0' }), 200],
        [request('HEAD', '/y', 'Connection: keep-alive', $::bob, { version => 'HTTP/1.0' }), 200],
    ]],
]



=== bodies arrive whole
--- config eval
$::who . q[
auth_password "r";
auth_password_request /_who;
auth_credential_cache 0;
location /app { proxy_pass http://$TEST_NGINX_IDP; }
location /app/unbuffered { proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://$TEST_NGINX_IDP; }
location /app/small { client_max_body_size 1k; proxy_pass http://$TEST_NGINX_IDP; }
location /refused { auth_password_request /_who/down; empty_gif; }
]
--- cases eval
my @where = qw(/app /app/unbuffered);
my $post = sub { request('POST', $_[0], $::alice, { body => $::body }) };
my $chunked = join '', (map { sprintf "%x\r\n%s\r\n", length $_, $_ } unpack '(a3000)*', $::body), "0\r\n\r\n";
[
    answers('/who' => { delay => 0.3, body => '{"sub":"one"}' }, '/who/down' => { delay => 0.2, status => 500 }, map { $_ => 'thanks' } @where),
    (map { my $where = $_; (
        ["$where: at once" => $post->($where), 200, body => 'thanks'],
        is_last("$where: at once, the body", $where, $::body),
        sub {
            my $p = pending($post->($where), first => length($post->($where)) - length($::body) + 10);
            Time::HiRes::sleep(0.1);
            $p->send_rest(50_000);
            Time::HiRes::sleep(0.4);
            $p->send_rest;
            judge("$where: in parts", $p, 200, body => 'thanks');
        },
        is_last("$where: in parts, the body", $where, $::body),
    ) } @where),
    ['in chunks' => request('POST', '/app', 'Transfer-Encoding: chunked', $::alice) . $chunked, 200],
    is_last('in chunks, the body', '/app', $::body),
    sub {
        spew(conf_path('body'), $::body);
        Test::More::like(curl('-H', $::alice, '-H', 'Expect: 100-continue', '--data-binary', '@' . conf_path('body'),
            "http://$ENV{TEST_NGINX_SERVER_PORT}/app"), qr/^HTTP\/1\.1 200 .*thanks\z/ms, 'Expect: 100-continue');
    },
    is_last('Expect: 100-continue, the body', '/app', $::body),
    ['on one connection' => [
        [$post->('/app'), 200],
        [$post->('/refused'), 'lookup_failed'],
        [request('POST', '/app', $::alice, { body => 'short' }), 200],
    ]],
    is_last('the last body', '/app', 'short'),
    ['a body that is too large' => request('POST', '/app/small', $::alice, { body => 'x' x 2000 }), 413],
    sub { Test::More::is(scalar(grep { $_->{line} !~ /^GET / || length $_->{body} } $::app->requests('/who')), 0, 'no lookup had a body') },
]



=== HTTP/2: streams of one connection
--- http_config
add_header X-Reason $auth_reason always;
server {
    listen $TEST_NGINX_OTHER http2;
    auth_password "r";
    auth_password_request /_who/$arg_n;
    location /x { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
    location /app { proxy_pass http://$TEST_NGINX_IDP; }
    location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
}
--- suppress_stderr
--- config
--- cases eval
my ($port) = $ENV{TEST_NGINX_OTHER} =~ /(\d+)\z/;
my $as = sub { [authorization => basic($_[0] => 'x') =~ s/.*?: //r] };
[
    answers((map { ("/who/$_" => { delay => 0.4, body => qq({"sub":"user$_"}) }) } 1 .. 20), '/who/down' => { delay => 0.2, status => 500 }, '/app' => 'thanks'),
    sub {
        my $h2 = Sallyport::Http2->new($port);
        my @good = map { $h2->begin(GET => "/x?n=$_", $as->("u$_")) } 1 .. 20;
        my $nobody = $h2->begin(GET => '/x?n=1');
        my $down   = $h2->begin(GET => '/x?n=down', $as->('a'));
        my $head   = $h2->begin(HEAD => '/x?n=2', $as->('b'));
        my $post   = $h2->begin(POST => '/app?n=3', $as->('c'), substr $::body, 0, 50_000);
        my @wrong = grep { my $r = $h2->result($good[$_ - 1]) || {}; ($r->{status} // 0) != 200 || $r->{body} !~ /\?n=$_ user=user$_ / } 1 .. 20;
        Test::More::ok(!@wrong, 'twenty streams') or Test::More::diag("@wrong");
        Test::More::is($h2->result($nobody)->{status}, 401, 'a stream without a credential');
        Test::More::is($h2->result($down)->{status}, 503, 'a lookup that fails');
        Test::More::is($h2->result($head)->{status}, 200, 'HEAD');
        Test::More::is($h2->result($post)->{status}, 200, 'POST');
        Test::More::ok(($::app->requests('/app'))[-1]{body} eq substr($::body, 0, 50_000), 'its body');
        my @streams = map { $h2->begin(GET => "/x?n=$_", $as->('second')) } 1 .. 10;
        $::app->await('/who/10', 2);
        $h2->cancel($_) for @streams[0, 2, 4, 6, 8];
        my @got = map { ($h2->result($_) || {})->{status} // 'none' } @streams[1, 3, 5, 7, 9];
        Test::More::is("@got", '200 200 200 200 200', 'half of the streams are given up');
        $h2->begin(GET => "/x?n=$_", $as->('third')) for 1 .. 5;
        $::app->await('/who/5', 3);
        close $h2->{socket};
        Time::HiRes::sleep(0.6);
        $h2 = Sallyport::Http2->new($port);
        Test::More::is($h2->result($h2->begin(GET => '/x?n=4', $as->('third')))->{status}, 200, 'the connection was closed');
    },
]



=== reload and quit while a lookup runs
--- config eval
$::who . q[
location /x { auth_password "r"; auth_password_request /_who; auth_credential_cache 0; add_header X-Reason "$auth_reason"; add_header X-User $auth_subject; empty_gif; }
]
--- cases eval
[
    answers('/who' => { delay => 0.8, body => '{"sub":"one"}' }),
    sub {
        my @waiting = map { pending(get('/x', basic("u$_" => 'x'))) } 1 .. 5;
        $::app->await('/who', 5);
        signal('HUP');
        judge_all('reload: they are answered', \@waiting, 200, headers => { 'X-User' => "one" });
    },
    ['the new workers' => get('/x', $::alice), 200],
    sub {
        my @waiting = map { pending(get('/x', basic("v$_" => 'x'))) } 1 .. 5;
        $::app->await('/who', 11);
        signal('QUIT');
        judge_all('quit: they are answered', \@waiting, 200, headers => { 'X-User' => "one" });
    },
]



=== pages with parts, and places where a lookup asks for another
--- config eval
$::who . q[
auth_password "r";
auth_password_request /_who;
location /page { ssi on; ssi_types *; default_type text/html; alias html/; }
location /part { proxy_pass http://$TEST_NGINX_ECHO; }
location /nested { auth_password_request /_nested; proxy_pass http://$TEST_NGINX_ECHO; }
location /_nested { auth_password "inner"; internal; proxy_pass http://$TEST_NGINX_IDP/nested; }
]
--- user_files
>>> page.html
<!--#include virtual="/part?1" -->|<!--#include virtual="/part?2" -->|<!--#echo var="auth_subject" -->
--- cases eval
[
    answers('/who' => { delay => 0.1, body => '{"sub":"one"}' }, '/nested' => '{"sub":"nest"}'),
    ['no credential' => get('/page/page.html'), 'no_credential'],
    ['the parts speak of the page\'s user' => get('/page/page.html', $::alice), 200,
        body => qr{^GET /part\?1 user=one .*\n\|GET /part\?2 user=one .*\n\|one}],
    fetched('asked once', '/who', 1),
    ['a lookup\'s location is not judged' => get('/nested', $::alice), 200, body => qr/user=nest /],
]
