# auth_require: conditions on every request, with or without a credential.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use MIME::Base64 qw(encode_base64);
use Test::Nginx::Socket 'no_plan';

our $signer = key('HS256');
our $basic = 'Authorization: Basic ' . encode_base64('alice:wonderland', '');

run_tests();

__DATA__

=== no other directive of ours
--- config
location /x     { auth_require $arg_a $arg_b; empty_gif; }
location /code  { auth_require $arg_a error=402; auth_require $arg_b error=503; empty_gif; }
location /401   { auth_require $arg_a error=401; empty_gif; }
location /json  { auth_error_body json; auth_require $arg_a; empty_gif; }
location /text  { auth_require "$arg_a$arg_b"; empty_gif; }
location /page  { error_page 403 /own.txt; auth_require $arg_a; empty_gif; }
location = /own.txt { internal; return 200 "own page\n"; }
location /again { error_page 403 /x; auth_require $arg_a; empty_gif; }
location /try   { auth_require $arg_a; try_files /none /x?$args; }
location /limited { empty_gif; limit_except GET { auth_require $arg_a; } }
location /echo  { auth_require $arg_a; proxy_pass http://$TEST_NGINX_ECHO; }
location /deny  { deny all; auth_require $arg_a; empty_gif; }
location /asks   { auth_request /gate; empty_gif; }
location = /gate { internal; auth_require $arg_a; empty_gif; }
location /return { auth_require $arg_a; return 200 "answered before\n"; }
--- cases eval
[
    ['met'                 => get('/x?a=1&b=x'), 200],
    ['empty'               => get('/x?a=1'), 'request_forbidden'],
    ['zero'                => get('/x?a=1&b=0'), 'request_forbidden'],
    ['a code'              => get('/code'), 402, reason => 'request_forbidden'],
    ['the first one decides' => get('/code?b=1'), 402, reason => 'request_forbidden'],
    ['the second code'     => get('/code?a=1'), 503, reason => 'request_forbidden'],
    ['both'                => get('/code?a=1&b=1'), 200],
    ['401'                 => get('/401'), 401, reason => 'request_forbidden', headers => { 'WWW-Authenticate' => undef }],
    ['JSON'                => get('/json'), 403, reason => 'request_forbidden', body => qr/^\{"type":"about:blank","title":"Forbidden","status":403,/,
        headers => { 'Content-Type' => 'application/problem+json' }],
    ['HEAD'                => request('HEAD', '/json'), 403, reason => 'request_forbidden', body => '', headers => { 'Content-Type' => 'application/problem+json' }],
    ['text'                => get('/text?a=0&b=0'), 200],
    ['an error page'       => get('/page'), 403, reason => 'request_forbidden', body => "own page\n"],
    ['refused by the error page' => get('/again'), 403, reason => 'request_forbidden'],
    ['try_files: here'     => get('/try'), 'request_forbidden'],
    ['try_files: there'    => get('/try?a=1'), 'request_forbidden'],
    ['try_files: both'     => get('/try?a=1&b=1'), 200],
    ['limit_except: not'   => get('/limited'), 200],
    ['limit_except'        => request('DELETE', '/limited'), 'request_forbidden'],
    ['an upstream is not asked' => get('/echo'), 'request_forbidden'],
    ['an upstream'         => get('/echo?a=1'), 200],
    ['deny'                => get('/deny?a=1'), 403],
    ['auth_request of a location that only has auth_require' => get('/asks'), 500, log => qr/would admit everyone/],
    ['return is earlier'   => get('/return'), 200],
]



=== with credentials
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x      { auth_require $arg_a; empty_gif; }
location /claim  { auth_require $jwt_claim_plan error=402; empty_gif; }
location /order  { auth_jwt_require $jwt_claim_x error=404; auth_jwt_require_claim y eq 1 error=405; auth_jwt_require_header z eq 1 error=406; auth_require $arg_a error=402;
                   auth_tenant_expect acme; auth_role_map { GET admin; } empty_gif; }
location /public { auth_role_map { GET off; POST on; } auth_require $arg_a; empty_gif; }
location /both   { auth_password "p"; auth_password_file users.json; auth_require $auth_subject$arg_a; empty_gif; }
location /bearer { auth_require $arg_a error=401; auth_role_map { GET off; } empty_gif; }
--- conf eval
+{ 'users.json' => json({ alice => { password => '{SHA}' . encode_base64(Digest::SHA::sha1('wonderland'), '') } }) }
--- cases eval
my $all = { tenant_id => 'acme', roles => ['admin'], x => '1', y => '1' };
my $order = sub { my ($uri, %claims) = @_; return get($uri, bearer($::signer, { %$all, %claims }, { z => '1' })) };
[
    ['no credential goes first' => get('/x'), 'no_credential'],
    ['not met'           => get('/x', bearer($::signer)), 'request_forbidden', headers => { 'WWW-Authenticate' => undef }],
    ['met'               => get('/x?a=1', bearer($::signer)), 200],
    ['a claim'           => get('/claim', bearer($::signer, { plan => 'gold' })), 200],
    ['a claim is absent' => get('/claim', bearer($::signer)), 402, reason => 'request_forbidden'],
    ['an expired token'  => get('/claim', bearer($::signer, { plan => 'gold', exp => 1 })), 'token_expired'],
    ['order: all'        => $order->('/order?a=1'), 200],
    ['order: auth_jwt_require' => get('/order', bearer($::signer)), 404, reason => 'requirement_forbidden'],
    ['order: a claim'    => $order->('/order', y => '2', tenant_id => 'x'), 405, reason => 'requirement_forbidden'],
    ['order: a header'   => get('/order', bearer($::signer, $all)), 406, reason => 'requirement_forbidden'],
    ['order: auth_require before the tenant' => $order->('/order', tenant_id => 'x'), 402, reason => 'request_forbidden'],
    ['order: the tenant before roles' => $order->('/order?a=1', tenant_id => 'x', roles => []), 'tenant_mismatch'],
    ['a public method'   => get('/public'), 'request_forbidden'],
    ['a public method, met' => get('/public?a=1'), 200],
    ['a password'        => get('/both', $::basic), 200],
    ['401 with challenges' => get('/bearer'), 401, reason => 'request_forbidden', headers => { 'WWW-Authenticate' => 'Bearer realm="r"' }],
]



=== whatever else admits the request
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
satisfy any;
allow 127.0.0.1;
auth_error_body json;
location /x       { auth_require $arg_a; empty_gif; }
location /subject { auth_require $auth_subject; empty_gif; }
location /unmet   { auth_require $arg_a error=401; empty_gif; }
location /ext     { deny all; auth_request /yes; auth_require $arg_a error=401; empty_gif; }
location = /yes   { internal; satisfy all; auth_jwt off; empty_gif; }
location /all     { satisfy all; auth_require $arg_a; empty_gif; }
location /optional { satisfy all; auth_policy optional; auth_require $arg_a; empty_gif; }
location /observe { satisfy all; auth_policy observe; auth_require $arg_a; empty_gif; }
location /observe/open { auth_role_map { GET off; } auth_policy observe; auth_require $arg_a; empty_gif; }
location /off     { auth_jwt off; auth_require $arg_a; empty_gif; }
--- cases eval
my $token = bearer($::signer, { sub => 'alice' });
my $problem = qr/"status":403,/;
[
    ['admitted by its address'       => get('/x?a=1'), 200, reason => 'no_credential'],
    ['and refused'                   => get('/x'), 'request_forbidden', body => $problem],
    ['with a token'                  => get('/x', $token), 'request_forbidden', body => $problem, headers => { 'WWW-Authenticate' => undef }],
    ['with an invalid token'         => get('/x', bearer($::signer, { exp => 1 })), 'request_forbidden', body => $problem],
    ['with an invalid token, met'    => get('/x?a=1', bearer($::signer, { exp => 1 })), 200, reason => 'token_expired'],
    ['nobody'                        => get('/subject'), 'request_forbidden'],
    ['somebody'                      => get('/subject', $token), 200],
    ['401 keeps its challenge'       => get('/unmet'), 401, reason => 'request_forbidden', headers => { 'WWW-Authenticate' => 'Bearer realm="r"' }],
    ['401 with a token'              => get('/unmet', $token), 401, reason => 'request_forbidden', headers => { 'WWW-Authenticate' => 'Bearer realm="r"' }],
    ['401 keeps its challenge, after auth_request' => get('/ext', $token), 401, reason => 'request_forbidden', headers => { 'WWW-Authenticate' => 'Bearer realm="r"' }],
    ['satisfy all'                   => get('/all', $token), 'request_forbidden', body => $problem],
    ['optional: nobody'              => get('/optional'), 'request_forbidden', body => $problem],
    ['optional: nobody, met'         => get('/optional?a=1'), 200],
    ['optional: a token'             => get('/optional', $token), 'request_forbidden'],
    ['observe'                       => get('/observe', $token), 200, reason => 'request_forbidden'],
    ['observe, a public method'      => get('/observe/open'), 200, reason => 'request_forbidden', log => qr/would refuse 403 request_forbidden/],
    ['auth_jwt off'                  => get('/off'), 'request_forbidden'],
]



=== endpoints
--- http_config
auth_token_store memory:;
auth_token_key access RS256 access.pem;
auth_token_refresh_key refresh HS256 refresh.secret;
auth_token_issuer sallyport;
--- config
auth_require $arg_a;
location /login { auth_password "staff"; auth_password_file users.json; auth_endpoint login; }
location /refresh { auth_endpoint refresh; }
location /jwks { auth_endpoint jwks; }
location /me { auth_password "staff"; auth_password_file users.json; auth_endpoint me; }
--- conf eval
+{
    'users.json' => json({ alice => { password => '{SHA}' . encode_base64(Digest::SHA::sha1('wonderland'), '') } }),
    'access.pem' => key('RS256')->private,
    'refresh.secret' => 'r' x 40,
}
--- cases eval
[
    (map { ["$_: refused" => request('POST', $_, $::basic, { body => '' }), 'request_forbidden'] } qw(/login /refresh)),
    ['jwks: refused' => get('/jwks'), 'request_forbidden', body => qr/"status":403/],
    ['jwks'          => get('/jwks?a=1'), 200],
    ['me: refused'   => get('/me', $::basic), 'request_forbidden'],
    ['me'            => get('/me?a=1', $::basic), 200],
    ['login'         => request('POST', '/login?a=1', $::basic, { body => '' }), 200],
]



=== a scope for each tool, as in the cookbook
--- http_config
map $http_x_method $mcp_method { default $http_x_method; }
map $http_x_tool $mcp_tool { default $http_x_tool; }
map $mcp_tool $tool_scope {
    default        !;
    list_orders    orders.read;
    cancel_order   orders.write;
}
map $mcp_method $needed_scope {
    default        !;
    tools/call     $tool_scope;
    initialize     "";
    tools/list     "";
    ping           "";
    "~^notifications/"  "";
}
map "$needed_scope $auth_scopes " $may_call {
    default                    0;
    "~^! "                     0;
    "~^ "                      1;
    "~^(\S+) (?:\S+ )*\1 "     1;
}
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /mcp { auth_jwt_require $may_call error=403; empty_gif; }
--- cases eval
my $call = sub {
    my ($scope, $method, $tool) = @_;
    return get('/mcp', bearer(key('HS256'), { scope => $scope }), "X-Method: $method", defined $tool ? "X-Tool: $tool" : ());
};
[
    ['the scope'          => $call->('orders.read', 'tools/call', 'list_orders'), 200],
    ['first of several'   => $call->('orders.read a b', 'tools/call', 'list_orders'), 200],
    ['in the middle'      => $call->('a orders.read b', 'tools/call', 'list_orders'), 200],
    ['the last'           => $call->('a b orders.read', 'tools/call', 'list_orders'), 200],
    (map { ["'$_'" => $call->($_, 'tools/call', 'list_orders'), 'requirement_forbidden'] }
        '', 'orders', 'orders.readers', 'xorders.read', 'orders.write', 'a ordersXread'),
    ['the other tool'     => $call->('orders.write', 'tools/call', 'cancel_order'), 200],
    ['without its scope'  => $call->('orders.read', 'tools/call', 'cancel_order'), 'requirement_forbidden'],
    ['an unknown tool'    => $call->('orders.read orders.write', 'tools/call', 'drop_table'), 'requirement_forbidden'],
    ['no tool'            => $call->('orders.read', 'tools/call'), 'requirement_forbidden'],
    ['no scope is needed' => $call->('', 'tools/list'), 200],
    ['a notification'     => $call->('', 'notifications/initialized'), 200],
    ['a scope of that name' => $call->('!', 'tools/call', 'drop_table'), 'requirement_forbidden'],
    ['an unknown method'  => $call->('orders.read', 'resources/read'), 'requirement_forbidden'],
    ['no body was read'   => get('/mcp', bearer(key('HS256'), { scope => 'orders.read' })), 'requirement_forbidden'],
    ['no token'           => get('/mcp', 'X-Method: tools/list'), 'no_credential'],
]
