# Limits by $auth_subject, where it has to be known before the access phase.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $idp = Sallyport::Upstream->new;
our ($one, $two) = (key('HS256', 'one'), key('HS256', 'two'));
our $source = <<"EOF_SOURCE";
    location /_jwks { internal; auth_jwt off; limit_req_dry_run on; proxy_pass http://$ENV{TEST_NGINX_IDP}/jwks; }
    auth_jwt "r";
    auth_jwt_key_request /_jwks;
    limit_req_status 429;
EOF_SOURCE
our $zones = <<'EOF_ZONES';
    limit_req_zone $auth_subject zone=one:1m rate=1r/m;
    limit_req_zone $auth_subject zone=two:1m rate=1r/m;
    log_format who '$status [$auth_subject] [$auth_reason]';
EOF_ZONES

sub of { my ($key, $user, @more) = @_; return bearer($key, { sub => $user, @more }) }
sub forged { return bearer($::two, { sub => $_[0] }, { kid => 'one' }) }

run_tests();

__DATA__

=== keys that are fetched for every request: those fetched last prove for the limit
--- http_config eval: $::zones
--- config eval
$::source . q[
location /x { limit_req zone=one burst=1 nodelay; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /y { limit_req zone=two; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    ['nothing was fetched yet' => get('/x', of($::one, 'zoe')), 200],
    ['counted'                => get('/x', of($::one, 'alice')), 200, body => qr/user=alice /],
    ['again'                  => get('/x', of($::one, 'alice')), 200],
    ['too often'              => get('/x', of($::one, 'alice')), 429],
    ['with another token'     => get('/x', of($::one, 'alice', jti => 'x')), 429],
    ['bob has his own'        => get('/x', of($::one, 'bob')), 200, body => qr/user=bob /],
    (map { ["forged for carol, $_" => get('/x', forged('carol')), 'signature_invalid'] } 1 .. 3),
    (map { ["expired for carol, $_" => get('/x', of($::one, 'carol', exp => 1)), 'token_expired'] } 1 .. 3),
    ['carol is not used up'   => get('/x', of($::one, 'carol')), 200],
    ['another zone'           => get('/y', of($::one, 'alice')), 200],
    ['too often'              => get('/y', of($::one, 'alice')), 429],
]



=== the access phase decides by fresh keys
--- http_config eval: $::zones
--- config eval
$::source . q[
access_log logs/who.log who;
location /x { limit_req zone=one burst=2 nodelay; set $early "$auth_subject"; proxy_set_header X-User $auth_subject; proxy_set_header X-Extra $early; proxy_pass http://$TEST_NGINX_ECHO; }
location /y { limit_req zone=two burst=1 nodelay; add_header X-Early $auth_subject always; error_page 429 = @page; empty_gif; }
location @page { limit_req_dry_run on; auth_jwt off; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    ['the first'              => get('/x', of($::one, 'alice')), 200, body => qr/user=alice .*extra=\n/],
    ['known early'            => get('/x', of($::one, 'alice')), 200, body => qr/user=alice .*extra=alice\n/],
    answers('/jwks' => jwks($::two)),
    ['a key that was withdrawn proves for the limit alone' => get('/x', of($::one, 'alice')), 'key_unknown'],
    ['and then no more'       => get('/x', of($::one, 'alice')), 'key_unknown'],
    sub { Test::More::unlike(access_log('who.log') =~ s/\[-\]/[]/gr, qr/^401 \[alice\]/m, 'nobody is named who was not proved') },
    ['a new key: unknown early, good in the end' => get('/x', of($::two, 'alice')), 200, body => qr/user=alice .*extra=/],
    answers('/jwks' => 500),
    ['the source is down'     => get('/y', of($::two, 'bert')), 200, headers => { 'X-Early' => 'bert' }],
    ['and counts'             => get('/y', of($::two, 'bert')), 200],
    ['until it is too much: the page knows nobody' => get('/y', of($::two, 'bert')), 200, body => qr/user= /],
]



=== auth_jwt_key_stale 0: no key proves but a fresh one, and nobody is counted
--- http_config eval: $::zones
--- config eval
$::source . q[
auth_jwt_key_stale 0;
location /x { limit_req zone=one; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /cached { auth_jwt_key_cache 1h; limit_req zone=two; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    (map { ["not counted, $_" => get('/x', of($::one, 'alice')), 200, body => qr/user=alice /] } 1 .. 4),
    ['fresh for an hour: the first' => get('/cached', of($::one, 'alice')), 200],
    ['counted'   => get('/cached', of($::one, 'alice')), 200],
    ['too often' => get('/cached', of($::one, 'alice')), 429],
]



=== passwords: counted once they are remembered
--- http_config eval: $::zones
--- config
auth_password "r";
auth_password_file users.json;
limit_req_status 429;
location /x { limit_req zone=one; empty_gif; }
location /forgotten { auth_credential_cache 0; limit_req zone=two; empty_gif; }
--- conf eval
({ 'users.json' => json({ alice => { password => slow_hash('wonderland', 5) } }) })
--- cases eval
my $alice = basic(alice => 'wonderland');
[
    ['the first is not'  => get('/x', $alice), 200],
    ['counted'           => get('/x', $alice), 200],
    ['too often'         => get('/x', $alice), 429],
    (map { ["not remembered, $_" => get('/forgotten', $alice), 200] } 1 .. 3),
]
