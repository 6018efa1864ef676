# auth_jwt_key_request: when keys are fetched, for whom, and on which level it stands.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Pending;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(512);

our ($one, $two, $three) = map { key('HS256', $_) } qw(one two three);
our $idp = Sallyport::Upstream->new;

# A location for sources: /_jwks... is /jwks... there.
our $source = <<'EOF_SOURCE';
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
EOF_SOURCE

run_tests();

__DATA__

=== the first request waits for the keys, the others find them
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => { delay => 1, body => jwks($::one, map { key($_) } qw(RS256 PS256 ES256 EdDSA)) }),
    quick('no token'                => get('/x'), 'no_credential'),
    quick('a malformed token'       => get('/x', bearer('a.b')), 'token_malformed'),
    quick('a token of alg none'     => get('/x', bearer(forge($::one, '{"alg":"none","kid":"one"}', '{}'))),
        'algorithm_unsupported'),
    fetched('none of them needs keys' => '/jwks', 0),
    timed('the first'               => get('/x', bearer($::one)), 200, over => 0.9),
    (map { quick($_->alg, get('/x', bearer($_)), 200) } $::one, map { key($_) } qw(RS256 PS256 ES256 EdDSA)),
    quick('expired'                 => get('/x', bearer($::one, { exp => 1 })), 'token_expired'),
    fetched('all of these'          => undef, 1),
    timed('forged: perhaps by a new key' => get('/x', bearer($::two, {}, { kid => 'one' })), 'signature_invalid', over => 0.9),
    quick('forged once more'        => get('/x', bearer($::two, {}, { kid => 'one' })), 'signature_invalid'),
    fetched('all in all'            => undef, 2),
]



=== requests that overlap make one fetch
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
location /y { auth_jwt "y"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; auth_jwt_audience orders; empty_gif; }
]
--- cases eval
[
    sub {
        $::idp->answer('/jwks' => { delay => 1, body => jwks($::one, $::two) });
        my @good   = map { pending(get('/x', bearer($_ % 2 ? $::one : $::two))) } 1 .. 50;
        my @forged = map { pending(get('/x', bearer($::one, {}, { kid => 'two' }))) } 1 .. 10;
        my @others = map { pending(get('/y', bearer($::one))) } 1 .. 10;
        judge_all('fifty that are good', \@good, 200);
        judge_all('ten that are forged', \@forged, 'signature_invalid');
        judge_all('ten in another location, by its rules', \@others, 'audience_mismatch');
    },
    fetched('seventy requests' => undef, 1),
]



=== requests that overlap while the source is down
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    sub {
        $::idp->answer('/jwks' => [{ delay => 1, status => 500 }, { delay => 1, body => jwks($::one) }]);
        my @all = map { pending(get('/x', bearer($::one))) } 1 .. 50;
        judge_all('all fifty', \@all, 'keys_unavailable');
    },
    fetched('fifty requests' => undef, 1),
    (map { quick("before it is tried again, $_" => get('/x', bearer($::one)), 'keys_unavailable') } 1 .. 5),
    quick('no token'         => get('/x'), 'no_credential'),
    fetched('still'          => undef, 1),
    pause(1.2),
    sub {
        my @all = map { pending(get('/x', bearer($::one))) } 1 .. 50;
        judge_all('the source is back', \@all, 200);
    },
    fetched('and once more'  => undef, 2),
]



=== no auth_jwt_key_cache: each use waits for a fetch, and one fetch serves all that wait
--- config eval
$::source . q[
location /x    { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
location /zero { auth_jwt "r"; auth_jwt_key_request /_jwks/zero; auth_jwt_key_cache 0; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one), '/jwks/zero' => jwks($::one)),
    (map { ["one after the other, $_" => get('/x', bearer($::one)), 200] } 1 .. 3),
    fetched('three uses'     => '/jwks', 3),
    (map { ["auth_jwt_key_cache 0, $_" => get('/zero', bearer($::one)), 200] } 1 .. 3),
    fetched('the same'       => '/jwks/zero', 3),
    sub {
        $::idp->forget;
        $::idp->answer('/jwks' => { delay => 0.4, body => jwks($::one) });
        my @all = map { pending(get('/x', bearer($::one))) } 1 .. 50;
        judge_all('all at once', \@all, 200, over => 0.1);
    },
    fetched('fifty uses at once' => '/jwks', 1),
    answers('/jwks' => jwks($::two)),
    ['the new key'           => get('/x', bearer($::two)), 200],
    ['the old key'           => get('/x', bearer($::one)), 'key_unknown'],
    answers('/jwks' => 500),
    ['down: the keys there were' => get('/x', bearer($::two)), 200],
    quick('down: any other'  => get('/x', bearer($::one)), 'keys_unavailable'),
]



=== without auth_jwt_key_cache and auth_jwt_key_stale nothing is kept
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 0; auth_jwt_key_stale 0; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => [jwks($::one), 500]),
    ['before' => get('/x', bearer($::one)), 200],
    ['down'   => get('/x', bearer($::one)), 'keys_unavailable'],
    answers('/jwks' => jwks($::one)),
    ['up'     => get('/x', bearer($::one)), 200, within => 5],
]



=== an unknown kid: one fetch ahead of time
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    ['the key there is'     => get('/x', bearer($::one)), 200],
    answers('/jwks' => { delay => 3, body => jwks($::one, $::two) }),
    sub {
        my @new = map { pending(get('/x', bearer($::two))) } 1 .. 20;
        my @known = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        judge_all('known ones do not wait', \@known, 200, under => 2.5);
        judge_all('a new key', \@new, 200, over => 0.5);
    },
    fetched('forty requests' => '/jwks', 2),
    answers('/jwks' => jwks($::one, $::two, $::three)),
    (map { quick("an unknown one, $_" => get('/x', bearer($::one, {}, { kid => "k$_" })), 'key_unknown') } 1 .. 20),
    quick('even if it is there by now' => get('/x', bearer($::three)), 'key_unknown'),
    quick('known'           => get('/x', bearer($::two)), 200),
    fetched('within the ten seconds' => '/jwks', 2),
]



=== a hundred unknown kids at once
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => { delay => 0.5, body => jwks($::one) }),
    sub {
        my @all = map { pending(get('/x', bearer($::one, {}, { kid => "k$_" }))) } 1 .. 100;
        judge_all('all are refused', \@all, 'key_unknown');
    },
    fetched('a hundred'     => '/jwks', 1, 2),
    sub {
        my @all = map { pending(get('/x', bearer($::one, {}, { kid => "k$_" }))) } 101 .. 200;
        judge_all('and once more', \@all, 'key_unknown');
    },
    fetched('another hundred' => '/jwks', 1, 2),
    quick('a known one'     => get('/x', bearer($::one)), 200),
]



=== an unknown kid while the source is down
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => [jwks($::one), 500]),
    ['known'                => get('/x', bearer($::one)), 200],
    ['unknown'              => get('/x', bearer($::two)), 'keys_unavailable'],
    (map { quick("unknown, $_" => get('/x', bearer($::two)), 'keys_unavailable') } 1 .. 5),
    quick('known'           => get('/x', bearer($::one)), 200),
    quick('known, forged'   => get('/x', bearer($::two, {}, { kid => 'one' })), 'signature_invalid'),
    fetched('all in all'    => '/jwks', 2),
]



=== a new key under an old kid, or without one: one fetch ahead of time
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_n; empty_gif; }
]
--- cases eval
my ($es, $rs) = map { key($_) } qw(ES256 RS256);
my $as_k = sub { bearer($_[0], {}, { kid => 'k' }) };
my $bare = sub { bearer($_[0], {}, { kid => undef }) };
my $set = sub { my @k = map { $_->jwk(kid => 'k') } @_; jwks(@k) };
my $bare_set = sub { my @k = map { $_->jwk(kid => undef) } @_; jwks(@k) };
[
    answers('/jwks/kid' => $set->($::one), '/jwks/type' => $set->($es), '/jwks/bare' => $bare_set->($::one),
        '/jwks/bare_type' => $bare_set->($es)),
    ['old key of a kid'              => get('/x?n=kid', $as_k->($::one)), 200],
    ['old key of another type'       => get('/x?n=type', $as_k->($es)), 200],
    ['old key without a kid'         => get('/x?n=bare', $bare->($::one)), 200],
    ['old key of another type without a kid' => get('/x?n=bare_type', $bare->($es)), 200],
    answers('/jwks/kid' => { delay => 0.5, body => $set->($::two) }, '/jwks/type' => $set->($rs),
        '/jwks/bare' => $bare_set->($::two), '/jwks/bare_type' => $bare_set->($rs)),
    sub {
        my @new = map { pending(get('/x?n=kid', $as_k->($::two))) } 1 .. 20;
        judge_all('new key under the old kid', \@new, 200);
    },
    ['new key of another type'       => get('/x?n=type', $as_k->($rs)), 200],
    ['new key without a kid'         => get('/x?n=bare', $bare->($::two)), 200],
    ['new key of another type without a kid' => get('/x?n=bare_type', $bare->($rs)), 200],
    (map { quick("forged, $_"        => get('/x?n=kid', $as_k->($::three)), 'signature_invalid') } 1 .. 20),
    quick('forged, without a kid'    => get('/x?n=bare', $bare->($::three)), 'signature_invalid'),
    quick('forged, then a kid of nobody' => get('/x?n=kid', bearer($::three)), 'key_unknown'),
    (map { fetched("$_, within the ten seconds" => "/jwks/$_", 2) } qw(kid type bare bare_type)),
]



=== forged tokens: one fetch ahead of time, and those with good ones do not wait
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
]
--- cases eval
my $forged = bearer($::two, {}, { kid => 'one' });
[
    answers('/jwks' => [jwks($::one), { delay => 3, body => jwks($::one) }]),
    ['a good one'          => get('/x', bearer($::one)), 200],
    sub {
        my @forged = map { pending(get('/x', $forged)) } 1 .. 50;
        my @good = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        judge_all('good ones', \@good, 200, under => 2.5);
        judge_all('forged ones', \@forged, 'signature_invalid');
    },
    (map { quick("forged, $_" => get('/x', $forged), 'signature_invalid') } 1 .. 20),
    quick('an unknown kid' => get('/x', bearer($::three)), 'key_unknown'),
    fetched('all in all'   => '/jwks', 2),
]



=== keys that vanish, come and change
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
]
--- cases eval
my ($a, $b, $c) = map { key('HS256', $_) } qw(a b c);
[
    answers('/jwks' => jwks($a, $c)),
    ['a'               => get('/x', bearer($a)), 200],
    answers('/jwks' => jwks($b, $c)),
    ['b'               => get('/x', bearer($b)), 200,
        log => qr/\[notice\].*sallyport: key request "\/_jwks" changed: 2 keys, added "b", removed "a"/],
    ['c stays'         => get('/x', bearer($c)), 200, no_log => 'changed'],
    ['a is gone'       => get('/x', bearer($a)), 'key_unknown'],
    answers('/jwks' => jwks($b->jwk(kid => 'c'))),
    ['c is another'    => get('/x', bearer($b, {}, { kid => 'c' })), 200],
    ['the old c'       => get('/x', bearer($c)), 'signature_invalid'],
    ['b is gone'       => get('/x', bearer($b)), 'key_unknown'],
]



=== keyval holds PEM and secrets; the format belongs to the source
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /keyval { auth_jwt "r"; auth_jwt_key_request /_jwks/keyval keyval; empty_gif; }
location /jwks   { auth_jwt "r"; auth_jwt_key_request /_jwks/set jwks; empty_gif; }
location /wrong  { auth_jwt "r"; auth_jwt_key_request /_jwks/keyval; empty_gif; }
location /wrong2 { auth_jwt "r"; auth_jwt_key_request /_jwks/list keyval; empty_gif; }
]
--- cases eval
[
    answers('/jwks/keyval' => json({ one => $::one->private, rs256 => key('RS256')->public, cert => key('PS256', 'cert')->certificate,
            private => key('RS256', 'private')->private, weak => 'short' }),
        '/jwks/set' => jwks($::one), '/jwks/list' => '[1]'),
    (map { ['keyval, ' . $_->kid => get('/keyval', bearer($_)), 200] } $::one, key('RS256'), key('PS256', 'cert')),
    ['a private key'      => get('/keyval', bearer(key('RS256', 'private'))), 'key_unknown'],
    ['a weak secret'      => get('/keyval', bearer(key('HS256', 'weak', secret => 'short'))), 'key_unknown'],
    ['PEM is no secret'   => get('/keyval', bearer(key('HS256', 'rs256', secret => key('RS256')->public))), 'algorithm_mismatch'],
    ['jwks, written out'  => get('/jwks', bearer($::one)), 200],
    ['keyval read as a set' => get('/wrong', bearer($::one)), 'keys_unavailable'],
    ['an array read as keyval' => get('/wrong2', bearer($::one)), 'keys_unavailable'],
]



=== weak keys only where they are allowed
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
auth_jwt_key_request /_jwks;
location /weak   { auth_jwt "r"; auth_jwt_weak_keys on; empty_gif; }
location /strong { auth_jwt "r"; empty_gif; }
]
--- cases eval
my $weak = bearer(key('HS256', 'weak', secret => 'short'));
[
    answers('/jwks' => jwks($::one, { kty => 'oct', kid => 'weak', alg => 'HS256', k => base64url('short') })),
    ['allowed'           => get('/weak', $weak), 200],
    ['not allowed'       => get('/strong', $weak), 'key_unknown'],
    ['allowed, still'    => get('/weak', $weak), 200],
    ['the strong one'    => get('/strong', bearer($::one)), 200],
]



=== several sources: a slow one delays nobody who does not need it
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /fast { auth_jwt "r"; auth_jwt_key_request /_jwks/fast; empty_gif; }
location /both { auth_jwt "r"; auth_jwt_key_request /_jwks/slow; auth_jwt_key_request /_jwks/fast; empty_gif; }
location /cold { auth_jwt "r"; auth_jwt_key_request /_jwks/slow2; auth_jwt_key_request /_jwks/fast2; empty_gif; }
location /dead { auth_jwt "r"; auth_jwt_key_request /_jwks/dead; auth_jwt_key_request /_jwks/fast; empty_gif; }
]
--- cases eval
[
    answers('/jwks/fast' => jwks($::one), '/jwks/fast2' => jwks($::one), '/jwks/dead' => 500,
        '/jwks/slow' => { delay => 3, body => jwks($::two) }, '/jwks/slow2' => { delay => 3, body => jwks($::two) }),
    ['the fast one alone'    => get('/fast', bearer($::one)), 200],
    sub {
        my $slow = pending(get('/both', bearer($::two)));
        my $neither = pending(get('/both', bearer($::three)));
        $::idp->await('/jwks/slow', 1);
        my @fast = map { pending(get('/both', bearer($::one))) } 1 .. 10;
        judge_all('keys at hand', \@fast, 200, under => 2.5);
        my $cold = pending(get('/cold', bearer($::one)));
        judge('keys that arrive sooner', $cold, 200, under => 2.5);
        judge('a key of the slow one', $slow, 200, over => 2);
        judge('a key of neither', $neither, 'key_unknown', over => 2);
    },
    quick('then it is at hand' => get('/both', bearer($::two)), 200),
    quick('one is dead: the other\'s key' => get('/dead', bearer($::one)), 200),
    ['one is dead: a key that may be its' => get('/dead', bearer($::two)), 'keys_unavailable'],
    quick('still'            => get('/dead', bearer($::one)), 200),
    fetched('the fast one'   => '/jwks/fast', 1, 2),
]



=== several sources with one kid: tried in their order
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/a; auth_jwt_key_request /_jwks/b; empty_gif; }
]
--- cases eval
[
    answers('/jwks/a' => jwks($::one->jwk(kid => 'k')), '/jwks/b' => jwks($::two->jwk(kid => 'k'), $::three)),
    ['both are fetched'   => get('/x', bearer($::three)), 200],
    ['the first\'s key'   => get('/x', bearer($::one, {}, { kid => 'k' })), 200],
    ['the second\'s key'  => get('/x', bearer($::two, {}, { kid => 'k' })), 200],
    ['neither\'s'         => get('/x', bearer($::three, {}, { kid => 'k' })), 'signature_invalid'],
    ['without a kid'      => get('/x', bearer($::two, {}, { kid => undef })), 200],
]



=== with keys by directive and of files
--- conf eval
({ 'file.jwks' => jwks($::two), 'one.pem' => key('RS256', 'direct')->public })
--- config eval
$::source . q[
auth_jwt_key_cache 1h;
location /x {
    auth_jwt "r";
    auth_jwt_key_request /_jwks;
    auth_jwt_key_file file.jwks;
    auth_jwt_key direct RS256 one.pem;
    empty_gif;
}
location /down {
    auth_jwt "r";
    auth_jwt_key_file file.jwks;
    auth_jwt_key_request /_jwks/down;
    empty_gif;
}
location /hanging {
    auth_jwt "r";
    auth_jwt_key_file file.jwks;
    auth_jwt_key direct RS256 one.pem;
    auth_jwt_key_request /_jwks/hanging;
    empty_gif;
}
]
--- cases eval
[
    answers('/jwks' => { delay => 3, body => jwks($::one) }, '/jwks/down' => 500, '/jwks/hanging' => { before => 'never' }),
    sub {
        my $waiting = pending(get('/x', bearer($::one)));
        $::idp->await('/jwks', 1);
        judge('a key by directive', pending(get('/x', bearer(key('RS256', 'direct')))), 200, under => 2.5);
        judge('a key of the file', pending(get('/x', bearer($::two))), 200, under => 2.5);
        judge('a key of the source', $waiting, 200, over => 1);
    },
    (map { quick($_->kid . ', at hand' => get('/x', bearer($_)), 200) } $::one, $::two, key('RS256', 'direct')),
    ['a kid of none'      => get('/x', bearer($::three)), 'key_unknown'],
    quick('down: a key of the file' => get('/down', bearer($::two)), 200),
    ['down: a kid that may be the source\'s' => get('/down', bearer($::one)), 'keys_unavailable'],
    quick('hanging: a key of the file' => get('/hanging', bearer($::two)), 200),
    quick('hanging: a key by directive' => get('/hanging', bearer(key('RS256', 'direct'))), 200),
    quick('hanging: no token' => get('/hanging'), 'no_credential'),
]



=== levels: http, server, location, nested, limit_except
--- http_config
auth_jwt_key_request /_jwks/http;
auth_jwt_key_cache 1h;
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name b.example;
    add_header X-Reason $auth_reason always;
    auth_jwt_key_request /_jwks/server;
    auth_jwt_key_cache 0;
    location /x { auth_jwt "r"; empty_gif; }
    location /cached { auth_jwt "r"; auth_jwt_key_cache 30m; empty_gif; }
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/b; }
}
--- conf eval
({ 'file.jwks' => jwks($::three) })
--- config eval
$::source . q[
location /x { auth_jwt "r"; empty_gif; }
location /own {
    auth_jwt "r";
    auth_jwt_key_request /_jwks/location;
    empty_gif;
    location /own/nested { empty_gif; }
    location /own/other { auth_jwt_key_request /_jwks/nested; empty_gif; }
}
location /file { auth_jwt "r"; auth_jwt_key_file file.jwks; empty_gif; }
location /direct { auth_jwt "r"; auth_jwt_key hs256 HS256 hs256.secret; empty_gif; }
location /except {
    limit_except GET { auth_jwt "r"; auth_jwt_key_request /_jwks/except; auth_jwt_key_cache 0; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /off { auth_jwt off; empty_gif; }
]
--- cases eval
my ($four, $five) = map { key('HS256', $_) } qw(four five);
[
    answers('/jwks/http' => jwks($::one), '/b/server' => jwks($::two), '/jwks/location' => jwks($::three),
        '/jwks/nested' => jwks($four), '/jwks/except' => jwks($five)),
    ['http'                        => get('/x', bearer($::one)), 200],
    ['http, not the location\'s'   => get('/x', bearer($::three)), 'key_unknown'],
    ['server'                      => get('/x', 'Host: b.example', bearer($::two)), 200],
    ['server, not http\'s'         => get('/x', 'Host: b.example', bearer($::one)), 'key_unknown'],
    ['location'                    => get('/own', bearer($::three)), 200],
    ['location, not http\'s'       => get('/own', bearer($::one)), 'key_unknown'],
    ['nested, inherited'           => get('/own/nested', bearer($::three)), 200],
    ['nested, its own'             => get('/own/other', bearer($four)), 200],
    ['nested, not the outer ones'  => get('/own/other', bearer($::three)), 'key_unknown'],
    ['a file replaces them'        => get('/file', bearer($::three)), 200],
    ['so the source has no say'    => get('/file', bearer($::one)), 'key_unknown'],
    ['a key by directive as well'  => get('/direct', bearer(key('HS256'))), 200],
    ['no source there'             => get('/direct', bearer($::one)), 'key_unknown'],
    ['off'                         => get('/off'), 200],
    ['limit_except: GET is open'   => get('/except'), 200],
    ['limit_except: POST is not'   => request('POST', '/except'), 'no_credential'],
    ['limit_except: POST'          => request('POST', '/except', bearer($five), { body => 'x' }), 200],
    ['limit_except: PUT, again'    => request('PUT', '/except', bearer($five)), 200],
    fetched('auth_jwt_key_cache in limit_except' => '/jwks/except', 2),
    ['limit_except: not http\'s keys' => request('POST', '/except', bearer($::one)), 'key_unknown'],
    sub { $::idp->forget },
    (map { ["the server caches nothing, $_" => get('/x', 'Host: b.example', bearer($::two)), 200] } 1 .. 3),
    fetched('each time'            => '/b/server', 3),
    sub { $::idp->forget },
    (map { ["a location of it does, $_" => get('/cached', 'Host: b.example', bearer($::two)), 200] } 1 .. 3),
    fetched('once'                 => '/b/server', 1),
]



=== what else a location asks for is judged after the wait
--- config eval
$::source . q[
auth_jwt_key_cache 0;
location /x {
    auth_jwt "r";
    auth_jwt_key_request /_jwks;
    auth_jwt_issuer https://id.example;
    auth_jwt_audience orders;
    auth_jwt_algorithms HS256;
    auth_jwt_require $arg_ok error=403;
    auth_tenant_expect $arg_tenant;
    auth_role_map { GET viewer; POST admin; OPTIONS off; }
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
]
--- cases eval
my $t = sub { bearer($::one, { iss => 'https://id.example', aud => 'orders', tenant_id => 'acme', roles => ['viewer'], @_ }) };
my $uri = '/x?ok=1&tenant=acme';
[
    answers('/jwks' => { delay => 0.2, body => jwks($::one, key('RS256')) }),
    ['all met'     => get($uri, $t->()), 200, body => qr/user=alice tenant=acme roles=viewer /],
    ['issuer'      => get($uri, $t->(iss => 'x')), 'issuer_mismatch'],
    ['audience'    => get($uri, $t->(aud => 'x')), 'audience_mismatch'],
    ['algorithm'   => get($uri, bearer(key('RS256'))), 'algorithm_not_allowed'],
    ['requirement' => get('/x?tenant=acme', $t->()), 'requirement_forbidden'],
    ['tenant'      => get('/x?ok=1&tenant=globex', $t->()), 'tenant_mismatch'],
    ['role'        => request('POST', $uri, $t->()), 'role_missing'],
    ['method'      => request('PUT', $uri, $t->()), 'method_not_allowed'],
    ['open'        => request('OPTIONS', '/x'), 200],
]
