# Every malformed configuration of token endpoints, keys, stores and audit logs: nginx -t names file,
# line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Credential;
use Sallyport::Test;
use Test::More 'no_plan';

give_file('users.json', json({ alice => { password => hash('x') } }));
give_file('good.jwks', jwks(key('HS256')));
give_file('access.key', key('ES256', 'access')->private);
give_file('rsa.key', key('RS256')->private);
give_file('weak.key', key('RS256', 'weak', bits => 1024)->private);
give_file('ed.key', key('EdDSA')->private);
give_file('p384.key', key('ES384')->private);
give_file('public.pem', key('ES256', 'access')->public);
give_file('certificate.pem', key('RS256')->certificate);
give_file('refresh.secret', key('HS256', 'refresh')->private);
give_file('short.secret', 'x' x 31);
give_file('empty', '');
give_file('text', "no key\n");
give_file('cut.key', substr key('ES256', 'access')->private, 0, 100);
give_file('redis.secret', "open sesame\n");
mkdir folder() . '/directory';

my $store = 'auth_token_store memory:;';
my $issuer = 'auth_token_issuer https://api.example;';
my $key = 'auth_token_key access ES256 access.key;';
my $refresh_key = 'auth_token_refresh_key refresh HS256 refresh.secret;';
my $password = 'auth_password "r"; auth_password_file users.json;';
my $all = "$issuer $key $refresh_key";
my $jwt = 'auth_jwt "r"; auth_token_accept on;';
my $map = 'auth_role_map { ALL support; }';
my $port = $ENV{TEST_NGINX_SERVER_PORT};

# Directives of http, and a location that holds these; "# here" may stand in either.
sub place { my ($http, @locations) = @_;
    my $n = 0;
    return "$http\nserver { listen $port;\n" . join('', map { $n++; "location /p$n {\n$_\n}\n" } @locations) . "}";
}
sub bad { my ($http, $location, $why, $name) = @_; return refused('http', place($http, $location), $why, $name) }
sub good { my ($http, $location, $name) = @_; return accepted('http', place($http, ref $location ? @$location : $location), $name) }

my %needs = (
    login      => [$store, $issuer, $key, $refresh_key, $password],
    refresh    => [$store, $issuer, $key, $refresh_key],
    logout     => [$store, $issuer, $key, $refresh_key],
    me         => [$issuer, $key, $jwt],
    jwks       => [$issuer, $key],
    revoke     => [$store, $issuer, $key, $refresh_key, $jwt, $map],
    introspect => [$store, $issuer, $key, $refresh_key, $jwt, $map],
    sessions   => [$store, $issuer, $key, $refresh_key, $jwt],
    'sessions admin' => [$store, $issuer, $key, $refresh_key, $jwt, $map],
);
my %of_http = map { $_ => 1 } $store;

note 'what is right is accepted';
for my $endpoint (sort keys %needs) {
    my @needs = @{ $needs{$endpoint} };
    good(join(' ', grep { $of_http{$_} } @needs), join("\n", "auth_endpoint $endpoint;", grep { !$of_http{$_} } @needs), $endpoint);
}
good("$store $all", ["auth_endpoint login; $password", 'auth_endpoint refresh;', 'auth_endpoint logout;', 'auth_endpoint jwks;', "auth_endpoint me; $jwt",
    "auth_endpoint revoke; $jwt $map", "auth_endpoint introspect; $jwt $map", "$jwt empty_gif;"], 'all together');
good("$store $all $password auth_role_map { GET viewer; }", ['auth_endpoint login;', 'auth_endpoint refresh;', 'auth_endpoint me;'], 'all inherited');
good("$store $all", "auth_endpoint login; auth_api_key r; auth_api_key_request /x;", 'login by keys');
good("$store $all", "auth_endpoint $_; auth_password r; auth_password_request /x; $map", "$_ by a password") for qw(revoke introspect);
good("$store $all", "auth_endpoint revoke; $jwt auth_role_map { ALL any support admin; }", 'ALL asks for a role of POST');
good('', 'auth_endpoint me; auth_jwt r; auth_jwt_key_file good.jwks;', 'me needs no tokens of ours');
good('', "auth_endpoint jwks; $issuer auth_token_key s HS256 refresh.secret;", 'jwks of secrets alone');
good("$store $all auth_policy observe;", ["auth_endpoint login; $password", 'auth_endpoint refresh;', 'auth_endpoint logout;', 'auth_endpoint jwks;'],
    'entrances, where something else is observed');
accepted($_, "$all auth_token_audience orders invoices; auth_token_ttl 5m; auth_token_refresh_ttl 12h; auth_token_session_max 7d; auth_token_reuse_window 10s;
    auth_token_accept on; auth_audit_log logs/audit.json;", "all directives in $_") for qw(http server location);
accepted('http', 'auth_audit_log off;');
accepted('http', 'auth_token_ttl 1s; auth_token_refresh_ttl 1s; auth_token_session_max 1s; auth_token_reuse_window 0;', 'the least times');
accepted('http', $_) for "auth_token_store sqlite:store/tokens.db;", "auth_token_store sqlite:${\ folder() }/other/tokens.db;", 'auth_token_store redis://localhost;',
    'auth_token_store redis://127.0.0.1:6380;', 'auth_token_store redis://redis.example/2;', 'auth_token_store redis://10.0.0.5:6379/2 password=redis.secret;',
    'auth_token_store redis://h user=edge password=redis.secret;', 'auth_token_store redis://[::1]:6379/0;', 'auth_token_store memory:;';
good($store, "auth_endpoint refresh; $issuer auth_token_key a $_; $refresh_key", "a key $_") for 'RS256 rsa.key', 'PS512 rsa.key', 'EdDSA ed.key', 'Ed25519 ed.key', 'ES384 p384.key',
    'HS256 hex:' . '0f' x 32, 'HS256 base64url:' . base64url('s' x 32);
good($store, "auth_endpoint refresh; $issuer auth_token_key a RS256 rsa.key; auth_token_key b ES256 access.key; $refresh_key auth_token_refresh_key more ES384 p384.key;",
    'several keys');
good($store, "auth_endpoint refresh; $issuer auth_token_key a ES256 access.key; auth_token_refresh_key a HS256 refresh.secret;", 'one kid for a key of each kind');

note 'what an endpoint needs';
my %asks = ($store => qr/auth_token_store/, $issuer => qr/auth_token_issuer/, $key => qr/auth_token_key/, $refresh_key => qr/auth_token_refresh_key/,
    $password => qr/auth_password|auth_api_key|method/, $jwt => qr/auth_jwt|method/, $map => qr/auth_role_map|role/);
for my $endpoint (sort keys %needs) {
    my @needs = @{ $needs{$endpoint} };
    for my $missing (@needs) {
        next if $endpoint eq 'me' && $missing ne $jwt;      # where auth_token_accept asks for them
        next if $endpoint eq 'logout' && $missing eq $key || $endpoint eq 'jwks' && $missing eq $issuer;
        my @rest = grep { $_ ne $missing } @needs;
        bad(join(' ', grep { $of_http{$_} } @rest), join("\n", "auth_endpoint $endpoint; # here", grep { !$of_http{$_} && ($missing ne $jwt || $_ ne $map) } @rest),
            $asks{$missing}, "$endpoint without " . ($missing =~ /^(\w+)/)[0]);
    }
}
bad("$store $all", "auth_endpoint login; # here\nauth_jwt r; auth_jwt_key_file good.jwks;", qr/"auth_endpoint".*(?:auth_password|auth_api_key)/, 'login by a token');
bad("$store $all", "auth_endpoint login; # here\nauth_password off; auth_api_key off;", qr/"auth_endpoint"/, 'login where all is off');
bad("$store $all $password", "auth_endpoint login; # here\nauth_password off;", qr/"auth_endpoint"/, 'login where what is inherited is off');
for my $endpoint (qw(revoke introspect)) {
    for ('POST on', 'POST off', 'GET support', 'ALL on', 'GET support; POST on', 'POST on; ALL support') {
        bad("$store $all", "auth_endpoint $endpoint; # here\n$jwt auth_role_map { $_; }", qr/"auth_endpoint".*(?:auth_role_map|role)/, "$endpoint where the map has $_");
    }
}
for ('POST support', 'GET support', 'GET support; DELETE on', 'GET on; DELETE support', 'GET support; DELETE support; HEAD on', 'DELETE support', 'ALL on') {
    bad("$store $all", "auth_endpoint sessions admin; # here\n$jwt auth_role_map { $_; }", qr/"auth_endpoint".*role_map in which GET and DELETE ask for a role/, "sessions admin where the map has $_");
}
good("$store $all", "auth_endpoint sessions admin; $jwt auth_role_map { GET support; DELETE admin; }", 'sessions admin');
for ('DELETE on', 'DELETE off', 'ALL on', 'DELETE on; ALL support') {
    bad("$store $all", "auth_endpoint revoke; # here\n$jwt auth_role_map { POST support; $_; }",
        qr/"auth_endpoint" directive needs an auth_role_map in which DELETE asks for a role, or has no line/, "revoke where the map has $_");
}
good("$store $all", "auth_endpoint revoke; $jwt auth_role_map { POST support; DELETE admin; }", 'DELETE asks for another role');
good("$store $all", "auth_endpoint introspect; $jwt auth_role_map { POST support; ALL on; }", 'introspect has no DELETE');
for my $endpoint ('me', 'revoke', 'introspect', 'sessions', 'sessions admin') {
    my $rest = $endpoint =~ /^(?:me|sessions)$/ ? '' : $map;
    bad("$store $all", "auth_endpoint $endpoint; # here\n$jwt $rest auth_policy $_;", qr/"auth_endpoint".*auth_policy/, "$endpoint and auth_policy $_") for qw(observe optional);
    bad("$store $all auth_policy observe;", "auth_endpoint $endpoint; # here\n$jwt $rest", qr/"auth_endpoint".*auth_policy/, "$endpoint and an inherited auth_policy observe");
    bad("$store $all", "auth_endpoint $endpoint; # here\nauth_jwt off; auth_password off;", qr/"auth_endpoint"|auth_role_map/, "$endpoint where all is off");
}

note 'auth_endpoint';
bad("$store $all", "auth_endpoint $_; # here", qr/"auth_endpoint".*\Q$_\E|\Q"$_"\E/) for qw(logon LOGIN off on Login refreshh);
bad("$store $all", 'auth_endpoint ""; # here', qr/"auth_endpoint"/);
bad("$store $all", 'auth_endpoint $arg_e; # here', qr/"auth_endpoint"|\$arg_e/);
bad("$store $all", 'auth_endpoint; # here', qr/invalid number of arguments in "auth_endpoint" directive/);
bad("$store $all", "auth_endpoint $_; # here", qr/"auth_endpoint" directive has an invalid parameter/) for 'refresh logout', 'me admin', 'sessions user', 'sessions ""', 'sessions Admin';
bad("$store $all", "auth_endpoint $_; # here", qr/"auth_endpoint" directive has an unknown endpoint/) for '"sessions admin"', '"sessions admin" x', '"sessions "', 'admin sessions';
bad("$store $all", 'auth_endpoint sessions admin admin; # here', qr/invalid number of arguments in "auth_endpoint" directive/);
bad("$store $all", "auth_endpoint refresh;\nauth_endpoint logout; # here", qr/"auth_endpoint" directive is duplicate/, 'two endpoints');
for my $answering ('empty_gif;', 'proxy_pass http://127.0.0.1:1;', 'fastcgi_pass 127.0.0.1:1;', 'scgi_pass 127.0.0.1:1;') {
    my $why = qr/"auth_endpoint" directive shares its location with another content handler/;
    bad("$store $all", "auth_endpoint logout; # here\n$answering", $why, "logout and $answering");
    bad("$store $all", "$answering\nauth_endpoint logout; # here", $why, "$answering and logout");
    bad("$store $all", "auth_endpoint me; $jwt # here\n$answering", $why, "me and $answering");
    bad("$store $all $jwt", "auth_endpoint logout; # here\n$answering limit_except POST { deny all; }", $why, "logout, $answering and limit_except");
    good("$store $all $jwt", "auth_endpoint logout;\nif (\$arg_x) { set \$y 1; } limit_except POST { deny all; } location /p1/x { $answering }", "logout and blocks, $answering in a location inside");
}
good("$store $all $jwt", "auth_endpoint logout;\n$_ { proxy_pass http://127.0.0.1:1; }", "logout, and proxy_pass in $_") for 'if ($arg_x)', 'limit_except POST';
refused($_, "auth_endpoint jwks; # here\n", qr/"auth_endpoint" directive is not allowed here/) for qw(http server limit_except if main);

note 'arguments';
for my $name (qw(auth_token_key auth_token_refresh_key)) {
    refused('server', "$name$_; # here", qr/invalid number of arguments in "$name" directive/) for '', ' a', ' a ES256', ' a ES256 access.key more';
}
for my $name (qw(auth_token_issuer auth_token_ttl auth_token_refresh_ttl auth_token_session_max auth_token_reuse_window auth_token_accept auth_audit_log)) {
    refused('server', "$name; # here", qr/invalid number of arguments in "$name" directive/);
    refused('server', "$name 1 2; # here", qr/invalid number of arguments in "$name" directive/);
}
refused('server', 'auth_token_audience; # here', qr/invalid number of arguments in "auth_token_audience" directive/);
refused('http', 'auth_token_store; # here', qr/invalid number of arguments in "auth_token_store" directive/);
refused('server', 'auth_token_issuer ""; # here', qr/"auth_token_issuer"/);
refused('server', 'auth_token_audience ""; # here', qr/"auth_token_audience"/);
refused('server', 'auth_token_audience a ""; # here', qr/"auth_token_audience"/);
refused('server', 'auth_token_accept yes; # here', qr/"auth_token_accept" directive.*"yes"/);
refused('server', 'auth_audit_log ""; # here', qr/auth_audit_log|""/);
refused('server', 'auth_audit_log $arg_log; # here', qr/auth_audit_log|\$arg_log/);
for my $name (qw(auth_token_ttl auth_token_refresh_ttl auth_token_session_max)) {
    refused('server', "$name $_; # here", qr/"$name"|invalid value/, "$name $_") for qw(0 0s -1 soon 5x 500ms 1.5s), '""', '$arg_t', '99999999999999999999';
}
refused('server', "auth_token_reuse_window $_; # here", qr/"auth_token_reuse_window"|invalid value/) for qw(-1 soon 500ms 1.5s), '""', '99999999999999999999';

for my $name (qw(auth_token_ttl auth_token_refresh_ttl auth_token_session_max auth_token_reuse_window)) {
    refused('server', "$name 101y; # here", qr/"$name" directive has a time longer than 100 years/);
    accepted('server', "$name 99y;");
}

note 'names that JSON cannot hold';
refused('server', "$_; # here", qr/directive has a name that is not UTF-8, so it cannot be in a token: ".*\\xFF/i, "$_") for "auth_token_issuer https://a\xff.example",
    "auth_token_audience orders b\xff", "auth_jwt_issuer https://a\xff.example", "auth_jwt_audience a b\xff", "auth_jwt_key k\xff HS256 refresh.secret",
    "auth_token_key k\xff ES256 access.key", "auth_token_refresh_key k\xff HS256 refresh.secret";
refused('server', "auth_tenant acme {\n$_; # here\n}", qr/"auth_tenant" "acme" has a name that is not UTF-8/, "auth_tenant with $_") for "issuer https://a\xff.example",
    "audience b\xff", "key k\xff HS256 refresh.secret";
refused('server', "auth_tenant ac\xff { # here\nkey k HS256 refresh.secret;\n}", qr/"auth_tenant" directive has a name that is not UTF-8/, 'a tenant');
accepted('server', "auth_token_issuer https://m\xc3\xbcller.example; auth_token_key \xe2\x82\xac ES256 access.key;", 'UTF-8');

note 'auth_token_claim';
refused('server', "auth_token_claim$_; # here", qr/invalid number of arguments in "auth_token_claim" directive/) for '', ' a', ' a b c';
refused('server', "auth_token_claim $_ x; # here", qr/"auth_token_claim" directive cannot set "$_"/) for qw(iss sub aud exp nbf iat jti sid tenant_id roles);
refused('server', "auth_token_claim $_ x; # here", qr/"auth_token_claim" directive has an invalid claim name/) for '""', '$arg_n', '${arg_n}';
refused('server', "auth_token_claim a\xff x; # here", qr/"auth_token_claim" directive has an invalid claim name/, 'a name that is not UTF-8');
refused('server', "auth_token_claim a x;\nauth_token_claim a y; # here", qr/"auth_token_claim" directive has "a" twice/);
refused('server', "auth_token_claim a $_; # here", qr/"auth_token_claim" directive has a value that is empty, too long or not/, "a value $_")
    for '""', 'json=', "x\xff", "\"\$arg_x \xff\"", q('json={'), 'json=yes', "'json=1 2'", 'json=01', q('json={"a":1,"a":2}'), 'json=' . '[' x 50 . ']' x 50;
refused('server', "auth_token_claim a \$nowhere; # here", qr/unknown "nowhere" variable/);
refused($_, 'auth_token_claim a x; # here', qr/"auth_token_claim" directive is not allowed here/) for qw(limit_except if main);
accepted($_, q(auth_token_claim a x; auth_token_claim b "$arg_b"; auth_token_claim c 'json={"a":[1.5,null]}'; auth_token_claim d json=$arg_d; auth_token_claim Roles x;),
    "auth_token_claim in $_") for qw(http server location);

note 'auth_endpoint_cors';
refused('server', 'auth_endpoint_cors; # here', qr/invalid number of arguments in "auth_endpoint_cors" directive/);
refused('server', "auth_endpoint_cors $_; # here", qr/"auth_endpoint_cors" directive has ".*", which browsers do not send/, "auth_endpoint_cors $_")
    for '*', 'null', 'on', '""', 'app.example', 'https://', 'https:///', 'https://app.example/', 'https://app.example/x', 'https://App.example', 'HTTPS://app.example',
    'https://*.example', 'https://app.example:443', 'http://app.example:80', 'https://app.example:0', 'https://app.example:65536', 'https://app.example:', 'https://app.example:x',
    'https://a@app.example', 'https://app.example?x', 'https://$host', '"https://a.example, https://b.example"', 'off https://app.example', 'https://app.example off',
    'https://[::1', 'https://[]';
refused('server', 'auth_endpoint_cors https://a.example https://a.example; # here', qr/"auth_endpoint_cors" directive has "https:\/\/a.example" twice/);
refused('server', "auth_endpoint_cors https://a.example;\nauth_endpoint_cors https://b.example; # here", qr/"auth_endpoint_cors" directive is duplicate/);
refused($_, 'auth_endpoint_cors off; # here', qr/"auth_endpoint_cors" directive is not allowed here/) for qw(limit_except if main);
accepted($_, 'auth_endpoint_cors https://app.example http://localhost:3000 https://[::1]:8443 capacitor://localhost https://xn--bcher-kva.example:8443;', "auth_endpoint_cors in $_")
    for qw(http server location);
accepted('server', 'auth_endpoint_cors off;');

note 'times that do not fit';
bad("$store $all", "auth_endpoint refresh;\nauth_token_ttl 2h; auth_token_refresh_ttl 1h;", qr/auth_token_ttl.*auth_token_refresh_ttl/, 'ttl is longer than refresh_ttl');
bad("$store $all auth_token_ttl 2h;", "auth_endpoint refresh;\nauth_token_refresh_ttl 1h;", qr/auth_token_ttl.*auth_token_refresh_ttl/, 'an inherited ttl is longer');
bad("$store $all", "auth_endpoint login;\n$password auth_token_ttl 3d;", qr/auth_token_ttl.*auth_token_refresh_ttl/, 'longer than the default');

note 'keys';
for my $name (qw(auth_token_key auth_token_refresh_key)) {
    my ($is, $other) = $name eq 'auth_token_key' ? ('access', $refresh_key) : ('refresh', 'auth_token_key other RS256 rsa.key;');
    my $wrong = sub { my ($what, $why, $label) = @_; return bad($store, "auth_endpoint refresh; $issuer\n$name k $what; # here\n$other", $why, "$name: " . ($label // $what)) };
    $wrong->("ES256 public.pem", qr/public\.pem|private/, 'a public key');
    $wrong->("RS256 certificate.pem", qr/certificate\.pem|private/, 'a certificate');
    $wrong->("RS256 weak.key", qr/too short|weak/, 'a weak RSA key');
    $wrong->("HS256 short.secret", qr/weak|short/, 'a short secret');
    $wrong->("HS512 hex:" . '0f' x 63, qr/weak|short/, 'a secret that is too short for HS512');
    $wrong->("HS256 access.key", qr/PEM|secret|private|access\.key/, 'a private key as a secret');
    $wrong->("HS256 public.pem", qr/PEM|secret|public/, 'a public key as a secret');
    $wrong->("ES256 rsa.key", qr/"$name".*unsuitable key/, 'an RSA key for ES256');
    $wrong->("RS256 access.key", qr/"$name".*unsuitable key/, 'an EC key for RS256');
    $wrong->("ES256 p384.key", qr/"$name".*unsuitable key/, 'another curve');
    $wrong->("ES256 refresh.secret", qr/"$name".*(?:private key|PEM)/, 'a secret for ES256');
    $wrong->("ES256 nowhere.key", qr/nowhere\.key.*No such file/);
    $wrong->("ES256 directory", qr/directory/);
    $wrong->("ES256 $_", qr/"$name".*(?:private key|PEM|empty)/) for qw(empty text cut.key);
    $wrong->("HS256 empty", qr/empty|weak|short/);
    $wrong->("HS256 env:SALLYPORT_NOT_SET", qr/SALLYPORT_NOT_SET/);
    $wrong->("HS256 env:", qr/env/);
    $wrong->("HS256 hex:0", qr/hex/);
    $wrong->("HS256 hex:xyz", qr/hex/);
    $wrong->('HS256 base64url:!!!', qr/base64url/);
    $wrong->("ES256 hex:" . '0f' x 32, qr/"$name".*PEM file/, 'hex: for ES256');
    $wrong->("ES256 keys/\$host.key", qr/variable|host/, 'a variable');
    $wrong->("$_ access.key", qr/"?\Q$_\E/) for qw(none HS1 es256 RS ES256K1 A256KW);
    bad($store, "auth_endpoint refresh; $issuer\n$name \"\" ES256 access.key; # here\n$other", qr/"$name"|kid/, "$name: an empty kid");
    bad($store, "auth_endpoint refresh; $issuer\n$name k ES256 access.key; # here\n$name k HS256 hex:${\ ('0f' x 32) }; # here\n$other", qr/"?k"?.*(?:twice|duplicate|already)|duplicate/,
        "$name: a kid twice");
}
refused('http', "auth_token_key k ES256 nowhere.key; # here", qr/nowhere\.key.*No such file/, 'a key that nobody uses');

note 'one key for both';
for my $pair (['the same file', 'auth_token_key a HS256 refresh.secret;', 'auth_token_refresh_key b HS256 refresh.secret;'],
    ['the same key pair', 'auth_token_key a ES256 access.key;', 'auth_token_refresh_key b ES256 access.key;'],
    ['another algorithm', 'auth_token_key a RS256 rsa.key;', 'auth_token_refresh_key b PS256 rsa.key;'],
    ['another hash', 'auth_token_key a HS256 hex:' . '0f' x 64 . ';', 'auth_token_refresh_key b HS512 hex:' . '0f' x 64 . ';'],
    ['another source', 'auth_token_key a HS256 base64url:' . base64url('s' x 32) . ';', 'auth_token_refresh_key b HS256 hex:' . unpack('H*', 's' x 32) . ';'],
    ['the second of each', "$key auth_token_key a HS256 refresh.secret;", 'auth_token_refresh_key c HS256 hex:' . '0f' x 32 . '; auth_token_refresh_key b HS256 refresh.secret;']) {
    my ($name, @keys) = @$pair;
    bad($store, "auth_endpoint refresh; $issuer\n@keys", qr/auth_token_refresh_key|auth_token_key/, "$name");
    bad("$store $keys[0]", "auth_endpoint refresh; $issuer\n$keys[1]", qr/auth_token_refresh_key|auth_token_key/, "$name, one of them inherited");
}

note 'auth_token_accept';
bad('', "$jwt # here\n$key empty_gif;", qr/auth_token_accept.*auth_token_issuer|auth_token_issuer/, 'accept without an issuer');
bad('', "$jwt # here\n$issuer empty_gif;", qr/auth_token_accept.*auth_token_key|auth_token_key/, 'accept without a key');
bad('', "$jwt # here\nempty_gif;", qr/auth_token_(?:key|issuer)/, 'accept alone');
bad('', "auth_jwt r; # here\n$issuer $key auth_token_accept off; empty_gif;", qr/"auth_jwt".*key/, 'accept off, and no other keys');
bad("$store $all auth_token_accept on;", "auth_jwt r; # here\nauth_token_accept off; empty_gif;", qr/"auth_jwt".*key/, 'off where it is inherited, and no other keys');

note 'stores';
my @urls = ('', 'sqlite', 'sqlite:', 'memory', 'memory:x', 'redis', 'redis:', 'redis:/', 'redis://', 'redis://:6379', 'redis:///1',
    'redis://h:', 'redis://h:0', 'redis://h:65536', 'redis://h:x', 'redis://h:6379:1', 'redis://h/x', 'redis://h/-1', 'redis://h/1/2', 'redis://h:6379/1x',
    'redis://h?db=1', 'redis://h#1', 'redis://[::1', 'rediss://', 'mysql://h', 'postgres://h/db', 'file:x', 'SQLITE:x.db', 'http://h', 'tokens.db', 'redis://h/99999999999999999999');
refused('http', "auth_token_store \"$_\"; # here", qr/auth_token_store|\Q$_\E|tokens?/, "auth_token_store \"$_\"") for @urls;
refused('http', "auth_token_store $_; # here", qr/password|auth_token_store/, $_) for 'redis://secret@h', 'redis://user:secret@h', 'redis://:secret@h:6379/1';
refused('http', "auth_token_store $_; # here", qr/auth_token_store|password|user|nowhere|\Q$_\E/, $_) for
    'redis://h password=', 'redis://h password=nowhere.secret', 'redis://h password=env:SALLYPORT_NOT_SET', 'redis://h user=', 'redis://h user=a',
    'redis://h passwort=redis.secret', 'redis://h redis.secret', 'redis://h password=redis.secret password=redis.secret', 'memory: password=redis.secret',
    'memory: user=a', 'sqlite:x.db password=redis.secret', 'sqlite:a.db sqlite:b.db', 'redis://h password=empty', 'redis://h password=directory';
refused('http', "auth_token_store memory:;\nauth_token_store memory:; # here", qr/"auth_token_store" directive is duplicate/);
refused($_, "auth_token_store memory:; # here", qr/"auth_token_store" directive is not allowed here/) for qw(server location limit_except if main);
refused('http', 'auth_token_store sqlite:$host.db; # here', qr/variable|auth_token_store/, 'a variable');
{
    my (undef, $output) = Sallyport::Config::check('http', 'auth_token_store redis://user:pencil@h;');
    unlike($output, qr/pencil/, 'a password in a URL is not in the message');
}
# A path that can never work is a mistake of the configuration. What depends on the system, such as
# permissions, is not: nginx starts, and the workers answer 503.
sub no_store {
    my ($path, $why, $name) = @_;
    my ($status, $output) = Sallyport::Config::check('http', "auth_token_store sqlite:$path;");
    ok($status == 0 && $output =~ /\[crit\] sallyport: the token store "\S*\Q$path\E" $why/, "sqlite: $name") or diag($output);
    return;
}
sub misplaced { my ($path, $why, $name) = @_; return refused('http', "auth_token_store sqlite:$path; # here", $why, "sqlite: $name") }
my $owned = folder() . '/store'; # it was made above, and is the workers'
mkdir "$owned/directory";
give_file('store/text', "no database\n");
if ($> == 0) {
    my ($user) = split / /, $ENV{TEST_NGINX_WORKER_USER};
    chown +(getpwnam $user)[2, 3], "$owned/directory", "$owned/text";
}
misplaced('store/directory', qr/"auth_token_store" directive names ".*store\/directory", which is not a regular file/, 'a directory');
misplaced('store/', qr/"auth_token_store" directive has no file path/, 'a directory that may not exist yet');
misplaced('text/tokens.db', qr/"auth_token_store" directive names a file in ".*\/text", which is not a directory/, 'a file in a file');
misplaced('nowhere/store/tokens.db', qr/"auth_token_store" directive names a file in ".*nowhere\/store", which cannot be created/, 'a missing directory');
misplaced('text/store/tokens.db', qr/"auth_token_store" directive names a file in ".*text\/store", which cannot be created/, 'a directory in a file');
accepted('http', 'auth_token_store sqlite:store/text;', 'what is in the file is for the workers to say');

# The file is made with the rights of the workers.
if ($> == 0) {
    my $denied = qr/that the workers' user cannot write to; requests that need it get 503 \(13: /;
    no_store('tokens.db', qr/has a directory $denied/, 'a directory of root');
    ok(!-e folder() . '/tokens.db', 'nothing was made there');
    give_file('store/root.db', '');
    no_store('store/root.db', qr/has a file $denied/, 'a file of root');
    symlink '../text', "$owned/link.db";
    no_store('store/link.db', qr/has a file $denied/, 'a link to a file of root');
    symlink '../made', "$owned/new.db";
    no_store('store/new.db', qr/has a file $denied/, 'a link to what is not there');
    ok(!-e folder() . '/made', 'nothing was made there');
    is((stat folder() . "/$_")[4], 0, "$_ is still that of root") for 'text', 'store/root.db';
}
{
    my ($status, $output) = Sallyport::Config::check('http', 'auth_audit_log nowhere/audit.json;');
    ok($status == 256 && $output =~ m{\[emerg\] .*nowhere/audit\.json}, 'an audit log in no folder') or diag($output);
}

note 'memory, and several workers';
for (['memory:', 2, 0], ['memory:', 1, 1], ['sqlite:store/two.db', 2, 1]) {
    my ($url, $count, $good) = @$_;
    my $http = place("auth_token_store $url; $all", 'auth_endpoint refresh;');
    for my $last (0, 1) {
        my ($status, $output) = check_workers($count, $http, $last);
        ok($good ? $status == 0 : $status && $output =~ /\[emerg\] "auth_token_store" directive needs a single worker process for "memory:" in \S+nginx\.conf:\d+$/m,
            "$url, $count workers" . ($last && ', named last')) or diag($output);
    }
}

# nginx -t with so many workers.
sub check_workers {
    my ($count, $http, $last) = @_;
    my $folder = folder();
    Sallyport::Config::check('http', $http);
    my $text = slurp("$folder/nginx.conf");
    my $workers = "worker_processes $count;\n";
    spew("$folder/nginx.conf", $last ? "$text\n$workers" : "$workers$text");
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $output = `'$nginx' -t -p '$folder/' -c '$folder/nginx.conf' -e '$folder/logs/start.log' 2>&1`;
    return ($?, $output);
}

note 'twice, and in the wrong place';
for my $text ($issuer, 'auth_token_audience a;', 'auth_token_ttl 5m;', 'auth_token_refresh_ttl 5h;', 'auth_token_session_max 5d;', 'auth_token_reuse_window 5s;',
    'auth_token_accept on;', 'auth_audit_log logs/a.json;') {
    my ($name) = $text =~ /^(\w+)/;
    refused('location', "$all\n$text\n$text # here", qr/"$name" directive is duplicate/, "$name twice") unless $text eq $issuer;
    refused('location', "$text\n$text # here", qr/"$name" directive is duplicate/, "$name twice") if $text eq $issuer;
    refused($_, "$text # here", qr/"$name" directive is not allowed here/) for qw(limit_except if main);
}
for my $text ($key, $refresh_key) {
    my ($name) = $text =~ /^(\w+)/;
    refused($_, "$text # here", qr/"$name" directive is not allowed here/) for qw(limit_except if main);
}
