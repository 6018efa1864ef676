# auth_token_store: what is kept in a file and in memory, how long, and what happens when the file is
# not there.

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Path ();
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our %files = (
    %token_files,
    'users.json' => json({ alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
        root => { password => hash('root'), roles => ['support'] } }),
);
our $introspection = q[
    location = /introspect { auth_endpoint introspect; auth_password "r"; auth_password_file users.json; auth_role_map { POST support; } }
    location = /open { empty_gif; }
];
our $root = basic(root => 'root');

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }

# Rows.
# Locks the store for as long as the shell runs that is returned.
sub lock_store {
    my ($file) = @_;
    open my $shell, '|-', 'sqlite3', $file or die $!;
    syswrite $shell, ".timeout 5000\nBEGIN IMMEDIATE;\n";
    wait_for(sub { system("sqlite3 '$file' 'BEGIN IMMEDIATE' 2>/dev/null") != 0 }) or die 'no lock';
    return $shell;
}

# What the sqlite3 shell prints.
sub sqlite {
    my ($file, @command) = @_;
    open my $from, '-|', 'sqlite3', $file, @command or die "sqlite3: $!";
    local $/;
    return <$from> // '';
}

run_tests();

__DATA__

=== a file: what is in it
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $file = conf_path('store/tokens.db');
[
    sub { Test::More::ok(-f $file, 'there from the start') },
    alice('a'),
    alice('b'),
    issued('a refresh' => refresh('a'), 'a2'),
    ['a logout'        => logout('b'), 204],
    sub {
        my $rows = JSON::PP->new->utf8->decode(sqlite('-json', $file, 'SELECT * FROM refresh_tokens'));
        my %row = map { $_->{jti} => $_ } @$rows;
        my ($a, $a2, $b) = map { $row{ inside($_)->{jti} } || {} } qw(a a2 b);
        my @wrong = map { my ($row, $as, $more) = @$_; my $claims = inside($as);
            map { "$as: $_" } differ($row, { jti => $claims->{jti}, sid => $claims->{sid}, sub => 'alice', tenant_id => 'acme', roles => qr/viewer.*editor/,
                created_at => $claims->{iat}, expires_at => $claims->{exp}, revoked => 0, last_used_at => qr/\A(?:\d+|null)\z/,
                revoked_at => qr/\A(?:\d+|null)\z/, replaced_by => 'null', %$more }) }
            [$a, 'a', { replaced_by => inside('a2')->{jti}, last_used_at => qr/\A\d+\z/ }], [$a2, 'a2', { last_used_at => qr/\Anull\z/, replaced_by => qr/\Anull\z/ }],
            [$b, 'b', { revoked => 1, revoked_at => qr/\A\d+\z/, replaced_by => qr/\Anull\z/ }];
        Test::More::ok(!@wrong && @$rows == 3, 'the view refresh_tokens') or Test::More::diag(join "\n", scalar(@$rows), @wrong);
        my $all = sqlite($file, '.dump') . join '', map { slurp($_) } glob "$file*";
        has_no_secret('nothing that could be presented', $all, map { (kept($_), kept($_, 'access_token')) } qw(a a2 b));
        has_no_secret('nor is it in the log', error_log(), map { (kept($_), kept($_, 'access_token')) } qw(a a2 b));
        Test::More::is(sqlite($file, 'PRAGMA integrity_check'), "ok\n", 'whole');
        my @stats = map { [stat $_] } $file, conf_path('store');
        Test::More::ok(!(grep { $_->[2] & 0077 } @stats), 'nobody else can read it');
        my ($user) = split / /, $ENV{TEST_NGINX_WORKER_USER} // '';
        Test::More::ok(!$user || !(grep { $_->[4] != getpwnam $user } @stats), 'it is that of the workers');
    },
]



=== a file: reload and restart
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- no_shutdown_error_log
[alert]
[crit]
--- cases eval
[
    alice('a'), alice('b'), alice('c'),
    issued('a refresh'                 => refresh('a'), 'a2'),
    ['a logout'                        => logout('c'), 204],
    reload(),
    issued('reloaded: it goes on'      => refresh('a2'), 'a3'),
    answers_json('reloaded: introspect' => introspect('b', 'access_token', $::root), sub { { active => JSON::PP::true(), token_type => qr/./,
        %{ claims_of(kept('b', 'access_token')) } } }),
    over('reloaded: over'              => refresh('c'), 'refresh_revoked'),
    restart(),
    issued('restarted: it goes on'     => refresh('a3'), 'a4'),
    over('restarted: a spent one'      => refresh('a'), 'refresh_reused'),
    over('restarted: its session'      => refresh('a4'), 'refresh_revoked'),
    over('restarted: over'             => refresh('c'), 'refresh_revoked'),
    issued('restarted: another'        => refresh('b'), 'b2'),
]



=== a file: it is taken away
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my $file = conf_path('store/tokens.db');
[
    alice('a'),
    sub { unlink glob "$file*" },
    unavailable('deleted' => 'a', $::root),
    reload(),
    issued('reloaded: a new file'      => login(alice => 'wonderland'), 'b'),
    over('what was in the old one is unknown' => refresh('a'), 'refresh_unknown'),
    ['logout of one that is not known' => logout('a'), 204],
    issued('the new one'               => refresh('b'), 'b2'),
    sub { rename $file, "$file.old" or die; spew($file, slurp("$file.old")) },
    unavailable('replaced' => 'b2', $::root),
    sub { rename "$file.old", $file or die },
    reload(),
    issued('put back: it was not spent' => refresh('b2'), 'b3'),
]



=== a file: the folder is taken away
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
[
    sub { File::Path::remove_tree(conf_path('store')) },
    sub { keep('a', { refresh_token => token($Sallyport::Session::refresh, { iss => 'https://api.example', aud => 'https://api.example',
        access_aud => ['https://api.example'], sid => 'A' x 22, jti => 'B' x 22 }, { typ => 'refresh+jwt' }), access_token => token($Sallyport::Session::access, { iss => 'https://api.example',
        aud => 'https://api.example', sid => 'A' x 22, jti => 'C' x 22 }, { typ => 'at+jwt' }) }) },
    unavailable('no folder' => 'a', $::root),
    reload(),
    alice('b'),
    over('the folder is made again' => refresh('a'), 'refresh_unknown'),
]



=== a file: somebody else is at work in it
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my $shell;
my $lock = sub { $shell = lock_store(conf_path('store/tokens.db')) };
[
    alice('a'),
    sub {
        $lock->();
        my @waiting = (pending(refresh('a')->()), pending(login(alice => 'wonderland')));
        judge('others do not wait', pending(get('/open')), 200);
        Time::HiRes::sleep(1);
        Test::More::ok(!(grep { $_->answered } @waiting), 'who needs the file waits');
        close $shell;
        my ($refreshed) = map { $_->result(5) } @waiting;
        Test::More::is($refreshed->{status}, 200, 'and is answered');
        keep('a', JSON::PP->new->utf8->decode($refreshed->{body}));
        judge('so is the login', $waiting[1], 200) if $waiting[1]->answered;
    },
    sub {
        $lock->();
        my $late = pending(refresh('a')->());
        judge('too long', $late, 'store_unavailable', over => 3);
        close $shell;
    },
    issued('it was not spent' => refresh('a'), 'a'),
]



=== a file: each request has its own time, whatever its batch waits for
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my $shell;
[
    alice('a'), alice('b'), alice('c'),
    sub {
        $shell = lock_store(conf_path('store/tokens.db'));
        my @early = pending(refresh('a')->());
        Time::HiRes::sleep(0.7);
        push @early, pending(refresh('b')->());
        Time::HiRes::sleep(3.5);
        my $fresh = pending(refresh('c')->());
        judge_all('the early ones are late', \@early, 'store_unavailable');
        Time::HiRes::sleep(0.7);
        Test::More::ok(!$fresh->answered, 'one of the same batch still has time');
        close $shell;
        judge('and is answered', $fresh, 200);
    },
    issued('the early ones were not spent' => refresh('a'), 'a2'),
    issued('nor the second' => refresh('b'), 'b2'),
]



=== memory
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    issued('a refresh'            => refresh('a'), 'b'),
    reload(),
    over('a reload forgets'       => refresh('b'), 'refresh_unknown'),
    answers_json('introspect'     => introspect('b', 'access_token', $::root), { active => JSON::PP::false() }),
    ['logout of one that is not known' => logout('b'), 204],
    alice('c'),
    issued('a new one'            => refresh('c'), 'd'),
    over('reuse'                  => refresh('c'), 'refresh_reused'),
    over('revoked'                => refresh('d'), 'refresh_revoked'),
]
