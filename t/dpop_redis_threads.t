# DPoP proofs that are to be recorded in Redis while no thread of auth_thread_pool is free.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Dpop;
use Sallyport::Pending;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

BEGIN { $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3) }

our $key   = key('ES256', 'holder');
our $token = bound_to($key);
our $redis;
our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland') } }));

sub fresh { return get('/x', dpop($key, $token)) }

run_tests();

__DATA__

=== others hold the only thread: a proof is given up in time
--- main_config
thread_pool one threads=1;
--- http_config eval
"auth_thread_pool one; auth_token_store redis://\$TEST_NGINX_REDIS/1;\n$::tokens"
--- config eval
"$::endpoints location /x { auth_jwt \"r\"; auth_jwt_key_file keys.jwks; empty_gif; }"
--- conf eval: \%::files
--- cases eval
[
    sub { $redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3) },
    ['before' => sub { fresh() }, 200, within => 5],
    sub {
        $redis->signal('STOP');
        # The thread has a login, the first proof, another login, and then the second proof.
        my @waiting;
        for my $request (login(alice => 'wonderland'), fresh(), login(alice => 'wonderland'), fresh()) {
            push @waiting, pending($request);
            select undef, undef, undef, 0.2;
        }
        Test::More::is($_->result->{status}, 503, 'a request') for @waiting;
        Test::More::ok(wait_for(sub { slurp("$ENV{TEST_NGINX_SERVROOT}/logs/error.log") =~ /\[error\].*did not record DPoP proofs in time/ }),
            'the last one is given up before the thread has begun with it');
        $redis->signal('CONT');
    },
    ['it goes on' => sub { fresh() }, 200, within => 10],
]
--- timeout: 60
