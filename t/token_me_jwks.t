# auth_endpoint me and jwks: who one is, and the keys that verify access tokens.

use FindBin;
use lib "$FindBin::Bin/lib";
use Crypt::JWT qw(decode_jwt);
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
        bob   => { password => hash('builder'), sub => 'user-17' },
        'a"b\\c' => { password => hash('quoted') },
        "j\x{fc}rgen" => { password => hash('jay') },
    }),
    'keys.json' => json({ printer => { key => digest('printer-secret'), tenant_id => 'acme', roles => ['print'] }, bare => { key => digest('bare-secret') } }),
);
our $problem = { 'Content-Type' => 'application/problem+json', 'Cache-Control' => 'no-store', Pragma => 'no-cache' };

# The key for an algorithm; EdDSA has two.
our @kinds = grep { !/^HS/ } algorithms(), 'Ed448';
sub key_of { my ($kind) = @_; return $kind eq 'Ed448' ? key('EdDSA', 'ed448', type => 'ED448') : key($kind, lc $kind) }

# A row: these keys are published.
sub publishes {
    my ($name, $uri, @keys) = @_;
    return [$name => get($uri), 200, headers => { 'Content-Type' => qr{\Aapplication/(?:jwk-set\+)?json\z}, 'Cache-Control' => qr/\bmax-age=300\b/, Pragma => undef,
        'WWW-Authenticate' => undef }, then => sub {
        my $set = JSON::PP->new->utf8->decode($_[0]{body});
        return differ($set, { keys => [map { $_->jwk(use => 'sig') } @keys] });
    }];
}

run_tests();

__DATA__

=== me
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
auth_jwt_key_file keys.jwks;
auth_password_file users.json;
auth_api_key_file keys.json;
location = /me      { auth_endpoint me; auth_jwt "r"; auth_token_accept on; }
location = /all     { auth_endpoint me; auth_jwt "r"; auth_token_accept on; auth_password "p"; auth_api_key "k"; }
location = /foreign { auth_endpoint me; auth_jwt "r"; }
location = /cookie  { auth_endpoint me; auth_jwt "r" token=$cookie_t; auth_token_accept on; }
location = /roles   { auth_endpoint me; auth_jwt "r"; auth_token_accept on; auth_role_map { GET editor; POST editor; PUT on; } }
location = /claims  { auth_endpoint me; auth_jwt "r"; auth_roles_claim realm.roles; auth_tenant_claim org.id; }
]
--- conf eval: \%::files
--- cases eval
my @acme = (tenant_id => 'acme', roles => ['viewer', 'editor']);
my $near = sub { my ($as) = @_; return claims_of(kept($as, 'access_token'))->{exp} };
my $later = time + 500;
my $absent = qr/\A(?:none|null)\z/;
my $empty = qr/\A(?:none|null|\[\])\z/;
[
    issued('alice' => login(alice => 'wonderland'), 'a'),
    issued('bob'   => login(bob => 'builder'), 'b'),
    answers_json('an access token'  => access('/me', 'a'), sub { { sub => 'alice', @acme, method => 'jwt', exp => $near->('a') } },
        body => qr/"exp": ?\d+[,}]/),
    answers_json('nothing but a sub' => access('/me', 'b'), sub { { sub => 'user-17', tenant_id => $absent, roles => $empty, method => 'jwt', exp => $near->('b') } }),
    answers_json('in a cookie'      => sub { get('/cookie', 'Cookie: t=' . kept('a', 'access_token')) }, sub { { sub => 'alice', @acme, method => 'jwt', exp => $near->('a') } }),
    answers_json('a token of others' => get('/foreign', bearer(key('HS256'), { sub => 'fred', exp => $later, tenant_id => 't', roles => 'x y', mail => 'a@b' })),
        { sub => 'fred', tenant_id => 't', roles => ['x', 'y'], method => 'jwt', exp => $later }),
    answers_json('a token without exp' => get('/foreign', bearer(key('HS256'), { sub => 'fred', exp => undef })),
        { sub => 'fred', tenant_id => $absent, roles => $empty, method => 'jwt', exp => $absent }),
    answers_json('a token without sub' => get('/foreign', bearer(key('HS256'), { sub => undef, exp => $later })),
        { sub => qr/\A(?:none|null|)\z/, tenant_id => $absent, roles => $empty, method => 'jwt', exp => $later }),
    answers_json('claims elsewhere' => get('/claims', bearer(key('HS256'), { sub => 'fred', exp => $later, realm => { roles => ['x'] }, org => { id => 't' } })),
        { sub => 'fred', tenant_id => 't', roles => ['x'], method => 'jwt', exp => $later }),
    answers_json('a password'       => get('/all', basic(alice => 'wonderland')), { sub => 'alice', @acme, method => 'password', exp => $absent }),
    answers_json('a key'            => get('/all', api_key('printer-secret')), { sub => 'printer', tenant_id => 'acme', roles => ['print'], method => 'api_key', exp => $absent }),
    answers_json('a key of nobody much' => get('/all', api_key('bare-secret')), { sub => 'bare', tenant_id => $absent, roles => $empty, method => 'api_key', exp => $absent }),
    answers_json('a token there, too' => access('/all', 'a'), sub { { sub => 'alice', @acme, method => 'jwt', exp => $near->('a') } }),
    answers_json('a name with a quote' => get('/all', basic('a"b\\c' => 'quoted')), { sub => 'a"b\\c', tenant_id => $absent, roles => $empty, method => 'password', exp => $absent }),
    answers_json('a name in UTF-8'  => get('/all', basic("j\xc3\xbcrgen" => 'jay')), { sub => "j\x{fc}rgen", tenant_id => $absent, roles => $empty, method => 'password', exp => $absent }),
    answers_json('with the role'    => access('/roles', 'a'), sub { { sub => 'alice', @acme, method => 'jwt', exp => $near->('a') } }),
    refusal('without the role'      => access('/roles', 'b'), 'role_missing', error => 'insufficient_scope'),
    refusal('nobody'                => get('/me'), 'no_credential'),
    refusal('nobody: all challenges' => get('/all'), 'no_credential',
        headers => { 'WWW-Authenticate' => qr/\A(?=.*Bearer realm="r")(?=.*Basic realm="p")(?=.*Api-Key realm="k")/ }),
    refusal('a refresh token'       => sub { get('/me', bearer(kept('a'))) }, 401, reason => qr/\A\w+\z/, error => 'invalid_token'),
    refusal('a forged token'        => sub { get('/me', bearer(resigned(kept('a', 'access_token'), key('ES256', 'forger')))) }, 'signature_invalid', error => 'invalid_token'),
    refusal('an expired token'      => sub { get('/me', bearer(resigned(kept('a', 'access_token'), $Sallyport::Session::access, { exp => time - 1 }))) }, 'token_expired',
        error => 'invalid_token'),
    refusal('a wrong password'      => get('/all', basic(alice => 'x')), 'credential_invalid'),
    refusal('a wrong key'           => get('/all', api_key('x')), 'credential_invalid'),
    refusal('a token of others is not taken' => get('/me', bearer(key('HS256', 'forger'))), 'key_unknown'),
    ['HEAD'                         => sub { request('HEAD', '/me', as('a')->()) }, 200, body => '', headers => { 'Cache-Control' => 'no-store' }],
    ['HEAD, refused'                => request('HEAD', '/me'), 'no_credential', body => '', headers => $::problem],
    ['HTTP/1.0'                     => sub { request('GET', '/me', as('a')->(), { version => 'HTTP/1.0' }) }, 200, body => qr/"sub": ?"alice"/],
    (map { my $method = $_; refusal($method => sub { request($method, '/me', as('a')->(), { body => $method eq 'OPTIONS' ? '' : 'x' x 5000 }) }, 'method_unsupported',
        headers => { Allow => qr/\AGET\b/ }) } qw(POST PUT DELETE OPTIONS)),
    refusal('POST by nobody'        => request('POST', '/me', { body => 'x' }), 'no_credential'),
    refusal('POST, the role map first' => sub { request('POST', '/roles', as('b')->()) }, 'role_missing'),
    refusal('a method that the role map lacks' => sub { request('DELETE', '/roles', as('a')->()) }, 'method_not_allowed'),
    refusal('PUT, which the role map has' => sub { request('PUT', '/roles', as('b')->()) }, 'method_unsupported', headers => { Allow => qr/\AGET\b/ }),
    ['one connection goes on' => [
        [access('/me', 'a'), 200], [get('/me'), 'no_credential'], [request('POST', '/me', { body => 'x' x 5000 }), 'no_credential'], [access('/me', 'a'), 200],
    ]],
]



=== me, by ways that are not guarded
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
auth_password_file users.json;
location = /me       { auth_endpoint me; auth_jwt "r"; auth_token_accept on; }
location = /any      { auth_endpoint me; auth_jwt "r"; auth_token_accept on; satisfy any; allow all; }
location = /public   { auth_endpoint me; auth_jwt "r"; auth_token_accept on; auth_role_map { GET off; } }
location = /if       { auth_endpoint me; auth_jwt "r"; auth_token_accept on; if ($arg_a) { limit_rate 1m; } }
location /sub        { auth_request /me; root html; }
location /redirect   { error_page 404 = /me; root html/none; }
location /try        { try_files /none /me; root html/none; }
]
--- conf eval: \%::files
--- cases eval
[
    issued('alice' => login(alice => 'wonderland'), 'a'),
    (map { my $uri = $_; (
        answers_json("$uri: alice"    => access($uri, 'a'), { sub => 'alice', tenant_id => 'acme', roles => ['viewer', 'editor'], method => 'jwt', exp => qr/\A\d+\z/ }),
        refusal("$uri: a bad token"   => get($uri, bearer('a.b.c')), 401, reason => qr/\A\w+\z/),
        refusal("$uri: nobody"        => get($uri), 401, reason => qr/\A\w+\z/),
    ) } '/any', '/if?a=1', '/redirect', '/try'),
    refusal('/public: nobody'         => get('/public'), 401, reason => qr/\A\w+\z/),
    ['auth_request: nobody'           => get('/sub'), 401, reason => qr/\A/],
    ['auth_request: a bad token'      => get('/sub', bearer('a.b.c')), 401, reason => qr/\A/],
]



=== jwks
--- http_config
auth_jwt "outer";
auth_jwt_key_file keys.jwks;
auth_role_map { ALL admin; }
auth_token_issuer https://api.example;
--- config eval
join '', map { "location = /$_->[0] { auth_endpoint jwks; $_->[1] }\n" }
    (map { my $kid = key_of($_)->kid; [$_, "auth_token_key $kid " . key_of($_)->alg . " $kid.key;"] } @::kinds),
    (map { [$_, "auth_token_key \L$_\E $_ \L$_\E.secret;"] } qw(HS256 HS384 HS512)),
    ['many', 'auth_token_key es256 ES256 es256.key; auth_token_key hs256 HS256 hs256.secret; auth_token_key rs256 RS256 rs256.key;'],
    ['large', 'auth_token_key big RS256 big.key;'],
    ['odd', 'auth_token_key "k \"1\\\\" ES256 es256.key;']
--- conf eval
({ %::files, map({ my $k = key_of($_); ($k->kid . '.key' => $k->private) } @::kinds), map({ ("\L$_\E.secret" => 'x' x 64) } qw(HS384 HS512)),
    'big.key' => key('RS256', 'big', bits => 4096)->private })
--- cases eval
[
    (map { publishes($_ => "/$_", key_of($_)) } @::kinds),
    (map { publishes("$_: no secret" => "/$_") } qw(HS256 HS384 HS512)),
    publishes('several, without the secret' => '/many', key('ES256'), key('RS256')),
    publishes('4096 bits' => '/large', key('RS256', 'big', bits => 4096)),
    ['nothing private' => get('/many'), 200, then => sub {
        return map { my $jwk = $_; grep { exists $jwk->{$_} } qw(d p q dp dq qi k oth) } @{ JSON::PP->new->utf8->decode($_[0]{body})->{keys} } }],
    ['a kid with a quote' => get('/odd'), 200, then => sub {
        my $kid = JSON::PP->new->utf8->decode($_[0]{body})->{keys}[0]{kid};
        return ("kid: $kid") x ($kid ne 'k "1\\') }],
    ['HEAD' => request('HEAD', '/many'), 200, body => '', headers => { 'Cache-Control' => qr/max-age=300/ }],
    ['HTTP/1.0' => request('GET', '/many', { version => 'HTTP/1.0' }), 200, body => qr/\A\{.*\}\s*\z/s],
    ['a token that is not asked for' => get('/many', bearer('a.b.c')), 200],
    ['arguments' => get('/many?x=1'), 200],
    (map { refusal($_ => request($_, '/many', { body => $_ eq 'OPTIONS' ? '' : 'x' x 5000 }), 'method_unsupported', headers => { Allow => qr/\AGET\b/ }) }
        qw(POST PUT DELETE OPTIONS)),
    ['one connection goes on' => [[get('/many'), 200], [request('POST', '/many', { body => 'x' x 5000 }), 'method_unsupported'], [get('/many'), 200]]],
]



=== what is published verifies
--- http_config
auth_token_store memory:;
server {
    listen $TEST_NGINX_OTHER;
    location / { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_issuer https://api.example; auth_jwt_audience https://api.example; empty_gif; }
    location = /_jwks { internal; proxy_pass http://$TEST_NGINX_SERVER_PORT/jwks; }
}
--- config eval
q[
auth_token_issuer https://api.example;
auth_token_refresh_key refresh HS256 refresh.secret;
auth_token_key es256 ES256 es256.key;
auth_token_key rs256 RS256 rs256.key;
auth_password_file users.json;
location = /jwks    { auth_endpoint jwks; }
location = /es256   { auth_endpoint login; auth_password "r"; }
location = /rs256   { auth_endpoint login; auth_password "r"; auth_token_key rs256 RS256 rs256.key; }
location = /eddsa   { auth_endpoint login; auth_password "r"; auth_token_key eddsa EdDSA eddsa.key; }
location = /other   { proxy_pass http://$TEST_NGINX_OTHER; }
location = /fetched { auth_jwt "r"; auth_jwt_key_request /jwks; empty_gif; }
]
--- conf eval
({ %::files, map { (key_of($_)->kid . '.key' => key_of($_)->private) } qw(ES256 RS256 EdDSA) })
--- cases eval
my $set;
[
    ['the keys' => get('/jwks'), 200, then => sub { $set = JSON::PP->new->utf8->decode($_[0]{body}); return }],
    (map { issued("a login, $_" => request('POST', "/$_", basic(alice => 'wonderland')), $_) } qw(es256 rs256 eddsa)),
    (map { my $kid = $_; sub {
        my ($header, $claims) = decode_jwt(token => kept($kid, 'access_token'), kid_keys => $set, accepted_alg => uc $kid, decode_header => 1, verify_exp => 1);
        Test::More::is("$header->{kid} $claims->{sub} $claims->{tenant_id} @{ $claims->{roles} }", "$kid alice acme viewer editor", "$kid: by the published key");
    } } qw(es256 rs256)),
    sub {
        Test::More::ok(!eval { decode_jwt(token => kept('eddsa', 'access_token'), kid_keys => $set); 1 }, 'eddsa: not published there');
        Test::More::ok(!eval { decode_jwt(token => kept('es256'), kid_keys => $set); 1 }, 'nor is the key of refresh tokens');
    },
    (map { my $where = $_; (
        ["$where: es256"           => access($where, 'es256'), 200],
        ["$where: rs256"           => access($where, 'rs256'), 200],
        ["$where: eddsa"           => access($where, 'eddsa'), 401, reason => qr/\A/],
        ["$where: a refresh token" => sub { get($where, bearer(kept('es256'))) }, 401, reason => qr/\A/],
    ) } '/other', '/fetched'),
]
