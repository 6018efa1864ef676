# auth_jwt_key: a key of each algorithm from each kind of source.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

$ENV{PEM_KEY}     = key('RS256', 'pem')->public;
$ENV{CERT_KEY}    = key('ES256', 'cert')->certificate;
$ENV{MAIN_SECRET} = key('HS384', 'main')->private;
env_to_nginx(qw(PEM_KEY CERT_KEY MAIN_SECRET));

our @asymmetric = grep { !/^HS/ } algorithms();

# Secrets whose bytes matter.
our $binary = join '', map { chr } 0 .. 31, 128 .. 159;
our %secrets = (
    binary    => $binary,
    newline   => "$binary\n",
    text      => 'a' x 32,
    text_lf   => 'a' x 32,
    text_crlf => 'a' x 32,
    text_two  => 'a' x 32 . "\n",
);

run_tests();

__DATA__

=== every algorithm from a PEM file
--- conf eval
({ map { my $key = key($_); ("$_.pem" => $key->public, "$_.secret" => $key->private) } algorithms() })
--- config eval
join '', map {
    my $file = /^HS/ ? "$_.secret" : "$_.pem";
    "location /$_ { auth_jwt 'r'; auth_jwt_key \L$_\E $_ $file; empty_gif; }\n"
} algorithms()
--- cases eval
[map { [$_ => get("/$_", bearer(key($_))), 200] } algorithms()]



=== all of them side by side in one place
--- conf eval
({ map { my $key = key($_); ("$_.pem" => $key->public, "$_.secret" => $key->private) } algorithms() })
--- config eval
"location /x {\n auth_jwt 'r';\n" . join('', map {
    my $file = /^HS/ ? "$_.secret" : "$_.pem";
    " auth_jwt_key \L$_\E $_ $file;\n"
} algorithms()) . " empty_gif;\n}\n"
--- cases eval
[
    (map { ["$_ by its kid" => get('/x', bearer(key($_))), 200] } algorithms()),
    (map { ["$_ under another's kid" => get('/x', bearer(key($_), {}, { kid => /^HS/ ? 'rs256' : 'hs256' })),
        'algorithm_mismatch'] } algorithms()),
]



=== certificates
--- conf eval
({ map { ("$_.crt" => key($_)->certificate) } @::asymmetric })
--- config eval
join '', map {
    "location /$_ { auth_jwt 'r'; auth_jwt_key \L$_\E $_ $_.crt; empty_gif; }\n"
} @::asymmetric
--- cases eval
[map { [$_ => get("/$_", bearer(key($_))), 200] } @::asymmetric]



=== Ed448
--- conf eval
({ 'ed448.pem' => key('EdDSA', 'ed448', type => 'ED448')->public })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key ed448 EdDSA ed448.pem;
    empty_gif;
}
--- cases eval
[
    ['the key'        => get('/x', bearer(key('EdDSA', 'ed448', type => 'ED448'))), 200],
    ['another Ed448'  => get('/x', bearer(key('EdDSA', 'other', type => 'ED448'), {}, { kid => 'ed448' })),
        'signature_invalid'],
    ['an Ed25519 key' => get('/x', bearer(key('EdDSA'), {}, { kid => 'ed448' })), 'signature_invalid'],
]



=== a public key and a certificate from the environment
--- main_config
env PEM_KEY;
env CERT_KEY;
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key pem RS256 env:PEM_KEY;
    auth_jwt_key cert ES256 env:CERT_KEY;
    auth_jwt_key main HS384 env:MAIN_SECRET;
    empty_gif;
}
--- cases eval
[
    ['a public key'  => get('/x', bearer(key('RS256', 'pem'))), 200],
    ['a certificate' => get('/x', bearer(key('ES256', 'cert'))), 200],
    ['a secret'      => get('/x', bearer(key('HS384', 'main'))), 200],
]



=== secrets in base64url and hex
--- config eval
my ($one, $two, $three) = map { key('HS256', $_)->private } qw(one two three);
"location /x {
    auth_jwt 'r';
    auth_jwt_key one HS256 base64url:" . base64url($one) . ";
    auth_jwt_key two HS256 hex:" . unpack('H*', $two) . ";
    auth_jwt_key three HS256 hex:" . uc(unpack('H*', $three)) . ";
    auth_jwt_key binary HS256 base64url:" . base64url($::binary) . ";
    empty_gif;
}"
--- cases eval
[
    ['base64url'       => get('/x', bearer(key('HS256', 'one'))), 200],
    ['hex'             => get('/x', bearer(key('HS256', 'two'))), 200],
    ['hex in capitals' => get('/x', bearer(key('HS256', 'three'))), 200],
    ['any bytes'       => get('/x', bearer(key('HS256', 'binary', secret => $::binary))), 200],
]



=== secrets in files: bytes as they are, one line break behind text left out
--- conf eval
({ binary => $::binary, newline => "$::binary\n", text => 'a' x 32, text_lf => 'a' x 32 . "\n",
   text_crlf => 'a' x 32 . "\r\n", text_two => 'a' x 32 . "\n\n" })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key binary HS256 binary;
    auth_jwt_key newline HS256 newline;
    auth_jwt_key text HS256 text;
    auth_jwt_key text_lf HS256 text_lf;
    auth_jwt_key text_crlf HS256 text_crlf;
    auth_jwt_key text_two HS256 text_two;
    empty_gif;
}
--- cases eval
[
    (map { [$_ => get('/x', bearer(key('HS256', $_, secret => $::secrets{$_}))), 200] }
        qw(binary newline text text_lf text_crlf text_two)),
    ['the line break behind binary counts' =>
        get('/x', bearer(key('HS256', 'newline', secret => $::binary))), 'signature_invalid'],
    ['the line break behind text does not' =>
        get('/x', bearer(key('HS256', 'text_lf', secret => 'a' x 32 . "\n"))), 'signature_invalid'],
]



=== a secret in the environment with a line break
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key main HS384 env:MAIN_SECRET;
    empty_gif;
}
--- cases eval
[
    ['the secret'         => get('/x', bearer(key('HS384', 'main'))), 200],
    ['with a line break'  => get('/x', bearer(key('HS384', 'main', secret => key('HS384', 'main')->private . "\n"))),
        'signature_invalid'],
]



=== an absolute path, in http, server, location
--- http_config eval
"auth_jwt_key top HS256 " . conf_path('hs256.secret') . ";"
--- config
auth_jwt "r";
location /top { empty_gif; }
location /own { auth_jwt_key own RS256 $TEST_NGINX_SERVER_ROOT/conf/rs256.pem; empty_gif; }
--- cases eval
[
    ['http'     => get('/top', bearer(key('HS256'), {}, { kid => 'top' })), 200],
    ['location' => get('/own', bearer(key('RS256'), {}, { kid => 'own' })), 200],
    ['replaced' => get('/own', bearer(key('HS256'), {}, { kid => 'top' })), 'key_unknown'],
]



=== a token without a kid is tried with the keys of its algorithm
--- conf eval
({ map { ("$_.secret" => key('HS256', $_)->private) } 'a' .. 'h' })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key a HS256 a.secret;
    auth_jwt_key b HS256 b.secret;
    auth_jwt_key c HS256 c.secret;
    auth_jwt_key d HS256 d.secret;
    auth_jwt_key rsa RS256 rs256.pem;
    empty_gif;
}
--- cases eval
[
    (map { ["key $_" => get('/x', bearer(key('HS256', $_), {}, { kid => undef })), 200] } 'a' .. 'd'),
    ['the only one of its algorithm' => get('/x', bearer(key('RS256'), {}, { kid => undef })), 200],
    ['none of the keys'  => get('/x', bearer(key('HS256', 'h'), {}, { kid => undef })), 'signature_invalid'],
    ['no such algorithm' => get('/x', bearer(key('ES256'), {}, { kid => undef })), qr/401/,
        reason => qr/\A(?:key_unknown|algorithm_mismatch)\z/],
    ['an empty kid is a kid' => get('/x', bearer(key('HS256', 'a'), {}, { kid => '' })), 'key_unknown'],
]



=== a token without a kid is tried with 8 keys at most
--- conf eval
({ map { ("$_.secret" => key('HS256', $_)->private) } 'a' .. 'j' })
--- config eval
"location /x {\n auth_jwt 'r';\n" . join('', map { " auth_jwt_key $_ HS256 $_.secret;\n" } 'a' .. 'j')
    . " empty_gif;\n}"
--- cases eval
[
    ['the first' => get('/x', bearer(key('HS256', 'a'), {}, { kid => undef })), 200],
    ['the 8th'   => get('/x', bearer(key('HS256', 'h'), {}, { kid => undef })), 200],
    ['the 9th'   => get('/x', bearer(key('HS256', 'i'), {}, { kid => undef })), 401,
        reason => qr/\A(?:signature_invalid|key_unknown)\z/],
    ['the 9th by its kid' => get('/x', bearer(key('HS256', 'i'))), 200],
]



=== a kid is matched whole, byte for byte
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key "key/1 of *" HS256 hs256.secret;
    empty_gif;
}
--- cases eval
[
    ['the kid' => get('/x', bearer(key('HS256'), {}, { kid => 'key/1 of *' })), 200],
    (map { [qq("$_") => get('/x', bearer(key('HS256'), {}, { kid => $_ })), 'key_unknown'] }
        'key/1 of ', 'key/1 of **', 'KEY/1 OF *', 'key/1', ' key/1 of *'),
    ['a NUL behind it' => get('/x', bearer(key('HS256'), {}, { kid => "key/1 of *\0" })), 'token_malformed'],
]



=== auth_jwt_weak_keys on: in the location that says so, and only there
--- conf eval
({ 'short.secret' => 'short', 'rsa1024.pem' => key('RS256', 'small', bits => 1024)->public })
--- config
location /weak {
    auth_jwt "r";
    auth_jwt_weak_keys on;
    auth_jwt_key short HS256 short.secret;
    auth_jwt_key small RS256 rsa1024.pem;
    empty_gif;
}
location /strong {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['a short secret' => get('/weak', bearer(key('HS256', 'short', secret => 'short'))), 200],
    ['a small RSA key' => get('/weak', bearer(key('RS256', 'small', bits => 1024))), 200],
    ['not elsewhere'  => get('/strong', bearer(key('HS256', 'short', secret => 'short'))), 'key_unknown'],
]
