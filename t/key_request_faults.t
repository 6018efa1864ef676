# auth_jwt_key_request: what a source may answer, and that a bad answer harms nobody.

use FindBin;
use lib "$FindBin::Bin/lib";
use Compress::Zlib ();
use IO::Compress::Gzip ();
use Sallyport::Test;
use Sallyport::Pending;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(512);

our ($one, $two, $three) = map { key('HS256', $_) } qw(one two three);
our $idp = Sallyport::Upstream->new;

# A location for sources: /_jwks... is /jwks... there.
our $source = <<'EOF_SOURCE';
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
EOF_SOURCE

sub gzipped {
    my ($text) = @_;
    IO::Compress::Gzip::gzip(\$text, \my $packed);
    return $packed;
}

# An answer that says that its body is encoded.
sub in_gzip {
    my ($body, $coding) = @_;
    return { headers => ['Content-Encoding: ' . ($coding // 'gzip')], body => $body };
}

sub spoilt {
    my ($text, $at) = @_;
    substr($text, $at, 1) ^= "\x55";
    return $text;
}

our $mib = 1 << 20;

# Answers that are none: [what, answer].
our @faults = (
    (map { ["status $_" => { status => $_, body => jwks($two) }] } 201, 203, 206, 400, 401, 403, 404, 429, 500, 503),
    (map { ["status $_" => { status => $_, headers => ["Location: http://$ENV{TEST_NGINX_IDP}/jwks/good"],
        body => jwks($two) }] } 301, 302, 307),
    (map { ["status $_" => { status => $_ }] } 204, 304),
    ['a reset before it'            => { before => 'reset' }],
    ['closed before it'             => { before => 'close' }],
    ['a reset within the headers'   => { raw => "HTTP/1.1 200 OK\r\nContent-Le", after => 'reset' }],
    ['closed within the headers'    => { raw => "HTTP/1.1 200 OK\r\nContent-Le" }],
    ['a reset behind the headers'   => { body => jwks($two), cut => 0, after => 'reset' }],
    ['a reset within the body'      => { body => jwks($two) . ' ' x 1000, cut => 500, after => 'reset' }],
    ['closed within the body'       => { body => jwks($two), length => 10 + length jwks($two) }],
    ['a large body cut short'       => { body => jwks($two) . ' ' x $mib, cut => 600_000 }],
    ['chunks without an end'        => { body => jwks($two) . ' ' x 1000, chunked => 300, cut => 700 }],
    ['chunks that are none'         => { raw => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" . jwks($two) }],
    ['10 MB'                        => { body => jwks($two) . ' ' x 10_000_000 }],
    ['10 MB in chunks'              => { body => jwks($two) . ' ' x 10_000_000, chunked => 60_000 }],
    ['10 MB without a length'       => { body => jwks($two) . ' ' x 10_000_000, version => '1.0', length => undef }],
    ['one byte above 8 MiB'         => { body => jwks($two) . ' ' x (8 * $mib + 1 - length jwks($two)) }],
    ['gzip that is none'            => in_gzip(jwks($two))],
    ['an empty gzip'                => in_gzip('')],
    ['a gzip header alone'          => in_gzip(substr gzipped(jwks($two)), 0, 10)],
    ['gzip cut short'               => in_gzip(substr gzipped(jwks($two)), 0, -20)],
    ['gzip without its last byte'   => in_gzip(substr gzipped(jwks($two)), 0, -1)],
    ['gzip without its end'         => { %{ in_gzip(gzipped(jwks($two))) }, cut => 60 }],
    ['gzip with a wrong checksum'   => in_gzip(spoilt(gzipped(jwks($two)), -8))],
    ['gzip with a wrong length'     => in_gzip(spoilt(gzipped(jwks($two)), -4))],
    ['gzip that is damaged'         => in_gzip(spoilt(gzipped(jwks($two)), 12))],
    ['more behind the gzip'         => in_gzip(gzipped(jwks($two)) . 'x')],
    ['zeros behind the gzip'        => in_gzip(gzipped(jwks($two)) . "\0" x 512)],
    ['gzip of one byte above 8 MiB' => in_gzip(gzipped(jwks($two) . ' ' x (8 * $mib + 1 - length jwks($two))))],
    ['gzip of 200 MB'               => in_gzip(gzipped(jwks($two)) . gzipped(' ' x 10_000_000) x 20)],
    ['gzip of a page'               => in_gzip(gzipped('<html></html>'))],
    ['gzip in gzip'                 => in_gzip(gzipped(gzipped(jwks($two))))],
    ['gzip twice'                   => in_gzip(gzipped(gzipped(jwks($two))), 'gzip, gzip')],
    ['zlib as gzip'                 => in_gzip(Compress::Zlib::compress(jwks($two)))],
    (map { ["in $_" => in_gzip(gzipped(jwks($two)), $_)] } qw(br zstd deflate compress unknown)),
    ['gzip that is not declared'    => { body => gzipped(jwks($two)) }],
    ['headers above all limits'     => { headers => ['X-Long: ' . 'x' x 100_000], body => jwks($two) }],
    ['no HTTP'                      => { raw => "what do you want?\r\n" }],
    ['an empty body'                => { body => '' }],
    ['blanks'                       => { body => "  \n" }],
    ['a page'                       => { headers => ['Content-Type: text/html'], body => "<html><body>Log in</body></html>\n" }],
    ['JSON cut short'               => { body => substr jwks($two), 0, -1 }],
    ['more behind the JSON'         => { body => jwks($two) . 'x' }],
    ['not UTF-8'                    => { body => jwks($two) =~ s/two/tw\xff/r }],
    ['a NUL'                        => { body => jwks($two) . "\0" }],
    ['deep JSON'                    => { body => '{"keys":' . '[' x 5000 . ']' x 5000 . '}' }],
    ['a member twice'               => { body => '{"keys":[],' . substr jwks($two), 1 }],
    (map { ["$_, no set" => { body => $_ }] } 'null', '[]', '{}', '"keys"', '1', '{"keys":{}}', '{"keys":null}',
        '{"error":"try later"}', json($two->jwk), json([$two->jwk])),
);

run_tests();

__DATA__

=== a source that refuses connections
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    sub { $::idp->down },
    quick('down' => get('/x', bearer($::one)), 'keys_unavailable', log => qr/\[error\].*sallyport: key request "\/_jwks" failed: /),
    sub { $::idp->up },
    ['up again' => get('/x', bearer($::one)), 200, within => 5],
]



=== a bad answer leaves the keys in force that there were
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_n; empty_gif; }
]
--- cases eval
my $line = sub { qr/\[$_[1]\].*sallyport: key request "\/_jwks\/$_[0]" failed: .*the previous keys remain in use/ };
[
    sub { $::idp->answer('/jwks/good' => jwks($::two), map { ("/jwks/$_" => [jwks($::one), $::faults[$_][1]]) } 0 .. $#::faults) },
    (map { my $n = $_; my $what = $::faults[$n][0]; (
        ["$what: before"          => get("/x?n=$n", bearer($::one)), 200],
        ["$what: the old key"     => get("/x?n=$n", bearer($::one)), 200],
        ["$what: any other key"   => get("/x?n=$n", bearer($::two)), 'keys_unavailable'],
        logged("$what: one error", $line->($n, 'error'), 1),
    ) } 0 .. $#::faults),
    fetched('redirects are not followed' => '/jwks/good', 0),
    sub { $::idp->answer(map { ("/jwks/$_" => jwks($::two)) } 0 .. $#::faults) },
    (map { ["$::faults[$_][0]: mended" => get("/x?n=$_", bearer($::two)), 200, within => 5] } 0 .. $#::faults),
]



=== a bad answer where there are no keys yet
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_n; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    sub { $::idp->answer(map { ("/jwks/$_" => $::faults[$_][1]) } 0 .. $#::faults) },
    (map { [$::faults[$_][0] => get("/x?n=$_", bearer($::two)), 'keys_unavailable',
        log => qr/\[error\].*sallyport: key request "\/_jwks\/$_" failed: (?!.*remain in use)/] } 0 .. $#::faults),
    sub { $::idp->answer(map { ("/jwks/$_" => jwks($::two)) } 0 .. $#::faults) },
    (map { ["$::faults[$_][0]: mended" => get("/x?n=$_", bearer($::two)), 200, within => 5] } 0 .. $#::faults),
]



=== good answers of every form
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_n; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
my $set = jwks($::one);
my @good = (
    ['chunks of one byte'     => { body => $set, chunked => 1 }],
    ['chunks'                 => { body => $set . "\n" x 100_000, chunked => 1000 }],
    ['HTTP/1.0'               => { body => $set, version => '1.0' }],
    ['without a length'       => { body => $set, version => '1.0', length => undef }],
    ['HTTP/1.1 without a length' => { body => $set, length => undef }],
    ['byte by byte'           => { body => $set, drip => 0.005 }],
    ['100 KB'                 => { body => jwks($::one, ({ kty => 'x', x => 'y' x 50_000 }) x 2) }],
    ['5 MB'                   => { body => ' ' x 5_000_000 . $set }],
    ['gzip'                   => in_gzip(gzipped($set))],
    ['gzip in capitals'       => in_gzip(gzipped($set), 'GZip')],
    ['x-gzip'                 => in_gzip(gzipped($set), 'x-gzip')],
    ['gzip in chunks'         => { %{ in_gzip(gzipped($set)) }, chunked => 7 }],
    ['gzip in two members'    => in_gzip(gzipped(substr $set, 0, 20) . gzipped(substr $set, 20))],
    ['gzip of 8 MiB'          => in_gzip(gzipped($set . ' ' x (8 * $::mib - length $set)))],
    ['gzip of a thousand keys' => in_gzip(gzipped(jwks((map { $::two->jwk(kid => "n$_") } 1 .. 1000), $::one)))],
    ['identity'               => in_gzip($set, 'identity')],
    ['8 MiB'                  => { body => $set . ' ' x (8 * $::mib - length $set) }],
    ['8 MiB without a length' => { body => $set . ' ' x (8 * $::mib - length $set), version => '1.0', length => undef }],
    ['another type'           => { body => $set, headers => ['Content-Type: text/html; charset=latin1'] }],
    ['headers of every kind'  => { body => $set, headers => ['ETag: "x"', 'Last-Modified: Wed, 25 Nov 2026 10:00:00 GMT',
        'Cache-Control: no-store', 'Set-Cookie: idp=secret', 'X-Idp: secret', 'X-Accel-Limit-Rate: 1000000',
        'WWW-Authenticate: Basic realm="idp"', 'Vary: *', 'Content-Disposition: attachment'] }],
    ['a thousand keys'        => jwks((map { $::two->jwk(kid => "n$_") } 1 .. 1000), $::one)],
    ['blanks and line breaks' => "\n\t " . $set =~ s/([{}\[\]:,])/ $1\r\n/gr],
);
[
    sub { $::idp->answer(map { ("/jwks/$_" => $good[$_][1]) } 0 .. $#good) },
    (map { [$good[$_][0] => get("/x?n=$_", bearer($::one)), 200,
        headers => { map { $_ => undef } qw(Set-Cookie X-Idp ETag Vary Content-Disposition WWW-Authenticate) }] } 0 .. $#good),
    (map { ["$good[$_][0], once more" => get("/x?n=$_", bearer($::one)), 200] } 0 .. $#good),
    (map { fetched($good[$_][0] => "/jwks/$_", 1) } 0 .. $#good),
]



=== a valid set without keys is taken at its word
--- config eval
$::source . q[
location /x      { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
location /keyval { auth_jwt "r"; auth_jwt_key_request /_jwks/keyval keyval; empty_gif; }
location /none   { auth_jwt "r"; auth_jwt_key_request /_jwks/none; auth_jwt_key_cache 1h; empty_gif; }
location /odd    { auth_jwt "r"; auth_jwt_key_request /_jwks/odd; auth_jwt_key_cache 1h; empty_gif; }
location /two    { auth_jwt "r"; auth_jwt_key_request /_jwks/none; auth_jwt_key_request /_jwks/full; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one), '/jwks/keyval' => keyval($::one), '/jwks/none' => '{"keys":[]}', '/jwks/full' => jwks($::one),
        '/jwks/odd' => jwks({ kty => 'FUTURE', kid => 'one' }, key('RS256', 'enc')->jwk(use => 'enc'))),
    ['before'                => get('/x', bearer($::one)), 200],
    answers('/jwks' => '{"keys":[]}'),
    ['no keys'               => get('/x', bearer($::one)), 'keys_unavailable'],
    ['any other kid'         => get('/x', bearer($::two)), 'keys_unavailable'],
    ['no token'              => get('/x'), 'no_credential'],
    answers('/jwks' => jwks($::one)),
    ['keys again'            => get('/x', bearer($::one)), 200, within => 5],
    ['keyval, before'        => get('/keyval', bearer($::one)), 200],
    answers('/jwks/keyval' => '{}'),
    ['keyval, no keys'       => get('/keyval', bearer($::one)), 'keys_unavailable'],
    ['none from the beginning' => get('/none', bearer($::one)), 'keys_unavailable'],
    ['none that is of use'   => get('/odd', bearer($::one)), 'keys_unavailable'],
    ['another source has some' => get('/two', bearer($::one)), 200],
]



=== failures in the error log: the first of a row at error, later ones at info
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
]
--- cases eval
my $failed = qr/sallyport: key request "\/_jwks" failed: \S/;
[
    answers('/jwks' => 500),
    ['once'                    => get('/x', bearer($::one)), 'keys_unavailable'],
    pause(1.2),
    ['twice'                   => get('/x', bearer($::one)), 'keys_unavailable'],
    fetched('both were tried'  => '/jwks', 2),
    logged('one error'         => qr/\[error\].*$failed/, 1),
    logged('one information'   => qr/\[info\].*$failed/, 1),
    logged('no keys to keep'   => qr/$failed.*remain in use/, 0),
    answers('/jwks' => jwks($::one)),
    ['mended'                  => get('/x', bearer($::one)), 200, within => 5],
    answers('/jwks' => 500),
    ['down again'              => get('/x', bearer($::one)), 200],
    logged('a second error'    => qr/\[error\].*$failed/, 2),
    logged('the keys stay'     => qr/\[error\].*$failed.*; the previous keys remain in use/, 1),
]



=== an answer that sends nginx elsewhere
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_n; empty_gif; }
location /elsewhere { internal; proxy_pass http://$TEST_NGINX_IDP/elsewhere; }
location /loop { internal; proxy_pass http://$TEST_NGINX_IDP/loop; }
]
--- cases eval
my $any = [qr/\A(?:200|503)\z/, reason => qr/\A(?:keys_unavailable)?\z/];
[
    answers('/jwks/1' => { headers => ['X-Accel-Redirect: /elsewhere'], body => jwks($::one) },
        '/jwks/2' => { headers => ['X-Accel-Redirect: /loop'], body => jwks($::one) },
        '/jwks/3' => { headers => ['X-Accel-Redirect: /nowhere'], body => jwks($::one) },
        '/jwks/4' => { headers => ['X-Accel-Redirect: @named'], body => jwks($::one) },
        '/jwks/5' => { headers => ['X-Accel-Redirect: /x?n=5'], body => jwks($::one) },
        '/loop' => { headers => ['X-Accel-Redirect: /loop'] }, '/elsewhere' => jwks($::one), '/jwks/good' => jwks($::one)),
    (map { my $n = $_; map { ["X-Accel-Redirect, $n, $_" => get("/x?n=$n", bearer($::one)), @$any] } 1 .. 2 } 1 .. 5),
    ['all is well' => get('/x?n=good', bearer($::one)), 200],
]
