# auth_revocation by entries of auth_token_store: two nginx, each with workers of its own.

use FindBin;
use File::Path qw(remove_tree);
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Nginx;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::StoredRevocation;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

workers(2);

BEGIN { $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3) }

our ($redis, $other);
# The file of a block, in a directory that nginx creates.
our $stores = "$ENV{TEST_NGINX_SERVROOT}-store";
sub sqlite { my ($name) = @_; return "sqlite:$stores-$name/tokens.db" }
END { remove_tree(glob "$stores-*") }
our $server = q[
    location /x { auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_revocation on; empty_gif; }
];
our $endpoint = $tokens . q[
    location = /revoke { auth_endpoint revoke; auth_api_key "r"; auth_api_key_file keys.json; auth_role_map { POST admin; DELETE admin; } }
];
our %files = (%token_files, 'keys.json' => json({ console => { key => digest('console'), roles => ['admin'] } }));
our $zone = "auth_revocation_zone size=1m;\n";
sub with { my ($claims, $key) = @_; return bearer($key // key('HS256'), $claims) }

# Requests.
sub claims   { my ($claims, $key) = @_; return get('/x', with($claims, $key)) }
sub entry    { my ($entry) = @_; return post('/revoke', $entry, api_key('console')) }
sub no_entry { my ($entry) = @_; return entry($entry) =~ s/^POST/DELETE/r }

# Rows.
# A third machine enters a revocation, or takes it back.
our $store;
sub stored_in { my ($name) = @_; return sub { $store = defined $name ? "$stores-$name/tokens.db" : undef } }
sub entered { my ($entry, $removed) = @_; return sub { store_revocation($store // $redis, $entry, $removed) } }
sub taken_back { my ($entry) = @_; return entered($entry, 1) }
sub redis_is { my (%options) = @_; return sub { $redis->stop if $redis; $redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3, %options) } }
sub stops  { return sub { $redis->stop } }
sub starts { return sub { $redis->start } }

# The other nginx, with the same store.
sub another {
    my ($store, %options) = @_;
    return sub {
        $other = Sallyport::Nginx->new(server => $server, files => { %files, 'keys.jwks' => jwks(key('HS256'), key('ES256')) },
            http => $zone . "auth_token_store $store;\n", %options);
    };
}
sub it_starts_again { return sub { $other->stop; $other->start } }

# Its workers have read the list before they accept connections. A busy machine may need several attempts.
sub it_reads_at_start {
    my ($name) = @_;
    return sub {
        my $reads = wait_for(sub {
            my $from = length $other->error_log;
            it_starts_again()->();
            return substr($other->error_log, $from) !~ /the token store failed/;
        }, 60);
        Test::More::ok($reads, $name);
    };
}

# What the other nginx answers, perhaps not at once.
sub there {
    my ($name, $request, $status) = @_;
    return sub {
        my $answer;
        my $good = wait_for(sub { $answer = $other->ask($request); $answer && $answer->{status} == $status });
        Test::More::ok($good, "there: $name") or Test::More::diag('status ' . ($answer ? $answer->{status} : 'none'));
    };
}
# Reloads with another store.
sub stored_at {
    my ($store) = @_;
    return (
        sub {
            my $with = $store =~ s/\$(TEST_NGINX_\w+)/$ENV{$1}/gr;
            replace('nginx.conf', slurp(conf_path('nginx.conf')) =~ s/(auth_token_store) [^;]+/$1 $with/r);
        },
        reload(),
    );
}
# The same request on ten connections, so that each worker gets some.
sub many { my ($name, @row) = @_; return map { ["$name, $_" => @row] } 1 .. 10 }
sub logged { my ($name, $line) = @_; return sub { Test::More::ok(wait_for(sub { lines_with($line) }), $name) } }

sub children {
    my $master = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr;
    return split ' ', slurp("/proc/$master/task/$master/children");
}
# Kills every worker, one after the other.
sub all_are_killed {
    return sub {
        for my $pid (children()) {
            kill 'KILL', $pid;
            wait_for(sub { my @now = children(); @now == 2 && !grep { $_ == $pid } @now });
        }
    };
}

# Entries reach both, and go.
sub they_spread {
    my ($as) = @_;
    return (
        entered({ jti => $as }),
        [$as                       => claims({ jti => $as }), 'token_revoked', within => 5],
        many("$as: for all workers" => claims({ jti => $as }), 'token_revoked'),
        there("$as: another token" => claims({ jti => "$as-2" }), 200),
        there($as                  => claims({ jti => $as }), 401),
        taken_back({ jti => $as }),
        ["$as: taken back"         => claims({ jti => $as }), 200, within => 5],
        many("$as: taken back for all" => claims({ jti => $as }), 200),
        there("$as: taken back"    => claims({ jti => $as }), 200),
    );
}

run_tests();

__DATA__

=== SQLite
--- http_config eval: $::zone . "auth_token_store " . sqlite("spread") . ";\n"
--- config eval: $::server
--- no_error_log
[emerg]
--- cases eval
[
    stored_in('spread'),
    another(sqlite("spread")),
    ['nothing is revoked' => claims({}), 200],
    they_spread('first'),
    entered({ sub => 'mallory', tenant_id => 'acme' }),
    there('a subject' => claims({ sub => 'mallory', tenant_id => 'acme' }), 401),
    there('of another tenant' => claims({ sub => 'mallory', tenant_id => 'globex' }), 200),
    entered({ kid => 'es256' }),
    there('a key'     => claims({}, key('ES256')), 401),
    it_starts_again(),
    there('after a restart' => claims({}, key('ES256')), 401),
    reload(),
    many('after a reload' => claims({}, key('ES256')), 'token_revoked'),
    they_spread('reloaded'),
    all_are_killed(),
    many('other workers' => claims({}, key('ES256')), 'token_revoked'),
    they_spread('after all were killed'),
]



=== Redis
--- http_config eval: $::zone . "auth_token_store redis://\$TEST_NGINX_REDIS;\n"
--- config eval: $::server
--- cases eval
[
    stored_in(),
    ['it is not there yet' => claims({}), 'revocations_unavailable'],
    another('redis://$TEST_NGINX_REDIS'),
    there('nor for the other' => claims({}), 503),
    redis_is(),
    ['the list is there' => claims({}), 200, within => 10],
    there('the list'  => claims({}), 200),
    they_spread('first'),
    entered({ sub => 'mallory' }),
    there('a subject' => claims({ sub => 'mallory' }), 401),
    ['a subject'      => claims({ sub => 'mallory' }), 'token_revoked', within => 5],
    sub { $::redis->start_empty },
    logged('it is refilled' => qr/\[warn\].*the token store has lost its revocations; adding 1 of them/),
    they_spread('after it was emptied'),
    many('nothing was lost' => claims({ sub => 'mallory' }), 'token_revoked'),
    it_starts_again(),
    there('nor for others' => claims({ sub => 'mallory' }), 401),
    it_reads_at_start('Redis has enough time'),
    stops(),
    reload(),
    many('down: the last list serves' => claims({ sub => 'mallory' }), 'token_revoked'),
    many('others are admitted' => claims({}), 200),
    it_starts_again(),
    there('without a list' => claims({}), 503),
    starts(),
    there('the list again' => claims({ sub => 'mallory' }), 401),
    they_spread('at the end'),
]



=== a store that is down for long
--- http_config eval: $::zone . "auth_token_store redis://\$TEST_NGINX_REDIS;\nauth_revocation_stale 2s;\n"
--- config eval: $::server . 'location /explain { auth_explain 127.0.0.1; auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_revocation on; empty_gif; }'
--- cases eval
[
    ['the list'       => claims({}), 200, within => 10],
    entered({ jti => 'j' }),
    ['revoked'        => claims({ jti => 'j' }), 'token_revoked', within => 5],
    stops(),
    ['a cached token' => claims({}), 'revocations_unavailable', within => 20],
    many('for all workers' => claims({}), 'revocations_unavailable'),
    ['explained'      => get('/explain', with({})), 'revocations_unavailable', body => qr/auth_revocation_stale/],
    logged('once'     => qr/\[error\].*the revocations in the token store were not read for longer than auth_revocation_stale/),
    sub { Test::More::is(lines_with(qr/were not read for longer/), 1, 'only once') },
    sub { sleep 4 },        # the workers ask Redis every second
    sub { Test::More::cmp_ok(lines_with(qr/the token store failed/), '<=', 2, 'each worker logs the failure once') },
    reload(),
    many('also after a reload' => claims({}), 'revocations_unavailable'),
    starts(),
    ['back'           => claims({}), 200, within => 10],
    many('for all'    => claims({}), 200),
    many('with the list' => claims({ jti => 'j' }), 'token_revoked'),
    stops(),
]



=== a reload to another store
--- http_config eval: $::zone . "auth_token_store " . sqlite("before") . ";\n"
--- config eval: $::server
--- cases eval
[
    stored_in('before'),
    ['the list'       => claims({}), 200, within => 10],
    entered({ jti => 'j' }),
    ['revoked'        => claims({ jti => 'j' }), 'token_revoked', within => 5],
    stored_at('redis://$TEST_NGINX_REDIS'),
    many('which is down' => claims({}), 'revocations_unavailable'),
    redis_is(),
    ['which has another list' => claims({ jti => 'j' }), 200, within => 10],
    many('for all workers' => claims({ jti => 'j' }), 200),
    stored_at(sqlite('before')),
    many('the first one again' => claims({ jti => 'j' }), 'token_revoked'),
    stops(),
]



=== a list that does not fit is not used in part
--- http_config eval: "auth_revocation_zone size=32k;\nauth_token_store " . sqlite("large") . ";\n"
--- config eval: $::server
--- cases eval
[
    stored_in('large'),
    another(sqlite("large"), workers => 1),
    ['the list'       => claims({}), 200, within => 10],
    sub { entered({ jti => "j$_" })->() for 1 .. 400 },
    ['it does not fit' => claims({}), 'revocations_unavailable', within => 10],
    logged('the size' => qr/\[error\].*the token store has \d+ revocations, which do not fit into auth_revocation_zone: it needs size=\d+k; tokens cannot be checked/),
    there('it fits'   => claims({ jti => 'j400' }), 401),
    sub { taken_back({ jti => "j$_" })->() for 1 .. 350 },
    ['it fits again'  => claims({ jti => 'j1' }), 200, within => 30],
    ['the rest of it' => claims({ jti => 'j400' }), 'token_revoked'],
]



=== the endpoint
--- http_config eval: $::zone . "auth_token_store " . sqlite("endpoint") . ";\n"
--- config eval: $::server . $::endpoint
--- conf eval: \%::files
--- cases eval
[
    another(sqlite("endpoint"), server => $::server . $::endpoint),
    ['an entry'       => entry({ jti => 'j' }), 200],
    many('here at once' => claims({ jti => 'j' }), 'token_revoked'),
    there('there'     => claims({ jti => 'j' }), 401),
    ['it is taken back' => no_entry({ jti => 'j' }), 200],
    # What was read before that may still have it.
    ['here'           => claims({ jti => 'j' }), 200, within => 5],
    many('for all workers here' => claims({ jti => 'j' }), 200),
    there('and there' => claims({ jti => 'j' }), 200),
    sub { Test::More::is($::other->ask(entry({ sub => 'mallory' }))->{status}, 200, 'an entry from there') },
    ['it arrives'     => claims({ sub => 'mallory' }), 'token_revoked', within => 5],
    many('for all workers' => claims({ sub => 'mallory' }), 'token_revoked'),
]



=== both lists
--- http_config eval: $::zone . "auth_token_store " . sqlite("both") . ";\nauth_revocation_file revoked.json;\n"
--- config eval: $::server
--- conf eval: +{ 'revoked.json' => json([{ jti => 'file' }, { jti => 'both' }]) }
--- cases eval
[
    stored_in('both'),
    ['of the file'    => claims({ jti => 'file' }), 'token_revoked', within => 10],
    entered({ jti => 'entry' }),
    entered({ jti => 'both' }),
    ['of the store'   => claims({ jti => 'entry' }), 'token_revoked', within => 5],
    taken_back({ jti => 'both' }),
    ['the file has it as well' => claims({ jti => 'both' }), 'token_revoked'],
    taken_back({ jti => 'file' }),
    ['which remains'  => claims({ jti => 'file' }), 'token_revoked'],
    reload(),
    ['reloaded'       => claims({ jti => 'entry' }), 'token_revoked'],
    sub { replace('revoked.json', '[]') },
    ['the file is empty' => claims({ jti => 'file' }), 200, within => 10],
    ['the store is not' => claims({ jti => 'entry' }), 'token_revoked'],
]
