# auth_jwt_key_file: formats, names with variables, several files, and files that change.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our ($one, $two, $three) = map { key('HS256', $_) } qw(one two three);

# "kid" of a file that has nothing usable but $one, and members that are to be left out.
sub leftovers {
    return jwks(
        $one,
        key('RS256', 'private-rsa')->jwk(private => 1),
        key('EdDSA', 'private-okp')->jwk(private => 1),
        key('RS256', 'weak-rsa', bits => 1024),
        { kty => 'oct', kid => 'weak-oct', alg => 'HS256', k => base64url('short') },
        { kty => 'oct', kid => 'weak-hs512', alg => 'HS512', k => base64url('k' x 63) },
        { kty => 'RSA', kid => 'broken-rsa', alg => 'RS256', e => 'AQAB', n => '!!!' },
        { kty => 'EC', kid => 'broken-ec', alg => 'ES256', crv => 'P-256', x => 'AAAA', y => 'AAAA' },
        key('ES256', 'off-curve')->jwk(y => base64url("\1" x 32)),
    );
}

run_tests();

__DATA__

=== jwks is the default; keyval holds PEM and secrets
--- conf eval
({
    'set.json'   => jwks($::one, key('RS256'), key('EdDSA')),
    'pairs.json' => json({ one => $::one->private, rs256 => key('RS256')->public,
                           es384 => key('ES384')->public, cert => key('PS256', 'cert')->certificate }),
})
--- config
location /default { auth_jwt "r"; auth_jwt_key_file set.json; empty_gif; }
location /jwks    { auth_jwt "r"; auth_jwt_key_file set.json jwks; empty_gif; }
location /keyval  { auth_jwt "r"; auth_jwt_key_file pairs.json keyval; empty_gif; }
--- cases eval
[
    (map { my $where = $_; map { [$where . ' ' . $_->kid => get($where, bearer($_)), 200] }
        $::one, key('RS256'), key('EdDSA') } '/default', '/jwks'),
    (map { ['keyval ' . $_->kid => get('/keyval', bearer($_)), 200] } $::one, key('RS256'), key('ES384')),
    ['a certificate in keyval'  => get('/keyval', bearer(key('PS256', 'cert'))), 200],
    ['a secret does each HS*'   => get('/keyval', bearer(forge(key('HS512', 'one', secret => $::one->private),
        '{"alg":"HS512","kid":"one"}', '{}'))), 200],
    ['PEM text is no secret'    => get('/keyval', bearer(key('HS256', 'rs256', secret => key('RS256')->public))),
        'algorithm_mismatch'],
    ['an unknown kid'           => get('/keyval', bearer($::two)), 'key_unknown'],
]



=== keys that are left out are told: twenty, then how many more
--- conf eval
({
    'many.jwks' => jwks($::one, map { { kty => 'RSA', kid => "broken$_" } } 1 .. 1000),
    'few.jwks'  => jwks($::one, { kty => 'FUTURE', kid => 'future' }, key('RS256')->jwk(use => 'enc', kid => 'enc'),
                        key('RS256')->jwk(alg => 'RSA-OAEP', kid => 'oaep')),
})
--- config
location /x { auth_jwt "r"; auth_jwt_key_file many.jwks; auth_jwt_key_file few.jwks; empty_gif; }
--- cases eval
my $told = sub {
    my ($name, $file, $what, $times) = @_;
    return sub { Test::More::is(lines_with(qr/key file ".*\Q$file\E": $what/), $times // 1, $name) };
};
[
    ['the others are used' => get('/x', bearer($::one)), 200],
    $told->('twenty warnings', 'many.jwks', 'key "broken\d+" skipped', 20),
    $told->('and a count', 'many.jwks', '980 more keys skipped'),
    $told->('an unknown type', 'few.jwks', 'key "future" skipped: its type is "FUTURE"'),
    $told->('a key for encryption', 'few.jwks', 'key "enc" skipped: its use is "enc"'),
    $told->('an algorithm for encryption', 'few.jwks', 'key "oaep" skipped: its algorithm is "RSA-OAEP"'),
]



=== several files and keys by directive, in order
--- conf eval
({ 'a.jwks' => jwks($::one), 'b.jwks' => jwks($::two),
   'c.json' => json({ one => $::three->private, three => $::three->private }),
   'one.pem' => key('RS256', 'direct')->public })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file a.jwks;
    auth_jwt_key_file b.jwks jwks;
    auth_jwt_key_file c.json keyval;
    auth_jwt_key direct RS256 one.pem;
    empty_gif;
}
--- cases eval
[
    (map { [$_->kid => get('/x', bearer($_)), 200] } $::one, $::two, $::three, key('RS256', 'direct')),
    ['a kid of two files: the second one\'s key' => get('/x', bearer($::three, {}, { kid => 'one' })), 200],
    ['a kid of two files: neither key' => get('/x', bearer($::two, {}, { kid => 'one' })), 'signature_invalid'],
    ['without a kid'      => get('/x', bearer($::three, {}, { kid => undef })), 200],
    ['an unknown kid'     => get('/x', bearer($::one, {}, { kid => 'four' })), 'key_unknown'],
]



=== names with variables
--- conf eval
({ 'keys/acme.jwks' => jwks($::one->jwk(kid => 'k')), 'keys/globex.jwks' => jwks($::two->jwk(kid => 'k')),
   'keys/broken.jwks' => '{', 'keys/empty.jwks' => '{"keys":[]}', 'keys/huge.jwks' => ' ' x (9 << 20) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys/$arg_t.jwks;
    empty_gif;
}
location /y {
    auth_jwt "r";
    auth_jwt_key_file $arg_file;
    empty_gif;
}
--- cases eval
my ($one, $two) = map { bearer($_, {}, { kid => 'k' }) } $::one, $::two;
my $root = $ENV{TEST_NGINX_SERVROOT};
[
    ['acme'                     => get('/x?t=acme', $one), 200],
    ['globex'                   => get('/x?t=globex', $two), 200],
    ['acme\'s token at globex'  => get('/x?t=globex', $one), 'signature_invalid'],
    ['globex\'s token at acme'  => get('/x?t=acme', $two), 'signature_invalid'],
    ['a file that is missing'   => get('/x?t=nobody', $one), 'keys_unavailable'],
    ['a file that is broken'    => get('/x?t=broken', $one), 'keys_unavailable'],
    ['a file without keys'      => get('/x?t=empty', $one), 'keys_unavailable'],
    ['a file above 8 MiB'       => get('/x?t=huge', $one), 'keys_unavailable'],
    ['no value'                 => get('/x', $one), 'keys_unavailable'],
    ['a .. segment'             => get('/x?t=../keys/acme', $one), 'keys_unavailable'],
    ['a .. segment in between'  => get('/x?t=a/../acme', $one), 'keys_unavailable'],
    ['dots in a name are none'  => get('/x?t=acme..', $one), 'keys_unavailable'],
    ['no token, no file needed' => get('/x?t=nobody'), 'no_credential'],
    ['a relative name'          => get('/y?file=keys/acme.jwks', $one), 200],
    ['an absolute name'         => get("/y?file=$root/conf/keys/acme.jwks", $one), 200],
    ['.. at the end'            => get('/y?file=keys/..', $one), 'keys_unavailable'],
    ['.. at the beginning'      => get('/y?file=../conf/keys/acme.jwks', $one), 'keys_unavailable'],
    ['a folder'                 => get('/y?file=keys', $one), 'keys_unavailable'],
    ['a device'                 => get('/y?file=/dev/zero', $one), 'keys_unavailable'],
    ['an empty name'            => get('/y?file=', $one), 'keys_unavailable'],
    ['a very long name'         => get('/y?file=' . 'a' x 6000, $one), 'keys_unavailable'],
    ['still good'               => get('/x?t=acme', $one), 200],
]



=== a file that appears later
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file late-$arg_t.jwks;
    empty_gif;
}
--- cases eval
[
    ['not there'   => get('/x?t=1', bearer($::one)), 'keys_unavailable'],
    sub { change('late-1.jwks', jwks($::one)) },
    ['there'       => get('/x?t=1', bearer($::one)), 200, within => 2],
    sub { change('late-1.jwks', jwks($::two)) },
    ['changed'     => get('/x?t=1', bearer($::two)), 200, within => 2],
    ['the old key' => get('/x?t=1', bearer($::one)), 'key_unknown'],
]



=== more names than are remembered
--- conf eval
({ map { ("many/$_.jwks" => jwks($::one)) } 1 .. 1100 })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file many/$arg_t.jwks;
    empty_gif;
}
--- cases eval
my $token = bearer($::one);
[
    ['each of 1100 files' => [map { [get("/x?t=$_", $token), 200] } 1 .. 900]],
    ['each of 1100 files, the rest' => [map { [get("/x?t=$_", $token), 200] } 901 .. 1100]],
    ['the first again'    => get('/x?t=1', $token), 200],
    ['the last again'     => get('/x?t=1100', $token), 200],
]



=== rewritten in place
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['before: the old key' => get('/x', bearer($::one)), 200],
    ['before: the new key' => get('/x', bearer($::two)), 'key_unknown'],
    sub { change('k.jwks', jwks($::two)) },
    ['after: the new key'  => get('/x', bearer($::two)), 200, within => 2],
    ['after: the old key'  => get('/x', bearer($::one)), 'key_unknown'],
    sub { change('k.jwks', jwks($::two->jwk(kid => 'one'))) },
    ['another key under the same kid' => get('/x', bearer($::two, {}, { kid => 'one' })), 200, within => 2],
]



=== rewritten twice within a second, the size unchanged
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
my ($two, $six) = (key('HS256', 'two'), key('HS256', 'six'));
[
    ['first'  => get('/x', bearer($::one)), 200],
    sub { change('k.jwks', jwks($two)) },
    ['second' => get('/x', bearer($two)), 200, within => 2],
    sub { change('k.jwks', jwks($six)) },
    ['third'  => get('/x', bearer($six)), 200, within => 2],
    ['the second is gone' => get('/x', bearer($two)), 'key_unknown'],
]



=== another file renamed over it
--- conf eval
({ 'k.json' => keyval($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.json keyval;
    empty_gif;
}
--- cases eval
[
    ['before'              => get('/x', bearer($::one)), 200],
    sub { replace('k.json', keyval($::two)) },
    ['after: the new key'  => get('/x', bearer($::two)), 200, within => 2],
    ['after: the old key'  => get('/x', bearer($::one)), 'key_unknown'],
]



=== an older file renamed over it
--- conf eval
({ 'k.jwks' => jwks($::one), 'older.jwks' => jwks($::two) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['before'             => get('/x', bearer($::one)), 200],
    sub { utime 1, 1, conf_path('older.jwks'); rename conf_path('older.jwks'), conf_path('k.jwks') },
    ['after: the new key' => get('/x', bearer($::two)), 200, within => 2],
    ['after: the old key' => get('/x', bearer($::one)), 'key_unknown'],
]



=== a symbolic link switched, as Kubernetes does
--- conf eval
({ 'v1/k.jwks' => jwks($::one), 'v2/k.jwks' => jwks($::two) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k-$arg_t.jwks;
    empty_gif;
}
--- cases eval
[
    sub { symlink('v1', conf_path('data')); symlink('data/k.jwks', conf_path('k-1.jwks')) },
    ['before'              => get('/x?t=1', bearer($::one)), 200],
    sub { symlink('v2', conf_path('data.new')); rename conf_path('data.new'), conf_path('data') },
    ['after: the new key'  => get('/x?t=1', bearer($::two)), 200, within => 2],
    ['after: the old key'  => get('/x?t=1', bearer($::one)), 'key_unknown'],
]



=== a change that is broken leaves the old keys in force, and is logged once
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
my $line = qr/\[error\].*k\.jwks/;
[
    ['before'                    => get('/x', bearer($::one)), 200],
    sub { change('k.jwks', '{"keys": [') },
    noticed('the old key'        => get('/x', bearer($::one)), 200, $line),
    pause(0.7),
    ['the old key, later'        => [map { [get('/x', bearer($::one)), 200] } 1 .. 5]],
    logged('one error line', $line, 1),
    ['an unknown kid: perhaps of the broken file' => get('/x', bearer($::two)), 'keys_unavailable',
        log => qr/\[error\].*sallyport: refused 503 keys_unavailable, kid "two"/],
    ['a forged token is not'     => get('/x', bearer($::two, {}, { kid => 'one' })), 'signature_invalid'],
    sub { change('k.jwks', jwks($::two)) },
    ['mended'                    => get('/x', bearer($::two)), 200, within => 2],
    ['the old key is gone'       => get('/x', bearer($::one)), 'key_unknown'],
    logged('still one error line', $line, 1),
    sub { unlink conf_path('k.jwks') },
    noticed('missing: the old key' => get('/x', bearer($::two)), 200, $line, 2),
    pause(0.7),
    ['missing: the old key, later' => get('/x', bearer($::two)), 200],
    ['missing: an unknown kid'   => get('/x', bearer($::one)), 'keys_unavailable'],
    logged('a second error line', $line, 2),
    sub { change('k.jwks', jwks($::one)) },
    ['there again'               => get('/x', bearer($::one)), 200, within => 2],
]



=== a change with nothing in it but rubbish: each kind leaves the old keys in force
--- conf eval
({ map { ("k$_.jwks" => jwks($::one)) } 1 .. 7 })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k$arg_n.jwks;
    empty_gif;
}
--- cases eval
my @rubbish = ('', 'null', '[]', '{}', '{"keys": {}}', '{"keys": []} x', "\xff\xfe");
[
    (map { ["before, $_" => get("/x?n=$_", bearer($::one)), 200] } 1 .. 7),
    sub { change("k$_.jwks", $rubbish[$_ - 1]) for 1 .. 7 },
    (map { noticed("after \"$rubbish[$_ - 1]\"" => get("/x?n=$_", bearer($::one)), 200, qr/\[error\].*k$_\.jwks/) } 1 .. 7),
    pause(0.7),
    (map { ["later \"$rubbish[$_ - 1]\"" => get("/x?n=$_", bearer($::one)), 200] } 1 .. 7),
    (map { logged("one error line for \"$rubbish[$_ - 1]\"", qr/\[error\].*k$_\.jwks/, 1) } 1 .. 7),
]



=== a change that the workers cannot read leaves the old keys in force
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
my $line = qr/\[error\].*k\.jwks/;
[
    ['before'                  => get('/x', bearer($::one)), 200],
    sub { change('k.jwks.new', jwks($::two)); chmod 0, conf_path('k.jwks.new');
          rename conf_path('k.jwks.new'), conf_path('k.jwks') },
    noticed('the old key'      => get('/x', bearer($::one)), 200, $line),
    pause(0.7),
    ['the old key, later'      => get('/x', bearer($::one)), 200],
    logged('one error line', $line, 1),
    ['an unknown kid'          => get('/x', bearer($::two)), 'keys_unavailable'],
    sub { chmod 0644, conf_path('k.jwks') },
    ['readable: the new key'   => get('/x', bearer($::two)), 200, within => 2],
]



=== a file that the workers cannot read works until it changes, and a warning at start says so
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- suppress_stderr
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
# As an ordinary user master and workers read alike, and there is nothing to warn of.
my $warning = qr/\[warn\].*k\.jwks/;
[
    ['before the reload' => get('/x', bearer($::one)), 200],
    sub { chmod 0600, conf_path('k.jwks') },
    reload(),
    ['after a reload'  => get('/x', bearer($::one)), 200],
    pause(0.7),
    ['later'           => get('/x', bearer($::one)), 200],
    ['an unknown kid'  => get('/x', bearer($::two)), 'key_unknown'],
    $> == 0 ? logged('a warning', $warning, 1) : logged('no warning', $warning, 0),
    logged('no error', qr/\[error\].*k\.jwks/, 0),
    sub { change('k.jwks', jwks($::two)) },
    $> == 0
        ? (pause(0.7), ['after the change: the old key' => get('/x', bearer($::one)), 200])
        : ['after the change: the new key' => get('/x', bearer($::two)), 200, within => 5],
]



=== workers are not root
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['one request' => get('/x', bearer(key('HS256'))), 200],
    sub {
        chomp(my $pid = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid"));
        my @users = map { (stat "/proc/$_")[4] } split ' ', slurp("/proc/$pid/task/$pid/children");
        Test::More::ok(@users > 0 && !grep({ $_ == 0 } @users), "users of the workers: @users");
    },
]



=== a valid set without keys is taken at its word
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['before'        => get('/x', bearer($::one)), 200],
    sub { change('k.jwks', '{"keys": []}') },
    ['no keys'       => get('/x', bearer($::one)), 'keys_unavailable', within => 2],
    ['any other kid' => get('/x', bearer($::two)), 'keys_unavailable'],
    ['no token'      => get('/x'), 'no_credential'],
    sub { change('k.jwks', jwks($::one)) },
    ['keys again'    => get('/x', bearer($::one)), 200, within => 2],
]



=== one broken file of two
--- conf eval
({ 'a.jwks' => jwks($::one), 'b.jwks' => jwks($::two) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file a.jwks;
    auth_jwt_key_file b.jwks;
    empty_gif;
}
--- cases eval
[
    ['both'            => [[get('/x', bearer($::one)), 200], [get('/x', bearer($::two)), 200]]],
    sub { change('b.jwks', 'x') },
    ['the sound file'  => get('/x', bearer($::one)), 200],
    noticed('the broken file\'s old key' => get('/x', bearer($::two)), 200, qr/\[error\].*b\.jwks/),
    ['a kid of neither' => get('/x', bearer($::three)), 'keys_unavailable'],
]



=== private, weak and broken keys are left out with a warning that names the kid
--- conf eval
({ 'k.jwks' => ::leftovers() })
--- suppress_stderr
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['the sound key'           => get('/x', bearer($::one)), 200],
    (map { logged("a warning names $_", qr/\[warn\].*\Q$_\E/) }
        qw(private-rsa private-okp weak-rsa weak-oct weak-hs512 broken-rsa broken-ec off-curve)),
    (map { [$_->kid . ' is not used' => get('/x', bearer($_)), 'key_unknown'] }
        key('RS256', 'private-rsa'), key('EdDSA', 'private-okp'), key('RS256', 'weak-rsa', bits => 1024),
        key('HS256', 'weak-oct', secret => 'short'), key('ES256', 'off-curve')),
]



=== left out in a file that changes, as well
--- conf eval
({ 'k.jwks' => jwks($::two) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['before' => get('/x', bearer($::two)), 200],
    sub { change('k.jwks', leftovers()) },
    ['the sound key' => get('/x', bearer($::one)), 200, within => 2],
    (map { logged("a warning names $_", qr/\[warn\].*\Q$_\E/) } qw(private-rsa weak-rsa weak-oct broken-ec)),
    ['a private key is not used' => get('/x', bearer(key('RS256', 'private-rsa'))), 'key_unknown'],
]



=== keyval: private and weak keys are left out with a warning
--- conf eval
({ 'k.json' => json({ one => $::one->private, private => key('RS256', 'private')->private,
                      weak => 'short', small => key('RS256', 'small', bits => 1024)->public }) })
--- suppress_stderr
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.json keyval;
    empty_gif;
}
--- cases eval
[
    ['the sound key'         => get('/x', bearer($::one)), 200],
    (map { logged("a warning names $_", qr/\[warn\].*"?\b$_\b/) } qw(private weak small)),
    ['the private key'       => get('/x', bearer(key('RS256', 'private'))), 'key_unknown'],
    ['its text as a secret'  => get('/x', bearer(key('HS256', 'private', secret => key('RS256', 'private')->private))),
        'key_unknown'],
    ['the weak secret'       => get('/x', bearer(key('HS256', 'weak', secret => 'short'))), 'key_unknown'],
    ['the small RSA key'     => get('/x', bearer(key('RS256', 'small', bits => 1024))), 'key_unknown'],
]



=== weak keys in a file where they are allowed
--- conf eval
({ 'k.jwks' => jwks({ kty => 'oct', kid => 'weak', alg => 'HS256', k => base64url('short') },
                    key('RS256', 'small', bits => 1024)) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_weak_keys on;
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['a short secret'  => get('/x', bearer(key('HS256', 'weak', secret => 'short'))), 200],
    ['a small RSA key' => get('/x', bearer(key('RS256', 'small', bits => 1024))), 200],
]



=== keys of other kinds and uses are left out in silence
--- conf eval
({ 'k.jwks' => json({ extra => 1, keys => [
    $::one->jwk(use => 'sig', key_ops => ['verify'], 'x-extra' => { a => [1] }),
    key('RS256', 'enc')->jwk(use => 'enc'),
    key('RS256', 'ops')->jwk(key_ops => ['encrypt']),
    key('RS256', 'sig-ops')->jwk(key_ops => ['sign']),
    { kty => 'FUTURE', kid => 'future', z => 'z' },
    { kty => 'OKP', crv => 'X25519', kid => 'x25519', x => base64url('x' x 32) },
    { kty => 'EC', crv => 'P-192', kid => 'p192', x => 'AA', y => 'AA' },
    key('RS256', 'oaep')->jwk(alg => 'RSA-OAEP'),
]}) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['the sound key' => get('/x', bearer($::one)), 200],
    (map { ["$_ is not used" => get('/x', bearer(key('RS256', $_))), 'key_unknown'] } qw(enc ops sig-ops oaep)),
    logged('no warning', qr/\[warn\]/, 0),
]



=== a set of ten thousand keys, and a kid that is not in it
--- conf eval
({ 'k.jwks' => jwks((map { { kty => 'oct', kid => "n$_", alg => 'HS256', k => base64url('k' x 32 . $_) } } 1 .. 9_999), $::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['the last'    => get('/x', bearer($::one)), 200],
    ['the 5000th'  => get('/x', bearer(key('HS256', 'n5000', secret => 'k' x 32 . 5000))), 200],
    ['not in it'   => get('/x', bearer($::two)), 'key_unknown'],
    ['another\'s'  => get('/x', bearer(key('HS256', 'n1', secret => 'k' x 32 . 2))), 'signature_invalid'],
    sub { change('k.jwks', jwks($::two)) },
    ['changed'     => get('/x', bearer($::two)), 200, within => 3],
]



=== a folder that the workers cannot enter: what the master read counts
--- conf eval
require File::Path;
File::Path::make_path(conf_path('closed'));
({ 'closed/k.jwks' => jwks($::one) })
--- suppress_stderr
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file closed/k.jwks;
    empty_gif;
}
--- cases eval
[
    ['before'          => get('/x', bearer($::one)), 200],
    sub { chmod 0700, conf_path('closed') },
    reload(),
    ['the key'         => get('/x', bearer($::one)), 200],
    pause(0.7),
    ['later'           => get('/x', bearer($::one)), 200],
    ['an unknown kid'  => get('/x', bearer($::two)), 'key_unknown'],
    logged('no error', qr/\[error\].*k\.jwks/, 0),
    sub { chmod 0755, conf_path('closed') },
    pause(0.7),
    ['opened again'    => get('/x', bearer($::one)), 200],
]



=== a token without a kid, while the file that may have its key is broken
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_jwt_key_file other-$arg_f.jwks;
    empty_gif;
}
--- cases eval
my $token = bearer($::one, {}, { kid => undef });
[
    ['the file is missing' => get('/x?f=none', $token), 'keys_unavailable'],
    sub { change('other-a.jwks', jwks($::one)) },
    ['the file is there'   => get('/x?f=a', $token), 200],
    sub { change('other-b.jwks', jwks($::two)) },
    ['another key'         => get('/x?f=b', $token), 'signature_invalid'],
]



=== a large file is read on a thread: the old keys serve meanwhile
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x { auth_jwt "r"; auth_jwt_key_file k.jwks; empty_gif; }
location /named { auth_jwt "r"; auth_jwt_key_file $arg_f.jwks; empty_gif; }
--- cases eval
my @many = map { { kty => 'oct', kid => "m$_", k => base64url('m' x 40 . $_) } } 1 .. 2000;
[
    ['at first'  => get('/x', bearer($::one)), 200],
    sub { replace('k.jwks', jwks($::two, @many)) },
    ['the change' => get('/x', bearer($::two)), 200, within => 3],
    ['the old key is gone' => get('/x', bearer($::one)), 'key_unknown'],
    logged('which came and went', qr/k\.jwks" changed: 2001 keys, added .* and \d+ more, removed "one"/, 1),
    ['first named: the request waits' => get('/named?f=k', bearer($::two)), 200],
    sub { replace('k.jwks', '{"keys":[' . ' ' x 40000) },
    noticed('broken: the old keys stay' => get('/x', bearer($::two)), 200, qr/\[error\].*k\.jwks/),
    logged('an error', qr/\[error\].*k\.jwks" is not a JSON object, or exceeds the limits; the previous keys remain in use/, 1),
    ['and stay' => get('/x', bearer($::two)), 200],
]



=== the folder above is replaced by another one
--- conf eval
require File::Path;
File::Path::make_path(conf_path($_)) for qw(top/keys next/keys);
({ 'top/keys/k.jwks' => jwks($::one), 'next/keys/k.jwks' => jwks($::two) })
--- config
location /x { auth_jwt "r"; auth_jwt_key_file top/keys/k.jwks; empty_gif; }
--- cases eval
[
    ['before'    => get('/x', bearer($::one)), 200],
    pause(2.5),
    ['at rest'   => get('/x', bearer($::one)), 200],
    sub {
        rename conf_path('top'), conf_path('gone') or die $!;
        rename conf_path('next'), conf_path('top') or die $!;
    },
    ['the new one' => get('/x', bearer($::two)), 200, within => 5],
    ['not the old' => get('/x', bearer($::one)), 'key_unknown'],
    sub { replace('top/keys/k.jwks', jwks($::three)) },
    ['a change in it' => get('/x', bearer($::three)), 200, within => 5],
]
