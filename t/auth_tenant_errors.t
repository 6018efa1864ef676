# Every malformed auth_tenant: nginx -t fails and names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Config;
use Test::More 'no_plan';

give_file('secret', 's' x 64);
give_file('short31', 's' x 31);
give_file('empty', '');
give_file('garbage.pem', "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
give_file("$_.pem", key($_)->public) for qw(RS256 ES256 ES384);
give_file('RS256.key', key('RS256')->private);
give_file('rsa1024.pem', key('RS256', 'small', bits => 1024)->public);
give_file('good.jwks', jwks(key('HS256')));
give_file('other.jwks', jwks(key('RS256')));
give_file('pairs.json', keyval(key('HS256')));
give_file('notjson.jwks', '{"keys": [');
give_file('nothing.jwks', '{"keys": []}');
give_file('weak.jwks', jwks({ kty => 'oct', kid => 'w', alg => 'HS256', k => base64url('short') }));
give_file('private.jwks', jwks(key('RS256')->jwk(private => 1)));
mkdir folder() . '/directory';

my $on  = 'auth_jwt "r";';
my $key = 'key ok HS256 secret;';
my $block = "auth_tenant acme { $key }";
my $server = "server { listen $ENV{TEST_NGINX_SERVER_PORT}; server_name other;";

# A block with these lines, beside a sound key or not.
sub block { my ($lines) = @_; return "auth_tenant acme {\n$key\n$lines\n}" }
sub bare  { my ($lines) = @_; return "auth_tenant acme { # here\n$lines\n} # here" }

sub wrong {
    my ($line, $why, $name) = @_;
    refused('location', "$on\n" . block("$line # here"), $why, $name // "in a block: $line" =~ s/\s+/ /gr);
    return;
}

note 'what is right is accepted';
accepted($_, "$on $block", 'auth_jwt with blocks only') for qw(http server location);
accepted('http', $block, 'a block without auth_jwt');
accepted('location', "auth_jwt off; $block", 'a block where auth_jwt is off');
accepted('location', "$block $on", 'the block before auth_jwt');
accepted('http', "$on $block $server location / { empty_gif; } location /x { limit_except GET { $on } } }",
    'auth_jwt with inherited blocks only');
accepted('http', "$block $server $on location / { empty_gif; } }", 'blocks of an outer level');
accepted('server', "$block location /x { limit_except GET { $on } empty_gif; }", 'limit_except with blocks of an outer level');
accepted('location', "$on auth_tenant acme {
    issuer      https://acme.id.example https://acme2.id.example;
    audience    orders bills;
    algorithms  RS256 HS256;
    key         one HS256 secret;
    key         two RS256 RS256.pem;
    key         three HS256 hex:" . 'ab' x 32 . ";
    key_file    good.jwks;
    key_file    other.jwks jwks;
    key_file    pairs.json keyval;
    key_file    acme-\$host.jwks;
    key_request /_jwks/acme;
    key_request /_jwks/acme?all=1 jwks;
    key_request \$arg_uri keyval;
    key_cache   5m;
}", 'every line');
accepted('location', "$on auth_tenant acme { key_cache 5m; algorithms HS256; $key issuer a; audience b; }", 'any order');
accepted('location', "$on auth_tenant acme { key_file good.jwks; }", 'a key file alone');
accepted('location', "$on auth_tenant acme { key_request /_jwks; }", 'a key request alone');
accepted('location', "$on auth_tenant a { issuer x; $key } auth_tenant b { issuer x y; $key }", 'a shared issuer, a shared kid');
accepted('location', "$on auth_tenant a { key_file good.jwks; } auth_tenant b { key_file good.jwks; } auth_jwt_key_file good.jwks;",
    'a shared key file');
accepted('location', "$on auth_tenant a { $key } auth_tenant A { $key } auth_tenant \"a b\" { $key } auth_tenant a.b { $key }",
    'names that differ');
accepted('location', "$on auth_tenant \"\xc3\x84nne\" { $key }", 'a name beyond ASCII');
accepted('http', "$on $block $server $block location / { $block empty_gif; } }", 'one name at three levels');
accepted('location', "$on auth_jwt_key ok HS256 secret; $block", 'a kid in a block and outside');
accepted('location', "$on auth_tenant acme { key k HS256 short31; } auth_jwt_weak_keys on;", 'a weak key where they are allowed');

note 'auth_jwt without keys, and blocks elsewhere';
refused('http', "$server $on # here\nlocation /a { $block empty_gif; }\nlocation /b { empty_gif; } }",
    qr/"auth_jwt".*key/, 'blocks in another location than the one that inherits auth_jwt');
refused('http', "$server $block location / { empty_gif; } }\n$server\n$on # here\nlocation / { empty_gif; } }",
    qr/"auth_jwt".*key/, 'blocks in another server');
refused('server', "location /x { limit_except GET { $on # here\n} empty_gif; }\nlocation /y { $block empty_gif; }",
    qr/"auth_jwt".*key/, 'blocks in another location than limit_except');

note 'contexts, arguments, braces';
refused($_, "auth_tenant acme { # here\n$key\n}", qr/"auth_tenant" directive is not allowed here/, 'a block')
    for qw(limit_except if main);
refused('location', "auth_tenant { # here\n$key\n}", qr/invalid number of arguments in "auth_tenant"/, 'no name');
refused('location', "auth_tenant acme globex { # here\n$key\n}", qr/invalid number of arguments in "auth_tenant"/, 'two names');
refused('location', 'auth_tenant acme; # here', qr/"auth_tenant" has no opening/);
refused('location', 'auth_tenant; # here', qr/"auth_tenant" has no opening|invalid number of arguments in "auth_tenant"/);
refused('location', "auth_tenant acme {\n$key", qr/empty_gif/, 'no closing brace');
refused('location', "$key # here", qr/unknown directive "key"/, 'a line of a block outside');

note 'names';
my @names = (
    ['""', qr/auth_tenant.*(?:empty|name)/],
    ['"acme,globex"', qr/auth_tenant.*(?:comma|name)/],
    ['","', qr/auth_tenant.*(?:comma|name)/],
    ['"acme "', qr/auth_tenant.*white space at either end/],
    ['" acme"', qr/auth_tenant.*white space at either end/],
    ["\"acme\xc2\xa0\"", qr/auth_tenant.*white space at either end/],
    ["\"ac\tme\"", qr/auth_tenant.*(?:control|name)/],
    ["\"acme\x{01}\"", qr/auth_tenant.*(?:control|name)/],
    ["\"acme\x{7f}\"", qr/auth_tenant.*(?:control|name)/],
    ['"acme\n"', qr/auth_tenant.*(?:control|name)/s],
    ['"acme\r"', qr/auth_tenant.*(?:control|name)/s],
);
refused('location', "$on\nauth_tenant $_->[0] { # here\n$key\n} # here", $_->[1],
    "a name: $_->[0]" =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger) for @names;
refused($_, "auth_tenant acme { key a HS256 secret; }\nauth_tenant acme { # here\nkey b HS256 secret; # here\n} # here",
    qr/auth_tenant.*(?:acme.*(?:twice|duplicate)|duplicate.*acme)/, 'one name twice') for qw(http server location);
refused('http', "auth_tenant acme { $key }\nauth_tenant globex { $key }\nauth_jwt off;\nauth_tenant \"acme\" { # here\n$key\n} # here",
    qr/auth_tenant.*(?:acme.*(?:twice|duplicate)|duplicate.*acme)/, 'one name twice, others between');

note 'blocks without keys, and lines that no block has';
refused('location', "$on\n" . bare(''), qr/auth_tenant.*key|key.*auth_tenant/, 'an empty block');
refused('http', bare(''), qr/auth_tenant.*key|key.*auth_tenant/, 'an empty block where auth_jwt is off');
refused('location', "$on\n" . bare("issuer a; audience b;\nalgorithms RS256;\nkey_cache 5m;"), qr/auth_tenant.*key|key.*auth_tenant/,
    'all but keys');
refused('location', "$on auth_jwt_key k HS256 secret;\n" . bare('issuer a;'), qr/auth_tenant.*key|key.*auth_tenant/,
    'no keys in the block, but beside it');
wrong("$_;", qr/\Q@{[(split ' ')[0]]}\E/) for 'expires 1h', 'keys ok HS256 secret', 'auth_jwt_key k HS256 secret',
    'auth_jwt_key_file good.jwks', 'auth_jwt_issuer a', 'auth_jwt_audience a', 'auth_jwt_algorithms RS256', 'leeway 1m',
    'key_stale 1h', 'weak_keys on', 'ISSUER a', 'issuers a', 'key_files good.jwks', 'auth_jwt off', 'name acme', 'claim org';
wrong('"" a;', qr/./, 'in a block: a line of an empty name');
wrong("key { # here\n}", qr/key|unexpected "\{"/, 'in a block: a block');
wrong("auth_tenant globex { # here\n$key # here\n}", qr/auth_tenant|unexpected "\{"/, 'in a block: another auth_tenant');

note 'issuer, audience, algorithms';
for my $name (qw(issuer audience)) {
    wrong("$name;", qr/$name/);
    wrong("$name '';", qr/$name/);
    wrong("$name a '';", qr/$name/);
    wrong("$name a;\n$name b;", qr/$name.*(?:twice|duplicate)|duplicate.*$name/);
    wrong("$name a;\n$name a;", qr/$name.*(?:twice|duplicate)|duplicate.*$name/);
}
wrong("algorithms$_;", qr/algorithm/) for '', ' none', ' NONE', ' rs256', ' RS256 XX', ' ""', ' RS256,ES256', ' RSA-OAEP';
wrong("algorithms HS256;\nalgorithms RS256;", qr/algorithms.*(?:twice|duplicate)|duplicate.*algorithms/);

note 'key';
delete $ENV{SALLYPORT_NOT_THERE};
my @keys = (
    ['key', qr/key/],
    ['key k', qr/key/],
    ['key k HS256', qr/key/],
    ['key k HS256 secret more', qr/key/],
    ['key k none secret', qr/algorithm.*none|none.*algorithm/],
    ['key k hs256 secret', qr/algorithm.*hs256|hs256.*algorithm/],
    ['key k "" secret', qr/algorithm/],
    ['key "" HS256 secret', qr/kid|key ID/],
    ['key k HS256 ""', qr/source|file|empty|directory/],
    ['key k HS256 nowhere', qr/nowhere.*No such file/],
    ['key k HS256 directory', qr/directory/],
    ['key k HS256 empty', qr/empty|short|weak|bytes/],
    ['key k RS256 garbage.pem', qr/key/],
    ['key k RS256 RS256.key', qr/private/],
    ['key k RS256 ES256.pem', qr/RS256|type|algorithm/],
    ['key k ES256 ES384.pem', qr/ES256|curve|algorithm/],
    ['key k RS256 rsa1024.pem', qr/weak|1024|2048/],
    ['key k HS256 short31', qr/weak|short|32/],
    ['key k HS256 env:SALLYPORT_NOT_THERE', qr/SALLYPORT_NOT_THERE/],
    ['key k HS256 base64url:' . base64url('s' x 31), qr/weak|short|32/],
    ['key k HS256 base64url:' . 'A+/A' x 11, qr/base64url/],
    ['key k HS256 hex:' . 'xy' x 32, qr/hex/],
    ['key k HS256 hex:' . 'ab' x 31, qr/weak|short|32/],
    ['key ok HS256 secret', qr/ok.*(?:twice|duplicate)|duplicate.*ok/],
    ['key ok RS256 RS256.pem', qr/ok.*(?:twice|duplicate)|duplicate.*ok/],
);
wrong("$_->[0];", $_->[1]) for @keys;
refused('http', block('key k HS256 nowhere; # here'), qr/nowhere.*No such file/, 'a missing file where auth_jwt is off');
refused('http', block('key k HS256 short31; # here'), qr/weak|short|32/, 'a weak key where auth_jwt is off');
refused('location', "$on auth_jwt_weak_keys off;\n" . block('key k HS256 short31; # here'), qr/weak|short|32/,
    'a weak key where they are not allowed');
refused('location', "$on auth_tenant globex { key b HS256 secret; }\n" . block("key a HS256 secret;\nkey a HS256 secret; # here"),
    qr/a.*(?:twice|duplicate)|duplicate.*a/, 'one kid twice in the second block');

note 'key_file';
my @files = (
    ['key_file', qr/key_file/],
    ['key_file a jwks c', qr/key_file/],
    ['key_file ""', qr/key_file|empty|directory/],
    ['key_file nowhere.jwks', qr/nowhere\.jwks.*No such file/],
    ['key_file nowhere.json keyval', qr/nowhere\.json.*No such file/],
    ['key_file directory', qr/directory/],
    ['key_file empty', qr/empty/],
    ['key_file notjson.jwks', qr/notjson\.jwks/],
    ['key_file nothing.jwks', qr/nothing\.jwks/],
    ['key_file weak.jwks', qr/weak\.jwks/],
    ['key_file private.jwks', qr/private\.jwks/],
    ['key_file good.jwks keyval', qr/good\.jwks/],
    ['key_file pairs.json', qr/pairs\.json/],
    ['key_file good.jwks jwk', qr/"jwk"/],
    ['key_file good.jwks KEYVAL', qr/"KEYVAL"/],
    ['key_file $host.jwks pem', qr/"pem"/],
    ['key_file $nope.jwks', qr/unknown "nope" variable/],
);
wrong("$_->[0];", $_->[1]) for @files;
refused('http', block('key_file nowhere.jwks; # here'), qr/nowhere\.jwks/, 'a missing key file where auth_jwt is off');

note 'key_request, key_cache';
my @requests = (
    ['key_request', qr/key_request/],
    ['key_request /a jwks c', qr/key_request/],
    ['key_request ""', qr/key_request/],
    ['key_request jwks', qr/key_request/],
    ['key_request _jwks/acme keyval', qr/key_request/],
    ['key_request https://id.example/jwks', qr/key_request/],
    ['key_request @jwks', qr/key_request/],
    ['key_request ?a=b', qr/key_request/],
    ['key_request /a jwk', qr/"jwk"/],
    ['key_request /a JWKS', qr/"JWKS"/],
    ['key_request $uri pem', qr/"pem"/],
    ['key_request $nope', qr/unknown "nope" variable/],
    ['key_request /a$nope', qr/unknown "nope" variable/],
    ['key_cache', qr/key_cache/],
    ['key_cache 1m 2m', qr/key_cache/],
    ['key_cache soon', qr/key_cache/],
    ['key_cache -1s', qr/key_cache/],
    ['key_cache 1x', qr/key_cache/],
    ['key_cache ""', qr/key_cache/],
    ["key_cache 1m;\nkey_cache 1m", qr/key_cache.*(?:twice|duplicate)|duplicate.*key_cache/],
);
wrong("$_->[0];", $_->[1]) for @requests;

note 'a file of its own';
give_file('tenant.conf', "auth_tenant acme {\n    $key\n    key k HS256 nowhere;\n}\n");
my ($status, $output) = Sallyport::Config::check('http', 'include tenant.conf;');
ok($status == 256 && $output =~ m{\[emerg\] .*nowhere.* in \Q@{[folder()]}\E/tenant\.conf:3$}m, 'the file that has the block is named')
    or diag($output);
