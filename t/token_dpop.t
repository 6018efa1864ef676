# Token endpoints and DPoP (RFC 9449 sections 5, 6 and 8): login and refresh bind tokens to the key of a
# proof, and refuse proofs with the errors of RFC 6749.

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Dpop;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %oauth = ('WWW-Authenticate' => undef, 'Content-Type' => 'application/json');
our ($key, $thief) = (key('ES256', 'holder'), key('ES256', 'thief'));
our $jkt   = thumbprint_of($key);
our %files = (
    %token_files,
    'users.json' => json({ alice => { password => hash('wonderland'), roles => ['viewer'] } }),
    'keys.json'  => json({ printer => { key => digest('printer-secret'), roles => ['viewer', 'auditor'] } }),
);

# The header line of a proof for a POST to an endpoint, without a token.
sub proves {
    my ($uri, %change) = @_;
    return 'DPoP: ' . proof($change{key} // $key, '', htm => 'POST', htu => "http://localhost$uri", %change,
        claims => { ath => undef, %{ $change{claims} || {} } });
}

# Logins of alice and of the printer, with a proof of these changes.
sub alice   { my %change = @_; return sub { login(alice => 'wonderland', proves('/login', %change)) } }
sub printer { my %change = @_; return sub { request('POST', '/login', 'Authorization: Api-Key printer-secret', proves('/login', %change)) } }
sub fresh   { my ($name, %change) = @_; return sub { refresh($name, proves('/refresh', %change))->() } }

# A row: tokens of the type DPoP are answered and kept. "access", "refresh": whose key they are bound to.
sub bound {
    my ($name, $request, $as, %more) = @_;
    my ($refresh, $access) = (delete $more{refresh}, delete $more{access} // $jkt);
    return [$name => $request, 200, headers => { 'Cache-Control' => 'no-store' }, %more, then => sub {
        my $tokens = keep($as, JSON::PP::decode_json($_[0]{body}));
        my @got = map { $_->{cnf} ? json($_->{cnf}) : 'unbound' } claims_of($tokens->{access_token}), inside($as);
        my @expected = map { $_ ? json({ jkt => $_ }) : 'unbound' } $access, $refresh;
        return ("token_type: $tokens->{token_type}") x ($tokens->{token_type} ne 'DPoP'),
            ("bound to @got, expected @expected") x ("@got" ne "@expected");
    }];
}

# A row: the proof is refused, as an error of RFC 6749.
sub faulty {
    my ($name, $request, $reason, %more) = @_;
    return refusal($name => $request, 400, reason => $reason, error => 'invalid_dpop_proof',
        log => qr/sallyport: refused 400 $reason\b/, %more, headers => { %oauth, %{ $more{headers} || {} } });
}

# GET /x with the kept access token, and a proof of these changes.
sub opens {
    my ($as, %change) = @_;
    return sub { get('/x', dpop($change{key} // $key, kept($as, 'access_token'), %change)) };
}

our $http = <<"EOF_HTTP";
    auth_token_store sqlite:tokens/tokens.db;
$tokens
EOF_HTTP
our $config = <<'EOF_CONFIG';
    location = /login {
        auth_endpoint login;
        auth_password "r";
        auth_password_file users.json;
        auth_api_key "r";
        auth_api_key_file keys.json;
    }
    location = /refresh { auth_endpoint refresh; }
    location = /logout { auth_endpoint logout; }
    location = /introspect {
        auth_endpoint introspect;
        auth_api_key "r";
        auth_api_key_file keys.json;
        auth_role_map { POST auditor; }
    }
    location /x { auth_jwt "r"; auth_token_accept on; empty_gif; }
EOF_CONFIG

run_tests();

__DATA__

=== a login with a proof
--- http_config eval: $::http
--- config eval: $::config
--- conf eval: \%::files
--- cases eval
[
    bound('of a user' => alice(), 'a', refresh => $jkt),
    ['the token, with a proof'    => opens('a'), 200],
    ['the token, as Bearer'       => access('/x', 'a'), 'scheme_mismatch', headers => { 'WWW-Authenticate' => qr/DPoP/ }],
    ['the token, without a proof' => sub { get('/x', 'Authorization: DPoP ' . kept('a', 'access_token')) }, 'dpop_proof_missing'],
    ['the token, of a thief'      => opens('a', key => $thief), 'dpop_proof_invalid'],
    bound('of an API key' => printer(), 'p', refresh => $jkt),
    ['its token' => opens('p'), 200],
    issued('without a proof' => login(alice => 'wonderland'), 'b'),
    ['a token as Bearer' => access('/x', 'b'), 200],
    ['a form' => sub { form('/login', [username => 'alice', password => 'wonderland'], proves('/login')) }, 200, body => qr/"token_type":"DPoP"/],
    ['Basic' => sub { request('POST', '/login', basic(alice => 'wonderland'), proves('/login')) }, 200, body => qr/"token_type":"DPoP"/],
    bound('a proof with ath' => alice(claims => { ath => 'x' }), 'c', refresh => $jkt),
]



=== faults of proofs
--- http_config eval: $::http
--- config eval: $::config
--- conf eval: \%::files
--- cases eval
my $once;
[
    faulty('for another endpoint' => alice(htu => 'http://localhost/refresh'), 'dpop_proof_invalid', log => qr/refused 400 dpop_proof_invalid.*proof "its htu/),
    faulty('for another method'   => alice(htm => 'GET'), 'dpop_proof_invalid', log => qr/proof "its htm/),
    faulty('too old'              => alice(claims => { iat => time - 120 }), 'dpop_proof_invalid', log => qr/proof "its iat/),
    faulty('another signature'    => alice(by => $thief), 'dpop_proof_invalid', log => qr/proof "its signature/),
    faulty('malformed'            => login(alice => 'wonderland', 'DPoP: x'), 'dpop_proof_malformed'),
    faulty('empty'                => login(alice => 'wonderland', 'DPoP: '), 'dpop_proof_malformed'),
    faulty('two'                  => sub { login(alice => 'wonderland', map { proves('/login') } 1 .. 2) }, 'dpop_proof_malformed'),
    faulty('of a private key'     => alice(header => { jwk => $key->jwk(private => 1) }), 'dpop_proof_invalid'),
    faulty('with Basic'           => sub { request('POST', '/login', basic(alice => 'wonderland'), proves('/login', htm => 'GET')) }, 'dpop_proof_invalid'),
    faulty('of an API key'        => printer(htm => 'GET'), 'dpop_proof_invalid'),
    bound('once'  => sub { $once = alice()->() }, 'a', refresh => $jkt),
    faulty('twice' => sub { $once }, 'dpop_proof_replayed'),
    refusal('a wrong password'    => sub { $once = proves('/login'); login(alice => 'x', $once) }, 'credential_invalid', headers => { 'WWW-Authenticate' => qr/./ }),
    ['spends no proof'            => sub { login(alice => 'wonderland', $once) }, 200],
]



=== a refresh
--- http_config eval: $::http
--- config eval: $::config
--- conf eval: \%::files
--- cases eval
[
    bound('a login' => alice(), 'a', refresh => $jkt),
    faulty('without a proof'       => refresh('a'), 'dpop_proof_missing'),
    faulty('with that of a thief'  => fresh('a', key => $thief), 'dpop_proof_invalid', log => qr/proof "its key is not the one that the token is bound to/),
    faulty('for another endpoint'  => fresh('a', htu => 'http://localhost/login'), 'dpop_proof_invalid'),
    faulty('with a broken one'     => refresh('a', 'DPoP: x'), 'dpop_proof_malformed'),
    bound('the token was not spent' => fresh('a'), 'b', refresh => $jkt),
    ['its access token' => opens('b'), 200],
    bound('and again'   => fresh('b'), 'c', refresh => $jkt),
    over('a spent one'  => fresh('b'), 'refresh_reused'),
    over('ends the session' => fresh('c'), 'refresh_revoked'),
    bound('Authorization: DPoP: a login' => alice(), 'e', refresh => $jkt),
    bound('Authorization: DPoP' => sub { request('POST', '/refresh', 'Authorization: DPoP ' . kept('e'), proves('/refresh')) }, 'f', refresh => $jkt),
]



=== a refresh spends its proof, and a refused one does not
--- http_config eval: $::http
--- config eval: $::config
--- conf eval: \%::files
--- cases eval
my $line;
[
    bound('a login' => alice(), 'a', refresh => $jkt),
    bound('a refresh' => sub { $line = proves('/refresh'); refresh('a', $line)->() }, 'b', refresh => $jkt),
    faulty('the same proof again' => sub { refresh('b', $line)->() }, 'dpop_proof_replayed'),
    bound('with a new one' => fresh('b'), 'c', refresh => $jkt),
    refusal('a broken token' => sub { $line = proves('/refresh'); post('/refresh', { refresh_token => 'x' }, $line) }, 'token_malformed'),
    bound('spends no proof' => sub { refresh('c', $line)->() }, 'd', refresh => $jkt),
]



=== a refresh of an unbound token
--- http_config eval: $::http
--- config eval: $::config
--- conf eval: \%::files
--- cases eval
my $other = thumbprint_of($thief);
[
    issued('a user' => login(alice => 'wonderland'), 'a'),
    issued('who never proves a key' => refresh('a'), 'b'),
    bound('and does from now on' => fresh('b'), 'c', refresh => $jkt),
    faulty('has to go on' => refresh('c'), 'dpop_proof_missing'),
    issued('an API key' => request('POST', '/login', 'Authorization: Api-Key printer-secret'), 'p'),
    bound('with a key'          => fresh('p'), 'q', refresh => $jkt),
    faulty('without it'         => refresh('q'), 'dpop_proof_missing'),
    faulty('with another one'   => fresh('q', key => $thief), 'dpop_proof_invalid'),
    bound('which needs a new login' => printer(key => $thief), 'r', access => $other, refresh => $other),
    bound('and holds the tokens then' => fresh('r', key => $thief), 's', access => $other, refresh => $other),
]



=== where DPoP is required
--- http_config eval: $::http
--- config eval
"auth_jwt_binding require dpop;\n$::config" .
'location = /any  { auth_jwt_binding require; auth_endpoint login; auth_password "r"; auth_password_file users.json; }
location = /mtls { auth_jwt_binding require mtls; auth_endpoint login; auth_password "r"; auth_password_file users.json; }
location = /off  { auth_jwt_binding off; auth_endpoint login; auth_password "r"; auth_password_file users.json; }
location = /off/refresh { auth_jwt_binding off; auth_endpoint refresh; }'
--- conf eval: \%::files
--- cases eval
my $alice = { username => 'alice', password => 'wonderland' };
[
    faulty('a login without a proof'     => login(alice => 'wonderland'), 'dpop_proof_missing'),
    faulty('whatever the password is'    => login(alice => 'x'), 'dpop_proof_missing'),
    faulty('of an API key'               => request('POST', '/login', 'Authorization: Api-Key printer-secret'), 'dpop_proof_missing'),
    bound('a login with a proof'         => alice(), 'a', refresh => $jkt),
    ['its token'                         => opens('a'), 200],
    bound('of an API key, with a proof'  => printer(), 'p', refresh => $jkt),
    faulty('its refresh without one'     => refresh('p'), 'dpop_proof_missing'),
    bound('its refresh with one'         => fresh('p'), 'q', refresh => $jkt),
    faulty('any binding required'        => post('/any', $alice), 'dpop_proof_missing'),
    issued('mTLS required'               => post('/mtls', $alice), 'm'),
    ['which a login cannot bind to'      => access('/x', 'm'), 'token_unbound', headers => { 'WWW-Authenticate' => qr/DPoP/ }],
    issued('off: a proof does not matter' => post('/off', $alice, 'DPoP: x'), 'o'),
    refusal('off: but a bound refresh token stays bound' => sub { post('/off/refresh', { refresh_token => kept('a') }) }, 400,
        reason => 'dpop_proof_missing', error => 'invalid_dpop_proof', headers => { %oauth }),
    bound('off: with the proof' => sub { post('/off/refresh', { refresh_token => kept('a') }, proves('/off/refresh')) }, 'b', refresh => $jkt),
]



=== a nonce
--- http_config eval
"$::http auth_dpop_nonce 1h; auth_dpop_nonce_key nonce.key;"
--- config eval: $::config
--- conf eval
+{ %::files, 'nonce.key' => 'ab' x 32 }
--- cases eval
sub nonce { my ($slot) = @_;
    return base64url(substr hmac_sha256(sprintf('DPoP nonce %d of 3600 s', int(time / 3600) + $slot), "\xab" x 32), 0, 16) }
sub given { my ($uri, $slot) = @_; return proves($uri, claims => { nonce => nonce($slot) }) }
my @needs = (error => 'use_dpop_nonce', headers => { 'DPoP-Nonce' => qr/\A[\w-]{22}\z/ });
[
    faulty('a login without one' => alice(), 'dpop_nonce_needed', @needs),
    faulty('whatever the password is' => sub { login(alice => 'x', proves('/login')) }, 'dpop_nonce_needed', @needs),
    bound('a login with the current one' => sub { login(alice => 'wonderland', given('/login', 0)) }, 'a', refresh => $jkt,
        headers => { 'DPoP-Nonce' => qr/\A\z/ }),
    bound('with the previous one' => sub { login(alice => 'wonderland', given('/login', -1)) }, 'b', refresh => $jkt,
        headers => { 'DPoP-Nonce' => qr/\A[\w-]{22}\z/ }),
    faulty('a refresh without one' => fresh('a'), 'dpop_nonce_needed', @needs),
    bound('which spends nothing' => sub { refresh('a', given('/refresh', 0))->() }, 'c', refresh => $jkt),
    issued('without a proof, no nonce is needed' => login(alice => 'wonderland'), 'd'),
]



=== introspection and logout
--- http_config eval: $::http
--- config eval: $::config
--- conf eval: \%::files
--- cases eval
my @auditor = ('Authorization: Api-Key printer-secret');
my %claims = map { $_ => qr/./ } qw(iss sub aud exp iat jti sid);
my $cnf = { jkt => $jkt };
[
    bound('a login' => alice(), 'a', refresh => $jkt),
    bound('of an API key' => printer(), 'p', refresh => $jkt),
    issued('without a proof' => login(alice => 'wonderland'), 'b'),
    answers_json('a bound access token' => introspect('a', 'access_token', @auditor),
        { %claims, active => JSON::PP::true(), token_type => 'DPoP', cnf => $cnf, roles => ['viewer'] }),
    answers_json('a bound refresh token' => introspect('a', 'refresh_token', @auditor),
        { %claims, active => JSON::PP::true(), token_type => 'refresh_token', cnf => $cnf, access_aud => qr/./ }),
    answers_json('of an API key' => introspect('p', 'refresh_token', @auditor),
        { %claims, active => JSON::PP::true(), token_type => 'refresh_token', cnf => $cnf, access_aud => qr/./ }),
    answers_json('an unbound one' => introspect('b', 'access_token', @auditor),
        { %claims, active => JSON::PP::true(), token_type => 'Bearer', roles => ['viewer'] }),
    ['a logout with the access token' => sub { request('POST', '/logout', 'Authorization: DPoP ' . kept('a', 'access_token')) }, 204],
    over('ends the session' => fresh('a'), 'refresh_revoked'),
]



=== claims of access tokens that are named as those of refresh tokens that are hidden
--- http_config eval: $::http
--- config eval
"auth_token_claim account main; auth_token_claim client web;\n$::config"
--- conf eval: \%::files
--- cases eval
my %claims = map { $_ => qr/./ } qw(iss sub aud exp iat jti sid);
my @auditor = ('Authorization: Api-Key printer-secret');
[
    issued('a login' => login(alice => 'wonderland'), 'a'),
    answers_json('the access token' => introspect('a', 'access_token', @auditor),
        { %claims, active => JSON::PP::true(), token_type => 'Bearer', roles => ['viewer'], account => 'main', client => 'web' }),
    answers_json('the refresh token' => introspect('a', 'refresh_token', @auditor),
        { %claims, active => JSON::PP::true(), token_type => 'refresh_token', access_aud => qr/./ }),
]



=== the members of cnf that auth_token_claim sets
--- http_config eval: $::http
--- config eval
"auth_token_claim cnf 'json={\"x5t#S256\":\"" . 'A' x 43 . "\"}';\n$::config"
--- conf eval: \%::files
--- cases eval
[
    ['stay' => alice(), 200, then => sub {
        my $claims = claims_of(JSON::PP::decode_json($_[0]{body})->{access_token});
        json($claims->{cnf}) eq json({ jkt => $jkt, 'x5t#S256' => 'A' x 43 }) ? () : json($claims->{cnf}) }],
]



=== explained
--- http_config eval: $::http
--- config eval
"auth_explain 127.0.0.1;\n$::config"
--- conf eval: \%::files
--- cases eval
[
    faulty('a fault' => alice(htm => 'GET'), 'dpop_proof_invalid',
        body => qr/"explanation":"dpop_proof_invalid in location \\"\/login\\": The DPoP proof is not valid\. The proof was refused: its htm is another method\."/),
]
