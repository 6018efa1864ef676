# A provider that is slow while its old keys are stale but usable: requests go on with those after
# half a second.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Pending;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::Nginx::Socket 'no_plan';

our $idp = Sallyport::Upstream->new;
our ($one, $two) = map { key('HS256', $_) } qw(one two);
our $keys = q[ location = /keys { internal; proxy_pass http://$TEST_NGINX_IDP/keys; } location = /open { empty_gif; } ];

run_tests();

__DATA__

=== a provider that never answers
--- config eval
$::keys . q[ location /x { auth_jwt "r"; auth_jwt_key_request /keys; auth_jwt_key_cache 1s; auth_jwt_key_stale 1h; empty_gif; } ]
--- cases eval
[
    answers('/keys' => jwks($::one)),
    ['fetched'             => get('/x', bearer($::one)), 200],
    pause(1.2),
    answers('/keys' => { before => 'never' }),
    timed('stale: the old keys serve'      => get('/x', bearer($::one)), 200, under => 6),
    timed('nobody waits for it any longer' => get('/x', bearer($::one)), 200, under => 6),
    sub { judge_all('nor do many', [map { pending(get('/x', bearer($::one))) } 1 .. 10], 200, under => 6) },
    ['there was one fetch, and one more' => get('/open'), 200, then => sub { my $n = $::idp->count('/keys'); return $n == 2 ? () : "$n fetches" }],
]



=== no cache
--- config eval
$::keys . q[ location /x { auth_jwt "r"; auth_jwt_key_request /keys; auth_jwt_key_stale 1h; empty_gif; } ]
--- cases eval
[
    answers('/keys' => jwks($::one)),
    ['fetched' => get('/x', bearer($::one)), 200],
    answers('/keys' => { before => 'never' }),
    timed('the old keys serve' => get('/x', bearer($::one)), 200, under => 6),
    timed('for others too'     => get('/x', bearer($::one)), 200, under => 6),
]



=== a key that is not among the old ones is worth the wait
--- config eval
$::keys . q[ location /x { auth_jwt "r"; auth_jwt_key_request /keys; auth_jwt_key_cache 1s; auth_jwt_key_stale 1h; empty_gif; } ]
--- cases eval
[
    answers('/keys' => jwks($::one)),
    ['fetched' => get('/x', bearer($::one)), 200],
    pause(1.2),
    answers('/keys' => { status => 200, body => jwks($::one, $::two), delay => 2 }),
    sub {
        my @both = map { pending(get('/x', bearer($_))) } $::two, $::one;
        judge('a known key', $both[1], 200);
        judge('a new key', $both[0], 200);
    },
]



=== keys that are too old do not serve
--- config eval
$::keys . q[ location /x { auth_jwt "r"; auth_jwt_key_request /keys; auth_jwt_key_cache 1s; auth_jwt_key_stale 0; empty_gif; } ]
--- cases eval
[
    answers('/keys' => jwks($::one)),
    ['fetched' => get('/x', bearer($::one)), 200],
    pause(1.2),
    answers('/keys' => { status => 200, body => jwks($::two), delay => 1.5 }),
    ['the answer is waited for' => get('/x', bearer($::one)), 'key_unknown'],
]
