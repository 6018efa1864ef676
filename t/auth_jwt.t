# auth_jwt, auth_jwt_type: where the token comes from, where the check applies, and how it stands
# beside nginx's own access checks.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

use MIME::Base64 ();

sub basic { return 'Authorization: Basic ' . MIME::Base64::encode_base64("bob:$_[0]", '') }

run_tests();

__DATA__

=== the Authorization header
--- config
location /x {
    auth_jwt "orders";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['no token'                => get('/x'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="orders"' }],
    ['a good token'            => get('/x', bearer(key('HS256'))), 200,
        headers => { 'WWW-Authenticate' => undef }],
    ['bearer'                  => get('/x', 'Authorization: bearer ' . token(key('HS256'))), 200],
    ['BEARER'                  => get('/x', 'Authorization: BEARER ' . token(key('HS256'))), 200],
    ['a header name in capitals' => get('/x', 'AUTHORIZATION: Bearer ' . token(key('HS256'))), 200],
    ['another scheme'          => get('/x', 'Authorization: Basic YTpi'), 'no_credential'],
    ['another scheme, malformed' => get('/x', 'Authorization: Basic !'), 'no_credential'],
    ['a scheme that begins with Bearer'
        => get('/x', 'Authorization: Bearers ' . token(key('HS256'))), 'no_credential'],
    ['Bearer alone'            => get('/x', 'Authorization: Bearer'), 'malformed_authorization'],
    ['Bearer and a blank'      => get('/x', 'Authorization: Bearer  '), 'malformed_authorization'],
    ['an empty header'         => get('/x', 'Authorization:'), 'malformed_authorization'],
    ['a garbled header'        => get('/x', 'Authorization: "= ,'), 'malformed_authorization'],
    ['no scheme'               => get('/x', 'Authorization: =abc'), 'malformed_authorization'],
    ['two tokens'              => get('/x', bearer('a.b.c d.e.f')), 'malformed_authorization'],
    ['a token and parameters'  => get('/x', bearer('a.b.c, x="y"')), 'malformed_authorization'],
    ['a quoted token'          => get('/x', bearer('"a.b.c"')), 'malformed_authorization'],
    ['bytes that are not ASCII' => get('/x', bearer("a.\xc3\xa4.c")), 'malformed_authorization'],
    ['a comma behind the token' => get('/x', bearer(token(key('HS256')) . ',')), 'malformed_authorization'],
    ['two Authorization headers' => get('/x', bearer(key('HS256')), bearer(key('HS256'))), 400,
        body => qr/400/],
    ['a query argument is not read' => get('/x?access_token=' . token(key('HS256'))), 'no_credential'],
    ['still good after all these' => get('/x', bearer(key('RS256'))), 200],
]



=== token=: a cookie, an argument, another header
--- config
auth_jwt_key_file keys.jwks;
location /cookie { auth_jwt "r" token=$cookie_session; empty_gif; }
location /arg    { auth_jwt "r" token=$arg_token;      empty_gif; }
location /header { auth_jwt "r" token=$http_x_token;   empty_gif; }
--- cases eval
[
    ['cookie'             => get('/cookie', 'Cookie: a=b; session=' . token(key('HS256'))), 200],
    ['no cookie'          => get('/cookie', 'Cookie: a=b'), 'no_credential'],
    ['empty cookie'       => get('/cookie', 'Cookie: session='), 'no_credential'],
    ['bad cookie'         => get('/cookie', 'Cookie: session=abc'), 'token_malformed'],
    ['forged cookie'      => get('/cookie',
        'Cookie: session=' . token(key('HS256', 'other'), {}, { kid => 'hs256' })), 'signature_invalid'],
    ['argument'           => get('/arg?token=' . token(key('ES256'))), 200],
    ['no argument'        => get('/arg'), 'no_credential'],
    ['header'             => get('/header', 'X-Token: ' . token(key('RS256'))), 200],
    ['no header'          => get('/header'), 'no_credential'],
    ['empty header'       => get('/header', 'X-Token:'), 'no_credential'],
]



=== token=: only that value is read; a different one beside it is ambiguous
--- config
auth_jwt_key_file keys.jwks;
location /header { auth_jwt "r" token=$http_x_token; empty_gif; }
--- cases eval
my ($one, $two) = (token(key('HS256')), token(key('HS256'), { sub => 'bob' }));
[
    ['the same token twice'   => get('/header', "X-Token: $one", bearer($one)), 200],
    ['two different tokens'   => get('/header', "X-Token: $one", bearer($two)), 'ambiguous_credential'],
    ['two different tokens, the other way' => get('/header', "X-Token: $two", bearer($one)),
        'ambiguous_credential'],
    ['a prefix of the token'  => get('/header', "X-Token: $one", bearer(substr $one, 0, -1)),
        'ambiguous_credential'],
    ['Basic beside the token' => get('/header', "X-Token: $one", 'Authorization: Basic YTpi'), 200],
]



=== the realm may contain variables
--- config
location /x {
    auth_jwt "realm of $host";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['no token' => get('/x', 'Host: acme.example'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="realm of acme.example"' }],
    ['bad token' => get('/x', 'Host: acme.example', bearer('a.b.c')), 'token_malformed',
        headers => { 'WWW-Authenticate' => 'Bearer realm="realm of acme.example", error="invalid_token"' }],
]



=== a quote in a realm cannot end it
--- config
location /x {
    auth_jwt $arg_realm;
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['a quote' => get('/x?realm=a"b'), 'no_credential',
        headers => { 'WWW-Authenticate' => qr/\ABearer realm="(?:[^"\\]|\\.)*"\z/ }],
]



=== off, inheritance, nested locations
--- http_config
auth_jwt "http";
auth_jwt_key_file keys.jwks;
--- config
location /inherits { empty_gif; }
location /off {
    auth_jwt off;
    empty_gif;
    location /off/nested { empty_gif; }
    location /off/on { auth_jwt "again"; empty_gif; }
}
location /own {
    auth_jwt "own";
    empty_gif;
    location /own/nested { empty_gif; }
    location ~ /own/.*\.gif$ { empty_gif; }
}
--- cases eval
[
    ['inherited from http'         => get('/inherits'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="http"' }],
    ['inherited keys'              => get('/inherits', bearer(key('HS256'))), 200],
    ['off'                         => get('/off'), 200],
    ['off with a bad token'        => get('/off', bearer('x')), 200],
    ['off is inherited'            => get('/off/nested'), 200],
    ['on again below off'          => get('/off/on'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="again"' }],
    ['on again, with a token'      => get('/off/on', bearer(key('HS256'))), 200],
    ['the inner realm'             => get('/own'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="own"' }],
    ['a nested location'           => get('/own/nested'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="own"' }],
    ['a nested regex location'     => get('/own/x.gif'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="own"' }],
    ['nested, with a token'        => get('/own/nested', bearer(key('HS256'))), 200],
]



=== an inner key source replaces all outer ones
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_key direct HS256 hs256.secret;
location /outer { empty_gif; }
location /file  { auth_jwt_key_file other.jwks; empty_gif; }
location /key   { auth_jwt_key solo HS256 solo.secret; empty_gif; }
location /key/deeper { auth_jwt_key_file other.jwks; empty_gif; }
--- conf eval
({ 'other.jwks' => jwks(key('HS256', 'other')), 'solo.secret' => key('HS256', 'solo')->private })
--- cases eval
my @tokens = map { bearer(key('HS256', $_)) } qw(hs256 other solo);
my $direct = bearer(key('HS256'), {}, { kid => 'direct' });
[
    ['outer file'        => get('/outer', $tokens[0]), 200],
    ['outer directive'   => get('/outer', $direct), 200],
    ['inner file'        => get('/file', $tokens[1]), 200],
    ['the outer file is gone there'      => get('/file', $tokens[0]), 'key_unknown'],
    ['the outer directive is gone there' => get('/file', $direct), 'key_unknown'],
    ['inner directive'   => get('/key', $tokens[2]), 200],
    ['the outer file is gone there too'  => get('/key', $tokens[0]), 'key_unknown'],
    ['the inner file does not leak out'  => get('/outer', $tokens[1]), 'key_unknown'],
    ['another location'  => get('/key/deeper', $tokens[1]), 200],
    ['and not its neighbour\'s key'      => get('/key/deeper', $tokens[2]), 'key_unknown'],
]



=== limit_except
--- config
location /reads-open {
    limit_except GET {
        auth_jwt "writers";
        auth_jwt_key_file keys.jwks;
    }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /writes-open {
    auth_jwt "readers";
    auth_jwt_key_file keys.jwks;
    limit_except GET { auth_jwt off; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /other-keys {
    auth_jwt "readers";
    auth_jwt_key_file keys.jwks;
    limit_except GET {
        auth_jwt "writers" token=$http_x_token;
        auth_jwt_type signed;
        auth_jwt_key writer HS256 writer.secret;
    }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- conf eval
({ 'writer.secret' => key('HS256', 'writer')->private })
--- cases eval
my ($reader, $writer) = map { token(key('HS256', $_)) } qw(hs256 writer);
[
    ['reads are open'          => get('/reads-open'), 200],
    ['HEAD is a read'          => request('HEAD', '/reads-open'), 200],
    ['writes are not'          => request('POST', '/reads-open', { body => 'x' }), 'no_credential'],
    ['writes with a token'     => request('POST', '/reads-open', bearer($reader), { body => 'x' }), 200],
    ['reads need a token'      => get('/writes-open'), 'no_credential'],
    ['writes do not'           => request('POST', '/writes-open', { body => 'x' }), 200],
    ['reader reads'            => get('/other-keys', bearer($reader)), 200],
    ['reader may not write'    => request('PUT', '/other-keys', "X-Token: $reader"), 'key_unknown',
        headers => { 'WWW-Authenticate' => 'Bearer realm="writers", error="invalid_token"' }],
    ['writer writes'           => request('PUT', '/other-keys', "X-Token: $writer"), 200],
    ['writer may not read'     => get('/other-keys', bearer($writer)), 'key_unknown'],
]



=== if
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    if ($arg_a) { expires 1h; }
    if ($arg_b = two) { set $x 1; }
    empty_gif;
}
location /proxy {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    if ($arg_a) { proxy_pass http://$TEST_NGINX_ECHO; }
    empty_gif;
}
--- cases eval
[
    ['inside if'               => get('/x?a=1'), 'no_credential'],
    ['inside if with a token'  => get('/x?a=1', bearer(key('HS256'))), 200],
    ['inside two'              => get('/x?a=1&b=two'), 'no_credential'],
    ['outside'                 => get('/x'), 'no_credential'],
    ['proxied inside if'       => get('/proxy?a=1'), 'no_credential'],
    ['proxied inside if with a token' => get('/proxy?a=1', bearer(key('HS256'))), 200],
]



=== satisfy all: address and token
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /allowed { satisfy all; allow 127.0.0.1; deny all; empty_gif; }
location /denied  { satisfy all; deny all; empty_gif; }
location /default { deny all; empty_gif; }
--- cases eval
[
    ['right address, no token'  => get('/allowed'), 'no_credential'],
    ['right address, a token'   => get('/allowed', bearer(key('HS256'))), 200],
    ['wrong address, a token'   => get('/denied', bearer(key('HS256'))), 403],
    ['wrong address, no token'  => get('/denied'), 403, reason => qr/\A(?:no_credential)?\z/],
    ['all is the default'       => get('/default', bearer(key('HS256'))), 403],
]
--- error_log
access forbidden by rule



=== satisfy any: address or token
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
satisfy any;
location /allowed { allow 127.0.0.1; deny all; empty_gif; }
location /denied  { deny all; empty_gif; }
--- cases eval
my $quiet = { 'WWW-Authenticate' => undef };
[
    ['right address, no token'   => get('/allowed'), 200, reason => qr/\A(?:no_credential)?\z/,
        headers => $quiet],
    ['right address, bad token'  => get('/allowed', bearer('a.b.c')), 200,
        reason => qr/\A(?:token_malformed)?\z/, headers => $quiet],
    ['wrong address, a token'    => get('/denied', bearer(key('HS256'))), 200, headers => $quiet],
    ['wrong address, no token'   => get('/denied'), 'no_credential'],
    ['wrong address, bad token'  => get('/denied', bearer('a.b.c')), 'token_malformed'],
    ['wrong address, bad header' => get('/denied', bearer('')), 'malformed_authorization'],
]



=== satisfy any: password or token
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_basic "staff";
auth_basic_user_file htpasswd;
location /any { satisfy any; empty_gif; }
location /all { satisfy all; auth_jwt "r" token=$http_x_token; empty_gif; }
--- conf eval
({ htpasswd => "bob:{PLAIN}secret\n" })
--- cases eval
my $token = token(key('HS256'));
[
    ['password'                  => get('/any', basic('secret')), 200, reason => qr/\A(?:no_credential)?\z/,
        headers => { 'WWW-Authenticate' => undef }],
    ['token'                     => get('/any', bearer($token)), 200,
        headers => { 'WWW-Authenticate' => undef }],
    ['neither'                   => get('/any'), 401, reason => 'no_credential',
        headers => { 'WWW-Authenticate' => qr/(?:Bearer|Basic) realm/ }],
    ['wrong password'            => get('/any', basic('wrong')), 401, reason => 'no_credential'],
    ['bad token'                 => get('/any', bearer('a.b.c')), 401, reason => 'token_malformed'],
    ['all: both'                 => get('/all', "X-Token: $token", basic('secret')), 200],
    ['all: password alone'       => get('/all', basic('secret')), 'no_credential'],
    ['all: token alone'          => get('/all', "X-Token: $token"), 401,
        headers => { 'WWW-Authenticate' => qr/Basic/ }],
    ['all: wrong password'       => get('/all', "X-Token: $token", basic('wrong')), 401],
]



=== auth_request beside a token
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location = /yes { internal; proxy_pass http://$TEST_NGINX_ECHO/; }
location = /no  { internal; proxy_pass http://$TEST_NGINX_ECHO/denied; }
location /all-yes { auth_request /yes; empty_gif; }
location /all-no  { auth_request /no;  empty_gif; }
location /any-yes { satisfy any; auth_request /yes; empty_gif; }
location /any-no  { satisfy any; auth_request /no;  empty_gif; }
--- cases eval
my $good = bearer(key('HS256'));
[
    ['all: both'                 => get('/all-yes', $good), 200],
    ['all: no token'             => get('/all-yes'), 'no_credential'],
    ['all: refused elsewhere'    => get('/all-no', $good), 403],
    ['any: a token'              => get('/any-no', $good), 200, headers => { 'WWW-Authenticate' => undef }],
    ['any: admitted elsewhere'   => get('/any-yes'), 200, reason => qr/\A(?:no_credential)?\z/,
        headers => { 'WWW-Authenticate' => undef }],
    ['any: neither'              => get('/any-no'), 401, reason => 'no_credential'],
    ['any: bad token'            => get('/any-no', bearer('a.b.c')), 401, reason => 'token_malformed'],
]



=== a connection is used again
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /open {
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['each request for itself' => [
        [get('/x', bearer(key('HS256'))), 200, body => qr/user=alice /],
        [get('/x'), 'no_credential'],
        [get('/x', bearer(key('RS256'), { sub => 'bob' })), 200, body => qr/user=bob /],
        [get('/open'), 200, body => qr/user= /],
        [get('/x', bearer('a.b.c')), 'token_malformed'],
        [request('POST', '/x', { body => 'a body that is discarded' }), 'no_credential'],
        [get('/x', bearer(key('ES256'), { sub => 'carol' })), 200, body => qr/user=carol /],
        [get('/x'), 'no_credential'],
    ]],
]



=== two servers, two sets of keys
--- http_config
server {
    listen $TEST_NGINX_OTHER;
    auth_jwt "other";
    auth_jwt_key_file other.jwks;
    location / { empty_gif; }
}
--- conf eval
({ 'other.jwks' => jwks(key('HS256', 'hs256-of-other'), { %{ key('HS256', 'second')->jwk }, kid => 'hs256' }) })
--- config
auth_jwt "one";
auth_jwt_key_file keys.jwks;
location /x { empty_gif; }
--- cases eval
[
    ['the key of this server'        => get('/x', bearer(key('HS256'))), 200],
    ['the same kid of the other one' => get('/x', bearer(key('HS256', 'second'), {}, { kid => 'hs256' })),
        'signature_invalid'],
    ['a kid of the other one'        => get('/x', bearer(key('HS256', 'hs256-of-other'))), 'key_unknown'],
]
