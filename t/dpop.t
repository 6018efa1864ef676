# DPoP (RFC 9449): tokens that are bound to a key of their holder.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Dpop;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $key     = key('ES256', 'holder');
our $thief   = key('ES256', 'thief');
our $token   = bound_to($key);
our $unbound = token(key('HS256'), {});
workers(2);
our $algs    = 'algs="ES256 ES384 ES512 EdDSA RS256 PS256"';

# A row: GET /x with a proof of these changes.
sub with { my ($name, $expected, %change) = @_; return [$name => sub { get('/x', dpop($key, $token, %change)) }, $expected] }

# The same, refused for this fault.
sub invalid {
    my ($name, $fault, %change) = @_;
    return [$name => sub { get('/x', dpop($key, $token, %change)) }, 'dpop_proof_invalid', log => qr/proof "$fault/];
}

our $http = <<'EOF_HTTP';
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
EOF_HTTP

run_tests();

__DATA__

=== the checks of RFC 9449 section 4.3
--- http_config eval: $::http
--- config
location /x { empty_gif; }
location /nonce { auth_dpop_nonce 1h; empty_gif; }
--- cases eval
my $url = 'http://localhost/x';
my $nonce;
my @nonce = (htu => 'http://localhost/nonce');
[
    with('a good proof' => 200),
    ['check 1: one field' => sub { get('/x', dpop($key, $token), 'DPoP: ' . proof($key, $token)) }, 'dpop_proof_malformed'],
    ['check 1: the same proof in two fields' => sub { my $proof = proof($key, $token);
        get('/x', "Authorization: DPoP $token", "DPoP: $proof", "dpop: $proof") }, 'dpop_proof_malformed'],
    ['check 1: two proofs in one field' => sub { get('/x', "Authorization: DPoP $token",
        'DPoP: ' . join ', ', map { proof($key, $token) } 1 .. 2) }, 'dpop_proof_malformed'],
    (map { my $text = $_; ["check 2: a JWT, not '$text'" => get('/x', "Authorization: DPoP $token", "DPoP: $text"), 'dpop_proof_malformed'] }
        '', 'x', 'a.b', '..', 'a.b.c', 'e30.e30', '!.e30.x'),
    invalid('check 2: the token itself' => 'its typ', header => { typ => 'JWT' }),
    (map { invalid("check 3: all claims, without $_" => 'jti, htm, htu, iat', claims => { $_ => undef }) } qw(jti htm htu iat)),
    invalid('check 3: all claims, without ath' => 'its ath', claims => { ath => undef }),
    invalid('check 3: jti is no text' => 'jti, htm', claims => { jti => 1 }),
    invalid('check 3: an oversized jti' => 'jti, htm', claims => { jti => 'x' x 257 }),
    with('check 3: the longest jti' => 200, claims => { jti => 'x' x 256 }),
    (map { invalid('check 4: typ, not ' . ($_ // 'none') => 'its typ', header => { typ => $_ }) } 'JWT', 'at+jwt', 'DPOP+JWT', undef),
    (map { invalid("check 5: alg, not $_" => 'its alg', header => { alg => $_ }) } qw(none HS256 ES256K XX), undef),
    invalid('check 5: alg is symmetric (key as secret)' => 'its alg', by => key('HS256'), header => { alg => 'HS256' }),
    invalid('check 6: the signature of another' => 'its signature', by => $thief),
    invalid('check 6: no signature' => 'its signature', signature => ' '),
    invalid('check 6: r and s are zero (CVE-2022-21449)' => 'its signature', signature => "\0" x 64),
    invalid('check 6: a signature of another length' => 'its signature', signature => "\1" x 63),
    invalid('check 6: no jwk' => 'its jwk', header => { jwk => undef }),
    invalid('check 6: jwk is a secret' => 'its jwk', header => { jwk => { kty => 'oct', x => 'AA' } }),
    invalid('check 7: jwk is private' => 'its jwk contains a private key', header => { jwk => $key->jwk(private => 1) }),
    (map { invalid("check 8: htm, not '$_'" => 'its htm', htm => $_) } 'POST', 'get', 'GET ', ''),
    (map { invalid("check 9: htu, not '$_'" => 'its htu', htu => $_) } '', '/x', "$url/", 'http://localhost/X', 'https://localhost/x',
        'http://localhost:81/x', 'http://localhost.evil/x', 'http://a@localhost/x', 'http://localhost/%2fx'),
    (map { with("check 9: htu is spelled '$_'" => 200, htu => $_) } "$url?a=b", "$url#c", 'HTTP://LocalHost:80/x', 'http://localhost/%78',
        'http://localhost/a/../x', 'http://localhost:/x'),
    ['check 10: the nonce, not none' => sub { get('/nonce', dpop($key, $token, @nonce)) }, 'dpop_nonce_needed',
        then => sub { $nonce = $_[0]{headers}{'dpop-nonce'}[0]; return defined $nonce ? () : 'no nonce' }],
    ['check 10: the nonce, not another' => sub { get('/nonce', dpop($key, $token, @nonce, claims => { nonce => "$nonce." })) }, 'dpop_nonce_needed'],
    ['check 10: the nonce' => sub { get('/nonce', dpop($key, $token, @nonce, claims => { nonce => $nonce })) }, 200],
    invalid('check 11: iat is too old' => 'its iat', claims => { iat => time - 120 }),
    invalid('check 11: iat is too early' => 'its iat', claims => { iat => time + 120 }),
    with('check 11: iat is a little old' => 200, claims => { iat => time - 30 }),
    with('check 11: iat is a little early' => 200, claims => { iat => time + 30 }),
    invalid('check 11: iat is text' => 'jti, htm', claims => { iat => '' . time . '' . '' =~ s/^/ /r }),
    invalid('check 12: ath is of another token' => 'its ath', claims => { ath => base64url(Digest::SHA::sha256("$token.")) }),
    invalid('check 12: ath in another spelling' => 'its ath', claims => { ath => base64url(Digest::SHA::sha256($token)) . '=' }),
    ['check 12: the key of a thief' => sub { get('/x', "Authorization: DPoP $token", 'DPoP: ' . proof($thief, $token)) },
        'dpop_proof_invalid', log => qr/its key is not the one that the token is bound to/],
]



=== a token is used as it is bound
--- http_config eval: $::http
--- config
location /x       { empty_gif; }
location /require { auth_jwt_binding require; empty_gif; }
location /dpop    { auth_jwt_binding require dpop; empty_gif; }
location /both    { auth_jwt_binding require mtls dpop; empty_gif; }
location /mtls    { auth_jwt_binding require mtls; empty_gif; }
location /offer   { auth_jwt_binding optional dpop; empty_gif; }
location /off     { auth_jwt_binding off; empty_gif; }
location /cookie  { auth_jwt "r" token=$cookie_t; empty_gif; }
--- cases eval
sub at { my ($uri, %change) = @_; return sub { get($uri, dpop($key, $token, htu => "http://localhost$uri", %change)) } }
my $bearer  = 'Bearer realm="r"';
my $dpop    = 'DPoP realm="r"';
my $stray   = 'DPoP: ' . proof($key, $token);
my $malformed = 'DPoP: nonsense';
sub told { return (headers => { 'WWW-Authenticate' => join ', ', @_ }) }
[
    ['bound, as Bearer'                => get('/x', "Authorization: Bearer $token"), 'scheme_mismatch',
        told("$bearer, error=\"invalid_token\"", "$dpop, error=\"invalid_token\", $algs")],
    ['bound, as Bearer with a proof'   => sub { get('/x', "Authorization: Bearer $token", 'DPoP: ' . proof($key, $token)) }, 'scheme_mismatch',
        told("$bearer, error=\"invalid_token\"", "$dpop, error=\"invalid_token\", $algs")],
    ['bound, without a proof'          => get('/x', "Authorization: DPoP $token"), 'dpop_proof_missing',
        told($bearer, "$dpop, error=\"invalid_dpop_proof\", $algs")],
    ['the scheme in other letters'     => sub { get('/x', "Authorization: dpop $token", 'dpOP: ' . proof($key, $token)) }, 200],
    ['unbound, as DPoP'                => sub { get('/x', dpop($key, $unbound)) }, 'scheme_mismatch',
        told($bearer, "$dpop, error=\"invalid_token\", $algs")],
    ['unbound, as Bearer'              => get('/x', "Authorization: Bearer $unbound"), 200],
    ['bound, with a broken proof'      => get('/x', "Authorization: DPoP $token", $malformed), 'dpop_proof_malformed',
        told("$dpop, error=\"invalid_dpop_proof\", $algs")],
    ['unbound, beside a stray proof'   => get('/x', "Authorization: Bearer $unbound", $stray), 200],
    ['unbound, beside a broken proof'  => get('/x', "Authorization: Bearer $unbound", $malformed), 200],
    ['nothing'                         => get('/x'), 'no_credential', told($bearer)],
    (map { ["no token, '$_'" => get('/x', $_), 'malformed_authorization', told("$dpop, error=\"invalid_request\", $algs")] }
        'Authorization: DPoP', 'Authorization: DPoP ', 'Authorization: DPoP a b'),
    ['an expired token'                => sub { my $old = bound_to($key, { exp => time - 60 }); get('/x', dpop($key, $old)) }, 'token_expired',
        told($bearer, "$dpop, error=\"invalid_token\", $algs")],
    ['a token of another key'          => sub { get('/x', dpop($key, token(key('HS256', 'z'), {}, { kid => 'hs256' }))) }, 'signature_invalid',
        told($bearer, "$dpop, error=\"invalid_token\", $algs")],
    ['required'                        => at('/require'), 200],
    ['required, unbound'               => get('/require', "Authorization: Bearer $unbound"), 'token_unbound'],
    ['required, unbound, as DPoP'      => sub { get('/require', dpop($key, $unbound)) }, 'token_unbound', told($bearer, "$dpop, error=\"invalid_token\", $algs")],
    ['DPoP required'                   => at('/dpop'), 200],
    ['DPoP required, unbound'          => get('/dpop', "Authorization: Bearer $unbound"), 'token_unbound', told("$dpop, error=\"invalid_token\", $algs")],
    ['DPoP required, nothing'          => get('/dpop'), 'no_credential', told("$dpop, $algs")],
    ['DPoP required, bound by mTLS'    => get('/dpop', bearer(key('HS256'), { cnf => { 'x5t#S256' => 'A' x 43 } })), 'token_bound',
        told("$dpop, error=\"invalid_token\", $algs")],
    ['either required'                 => at('/both'), 200],
    ['either required, nothing'        => get('/both'), 'no_credential', told($bearer, "$dpop, $algs")],
    ['mTLS required'                   => at('/mtls'), 'token_bound', told($bearer, "$dpop, error=\"invalid_token\", $algs")],
    ['offered, nothing'                => get('/offer'), 'no_credential', told($bearer, "$dpop, $algs")],
    ['offered, unbound'                => get('/offer', "Authorization: Bearer $unbound"), 200],
    ['offered, bound'                  => at('/offer'), 200],
    ['off: as Bearer'                  => get('/off', "Authorization: Bearer $token"), 200],
    ['off: as DPoP, without a proof'   => get('/off', "Authorization: DPoP $token"), 200],
    ['off: nothing'                    => get('/off'), 'no_credential', told($bearer)],
    ['from a cookie'                   => sub { get('/cookie', "Cookie: t=$token", 'DPoP: ' . proof($key, $token, htu => 'http://localhost/cookie')) }, 200],
    ['from a cookie, without a proof'  => get('/cookie', "Cookie: t=$token"), 'dpop_proof_missing',
        told($bearer, "$dpop, error=\"invalid_dpop_proof\", $algs")],
    ['from a cookie, unbound'          => get('/cookie', "Cookie: t=$unbound"), 200],
    ['bound by mTLS as well, without a certificate' => sub {
        my $both = token(key('HS256'), { cnf => { jkt => thumbprint_of($key), 'x5t#S256' => 'A' x 43 } });
        get('/x', dpop($key, $both)) }, 'certificate_mismatch', told($bearer, "$dpop, error=\"invalid_token\", $algs")],
    (map { my $jkt = $_; ["another spelling: $jkt" => sub { my $bad = token(key('HS256'), { cnf => { jkt => $jkt } });
        get('/x', dpop($key, $bad)) }, 'token_bound', told($bearer, "$dpop, error=\"invalid_token\", $algs")] }
        thumbprint_of($key) . '=', substr(thumbprint_of($key), 0, 42), '', 1),
]



=== roles and scopes: the challenge is of the scheme that was used
--- http_config eval: $::http
--- config
location /x { auth_scope_map { GET orders.read; } empty_gif; }
location /y { auth_role_map { GET admin; } empty_gif; }
--- cases eval
[
    ['a scope is missing' => sub { get('/x', dpop($key, $token)) }, 'scope_missing',
        headers => { 'WWW-Authenticate' => qq(DPoP realm="r", error="insufficient_scope", scope="orders.read", $algs) }],
    ['a role is missing' => sub { get('/y', dpop($key, $token, htu => 'http://localhost/y')) }, 'role_missing',
        headers => { 'WWW-Authenticate' => qq(DPoP realm="r", error="insufficient_scope", $algs) }],
    ['a token without them' => get('/x', "Authorization: Bearer $unbound"), 'scope_missing'],
]



=== every algorithm
--- http_config eval: $::http
--- config
location /x    { empty_gif; }
location /some { auth_dpop_algorithms EdDSA PS512; empty_gif; }
--- cases eval
sub by { my ($alg, $uri, $expected, @more) = @_; my $own = key($alg, "dpop-$alg");
    return ["$alg at $uri" => sub { get($uri, dpop($own, bound_to($own), htu => "http://localhost$uri")) }, $expected, @more] }
my %default = map { $_ => 1 } qw(ES256 ES384 ES512 EdDSA RS256 PS256);
my $some = 'Bearer realm="r", DPoP realm="r", error="invalid_dpop_proof", algs="EdDSA PS512"';
[
    (map { by($_, '/x', $default{$_} ? 200 : 'dpop_proof_invalid') } grep { !/^HS/ } algorithms()),
    by('EdDSA', '/some', 200),
    by('PS512', '/some', 200),
    by('ES256', '/some', 'dpop_proof_invalid', headers => { 'WWW-Authenticate' => $some }),
]



=== a proof is used once
--- http_config eval
$::http . 'limit_req_zone $auth_subject zone=s:1m rate=1000r/s;'
--- config
location /x { empty_gif; }
location /tried { try_files /none /x.gif =404; }
location /limited { limit_req zone=s burst=1000; empty_gif; }
location /first { try_files /none @second; }
location /withheld { auth_forward_credential off; proxy_pass http://$TEST_NGINX_ECHO/denied; proxy_intercept_errors on; error_page 403 = @second; }
location @second { auth_jwt "second"; proxy_pass http://$TEST_NGINX_ECHO; }
location /missing { error_page 404 = /other; root /nonexistent; }
location /other { empty_gif; }
--- user_files
>>> x.gif
x
--- cases eval
sub once { my ($name, $uri, $status) = @_; my $request;
    return ["$name: once" => sub { $request = get($uri, dpop($key, $token, htu => "http://localhost$uri")) }, $status],
           ["$name: twice" => sub { $request }, 'dpop_proof_replayed', headers => { 'WWW-Authenticate' => qr/DPoP realm="r", error="invalid_dpop_proof", algs=/ }] }
my ($proof, $other);
[
    once('plain', '/x', 200),
    once('try_files', '/tried', 200),
    once('a limit by subject', '/limited', 200),
    once('a named location', '/first', 200),
    once('behind a location that withholds it', '/withheld', 200),
    once('an error page that is guarded', '/missing', 200),
    ['in another location'  => sub { $proof = proof($key, $token, claims => { jti => 'one' }); get('/x', "Authorization: DPoP $token", "DPoP: $proof") }, 200],
    ['with the same jti for another URI' => sub { get('/other', dpop($key, $token, htu => 'http://localhost/other', claims => { jti => 'one' })) },
        'dpop_proof_replayed'],
    ['the same jti of another key' => sub { my $theirs = bound_to($thief); get('/x', dpop($thief, $theirs, claims => { jti => 'one' })) }, 200],
    ['a refused proof spends nothing: first' => sub { get('/x', dpop($key, $token, htm => 'POST', claims => { jti => 'two' })) }, 'dpop_proof_invalid'],
    ['a refused proof spends nothing: then' => sub { get('/x', dpop($key, $token, claims => { jti => 'two' })) }, 200],
    ['one connection, one proof, two requests' => do { my $twice = get('/x', dpop($key, $token));
        [[$twice, 200], [$twice, 'dpop_proof_replayed']] }],
]



=== a thousand parallel uses of one proof by two workers
--- http_config eval: $::http
--- config
location /x { empty_gif; }
--- cases eval
[
    sub {
        my $request = get('/x', dpop($key, $token), 'Connection: close');
        my @children;
        for (1 .. 10) {
            open my $from, '-|' or do {
                my %count;
                for (1 .. 100) {
                    my $answer = eval { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask($request) };
                    $count{ $answer ? $answer->{status} : 0 }++;
                }
                print join ' ', map { "$_=$count{$_}" } sort keys %count;
                close STDOUT;
                require POSIX;
                POSIX::_exit(0);
            };
            push @children, $from;
        }
        my %sum;
        for my $from (@children) {
            my $text = <$from> // '';
            $sum{$1} += $2 while $text =~ /(\d+)=(\d+)/g;
        }
        Test::More::is_deeply(\%sum, { 200 => 1, 401 => 999 }, 'exactly one is answered');
    },
]



=== what a proof was used for is remembered over a reload
--- http_config eval: $::http
--- config
location /x { empty_gif; }
--- cases eval
my $request = get('/x', dpop($key, $token));
[
    ['before' => $request, 200],
    reload(),
    ['after'  => $request, 'dpop_proof_replayed'],
    with('another' => 200),
]



=== a longer window after a reload accepts no proof again
--- http_config eval
"$::http auth_dpop_window 2s;"
--- config
location /x { empty_gif; }
--- cases eval
my ($old, $new);
[
    ['one that expires' => sub { $old = get('/x', dpop($key, $token)) }, 200],
    sub { sleep 4 },
    with('so that it is dropped' => 200),
    ['one that is valid' => sub { $new = get('/x', dpop($key, $token)) }, 200],
    sub { change('nginx.conf', slurp(conf_path('nginx.conf')) =~ s/auth_dpop_window 2s/auth_dpop_window 10m/r) },
    reload(),
    ['the first' => sub { $old }, 'dpop_proof_invalid', log => qr/proof "its iat/],
    sub { sleep 4 },
    with('so that it would be dropped' => 200),
    ['the second' => sub { $new }, 'dpop_proof_replayed'],
]



=== the proof for a revoked token is not used up
--- http_config eval: $::http
--- config
location /x { empty_gif; }
location /list { auth_jwt_revocation_list_kid kids.json; empty_gif; }
--- conf eval
+{ 'kids.json' => '{"hs256": null}' }
--- cases eval
my $request;
my @revoked = ('token_revoked', headers => { 'WWW-Authenticate' => qq(Bearer realm="r", DPoP realm="r", error="invalid_token", $algs) });
sub at_list { return get('/list', dpop($key, $token, htu => 'http://localhost/list')) }
[
    ['revoked' => sub { $request = at_list() }, @revoked],
    ['again' => sub { $request }, @revoked],
    sub { change('kids.json', '{}') },
    reload(),
    ['no longer revoked' => sub { $request }, 200],
    ['once' => sub { $request }, 'dpop_proof_replayed'],
]



=== a proof is not used up while the token cannot be checked
--- http_config eval
$::http . 'auth_revocation_zone size=32k; auth_revocation_file revoked.json;'
--- config
location /x { auth_revocation on; empty_gif; }
--- conf eval
+{ 'revoked.json' => '[]' }
--- no_error_log
[alert]
--- cases eval
my $other = get('/x', bearer(key('HS256')));
my $request;
[
    sub { replace('revoked.json', json([map { { jti => "another-$_" } } 1 .. 2000])) },
    ['another token' => $other, 'revocations_unavailable', within => 5],
    ['unavailable' => sub { $request = get('/x', dpop($key, $token)) }, 'revocations_unavailable'],
    ['again' => sub { $request }, 'revocations_unavailable'],
    sub { replace('revoked.json', '[]') },
    ['another token again' => $other, 200, within => 5],
    ['available' => sub { $request }, 200],
    ['once' => sub { $request }, 'dpop_proof_replayed'],
]



=== auth_dpop_window
--- http_config eval: $::http
--- config
location /x     { empty_gif; }
location /short { auth_dpop_window 5s; empty_gif; }
location /long  { auth_dpop_window 10m; empty_gif; }
--- cases eval
sub aged { my ($uri, $age, $expected) = @_; return ["$uri, $age s old" => sub {
    get($uri, dpop($key, $token, htu => "http://localhost$uri", claims => { iat => time - $age })) }, $expected] }
[
    aged('/x', 50, 200), aged('/x', 70, 'dpop_proof_invalid'), aged('/x', -50, 200), aged('/x', -70, 'dpop_proof_invalid'),
    aged('/short', 0, 200), aged('/short', 10, 'dpop_proof_invalid'), aged('/short', -10, 'dpop_proof_invalid'),
    aged('/long', 590, 200), aged('/long', -590, 200), aged('/long', 610, 'dpop_proof_invalid'),
]



=== the URI of the request
--- http_config eval: $::http
--- config
location /x       { empty_gif; }
location /a       { empty_gif; }
location /~a      { empty_gif; }
location /rewrite { rewrite ^ /x last; }
location /post    { error_page 405 =200 /x; empty_gif; }
location /uri     { auth_dpop_uri https://api.example$request_uri; empty_gif;
    location /uri/off { auth_dpop_uri off; empty_gif; } }
location /const   { auth_dpop_uri https://api.example/orders; empty_gif; }
location /broken  { auth_dpop_uri $arg_uri; empty_gif; }
--- cases eval
sub for_uri { my ($request, $htu, $expected, @lines) = @_; return ["$request is $htu" => sub {
    get($request, dpop($key, $token, htu => $htu), @lines) }, $expected] }
[
    for_uri('/x?a=b', 'http://localhost/x', 200),
    for_uri('/a%2fb', 'http://localhost/a%2Fb', 200),
    for_uri('/a%2fb', 'http://localhost/a/b', 'dpop_proof_invalid'),
    for_uri('/a/../x', 'http://localhost/x', 200),
    for_uri('/%7Ea', 'http://localhost/~a', 200),
    for_uri('/a//b', 'http://localhost/a//b', 200),
    for_uri('/a//b', 'http://localhost/a/b', 'dpop_proof_invalid'),
    # nginx merges the slashes first, and serves /a.
    for_uri('/x//../a', 'http://localhost/x/a', 'dpop_proof_invalid'),
    for_uri('/x//%2e%2e/a', 'http://localhost/x/a', 'dpop_proof_invalid'),
    for_uri('/x//../a', 'http://localhost/x//../a', 200),
    # nginx selects the server by this text.
    for_uri('/x', 'http://api.example/x', 'dpop_proof_invalid', 'Host: api%2eexample'),
    for_uri('/x', 'http://api%2Eexample/x', 200, 'Host: api%2eexample'),
    for_uri('/x', 'http://api.example/x', 200, 'Host: api.example'),
    for_uri('/x', 'http://api.example:8080/x', 200, 'Host: API.example:8080'),
    for_uri('/x', 'http://api.example/x', 'dpop_proof_invalid', 'Host: api.example:8080'),
    for_uri('http://localhost/x', 'http://localhost/x', 200, 'Host: localhost'),
    for_uri('http://api.example:81/x?y', 'http://api.example:81/x', 200, 'Host: api.example:81'),
    for_uri('http://api.example/x', 'http://other/x', 'dpop_proof_invalid', 'Host: other'),
    for_uri('/rewrite', 'http://localhost/rewrite', 200),
    for_uri('/rewrite', 'http://localhost/x', 'dpop_proof_invalid'),
    for_uri('/uri?a', 'https://api.example/uri', 200),
    for_uri('/uri', 'http://localhost/uri', 'dpop_proof_invalid'),
    for_uri('/uri/off', 'http://localhost/uri/off', 200),
    for_uri('/const?x', 'https://api.example/orders', 200),
    for_uri('/broken?uri=http://localhost/', 'http://localhost/', 200),
    ['no URI' => sub { get('/broken?uri=x', dpop($key, $token)) }, 500, log => qr/the value of "auth_dpop_uri" is not a URI/, reason => ''],
    ['no URI, but no token either' => get('/broken?uri=x'), 'no_credential'],
    ['HTTP/1.0 without a host' => sub { "GET /x HTTP/1.0\r\n" . join("\r\n", dpop($key, $token), '', '') }, 'dpop_proof_invalid'],
    ['an error page has another method' => sub { request('DELETE', '/post', dpop($key, $token, htm => 'DELETE', htu => 'http://localhost/post')) }, 200],
    ['an unknown method' => sub { request('PURGE', '/x', dpop($key, $token, htm => 'PURGE')) }, 405, reason => ''],
    ['an unknown method, another' => sub { request('PURGE', '/x', dpop($key, $token)) }, 'dpop_proof_invalid'],
]



=== the zone is full
--- http_config eval
$::http . 'auth_dpop_zone size=64k;'
--- config
location /x { empty_gif; }
--- cases eval
my $mac = $key;
[
    sub {
        my $client = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT});
        my ($answer, $first) = ({ status => 200 }, undef);
        my $count = 0;
        while ($answer->{status} == 200 && $count < 3000) {
            my $request = get('/x', dpop($mac, $token));
            $first //= $request;
            $answer = $client->ask($request) or last;
            $count++;
            $client = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT}) if $count % 500 == 0;
        }
        Test::More::is($answer->{status}, 503, "after $count proofs");
        Test::More::cmp_ok($count, '>', 500, 'room for many');
        $answer = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask($first);
        Test::More::is($answer->{status}, 401, 'nothing was forgotten');
    },
    with('and is refused' => 'dpop_zone_full'),
]
--- timeout: 60



=== HTTP/2 and TLS
--- http_config eval
for my $name ('server') {
    system(qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj), "/CN=$name",
        '-keyout', "$ENV{TEST_NGINX_SERVROOT}.key", '-out', "$ENV{TEST_NGINX_SERVROOT}.pem") == 0 or die 'openssl req failed';
}
<<"EOF_HTTP";
$::http
server {
    listen $ENV{TEST_NGINX_OTHER} ssl http2;
    server_name localhost;
    ssl_certificate $ENV{TEST_NGINX_SERVROOT}.pem;
    ssl_certificate_key $ENV{TEST_NGINX_SERVROOT}.key;
    location /x { empty_gif; }
}
EOF_HTTP
--- config
location /x { empty_gif; }
--- cases eval
my $at = "https://$ENV{TEST_NGINX_OTHER}/x";
sub over { my ($name, $status, $htu, @options) = @_; return sub {
    my $answer = curl('-k', @options, (map { ('-H', $_) } dpop($key, $token, htu => $htu)), $at);
    Test::More::like($answer, qr{^HTTP/\S+ $status}, $name) or Test::More::diag($answer) } }
[
    over('TLS' => 200, $at, '--http1.1'),
    over('TLS, the URI without it' => 401, $at =~ s/https/http/r, '--http1.1'),
    over('HTTP/2' => 200, $at, '--http2'),
    over('HTTP/2, another URI' => 401, "$at/y", '--http2'),
    over('HTTP/2, another host' => 200, 'https://api.example/x', '--http2', '-H', 'Host: api.example'),
]
