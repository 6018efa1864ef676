# auth_endpoint logout: which session ends, what it takes, and what it does not.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our %files = (
    %token_files,
    'users.json' => json({ alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer'] }, bob => { password => hash('builder') } }),
);
our $api = q[location = /api { auth_jwt "r"; auth_password off; auth_token_accept on; empty_gif; }];
our $key = $Sallyport::Session::refresh;

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }

# Rows: the session is over; it goes on; there is a refusal and it goes on.
sub ended {
    my ($name, $request) = @_;
    return [$name => $request, 204, body => '', headers => { 'Cache-Control' => 'no-store', Pragma => 'no-cache', 'Content-Type' => undef, 'Content-Length' => undef,
        'Transfer-Encoding' => undef, 'WWW-Authenticate' => undef }];
}

sub is_over { my ($name, $as) = @_; return refusal($name => refresh($as), 'refresh_revoked', error => 'invalid_grant') }
sub goes_on { my ($name, $as) = @_; return issued($name => refresh($as), $as) }

sub no_token {
    my ($name, $token) = @_;
    return refusal($name => sub { post('/logout', { refresh_token => ref $token ? $token->() : $token }) }, 401, reason => qr/\A\w+\z/,
        headers => { 'WWW-Authenticate' => 'Bearer realm="https://api.example", error="invalid_token"' }, error => 'invalid_token', log => qr/sallyport: refused 401 /);
}

sub malformed { my ($name, $request) = @_; return refusal($name => $request, 'request_malformed', error => 'invalid_request') }

run_tests();

__DATA__

=== the session ends
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::api
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    alice('b'),
    issued('a third one'           => login(bob => 'builder'), 'c'),
    ended('logout'                 => logout('a')),
    is_over('no more tokens'       => 'a'),
    ended('logout again'           => logout('a')),
    is_over('still none'           => 'a'),
    ['the access token lives out its life' => access('/api', 'a'), 200],
    goes_on('her other session'    => 'b'),
    goes_on('somebody else\'s'     => 'c'),
    issued('a new login'           => login(alice => 'wonderland'), 'd'),
    goes_on('which is another session' => 'd'),
    issued('a refresh'             => refresh('d'), 'e'),
    ended('by a spent token'       => logout('d')),
    is_over('the newest is revoked' => 'e'),
    alice('f'),
    issued('a token is spent'      => refresh('f'), 'g'),
    refusal('and comes back'       => refresh('f'), 'refresh_reused'),
    ended('logout of a session that was revoked' => logout('g')),
    ended('logout by the token that was reused'  => logout('f')),
]



=== the forms of the request
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
# A login, this logout, and its effect.
my $by = sub { my ($name, $request) = @_; return (alice($name), ended($name, $request->($name)), is_over("$name: it is over", $name)) };
my $form = sub { my ($before, @pairs) = @_; return sub { my ($as) = @_; sub { form('/logout', [@pairs, refresh_token => $before . kept($as)]) } } };
my $json = sub { my ($before, %more) = @_; return sub { my ($as) = @_; sub { post('/logout', { %more, refresh_token => $before . kept($as) }) } } };
my $raw = sub { my ($type, $text, @lines) = @_; request('POST', '/logout', "Content-Type: $type", @lines, { body => $text }) };
[
    $by->('JSON'                       => $json->('')),
    $by->('JSON, Bearer before it'     => $json->('Bearer ')),
    $by->('JSON, other members'        => $json->('', token => 'x', all => 1)),
    $by->('JSON in a file'             => $json->('', x => 'x' x 40_000)),
    $by->('JSON, a charset'            => sub { my ($as) = @_; sub { $raw->('application/json; charset=utf-8', json({ refresh_token => kept($as) })) } }),
    $by->('JSON in chunks'             => sub { my ($as) = @_; sub { my $t = json({ refresh_token => kept($as) });
        request('POST', '/logout', 'Content-Type: application/json', 'Transfer-Encoding: chunked') . sprintf "%x\r\n%s\r\n0\r\n\r\n", length $t, $t } }),
    $by->('HTTP/1.0'                   => sub { my ($as) = @_; sub { logout($as)->() =~ s{HTTP/1\.1}{HTTP/1.0}r } }),
    $by->('a form'                     => $form->('')),
    $by->('a form, Bearer before it'   => $form->('Bearer ')),
    $by->('a form, other parameters'   => $form->('', grant_type => 'x', client_id => 'app')),
    $by->('with an access token'       => sub { my ($as) = @_; logout($as, bearer('a.b.c')) }),
    alice('a'),
    ended('no body'                    => request('POST', '/logout')),
    ended('no body, Content-Length: 0' => request('POST', '/logout', 'Content-Length: 0')),
    ended('no body, an empty chunk'    => request('POST', '/logout', 'Transfer-Encoding: chunked') . "0\r\n\r\n"),
    ended('no body, a type'            => request('POST', '/logout', 'Content-Type: application/json')),
    ended('no body, a password'        => request('POST', '/logout', basic(alice => 'wonderland'))),
    ended('no body, a refresh token elsewhere' => sub { request('POST', '/logout?refresh_token=' . kept('a'), 'Cookie: refresh_token=' . kept('a')) }),
    goes_on('nothing was revoked'      => 'a'),
    (map { malformed("JSON: $_" => $raw->('application/json', $_)) } '{}', '[]', 'null', '{', '{"refresh_token":1}', '{"refresh_token":null}',
        '{"refresh_token":["x"]}', '{"token":"x"}', ' '),
    malformed('JSON: twice'            => sub { my $t = kept('a'); $raw->('application/json', qq({"refresh_token":"$t","refresh_token":"$t"})) }),
    malformed('a form: nothing known'  => form('/logout', [token => 'x'])),
    malformed('a form: twice'          => sub { form('/logout', [refresh_token => kept('a'), refresh_token => kept('a')]) }),
    malformed('a form: a broken escape' => sub { form('/logout', 'refresh_token=%' . kept('a')) }),
    refusal('65537 bytes'              => sub { my $t = json({ refresh_token => kept('a') }); $raw->('application/json', $t . ' ' x (65_537 - length $t)) },
        'body_too_large', error => 'invalid_request'),
    (map { my $type = $_; refusal("type $type" => sub { $raw->($type, json({ refresh_token => kept('a') })) }, 'content_type_unsupported') }
        'text/plain', 'text/json', 'application/xml'),
    refusal('no type'                  => sub { request('POST', '/logout', { body => json({ refresh_token => kept('a') }) }) }, 'content_type_unsupported'),
    (map { my $method = $_; refusal($method => sub { request($method, '/logout?refresh_token=' . kept('a')) }, 'method_unsupported', headers => { Allow => 'POST' }) }
        qw(GET HEAD PUT DELETE OPTIONS)),
    goes_on('nothing of this has ended it' => 'a'),
    ['one connection goes on' => [
        [request('POST', '/logout'), 204],
        [request('POST', '/logout', 'Content-Type: text/plain', { body => 'x' x 5000 }), 'content_type_unsupported'],
        [request('POST', '/logout'), 204],
        [request('GET', '/logout'), 'method_unsupported'],
        [request('POST', '/logout'), 204],
    ]],
]



=== what is no refresh token of ours
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
location = /elsewhere { auth_endpoint logout; auth_token_issuer https://other.example; }
]
--- conf eval: \%::files
--- cases eval
my $again = sub { my ($claims, $header, $key) = @_; return sub { resigned(kept('a'), $key // $::key, $claims, $header) } };
[
    alice('a'),
    no_token('nothing like a token' => 'x'),
    no_token('an access token'      => sub { kept('a', 'access_token') }),
    no_token('alg none'             => sub { (kept('a') =~ s/[^.]*\z//r) =~ s/^[^.]+/base64url('{"alg":"none","typ":"refresh+jwt","kid":"refresh"}')/er }),
    no_token('a forged one'         => $again->({}, {}, key('HS256', 'forger'))),
    no_token('by the access key'    => $again->({}, {}, $Sallyport::Session::access)),
    no_token('another type'         => $again->({}, { typ => 'at+jwt' })),
    no_token('no type'              => $again->({}, { typ => undef })),
    no_token('another issuer'       => $again->({ iss => 'https://other.example' })),
    no_token('another audience'     => $again->({ aud => 'orders' })),
    no_token('no sid'               => $again->({ sid => undef })),
    no_token('a changed payload'    => sub { my @p = split /\./, kept('a'); $p[1] = base64url(unbase64url($p[1]) =~ s/alice/malice/r); join '.', @p }),
    no_token('cut'                  => sub { substr kept('a'), 0, -3 }),
    no_token('too large'            => 'a' x 20_000),
    refusal('another place'         => sub { post('/elsewhere', { refresh_token => kept('a') }) }, 'issuer_mismatch'),
    goes_on('none of these ends it' => 'a'),
    ended('an unknown session'      => sub { post('/logout', { refresh_token => resigned(kept('a'), $::key, { sid => 'A' x 22, jti => 'B' x 22 }) }) }),
    goes_on('that was no other'     => 'a'),
]



=== an expired token or an access token alone ends its session
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
location = /orders { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_token_audience orders; }
]
--- conf eval: \%::files
--- cases eval
my $alone = sub { my ($token) = @_; return sub { request('POST', '/logout', bearer($token->())) } };
my $access = sub { my ($as, %claims) = @_; return sub { resigned(kept($as, 'access_token'), $Sallyport::Session::access, \%claims) } };
my $by = sub { my ($name, $request) = @_; return (alice($name), ended($name, $request), is_over("$name: it is over", $name)) };
my $refused = sub { my ($name, $token, $reason, %more) = @_; return refusal($name => $alone->($token), $reason, %more) };
my %challenge = (headers => { 'WWW-Authenticate' => 'Bearer realm="https://api.example", error="invalid_token"' });
[
    $by->('an expired refresh token' => sub { post('/logout', { refresh_token => resigned(kept('an expired refresh token'), $::key, { exp => time - 1 }) }) }),
    $by->('an access token alone'    => sub { $alone->(sub { kept('an access token alone', 'access_token') })->() }),
    $by->('an expired access token alone' => sub { $alone->($access->('an expired access token alone', exp => time - 1))->() }),
    $by->('a refresh token as Bearer' => sub { $alone->(sub { kept('a refresh token as Bearer') })->() }),
    $by->('an expired refresh token as Bearer' => sub { $alone->(sub { resigned(kept('an expired refresh token as Bearer'), $::key, { exp => time - 1 }) })->() }),
    alice('a'),
    alice('b'),
    ended('the token in the body counts'  => sub { post('/logout', { refresh_token => kept('b') }, bearer(kept('a', 'access_token'))) }),
    is_over('which is over'               => 'b'),
    (map { my ($name, $token) = @$_; refusal("expired, $name" => sub { post('/logout', { refresh_token => $token->() }) }, 401, reason => qr/\A\w+\z/, %challenge) }
        ['forged' => sub { resigned(kept('a'), key('HS256', 'forger'), { exp => time - 1 }) }],
        ['of another issuer' => sub { resigned(kept('a'), $::key, { exp => time - 1, iss => 'https://other.example' }) }],
        ['for another audience' => sub { resigned(kept('a'), $::key, { exp => time - 1, aud => 'orders' }) }],
        ['of another type' => sub { resigned(kept('a'), $::key, { exp => time - 1 }, { typ => 'JWT' }) }],
        ['without exp' => sub { resigned(kept('a'), $::key, { exp => undef }) }],
        ['without sid' => sub { resigned(kept('a'), $::key, { exp => time - 1, sid => undef }) }]),
    $refused->('a forged access token'    => sub { resigned(kept('a', 'access_token'), key('ES256', 'forger')) }, 401, reason => qr/\A\w+\z/, %challenge),
    $refused->('an access token of another issuer' => $access->('a', exp => time - 1, iss => 'https://other.example'), 'issuer_mismatch', %challenge),
    $refused->('an access token without sid' => $access->('a', sid => undef), 'claim_malformed', %challenge),
    $refused->('an access token of the type JWT' => sub { resigned(kept('a', 'access_token'), $Sallyport::Session::access, {}, { typ => 'JWT' }) }, 'type_mismatch', %challenge),
    $refused->('no token at all'          => sub { 'a.b.c' }, 401, reason => qr/\A\w+\z/, %challenge),
    issued('a login for others'           => request('POST', '/orders', basic(alice => 'wonderland')), 'orders'),
    $refused->('an access token for others' => sub { kept('orders', 'access_token') }, 'audience_mismatch', %challenge),
    goes_on('none of these ends it'       => 'a'),
]



=== what a location inherits does not guard it
--- http_config
auth_token_store memory:;
auth_jwt "outer";
auth_jwt_key_file keys.jwks;
auth_role_map { ALL admin; }
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    ended('no body' => request('POST', '/logout')),
    ended('logout'  => logout('a')),
    is_over('over'  => 'a'),
]



=== what else is answered inside of its location is guarded
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . q[
auth_jwt "outer";
auth_jwt_key_file keys.jwks;
auth_token_accept on;
location /out {
    auth_endpoint logout;
    if ($arg_app) { proxy_pass http://$TEST_NGINX_ECHO; }
    if ($arg_rate) { limit_rate 1m; }
    limit_except POST { proxy_pass http://$TEST_NGINX_ECHO; }
    location /out/in { empty_gif; }
}
]
--- conf eval: \%::files
--- cases eval
my $token = bearer(key('HS256'), {});
[
    ended('the endpoint'                => request('POST', '/out')),
    ended('a block of its own'          => request('POST', '/out?rate=1')),
    ['a location inside'                => get('/out/in'), 'no_credential'],
    ['a location inside, a token'       => get('/out/in', $token), 200],
    ['a block that answers'             => request('POST', '/out?app=1'), 'no_credential'],
    ['a block that answers, a token'    => request('POST', '/out?app=1', $token), 200],
    ['limit_except'                     => get('/out'), 'no_credential'],
    ['limit_except, a token'            => get('/out', $token), 200],
]
