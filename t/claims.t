# auth_jwt_issuer, auth_jwt_audience, auth_jwt_leeway, auth_jwt_require_exp, auth_jwt_require,
# auth_jwt_claim_set, auth_jwt_header_set.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';

# A header line with a token that is made when its turn comes; code among the claims is run then.
sub late {
    my (%claims) = @_;
    return sub {
        get('/x', bearer(key('HS256'),
            { map { $_ => ref $claims{$_} eq 'CODE' ? $claims{$_}->() : $claims{$_} } keys %claims }));
    };
}

sub from_now { my ($seconds) = @_; return sub { int(time) + $seconds } }

# A good token with these claims, or with this payload.
sub claims { return bearer(key('HS256'), ref $_[0] || @_ == 1 ? $_[0] : {@_}) }

run_tests();

__DATA__

=== exp and nbf without leeway
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['exp to come'          => late(exp => from_now(30)), 200],
    ['exp has passed'       => late(exp => from_now(-1)), 'token_expired'],
    ['exp is now'           => late(exp => from_now(0)), 'token_expired'],
    ['exp long ago'         => late(exp => 1), 'token_expired'],
    ['exp of 0'             => late(exp => 0), 'token_expired'],
    ['exp with a fraction'  => late(exp => sub { int(time) + 30.5 }), 200],
    ['no exp'               => late(exp => undef), 200],
    ['nbf has passed'       => late(nbf => from_now(-30)), 200],
    ['nbf is now'           => late(nbf => from_now(0)), 200],
    ['nbf to come'          => late(nbf => from_now(30)), 'token_not_yet_valid'],
    ['iat is not judged'    => late(iat => from_now(3600)), 200],
    ['not even its type'    => late(iat => 'yesterday'), 200],
    ['it expires on the way' => late(exp => do { my $at = int(time) + 2; sub { $at } }), 'token_expired', within => 5],
]



=== auth_jwt_leeway
--- config
auth_jwt_leeway 60s;
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
location /none {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_jwt_leeway 0;
    empty_gif;
}
location /except {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    limit_except GET { auth_jwt_leeway 1h; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $late = claims(exp => time - 30);
my $later = claims(exp => time - 600);
[
    ['exp within'   => late(exp => from_now(-30)), 200],
    ['exp beyond'   => late(exp => from_now(-90)), 'token_expired'],
    ['nbf within'   => late(nbf => from_now(30)), 200],
    ['nbf beyond'   => late(nbf => from_now(90)), 'token_not_yet_valid'],
    ['0 inside'     => get('/none', $late), 'token_expired'],
    ['GET outside of limit_except' => get('/except', $later), 'token_expired'],
    ['POST inside'  => request('POST', '/except', $later), 200],
]



=== auth_jwt_validate_exp
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_validate_exp off;
location /off      { proxy_set_header X-Extra "$jwt_claims|$jwt_nowtime"; proxy_pass http://$TEST_NGINX_ECHO; }
location /required { auth_jwt_require_exp on; empty_gif; }
location /on       { auth_jwt_validate_exp on; empty_gif; }
location /past     { auth_jwt_require_claim exp lt $jwt_nowtime; empty_gif; }
--- cases eval
my $expired = claims('{"exp":1}');
[
    ['expired'             => get('/off', $expired), 200, body => qr/extra=\{"exp":1\}\|1\d{9}\b/],
    ['and again'           => get('/off', $expired), 200],
    ['on'                  => get('/on', $expired), 'token_expired'],
    ['off again'           => get('/off', $expired), 200],
    ['not yet valid'       => get('/off', claims('{"exp":1,"nbf":99999999999}')), 'token_not_yet_valid'],
    ['malformed'           => get('/off', claims('{"exp":"1"}')), 'claim_malformed'],
    ['no exp'              => get('/off', claims('{}')), 200],
    ['no exp, required'    => get('/required', claims('{}')), 'expiry_missing'],
    ['expired, required'   => get('/required', $expired), 200],
    ['compared'            => get('/past', $expired), 200],
    ['compared: to come'   => get('/past', claims('{"exp":99999999999}')), 'requirement_unmet'],
]



=== auth_jwt_require_exp
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_require_exp on;
location /on  { empty_gif; }
location /off { auth_jwt_require_exp off; empty_gif; }
location /except {
    auth_jwt_require_exp off;
    limit_except GET { auth_jwt_require_exp on; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $forever = claims(exp => undef);
[
    ['with exp'         => get('/on', claims()), 200],
    ['without'          => get('/on', $forever), 'expiry_missing'],
    ['exp of null'      => get('/on', claims('{"exp":null}')), 401,
        reason => qr/\A(?:expiry_missing|claim_malformed)\z/],
    ['off inside'       => get('/off', $forever), 200],
    ['GET outside of limit_except' => get('/except', $forever), 200],
    ['POST inside'      => request('POST', '/except', $forever), 'expiry_missing'],
]



=== auth_jwt_issuer
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_issuer https://id.example https://id.example.org;
location /x   { empty_gif; }
location /own { auth_jwt_issuer other; empty_gif; }
location /except {
    limit_except GET { auth_jwt_issuer writer; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['the first'         => get('/x', claims(iss => 'https://id.example')), 200],
    ['the second'        => get('/x', claims(iss => 'https://id.example.org')), 200],
    ['none'              => get('/x', claims()), 'issuer_mismatch'],
    ['another'           => get('/x', claims(iss => 'https://evil.example')), 'issuer_mismatch'],
    ['empty'             => get('/x', claims(iss => '')), 'issuer_mismatch'],
    ['a prefix'          => get('/x', claims(iss => 'https://id.exampl')), 'issuer_mismatch'],
    ['longer'            => get('/x', claims(iss => 'https://id.example.')), 'issuer_mismatch'],
    ['another case'      => get('/x', claims(iss => 'HTTPS://id.example')), 'issuer_mismatch'],
    ['both in one'       => get('/x', claims(iss => 'https://id.example https://id.example.org')),
        'issuer_mismatch'],
    ['a number'          => get('/x', claims('{"iss":1}')), 'claim_malformed'],
    ['an array'          => get('/x', claims(iss => ['https://id.example'])), 'claim_malformed'],
    ['an object'         => get('/x', claims(iss => { a => 1 })), 'claim_malformed'],
    ['replaced inside'   => get('/own', claims(iss => 'other')), 200],
    ['and not added'     => get('/own', claims(iss => 'https://id.example')), 'issuer_mismatch'],
    ['GET outside of limit_except' => get('/except', claims(iss => 'https://id.example')), 200],
    ['POST inside'       => request('POST', '/except', claims(iss => 'https://id.example')), 'issuer_mismatch'],
    ['POST inside, its issuer' => request('POST', '/except', claims(iss => 'writer')), 200],
]



=== auth_jwt_audience
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_audience orders bills;
location /x   { empty_gif; }
location /own { auth_jwt_audience other; empty_gif; }
location /except {
    limit_except GET { auth_jwt_audience writer; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['a string'          => get('/x', claims(aud => 'orders')), 200],
    ['the second name'   => get('/x', claims(aud => 'bills')), 200],
    ['in an array'       => get('/x', claims(aud => ['stock', 'orders'])), 200],
    ['none'              => get('/x', claims()), 'audience_mismatch'],
    ['another'           => get('/x', claims(aud => 'stock')), 'audience_mismatch'],
    ['an empty array'    => get('/x', claims(aud => [])), 'audience_mismatch'],
    ['others in an array' => get('/x', claims(aud => ['stock', 'order', 'orders2'])), 'audience_mismatch'],
    ['a substring'       => get('/x', claims(aud => 'order')), 'audience_mismatch'],
    ['longer'            => get('/x', claims(aud => 'orders2')), 'audience_mismatch'],
    ['a list in a string' => get('/x', claims(aud => 'orders,bills')), 'audience_mismatch'],
    ['a list with blanks' => get('/x', claims(aud => 'orders bills')), 'audience_mismatch'],
    ['a number'          => get('/x', claims('{"aud":1}')), 'claim_malformed'],
    ['an object'         => get('/x', claims(aud => { orders => 1 })), 'claim_malformed'],
    ['an array with a number' => get('/x', claims('{"aud":["orders",1]}')), 'claim_malformed'],
    ['an array in an array'   => get('/x', claims('{"aud":[["orders"]]}')), 'claim_malformed'],
    ['replaced inside'   => get('/own', claims(aud => 'other')), 200],
    ['and not added'     => get('/own', claims(aud => 'orders')), 'audience_mismatch'],
    ['GET outside of limit_except' => get('/except', claims(aud => 'orders')), 200],
    ['POST inside'       => request('POST', '/except', claims(aud => 'orders')), 'audience_mismatch'],
]



=== wrong shapes are refused where nothing is configured, too
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    empty_gif;
}
--- cases eval
[
    ['any issuer and audience' => get('/x', claims(iss => 'x', aud => ['y'])), 200],
    (map { [$_ => get('/x', claims($_)), 'claim_malformed'] }
        '{"exp":"1"}', '{"exp":true}', '{"exp":[]}', '{"exp":{}}', '{"nbf":"1"}', '{"nbf":false}',
        '{"iss":1}', '{"iss":[]}', '{"aud":1}', '{"aud":{}}', '{"sub":1.5}', '{"sub":["a"]}', '{"sub":{}}',
        '{"sub":true}', '{"tenant_id":1e2}', '{"exp":null}', '{"exp":18446744073709551616}', '{"nbf":1e400}', '{"tenant_id":["a"]}', '{"tenant_id":{}}'),
]



=== null is absent
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { proxy_set_header X-User $auth_subject; proxy_set_header X-Roles $auth_roles; proxy_pass http://$TEST_NGINX_ECHO; }
location /demanded { auth_jwt_issuer i; auth_jwt_audience a; empty_gif; }
--- cases eval
[
    (map { ["$_ of null" => get('/x', claims("{\"sub\":\"alice\",\"$_\":null}")), 200, body => qr/user=alice /] }
        qw(aud iss nbf roles tenant_id)),
    ['sub of null'          => get('/x', claims('{"sub":null}')), 200, body => qr/user= /],
    ['kid and typ of null'  => get('/x', bearer(forge(key('HS256'), '{"alg":"HS256","kid":null,"typ":null}', '{"sub":"alice"}'))), 200],
    ['exp of null'          => get('/x', claims('{"exp":null}')), 'claim_malformed'],
    ['iss where one is demanded' => get('/demanded', claims('{"iss":null,"aud":"a"}')), 'issuer_mismatch'],
    ['aud where one is demanded' => get('/demanded', claims('{"iss":"i","aud":null}')), 'audience_mismatch'],
]



=== sub and tenant that are integers
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_tenant 42 { key k HS256 hs256.secret; }
auth_tenant 043 { key k HS256 hs256.secret; }
location /x {
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $in = sub { my ($payload) = @_; get('/x', bearer(key('HS256'), $payload, { kid => 'k' })) };
[
    ['a subject'       => get('/x', claims('{"sub":7}')), 200, body => qr/user=7 tenant= /],
    ['a large one'     => get('/x', claims('{"sub":18446744073709551616}')), 200, body => qr/user=18446744073709551616 /],
    ['a tenant chooses its block' => $in->('{"sub":-7,"tenant_id":42,"roles":{"42":["admin"]}}'), 200,
        body => qr/user=-7 tenant=42 roles=admin /],
    ['the same as text'           => $in->('{"tenant_id":"42"}'), 200, body => qr/tenant=42 /],
    ['not by another key'         => get('/x', claims('{"tenant_id":42}')), 'key_unknown'],
    ['another is in no block'     => $in->('{"tenant_id":43}'), 'key_unknown'],
    ['a fraction is no name'      => get('/x', claims('{"sub":7.0}')), 'claim_malformed'],
]



=== numbers stay as the token wrote them
--- http_config
auth_jwt_claim_set $amount order amount;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { proxy_set_header X-Extra "[$jwt_claim_n][$jwt_claim_list][$amount][$jwt_payload]"; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    map { my $n = $_; ["$n" => get('/x', claims("{\"n\":$n,\"list\":[$n,{\"a\":$n}],\"order\":{\"amount\":$n}}")), 200,
        body => qr/extra=\[\Q$n\E\]\[\Q$n,{"a":$n}\E\]\[\Q$n\E\]\[\{"n":\Q$n\E,/] }
        qw(1.1 19.99 1e3 1E+03 0.10 -0.0 9223372036854775808 123456789012345678901234567890 1e400)
]



=== auth_jwt_require: neither empty nor 0
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /one    { auth_jwt_require $jwt_claim_admin; empty_gif; }
location /two    { auth_jwt_require $jwt_claim_admin $jwt_claim_level; empty_gif; }
location /lines  { auth_jwt_require $jwt_claim_admin error=401; auth_jwt_require $jwt_claim_level error=403; empty_gif; }
location /403    { auth_jwt_require $jwt_claim_admin error=403; empty_gif; }
location /mixed  { auth_jwt_require $jwt_claim_admin$jwt_claim_level; empty_gif; }
location /text   { auth_jwt_require "${jwt_claim_admin}x"; empty_gif; }
--- cases eval
my ($none, $admin, $level) = (claims(), claims(admin => 1), claims(level => 7));
my $both = claims(admin => 'yes', level => 'x');
[
    ['there'               => get('/one', $admin), 200],
    ['absent'              => get('/one', $none), 'requirement_unmet'],
    ['the number 0'        => get('/one', claims(admin => 0)), 'requirement_unmet'],
    ['the text 0'          => get('/one', claims(admin => '0')), 'requirement_unmet'],
    ['empty'               => get('/one', claims(admin => '')), 'requirement_unmet'],
    ['null'                => get('/one', claims('{"admin":null}')), 'requirement_unmet'],
    ['an empty array'      => get('/one', claims(admin => [])), 'requirement_unmet'],
    ['00'                  => get('/one', claims(admin => '00')), 200],
    ['false is text'       => get('/one', claims('{"admin":false}')), 200],
    ['no token'            => get('/one'), 'no_credential'],
    ['bad token'           => get('/one', bearer(key('HS256', 'z'), { admin => 1 }, { kid => 'hs256' })),
        'signature_invalid'],
    ['two: both'           => get('/two', $both), 200],
    ['two: the first'      => get('/two', $admin), 'requirement_unmet'],
    ['two: the second'     => get('/two', $level), 'requirement_unmet'],
    ['403'                 => get('/403', $none), 'requirement_forbidden'],
    ['403 without a token' => get('/403'), 'no_credential'],
    ['lines: both'         => get('/lines', $both), 200],
    ['lines: the first unmet decides' => get('/lines', $none), 'requirement_unmet'],
    ['lines: the second unmet'        => get('/lines', $admin), 'requirement_forbidden'],
    ['mixed: the first'    => get('/mixed', $admin), 200],
    ['mixed: the second'   => get('/mixed', $level), 200],
    ['mixed: neither'      => get('/mixed', $none), 'requirement_unmet'],
    ['mixed: 0 and nothing' => get('/mixed', claims(admin => 0)), 'requirement_unmet'],
    ['mixed: 0 and 0'      => get('/mixed', claims(admin => 0, level => 0)), 200],
    ['text is never empty' => get('/text', $none), 200],
]



=== auth_jwt_require: contexts, inheritance, other variables
--- http_config
map $jwt_claim_plan $paid { gold 1; silver 1; default 0; }
auth_jwt_require $paid error=403;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x     { empty_gif; }
location /own   { auth_jwt_require $arg_pass; empty_gif; }
location /except {
    limit_except GET { auth_jwt_require $http_x_confirm error=403; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my ($gold, $none) = (claims(plan => 'gold'), claims());
[
    ['gold'                 => get('/x', $gold), 200],
    ['no plan'              => get('/x', $none), 'requirement_forbidden'],
    ['another plan'         => get('/x', claims(plan => 'tin')), 'requirement_forbidden'],
    ['replaced: met'        => get('/own?pass=1', $none), 200],
    ['replaced: unmet'      => get('/own?pass=0', $gold), 'requirement_unmet'],
    ['GET outside of limit_except'  => get('/except', $gold), 200],
    ['POST inside: unmet'   => request('POST', '/except', $gold), 'requirement_forbidden'],
    ['POST inside: met'     => request('POST', '/except', $none, 'X-Confirm: yes'), 200],
]



=== auth_jwt_claim_set
--- http_config
auth_jwt_claim_set $city address locality;
auth_jwt_claim_set $plan https://app.example/plan;
auth_jwt_claim_set $Upper CamelCase;
auth_jwt_claim_set $plain mail;
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-Extra "[$city][$plan][$upper][$plain]";
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /open {
    proxy_set_header X-Extra "[$city][$plan][$upper][$plain]";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $value = sub { my ($name, $claims, $expected) = @_; [$name => get('/x', claims($claims)), 200, body => "GET /x user= tenant= roles= extra=$expected\n"] };
[
    $value->('all', { address => { locality => 'Bonn' }, 'https://app.example/plan' => 'gold', CamelCase => 'c',
        mail => 'm' },
        '[Bonn][gold][c][m]'),
    $value->('none', {}, '[][][][]'),
    $value->('an array', { mail => ['a', 'b', 'c'] }, '[][][][a,b,c]'),
    $value->('an array of numbers', '{"mail":[1,2.5,true]}', '[][][][1,2.5,true]'),
    $value->('an empty array', { mail => [] }, '[][][][]'),
    $value->('an array of one', { mail => ['a'] }, '[][][][a]'),
    $value->('a number', '{"mail":42}', '[][][][42]'),
    $value->('a negative number', '{"mail":-7}', '[][][][-7]'),
    $value->('a boolean', '{"mail":true}', '[][][][true]'),
    $value->('false', '{"mail":false}', '[][][][false]'),
    $value->('null', '{"mail":null}', '[][][][]'),
    $value->('an object', '{"mail": {"a": 1, "b": ["x"]}}', '[][][][{"a":1,"b":["x"]}]'),
    $value->('an object on the way is no text', { address => 'Bonn' }, '[][][][]'),
    $value->('an array on the way', { address => [{ locality => 'Bonn' }] }, '[][][][]'),
    $value->('a dot is no level', { 'address.locality' => 'Bonn', https => { '//app' => 'x' } }, '[][][][]'),
    $value->('another case', { Mail => 'm', camelcase => 'c' }, '[][][][]'),
    $value->('text of several bytes', "{\"mail\":\"M\xc3\xbcnchen\"}", "[][][][M\xc3\xbcnchen]"),
    $value->('quotes as they are', '{"mail":"a\"b\\\\c"}', '[][][][a"b\c]'),
    $value->('a control character', '{"mail":"a\nb","CamelCase":"c"}', '[][][c][]'),
    $value->('a control character in an array', '{"mail":["a","b\u0007"]}', '[][][][]'),
    ['open' => get('/open', claims(mail => 'm')), 200, body => qr/extra=\[\]\[\]\[\]\[\]/],
]



=== auth_jwt_claim_set and auth_jwt_header_set: paths
--- http_config
auth_jwt_claim_set $dotted '."app.example"."two words"';
auth_jwt_claim_set $second .list[1].name;
auth_jwt_claim_set $mixed app .list[0] 'x.y';
auth_jwt_header_set $deep .outer."a.b";
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-Extra "[$dotted][$second][$mixed][$deep]";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my $app = { 'app.example' => { 'two words' => 'a' }, list => [{ name => 'x' }, { name => 'b' }], app => { list => [{ 'x.y' => 'c' }] } };
[
    ['all'  => get('/x', bearer(key('HS256'), $app, { outer => { 'a.b' => 'd' } })), 200, body => qr/extra=\[a\]\[b\]\[c\]\[d\]/],
    ['none' => get('/x', claims(app => { example => { 'two words' => 'a' } }, list => ['b'], outer => 'x')), 200,
        body => qr/extra=\[\]\[\]\[\]\[\]/],
]



=== auth_jwt_header_set
--- http_config
auth_jwt_header_set $kind typ;
auth_jwt_header_set $deep outer Inner;
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-Extra "[$kind][$deep]";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['both'  => get('/x', bearer(key('HS256'), {}, { typ => 'at+jwt', outer => { Inner => 'x' } })), 200,
        body => qr/extra=\[at\+jwt\]\[x\]$/],
    ['none'  => get('/x', bearer(key('HS256'), {}, { typ => undef })), 200, body => qr/extra=\[\]\[\]$/],
    ['array' => get('/x', bearer(key('HS256'), {}, { outer => { Inner => [1, 2] } })), 200, body => qr/\]\[1,2\]$/],
]
