# Every malformed configuration of metrics: nginx -t names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Test;
use Test::More 'no_plan';

my $server = "server { listen $ENV{TEST_NGINX_SERVER_PORT}; location / { empty_gif; }";

refused('http', $_->[0], $_->[1]) for
    ['auth_metrics_zone auth; # here', qr/needs a name and a size, such as "auth:1m", not "auth"/],
    ['auth_metrics_zone :1m; # here', qr/needs a name and a size/],
    ['auth_metrics_zone auth:; # here', qr/has an invalid size ""/],
    ['auth_metrics_zone auth:many; # here', qr/has an invalid size "many"/],
    ['auth_metrics_zone auth:-1; # here', qr/has an invalid size "-1"/],
    ['auth_metrics_zone auth:4k; # here', qr/has a zone that is too small: "auth:4k"/],
    ["auth_metrics_zone auth:1m;\nauth_metrics_zone more:1m; # here", qr/is duplicate/],
    ["limit_req_zone \$uri zone=auth:1m rate=1r/s;\nauth_metrics_zone auth:1m; # here", qr/auth.*(?:conflict|already)/],
    ['auth_metrics_label shop; # here', qr/"auth_metrics_label" directive needs auth_metrics_zone/],
    ["auth_metrics_zone auth:1m;\nauth_metrics_label ''; # here", qr/has a name that is empty or longer than 255 bytes/],
    ["auth_metrics_zone auth:1m;\nauth_metrics_label @{['x' x 256]}; # here", qr/has a name that is empty or longer than 255 bytes/],
    ["auth_metrics_zone auth:1m;\nauth_metrics_label \$host; # here", qr/takes no variables/],
    ["auth_metrics_zone auth:1m;\nauth_metrics_label \xff; # here", qr/has a name that is not UTF-8/],
    ["auth_metrics_zone auth:1m;\nauth_metrics_label a;\nauth_metrics_label b; # here", qr/is duplicate/],
    ["$server location /s { auth_endpoint status; # here\n} }", qr/"auth_endpoint" directive needs auth_metrics_zone/],
    ["auth_metrics_zone auth:1m;\n$server location /s { auth_endpoint status; # here\nempty_gif; } }", qr/shares its location with another content handler/],
    ["auth_metrics_zone auth:64k; # here\n$server auth_jwt r; auth_jwt_key a HS256 base64url:@{['A' x 43]};\n"
        . join('', map { "location /$_/ { auth_metrics_label l$_; }\n" } 1 .. 20) . '}',
        qr/has a zone that is too small for 21 labels, 0 key sources and \d+ workers: they need \d+k/];
refused($_, 'auth_metrics_zone auth:1m; # here', qr/directive is not allowed here/) for qw(server location);

accepted('http', $_) for
    'auth_metrics_zone auth:32k;', 'auth_metrics_zone auth:1m; auth_metrics_label shop;',
    "auth_metrics_zone auth:1m; $server location /s { auth_endpoint status; deny all; } }";

# A status that everybody can read is worth a warning, and no other is.
give_file('users.htpasswd', "alice:{PLAIN}x\n");
my $key = "auth_jwt_key a HS256 base64url:@{['A' x 43]};";
for (
    ['nothing',          '', 1],
    ['allow',            'allow 127.0.0.1;', 0],
    ['allow, IPv6',      'allow ::1;', 0],
    ['allow, Unix',      'allow unix:;', 0],
    ['deny',             'deny all;', 0],
    ['auth_basic',       'auth_basic r; auth_basic_user_file users.htpasswd;', 0],
    ['auth_request',     'auth_request /auth;', 0],
    ['internal',         'internal;', 0],
    ['a token',          "auth_jwt r; $key", 0],
    ['only observed',    "auth_jwt r; $key auth_policy observe;", 1],
    ['optional',         "auth_jwt r; $key auth_policy optional;", 1],
) {
    my ($name, $guard, $warns) = @$_;
    for my $where ('inside', 'around') {
        my ($outer, $inner) = $where eq 'inside' ? ('', $guard) : ($guard, '');
        next if $guard eq 'internal;' && $where eq 'around';
        my $output = accepted('http', "auth_metrics_zone auth:1m;\nserver { listen $ENV{TEST_NGINX_SERVER_PORT}; $outer\nlocation /auth { internal; }\n"
            . "location /s { $inner auth_endpoint status; }\n}", "$name, $where");
        my $found = $output =~ /\[warn\].*"auth_endpoint" directive shows the status to everyone.* in \S+nginx\.conf:\d+/ ? 1 : 0;
        is($found, $warns, "$name, $where: " . ($warns ? 'a warning' : 'no warning')) or diag($output);
    }
}
