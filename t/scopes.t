# auth_scope_map, auth_scope_claim, $auth_scopes: OAuth scopes (RFC 6749 section 3.3).

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Credential;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::Nginx::Socket 'no_plan';

our $hs = key('HS256');
sub with { my ($claims) = @_; return bearer($hs, $claims) }
sub scoped { my ($scope) = @_; return with({ scope => $scope }) }

our $missing = { 'WWW-Authenticate' => 'Bearer realm="r", error="insufficient_scope", scope="orders.write orders.admin"' };

run_tests();

__DATA__

=== methods, any and all
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_scope_map {
    GET    orders.read;
    POST   any orders.write orders.admin;
    PUT    all orders.write orders.admin;
    PATCH  on;
    DELETE off;
    PURGE  cache.purge;
}
location /x { proxy_set_header X-Extra $auth_scopes; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['the scope'            => get('/x', scoped('orders.read')), 200, body => qr/extra=orders\.read$/m],
    ['among others'         => get('/x', scoped('profile orders.read email')), 200, body => qr/extra=profile orders\.read email$/m],
    ['HEAD follows GET'     => request('HEAD', '/x', scoped('orders.read')), 200],
    (map { ["not the scope: '$_'" => get('/x', scoped($_)), 'scope_missing'] }
        '', 'orders', 'orders.reader', 'ORDERS.READ', 'orders.read,', 'orders.read,profile', "xorders.read", 'orders read'),
    ['no scope'             => get('/x', with({})), 'scope_missing',
        headers => { 'WWW-Authenticate' => 'Bearer realm="r", error="insufficient_scope", scope="orders.read"' }],
    ['any: the first'       => request('POST', '/x', scoped('orders.write')), 200],
    ['any: the second'      => request('POST', '/x', scoped('orders.admin')), 200],
    ['any: neither'         => request('POST', '/x', scoped('orders.read')), 'scope_missing', headers => $::missing],
    ['all: one'             => request('PUT', '/x', scoped('orders.write')), 'scope_missing', headers => $::missing],
    ['all: both'            => request('PUT', '/x', scoped('orders.admin orders.write')), 200],
    ['on: no scope needed'  => request('PATCH', '/x', with({})), 200],
    ['off: no scope needed' => request('DELETE', '/x', with({})), 200],
    ['off opens nothing'    => request('DELETE', '/x'), 'no_credential', headers => { 'WWW-Authenticate' => 'Bearer realm="r"' }],
    ['a method of WebDAV or of a cache' => request('PURGE', '/x', scoped('cache.purge')), 200],
    ['without its scope'    => request('PURGE', '/x', scoped('orders.read')), 'scope_missing'],
    ['a method that is not listed' => request('REPORT', '/x', scoped('orders.read')), 'method_not_allowed',
        headers => { 'WWW-Authenticate' => 'Bearer realm="r", error="insufficient_scope"' }],
    ['401 names the scopes' => request('POST', '/x'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Bearer realm="r", scope="orders.write orders.admin"' }],
    ['so does 401 for an expired token' => get('/x', with({ exp => 1, scope => 'orders.read' })), 'token_expired',
        headers => { 'WWW-Authenticate' => 'Bearer realm="r", error="invalid_token", scope="orders.read"' }],
    ['400 does not'         => get('/x', 'Authorization: Bearer'), 'malformed_authorization',
        headers => { 'WWW-Authenticate' => 'Bearer realm="r", error="invalid_request"' }],
]



=== spellings of the claim
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_scope_map { GET a; }
location /x    { proxy_set_header X-Extra $auth_scopes; proxy_pass http://$TEST_NGINX_ECHO; }
location /own  { auth_scope_claim permissions https://api.example/scopes .realm."my.client"[1]; proxy_set_header X-Extra $auth_scopes; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my $ok = sub { my ($list) = @_; return (200, body => qr/extra=\Q$list\E$/m) };
[
    ['scope, a string'          => get('/x', with({ scope => 'a b' })), $ok->('a b')],
    ['scope, an array'          => get('/x', with({ scope => ['a', 'b'] })), $ok->('a b')],
    ['scp, a string'            => get('/x', with({ scp => 'a b' })), $ok->('a b')],
    ['scp, an array'            => get('/x', with({ scp => ['b', 'a'] })), $ok->('b a')],
    ['scope before scp'         => get('/x', with({ scope => 'b', scp => 'a' })), 'scope_missing'],
    ['scope is null: scp'       => get('/x', with({ scope => undef, scp => 'a' })), $ok->('a')],
    ['scope is empty: no scp'   => get('/x', with({ scope => '', scp => 'a' })), 'scope_missing'],
    (map { ["no scopes: " . json($_) => get('/x', with({ scope => $_, scp => 'a' })), 'scope_missing'] }
        1, \1, { a => 1 }, ['a', 1], [['a']], []),
    ['an element with a blank is no scope' => get('/x', with({ scope => ['a b'] })), 'scope_missing'],
    ['what is no scope is ignored'  => get('/x', with({ scope => ['a', "b\r\nX: y", 'c"d', 'e\\f', "\x{e4}", ''] })), $ok->('a')],
    ['tabs do not separate'     => get('/x', with({ scope => "b\ta" })), 'scope_missing'],
    ['several blanks do'        => get('/x', with({ scope => '  b   a ' })), $ok->('b a')],
    ['another claim'            => get('/own', with({ permissions => ['a'], scope => 'b' })), $ok->('a')],
    ['a claim that is a URL'    => get('/own', with({ 'https://api.example/scopes' => 'a b' })), $ok->('a b')],
    ['a path'                   => get('/own', with({ realm => { 'my.client' => ['x', 'a'] } })), $ok->('a')],
    ['scope does not count there' => get('/own', with({ scope => 'a' })), 'scope_missing'],
]



=== beside a role map, and for other credentials
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_password "r";
auth_password_file users.json;
auth_role_map  { GET viewer; POST editor; PUT on; OPTIONS off; DELETE admin; }
auth_scope_map { GET a; POST b; OPTIONS off; PUT off; }
location /x { empty_gif; }
location /echo { proxy_set_header X-Extra "[$auth_scopes]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /optional { auth_policy optional; auth_role_map { GET on; POST on; } auth_scope_map { GET a; POST on; } proxy_set_header X-Extra "[$auth_scopes]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /observe { auth_policy observe; auth_role_map { GET on; } proxy_set_header X-Extra "[$auth_scopes]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /any { satisfy any; allow all; proxy_set_header X-Extra "[$auth_scopes]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /redirect { error_page 403 = @free; empty_gif; }
location @free { auth_jwt off; auth_password off; proxy_set_header X-Extra "[$auth_scopes]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /try { try_files /nothing @guarded; }
location @guarded { auth_role_map { GET on; } auth_scope_map { GET other; } proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval
+{ 'users.json' => json({ alice => { password => '{SHA}' . encode_base64(Digest::SHA::sha1('wonderland'), ''), roles => ['viewer', 'editor'] } }) }
--- cases eval
my $both = with({ roles => ['viewer'], scope => 'a' });
my $basic = 'Authorization: Basic ' . encode_base64('alice:wonderland', '');
my %any = (headers => { 'WWW-Authenticate' => qr/./ });
[
    ['both are met'          => get('/echo', $both), 200, body => qr/extra=\[a\]/],
    ['the role is missing'   => get('/x', with({ scope => 'a' })), 'role_missing', %any],
    ['the scope is missing'  => get('/x', with({ roles => ['viewer'] })), 'scope_missing', %any],
    ['a role is no scope'    => get('/x', with({ roles => ['viewer', 'a'], scope => 'viewer' })), 'scope_missing', %any],
    ['only the role map lists the method' => request('DELETE', '/x', with({ roles => ['admin'], scope => 'a' })), 'method_not_allowed', %any],
    ['the role map opens a method' => request('OPTIONS', '/echo'), 200, body => qr/extra=\[\]/],
    ['passwords have no scopes' => get('/x', $basic), 'scope_missing', headers => { 'WWW-Authenticate' => '' }],
    ['and need none where none is needed' => request('PUT', '/echo', $basic), 200, body => qr/extra=\[\]/],
    ['nobody has no scopes'  => get('/optional'), 'no_credential', %any],
    ['nobody where none is needed' => request('POST', '/optional'), 200, body => qr/extra=\[\]/],
    ['observe'               => get('/observe', with({ scope => 'b' })), 200, body => qr/extra=\[\]/, reason => 'scope_missing'],
    ['satisfy any: the variable of a refused principal is empty' => get('/any', with({ roles => ['viewer'], scope => 'secret' })), 200, body => qr/extra=\[\]/, reason => 'scope_missing'],
    ['an error page is not the principal\'s' => get('/redirect', with({ roles => ['viewer'], scope => 'b' })), 200, body => qr/extra=\[\]/, reason => 'scope_missing'],
    ['after try_files the new location decides' => get('/try', $both), 'scope_missing', %any],
    ['and admits'            => get('/try', with({ scope => 'a other', roles => ['viewer'] })), 200],
]



=== tokens that nginx issued
--- http_config
auth_token_store memory:;
auth_token_key access RS256 access.pem;
auth_token_refresh_key refresh HS256 refresh.secret;
auth_token_issuer sallyport;
--- config
location /login { auth_password "staff"; auth_password_file users.json; auth_token_claim scope "orders.read profile"; auth_endpoint login; }
location /x { auth_jwt "r"; auth_token_accept on; auth_scope_map { GET orders.read; POST orders.write; } empty_gif; }
location /echo { auth_jwt "r"; auth_token_accept on; proxy_set_header X-Extra "[$auth_scopes]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /own { auth_jwt "r"; auth_token_accept on; auth_scope_claim sub; auth_scope_map { GET alice; } empty_gif; }
--- conf eval
+{
    'users.json' => json({ alice => { password => '{SHA}' . encode_base64(Digest::SHA::sha1('wonderland'), '') } }),
    'access.pem' => key('RS256')->private,
    'refresh.secret' => 'r' x 40,
}
--- cases eval
my $token = sub { my ($method, $uri) = @_; return sub { request($method, $uri, "Authorization: Bearer $main::tokens{access_token}") } };
[
    ['login' => request('POST', '/login', 'Content-Type: application/json', { body => json({ username => 'alice', password => 'wonderland' }) }), 200,
        then => sub { my ($answer) = @_; our %tokens = %{ JSON::PP::decode_json($answer->{body}) }; return () }],
    ['the scope'     => $token->('GET', '/x'), 200],
    ['another scope' => $token->('POST', '/x'), 'scope_missing', headers => { 'WWW-Authenticate' => qr/scope="orders\.write"\z/ }],
    ['the variable'  => $token->('GET', '/echo'), 200, body => qr/extra=\[orders\.read profile\]/],
    ['another claim' => $token->('GET', '/own'), 200],
]
