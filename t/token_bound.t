# auth_jwt_binding: a token that is bound to a key or a certificate of its holder (cnf, RFC 7800).

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

# A valid token with this JSON text as its cnf.
sub bound { my ($cnf, $more) = @_; return bearer(key('HS256'), qq({"sub":"alice","cnf":$cnf} ) =~ s/\} $/($more || '') . '}'/er) }

run_tests();

__DATA__

=== a bound token is refused as a plain Bearer token
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
add_header X-User "[$auth_subject$jwt_claim_sub]" always;
location /x        { empty_gif; }
location /optional { auth_jwt_binding optional; empty_gif; }
location /observe  { auth_policy observe; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /nobody   { auth_policy optional; empty_gif; }
location /cookie   { auth_jwt "r" token=$cookie_t; empty_gif; }
--- cases eval
my $dpop = bound('{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}');
my ($token) = $dpop =~ /Bearer (\S+)/;
my $challenges = qr/\ABearer realm="r", error="invalid_token", DPoP realm="r", error="invalid_token", algs=/;
[
    ['bound to no one' => get('/x', bearer(key('HS256'), { sub => 'alice' })), 200],
    ['bound to a DPoP key'           => get('/x', $dpop), 'scheme_mismatch', headers => { 'X-User' => '[]', 'WWW-Authenticate' => $challenges }],
    (map { ["cnf $_" => get('/x', bound($_)), 'token_bound', headers => { 'X-User' => '[]' }] }
        '{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4"}',
        '{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}',
        '{"jwk":{"kty":"EC"}}', '{"kid":"k"}', '{"unknown":1}', '{}', 'null', 'false', '0', '""', '"x"', '[]'),
    ['another case is another claim' => get('/x', bearer(key('HS256'), { sub => 'alice', CNF => {} })), 200],
    ['a member of another claim'     => get('/x', bearer(key('HS256'), { sub => 'alice', act => { cnf => {} } })), 200],
    ['in the header'                 => get('/x', bearer(key('HS256'), { sub => 'alice' }, { cnf => {} })), 200],
    ['the default, written'          => get('/optional', $dpop), 'scheme_mismatch', headers => { 'WWW-Authenticate' => $challenges }],
    ['in another location of tokens' => get('/cookie', "Cookie: t=$token"), 'dpop_proof_missing'],
    ['expired as well'               => get('/x', bound('{}', ',"exp":1')), 'token_expired'],
    ['a wrong signature as well'     => get('/x', bearer(key('HS256', 'z'), { cnf => {} }, { kid => 'hs256' })),
        'signature_invalid'],
    ['nobody instead is no way in'   => get('/nobody', $dpop), 'scheme_mismatch', headers => { 'WWW-Authenticate' => $challenges }],
    ['observe: it passes as nobody'  => get('/observe', $dpop), 200, body => qr/user= /, reason => 'scheme_mismatch'],
]



=== auth_jwt_binding off
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
add_header X-User "[$auth_subject]" always;
add_header X-Cache "[$auth_cache]" always;
location /x   { empty_gif; }
location /off { auth_jwt_binding off; empty_gif; }
--- cases eval
my $token = bound('{"jkt":"x"}');
[
    ['refused'                       => get('/x', $token), 'token_bound'],
    ['accepted'                      => get('/off', $token), 200, headers => { 'X-User' => '[alice]', 'X-Cache' => '[MISS]' }],
    ['accepted again, remembered'    => get('/off', $token), 200, headers => { 'X-User' => '[alice]', 'X-Cache' => '[HIT]' }],
    ['refused though remembered'     => get('/x', $token), 'token_bound', headers => { 'X-User' => '[]', 'X-Cache' => '[]' }],
    ['and still accepted there'      => get('/off', $token), 200, headers => { 'X-Cache' => '[HIT]' }],
    ['one without cnf'               => get('/off', bearer(key('HS256'), { sub => 'bob' })), 200],
]



=== inheritance
--- http_config
auth_jwt_binding off;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x        { empty_gif; }
location /optional {
    auth_jwt_binding optional;
    empty_gif;
    location /optional/off { auth_jwt_binding off; empty_gif; }
    location /optional/x   { empty_gif; }
}
--- cases eval
my $token = bound('{"x5t#S256":"x"}');
[
    ['of http'            => get('/x', $token), 200],
    ['replaced'           => get('/optional', $token), 'token_bound'],
    ['replaced again'     => get('/optional/off', $token), 200],
    ['of a location'      => get('/optional/x', $token), 'token_bound'],
]



=== in the server
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_binding off;
location /x { empty_gif; }
--- cases eval
[
    ['accepted' => get('/x', bound('{}')), 200],
]



=== keys of a tenant
--- config
auth_tenant acme { key k HS256 hs256.secret; }
auth_jwt "r";
location /x   { empty_gif; }
location /off { auth_jwt_binding off; empty_gif; }
--- cases eval
my $token = bearer(key('HS256'), { tenant_id => 'acme', cnf => { jkt => 'x' } }, { kid => 'k' });
[
    ['refused'  => get('/x', $token), 'token_bound'],
    ['accepted' => get('/off', $token), 200],
]



=== tokens of our own
--- config
auth_token_key k HS256 hs256.secret;
auth_token_issuer https://app.example;
auth_token_audience orders;
auth_jwt "r";
auth_token_accept on;
location /x   { empty_gif; }
location /off { auth_jwt_binding off; empty_gif; }
--- cases eval
my %claims = (iss => 'https://app.example', aud => 'orders', sub => 'alice', exp => time + 600);
my %header = (kid => 'k', typ => 'at+jwt');
[
    ['unbound'  => get('/x', bearer(key('HS256'), { %claims }, { %header })), 200],
    ['refused'  => get('/x', bearer(key('HS256'), { %claims, cnf => {} }, { %header })), 'token_bound'],
    ['accepted' => get('/off', bearer(key('HS256'), { %claims, cnf => {} }, { %header })), 200],
]



=== before the access phase
--- http_config
limit_req_zone $auth_subject zone=s:1m rate=1r/m;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { limit_req zone=s; empty_gif; }
--- cases eval
[
    ['refused'            => get('/x', bound('{}')), 'token_bound'],
    ['and counts for no one' => get('/x', bound('{}')), 'token_bound'],
]
