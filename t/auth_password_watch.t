# auth_password_file: files that change.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our ($alice, $bob, $carol) = (basic(alice => 'wonderland'), basic(bob => 'builder'), basic(carol => 'carol'));
our %user = (alice => { password => hash('wonderland') }, bob => { password => hash('builder') }, carol => { password => hash('carol') });

sub only { my @names = @_; return json({ map { $_ => $user{$_} } @names }) }

# A file of more than 32 KiB.
sub large { my @names = @_; return json({ (map { $_ => $user{$_} } @names), map { ("user$_" => { password => '{SHA}' . 'A' x 27 . '=' }) } 1 .. 2000 }) }

run_tests();

__DATA__

=== in place, by renaming, by a symbolic link
--- config
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
location /h { auth_password "r"; auth_password_file htpasswd; empty_gif; }
--- conf eval
({ 'users.json' => only('alice'), htpasswd => users(alice => 'wonderland') })
--- cases eval
[
    ['before: alice'       => get('/x', $::alice), 200],
    ['before: bob'         => get('/x', $::bob), 'credential_invalid'],
    sub { replace('users.json', only('bob')) },
    ['renamed: bob'        => get('/x', $::bob), 200, within => 3],
    ['renamed: alice, who was remembered' => get('/x', $::alice), 'credential_invalid'],
    sub { change('users.json', only('alice', 'carol')) },
    ['in place: carol'     => get('/x', $::carol), 200, within => 3],
    ['in place: alice'     => get('/x', $::alice), 200],
    ['in place: bob, who was remembered' => get('/x', $::bob), 'credential_invalid'],
    sub { change('users.json', json({ alice => { password => hash('changed') }, carol => $::user{carol} })) },
    ['a changed password'  => get('/x', basic(alice => 'changed')), 200, within => 3],
    ['the old one was remembered' => get('/x', $::alice), 'credential_invalid'],
    ['carol is as before'  => get('/x', $::carol), 200],
    sub { change('users.json', json({ carol => { %{ $::user{carol} }, expires => 1 } })) },
    ['carol expired'       => get('/x', $::carol), 'credential_expired', within => 3],
    ['htpasswd, before'    => get('/h', $::alice), 200],
    sub { change('htpasswd', users(bob => 'builder')) },
    ['htpasswd: bob'       => get('/h', $::bob), 200, within => 3],
    ['htpasswd: alice, who was remembered' => get('/h', $::alice), 'credential_invalid'],
    sub { replace('htpasswd', only('alice')) },
    ['from htpasswd to JSON' => get('/h', $::alice), 200, within => 3],
    ['from htpasswd to JSON: bob' => get('/h', $::bob), 'credential_invalid'],
    ['a removed one, without waiting for another request first' => get('/h', $::alice), 200],
    sub { replace('htpasswd', only('bob')) },
    ['a removed one'       => get('/h', $::alice), 'credential_invalid', within => 3],
    sub { Test::More::is(lines_with(qr/\[(?:error|warn)\]/), 0, 'no complaint') },
]



=== a symbolic link that is switched
--- config
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
--- conf eval
({ 'users.json' => only('carol'), 'v1.json' => only('alice'), 'v2.json' => only('bob') })
--- cases eval
my $switch = sub {
    my ($link, $target) = @_;
    return sub { symlink $target, conf_path("$link.new"); rename conf_path("$link.new"), conf_path($link) };
};
[
    ['before'          => get('/x', $::carol), 200],
    $switch->('users.json', 'v1.json'),
    ['a link to a file: alice' => get('/x', $::alice), 200, within => 3],
    ['a link to a file: carol' => get('/x', $::carol), 'credential_invalid'],
    $switch->('users.json', 'v2.json'),
    ['switched: bob'   => get('/x', $::bob), 200, within => 3],
    ['switched: alice' => get('/x', $::alice), 'credential_invalid'],
    sub {
        for (['d1', 'alice'], ['d2', 'bob']) { mkdir conf_path($_->[0]); change("$_->[0]/u.json", only($_->[1])) }
        symlink 'd1', conf_path('data');
    },
    $switch->('users.json', 'data/u.json'),
    ['through a folder: alice' => get('/x', $::alice), 200, within => 3],
    $switch->('data', 'd2'),
    ['its link is switched: bob' => get('/x', $::bob), 200, within => 3],
    ['its link is switched: alice' => get('/x', $::alice), 'credential_invalid'],
    sub { change('d2/u.json', only('carol')) },
    ['what it points to changes' => get('/x', $::carol), 200, within => 3],
    ['and bob is gone' => get('/x', $::bob), 'credential_invalid'],
]



=== a broken file leaves the old users
--- config
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
--- conf eval
({ 'users.json' => only('alice') })
--- no_error_log
[alert]
--- cases eval
my $broken = sub {
    my ($name, $do) = @_;
    my $before;
    return (
        sub { $before = lines_with(qr/\[error\].*users\.json/); $do->() },
        ["$name: the old user" => get('/x', $::alice), 200, within => 5,
            then => sub { lines_with(qr/\[error\].*users\.json/) > $before ? () : 'no error line' }],
        ["$name: nobody else"  => get('/x', $::bob), 'credential_invalid'],
        ["$name: the old user again" => get('/x', $::alice), 200],
        sub { Test::More::is(lines_with(qr/\[error\].*users\.json/) - $before, 1, "$name: logged once") },
        # That it was read again shows in carol.
        sub { replace('users.json', only('alice', 'carol')) },
        ["$name: whole again" => get('/x', $::carol), 200, within => 5],
        ["$name: the old user as well" => get('/x', $::alice), 200],
        sub { replace('users.json', only('alice')) },
        ["$name: as at first" => get('/x', $::carol), 'credential_invalid', within => 5],
    );
};
[
    ['before' => get('/x', $::alice), 200],
    $broken->('not JSON'  => sub { change('users.json', '{"bob": ') }),
    $broken->('twice'     => sub { my $one = json($::user{bob}); replace('users.json', qq({"bob":$one,"bob":$one})) }),
    $broken->('text behind it' => sub { replace('users.json', only('bob') . 'x') }),
    $broken->('empty'     => sub { change('users.json', '') }),
    $broken->('line breaks' => sub { replace('users.json', "\n\n") }),
    $broken->('no usable line' => sub { replace('users.json', "# users\nbob:builder\nnonsense\n") }),
    $broken->('missing'   => sub { unlink conf_path('users.json') }),
    $broken->('a folder'  => sub { unlink conf_path('users.json'); mkdir conf_path('dir'); symlink 'dir', conf_path('users.json') }),
    sub { replace('users.json', only('bob')) },
    ['changed at last'    => get('/x', $::bob), 200, within => 3],
    ['alice is gone'      => get('/x', $::alice), 'credential_invalid'],
    sub { replace('users.json', '{}') },
    ['nobody is left'     => get('/x', $::bob), 'credential_invalid', within => 3],
    sub { replace('users.json', users(bob => 'builder')) },
    ['bob is back'        => get('/x', $::bob), 200, within => 3],
    sub { replace('users.json', "# nobody any more\n") },
    ['nobody but a comment' => get('/x', $::bob), 'credential_invalid', within => 3],
    sub { replace('users.json', users(bob => 'builder')) },
    ['bob is back again'  => get('/x', $::bob), 200, within => 3],
    sub { replace('users.json', "bob:!\n") },
    ['bob is locked'      => get('/x', $::bob), 'credential_invalid', within => 3],
]



=== a large file that changes under requests
--- config
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
--- conf eval
({ 'users.json' => large('alice', 'bob') })
--- cases eval
[
    ['before' => get('/x', $::alice), 200],
    map({ my ($round, @names) = @$_; (
        sub { replace('users.json', large('alice', @names)) },
        sub { judge_all("round $round: alice all the time", [map { Time::HiRes::sleep(0.02); pending(get('/x', $::alice)) } 1 .. 30], 200) },
        ["round $round: $names[0]" => get('/x', basic($names[0] => $names[0] eq 'bob' ? 'builder' : 'carol')), 200, within => 4],
        ["round $round: the other is gone" => get('/x', $names[0] eq 'bob' ? $::carol : $::bob), 'credential_invalid', within => 4],
    ) } [1, 'carol'], [2, 'bob'], [3, 'carol']),
    sub { replace('users.json', only('bob')) },
    ['from large to small' => get('/x', $::bob), 200, within => 4],
    ['alice is gone'       => get('/x', $::alice), 'credential_invalid'],
]



=== a file that the workers cannot read
--- config
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
location /k { auth_api_key "r"; auth_api_key_file keys.json; empty_gif; }
--- conf eval
({ 'users.json' => only('alice'), 'keys.json' => json({ one => { key => digest('one') } }) })
--- cases eval
# As an ordinary user master and workers read alike.
[
    ['before' => get('/x', $::alice), 200],
    sub {
        chmod 0600, map { conf_path($_) } qw(users.json keys.json);
        kill 'HUP', slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr;
        for (1 .. 30) { last if lines_with(qr/\[warn\].*keys\.json/) || $> != 0; Time::HiRes::sleep(0.1) }
        Test::More::is(lines_with(qr/\[warn\].*$_\.json/), $> == 0 ? 1 : 0, "$_: a warning at start") for qw(users keys);
    },
    ['after the reload: the users' => get('/x', $::alice), 200],
    ['after the reload: the keys'  => get('/k', api_key('one')), 200],
    sub { replace('users.json', only('bob')) },
    ['a new one that can be read'  => get('/x', $::bob), 200, within => 3],
    ['the old user is gone'        => get('/x', $::alice), 'credential_invalid'],
]
