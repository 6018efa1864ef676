# auth_endpoint revoke and introspect: who may ask, about which tokens, and what becomes of a session.

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Math::BigInt ();
use Sallyport::Credential;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

BEGIN { $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3) }

our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer'] },
        sue   => { password => hash('sue'), tenant_id => 'acme', roles => ['support'] },
        gus   => { password => hash('gus'), tenant_id => 'globex', roles => ['support'] },
        root  => { password => hash('root'), roles => ['support'] },
        bob   => { password => hash('builder') },
    }),
    'keys.json' => json({ console => { key => digest('console-secret'), roles => ['support'] } }),
);
our $guarded = q[
    auth_jwt "r";
    auth_token_accept on;
    auth_password off;
    auth_role_map { POST support; GET on; }
];
our $both = qq[
    location = /revoke { auth_endpoint revoke; $guarded }
    location = /introspect { auth_endpoint introspect; $guarded }
    location = /api { auth_jwt "r"; auth_token_accept on; empty_gif; }
];
our ($key, $access) = ($Sallyport::Session::refresh, $Sallyport::Session::access);
our ($true, $false) = (JSON::PP::true(), JSON::PP::false());

sub user { my ($name, $password, $as) = @_; return issued("a login, " . ($as // $name) => login($name, $password), $as // $name) }
sub alice { my ($as) = @_; return user(alice => 'wonderland', $as) }

# Rows. Lines of requests are those of the caller.
sub revoked { my ($name, $request) = @_; return [$name => $request, 200, headers => { 'Cache-Control' => 'no-store', Pragma => 'no-cache', 'WWW-Authenticate' => undef }] }
sub inactive { my ($name, $request, %more) = @_; return answers_json($name => $request, { active => $false }, %more) }

# Active, with the claims of the token that is kept.
sub active {
    my ($name, $request, $as, $member) = @_;
    return answers_json($name => $request, sub {
        my $claims = $member eq 'access_token' ? claims_of(kept($as, $member)) : claims_of(kept($as, $member), $key);
        delete $claims->{account};
        return { active => $true, %$claims, token_type => qr/\A(?:Bearer|refresh_token|N_A)?\z|\Anone\z/ };
    }, body => qr/"active": ?true.*"exp": ?\d/s);
}

sub is_over { my ($name, $as) = @_; return refusal($name => refresh($as), 'refresh_revoked', error => 'invalid_grant') }
sub goes_on { my ($name, $as) = @_; return issued($name => refresh($as), $as) }
sub malformed { my ($name, $request) = @_; return refusal($name => $request, 'request_malformed', error => 'invalid_request') }

# All that is revoked by {"sid"} and {"sub", "tenant_id"}.
our $redis;
our $by_subject = sub {
    my %by = map { $_ => as($_) } qw(sue gus root);
    my $ask = sub { my ($who, $body) = @_; return sub { post('/revoke', ref $body eq 'CODE' ? $body->() : $body, $by{$who}->()) } };
    my $sid = sub { my ($as) = @_; return sub { { sid => inside($as)->{sid} } } };
    return [
        user(sue => 'sue'), user(gus => 'gus'), user(root => 'root'),
        alice('a'), alice('b'), alice('c'),
        user(bob => 'builder', 'n'), user(bob => 'builder', 'n2'),
        refusal('nobody' => sub { post('/revoke', $sid->('a')->()) }, 'no_credential'),
        refusal('without the role' => sub { post('/revoke', { sub => 'bob' }, as('a')->()) }, 'role_missing'),
        revoked('a session of another tenant is unknown' => $ask->(gus => $sid->('a'))),
        revoked('one without a tenant, to one who has one' => $ask->(sue => $sid->('n'))),
        revoked('a subject of another tenant is unknown' => $ask->(gus => { sub => 'alice', tenant_id => 'acme' })),
        revoked('a subject of one\'s own tenant alone' => $ask->(gus => { sub => 'alice' })),
        revoked('without a tenant, none is meant' => $ask->(root => { sub => 'alice' })),
        revoked('null is no tenant' => $ask->(root => { sub => 'alice', tenant_id => undef })),
        revoked('an unknown session' => $ask->(root => { sid => 'A' x 22 })),
        revoked('a session in another tenant' => $ask->(root => sub { +{ %{ $sid->('a')->() }, tenant_id => 'globex' } })),
        revoked('no session' => $ask->(root => { sid => "}\"'*" })),
        revoked('an unknown subject' => $ask->(root => { sub => 'nobody', tenant_id => 'acme' })),
        goes_on('nothing of this has ended one' => 'a'),
        goes_on('nor this' => 'n'),
        revoked('a session' => $ask->(sue => $sid->('a'))),
        is_over('is over' => 'a'),
        goes_on('another of hers goes on' => 'b'),
        goes_on('and another' => 'c'),
        revoked('all of a subject' => $ask->(sue => { sub => 'alice' })),
        is_over('one is over' => 'b'),
        is_over('the other, too' => 'c'),
        inactive('introspect: the access token' => introspect('c', 'access_token', $by{sue})),
        goes_on('somebody else goes on' => 'sue'),
        alice('d'),
        goes_on('a new login is a new session' => 'd'),
        revoked('root: a tenant is named' => $ask->(root => { sub => 'alice', tenant_id => 'acme' })),
        is_over('which is over' => 'd'),
        revoked('root: a session without a tenant' => $ask->(root => $sid->('n'))),
        is_over('which is over' => 'n'),
        goes_on('the other goes on' => 'n2'),
        revoked('root: a subject without a tenant' => $ask->(root => { sub => 'bob' })),
        is_over('which is over' => 'n2'),
        (map { malformed("malformed: $_" => $ask->(root => $_)) } '{"sid":""}', '{"sid":7}', '{"sub":""}', '{"sub":["alice"]}', '{"tenant_id":"acme"}',
            '{"sub":"alice","sid":"x"}', '{"token":"x","sub":"alice"}', '{"token":"x","sid":"x"}', '{"sub":"alice","x":1}',
            '{"sub":"alice","tenant_id":""}', '{"sub":"alice","tenant_id":1}', '{"sub":"al\\u000aice"}', '{"sub":"alice","sub":"bob"}'),
        malformed('a form names tokens alone' => sub { form('/revoke', [sub => 'alice'], $by{root}->()) }),
        sub {
            my @lines = grep { $_->{event} eq 'revoked' } audit_lines('audit.json');
            my @told = map { join ' ', map { $_ // '-' } @$_{qw(sub tenant_id)}, $_->{sid} ? 'sid' : '-' } @lines;
            Test::More::is_deeply(\@told, ['alice acme sid', 'alice acme -', 'alice acme -', 'bob - sid', 'bob - -'], 'the audit log');
        },
    ];
};

run_tests();

__DATA__

=== a session and its tokens
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::both
--- conf eval: \%::files
--- cases eval
my $sue = as('sue');
[
    user(sue => 'sue'),
    alice('a'),
    alice('b'),
    active('a refresh token'           => introspect('a', 'refresh_token', $sue), 'a', 'refresh_token'),
    active('an access token'           => introspect('a', 'access_token', $sue), 'a', 'access_token'),
    active('her own'                   => introspect('sue', 'access_token', $sue), 'sue', 'access_token'),
    issued('a refresh'                 => refresh('a'), 'a2'),
    inactive('a spent token'           => introspect('a', 'refresh_token', $sue)),
    active('its successor: to look spends nothing' => introspect('a2', 'refresh_token', $sue), 'a2', 'refresh_token'),
    active('the access token beside the spent one' => introspect('a', 'access_token', $sue), 'a', 'access_token'),
    issued('another refresh'           => refresh('a2'), 'a3'),
    revoked('revoked'                  => revoke('a3', 'refresh_token', $sue)),
    is_over('no more tokens'           => 'a3'),
    inactive('the newest'              => introspect('a3', 'refresh_token', $sue)),
    inactive('its access token'        => introspect('a3', 'access_token', $sue)),
    inactive('an older access token'   => introspect('a', 'access_token', $sue)),
    ['which lives out its life'        => access('/api', 'a'), 200],
    revoked('once more'                => revoke('a3', 'refresh_token', $sue)),
    active('another session'           => introspect('b', 'access_token', $sue), 'b', 'access_token'),
    goes_on('goes on'                  => 'b'),
    ['logout'                          => logout('b'), 204],
    inactive('after logout: refresh token' => introspect('b', 'refresh_token', $sue)),
    inactive('after logout: access token' => introspect('b', 'access_token', $sue)),
    alice('c'),
    issued('spent'                     => refresh('c'), 'c2'),
    revoked('by a spent token'         => revoke('c', 'refresh_token', $sue)),
    is_over('the session is over'      => 'c2'),
    alice('d'),
    issued('spent'                     => refresh('d'), 'd2'),
    refusal('reused'                   => refresh('d'), 'refresh_reused'),
    inactive('after reuse: refresh token' => introspect('d2', 'refresh_token', $sue)),
    inactive('after reuse: access token' => introspect('d2', 'access_token', $sue)),
    revoked('her own session'          => revoke('sue', 'refresh_token', $sue)),
    inactive('her access token admits her still, and is inactive' => introspect('sue', 'access_token', $sue)),
]



=== tenants
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints . $::both
--- conf eval: \%::files
--- cases eval
my %by = map { $_ => as($_) } qw(sue gus root);
[
    user(sue => 'sue'), user(gus => 'gus'), user(root => 'root'),
    alice('a'), alice('b'), user(gus => 'gus', 'g'), user(bob => 'builder', 'n'), user(bob => 'builder', 'n2'),
    active('of her tenant: refresh token' => introspect('a', 'refresh_token', $by{sue}), 'a', 'refresh_token'),
    active('of her tenant: access token'  => introspect('a', 'access_token', $by{sue}), 'a', 'access_token'),
    (map { my ($who, $of, $as) = @$_; map { inactive("$who does not see $of: $_" => introspect($as, $_, $by{$who})) } qw(refresh_token access_token) }
        ['gus', 'another tenant\'s', 'a'], ['sue', 'another tenant\'s', 'g'], ['sue', 'one without a tenant', 'n'], ['gus', 'one without a tenant', 'n']),
    (map { my ($of, $as) = @$_; map { active("root sees $of: $_" => introspect($as, $_, $by{root}), $as, $_) } qw(refresh_token access_token) }
        ['acme', 'a'], ['globex', 'g'], ['one without a tenant', 'n']),
    revoked('another tenant\'s is unknown' => revoke('a', 'refresh_token', $by{gus})),
    revoked('one without a tenant is unknown' => revoke('n', 'refresh_token', $by{gus})),
    revoked('sue, too'                => revoke('g', 'refresh_token', $by{sue})),
    goes_on('nothing has happened to acme' => 'a'),
    goes_on('nor to globex'           => 'g'),
    goes_on('nor to one without a tenant' => 'n'),
    revoked('her own tenant'          => revoke('a', 'refresh_token', $by{sue})),
    is_over('is over'                 => 'a'),
    revoked('root: acme'              => revoke('b', 'refresh_token', $by{root})),
    is_over('root: acme is over'      => 'b'),
    revoked('root: globex'            => revoke('g', 'refresh_token', $by{root})),
    is_over('root: globex is over'    => 'g'),
    revoked('root: no tenant'         => revoke('n', 'refresh_token', $by{root})),
    is_over('root: no tenant is over' => 'n'),
    goes_on('another session of the same user' => 'n2'),
    (map { my $tenant = $_; revoked("a token that claims to be of $tenant" => sub {
        post('/revoke', { token => resigned(kept('n2'), key('HS256', 'forger'), { tenant_id => $tenant }) }, $by{gus}->()) }) } 'globex', 'acme'),
    goes_on('forged: nothing has happened' => 'n2'),
    (map { my ($who, $of, $as) = @$_; revoked("$who: an access token, $of, is unknown" => revoke($as, 'access_token', $by{$who})) }
        ['gus', 'another tenant\'s', 'a'], ['sue', 'another tenant\'s', 'g'], ['gus', 'one without a tenant', 'n2']),
    (map { my ($who, $of, $as) = @$_; refusal("$who: an access token, $of" => revoke($as, 'access_token', $by{$who}), 'token_unsupported', error => 'unsupported_token_type') }
        ['sue', 'of her tenant', 'a'], ['gus', 'his own', 'gus'], ['root', 'of acme', 'a'], ['root', 'of globex', 'g'], ['root', 'without a tenant', 'n2']),
]



=== who may ask
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . $::both . q[
location = /key/introspect { auth_endpoint introspect; auth_api_key "k"; auth_api_key_file keys.json; auth_role_map { POST support; } }
location = /key/revoke { auth_endpoint revoke; auth_api_key "k"; auth_api_key_file keys.json; auth_role_map { POST support; } }
location = /password/revoke { auth_endpoint revoke; auth_password "p"; auth_password_file users.json; auth_role_map { POST support; } }
location = /foreign/revoke { auth_endpoint revoke; auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_role_map { POST support; } }
location = /expect/introspect { auth_endpoint introspect; auth_jwt "r"; auth_token_accept on; auth_tenant_expect acme; auth_role_map { POST support; } }
]
--- conf eval: \%::files
--- cases eval
my $ask = sub { my ($uri, @lines) = @_; return sub { post($uri, { token => kept('a') }, map { ref $_ ? $_->() : $_ } @lines) } };
my $refused = sub { my ($name, $request, $reason, %more) = @_; return refusal($name => $request, $reason, %more) };
my $foreign = sub { my (%claims) = @_; return bearer(key('HS256'), { roles => ['support'], %claims }) };
[
    user(sue => 'sue'), user(gus => 'gus'), alice('a'),
    (map { my $uri = $_; (
        $refused->("$uri: nobody"             => $ask->($uri), 'no_credential'),
        $refused->("$uri: without the role"   => $ask->($uri, as('a')), 'role_missing'),
        $refused->("$uri: a refresh token"    => $ask->($uri, sub { bearer(kept('sue')) }), 401, reason => qr/\A\w+\z/),
        $refused->("$uri: a forged token"     => $ask->($uri, sub { bearer(resigned(kept('sue', 'access_token'), key('ES256', 'forger'))) }), 'signature_invalid'),
        $refused->("$uri: a password that is not asked for" => $ask->($uri, basic(sue => 'sue')), 'no_credential'),
        $refused->("$uri: a key that is not asked for" => $ask->($uri, api_key('console-secret')), 'no_credential'),
        $refused->("$uri: no body, nobody"    => request('POST', $uri), 'no_credential'),
        $refused->("$uri: a large body, nobody" => post($uri, 'x' x 100_000), 'no_credential'),
        ["$uri: GET, nobody"                  => request('GET', $uri), 'no_credential'],
        $refused->("$uri: GET"                => sub { get($uri, as('sue')->()) }, 'method_unsupported', headers => { Allow => $uri eq '/revoke' ? 'POST, DELETE' : 'POST' }),
        ["$uri: PUT is not in the map"        => sub { request('PUT', $uri, as('sue')->()) }, 'method_not_allowed'],
    ) } '/revoke', '/introspect'),
    goes_on('nothing of this has ended it'   => 'a'),
    active('a key'                           => $ask->('/key/introspect', api_key('console-secret')), 'a', 'refresh_token'),
    $refused->('a wrong key'                 => $ask->('/key/introspect', api_key('x')), 'credential_invalid'),
    $refused->('a token where keys are asked for' => $ask->('/key/introspect', as('sue')), 'no_credential'),
    active('the place\'s tenant'             => $ask->('/expect/introspect', as('sue')), 'a', 'refresh_token'),
    $refused->('another tenant'              => $ask->('/expect/introspect', as('gus')), 'tenant_mismatch'),
    $refused->('a wrong password'            => $ask->('/password/revoke', basic(sue => 'x')), 'credential_invalid'),
    $refused->('a password without the role' => $ask->('/password/revoke', basic(alice => 'wonderland')), 'role_missing', headers => { 'WWW-Authenticate' => undef }),
    revoked('a password of another tenant'   => $ask->('/password/revoke', basic(gus => 'gus'))),
    goes_on('which reaches nothing'          => 'a'),
    revoked('a password'                     => $ask->('/password/revoke', basic(sue => 'sue'))),
    is_over('is over'                        => 'a'),
    alice('a'),
    revoked('a token of another issuer, another tenant' => $ask->('/foreign/revoke', $foreign->(tenant_id => 'globex'))),
    goes_on('which reaches nothing'          => 'a'),
    revoked('a token of another issuer'      => $ask->('/foreign/revoke', $foreign->(tenant_id => 'acme'))),
    is_over('is over'                        => 'a'),
    alice('a'),
    revoked('a key'                          => $ask->('/key/revoke', api_key('console-secret'))),
    is_over('is over'                        => 'a'),
]



=== which tokens
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . $::both . q[
location = /short { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_token_ttl 1s; auth_token_refresh_ttl 1s; }
location = /other/revoke { auth_endpoint revoke; auth_token_issuer https://other.example; auth_api_key "k"; auth_api_key_file keys.json; auth_role_map { POST support; } }
]
--- conf eval: \%::files
--- cases eval
my $root = as('root');
my %bad = (
    'no token'            => sub { 'x' },
    'dots'                => sub { '..' },
    'empty parts'         => sub { 'e30.e30.' },
    'too large'           => sub { 'a' x 20_000 },
    'alg none'            => sub { base64url('{"alg":"none","typ":"refresh+jwt","kid":"refresh"}') . '.' . (split /\./, kept('a'))[1] . '.' },
    'forged'              => sub { resigned(kept('a'), key('HS256', 'forger')) },
    'a forged access token' => sub { resigned(kept('a', 'access_token'), key('ES256', 'forger')) },
    'a public key as secret' => sub { resigned(kept('a', 'access_token'), key('HS256', 'confused', secret => $::access->public)) },
    'another issuer'      => sub { resigned(kept('a'), $::key, { iss => 'https://other.example' }) },
    'an access token of another issuer' => sub { resigned(kept('a', 'access_token'), $::access, { iss => 'https://other.example' }) },
    'the type JWT'        => sub { resigned(kept('a', 'access_token'), $::access, {}, { typ => 'JWT' }) },
    'a refresh token with the type of access tokens' => sub { resigned(kept('a'), $::key, {}, { typ => 'at+jwt' }) },
    'an access token with the type of refresh tokens' => sub { resigned(kept('a', 'access_token'), $::access, {}, { typ => 'refresh+jwt' }) },
    'an unknown session'  => sub { resigned(kept('a'), $::key, { sid => 'A' x 22, jti => 'B' x 22 }) },
    'an access token of an unknown session' => sub { resigned(kept('a', 'access_token'), $::access, { sid => 'A' x 22 }) },
    'an access token without a session' => sub { resigned(kept('a', 'access_token'), $::access, { sid => undef }) },
    'somebody else\'s token' => sub { token(key('HS256')) },
    'an expired one'      => sub { resigned(kept('a'), $::key, { exp => time - 1 }) },
    'an expired access token' => sub { resigned(kept('a', 'access_token'), $::access, { exp => time - 1 }) },
);
# What revoke has nothing to do with; an expired refresh token ends its session.
my @nothing = grep { !/expired|access token|type JWT|public key/ } sort keys %bad;
my $expired = sub { my (%claims) = @_; return sub { post('/revoke', { token => resigned(kept('a'), $::key, { exp => time - 1, %claims }) }, $root->()) } };
my $unsupported = sub { my ($name, $token) = @_;
    return refusal($name => sub { post('/revoke', { token => $token->() }, $root->()) }, 'token_unsupported', error => 'unsupported_token_type') };
[
    user(root => 'root'), alice('a'),
    issued('a short one' => request('POST', '/short', basic(alice => 'wonderland')), 'short'),
    (map { my $name = $_; inactive("introspect: $name" => sub { post('/introspect', { token => $bad{$name}->() }, $root->()) }) } sort keys %bad),
    (map { my $name = $_; revoked("revoke: $name" => sub { post('/revoke', { token => $bad{$name}->() }, $root->()) }) } @nothing),
    $unsupported->('revoke: an access token' => sub { kept('a', 'access_token') }),
    goes_on('nothing of this has ended it' => 'a'),
    revoked('revoke: another place' => sub { post('/other/revoke', { token => kept('a') }, api_key('console-secret')) }),
    goes_on('which reaches nothing' => 'a'),
    inactive('introspect: expired refresh token' => introspect('short', 'refresh_token', $root), within => 10),
    inactive('introspect: expired access token'  => introspect('short', 'access_token', $root)),
    revoked('revoke: expired, unknown by now' => revoke('short', 'refresh_token', $root)),
    revoked('revoke: expired, of another issuer' => $expired->(iss => 'https://other.example')),
    revoked('revoke: expired, for others' => $expired->(aud => 'orders')),
    revoked('revoke: expired, without sid' => $expired->(sid => undef)),
    goes_on('none of these ends it' => 'a'),
    revoked('revoke: an expired refresh token whose signature holds' => $expired->()),
    is_over('ends its session' => 'a'),
]



=== by session and by subject
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::both
--- conf eval: \%::files
--- cases eval: $::by_subject->()



=== by session and by subject, kept in Redis
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS/2;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::both
--- conf eval: \%::files
--- cases eval
[
    sub { $::redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3) },
    @{ $::by_subject->() },
    sub {
        my @lists = grep { /subject/ } split /\n/, $::redis->cli('-n', 2, 'KEYS', '*');
        Test::More::ok(@lists >= 3, 'there are lists of sessions');
        Test::More::ok(!(grep { $::redis->cli('-n', 2, 'TTL', $_) < 1 } @lists), 'all of them end');
        Test::More::unlike("@lists", qr/alice|acme/, 'their keys tell no names');
        $::redis->stop;
    },
]



=== by session and by subject, kept in memory
--- http_config
auth_token_store memory:;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::both
--- conf eval: \%::files
--- cases eval: $::by_subject->()



=== the forms of the request
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints . $::both
--- conf eval: \%::files
--- cases eval
my $sue = as('sue');
my $form = sub { my ($uri, @pairs) = @_; return sub { form($uri, [map { ref $_ ? $_->() : $_ } @pairs], $sue->()) } };
my $json = sub { my ($uri, $text) = @_; return sub { post($uri, ref $text ? $text->() : $text, $sue->()) } };
my $by = sub { my ($name, $request) = @_; return (alice($name), revoked($name, $request), is_over("$name: it is over", $name)) };
my $token = sub { kept('a') };
[
    user(sue => 'sue'), alice('a'),
    $by->('a form'                => $form->('/revoke', token => sub { kept('a form') })),
    $by->('a form with a hint'    => $form->('/revoke', token => sub { kept('a form with a hint') }, token_type_hint => 'refresh_token')),
    $by->('a wrong hint'          => $form->('/revoke', token => sub { kept('a wrong hint') }, token_type_hint => 'access_token')),
    $by->('an unknown hint'       => $form->('/revoke', token => sub { kept('an unknown hint') }, token_type_hint => 'x', client_id => 'app')),
    $by->('JSON'                  => $json->('/revoke', sub { json({ token => kept('JSON'), x => [1] }) })),
    $by->('JSON in a file'        => $json->('/revoke', sub { json({ token => kept('JSON in a file'), x => 'x' x 40_000 }) })),
    active('introspect: a form'   => $form->('/introspect', token => $token), 'a', 'refresh_token'),
    active('introspect: a hint'   => $form->('/introspect', token => $token, token_type_hint => 'access_token'), 'a', 'refresh_token'),
    active('introspect: JSON'     => $json->('/introspect', sub { json({ token => kept('a'), x => 1 }) }), 'a', 'refresh_token'),
    (map { my $uri = $_; (
        (map { malformed("$uri, JSON: $_" => $json->($uri, $_)) } '{}', '[]', 'null', '{', '{"token":1}', '{"token":null}', '{"refresh_token":"x"}'),
        malformed("$uri, JSON: twice" => $json->($uri, sub { my $t = kept('a'); qq({"token":"$t","token":"$t"}) })),
        malformed("$uri, a form: nothing" => $form->($uri, x => 'y')),
        malformed("$uri, a form: twice" => $form->($uri, token => $token, token => $token)),
        malformed("$uri, no body"  => sub { request('POST', $uri, 'Content-Type: application/json', $sue->()) }),
        refusal("$uri, text/plain" => sub { request('POST', $uri, 'Content-Type: text/plain', $sue->(), { body => kept('a') }) }, 'content_type_unsupported'),
        refusal("$uri, 65537 bytes" => $json->($uri, sub { my $t = json({ token => kept('a') }); $t . ' ' x (65_537 - length $t) }), 'body_too_large'),
    ) } '/revoke', '/introspect'),
    goes_on('nothing of this has ended it' => 'a'),
]



=== keys that are exchanged, other algorithms
--- http_config
auth_token_store memory:;
--- config eval
q[
auth_token_issuer https://api.example;
auth_password "r";
auth_password_file users.json;
] . join '', map { my ($name, $keys) = @$_; "location = /$name/login { auth_endpoint login; $keys }
    location = /$name/introspect { auth_endpoint introspect; $keys auth_role_map { POST support; } }\n" }
    ['old', 'auth_token_key a1 RS256 a1.key; auth_token_refresh_key r1 HS256 r1.secret;'],
    ['both', 'auth_token_key a2 EdDSA a2.key; auth_token_key a1 RS256 a1.key; auth_token_refresh_key r2 ES256 r2.key; auth_token_refresh_key r1 HS256 r1.secret;'],
    ['new', 'auth_token_key a2 EdDSA a2.key; auth_token_refresh_key r2 ES256 r2.key;']
--- conf eval
({ %::files, 'a1.key' => key('RS256', 'a1')->private, 'a2.key' => key('EdDSA', 'a2')->private, 'r1.secret' => key('HS256', 'r1')->private,
    'r2.key' => key('ES256', 'r2')->private })
--- cases eval
my $sees = sub { my ($where, $as, $active) = @_; return map { my $member = $_; answers_json("$where sees $member of $as" =>
    sub { post("/$where/introspect", { token => kept($as, $member) }, basic(root => 'root')) }, sub {
        my $key = key(@{ { old => { access_token => ['RS256', 'a1'], refresh_token => ['HS256', 'r1'] },
            both => { access_token => ['EdDSA', 'a2'], refresh_token => ['ES256', 'r2'] } }->{$as}{$member} });
        return $active ? { active => $::true, %{ claims_of(kept($as, $member), $key) }, account => undef, token_type => qr/./ } : { active => $::false } }) }
    qw(access_token refresh_token) };
[
    (map { issued("login, $_" => request('POST', "/$_/login", basic(alice => 'wonderland')), $_) } 'old', 'both'),
    $sees->('old', 'old', 1),
    $sees->('both', 'old', 1),
    $sees->('both', 'both', 1),
    $sees->('new', 'both', 1),
    $sees->('new', 'old', 0),
    $sees->('old', 'both', 0),
]



=== a list keyed by a hash of the token, dodged by malleable signatures
--- http_config
auth_token_store memory:;
--- config eval
q[
auth_token_issuer https://api.example;
auth_token_key access ES256 access.key;
auth_token_refresh_key refresh ES256 refresh.key;
] . $::endpoints . $::both
--- conf eval
({ %::files, 'refresh.key' => key('ES256', 'refresh')->private })
--- cases eval
# Of an ECDSA signature (r, s), (r, n - s) is another that holds: another token for any hash of it.
my $twin = sub {
    my ($head, $signature) = $_[0] =~ /\A(.*)\.([^.]+)\z/;
    my ($r, $s) = unpack 'a32 a32', unbase64url($signature);
    my $n = Math::BigInt->from_hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    my $other = ($n - Math::BigInt->from_hex(unpack 'H*', $s))->to_hex;
    return "$head." . base64url($r . pack 'H*', '0' x (64 - length $other) . $other);
};
my $of = sub { my ($as, $member) = @_; return sub { $twin->(kept($as, $member)) } };
my $asked = sub { my ($token) = @_; return sub { post('/introspect', { token => $token->() }, as('sue')->()) } };
my $refreshed = sub { my ($token) = @_; return sub { post('/refresh', { refresh_token => $token->() }) } };
[
    user(sue => 'sue'), alice('a'), alice('b'),
    sub { Test::More::isnt($of->('a')->(), kept('a'), 'another token') },
    ['its signature holds'              => sub { get('/api', bearer($of->('a', 'access_token')->())) }, 200],
    issued('it is spent in the place of the first' => $refreshed->($of->('a')), 'a2'),
    over('which was used, then'         => refresh('a'), 'refresh_reused'),
    over('and so is its successor'      => $refreshed->($of->('a2')), 'refresh_revoked'),
    inactive('the session has ended for the other access token' => $asked->($of->('a2', 'access_token'))),
    revoked('revoked by the other token' => sub { post('/revoke', { token => $of->('b')->() }, as('sue')->()) }),
    over('is the first'                 => refresh('b'), 'refresh_revoked'),
    inactive('and its access token'     => introspect('b', 'access_token', as('sue'))),
]
