# auth_credential_cache for lookups: what is remembered, for whom and how long, and that no credential
# is in a log or a URL.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $app  = Sallyport::Upstream->new;
our ($alice, $bob) = (basic(alice => 'wonderland'), basic(bob => 'builder'));

run_tests();

__DATA__

=== remembered for this credential, URI, server and Host
--- http_config
server {
    listen $TEST_NGINX_OTHER;
    auth_password "r";
    auth_password_request /_who;
    location /x { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
    location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/other; }
}
--- config
proxy_set_header X-User $auth_subject;
auth_password_request /_who;
auth_api_key_request /_who;
location /x { auth_password "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location /same { auth_password "another realm"; proxy_pass http://$TEST_NGINX_ECHO; }
location /arg { auth_password "r"; auth_password_request /_who?q=$arg_q; proxy_pass http://$TEST_NGINX_ECHO; }
location /uri { auth_password "r"; auth_password_request /_who2; proxy_pass http://$TEST_NGINX_ECHO; }
location /key { auth_api_key "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location /off { auth_password "r"; auth_password_request /_who/off; auth_credential_cache 0; empty_gif; }
location /short { auth_password "r"; auth_password_request /_who/short; auth_credential_cache 1s; empty_gif; }
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /_who2 { internal; proxy_pass http://$TEST_NGINX_IDP/who2; }
--- cases eval
my $other = $ENV{TEST_NGINX_OTHER};
[
    answers('/who' => '{"sub":"one"}', '/who2' => '{"sub":"two"}', '/other' => '{"sub":"other"}', '/who/off' => '{"sub":"off"}',
        '/who/short' => '{"sub":"short"}'),
    (map { ["asked once, $_" => get('/x', $::alice), 200, body => qr/user=one /] } 1 .. 3),
    fetched('once', '/who', 1),
    ['another method of HTTP'  => request('POST', '/x', $::alice, { body => 'x' }), 200, body => qr/user=one /],
    ['the same from another location' => get('/same', $::alice), 200, body => qr/user=one /],
    fetched('still once', '/who', 1),
    ['another password'        => get('/x', basic(alice => 'wonderland2')), 200],
    fetched('another password', '/who', 2),
    ['another user'            => get('/x', basic(alic => 'wonderland')), 200],
    ['the colon elsewhere'     => get('/x', basic('alic' => 'e:wonderland')), 200],
    fetched('another user', '/who', 4),
    ['another Host'            => get('/x', 'Host: two.example', $::alice), 200],
    fetched('another Host', '/who', 5),
    ['the first again'         => get('/x', $::alice), 200],
    fetched('the first again', '/who', 5),
    ['the same text as a key'  => get('/key', api_key('alice:wonderland')), 200],
    fetched('the same text as a key', '/who', 6),
    ['the key again'           => get('/key', api_key('alice:wonderland')), 200],
    fetched('the key again', '/who', 6),
    ['an argument'             => get('/arg?q=1', $::alice), 200],
    ['an argument again'       => get('/arg?q=1', $::alice), 200],
    fetched('an argument', '/who', 7),
    ['another argument'        => get('/arg?q=2', $::alice), 200],
    fetched('another argument', '/who', 8),
    ['another URI'             => get('/uri', $::alice), 200, body => qr/user=two /],
    fetched('another URI', '/who2', 1),
    sub {
        my ($port) = $other =~ /(\d+)\z/;
        my $answer = Sallyport::Client->new($port)->ask(get('/x', $::alice));
        Test::More::like($answer->{body}, qr/user=other /, 'another server');
    },
    fetched('another server', '/other', 1),
    (map { ["0, $_" => get('/off', $::alice), 200] } 1 .. 3),
    fetched('0: never remembered', '/who/off', 3),
    ['a second'                => get('/short', $::alice), 200],
    ['a second later'          => get('/short', $::alice), 200, within => 10,
        then => sub { return $::app->count('/who/short') > 1 ? () : 'not asked again' }],
    fetched('a second later', '/who/short', 2),
]



=== what is wrong is not remembered; times are judged each time
--- config
auth_password "r";
auth_password_request /_who/$arg_n;
location /x { empty_gif; }
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
--- cases eval
my $good = '{"sub":"one"}';
[
    answers('/who/401' => [401, $good, 401], '/who/403' => [403, $good], '/who/500' => [500, $good], '/who/late' => [json({ sub => 'u', expires => time - 1 }), $good]),
    (map { my ($n, $reason) = @$_; (
        ["$n: refused"  => get("/x?n=$n", $::alice), $reason],
        ["$n: admitted" => get("/x?n=$n", $::alice), 200],
        ["$n: remembered" => get("/x?n=$n", $::alice), 200],
        fetched($n, "/who/$n", 2),
    ) } ['401', 'credential_invalid'], ['403', 'credential_forbidden'], ['500', 'lookup_failed']),
    ['another password of the same user' => get('/x?n=401', basic(alice => 'x')), 'credential_invalid'],
    ['the remembered one' => get('/x?n=401', $::alice), 200],
    ['expired: refused' => get('/x?n=late', $::alice), 'credential_expired'],
    sub { $::app->answer('/who/soon' => json({ sub => 'u', expires => int(time) + 8 }), '/who/then' => json({ sub => 'u', not_before => int(time) + 8 })) },
    ['it expires soon'  => get('/x?n=soon', $::alice), 200],
    ['not yet'          => get('/x?n=then', $::alice), 'credential_not_yet_valid'],
    ['it has expired'   => get('/x?n=soon', $::alice), 'credential_expired', within => 10],
    ['now'              => get('/x?n=then', $::alice), 200, within => 10],
]



=== no credential in a log or a URL
--- http_config
log_format all '$request $uri $args [$auth_lookup_user] [$auth_lookup_secret] [$auth_subject] [$auth_reason] $upstream_addr';
--- config
access_log logs/all.log all;
location /x { auth_password "r"; auth_password_request /_who; add_header X-Reason $auth_reason always; add_header X-Lookup "[$auth_lookup_user$auth_lookup_secret]" always; empty_gif; }
location /k { auth_api_key "r" header=X-API-Key; auth_api_key_request /_who; add_header X-Reason $auth_reason always; add_header X-Lookup "[$auth_lookup_user$auth_lookup_secret]" always; empty_gif; }
location /open { auth_password off; add_header X-Reason $auth_reason always; add_header X-Lookup "[$auth_lookup_user$auth_lookup_secret]" always; empty_gif; }
location /_who { internal; proxy_set_header X-Secret $auth_lookup_secret; proxy_pass http://$TEST_NGINX_IDP/who; }
--- cases eval
[
    answers('/who' => ['{"sub":"one"}', 401, 403, 500, 'nonsense', { before => 'close' }, '{"sub":"two"}']),
    ['good'       => get('/x', $::alice), 200, headers => { 'X-Lookup' => '[]' }],
    ['remembered' => get('/x', $::alice), 200, headers => { 'X-Lookup' => '[]' }],
    ['401'        => get('/x', basic(alice => 'wonderland-401')), 401, reason => 'credential_invalid'],
    ['403'        => get('/x', basic(alice => 'wonderland-403')), 403, reason => 'credential_forbidden'],
    ['500'        => get('/x', basic(alice => 'wonderland-500')), 503, reason => 'lookup_failed'],
    ['nonsense'   => get('/x', basic(alice => 'wonderland-json')), 503, reason => 'lookup_failed'],
    ['closed'     => get('/x', basic(alice => 'wonderland-gone')), 503, reason => 'lookup_failed'],
    ['a key'      => get('/k', 'X-API-Key: wonderland-key'), 200, headers => { 'X-Lookup' => '[]' }],
    ['nothing is on' => get('/open', $::alice), 200, headers => { 'X-Lookup' => '[]' }],
    sub {
        my $mine = join '', grep { /sallyport/ } split /^/, error_log();
        my $logs = $mine . access_log('all.log');
        Test::More::unlike($logs, qr/wonderland|@{[join '|', map { substr $_, 21, 12 } $::alice]}/, 'neither in the log of errors nor of accesses');
        Test::More::is(scalar(grep { $_->{line} !~ m{\AGET /who HTTP/1\.[01]\z} } $::app->requests), 0, 'nor in a URL');
    },
]
