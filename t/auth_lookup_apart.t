# What a lookup's location does stays there: its variables are not those of the client's request, and
# an answer out of nginx's own cache, which does not know the credential, is not believed.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::Nginx::Socket 'no_plan';

our $app = Sallyport::Upstream->new;
our ($alice, $mallory) = (basic(alice => 'wonderland'), basic(mallory => 'cheshire'));

run_tests();

__DATA__

=== variables that the lookup's location reads or sets
--- http_config
map $auth_subject $allowed { default 1; mallory 0; }
map $auth_tenant $database { default shared; acme acme_db; }
map $auth_lookup_secret $leak { default "secret=$auth_lookup_secret"; }
--- config
proxy_set_header X-Allowed $allowed;
proxy_set_header X-User $database;
proxy_set_header X-Extra "$content_type $content_length $leak $mark";
auth_credential_cache 0;
set $mark main;
location /x {
    auth_password "r";
    auth_password_request /_who/$arg_n;
    proxy_set_header X-User $database;
    proxy_set_header X-Extra "$content_type $content_length $leak $mark";
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /allowed {
    auth_password "r";
    auth_password_request /_who/$arg_n;
    auth_jwt_require $allowed error=403;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /_who { internal; set $mark lookup; proxy_pass http://$TEST_NGINX_IDP/who; }
--- cases eval
my $body = { body => 'a=b' };
[
    answers('/who/alice' => '{"sub":"alice","tenant_id":"acme"}', '/who/mallory' => '{"sub":"mallory"}'),
    (map { ["a map of the tenant, $_" => request('POST', '/x?n=alice', 'Content-Type: text/x', $::alice, $body), 200,
        body => qr/user=acme_db .* extra=text\/x 3 secret= main/] } 1, 2),
    (map { ["a map of the subject, $_" => get('/allowed?n=mallory', $::mallory), 'requirement_forbidden',
        headers => { 'WWW-Authenticate' => undef }] } 1, 2),
    ['another subject' => get('/allowed?n=alice', $::alice), 200],
]



=== an answer out of a cache
--- http_config
proxy_cache_path $TEST_NGINX_SERVER_ROOT/cache keys_zone=c:1m;
proxy_cache c;
proxy_cache_valid any 1m;
--- config
auth_credential_cache 0;
location /x { auth_api_key "r"; auth_api_key_request /_who; empty_gif; }
location /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /off { auth_api_key "r"; auth_api_key_request /_off; empty_gif; }
location /_off { internal; proxy_cache off; proxy_pass http://$TEST_NGINX_IDP/off; }
--- cases eval
[
    answers('/who' => '{"sub":"alice"}', '/off' => ['{"sub":"alice"}', 401]),
    ['the first one is asked about' => get('/x', api_key('good')), 200],
    ['another key is not the first' => get('/x', api_key('wrong')), 'lookup_failed', log => qr/came from nginx's cache/],
    ['nor is the same'              => get('/x', api_key('good')), 'lookup_failed'],
    ['without a cache'              => get('/off', api_key('good')), 200],
    ['another key there'            => get('/off', api_key('wrong')), 'credential_invalid'],
]
