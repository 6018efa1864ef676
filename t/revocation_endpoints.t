# What revoke, logout and refresh enter into the list of revocations, and who may.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Client;
use Sallyport::Credential;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

BEGIN { $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3) }

our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme' },
        bob   => { password => hash('builder') },
    }),
    # The callers: of two tenants, and of none.
    'api.json' => json({
        sue  => { key => digest('sue'), tenant_id => 'acme', roles => ['support'] },
        gus  => { key => digest('gus'), tenant_id => 'globex', roles => ['support'] },
        root => { key => digest('root'), roles => ['support'] },
        star => { key => digest('star'), tenant_id => '*', roles => ['support'] },
        some => { key => digest('some') },
    }),
);
our $http = "auth_token_store memory:;\nauth_revocation_zone size=1m;\n";
our $locations = q[
    location = /revoke { auth_endpoint revoke; auth_revocation off; auth_api_key "r"; auth_api_key_file api.json; auth_role_map { POST support; DELETE support; } }
    location = /introspect { auth_endpoint introspect; auth_revocation on; auth_api_key "r"; auth_api_key_file api.json; auth_role_map { POST support; } }
    location /api     { auth_revocation on; auth_jwt "r"; auth_token_accept on; auth_password off; empty_gif; }
    location /idp     { auth_revocation on; auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_password off; empty_gif; }
    location /free    { auth_jwt "r"; auth_token_accept on; auth_password off; empty_gif; }
];
our ($refresh_key, $access_key) = ($Sallyport::Session::refresh, $Sallyport::Session::access);

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }
sub bob { my ($as) = @_; return issued("a login, $as" => login(bob => 'builder'), $as) }
sub at_revoke {
    my ($method, $who, $entry) = @_;
    return sub {
        my $body = ref $entry eq 'CODE' ? $entry->() : $entry;
        request($method, '/revoke', 'Content-Type: application/json', api_key($who), { body => ref $body ? json($body) : $body });
    };
}
sub by { my ($who, $entry) = @_; return at_revoke('POST', $who, $entry) }
sub undone { my ($who, $entry) = @_; return at_revoke('DELETE', $who, $entry) }
sub ok200 { my ($name, $request) = @_; return [$name => $request, 200, body => '', headers => { 'Cache-Control' => 'no-store' }] }
sub alive { my ($name, $as, %more) = @_; return [$name => access('/api', $as), 200, %more] }
sub dead { my ($name, $as) = @_; return [$name => access('/api', $as), 'token_revoked'] }
sub is_over { my ($name, $as) = @_; return over($name => refresh($as), 'refresh_revoked') }
sub goes_on { my ($name, $as) = @_; return issued($name => refresh($as), $as) }
# A token of an identity provider.
sub foreign { my (%claims) = @_; return get('/idp', bearer(key('HS256'), { sub => 'alice', iat => time, %claims })) }

run_tests();

__DATA__

=== tokens and sessions that nginx issued
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my $bearer = sub { my ($as, $member) = @_; return sub { request('POST', '/logout', bearer(kept($as, $member))) } };
[
    alice('a'), alice('b'), alice('c'), alice('d'), alice('e'), alice('f'), bob('n'),
    alive('at first' => 'a'),
    ok200('an access token' => by(sue => sub { { token => kept('a', 'access_token') } })),
    dead('is revoked' => 'a'),
    ['at the next request, too' => access('/api', 'a'), 'token_revoked'],
    ['not where nothing is checked' => access('/free', 'a'), 200],
    answers_json('introspect' => sub { post('/introspect', { token => kept('a', 'access_token') }, api_key('root')) }, { active => JSON::PP::false() }),
    goes_on('its session goes on' => 'a'),
    alive('with another token' => 'a'),
    alive('other sessions do' => 'b'),
    ok200('once more' => by(sue => sub { { token => kept('a', 'access_token') } })),
    ok200('a refresh token' => by(sue => sub { { token => kept('b') } })),
    dead('its access token' => 'b'),
    is_over('its session' => 'b'),
    ok200('in a form' => sub { form('/revoke', [token => kept('c'), token_type_hint => 'access_token'], api_key('sue')) }),
    dead('its access token' => 'c'),
    ['logout' => logout('d'), 204, body => ''],
    dead('the access token' => 'd'),
    is_over('the session' => 'd'),
    ['logout by an access token alone' => $bearer->('e', 'access_token'), 204],
    dead('which is dead' => 'e'),
    is_over('the session' => 'e'),
    ['again' => $bearer->('e', 'access_token'), 204],
    sub { keep('f1', { refresh_token => kept('f'), access_token => kept('f', 'access_token') }) },
    goes_on('a refresh' => 'f'),
    alive('the older access token' => 'f1'),
    over('a reuse' => refresh('f1'), 'refresh_reused'),
    dead('ends the older access token' => 'f1'),
    dead('and the newer' => 'f'),
    alive('nobody else' => 'n'),
    ok200('without a tenant' => by(root => sub { { token => kept('n', 'access_token') } })),
    dead('is revoked' => 'n'),
    alice('g'),
    alive('a new login' => 'g'),
]



=== an account that is gone
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations . q[location = /checked { auth_endpoint refresh; auth_password_file users.json; }]
--- conf eval: \%::files
--- cases eval
[
    alice('a'), bob('n'),
    sub { replace('users.json', json({ bob => { password => hash('builder') } })) },
    over('no refresh' => sub { post('/checked', { refresh_token => kept('a') }) }, 'account_invalid', within => 5),
    dead('its access token' => 'a'),
    alive('others' => 'n'),
]



=== entries
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my $now = time;
my @dead = ('token_revoked');
[
    ['at first' => foreign(jti => 'j', sid => 's', tenant_id => 'acme'), 200],
    ok200('jti' => by(sue => { jti => 'j' })),
    ['a jti of the tenant' => foreign(jti => 'j', tenant_id => 'acme'), @dead],
    ['of another tenant' => foreign(jti => 'j', tenant_id => 'globex'), 200],
    ['of none' => foreign(jti => 'j'), 200],
    ok200('sid' => by(sue => { sid => 's' })),
    ['a sid of the tenant' => foreign(sid => 's', tenant_id => 'acme'), @dead],
    ['of another tenant' => foreign(sid => 's', tenant_id => 'globex'), 200],
    ok200('sid, by one without a tenant' => by(root => { sid => 's' })),
    ['a sid of every tenant' => foreign(sid => 's', tenant_id => 'globex'), @dead],
    ['and of none' => foreign(sid => 's'), @dead],
    ok200('sub' => by(root => { sub => 'eve', iss => 'https://id.example' })),
    ['an issuer' => foreign(sub => 'eve', iss => 'https://id.example'), @dead],
    ['another issuer' => foreign(sub => 'eve', iss => 'https://other.example'), 200],
    ['none' => foreign(sub => 'eve'), 200],
    ['a later token' => foreign(sub => 'eve', iss => 'https://id.example', iat => $now + 3600), 200],
    ok200('a time' => by(root => { sub => 'dan', issued_before => $now - 100 })),
    ['before it' => foreign(sub => 'dan', iat => $now - 100), @dead],
    ['after it' => foreign(sub => 'dan', iat => $now - 99), 200],
    ok200('an end in the past' => by(root => { sub => 'ida', until => $now - 1 })),
    ['is no revocation' => foreign(sub => 'ida'), 200],
    ok200('an end' => by(root => sub { { sub => 'ida', until => time + 10 } })),
    ['until then' => foreign(sub => 'ida'), @dead],
    ['and no longer' => foreign(sub => 'ida', iat => $now - 10), 200, within => 30],
    ok200('all tenants' => by(root => { sub => 'max', tenant_id => '*' })),
    ['one' => foreign(sub => 'max', tenant_id => 'acme'), @dead],
    ['none' => foreign(sub => 'max'), @dead],
    ok200('a tenant' => by(root => { tenant => 'globex' })),
    ['its tokens' => foreign(sub => 'x', tenant_id => 'globex'), @dead],
    ['later ones' => foreign(sub => 'x', tenant_id => 'globex', iat => $now + 3600), 200],
    ['another' => foreign(sub => 'x', tenant_id => 'acme'), 200],
    ok200('kid, in a tenant' => by(sue => { kid => 'hs256' })),
    ['its tokens' => foreign(sub => 'x', tenant_id => 'acme'), @dead],
    ['others' => foreign(sub => 'x'), 200],
    ok200('kid' => by(root => { kid => 'hs256' })),
    ['all' => foreign(sub => 'x', iat => $now + 3600), @dead],
]



=== what is taken back
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my @dead = ('token_revoked');
[
    (map { ok200("revoked: $_->[0]" => by(@$_)) } [sue => { kid => 'hs256' }], [root => { kid => 'hs256' }], [root => { sub => 'max', tenant_id => '*' }],
        [root => { jti => 'j', tenant_id => 'acme' }]),
    ok200('taken back' => undone(root => { kid => 'hs256' })),
    ['within a second' => foreign(sub => 'x'), 200, within => 10],
    ['not the tenant\'s' => foreign(sub => 'x', tenant_id => 'acme'), @dead],
    ok200('by its tenant' => undone(sue => { kid => 'hs256', tenant_id => 'acme' })),
    ['within a second' => foreign(sub => 'x', tenant_id => 'acme'), 200, within => 10],
    ['the others stay' => foreign(sub => 'max'), @dead],
    ok200('whatever its times' => undone(root => { sub => 'max', tenant_id => '*', issued_before => 5, until => 7 })),
    ['within a second' => foreign(sub => 'max'), 200, within => 10],
    ok200('revoked again' => by(root => { sub => 'max', tenant_id => '*' })),
    ['at once' => foreign(sub => 'max'), @dead],
    ok200('what was never revoked' => undone(root => { jti => 'nobody' })),
    ok200('gus takes back nothing of others' => undone(gus => { jti => 'j', tenant_id => 'acme' })),
    ok200('nor of all' => undone(star => { jti => 'j', tenant_id => '*' })),
    ok200('nor his own' => undone(gus => { jti => 'j' })),
    ok200('a tenant' => by(root => { tenant => 'globex' })),
    ok200('its administrators do not take it back' => undone(gus => { tenant => 'globex' })),
    ok200('a mark' => by(root => { jti => 'mark' })),
    ok200('taken back' => undone(root => { jti => 'mark' })),
    ['which was read' => foreign(jti => 'mark'), 200, within => 10],
    ['it is still revoked' => foreign(jti => 'j', tenant_id => 'acme'), @dead],
    ['so is the tenant' => foreign(tenant_id => 'globex'), @dead],
    ok200('taken back by those without a tenant' => undone(root => { tenant => 'globex' })),
    ['is valid' => foreign(tenant_id => 'globex'), 200, within => 10],
]



=== sessions that the store does not know fill no list
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my $of = sub { my ($as, $key, %claims) = @_; my $member = $key == $::access_key ? 'access_token' : 'refresh_token'; return resigned(kept($as, $member), $key, { sid => 'long-ago', %claims }) };
my @old = (iat => 1000, exp => 2000);
[
    alice('a'),
    ['logout: an access token' => sub { request('POST', '/logout', bearer($of->('a', $::access_key, @old))) }, 204],
    ['logout: a refresh token' => sub { post('/logout', { refresh_token => $of->('a', $::refresh_key, @old) }) }, 204],
    ok200('revoke: a refresh token' => by(root => sub { { token => $of->('a', $::refresh_key, @old) } })),
    ['nothing was entered' => sub { get('/api', bearer($of->('a', $::access_key))) }, 200],
    alive('of any session' => 'a'),
]



=== a session that has moved to another tenant
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations . q[location = /checked { auth_endpoint refresh; auth_password_file users.json; }]
--- conf eval: \%::files
--- cases eval
my $moved = sub { my ($as) = @_; return issued("a refresh, $as" => sub { post('/checked', { refresh_token => kept($as) }) }, "$as-new") };
my $is_moved = sub { my ($as) = @_; return sub { Test::More::is(inside($as)->{tenant_id}, 'globex', 'the tenant') } };
[
    alice('a'), alice('b'), alice('c'),
    sub { replace('users.json', json({ alice => { password => hash('wonderland'), tenant_id => 'globex' } })) },
    refusal('the file has changed' => login(bob => 'builder'), 'credential_invalid', within => 5, headers => { 'WWW-Authenticate' => qr/./ }),
    (map { $moved->($_) } qw(a b c)),
    $is_moved->('a-new'),
    ok200('the old tenant ends it no longer' => by(sue => sub { { token => kept('a') } })),
    alive('it goes on' => 'a'),
    ok200('a refresh token' => by(gus => sub { { token => kept('a') } })),
    dead('an older access token' => 'a'),
    dead('the newer one' => 'a-new'),
    ok200('a session' => by(gus => sub { { sid => inside('b')->{sid} } })),
    dead('an older access token' => 'b'),
    dead('the newer one' => 'b-new'),
    ['logout' => logout('c'), 204],
    dead('an older access token' => 'c'),
    dead('the newer one' => 'c-new'),
]



=== subjects and sessions of ours
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my $sid = sub { my ($as, %more) = @_; return sub { { sid => inside($as)->{sid}, %more } } };
[
    alice('a'), alice('b'), bob('n'),
    ok200('a session' => by(sue => $sid->('a'))),
    dead('its access token' => 'a'),
    is_over('its refresh token' => 'a'),
    alive('another' => 'b'),
    goes_on('and its session' => 'b'),
    ok200('of another issuer' => by(sue => $sid->('b', iss => 'https://other.example'))),
    alive('is another' => 'b'),
    goes_on('in the store as well' => 'b'),
    ok200('of another issuer' => by(sue => { sub => 'alice', iss => 'https://other.example' })),
    goes_on('is another' => 'b'),
    ok200('before a time' => by(sue => { sub => 'alice', issued_before => 5 })),
    goes_on('later sessions go on' => 'b'),
    ok200('all of a subject' => by(sue => { sub => 'alice' })),
    dead('its access token' => 'b'),
    is_over('its refresh token' => 'b'),
    alive('somebody else' => 'n'),
    ok200('without a tenant' => by(root => { sub => 'bob', iss => 'https://api.example' })),
    dead('its access token' => 'n'),
    is_over('its refresh token' => 'n'),
    sub { sleep 2 },
    alice('c'),
    alive('a login after it' => 'c'),
    goes_on('and a refresh' => 'c'),
    ok200('taken back' => undone(sue => $sid->('a'))),
    is_over('an ended session stays ended' => 'a'),
]



=== a caller of a tenant reaches no other
--- http_config eval: $::http
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my @kinds = ({ jti => 'j' }, { sid => 's' }, { sub => 'alice' }, { kid => 'hs256' });
my %token = (jti => 'j', sid => 's', sub => 'alice');
[
    alice('a'), bob('n'),
    (map { my $who = $_; (
        (map { my $entry = $_; map { ok200("$who: " . join(' ', %$entry, $_) => by($who => { %$entry, tenant_id => $_ })) } 'acme', '*' } @kinds),
        ok200("$who: a tenant" => by($who => { tenant => 'acme' })),
        ok200("$who: a session" => by($who => sub { { sid => inside('a')->{sid} } })),
        ok200("$who: a refresh token" => by($who => sub { { token => kept('a') } })),
        ok200("$who: an access token" => by($who => sub { { token => kept('a', 'access_token') } })),
        ok200("$who: one without a tenant" => by($who => sub { { token => kept('n', 'access_token') } })),
        (map { ok200("$who: by default, " . join(' ', %$_) => by($who => $_)) } @kinds),
        ['their tokens are alive' => foreign(%token, tenant_id => 'acme'), 200],
        ['and those of nobody' => foreign(%token), 200],
        alive('and ours' => 'a'), alive('without a tenant' => 'n'),
        goes_on('and the session' => 'a'),
    ) } 'gus', 'star'),
    ['his own are dead' => foreign(%token, tenant_id => 'globex'), 'token_revoked'],
    ['a tenant that is named like all' => foreign(%token, tenant_id => '*'), 200],
]



=== who may, and with what
--- http_config eval: $::http
--- config eval
$::tokens . $::endpoints . $::locations . q[
location = /closed { auth_endpoint revoke; auth_api_key "r"; auth_api_key_file api.json; auth_role_map { POST support; } }
]
--- conf eval: \%::files
--- cases eval
my $malformed = sub { my ($name, $request) = @_; return refusal($name => $request, 'request_malformed', error => 'invalid_request') };
my %quiet = (headers => { 'WWW-Authenticate' => undef });     # no token was sent
my $delete = sub { my ($uri, $type, $body, @lines) = @_; return request('DELETE', $uri, "Content-Type: $type", @lines, { body => $body }) };
[
    alice('a'),
    refusal('nobody' => post('/revoke', { jti => 'j' }), 'no_credential'),
    refusal('without the role' => by(some => { jti => 'j' }), 'role_missing', %quiet),
    refusal('DELETE: nobody' => $delete->('/revoke', 'application/json', '{"jti":"j"}'), 'no_credential'),
    refusal('DELETE: without the role' => undone(some => { jti => 'j' }), 'role_missing', %quiet),
    ['DELETE is not in the map' => $delete->('/closed', 'application/json', '{"jti":"j"}', api_key('root')), 'method_not_allowed', %quiet],
    (map { my $body = $_; map { my $ask = $_; $malformed->($body => $ask->(root => $body)) } \&by, \&undone }
        '{}', '[]', '', '[{"jti":"j"}]', '{"jti":""}', '{"jti":7}', '{"jti":"j","x":1}', '{"jti":"j","sid":"s"}', '{"jti":"j","issued_before":1}',
        '{"sub":"s","until":"1"}', '{"sub":"s","until":1.5}', '{"tenant":"acme","tenant_id":"acme"}', '{"tenant":"*"}', '{"jti":"j\\u0000"}',
        '{"jti":"j","jti":"k"}', '{"jti":"j","token":"x"}', '{"jti":"' . 'x' x 1025 . '"}'),
    $malformed->('DELETE: a token' => undone(root => sub { { token => kept('a') } })),
    refusal('DELETE: a form' => $delete->('/revoke', 'application/x-www-form-urlencoded', 'jti=j', api_key('root')), 'content_type_unsupported'),
    refusal('DELETE: no body' => request('DELETE', '/revoke?jti=j', api_key('root')), 'content_type_unsupported'),
    alive('nothing of this revoked it' => 'a'),
    ['nor this' => foreign(jti => 'j'), 200],
    (map { my ($name, $token) = @$_; ok200("unknown: $name" => by(root => sub { { token => $token->() } })) }
        ['no token' => sub { 'x' }],
        ['forged' => sub { resigned(kept('a', 'access_token'), key('ES256', 'forger')) }],
        ['a public key as a secret' => sub { resigned(kept('a', 'access_token'), key('HS256', 'access', secret => $::access_key->public)) }],
        ['of an identity provider' => sub { token(key('HS256')) }],
        ['of another type' => sub { resigned(kept('a', 'access_token'), $::access_key, {}, { typ => 'JWT' }) }],
        ['without jti' => sub { resigned(kept('a', 'access_token'), $::access_key, { jti => undef }) }],
        ['without exp' => sub { resigned(kept('a', 'access_token'), $::access_key, { exp => undef }) }],
        ['expired' => sub { resigned(kept('a', 'access_token'), $::access_key, { exp => time - 1 }) }]),
    alive('none of these revoked it' => 'a'),
]



=== a flood of entries fills the zone, and pushes nothing out
--- http_config
auth_token_store memory:;
auth_revocation_zone size=32k;
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my $filled = sub {
    my $client = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT});
    my ($count, $status) = (0, 200);
    while ($status == 200 && $count < 900) { $status = $client->ask(by(root => { jti => 'filling-' . ++$count })->())->{status} }
    Test::More::is($status, 507, "full after $count");
};
[
    alice('a'), alice('b'), alice('c'), alice('d'),
    ok200('the first' => by(root => { jti => 'first' })),
    $filled,
    refusal('another' => by(root => { jti => 'another' }), 'revocation_zone_full', log => qr/\[error\].*sallyport: refused 507 revocation_zone_full/),
    ['is not revoked' => foreign(jti => 'another'), 200],
    ['the first one is still in force' => foreign(jti => 'first'), 'token_revoked'],
    ok200('which can be revoked again' => by(root => { jti => 'first' })),
    refusal('a refresh token' => by(sue => sub { { token => kept('a') } }), 'revocation_zone_full'),
    is_over('its session is over' => 'a'),
    refusal('all of a subject' => by(sue => { sub => 'bob' }), 'revocation_zone_full'),
    refusal('logout' => logout('b'), 'revocation_zone_full'),
    is_over('its session is over' => 'b'),
    sub { keep('c1', { refresh_token => kept('c') }) },
    goes_on('a refresh' => 'c'),
    over('a reuse' => refresh('c1'), 'refresh_reused', log => qr/\[error\].*auth_revocation_zone is full: the access tokens of a session/),
    is_over('its session is over' => 'c'),
    alive('its access token is not yet revoked' => 'c'),
    alive('tokens are still checked' => 'd'),
    ok200('one is taken back' => undone(root => { jti => 'first' })),
    ['is valid' => foreign(jti => 'first'), 200, within => 10],
    ok200('so there is room for another' => by(root => { jti => 'another' })),
    ok200('one more is taken back' => undone(root => { jti => 'filling-1' })),
    ['is valid' => foreign(jti => 'filling-1'), 200, within => 10],
    is_over('the reused token, once more' => 'c'),
    dead('now its access token is revoked' => 'c'),
]



=== while the store is down
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS/1;
auth_revocation_zone size=1m;
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
my $redis;
my @down = ('store_unavailable', headers => { 'WWW-Authenticate' => undef });
[
    sub { $redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3) },
    ['the list was read' => foreign(jti => 'none'), 200, within => 20],
    alice('a'), alice('b'), alice('c'),
    sub { $redis->stop },
    refusal('an entry' => by(root => { jti => 'j' }), @down),
    ['is not in force' => foreign(jti => 'j'), 200],
    refusal('a key' => by(root => { kid => 'hs256' }), @down),
    ['is not revoked' => foreign(jti => 'none'), 200],
    refusal('an access token' => by(root => sub { { token => kept('a', 'access_token') } }), @down),
    alive('likewise' => 'a'),
    refusal('logout' => logout('b'), @down),
    alive('likewise' => 'b'),
    refusal('taking back' => undone(root => { jti => 'j' }), @down),
    alive('the list still serves' => 'c'),
    sub { $redis->start },
    ['once more' => by(root => { jti => 'j' }), 200, within => 20],
    ['is in force' => foreign(jti => 'j'), 'token_revoked'],
    ['logout, once more' => logout('b'), 204],
    dead('likewise' => 'b'),
    is_over('the session is over' => 'b'),
    goes_on('this one goes on' => 'a'),
    ok200('taken back' => undone(root => { jti => 'j' })),
    ['is valid' => foreign(jti => 'j'), 200, within => 20],
    ['the key was never revoked' => foreign(jti => 'none'), 200],
    sub { $redis->stop },
]



=== without the list, only sessions end
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
location = /revoke { auth_endpoint revoke; auth_api_key "r"; auth_api_key_file api.json; auth_role_map { ALL support; } }
location /api { auth_jwt "r"; auth_token_accept on; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $unsupported = sub { my ($entry, $ask) = @_; return refusal(json($entry) => ($ask // \&by)->(root => $entry), 'revocation_unsupported', error => 'invalid_request') };
[
    alice('a'), alice('b'),
    refusal('an access token' => by(sue => sub { { token => kept('a', 'access_token') } }), 'token_unsupported', error => 'unsupported_token_type'),
    (map { $unsupported->($_) } { jti => 'j' }, { kid => 'k' }, { tenant => 'acme' }, { sub => 'alice', tenant_id => '*' }, { sub => 'alice', tenant_id => 'acme', until => 5 },
        { sub => 'alice', tenant_id => 'acme', issued_before => 5 }, { sub => 'alice', tenant_id => 'acme', iss => 'https://api.example' }),
    $unsupported->({ sid => 's' }, \&undone),
    goes_on('nothing of this ends a session' => 'a'),
    ok200('a session' => by(sue => sub { { sid => inside('a')->{sid} } })),
    is_over('is over' => 'a'),
    alive('its access token lives out its life' => 'a'),
    ok200('a subject' => by(root => { sub => 'alice', tenant_id => 'acme' })),
    is_over('is over' => 'b'),
]



=== the audit log
--- http_config eval: $::http . "auth_audit_log logs/audit.json;\n"
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
[
    alice('a'), alice('b'), alice('c'),
    (map { ok200(json($_->[1]) => by(@$_)) } [sue => { jti => 'j1' }], [root => { sid => 's1' }], [root => { sub => 'dan' }], [root => { sub => 'max', tenant_id => '*' }],
        [root => { kid => 'k1' }], [root => { tenant => 'globex' }], [gus => { sub => 'alice', tenant_id => 'acme' }], [root => { jti => 'over', until => 1 }]),
    ok200('an access token' => by(root => sub { { token => kept('a', 'access_token') } })),
    ok200('a refresh token' => by(root => sub { { token => kept('b') } })),
    ok200('of another tenant' => by(gus => sub { { token => kept('c') } })),
    ['logout' => logout('c'), 204],
    ok200('taken back' => undone(root => { kid => 'k1' })),
    ok200('once more' => undone(root => { kid => 'k1' })),
    sub {
        my %names = map { my $as = $_; my $claims = inside($as); map { ($claims->{$_} => "$_ of $as") } qw(sid jti) } qw(a b c);
        $names{ claims_of(kept('a', 'access_token'))->{jti} } = 'the access token';
        my @lines = grep { $_->{event} =~ /revo|logout/ } audit_lines('audit.json');
        my @told = map { my $line = $_; join ' ', map { my $text = $line->{$_} // '-'; $names{$text} // $text } qw(event tenant_id sub sid jti kid) } @lines;
        Test::More::is_deeply(\@told, [
            'revoked acme - - j1 -', 'revoked - - s1 - -', 'revoked - dan - - -', 'revoked - max - - -', 'revoked - - - - k1', 'revoked globex - - - -',
            'revoked acme alice sid of a the access token access', 'revoked acme alice sid of b jti of b refresh', 'logout acme alice sid of c jti of c refresh',
            ('revocation_removed - - - - k1') x 2,
        ], 'the audit log') or Test::More::diag(join "\n", @told);
    },
]



=== tokens of an earlier configuration live longer
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_revocation_zone size=1m;
--- config eval: $::tokens . $::endpoints . $::locations . "auth_token_ttl 5h;\n"
--- conf eval: \%::files
--- cases eval
my $end = sub { return qx(sqlite3 $ENV{TEST_NGINX_SERVROOT}/conf/store/tokens.db 'SELECT max(until) FROM revocations') - time };
[
    alice('a'),
    sub { replace('nginx.conf', slurp("$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf") =~ s/auth_token_ttl 5h/auth_token_ttl 1m/r) },
    reload(),
    ['the list is there' => access('/api', 'a'), 200, within => 10],
    ['logout' => logout('a'), 204],
    dead('the access token' => 'a'),
    sub { Test::More::cmp_ok($end->(), '>', 4.9 * 3600, 'for as long as it would be valid') },
]
