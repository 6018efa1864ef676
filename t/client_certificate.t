# auth_jwt_binding, auth_jwt_client_certificate: tokens bound to a TLS client certificate (RFC 8705).

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Digest::SHA qw(sha256);
use File::Temp;
use MIME::Base64 qw(encode_base64 encode_base64url);
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $certificates = File::Temp->newdir;
$ENV{TEST_NGINX_CERTIFICATES} = "$certificates";
for my $name (qw(server alice mallory)) {
    system(qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj), "/CN=$name",
        '-keyout', "$certificates/$name.key", '-out', "$certificates/$name.pem", '-addext', 'subjectAltName=DNS:localhost') == 0
        or die 'openssl req failed';
}

sub pem { my ($name) = @_; open my $file, '<', "$certificates/$name.pem" or die $!; local $/; return <$file> }
sub der { my ($name) = @_; return MIME::Base64::decode_base64(pem($name) =~ s/-----[^\n]*\n//gr) }
sub thumbprint { my ($name) = @_; return encode_base64url(sha256(der($name))) }
sub escaped { my ($text) = @_; return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/egr }

# A valid token with these members of cnf; without any it is not bound.
sub bound { my (%cnf) = @_; return bearer(key('HS256'), { sub => 'alice', %cnf ? (cnf => \%cnf) : () }) }
sub bound_to { my ($name, %more) = @_; return bound('x5t#S256' => thumbprint($name), %more) }

our $at = "https://$ENV{TEST_NGINX_OTHER}";
sub certificate { my ($name) = @_; return $name ? ('--cert', "$certificates/$name.pem", '--key', "$certificates/$name.key") : () }

# A request over TLS with a client's certificate, and the reason for which it is refused; none: 200.
sub over_tls {
    my ($name, $client, $uri, $token, $reason, @options) = @_;
    return sub {
        my $answer = curl('-k', certificate($client), @options, '-H', $token, "$at$uri");
        my ($status) = $answer =~ m{^HTTP/\S+ (\d+)};
        my ($found) = $answer =~ /^x-reason: (\S+)/mi;
        Test::More::is($status, $reason ? 401 : 200, "$name: status") or Test::More::diag($answer);
        Test::More::is($found, $reason, "$name: reason");
        Test::More::like($answer, qr/^www-authenticate: Bearer .*error="invalid_token"/mi, "$name: challenge") if $reason;
    };
}

our $tls = <<'EOF_TLS';
    listen $TEST_NGINX_OTHER ssl http2;
    server_name localhost;
    ssl_certificate $TEST_NGINX_CERTIFICATES/server.pem;
    ssl_certificate_key $TEST_NGINX_CERTIFICATES/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:1m;
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    add_header X-Reason $auth_reason always;
    location /x        { empty_gif; }
    location /require  { auth_jwt_binding require; empty_gif; }
    location /mtls     { auth_jwt_binding require mtls; empty_gif; }
    location /off      { auth_jwt_binding off; empty_gif; }
    location /variable { auth_jwt_client_certificate $ssl_client_escaped_cert; empty_gif; }
    location /absent   { auth_jwt_client_certificate $arg_certificate; empty_gif;
        location /absent/own { auth_jwt_client_certificate off; empty_gif; } }
EOF_TLS

run_tests();

__DATA__

=== the certificate of the connection, not verified by a CA
--- http_config eval
"server { $::tls ssl_verify_client optional_no_ca; }"
--- config
location /unused { empty_gif; }
--- cases eval
my $bound = bound_to('alice');
[
    over_tls('its holder', 'alice', '/x', $bound),
    over_tls('a thief with another certificate', 'mallory', '/x', $bound, 'certificate_mismatch'),
    over_tls('a thief without a certificate', undef, '/x', $bound, 'certificate_mismatch'),
    over_tls('HTTP/2', 'alice', '/x', $bound, undef, '--http2'),
    over_tls('a thief with HTTP/2', 'mallory', '/x', $bound, 'certificate_mismatch', '--http2'),
    over_tls('an unbound token', 'alice', '/x', bound()),
    over_tls('an unbound token without a certificate', undef, '/x', bound()),
    over_tls('required', 'alice', '/require', $bound),
    over_tls('required, of a thief', 'mallory', '/mtls', $bound, 'certificate_mismatch'),
    over_tls('required, unbound', 'alice', '/require', bound(), 'token_unbound'),
    over_tls('required by mTLS, unbound', 'alice', '/mtls', bound(), 'token_unbound'),
    over_tls('ignored', 'mallory', '/off', $bound),
    (map { over_tls("another spelling: $_", 'alice', '/x', bound('x5t#S256' => $_), 'token_bound') }
        thumbprint('alice') . '=', substr(thumbprint('alice'), 0, 42), thumbprint('alice') . 'A', '',
        thumbprint('alice') =~ s/.\z/chr(1 + ord $&)/er, encode_base64(sha256(der('alice')), '') =~ s/=//r . ' '),
    over_tls('SHA-1 in its place', 'alice', '/x', bound('x5t' => thumbprint('alice')), 'token_bound'),
    over_tls('a member that is not understood beside it', 'alice', '/x', bound_to('alice', kid => 'k'), 'token_bound'),
    over_tls('bound to a DPoP key as well', 'alice', '/x', bound_to('alice', jkt => thumbprint('alice')), 'scheme_mismatch'),
    over_tls('bound to a DPoP key alone', 'alice', '/mtls', bound(jkt => thumbprint('alice')), 'token_bound'),
    over_tls('no string', 'alice', '/x', bound('x5t#S256' => [thumbprint('alice')]), 'token_bound'),
    over_tls('the variable of nginx', 'alice', '/variable', $bound),
    over_tls('the variable of nginx, of a thief', 'mallory', '/variable', $bound, 'certificate_mismatch'),
    over_tls('the variable of nginx, without a certificate', undef, '/variable', $bound, 'certificate_mismatch'),
    over_tls('an empty variable hides the connection', 'alice', '/absent', $bound, 'certificate_mismatch'),
    over_tls('unless it is off', 'alice', '/absent/own', $bound),
]



=== several requests over one connection
--- http_config eval
"server { $::tls ssl_verify_client optional_no_ca; }"
--- config
location /unused { empty_gif; }
--- cases eval
sub statuses {
    my ($name, $expected, @options) = @_;
    return sub {
        my $answer = curl('-k', certificate('alice'), @options,
            '-H', bound_to('alice'), "$::at/x", '--next', '-ksSi', certificate('alice'), @options, '-H', bound_to('mallory'), "$::at/x",
            '--next', '-ksSi', certificate('alice'), @options, '-H', bound_to('alice'), "$::at/x", '-w', '[%{num_connects}]');
        Test::More::is(join(' ', $answer =~ m{HTTP/\S+ (\d+) }g), $expected, $name);
        Test::More::like($answer, qr/\[0\]/, "$name: one connection");
    };
}
[
    statuses('HTTP/1.1', '200 401 200'),
    statuses('HTTP/2', '200 401 200', '--http2'),
]



=== a session that is resumed keeps its certificate
--- http_config eval
"server { $::tls ssl_verify_client optional_no_ca; }"
--- config
location /unused { empty_gif; }
--- cases eval
sub s_client {
    my ($token, @options) = @_;
    my $request = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n$token\r\n\r\n";
    my $file = "$::certificates/request";
    open my $to, '>', $file or die $!;
    print {$to} $request;
    close $to;
    return scalar qx(timeout 10 openssl s_client -connect $ENV{TEST_NGINX_OTHER} -ign_eof @options <$file 2>&1);
}
sub resumed {
    my ($version, $owner, $reason) = @_;
    return sub {
        my $session = "$::certificates/$version.session";
        my @alice = ("-$version", '-cert', "$::certificates/alice.pem", '-key', "$::certificates/alice.key");
        Test::More::like(s_client(bound_to('alice'), @alice, '-sess_out', $session), qr{HTTP/1.1 200}, "$version: at first");
        my $answer = s_client(bound_to($owner), "-$version", '-sess_in', $session);
        Test::More::like($answer, qr{^Reused, }m, "$version: resumed");
        Test::More::like($answer, $reason ? qr{HTTP/1.1 401.*X-Reason: $reason}s : qr{HTTP/1.1 200}, "$version: $owner");
    };
}
[map { my $version = $_; map { resumed($version, @$_) } ['alice'], ['mallory', 'certificate_mismatch'] } qw(tls1_2 tls1_3)]



=== ssl_verify_client on: the certificate is verified as well
--- http_config eval
"server { $::tls ssl_verify_client on; ssl_client_certificate \$TEST_NGINX_CERTIFICATES/alice.pem; }"
--- config
location /unused { empty_gif; }
--- cases eval
[
    over_tls('its holder', 'alice', '/mtls', bound_to('alice')),
    over_tls('a token of another', 'alice', '/mtls', bound_to('mallory'), 'certificate_mismatch'),
    sub {
        my $answer = curl('-k', certificate('mallory'), '-H', bound_to('mallory'), "$::at/mtls");
        Test::More::like($answer, qr{^HTTP/\S+ 400}, 'nginx refuses an unknown certificate');
    },
]



=== no certificate is asked for
--- http_config eval
"server { $::tls }"
--- config
location /unused { empty_gif; }
--- cases eval
[
    over_tls('a bound token', 'alice', '/x', bound_to('alice'), 'certificate_mismatch'),
    over_tls('an unbound one', 'alice', '/x', bound()),
]



=== a certificate from the server in front
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { auth_jwt_client_certificate $http_x_certificate; empty_gif; }
location /plain { empty_gif; }
--- http_config
large_client_header_buffers 4 64k;
--- cases eval
my $bound = bound_to('alice');
my $with = sub { my ($value) = @_; return get('/x', $bound, "X-Certificate: $value") };
my $sequence = ':' . encode_base64(der('alice'), '') . ':';
[
    ['PEM, escaped'                => $with->(escaped(pem('alice'))), 200],
    ['PEM, escaped in small letters' => $with->(escaped(pem('alice')) =~ s/(%..)/lc $1/egr), 200],
    ['a chain: the first counts'   => $with->(escaped(pem('alice') . pem('mallory'))), 200],
    ['a chain of another'          => $with->(escaped(pem('mallory') . pem('alice'))), 'certificate_mismatch'],
    ['RFC 9440'                    => $with->($sequence), 200],
    ['RFC 9440, of another'        => $with->(':' . encode_base64(der('mallory'), '') . ':'), 'certificate_mismatch'],
    ['none'                        => get('/x', $bound), 'certificate_mismatch'],
    ['empty'                       => $with->(''), 'certificate_mismatch'],
    (map { ['no certificate' => $with->($_->[1]), 'certificate_mismatch', log => qr/the value of "auth_jwt_client_certificate" is not a certificate/] }
        [word => 'x'], ['the thumbprint' => thumbprint('alice')], ['colons' => '::'], ['a colon' => ':'], ['not base64' => ':!!!!:'],
        ['cut' => substr($sequence, 0, 100) . ':'], ['bytes behind' => ':' . encode_base64(der('alice') . 'x', '') . ':'],
        ['base64 alone' => encode_base64(der('alice'), '')], ['a broken escape' => escaped(pem('alice')) =~ s/%0A/%0/r],
        ['text in front' => 'x' . escaped(pem('alice'))], ['a private key' => escaped(do { local @ARGV = "$::certificates/alice.key"; local $/; <> })],
        ['too long' => escaped(pem('alice')) . '%0A' x 17_000]),
    ['not asked for here'          => get('/plain', $bound, "X-Certificate: $sequence"), 'certificate_mismatch'],
]
