# Key fetches and lookups over connections that are kept: an answer is complete by its length, and
# the next request takes the same connection.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $kept = q[
log_format kept "$uri $server_protocol $connection_requests";
upstream app { server $TEST_NGINX_OTHER; keepalive 1; }
server {
    listen $TEST_NGINX_OTHER;
    access_log logs/kept.log kept;
    location = /jwks { alias $TEST_NGINX_SERVER_ROOT/conf/keys.jwks; }
    location = /who { return 200 '{"sub":"user-1"}'; }
    location = /nobody { return 401; }
}
proxy_http_version 1.1;
proxy_set_header Connection "";
];

# The requests that the upstream got, each with its number on its connection.
sub requests { return join ', ', split /\n/, access_log('kept.log') }

run_tests();

__DATA__

=== fetches of keys, one after the other
--- http_config eval: $::kept
--- config
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; empty_gif; }
location /_jwks { internal; proxy_pass http://app/jwks; }
--- cases eval
my $token = bearer(key('HS256'));
[
    (map { ["fetch $_" => get('/x', $token), 200] } 1 .. 3),
    sub { Test::More::is(requests(), join(', ', map { "/jwks HTTP/1.1 $_" } 1 .. 3), 'on one connection') },
]



=== lookups, one after the other, with answers of yes and no
--- http_config eval: $::kept
--- config
location /x { auth_password "r"; auth_password_request /_ask$arg_n; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /_ask { internal; proxy_pass http://app/who; }
location /_asknobody { internal; proxy_pass http://app/nobody; }
--- cases eval
[
    ['yes' => get('/x', basic(alice => 'wonderland-1')), 200, body => qr/user=user-1 /],
    ['no'  => get('/x?n=nobody', basic(alice => 'wonderland-2')), 'credential_invalid'],
    ['yes, again' => get('/x', basic(alice => 'wonderland-3')), 200, body => qr/user=user-1 /],
    sub { Test::More::is(requests(), '/who HTTP/1.1 1, /nobody HTTP/1.1 2, /who HTTP/1.1 3', 'on one connection') },
]
