# Several values in the place of a credential: we would judge one, and the application may read
# another.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $good   = token(key('HS256'));
our $forged = token(key('HS256', 'forger'), { sub => 'root' }, { kid => 'hs256' });

run_tests();

__DATA__

=== token=$cookie_t, $http_x_token, $arg_t with two values
--- config
auth_jwt_key_file keys.jwks;
location /cookie { auth_jwt "r" token=$cookie_t; empty_gif; }
location /braces { auth_jwt "r" token=${cookie_t}; empty_gif; }
location /field  { auth_jwt "r" token=$http_x_token; empty_gif; }
location /arg    { auth_jwt "r" token=$arg_t; empty_gif; }
location /both   { auth_jwt "r" token=$cookie_t$arg_t; empty_gif; }
location /key    { auth_api_key "r" token=$arg_t; auth_api_key_file keys.json; empty_gif; }
location /optional { auth_policy optional; auth_jwt "r" token=$cookie_t; empty_gif; }
--- conf eval
({ 'keys.json' => json({ printer => { key => digest('printer-secret') } }) })
--- cases eval
my ($good, $forged) = ($::good, $::forged);
my $two = sub { ["$_[0]" => $_[1], 'ambiguous_credential'] };
[
    (map { my $uri = $_; (
        ["$uri: one"              => get($uri, "Cookie: t=$good"), 200],
        ["$uri: beside others"    => get($uri, "Cookie: a=t=x; t=$good; tt=$forged; b=2"), 200],
        ["$uri: twice the same"   => get($uri, "Cookie: t=$good; t=$good"), 200],
        $two->("$uri: a forged one behind" => get($uri, "Cookie: t=$good; t=$forged")),
        $two->("$uri: a forged one ahead"  => get($uri, "Cookie: t=$forged; t=$good")),
        $two->("$uri: in another field"    => get($uri, "Cookie: t=$good", "Cookie: t=$forged")),
        $two->("$uri: with other cookies between" => get($uri, "Cookie: t=$good; a=b;  t =$forged; c=d")),
        $two->("$uri: in another case"     => get($uri, "Cookie: T=$good; t=$forged")),
        $two->("$uri: behind a comma"      => get($uri, "Cookie: a=1,t=$good; t=$forged")),
        $two->("$uri: an empty one ahead"  => get($uri, "Cookie: t=; t=$good")),
        $two->("$uri: an empty one behind" => get($uri, "Cookie: t=$good; t")),
        $two->("$uri: quoted"              => get($uri, qq(Cookie: t=$good; t="$forged"))),
    ) } qw(/cookie /braces)),
    ['optional: nobody'    => get('/optional', 'Cookie: t='), 200],
    $two->('optional: an empty one ahead' => get('/optional', "Cookie: t=; t=$forged")),
    ['a field'             => get('/field', "X-Token: $good"), 200],
    $two->('two fields'    => get('/field', "X-Token: $good", "X-Token: $forged")),
    $two->('two fields, another case' => get('/field', "x-token: $forged", "X-TOKEN: $good")),
    $two->('two fields, one empty' => get('/field', 'X-Token:', "X-Token: $good")),
    ['an argument'         => get("/arg?t=$good"), 200],
    ['beside others'       => get("/arg?a=1&t=$good&tt=$forged"), 200],
    ['twice the same'      => get("/arg?t=$good&t=$good"), 200],
    $two->('two arguments' => get("/arg?t=$good&t=$forged")),
    $two->('two arguments, the other first' => get("/arg?t=$forged&a=b&t=$good")),
    $two->('in another case' => get("/arg?T=$good&t=$forged")),
    $two->('behind a semicolon' => get("/arg?a=b;t=$forged&t=$good")),
    $two->('an escaped name' => get("/arg?t=$good&%74=$forged")),
    $two->('an escaped value' => get("/arg?t=$good&t=%65" . substr $good, 1)),
    $two->('an empty one'  => get("/arg?t&t=$good")),
    ['a value of two variables' => get("/both", "Cookie: t=$good"), 200],
    $two->('of which one has two values' => get("/both?t=&t=$forged", "Cookie: t=$good")),
    ['an API key'          => get('/key?t=printer-secret'), 200],
    ['two API keys'        => get('/key?t=printer-secret&t=other'), 'ambiguous_credential', headers => { 'WWW-Authenticate' => undef }],
]



=== an empty Authorization header, where nobody is admitted
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /optional { auth_policy optional; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /also     { auth_policy optional; auth_password "p"; auth_password_file users.json; empty_gif; }
location /cookie   { auth_policy optional; auth_jwt "r" token=$cookie_t; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /enforce  { empty_gif; }
location /observe  { auth_policy observe; empty_gif; }
--- conf eval
({ 'users.json' => json({ alice => { password => hash('wonderland') } }) })
--- cases eval
[
    (map { my $field = $_; (
        ["'$field'"            => get('/optional', $field), 200, body => qr/ user= /, no_log => 'refuse'],
        ["'$field', also passwords" => get('/also', $field), 200],
        ["'$field' beside a cookie" => get('/cookie', $field, "Cookie: t=$::good"), 200, body => qr/ user=alice /],
        ["'$field', enforced"  => get('/enforce', $field), 'malformed_authorization'],
        ["'$field', observed"  => get('/observe', $field), 200, reason => 'malformed_authorization'],
    ) } 'Authorization:', 'Authorization:   '),
    ['a scheme alone'          => get('/optional', 'Authorization: Bearer'), 'malformed_authorization'],
    sub {
        my $keys = 'auth_api_key_file keys.json;';
        give_file('keys.json', '{}');
        my $warns = qr/\[warn\].*"auth_api_key" directive has "header=api_key".*underscores_in_headers.* in \S+:\d+/;
        my $once = sub {
            my ($name, $count, $where, $text) = @_;
            my $output = accepted($where, $text, $name);
            Test::More::is(scalar(() = $output =~ /$warns/g), $count, "$name: warnings") or Test::More::diag($output);
        };
        $once->('a name that nginx ignores', 1, location => "auth_api_key r header=api_key; $keys");
        $once->('in a server', 1, server => "auth_api_key r header=api_key; $keys\nlocation /a { empty_gif; } location /b { empty_gif; }");
        $once->('underscores are read', 0, server => "auth_api_key r header=api_key; $keys\nunderscores_in_headers on;");
        $once->('invalid names are read', 0, server => "ignore_invalid_headers off; auth_api_key r header=api_key; $keys");
        $once->('in the http block', 1, http => "auth_api_key r header=api_key; $keys");
        $once->('in the http block, read', 0, http => "underscores_in_headers on; auth_api_key r header=api_key; $keys");
        $once->('a dash', 0, location => "auth_api_key r header=api-key; $keys");
    },
]
