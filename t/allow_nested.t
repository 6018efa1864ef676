# auth_jwt_allow_nested: names of claims that lead into nested objects.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

our $hs = key('HS256');
sub with { my ($claims, $header) = @_; return bearer($hs, $claims, $header) }
our $echo = 'proxy_pass http://$TEST_NGINX_ECHO;';

run_tests();

__DATA__

=== requirements
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /plain  { auth_jwt_require_claim realm.roles any 'json=["admin"]'; empty_gif; }
location /nested { auth_jwt_allow_nested; auth_jwt_require_claim realm.roles any 'json=["admin"]'; empty_gif; }
location /before { auth_jwt_require_claim realm.roles any 'json=["admin"]'; auth_jwt_allow_nested; empty_gif; }
location /quoted { auth_jwt_allow_nested; auth_jwt_require_claim 'clients."my.client".roles' any 'json=["admin"]'; empty_gif; }
location /marks  { auth_jwt_allow_nested delimiter=/ quote='; auth_jwt_require_claim "clients/'my/client'/roles" any 'json=["admin"]'; empty_gif; }
location /header { auth_jwt_allow_nested; auth_jwt_require_header ext.level eq json=2; empty_gif; }
location /path   { auth_jwt_allow_nested; auth_jwt_require_claim .realm.roles[0] eq admin; empty_gif; }
location /one    { auth_jwt_allow_nested; auth_jwt_require_claim plan eq gold error=402; empty_gif; }
location /outer  { auth_jwt_require_claim realm.roles any 'json=["admin"]'; empty_gif;
    location /outer/nested { auth_jwt_allow_nested; empty_gif; }
    location /outer/deep { auth_jwt_allow_nested; empty_gif;
        location /outer/deep/off { auth_jwt_allow_nested off; empty_gif; }
        location /outer/deep/same { auth_jwt_leeway 1s; empty_gif; }
    }
}
location /except { auth_jwt_allow_nested; proxy_pass http://$TEST_NGINX_ECHO;
    limit_except GET { auth_jwt_require_claim realm.roles any 'json=["admin"]'; }
}
--- cases eval
my ($nested, $plain) = (with({ realm => { roles => ['admin'] } }), with({ 'realm.roles' => ['admin'] }));
my $is_nested = sub { my ($uri) = @_; return (
    ["$uri: the nested claim" => get($uri, $nested), 200],
    ["$uri: a name with a dot" => get($uri, $plain), 'requirement_unmet'],
) };
my $is_plain = sub { my ($uri) = @_; return (
    ["$uri: the nested claim" => get($uri, $nested), 'requirement_unmet'],
    ["$uri: a name with a dot" => get($uri, $plain), 200],
) };
[
    $is_plain->('/plain'), $is_nested->('/nested'), $is_nested->('/before'), $is_nested->('/path'),
    $is_plain->('/outer'), $is_nested->('/outer/nested'), $is_nested->('/outer/deep'), $is_nested->('/outer/deep/same'),
    $is_plain->('/outer/deep/off'),
    ['quoted'                => get('/quoted', with({ clients => { 'my.client' => { roles => ['admin'] } } })), 200],
    ['quotes are no part'    => get('/quoted', with({ clients => { '"my.client"' => { roles => ['admin'] } } })), 'requirement_unmet'],
    ['a dot does not nest in quotes' => get('/quoted', with({ clients => { my => { client => { roles => ['admin'] } } } })), 'requirement_unmet'],
    ['other marks'           => get('/marks', with({ clients => { 'my/client' => { roles => ['admin'] } } })), 200],
    ['dots do nothing there' => get('/marks', with({ 'clients.my/client.roles' => ['admin'] })), 'requirement_unmet'],
    ['a member of the header' => get('/header', with({}, { ext => { level => 2 } })), 200],
    ['another one'           => get('/header', with({}, { ext => { level => 3 } })), 'requirement_unmet'],
    ['a name with a dot there' => get('/header', with({}, { 'ext.level' => 2 })), 'requirement_unmet'],
    ['one name'              => get('/one', with({ plan => 'gold' })), 200],
    (map { ["not an object: " . json($_) => get('/nested', with({ realm => $_ })), 'requirement_unmet'] }
        undef, 'roles', 5, ['roles'], [{ roles => ['admin'] }], { roles => undef }),
    ['limit_except: GET'     => get('/except', $plain), 200],
    ['limit_except: POST'    => request('POST', '/except', $plain), 'requirement_unmet'],
    ['limit_except: nested'  => request('POST', '/except', $nested), 200],
]



=== variables
--- http_config
auth_jwt_claim_set $roles realm.roles;
auth_jwt_claim_set $client clients '"my.client".name';
auth_jwt_claim_set $path .realm.roles[1];
auth_jwt_header_set $level ext.level;
map $roles $mapped { "" none; default $roles; }
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
proxy_set_header X-Extra "$roles|$client|$path|$level|$jwt_claim_realm_name|$jwt_header_ext_level|$jwt_claim_plan|$mapped";
location /plain  { proxy_pass http://$TEST_NGINX_ECHO; }
location /nested { auth_jwt_allow_nested; proxy_pass http://$TEST_NGINX_ECHO; }
location /lines  { auth_jwt_allow_nested delimiter=_ quote='; proxy_pass http://$TEST_NGINX_ECHO; }
location /bare   { auth_jwt_allow_nested delimiter=_ quote='; proxy_set_header X-Extra "$jwt_claim_|$jwt_claim__|$jwt_claim_realm_|$jwt_claim__realm|$jwt_claim_realm__name"; proxy_pass http://$TEST_NGINX_ECHO; }
location /require { auth_jwt_allow_nested delimiter=_ quote='; auth_jwt_require $jwt_claim_realm_name; proxy_pass http://$TEST_NGINX_ECHO; }
location /page   { auth_jwt_allow_nested; error_page 404 = @page; root /nowhere; }
location @page   { proxy_pass http://$TEST_NGINX_ECHO; }
location @none   { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /none   { auth_jwt_allow_nested; error_page 404 = @none; root /nowhere; }
location /open   { auth_jwt off; auth_jwt_allow_nested; proxy_pass http://$TEST_NGINX_ECHO; }
--- no_error_log
[alert]
--- cases eval
my $token = with({
    realm => { roles => ['a', 'b'], name => 'n' }, 'realm.roles' => 'plain', realm_name => 'line', plan => 'gold',
    clients => { 'my.client' => { name => 'c' }, '"my.client".name' => 'quotes' },
}, { ext => { level => 2 }, 'ext.level' => 1, ext_level => 3 });
my $extra = sub { my ($text) = @_; return (200, body => qr/extra=\Q$text\E$/m) };
[
    ['plain'        => get('/plain', $token), $extra->('plain|quotes|b|1|line|3|gold|plain')],
    ['nested'       => get('/nested', $token), $extra->('a,b|c|b|2|line|3|gold|a,b')],
    ['by underscores' => get('/lines', $token), $extra->('plain|quotes|b|1|n|2|gold|plain')],
    ['broken names' => get('/bare', $token), $extra->('||||')],
    ['auth_jwt_require' => get('/require', $token), 200],
    ['auth_jwt_require: missing' => get('/require', with({ realm_name => 'line' })), 'requirement_unmet'],
    # The location that uses a variable decides.
    ['after a redirect to a guarded location' => get('/page', $token), $extra->('plain|quotes|b|1|line|3|gold|plain')],
    ['after a redirect to an open location' => get('/none', $token), $extra->('plain|quotes|b|1|line|3|gold|plain')],
    ['nobody'       => get('/open', $token), $extra->('|||||||none')],
    ['not a token'  => get('/nested'), 'no_credential'],
]
