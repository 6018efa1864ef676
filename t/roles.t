# auth_roles_claim and auth_role_map.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

# The header line for someone with these roles.
sub roles { return bearer(key('HS256'), { roles => [@_] }) }

# A token with this claim, or payload.
sub claims { return bearer(key('HS256'), @_ == 1 ? $_[0] : {@_}) }

our @methods = qw(GET HEAD POST PUT PATCH DELETE OPTIONS COPY MOVE MKCOL LOCK UNLOCK PROPFIND PROPPATCH);

run_tests();

__DATA__

=== one role, any of, all of, on, off
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_role_map {
        GET     viewer;
        POST    any editor admin;
        PATCH   all editor admin;
        DELETE  editor admin;
        PUT     on;
        OPTIONS off;
    }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my @who = ([], ['viewer'], ['editor'], ['admin'], ['editor', 'admin'], ['viewer', 'admin', 'editor']);
my %admits = (
    GET     => sub { grep { $_ eq 'viewer' } @_ },
    HEAD    => sub { grep { $_ eq 'viewer' } @_ },
    POST    => sub { grep { /editor|admin/ } @_ },
    PATCH   => sub { 2 == grep { /editor|admin/ } @_ },
    DELETE  => sub { 2 == grep { /editor|admin/ } @_ },
    PUT     => sub { 1 },
);
[
    (map { my $method = $_; map {
        ["$method by [@$_]" => request($method, '/x', roles(@$_)), $admits{$method}->(@$_) ? 200 : 'role_missing']
    } @who } sort keys %admits),
    (map { ["$_ without a token" => request($_, '/x'), 'no_credential'] } sort keys %admits),
    ['OPTIONS without a token'   => request('OPTIONS', '/x'), 200],
    ['OPTIONS with a bad token'  => request('OPTIONS', '/x', bearer('x')), 200],
    ['OPTIONS with a bad header' => request('OPTIONS', '/x', 'Authorization: "'), 200],
    ['a method that is not in the map'             => request('MKCOL', '/x', roles(qw(viewer editor admin))),
        'method_not_allowed'],
    ['a method that is not in the map, no token'   => request('MKCOL', '/x'), 'no_credential'],
    ['a method that is not in the map, bad token'  => request('MKCOL', '/x', bearer('a.b.c')), 'token_malformed'],
    ['a method that nginx does not know'           => request('BREW', '/x', roles('viewer')), 'method_not_allowed'],
    ['a method that nginx does not know, no token' => request('BREW', '/x'), 'no_credential'],
]



=== HEAD follows GET unless it is listed
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /get   { auth_role_map { GET viewer; } proxy_pass http://$TEST_NGINX_ECHO; }
location /both  { auth_role_map { GET viewer; HEAD prober; } proxy_pass http://$TEST_NGINX_ECHO; }
location /all   { auth_role_map { ALL admin; GET viewer; } proxy_pass http://$TEST_NGINX_ECHO; }
location /noget { auth_role_map { POST on; ALL admin; } proxy_pass http://$TEST_NGINX_ECHO; }
location /head  { auth_role_map { HEAD on; } proxy_pass http://$TEST_NGINX_ECHO; }
location /off   { auth_role_map { GET off; } proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['as GET'              => request('HEAD', '/get', roles('viewer')), 200],
    ['as GET, role missing' => request('HEAD', '/get', roles('other')), 'role_missing'],
    ['listed'              => request('HEAD', '/both', roles('prober')), 200],
    ['listed, role of GET' => request('HEAD', '/both', roles('viewer')), 'role_missing'],
    ['GET beside HEAD'     => get('/both', roles('prober')), 'role_missing'],
    ['GET goes before ALL' => request('HEAD', '/all', roles('viewer')), 200],
    ['GET goes before ALL, role of ALL' => request('HEAD', '/all', roles('admin')), 'role_missing'],
    ['ALL where GET is not listed'      => request('HEAD', '/noget', roles('admin')), 200],
    ['GET does not follow HEAD'         => get('/head', roles('viewer')), 'method_not_allowed'],
    ['off for GET is off for HEAD'      => request('HEAD', '/off'), 200],
]



=== ALL
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /on    { auth_role_map { GET viewer; ALL on; } proxy_pass http://$TEST_NGINX_ECHO; }
location /admin { auth_role_map { ALL admin; } proxy_pass http://$TEST_NGINX_ECHO; }
location /any   { auth_role_map { ALL any a b; } proxy_pass http://$TEST_NGINX_ECHO; }
location /off   { auth_role_map { GET viewer; ALL off; } proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    (map { ["on: $_ with a token" => request($_, '/on', roles('viewer')), 200] } @::methods),
    (map { ["on: $_ without" => request($_, '/on'), 'no_credential'] } @::methods),
    ['on: GET still has its role' => get('/on', roles('other')), 'role_missing'],
    (map { ["admin: $_ by admin" => request($_, '/admin', roles('admin')), 200] } @::methods, 'BREW'),
    (map { ["admin: $_ by viewer" => request($_, '/admin', roles('viewer')), 'role_missing'] } @::methods, 'BREW'),
    ['any: b'                     => request('PUT', '/any', roles('b')), 200],
    ['any: c'                     => request('PUT', '/any', roles('c')), 'role_missing'],
    ['off: POST'                  => request('POST', '/off'), 200],
    ['off: GET'                   => get('/off'), 'no_credential'],
]



=== every method that can be listed
--- config eval
"location /x { auth_jwt 'r'; auth_jwt_key_file keys.jwks; auth_role_map {\n"
    . join('', map { "$_ role-of-\L$_\E;\n" } @::methods, 'TRACE', 'CONNECT')
    . "} proxy_pass http://$ENV{TEST_NGINX_ECHO}; }\n"
--- cases eval
[
    (map { ["$_ with its role" => request($_, '/x', roles("role-of-\L$_")), 200] } @::methods),
    (map { my $method = $_; ["$_ with the roles of all others" => request($method, '/x',
        roles(map { "role-of-\L$_" } grep { $_ ne $method } @::methods)), 'role_missing'] } @::methods),
]



=== no map: a valid credential is enough
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    (map { ["$_ without a role" => request($_, '/x', roles()), 200] } @::methods),
    (map { ["$_ without a token" => request($_, '/x'), 'no_credential'] } @::methods),
]



=== shapes of the claim
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_role_map { GET viewer; }
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $grants = sub { my ($payload, $roles) = @_; ["$payload" => get('/x', claims($payload)), 200, body => qr/roles=\Q$roles\E extra/] };
[
    $grants->('{"roles":["viewer"]}', 'viewer'),
    $grants->('{"roles":["a","viewer","b"]}', 'a,viewer,b'),
    $grants->('{"roles":"viewer"}', 'viewer'),
    $grants->('{"roles":"editor viewer"}', 'editor,viewer'),
    $grants->('{"roles":"  editor   viewer "}', 'editor,viewer'),
    $grants->('{"tenant_id":"acme","roles":{"acme":["viewer"]}}', 'viewer'),
    $grants->('{"tenant_id":"acme","roles":{"acme":"editor viewer","globex":["admin"]}}', 'editor,viewer'),
    $grants->('{"roles":["Viewer","viewer"]}', 'Viewer,viewer'),
    map { [$_ => get('/x', claims($_)), 'role_missing'] }
        '{}', '{"roles":null}', '{"roles":[]}', '{"roles":""}', '{"roles":" "}', '{"roles":{}}', '{"roles":1}',
        '{"roles":true}', '{"roles":["Viewer"]}', '{"roles":["VIEWER"]}', '{"roles":["view","viewers"]}',
        '{"roles":"viewer,editor"}', '{"roles":["viewer,editor"]}',
        '{"roles":["a,viewer"]}', '{"roles":["editor viewer"]}', '{"roles":[["viewer"]]}', '{"roles":[{"viewer":1}]}',
        '{"roles":{"viewer":false}}', '{"roles":{"viewer":1}}', '{"roles":{"viewer":"true"}}', '{"roles":{"acme":["viewer"]}}',
        '{"tenant_id":"acme","roles":{"viewer":{"globex":"x"}}}', '{"tenant_id":"acme","roles":{"acme":["x"],"viewer":true}}', '{"roles":{"":["viewer"]}}',
        '{"tenant_id":"acme","roles":{"globex":["viewer"]}}', '{"tenant_id":"acme","roles":{"acme":{"viewer":1}}}',
        '{"tenant_id":"acme","roles":{"acme":1}}', '{"tenant_id":"acme","roles":{"Acme":["viewer"]}}',
        '{"role":["viewer"]}', '{"Roles":["viewer"]}',
]



=== a comma in a role, or another shape, takes nothing from the others beside it
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_role_map { GET viewer; }
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['a role with a comma is not granted' => get('/x', claims('{"roles":["a,b","viewer"]}')), 200,
        body => qr/roles=viewer extra/],
    ['a control character makes the token invalid' => get('/x', claims('{"roles":["viewer","a\nb"]}')),
        'claim_malformed'],
    ['so does a blank at an edge' => get('/x', claims('{"roles":["viewer "]}')), 'claim_malformed'],
    ['in a string as well' => get('/x', claims('{"roles":"viewer a\tb"}')), 'claim_malformed'],
]



=== roles that are the names of an object's members
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_role_map { GET admin; }
location /x      { empty_gif; }
location /client { auth_roles_claim '.resource_access."my.client".roles'; empty_gif; }
location /first  { auth_roles_claim .groups[0].roles; auth_tenant_claim '.org."id.x"'; auth_tenant_expect acme; empty_gif; }
--- cases eval
[
    ['true'                  => get('/x', claims('{"roles":{"admin":true}}')), 200],
    ['false'                 => get('/x', claims('{"roles":{"admin":false}}')), 'role_missing'],
    ['by the own tenant'     => get('/x', claims('{"tenant_id":"acme","roles":{"admin":{"acme":"acme.example"}}}')), 200],
    ['by another tenant'     => get('/x', claims('{"tenant_id":"acme","roles":{"admin":{"globex":"x"}}}')), 'role_missing'],
    ['by a tenant, without one' => get('/x', claims('{"roles":{"admin":{"acme":"x"}}}')), 200],
    ['a member of the tenant decides' => get('/x', claims('{"tenant_id":"acme","roles":{"acme":["x"],"admin":true}}')), 'role_missing'],
    ['a name with dots'      => get('/client', claims('{"resource_access":{"my.client":{"roles":["admin"]}}}')), 200],
    ['no name with dots'     => get('/client', claims('{"resource_access":{"my":{"client":{"roles":["admin"]}}}}')), 'role_missing'],
    ['of an array, and a tenant' => get('/first', claims('{"groups":[{"roles":["admin"]}],"org":{"id.x":"acme"}}')), 200],
    ['of its second element' => get('/first', claims('{"groups":[{},{"roles":["admin"]}],"org":{"id.x":"acme"}}')), 'role_missing'],
    ['another tenant'        => get('/first', claims('{"groups":[{"roles":["admin"]}],"org":{"id":{"x":"acme"}}}')), 'tenant_mismatch'],
]



=== auth_roles_claim: a path, or the name as a whole
--- http_config
auth_roles_claim realm_access.roles;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_role_map { GET viewer; }
location /http  { proxy_pass http://$TEST_NGINX_ECHO; }
location /url   { auth_roles_claim https://app.example/roles; proxy_pass http://$TEST_NGINX_ECHO; }
location /scope { auth_roles_claim scope; proxy_pass http://$TEST_NGINX_ECHO; }
location /deep  { auth_roles_claim a.b.c; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['nested'             => get('/http', claims(realm_access => { roles => ['viewer'] })), 200],
    ['the name as a whole' => get('/http', claims('realm_access.roles' => ['viewer'])), 200],
    ['the name as a whole goes first' => get('/http', claims('realm_access.roles' => [],
        realm_access => { roles => ['viewer'] })), 'role_missing'],
    ['the default is replaced' => get('/http', claims(roles => ['viewer'])), 'role_missing'],
    ['no object on the way'    => get('/http', claims(realm_access => ['viewer'])), 'role_missing'],
    ['text on the way'         => get('/http', claims(realm_access => 'viewer')), 'role_missing'],
    ['a URL'              => get('/url', claims('https://app.example/roles' => ['viewer'])), 200],
    ['scope'              => get('/scope', claims(scope => 'openid viewer')), 200],
    ['three levels'       => get('/deep', claims(a => { b => { c => ['viewer'] } })), 200],
    ['two levels of three' => get('/deep', claims(a => { b => ['viewer'] })), 'role_missing'],
    ['a half name is no level' => get('/deep', claims('a.b' => { c => ['viewer'] })), 'role_missing'],
]



=== an inner map replaces the outer one
--- http_config
auth_role_map { GET viewer; POST editor; }
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /http   { proxy_pass http://$TEST_NGINX_ECHO; }
location /inner  { auth_role_map { GET admin; } proxy_pass http://$TEST_NGINX_ECHO;
    location /inner/deeper { proxy_pass http://$TEST_NGINX_ECHO; }
}
location /off    { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['of http'             => get('/http', roles('viewer')), 200],
    ['of http: POST'       => request('POST', '/http', roles('editor')), 200],
    ['inner'               => get('/inner', roles('admin')), 200],
    ['inner: the outer role' => get('/inner', roles('viewer')), 'role_missing'],
    ['inner: a method of the outer map' => request('POST', '/inner', roles('editor')), 'method_not_allowed'],
    ['nested'              => get('/inner/deeper', roles('viewer')), 'role_missing'],
    ['inherited where auth_jwt is off: nothing' => get('/off'), 200],
]



=== a map of the server
--- config
auth_role_map { GET viewer; }
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /open { proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['viewer' => get('/x', roles('viewer')), 200],
    ['nobody' => get('/x', roles()), 'role_missing'],
    ['open'   => get('/open'), 200],
]



=== names of roles
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_role_map {
        GET    "https://app.example/role:reader";
        POST   any on off;
        PUT    all all;
        PATCH  orders:write;
    }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['a URL'             => get('/x', roles('https://app.example/role:reader')), 200],
    ['"on" behind any'   => request('POST', '/x', roles('on')), 200],
    ['"off" behind any'  => request('POST', '/x', roles('off')), 200],
    ['neither'           => request('POST', '/x', roles('any')), 'role_missing'],
    ['"all" behind all'  => request('PUT', '/x', roles('all')), 200],
    ['a colon'           => request('PATCH', '/x', roles('orders:write')), 200],
    ['before the colon'  => request('PATCH', '/x', roles('orders')), 'role_missing'],
]



=== tenant and role are checked in this order, and logged
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_tenant_expect $arg_tenant;
    auth_role_map { GET viewer; }
    empty_gif;
}
--- cases eval
[
    ['wrong tenant, no role' => get('/x?tenant=globex', claims(tenant_id => 'acme')), 'tenant_mismatch'],
    ['no role'  => get('/x?tenant=acme', claims(tenant_id => 'acme')), 'role_missing',
        log => 'sallyport: refused 403 role_missing, kid "hs256", tenant "acme", subject "alice"'],
    ['neither wrong' => get('/x?tenant=acme', claims(tenant_id => 'acme', roles => 'viewer')), 200],
]



=== a token that is used again, with other methods and elsewhere
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /a { auth_role_map { GET viewer; POST editor; } auth_scope_map { GET orders.read; POST orders.write; } empty_gif; }
location /b { auth_role_map { GET editor; } auth_scope_map { GET orders.read; } empty_gif; }
location /c { auth_role_map { GET viewer; } auth_scope_map { GET orders.write; } empty_gif; }
--- cases eval
my $token = claims(roles => 'viewer', scope => 'orders.read');
[
    ['granted'          => get('/a', $token), 200],
    ['granted again'    => get('/a', $token), 200],
    ['another method'   => request('POST', '/a', $token), 'role_missing'],
    ['another role'     => get('/b', $token), 'role_missing'],
    ['another scope'    => get('/c', $token), 'scope_missing'],
    ['and again'        => get('/c', $token), 'scope_missing'],
    ['still granted'    => get('/a', $token), 200],
    ['and still not'    => request('POST', '/a', $token), 'role_missing'],
]
