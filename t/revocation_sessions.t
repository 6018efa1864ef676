# auth_revocation and tokens that nginx issued: sessions, refreshes, introspection.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

our $zone = "auth_revocation_zone size=1m;\nauth_revocation_file revoked.json;\n";
sub listed { return json([@_]) }
sub large { return listed(@_, map { { jti => "another-$_" } } 1 .. 2000) }

run_tests();

__DATA__

=== tokens that nginx issued
--- http_config eval: $::zone . "auth_token_store memory:;\n"
--- config eval
$::tokens . $::endpoints . q[
auth_revocation on;
location /x    { auth_jwt "r"; auth_token_accept on; auth_jwt_key_file keys.jwks; empty_gif; }
location /free { auth_revocation off; auth_jwt "r"; auth_token_accept on; empty_gif; }
location = /introspect { auth_endpoint introspect; auth_api_key "r"; auth_api_key_file keys.json; auth_role_map { POST asks; } }
location = /free/refresh { auth_revocation off; auth_endpoint refresh; }
]
--- conf eval
+{
    %token_files, 'revoked.json' => '[]',
    'users.json' => json({ alice => { password => hash('a') }, bob => { password => hash('b'), tenant_id => 'acme' } }),
    'keys.json' => json({ k => { key => digest('k'), roles => ['asks'] } }),
}
--- cases eval
my $active = sub { my ($is) = @_; return (200, body => qr/\A\{"active":$is\b/) };
my $claims = sub { my ($of) = @_; return claims_of(kept($of, 'access_token')) };
my $entry = sub { my ($make) = @_; return sub { my $entry = $make->(); replace('revoked.json', listed($entry)) } };
[
    issued('alice' => login(alice => 'a'), 'a'),
    issued('alice elsewhere' => login(alice => 'a'), 'a2'),
    issued('bob' => login(bob => 'b'), 'b'),
    ['valid'       => access('/x', 'a'), 200],
    $entry->(sub { { sid => $claims->('a')->{sid} } }),
    ['a session'   => access('/x', 'a'), 'token_revoked', within => 5],
    ['another session' => access('/x', 'a2'), 200],
    ['where it is not checked' => access('/free', 'a'), 200],
    ['introspect'  => introspect('a', 'access_token', api_key('k')), $active->('false')],
    ['introspect: its refresh token' => introspect('a', 'refresh_token', api_key('k')), $active->('false')],
    ['introspect: the other session' => introspect('a2', 'access_token', api_key('k')), $active->('true')],
    over('no refresh' => refresh('a'), 'refresh_revoked'),
    issued('it is not spent' => sub { post('/free/refresh', { grant_type => 'refresh_token', refresh_token => kept('a') }) }, 'a'),
    ['but its tokens are dead' => access('/x', 'a'), 'token_revoked'],
    issued('the other session refreshes' => refresh('a2'), 'a2'),
    $entry->(sub { { sub => $claims->('b')->{sub}, tenant_id => 'acme', issued_before => $claims->('b')->{iat} } }),
    ['a subject'   => access('/x', 'b'), 'token_revoked', within => 5],
    over('no refresh of a subject' => refresh('b'), 'refresh_revoked'),
    ['another subject' => access('/x', 'a'), 200],
    sub { sleep 2 },
    issued('they log in again' => login(bob => 'b'), 'b'),
    ['and are admitted' => access('/x', 'b'), 200],
    issued('and refresh' => refresh('b'), 'b'),
    $entry->(sub { { tenant => 'acme' } }),
    ['a tenant'    => access('/x', 'b'), 'token_revoked', within => 5],
    over('no refresh in a tenant' => refresh('b'), 'refresh_revoked'),
    $entry->(sub { { kid => 'access' } }),
    ['the key of access tokens' => access('/x', 'a'), 'token_revoked', within => 5],
    issued('refresh tokens have another' => refresh('a'), 'a'),
    $entry->(sub { { kid => 'refresh' } }),
    ['the key of refresh tokens' => access('/x', 'a'), 200, within => 5],
    over('which are refused' => refresh('a'), 'refresh_revoked'),
    $entry->(sub { { sub => $claims->('a2')->{sub}, iss => 'https://other.example' } }),
    ['our users are not those of others' => access('/x', 'a2'), 200, within => 5],
    issued('nor are their sessions' => refresh('a2'), 'a2'),
]



=== without the list, nothing of it is known
--- http_config
auth_revocation_zone size=32k;
auth_revocation_file revoked.json;
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
auth_revocation on;
location /x { auth_jwt "r"; auth_token_accept on; empty_gif; }
location = /introspect { auth_endpoint introspect; auth_api_key "r"; auth_api_key_file keys.json; auth_role_map { POST asks; } }
]
--- conf eval
+{
    %token_files, 'revoked.json' => '[]', 'users.json' => json({ alice => { password => hash('a') } }),
    'keys.json' => json({ k => { key => digest('k'), roles => ['asks'] } }),
}
--- no_error_log
[alert]
--- cases eval
[
    issued('alice' => login(alice => 'a'), 'a'),
    sub { replace('revoked.json', large()) },
    ['requests'    => access('/x', 'a'), 'revocations_unavailable', within => 5],
    refusal('introspect' => introspect('a', 'access_token', api_key('k')), 'revocations_unavailable'),
    refusal('introspect: its refresh token' => introspect('a', 'refresh_token', api_key('k')), 'revocations_unavailable'),
    refusal('refresh' => refresh('a'), 'revocations_unavailable'),
    sub { replace('revoked.json', '[]') },
    ['known again' => access('/x', 'a'), 200, within => 5],
    issued('the token is not spent' => refresh('a'), 'a'),
]
