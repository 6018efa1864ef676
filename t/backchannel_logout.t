# auth_endpoint backchannel_logout: which logout tokens are accepted, and what they end.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Client;
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our ($hs, $other) = (key('HS256'), key('ES256', 'other'));
our $event = 'http://schemas.openid.net/event/backchannel-logout';
our %of = (iss => 'https://id.example', aud => 'orders', iat => sub { time }, exp => undef, sub => undef);
our %files = ('other.jwks' => jwks($other), 'none.jwks' => jwks(key('ES256', 'none')));
our $http = "auth_token_store memory:;\nauth_revocation_zone size=1m;\n";
our $locations = q[
    auth_jwt_issuer https://id.example;
    auth_jwt_audience orders;
    auth_jwt_key_file keys.jwks;
    location = /logout { auth_endpoint backchannel_logout; }
    location /x { auth_jwt "r"; auth_revocation on; empty_gif; }
];

our $jti = 0;

# Claims with code are evaluated; undef: without the claim.
sub claims_from {
    my %claims = (%of, @_);
    $_ = ref $_ eq 'CODE' ? $_->() : $_ for values %claims;
    return \%claims;
}
sub access_token { my ($claims, $key, $header) = @_; return sub { get('/x', bearer($key // $hs, claims_from(sub => 'alice', %$claims), $header)) } }
sub logout_token {
    my ($claims, $key, $header) = @_;
    return token($key // $hs, claims_from(jti => 'logout-' . ++$jti, events => { $event => {} }, %$claims), { typ => 'logout+jwt', %{ $header || {} } });
}
sub logging_out { my ($claims, $key, $header, $uri) = @_; return sub { form($uri // '/logout', [logout_token => logout_token($claims, $key, $header)]) } }
sub done { my ($name, @of) = @_; return [$name => logging_out(@of), 200, body => '', headers => { 'Cache-Control' => 'no-store', Pragma => 'no-cache' }] }
# 400, whatever is wrong.
sub refused {
    my ($name, $reason, $request, %more) = @_;
    return [$name => $request, 400, reason => $reason, headers => { 'Content-Type' => 'application/problem+json', 'Cache-Control' => 'no-store', 'WWW-Authenticate' => undef },
        log => qr/sallyport: refused 400 $reason\b/, %more];
}

run_tests();

__DATA__

=== sessions and subjects
--- http_config eval: $::http
--- config eval: $::locations
--- cases eval
my ($s, $s2) = map { access_token({ sid => $_ }) } qw(s s2);
my $old = time - 100;
[
    ['at first' => $s, 200],
    done('a session' => { sid => 's', sub => 'alice' }),
    ['is over' => $s, 'token_revoked'],
    ['another goes on' => $s2, 200],
    ['of another tenant, too' => access_token({ sid => 's', tenant_id => 'acme' }), 'token_revoked'],
    done('again' => { sid => 's', sub => 'alice' }),
    ['is over' => $s, 'token_revoked'],
    done('all of a subject, until a time' => { sub => 'alice', iat => sub { $old } }),
    ['an older token' => access_token({ iat => $old }), 'token_revoked'],
    ['another session' => access_token({ sid => 's2', iat => $old - 1 }), 'token_revoked'],
    ['a later login' => access_token({ iat => $old + 1 }), 200],
    ['somebody else' => access_token({ sub => 'bob', iat => $old }), 200],
    done('all of a subject' => { sub => 'alice', jti => 'l2' }),
    ['tokens until now' => access_token({ iat => $old + 50 }), 'token_revoked'],
    done('without a type' => { sid => 's3' }, undef, { typ => undef }),
    done('with the whole type' => { sid => 's5' }, undef, { typ => 'application/logout+jwt' }),
    done('with exp' => { sid => 's4', exp => sub { time + 60 } }),
    ['they' => access_token({ sid => 's3' }), 'token_revoked'],
    ['all' => access_token({ sid => 's5' }), 'token_revoked'],
    ['are over' => access_token({ sid => 's4' }), 'token_revoked'],
]



=== attacks
--- http_config eval: $::http
--- config eval: $::locations
--- cases eval
my $bad = sub { my ($name, $reason, @of) = @_; return refused($name => $reason, logging_out(@of)) };
my $fault = sub { my ($name, $fault, @of) = @_; return refused($name => 'logout_token_invalid', logging_out(@of), log => qr/refused 400 logout_token_invalid, fault "\Q$fault\E", kid "hs256"/) };
my %s = (sid => 's', sub => 'alice');
[
    $bad->('forged' => 'key_unknown', \%s, key('HS256', 'forger')),
    $bad->('forged, with the kid' => 'signature_invalid', \%s, key('HS256', 'forger'), { kid => 'hs256' }),
    refused('alg none' => qr/\w+/, sub { form('/logout', [logout_token => base64url('{"alg":"none","typ":"logout+jwt"}') . '.' .
        base64url(json(claims_from(jti => 'l', events => { $::event => {} }, %s))) . '.']) }),
    $bad->('another issuer' => 'issuer_mismatch', { %s, iss => 'https://other.example' }),
    $bad->('no issuer' => 'issuer_mismatch', { %s, iss => undef }),
    $bad->('another client' => 'audience_mismatch', { %s, aud => 'billing' }),
    $bad->('no audience' => 'audience_mismatch', { %s, aud => undef }),
    $bad->('expired' => 'token_expired', { %s, exp => sub { time - 10 } }),
    $bad->('not yet valid' => 'token_not_yet_valid', { %s, nbf => sub { time + 100 } }),
    $fault->('old' => 'its iat is not within five minutes', { %s, iat => sub { time - 310 } }),
    $fault->('from the future' => 'its iat is not within five minutes', { %s, iat => sub { time + 320 } }),
    $fault->('without iat' => 'its iat is not within five minutes', { %s, iat => undef }),
    $fault->('an access token' => 'its typ is not logout+jwt', { %s, events => undef, jti => 'a' }, undef, { typ => 'at+jwt' }),
    $fault->('an access token without a type' => 'its events have no backchannel-logout', { %s, events => undef }, undef, { typ => undef }),
    $fault->('the type of every token' => 'its typ is not logout+jwt', \%s, undef, { typ => 'JWT' }),
    $fault->('an ID token' => 'it has a nonce', { %s, nonce => 'n' }, undef, { typ => undef }),
    $fault->('another event' => 'its events have no backchannel-logout', { %s, events => { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked' => {} } }),
    $fault->('an event that is no object' => 'its events have no backchannel-logout', { %s, events => { $::event => JSON::PP::true() } }),
    $fault->('without jti' => 'it has no jti', { %s, jti => undef }),
    $fault->('nobody' => 'it has neither sid nor sub', {}),
    $fault->('a list of sessions' => 'its sid or sub is not a name', { %s, sid => ['s'] }),
    $fault->('all tenants' => 'its tenant is not the name of one', { %s, tenant_id => '*' }),
    refused('a malformed token' => 'token_malformed', sub { form('/logout', [logout_token => 'x']) }),
    (map { refused("a form: $_" => 'request_malformed', form('/logout', $_)) } '', 'logout_token=', 'token=x', 'logout_token=x&logout_token=y'),
    refused('JSON' => 'content_type_unsupported', sub { post('/logout', { logout_token => logout_token(\%s) }) }),
    refused('in Authorization' => 'content_type_unsupported', sub { request('POST', '/logout', bearer(logout_token(\%s))) }),
    refusal('in the query' => sub { get('/logout?logout_token=' . logout_token(\%s)) }, 'method_unsupported', headers => { Allow => 'POST' }),
    ['nothing of this has ended it' => access_token({ sid => 's' }), 200],
]



=== a token is used once
--- http_config eval: $::http
--- config eval
$::tokens . $::locations . q[
    location = /revoke { auth_endpoint revoke; auth_api_key "r"; auth_api_key_file api.json; auth_role_map { ALL support; } }
]
--- conf eval: +{ %token_files, 'api.json' => json({ root => { key => digest('root'), roles => ['support'] } }) }
--- cases eval
my $now = time;
my %again = (sid => 's', jti => 'once', iat => $now);
my $undone = sub { request('DELETE', '/revoke', 'Content-Type: application/json', api_key('root'), { body => json({ sid => 's', iss => 'https://id.example' }) }) };
[
    done('a session' => \%again),
    ['is over' => access_token({ sid => 's' }), 'token_revoked'],
    ['taken back' => $undone, 200],
    ['it goes on' => access_token({ sid => 's' }), 200, within => 10],
    done('the same token' => \%again),
    ['does nothing' => access_token({ sid => 's' }), 200],
    ['nor to a token of that name' => access_token({ sid => 's', jti => 'once' }), 200],
    done('another one' => { %again, jti => 'twice' }),
    ['does' => access_token({ sid => 's' }), 'token_revoked'],
    done('a clock that is fast' => { sub => 'bob', iat => sub { time + 200 } }),
    ['tokens until now' => access_token({ sub => 'bob', iat => $now }), 'token_revoked'],
    ['and no later ones' => access_token({ sub => 'bob', iat => $now + 100 }), 200],
]



=== tenants end no tokens of each other
--- http_config eval: $::http
--- config
auth_tenant acme { issuer https://acme.example; audience orders; key_file keys.jwks; }
auth_tenant globex { issuer https://globex.example; audience orders; key_file other.jwks; }
location = /logout { auth_endpoint backchannel_logout; }
location /x { auth_jwt "r"; auth_revocation on; empty_gif; }
--- conf eval: \%::files
--- cases eval
my %acme = (iss => 'https://acme.example');
my %globex = (iss => 'https://globex.example');
[
    refused('another tenant\'s key' => 'key_unknown', logging_out({ %acme, sid => 's' }, $::other)),
    refused('another tenant\'s name' => 'key_unknown', logging_out({ %globex, sid => 's', tenant_id => 'acme' }, $::other)),
    done('its own' => { %globex, sid => 's' }, $::other),
    ['is over' => access_token({ %globex, sid => 's' }, $::other), 'token_revoked'],
    ['the same sid elsewhere' => access_token({ %acme, sid => 's' }), 200],
    done('its own' => { %acme, sub => 'alice' }),
    ['is over' => access_token({ %acme, sid => 's', iat => sub { time - 10 } }), 'token_revoked'],
    ['the same sub elsewhere' => access_token({ %globex, sid => 's2' }, $::other), 200],
]



=== users of two providers, and our own, of one sub
--- http_config eval: $::http
--- config eval
$::tokens . $::endpoints . q[
    location = /in/logout { auth_endpoint backchannel_logout; auth_jwt_issuer https://id.example; auth_jwt_audience orders; auth_jwt_key_file keys.jwks; }
    location /x { auth_jwt "r"; auth_token_accept on; auth_jwt_key_file keys.jwks; auth_revocation on; empty_gif; }
]
--- conf eval: +{ %token_files, 'users.json' => json({ alice => { password => hash('wonderland') } }) }
--- cases eval
[
    issued('our own' => login(alice => 'wonderland'), 'a'),
    done('a provider\'s' => { sub => 'alice' }, undef, {}, '/in/logout'),
    ['is over' => access_token({ iat => sub { time - 10 } }), 'token_revoked'],
    ['another provider\'s' => access_token({ iss => 'https://other.example' }), 200],
    ['our own' => access('/x', 'a'), 200],
]



=== keys that must be fetched
--- http_config eval: $::http
--- config
auth_jwt_issuer https://id.example;
auth_jwt_audience orders;
auth_jwt_key_request /_jwks;
auth_jwt_key_cache 10m;
location = /_jwks { internal; alias $TEST_NGINX_SERVER_ROOT/conf/keys.jwks; }
location = /_none { internal; return 500; }
location = /logout { auth_endpoint backchannel_logout; }
location = /down/logout { auth_endpoint backchannel_logout; auth_jwt_key_request /_none; }
location /x { auth_jwt "r"; auth_revocation on; empty_gif; }
--- cases eval
[
    done('waits for them' => { sid => 's' }),
    ['the session is over' => access_token({ sid => 's' }), 'token_revoked'],
    refusal('no keys' => logging_out({ sid => 's2' }, undef, {}, '/down/logout'), 'keys_unavailable', headers => { 'WWW-Authenticate' => undef }),
    ['nothing has ended' => access_token({ sid => 's2' }), 200],
]



=== the audit log, and a full zone
--- http_config
auth_token_store memory:;
auth_revocation_zone size=32k;
auth_audit_log logs/audit.json;
--- config eval: $::locations
--- cases eval
[
    done('a session' => { sid => 's', sub => 'alice', tenant_id => 'acme' }),
    ['refused' => logging_out({ sid => 's', nonce => 'n' }), 400, reason => 'logout_token_invalid'],
    sub {
        my @told = map { my $line = $_; join ' ', map { $line->{$_} // '-' } qw(event tenant_id sub sid kid reason) } audit_lines('audit.json');
        Test::More::is_deeply(\@told, ['backchannel_logout acme alice s hs256 -', 'refused - - - hs256 logout_token_invalid'], 'the audit log') or Test::More::diag(join "\n", @told);
    },
    sub {
        my $client = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT});
        my ($count, $status) = (0, 200);
        while ($status == 200 && $count < 900) { $status = $client->ask(logging_out({ sid => 'filling-' . ++$count })->())->{status} }
        Test::More::is($status, 507, "full after $count");
    },
    refusal('another' => logging_out({ sid => 'another' }), 'revocation_zone_full'),
    ['is alive' => access_token({ sid => 'another' }), 200],
]
