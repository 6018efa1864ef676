# auth_api_key_file: entries, validity, rotation, mistakes, files that change.

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

# Each bad entry beside a good one.
our %mistakes = (
    unknown_member => { key => digest('x'), role => ['a'] },
    password       => { password => digest('x') },
    no_key         => { sub => 'x' },
    clear_text     => { key => 'x' },
    plain          => { key => '{PLAIN}x' },
    number         => { key => 7 },
    empty          => { key => '' },
    no_digest      => { key => 'sha256:' },
    short_digest   => { key => 'sha256:' . substr sha256_hex('x'), 0, 63 },
    long_digest    => { key => 'sha256:' . sha256_hex('x') . '0' },
    not_hex        => { key => 'sha256:' . 'g' x 64 },
    other_digest   => { key => 'sha512:' . 'a' x 128 },
    no_prefix      => { key => sha256_hex('x') },
    sub_number     => { key => digest('x'), sub => 5 },
    sub_empty      => { key => digest('x'), sub => '' },
    tenant_number  => { key => digest('x'), tenant_id => 5 },
    roles_text     => { key => digest('x'), roles => 'viewer' },
    roles_comma    => { key => digest('x'), roles => ['a,b'] },
    expires_text   => { key => digest('x'), expires => 'soon' },
    before_null    => { key => digest('x'), not_before => undef },
    not_an_object  => digest('x'),
);


# A file of more than 32 KiB.
sub large { my @keys = @_; return json({ (map { $_ => { key => digest($_) } } @keys), map { ("id$_" => { key => digest("filler$_") }) } 1 .. 3000 }) }

run_tests();

__DATA__

=== entries
--- config
location /x {
    auth_api_key "r";
    auth_api_key_file keys.json;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- conf eval
({ 'keys.json' => json({
    'billing-2026' => { key => digest('old'), sub => 'billing', tenant_id => 'acme', roles => ['invoices'] },
    'billing-2027' => { key => digest('new'), sub => 'billing', tenant_id => 'acme', roles => ['invoices'], not_before => time - 5 },
    'capitals' => { key => 'sha256:' . uc sha256_hex('capitals') },
    'past'     => { key => digest('past'), expires => time - 1 },
    'pasttext' => { key => digest('pasttext'), expires => '2020-01-01T00:00:00Z' },
    'future'   => { key => digest('future'), not_before => '2099-01-01T00:00:00Z' },
    'soon'     => { key => digest('soon'), expires => int(time) + 15 },
    'slow-past' => { key => hash('slow'), expires => 1 },
    'a.b'      => { key => hash('dotted') },
    (map { $_ => { key => hash("of-$_", $_), sub => "s-$_" } } qw(md5 sha256 sha512 bcrypt yescrypt)),
}) })
--- suppress_stderr
--- cases eval
[
    ['good until it is not' => get('/x', api_key('soon')), 200],
    ['two keys of one client, the old' => get('/x', api_key('old')), 200, body => qr/user=billing tenant=acme roles=invoices /],
    ['two keys of one client, the new' => get('/x', api_key('new')), 200, body => qr/user=billing tenant=acme roles=invoices /],
    ['capitals in the digest' => get('/x', api_key('capitals')), 200],
    (map { [$_ => get('/x', api_key($_)), 'credential_expired'] } qw(past pasttext)),
    ['a slow one that expired' => get('/x', api_key('slow-past.slow')), 'credential_expired'],
    ['a slow one that expired, wrong' => get('/x', api_key('slow-past.slo')), 'credential_invalid'],
    ['not yet'   => get('/x', api_key('future')), 'credential_not_yet_valid'],
    (map { (["$_" => get('/x', api_key("$_.of-$_")), 200, body => qr/user=s-$_ /],
            ["$_, wrong" => get('/x', api_key("$_.Of-$_")), 'credential_invalid']) } qw(md5 sha256 sha512 bcrypt yescrypt)),
    ['an ID with a dot' => get('/x', api_key('a.b.dotted')), 'credential_invalid'],
    ['it expired' => get('/x', api_key('soon')), 'credential_expired', within => 17],
    sub { Test::More::like(error_log(), qr/\[warn\].*keys\.json.*"a\.b"/, 'a warning names the ID with a dot') },
]



=== entries with mistakes are left out
--- config eval
join '', map { "location /$_ { auth_api_key \"r\"; auth_api_key_file $_.json; empty_gif; }\n" } sort keys %::mistakes
--- conf eval
({ map { ("$_.json" => json({ good => { key => digest('good') }, $_ => $::mistakes{$_} })) } keys %::mistakes })
--- suppress_stderr
--- cases eval
[
    map { my $name = $_; (
        ["$name: the good one" => get("/$name", api_key('good')), 200],
        ["$name: left out" => get("/$name", api_key('x')), 'credential_invalid'],
        ["$name: with its ID" => get("/$name", api_key("$name.x")), 'credential_invalid'],
        sub { Test::More::like(error_log(), qr/\[warn\].*\/$name\.json.*"$name"/, "$name: a warning names the ID") },
    ) } sort keys %::mistakes
]



=== one key under two IDs
--- config
location /x { auth_api_key "r"; auth_api_key_file keys.json; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval
({ 'keys.json' => '{"one":{"key":"' . digest('x') . '"},"two":{"key":"' . digest('x') . '"},"three":{"key":"' . digest('y') . '"}}' })
--- suppress_stderr
--- cases eval
[
    ['the first'   => get('/x', api_key('x')), 200, body => qr/user=one /],
    ['another key' => get('/x', api_key('y')), 200, body => qr/user=three /],
    sub { Test::More::like(error_log(), qr/\[warn\].*keys\.json.*"two"/, 'a warning names the second') },
]



=== rotation
--- config
location /x { auth_api_key "r"; auth_api_key_file keys.json; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval
({ 'keys.json' => json({ one => { key => digest('first'), sub => 'client' }, slow => { key => hash('paper') } }) })
--- no_error_log
[alert]
--- cases eval
my ($first, $second, $slow) = map { api_key($_) } qw(first second slow.paper);
my %key = (one => { key => digest('first'), sub => 'client' }, two => { key => digest('second'), sub => 'client' }, slow => { key => hash('paper') });
my $with = sub { my @ids = @_; sub { replace('keys.json', json({ map { $_ => $key{$_} } @ids })) } };
[
    ['the old key'         => get('/x', $first), 200, body => qr/user=client /],
    ['a slow key'          => get('/x', $slow), 200],
    ['the new one is not there' => get('/x', $second), 'credential_invalid'],
    $with->(qw(one two slow)),
    ['added: the new key'  => get('/x', $second), 200, within => 3, body => qr/user=client /],
    ['added: the old key'  => get('/x', $first), 200, body => qr/user=client /],
    ['added: a slow key'   => get('/x', $slow), 200],
    $with->(qw(two)),
    ['removed: the old key' => get('/x', $first), 'credential_invalid', within => 3],
    ['removed: the slow key, which was remembered' => get('/x', $slow), 'credential_invalid'],
    ['removed: the new key' => get('/x', $second), 200],
    sub { change('keys.json', '{"two": ') },
    noticed('broken: as before' => get('/x', $second), 200, qr/\[error\].*keys\.json/),
    logged('broken: logged once', qr/\[error\].*keys\.json/, 1),
    sub { my $one = json($key{one}); replace('keys.json', qq({"one":$one,"one":$one})); Time::HiRes::sleep(1.2) },
    ['an ID twice: as before' => get('/x', $second), 200],
    ['an ID twice: nothing of it' => get('/x', $first), 'credential_invalid'],
    $with->(qw(one)),
    ['whole again'         => get('/x', $first), 200, within => 3],
    ['and the other is gone' => get('/x', $second), 'credential_invalid'],
]



=== a large file that changes under requests
--- config
location /x { auth_api_key "r"; auth_api_key_file keys.json; empty_gif; }
--- conf eval
({ 'keys.json' => large('always', 'one') })
--- cases eval
[
    ['before' => get('/x', api_key('always')), 200],
    ['one of many' => get('/x', api_key('filler2999')), 200],
    map({ my ($new, $old) = @$_; (
        sub { replace('keys.json', large('always', $new)) },
        sub { judge_all("$new: the key that stays", [map { Time::HiRes::sleep(0.02); pending(get('/x', api_key('always'))) } 1 .. 30], 200) },
        ["$new: there" => get('/x', api_key($new)), 200, within => 4],
        ["$old: gone"  => get('/x', api_key($old)), 'credential_invalid', within => 4],
    ) } ['two', 'one'], ['one', 'two']),
]
