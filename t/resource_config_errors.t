# Every malformed auth_resource: nginx -t names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Test;
use Test::More 'no_plan';

give_file('good.jwks', jwks(key('HS256')));

my $known = '/.well-known/oauth-protected-resource';
my $jwt = 'auth_jwt r; auth_jwt_key_file good.jwks; auth_jwt_issuer https://id.example;';
my $entrance = "location $known { auth_endpoint metadata; }";
my $uri = 'https://api.example/mcp';

# A server with an endpoint; the text, or texts, stand in locations of their own.
sub server {
    my ($texts, $more) = @_;
    my $number = 0;
    return "server { listen $ENV{TEST_NGINX_SERVER_PORT};\n" . ($more // $entrance) . "\n"
        . join('', map { $number++; "location /l$number {\n$jwt $_\nempty_gif; }\n" } ref $texts ? @$texts : $texts) . '}';
}
sub good { my ($texts, $name, $more) = @_; return accepted('http', server($texts, $more), $name) }
sub bad { my ($texts, $why, $name, $more) = @_; refused('http', server($texts, $more), $why, $name // (ref $texts ? undef : $texts)); return }

note 'what is right is accepted';
unlike(good("auth_resource $_ { }"), qr/\[warn\] "auth_/, "no warning: $_") for
    qw(https://api.example https://api.example/ https://api.example/mcp https://api.example/mcp/ https://api.example:8443/a/b http://localhost/mcp
    http://localhost:8080/mcp http://127.0.0.1/mcp http://127.9.9.9:1/ http://[::1]:8080 https://[2001:db8::1]/x),
    q(https://a-b.example/~x/%20/@:!&'*+,=()), '"https://api.example/a;b"';
good("auth_resource $uri { $_ }") for 'authorization_server https://id.example;', 'authorization_server https://id.example/a http://localhost:3000;', 'scopes a;',
    'scopes a b:c offline_access;', 'name Orders;', 'name "Orders and \"more\"";', 'name Aufträge;', 'documentation https://d.example/x?y#z;', 'policy https://d.example;',
    'tos http://localhost/tos;', 'audience on;', 'audience off;', 'name a; scopes b; audience on; tos https://d.example; policy https://d.example; documentation https://d.example;';
good(["auth_resource $uri { }", 'auth_resource https://api.example/other { }', 'auth_resource https://api.example { }'], 'several');
accepted('http', server("auth_resource $uri { }") . server("auth_resource $uri { }") =~ s/listen \S+;/listen $ENV{TEST_NGINX_OTHER};/r, 'one URI in two servers');
accepted('server', "$entrance $jwt auth_resource $uri { }", 'of a server');
accepted('server', "$entrance auth_jwt_key_file good.jwks; auth_resource $uri { authorization_server https://id.example; } location /x { auth_jwt r; }", 'of a server, for a location');
accepted('server', "$jwt auth_resource $uri { }" . " location $_ { auth_endpoint metadata; }", "in location $_") for $known, "^~ $known", "$known/", "= $known/mcp", "$known/mcp", "= $known/mcp { auth_jwt off; } location $known/m";

note 'the place';
refused('http', "auth_resource $uri { } # here", qr/"auth_resource" directive is not allowed here/);
refused($_, "auth_resource $uri { } # here", qr/"auth_resource" directive is not allowed here/) for qw(limit_except if);
bad("auth_resource $uri; # here", qr/directive "auth_resource" has no opening "\{"/);
bad('auth_resource { } # here', qr/invalid number of arguments in "auth_resource" directive/);
bad("auth_resource $uri more { } # here", qr/invalid number of arguments in "auth_resource" directive/);
bad("auth_resource $uri { }\nauth_resource https://api.example/x { } # here", qr/"auth_resource" directive is duplicate/);
refused('server', "$entrance location /y { auth_resource $uri { # here\n } empty_gif; }", qr/"auth_resource" directive has no effect: auth_jwt is not switched on/, 'without auth_jwt');
refused('server', "$entrance location /y { auth_resource $uri { # here\n } auth_password r; auth_password_request /x; empty_gif; }",
    qr/"auth_resource" directive has no effect: auth_jwt is not switched on/, 'for passwords alone');
refused('server', "$entrance auth_resource $uri { # here\n } location /y { empty_gif; }", qr/"auth_resource" directive has no effect: auth_jwt is not switched on/, 'a server without auth_jwt');
refused('server', "$entrance $jwt auth_jwt_audience a; auth_resource $uri { # here\n audience on; }", qr/"auth_resource" directive has "audience on", but auth_jwt_audience/, 'two audiences');
refused('http', "auth_jwt_audience a; " . server("auth_resource $uri { # here\n audience on; }"), qr/"auth_resource" directive has "audience on", but auth_jwt_audience/, 'an inherited audience');

note 'the URI';
my @uris = (
    [q(''), qr/it has to begin with https:/], ['mcp', qr/begin with https:/], ['/mcp', qr/begin with https:/], ['api.example/mcp', qr/begin with https:/],
    ['https:', qr/begin with https:/], ['https:/api.example', qr/begin with https:/], ['https://', qr/needs a host/], ['https:///mcp', qr/needs a host/],
    ['HTTPS://api.example', qr/begin with https:/], ['ftp://api.example', qr/begin with https:/], ['urn:x', qr/begin with https:/], ['https:api.example', qr/begin with https:/],
    ['http://api.example/mcp', qr/only a loopback host/], ['http://localhost.example', qr/only a loopback host/], ['http://127.evil.example', qr/only a loopback host/],
    ['http://10.0.0.1', qr/only a loopback host/], ['http://127.0.0.1@evil.example', qr/only a loopback host/], ['http://[::2]', qr/only a loopback host/], ['http://[::1].example', qr/host/],
    ['https://API.example/mcp', qr/host in lower case/], ['https://api.example:443/mcp', qr/no port that is the default/], ['http://localhost:80', qr/no port that is the default/],
    ['https://user@api.example', qr/needs a host/], ['https://u:p@api.example', qr/needs a host/], ['https://api.example:', qr/needs a host/], ['https://api.example:x', qr/needs a host/],
    ['https://api.example:70000', qr/needs a host/], ['https://[::1', qr/needs a host/], ['https://api_x.example', qr/needs a host/], ['https://%61.example', qr/needs a host/],
    ['https://api.example/mcp?x=1', qr/cannot have a query or a fragment/], ['https://api.example?', qr/cannot have a query or a fragment/],
    ['https://api.example/mcp#x', qr/cannot have a query or a fragment/], ['https://api.example#', qr/cannot have a query or a fragment/],
    ['https://api.example/$uri', qr/takes no variables/], ['https://$host/mcp', qr/takes no variables/], ['https://api.example/a$', qr/takes no variables/],
    [q("https://api.example/a b"), qr/a character that URIs cannot have/], [q('https://api.example/"'), qr/a character that URIs cannot have/], [q('https://api.example/\\x'), qr/a character that URIs/],
    ['https://api.example/ä', qr/a character that URIs cannot have/], [q("https://api.example/a\nb"), qr/a character that URIs cannot have/], ['https://api.example/<x>', qr/a character that URIs/],
    ['https://api.example//', qr/its path has/], ['https://api.example/a//b', qr/its path has/], ['https://api.example/.', qr/its path has/], ['https://api.example/a/../b', qr/its path has/],
    ['https://api.example/..', qr/its path has/], ['https://api.example/%2e%2e/x', qr/its path has/], ['https://api.example/%', qr/its path has/], ['https://api.example/%2', qr/its path has/],
    ['https://api.example/%zz', qr/its path has/], ['https://api.example/%00', qr/its path has/],
);
bad("auth_resource $_->[0] { } # here", qr/"auth_resource" directive has an invalid URI ".*": .*$_->[1]/s) for @uris;
bad("auth_resource $uri { authorization_server $_->[0]; # here\n }", qr/"authorization_server" in "auth_resource" has an (?:invalid URI ".*": .*$_->[1]|empty name)/s) for @uris;
for my $page (qw(documentation policy tos)) {
    bad("auth_resource $uri { $page $_->[0]; # here\n }", qr/"$page" in "auth_resource" has an invalid URI ".*": .*$_->[1]/s) for grep { $_->[1] !~ /query|path/ } @uris;
}
bad(["auth_resource $uri { }", "auth_resource $uri { } # here"], qr/"auth_resource" directive has "\Q$uri\E", which another location of this server has too/, 'one URI twice');
bad(["auth_resource $uri { }", "auth_resource $_ { } # here"], qr/"auth_resource" directive has "\Q$_\E", and another resource of this server has that path/, "$uri and $_")
    for "$uri/", 'https://other.example/mcp', 'http://localhost/mcp', 'https://api.example/%6dcp';

note 'the lines';
my @lines = (
    ['unknown x; # here', qr/"unknown" in "auth_resource" is unknown in this block/],
    ['resource https://api.example; # here', qr/"resource" in "auth_resource" is unknown in this block/],
    (map { ["$_; # here", qr/"$_" in "auth_resource" has an invalid number of arguments/] } qw(authorization_server scopes name documentation policy tos audience)),
    (map { ["$_ a b; # here", qr/"$_" in "auth_resource" has an invalid number of arguments/] } qw(name documentation policy tos audience)),
    (map { ["$_;\n$_; # here", qr/"\w+" in "auth_resource" is duplicate/] } 'authorization_server https://a.example', 'scopes a', 'name a', 'documentation https://a.example',
        'policy https://a.example', 'tos https://a.example', 'audience on', 'audience off'),
    ["scopes ''; # here", qr/"scopes" in "auth_resource" has an empty name/],
    (map { ["scopes a $_; # here", qr/"scopes" in "auth_resource" has a character that scopes cannot have/] } q('b c'), q('b"c'), q('b\\c'), 'ä'),
    (map { ["name $_; # here", qr/"name" in "auth_resource" has an invalid name/] } q(''), q(' a'), q("a\n"), "\"\x01\"", "\xff"),
    (map { ["audience $_; # here", qr/"audience" in "auth_resource" has to be "on" or "off"/] } 'yes', 'ON', q(''), $uri),
    ['name a { } # here', qr/./],
);
bad("auth_resource $uri { $_->[0]\n }", $_->[1]) for @lines;

note 'the endpoint';
refused('server', "$jwt auth_resource $uri { } location $_ { auth_endpoint metadata; # here\n }",
    qr{"auth_endpoint" directive has "metadata", which has to be in location /\.well-known/oauth-protected-resource}, "in location $_")
    for '/.well-known', '/', "= /mcp$known", "/mcp$known", "${known}s", '/.well-known/oauth-authorization-server', '@x', "~ $known", "~* ^$known", "~ ^/.well-known/";
refused('http', server('empty_gif;' =~ s/.*//r, "location $known { auth_endpoint metadata; # here\n }"), qr/"auth_endpoint" directive has "metadata", but this server has no auth_resource/, 'no resource');
refused('http', server("auth_resource $uri { }", "location $known { auth_endpoint metadata; # here\n empty_gif; }"), qr/"auth_endpoint" directive shares its location/, 'another handler');
refused('http', server("auth_resource $uri { }") . "server { listen $ENV{TEST_NGINX_OTHER}; location $known { auth_endpoint metadata; # here\n } }",
    qr/"auth_endpoint" directive has "metadata", but this server has no auth_resource/, 'a resource of another server');

note 'warnings';
my $unserved = qr{\[warn\] .*"auth_resource" directive has metadata that no location of this server with "auth_endpoint metadata" serves, .*https://api\.example\Q$known\E/mcp in .*:\d+};
like(good("auth_resource $uri { }", "an endpoint: $_", $_), $unserved, "a warning: $_")
    for '', "location = $known { auth_endpoint metadata; }", "location $known/x { auth_endpoint metadata; }", "location = $known/mcp/ { auth_endpoint metadata; }", "location $known { }";
like(accepted('server', "$entrance auth_jwt r; auth_jwt_key_file good.jwks; $_ auth_resource $uri { }"),
    qr/\[warn\] .*"auth_resource" directive names no authorization server: add authorization_server, or auth_jwt_issuer with a URL in .*:\d+/, "a warning: $_")
    for '', 'auth_jwt_issuer id;', 'auth_tenant a { issuer https://a.example; key_file good.jwks; }';
