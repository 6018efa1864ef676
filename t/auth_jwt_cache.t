# auth_jwt_cache and $auth_cache: what is remembered changes nothing but the time that it takes.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our ($one, $two) = map { key('HS256', $_) } qw(one two);

# The rows of a request, one for each value of $auth_cache that is expected.
sub known {
    my ($name, $request, @expected) = @_;
    return map { ["$name: $_" => $request, 200, headers => { 'X-Cache' => $_ }] } @expected;
}


run_tests();

__DATA__

=== the first is a miss, the others are hits
--- conf eval
({ 'all.jwks' => jwks(map { key($_) } qw(RS256 HS256 ES256 EdDSA PS384)) })
--- config
add_header X-Cache $auth_cache always;
location /x { auth_jwt "r"; auth_jwt_key_file all.jwks; empty_gif; }
location /open { empty_gif; }
--- cases eval
[
    (map { known($_->alg, get('/x', bearer($_, { sub => 'alice' })), 'MISS', 'HIT', 'HIT') }
        map { key($_) } qw(RS256 HS256 ES256 EdDSA PS384)),
    known('another subject' => get('/x', bearer(key('RS256'), { sub => 'bob' })), 'MISS', 'HIT'),
    ['no token'             => get('/x'), 'no_credential', headers => { 'X-Cache' => undef }],
    ['nothing is asked'     => get('/open', bearer(key('RS256'), { sub => 'alice' })), 200, headers => { 'X-Cache' => undef }],
]



=== all bytes count, and refused tokens are not remembered
--- config
add_header X-Cache $auth_cache always;
location /x { auth_jwt "r"; auth_jwt_key_file keys.jwks; empty_gif; }
--- cases eval
my $good = token(key('HS256'), { sub => 'alice' });
my ($header, $payload, $signature) = split /\./, $good;
my $forged = join '.', $header, base64url('{"sub":"admin"}'), $signature;
my $expired = get('/x', bearer(key('HS256'), { exp => 1 }));
[
    known('the good one'    => get('/x', "Authorization: Bearer $good"), 'MISS', 'HIT'),
    (map { ['its signature under other claims' => get('/x', "Authorization: Bearer $forged"), 'signature_invalid',
        headers => { 'X-Cache' => undef }] } 1, 2),
    ['without its signature' => get('/x', "Authorization: Bearer $header.$payload."), 'signature_invalid'],
    ['with more behind it'  => get('/x', "Authorization: Bearer ${good}A"), 'signature_invalid'],
    (map { ["with $_->[0] behind it" => get('/x', "Authorization: Bearer $good$_->[1]"), 'malformed_authorization'] }
        ['a comma', ','], ['a blank and more', ' x'], ['what is not ASCII', "\xc3\xa4"]),
    ['with blanks before it' => get('/x', "Authorization: Bearer   $good"), 200, headers => { 'X-Cache' => 'HIT' }],
    (map { ['expired' => $expired, 'token_expired', headers => { 'X-Cache' => undef }] } 1, 2),
    known('the good one'    => get('/x', "Authorization: Bearer $good"), 'HIT'),
]



=== the rules of each place are judged each time
--- config
add_header X-Cache $auth_cache always;
auth_jwt_key_file keys.jwks;
auth_jwt "r";
location /any    { empty_gif; }
location /issuer { auth_jwt_issuer https://a.example; empty_gif; }
location /aud    { auth_jwt_audience orders; empty_gif; }
location /rs256  { auth_jwt_algorithms RS256; empty_gif; }
location /roles  { auth_role_map { GET editor; } empty_gif; }
location /tenant { auth_tenant_expect globex; empty_gif; }
location /need   { auth_jwt_require $arg_ok; empty_gif; }
--- cases eval
my $other = bearer(key('HS256'), { sub => 'other', aud => 'bills' });
my $token = bearer(key('HS256'), { iss => 'https://b.example', aud => 'bills', roles => ['viewer'], tenant_id => 'acme' });
[
    known('first'  => get('/any', $token), 'MISS', 'HIT'),
    ['issuer'      => get('/issuer', $token), 'issuer_mismatch'],
    ['audience'    => get('/aud', $token), 'audience_mismatch'],
    ['algorithm'   => get('/rs256', $token), 'algorithm_not_allowed'],
    ['role'        => get('/roles', $token), 'role_missing', headers => { 'X-Cache' => 'HIT' }],
    ['tenant'      => get('/tenant', $token), 'tenant_mismatch', headers => { 'X-Cache' => 'HIT' }],
    ['requirement' => get('/need', $token), 'requirement_unmet', headers => { 'X-Cache' => 'HIT' }],
    ['met'         => get('/need?ok=1', $token), 200, headers => { 'X-Cache' => 'HIT' }],
    known('still'  => get('/any', $token), 'HIT'),
    (map { ['refused at first' => get('/aud', $other), 'audience_mismatch'] } 1, 2),
    known('which is not remembered' => get('/any', $other), 'MISS', 'HIT'),
]



=== a key set's change, removal and rotation
--- conf eval
({ 'a.jwks' => jwks($::one) })
--- config
add_header X-Cache $auth_cache always;
location /x { auth_jwt "r"; auth_jwt_key_file a.jwks; empty_gif; }
--- cases eval
my ($old, $new) = map { get('/x', bearer($_, { sub => 'alice' })) } $::one, $::two;
[
    known('the old key' => $old, 'MISS', 'HIT'),
    sub { change('a.jwks', jwks($::one, $::two)) },
    noticed('a new key' => get('/x', bearer(key('HS256', 'three'))), 'key_unknown', qr/a\.jwks" changed: 2 keys/),
    known('the old key beside a new one' => $old, 'MISS', 'HIT'),
    known('the new key' => $new, 'MISS', 'HIT'),
    sub { change('a.jwks', jwks($::two)) },
    noticed('the old key goes' => get('/x', bearer(key('HS256', 'three'))), 'key_unknown', qr/a\.jwks" changed: 1 keys/),
    ['the old key is gone' => $old, 'key_unknown', headers => { 'X-Cache' => undef }],
    known('the new key' => $new, 'MISS', 'HIT'),
]



=== what is read out of a remembered token is that of the place
--- config
add_header X-Cache $auth_cache always;
add_header X-Who "$auth_subject:$auth_tenant:$auth_roles" always;
auth_jwt_key_file keys.jwks;
auth_jwt "r";
location /a { empty_gif; }
location /b { auth_tenant_claim org; auth_roles_claim groups; auth_role_map { GET admin; } empty_gif; }
location /c { auth_tenant_claim org; auth_roles_claim groups; auth_role_map { GET viewer; } empty_gif; }
--- cases eval
my $token = bearer(key('HS256'), { sub => 'alice', tenant_id => 'globex', roles => ['viewer'], org => 'acme',
    groups => { acme => ['admin'], globex => ['root'] } });
my @a = (200, headers => { 'X-Cache' => 'HIT', 'X-Who' => 'alice:globex:viewer' });
my @b = (200, headers => { 'X-Cache' => 'HIT', 'X-Who' => 'alice:acme:admin' });
[
    ['first' => get('/a', $token), 200, headers => { 'X-Cache' => 'MISS', 'X-Who' => 'alice:globex:viewer' }],
    ['again' => get('/a', $token), @a],
    ['other claims' => get('/b', $token), @b],
    ['other claims again' => get('/b', $token), @b],
    ['and another role' => get('/c', $token), 'role_missing', headers => { 'X-Cache' => 'HIT' }],
    ['the first place' => get('/a', $token), @a],
    ['and the other' => get('/b', $token), @b],
]



=== a token of one tenant or place is unknown to others
--- conf eval
({ 'a.secret' => $::one->private, 'b.secret' => $::two->private })
--- config
add_header X-Cache $auth_cache always;
add_header X-Tenant $auth_tenant always;
location /tenants {
    auth_jwt "r";
    auth_tenant acme   { key k HS256 a.secret; issuer https://a.example; }
    auth_tenant globex { key k HS256 b.secret; issuer https://b.example; }
    auth_tenant twin   { key k HS256 a.secret; issuer https://c.example; }
    empty_gif;
}
location /a     { auth_jwt "r"; auth_jwt_key k HS256 a.secret; empty_gif; }
location /b     { auth_jwt "r"; auth_jwt_key k HS256 b.secret; empty_gif; }
location /again { auth_jwt "r"; auth_jwt_key k HS256 a.secret; empty_gif; }
--- cases eval
my ($acme, $globex, $twin) = map { bearer($_->[0], { iss => "https://$_->[1].example" }, { kid => 'k' }) }
    [$::one, 'a'], [$::two, 'b'], [$::one, 'c'];
[
    known('acme' => get('/tenants', $acme), 'MISS', 'HIT'),
    ['acme\'s own'   => get('/tenants', $acme), 200, headers => { 'X-Tenant' => 'acme', 'X-Cache' => 'HIT' }],
    ['its twin\'s'   => get('/tenants', $twin), 200, headers => { 'X-Tenant' => 'twin', 'X-Cache' => 'MISS' }],
    ['globex\' key with acme\'s name' => get('/tenants', bearer($::two, { iss => 'https://a.example' }, { kid => 'k' })),
        'signature_invalid'],
    known('another place, the same secret' => get('/a', $acme), 'MISS', 'HIT'),
    ['another place, another secret' => get('/b', $acme), 'signature_invalid'],
    known('a third place' => get('/again', $acme), 'MISS', 'HIT'),
    known('the first' => get('/tenants', $acme), 'HIT'),
    known('the second' => get('/a', $acme), 'HIT'),
    known('globex' => get('/b', $globex), 'MISS', 'HIT'),
]



=== exp and nbf are judged each time, with the leeway of the place
--- config
add_header X-Cache $auth_cache always;
auth_jwt_key_file keys.jwks;
auth_jwt "r";
location /strict  { empty_gif; }
location /lenient { auth_jwt_leeway 1h; empty_gif; }
--- cases eval
my $made;
my $short = sub { my ($uri) = @_; return sub { get($uri, $made //= bearer(key('HS256'), { exp => time + 8 })) } };
my $early = bearer(key('HS256'), { nbf => time + 600 });
[
    known('good for seconds' => $short->('/strict'), 'MISS', 'HIT'),
    known('not yet good' => get('/lenient', $early), 'MISS', 'HIT'),
    (map { ['not yet good here' => get('/strict', $early), 'token_not_yet_valid'] } 1, 2),
    known('not yet good' => get('/lenient', $early), 'HIT'),
    ['over'              => $short->('/strict'), 'token_expired', within => 10],
    known('forgotten'    => $short->('/lenient'), 'MISS', 'HIT'),
    ['over'              => $short->('/strict'), 'token_expired'],
]



=== off
--- http_config
auth_jwt_cache off;
--- config
add_header X-Cache $auth_cache always;
location /x { auth_jwt "r"; auth_jwt_key_file keys.jwks; empty_gif; }
--- cases eval
[
    map { ["request $_" => get('/x', bearer(key('RS256'))), 200, headers => { 'X-Cache' => undef }] } 1, 2, 3
]



=== bounded
--- http_config
auth_jwt_cache size=64k;
--- config
add_header X-Cache $auth_cache always;
location /x { auth_jwt "r"; auth_jwt_key_file keys.jwks; empty_gif; }
--- cases eval
my ($first, @users) = map { get('/x', bearer(key('HS256'), { sub => "user $_", note => 'x' x 3000 })) } 0 .. 30;
[
    known('first' => $first, 'MISS', 'HIT'),
    (map { known('another' => $_, 'MISS') } @users),
    known('first' => $first, 'MISS', 'HIT'),
    known('the last' => $users[-1], 'HIT'),
]
