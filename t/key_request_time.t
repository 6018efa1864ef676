# auth_jwt_key_request by the clock: freshness, refresh in the background, stale keys, attempts that
# come ever later, and fetches that are given up. What takes ten seconds is watched side by side.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Pending;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

worker_connections(512);

our ($one, $two, $three) = map { key('HS256', $_) } qw(one two three);
our $idp = Sallyport::Upstream->new;

our $source = <<'EOF_SOURCE';
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
EOF_SOURCE

our $start;

sub now { return Time::HiRes::time() - $start }

sub at {
    my ($seconds) = @_;
    my $left = $seconds - now();
    Time::HiRes::sleep($left) if $left > 0;
    return;
}

# The status of a request and the seconds it took.
sub probe {
    my ($uri, $key) = @_;
    my $answer = pending(get($uri, bearer($key)))->result || { status => 0, took => 0 };
    return ($answer->{status}, $answer->{took});
}

# What was seen over some time: [when, status, seconds].
our %seen;

sub watch {
    my ($uri, $key) = @_;
    my $when = now();
    push @{ $seen{$uri} }, [$when, probe($uri, $key)];
    return;
}

# All that was seen from one second to another has this status, and at once.
sub all_were {
    my ($name, $uri, $from, $to, $status) = @_;
    my @found = grep { $_->[0] >= $from && $_->[0] < $to } @{ $seen{$uri} || [] };
    my @wrong = grep { $_->[1] != $status || $_->[2] > 0.9 } @found;
    Test::More::ok(@found && !@wrong, $name)
        or Test::More::diag(scalar @found, ' seen, wrong: ', map { sprintf '[%.2f %d %.2f] ', @$_ } @wrong);
    return;
}

# The pauses between the requests for a path.
sub pauses {
    my ($path) = @_;
    my @at = map { $_->{at} } $idp->requests($path);
    return map { $at[$_] - $at[$_ - 1] } 1 .. $#at;
}

sub is_between {
    my ($name, $value, $least, $most) = @_;
    my $right = defined $value && $value >= $least && $value <= $most;
    Test::More::ok($right, $name) or Test::More::diag(($value // 'nothing') . ", expected $least to $most");
    return;
}

run_tests();

__DATA__

=== what takes ten seconds
--- config eval
$::source . q[
location /refresh { auth_jwt "r"; auth_jwt_key_request /_jwks/refresh; auth_jwt_key_cache 10s; empty_gif; }
location /down    { auth_jwt "r"; auth_jwt_key_request /_jwks/down; auth_jwt_key_cache 1h; empty_gif; }
location /kid     { auth_jwt "r"; auth_jwt_key_request /_jwks/kid; auth_jwt_key_cache 1h; empty_gif; }
location /kid-down { auth_jwt "r"; auth_jwt_key_request /_jwks/kid-down; auth_jwt_key_cache 1h; empty_gif; }
location /never   { auth_jwt "r"; auth_jwt_key_request /_jwks/never; auth_jwt_key_cache 1h; empty_gif; }
location /drip    { auth_jwt "r"; auth_jwt_key_request /_jwks/drip; auth_jwt_key_cache 1h; empty_gif; }
location /late    { auth_jwt "r"; auth_jwt_key_request /_jwks/late; auth_jwt_key_cache 1h; empty_gif; }
location /old     { auth_jwt "r"; auth_jwt_key_request /_jwks/old; auth_jwt_key_cache 1s; empty_gif; }
]
--- cases eval
[
    sub {
        my $set = jwks($::one);
        $::idp->answer(
            '/jwks/refresh'  => [$set, { delay => 1, body => jwks($::one, $::two) }],
            '/jwks/down'     => 500,
            '/jwks/kid'      => [$set, jwks($::one, $::two), jwks($::one, $::two, $::three)],
            '/jwks/kid-down' => [$set, 500],
            '/jwks/never'    => [{ before => 'never' }, $set],
            '/jwks/drip'     => [{ drip => 0.5, body => ' ' x 100 . $set }, $set],
            '/jwks/late'     => [{ delay => 10.7, body => $set }, $set],
            '/jwks/old'      => [$set, { before => 'never' }, $set],
        );
        ($::start, %::seen) = (Time::HiRes::time());
        my %waiting = map { $_ => pending(get("/$_", bearer($::one))) } qw(never drip late);
        judge("$_, the first", pending(get("/$_", bearer($::one))), 200) for qw(refresh kid kid-down old);
        judge('a new kid: fetched at once', pending(get('/kid', bearer($::two))), 200);
        judge('a new kid, the source is down', pending(get('/kid-down', bearer($::two))), 'keys_unavailable');
        $::idp->answer('/jwks/kid-down' => jwks($::one, $::two));
        watch('/kid-down', $::two) for 1 .. 3;
        while (now() < 10.3) {
            my $next = now() + 0.1;
            watch('/refresh', $::one);
            watch('/down', $::one);
            watch('/kid', $::three) if now() < 9;
            watch('/kid-down', $::two);
            $waiting{old} //= pending(get('/old', bearer($::one))) if now() > 2;
            if (now() > 8 && !$waiting{watched}++) {
                Test::More::ok(!$waiting{$_}->answered(0), "$_: it still waits") for qw(never drip late);
                Test::More::ok($waiting{old}->answered(0), 'old keys: it no longer waits');
            }
            at($next);
        }

        all_were('refreshed in the background: nobody waits', '/refresh', 0, 11, 200);
        Test::More::is($::idp->count('/jwks/refresh'), 2, 'it was fetched twice');
        is_between('the second time before the keys ran out', (pauses('/jwks/refresh'))[0], 6, 10);
        my ($status, $took) = probe('/refresh', $::two);
        is_between('the new key has come with it', $status, 200, 200);

        all_were('no keys: 503 at once', '/down', 0, 11, 503);
        my @pauses = pauses('/jwks/down');
        is_between('attempts', scalar @pauses, 2, 3);
        is_between('the second', $pauses[0], 0.95, 3);
        is_between('the third', $pauses[1], 1.9, 5);
        is_between('the fourth', $pauses[2] // 4, 3.9, 8);

        all_were('unknown: refused at once', '/kid', 0, 9, 401);
        Test::More::is($::idp->count('/jwks/kid'), 2, 'and not asked for again');

        my @others = grep { $_->[1] != 503 && $_->[1] != 200 } @{ $::seen{'/kid-down'} };
        Test::More::ok(!@others, 'unknown, the source was down: 503 and then 200, never 401');
        my @blocked = grep { $_->[2] > 1.5 } @{ $::seen{'/kid-down'} };
        Test::More::ok(!@blocked, 'and nobody waited long');

        judge("$_: given up", $waiting{$_}, 'keys_unavailable', patience => 3) for qw(never drip late);
        at(10.6);
        judge('ten seconds later: fetched again', pending(get('/kid', bearer($::three))), 200);
        Test::More::is($::idp->count('/jwks/kid'), 3, 'once');
        judge('the source has come back', pending(get('/kid-down', bearer($::two))), 200);
        judge('old keys serve where the fetch is slow', $waiting{old}, 200);
        at(12.5);
        judge("$_: fetched anew", pending(get("/$_", bearer($::one))), 200) for qw(never drip late);
        judge('the old ones as well', pending(get('/old', bearer($::one))), 200);
    },
]



=== stale keys
--- config eval
$::source . q[
auth_jwt_key_cache 1s;
location /stale { auth_jwt "r"; auth_jwt_key_request /_jwks/stale; auth_jwt_key_stale 3s; empty_gif; }
location /idle  { auth_jwt "r"; auth_jwt_key_request /_jwks/idle; auth_jwt_key_stale 3s; empty_gif; }
location /zero  { auth_jwt "r"; auth_jwt_key_request /_jwks/zero; auth_jwt_key_stale 0; empty_gif; }
location /hour  { auth_jwt "r"; auth_jwt_key_request /_jwks/hour; empty_gif; }
location /two   { auth_jwt "r"; auth_jwt_key_request /_jwks/two; auth_jwt_key_request /_jwks/sound; auth_jwt_key_stale 1s; empty_gif; }
]
--- cases eval
[
    sub {
        my @down = qw(stale idle zero hour two);
        $::idp->answer('/jwks/sound' => jwks($::three), map { ("/jwks/$_" => [jwks($::one), 500]) } @down);
        ($::start, %::seen) = (Time::HiRes::time());
        judge("$_, the first", pending(get("/$_", bearer($::one))), 200) for @down;
        judge('two, the sound source', pending(get('/two', bearer($::three))), 200);
        my $idle;
        while (now() < 6.5) {
            my $next = now() + 0.1;
            watch("/$_", $::one) for qw(stale zero hour two);
            $idle //= do { judge('unused meanwhile: the old keys', pending(get('/idle', bearer($::one))), 200); 1 } if now() > 2.5;
            at($next);
        }
        all_were('stale: they serve', '/stale', 0, 3.5, 200);
        all_were('stale: and then no more', '/stale', 5, 7, 503);
        all_were('zero: not at all', '/zero', 2, 7, 503);
        all_were('an hour: nobody waits', '/hour', 0, 7, 200);
        all_were('two: stale', '/two', 0, 1.5, 200);
        all_were('two: their source is down', '/two', 3, 7, 503);
        judge('two: the other one\'s key', pending(get('/two', bearer($::three))), 200, under => 1.5);
        judge('unused meanwhile: no more', pending(get('/idle', bearer($::one))), 'keys_unavailable');
        judge('any other kid while it is down', pending(get('/hour', bearer($::two))), 'keys_unavailable');
        is_between('attempts for them', $::idp->count('/jwks/hour'), 3, 5);
        my @pauses = pauses('/jwks/hour');
        is_between('the first of them', $pauses[0], 0.5, 1.6);
        is_between('the second', $pauses[1], 0.95, 3);
        is_between('the third', $pauses[2] // 2, 1.9, 5);
        $::idp->answer(map { ("/jwks/$_" => jwks($::two)) } @down);
    },
    (map { ["$_: the source has come back" => get("/$_", bearer($::two)), 200, within => 10],
           ["$_: the revoked key"          => get("/$_", bearer($::one)), 'key_unknown'] } qw(stale idle zero hour two)),
]



=== rotation is seen within auth_jwt_key_cache
--- config eval
$::source . q[
auth_jwt_key_cache 1s;
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
location /idle { auth_jwt "r"; auth_jwt_key_request /_jwks/idle; empty_gif; }
location /down { auth_jwt "r"; auth_jwt_key_request /_jwks/down; empty_gif; }
]
--- cases eval
my ($old, $new) = map { bearer($_, {}, { kid => 'k' }) } $::one, $::two;
[
    answers('/jwks' => jwks($::one->jwk(kid => 'k'), $::three), '/jwks/idle' => [jwks($::one), { delay => 1, body => jwks($::two) }],
        '/jwks/down' => [jwks($::one), { delay => 1, status => 500 }]),
    ['idle, the first'         => get('/idle', bearer($::one)), 200],
    ['down, the first'         => get('/down', bearer($::one)), 200],
    ['the old key'             => get('/x', $old), 200],
    ['the new key'             => get('/x', $new), 'signature_invalid'],
    answers('/jwks' => jwks($::two->jwk(kid => 'k'))),
    ['the new key, after some time' => get('/x', $new), 200, within => 4],
    ['the old key is gone'     => get('/x', $old), 'signature_invalid'],
    ['the removed one as well' => get('/x', bearer($::three)), 'key_unknown'],
    pause(3),
    fetched('what nobody uses' => '/jwks/idle', 1, 2),
    ['the keys that were left to run out' => get('/idle', bearer($::two)), 200],
    ['the revoked one'         => get('/idle', bearer($::one)), 'key_unknown'],
    ['left to run out, and down' => get('/down', bearer($::one)), 200],
]



=== left to run out: the next request waits for a fetch
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1s; empty_gif; }
location /y { auth_jwt "r"; auth_jwt_key_request /_jwks/y; auth_jwt_key_cache 1s; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one), '/jwks/y' => jwks($::one)),
    ['the first' => get('/x', bearer($::one)), 200],
    ['the first, y' => get('/y', bearer($::one)), 200],
    # Whatever was fetched meanwhile has run out as well.
    pause(3),
    sub {
        $::idp->forget;
        $::idp->answer('/jwks' => { delay => 0.4, body => jwks($::one) }, '/jwks/y' => { delay => 0.4, status => 500 });
        my @all = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        my @y = map { pending(get('/y', bearer($::one))) } 1 .. 20;
        judge_all('twenty wait', \@all, 200, over => 0.1);
        judge_all('twenty wait, and the old keys serve', \@y, 200, over => 0.1);
    },
    fetched('for twenty' => '/jwks', 1),
    fetched('for twenty, down' => '/jwks/y', 1),
    quick('down: the next one does not wait' => get('/y', bearer($::one)), 200),
]
