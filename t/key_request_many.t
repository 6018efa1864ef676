# auth_jwt_key_request: more sources on their way than are remembered.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Pending;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(8192);

our $one = key('HS256', 'one');

run_tests();

__DATA__

=== each is fetched once
--- conf eval
({ 'set.jwks' => jwks($::one) . ' ' x 300 })
--- http_config
log_format target $request_uri;
server {
    listen $TEST_NGINX_OTHER;
    location / {
        root conf;
        rewrite ^ /set.jwks break;
        limit_rate 200;
        access_log logs/fetches.log target;
    }
}
--- config
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks/$arg_t; auth_jwt_key_cache 1h; empty_gif; }
location /_jwks/ { internal; proxy_pass http://$TEST_NGINX_OTHER/; }
--- cases eval
[
    sub {
        my @all = map { pending(get("/x?t=v$_", bearer($::one))) } 1 .. 1100;
        my $good = grep { my $answer = $_->result; $answer && $answer->{status} == 200 } @all;
        Test::More::is($good, 1100, 'all are answered');
        my @fetches = split /\n/, access_log('fetches.log');
        Test::More::is(scalar @fetches, 1100, 'one fetch for each');
    },
]
