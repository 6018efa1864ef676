# auth_token_store redis: what is kept there, and what happens when it is not there.

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

BEGIN {
    $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3);
    $ENV{SALLYPORT_REDIS_SECRET} = 'from the environment';
}

our $redis;
our %files = (
    %token_files,
    'users.json' => json({ alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
        root => { password => hash('root'), roles => ['support'] } }),
    'redis.secret' => "open sesame\n",
);
our $introspection = q[
    location = /introspect { auth_endpoint introspect; auth_password "r"; auth_password_file users.json; auth_role_map { POST support; } }
    location = /open { empty_gif; }
];
our $root = basic(root => 'root');

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }

# Rows.
sub redis_is { my (%options) = @_; return sub { $redis->stop if $redis; $redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3, %options) } }
sub stops  { return sub { $redis->stop } }
sub starts { return sub { $redis->start } }

run_tests();

__DATA__
=== Redis
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS/2;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- no_shutdown_error_log
[alert]
[crit]
--- cases eval
[
    redis_is(),
    alice('a'), alice('b'),
    issued('a refresh'            => refresh('a'), 'a2'),
    over('a spent one'            => refresh('a'), 'refresh_reused'),
    over('its session'            => refresh('a2'), 'refresh_revoked'),
    issued('another session'      => refresh('b'), 'b2'),
    answers_json('introspect'     => introspect('b2', 'access_token', $::root), sub { { active => JSON::PP::true(), token_type => qr/./,
        %{ claims_of(kept('b2', 'access_token')) } } }),
    answers_json('introspect: over' => introspect('a2', 'access_token', $::root), { active => JSON::PP::false() }),
    alice('c'),
    ['logout'                     => logout('c'), 204],
    over('after logout'           => refresh('c'), 'refresh_revoked'),
    ['logout again'               => logout('c'), 204],
    sub {
        my @keys = split /\n/, $::redis->cli('-n', 2, 'KEYS', '*');
        Test::More::ok(@keys >= 3, 'there are keys');
        Test::More::is($::redis->cli('DBSIZE'), "0\n", 'in the database that was named');
        my @forever = grep { $::redis->cli('-n', 2, 'TTL', $_) < 1 } @keys;
        Test::More::ok(!@forever, 'all of them end') or Test::More::diag("@forever");
        Test::More::ok(!(grep { !/\{[^}]+\}/ } @keys), 'each has a hash tag') or Test::More::diag("@keys");
        my $all = join "\n", @keys, map { my $key = $_; map { $::redis->cli('-n', 2, @$_, $key) } ['HGETALL'], ['GET'] } @keys;
        Test::More::like($all, qr/\Q${\ inside('b2')->{jti} }/, 'the jti is there');
        has_no_secret('nothing that could be presented', $all, map { (kept($_), kept($_, 'access_token')) } qw(a a2 b b2 c));
    },
    sub { $::redis->cli('SCRIPT', 'FLUSH') },
    issued('after its scripts were forgotten' => refresh('b2'), 'b3'),
    reload(),
    issued('after a reload'       => refresh('b3'), 'b4'),
    sub { $::redis->cli('CLIENT', 'KILL', 'TYPE', 'normal') },
    issued('after its connection was closed' => refresh('b4'), 'b5'),
    restart(),
    issued('after a restart of nginx' => refresh('b5'), 'b6'),
    sub { $::redis->cli('CONFIG', 'SET', 'maxmemory', '1'); $::redis->cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction') },
    refusal('its memory is full'  => refresh('b6'), 'store_unavailable'),
    refusal('its memory is full: login' => login(alice => 'wonderland'), 'store_unavailable'),
    sub { $::redis->cli('CONFIG', 'SET', 'maxmemory', '0') },
    issued('there is room again'  => refresh('b6'), 'b7', within => 3),
]



=== Redis goes and comes
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
[
    redis_is(),
    alice('a'),
    stops(),
    unavailable('stopped' => 'a', $::root),
    unavailable('stopped, once more' => 'a', $::root),
    starts(),
    issued('started: it was not spent' => refresh('a'), 'b', within => 3),
    over('and is now'              => refresh('a'), 'refresh_reused'),
    alice('c'),
    reload(),
    stops(), starts(),
    issued('stopped and started between two requests' => refresh('c'), 'd', within => 3),
    sub { $::redis->start_empty },
    over('all is lost'             => refresh('d'), 'refresh_unknown', within => 3),
    alice('e'),
    issued('what is new is good'   => refresh('e'), 'f'),
    sub {
        $::redis->signal('STOP');
        my $late = pending(refresh('f')->());
        judge('others do not wait', pending(get('/open')), 200, under => 2.5);
        judge('it does not answer', $late, 'store_unavailable', over => 3);
        $::redis->signal('CONT');
    },
    issued('it answers again'      => login(alice => 'wonderland'), 'g', within => 3),
    issued('a refresh'             => refresh('g'), 'h'),
]



=== Redis is not there at the start
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- init
$::redis->stop
--- cases eval
[
    refusal('not there yet'  => login(alice => 'wonderland'), 'store_unavailable'),
    redis_is(),
    issued('it comes'        => login(alice => 'wonderland'), 'a', within => 3),
    issued('a refresh'       => refresh('a'), 'b'),
]



=== Redis has a password
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS/1 password=redis.secret;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
[
    redis_is(requirepass => 'open sesame'),
    alice('a'),
    issued('the right one'   => refresh('a'), 'b'),
    stops(),
    redis_is(requirepass => 'changed'),
    refusal('another one'    => refresh('b'), 'store_unavailable'),
    redis_is(),
    # A server without a password refuses AUTH.
    ['none is asked for'     => login(alice => 'wonderland'), 503, reason => 'store_unavailable'],
    sub { Test::More::unlike(error_log(), qr/open sesame/, 'it is not in the log') },
]



=== Redis: a user, and a password of the environment
--- main_config
env SALLYPORT_REDIS_SECRET;
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS user=edge password=env:SALLYPORT_REDIS_SECRET;
--- config eval: $::tokens . $::endpoints . $::introspection
--- conf eval: \%::files
--- cases eval
[
    redis_is(),
    sub { $::redis->cli('ACL', 'SETUSER', 'edge', 'on', '>from the environment', '~sallyport:*',
        map { "+$_" } qw(select script|load time info evalsha exists expire hdel hget hmget hset zadd zrange zrem zremrangebyscore zrevrange)) },
    alice('a'),
    issued('the right one'   => refresh('a'), 'b'),
    sub { $::redis->cli('ACL', 'SETUSER', 'edge', 'off'); $::redis->cli('CLIENT', 'KILL', 'USER', 'edge') },
    refusal('switched off'   => refresh('b'), 'store_unavailable'),
    sub { $::redis->cli('ACL', 'SETUSER', 'edge', 'on') },
    issued('switched on'     => refresh('b'), 'c', within => 3),
    sub { $::redis->cli('ACL', 'SETUSER', 'edge', '-@all', '+ping') },
    refusal('it may not'     => refresh('c'), 'store_unavailable'),
    sub { $::redis->cli('ACL', 'SETUSER', 'edge', '+@all') },
    issued('it may'          => refresh('c'), 'd', within => 3),
    sub { Test::More::unlike(error_log(), qr/from the environment/, 'the password is not in the log') },
    stops(),
]
