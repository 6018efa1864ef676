# post_action: nginx sends a request whose client has left to another location, while something that
# the request waited for is still on its way.

use FindBin;
use lib "$FindBin::Bin/lib";
BEGIN { $ENV{MALLOC_PERTURB_} = 165 }   # what was freed is overwritten
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Session;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our $upstream = Sallyport::Upstream->new;
our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland') } }), 'slow' => 'alice:' . slow_hash('wonderland', 12) . "\n");
our $after = qq[
    location = /after { internal; access_log logs/after.log; proxy_pass http://${\ $upstream->address }; }
    location = /open { empty_gif; }
];

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }

sub lock_file {
    open my $shell, '|-', 'sqlite3', conf_path('store/tokens.db') or die "sqlite3: $!";
    syswrite $shell, ".timeout 5000\nBEGIN IMMEDIATE;\n";
    Time::HiRes::sleep(0.3);
    return $shell;
}

# Each request has run its post_action once.
sub afterwards {
    my ($name, $count) = @_;
    return sub {
        my $lines = sub { my @lines = split /\n/, access_log('after.log'); return scalar @lines };
        my $end = time + 15;
        Time::HiRes::sleep(0.05) while $lines->() < $count && time < $end;
        Time::HiRes::sleep(0.5);
        Test::More::is($lines->(), $count, $name);
    };
}

run_tests();

__DATA__

=== clients leave an endpoint that waits for its store
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval
$::tokens . $::after . q[
    location = /login { auth_endpoint login; auth_password "r"; auth_password_file users.json; }
    location = /refresh { auth_endpoint refresh; post_action /after; }
]
--- conf eval: \%::files
--- cases eval
[
    answers('*' => { status => 200, body => 'late', delay => 2 }),
    map({ alice($_) } 'a' .. 'f'),
    sub {
        my $shell = lock_file();
        my @clients = map { pending(refresh($_)->()) } 'a' .. 'f';
        Time::HiRes::sleep(0.5);
        $_->leave for @clients;
        Time::HiRes::sleep(0.8);
        close $shell;
    },
    afterwards('each of them once', 6),
    issued('the store is used as before' => refresh('f'), 'g'),
]



=== clients leave the access phase while a slow hash is computed
--- config eval
$::after . q[
    location = /slow { auth_password "r"; auth_password_file slow; auth_credential_cache 0; post_action /after; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
[
    answers('*' => { status => 200, body => 'late', delay => 2 }),
    sub {
        my @clients = map { pending(get('/slow', basic(alice => "wonderland$_"))) } 1 .. 6;
        Time::HiRes::sleep(0.2);
        $_->leave for @clients;
    },
    afterwards('each of them once', 6),
    ['others are served' => get('/slow', basic(alice => 'wonderland')), 200],
]
