# Every malformed configuration: nginx -t fails and names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Sallyport::Test;
use Sallyport::Config;
use Test::More 'no_plan';

# DER: one element of a tag and its parts.
sub der {
    my ($tag, @parts) = @_;
    my $content = join '', @parts;
    my $length = length $content;
    my $size = $length < 128 ? pack('C', $length) : "\x82" . pack('n', $length);
    return pack('C', $tag) . $size . $content;
}

sub integer { my ($bytes) = @_; return der(0x02, (ord $bytes & 0x80 ? "\0" : '') . $bytes) }

# An RSA public key of any modulus and exponent, in PEM.
sub rsa_pem {
    my ($modulus, $exponent) = @_;
    my $algorithm = der(0x30, pack('H*', '06092a864886f70d0101010500'));
    my $key = der(0x30, integer($modulus), integer($exponent));
    my $spki = der(0x30, $algorithm, der(0x03, "\0", $key));
    return "-----BEGIN PUBLIC KEY-----\n" . encode_base64($spki) . "-----END PUBLIC KEY-----\n";
}

my $modulus = substr unbase64url(key('RS256')->jwk->{n}), 0, 256;

give_file('secret', 's' x 64);
give_file('short31', 's' x 31);
give_file('short47', 's' x 47);
give_file('short63', 's' x 63);
give_file('empty', '');
give_file('line', "\n");
give_file('garbage.pem', "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
give_file('text.pem', "no key at all\n");
give_file('blank.pem', "\n" . key('RS256')->public);
give_file('commented.pem', "# the key\n" . key('RS256')->certificate);
give_file('RS256.der', key('RS256')->public_der);
give_file('marked.jwk', "\xef\xbb\xbf" . json(key('RS256')->jwk));
give_file('cut.pem', substr key('RS256')->public, 0, 100);
give_file("$_.pem", key($_)->public) for qw(RS256 PS256 ES256 ES384 ES512 ES256K EdDSA);
give_file("$_.key", key($_)->private) for qw(RS256 ES256 EdDSA);
give_file('cert.pem', key('RS256')->certificate);
give_file('cert-and-key.pem', key('RS256')->certificate . key('RS256')->private);
give_file('rsa1024.pem', key('RS256', 'small', bits => 1024)->public);
give_file('rsa512.pem', key('RS256', 'tiny', bits => 512)->public);
give_file('rsa16384.pem', rsa_pem("\xff" x 2048, "\1\0\1"));
give_file('rsa-e-even.pem', rsa_pem($modulus, "\1\0\0"));
give_file('rsa-e-1.pem', rsa_pem($modulus, "\1"));
give_file('rsa-e-huge.pem', rsa_pem($modulus, "\1" . "\0" x 31 . "\1"));
give_file('good.jwks', jwks(key('HS256')));
give_file('two.jwks', jwks(key('HS256'), key('RS256')));
mkdir folder() . '/directory';

my $on = 'auth_jwt "r";';
my $key = 'auth_jwt_key k HS256 secret;';

note 'what is right is accepted';
accepted('http', "$on $key");
accepted('server', "$on $key");
accepted('location', "$on $key");
accepted('limit_except', "$on $key");
accepted('http', $key, 'keys without auth_jwt');
accepted('http', 'auth_jwt off;');
accepted('location', "auth_jwt_key k RS256 cert.pem; $on", 'a certificate');
accepted('location', "auth_jwt_key k RS256 RS256.pem; $on");
accepted('location', "auth_jwt_key a HS256 secret; auth_jwt_key b HS256 secret; $on", 'two kids, one secret');
accepted('http', 'auth_jwt_key_file a-$host.jwks; auth_jwt "r";', 'a file name with a variable');
accepted('location', "$on $key auth_jwt_leeway 1m; auth_jwt_require_exp on; auth_jwt_algorithms HS256 RS256;
    auth_jwt_issuer a b; auth_jwt_audience c; auth_jwt_require \$arg_a \$arg_b error=403; auth_jwt_require \$arg_c;
    auth_jwt_type signed; auth_jwt_weak_keys off; auth_roles_claim a.b; auth_tenant_claim c; auth_tenant_expect \$host;
    auth_error_body json; auth_role_map { GET a; POST any a b; ALL off; }", 'all in a location');
accepted('limit_except', "$on $key auth_jwt_leeway 1m; auth_jwt_require_exp on; auth_jwt_algorithms HS256;
    auth_jwt_issuer a; auth_jwt_audience c; auth_jwt_require \$arg_a; auth_jwt_type signed; auth_jwt_weak_keys on;
    auth_jwt_key_file good.jwks;", 'all in limit_except');
accepted('http', "auth_jwt_key old HS256 short31; server { listen 127.0.0.1:1; auth_jwt_weak_keys on;
    location /x { $on } }", 'weak keys of an outer level, allowed where they are used');
refused('http', "auth_jwt_key old HS256 short31; # here
    server { listen 127.0.0.1:1; location /x { $on $key } }", qr/too weak/, 'weak keys that nobody uses');
refused('http', 'auth_jwt_claim_set $args sub; # here', qr/already exists/);
refused('http', "map \$host \$made { default 1; }\nauth_jwt_claim_set \$made sub; # here", qr/already exists|duplicate/);
refused('http', "auth_jwt_claim_set \$$_ sub; # here", qr/name of a variable/) for qw(a-b 1 a.b);
refused('location', "$on\nauth_jwt_key_file ../\$host.jwks; # here", qr/"\.\."/);
accepted('http', 'auth_jwt_claim_set $one a b; auth_jwt_header_set $two typ;');
for my $directive (qw(auth_roles_claim auth_tenant_claim)) {
    accepted('location', "$directive $_;") for '.a.b', q('."a.b".c'), '.a[0][1]', '[0]', 'a[0]', 'https://id.example/roles';
    refused('location', "$directive $_; # here", qr/"$directive" directive has a path "?.* that (?:has|lacks)/)
        for '.', '..a', '.a.', '.a[', '.a[]', '.a[x]', '.a[-1]', '.a[01]', '.a[0]b', q('."a'), q('.""'), q('.a"b"');
}
for my $directive (qw(auth_jwt_claim_set auth_jwt_header_set)) {
    accepted('http', "$directive \$one $_;") for '.a.b', q('."a.b"' c), 'a .b[0]';
    refused('http', "$directive \$one $_; # here", qr/"$directive" directive has a path that (?:has|lacks)/)
        for '.', '.a[', 'a .b[x]', q('."a'), '.a' x 17;
}

note 'auth_jwt';
my @auth_jwt = (
    ['auth_jwt; # here', qr/invalid number of arguments in "auth_jwt" directive/],
    ['auth_jwt a token=$arg_t c; # here', qr/invalid number of arguments in "auth_jwt" directive/],
    ['auth_jwt r tokn=$arg_t; # here', qr/"auth_jwt".*tokn|tokn.*/],
    ['auth_jwt r token=; # here', qr/token|empty/],
    ['auth_jwt r token=abc; # here', qr/token|variable/],
    ['auth_jwt r token=$nope; # here', qr/unknown "nope" variable/],
    ['auth_jwt "$nope"; # here', qr/unknown "nope" variable/],
    ["auth_jwt a;\nauth_jwt b; # here", qr/"auth_jwt" directive is duplicate/],
    ["auth_jwt off;\nauth_jwt b; # here", qr/"auth_jwt" directive is duplicate/],
);
refused('location', "$key\n$_->[0]", $_->[1]) for @auth_jwt;
refused($_, "$on # here", qr/"auth_jwt".*key/, 'auth_jwt without keys') for qw(http server location limit_except);
refused('location', "auth_jwt a; # here\nauth_jwt_algorithms RS256;", qr/"auth_jwt".*key/, 'auth_jwt without keys, more behind it');
refused('http', "server { $on # here\nlocation /a { $key empty_gif; }\nlocation /b { empty_gif; } }",
    qr/"auth_jwt".*key/, 'keys in another location than the one that inherits auth_jwt');
refused('if', "$on # here", qr/"auth_jwt" directive is not allowed here/);
refused('main', "$on # here", qr/"auth_jwt" directive is not allowed here/);

note 'auth_jwt_require_claim, auth_jwt_require_header';
for my $directive (qw(auth_jwt_require_claim auth_jwt_require_header)) {
    accepted($_, "$on $key $directive a eq b error=404;") for qw(http server location limit_except);
    accepted('location', "$on $key $directive $_;") for 'a gt json=1', 'a in json=[]', '.a.b[0] match ^x', '\'."a.b"\' !any $args', 'a eq ""';
    my @wrong = (
        ["$directive a eq; # here", qr/invalid number of arguments/],
        ["$directive a eq b c; # here", qr/needs a name, an operator and a value/],
        ["$directive a eq error=403; # here", qr/needs a name, an operator and a value/],
        ["$directive a is b; # here", qr/"$directive" directive has an unknown operator "is"/],
        ["$directive a eq 'json=[1'; # here", qr/has a value that is not JSON: "json=\[1"/],
        ["$directive a eq 'json=1 2'; # here", qr/has a value that is not JSON/],
        ["$directive a match '('; # here", qr/has an invalid pattern: missing closing parenthesis at 1/],
        ["$directive a eq \$nope; # here", qr/unknown "nope" variable/],
        ["$directive .a[ eq b; # here", qr/has an invalid name "\.a\[", which has no index/],
        ["$directive '' eq b; # here", qr/has an invalid name "", which has an empty name/],
        (map { ["$directive a eq b error=$_; # here", qr/has an invalid error "$_": a status from 400 to 599, except 408, 444 and 494 to 499/] }
            qw(408 444 494 497 499 399 600 200 abc 4040 -1), ''),
    );
    refused('location', "$on $key\n$_->[0]", $_->[1]) for @wrong;
}

note 'auth_jwt_validate_exp, auth_jwt_validate_sig';
accepted($_, "$on $key auth_jwt_validate_exp off; auth_jwt_validate_sig on;") for qw(http server location limit_except);
refused('location', "$on $key auth_jwt_validate_sig off; # here", qr/"auth_jwt_validate_sig" directive is always "on"/);
refused('location', "$on $key auth_jwt_validate_sig maybe; # here", qr/is always "on"/);
refused('location', "auth_jwt_validate_sig on;\nauth_jwt_validate_sig on; # here", qr/duplicate/);
refused('location', "auth_jwt_validate_exp $_; # here", qr/"on" or "off"/) for qw(maybe 1);
refused('location', "auth_jwt_validate_exp on;\nauth_jwt_validate_exp on; # here", qr/duplicate/);

note 'auth_jwt_type';
refused('location', "auth_jwt_type $_; # here", qr/auth_jwt_type|invalid value "?$_/) for qw(encrypted nested jws);
refused('location', 'auth_jwt_type; # here', qr/invalid number of arguments in "auth_jwt_type"/);
refused('location', "auth_jwt_type signed;\nauth_jwt_type signed; # here", qr/duplicate/);

note 'auth_jwt_binding';
accepted($_, "$on $key auth_jwt_binding optional;") for qw(http server location);
accepted('location', "$on $key auth_jwt_binding $_;") for 'off', 'require', map { my $mode = $_; map { "$mode $_" } 'mtls', 'dpop', 'mtls dpop', 'dpop mtls' } qw(optional require);
refused('location', "auth_jwt_binding $_; # here", qr/"auth_jwt_binding" directive has an invalid value "$_"/) for qw(on mtls dpop);
refused('location', "auth_jwt_binding $_->[0] $_->[1]; # here", qr/"auth_jwt_binding" directive has an invalid parameter "$_->[1]"/)
    for ['off', 'mtls'], ['off', 'dpop'], ['require', 'mtl'], ['optional', 'Dpop'], ['require', 'off'];
refused('location', "auth_jwt_binding require $_ $_; # here", qr/"auth_jwt_binding" directive has an invalid parameter "$_"/) for qw(mtls dpop);
refused('location', "auth_jwt_binding $_; # here", qr/invalid number of arguments in "auth_jwt_binding"/) for '', 'require mtls dpop mtls';
refused('location', "auth_jwt_binding off;\nauth_jwt_binding off; # here", qr/"auth_jwt_binding" directive is duplicate/);
refused($_, 'auth_jwt_binding off; # here', qr/"auth_jwt_binding" directive is not allowed here/) for qw(limit_except if main);

note 'auth_dpop_uri';
accepted($_, "$on $key auth_dpop_uri https://api.example\$request_uri;") for qw(http server location);
accepted('location', "$on $key auth_dpop_uri $_;") for 'off', 'https://api.example/orders', '$scheme://$http_host$request_uri';
refused('location', "auth_dpop_uri $_; # here", qr/"auth_dpop_uri" directive needs an http or https URI, or "off", not "/)
    for '/orders', 'on', 'ftp://a/', 'https://', '""', 'https://u@a/', 'https://a/%zz';
refused('location', "$on $key auth_dpop_uri https://a\$nope; # here", qr/unknown "nope" variable/);
refused('location', "auth_dpop_uri $_; # here", qr/invalid number of arguments/) for '', 'a b';
refused('location', "auth_dpop_uri off;\nauth_dpop_uri off; # here", qr/"auth_dpop_uri" directive is duplicate/);
refused($_, 'auth_dpop_uri off; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_dpop_window';
accepted($_, "$on $key auth_dpop_window 5m;") for qw(http server location);
accepted('location', "$on $key auth_dpop_window $_;") for qw(1 1s 1h 3600);
refused('location', "auth_dpop_window $_; # here", qr/"auth_dpop_window" directive has an invalid time "$_"/) for qw(x 5x -1 1ms);
refused('location', "auth_dpop_window $_; # here", qr/"auth_dpop_window" directive needs a time from 1s to 1h/) for qw(0 3601 2h);
refused('location', "auth_dpop_window 1s;\nauth_dpop_window 1s; # here", qr/"auth_dpop_window" directive is duplicate/);
refused($_, 'auth_dpop_window 1s; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_dpop_algorithms';
accepted($_, "$on $key auth_dpop_algorithms ES256 PS256;") for qw(http server location);
refused('location', 'auth_dpop_algorithms ES256 XX; # here', qr/"auth_dpop_algorithms" directive has an unknown algorithm "XX"/);
refused('location', 'auth_dpop_algorithms none; # here', qr/has an unknown algorithm "none"/);
refused('location', 'auth_dpop_algorithms ES256 ES256; # here', qr/"auth_dpop_algorithms" directive has "ES256" twice/);
refused('location', 'auth_dpop_algorithms ES256 HS256; # here', qr/"auth_dpop_algorithms" directive takes no algorithm with a shared secret/);
refused('location', 'auth_dpop_algorithms; # here', qr/invalid number of arguments/);
refused('location', "auth_dpop_algorithms ES256;\nauth_dpop_algorithms ES384; # here", qr/"auth_dpop_algorithms" directive is duplicate/);
refused($_, 'auth_dpop_algorithms ES256; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_dpop_nonce';
accepted($_, "$on $key auth_dpop_nonce 5m;") for qw(http server location);
accepted('location', "$on $key auth_dpop_nonce $_;") for qw(off 1 1s 1d 86400);
refused('location', "auth_dpop_nonce $_; # here", qr/"auth_dpop_nonce" directive has an invalid time "$_"/) for qw(on x 5x -1 1ms);
refused('location', "auth_dpop_nonce $_; # here", qr/"auth_dpop_nonce" directive needs "off" or a time from 1s to 1d/) for qw(0 86401 2d);
refused('location', "auth_dpop_nonce $_; # here", qr/invalid number of arguments/) for '', '1m off';
refused('location', "auth_dpop_nonce 1s;\nauth_dpop_nonce off; # here", qr/"auth_dpop_nonce" directive is duplicate/);
refused($_, 'auth_dpop_nonce 1s; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_dpop_* where no proofs are verified';
for my $own ('auth_dpop_uri https://a/', 'auth_dpop_window 5m', 'auth_dpop_algorithms ES256', 'auth_dpop_nonce 5m', 'auth_dpop_nonce off') {
    my $fault = qr/"@{[ $own =~ s{ .*}{}r ]}" directive has no effect: no DPoP proofs are verified here/;
    refused('location', "$own; # here\n$_", $fault) for '', "$on $key auth_jwt_binding off;";
    accepted('location', "$on $key $own;");
    accepted($_, "$own;") for qw(http server);
}
refused('location', "auth_dpop_window 5m; # here\nauth_dpop_nonce 5m;", qr/"auth_dpop_window" directive has no effect/);

note 'auth_dpop_nonce_key';
give_file('nonce.key', 'a1' x 32 . "\n");
give_file('nonce-long.key', 'a1' x 512);
give_file('nonce-short.key', 'a1' x 31 . "\n");
give_file('nonce-too-long.key', 'a1' x 513);
give_file('nonce-huge.key', 'a1' x 4096);
give_file('nonce-odd.key', 'a1' x 32 . 'a');
give_file('nonce-binary.key', "\x81" x 64);
my $nonces = "$on $key auth_dpop_nonce 5m;";
accepted('http', "$nonces auth_dpop_nonce_key $_;") for 'nonce.key', 'nonce-long.key', folder() . '/nonce.key';
refused('http', "$nonces auth_dpop_nonce_key $_->[0]; # here", qr/"auth_dpop_nonce_key" directive names the file "\S+$_->[0]", which $_->[1]/) for
    ['none.key', qr/cannot be /],
    ['directory', qr/is not a regular file/],
    ['nonce-huge.key', qr/is larger than/],
    ['nonce-short.key', qr/contains a key of less than 32 bytes/],
    ['empty', qr/contains a key of less than 32 bytes/],
    ['nonce-too-long.key', qr/contains a key of more than 512 bytes/],
    ['nonce-odd.key', qr/contains something other than pairs of hexadecimal digits/],
    ['nonce-binary.key', qr/contains something other than pairs of hexadecimal digits/];
refused('http', "auth_dpop_nonce_key $_; # here", qr/invalid number of arguments/) for '', 'a b';
refused('http', "auth_dpop_nonce_key nonce.key;\nauth_dpop_nonce_key nonce.key; # here", qr/"auth_dpop_nonce_key" directive is duplicate/);
refused('http', "auth_dpop_nonce_key nonce.key; # here\n$_", qr/"auth_dpop_nonce_key" directive has no effect: no location that verifies DPoP proofs has auth_dpop_nonce/)
    for '', "$on $key", 'auth_dpop_nonce 5m;', "$nonces auth_jwt_binding off;";
refused($_, 'auth_dpop_nonce_key nonce.key; # here', qr/is not allowed here/) for qw(server location main);

note 'auth_dpop_zone';
accepted('http', "$on $key auth_dpop_zone $_;") for qw(size=64k size=16m);
refused('http', "auth_dpop_zone size=1m; # here\n$_", qr/"auth_dpop_zone" directive has no effect: no location verifies DPoP proofs/)
    for '', "$on $key auth_jwt_binding off;";
give_file('users', 'alice:' . crypt('x', '$6$salt') . "\n");
give_file('access.key', key('ES256', 'access')->private);
give_file('refresh.secret', key('HS256', 'refresh')->private);
my $login = join ' ', 'auth_token_store memory:; auth_token_issuer https://a; auth_token_key a ES256 access.key; auth_token_refresh_key r HS256 refresh.secret;',
    "server { listen $ENV{TEST_NGINX_SERVER_PORT}; location /login { auth_endpoint login; auth_password r; auth_password_file users;";
accepted('http', "auth_dpop_zone size=1m;\n$login } }");
refused('http', "auth_dpop_zone size=1m; # here\n$login auth_jwt_binding off; } }", qr/"auth_dpop_zone" directive has no effect: no location verifies DPoP proofs/);
refused('http', "auth_dpop_zone size=1m; # here\n$on $key auth_token_store redis://127.0.0.1:6379;",
    qr/"auth_dpop_zone" directive has no effect: proofs are remembered in the Redis of auth_token_store/);
refused('http', "$_->[0]; # here", $_->[1]) for
    ['auth_dpop_zone', qr/invalid number of arguments/],
    ['auth_dpop_zone off', qr/"auth_dpop_zone" directive has an invalid parameter "off": size=4m/],
    ['auth_dpop_zone 4m', qr/"auth_dpop_zone" directive has an invalid parameter "4m"/],
    ['auth_dpop_zone size=', qr/"auth_dpop_zone" directive has an invalid size ""/],
    ['auth_dpop_zone size=x', qr/"auth_dpop_zone" directive has an invalid size "x"/],
    ['auth_dpop_zone size=63k', qr/"auth_dpop_zone" directive has a size of less than 64k/],
    ["auth_dpop_zone size=1m;\nauth_dpop_zone size=1m", qr/"auth_dpop_zone" directive is duplicate/];
refused($_, 'auth_dpop_zone size=1m; # here', qr/is not allowed here/) for qw(server location main);

note 'auth_jwt_phase';
accepted($_, "$on $key auth_jwt_phase preaccess;") for qw(http server location);
accepted('location', "auth_jwt_phase $_;") for qw(access preaccess);
refused('location', "auth_jwt_phase $_; # here", qr/invalid value "$_"/) for qw(rewrite off postaccess on);
refused('location', "auth_jwt_phase$_; # here", qr/invalid number of arguments in "auth_jwt_phase"/) for '', ' access preaccess';
refused('location', "auth_jwt_phase access;\nauth_jwt_phase access; # here", qr/"auth_jwt_phase" directive is duplicate/);
refused($_, 'auth_jwt_phase access; # here', qr/"auth_jwt_phase" directive is not allowed here/) for qw(limit_except if main);

note 'auth_jwt_www_authenticate';
accepted($_, "$on $key auth_jwt_www_authenticate off;") for qw(http server location);
accepted('location', "$on $key auth_jwt_www_authenticate $_;") for qw(on off ""), q('Bearer realm="$host", x="y"');
refused('location', 'auth_jwt_www_authenticate $nope; # here', qr/unknown "nope" variable/);
refused('location', qq{auth_jwt_www_authenticate "a\\nb"; # here}, qr/"auth_jwt_www_authenticate" directive has a control character in its value/);
refused('location', "auth_jwt_www_authenticate off;\nauth_jwt_www_authenticate off; # here", qr/duplicate/);
refused($_, 'auth_jwt_www_authenticate off; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_jwt_client_certificate';
accepted($_, "$on $key auth_jwt_client_certificate \$ssl_client_escaped_cert;") for qw(http server location);
accepted('location', "$on $key auth_jwt_client_certificate off;");
like(accepted('location', "$on $key auth_jwt_client_certificate \$http_client_cert;"),
    qr/\[warn\] .*"auth_jwt_client_certificate" takes a field that clients can send/, 'with a warning');
refused('location', "auth_jwt_client_certificate $_; # here", qr/"auth_jwt_client_certificate" directive needs a variable, or "off"/)
    for qw(on client.pem x$ssl_client_escaped_cert);
refused('location', 'auth_jwt_client_certificate $nope; # here', qr/unknown "nope" variable/);
refused('location', "auth_jwt_client_certificate off;\nauth_jwt_client_certificate off; # here", qr/duplicate/);
refused($_, 'auth_jwt_client_certificate off; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_jwt_revocation_list_sub, auth_jwt_revocation_list_kid';
give_file('good.list', '{"mallory": {}}');
give_file('array.list', '["mallory"]');
give_file('long.list', json({ 'a' x 16_385 => 1 }));
give_file('large.list', '{}' . ' ' x (64 << 20));
for my $directive (qw(auth_jwt_revocation_list_sub auth_jwt_revocation_list_kid)) {
    accepted($_, "$on $key $directive good.list;") for qw(http server location);
    accepted('location', "$directive off;");
    refused('location', "$directive missing.list; # here", qr/"$directive" directive "\S+missing\.list" cannot be opened: No such file/);
    refused('location', "$directive directory; # here", qr/"$directive" directive "\S+directory" is not a regular file/);
    refused('location', "$directive $_; # here", qr/"$directive" directive "\S+\Q$_\E" is not a JSON object/) for qw(array.list empty text.pem);
    refused('location', "$directive long.list; # here", qr/"$directive" directive "\S+long\.list" has a name of more than 16384 bytes/);
    refused('location', "$directive large.list; # here", qr/"$directive" directive "\S+large\.list" is larger than 67108864 bytes/);
    refused('location', "$directive \$host.list; # here", qr/"$directive" directive takes no variables/);
    refused('location', "$directive ''; # here", qr/"$directive" directive has an empty file name/);
    refused('location', "$directive $_; # here", qr/invalid number of arguments in "$directive"/) for '', 'a b';
    refused('location', "$directive $_->[0];\n$directive $_->[1]; # here", qr/"$directive" directive is duplicate/)
        for ['off', 'good.list'], ['good.list', 'off'], ['good.list', 'good.list'];
    refused($_, "$directive good.list; # here", qr/is not allowed here/) for qw(limit_except if main);
}

note 'auth_jwt_allow_nested';
accepted($_, "$on $key auth_jwt_allow_nested;") for qw(http server location);
accepted('location', "$on $key auth_jwt_require_claim a.b eq c; auth_jwt_allow_nested $_;")
    for 'off', 'delimiter=.', 'quote="', 'delimiter=_', q(delimiter=/ quote='), q(quote=' delimiter=->), 'delimiter=::';
my @nested = (
    ['on', qr/has an invalid parameter "on"/],
    ['.', qr/has an invalid parameter "\."/],
    ['off delimiter=.', qr/has an invalid parameter "off"/],
    ['delimiter=. delimiter=/', qr/has an invalid parameter "delimiter=\/"/],
    ['quote=% quote=~', qr/has an invalid parameter "quote=~"/],
    ['delimiter=', qr/has an invalid mark "": punctuation/],
    ['quote=', qr/has an invalid mark ""/],
    ['delimiter=x', qr/has an invalid mark "x"/],
    ['delimiter=.1', qr/has an invalid mark "\.1"/],
    ["'delimiter=\t'", qr/has an invalid mark/],
    ['delimiter="', qr/needs a delimiter and a quote that differ/],
    ['delimiter=% quote=%%', qr/needs a delimiter and a quote that differ/],
    ['delimiter=. quote=% x', qr/invalid number of arguments in "auth_jwt_allow_nested"/],
);
refused('location', "auth_jwt_allow_nested $_->[0]; # here", $_->[1]) for @nested;
refused('location', "auth_jwt_allow_nested;\nauth_jwt_allow_nested; # here", qr/"auth_jwt_allow_nested" directive is duplicate/);
refused($_, 'auth_jwt_allow_nested; # here', qr/is not allowed here/) for qw(limit_except if main);
for my $directive (qw(auth_jwt_require_claim auth_jwt_require_header)) {
    accepted('location', "$on $key $directive $_ eq c;", "$directive $_ without it") for 'a..b', 'a.', q('a."b'), q('a"b"');
    refused('location', "$on $key\n$directive $_->[0] eq c; # here\nauth_jwt_allow_nested;", qr/"$directive" directive has a name ".*" that $_->[1] \(see auth_jwt_allow_nested\)/)
        for ['a..b', 'has an empty name'], ['a.', 'has an empty name'], [q('a."b'), 'lacks a closing quote'],
            [q('a"b"'), 'has a quote that is not around a whole name'], ['a' . '.a' x 16, 'has more than 16 levels'];
    refused('http', "$directive a..b eq c; # here\nserver { listen 127.0.0.1:1; location /x { $on $key auth_jwt_allow_nested; } }",
        qr/"$directive" directive has a name "a\.\.b" that has an empty name/, "$directive: inherited");
}
for my $directive (qw(auth_jwt_claim_set auth_jwt_header_set)) {
    accepted('http', "$directive \$one a..b;");
    refused('http', "$directive \$one x a..b; # here\nserver { listen 127.0.0.1:1; location /x { auth_jwt_allow_nested; } }",
        qr/"$directive" directive has a name "a\.\.b" that has an empty name \(see auth_jwt_allow_nested\)/);
    refused('http', "server { listen 127.0.0.1:1; location /x { auth_jwt_allow_nested; } }\n$directive \$one x a..b; # here",
        qr/"$directive" directive has a name "a\.\.b"/, "$directive: behind it");
}

note 'auth_explain';
my $realip = 'set_real_ip_from 192.0.2.1;';
accepted($_, "$realip auth_explain 127.0.0.1 10.0.0.0/8 ::1 2001:db8::/32 unix:;") for qw(http server location);
accepted('location', 'auth_explain off;');
refused('location', "auth_explain $_; # here", qr/"auth_explain" directive has an invalid address "\Q$_\E"/) for qw(on localhost 10.0.0.256 10.0.0.0/33 unix 2001:db8::/129 $remote_addr);
refused('location', 'auth_explain off 10.0.0.1; # here', qr/invalid address "off"/);
refused('location', 'auth_explain; # here', qr/invalid number of arguments in "auth_explain"/);
refused('location', "auth_explain off;\nauth_explain 10.0.0.1; # here", qr/duplicate/);
refused($_, 'auth_explain off; # here', qr/is not allowed here/) for qw(limit_except if main);
my $everyone = qr/\[warn\] .*"auth_explain" directive lists a loopback address/;
like(accepted('location', "auth_explain $_;"), $everyone, "$_: with a warning") for qw(127.0.0.1 127.0.0.0/8 0.0.0.0/0 ::1 ::/0);
unlike(accepted('location', "auth_explain $_;"), $everyone, "$_: without a warning") for qw(10.0.0.0/8 192.0.2.1 2001:db8::1 unix: off);
unlike(accepted('server', "$realip auth_explain 127.0.0.1;"), $everyone, 'realip: without a warning');
like(accepted('location', 'auth_explain 10.0.0.1/8;'), qr/low address bits of 10\.0\.0\.1\/8 are meaningless/, 'low bits');

note 'auth_jwt_cache';
my @cache = (
    ['auth_jwt_cache', qr/invalid number of arguments in "auth_jwt_cache"/],
    ['auth_jwt_cache off size=1m', qr/invalid number of arguments in "auth_jwt_cache"/],
    ['auth_jwt_cache on', qr/"auth_jwt_cache" directive has an invalid parameter "on"/],
    ['auth_jwt_cache 16m', qr/"auth_jwt_cache" directive has an invalid parameter "16m"/],
    ['auth_jwt_cache size=', qr/"auth_jwt_cache" directive has an invalid size ""/],
    ['auth_jwt_cache size=x', qr/"auth_jwt_cache" directive has an invalid size "x"/],
    ['auth_jwt_cache size=-1', qr/"auth_jwt_cache" directive has an invalid size "-1"/],
    ['auth_jwt_cache size=99999999999999999999', qr/"auth_jwt_cache" directive has an invalid size/],
    ['auth_jwt_cache size=0', qr/"auth_jwt_cache" directive has a size of less than 64k/],
    ['auth_jwt_cache size=65535', qr/"auth_jwt_cache" directive has a size of less than 64k/],
    ["auth_jwt_cache off;\nauth_jwt_cache size=1m", qr/"auth_jwt_cache" directive is duplicate/],
);
refused('http', "$_->[0]; # here", $_->[1]) for @cache;
refused('server', 'auth_jwt_cache off; # here', qr/"auth_jwt_cache" directive is not allowed here/);
accepted('http', "auth_jwt_cache $_;") for 'off', 'size=64k', 'size=16m', 'size=1g';

note 'auth_jwt_key';
delete $ENV{SALLYPORT_NOT_THERE};
$ENV{SALLYPORT_EMPTY} = '';
$ENV{SALLYPORT_SHORT} = 's' x 31;
$ENV{SALLYPORT_PRIVATE} = key('RS256')->private;
my @keys = (
    ['auth_jwt_key', qr/invalid number of arguments in "auth_jwt_key"/],
    ['auth_jwt_key k', qr/invalid number of arguments in "auth_jwt_key"/],
    ['auth_jwt_key k HS256', qr/invalid number of arguments in "auth_jwt_key"/],
    ['auth_jwt_key k HS256 secret more', qr/invalid number of arguments in "auth_jwt_key"/],
    ['auth_jwt_key k none secret', qr/algorithm.*none|none.*algorithm/],
    ['auth_jwt_key k NONE secret', qr/algorithm/],
    ['auth_jwt_key k hs256 secret', qr/algorithm.*hs256|hs256.*algorithm/],
    ['auth_jwt_key k HS257 secret', qr/algorithm.*HS257|HS257.*algorithm/],
    ['auth_jwt_key k RSA-OAEP RS256.pem', qr/algorithm/],
    ['auth_jwt_key k "" secret', qr/algorithm/],
    ['auth_jwt_key "" HS256 secret', qr/kid|key ID/],
    ['auth_jwt_key k HS256 ""', qr/source|file|empty|directory/],
    ['auth_jwt_key k HS256 nowhere', qr/nowhere.*No such file/],
    ['auth_jwt_key k RS256 nowhere.pem', qr/nowhere\.pem.*No such file/],
    ['auth_jwt_key k HS256 directory', qr/directory/],
    ['auth_jwt_key k HS256 empty', qr/empty|short|weak|bytes/],
    ['auth_jwt_key k HS256 line', qr/empty|short|weak|bytes/],
    ['auth_jwt_key k RS256 empty', qr/"auth_jwt_key".*/],
    ['auth_jwt_key k RS256 text.pem', qr/"auth_jwt_key".*PEM|PEM|key/],
    ['auth_jwt_key k RS256 garbage.pem', qr/"auth_jwt_key".*key/],
    ['auth_jwt_key k RS256 cut.pem', qr/"auth_jwt_key".*key/],
    ['auth_jwt_key k RS256 RS256.key', qr/private/],
    ['auth_jwt_key k ES256 ES256.key', qr/private/],
    ['auth_jwt_key k EdDSA EdDSA.key', qr/private/],
    ['auth_jwt_key k RS256 cert-and-key.pem', qr/private/],
    ['auth_jwt_key k RS256 env:SALLYPORT_PRIVATE', qr/private/],
    ['auth_jwt_key k RS256 ES256.pem', qr/RS256|type|algorithm/],
    ['auth_jwt_key k ES256 RS256.pem', qr/ES256|type|algorithm/],
    ['auth_jwt_key k ES256 ES384.pem', qr/ES256|curve|algorithm/],
    ['auth_jwt_key k ES256 ES256K.pem', qr/ES256|curve|algorithm/],
    ['auth_jwt_key k ES512 ES256.pem', qr/ES512|curve|algorithm/],
    ['auth_jwt_key k EdDSA ES256.pem', qr/EdDSA|type|algorithm/],
    ['auth_jwt_key k ES256 EdDSA.pem', qr/ES256|type|algorithm/],
    ['auth_jwt_key k PS256 EdDSA.pem', qr/PS256|type|algorithm/],
    ['auth_jwt_key k RS256 rsa1024.pem', qr/weak|1024|2048/],
    ['auth_jwt_key k RS256 rsa16384.pem', qr/8192|large|bits/],
    ['auth_jwt_key k RS256 rsa-e-even.pem', qr/"auth_jwt_key".*(?:exponent|key)/],
    ['auth_jwt_key k RS256 rsa-e-1.pem', qr/"auth_jwt_key".*(?:exponent|key)/],
    ['auth_jwt_key k RS256 rsa-e-huge.pem', qr/"auth_jwt_key".*(?:exponent|key)/],
    ['auth_jwt_key k HS256 short31', qr/weak|short|32/],
    ['auth_jwt_key k HS384 short47', qr/weak|short|48/],
    ['auth_jwt_key k HS512 short63', qr/weak|short|64/],
    ['auth_jwt_key k HS256 env:SALLYPORT_NOT_THERE', qr/SALLYPORT_NOT_THERE/],
    ['auth_jwt_key k HS256 env:SALLYPORT_EMPTY', qr/"auth_jwt_key".*/],
    ['auth_jwt_key k HS256 env:SALLYPORT_SHORT', qr/weak|short|32/],
    ['auth_jwt_key k HS256 env:', qr/"auth_jwt_key".*/],
    ['auth_jwt_key k HS256 base64url:', qr/"auth_jwt_key".*/],
    ['auth_jwt_key k HS256 base64url:' . base64url('s' x 31), qr/weak|short|32/],
    ['auth_jwt_key k HS256 base64url:' . base64url("\xff" x 31) . '=', qr/base64url/],
    ['auth_jwt_key k HS256 base64url:' . 'A+/A' x 11, qr/base64url/],
    ['auth_jwt_key k HS256 "base64url:' . 'AAAA' x 11 . ' "', qr/base64url/],
    ['auth_jwt_key k HS256 base64url:' . 'A' x 45, qr/base64url/],
    (map { ["auth_jwt_key k HS256 $_", qr/public key/] } qw(blank.pem commented.pem RS256.der marked.jwk)),
    ['auth_jwt_key k HS256 hex:' . unpack('H*', key('RS256')->public_der), qr/public key/],
    ['auth_jwt_key k HS256 base64url:' . base64url(key('ES256')->public), qr/public key/],
    ['auth_jwt_key k HS256 hex:', qr/"auth_jwt_key".*/],
    ['auth_jwt_key k HS256 hex:' . 'ab' x 31, qr/weak|short|32/],
    ['auth_jwt_key k HS256 hex:' . 'ab' x 32 . 'a', qr/hex/],
    ['auth_jwt_key k HS256 hex:' . 'xy' x 32, qr/hex/],
    ['auth_jwt_key k HS256 hex:0x' . 'ab' x 32, qr/hex/],
    ['auth_jwt_key k RS256 base64url:' . base64url('s' x 64), qr/PEM/],
    ['auth_jwt_key k ES256 hex:' . 'ab' x 64, qr/PEM/],
);
refused('location', "$on\n$_->[0]; # here", $_->[1]) for @keys;
refused($_, "auth_jwt_key k HS256 secret;\nauth_jwt_key k RS256 RS256.pem; # here", qr/k.*(?:twice|duplicate)|duplicate.*k/,
    'one kid twice') for qw(http server location limit_except);
refused('location', "$on auth_jwt_weak_keys on;\nauth_jwt_key k RS256 rsa512.pem; # here", qr/512|1024|weak/, 'less than 1024 bits, ever');
refused('http', "auth_jwt_key k HS256 short31; # here", qr/weak|short|32/, 'a weak key without auth_jwt');
accepted('location', "$on auth_jwt_weak_keys on; auth_jwt_key k HS256 short31;");
accepted('location', "$on auth_jwt_key k HS256 short31; auth_jwt_weak_keys on;", 'weak_keys on behind the key');
refused('if', "$key # here", qr/"auth_jwt_key" directive is not allowed here/);

note 'auth_jwt_key_file';
my %files = (
    'empty'        => qr/empty/,
    'notjson'      => qr/notjson/,
    'array'        => qr/array/,
    'nokeys'       => qr/nokeys/,
    'keys-object'  => qr/keys-object/,
    'nothing'      => qr/nothing/,
    'unusable'     => qr/unusable/,
    'all-weak'     => qr/all-weak/,
    'all-private'  => qr/all-private/,
    'trailing'     => qr/trailing/,
    'twice'        => qr/twice/,
    'deep'         => qr/deep/,
    'huge'         => qr/huge/,
    'not-utf8'     => qr/not-utf8/,
);
give_file('notjson.jwks', '{"keys": [');
give_file('array.jwks', '[]');
give_file('nokeys.jwks', '{}');
give_file('keys-object.jwks', '{"keys": {}}');
give_file('nothing.jwks', '{"keys": []}');
give_file('unusable.jwks', '{"keys": [{"kty":"FUTURE","kid":"a"},{"kty":"RSA","use":"enc","kid":"b","n":"AQ","e":"AQ"}]}');
give_file('all-weak.jwks', jwks({ kty => 'oct', kid => 'w', alg => 'HS256', k => base64url('short') }));
give_file('all-private.jwks', jwks(key('RS256')->jwk(private => 1)));
give_file('trailing.jwks', jwks(key('HS256')) . 'x');
give_file('twice.jwks', '{"keys":[],"keys":' . jwks(key('HS256')) =~ s/^\{"keys":(.*)\}$/$1/sr . '}');
give_file('deep.jwks', '{"keys":' . '[' x 2000 . ']' x 2000 . '}');
give_file('huge.jwks', jwks(key('HS256')) . ' ' x (8 << 20));
give_file('not-utf8.jwks', jwks(key('HS256')) =~ s/hs256/hs\xff/r);
give_file('empty.jwks', '');
for my $name (sort keys %files) {
    refused('location', "$on\nauth_jwt_key_file $name.jwks; # here", qr/\Q$name\E\.jwks/);
}
give_file('many.jwks', '{"keys":[' . join(',', ('{"kty":"RSA"}') x 10_001) . ']}');
refused('location', "$on\nauth_jwt_key_file many.jwks; # here", qr/many\.jwks" has more than 10000 keys/);
refused('location', "$on\nauth_jwt_key_file unusable.jwks; # here", qr/unusable\.jwks" has no usable key \(2 skipped\)/);
give_file('numbers.json', '{"a": 1}');
give_file('weak.json', '{"a": "short"}');
give_file('none.json', '{}');
refused('location', "$on\nauth_jwt_key_file $_.json keyval; # here", qr/$_\.json/) for qw(numbers weak none);
refused('location', "$on\nauth_jwt_key_file array.jwks keyval; # here", qr/array\.jwks/);
refused('location', "$on\nauth_jwt_key_file nowhere.jwks; # here", qr/nowhere\.jwks.*No such file/);
refused('location', "$on\nauth_jwt_key_file directory; # here", qr/directory/);
refused('location', "$on\nauth_jwt_key_file good.jwks jwk; # here", qr/"jwk"/);
refused('location', "$on\nauth_jwt_key_file good.jwks JWKS; # here", qr/"JWKS"/);
refused('location', "$on\nauth_jwt_key_file \$host.jwks pem; # here", qr/"pem"/);
refused('location', "$on\nauth_jwt_key_file \$nope.jwks; # here", qr/unknown "nope" variable/);
refused('location', "$on\nauth_jwt_key_file; # here", qr/invalid number of arguments in "auth_jwt_key_file"/);
refused('location', "$on\nauth_jwt_key_file a b c; # here", qr/invalid number of arguments in "auth_jwt_key_file"/);
refused('location', "$on\nauth_jwt_key_file ''; # here", qr/auth_jwt_key_file|empty|directory/, 'an empty file name');
refused('http', "auth_jwt_key_file nowhere.jwks; # here", qr/nowhere\.jwks/, 'a missing file without auth_jwt');
if ($> != 0) {      # root reads everything
    give_file('tight.jwks', jwks(key('HS256')));
    chmod 0, folder() . '/tight.jwks';
    refused('location', "$on\nauth_jwt_key_file tight.jwks; # here", qr/tight\.jwks.*Permission denied/);
}
my $warned = accepted('location', "$on auth_jwt_key_file mixed.jwks;", 'one sound key beside a weak one')
    if give_file('mixed.jwks', jwks(key('HS256'), { kty => 'oct', kid => 'frail', alg => 'HS256',
        k => base64url('short') })) || 1;
like($warned, qr/\[warn\].*frail/, 'the weak one is warned of');

note 'auth_jwt_algorithms, auth_jwt_weak_keys';
refused('location', "auth_jwt_algorithms$_; # here", qr/auth_jwt_algorithms|algorithm/, "auth_jwt_algorithms$_")
    for '', ' none', ' rs256', ' RS256 XX', ' ""', ' RS256,ES256';
refused('location', "auth_jwt_algorithms RS256;\nauth_jwt_algorithms ES256; # here", qr/duplicate/);
refused('location', "auth_jwt_weak_keys $_; # here", qr/"on" or "off"|invalid/, "auth_jwt_weak_keys $_") for qw(yes 1 ON1);
refused('location', "auth_jwt_weak_keys on;\nauth_jwt_weak_keys on; # here", qr/duplicate/);

note 'claims';
refused('location', "auth_jwt_leeway $_; # here", qr/"auth_jwt_leeway".*invalid value/) for qw(soon -1s 1x);
refused('location', 'auth_jwt_leeway 1s 2s; # here', qr/invalid number of arguments/);
refused('location', "auth_jwt_leeway 1s;\nauth_jwt_leeway 1s; # here", qr/duplicate/);
refused('location', 'auth_jwt_require_exp maybe; # here', qr/"on" or "off"/);
refused('location', "auth_jwt_require_exp on;\nauth_jwt_require_exp off; # here", qr/duplicate/);
for my $name (qw(auth_jwt_issuer auth_jwt_audience)) {
    refused('location', "$name; # here", qr/invalid number of arguments in "$name"/);
    refused('location', "$name a;\n$name b; # here", qr/duplicate/);
    refused('location', "$name ''; # here", qr/$name|empty/);
}
refused('location', "auth_jwt_require$_; # here", qr/auth_jwt_require|variable/, "auth_jwt_require$_")
    for '', ' abc', ' $arg_a abc', ' 1', ' error=403', ' $arg_a error=399', ' $arg_a error=444', ' $arg_a error=',
        ' $arg_a error=abc', ' ""', ' a$arg_a';
refused('location', 'auth_jwt_require $nope; # here', qr/unknown "nope" variable/);
accepted($_, 'auth_require $arg_a $arg_b$arg_c error=404; auth_require $arg_d;') for qw(http server location limit_except);
refused('location', "auth_require$_; # here", qr/auth_require|variable/, "auth_require$_")
    for '', ' abc', ' $arg_a abc', ' 1', ' off', ' error=403', ' $arg_a error=399', ' $arg_a error=444', ' $arg_a error=', ' ""', ' a$arg_a';
refused('location', 'auth_require $nope; # here', qr/unknown "nope" variable/);
refused($_, 'auth_require $arg_a; # here', qr/is not allowed here/) for qw(if main);
for my $name (qw(auth_jwt_claim_set auth_jwt_header_set)) {
    refused('http', "$name; # here", qr/invalid number of arguments in "$name"/);
    refused('http', "$name \$a; # here", qr/invalid number of arguments in "$name"/);
    refused('http', "$name a b; # here", qr/invalid variable name "a"|variable/);
    refused('http', "$name \$ b; # here", qr/variable/);
    refused('http', "$name \$host b; # here", qr/duplicate "host" variable|variable/);
    refused('http', "$name \$auth_subject b; # here", qr/variable/);
    refused($_, "$name \$a b; # here", qr/"$name" directive is not allowed here/) for qw(server location);
}

note 'roles';
my @maps = (
    ['GET; # here', qr/role/, 'no role'],
    ['V2 viewer; # here', qr/an invalid method "V2"/],
    ['"GET " viewer; # here', qr/an invalid method "GET "/],
    ['get viewer; # here', qr/method.*get|get.*method/],
    ['"" viewer; # here', qr/method/],
    ["GET viewer;\nGET editor; # here", qr/GET.*(?:twice|duplicate)|duplicate.*GET/],
    ["ALL viewer;\nALL on; # here", qr/ALL.*(?:twice|duplicate)|duplicate.*ALL/],
    ['GET ""; # here', qr/role/],
    ['GET viewer ""; # here', qr/role/],
    ['GET any; # here', qr/role/],
    ['GET all; # here', qr/role/],
    ['GET "a,b"; # here', qr/role|comma/],
    ['GET "admin "; # here', qr/white space at either end, in role "admin "/],
    ["GET \"a\tb\"; # here", qr/role|control/],
    ["GET \"a\x{7f}\"; # here", qr/role|control/],
    ['GET "a\nb"; # here', qr/role|control/],
    ['GET viewer viewer; # here', qr/viewer/],
    ['GET any a b a; # here', qr/"?a"?/],
    ['GET on viewer; # here', qr/on/],
    ['GET off viewer; # here', qr/off/],
    ['GET on off; # here', qr/on|off/],
    ['GET off off; # here', qr/off/],
);
refused('location', "$on $key\nauth_role_map {\n$_->[0]\n}", $_->[1], $_->[2] // "auth_role_map { $_->[0] }" =~ s/ # here//r) for @maps;
refused('server', "auth_role_map {\nfetch viewer; # here\n}", qr/fetch/, 'an invalid method, where auth_jwt is off');
accepted('location', "$on $key auth_role_map { PURGE admin; REPORT any a b; QUERY on; VERSION-CONTROL a; }");

note 'scopes';
my @scope_maps = (
    ['GET; # here', qr/no scope for method "GET"/],
    ['get orders.read; # here', qr/an invalid method "get"/],
    ["GET a;\nGET b; # here", qr/method "GET" twice/],
    ['GET ""; # here', qr/an empty scope/],
    ['GET "a b"; # here', qr/a character that scopes cannot have in scope "a b"/],
    ['GET \'a"b\'; # here', qr/a character that scopes cannot have/],
    ["GET \xc3\xa4; # here", qr/a character that scopes cannot have/],
    ['GET a a; # here', qr/scope "a" twice/],
    ['GET on a; # here', qr/scopes after "on"/],
);
refused('location', "$on $key\nauth_scope_map {\n$_->[0]\n}", $_->[1], "auth_scope_map { $_->[0] }" =~ s/ # here//r) for @scope_maps;
accepted($_, "$on $key auth_scope_map { GET orders.read; POST any orders.write https://api.example/admin; PURGE off; }") for qw(http server location);
refused('location', "$on $key\nauth_scope_map { GET a; }\nauth_scope_map { # here\nGET b; # here\n} # here", qr/duplicate/, 'two scope maps');
refused('location', "$on $key\nauth_scope_map { # here\n} # here", qr/"auth_scope_map" directive is empty/);
refused('location', "auth_scope_map { # here\nGET a; # here\n} # here", qr/"auth_scope_map" directive has no effect: auth_jwt is not switched on here/, 'a scope map without tokens');
refused('location', "auth_password x; auth_password_file users.json; auth_scope_map { # here\nGET a; # here\n} # here", qr/only tokens have scopes|users\.json/, 'a scope map with passwords alone');
refused($_, "auth_scope_map { # here\nGET a; }", qr/"auth_scope_map" directive is not allowed here/) for qw(if limit_except);
accepted($_, "$on $key auth_scope_claim scope scp .realm.scopes https://api.example/scopes;") for qw(http server location);
refused('location', 'auth_scope_claim; # here', qr/invalid number of arguments/);
refused('location', 'auth_scope_claim scope .a[; # here', qr/"auth_scope_claim" directive has a path "\.a\[" that/);
refused('location', "auth_scope_claim a;\nauth_scope_claim b; # here", qr/duplicate/);
refused($_, 'auth_scope_claim a; # here', qr/is not allowed here/) for qw(limit_except if);
refused('location', "$on $key\nauth_role_map { GET a; }\nauth_role_map { # here\nGET b; # here\n} # here", qr/duplicate/, 'two maps');
refused('location', "$on $key\nauth_role_map GET viewer; # here", qr/auth_role_map/, 'no braces');
refused('location', "$on $key\nauth_role_map x { # here\nGET viewer; }", qr/invalid number of arguments/, 'an argument');
refused('location', "$on $key\nauth_role_map { # here\nGET { # here\nx; } # here\n}", qr/./, 'a block in a block');
refused('location', "auth_role_map { # here\nGET viewer; # here\n} # here", qr/auth_role_map.*auth_jwt|auth_jwt/, 'a map where auth_jwt is off');
refused('http', "$on $key server { location / {\nauth_jwt off; auth_role_map { # here\nGET viewer; # here\n} # here\nempty_gif; } }",
    qr/auth_role_map|auth_jwt/, 'a map where auth_jwt was switched off');
accepted('http', "$on $key server { auth_role_map { GET viewer; } location / { empty_gif; } }", 'a map where auth_jwt is inherited');
refused('if', "auth_role_map { # here\nGET viewer; }", qr/"auth_role_map" directive is not allowed here/, 'a map in if');
refused('limit_except', "auth_role_map { # here\nGET viewer; }", qr/"auth_role_map" directive is not allowed here/, 'a map in limit_except');
for my $name (qw(auth_roles_claim auth_tenant_claim)) {
    refused('location', "$name; # here", qr/invalid number of arguments in "$name"/);
    refused('location', "$name a b; # here", qr/invalid number of arguments in "$name"/);
    refused('location', "$name ''; # here", qr/$name|empty/);
    refused('location', "$name a;\n$name b; # here", qr/duplicate/);
    refused('limit_except', "$name a; # here", qr/"$name" directive is not allowed here/);
}

note 'tenants, answers';
refused('location', 'auth_tenant_expect; # here', qr/invalid number of arguments in "auth_tenant_expect"/);
refused('location', 'auth_tenant_expect $host $uri; # here', qr/invalid number of arguments in "auth_tenant_expect"/);
refused('location', "auth_tenant_expect $_; # here", qr/"auth_tenant_expect" directive has an invalid tenant name/)
    for '"acme "', '" acme"', '" "', "\"a\tb\"";
refused('location', 'auth_tenant_expect $nope; # here', qr/unknown "nope" variable/);
refused('location', "auth_tenant_expect \$host;\nauth_tenant_expect \$host; # here", qr/duplicate/);
refused('location', 'auth_tenant_expect ""; # here', qr/auth_tenant_expect.*empty/);
accepted('location', "$on $key auth_forward_credential bearer;");
accepted($_, "$on $key auth_forward_credential off;") for qw(http server location);
accepted('location', qq{auth_jwt "r" token=$_; $key auth_forward_credential off;}) for '$http_x', '$cookie_a', '$http_a$cookie_b';
refused('location', qq{$key auth_forward_credential off;\nauth_jwt "r" token=$_; # here},
    qr/"auth_jwt" directive reads the token from a variable that "auth_forward_credential off" cannot withhold/) for '$arg_a', '$http_a$arg_b', '$remote_user';
refused('location', "auth_forward_credential $_; # here", qr/"auth_forward_credential" directive has no effect: no auth_jwt/) for qw(off bearer);
refused('location', "$on $key auth_endpoint me; auth_forward_credential off; # here", qr/"auth_forward_credential" directive has no effect/);
accepted($_, 'auth_forward_credential off;') for qw(http server);
accepted('location', 'auth_forward_credential on;');
refused('location', "auth_forward_credential $_; # here", qr/auth_forward_credential|invalid value/) for qw(none yes);
refused('location', "auth_forward_credential off;\nauth_forward_credential off; # here", qr/duplicate/);
refused($_, 'auth_forward_credential off; # here', qr/is not allowed here/) for qw(limit_except if main);
accepted($_, "$on $key auth_connection_end stream;") for qw(http server location);
accepted($_, "auth_connection_end upgrade;") for qw(http server);
accepted('location', 'auth_connection_end off;');
accepted('location', 'internal; auth_connection_end upgrade;');
accepted('server', 'location @named { auth_connection_end stream; }');
accepted('server', 'auth_request /x; location /y { auth_connection_end stream; }');
accepted('location', 'auth_request /x; auth_connection_end stream;');
refused('location', "auth_connection_end $_; # here", qr/"auth_connection_end" directive has no effect: no auth_jwt, auth_password, auth_api_key or auth_request is switched on here/) for qw(upgrade stream);
refused('server', "auth_request /x; location /y { auth_request off; auth_connection_end stream; # here\n}", qr/"auth_connection_end" directive has no effect/);
refused('server', "$on $key location /y { auth_jwt off; auth_connection_end stream; # here\n}", qr/"auth_connection_end" directive has no effect/);
refused('location', "$on $key auth_endpoint me; auth_connection_end stream; # here", qr/"auth_connection_end" directive has no effect in the location of an endpoint/);
refused('location', "$on $key auth_connection_end $_; # here", qr/"auth_connection_end" directive has an invalid value "\Q$_\E": off, upgrade or stream/) for qw(on Stream none $arg_x);
refused('location', "auth_connection_end off;\nauth_connection_end off; # here", qr/"auth_connection_end" directive is duplicate/);
refused('location', "auth_connection_end$_; # here", qr/invalid number of arguments in "auth_connection_end"/) for '', ' upgrade stream';
refused($_, 'auth_connection_end off; # here', qr/is not allowed here/) for qw(limit_except if main);
refused('location', "auth_error_body $_; # here", qr/auth_error_body|invalid value/, "auth_error_body $_") for qw(xml on);
refused('location', "auth_error_body json;\nauth_error_body html; # here", qr/duplicate/);
refused('if', 'auth_error_body json; # here', qr/"auth_error_body" directive is not allowed here/);
