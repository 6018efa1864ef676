# auth_jwt_algorithms, and that a key decides its algorithm.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

our $all = jwks(map { key($_) } algorithms());

# One key under the kid of its type, without "alg".
our $unbound = jwks(
    key('RS256', 'rsa')->jwk(alg => undef), key('EdDSA', 'okp')->jwk(alg => undef),
    key('HS256', 'oct')->jwk(alg => undef),
    map { key($_, "ec-$_")->jwk(alg => undef) } qw(ES256 ES384 ES512 ES256K)
);

# A token of one key in another algorithm than the key's own.
sub token_as {
    my ($key, $alg) = @_;
    return forge($key, json({ alg => $alg, kid => $key->kid }), json({ sub => 'alice' }), alg => $alg);
}

run_tests();

__DATA__

=== every algorithm is allowed that a key is bound to
--- conf eval
({ 'all.jwks' => $::all })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    empty_gif;
}
--- cases eval
[map { [$_ => get('/x', bearer(key($_))), 200] } algorithms()]



=== auth_jwt_algorithms is a list of those allowed, and inherited
--- conf eval
({ 'all.jwks' => $::all })
--- config
auth_jwt "r";
auth_jwt_key_file all.jwks;
auth_jwt_algorithms RS256 ES256;
location /two { empty_gif; }
location /one { auth_jwt_algorithms EdDSA; empty_gif; }
location /except {
    limit_except GET { auth_jwt_algorithms HS512; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    (map { [$_ => get('/two', bearer(key($_))), /^[RE]S256$/ ? 200 : 'algorithm_not_allowed'] } algorithms()),
    (map { ["$_ replaced" => get('/one', bearer(key($_))), /^EdDSA$/ ? 200 : 'algorithm_not_allowed'] }
        algorithms()),
    ['GET outside of limit_except'   => get('/except', bearer(key('RS256'))), 200],
    ['POST inside'                   => request('POST', '/except', bearer(key('RS256'))), 'algorithm_not_allowed'],
    ['POST inside, allowed'          => request('POST', '/except', bearer(key('HS512'))), 200],
    ['an unknown kid is told apart'  => get('/two', bearer(key('RS256', 'nobody'))), 'key_unknown'],
]



=== Ed25519 and Ed448 are names of EdDSA on one curve
--- conf eval
({ 'both.jwks' => jwks(key('EdDSA', 'a')->jwk(alg => 'Ed25519'), key('EdDSA', 'b'),
                       key('EdDSA', 'c', type => 'ED448')->jwk(alg => 'Ed448')),
   'a.pem' => key('EdDSA', 'a')->public })
--- config
auth_jwt "r";
auth_jwt_key_file both.jwks;
location /any     { empty_gif; }
location /eddsa   { auth_jwt_algorithms EdDSA; empty_gif; }
location /both    { auth_jwt_algorithms Ed25519 EdDSA; empty_gif; }
location /ed25519 { auth_jwt_algorithms Ed25519; empty_gif; }
location /key     { auth_jwt_key a Ed25519 a.pem; empty_gif; }
--- cases eval
my ($a, $b, $c) = (key('EdDSA', 'a'), key('EdDSA', 'b'), key('EdDSA', 'c', type => 'ED448'));
my $named = sub { my ($key, $alg) = @_; bearer(forge($key, json({ alg => $alg, kid => $key->kid }), '{}')) };
[
    (map { my $at = $_; map { ["$at, $_->[1]" => get($at, $named->(@$_)), 200] }
        [$a, 'Ed25519'], [$a, 'EdDSA'], [$b, 'Ed25519'], [$b, 'EdDSA'], [$c, 'Ed448'], [$c, 'EdDSA']
    } '/any', '/eddsa', '/both'),
    ['only Ed25519'            => get('/ed25519', $named->($b, 'Ed25519')), 200],
    ['EdDSA where Ed25519 is'  => get('/ed25519', $named->($a, 'EdDSA')), 'algorithm_not_allowed'],
    ['Ed448 where Ed25519 is'  => get('/ed25519', $named->($c, 'Ed448')), 'algorithm_not_allowed'],
    ['the name of the other curve' => get('/any', $named->($a, 'Ed448')), 'algorithm_mismatch'],
    ['auth_jwt_key, Ed25519'   => get('/key', $named->($a, 'Ed25519')), 200],
    ['auth_jwt_key, EdDSA'     => get('/key', $named->($a, 'EdDSA')), 200],
]



=== a key with alg does this one algorithm only
--- conf eval
({ 'all.jwks' => $::all })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    empty_gif;
}
--- cases eval
my %siblings = (RS256 => [qw(RS384 RS512 PS256)], PS256 => [qw(PS384 RS256)], HS512 => [qw(HS256 HS384)]);
[map { my $own = $_; map {
    ["the $own key in $_" => get('/x', bearer(token_as(key($own), $_))), 'algorithm_mismatch']
} @{ $siblings{$own} } } sort keys %siblings]



=== a JWK without alg does what its type can
--- conf eval
({ 'unbound.jwks' => $::unbound })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file unbound.jwks;
    empty_gif;
}
--- cases eval
[
    (map { ["RSA in $_" => get('/x', bearer(token_as(key('RS256', 'rsa'), $_))), 200] }
        qw(RS256 RS384 RS512 PS256 PS384 PS512)),
    (map { ["oct in $_" => get('/x', bearer(token_as(key('HS256', 'oct'), $_))), 200] }
        qw(HS256 HS384 HS512)),
    (map { ["$_ on its curve" => get('/x', bearer(token_as(key($_, "ec-$_"), $_))), 200] }
        qw(ES256 ES384 ES512 ES256K)),
    ['EdDSA'                     => get('/x', bearer(token_as(key('EdDSA', 'okp'), 'EdDSA'))), 200],
    ['a P-256 key is not ES256K' => get('/x', bearer(forge(key('ES256', 'ec-ES256'),
        '{"alg":"ES256K","kid":"ec-ES256"}', '{}'))), 'algorithm_mismatch'],
    ['an RSA key is not HS256'   => get('/x', bearer(forge(key('HS256', 'x', secret => key('RS256', 'rsa')->public),
        '{"alg":"HS256","kid":"rsa"}', '{}'))), 'algorithm_mismatch'],
]



=== a secret without alg does the algorithms that it is long enough for
--- conf eval
({ 'short.jwks' => jwks({ kty => 'oct', kid => 'm', k => base64url('k' x 48) },
                        { kty => 'oct', kid => 's', k => base64url('k' x 32) }) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file short.jwks;
    empty_gif;
}
--- cases eval
my %key = (m => key('HS256', 'm', secret => 'k' x 48), s => key('HS256', 's', secret => 'k' x 32));
[
    ['48 bytes, HS256' => get('/x', bearer(token_as($key{m}, 'HS256'))), 200],
    ['48 bytes, HS384' => get('/x', bearer(token_as($key{m}, 'HS384'))), 200],
    ['48 bytes, HS512' => get('/x', bearer(token_as($key{m}, 'HS512'))), 'algorithm_mismatch'],
    ['32 bytes, HS256' => get('/x', bearer(token_as($key{s}, 'HS256'))), 200],
    ['32 bytes, HS384' => get('/x', bearer(token_as($key{s}, 'HS384'))), 'algorithm_mismatch'],
]



=== one kid, several keys
--- conf eval
({ 'twins.jwks' => jwks(key('RS256', 'old')->jwk(kid => 'k'), key('RS256', 'new')->jwk(kid => 'k'),
                        key('HS256', 'sym')->jwk(kid => 'k')) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file twins.jwks;
    empty_gif;
}
--- cases eval
[
    ['the first'    => get('/x', bearer(key('RS256', 'old'), {}, { kid => 'k' })), 200],
    ['the second'   => get('/x', bearer(key('RS256', 'new'), {}, { kid => 'k' })), 200],
    ['the third'    => get('/x', bearer(key('HS256', 'sym'), {}, { kid => 'k' })), 200],
    ['another key'  => get('/x', bearer(key('RS256', 'third'), {}, { kid => 'k' })), 'signature_invalid'],
    ['another algorithm' => get('/x', bearer(key('ES256'), {}, { kid => 'k' })), 'algorithm_mismatch'],
]



=== a signature by another key, for each algorithm
--- conf eval
({ 'all.jwks' => $::all })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    empty_gif;
}
--- cases eval
[map { [$_ => get('/x', bearer(key($_, 'stranger'), {}, { kid => lc $_ })), 'signature_invalid'] } algorithms()]



=== names of algorithms are exact
--- conf eval
({ 'all.jwks' => $::all })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    empty_gif;
}
--- cases eval
[map { my $header = $_; ["$header" => get('/x', bearer(forge(key('HS256'), $header, '{}', alg => 'HS256'))),
    'algorithm_unsupported'] }
    '{"kid":"hs256","alg":"hs256"}', '{"kid":"hs256","alg":"HS256 "}', '{"kid":"hs256","alg":"HS25"}',
    '{"kid":"hs256","alg":""}', '{"kid":"hs256"}',
    '{"kid":"hs256","alg":"Ed25519x"}', '{"kid":"hs256","alg":"A256GCM"}', '{"kid":"hs256","alg":"dir"}']
