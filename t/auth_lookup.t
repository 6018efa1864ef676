# auth_password_request, auth_api_key_request: what the answer of a lookup means, what its location
# gets, and how long an answer is remembered.

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $app  = Sallyport::Upstream->new;
our $none = { 'WWW-Authenticate' => undef };
our $alice = basic(alice => 'wonderland');
our $who = <<'EOF_WHO';
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra "$auth_method|$auth_lookup_user|$auth_lookup_secret|";
EOF_WHO

sub failed {
    my ($name, $answer, $why) = @_;
    my $path = '/who/' . ($name =~ tr/a-zA-Z0-9/-/cr);
    return (
        answers($path => $answer),
        ["$name: 503" => get("/x$path", $alice), 'lookup_failed', headers => $none, log => $why // qr/\[error\].*sallyport/],
        ["$name: not remembered" => get("/x$path", $alice), 'lookup_failed', headers => $none],
        fetched($name, $path, 2),
    );
}

# Whether the last request for a path has these lines and not those.
sub seen {
    my ($name, $path, $has, $lacks) = @_;
    return sub {
        my $head = (($app->requests($path))[-1] || {})->{head} // '';
        my @wrong = ((grep { $head !~ $_ } @$has), (grep { $head =~ $_ } @{ $lacks || [] }));
        Test::More::ok(!@wrong, $name) or Test::More::diag("@wrong in: $head");
    };
}

run_tests();

__DATA__

=== answers that admit
--- config eval
$::who . q[
location /x { auth_password "r"; auth_password_request /_who/$arg_n; proxy_pass http://$TEST_NGINX_ECHO; }
location /k { auth_api_key "r"; auth_api_key_request /_who/$arg_n; proxy_pass http://$TEST_NGINX_ECHO; }
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
]
--- cases eval
my $is = sub {
    my ($n, $answer, $user) = @_;
    return (answers("/who/$n" => $answer),
        ["$n, a password" => get("/x?n=$n", $::alice), 200, body => qr/ \Q$user\E extra=password\|\|\|\n/],
        ["$n, a key"      => get("/k?n=$n", api_key('abc.def')), 200, body => qr/ \Q$user\E extra=api_key\|\|\|\n/]);
};
[
    $is->('all', json({ sub => 'alice', tenant_id => 'acme', roles => ['viewer', 'editor'] }), 'user=alice tenant=acme roles=viewer,editor'),
    ['a password without a user is not asked about: it might be a key'
        => get('/x?n=all', basic('' => 'abc.def')), 'credential_invalid'],
    answers('/who/unasked' => '{"sub":"alice"}'),
    (map { ["an empty password or one with spaces at its edge: [$_]" => get('/x?n=unasked', basic(alice => $_)), 'credential_invalid'] }
        '', ' ', '  ', ' x', 'x '),
    (map { ["a user with spaces at the edge: [$_]" => get('/x?n=unasked', basic($_ => 'x')), 'credential_invalid'] } ' ', ' alice', 'alice '),
    fetched('nobody is asked for those', '/who/unasked', 0),
    ['blanks inside'  => get('/x?n=all', basic('alice b' => 'a b  c')), 200],
    $is->('sub', '{"sub":"user-1"}', 'user=user-1 tenant= roles='),
    $is->('others', '{"sub":"user-1","email":"a@b","password":"x","key":[1,{"a":null}],"roles":[]}', 'user=user-1 tenant= roles='),
    $is->('null', '{"sub":"user-1","tenant_id":null}', 'user=user-1 tenant= roles='),
    $is->('times', json({ sub => 'u', not_before => time - 60, expires => '2099-01-01T00:00:00Z' }), 'user=u tenant= roles='),
    $is->('201', { status => 201, body => '{"sub":"u"}' }, 'user=u tenant= roles='),
    $is->('chunked', { chunked => 3, body => '{"sub":"u"}' }, 'user=u tenant= roles='),
    $is->('text', { headers => ['Content-Type: text/plain'], body => " {\n\"sub\" : \"u\" }\n" }, 'user=u tenant= roles='),
    $is->('utf8', "{\"sub\":\"j\xc3\xbcrgen\"}", "user=j\xc3\xbcrgen tenant= roles="),
    $is->('mark', "\xef\xbb\xbf{\"sub\":\"u\"}", 'user=u tenant= roles='),
    $is->('large', '{"sub":"u","x":"' . 'x' x 60_000 . '"}', 'user=u tenant= roles='),
    $is->('drip', { drip => 0.01, body => '{"sub":"u"}' }, 'user=u tenant= roles='),
]



=== a name or a password that would reach the lookup as another
--- config
location /x { auth_password "r"; auth_password_request /_who; empty_gif; }
location /_who { internal; proxy_set_header X-Pass "$auth_lookup_user"; proxy_pass http://$TEST_NGINX_IDP/stripped; }
--- cases eval
[
    answers('/stripped' => json({ sub => 'alice' })),
    (map { ["the password '$_'" => get('/x', basic(alice => $_)), 'credential_invalid'] } ' ', '   ', 'secret ', ' secret'),
    (map { ["the user '$_'" => get('/x', basic($_ => 'secret')), 'credential_invalid'] } ' ', 'alice ', ' alice'),
    fetched('none of them is asked about', '/stripped', 0),
    ['blanks inside' => get('/x', basic('alice b' => 'a secret')), 200],
    fetched('and these are', '/stripped', 1),
]



=== answers that refuse
--- config eval
q[
auth_error_body json;
location /x { auth_password "r"; auth_password_request /_who/$arg_n; empty_gif; }
location /k { auth_api_key "r"; auth_api_key_request /_who/$arg_n; empty_gif; }
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
]
--- cases eval
my $is = sub {
    my ($n, $answer, $reason) = @_;
    my $more = $reason eq 'credential_forbidden' ? $::none : {};
    my $basic = $reason eq 'credential_forbidden' ? undef : 'Basic realm="r", charset="UTF-8"';
    my $key   = $reason eq 'credential_forbidden' ? undef : 'Api-Key realm="r"';
    return (answers("/who/$n" => $answer),
        ["$n, a password" => get("/x?n=$n", $::alice), $reason, headers => { 'WWW-Authenticate' => $basic, 'X-Secret' => undef }],
        ["$n, a key"      => get("/k?n=$n", api_key('abc')), $reason, headers => { 'WWW-Authenticate' => $key }]);
};
[
    $is->('401', { status => 401, headers => ['WWW-Authenticate: Basic realm="inner"', 'X-Secret: x', 'Set-Cookie: a=b'], body => '{"sub":"alice"}' }, 'credential_invalid'),
    $is->('404', 404, 'credential_invalid'),
    $is->('403', { status => 403, body => '{"sub":"alice"}' }, 'credential_forbidden'),
    $is->('expired', json({ sub => 'u', expires => time - 1 }), 'credential_expired'),
    $is->('expired-text', '{"sub":"u","expires":"2020-01-01T00:00:00Z"}', 'credential_expired'),
    $is->('early', json({ sub => 'u', not_before => time + 60 }), 'credential_not_yet_valid'),
    sub { $::app->forget },
    ['no credential'  => get('/x?n=none'), 'no_credential'],
    ['malformed'      => get('/x?n=none', 'Authorization: Basic !'), 'malformed_authorization', headers => $::none],
    ['another scheme' => get('/x?n=none', api_key('abc')), 'no_credential'],
    ['a key that is none' => get('/k?n=none', api_key('a b')), 'malformed_authorization', headers => $::none],
    ['a direct request' => get('/_who/401', $::alice), 404],
    fetched('nobody is asked for those', '/who/none', 0),
]



=== answers that cannot be used
--- config eval
q[
auth_error_body json;
location /x { auth_password "r"; auth_password_request $lookup; empty_gif; }
location /_who/ { internal; proxy_read_timeout 500ms; proxy_pass http://$TEST_NGINX_IDP/who/; }
location /_who/page { internal; error_page 500 502 504 = /_page; proxy_intercept_errors on; proxy_pass http://$TEST_NGINX_IDP/who/page; }
location /_who/named { internal; error_page 500 = @page; proxy_intercept_errors on; proxy_pass http://$TEST_NGINX_IDP/who/named; }
location /_page { internal; proxy_pass http://$TEST_NGINX_IDP/page; }
location @page { rewrite ^ /page break; proxy_pass http://$TEST_NGINX_IDP; }
location /_who/file { internal; alias html/nowhere; }
location /_who/port-1 { internal; proxy_pass http://127.0.0.1:1; }
]
--- http_config
map $uri $lookup { ~^/x/(?<rest>.*) /_$rest; }
--- cases eval
my $json = '{"sub":"alice"}';
[
    failed('no body', { body => '' }),
    failed('204', 204),
    failed('206', { status => 206, headers => ['Content-Range: bytes 0-3/9'], body => '{"su' }),
    failed('broken JSON', '{"sub":"alice"'),
    failed('text behind it', "$json x"),
    failed('two objects', "$json$json"),
    failed('an array', "[$json]"),
    failed('a string', '"alice"'),
    failed('null', 'null'),
    failed('HTML', '<html>'),
    failed('no sub', '{"tenant_id":"acme"}'),
    failed('an empty sub', '{"sub":""}'),
    failed('sub is a number', '{"sub":1}'),
    failed('sub is null', '{"sub":null}'),
    failed('sub with a line break', '{"sub":"a\nb"}'),
    failed('sub twice', '{"sub":"a","sub":"b"}'),
    failed('roles is a string', '{"sub":"a","roles":"viewer"}'),
    failed('a role with a comma', '{"sub":"a","roles":["a,b"]}'),
    failed('a role that is a number', '{"sub":"a","roles":[1]}'),
    failed('tenant is a number', '{"sub":"a","tenant_id":7}'),
    failed('tenant with a control character', '{"sub":"a","tenant_id":"a\u0001"}'),
    failed('expires is garbage', '{"sub":"a","expires":"soon"}'),
    failed('expires is null', '{"sub":"a","expires":[]}'),
    failed('not UTF-8', "{\"sub\":\"\xff\"}"),
    failed('gzip', { headers => ['Content-Encoding: gzip'], body => $json }),
    failed('too large', '{"sub":"alice","x":"' . 'x' x 65_536 . '"}'),
    failed('too large in chunks', { chunked => 4096, body => '{"sub":"alice","x":"' . 'x' x 65_536 . '"}' }),
    failed('cut short', { length => 500, body => $json }),
    failed('reset in its body', { length => 500, body => $json, after => 'reset' }),
    failed('chunks without an end', { chunked => 5, body => $json, cut => 12 }),
    failed('closed', { before => 'close' }),
    failed('reset', { before => 'reset' }),
    failed('never', { before => 'never' }),
    failed('it stops half way', { length => 500, body => $json, after => 'never' }),
    failed('not HTTP', { raw => "SSH-2.0-x\r\n\r\n" }),
    (map { failed("status $_", { status => $_, headers => ['Location: /elsewhere'], body => $json }) }
        301, 302, 307, 304, 400, 402, 405, 418, 429, 500, 502, 503),
    ['refused connections' => get('/x/who/port-1', $::alice), 'lookup_failed', headers => $::none],
    sub { $::app->down },
    ['nobody listens'      => get('/x/who/down', $::alice), 'lookup_failed', headers => $::none],
    sub { $::app->up },
    answers('/who/down' => $json, '/who/page' => 500, '/who/named' => 500, '/page' => $json),
    ['somebody listens'    => get('/x/who/down', $::alice), 200],
    ['a page in place of an error'    => get('/x/who/page', $::alice), 200],
    ['a named one'                    => get('/x/who/named', $::alice), 200],
    ['no such file'        => get('/x/who/file', $::alice), 'credential_invalid'],
    ['no such location'    => get('/x/nowhere', $::alice), 'credential_invalid'],
    ['the body of the refusal' => get('/x/who/204', $::alice), 'lookup_failed', headers => { 'Content-Type' => 'application/problem+json' },
        body => qr/"status": ?503/],
]



=== a URI that cannot be queried
--- http_config
map $arg_n $lookup { default ""; text who; dots /_who/../x; http http://127.0.0.1/; star *; at @who; good /_who; }
--- config
location /x { auth_password "r"; auth_password_request $lookup; empty_gif; }
location @who { proxy_pass http://$TEST_NGINX_IDP; }
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /open { empty_gif; }
--- cases eval
[
    answers('*' => '{"sub":"a"}'),
    (map { ["$_" => get("/x?n=$_", $::alice), 'lookup_failed', headers => $::none] } qw(empty text http star at)),
    ['dots' => get('/x?n=dots', $::alice), 503, reason => 'lookup_failed'],
    ['good' => get('/x?n=good', $::alice), 200],
    ['no credential comes first' => get('/x?n=text'), 'no_credential'],
]



=== what the location gets
--- config eval
q[
location /x { auth_password "r"; auth_password_request /_who?host=$host; add_header X-Lookup "[$auth_lookup_user$auth_lookup_secret]" always; proxy_pass http://$TEST_NGINX_IDP/app; }
location /k { auth_api_key "r" header=X-API-Key; auth_api_key_request /_who; proxy_pass http://$TEST_NGINX_IDP/app; }
location /c { auth_api_key "r" token=$cookie_key; auth_api_key_request /_who; proxy_pass http://$TEST_NGINX_IDP/app; }
location /_who {
    internal;
    proxy_set_header X-Name "[$auth_lookup_user]";
    proxy_set_header X-Secret "[$auth_lookup_secret]";
    proxy_set_header X-Subject "[$auth_subject$auth_method]";
    proxy_pass http://$TEST_NGINX_IDP/who;
}
]
--- cases eval
my @about_body = map { qr/^$_:/mi } qw(Content-Length Transfer-Encoding Content-Type Content-Encoding Range If-Range If-None-Match
    If-Modified-Since If-Match If-Unmodified-Since Accept-Encoding Expect);
my @lines = ('X-Mine: 17', 'Cookie: a=b', 'Range: bytes=0-0', 'If-Range: "x"', 'If-None-Match: "x"', 'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT',
    'If-Match: *', 'If-Unmodified-Since: Thu, 01 Jan 2099 00:00:00 GMT', 'Accept-Encoding: gzip');
my $body = 'b' x 40_000;
my $chunks = join '', (map { sprintf "%x\r\n%s\r\n", length $_, $_ } unpack '(a3000)*', $body), "0\r\n\r\n";
my $took = sub { my ($name, $length) = @_; sub {
    my $last = ($::app->requests('/app'))[-1];
    Test::More::ok($last->{body} eq $body || $last->{body} =~ /\Q@{[substr $body, 0, 2000]}/ , "$name: the application gets the body") or Test::More::diag(length $last->{body}) } };
[
    answers('/who' => '{"sub":"alice"}', '/app' => 'thanks'),
    ['GET' => get('/x', 'Host: one.example', @lines, $::alice), 200, headers => { 'X-Lookup' => '[]' }],
    seen('GET: the lookup', '/who', [qr{^GET /who\?host=one\.example HTTP}, qr/^X-Mine: 17\r/m, qr/^Cookie: a=b\r/m,
        qr/^Authorization: Basic \S+\r/m, qr/^X-Name: \[alice\]\r/m, qr/^X-Secret: \[wonderland\]\r/m, qr/^X-Subject: \[\]\r/m], [@about_body, qr/^Content-/mi]),
    seen('GET: the application', '/app', [qr/^Range: bytes=0-0\r/m, qr/^If-None-Match: "x"\r/m, qr/^Accept-Encoding: gzip\r/m]),
    ['POST' => request('POST', '/x', 'Host: two.example', 'Content-Type: text/x', @lines, $::alice, { body => $body }), 200],
    seen('POST: the lookup', '/who', [qr{^GET /who\?host=two}], \@about_body),
    seen('POST: the application', '/app', [qr/^POST /, qr/^Content-Length: 40000\r/m, qr/^Content-Type: text\/x\r/m]),
    $took->('POST'),
    ['chunks' => request('POST', '/x', 'Host: three.example', 'Transfer-Encoding: chunked', $::alice) . $chunks, 200],
    seen('chunks: the lookup', '/who', [qr{^GET /who\?host=three}], \@about_body),
    $took->('chunks'),
    ['HEAD' => request('HEAD', '/x', 'Host: four.example', $::alice), 200],
    seen('HEAD: the lookup', '/who', [qr{^GET /who\?host=four}]),
    seen('HEAD: the application', '/app', [qr/^(?:HEAD|GET) /]),
    ['PUT on one connection' => [
        [request('PUT', '/x', 'Host: five.example', $::alice, { body => $body }), 200],
        [request('PUT', '/x', 'Host: five.example', basic(bob => 'b:c'), { body => $body }), 200],
        [get('/x', 'Host: five.example', $::alice), 200],
    ]],
    seen('a colon in the password', '/who', [qr/^X-Name: \[bob\]\r/m, qr/^X-Secret: \[b:c\]\r/m]),
    ['a key in its header' => get('/k', 'X-API-Key: abc.def'), 200],
    seen('a key in its header: the lookup', '/who', [qr/^X-API-Key: abc\.def\r/m, qr/^X-Name: \[\]\r/m, qr/^X-Secret: \[abc\.def\]\r/m]),
    ['a key in a cookie' => get('/c', 'Cookie: key=in-a-cookie'), 200],
    seen('a key in a cookie: the lookup', '/who', [qr/^X-Secret: \[in-a-cookie\]\r/m]),
]
