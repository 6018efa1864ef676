# What has broken others by the token itself. Each block has the name of the attack.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Compress::Zlib ();
use Crypt::JWT ();
use Math::BigInt;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $good = key('HS256');
our $all  = jwks(map { key($_) } algorithms());

our $place = <<'EOF_PLACE';
    location /x {
        auth_jwt "r";
        auth_jwt_key_file all.jwks;
        proxy_set_header X-User $auth_subject;
        proxy_set_header X-Tenant-Id $auth_tenant;
        proxy_set_header X-Roles $auth_roles;
        proxy_set_header X-Extra $jwt_claim_note;
        proxy_pass http://$TEST_NGINX_ECHO;
    }
EOF_PLACE

our $payload = json({ sub => 'mallory', exp => time + 3600 });

sub with_all { return { 'all.jwks' => $::all } }

# A row: this token is refused, for one of these reasons.
sub bad {
    my ($name, $token, $reason) = @_;
    my $pattern = defined $reason ? $reason : qr/./;
    return [$name => get('/x', bearer($token)), ref $pattern ? (401, reason => $pattern) : $pattern];
}

# The same where the header as such may be refused as well.
sub bad_header {
    my ($name, $token) = @_;
    return [$name => get('/x', bearer($token)), qr/\A40[01]\z/, reason => qr/./];
}

# A good token but for its kid.
sub bearer_token_of { my ($kid) = @_; return forge($good, json({ alg => 'HS256', kid => $kid }), $payload) }

# A header with these members, as text.
sub header { my (%members) = @_; return json({ alg => 'HS256', kid => 'hs256', %members }) }

# Signed as it should be, but with this payload, or this header.
sub signed_payload { return forge($good, header(), $_[0]) }
sub signed_header  { return forge($good, $_[0], $payload) }

sub es256 { my ($signature) = @_; return forge(key('ES256'), '{"alg":"ES256","kid":"es256"}', $payload, signature => $signature) }

sub bytes { my ($number, $length) = @_; return pack 'H*', sprintf '%0*s', 2 * $length, substr($number->as_hex, 2) }

our $alive = ['a good token is still good' => get('/x', bearer(key('HS256'))), 200, body => qr/user=alice /];
our $forged = ['a forged one is still none' => get('/x',
    bearer(key('HS256', 'forger'), {}, { kid => 'hs256' })), 'signature_invalid'];

our $order = Math::BigInt->from_hex('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

run_tests();

__DATA__

=== a public key used as HMAC secret
--- conf eval
({ 'all.jwks' => $::all, 'keyval.json' => keyval(key('RS256'), key('ES256')) })
--- config eval
$::place . q[
location /rsa    { auth_jwt "r"; auth_jwt_key rs256 RS256 rs256.pem; empty_gif; }
location /keyval { auth_jwt "r"; auth_jwt_key_file keyval.json keyval; empty_gif; }
]
--- cases eval
my $rsa = key('RS256');
my $jwk = $rsa->jwk;
my %secrets = (
    'PEM' => $rsa->public, 'PEM without its last line break' => $rsa->public =~ s/\n\z//r,
    'PEM with CRLF' => $rsa->public =~ s/\n/\r\n/gr,
    'PEM on one line' => $rsa->public =~ s/\n/\\n/gr, 'DER' => $rsa->public_der, 'JWK' => json($jwk),
    'modulus' => unbase64url($jwk->{n}), 'modulus in base64url' => $jwk->{n}, 'certificate' => $rsa->certificate,
    'EC PEM' => key('ES256')->public, 'Ed25519 point' => unbase64url(key('EdDSA')->jwk->{x}),
);
[
    map { my $name = $_; my $fake = key('HS256', 'x', secret => $secrets{$name}); (
        bad("$name, kid of the RSA key", forge($fake, '{"alg":"HS256","kid":"rs256"}', $::payload), 'algorithm_mismatch'),
        bad("$name, kid of the EC key", forge($fake, '{"alg":"HS256","kid":"es256"}', $::payload), 'algorithm_mismatch'),
        bad("$name, kid of the Ed25519 key", forge($fake, '{"alg":"HS256","kid":"eddsa"}', $::payload),
            'algorithm_mismatch'),
        bad("$name, kid of the secret", forge($fake, '{"alg":"HS256","kid":"hs256"}', $::payload), 'signature_invalid'),
        bad("$name, no kid", forge($fake, '{"alg":"HS256"}', $::payload), 'signature_invalid'),
        map { ["$name at $_" => get($_, bearer(forge($fake, '{"alg":"HS256","kid":"rs256"}', $::payload))),
            'algorithm_mismatch'],
              ["$name at $_, no kid" => get($_, bearer(forge($fake, '{"alg":"HS256"}', $::payload))), 401,
                  reason => qr/key_unknown|algorithm_mismatch/] }
            '/rsa', '/keyval',
    ) } sort keys %secrets
]



=== none in every casing, empty signature, empty key
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
my @casings = map { my $bits = $_; join '', map { my $c = substr 'none', $_, 1; $bits & (1 << $_) ? uc $c : $c } 0 .. 3 } 0 .. 15;
[
    (map { my $alg = $_; map { my $kid = $_; map {
        bad("$alg, kid $kid, signature \"$_\"", base64url(json({ alg => $alg, $kid eq '-' ? () : (kid => $kid) }))
            . '.' . base64url($::payload) . ".$_")
    } '', 'AAAA' } 'hs256', '-' } @casings),
    bad('none without its last dot', base64url('{"alg":"none"}') . '.' . base64url($::payload), 'token_malformed'),
    bad('none and a good signature', forge($::good, '{"alg":"none","kid":"hs256"}', $::payload), 'algorithm_unsupported'),
    bad('alg of null', forge($::good, '{"alg":null,"kid":"hs256"}', $::payload)),
    bad('alg of an array', forge($::good, '{"alg":["HS256"],"kid":"hs256"}', $::payload)),
    bad('alg of false', forge($::good, '{"alg":false,"kid":"hs256"}', $::payload)),
    bad('no alg', forge($::good, '{"kid":"hs256"}', $::payload), 'algorithm_unsupported'),
    (map { my $alg = $_; bad("$alg with an empty signature", base64url(json({ alg => $alg,
        kid => lc $alg })) . '.' . base64url($::payload) . '.') } algorithms()),
    bad('signed with an empty key', forge(key('HS256', 'empty', secret => ''), header(), $::payload), 'signature_invalid'),
    bad('signed with an empty key, no kid', forge(key('HS256', 'empty', secret => ''), '{"alg":"HS256"}',
        $::payload), 'signature_invalid'),
    $::forged, $::alive,
]



=== r = s = 0, r or s not below n, DER, wrong length, 21,830 characters of signature
--- conf eval: ::with_all()
--- http_config
large_client_header_buffers 4 64k;
--- config eval: $::place
--- cases eval
my $zero = "\0" x 32;
my $one = "\0" x 31 . "\1";
my $n = ::bytes($::order, 32);
my $above = ::bytes($::order + 1, 32);
my $signature = key('ES256')->sign(base64url('{"alg":"ES256","kid":"es256"}') . '.' . base64url($::payload));
my ($r, $s) = unpack 'a32a32', $signature;
my $sum = sub { ::bytes(Math::BigInt->from_hex('0x' . unpack 'H*', $_[0]) + $::order, 33) };
my $der = sub { my $v = $_[0]; $v =~ s/^\0+(?=.)//s; $v = "\0$v" if ord $v & 0x80; "\x02" . chr(length $v) . $v };
my $sequence = $der->($r) . $der->($s);
[
    ['the signature as it is' => get('/x', bearer(es256($signature))), 200],
    (map { bad($_->[0], es256($_->[1]), 'signature_invalid') }
        ['r = s = 0', $zero x 2], ['r = 0', $zero . $s], ['s = 0', $r . $zero], ['r = s = 1', $one x 2], ['r = n', $n . $s],
        ['s = n', $r . $n], ['r = s = n', $n x 2], ['r = n + 1', $above . $s], ['s = n + 1', $r . $above],
        ['all ones', "\xff" x 64], ['DER', "\x30" . chr(length $sequence) . $sequence], ['r and s changed over', $s . $r],
        ['r + n in one byte more', $sum->($r) . "\0$s"], ['leading zeros', "\0$r\0$s"]),
    (map { my ($alg, $length) = @$_; map { bad("$alg, $_ bytes", forge(key($alg), json({ alg => $alg,
        kid => lc $alg }), $::payload,
        signature => "\1" x $_), 'signature_invalid') } 1, $length - 1, $length + 1, 2 * $length, 1000, 11_000 }
        ['ES256', 64], ['ES384', 96], ['ES512', 132], ['ES256K', 64], ['EdDSA', 64], ['HS256', 32], ['HS512', 64],
        ['RS256', 256], ['PS256', 256]),
    (map { my $alg = $_; bad("$alg, 21,830 characters", base64url(json({ alg => $alg,
        kid => lc $alg })) . '.' . base64url($::payload) . '.' . 'A' x 21_830,
        'token_too_large') } algorithms()),
    bad('RSA: the modulus itself', forge(key('RS256'), '{"alg":"RS256","kid":"rs256"}', $::payload,
        signature => unbase64url(key('RS256')->jwk->{n})), 'signature_invalid'),
    bad('RSA: zero', forge(key('RS256'), '{"alg":"RS256","kid":"rs256"}', $::payload, signature => "\0" x 256),
        'signature_invalid'),
    bad('RSA: one', forge(key('RS256'), '{"alg":"RS256","kid":"rs256"}', $::payload,
        signature => "\0" x 255 . "\1"), 'signature_invalid'),
    bad('RSA: all ones', forge(key('RS256'), '{"alg":"RS256","kid":"rs256"}', $::payload,
        signature => "\xff" x 256), 'signature_invalid'),
    bad('EdDSA: zero', forge(key('EdDSA'), '{"alg":"EdDSA","kid":"eddsa"}', $::payload, signature => "\0" x 64),
        'signature_invalid'),
    bad('EdDSA: neutral point', forge(key('EdDSA'), '{"alg":"EdDSA","kid":"eddsa"}', $::payload,
        signature => "\1" . "\0" x 63), 'signature_invalid'),
    do {
        my $input = base64url('{"alg":"EdDSA","kid":"eddsa"}') . '.' . base64url($::payload);
        my ($r, $s) = unpack 'a32a32', key('EdDSA')->sign($input);
        my $group = Math::BigInt->from_hex('0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');
        my $more = reverse ::bytes(Math::BigInt->from_hex('0x' . unpack 'H*', scalar reverse $s) + $group, 32);
        bad('EdDSA: s + l', "$input." . base64url($r . $more), 'signature_invalid');
    },
    bad('PS256 in place of RS256', forge(key('RS256'), '{"alg":"RS256","kid":"rs256"}', $::payload,
        alg => 'PS256'), 'signature_invalid'),
    bad('RS512 in place of RS256', forge(key('RS256'), '{"alg":"RS256","kid":"rs256"}', $::payload,
        alg => 'RS512'), 'signature_invalid'),
    bad('HMAC cut to half', forge($::good, header(), $::payload,
        signature => substr $::good->sign(base64url(header()) . '.' . base64url($::payload)), 0, 16),
        'signature_invalid'),
    $::alive,
]



=== jwk, jku, x5u, x5c in the header
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
my $own = key('RS256', 'mallory');
my $cert = key('RS256', 'mallory')->certificate =~ s/-----[^-]+-----|\n//gr;
my %members = (jwk => $own->jwk, jku => "http://$ENV{TEST_NGINX_ECHO}/keys", x5u => "http://$ENV{TEST_NGINX_ECHO}/cert", x5c => [$cert], x5t => 'AAAA');
[
    (map { my $name = $_; (
        bad("$name, its own kid", forge($own, json({ alg => 'RS256', kid => 'mallory',
            $name => $members{$name} }), $::payload), 'key_unknown'),
        bad("$name, a known kid", forge($own, json({ alg => 'RS256', kid => 'rs256',
            $name => $members{$name} }), $::payload), 'signature_invalid'),
        bad("$name, no kid", forge($own, json({ alg => 'RS256', $name => $members{$name} }), $::payload),
            'signature_invalid'),
        ["$name is not used, nor does it harm" => get('/x', bearer($::good, {}, { $name => $members{$name} })), 200],
    ) } sort keys %members),
    bad('a secret of its own', forge(key('HS256', 'own', secret => 'k' x 32), json({ alg => 'HS256',
        jwk => { kty => 'oct', k => base64url('k' x 32) } }), $::payload), 'signature_invalid'),
]



=== kid as path, SQL, format string, NUL, megabyte
--- conf eval
({ 'all.jwks' => jwks(key('HS256'), key('HS256', 'empty', secret => 'e' x 32)) })
--- http_config
large_client_header_buffers 4 64k;
--- config eval: $::place
--- cases eval
[
    (map { bad("kid \"$_\"", bearer_token_of($_), 'key_unknown') } '/dev/null', '../../../../dev/null',
        'keys/../hs256', 'file:///dev/null',
        'http://127.0.0.1/keys', q(' OR '1'='1), q(' UNION SELECT 'k), '%s%s%s%n', '%00', '${jndi:ldap://x}',
            '$(id)', '`id`', '|id', 'hs256 ', ' hs256',
        'HS256', 'hs25', 'hs2566', '', '*', '.', '\\'),
    bad('a NUL behind it', forge($::good, '{"alg":"HS256","kid":"hs256\u0000"}', $::payload)),
    bad('a NUL before it', forge($::good, '{"alg":"HS256","kid":"\u0000hs256"}', $::payload)),
    bad('control bytes', forge($::good, '{"alg":"HS256","kid":"hs256\r\n"}', $::payload)),
    bad('11,000 bytes', bearer_token_of('k' x 11_000)),
    bad('a megabyte is no header', bearer_token_of('k' x 40_000), 'token_too_large'),
    bad('a number', forge($::good, '{"alg":"HS256","kid":1}', $::payload)),
    bad('an array', forge($::good, '{"alg":"HS256","kid":["hs256"]}', $::payload)),
    bad('an object', forge($::good, '{"alg":"HS256","kid":{"hs256":1}}', $::payload)),
    bad('an empty secret behind a path', forge(key('HS256', 'none', secret => ''),
        '{"alg":"HS256","kid":"/dev/null"}', $::payload), 'key_unknown'),
    $::alive,
]



=== unknown crit, b64: false
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
[
    (map { bad($_, signed_header($_), 'critical_header') }
        '{"alg":"HS256","kid":"hs256","crit":["x"],"x":1}', '{"alg":"HS256","kid":"hs256","crit":["exp"],"exp":1}',
        '{"alg":"HS256","kid":"hs256","crit":["b64"],"b64":false}', '{"alg":"HS256","kid":"hs256","b64":false}',
        '{"alg":"HS256","kid":"hs256","crit":["b64"],"b64":true}', '{"alg":"HS256","kid":"hs256","crit":["alg"]}',
        '{"alg":"HS256","kid":"hs256","crit":["http://example.invalid/UNDEFINED"],"http://example.invalid/UNDEFINED":true}'),
    (map { bad($_, signed_header($_)) } '{"alg":"HS256","kid":"hs256","crit":[]}',
        '{"alg":"HS256","kid":"hs256","crit":"x"}',
        '{"alg":"HS256","kid":"hs256","crit":{}}', '{"alg":"HS256","kid":"hs256","crit":[1]}'),
    bad('b64: false, the payload not encoded', do {
        my $input = base64url('{"alg":"HS256","kid":"hs256","b64":false,"crit":["b64"]}') . ".payload";
        "$input." . base64url($::good->sign($input)) }, 'critical_header'),
]



=== substring issuer or audience, aud as array
--- conf eval: ::with_all()
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    auth_jwt_issuer https://id.example;
    auth_jwt_audience orders;
    empty_gif;
}
--- cases eval
my $claims = sub { my ($iss, $aud) = @_; token($::good, { iss => $iss, aud => $aud }) };
my $id = 'https://id.example';
[
    ['as it should be' => get('/x', bearer($claims->($id, 'orders'))), 200],
    ['aud as array'    => get('/x', bearer($claims->($id, ['orders']))), 200],
    (map { bad("iss $_", $claims->($_, 'orders'), 'issuer_mismatch') } 'https://id.example.evil', 'https://id',
        'id.example', '', 'evil https://id.example', "$id/", 'https://ID.example', "$id,x"),
    (map { bad('aud ' . json($_), $claims->($id, $_), 'audience_mismatch') } 'order', 'orders2', 'xorders', '',
        [], ['order'], ['orders '], ['o', 'r', 'd'], 'orders,x', 'Orders', ['orders,x']),
    (map { bad("$_ in the payload", signed_payload($_), 'claim_malformed') } '{"iss":["https://id.example"],"aud":"orders"}',
        '{"iss":{"https://id.example":1},"aud":"orders"}', '{"iss":"https://id.example","aud":{"orders":true}}',
            '{"iss":"https://id.example","aud":[["orders"]]}',
        '{"iss":"https://id.example","aud":["orders",null]}', '{"iss":"https://id.example","aud":true}',
            '{"iss":true,"aud":"orders"}'),
    bad('aud of null', signed_payload('{"iss":"https://id.example","aud":null}'), 'audience_mismatch'),
    bad('iss of null', signed_payload('{"iss":null,"aud":"orders"}'), 'issuer_mismatch'),
]



=== millions of dots or commas
--- conf eval: ::with_all()
--- http_config
large_client_header_buffers 4 64k;
--- config eval: $::place
--- cases eval
[
    bad('16,000 dots', '.' x 16_000, 'token_malformed'),
    bad('60,000 dots', '.' x 60_000, 'token_too_large'),
    bad('dots behind a good token', token($::good) . '.' x 10_000, 'token_malformed'),
    bad('dots in front of it', '.' x 10_000 . token($::good), 'token_malformed'),
    bad_header('60,000 commas', 'a,' x 30_000),
    bad_header('16,000 equals signs', '=' x 16_000),
    bad('60,000 letters', 'a' x 60_000, 'token_too_large'),
    (map { bad("\"$_\"", $_, 'token_malformed') } '.', '..', '...', 'a', 'a.b', 'a..b', '.b.c', 'a.b.c.d', 'a.b.c.d.e'),
    ['above nginx\'s own limit' => get('/x', bearer('a' x 70_000)), 400],
    $::alive,
]



=== a token of 16 KiB is the largest
--- conf eval: ::with_all()
--- http_config
large_client_header_buffers 4 64k;
--- config eval: $::place
--- cases eval
my $of_length = sub {
    my ($length) = @_;
    for my $more (0 .. 3) {
        for my $pad ($length * 3 / 4 - 200 .. $length * 3 / 4) {
            my $payload = '{"sub":"alice","pad":"' . 'p' x ($pad - 40) . '"}';
            my $input = base64url(header(x => 'h' x $more)) . '.' . base64url($payload);
            return "$input." . base64url($::good->sign($input)) if length($input) + 44 == $length;
        }
    }
    die "no token of $length bytes";
};
[
    ['16,383 bytes' => get('/x', bearer($of_length->(16_383))), 200],
    ['16,384 bytes' => get('/x', bearer($of_length->(16_384))), 200],
    bad('16,385 bytes', $of_length->(16_385), 'token_too_large'),
    bad('17,000 bytes', $of_length->(17_000), 'token_too_large'),
]



=== zip bombs, PBES2 counts
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
my $bomb = Compress::Zlib::compress('{"sub":"' . 'a' x 5_000_000 . '"}');
[
    bad('a compressed payload', forge($::good, header(zip => 'DEF'), Compress::Zlib::memGzip('{"sub":"a"}')),
        'token_malformed'),
    bad('a compressed payload of 5 MB', forge($::good, header(zip => 'DEF'), $bomb), 'token_malformed'),
    bad('without zip', forge($::good, header(), Compress::Zlib::compress('{}')), 'token_malformed'),
    (map { bad($_, forge($::good, json({ alg => $_, kid => 'hs256', p2c => 2_000_000_000, p2s => 'AAAA',
        enc => 'A128GCM' }), $::payload), 'algorithm_unsupported') }
        'PBES2-HS256+A128KW', 'PBES2-HS512+A256KW'),
    bad('PBES2 in five parts', join('.',
        base64url('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2000000000,"p2s":"AAAA"}'), ('AAAA') x 4),
        'token_malformed'),
]



=== deep JSON
--- conf eval: ::with_all()
--- http_config
large_client_header_buffers 4 64k;
--- config eval: $::place
--- cases eval
[
    (map { my ($open, $close) = @$_; (
        bad("payload of $open", signed_payload('{"a":' . $open x 1000 . '1' . $close x 1000 . '}'), 'token_malformed'),
        bad("payload of $open, not closed", signed_payload('{"a":' . $open x 1000), 'token_malformed'),
        bad("header of $open",
            signed_header('{"alg":"HS256","kid":"hs256","a":' . $open x 1000 . '1' . $close x 1000 . '}'),
            'token_malformed'),
    ) } ['[', ']'], ['{"a":', '}']),
    bad('10,000 brackets', signed_payload('[' x 10_000), 'token_malformed'),
    $::alive,
]



=== RSA with a huge exponent or modulus
--- conf eval
my $n = key('RS256')->jwk->{n};
my $of = sub { my ($kid, $n, $e) = @_; { kty => 'RSA', kid => $kid, alg => 'RS256', n => base64url($n), e => base64url($e) } };
my $modulus = unbase64url($n);
({ 'all.jwks' => jwks(key('HS256'), $of->('e-2048', $modulus, "\1" x 256), $of->('e-65', $modulus, "\1\0\0\0\0\0\0\0\1"), $of->('e-even', $modulus, "\1\0\0"),
    $of->('e-1', $modulus, "\1"), $of->('e-0', $modulus, "\0"), $of->('n-16384', "\xff" x 2048, "\1\0\1"),
        $of->('n-100000', "\xff" x 12_500, "\1\0\1"),
    $of->('n-even', substr($modulus, 0, 255) . "\0", "\1\0\1"), $of->('n-0', "\0", "\1\0\1"), $of->('fine',
        $modulus, "\1\0\1")) })
--- suppress_stderr
--- config eval: $::place
--- cases eval
[
    (map { bad($_, forge(key('RS256'), json({ alg => 'RS256', kid => $_ }), $::payload),
        $_ eq 'n-even' ? qr/./ : 'key_unknown') }
        qw(e-2048 e-65 e-even e-1 e-0 n-16384 n-100000 n-even n-0)),
    (map { my $kid = $_; sub { Test::More::like(error_log(), qr/\[warn\].*"?\b$kid\b/, "a warning names $kid") } }
        qw(e-2048 e-65 e-even e-1 n-16384 n-100000)),
    ['the same key with its own exponent' => get('/x', bearer(forge(key('RS256'),
        '{"alg":"RS256","kid":"fine"}', $::payload))), 200],
]



=== exp as string, 1e400, negative, 2^53+1
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
[
    (map { bad($_, signed_payload($_), 'claim_malformed') } '{"exp":"9999999999"}', '{"exp":true}',
        '{"exp":[9999999999]}', '{"exp":{}}', '{"exp":9007199254740993}',
        '{"exp":"never"}', '{"exp":""}', '{"nbf":"0"}', '{"nbf":false}', '{"nbf":[]}') ,
    (map { bad($_, signed_payload($_)) } '{"exp":1e400}', '{"exp":-1}', '{"exp":-9999999999}', '{"exp":1e308}',
        '{"exp":0}', '{"exp":-0}', '{"exp":0x7fffffff}', '{"exp":+1}', '{"exp":01}',
        '{"exp":NaN}', '{"exp":Infinity}', '{"exp":1.}', '{"exp":9223372036854775808}',
            '{"exp":18446744073709551617}', '{"exp":99999999999999999999}', '{"nbf":9007199254740993}',
            '{"nbf":1e400}', '{"nbf":9999999999}'),
    ['in exponents as well' => get('/x', bearer(signed_payload('{"exp":4e9}'))), 200],
]



=== duplicate members, lone surrogates, \u0000
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
[
    (map { bad($_, signed_header($_), 'token_malformed') } '{"alg":"HS256","alg":"none","kid":"hs256"}',
        '{"alg":"none","alg":"HS256","kid":"hs256"}',
        '{"alg":"HS256","kid":"hs256","kid":"rs256"}', '{"alg":"HS256","kid":"hs256","\u0061lg":"HS256"}',
            '{"alg":"HS256","kid":"hs256","x":{"a":1,"a":2}}',
        '{"alg":"HS256","kid":"hs256","x":"\ud800"}', '{"alg":"HS256","kid":"hs256","x":"\u0000"}',
            '{"alg":"HS256\u0000","kid":"hs256"}',
        "{\"alg\":\"HS256\",\"kid\":\"hs256\",\"x\":\"\xff\"}",
            "\xef\xbb\xbf" . '{"alg":"HS256","kid":"hs256"}', '{"alg":"HS256","kid":"hs256"}x',
            '{"alg":"HS256","kid":"hs256"}{}',
        '{"alg":"HS256","kid":"hs256",}', "{'alg':'HS256'}", '["HS256"]', '"HS256"', 'null', '', ' ', '{',
            '{"alg":"HS256","kid":"hs256"}//'),
    (map { bad($_, signed_payload($_), 'token_malformed') } '{"exp":1,"exp":9999999999}',
        '{"exp":9999999999,"exp":1}', '{"sub":"a","sub":"b"}', '{"s\u0075b":"a","sub":"b"}',
        '{"a":{"b":1,"b":2}}', '{"a":[{"b":1,"b":2}]}', '{"sub":"\ud800"}', '{"sub":"\udc00"}',
            '{"sub":"\ud800\ud800"}', '{"sub":"a\u0000b"}', '{"\u0000":1}', '{"a\u0000":1}',
        "{\"sub\":\"\xff\"}", "{\"sub\":\"\xc0\x80\"}", "{\"sub\":\"\xed\xa0\x80\"}", "{\"sub\":\"a\0b\"}",
            "{\"sub\":\"a\nb\"}", '{"sub":"a"}x', '{"sub":"a"}{}', '{"sub":"a",}', '{sub:"a"}',
        '["a"]', '"a"', '1', 'true', 'null', '', ' ', '{', "{\"sub\":\"a\"}\0"),
    ['a pair of surrogates' => get('/x', bearer(signed_payload('{"sub":"\ud83d\ude00"}'))), 200,
        body => qr/user=\xf0\x9f\x98\x80 /],
    $::alive,
]



=== base64url with padding, stray bits, whitespace, + and /
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
# A token that has - and _ in each of its parts, and of whose parts each could be padded.
my ($header, $payload, $signature);
for my $n (0 .. 100_000) {
    my $input = base64url('{"alg":"HS256","kid":"hs256","x":"??>>~~"}') . '.' . base64url("{\"sub\":\"alice\",\"n\":$n,\"x\":\"??>>~~\"}");
    ($header, $payload, $signature) = (split(/\./, $input), base64url($::good->sign($input)));
    last if 4 == grep { $_ } $payload =~ /[-_]/, length($payload) % 4 == 2, $signature =~ /-/, $signature =~ /_/;
}
my $token = "$header.$payload.$signature";
my $last = substr $signature, -1;
my @alphabet = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
my ($at) = grep { $alphabet[$_] eq $last } 0 .. 63;
my $signed = sub { my ($h, $p) = @_; "$h.$p." . base64url($::good->sign("$h.$p")) };
[
    ['as it is'                      => get('/x', bearer($token)), 200],
    bad_header('padding of the signature', "$token="),
    bad_header('two of them', "$token=="),
    bad_header('padding of the payload', "$header.$payload==.$signature"),
    bad_header('padding of the payload, signed so', $signed->($header, "$payload==")),
    bad_header('padding of the header, signed so', $signed->("$header=", $payload)),
    (map { bad("stray bits of the signature, $_", "$header.$payload." . substr($signature, 0,
        -1) . $alphabet[$at ^ $_], qr/token_malformed|signature_invalid/) } 1 .. 3),
    bad('stray bits of the payload, signed so', $signed->($header, substr($payload, 0,
        -1) . $alphabet[1 ^ (grep { $alphabet[$_] eq substr $payload, -1 } 0 .. 63)[0]]), 'token_malformed'),
    bad('+ for -', $token =~ tr/-/+/r, 'token_malformed'),
    bad('/ for _', $token =~ tr/_/\//r, 'token_malformed'),
    bad('both, signed so', $signed->($header =~ tr/-_/+\//r, $payload =~ tr/-_/+\//r), 'token_malformed'),
    bad('~', "$header.$payload.~$signature", qr/./),
    bad_header('a blank', "$header. $payload.$signature"),
    bad_header('a blank in a part', substr($token, 0, 5) . ' ' . substr($token, 5)),
    bad_header('a tab', "$header.\t$payload.$signature"),
    bad_header('an escape', "$header%2E$payload.$signature"),
    bad('a letter more', "${token}A", qr/token_malformed|signature_invalid/),
    bad('a payload of one letter more', $signed->($header,
        $payload . ('A') x (length($payload) % 4 == 0 ? 1 : 3)), 'token_malformed'),
    bad('a part of one letter', $signed->($header, 'e'), 'token_malformed'),
    ['still as it is' => get('/x', bearer($token)), 200],
]



=== every truncation, and every changed character
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
my $token = token($::good);
my @alphabet = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_', '.');
my $chunks = sub { my ($name, @tokens) = @_; my @rows;
    while (my @some = splice @tokens, 0, 100) {
        push @rows, ["$name, " . @rows => [map { [get('/x', bearer($_)), 401, reason => qr/./] } @some]];
    }
    @rows };
[
    $chunks->('cut', map { substr $token, 0, $_ } 1 .. length($token) - 1),
    $chunks->('cut in front', map { substr $token, $_ } 1 .. length($token) - 1),
    $chunks->('changed', map { my $at = $_; my $copy = $token; my $new = $alphabet[rand @alphabet];
        $new = $new eq 'A' ? 'B' : 'A' if $new eq substr $copy, $at, 1; substr($copy, $at,
            1) = $new; $copy } 0 .. length($token) - 1),
    $chunks->('a character left out', grep { $_ ne $token } map { my $copy = $token; substr($copy, $_,
        1) = ''; $copy } 0 .. length($token) - 1),
    (map { my $alg = $_; my $token = token(key($alg)); $chunks->("$alg cut", map { substr $token, 0,
        length($token) - $_ } 1 .. 90) } qw(RS256 ES256 EdDSA)),
    $::alive,
]



=== an encrypted token made with a public key proves nothing about its sender
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
my $public = key('RS256')->public;
my $jwe = sub { Crypt::JWT::encode_jwt(payload => $_[0], alg => 'RSA-OAEP', enc => 'A256GCM', key => \$public, extra_headers => { kid => 'rs256', cty => 'JWT' }) };
[
    bad('claims', $jwe->($::payload), 'token_malformed'),
    bad('an unsigned token', $jwe->(base64url('{"alg":"none"}') . '.' . base64url($::payload) . '.'), 'token_malformed'),
    bad('a signed token', $jwe->(token($::good)), 'token_malformed'),
    bad('dir', Crypt::JWT::encode_jwt(payload => $::payload, alg => 'dir', enc => 'A256GCM', key => 'k' x 32),
        'token_malformed'),
    (map { bad("$_ in three parts", forge($::good, json({ alg => $_, enc => 'A256GCM', kid => 'rs256' }),
        $::payload), 'algorithm_unsupported') }
        qw(RSA-OAEP RSA-OAEP-256 RSA1_5 dir A256KW ECDH-ES A128CBC-HS256)),
    bad('a token as the payload of a token', forge($::good, header(cty => 'JWT'), token($::good)), 'token_malformed'),
    bad('the JSON form', base64url(json({ payload => base64url($::payload), signatures => [] })), 'token_malformed'),
    $::alive,
]



=== OpenSSL's error queue left dirty after a failed verify
--- conf eval
({ 'all.jwks' => $::all, 'tls.crt' => key('RS256', 'tls')->certificate, 'tls.key' => key('RS256', 'tls')->private })
--- http_config
server {
    listen $TEST_NGINX_OTHER ssl;
    ssl_certificate tls.crt;
    ssl_certificate_key tls.key;
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    add_header X-Reason $auth_reason always;
    location /x { proxy_pass http://$TEST_NGINX_ECHO; }
}
--- config
location /unused { empty_gif; }
--- cases eval
my @bad = map { my $alg = $_; (
    forge(key($alg), json({ alg => $alg, kid => lc $alg }), $::payload, signature => "\0" x length key($alg)->sign('x')),
    forge(key($alg), json({ alg => $alg, kid => lc $alg }), $::payload, signature => "\xff" x length key($alg)->sign('x')),
    token(key($alg, 'stranger'), {}, { kid => lc $alg }),
) } algorithms();
[
    sub {
        my @arguments = ('--no-alpn', '-k', '-H', bearer(key('RS256')), "https://$ENV{TEST_NGINX_OTHER}/x");
        push @arguments, '--next', '-s', '-i', '-k', '--no-alpn', '-H', bearer($_),
            "https://$ENV{TEST_NGINX_OTHER}/x" for @bad;
        push @arguments, '--next', '-s', '-i', '-k', '--no-alpn', '-w', '%{num_connects}', '-H',
            bearer(key('ES256')), "https://$ENV{TEST_NGINX_OTHER}/x";
        my $answer = curl(@arguments);
        my @statuses = $answer =~ m{^HTTP/1\.1 (\d+)}mg;
        Test::More::is("@statuses", join(' ', 200, (401) x @bad, 200), 'each answer came, on TLS');
        Test::More::like($answer, qr/0\z/, 'on one connection');
        Test::More::unlike(error_log(), qr/SSL_|\berror:[0-9A-F]{8}/, 'nothing of OpenSSL in the log');
    },
]



=== another kind of JWT as an access token (RFC 8725 section 3.11)
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
[
    (map { my $type = $_; map { bad("typ $_", signed_header(header(typ => $_)), 'type_mismatch') } $type, "application/$type", uc $type, ucfirst "application/\U$type" }
        qw(logout+jwt secevent+jwt dpop+jwt oauth-authz-req+jwt token-introspection+jwt)),
    (map { ["typ $_" => get('/x', bearer(signed_header(header(typ => $_)))), 200, body => qr/user=mallory /] }
        'JWT', 'at+jwt', 'application/at+jwt', 'jwt', '', 'logout', 'x-logout+jwt', 'logout+jwt2', 'text/logout+jwt'),
    ['a typ that is no text' => get('/x', bearer(signed_header('{"alg":"HS256","kid":"hs256","typ":["logout+jwt"]}'))), 200, body => qr/user=mallory /],
    bad('without the signature nothing is told', signed_header(header(typ => 'logout+jwt')) =~ s/\.[^.]+\z/.AAAA/r, 'signature_invalid'),
    ['and once more' => get('/x', bearer(signed_header(header(typ => 'logout+jwt')))), 'type_mismatch'],
]


=== claims with CR, LF, NUL or other control bytes in a header for the upstream
--- conf eval: ::with_all()
--- config eval: $::place
--- cases eval
my @controls = ('\r\nX-User: root', '\n', '\r', '\t', '\u0001', '\u001b', '\u001f', '\u007f');
[
    (map { bad("sub with $_", signed_payload(qq({"sub":"a${_}b"})), 'claim_malformed') } @controls),
    (map { bad("tenant_id with $_", signed_payload(qq({"tenant_id":"a${_}b"})), 'claim_malformed') } @controls),
    (map { bad("a role with $_", signed_payload(qq({"roles":["a${_}b"]})), 'claim_malformed') } @controls),
    (map { ["note with $_: the variable is empty" => get('/x',
        bearer(signed_payload(qq({"sub":"alice","note":"a${_}b"})))), 200,
        body => qr/user=alice tenant= roles= extra=\n/] } @controls),
    (map { ["note in an array with $_" => get('/x', bearer(signed_payload(qq({"note":["ok","a${_}b"]})))), 200,
        body => qr/extra=\n/] } @controls),
    bad('NUL in sub', signed_payload('{"sub":"a\u0000b"}')),
    ['note in an object is escaped JSON' => get('/x', bearer(signed_payload('{"note":{"a":"x\r\ny"}}'))), 200,
        body => qr/extra=(?:\{"a":"x\\r\\ny"\})?\n/],
]



=== role or tenant names with commas or spaces
--- conf eval: ::with_all()
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    auth_role_map { GET admin; }
    empty_gif;
}
location /t {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    auth_tenant_expect $arg_t;
    empty_gif;
}
location /roles {
    auth_jwt "r";
    auth_jwt_key_file all.jwks;
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    (map { ["roles $_" => get('/x', bearer(signed_payload("{\"roles\":$_}"))), 'role_missing'] }
        '["viewer,admin"]', '["admin,"]', '[",admin"]', '["administrator"]', '["sadmin"]',
            '["viewer admin"]', '"viewer,admin"', '"admin,"',
        '["Admin"]', '["a","dmin"]', '[["admin"]]', '{"admin":1}', '{"Admin":true}', '[{"name":"admin"}]', '[true]',
            '"administrator sadmin"', '["admi\u043d"]', '["*"]'),
    (map { ["roles $_" => get('/x', bearer(signed_payload("{\"roles\":$_}"))), 'claim_malformed'] }
        '["admin "]', '[" admin"]', '[""]', '["admin\u00a0"]'),
    ['a role with a comma is in no list' => get('/roles',
        bearer(signed_payload('{"roles":["viewer,admin","editor"]}'))), 200, body => qr/roles=editor extra/],
    (map { ["tenant $_" => get('/t?t=acme', bearer(signed_payload("{\"tenant_id\":$_}"))), 'tenant_mismatch'] }
        '"acme,globex"', '"globex,acme"', '"acme globex"', '"ACME"', '"acme2"', '"acm"',
            '"*"', '"acme/../globex"'),
    (map { ["tenant $_" => get('/t?t=acme', bearer(signed_payload("{\"tenant_id\":$_}"))), 'claim_malformed'] }
        '"acme "', '" acme"', '""', '"\u3000acme"'),
]
