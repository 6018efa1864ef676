# Several methods in one place: which one a request picks, challenges, two credentials at once.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = (
    'users.json' => json({ alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer'] },
        bob => { password => hash('builder'), tenant_id => 'globex', roles => ['editor'] } }),
    'keys.json'  => json({ printer => { key => digest('printer-secret'), tenant_id => 'acme', roles => ['viewer'] },
        scanner => { key => digest('scanner-secret'), tenant_id => 'globex', roles => ['editor'] } }),
);
our ($alice, $bob) = (basic(alice => 'wonderland'), basic(bob => 'builder'));
our ($printer, $scanner) = map { api_key("$_-secret") } qw(printer scanner);
our ($viewer, $editor) = map { my ($t, $r) = @$_; bearer(key('HS256'), { tenant_id => $t, roles => [$r] }) } ['acme', 'viewer'], ['globex', 'editor'];
our ($b, $p, $k) = ('Bearer realm="tokens"', 'Basic realm="passwords", charset="UTF-8"', 'Api-Key realm="keys"');
our $sources = <<'EOF_SOURCES';
    auth_jwt_key_file keys.jwks;
    auth_password_file users.json;
    auth_api_key_file keys.json;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Extra "$auth_method|$jwt_claim_sub|$jwt_header_alg|";
EOF_SOURCES

# All challenges of these methods, in any order and in one field or several.
sub lists {
    my @challenges = @_;
    my $length = length join ', ', @challenges;
    my $all = join '', map { "(?=.*\Q$_\E)" } @challenges;
    return qr/\A$all.{$length}\z/;
}

run_tests();

__DATA__

=== all in the Authorization header
--- config eval
$::sources . q[
location /x { auth_jwt "tokens"; auth_password "passwords"; auth_api_key "keys"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
my $all = { 'WWW-Authenticate' => lists($::b, $::p, $::k) };
my $with_error = { 'WWW-Authenticate' => lists(qq($::b, error="invalid_token"), $::p, $::k) };
[
    ['nothing'           => get('/x'), 'no_credential', headers => $all],
    ['a token'           => get('/x', $::viewer), 200, body => qr/user=alice .*extra=jwt\|alice\|HS256\|/],
    ['a password'        => get('/x', $::alice), 200, body => qr/user=alice .*extra=password\|\|\|/],
    ['a key'             => get('/x', $::printer), 200, body => qr/user=printer .*extra=api_key\|\|\|/],
    ['a bad token'       => get('/x', bearer('a.b.c')), 'token_malformed', headers => $with_error],
    ['a forged token'    => get('/x', bearer(key('HS256', 'forger'), {}, { kid => 'hs256' })), 'signature_invalid', headers => $with_error],
    ['a wrong password'  => get('/x', basic(alice => 'x')), 'credential_invalid', headers => $all],
    ['a wrong key'       => get('/x', api_key('x')), 'credential_invalid', headers => $all],
    ['another scheme'    => get('/x', 'Authorization: Digest a=b'), 'no_credential', headers => $all],
    ['a key as a token'  => get('/x', bearer('printer-secret')), 'token_malformed', headers => $with_error],
    ['a token as a key'  => get('/x', $::viewer =~ s/Bearer/Api-Key/r), 'credential_invalid'],
    ['a malformed password' => get('/x', 'Authorization: Basic YWxpY2U='), 'malformed_authorization', headers => { 'WWW-Authenticate' => undef }],
    ['a malformed key'   => get('/x', api_key('a b')), 'malformed_authorization', headers => { 'WWW-Authenticate' => qr/\A(?:\Q$::b\E, error="invalid_request")?\z/ }],
    ['a malformed token' => get('/x', bearer('a b')), 'malformed_authorization', headers => { 'WWW-Authenticate' => qq($::b, error="invalid_request") }],
    ['an empty header'   => get('/x', 'Authorization:'), 'malformed_authorization', headers => { 'WWW-Authenticate' => qq($::b, error="invalid_request") }],
    ['on one connection' => [
        [get('/x', $::viewer), 200, body => qr/extra=jwt\|/],
        [get('/x', $::alice), 200, body => qr/extra=password\|\|/],
        [get('/x'), 'no_credential', headers => $all],
        [get('/x', $::printer), 200, body => qr/extra=api_key\|\|/],
        [get('/x', $::viewer), 200, body => qr/extra=jwt\|alice/],
    ]],
]



=== each pair, and what is not on
--- config eval
$::sources . q[
location /tp { auth_jwt "tokens"; auth_password "passwords"; empty_gif; }
location /tk { auth_jwt "tokens"; auth_api_key "keys"; empty_gif; }
location /pk { auth_password "passwords"; auth_api_key "keys"; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
[
    ['tokens and passwords'     => get('/tp'), 'no_credential', headers => { 'WWW-Authenticate' => lists($::b, $::p) }],
    ['tokens and keys'          => get('/tk'), 'no_credential', headers => { 'WWW-Authenticate' => lists($::b, $::k) }],
    ['passwords and keys'       => get('/pk'), 'no_credential', headers => { 'WWW-Authenticate' => lists($::p, $::k) }],
    (map { my ($where, @good) = @$_; map { ["$where: good" => get($where, $_), 200] } @good }
        ['/tp', $::viewer, $::alice], ['/tk', $::viewer, $::printer], ['/pk', $::alice, $::printer]),
    ['a key is not on'          => get('/tp', $::printer), 'no_credential', headers => { 'WWW-Authenticate' => lists($::b, $::p) }],
    ['a password is not on'     => get('/tk', $::alice), 'no_credential'],
    ['a malformed one is not on' => get('/tk', 'Authorization: Basic YWx'), 'no_credential'],
    ['a token is not on'        => get('/pk', $::viewer), 'no_credential'],
]



=== two credentials at once
--- config eval
$::sources . q[
location /header { auth_jwt "tokens"; auth_password "passwords"; auth_api_key "keys" header=X-API-Key; proxy_pass http://$TEST_NGINX_ECHO; }
location /cookies { auth_jwt "tokens" token=$cookie_token; auth_password "passwords"; auth_api_key "keys" token=$cookie_key; proxy_pass http://$TEST_NGINX_ECHO; }
location /keys { auth_api_key "keys" header=X-API-Key; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $key = 'X-API-Key: printer-secret';
my $token = $::viewer =~ s/.* //r;
my $cookie = sub { return 'Cookie: ' . join '; ', @_ };
my $any = { 'WWW-Authenticate' => qr/\A/ };
[
    ['a key alone'             => get('/header', $key), 200, body => qr/extra=api_key/],
    ['a token alone'           => get('/header', $::viewer), 200, body => qr/extra=jwt/],
    ['a password alone'        => get('/header', $::alice), 200, body => qr/extra=password/],
    ['a key and a token'       => get('/header', $key, $::viewer), 'ambiguous_credential', headers => $any],
    ['a key and a bad token'   => get('/header', $key, bearer('a.b.c')), 'ambiguous_credential', headers => $any],
    ['a key and a malformed token' => get('/header', $key, bearer('a b')), 'ambiguous_credential', headers => $any],
    ['a key and a malformed password' => get('/header', $key, 'Authorization: Basic !'), 'malformed_authorization', headers => $any],
    ['a key and a password'    => get('/header', $key, $::alice), 'ambiguous_credential', headers => $any],
    ['a wrong key and a token' => get('/header', 'X-API-Key: x', $::viewer), 'ambiguous_credential', headers => $any],
    ['a key and a scheme that is not on' => get('/header', $key, 'Authorization: Digest a=b'), 200],
    ['an empty key and a token' => get('/header', 'X-API-Key:', $::viewer), 200, body => qr/extra=jwt/],
    ['the same key twice'      => get('/header', $key, $::printer), 200],
    ['the key in Authorization alone' => get('/header', $::printer), 'no_credential'],
    ['a key and a garbled header' => get('/header', $key, 'Authorization: =x'), 'malformed_authorization', headers => $any],
    ['where tokens are not on' => get('/keys', $key, $::viewer), 200],
    ['a token'                 => get('/cookies', $cookie->("token=$token")), 200, body => qr/extra=jwt/],
    ['a key'                   => get('/cookies', $cookie->('key=printer-secret')), 200, body => qr/extra=api_key/],
    ['a token and a key in cookies' => get('/cookies', $cookie->("token=$token", 'key=printer-secret')), 'ambiguous_credential', headers => $any],
    ['a cookie and a password' => get('/cookies', $cookie->("token=$token"), $::alice), 'ambiguous_credential', headers => $any],
    ['a cookie and the same token' => get('/cookies', $cookie->("token=$token"), $::viewer), 200],
    ['a cookie and a malformed token' => get('/cookies', $cookie->("token=$token"), bearer('a b')), 'malformed_authorization', headers => $any],
    ['a malformed token alone' => get('/cookies', bearer('a b')), 'malformed_authorization', headers => $any],
    ['a cookie that is no token' => get('/cookies', $cookie->('token=a,b')), 'token_malformed', headers => $any],
    ['a cookie and another token' => get('/cookies', $cookie->("token=$token"), $::editor), 'ambiguous_credential', headers => $any],
    ['a cookie and a key where none is looked for' => get('/cookies', $cookie->("token=$token"), $::printer), 200, body => qr/extra=jwt/],
]



=== roles, tenants and requirements mean the same for all
--- config eval
$::sources . q[
auth_jwt "tokens"; auth_password "passwords"; auth_api_key "keys";
location /roles { auth_role_map { GET viewer; POST editor; PUT on; OPTIONS off; } proxy_pass http://$TEST_NGINX_ECHO; }
location /tenant { auth_tenant_expect acme; empty_gif; }
location /method { auth_jwt_require $is_jwt error=403; empty_gif; }
location /claim { auth_jwt_require $jwt_claim_sub; empty_gif; }
location /inner { auth_jwt off; auth_api_key off; empty_gif; }
location /none { auth_jwt off; auth_api_key off; auth_password off; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- http_config
map $auth_method $is_jwt { jwt 1; default 0; }
--- conf eval: \%::files
--- cases eval
my %as = (jwt => [$::viewer, $::editor], password => [$::alice, $::bob], api_key => [$::printer, $::scanner]);
my $error = sub { { 'WWW-Authenticate' => $_[0] eq 'jwt' ? qq($::b, error="insufficient_scope") : undef } };
[
    (map { my $m = $_; my ($one, $two) = @{ $as{$m} }; (
        ["$m: viewer reads"           => get('/roles', $one), 200, body => qr/extra=$m\|/],
        ["$m: editor does not"        => get('/roles', $two), 'role_missing', headers => $error->($m)],
        ["$m: editor writes"          => request('POST', '/roles', $two, { body => 'x' }), 200],
        ["$m: viewer does not"        => request('POST', '/roles', $one, { body => 'x' }), 'role_missing', headers => $error->($m)],
        ["$m: on"                     => request('PUT', '/roles', $one, { body => 'x' }), 200],
        ["$m: off"                    => request('OPTIONS', '/roles', $one), 200, body => qr/user= .*extra=\|\|\|/],
        ["$m: no such method"         => request('DELETE', '/roles', $one), 'method_not_allowed', headers => $error->($m)],
        ["$m: the tenant"             => get('/tenant', $one), 200],
        ["$m: another tenant"         => get('/tenant', $two), 'tenant_mismatch', headers => $error->($m)],
        ["$m: nothing is on"          => get('/none', $one), 200, body => qr/user= .*extra=\|\|\|/],
    ) } sort keys %as),
    ['a token is required: a token'    => get('/method', $::viewer), 200],
    ['a token is required: a password' => get('/method', $::alice), 'requirement_forbidden', headers => $error->('password')],
    ['a token is required: a key'      => get('/method', $::printer), 'requirement_forbidden', headers => $error->('api_key')],
    ['a claim is required: a token'    => get('/claim', $::viewer), 200],
    ['a claim is required: a password' => get('/claim', $::alice), 'requirement_unmet', headers => { 'WWW-Authenticate' => lists($::b, $::p, $::k) }],
    ['a claim is required: a key'      => get('/claim', $::printer), 'requirement_unmet', headers => { 'WWW-Authenticate' => qr/Basic/ }],
    ['others are off: a password'      => get('/inner', $::alice), 200],
    ['others are off: a token'         => get('/inner', $::viewer), 'no_credential', headers => { 'WWW-Authenticate' => $::p }],
]
