# auth_api_key: where the key is looked for, what a key is, and what it means to the rules.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %keys = ('keys.json' => json({
    'billing'  => { key => digest('billing-secret'), tenant_id => 'acme', roles => ['invoices'] },
    'second'   => { key => digest('second-secret'), sub => 'other', tenant_id => 'globex', roles => ['viewer', 'editor'] },
    'plain'    => { key => digest('plain-secret') },
    'odd'      => { key => digest('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~') },
    'dotted'   => { key => digest('printer.digest') },
    'long'     => { key => digest('k' x 1024) },
    'too-long' => { key => digest('k' x 1025) },
    'empty'    => { key => digest('') },
    'printer'  => { key => hash('paper'), sub => 'printer-3', tenant_id => 'acme', roles => ['viewer'] },
    'yes'      => { key => hash('a.b.c', 'yescrypt') },
}));
our $none = { 'WWW-Authenticate' => undef };

run_tests();

__DATA__

=== the scheme Api-Key
--- config
location /x {
    auth_api_key "api";
    auth_api_key_file keys.json;
    empty_gif;
}
--- conf eval: \%::keys
--- cases eval
my $malformed = sub { my ($name, $line) = @_; [$name => get('/x', $line), 'malformed_authorization', headers => $::none] };
[
    ['nothing'          => get('/x'), 'no_credential', headers => { 'WWW-Authenticate' => 'Api-Key realm="api"' }],
    ['a key'            => get('/x', api_key('billing-secret')), 200, headers => $::none],
    ['another'          => get('/x', api_key('second-secret')), 200],
    ['an unknown one'   => get('/x', api_key('billing-secreu')), 'credential_invalid', headers => { 'WWW-Authenticate' => 'Api-Key realm="api"' }],
    ['in another case'  => get('/x', api_key('Billing-secret')), 'credential_invalid'],
    ['a prefix'         => get('/x', api_key('billing-secre')), 'credential_invalid'],
    ['the ID'           => get('/x', api_key('billing')), 'credential_invalid'],
    ['the ID and the key' => get('/x', api_key('billing.billing-secret')), 'credential_invalid'],
    ['the digest'       => get('/x', api_key(digest('billing-secret'))), 'credential_invalid'],
    ['its hexadecimal'  => get('/x', api_key(digest('billing-secret') =~ s/.*://r)), 'credential_invalid'],
    ['all of visible ASCII' => get('/x', api_key('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')), 200],
    ['a slow one'       => get('/x', api_key('printer.paper')), 200],
    ['a slow one again' => get('/x', api_key('printer.paper')), 200],
    ['a slow one, wrong' => get('/x', api_key('printer.papes')), 'credential_invalid'],
    ['a slow one, without ID' => get('/x', api_key('paper')), 'credential_invalid'],
    ['a slow one, no secret'  => get('/x', api_key('printer.')), 'credential_invalid'],
    ['a slow one, ID alone'   => get('/x', api_key('printer')), 'credential_invalid'],
    ['a slow one, another ID' => get('/x', api_key('yes.paper')), 'credential_invalid'],
    ['a slow one, no such ID' => get('/x', api_key('nobody.paper')), 'credential_invalid'],
    ['no ID'                  => get('/x', api_key('.paper')), 'credential_invalid'],
    ['dots in a slow secret'  => get('/x', api_key('yes.a.b.c')), 200],
    ['a random one with a dot that begins with an ID' => get('/x', api_key('printer.digest')), 200],
    ['1024 bytes'      => get('/x', api_key('k' x 1024)), 200],
    ['1025 bytes'      => get('/x', api_key('k' x 1025)), 'malformed_authorization', headers => $::none],
    ['api-key'          => get('/x', 'Authorization: api-key billing-secret'), 200],
    ['API-KEY'          => get('/x', 'Authorization: API-KEY billing-secret'), 200],
    ['ApiKey is another scheme' => get('/x', 'Authorization: ApiKey billing-secret'), 'no_credential'],
    ['Api-Keys'         => get('/x', 'Authorization: Api-Keys billing-secret'), 'no_credential'],
    ['Bearer'           => get('/x', bearer('billing-secret')), 'no_credential'],
    ['Basic'            => get('/x', basic('billing', 'billing-secret')), 'no_credential'],
    ['another header'   => get('/x', 'X-API-Key: billing-secret'), 'no_credential'],
    $malformed->('Api-Key alone'    => 'Authorization: Api-Key'),
    $malformed->('Api-Key and a blank' => 'Authorization: Api-Key  '),
    $malformed->('a blank inside'   => api_key('billing secret')),
    $malformed->('a tab inside'     => api_key("billing\tsecret")),
    $malformed->('not ASCII'        => api_key("billing\xc3\xa4")),
    $malformed->('DEL'              => api_key("billing\x7f")),
    ['two headers'      => get('/x', api_key('billing-secret'), api_key('billing-secret')), 400],
    ['HEAD'             => request('HEAD', '/x', api_key('billing-secret')), 200, body => ''],
    ['HTTP/1.0'         => request('GET', '/x', api_key('plain-secret'), { version => 'HTTP/1.0' }), 200],
    sub { Test::More::unlike(error_log(), qr/sallyport.*(?:secret|paper)/, 'no key in lines of the module') },
]



=== a header field of its own
--- config
location /x {
    auth_api_key "api" header=X-API-Key;
    auth_api_key_file keys.json;
    empty_gif;
}
--- conf eval: \%::keys
--- cases eval
my $good = 'X-API-Key: billing-secret';
[
    ['nothing'            => get('/x'), 'no_credential', headers => { 'WWW-Authenticate' => 'Api-Key realm="api"' }],
    ['a key'              => get('/x', $good), 200],
    ['its name in another case' => get('/x', 'x-api-KEY: billing-secret'), 200],
    ['blanks around it'   => get('/x', 'X-API-Key:    billing-secret  '), 200],
    ['a slow one'         => get('/x', 'X-API-Key: printer.paper'), 200],
    ['a wrong one'        => get('/x', 'X-API-Key: nothing'), 'credential_invalid'],
    ['an empty one'       => get('/x', 'X-API-Key:'), 'no_credential'],
    ['a blank inside'     => get('/x', 'X-API-Key: billing secret'), 'credential_invalid'],
    ['not ASCII'          => get('/x', "X-API-Key: billing\xc3\xa4"), 'credential_invalid'],
    ['too long'           => get('/x', 'X-API-Key: ' . 'k' x 1025), 'credential_invalid'],
    ['1024 bytes'        => get('/x', 'X-API-Key: ' . 'k' x 1024), 200],
    ['with a scheme'      => get('/x', 'X-API-Key: Api-Key billing-secret'), 'credential_invalid'],
    ['in Authorization alone' => get('/x', api_key('billing-secret')), 'no_credential'],
    ['the same in both'   => get('/x', $good, api_key('billing-secret')), 200],
    ['a different one in Authorization' => get('/x', $good, api_key('second-secret')), 'ambiguous_credential', headers => $::none],
    ['a wrong one in Authorization'     => get('/x', $good, api_key('nothing')), 'ambiguous_credential', headers => $::none],
    ['another scheme in Authorization'  => get('/x', $good, basic('a', 'b')), 200],
    ['the same field twice'   => get('/x', $good, $good), 200],
    ['two different fields'   => get('/x', $good, 'X-API-Key: second-secret'), 'ambiguous_credential', headers => $::none],
    ['and the other way'      => get('/x', 'X-API-Key: second-secret', $good), 'ambiguous_credential', headers => $::none],
    ['two, in different case' => get('/x', $good, 'x-api-key: second-secret'), 'ambiguous_credential', headers => $::none],
    ['three, the last differs' => get('/x', $good, $good, 'X-API-Key: second-secret'), 'ambiguous_credential', headers => $::none],
    ['a similar name'         => get('/x', 'X_API_Key: billing-secret', 'X-API-Keys: billing-secret'), 'no_credential'],
]



=== the value of a variable
--- config
auth_api_key_file keys.json;
location /cookie { auth_api_key "r" token=$cookie_key; empty_gif; }
location /arg    { auth_api_key "r" token=$arg_key;    empty_gif; }
location /header { auth_api_key "r" token=$http_x_key; empty_gif; }
--- conf eval: \%::keys
--- cases eval
[
    ['cookie'             => get('/cookie', 'Cookie: a=b; key=billing-secret'), 200],
    ['no cookie'          => get('/cookie'), 'no_credential', headers => { 'WWW-Authenticate' => 'Api-Key realm="r"' }],
    ['empty cookie'       => get('/cookie', 'Cookie: key='), 'no_credential'],
    ['a wrong one'        => get('/cookie', 'Cookie: key=nothing'), 'credential_invalid'],
    ['argument'           => get('/arg?key=second-secret'), 200],
    ['argument, encoded'  => get('/arg?key=second%2Dsecret'), 'credential_invalid'],
    ['no argument'        => get('/arg'), 'no_credential'],
    ['header'             => get('/header', 'X-Key: plain-secret'), 200],
    ['in Authorization alone' => get('/arg', api_key('billing-secret')), 'no_credential'],
    ['the same in both'   => get('/arg?key=billing-secret', api_key('billing-secret')), 200],
    ['a different one in Authorization' => get('/arg?key=billing-secret', api_key('second-secret')), 'ambiguous_credential', headers => $::none],
]



=== off, inheritance, limit_except, realm
--- http_config
auth_api_key "http of $host" header=X-API-Key;
auth_api_key_file keys.json;
--- config
location /inherits { empty_gif; }
location /off { auth_api_key off; empty_gif; location /off/on { auth_api_key "again"; empty_gif; } }
location /own { auth_api_key_file other.json; empty_gif; }
location /reads-open {
    auth_api_key off;
    limit_except GET { auth_api_key "writers"; auth_api_key_file other.json; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- conf eval
({ %::keys, 'other.json' => json({ billing => { key => digest('other-secret') }, printer => { key => hash('ink') } }) })
--- cases eval
my ($mine, $theirs) = map { "X-API-Key: $_" } qw(billing-secret other-secret);
[
    ['inherited'           => get('/inherits', 'Host: a.example'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Api-Key realm="http of a.example"' }],
    ['inherited keys'      => get('/inherits', $mine), 200],
    ['off'                 => get('/off', 'X-API-Key: nothing'), 200],
    ['on again: the header was not inherited' => get('/off/on', $mine), 'no_credential'],
    ['on again'            => get('/off/on', api_key('billing-secret')), 200],
    ['the inner file'      => get('/own', $theirs), 200],
    ['not the outer one'   => get('/own', $mine), 'credential_invalid'],
    ['a slow key of one file' => get('/inherits', 'X-API-Key: printer.paper'), 200],
    ['is none of another'  => get('/own', 'X-API-Key: printer.paper'), 'credential_invalid'],
    ['reads are open'      => get('/reads-open'), 200],
    ['writes are not'      => request('POST', '/reads-open', { body => 'x' }), 'no_credential'],
    ['writes'              => request('POST', '/reads-open', api_key('other-secret'), { body => 'x' }), 200],
]



=== subject, tenant and roles
--- config
auth_api_key "r";
auth_api_key_file keys.json;
proxy_set_header X-User $auth_subject;
proxy_set_header X-Tenant-Id $auth_tenant;
proxy_set_header X-Roles $auth_roles;
proxy_set_header X-Extra "$auth_method|$auth_reason|$jwt_claim_sub|$jwt_payload|$auth_lookup_secret|";
location /x { proxy_pass http://$TEST_NGINX_ECHO; }
location /roles { auth_role_map { GET viewer; POST editor; } empty_gif; }
location /tenant { auth_tenant_expect acme; empty_gif; }
location /claim { auth_jwt_require $jwt_claim_sub; empty_gif; }
location /any { satisfy any; deny all; empty_gif; }
--- conf eval: \%::keys
--- cases eval
[
    ['all'                 => get('/x', api_key('second-secret')), 200, body => "GET /x user=other tenant=globex roles=viewer,editor extra=api_key|||||\n"],
    ['the ID is the subject' => get('/x', api_key('plain-secret'), 'X-User: root'), 200, body => "GET /x user=plain tenant= roles= extra=api_key|||||\n"],
    ['of a slow one'       => get('/x', api_key('printer.paper')), 200, body => "GET /x user=printer-3 tenant=acme roles=viewer extra=api_key|||||\n"],
    ['of a remembered one' => get('/x', api_key('printer.paper')), 200, body => "GET /x user=printer-3 tenant=acme roles=viewer extra=api_key|||||\n"],
    ['a role'              => get('/roles', api_key('printer.paper')), 200],
    ['no role'             => request('POST', '/roles', api_key('printer.paper')), 'role_missing', headers => $::none],
    ['the tenant'          => get('/tenant', api_key('billing-secret')), 200],
    ['another tenant'      => get('/tenant', api_key('second-secret')), 'tenant_mismatch', headers => $::none],
    ['no tenant'           => get('/tenant', api_key('plain-secret')), 'tenant_mismatch', headers => $::none],
    ['a claim is required' => get('/claim', api_key('plain-secret')), 'requirement_unmet', headers => { 'WWW-Authenticate' => 'Api-Key realm="r"' }],
    ['satisfy any'         => get('/any', api_key('plain-secret')), 200],
    ['satisfy any, wrong'  => get('/any', api_key('nothing')), 'credential_invalid'],
]
