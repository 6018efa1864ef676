# What has broken others by the way a request is made. Each block has the name of the attack.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $alice = bearer(key('HS256'), { roles => ['viewer'] });

# Lines of a request as they are.
sub raw { return join "\r\n", @_, '', '' }

no_root_location();
run_tests();

__DATA__

=== two Authorization headers
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $bob = bearer(key('HS256'), { sub => 'bob' });
[
    ['the same twice'        => get('/x', $::alice, $::alice), 400],
    ['two tokens'            => get('/x', $::alice, $bob), 400],
    ['good and bad'          => get('/x', $::alice, bearer('a.b.c')), 400],
    ['bad and good'          => get('/x', bearer('a.b.c'), $::alice), 400],
    ['Basic and Bearer'      => get('/x', 'Authorization: Basic YTpi', $::alice), 400],
    ['Bearer and Basic'      => get('/x', $::alice, 'Authorization: Basic YTpi'), 400],
    ['empty and good'        => get('/x', 'Authorization:', $::alice), 400],
    ['another letter case'   => get('/x', $::alice, $::alice =~ s/^Authorization/aUTHORIZATION/r), 400],
    ['an underscore is another header' => get('/x', "Authorization_: x", $::alice), 200],
    ['a blank before the colon' => get('/x', $::alice =~ s/:/ :/r), 400],
    ['a folded line'         => get('/x', "Authorization: Bearer\r\n " . token(key('HS256'))), 400],
]



=== differing tokens in two places
--- config
auth_jwt_key_file keys.jwks;
location /cookie { auth_jwt "r" token=$cookie_session; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /arg { auth_jwt "r" token=$arg_token; empty_gif; }
--- cases eval
my ($one, $two) = map { token(key('HS256'), { sub => $_ }) } qw(alice bob);
[
    ['cookie and header'         => get('/cookie', "Cookie: session=$one", bearer($two)), 'ambiguous_credential'],
    ['bad cookie, good header'   => get('/cookie', 'Cookie: session=a.b.c', bearer($two)), 'ambiguous_credential'],
    ['good cookie, bad header'   => get('/cookie', "Cookie: session=$one", bearer('a.b.c')), 'ambiguous_credential'],
    ['argument and header'       => get("/arg?token=$one", bearer($two)), 'ambiguous_credential'],
    ['header alone is not read'  => get('/cookie', bearer($two)), 'no_credential'],
    ['an empty cookie and a header' => get('/cookie', 'Cookie: session=', bearer($two)), 'no_credential'],
    ['the same in both'          => get('/cookie', "Cookie: session=$one", bearer($one)), 200, body => qr/user=alice /],
    ['two cookies'               => get('/cookie', "Cookie: session=$one; session=$two"), 'ambiguous_credential'],
    ['two arguments'             => get("/arg?token=a.b.c&token=$one"), 'ambiguous_credential'],
]



=== a path where auth is off, reached by ;x, %2e, //, case
--- config
location / {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /public/ {
    auth_jwt off;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location = /health { auth_jwt off; empty_gif; }
location ~ \.png$ { auth_jwt off; empty_gif; }
--- cases eval
[
    ['the open path'  => get('/public/a'), 200],
    ['the open page'  => get('/health'), 200],
    (map { [$_ => get($_), 'no_credential'] }
        '/private', '/public/../private', '/public/%2e%2e/private', '/public/%2E%2E/private', '/public/./../private',
        '/public/..%2fprivate', '/public/a/../../private', '/PUBLIC/a', '/Public/a', '/publi%63x',
        '//public/../private', '/;/public/a', '/public;x/a', '/%70rivate', '/health/', '/health;x', '/HEALTH',
        '/a.png/../private', '/a.png;x', '/a.png/', '/a.PNG'),
    (map { [$_ => get($_), 400] } '/public/../../private', '/public//../../private', '/%zz', '/a%00.png', '/health%00'),
    # These are the open path itself, by nginx's own reading of them.
    (map { [$_ => get($_), 200] } '/public/a;x', '/public/%61', '//public/a', '/./public/a', '/x/../public/a', '/%70ublic/a',
        '/health?x=/private', '/public/a#/../private', '/private%3f.png'),
    ['an absolute URI' => get('http://localhost/private'), 'no_credential'],
    ['an absolute URI with another host' => get('http://other/private'), 'no_credential'],
    ['a query is no path' => get('/private?/public/'), 'no_credential'],
    ['a fragment is no path' => get('/private#/../public/'), 'no_credential'],
    ['a header is no path' => get('/private', 'X-Original-URL: /public/', 'X-Rewrite-URL: /public/',
        'X-Forwarded-Uri: /public/'), 'no_credential'],
    ['a method override' => request('POST', '/private', 'X-HTTP-Method-Override: OPTIONS'), 'no_credential'],
]



=== X-User and X-Tenant-Id sent by the client
--- config
auth_jwt_key_file keys.jwks;
proxy_set_header X-User $auth_subject;
proxy_set_header X-Tenant-Id $auth_tenant;
proxy_set_header X-Roles $auth_roles;
location /guarded { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location /open { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /any { auth_jwt "r"; satisfy any; allow 127.0.0.1; deny all; proxy_pass http://$TEST_NGINX_ECHO; }
location /mapped { auth_jwt "r"; auth_role_map { GET off; ALL on; } proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my @spoof = ('X-User: root', 'x-user: root2', 'X-USER: root3', 'X-Tenant-Id: globex', 'X-Roles: admin');
my $nobody = qr/user= tenant= roles= extra=/;
my $forged = bearer(key('HS256', 'forger'), { sub => 'root', tenant_id => 'globex', roles => ['admin'] }, { kid => 'hs256' });
[
    ['with a token'             => get('/guarded', @spoof, $::alice), 200,
        body => qr/user=alice tenant= roles=viewer extra=/],
    ['where auth is off'        => get('/open', @spoof), 200, body => $nobody],
    ['where auth is off, with a token' => get('/open', @spoof, $::alice), 200, body => $nobody],
    ['where auth is off, with a forged one' => get('/open', @spoof, $forged), 200, body => $nobody],
    ['off for the method'       => get('/mapped', @spoof), 200, body => $nobody],
    ['admitted by its address'  => get('/any', @spoof), 200, reason => qr/\A(?:no_credential)?\z/, body => $nobody],
    ['admitted by its address, with a forged token' => get('/any', @spoof, $forged), 200,
        reason => qr/\A(?:signature_invalid)?\z/, body => $nobody],
    ['a header with underscores' => get('/open', 'X_User: root'), 200, body => $nobody],
    ['chunked trailers'         => request('POST', '/open', 'Transfer-Encoding: chunked',
        'Trailer: X-User') . "1\r\nx\r\n0\r\nX-User: root\r\n\r\n", 200,
        body => $nobody],
]



=== OPTIONS let through as a whole
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /plain  { proxy_pass http://$TEST_NGINX_ECHO; }
location /mapped { auth_role_map { GET viewer; } proxy_pass http://$TEST_NGINX_ECHO; }
location /opened { auth_role_map { GET viewer; OPTIONS off; } proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my @preflight = ('Origin: https://evil.example', 'Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: authorization');
[
    ['no map'                 => request('OPTIONS', '/plain', @preflight), 'no_credential'],
    ['no map, a token'        => request('OPTIONS', '/plain', @preflight, $::alice), 200],
    ['not in the map'         => request('OPTIONS', '/mapped', @preflight), 'no_credential'],
    ['not in the map, a token' => request('OPTIONS', '/mapped', @preflight, $::alice), 'method_not_allowed'],
    ['what the map opens'     => request('OPTIONS', '/opened', @preflight), 200],
    ['and only that'          => get('/opened', @preflight), 'no_credential'],
    ['another case'           => request('options', '/opened'), 400, reason => qr/./],
    ['the server as a whole'  => request('OPTIONS', '*'), 400, reason => qr/./],
]



=== CONNECT, TRACE, unknown methods, HTTP/0.9, HTTP/1.0 without Host
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /mapped { auth_role_map { GET viewer; } proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    # nginx refuses CONNECT and TRACE by itself, before any location. Whether it dislikes the method
    # or the form of what follows CONNECT depends on its version.
    ['CONNECT'                => request('CONNECT', '/x', $::alice), qr/^40[05]$/, reason => qr/\A(?:no_credential)?\z/],
    ['CONNECT to a host'      => request('CONNECT', 'other:443', $::alice), qr/^40[05]$/, reason => qr/\A(?:no_credential)?\z/],
    ['TRACE'                  => request('TRACE', '/x', $::alice), 405],
    (map { ["$_ without a token" => request($_, '/x'), 'no_credential'] } qw(BREW PROPFIND SEARCH PURGE LINK M-SEARCH)),
    (map { ["$_ with a token" => request($_, '/x', $::alice), 200] } qw(BREW PURGE)),
    (map { ["$_ is not in the map" => request($_, '/mapped', $::alice), 'method_not_allowed'] } qw(BREW PURGE GETX)),
    ['letters in lower case'  => request('get', '/x'), 400, reason => qr/./],
    ['HTTP/0.9'               => "GET /x\r\n", 401, reason => ''],
    ['HTTP/0.9, mapped'       => "GET /mapped\r\n", 401, reason => ''],
    ['HTTP/1.0 without Host'  => raw('GET /x HTTP/1.0'), 'no_credential'],
    ['HTTP/1.0 without Host, a token' => raw('GET /x HTTP/1.0', $::alice), 200, body => qr/user=alice /],
    ['HTTP/1.1 without Host'  => raw('GET /x HTTP/1.1', $::alice), 400],
    ['an empty Host'          => raw('GET /x HTTP/1.1', 'Host:', $::alice), 400, reason => qr/./],
    ['an odd Host'            => raw('GET /x HTTP/1.1', 'Host: a/../b', $::alice), 400, reason => qr/./],
]



=== Authorization: other schemes and malformed headers
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
my $token = token(key('HS256'));
[
    (map { ["scheme $_" => get('/x', "Authorization: $_ $token"),
        'no_credential'] } qw(Basic Digest JWT Token MAC Negotiate BearerX)),
    ['a tab'                   => get('/x', "Authorization: Bearer\t$token"), qr/^40[01]$/, reason => qr/./],
    ['blanks in front'         => get('/x', "Authorization:    Bearer $token"), 200],
    ['a NUL'                   => get('/x', "Authorization: Bearer $token\0"), 400],
    ['a line feed'             => get('/x', "Authorization: Bearer\n$token"), qr/^400$/,
        reason => qr/\A(?:malformed_authorization)?\z/],
    ['a percent-escape'        => get('/x', "Authorization: Bearer " . $token =~ s/\./%2e/gr), 'malformed_authorization'],
    ['a header of 1 MB'        => get('/x', 'Authorization: Bearer ' . 'a' x 1_000_000), 400],
    ['10,000 headers'          => get('/x', map { "X-$_: y" } 1 .. 10_000), 400],
    ['still alive'             => get('/x', bearer($token)), 200],
]



=== a body that brings another request
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['refused, its body is not a request' => [
        [request('POST', '/x', { body => "GET /x HTTP/1.1\r\nHost: a\r\n$::alice\r\n\r\n" }), 'no_credential'],
        [get('/x'), 'no_credential'],
        [get('/x', $::alice), 200, body => qr/user=alice /],
    ]],
    ['length and chunks at once' => request('POST', '/x', 'Transfer-Encoding: chunked', $::alice,
        { body => "0\r\n\r\n" }), 400],
    ['two lengths' => request('POST', '/x', 'Content-Length: 5', $::alice, { body => 'abc' }), 400],
]



=== two Authorization headers, and an error page that judges the request again
--- config
error_page 400 /page;
location /x { auth_jwt "r"; auth_jwt_key_file keys.jwks; empty_gif; }
location /page {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $bob = bearer(key('HS256'), { sub => 'bob' });
[
    ['two tokens' => get('/x', $::alice, $bob), 'ambiguous_credential'],
]



=== a good token that is not good enough here, beside another way in
--- user_files
>>> htpasswd
u:{PLAIN}p
--- config
auth_jwt_key_file keys.jwks;
satisfy any;
proxy_set_header X-User $auth_subject;
proxy_set_header X-Tenant-Id $auth_tenant;
proxy_set_header X-Roles $auth_roles;
proxy_set_header X-Extra "$jwt_claim_sub$jwt_payload";
location /password {
    auth_basic "b";
    auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/htpasswd;
    auth_jwt "r" token=$cookie_t;
    auth_tenant_expect acme;
    auth_jwt_require $arg_ok error=403;
    auth_role_map { GET admin; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /address {
    allow 127.0.0.1;
    deny all;
    auth_jwt "r" token=$cookie_t;
    auth_tenant_expect acme;
    auth_jwt_require $arg_ok error=403;
    auth_role_map { GET admin; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $of = sub { 'Cookie: t=' . token(key('HS256'), { sub => 'mallory', @_ }) };
my $basic = 'Authorization: Basic dTpw';
my @good = (tenant_id => 'acme', roles => ['admin']);
my %cookie = (
    'of another tenant'     => [$of->(tenant_id => 'globex', roles => ['admin']), 'tenant_mismatch', '?ok=1'],
    'without the role'      => [$of->(tenant_id => 'acme', roles => ['viewer']), 'role_missing', '?ok=1'],
    'an unmet requirement'  => [$of->(@good), 'requirement_forbidden', ''],
    'expired'               => [$of->(@good, exp => 1), 'token_expired', '?ok=1'],
);
my $nobody = qr/ user= tenant= roles= extra=$/;
[
    (map { my ($cookie, $reason, $query) = @{ $cookie{$_} };
        (["$_, password" => get("/password$query", $basic, $cookie), 200, reason => $reason, body => $nobody],
         ["$_, address"  => get("/address$query", $cookie), 200, reason => $reason, body => $nobody]) }
        sort keys %cookie),
    ['good, password' => get('/password?ok=1', $basic, $of->(@good)), 200,
        body => qr/ user=mallory tenant=acme roles=admin extra=mallory\{/],
    ['good, address'  => get('/address?ok=1', $of->(@good)), 200,
        body => qr/ user=mallory tenant=acme roles=admin extra=mallory\{/],
    ['no token, address' => get('/address?ok=1'), 200, reason => 'no_credential', body => $nobody],
]



=== a subrequest that is first to ask who it is
--- user_files
>>> page.html
<!--# include virtual="/sub" -->
--- config
location / {
    ssi on;
    satisfy any;
    allow 127.0.0.1;
    deny all;
    auth_jwt "r" token=$arg_t;
    auth_jwt_key_file keys.jwks;
}
location /sub {
    internal;
    auth_jwt off;
    proxy_set_header X-User "<$arg_t|$auth_subject>";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['a token of rubbish' => get('/page.html?t=abcdefghij'), 200, reason => 'token_malformed', body => qr/user=<\|>/],
    ['a good one' => get('/page.html?t=' . token(key('HS256'))), 200, body => qr/user=<\|alice>/],
]
