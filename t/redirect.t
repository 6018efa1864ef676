# A redirect inside nginx is decided afresh, by the rules of the location that it leads to.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

our %sets = map { ("$_.jwks" => jwks(key('HS256', $_))) } qw(a b);

# One token for each set of keys, and headers without a token.
sub a { return bearer(key('HS256', 'a'), { sub => 'anna', @_ }) }
sub b { return bearer(key('HS256', 'b'), { sub => 'bert', @_ }) }

# The locations that redirects lead to.
our $targets = <<"EOF_TARGETS";
    location /b {
        auth_jwt "b";
        auth_jwt_key_file b.jwks;
        proxy_set_header X-User \$auth_subject;
        proxy_pass http://$ENV{TEST_NGINX_ECHO};
    }
    location /open {
        auth_jwt off;
        proxy_pass http://$ENV{TEST_NGINX_ECHO};
    }
EOF_TARGETS

# An upstream that redirects to the argument "to".
our $redirecting = <<'EOF_REDIRECTING';
    server {
        listen $TEST_NGINX_OTHER;
        location / { add_header X-Accel-Redirect $arg_to; return 200 "no redirect"; }
    }
EOF_REDIRECTING

run_tests();

__DATA__

=== error_page
--- conf eval
\%::sets
--- config eval
$::targets . q[
location /a      { auth_jwt "a"; auth_jwt_key_file a.jwks; error_page 404 = /b; root $TEST_NGINX_SERVER_ROOT/none; }
location /a-open { auth_jwt "a"; auth_jwt_key_file a.jwks; error_page 404 = /open; root $TEST_NGINX_SERVER_ROOT/none; }
location /free   { error_page 404 = /b; root $TEST_NGINX_SERVER_ROOT/none; }
location /login  { auth_jwt "a"; auth_jwt_key_file a.jwks; error_page 401 = /open; empty_gif; }
location /again  { auth_jwt "a"; auth_jwt_key_file a.jwks; error_page 404 = /again/there; root $TEST_NGINX_SERVER_ROOT/none; }
location /again/there { auth_jwt "a"; auth_jwt_key_file a.jwks; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /other-401 { auth_jwt "a"; auth_jwt_key_file a.jwks; error_page 401 = /b; empty_gif; }
]
--- cases eval
[
    ['a token of the first place only'      => get('/a', a()), 'key_unknown',
        headers => { 'WWW-Authenticate' => 'Bearer realm="b", error="invalid_token"' }],
    ['a token of the second place only'     => get('/a', b()), 'key_unknown',
        headers => { 'WWW-Authenticate' => 'Bearer realm="a", error="invalid_token"' }],
    ['no token'                             => get('/a'), 'no_credential'],
    ['into an open place'                   => get('/a-open', a()), 200, body => qr/^GET /],
    ['from an open place: no token'         => get('/free'), 'no_credential'],
    ['from an open place: the wrong token'  => get('/free', a()), 'key_unknown'],
    ['from an open place: the right token'  => get('/free', b()), 200, body => qr/user=bert /],
    ['a refusal into an open place'         => get('/login'), 200, reason => 'no_credential', body => qr/^GET /],
    ['the same keys again'                  => get('/again', a()), 200, body => qr/user=anna /],
    ['a refusal into a place that takes the token' => get('/other-401', b()), 200, body => qr/user=bert /,
        reason => qr/\A(?:key_unknown)?\z/],
    ['a refusal into a place that refuses as well' => get('/other-401'), 401, reason => 'no_credential'],
]



=== named locations
--- conf eval
\%::sets
--- config eval
$::targets . q[
location /a    { auth_jwt "a"; auth_jwt_key_file a.jwks; error_page 404 = @b; root $TEST_NGINX_SERVER_ROOT/none; }
location /free { error_page 404 = @b; root $TEST_NGINX_SERVER_ROOT/none; }
location /try  { auth_jwt "a"; auth_jwt_key_file a.jwks; try_files $uri @b; root $TEST_NGINX_SERVER_ROOT/none; }
location /try-free { try_files $uri @b; root $TEST_NGINX_SERVER_ROOT/none; }
location @b {
    auth_jwt "b";
    auth_jwt_key_file b.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
]
--- cases eval
[
    ['error_page: a token of the first place only' => get('/a', a()), 'key_unknown'],
    ['error_page: from an open place, no token'    => get('/free'), 'no_credential'],
    ['error_page: from an open place'              => get('/free', b()), 200, body => qr/user=bert /],
    ['try_files: a token of the first place only'  => get('/try', a()), 'key_unknown'],
    ['try_files: a token of the second place only' => get('/try', b()), 'key_unknown'],
    ['try_files: from an open place, no token'     => get('/try-free'), 'no_credential'],
    ['try_files: from an open place, wrong token'  => get('/try-free', a()), 'key_unknown'],
    ['try_files: from an open place'               => get('/try-free', b()), 200, body => qr/user=bert /],
]



=== try_files
--- conf eval
\%::sets
--- config eval
$::targets . q[
location /a      { auth_jwt "a"; auth_jwt_key_file a.jwks; try_files /none /b; root $TEST_NGINX_SERVER_ROOT/none; }
location /a-open { auth_jwt "a"; auth_jwt_key_file a.jwks; try_files /none /open; root $TEST_NGINX_SERVER_ROOT/none; }
location /free   { try_files /none /b; root $TEST_NGINX_SERVER_ROOT/none; }
]
--- cases eval
[
    ['a token of the first place only'     => get('/a', a()), 'key_unknown'],
    ['a token of the second place only'    => get('/a', b()), 'key_unknown'],
    ['into an open place'                  => get('/a-open', a()), 200],
    ['into an open place, no token'        => get('/a-open'), 'no_credential'],
    ['from an open place: no token'        => get('/free'), 'no_credential'],
    ['from an open place: the wrong token' => get('/free', a()), 'key_unknown'],
    ['from an open place: the right token' => get('/free', b()), 200, body => qr/user=bert /],
]



=== X-Accel-Redirect
--- conf eval
\%::sets
--- http_config eval: $::redirecting
--- config eval
$::targets . q[
location /a    { auth_jwt "a"; auth_jwt_key_file a.jwks; proxy_pass http://$TEST_NGINX_OTHER; }
location /free { proxy_pass http://$TEST_NGINX_OTHER; }
location /files {
    internal;
    auth_jwt "b";
    auth_jwt_key_file b.jwks;
    alias $TEST_NGINX_SERVER_ROOT/html/;
}
]
--- cases eval
[
    ['a token of the first place only'     => get('/a?to=/b', a()), 'key_unknown'],
    ['a token of the second place only'    => get('/a?to=/b', b()), 'key_unknown'],
    ['into an open place'                  => get('/a?to=/open', a()), 200, body => qr/^GET /],
    ['from an open place: no token'        => get('/free?to=/b'), 'no_credential'],
    ['from an open place: the wrong token' => get('/free?to=/b', a()), 'key_unknown'],
    ['from an open place: the right token' => get('/free?to=/b', b()), 200, body => qr/user=bert /],
    ['a file: no token'                    => get('/free?to=/files/index.html'), 'no_credential'],
    ['a file: the wrong token'             => get('/free?to=/files/index.html', a()), 'key_unknown'],
    ['a file: the right token'             => get('/free?to=/files/index.html', b()), 200, body => qr/It works/],
]



=== rewrite, also where a variable was read before
--- conf eval
\%::sets
--- config eval
$::targets . q[
location /a     { auth_jwt "a"; auth_jwt_key_file a.jwks; rewrite ^ /b last; }
location /read  { auth_jwt "a"; auth_jwt_key_file a.jwks; if ($auth_subject = anna) { rewrite ^ /b last; } empty_gif; }
location /read-open { auth_jwt "a"; auth_jwt_key_file a.jwks; if ($auth_subject = anna) { rewrite ^ /open last; } empty_gif; }
]
--- cases eval
[
    ['the second place alone decides'        => get('/a', b()), 200, body => qr/user=bert /],
    ['a token of the first place'            => get('/a', a()), 'key_unknown'],
    ['proved in the first, refused in the second' => get('/read', a()), 'key_unknown'],
    ['not proved in the first'               => get('/read', b()), 'key_unknown',
        headers => { 'WWW-Authenticate' => qr/realm="a"/ }],
    ['proved, into an open place'            => get('/read-open', a()), 200],
    ['not proved, stays'                     => get('/read-open', b()), 'key_unknown'],
]



=== the same keys, but other rules
--- conf eval
\%::sets
--- config
auth_jwt_key_file a.jwks;
location /loose {
    auth_jwt "r";
    error_page 404 = /strict$is_args$args;
    root $TEST_NGINX_SERVER_ROOT/none;
}
location /strict {
    auth_jwt "r";
    auth_jwt_audience orders;
    auth_jwt_issuer https://id.example;
    auth_tenant_expect $arg_tenant;
    auth_role_map { GET admin; }
    empty_gif;
}
--- cases eval
my @all = (aud => 'orders', iss => 'https://id.example', tenant_id => 'acme', roles => ['admin']);
[
    ['all met'   => get('/loose?tenant=acme', a(@all)), 200],
    ['audience'  => get('/loose?tenant=acme', a(@all, aud => 'bills')), 'audience_mismatch'],
    ['issuer'    => get('/loose?tenant=acme', a(@all, iss => 'x')), 'issuer_mismatch'],
    ['tenant'    => get('/loose?tenant=globex', a(@all)), 'tenant_mismatch'],
    ['role'      => get('/loose?tenant=acme', a(@all, roles => ['viewer'])), 'role_missing'],
]



=== another source of the token
--- conf eval
\%::sets
--- config
auth_jwt_key_file a.jwks;
location /cookie {
    auth_jwt "r" token=$cookie_session;
    error_page 404 = /header;
    root $TEST_NGINX_SERVER_ROOT/none;
}
location /header { auth_jwt "r"; empty_gif; }
--- cases eval
my $cookie = 'Cookie: session=' . token(key('HS256', 'a'));
[
    ['the cookie does not count in the second place' => get('/cookie', $cookie), 'no_credential'],
    ['cookie and header' => get('/cookie', $cookie, "Authorization: Bearer " . $cookie =~ s/.*=//r), 200],
]



=== the body of a request that is refused after a redirect
--- conf eval
\%::sets
--- config eval
$::targets . q[
location /a { auth_jwt "a"; auth_jwt_key_file a.jwks; try_files /none /b; root $TEST_NGINX_SERVER_ROOT/none; }
]
--- cases eval
[
    ['one connection goes on' => [
        [request('POST', '/a', a(), { body => 'x' x 5000 }), 'key_unknown'],
        [request('POST', '/b', b(), { body => 'x' x 5000 }), 200],
        [get('/a', a()), 'key_unknown'],
    ]],
]



=== index
--- conf eval
\%::sets
--- config
location /docs/ {
    auth_jwt "a";
    auth_jwt_key_file a.jwks;
    alias $TEST_NGINX_SERVER_ROOT/html/;
    index index.html;
}
location = /docs/index.html {
    auth_jwt "b";
    auth_jwt_key_file b.jwks;
    alias $TEST_NGINX_SERVER_ROOT/html/index.html;
}
--- cases eval
[
    ['a token for the folder only' => get('/docs/', a()), 'key_unknown'],
    ['a token for the file only'   => get('/docs/', b()), 'key_unknown'],
    ['the file itself'             => get('/docs/index.html', b()), 200],
]



=== a place that refuses what another refused: one challenge, its own
--- config
auth_jwt_key_file keys.jwks;
location /a { auth_jwt "A"; error_page 401 /b; empty_gif; }
location /b { auth_jwt "B"; empty_gif; }
--- cases eval
[
    ['no token' => get('/a'), 'no_credential', headers => { 'WWW-Authenticate' => 'Bearer realm="B"' }],
]



=== try_files that stays: what was decided is not decided again
--- http_config
log_format who "$uri $auth_subject $auth_reason";
--- config
location /x {
    auth_jwt "r" token=$cookie_t;
    auth_jwt_key_file keys.jwks;
    try_files /page.txt =404;
    access_log logs/who.log who;
    limit_rate 1k;
}
--- user_files eval
">>> page.txt\n" . 'x' x 8000
--- cases eval
[
    ['expires meanwhile' => sub { get('/x', 'Cookie: t=' . token(key('HS256'), { exp => time + 4 })) }, 200],
    sub { Test::More::is(access_log('who.log'), "/page.txt alice -\n", 'the log tells what counted') },
]



=== try_files that stays: a password is not checked again
--- conf eval
{ 'users.json' => json({ alice => { password => slow_hash('wonderland', 8) } }) }
--- config
location /x {
    auth_password "r";
    auth_password_file users.json;
    auth_credential_cache 0;
    try_files /page.txt =404;
    add_header X-User $auth_subject;
}
--- user_files
>>> page.txt
x
--- cases eval
[
    ['whose it is' => get('/x', basic(alice => 'wonderland')), 200, headers => { 'X-User' => 'alice' }],
]



=== roles, scopes and requirements decide after each kind of redirect
--- conf eval
\%::sets
--- http_config eval: $::redirecting
--- config eval
my @rules = (role  => 'auth_role_map { GET editor; }', scope => 'auth_scope_map { GET orders.read; }',
    claim => 'auth_jwt_require_claim plan eq gold;', every => 'auth_require $http_x_every;');
my $config = 'auth_jwt "a"; auth_jwt_key_file a.jwks; root $TEST_NGINX_SERVER_ROOT/none;
    location /accel { proxy_pass http://$TEST_NGINX_OTHER; } ';
while (my ($name, $rule) = splice @rules, 0, 2) {
    $config .= qq[
        location /$name { $rule empty_gif; }
        location \@$name { $rule empty_gif; }
        location /error/$name { error_page 404 = /$name; try_files /none =404; }
        location /named/$name { error_page 404 = \@$name; try_files /none =404; }
        location /try/$name { try_files /none /$name; }
        location /try-named/$name { try_files /none \@$name; }
        location /rewrite/$name { rewrite ^ /$name last; }
        location /read/$name { if (\$auth_subject = anna) { rewrite ^ /$name last; } empty_gif; }];
}
$config
--- cases eval
my %good = (role => a(roles => 'editor'), scope => a(scope => 'orders.read'), claim => a(plan => 'gold'), every => a());
my %reason = (role => 'role_missing', scope => 'scope_missing', claim => 'requirement_unmet', every => 'request_forbidden');
my $bad = a(roles => 'viewer', scope => 'orders.write', plan => 'tin');
[map { my $rule = $_; map {
        my ($how, $uri) = @$_;
        ["$how, $rule: met" => get($uri, $good{$rule}, 'X-Every: 1'), 200],
        ["$how, $rule: not met" => get($uri, $bad), $reason{$rule}],
        ["$how, $rule: met again" => get($uri, $good{$rule}, 'X-Every: 1'), 200],
        ["$how, $rule: no token" => get($uri, 'X-Every: 1'), 'no_credential'],
    } ((map { [$_, "/$_/$rule"] } qw(error named try try-named rewrite read)), ['accel', "/accel?to=/$rule"]) } qw(role scope claim every)]
