# auth_tenant_claim and auth_tenant_expect.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

# The header line for someone of this tenant; a token with this payload.
sub of { return bearer(key('HS256'), { tenant_id => $_[0] }) }
sub payload { return bearer(key('HS256'), $_[0]) }

run_tests();

__DATA__

=== the tenant of the host
--- http_config
map $host $tenant_of_host {
    acme.example    acme;
    globex.example  globex;
}
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_tenant_expect $tenant_of_host;
location /x {
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my ($acme, $globex) = ('Host: acme.example', 'Host: globex.example');
[
    ['acme at home'         => get('/x', $acme, of('acme')), 200, body => qr/tenant=acme /],
    ['globex at home'       => get('/x', $globex, of('globex')), 200, body => qr/tenant=globex /],
    ['acme at globex'       => get('/x', $globex, of('acme')), 'tenant_mismatch'],
    ['globex at acme'       => get('/x', $acme, of('globex')), 'tenant_mismatch'],
    ['an unknown host: the value is empty' => get('/x', 'Host: other.example', of('acme')), 'tenant_mismatch'],
    ['an unknown host, no tenant either'   => get('/x', 'Host: other.example', of(undef)), 'tenant_mismatch'],
    ['an unknown host, an empty tenant'    => get('/x', 'Host: other.example', of('')), 'claim_malformed'],
    ['no tenant'            => get('/x', $acme, of(undef)), 'tenant_mismatch'],
    ['a tenant of null'     => get('/x', $acme, payload('{"tenant_id":null}')), 'tenant_mismatch'],
    ['an empty tenant'      => get('/x', $acme, of('')), 'claim_malformed'],
    ['another case'         => get('/x', $acme, of('Acme')), 'tenant_mismatch'],
    ['a prefix'             => get('/x', $acme, of('acm')), 'tenant_mismatch'],
    ['longer'               => get('/x', $acme, of('acme2')), 'tenant_mismatch'],
    ['a blank behind it'    => get('/x', $acme, of('acme ')), 'claim_malformed'],
    ['a list'               => get('/x', $acme, of('acme,globex')), 'tenant_mismatch'],
    ['a wildcard'           => get('/x', $acme, of('*')), 'tenant_mismatch'],
    ['letters that look alike' => get('/x', $acme, of("acm\x{0435}")), 'tenant_mismatch'],
    ['an array'             => get('/x', $acme, payload('{"tenant_id":["acme"]}')), 'claim_malformed'],
    ['a number'             => get('/x', $acme, payload('{"tenant_id":1}')), 'tenant_mismatch'],
    ['a fraction'           => get('/x', $acme, payload('{"tenant_id":1.0}')), 'claim_malformed'],
    ['an object'            => get('/x', $acme, payload('{"tenant_id":{"acme":1}}')), 'claim_malformed'],
    ['a boolean'            => get('/x', $acme, payload('{"tenant_id":true}')), 'claim_malformed'],
    ['a NUL'                => get('/x', $acme, payload('{"tenant_id":"acme\u0000"}')), 401, reason => qr/malformed/],
    ['a line break'         => get('/x', $acme, payload('{"tenant_id":"acme\n"}')), 'claim_malformed'],
    ['no token'             => get('/x', $acme), 'no_credential'],
    ['the log line'         => get('/x', $globex, of('acme')), 'tenant_mismatch',
        log => 'sallyport: refused 403 tenant_mismatch, kid "hs256", tenant "acme", subject "alice"'],
]



=== the tenant of the path, of a header, of an argument
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location ~ ^/t/(?<tenant>[^/]+)/ { auth_tenant_expect $tenant; empty_gif; }
location /header { auth_tenant_expect $http_x_tenant; empty_gif; }
location /arg { auth_tenant_expect $arg_tenant; empty_gif; }
location /fixed { auth_tenant_expect acme; empty_gif; }
--- cases eval
[
    ['path'               => get('/t/acme/x', of('acme')), 200],
    ['path of another'    => get('/t/globex/x', of('acme')), 'tenant_mismatch'],
    ['path by ..'         => get('/t/acme/../globex/x', of('acme')), 'tenant_mismatch'],
    ['path escaped'       => get('/t/acm%65/x', of('acme')), 200],
    ['header'             => get('/header', 'X-Tenant: acme', of('acme')), 200],
    ['another header'     => get('/header', 'X-Tenant: globex', of('acme')), 'tenant_mismatch'],
    ['no header'          => get('/header', of('acme')), 'tenant_mismatch'],
    ['argument'           => get('/arg?tenant=acme', of('acme')), 200],
    ['empty argument'     => get('/arg?tenant=', of('acme')), 'tenant_mismatch'],
    ['a fixed name'       => get('/fixed', of('acme')), 200],
    ['a fixed name of another' => get('/fixed', of('globex')), 'tenant_mismatch'],
]



=== contexts and inheritance
--- http_config
auth_tenant_expect $http_x_tenant;
auth_tenant_claim org.id;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /http { empty_gif; }
location /own { auth_tenant_expect $arg_tenant; auth_tenant_claim tenant_id; empty_gif;
    location /own/nested { empty_gif; }
}
location /open { auth_jwt off; empty_gif; }
--- cases eval
my $org = bearer(key('HS256'), { org => { id => 'acme' } });
[
    ['of http'                => get('/http', 'X-Tenant: acme', $org), 200],
    ['of http: another'       => get('/http', 'X-Tenant: globex', $org), 'tenant_mismatch'],
    ['of http: other claim'   => get('/http', 'X-Tenant: acme', of('acme')), 'tenant_mismatch'],
    ['own'                    => get('/own?tenant=acme', of('acme')), 200],
    ['own: the outer header counts for nothing' => get('/own', 'X-Tenant: acme', of('acme')), 'tenant_mismatch'],
    ['own: the outer claim counts for nothing'  => get('/own?tenant=acme', $org), 'tenant_mismatch'],
    ['nested'                 => get('/own/nested?tenant=acme', of('acme')), 200],
    ['nested: another'        => get('/own/nested?tenant=globex', of('acme')), 'tenant_mismatch'],
    ['where auth_jwt is off'  => get('/open'), 200],
]



=== auth_tenant_claim: a path, or the name as a whole
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /default { proxy_set_header X-Tenant-Id $auth_tenant; proxy_pass http://$TEST_NGINX_ECHO; }
location /path { auth_tenant_claim org.id; proxy_set_header X-Tenant-Id $auth_tenant; proxy_pass http://$TEST_NGINX_ECHO; }
location /url  { auth_tenant_claim https://app.example/tenant; proxy_set_header X-Tenant-Id $auth_tenant; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my $of = sub { my ($name, $uri, $claims, $tenant) = @_;
    [$name => get($uri, bearer(key('HS256'), $claims)), 200, body => qr/tenant=\Q$tenant\E roles/] };
[
    $of->('tenant_id is the default', '/default', { tenant_id => 'acme' }, 'acme'),
    $of->('none', '/default', { tenant => 'acme', org => { id => 'acme' } }, ''),
    $of->('nested', '/path', { org => { id => 'acme' } }, 'acme'),
    $of->('the name as a whole', '/path', { 'org.id' => 'globex' }, 'globex'),
    $of->('the name as a whole goes first', '/path', { 'org.id' => 'globex', org => { id => 'acme' } }, 'globex'),
    $of->('no object on the way', '/path', { org => 'acme' }, ''),
    $of->('the default name is not read', '/path', { tenant_id => 'acme' }, ''),
    $of->('a URL', '/url', { 'https://app.example/tenant' => 'acme' }, 'acme'),
]



=== roles are those within the token's own tenant
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_tenant_expect $arg_tenant;
    auth_role_map { GET admin; }
    empty_gif;
}
--- cases eval
my $both = { acme => ['admin'], globex => ['viewer'] };
[
    ['admin at acme'                => get('/x?tenant=acme', bearer(key('HS256'), { tenant_id => 'acme',
        roles => $both })), 200],
    ['viewer at globex'             => get('/x?tenant=globex', bearer(key('HS256'), { tenant_id => 'globex',
        roles => $both })), 'role_missing'],
    ['admin of acme, asks globex'   => get('/x?tenant=globex', bearer(key('HS256'), { tenant_id => 'acme',
        roles => $both })), 'tenant_mismatch'],
    ['no tenant'                    => get('/x?tenant=acme', bearer(key('HS256'), { roles => $both })), 'tenant_mismatch'],
]
