# Every malformed configuration of revocations: nginx -t names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Test;
use Test::More 'no_plan';

my $zone = 'auth_revocation_zone size=32k;';
my $file = 'auth_revocation_file revoked.json;';
my $store = 'auth_token_store sqlite:store/tokens.db;';
give_file('revoked.json', '[{"sub": "mallory"}]');
give_file('none.json', '[]');
give_file('object.json', '{"sub": "mallory"}');
give_file('empty.json', '');
give_file('typo.json', '[{"sub": "mallory"}, {"sub": "eve", "untill": 5}]');
give_file('large.json', json([map { { jti => "j$_" } } 1 .. 2000]));
give_file('repeated.json', json([map { { jti => 'j' } } 1 .. 2000]));
give_file('over.json', json([map { { jti => "j$_", until => 1 } } 1 .. 2000]));
give_file('api.json', '{}');
give_file('keys.jwks', jwks(key('HS256')));
mkdir folder() . '/directory';

my $jwt = 'auth_jwt "r"; auth_jwt_key_file keys.jwks;';
my $on = "auth_revocation on; $jwt";

note 'auth_revocation';
accepted($_, 'auth_revocation off;') for qw(http server location);
accepted('http', "$zone $file $on");
accepted('http', "$on $file $zone", 'in any order');
accepted('http', "$on $store $zone $_") for '', $file;
my $needs = qr/"auth_revocation" directive needs auth_revocation_zone, and auth_token_store or auth_revocation_file/;
refused('http', "auth_revocation on; # here\n$_", $needs) for '', $zone, $file, $store;
refused('location', 'auth_revocation on; # here', $needs);
my $ways = "$zone $file server { listen $ENV{TEST_NGINX_SERVER_PORT}; server_name x; location / {\n%s\n} }";
accepted('http', sprintf $ways, $on);
accepted('http', sprintf($ways, "$on location /inner { auth_jwt off; empty_gif; }"), 'inherited where no tokens are checked');
refused('http', sprintf($ways, $_), qr/"auth_revocation" directive has no effect: neither auth_jwt nor auth_endpoint refresh or introspect is switched on here/)
    for 'auth_revocation on; # here', "auth_revocation on; # here\nlocation /inner { $jwt }",
        'auth_revocation on; auth_api_key "r"; auth_api_key_file api.json; # here';
accepted('http', sprintf($ways, "$jwt location /inner { auth_revocation on; empty_gif; }"), 'auth_jwt is inherited');
refused('location', "auth_revocation $_; # here", qr/"auth_revocation" directive has to be "on" or "off", not "\Q$_\E"/) for qw(yes ON $arg_on);
refused('location', "auth_revocation off;\nauth_revocation off; # here", qr/"auth_revocation" directive is duplicate/);
refused('location', 'auth_revocation; # here', qr/invalid number of arguments in "auth_revocation"/);
refused($_, 'auth_revocation off; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_revocation_zone';
accepted('http', "auth_revocation_zone size=$_; $file $on") for qw(32k 4m 40000);
accepted('http', "auth_metrics_zone $_:1m; $zone $file $on") for qw(sallyport_revocations sallyport);
refused('http', "$zone\n$_ # here", qr/"auth_revocation_file" directive has no effect: auth_revocation is on nowhere that tokens are checked/)
    for $file, "$file # here\nauth_revocation off;", "$file # here\nauth_revocation on;", "$file # here\n$jwt";
refused('http', "auth_revocation_zone $_->[0]; # here\n$file", $_->[1]) for
    ['4m', qr/"auth_revocation_zone" directive has an invalid parameter "4m": size=4m/],
    ['auth:4m', qr/"auth_revocation_zone" directive has an invalid parameter "auth:4m"/],
    ['size=', qr/"auth_revocation_zone" directive has an invalid size ""/],
    ['size=many', qr/"auth_revocation_zone" directive has an invalid size "many"/],
    ['size=-1', qr/"auth_revocation_zone" directive has an invalid size "-1"/],
    ['size=4k', qr/"auth_revocation_zone" directive has a zone that is too small: "size=4k"/],
    ['', qr/invalid number of arguments in "auth_revocation_zone"/];
refused('http', "$zone\n$zone # here\n$file", qr/"auth_revocation_zone" directive is duplicate/);
refused('http', "$zone # here", qr/"auth_revocation_zone" directive has no effect without auth_token_store or auth_revocation_file/);
accepted('http', "$zone $store", 'for others that check tokens');
refused($_, "$zone # here", qr/is not allowed here/) for qw(server location main);

note 'auth_revocation_keep';
accepted('http', "$zone $store $on auth_revocation_keep $_;") for qw(1s 31d 100y);
refused('http', "auth_revocation_keep 1d; # here\n$_", qr/"auth_revocation_keep" directive has no effect without auth_revocation_zone and auth_token_store/)
    for '', $store, "$zone $file $on";
refused('http', "$zone $store $on\nauth_revocation_keep $_->[0]; # here", $_->[1]) for
    ['0', qr/"auth_revocation_keep" directive has an invalid time "0"/],
    ['-1s', qr/"auth_revocation_keep" directive has an invalid time "-1s"/],
    ['long', qr/"auth_revocation_keep" directive has an invalid time "long"/],
    ['101y', qr/"auth_revocation_keep" directive has a time longer than 100 years/],
    ['', qr/invalid number of arguments in "auth_revocation_keep"/];
refused('http', "$zone $store $on\nauth_revocation_keep 1d;\nauth_revocation_keep 1d; # here", qr/"auth_revocation_keep" directive is duplicate/);
refused($_, 'auth_revocation_keep 1d; # here', qr/is not allowed here/) for qw(server location main);

note 'auth_endpoint backchannel_logout';
my $rules = 'auth_jwt_issuer https://id.example; auth_jwt_audience orders; auth_jwt_key_file keys.jwks;';
my $logout = "$zone $file $store server { listen $ENV{TEST_NGINX_SERVER_PORT}; server_name x; location /x { $on empty_gif; } location / {\n%s\n} }";
my $tenant = 'auth_tenant acme { issuer https://id.example; audience orders; key_file keys.jwks; }';
accepted('http', sprintf $logout, "auth_endpoint backchannel_logout; $_") for $rules, $tenant, "$rules $tenant";
refused('http', sprintf($logout, "auth_endpoint backchannel_logout; # here\n$_->[0]"), qr/"auth_endpoint" directive needs $_->[1]/) for
    ['', qr/auth_jwt_key_file, auth_jwt_key_request, auth_jwt_key or auth_tenant/],
    ['auth_jwt_issuer x; auth_jwt_audience y;', qr/auth_jwt_key_file/],
    (map { [$_, qr/auth_jwt_issuer and auth_jwt_audience/] } 'auth_jwt_key_file keys.jwks;', 'auth_jwt_key_file keys.jwks; auth_jwt_issuer x;',
        'auth_jwt_key_file keys.jwks; auth_jwt_audience x;', "$tenant auth_jwt_key_file keys.jwks;",
        'auth_tenant acme { issuer https://id.example; key_file keys.jwks; }');
refused('http', "$_ server { listen $ENV{TEST_NGINX_SERVER_PORT}; server_name x; location / {\nauth_endpoint backchannel_logout; # here\n$rules\n} }",
    qr/"auth_endpoint" directive needs auth_revocation_zone and auth_token_store/) for '', $store, "$zone $file server { listen $ENV{TEST_NGINX_CLIENT_PORT}; location /x { $on } }";

note 'auth_revocation_file';
accepted('http', "$zone $on auth_revocation_file $_.json;") for qw(none repeated over);
refused('http', "$file # here", qr/"auth_revocation_file" directive needs auth_revocation_zone/);
refused('http', "$zone\n$file\n$file # here", qr/"auth_revocation_file" directive is duplicate/);
refused('http', "$on $zone\nauth_revocation_file $_->[0]; # here", $_->[1]) for
    ['missing.json', qr/"auth_revocation_file" directive "\S+missing\.json" cannot be opened: No such file/],
    ['directory', qr/"auth_revocation_file" directive "\S+directory" is not a regular file/],
    ['object.json', qr/"auth_revocation_file" directive "\S+object\.json" is not a JSON array of revocations/],
    ['empty.json', qr/"auth_revocation_file" directive "\S+empty\.json" is not a JSON array of revocations/],
    ['typo.json', qr/"auth_revocation_file" directive "\S+typo\.json" entry 2 has an unknown member "untill"/],
    ['large.json', qr/"auth_revocation_file" directive "\S+large\.json" has 2000 revocations, for which auth_revocation_zone needs size=\d+k/],
    ['$host.json', qr/"auth_revocation_file" directive takes no variables/],
    ["''", qr/"auth_revocation_file" directive has an empty file name/],
    ['', qr/invalid number of arguments in "auth_revocation_file"/];
refused($_, "$file # here", qr/is not allowed here/) for qw(server location main);

# The size that is named is enough, and not much less is.
my ($size) = (Sallyport::Config::check('http', "$on $zone\nauth_revocation_file large.json;"))[1] =~ /needs size=(\d+)k/;
accepted('http', "$on auth_revocation_zone size=${size}k; auth_revocation_file large.json;");
refused('http', "$on auth_revocation_zone size=" . ($size - 1) . "k;\nauth_revocation_file large.json; # here", qr/needs size=${size}k/);

note 'auth_revocation_stale';
accepted('http', "$zone $store auth_revocation_stale $_;") for qw(1s 1000ms 5m 1d);
refused('http', "$zone\n$store\nauth_revocation_stale $_->[0]; # here", $_->[1]) for
    ['0', qr/"auth_revocation_stale" directive needs a time of at least 1s/],
    ['999ms', qr/"auth_revocation_stale" directive needs a time of at least 1s/],
    ['-1s', qr/"auth_revocation_stale" directive has an invalid time "-1s"/],
    ['soon', qr/"auth_revocation_stale" directive has an invalid time "soon"/],
    ['$arg_t', qr/"auth_revocation_stale" directive has an invalid time "\$arg_t"/],
    ['', qr/invalid number of arguments in "auth_revocation_stale"/],
    ['5m 5m', qr/invalid number of arguments in "auth_revocation_stale"/];
refused('http', "$zone $store\nauth_revocation_stale 5m;\nauth_revocation_stale 5m; # here", qr/"auth_revocation_stale" directive is duplicate/);
refused('http', "$_\nauth_revocation_stale 5m; # here", qr/"auth_revocation_stale" directive has no effect without auth_revocation_zone and auth_token_store/)
    for '', $store, "$on $zone $file";
refused($_, 'auth_revocation_stale 5m; # here', qr/is not allowed here/) for qw(server location main);
