# auth_password_file: hashes, the two forms, and what is left out of a file.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our @schemes = qw(md5 sha256 sha512 bcrypt yescrypt apr1 sha ssha ssha256 ssha512 crypt);
our %bcrypt = map { my $kind = $_; ($kind => hash("of $kind") =~ s/^\$2y/\$$kind/r) } qw(2a 2b);

sub rfc3339 {
    my ($seconds) = @_;
    my @at = gmtime time + $seconds;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $at[5] + 1900, $at[4] + 1, @at[3, 2, 1, 0];
}

# Each bad entry beside a good one: name, members.
our %mistakes = (
    unknown_member  => { password => hash('x'), role => ['a'] },
    capital_member  => { password => hash('x'), Expires => 1 },
    no_password     => { sub => 'x' },
    empty_password  => { password => '' },
    number          => { password => 7 },
    clear_text      => { password => 'x' },
    no_scheme       => { password => '$99$abc$def' },
    cut_hash        => { password => '$2y$04$abcdefghij' },
    cost_too_low    => { password => '$6$rounds=999$salt$' . 'x' x 86 },
    cost_too_high   => { password => '$2y$32$' . 'x' x 53 },
    too_much_memory => { password => '$y$jQT$saltsalt$' . 'x' x 43 },
    cut_sha         => { password => '{SHA}' },
    des             => { password => crypt('x', 'ab') },
    digest          => { password => digest('x') },
    plain           => { password => '{PLAIN}x' },
    star            => { password => '*' },
    bang            => { password => '!' . hash('x') },
    sub_number      => { password => hash('x'), sub => 5 },
    sub_null        => { password => hash('x'), sub => undef },
    sub_empty       => { password => hash('x'), sub => '' },
    sub_blank       => { password => hash('x'), sub => 'alice ' },
    tenant_blank    => { password => hash('x'), tenant_id => ' acme' },
    roles_blank     => { password => hash('x'), roles => ['admin '] },
    sub_control     => { password => hash('x'), sub => "a\nb" },
    tenant_number   => { password => hash('x'), tenant_id => 5 },
    tenant_control  => { password => hash('x'), tenant_id => "a\tb" },
    roles_text      => { password => hash('x'), roles => 'viewer' },
    roles_comma     => { password => hash('x'), roles => ['a,b'] },
    roles_number    => { password => hash('x'), roles => ['a', 1] },
    roles_control   => { password => hash('x'), roles => ["a\x01"] },
    expires_text    => { password => hash('x'), expires => 'soon' },
    expires_null    => { password => hash('x'), expires => undef },
    expires_date    => { password => hash('x'), expires => '2027-01-01' },
    expires_month   => { password => hash('x'), expires => '2027-13-01T00:00:00Z' },
    expires_array   => { password => hash('x'), expires => [1] },
    before_true     => { password => hash('x'), not_before => JSON::PP::true() },
    not_an_object   => hash('x'),
);

run_tests();

__DATA__

=== JSON: the members
--- config
location /x {
    auth_password "r";
    auth_password_file users.json;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- conf eval
my $hash = hash('x');
({ 'users.json' => " \n" x 0 . json({
    alice   => { password => $hash, tenant_id => 'acme', roles => ['viewer', 'a b'] },
    bob     => { password => $hash, sub => 'user-17' },
    carol   => { password => $hash, tenant_id => undef, roles => [] },
    "j\x{fc}rgen" => { password => $hash },
    past    => { password => $hash, expires => time - 1 },
    pasttext => { password => $hash, expires => '2020-01-01T00:00:00Z' },
    zone    => { password => $hash, expires => '2020-01-01T00:00:00+01:00' },
    future  => { password => $hash, not_before => time + 3600 },
    futuretext => { password => $hash, not_before => '2099-01-01T00:00:00.5Z' },
    within  => { password => $hash, not_before => rfc3339(-60), expires => rfc3339(3600) },
    soon    => { password => $hash, expires => int(time) + 15 },
    then    => { password => $hash, not_before => int(time) + 15 },
}) })
--- cases eval
[
    ['it is good until it is not' => get('/x', basic(soon => 'x')), 200],
    ['not yet'          => get('/x', basic(then => 'x')), 'credential_not_yet_valid'],
    ['tenant and roles' => get('/x', basic(alice => 'x')), 200, body => qr/user=alice tenant=acme roles=viewer,a b /],
    ['sub'              => get('/x', basic(bob => 'x')), 200, body => qr/user=user-17 tenant= roles= /],
    ['the subject is no user' => get('/x', basic('user-17' => 'x')), 'credential_invalid'],
    ['null'             => get('/x', basic(carol => 'x')), 200, body => qr/user=carol tenant= roles= /],
    ['UTF-8'            => get('/x', basic("j\xc3\xbcrgen" => 'x')), 200, body => qr/user=j\xc3\xbcrgen /],
    (map { [$_ => get('/x', basic($_ => 'x')), 'credential_expired'] } qw(past pasttext zone)),
    (map { [$_ => get('/x', basic($_ => 'x')), 'credential_not_yet_valid'] } qw(future futuretext)),
    ['a wrong password does not tell of times' => get('/x', basic(past => 'y')), 'credential_invalid'],
    ['within'           => get('/x', basic(within => 'x')), 200],
    ['remembered, but expired' => get('/x', basic(soon => 'x')), 'credential_expired', within => 17],
    ['now'              => get('/x', basic(then => 'x')), 200, within => 17],
]



=== every hash, in both forms
--- config
location /h { auth_password "r"; auth_password_file htpasswd; empty_gif; }
location /j { auth_password "r"; auth_password_file users.json; empty_gif; }
--- conf eval
({
    htpasswd     => join('', map { "$_:" . hash("of $_", $_) . "\n" } @::schemes) . join('', map { "$_:$::bcrypt{$_}\n" } sort keys %::bcrypt),
    'users.json' => json({ (map { $_ => { password => hash("of $_", $_) } } @::schemes), map { $_ => { password => $::bcrypt{$_} } } keys %::bcrypt }),
})
--- cases eval
[
    map { my $where = $_; map { (
        ["$where $_" => get($where, basic($_ => "of $_")), 200],
        ["$where $_, again" => get($where, basic($_ => "of $_")), 200],
        ["$where $_, wrong" => get($where, basic($_ => "Of $_")), 'credential_invalid'],
        ["$where $_, its hash" => get($where, basic($_ => hash("of $_", $_))), 'credential_invalid'],
        ["$where $_, longer" => get($where, basic($_ => "of $_ ")), 'credential_invalid'],
    ) } @::schemes, sort keys %::bcrypt } '/h', '/j'
]



=== a password that bcrypt would cut is refused
--- config
location /x { auth_password "r"; auth_password_file htpasswd; empty_gif; }
--- conf eval
({ htpasswd => users(whole => 'p' x 72, cut => 'p' x 73) . 'sha512:' . hash('p' x 73, 'sha512') . "\n" })
--- cases eval
[
    ['72 bytes'          => get('/x', basic(whole => 'p' x 72)), 200],
    ['73 bytes'          => get('/x', basic(whole => 'p' x 73)), 'credential_invalid'],
    ['72 bytes and more' => get('/x', basic(whole => 'p' x 72 . 'other')), 'credential_invalid'],
    ['a hash of 73'      => get('/x', basic(cut => 'p' x 73)), 'credential_invalid'],
    ['SHA-512 counts all' => get('/x', basic(sha512 => 'p' x 73)), 200],
    ['SHA-512, 72 bytes' => get('/x', basic(sha512 => 'p' x 72)), 'credential_invalid'],
]



=== {PLAIN}
--- config
location /off { auth_password "r"; auth_password_file htpasswd; empty_gif; }
location /on  { auth_password "r"; auth_password_file htpasswd; auth_password_plain on; empty_gif; }
location /json { auth_password "r"; auth_password_file users.json; auth_password_plain on; empty_gif; }
--- conf eval
({ htpasswd => "plain:{PLAIN}in clear\nempty:{PLAIN}\nbare:in clear\n" . users(alice => 'x'), 'users.json' => json({ plain => { password => '{PLAIN}in clear' } }) })
--- suppress_stderr
--- cases eval
[
    ['off: left out'    => get('/off', basic(plain => 'in clear')), 'credential_invalid'],
    ['off: as it is written' => get('/off', basic(plain => '{PLAIN}in clear')), 'credential_invalid'],
    ['off: others count' => get('/off', basic(alice => 'x')), 200],
    ['on'               => get('/on', basic(plain => 'in clear')), 200],
    ['on, wrong'        => get('/on', basic(plain => 'in cleaR')), 'credential_invalid'],
    ['on, cut'          => get('/on', basic(plain => 'in clea')), 'credential_invalid'],
    ['on, without a scheme' => get('/on', basic(bare => 'in clear')), 'credential_invalid'],
    ['on, others count' => get('/on', basic(alice => 'x')), 200],
    ['on, JSON'         => get('/json', basic(plain => 'in clear')), 200],
    ['still off'        => get('/off', basic(plain => 'in clear')), 'credential_invalid'],
    sub { Test::More::like(error_log(), qr/\[warn\].*htpasswd.*"plain"/, 'the warning names the user') },
    sub { Test::More::unlike(error_log(), qr/in clear/, 'but not the password') },
]



=== htpasswd: comments, line ends, second colon, duplicates
--- config
location /x { auth_password "r"; auth_password_file htpasswd; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /crlf { auth_password "r"; auth_password_file crlf; empty_gif; }
location /last { auth_password "r"; auth_password_file last; empty_gif; }
location /bom { auth_password "r"; auth_password_file comments; empty_gif; }
--- conf eval
({
    htpasswd => "# a comment\n\n#hidden:" . hash('hidden') . "\nalice:" . hash('one') . ":Alice, of the board\nbob:" . hash('two') . ":\n"
        . 'alice:' . hash('three') . "\nnocolon\n:" . hash('nobody') . "\nempty:\ncarol:" . hash('carol') . "\n",
    crlf => 'alice:' . hash('one') . "\r\nbob:" . hash('two', 'sha') . ":x\r\n# c\r\n",
    last => 'alice:' . hash('one'),
    comments => "# nobody\n",
})
--- suppress_stderr
--- cases eval
[
    ['a user'                   => get('/x', basic(alice => 'one')), 200, body => qr/user=alice /],
    ['the first line counts'    => get('/x', basic(alice => 'three')), 'credential_invalid'],
    ['an empty comment'         => get('/x', basic(bob => 'two')), 200],
    ['behind broken lines'      => get('/x', basic(carol => 'carol')), 200],
    ['a comment is no user'     => get('/x', basic('#hidden' => 'hidden')), 'credential_invalid'],
    ['nor what it hides'        => get('/x', basic(hidden => 'hidden')), 'credential_invalid'],
    ['no hash'                  => get('/x', basic(empty => '')), 'credential_invalid'],
    ['no colon'                 => get('/x', basic(nocolon => '')), 'credential_invalid'],
    ['no name'                  => get('/x', basic('' => 'nobody')), 'credential_invalid'],
    ['CRLF'                     => get('/crlf', basic(alice => 'one')), 200],
    ['CRLF, {SHA}'              => get('/crlf', basic(bob => 'two')), 200],
    ['no line break at the end' => get('/last', basic(alice => 'one')), 200],
    ['nobody is in it'          => get('/bom', basic(alice => 'one')), 'credential_invalid'],
]



=== JSON: entries with mistakes are left out
--- config eval
join '', map { "location /$_ { auth_password \"r\"; auth_password_file $_.json; empty_gif; }\n" } sort keys %::mistakes
--- conf eval
({ map { ("$_.json" => json({ good => { password => hash('x') }, $_ => $::mistakes{$_} })) } keys %::mistakes })
--- suppress_stderr
--- cases eval
[
    map { my $name = $_; (
        ["$name: the good one" => get("/$name", basic(good => 'x')), 200],
        ["$name: left out" => get("/$name", basic($name => 'x')), 'credential_invalid'],
        ["$name: no password" => get("/$name", basic($name => '')), 'credential_invalid'],
        sub { Test::More::like(error_log(), qr/\[warn\].*\/$name\.json.*"$name"/, "$name: a warning names the user") },
    ) } sort keys %::mistakes
]
