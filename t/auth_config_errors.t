# Every malformed configuration of passwords, API keys and policies: nginx -t names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Credential;
use Sallyport::Test;
use Test::More 'no_plan';

my $hash = hash('x');
my $user = json({ password => $hash });
my $entry = json({ key => digest('x') });

give_file('good.jwks', jwks(key('HS256')));
give_file('htpasswd', users(alice => 'x'));
give_file('users.json', "{\"alice\":$user}");
give_file('keys.json', "{\"one\":$entry}");
give_file('nobody.json', '{}');
give_file('empty', '');
mkdir folder() . '/directory';

my ($password, $users) = ('auth_password "r";', 'auth_password_file users.json;');
my ($key, $keys) = ('auth_api_key "r";', 'auth_api_key_file keys.json;');
my ($ask, $ask_key) = ('auth_password_request /_who;', 'auth_api_key_request /_key;');

note 'what is right is accepted';
accepted($_, "$password $users auth_password_plain on; auth_credential_cache 5m; $key $keys") for qw(http server location limit_except);
accepted($_, "$password $ask $key $ask_key auth_credential_cache 0;") for qw(http server location limit_except);
accepted($_, "$password auth_policy optional; $users") for qw(http server location);
accepted('http', 'auth_password off; auth_api_key off; auth_policy observe;');
accepted('http', "$users $keys", 'files without a check');
accepted('http', 'auth_thread_pool default;');
accepted($_, "$password $users auth_password_challenge browser; auth_log_level error;") for qw(http server location);
accepted('http', 'auth_thread_pool default queue=1;');
accepted('location', "$password auth_password_file htpasswd;");
accepted('location', "$password auth_password_file nobody.json;", 'no user at all');
accepted('location', "$key auth_api_key_file nobody.json;", 'no key at all');
accepted('location', "auth_api_key r header=X-API-Key; $keys");
accepted('location', "auth_api_key r token=\$cookie_key; $keys");
accepted('location', "$password auth_password_request /_who?host=\$host&a=b;");
accepted('location', "$password auth_password_request \$uri;", 'a URI that is a variable');
accepted('http', "$password $users server { listen 127.0.0.1:1; location /a { $ask empty_gif; } location /b { auth_password_file htpasswd; empty_gif; } }",
    'an inner level has a request, or another file');
accepted('location', "$password $users auth_role_map { GET viewer; }", 'a role map beside a password');
accepted('location', "$key $keys auth_role_map { GET viewer; }", 'a role map beside a key');
accepted('http', "$password server { listen 127.0.0.1:1; $users location /a { auth_password off; auth_password_request /x; empty_gif; } } $ask",
    'another level, another source');

note 'no source';
for (['auth_password', $password, $keys], ['auth_api_key', $key, $users]) {
    my ($name, $on, $other) = @$_;
    refused($_, "$on # here", qr/"$name".*(?:file|request)/, "$name alone") for qw(http server location limit_except);
    refused('location', "$on # here\n$other", qr/"$name".*(?:file|request)/, "$name, and what the other one needs");
    refused('location', "$on # here\nauth_jwt_key_file good.jwks;", qr/"$name".*(?:file|request)/, "$name and keys for tokens");
}
refused('http', "server { $password # here\nlocation /a { $users empty_gif; }\nlocation /b { empty_gif; } }", qr/"auth_password"/,
    'users in another location than the one that inherits auth_password');
refused('location', "auth_jwt a; # here\n$users $keys", qr/"auth_jwt".*key/, 'a token, and no keys for it');

note 'arguments';
for my $name (qw(auth_password auth_password_file auth_password_request auth_password_plain auth_api_key_file auth_api_key_request
    auth_credential_cache auth_policy auth_password_challenge auth_log_level)) {
    refused('server', "$name; # here", qr/invalid number of arguments in "$name" directive/);
    refused('server', "$name a b c; # here", qr/invalid number of arguments in "$name" directive/);
}
refused('http', "auth_thread_pool; # here", qr/invalid number of arguments in "auth_thread_pool" directive/);
refused('http', "auth_thread_pool default queue=1 more; # here", qr/invalid number of arguments in "auth_thread_pool" directive/);
refused('server', "auth_api_key; # here", qr/invalid number of arguments in "auth_api_key" directive/);
my @wrong = (
    ["$users\nauth_password r token=\$arg_t; # here", qr/"auth_password"/],
    ["$users\nauth_password off more; # here", qr/"auth_password"/],
    ["$users\nauth_password \"\$nope\"; # here", qr/unknown "nope" variable/],
    ["$keys\nauth_api_key \"\$nope\"; # here", qr/unknown "nope" variable/],
    ["$keys\nauth_api_key r token=\$nope; # here", qr/unknown "nope" variable/],
    ["$keys\nauth_api_key r token=; # here", qr/token|empty/],
    ["$keys\nauth_api_key r token=abc; # here", qr/token|variable/],
    ["$keys\nauth_api_key r header=; # here", qr/header/],
    ["$keys\nauth_api_key r header=\$http_x_key; # here", qr/header/],
    ["$keys\nauth_api_key r header=authorization; # here", qr/header=Authorization/],
    ["$keys\nauth_api_key r \"header=X Key\"; # here", qr/header/],
    ["$keys\nauth_api_key r header=X:Key; # here", qr/header/],
    ["$keys\nauth_api_key r header=X-Key token=\$arg_t; # here", qr/"auth_api_key"/],
    ["$keys\nauth_api_key r header=X-Key header=X-Other; # here", qr/"auth_api_key"/],
    ["$keys\nauth_api_key r haeder=X-Key; # here", qr/haeder/],
    ["$keys\nauth_api_key r X-Key; # here", qr/X-Key/],
    ["$keys\nauth_api_key off header=X-Key; # here", qr/"auth_api_key"/],
    ["$keys\nauth_api_key off token=\$arg_t; # here", qr/"auth_api_key"/],
    ["auth_password_plain yes; # here", qr/invalid value "yes" in "auth_password_plain" directive/],
    ["auth_credential_cache soon; # here", qr/"auth_credential_cache" directive invalid value|invalid value/],
    ["auth_credential_cache -1; # here", qr/invalid value/],
    ["auth_policy maybe; # here", qr/invalid value "maybe"/],
    ["auth_password_challenge form; # here", qr/invalid value "form"/],
    ["auth_log_level debug; # here", qr/invalid value "debug"/],
    ["auth_log_level off; # here", qr/invalid value "off"/],
    ["auth_policy off; # here", qr/invalid value "off"/],
    ["auth_password_request who; # here", qr/"auth_password_request"/],
    ["auth_password_request \"\"; # here", qr/"auth_password_request"/],
    ["auth_password_request http://127.0.0.1/; # here", qr/"auth_password_request"/],
    ["auth_password_request \@who; # here", qr/"auth_password_request"/],
    ["auth_password_request /a\$nope; # here", qr/unknown "nope" variable/],
    ["auth_api_key_request key; # here", qr/"auth_api_key_request"/],
    ["auth_api_key_request \"\"; # here", qr/"auth_api_key_request"/],
);
refused('location', @$_) for @wrong;
refused('http', "auth_thread_pool nowhere; # here", qr/nowhere/);
refused('http', "auth_thread_pool default $_; # here", qr/"auth_thread_pool".*\Q$_\E|\Q$_\E/) for qw(queue=0 queue=abc queue= queue=-1 queue=1.5 queue=99999999999999999999 qeueu=1);
refused('http', "auth_thread_pool \$host; # here", qr/\$host/);

note 'files';
for (['auth_password_file', $password], ['auth_api_key_file', $key]) {
    my ($name, $on) = @$_;
    refused('location', "$on\n$name nowhere.json; # here", qr/nowhere\.json.*No such file/);
    refused('http', "$name nowhere.json; # here", qr/nowhere\.json.*No such file/, "$name nowhere.json, and no check");
    refused('location', "$on\n$name directory; # here", qr/directory/);
    refused('location', "$on\n$name \"\"; # here", qr/$name|directory|empty/);
    refused('location', "$on\n$name users-\$host.json; # here", qr/"$name".*variable/);
}
if ($> != 0) {      # root reads everything
    give_file('closed.json', "{\"alice\":$user}");
    chmod 0, folder() . '/closed.json';
    refused('location', "$password\nauth_password_file closed.json; # here", qr/closed\.json.*Permission denied/);
    refused('location', "$key\nauth_api_key_file closed.json; # here", qr/closed\.json.*Permission denied/);
}
my %broken = (
    'cut'      => "{\"a\":$user",
    'behind'   => "{\"a\":$user} x",
    'comma'    => "{\"a\":$user,}",
    'twice'    => "{\"a\":$user,\"a\":$user}",
    'escaped'  => "{\"a\":$user,\"\\u0061\":$user}",
    'not-utf8' => "{\"\xff\":$user}",
    'deep'     => '{"a":' . '[' x 100_000,
    'member'   => '{"a":{"password":"x","password":"y"}}',
    'brace'    => '{',
    'words'    => '{alice:x}',
);
for my $name (sort keys %broken) {
    give_file("$name.json", $broken{$name});
    give_file("$name-keys.json", $broken{$name} =~ s/\Q$user/$entry/gr);
    refused('location', "$password\nauth_password_file $name.json; # here", qr/\Q$name.json/);
    refused('location', "$key\nauth_api_key_file $name-keys.json; # here", qr/\Q$name-keys.json/);
}
refused('location', "$key\nauth_api_key_file $_; # here", qr/\Q$_/) for qw(htpasswd empty);
refused('location', "$password\nauth_password_file empty; # here", qr/empty" is empty/);
give_file('blank', "\n \n");
give_file('cut', "# users\nalice:secr");
refused('location', "$password\nauth_password_file $_; # here", qr/"[^"]*$_" has no usable line/) for qw(blank cut);
give_file('comments', "# nobody\n");
give_file('locked', "alice:!\n");
accepted('location', "$password auth_password_file $_;", "a file of $_") for qw(comments locked);

note 'twice, and both';
for my $pair ([$password, 'auth_password'], ["$users", 'auth_password_file'], [$ask, 'auth_password_request'], ['auth_password_plain on;', 'auth_password_plain'],
    [$key, 'auth_api_key'], [$keys, 'auth_api_key_file'], [$ask_key, 'auth_api_key_request'],
    ['auth_credential_cache 1m;', 'auth_credential_cache'], ['auth_policy optional;', 'auth_policy'],
    ['auth_password_challenge browser;', 'auth_password_challenge'], ['auth_log_level warn;', 'auth_log_level']) {
    my ($text, $name) = @$pair;
    refused('location', "$text\n$text # here", qr/"$name" directive is (?:duplicate|specified twice)/, "$name twice");
}
refused('http', "auth_thread_pool default;\nauth_thread_pool default; # here", qr/"auth_thread_pool" directive is duplicate/);
refused('location', "auth_password off;\n$password # here", qr/"auth_password" directive is duplicate/);
for (qw(http server location limit_except)) {
    refused($_, "$users\n$ask # here", qr/"auth_password_request"/, 'a file and then a request for passwords');
    refused($_, "$ask\n$users # here", qr/"auth_password_file"/, 'a request and then a file for passwords');
    refused($_, "$keys\n$ask_key # here", qr/"auth_api_key_request"/, 'a file and then a request for keys');
    refused($_, "$ask_key\n$keys # here", qr/"auth_api_key_file"/, 'a request and then a file for keys');
}

note 'contexts';
for my $text ($password, $users, $ask, 'auth_password_plain on;', $key, $keys, $ask_key, 'auth_credential_cache 1m;', 'auth_policy optional;') {
    my ($name) = $text =~ /^(\w+)/;
    refused($_, "$text # here", qr/"$name" directive is not allowed here/) for qw(if main);
}
refused($_, "auth_password_challenge browser; # here", qr/"auth_password_challenge" directive is not allowed here/) for qw(limit_except if);
refused($_, "auth_log_level warn; # here", qr/"auth_log_level" directive is not allowed here/) for qw(limit_except if);
refused('limit_except', "auth_policy optional; # here", qr/"auth_policy" directive is not allowed here/);
refused($_, "auth_thread_pool default; # here", qr/"auth_thread_pool" directive is not allowed here/) for qw(server location limit_except if main);

note 'role maps';
refused('location', "auth_role_map { GET viewer; } # here", qr/auth_role_map/, 'a role map where nothing is on');
refused('location', "$users $keys\nauth_role_map { GET viewer; } # here", qr/auth_role_map/, 'a role map, and files alone');
refused('location', "auth_password off; auth_api_key off;\nauth_role_map { GET viewer; } # here", qr/auth_role_map/, 'a role map where all is off');
