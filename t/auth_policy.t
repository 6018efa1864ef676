# auth_policy: what becomes of a request that would be refused.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $app  = Sallyport::Upstream->new;
our ($alice, $bob) = (basic(alice => 'wonderland'), basic(bob => 'builder'));
our $none = { 'WWW-Authenticate' => undef };
our %files = (
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer'] },
        bob   => { password => hash('builder') },
        late  => { password => hash('late'), expires => 1 },
    }),
    'keys.json' => json({ printer => { key => digest('printer-secret'), tenant_id => 'acme', roles => ['viewer'] } }),
);
our $methods = <<'EOF_METHODS';
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_password "r";
    auth_password_file users.json;
    auth_api_key "r" header=X-API-Key;
    auth_api_key_file keys.json;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra "$auth_method|$jwt_claim_sub|$jwt_header_kid|$jwt_payload|";
EOF_METHODS
our $nobody = qr/ user= tenant= roles= extra=\|\|\|\|\n\z/;

# Bad credentials: name, lines, reason.
our @bad = (
    ['a forged token'     => [bearer(key('HS256', 'forger'), { roles => ['viewer'], tenant_id => 'acme' }, { kid => 'hs256' })], 'signature_invalid'],
    ['an expired token'   => [bearer(key('HS256'), { exp => time - 60 })], 'token_expired'],
    ['a broken token'     => [bearer('a.b.c')], 'token_malformed'],
    ['a wrong password'   => [basic(alice => 'x')], 'credential_invalid'],
    ['an expired user'    => [basic(late => 'late')], 'credential_expired'],
    ['a wrong key'        => ['X-API-Key: x'], 'credential_invalid'],
    ['a malformed header' => ['Authorization: Basic !'], 'malformed_authorization'],
    ['an empty header'    => ['Authorization:'], 'malformed_authorization'],
    ['two credentials'    => ['X-API-Key: printer-secret', $alice], 'ambiguous_credential'],
);
our @good = (
    ['a token'    => [bearer(key('HS256'), { roles => ['viewer'], tenant_id => 'acme' })], qr/user=alice tenant=acme roles=viewer extra=jwt\|alice\|/],
    ['a password' => [$alice], qr/user=alice tenant=acme roles=viewer extra=password\|\|/],
    ['a key'      => ['X-API-Key: printer-secret'], qr/user=printer tenant=acme roles=viewer extra=api_key\|\|/],
);

our $any_challenge = { 'WWW-Authenticate' => qr/\A/ };

run_tests();

__DATA__

=== enforce is the default
--- config eval
$::methods . q[
location /x { proxy_pass http://$TEST_NGINX_ECHO; }
location /enforce { auth_policy enforce; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
[
    map { my $where = $_; (
        ["$where, nothing" => get($where), 'no_credential'],
        (map { my ($name, $lines, $reason) = @$_; ["$where, $name" => get($where, @$lines), $reason, headers => $::any_challenge, no_log => 'would refuse'] } @::bad),
        (map { my ($name, $lines, $body) = @$_; ["$where, $name" => get($where, @$lines), 200, body => $body] } @::good),
    ) } '/x', '/enforce'
]



=== optional: nobody, or a good credential
--- config eval
$::methods . q[
auth_policy optional;
location /x { proxy_pass http://$TEST_NGINX_ECHO; }
location /nested { auth_policy enforce; empty_gif; }
location /roles { auth_role_map { GET viewer; PUT on; OPTIONS off; } proxy_pass http://$TEST_NGINX_ECHO; }
location /tenant { auth_tenant_expect acme; empty_gif; }
location /no-tenant { auth_tenant_expect $arg_tenant; empty_gif; }
location /require { auth_jwt_require $auth_subject; empty_gif; }
location /require-403 { auth_jwt_require $auth_subject error=403; empty_gif; }
location /require-met { auth_jwt_require $host; proxy_pass http://$TEST_NGINX_ECHO; }
location /json { auth_error_body json; auth_tenant_expect acme; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $mine = ['X-User: root', 'X-Tenant-Id: root', 'X-Roles: root', 'X-Extra: root'];
[
    ['nobody'             => get('/x'), 200, body => $::nobody, headers => $::none, no_log => qr/sallyport: (?:would )?refuse/],
    ['nobody, with names' => get('/x', @$mine), 200, body => $::nobody],
    ['nobody, POST'       => request('POST', '/x', { body => 'x' x 3000 }), 200, body => $::nobody],
    ['nobody: a scheme that is not on' => get('/x', 'Authorization: Digest a=b'), 200, body => $::nobody],
    ['nobody: an empty key' => get('/x', 'X-API-Key:'), 200, body => $::nobody],
    ['nobody: an empty header' => get('/x', 'Authorization:'), 200, body => $::nobody],
    (map { my ($name, $lines, $reason) = @$_; [$name => get('/x', @$lines), $reason, headers => $::any_challenge] }
        grep { $_->[0] ne 'an empty header' } @::bad),
    (map { my ($name, $lines, $body) = @$_; [$name => get('/x', @$lines), 200, body => $body] } @::good),
    ['enforced again'     => get('/nested'), 'no_credential'],
    ['nobody has no role' => get('/roles'), 'no_credential'],
    ['nobody, on'         => request('PUT', '/roles'), 200],
    ['nobody, off'        => request('OPTIONS', '/roles'), 200, body => $::nobody],
    ['a role'             => get('/roles', $::alice), 200],
    ['no role'            => get('/roles', $::bob), 'role_missing', headers => $::none],
    ['nobody has no tenant' => get('/tenant'), 'no_credential'],
    ['nobody, and none expected' => get('/no-tenant?tenant='), 'no_credential'],
    ['another tenant'     => get('/tenant', $::bob), 'tenant_mismatch', headers => $::none],
    ['nobody has no subject' => get('/require'), 'no_credential'],
    ['nobody, error=403'  => get('/require-403'), 'no_credential'],
    ['a requirement that nobody meets' => get('/require-met'), 200, body => $::nobody],
    ['a subject'          => get('/require', $::bob), 200],
    ['JSON'               => get('/json'), 'no_credential', headers => { 'Content-Type' => 'application/problem+json' },
        body => qr/A credential is needed\./],
]



=== observe: everybody
--- http_config
log_format who '$request_uri [$auth_method] [$auth_subject] [$auth_reason]';
--- config eval
$::methods . q[
access_log logs/who.log who;
auth_policy observe;
location /x { proxy_pass http://$TEST_NGINX_ECHO; }
location /roles { auth_role_map { GET viewer; OPTIONS off; } proxy_pass http://$TEST_NGINX_ECHO; }
location /tenant { auth_tenant_expect acme; proxy_pass http://$TEST_NGINX_ECHO; }
location /require { auth_jwt_require $arg_x error=403; proxy_pass http://$TEST_NGINX_ECHO; }
location /enforce { auth_policy enforce; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $would = sub {
    my ($name, $request, $reason, $status) = @_;
    return [$name => $request, 200, reason => $reason, body => $::nobody, headers => $::none, log => qr/\[info\].*sallyport: would refuse $status $reason\b/, no_log => qr/sallyport: refused/];
};
my %status = (malformed_authorization => 400, ambiguous_credential => 400);
[
    $would->('nothing' => get('/x'), 'no_credential', 401),
    (map { my ($name, $lines, $reason) = @$_; $would->($name => get('/x', @$lines), $reason, $status{$reason} // 401) } @::bad),
    (map { my ($name, $lines, $body) = @$_; [$name => get('/x', @$lines), 200, body => $body, no_log => 'would refuse'] } @::good),
    $would->('no credential, roles' => get('/roles'), 'no_credential', 401),
    $would->('no role'        => get('/roles', $::bob), 'role_missing', 403),
    $would->('no such method' => request('DELETE', '/roles', $::alice), 'method_not_allowed', 403),
    ['off'                    => request('OPTIONS', '/roles'), 200, body => $::nobody, no_log => 'would refuse'],
    $would->('another tenant' => get('/tenant', $::bob), 'tenant_mismatch', 403),
    ['the tenant'             => get('/tenant', $::alice), 200, body => qr/user=alice /],
    $would->('a requirement'  => get('/require', $::alice), 'requirement_forbidden', 403),
    ['a requirement, met'     => get('/require?x=1', $::alice), 200, body => qr/user=alice /],
    ['enforced'               => get('/enforce'), 'no_credential'],
    ['one connection' => [
        [get('/x', $::alice), 200, body => qr/user=alice /],
        [get('/x', basic(alice => 'x')), 200, reason => 'credential_invalid', body => $::nobody],
        [request('POST', '/x', { body => 'x' x 9000 }), 200, reason => 'no_credential', body => $::nobody],
        [get('/enforce'), 'no_credential'],
    ]],
    ['the access log' => get('/x?last', basic(alice => 'x')), 200, reason => 'credential_invalid'],
    sub {
        my $log;
        for (1 .. 20) { last if ($log = access_log('who.log')) =~ /last/ }
        Test::More::like($log =~ s/\[-\]/[]/gr, qr{^/x\?last \[\] \[\] \[credential_invalid\]$}m, 'the reason is in the access log');
    },
]



=== the application's own refusals stay as they are
--- config eval
$::methods . q[
auth_error_body json;
location /observe/ { auth_policy observe; proxy_pass http://$TEST_NGINX_IDP/; }
location /optional/ { auth_policy optional; proxy_pass http://$TEST_NGINX_IDP/; }
location /enforce/ { proxy_pass http://$TEST_NGINX_IDP/; }
location /denied { auth_policy observe; deny all; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $own = 'the application says so';
my @exchange = map { my $status = $_; (
    ["observe, $status, nobody"  => get("/observe/$status"), $status, reason => 'no_credential', body => $own, headers => { 'WWW-Authenticate' => 'Own' }],
    ["observe, $status, alice"   => get("/observe/$status", $::alice), $status, body => $own, headers => { 'WWW-Authenticate' => 'Own' }],
    ["optional, $status, nobody" => get("/optional/$status"), $status, body => $own, headers => { 'WWW-Authenticate' => 'Own' }],
    ["enforce, $status, alice"   => get("/enforce/$status", $::alice), $status, body => $own, headers => { 'WWW-Authenticate' => 'Own' }],
) } 400, 401, 403, 503;
[
    answers(map { ("/$_" => { status => $_, headers => ['WWW-Authenticate: Own', 'Content-Type: text/x'], body => $own }) } 400, 401, 403, 503),
    @exchange,
    ['nginx\'s own check still refuses' => get('/denied', $::alice), 403],
]
--- error_log
access forbidden by rule



=== lookups and satisfy
--- config eval
$::methods =~ s{auth_password_file [^;]+}{auth_password_request /_who}r . q[
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /observe { auth_policy observe; proxy_pass http://$TEST_NGINX_ECHO; }
location /optional { auth_policy optional; proxy_pass http://$TEST_NGINX_ECHO; }
location /any-enforce { satisfy any; allow 127.0.0.1; deny all; proxy_pass http://$TEST_NGINX_ECHO; }
location /any-optional { satisfy any; allow 127.0.0.1; deny all; auth_policy optional; proxy_pass http://$TEST_NGINX_ECHO; }
location /any-observe { satisfy any; allow 127.0.0.1; deny all; auth_policy observe; proxy_pass http://$TEST_NGINX_ECHO; }
location /closed-optional { satisfy any; deny all; auth_policy optional; proxy_pass http://$TEST_NGINX_ECHO; }
location /closed-observe { satisfy any; deny all; auth_policy observe; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
[
    answers('/who' => [{ status => 500 }, 401, 403, '{"sub":"one"}', 500, 401, 401]),
    ['observe, 500'  => get('/observe', $::alice), 200, reason => 'lookup_failed', body => $::nobody, log => qr/would refuse 503 lookup_failed/],
    ['observe, 401'  => get('/observe', $::alice), 200, reason => 'credential_invalid', body => $::nobody],
    ['observe, 403'  => get('/observe', $::alice), 200, reason => 'credential_forbidden', body => $::nobody, log => qr/would refuse 403/],
    ['observe, good' => get('/observe', $::alice), 200, body => qr/user=one /],
    ['optional, 500' => get('/optional', $::bob), 'lookup_failed'],
    ['optional, 401' => get('/optional', $::bob), 'credential_invalid'],
    ['any, optional, nobody'  => get('/any-optional'), 200, body => $::nobody],
    ['any, optional, a wrong one' => get('/any-optional', 'X-API-Key: x'), 200, reason => qr/\A(?:credential_invalid)?\z/, body => $::nobody],
    ['any, observe, a wrong one'  => get('/any-observe', 'X-API-Key: x'), 200, reason => qr/\A(?:credential_invalid)?\z/, body => $::nobody],
    ['any, enforce, nobody'   => get('/any-enforce'), 200, reason => qr/\A(?:no_credential)?\z/, body => $::nobody],
    ['an address that is denied: nobody' => get('/closed-optional'), 403],
    ['denied, observed: nobody' => get('/closed-observe'), 403, reason => 'no_credential'],
    ['denied, observed: a wrong one' => get('/closed-observe', 'X-API-Key: x'), 403, reason => 'credential_invalid'],
    ['denied, a key' => get('/closed-optional', 'X-API-Key: printer-secret'), 200, body => qr/user=printer /],
]
--- error_log
access forbidden by rule
