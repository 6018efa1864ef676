# Nonces in DPoP proofs (RFC 9449 sections 8 and 9): auth_dpop_nonce, auth_dpop_nonce_key.

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(hmac_sha256);
use Sallyport::Test;
use Sallyport::Dpop;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $key    = key('ES256', 'holder');
our $token  = bound_to($key);
our $secret = '0123456789abcdef' x 4;
our $algs   = 'algs="ES256 ES384 ES512 EdDSA RS256 PS256"';
workers(2);

# The nonce of a slot: 0 is the current one, -1 the one before.
sub nonce {
    my ($slot, $seconds, $by) = @_;
    $seconds //= 3600;
    my $text = sprintf 'DPoP nonce %d of %d s', int(time / $seconds) + $slot, $seconds;
    return base64url(substr hmac_sha256($text, pack 'H*', $by // $secret), 0, 16);
}

# A row: GET $uri with a proof that has this nonce; undef: none.
sub with {
    my ($name, $uri, $nonce, $expected, %more) = @_;
    return [$name => sub {
        my $value = ref $nonce ? $nonce->() : $nonce;
        get($uri, dpop($key, $token, htu => "http://localhost$uri", claims => { nonce => $value })) }, $expected, %more];
}

# What is wrong with the nonce that the answer offers: it is not the current one.
sub offers { my ($answer) = @_; my $got = join ', ', @{ $answer->{headers}{'dpop-nonce'} || [] };
    return $got eq nonce(0) ? () : "offers the nonce '$got'" }
our @offered = (headers => { 'Cache-Control' => qr/\A(?:no-store|public, no-store)\z/ }, then => \&offers);
our @silent  = (headers => { 'DPoP-Nonce' => qr/\A\z/ });

our $http = <<'EOF_HTTP';
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_dpop_nonce_key nonce.key;
EOF_HTTP

run_tests();

__DATA__

=== the nonce of a slot
--- http_config eval: $::http
--- conf eval
+{ 'nonce.key' => "$secret\n" }
--- config
location /x      { auth_dpop_nonce 1h; empty_gif; }
location /other  { auth_dpop_nonce 30m; empty_gif; }
location /off    { empty_gif; }
location /dpop   { auth_dpop_nonce 1h; auth_jwt_binding require dpop; empty_gif; }
--- cases eval
[
    with('none' => '/x', undef, 'dpop_nonce_needed', @offered),
    with('the current one' => '/x', sub { nonce(0) }, 200, @silent),
    with('the previous one' => '/x', sub { nonce(-1) }, 200, @offered),
    with('an older one' => '/x', sub { nonce(-2) }, 'dpop_nonce_needed', @offered),
    with('a future one' => '/x', sub { nonce(1) }, 'dpop_nonce_needed', @offered),
    with('of another key' => '/x', sub { nonce(0, 3600, 'f' x 64) }, 'dpop_nonce_needed', @offered),
    with('of slots of another length' => '/x', sub { nonce(0, 1800) }, 'dpop_nonce_needed', @offered),
    with('at their location' => '/other', sub { nonce(0, 1800) }, 200, @silent),
    with('cut' => '/x', sub { substr nonce(0), 0, 21 }, 'dpop_nonce_needed', @offered),
    with('longer' => '/x', sub { nonce(0) . 'A' }, 'dpop_nonce_needed', @offered),
    with('empty' => '/x', '', 'dpop_nonce_needed', @offered),
    with('no text' => '/x', 1, 'dpop_proof_invalid', @silent),
    with('not needed' => '/off', undef, 200, @silent),
    with('not needed, and wrong' => '/off', 'x', 200, @silent),
    with('the challenge' => '/x', undef, 'dpop_nonce_needed',
        headers => { 'WWW-Authenticate' => qq(Bearer realm="r", DPoP realm="r", error="use_dpop_nonce", $algs) }),
    with('the challenge where DPoP is required' => '/dpop', undef, 'dpop_nonce_needed',
        headers => { 'WWW-Authenticate' => qq(DPoP realm="r", error="use_dpop_nonce", $algs) }),
]



=== a refused nonce spends nothing, and a broken proof gets no nonce
--- http_config eval: $::http
--- conf eval
+{ 'nonce.key' => $secret }
--- config
location /x { auth_dpop_nonce 1h; empty_gif; }
--- cases eval
my $thief = key('ES256', 'thief');
sub changed { my ($name, $reason, %change) = @_;
    return [$name => sub { get('/x', dpop($key, $token, %change)) }, $reason, @silent] }
[
    ['without' => sub { get('/x', dpop($key, $token, claims => { jti => 'one' })) }, 'dpop_nonce_needed', @offered],
    ['with' => sub { get('/x', dpop($key, $token, claims => { jti => 'one', nonce => nonce(0) })) }, 200],
    ['again' => sub { get('/x', dpop($key, $token, claims => { jti => 'one', nonce => nonce(0) })) }, 'dpop_proof_replayed', @silent],
    changed('for another URI' => 'dpop_proof_invalid', htu => 'http://localhost/y'),
    changed('by another key' => 'dpop_proof_invalid', by => $thief),
    ['without a proof' => get('/x', "Authorization: DPoP $token"), 'dpop_proof_missing', @silent],
    ['nothing' => get('/x'), 'no_credential', @silent],
    ['unbound' => get('/x', bearer(key('HS256'))), 200, @silent],
]



=== the field in every kind of answer
--- conf eval
+{ 'nonce.key' => $secret }
--- config
auth_dpop_nonce 1h;
location /proxied  { proxy_pass http://$TEST_NGINX_ECHO; }
location /own      { proxy_pass http://$TEST_NGINX_ECHO; add_header DPoP-Nonce other; }
location /upstream { proxy_pass http://$TEST_NGINX_OTHER; }
location /theirs   { auth_jwt off; proxy_pass http://$TEST_NGINX_OTHER; }
location /none     { auth_dpop_nonce off; proxy_pass http://$TEST_NGINX_OTHER; }
location /cached   { proxy_pass http://$TEST_NGINX_OTHER; }
location /uncached { proxy_pass http://$TEST_NGINX_OTHER; }
location /denied   { proxy_pass http://$TEST_NGINX_ECHO/denied; }
location /page     { error_page 401 /401.html; empty_gif; }
location /json     { auth_error_body json; empty_gif; }
location /401.html { auth_jwt off; empty_gif; }
location /missing  { root /nonexistent; }
location /observe  { auth_policy observe; empty_gif; }
location /early    { set $early $auth_subject; empty_gif; }
location /asks     { auth_jwt off; auth_request /me; empty_gif; }
location = /me     { internal; auth_endpoint me; auth_dpop_uri http://localhost$request_uri; }
location /asks/upstream { auth_jwt off; auth_request /me; proxy_pass http://$TEST_NGINX_OTHER; }
--- http_config eval
"$::http server { listen $ENV{TEST_NGINX_OTHER}; auth_jwt off; location / { add_header DPoP-Nonce theirs; return 200; }
location /cached { add_header Cache-Control public; return 200; } location /uncached { add_header Cache-Control no-store; return 200; } }"
--- cases eval
my $old = sub { nonce(-1) };
my $json = qr/"status":401,.*"error":"use_dpop_nonce"/;
[
    with('an upstream' => '/proxied', $old, 200, @offered),
    with('an upstream with a nonce of its own' => '/upstream', $old, 200, @offered),
    with('the same, while ours is current' => '/upstream', sub { nonce(0) }, 200, headers => { 'DPoP-Nonce' => qr/\A\z/, 'Cache-Control' => qr/\A\z/ }),
    ['the same, with an unbound token' => get('/upstream', bearer(key('HS256'))), 200, @silent],
    ['where no proof is verified' => get('/theirs'), 200, headers => { 'DPoP-Nonce' => 'theirs' }],
    with('where no nonce is needed' => '/none', undef, 200, headers => { 'DPoP-Nonce' => 'theirs' }),
    with('an answer for caches' => '/cached', $old, 200, @offered, headers => { 'Cache-Control' => 'public, no-store' }),
    with('the same, while ours is current' => '/cached', sub { nonce(0) }, 200, headers => { 'Cache-Control' => 'public' }),
    with('an answer that is not' => '/uncached', $old, 200, @offered, headers => { 'Cache-Control' => 'no-store' }),
    with('an upstream that refuses' => '/denied', $old, 403, @offered),
    with('an error page' => '/page', undef, 401, @offered, reason => 'dpop_nonce_needed'),
    with('problem+json' => '/json', undef, 'dpop_nonce_needed', @offered, body => $json),
    with('not found' => '/missing', $old, 404, @offered),
    with('observed' => '/observe', undef, 200, reason => 'dpop_nonce_needed', @offered),
    with('a variable that is read early' => '/early', $old, 200, @offered),
    with('a variable that is read early, refused' => '/early', undef, 'dpop_nonce_needed', @offered),
    with('auth_request' => '/asks', $old, 200, @offered),
    with('auth_request, and an upstream with a nonce of its own' => '/asks/upstream', sub { nonce(0) }, 200, @silent),
    with('auth_request, refused' => '/asks', undef, 401, @offered, reason => 'dpop_nonce_needed'),
]



=== without a key file: the nonce of an answer, over a reload and by all workers
--- http_config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
--- config
location /x { auth_dpop_nonce 1d; empty_gif; }
--- cases eval
my $nonce;
my @take = (then => sub { $nonce = $_[0]{headers}{'dpop-nonce'}[0]; $nonce =~ /\A[\w-]{22}\z/ ? () : "no nonce: $nonce" });
[
    with('none' => '/x', undef, 'dpop_nonce_needed', @take),
    (map { with("taken $_" => '/x', sub { $nonce }, 200) } 1 .. 10),
    reload(),
    (map { with("after a reload $_" => '/x', sub { $nonce }, 200) } 1 .. 10),
    with('another' => '/x', 'A' x 22, 'dpop_nonce_needed'),
]



=== the dance over several slots
--- http_config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
--- config
location /x { auth_dpop_nonce 1s; empty_gif; }
--- cases eval
[
    sub {
        my ($nonce, %seen, %renewed);
        for (1 .. 300) {
            my $answer = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})
                ->ask(get('/x', dpop($key, $token, claims => { nonce => $nonce })));
            my $new = $answer->{headers}{'dpop-nonce'}[0];
            $renewed{ $answer->{status} }++ if $new;
            $nonce = $new // $nonce;
            $seen{$nonce}++;
            last if keys %seen > 2 && $renewed{200};
            select undef, undef, undef, 0.05;
        }
        Test::More::cmp_ok(scalar keys %seen, '>', 2, 'nonces change');
        Test::More::ok($renewed{200}, 'and an accepted request is told the new one');
    },
]
--- timeout: 30
