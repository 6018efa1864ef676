# Reloads of nginx while auth_token_store cannot be prepared: the master lives, and what depends on
# the store is answered with 503 until it works.

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

workers(2);

our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland') }, root => { password => hash('root'), roles => ['support'] } }));
our $introspection = q[
    location = /introspect { auth_endpoint introspect; auth_password "r"; auth_password_file users.json; auth_role_map { POST support; } }
    location = /open { empty_gif; }
];
our $root = basic(root => 'root');

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }

sub master { return slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr }

sub children {
    my $master = master();
    return split ' ', -e "/proc/$master" ? slurp("/proc/$master/task/$master/children") : '';
}

# A reload is over when other workers have taken the place of the old ones.
sub reloads {
    my ($name, $seconds) = @_;
    return sub {
        my $master = master();
        my %old = map { $_ => 1 } children();
        kill 'HUP', $master;
        my $replaced = until_true($seconds // 10, sub { my @now = children(); @now >= 2 && !grep { $old{$_} } @now });
        Test::More::ok($replaced && kill(0, $master) && master() eq $master, $name);
    };
}

# The configuration is refused, and the old workers stay.
sub refused_reload {
    my ($name, $why) = @_;
    return sub {
        my @old = children();
        my $from = length error_log();
        kill 'HUP', master();
        my $told = until_true(10, sub { substr(error_log(), $from) =~ /\[emerg\] [^\n]*$why in \S+nginx\.conf:\d+/ });
        Test::More::ok($told, "$name: file, line and reason") or Test::More::diag(substr error_log(), $from);
        Test::More::is(join(' ', children()), "@old", "$name: the old workers stay");
    };
}

sub until_true {
    my ($seconds, $holds) = @_;
    my $end = Time::HiRes::time() + $seconds;
    while (Time::HiRes::time() < $end) {
        return 1 if $holds->();
        Time::HiRes::sleep(0.05);
    }
    return;
}

# Changes nginx.conf.
sub edit {
    my ($from, $to) = @_;
    return sub {
        my $text = slurp(conf_path('nginx.conf'));
        $text =~ s/\Q$from\E/$to/ or die "no $from";
        spew(conf_path('nginx.conf'), $text);
    };
}

# Holds the write lock of a file while it lives.
sub lock_file {
    my ($file) = @_;
    open my $shell, '|-', 'sqlite3', $file or die "sqlite3: $!";
    syswrite $shell, ".timeout 5000\nBEGIN IMMEDIATE;\n.system touch $file.locked\n";
    until_true(10, sub { -e "$file.locked" }) or die "not locked\n";
    unlink "$file.locked";
    return $shell;
}

run_tests();

__DATA__

=== another process writes to the file during a reload
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my $shell;
[
    alice('a'),
    sub { $shell = lock_file(conf_path('store/tokens.db')) },
    reloads('reloaded under the lock', 15),
    ['others are served' => get('/open'), 200],
    sub { close $shell },
    issued('what was begun goes on' => refresh('a'), 'a2'),
]



=== another process writes to an empty file at start
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my ($shell, $file);
[
    sub {
        $file = conf_path('store/tokens.db');
        unlink glob "$file*";
        spew($file, '');
        chmod 0666, $file;
        $shell = lock_file($file);
    },
    reloads('reloaded under the lock', 15),
    ['others are served' => get('/open'), 200],
    sub { close $shell },
    issued('the tables are made when the lock has gone' => login(alice => 'wonderland'), 'b'),
]
--- no_error_log
[alert]
[emerg]



=== the file of another version
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my $file = conf_path('store/tokens.db');
[
    alice('a'),
    sub { system 'sqlite3', $file, 'PRAGMA user_version = 7' },
    reloads('reloaded'),
    sub { Test::More::ok(until_true(10, sub { error_log() =~ /has the schema version 7/ }), 'the log says so before a request comes') },
    unavailable('another version' => 'a', $::root),
    sub { Test::More::like(error_log(), qr/\[error\].*token store failed: has the schema version 7, which is not supported/, 'the log says why') },
    sub { system 'sqlite3', $file, 'PRAGMA user_version = 1' },
    issued('mended' => refresh('a'), 'a2'),
]



=== the file cannot be written by the workers
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
my $file = conf_path('store/tokens.db');
my @owner;
[
    alice('a'),
    sub { @owner = (stat $file)[4, 5]; chown 0, 0, $file; chmod 0, $file },
    reloads('reloaded'),
    unavailable('no permission' => 'a', $::root),
    sub { chown @owner, $file; chmod 0600, $file },
    issued('mended' => refresh('a'), 'a2'),
]
--- no_error_log
[alert]
[emerg]
--- error_log
has a file that the workers' user cannot write to



=== memory: under two workers
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- no_error_log
[alert]
[crit]
--- cases eval
[
    alice('a'),
    edit('sqlite:store/tokens.db', 'memory:'),
    refused_reload('memory', qr/"auth_token_store" directive needs a single worker process for "memory:"/),
    issued('it goes on' => refresh('a'), 'a2'),
    edit('memory:', 'sqlite:nowhere/store/tokens.db'),
    refused_reload('a missing directory', qr/"auth_token_store" directive names a file in \S+nowhere\/store", which cannot be created: its parent directory does not exist/),
    issued('it goes on' => refresh('a2'), 'a3'),
    edit('sqlite:nowhere/store/tokens.db', 'sqlite:store/tokens.db'),
    reloads('put right'),
    issued('it goes on' => refresh('a3'), 'a4'),
]
