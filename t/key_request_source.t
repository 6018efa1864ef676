# auth_jwt_key_request: where keys come from, and that no client has a say in it.

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Sallyport::Test;
use Sallyport::Pending;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(512);

our ($one, $two, $three) = map { key('HS256', $_) } qw(one two three);
our $idp = Sallyport::Upstream->new;

# A location for sources: /_jwks... is /jwks... there.
our $source = <<'EOF_SOURCE';
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
EOF_SOURCE

# The header lines of the last request for a path, by name in lower case.
sub headers_of {
    my ($path) = @_;
    my $request = ($idp->requests($path))[-1] or return {};
    return { map { my ($name, $value) = split /:\s*/, $_, 2; (lc $name => $value) } @{ $request->{headers} } };
}

run_tests();

__DATA__

=== nothing of a client's request reaches the source
--- config
location /x { auth_jwt "r" token=$cookie_t; auth_jwt_key_request /_jwks; proxy_pass http://$TEST_NGINX_ECHO; }
location /v { auth_jwt "r" token=$cookie_t; auth_jwt_key_request /_vars?own=1; proxy_pass http://$TEST_NGINX_ECHO; }
location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location /_vars {
    internal;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Client "$http_authorization|$http_cookie|$cookie_t|$http_range|$http_user_agent|$http_referer|$http_x_spoil";
    proxy_set_header X-More "$arg_spoil|$content_length|$content_type|$remote_user|$request_body|$auth_subject|$jwt_claim_sub";
    proxy_set_header X-Host $host;
    proxy_set_header X-Method $request_method;
    proxy_set_header X-Uri "$uri $request_uri $is_args$args";
    proxy_pass http://$TEST_NGINX_IDP/vars;
}
--- cases eval
my @spoiling = ('Host: spoil.example', 'Authorization: Basic spoil', 'Cookie: spoil=1; t=' . token($::one), 'Range: bytes=0-1',
    'If-None-Match: "spoil"', 'If-Modified-Since: Wed, 25 Nov 2026 10:00:00 GMT', 'If-Range: "spoil"',
    'Accept-Encoding: gzip, spoil', 'Accept: text/spoil', 'Accept-Language: spoil',
    'X-Forwarded-For: 10.1.1.1, spoil', 'X-Forwarded-Host: spoil', 'X-Forwarded-Proto: spoil', 'Forwarded: for=spoil', 'X-Real-IP: spoil',
    'User-Agent: spoil', 'Referer: http://spoil/', 'X-Spoil: spoil', 'Content-Type: text/spoil', 'Upgrade: spoil', 'TE: spoil',
    'X-HTTP-Method-Override: DELETE', 'Cache-Control: no-cache, spoil', 'Pragma: spoil');
my @requests = (
    GET    => sub { get($_[0] . '?spoil=spoil', @spoiling) },
    POST   => sub { request('POST', $_[0] . '?spoil=spoil', @spoiling, { body => 'spoil' x 1000 }) },
    DELETE => sub { request('DELETE', $_[0] . '?spoil=spoil', @spoiling) },
    HEAD   => sub { request('HEAD', $_[0] . '?spoil=spoil', @spoiling) },
    'HTTP/1.0' => sub { request('GET', $_[0] . '?spoil=spoil', @spoiling, { version => 'HTTP/1.0' }) },
);
[
    answers('*' => jwks($::one)),
    (map {
        my ($method, $make) = @requests[2 * $_, 2 * $_ + 1];
        (sub { $::idp->forget; judge($method, pending($make->('/x'), from => '127.0.0.2'), 200) },
        sub {
            my ($request) = $::idp->requests('/jwks');
            # HTTP/1.1 and kept connections are the default of proxy_pass from nginx 1.29.7 on.
            Test::More::like($request->{head}, qr{\AGET /jwks HTTP/1\.[01]\r\nHost: $ENV{TEST_NGINX_IDP}\r\n(?:Connection: close\r\n)?Accept-Encoding: identity\r\n\z},
                "$method: what the source gets");
            Test::More::is($request->{body}, '', "$method: no body");
        },
        sub { judge("$method, with variables", pending($make->('/v'), from => '127.0.0.2'), 200) },
        sub {
            my ($request) = $::idp->requests('/vars');
            Test::More::unlike($request->{head} . $request->{body}, qr/spoil|127\.0\.0\.2|10\.1\.1\.1/, "$method: nothing of the client's");
            my $got = headers_of('/vars');
            Test::More::is("$got->{'x-client'} $got->{'x-more'}", '|||||| ||||||', "$method: variables that speak of a client are empty");
            Test::More::is($got->{'x-host'}, 'localhost', "$method: \$host");
            Test::More::is($got->{'x-method'}, 'GET', "$method: \$request_method");
            Test::More::is($got->{'x-uri'}, '/_vars /_vars?own=1 ?own=1', "$method: \$uri, \$request_uri, \$args");
            Test::More::is($request->{target}, '/vars?own=1', "$method: the arguments");
        })
    } 0 .. $#requests / 2),
]



=== conditions and ranges of a client do not spoil a file that is the source
--- conf eval
({ 'static/set.jwks' => jwks($::one) })
--- config
location /x { auth_jwt "r"; auth_jwt_key_request /_static/set.jwks; proxy_pass http://$TEST_NGINX_ECHO; }
location /_static/ { internal; alias $TEST_NGINX_SERVER_ROOT/conf/static/; }
--- cases eval
my $stat = sub { [stat conf_path('static/set.jwks')] };
my $date = sub { POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $stat->()[9]) };
[
    ['a range'            => get('/x', bearer($::one), 'Range: bytes=0-3'), 200],
    ['a range beyond'     => get('/x', bearer($::one), 'Range: bytes=1000000-'), 200],
    ['if none match'      => sub { get('/x', bearer($::one), sprintf 'If-None-Match: "%x-%x"', @{ $stat->() }[9, 7]) }, 200],
    ['if none match *'    => get('/x', bearer($::one), 'If-None-Match: *'), qr/\A(?:200|304)\z/],
    ['if match'           => get('/x', bearer($::one), 'If-Match: "other"'), qr/\A(?:200|412)\z/],
    ['if modified since'  => sub { get('/x', bearer($::one), 'If-Modified-Since: ' . $date->()) }, 200],
    ['if unmodified since' => get('/x', bearer($::one), 'If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT'), qr/\A(?:200|412)\z/],
    ['gzip'               => get('/x', bearer($::one), 'Accept-Encoding: gzip'), 200],
    ['none of them'       => get('/x', bearer($::one)), 200],
]



=== gzip where the client asks for it: the keys are not compressed
--- http_config
gzip on;
gzip_types *;
gzip_proxied any;
gzip_min_length 1;
gzip_http_version 1.0;
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one, { kty => 'x', x => 'y' x 10_000 })),
    sub {
        my $answer = curl('-o', '/dev/null', '-D', '-', '-H', 'Accept-Encoding: gzip', '-H', bearer($::one), "http://$ENV{TEST_NGINX_SERVER_PORT}/x");
        Test::More::like($answer, qr/^HTTP\/1\.1 200 .*^Content-Encoding: gzip$/ms, 'with gzip');
    },
    ['without gzip' => get('/x', bearer($::one)), 200, headers => { 'Content-Encoding' => undef }],
]



=== every variable can be used in the location of a source
--- http_config
log_format everything '$remote_addr $remote_port $server_addr $server_port $server_name $server_protocol $connection '
    '$connection_requests $request_id $request_time $request_length $bytes_sent $body_bytes_sent $pipe $msec $time_local '
    '$scheme $https $host $hostname $http_host $request $request_uri $request_method $document_uri $document_root '
    '$realpath_root $request_filename $query_string $request_completion $request_body $request_body_file $content_length '
    '$content_type $status $sent_http_content_type $remote_user $proxy_protocol_addr $proxy_host $upstream_status '
    '$upstream_response_time $limit_rate $auth_method $auth_subject $auth_tenant $auth_roles $auth_reason $jwt_payload '
    '$jwt_claim_sub $jwt_header_kid';
--- config
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
location /_jwks {
    internal;
    access_log logs/everything.log everything;
    set $all "$remote_addr $binary_remote_addr $remote_port $server_addr $server_port $server_protocol";
    set $all "$all $connection $connection_requests $pipe";
    proxy_set_header X-Server "$scheme $server_name $server_port $server_protocol";
    proxy_set_header X-Request "$request_id $request_length $request_time $msec $time_iso8601";
    proxy_set_header X-File "$document_root $request_filename $realpath_root";
    proxy_set_header X-More "$host $hostname $https $content_length $request_body $request_body_file $limit_rate $remote_user";
    proxy_set_header X-Auth "$auth_subject $auth_reason $jwt_payload $jwt_claim_sub $jwt_header_kid";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_pass http://$TEST_NGINX_IDP/jwks;
}
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    (map { ["the keys arrive, $_" => get('/x', bearer($::one)), 200] } 1 .. 3),
    fetched('each time' => '/jwks', 3),
    sub { Test::More::like(headers_of('/jwks')->{'x-server'}, qr/^http localhost /, 'it speaks of the server') },
]



=== $host is the server's first name; the same uri in two servers is two sources
--- http_config
add_header X-Reason $auth_reason always;
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 1h;
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name a.example second.a.example;
    location /x { auth_jwt "a"; empty_gif; }
    location /_jwks { internal; proxy_set_header Host $host; proxy_pass http://$TEST_NGINX_IDP/a/$host; }
}
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name b.example *.b.example;
    location /x { auth_jwt "b"; empty_gif; }
    location /_jwks { internal; proxy_set_header Host $host; proxy_pass http://$TEST_NGINX_IDP/b/$host; }
}
--- config
location /x { auth_jwt "r"; empty_gif; }
--- cases eval
[
    answers('*' => jwks($::three), '/a/a.example' => jwks($::one), '/b/b.example' => jwks($::two)),
    ['at a'                      => get('/x', 'Host: a.example', bearer($::one)), 200],
    ['at a by its other name'    => get('/x', 'Host: second.a.example', bearer($::one)), 200],
    ['at a by a name of nobody'  => get('/x', 'Host: nobody.example', bearer($::one)), 200],
    ['at b by another name'      => get('/x', 'Host: www.b.example', bearer($::two)), 200],
    ['at b'                      => get('/x', 'Host: b.example', bearer($::two)), 200],
    ['b\'s token at a'           => get('/x', 'Host: a.example', bearer($::two)), 'key_unknown'],
    ['a\'s token at b'           => get('/x', 'Host: b.example', bearer($::one)), 'key_unknown'],
    fetched('at a'               => '/a/a.example', 1, 2),
    fetched('at b'               => '/b/b.example', 1, 2),
    sub {
        my @odd = grep { !/^GET \/(a\/a|b\/b)\.example / } map { $_->{line} } $::idp->requests;
        Test::More::ok(!@odd, 'nobody else was asked') or Test::More::diag("@odd");
    },
    ['a server without such a location' => get('/x', 'Host: localhost', bearer($::one)), 'keys_unavailable'],
]



=== the uri with arguments of its own
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /main  { auth_jwt "r"; auth_jwt_key_request /_jwks?realm=main&x=%20y; empty_gif; }
location /other { auth_jwt "r"; auth_jwt_key_request /_jwks?realm=other; empty_gif; }
location /none  { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
location /deep  { auth_jwt "r"; auth_jwt_key_request /_jwks/a/b.json?u=/x?y; empty_gif; }
]
--- cases eval
[
    answers('/jwks?realm=main&x=%20y' => jwks($::one), '/jwks?realm=other' => jwks($::two), '/jwks' => jwks($::three),
        '/jwks/a/b.json?u=/x?y' => jwks($::one)),
    ['main'   => get('/main?realm=other', bearer($::one)), 200],
    ['other'  => get('/other?realm=main', bearer($::two)), 200],
    ['none'   => get('/none?realm=main', bearer($::three)), 200],
    ['deep'   => get('/deep', bearer($::one)), 200],
]



=== a uri with variables: each value is a source of its own
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_t; empty_gif; }
location /q { auth_jwt "r"; auth_jwt_key_request /_jwks/q?t=$arg_t; empty_gif; }
location /y { auth_jwt "r"; auth_jwt_key_request $arg_u; empty_gif; }
location /z { auth_jwt "r"; auth_jwt_key_request $http_x_u keyval; empty_gif; }
]
--- cases eval
my ($one, $two) = map { bearer($_, {}, { kid => 'k' }) } $::one, $::two;
[
    answers('/jwks/acme' => jwks($::one->jwk(kid => 'k')), '/jwks/globex' => jwks($::two->jwk(kid => 'k')), '/jwks/broken' => '{',
        '/jwks/q?t=acme' => jwks($::one->jwk(kid => 'k')), '/jwks/q?t=globex' => jwks($::two->jwk(kid => 'k')),
        '/jwks/pairs?x=1' => json({ k => $::one->private }), '/jwks/a..b' => jwks($::one->jwk(kid => 'k')),
        '/jwks/a%2520b' => jwks($::one->jwk(kid => 'k')), '/jwks/a%20b' => jwks($::one->jwk(kid => 'k'))),
    ['acme'                    => get('/x?t=acme', $one), 200],
    ['globex'                  => get('/x?t=globex', $two), 200],
    ['acme\'s token at globex' => get('/x?t=globex', $one), 'signature_invalid'],
    ['globex\'s token at acme' => get('/x?t=acme', $two), 'signature_invalid'],
    ['one that is broken'      => get('/x?t=broken', $one), 'keys_unavailable'],
    ['one that is missing'     => get('/x?t=nobody', $one), 'keys_unavailable'],
    ['acme, still'             => get('/x?t=acme', $one), 200],
    fetched('acme, once more for a signature' => '/jwks/acme', 2),
    fetched('globex, once more for a signature' => '/jwks/globex', 2),
    ['in the arguments'        => get('/q?t=acme', $one), 200],
    ['another value'           => get('/q?t=globex', $two), 200],
    ['acme\'s token there'     => get('/q?t=globex', $one), 'signature_invalid'],
    ['a uri as a whole'        => get('/y?u=/_jwks/acme', $one), 200],
    ['of a header, with arguments' => get('/z', 'X-U: /_jwks/pairs?x=1', $one), 200],
    ['dots in a name'          => get('/x?t=a..b', $one), 200],
    ['a percent sign in it'    => get('/x?t=a%20b', $one), 200],
]



=== values that no uri can have
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_t; empty_gif; }
location /y { auth_jwt "r"; auth_jwt_key_request $arg_u; empty_gif; }
location /z { auth_jwt "r"; auth_jwt_key_request $http_x_u; empty_gif; }
location /q { auth_jwt "r"; auth_jwt_key_request /_jwks/q?t=$http_x_u; empty_gif; }
location /other { internal; proxy_pass http://$TEST_NGINX_IDP/other; }
]
--- cases eval
my $token = bearer($::one);
[
    answers('*' => jwks($::one)),
    (map { ["$_" => get("/x?t=$_", $token), 'keys_unavailable'] } '..', '../other', 'a/../b', '../', 'a/..'),
    (map { ["the whole is \"$_\"" => get("/y?u=$_", $token), 'keys_unavailable'] } '', '_jwks', 'jwks/a', '@named', '?/_jwks', '..',
        '/..', '/_jwks/..', '/_jwks/../other', '/../other', 'http://127.0.0.1/_jwks', '%2f_jwks'),
    ['none at all'   => get('/y', $token), 'keys_unavailable'],
    ['no header'     => get('/z', $token), 'keys_unavailable'],
    ['only blanks'   => get('/z', 'X-U:   ', $token), 'keys_unavailable'],
    fetched('nothing was asked for any of them' => undef, 0),
    # Escaped or not, they must not lead out of the location, nor make a second request line.
    (map { ["$_" => get("/x?t=$_", $token), qr/\A(?:200|503)\z/, reason => qr/\A(?:keys_unavailable)?\z/] }
        '%2e%2e/other', '%2e%2e%2fother', '..%2fother', '.%2e/other', 'a%00b', '%', '%2', '%zz', 'a%0d%0aX-Spoil:%201', '..%5cother',
        './other', '//other'),
    (map { ["a header of $_" => get('/z', "X-U: $_", $token), qr/\A(?:200|503)\z/, reason => qr/\A(?:keys_unavailable)?\z/] }
        '/_jwks/a b', '/_jwks/a#b', '/_jwks/a HTTP/1.1', "/_jwks/a\tb", '/_jwks/%0d%0aX-Spoil:1', '/_jwks?', '/_jwks??', '/_jwks#'),
    (map { ["arguments of $_" => get('/q', "X-U: $_", $token), qr/\A(?:200|503)\z/, reason => qr/\A(?:keys_unavailable)?\z/] }
        'a HTTP/1.1', 'a b', '#', '../other', "a\tb"),
    sub {
        my @odd = grep { $_->{line} !~ m{\AGET /jwks[^\s]* HTTP/1\.[01]\z} || $_->{line} =~ m{/(?:\.|%2e){2}(?:/|%2f|[?\s])|%00}i
            || $_->{head} =~ /^X-Spoil/mi } $::idp->requests;
        Test::More::ok(!@odd, 'all that was asked is in order') or Test::More::diag(map { "$_->{head}\n" } @odd);
    },
    ['a very long value' => get('/x?t=' . 'a' x 6000, $token), qr/\A(?:200|503)\z/, reason => qr/\A(?:keys_unavailable)?\z/],
    ['a good one'    => get('/x?t=good', $token), 200],
]



=== more values than are remembered
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_t; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
my $token = bearer($::one);
[
    answers('*' => jwks($::one)),
    ['1100 values'          => [map { [get("/x?t=$_", $token), 200] } 1 .. 900]],
    ['1100 values, the rest' => [map { [get("/x?t=$_", $token), 200] } 901 .. 1100]],
    fetched('each once'     => undef, 1100),
    ['the last again'       => get('/x?t=1100', $token), 200],
    fetched('it was remembered' => '/jwks/1100', 1),
    ['the first again'      => get('/x?t=1', $token), 200],
    fetched('it was not'    => '/jwks/1', 2),
]



=== auth_jwt, allow and deny that the source's location inherits do not stop the fetch
--- config
auth_jwt "r";
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 1h;
auth_role_map { GET viewer; }
location /x { empty_gif; }
location /denied { deny all; empty_gif; }
location /limited { auth_jwt_key_request /_limited; empty_gif; }
location /except  { auth_jwt_key_request /_except; empty_gif; }
location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location /_limited { internal; deny all; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location /_except { internal; limit_except GET { deny all; } proxy_pass http://$TEST_NGINX_IDP/jwks; }
--- cases eval
my $viewer = bearer($::one, { roles => ['viewer'] });
[
    answers('/jwks' => jwks($::one)),
    ['admitted'       => get('/x', $viewer), 200],
    ['no role'        => get('/x', bearer($::one)), 'role_missing'],
    ['deny all'       => get('/denied', $viewer), 403],
    ['deny all at the source' => get('/limited', $viewer), 200],
    ['limit_except at the source' => get('/except', $viewer), 200],
    ['the source itself is not for clients' => get('/_jwks', $viewer), 404],
]



=== sources of other kinds
--- conf eval
({ 'static/set.jwks' => jwks($::one), 'static/large.jwks' => jwks($::one, ({ kty => 'x', x => 'y' x 50_000 }) x 20),
   'static/empty.jwks' => '', 'static/pairs.json' => keyval($::one), 'static/huge.jwks' => jwks($::one) . ' ' x (9 << 20) })
--- http_config
proxy_cache_path $TEST_NGINX_SERVER_ROOT/proxy_cache keys_zone=keys:1m;
upstream idps { server $TEST_NGINX_OTHER; server $TEST_NGINX_IDP; }
--- config eval
my $set = jwks($::one);
my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $threads = `$nginx -V 2>&1` =~ /--with-threads/ ? 'aio threads;' : '';
qq[
location /x    { auth_jwt "r"; auth_jwt_key_request \$arg_u; empty_gif; }
location /pairs { auth_jwt "r"; auth_jwt_key_request /_alias/pairs.json keyval; empty_gif; }
location /_conf/static/ { internal; root $ENV{TEST_NGINX_SERVROOT}; rewrite ^/_conf(.*) /conf\$1 break; }
location /_alias/ { internal; alias $ENV{TEST_NGINX_SERVROOT}/conf/static/; }
location /_sendfile/ { internal; sendfile on; alias $ENV{TEST_NGINX_SERVROOT}/conf/static/; }
location /_threads/ { internal; $threads alias $ENV{TEST_NGINX_SERVROOT}/conf/static/; }
location /_small/ { internal; output_buffers 1 1k; alias $ENV{TEST_NGINX_SERVROOT}/conf/static/; }
location /_return { internal; return 200 '$set'; }
location /_return404 { internal; return 404 '$set'; }
location /_try { internal; root $ENV{TEST_NGINX_SERVROOT}; try_files /none /conf/static/set.jwks =404; }
location /_try_location { internal; root $ENV{TEST_NGINX_SERVROOT}; try_files /none /_alias/set.jwks; }
location /_named { internal; root $ENV{TEST_NGINX_SERVROOT}; try_files /none \@proxy; }
location \@proxy { proxy_pass http://\$TEST_NGINX_IDP; }
location /_rewrite { internal; rewrite ^ /_alias/set.jwks last; }
location /_fallback { internal; proxy_intercept_errors on; error_page 404 500 = /_alias/set.jwks; proxy_pass http://\$TEST_NGINX_IDP/down; }
location /_cached/ { internal; proxy_cache keys; proxy_cache_valid 1h; proxy_pass http://\$TEST_NGINX_IDP/cached/; }
location /_unbuffered { internal; proxy_buffering off; proxy_pass http://\$TEST_NGINX_IDP/unbuffered; }
location /_tiny { internal; proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 2k; proxy_pass http://\$TEST_NGINX_IDP/unbuffered; }
location /_11 { internal; proxy_http_version 1.1; proxy_pass http://\$TEST_NGINX_IDP/chunked; }
location /_two { internal; proxy_pass http://idps/two; }
location /_gif { internal; empty_gif; }
location /_file { internal; root $ENV{TEST_NGINX_SERVROOT}; }
location /public { alias $ENV{TEST_NGINX_SERVROOT}/conf/static/; }
]
--- cases eval
[
    answers('/_named' => jwks($::one), '/down' => 500, '/cached/a' => jwks($::one), '/cached/b' => jwks($::two), '/two' => jwks($::one),
        '/unbuffered' => jwks($::one, ({ kty => 'x', x => 'y' x 50_000 }) x 2), '/chunked' => { chunked => 100, body => jwks($::one) }),
    (map { ["from $_" => get("/x?u=$_", bearer($::one)), 200] } qw(/_conf/static/set.jwks /_alias/set.jwks /_alias/large.jwks
        /_sendfile/set.jwks /_sendfile/large.jwks /_threads/set.jwks /_threads/large.jwks /_small/large.jwks
        /_return /_try /_try_location /_named /_rewrite
        /_fallback /_unbuffered /_tiny /_11 /_two /public/set.jwks)),
    ['from a file of keyval'  => get('/pairs', bearer($::one)), 200],
    (map { ["from $_" => get("/x?u=$_", bearer($::one)), 'keys_unavailable'] } qw(/_alias/missing.jwks /_alias/empty.jwks
        /_alias/huge.jwks /_alias /_alias/ /_return404 /_gif /_file/none /nowhere /_conf/static/set.jwks/ /_alias/pairs.json)),
    sub { change('static/set.jwks', jwks($::two)) },
    ['a file that has changed' => get('/x?u=/_alias/set.jwks', bearer($::two)), 200],
    ['the key it had'         => get('/x?u=/_alias/set.jwks', bearer($::one)), 'key_unknown'],
    (map { (['proxy_cache, a' => get('/x?u=/_cached/a', bearer($::one)), 200],
            ['proxy_cache, b' => get('/x?u=/_cached/b', bearer($::two)), 200]) } 1 .. 3),
    fetched('asked by the cache, a' => '/cached/a', 1),
    fetched('asked by the cache, b' => '/cached/b', 1),
    ['not a\'s key at b'      => get('/x?u=/_cached/b', bearer($::one)), 'key_unknown'],
]



=== a cache in front of the source that updates itself in the background
--- http_config
proxy_cache_path $TEST_NGINX_SERVER_ROOT/cache keys_zone=keys:1m;
--- config
location /x { auth_jwt "r"; auth_jwt_key_request /_cached; auth_jwt_key_cache 1s; empty_gif; }
location /_cached {
    internal;
    proxy_pass http://$TEST_NGINX_IDP/jwks;
    proxy_cache keys;
    proxy_cache_valid 200 1s;
    proxy_cache_use_stale updating error timeout;
    proxy_cache_background_update on;
}
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    ['the first key' => get('/x', bearer($::one)), 200],
    answers('/jwks' => jwks($::two)),
    pause(2),
    ['the next key, soon' => get('/x', bearer($::two)), 200, within => 25],
    ['and not the first one' => get('/x', bearer($::one)), 'key_unknown'],
]

