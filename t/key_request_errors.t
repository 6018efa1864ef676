# auth_jwt_key_request, auth_jwt_key_cache, auth_jwt_key_stale: what nginx -t takes and what it refuses.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Config;
use Test::More 'no_plan';

give_file('good.jwks', jwks(key('HS256')));
give_file('secret', 's' x 64);

my $on = 'auth_jwt "r";';
my $request = 'auth_jwt_key_request /_jwks;';

note 'what is right is accepted';
for my $where (qw(http server location limit_except)) {
    accepted($where, "$on $request");
    accepted($where, "$on $request auth_jwt_key_cache 5m; auth_jwt_key_stale 2h;");
    accepted($where, $request, "$request without auth_jwt");
    accepted($where, "auth_jwt_key_cache 5m; auth_jwt_key_stale 2h;", 'times alone');
}
accepted('location', "$on auth_jwt_key_request $_;") for '/_jwks jwks', '/_jwks keyval', '/', '/_jwks?realm=main&x=y',
    '/_jwks/$host', '$arg_u', '${arg_u}', '$arg_u keyval', '/_jwks/$host?u=$arg_u jwks', '/a..b', '/..a/b..', '/~a', '/a/./b';
accepted('location', "$on $request auth_jwt_key_request /_jwks/b keyval; auth_jwt_key_request /_jwks/\$host;", 'several');
accepted('location', "$on $request auth_jwt_key k HS256 secret; auth_jwt_key_file good.jwks;", 'of all kinds');
accepted('location', "$on auth_jwt_key_request /nowhere;", 'a location that is not there');
accepted('location', "$on $request auth_jwt_key_cache $_;") for qw(0 0s 1 1s 1500ms 5m 1h30m 365d);
accepted('location', "$on $request auth_jwt_key_stale $_;") for qw(0 0s 1 1s 1500ms 5m 1h30m 365d);
accepted('http', "$request auth_jwt_key_cache 1m; server { auth_jwt_key_cache 2m;
    location /a { $on auth_jwt_key_cache 0; auth_jwt_key_stale 0; empty_gif; } }",
    'on several levels');
accepted('http', "$request server { $on auth_jwt_key_file good.jwks; location /a { $request empty_gif; }
    location /b { auth_jwt_key k HS256 secret; empty_gif; } }",
    'one family on several levels');
accepted('server', "$on $request location /_jwks { internal; proxy_pass http://127.0.0.1:9; }", 'the location of the source inherits it');

note 'auth_jwt_key_request';
my @requests = (
    ['', qr/invalid number of arguments in "auth_jwt_key_request" directive/],
    ['/a jwks more', qr/invalid number of arguments in "auth_jwt_key_request" directive/],
    ['/a jwk', qr/"jwk"/],
    ['/a JWKS', qr/"JWKS"/],
    ['/a pem', qr/"pem"/],
    ['/a ""', qr/auth_jwt_key_request|""/],
    ['/a /b', qr/"\/b"/],
    ['/a $arg_format', qr/"\$arg_format"/],
    ['/a 5m', qr/"5m"/],
    ['""', qr/auth_jwt_key_request|empty/],
    ['jwks', qr/"jwks"/],
    ['jwks keyval', qr/"jwks"/],
    ['_jwks/$host', qr/_jwks/],
    ['a$arg_u', qr/a\$arg_u/],
    ['@named', qr/\@named/],
    ['?realm=main', qr/\?realm=main/],
    ['" /_jwks"', qr/auth_jwt_key_request| \/_jwks/],
    ['\\\\_jwks', qr/_jwks/],
    ['http://idp.example/jwks', qr/http:\/\/idp\.example\/jwks/],
    ['https://$host/jwks', qr/https:/],
    ['idp.example/jwks', qr/idp\.example/],
    ['/_jwks/$nope', qr/unknown "nope" variable/],
    ['$nope', qr/unknown "nope" variable/],
    ['/_jwks/${host', qr/variable|brace|bracket/],
);
refused('location', "$on\nauth_jwt_key_request $_->[0]; # here", $_->[1]) for @requests;
refused($_, 'auth_jwt_key_request jwks; # here', qr/"jwks"/, 'a bad uri without auth_jwt') for qw(http server location limit_except);
refused('if', "$request # here", qr/"auth_jwt_key_request" directive is not allowed here/);
refused('main', "$request # here", qr/"auth_jwt_key_request" directive is not allowed here/);
refused('location', "$on\nauth_jwt_key_request /a { # here\n}", qr/auth_jwt_key_request|"\{"|unexpected/, 'a block');

note 'auth_jwt_key_cache, auth_jwt_key_stale';
for my $name (qw(auth_jwt_key_cache auth_jwt_key_stale)) {
    refused('location', "$on $request\n$name; # here", qr/invalid number of arguments in "$name" directive/);
    refused('location', "$on $request\n$name 1s 2s; # here", qr/invalid number of arguments in "$name" directive/);
    refused('location', "$on $request\n$name $_; # here", qr/"$name".*invalid value/)
        for qw(soon -1s -1 1x 1.5s 1s1m off on), '""', '$arg_t', '"1 s"', '99999999999999999999s';
    refused($_, "$request\n$name 1s;\n$name 1s; # here", qr/"$name" directive is duplicate/, "$name twice")
        for qw(http server location limit_except);
    refused('location', "$on $request\n$name 0;\n$name 0; # here", qr/"$name" directive is duplicate/, "$name 0 twice");
    refused('if', "$name 1s; # here", qr/"$name" directive is not allowed here/);
    refused('main', "$name 1s; # here", qr/"$name" directive is not allowed here/);
}

note 'auth_jwt without keys';
refused($_, "$on # here\nauth_jwt_key_cache 5m; auth_jwt_key_stale 1h;", qr/"auth_jwt".*key/, 'times are no keys')
    for qw(http server location limit_except);
refused('http', "server { $on # here\nlocation /a { $request empty_gif; }\nlocation /b { empty_gif; } }", qr/"auth_jwt".*key/,
    'a source in another location');
