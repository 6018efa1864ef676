# What a refusal looks like: status, challenge, body, log.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use JSON::PP ();
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $signer = key('HS256');

# A place for each reason that needs rules of its own.
our $places = <<'EOF_PLACES';
    auth_jwt "orders";
    auth_jwt_key_file keys.jwks;
    location /x       { empty_gif; }
    location /algs    { auth_jwt_algorithms RS256; empty_gif; }
    location /exp     { auth_jwt_require_exp on; empty_gif; }
    location /iss     { auth_jwt_issuer issuer; empty_gif; }
    location /aud     { auth_jwt_audience audience; empty_gif; }
    location /require { auth_jwt_require $jwt_claim_nothing; empty_gif; }
    location /forbid  { auth_jwt_require $jwt_claim_nothing error=403; empty_gif; }
    location /tenant  { auth_tenant_expect $arg_tenant; empty_gif; }
    location /role    { auth_role_map { GET admin; HEAD admin; POST on; } empty_gif; }
    location /keys    { auth_jwt_key_file missing-$arg_n.jwks; empty_gif; }
    location /two     { auth_jwt "orders" token=$http_x_token; empty_gif; }
EOF_PLACES

# [reason, uri, header lines...] for every reason that a request can be refused for.
sub refusals {
    my ($alg, $kid) = ('HS256', 'hs256');
    my $forge = sub { my ($header, $payload) = @_; bearer(forge($signer, $header, $payload)) };
    return (
        ['no_credential', '/x'],
        ['malformed_authorization', '/x', 'Authorization: Bearer'],
        ['ambiguous_credential', '/two', 'X-Token: a.b.c', bearer('d.e.f')],
        ['token_too_large', '/x', bearer('a' x 16_385)],
        ['token_malformed', '/x', bearer('a.b')],
        ['algorithm_unsupported', '/x', $forge->('{"alg":"none","kid":"hs256"}', '{}')],
        ['algorithm_not_allowed', '/algs', bearer($signer)],
        ['algorithm_mismatch', '/x', $forge->('{"alg":"RS256","kid":"hs256"}', '{}')],
        ['critical_header', '/x', $forge->('{"alg":"HS256","kid":"hs256","crit":["x"],"x":1}', '{}')],
        ['key_unknown', '/x', bearer(key('HS256', 'nobody'))],
        ['signature_invalid', '/x', bearer(key('HS256', 'forger'), {}, { kid => 'hs256' })],
        ['claim_malformed', '/x', bearer($signer, '{"exp":"tomorrow"}')],
        ['token_expired', '/x', bearer($signer, { exp => 1 })],
        ['token_not_yet_valid', '/x', bearer($signer, { nbf => time + 3600 })],
        ['expiry_missing', '/exp', bearer($signer, { exp => undef })],
        ['issuer_mismatch', '/iss', bearer($signer)],
        ['audience_mismatch', '/aud', bearer($signer)],
        ['requirement_unmet', '/require', bearer($signer)],
        ['requirement_forbidden', '/forbid', bearer($signer)],
        ['tenant_mismatch', '/tenant?tenant=globex', bearer($signer, { tenant_id => 'acme' })],
        ['role_missing', '/role', bearer($signer)],
        ['method_not_allowed', '/role', bearer($signer), 'PUT'],
        ['keys_unavailable', '/keys?n=1', bearer($signer)],
    );
}

our %title = (400 => 'Bad Request', 401 => 'Unauthorized', 403 => 'Forbidden', 503 => 'Service Unavailable');

our %detail = (
    no_credential => 'A credential is needed.',
    malformed_authorization => 'The Authorization header is malformed.',
    ambiguous_credential => 'The request carries more than one credential.',
    token_expired => 'The token has expired.',
    requirement_forbidden => 'The credential does not grant this request.',
    tenant_mismatch => 'The credential belongs to another tenant.',
    role_missing => 'A required role is missing.',
    method_not_allowed => 'The method is not allowed here.',
    keys_unavailable => 'The request cannot be processed at the moment.',
);

sub status_of {
    my ($reason) = @_;
    return $reason eq 'keys_unavailable' ? 503 : $reason =~ /^(?:malformed_auth|ambiguous)/ ? 400
        : $reason =~ /^(?:requirement_forbidden|tenant_mismatch|role_missing|method_not)/ ? 403 : 401;
}

sub challenge_of {
    my ($reason) = @_;
    my $error = { 400 => 'invalid_request', 401 => 'invalid_token', 403 => 'insufficient_scope' }->{ status_of($reason) };
    return undef unless $error;
    return 'Bearer realm="orders"' . ($reason eq 'no_credential' ? '' : qq(, error="$error"));
}

# The problem details that a reason has to have, as a pattern for the body.
sub problem {
    my ($reason) = @_;
    my $status = status_of($reason);
    my %want = (type => 'about:blank', title => $title{$status}, status => $status,
        detail => $detail{$reason} // 'The token is not valid.');
    $want{error} = { 400 => 'invalid_request', 401 => 'invalid_token', 403 => 'insufficient_scope' }->{$status}
        unless $status == 503 || $reason eq 'no_credential';
    return map { qr/^\{(?=.*"$_":\s*\Q@{[json($want{$_})]}\E\s*[,}])(?!.*"(?!type|title|status|detail|error)\w+":)/s } keys %want;
}

# One pattern of several.
sub all_of { my $pattern = join '', map { "(?=$_)" } @_; return qr/\A$pattern/s }

sub method_of { my @lines = @_; return @lines && $lines[-1] =~ /\A[A-Z]+\z/ ? pop @lines : 'GET' }

# A request of a row of refusals(), by its method or another.
sub refused {
    my ($row, $method) = @_;
    my ($reason, $uri, @lines) = @$row;
    my $own = method_of(@lines);
    pop @lines if $own ne 'GET';
    return request($method // $own, $uri, @lines);
}

# A request by curl and what has to be in its answer, as a row.
sub by_curl {
    my ($name, $arguments, @patterns) = @_;
    return sub {
        my $answer = curl(@$arguments);
        my @missing = grep { $answer !~ $_ } @patterns;
        Test::More::ok(!@missing, $name) or Test::More::diag("lacks @missing: $answer");
    };
}

run_tests();

__DATA__

=== every reason: status, challenge, nginx's page
--- config eval: $::places
--- http_config
large_client_header_buffers 4 64k;
--- cases eval
[map { my $reason = $_->[0]; my $status = status_of($reason);
    [$reason => refused($_), $reason, headers => { 'WWW-Authenticate' => challenge_of($reason),
        'Content-Type' => 'text/html' },
        body => qr/<title>$status /] } refusals()]



=== every reason: problem details
--- config eval: "auth_error_body json; " . $::places
--- http_config
large_client_header_buffers 4 64k;
--- cases eval
[map { my $reason = $_->[0];
    [$reason => refused($_), $reason, body => all_of(problem($reason)),
        headers => { 'WWW-Authenticate' => challenge_of($reason), 'Content-Type' => 'application/problem+json',
            'Content-Length' => qr/\A[1-9]\d*\z/ }] } refusals()]



=== every reason: HEAD has the same headers and no body
--- config eval: "auth_error_body json; " . $::places
--- http_config
large_client_header_buffers 4 64k;
--- cases eval
[map { my $row = $_; my $reason = $row->[0];
    [$reason => [
        [refused($row, 'HEAD'), $reason, body => '', headers => { 'Content-Type' => 'application/problem+json',
            'WWW-Authenticate' => challenge_of($reason), 'Content-Length' => qr/\A[1-9]\d*\z/ }],
        # nginx closes the connection after a 400
        status_of($reason) == 400 ? () : [refused($row, 'HEAD'), $reason, body => ''],
    ]] } grep { $_->[0] !~ /method_not/ } refusals()]



=== html and HEAD
--- config eval: $::places
--- cases eval
[map { my $row = $_; [$row->[0] => [[refused($row, 'HEAD'), $row->[0], body => ''], [refused($row, 'HEAD'), $row->[0]]]] }
    grep { $_->[0] =~ /no_cred|expired|role|unavailable/ } refusals()]



=== the body is JSON
--- config eval: "auth_error_body json; " . $::places
--- cases eval
[
    ['no credential' => get('/x'), 'no_credential', body => qr/\A\s*\{.*\}\s*\z/s],
    sub {
        my ($body) = curl("http://127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}/x") =~ /\n\n(.*)\z/s;
        Test::More::is_deeply(JSON::PP->new->decode($body), { type => 'about:blank', title => 'Unauthorized', status => 401,
            detail => 'A credential is needed.' }, 'no credential: the members');
        ($body) = curl('-H', bearer($::signer, { exp => 1 }), "http://127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}/x") =~ /\n\n(.*)\z/s;
        Test::More::is_deeply(JSON::PP->new->decode($body), { type => 'about:blank', title => 'Unauthorized', status => 401,
            detail => 'The token has expired.', error => 'invalid_token' }, 'expired: the members');
    },
]



=== auth_error_body: contexts and inheritance, error_page goes first
--- http_config
auth_error_body json;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /http { empty_gif; }
location /html { auth_error_body html; empty_gif; }
location /json { auth_error_body json; empty_gif; }
location /page { error_page 401 /401.txt; empty_gif; }
location /status { error_page 401 =402 /401.txt; empty_gif; }
location /named { error_page 401 403 = @named; empty_gif; }
location = /401.txt { internal; auth_jwt off; return 200 "own page\n"; }
location @named { auth_jwt off; return 418 "named\n"; }
--- cases eval
my %json = (headers => { 'Content-Type' => 'application/problem+json' });
[
    ['of http'       => get('/http'), 'no_credential', %json],
    ['html inside'   => get('/html'), 'no_credential', headers => { 'Content-Type' => 'text/html' }, body => qr/<html>/],
    ['json inside'   => get('/json'), 'no_credential', %json],
    ['error_page'    => get('/page'), 'no_credential', body => "own page\n", headers => { 'Content-Type' => 'text/plain' }],
    ['error_page with another status' => get('/status'), 402, reason => 'no_credential', body => "own page\n"],
    ['error_page, named' => get('/named'), 418, reason => 'no_credential', body => "named\n"],
    ['others of nginx stay html' => get('/nothing', bearer(key('HS256'))), 404, body => qr/<html>/],
]



=== HTTP/2
--- http_config
server {
    listen $TEST_NGINX_OTHER http2;
    auth_jwt "two";
    auth_jwt_key_file keys.jwks;
    auth_error_body json;
    location /x { empty_gif; }
    location /json { auth_role_map { GET admin; POST on; } proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
    location /html { auth_error_body html; empty_gif; }
    location /off { auth_jwt off; empty_gif; }
}
--- config
location /unused { empty_gif; }
--- cases eval
my @h2 = ('--http2-prior-knowledge');
my $at = "http://$ENV{TEST_NGINX_OTHER}";
my $admin = bearer(key('RS256'), { roles => ['admin'] });
[
    by_curl('no token', [@h2, "$at/x"], qr/^HTTP\/2 401/, qr/^www-authenticate: Bearer realm="two"$/m,
        qr/^content-type: application\/problem\+json$/m, qr/"status":\s*401/),
    by_curl('no token, html', [@h2, "$at/html"], qr/^HTTP\/2 401/, qr/<title>401/),
    by_curl('no token, HEAD', [@h2, '-I', "$at/x"], qr/^HTTP\/2 401/, qr/\n\n\z/),
    by_curl('a token', [@h2, '-H', $admin, "$at/json"], qr/^HTTP\/2 200/, qr/user=alice /),
    by_curl('a token without the role', [@h2, '-H', bearer(key('RS256')), "$at/json"], qr/^HTTP\/2 403/,
        qr/error="insufficient_scope"$/m),
    by_curl('a bad token', [@h2, '-H', bearer('a.b.c'), "$at/json"], qr/^HTTP\/2 401/, qr/error="invalid_token"$/m),
    by_curl('a malformed header', [@h2, '-H', 'Authorization: Bearer', "$at/json"], qr/^HTTP\/2 400/,
        qr/error="invalid_request"$/m),
    by_curl('two headers', [@h2, '-H', $admin, '-H', $admin, "$at/json"], qr/^HTTP\/2 400/),
    by_curl('a method that is refused', [@h2, '-X', 'PUT', '-H', $admin, "$at/json"], qr/^HTTP\/2 403/),
    by_curl('off', [@h2, "$at/off"], qr/^HTTP\/2 200/),
]



=== a refusal leaves the connection in order
--- config eval: "auth_error_body json; " . $::places
--- cases eval
[
    ['bodies that were not read' => [
        [request('POST', '/x', { body => 'x' x 10 }), 'no_credential'],
        [request('POST', '/x', { body => 'y' x 100_000 }), 'no_credential'],
        [request('POST', '/role', bearer($::signer), { body => "GET /x HTTP/1.1\r\nHost: a\r\n\r\n" }), 405],
        [get('/x', bearer($::signer)), 200],
        [get('/role', bearer($::signer)), 'role_missing'],
        [get('/x', bearer($::signer)), 200],
    ]],
    ['HTTP/1.0' => request('GET', '/x', { version => 'HTTP/1.0' }), 'no_credential'],
    ['HTTP/1.0 with a token' => request('GET', '/x', bearer($::signer), { version => 'HTTP/1.0' }), 200],
]



=== log lines
--- config eval: $::places
--- cases eval
my %claims = (tenant_id => 'acme', sub => 'alice');
[
    ['nothing is known'      => get('/x'), 'no_credential',
        log => qr/\[info\].*sallyport: refused 401 no_credential, client:/],
    ['the kid alone'         => get('/x', bearer(key('HS256', 'k9'), \%claims)), 'key_unknown',
        log => qr/sallyport: refused 401 key_unknown, kid "k9", client:/],
    ['no kid'                => get('/x', bearer(key('HS256', 'k9'), \%claims, { kid => undef })), 401, reason => qr/./,
        log => qr/sallyport: refused 401 \w+, client:/],
    ['a forged token\'s claims are not logged' => get('/x', bearer(key('HS256', 'forger'), \%claims, { kid => 'hs256' })),
        'signature_invalid', log => qr/sallyport: refused 401 signature_invalid, kid "hs256", client:/,
            no_log => qr/alice|acme/],
    ['all of it'             => get('/x', bearer($::signer, { %claims, exp => 1 })), 'token_expired',
        log => qr/sallyport: refused 401 token_expired, kid "hs256", tenant "acme", subject "alice", client:/],
    ['no tenant'             => get('/role', bearer($::signer, { sub => 'alice' })), 'role_missing',
        log => qr/sallyport: refused 403 role_missing, kid "hs256", subject "alice", client:/],
    ['a 5xx is an error'     => get('/keys?n=2', bearer($::signer)), 'keys_unavailable',
        log => qr/\[error\].*sallyport: refused 503 keys_unavailable, /],
    ['a kid is cut at 64 bytes' => get('/x', bearer(key('HS256'), {}, { kid => 'k' x 200 })), 'key_unknown',
        log => qr/kid "k{1,64}(?:\.\.\.)?"/, no_log => qr/k{65}/],
    ['a kid is escaped'      => get('/x', bearer(key('HS256'), {}, { kid => "a\"\nb\x{1b}[2J" })), qr/401/, reason => qr/./,
        log => qr/sallyport: refused/, no_log => qr/\nb|\x1b/],
    ['a subject is escaped'  => get('/x', bearer($::signer, { sub => 'a", tenant "x', exp => 1 })), 'token_expired',
        log => qr/token_expired/, no_log => qr/subject "a", tenant "x"/],
]



=== no token in any log, at any level
--- log_level: debug
--- http_config
log_format everything '$remote_user $auth_reason $auth_method $auth_subject $jwt_payload';
large_client_header_buffers 4 64k;
--- config eval: "access_log logs/everything.log everything; " . $::places
--- cases eval
[
    (map { my $row = $_; [$row->[0] => refused($row), $row->[0]] }
        grep { $_->[0] !~ /too_large|malformed_auth|no_credential|ambiguous/ } refusals()),
    ['admitted' => get('/x', bearer($::signer)), 200],
    ['a cookie' => get('/two', 'X-Token: ' . token($::signer)), 200],
    ['two different ones' => get('/two', 'X-Token: ' . token($::signer), bearer(token($::signer,
        { sub => 'bob' }))), 'ambiguous_credential'],
    sub {
        # At this level nginx itself logs the headers that it reads and the variables that it evaluates.
        my @lines = grep { !/http header: "|http process request|http script var: / } split /\n/, error_log();
        my @tokens = grep { /eyJ[\w-]{8,}/ || /Bearer ey/ } @lines;
        Test::More::ok(!@tokens, 'no token in the error log') or Test::More::diag(join "\n",
            @tokens[0 .. ($#tokens > 5 ? 5 : $#tokens)]);
        my @parts = grep { /sallyport/ && /[\w-]{30,}/ && !/[\w-]*conf\// } @lines;
        Test::More::ok(!@parts, 'no part of one in our lines') or Test::More::diag(@parts);
        Test::More::unlike(access_log('everything.log'), qr/eyJ/, 'none in the access log');
    },
]



=== no token in the log at the usual level, and nothing of it
--- http_config
large_client_header_buffers 4 64k;
--- config eval: $::places
--- cases eval
[
    (map { my $row = $_; [$row->[0] => refused($row), $row->[0]] } refusals()),
    sub { Test::More::unlike(error_log(), qr/eyJ|Bearer /, 'the error log') },
]



=== a refusal is not cached by nginx's own error pages, nor carries a body of the place
--- config
location /secret.txt {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_error_body json;
    root $TEST_NGINX_SERVER_ROOT/html;
}
--- user_files
>>> secret.txt
the secret of this place
--- cases eval
[
    ['no token' => get('/secret.txt'), 'no_credential', body => qr/\A(?!.*secret)/s,
        headers => { 'ETag' => undef, 'Last-Modified' => undef, 'Accept-Ranges' => undef }],
    ['a range'  => get('/secret.txt', 'Range: bytes=0-3'), 'no_credential', headers => { 'Content-Range' => undef }],
    ['a condition' => get('/secret.txt', 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'), 'no_credential'],
    ['a token'  => get('/secret.txt', bearer(key('HS256'))), 200, body => qr/the secret/],
    ['a token and a range' => get('/secret.txt', bearer(key('HS256')), 'Range: bytes=4-9'), 206, body => 'secret'],
]



=== auth_jwt_www_authenticate
--- config
auth_jwt "orders";
auth_jwt_key_file keys.jwks;
auth_jwt_www_authenticate 'Bearer realm="$host", hint="$arg_hint"';
location /own    { empty_gif; }
location /roles  { auth_role_map { GET admin; } empty_gif; }
location /status { auth_jwt_require $jwt_claim_nothing error=404; empty_gif; }
location /unmet  { auth_jwt_require $jwt_claim_nothing; empty_gif; }
location /keys   { auth_jwt_key_file missing-$arg_n.jwks; empty_gif; }
location /on     { auth_jwt_www_authenticate on; empty_gif; }
location /off    { auth_jwt_www_authenticate off; empty_gif; }
location /empty  { auth_jwt_www_authenticate $arg_hint; empty_gif; }
location /both   { auth_password "staff"; auth_password_file users.json; empty_gif; location /both/off { auth_jwt_www_authenticate off; empty_gif; } }
location /page   { error_page 401 /page.html; empty_gif; }
location = /page.html { auth_jwt off; return 200 "own page\n"; }
location /controlled/ { auth_jwt_www_authenticate "Bearer $uri"; empty_gif; }
--- conf eval
+{ 'users.json' => '{}' }
--- cases eval
my $own = 'Bearer realm="localhost", hint="x"';
my $sent = sub { my ($text) = @_; return (headers => { 'WWW-Authenticate' => $text }) };
[
    ['401 without a credential' => get('/own?hint=x'), 'no_credential', $sent->($own)],
    ['401 for a token'          => get('/own?hint=x', bearer($::signer, { exp => 1 })), 'token_expired', $sent->($own)],
    ['403'                      => get('/roles?hint=x', bearer($::signer)), 'role_missing', $sent->($own)],
    ['a requirement'            => get('/unmet?hint=x', bearer($::signer)), 'requirement_unmet', $sent->($own)],
    ['400 has the standard one' => get('/own?hint=x', 'Authorization: Bearer'), 'malformed_authorization', $sent->('Bearer realm="orders", error="invalid_request"')],
    ['503 has none'             => get('/keys?hint=x&n=1', bearer($::signer)), 'keys_unavailable', $sent->(undef)],
    ['another status has none'  => get('/status?hint=x', bearer($::signer)), 404, reason => 'requirement_forbidden', $sent->(undef)],
    ['on: the standard one'     => get('/on'), 'no_credential', $sent->('Bearer realm="orders"')],
    ['off: none'                => get('/off'), 'no_credential', $sent->(undef)],
    ['an empty value: none'     => get('/empty'), 'no_credential', $sent->(undef)],
    ['"off" in a variable is a text' => get('/empty?hint=off'), 'no_credential', $sent->('off')],
    ['other challenges stay'    => get('/both?hint=x'), 'no_credential', $sent->("$own, Basic realm=\"staff\", charset=\"UTF-8\"")],
    ['off: other challenges stay' => get('/both/off'), 'no_credential', $sent->('Basic realm="staff", charset="UTF-8"')],
    ['an error page'            => get('/page?hint=x'), 'no_credential', body => "own page\n", $sent->($own)],
    ['no header injection'      => get('/controlled/a%0d%0aX-Evil:%20b'), 'no_credential', headers => { 'WWW-Authenticate' => 'Bearer /controlled/aX-Evil: b', 'X-Evil' => undef }],
    ['admitted'                 => get('/own', bearer($::signer)), 200, $sent->(undef)],
]
