# auth_jwt_require_claim, auth_jwt_require_header, and the codes of "error=".

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use MIME::Base64 'encode_base64';
use Test::Nginx::Socket 'no_plan';

# A valid token with these claims, or with this payload.
sub claims { return bearer(key('HS256'), ref $_[0] || @_ == 1 ? $_[0] : {@_}) }

run_tests();

__DATA__

=== operators on claims
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /eq        { auth_jwt_require_claim plan eq gold; empty_gif; }
location /ne        { auth_jwt_require_claim plan !eq gold; empty_gif; }
location /json      { auth_jwt_require_claim level eq json=3; empty_gif; }
location /text      { auth_jwt_require_claim level eq 3; empty_gif; }
location /true      { auth_jwt_require_claim email_verified eq json=true; empty_gif; }
location /ge        { auth_jwt_require_claim level ge json=3; empty_gif; }
location /in        { auth_jwt_require_claim plan in 'json=["gold","silver"]'; empty_gif; }
location /nin       { auth_jwt_require_claim plan nin 'json=["gold","silver"]'; empty_gif; }
location /any       { auth_jwt_require_claim groups any 'json=["admin","staff"]'; empty_gif; }
location /intersect { auth_jwt_require_claim groups intersect 'json=["admin","staff"]'; empty_gif; }
location /match     { auth_jwt_require_claim email match "@example\.com$"; empty_gif; }
location /path      { auth_jwt_require_claim .realm_access.roles[0] eq admin; empty_gif; }
location /quoted    { auth_jwt_require_claim '."https://example.com/plan"' eq gold; empty_gif; }
location /plain     { auth_jwt_require_claim a.b eq 1; empty_gif; }
location /never     { auth_jwt_require_claim level gt abc; empty_gif; }
--- cases eval
[
    ['eq'                 => get('/eq', claims(plan => 'gold')), 200],
    ['eq: another'        => get('/eq', claims(plan => 'tin')), 'requirement_unmet'],
    ['eq: absent'         => get('/eq', claims()), 'requirement_unmet'],
    ['eq: null'           => get('/eq', claims('{"plan":null}')), 'requirement_unmet'],
    ['eq: no token'       => get('/eq'), 'no_credential'],
    ['eq: not signed'     => get('/eq', bearer(key('HS256', 'z'), { plan => 'gold' }, { kid => 'hs256' })), 'signature_invalid'],
    ['ne'                 => get('/ne', claims(plan => 'tin')), 200],
    ['ne: equal'          => get('/ne', claims(plan => 'gold')), 'requirement_unmet'],
    ['ne: absent'         => get('/ne', claims()), 'requirement_unmet'],
    ['json'               => get('/json', claims('{"level":3}')), 200],
    ['json: text'         => get('/json', claims('{"level":"3"}')), 'requirement_unmet'],
    ['text'               => get('/text', claims('{"level":"3"}')), 200],
    ['text: a number'     => get('/text', claims('{"level":3}')), 'requirement_unmet'],
    ['true'               => get('/true', claims('{"email_verified":true}')), 200],
    ['true: false'        => get('/true', claims('{"email_verified":false}')), 'requirement_unmet'],
    ['true: text'         => get('/true', claims('{"email_verified":"true"}')), 'requirement_unmet'],
    ['ge'                 => get('/ge', claims('{"level":3}')), 200],
    ['ge: less'           => get('/ge', claims('{"level":2.9}')), 'requirement_unmet'],
    ['ge: text'           => get('/ge', claims('{"level":"4"}')), 'requirement_unmet'],
    ['in'                 => get('/in', claims(plan => 'silver')), 200],
    ['in: not'            => get('/in', claims(plan => 'tin')), 'requirement_unmet'],
    ['nin'                => get('/nin', claims(plan => 'tin')), 200],
    ['nin: in'            => get('/nin', claims(plan => 'gold')), 'requirement_unmet'],
    ['any'                => get('/any', claims('{"groups":["a","staff"]}')), 200],
    ['any: one'           => get('/any', claims(groups => 'admin')), 200],
    ['any: none'          => get('/any', claims('{"groups":["a"]}')), 'requirement_unmet'],
    ['intersect'          => get('/intersect', claims('{"groups":["a","staff"]}')), 200],
    ['match'              => get('/match', claims(email => 'a@example.com')), 200],
    ['match: not'         => get('/match', claims(email => 'a@example.com.evil')), 'requirement_unmet'],
    ['match: an array'    => get('/match', claims('{"email":["a@example.com"]}')), 'requirement_unmet'],
    ['path'               => get('/path', claims('{"realm_access":{"roles":["admin"]}}')), 200],
    ['path: another'      => get('/path', claims('{"realm_access":{"roles":["x","admin"]}}')), 'requirement_unmet'],
    ['quoted'             => get('/quoted', claims('{"https://example.com/plan":"gold"}')), 200],
    ['plain'              => get('/plain', claims('{"a.b":"1"}')), 200],
    ['plain: no path'     => get('/plain', claims('{"a":{"b":"1"}}')), 'requirement_unmet'],
    ['never'              => get('/never', claims('{"level":5}')), 'requirement_unmet'],
    ['depth and size'     => get('/eq', claims('{"plan":' . '[' x 30 . ']' x 30 . '}')), 'requirement_unmet'],
]



=== values from variables
--- http_config
map $arg_v $from_map { default $arg_v; }
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /var   { auth_jwt_require_claim plan eq $from_map; empty_gif; }
location /match { auth_jwt_require_claim plan match $from_map; empty_gif; }
--- cases eval
my $gold = claims(plan => 'gold');
[
    ['JSON'                => get('/var?v="gold"', $gold), 200],
    ['another'             => get('/var?v="tin"', $gold), 'requirement_unmet'],
    ['not JSON'            => get('/var?v=gold', $gold), 'requirement_unmet'],
    ['empty'               => get('/var?v=', $gold), 'requirement_unmet'],
    ['absent'              => get('/var', $gold), 'requirement_unmet'],
    ['two values'          => get('/var?v="gold","x":1', $gold), 'requirement_unmet'],
    ['more than 4,096'     => get('/var?v=[' . '1,' x 2048 . '1]', $gold), 'requirement_unmet'],
    ['a pattern'           => get('/match?v="^g"', $gold), 200],
    ['a broken pattern'    => get('/match?v="("', $gold), 'requirement_unmet'],
    ['not a string'        => get('/match?v=5', $gold), 'requirement_unmet'],
]



=== a costly pattern is not met, and said once
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /is    { auth_jwt_require_claim x match "^(a+)+$"; empty_gif; }
location /isnot { auth_jwt_require_claim x !match "^(a+)+$"; empty_gif; }
--- cases eval
my $costly = claims(x => 'a' x 4000 . '!');
[
    ['matches'     => get('/is', claims(x => 'aaa')), 200],
    ['costly'      => get('/is', $costly), 'requirement_unmet'],
    ['negated'     => get('/isnot', $costly), 'requirement_unmet'],
]
--- grep_error_log eval: qr/takes too many steps/
--- grep_error_log_out
takes too many steps



=== header parameters
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /kid { auth_jwt_require_header kid match ^hs; empty_gif; }
location /typ { auth_jwt_require_header typ eq at+jwt; empty_gif; }
location /alg { auth_jwt_require_header alg eq none; empty_gif; }
--- cases eval
[
    ['kid'           => get('/kid', claims()), 200],
    ['typ'           => get('/typ', bearer(key('HS256'), {}, { typ => 'at+jwt' })), 200],
    ['typ: another'  => get('/typ', claims()), 'requirement_unmet'],
    ['alg none'      => get('/alg', claims()), 'requirement_unmet'],
    ['a none token'  => get('/alg', 'Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'), 'algorithm_unsupported'],
]



=== the code of the refusal, and its order
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_error_body json;
location /401 { auth_jwt_require_claim a eq 1 error=401; empty_gif; }
location /403 { auth_jwt_require_claim a eq 1 error=403; empty_gif; }
location /404 { auth_jwt_require_claim a eq 1 error=404; empty_gif; }
location /599 { auth_jwt_require $jwt_claim_a error=599; empty_gif; }
location /order {
    auth_jwt_require_header typ eq no error=409;
    auth_jwt_require_claim a eq 1 error=410;
    auth_jwt_require_claim b eq 1 error=411;
    auth_jwt_require $jwt_claim_c error=402;
    empty_gif;
}
location /page {
    error_page 404 = /found;
    auth_jwt_require_claim a eq 1 error=404;
    empty_gif;
}
location = /found { auth_jwt off; empty_gif; }
--- cases eval
[
    ['401'            => get('/401', claims()), 'requirement_unmet'],
    ['403'            => get('/403', claims()), 'requirement_forbidden'],
    ['404'            => get('/404', claims()), 404, reason => 'requirement_forbidden', headers => { 'WWW-Authenticate' => undef },
        body => qr/"title":"Not Found","status":404,/, log => qr/refused 404 requirement_forbidden/],
    ['404, met'       => get('/404', claims('{"a":"1"}')), 200],
    ['599'            => get('/599', claims()), 599, reason => 'requirement_forbidden'],
    ['order: require first' => get('/order', claims()), 402, reason => 'requirement_forbidden'],
    ['order: claims'  => get('/order', claims(c => 1)), 410, reason => 'requirement_forbidden'],
    ['order: second claim' => get('/order', claims(c => 1, a => '1')), 411, reason => 'requirement_forbidden'],
    ['order: headers' => get('/order', claims(c => 1, a => '1', b => '1')), 409, reason => 'requirement_forbidden'],
    ['error_page'     => get('/page', claims()), 200, reason => 'requirement_forbidden'],
]



=== contexts and inheritance
--- http_config
auth_jwt_require_claim plan eq gold error=403;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /http   { empty_gif; }
location /own    { auth_jwt_require_claim level eq json=1; empty_gif; }
location /header { auth_jwt_require_header kid eq hs256; empty_gif; }
location /except {
    limit_except GET { auth_jwt_require_claim level eq json=1; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my ($gold, $level) = (claims(plan => 'gold'), claims('{"level":1}'));
[
    ['inherited'           => get('/http', $gold), 200],
    ['inherited: unmet'    => get('/http', $level), 'requirement_forbidden'],
    ['replaced'            => get('/own', $level), 200],
    ['replaced: unmet'     => get('/own', $gold), 'requirement_unmet'],
    ['beside another'      => get('/header', $gold), 200],
    ['GET'                 => get('/except', $gold), 200],
    ['POST: unmet'         => request('POST', '/except', $gold), 'requirement_unmet'],
    ['POST'                => request('POST', '/except', $level), 200],
]



=== other credentials have no claims
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_password "r";
auth_password_plain on;
auth_password_file users;
location /eq       { auth_jwt_require_claim sub eq alice; empty_gif; }
location /ne       { auth_jwt_require_claim sub !eq bob; empty_gif; }
location /header   { auth_jwt_require_header kid !eq x; empty_gif; }
location /optional { auth_policy optional; auth_jwt_require_claim sub !eq bob; empty_gif; }
--- conf eval: { users => "alice:{PLAIN}secret\n" }
--- cases eval
my $alice = 'Authorization: Basic ' . encode_base64('alice:secret', '');
[
    ['a token'          => get('/eq', claims(sub => 'alice')), 200],
    ['password: eq'     => get('/eq', $alice), 401, reason => 'requirement_unmet'],
    ['password: ne'     => get('/ne', $alice), 401, reason => 'requirement_unmet'],
    ['password: header' => get('/header', $alice), 401, reason => 'requirement_unmet'],
    ['nobody'           => get('/optional'), 401, reason => 'no_credential'],
]



=== a token that is used again and elsewhere
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /gold   { auth_jwt_require_claim plan eq gold; empty_gif; }
location /silver { auth_jwt_require_claim plan eq silver; empty_gif; }
location /header { auth_jwt_require_claim plan eq gold; auth_jwt_require_header kid eq x; empty_gif; }
location /value  { auth_jwt_require_claim plan eq $http_x_plan; empty_gif; }
location /none   { empty_gif; }
--- cases eval
my $gold = claims(plan => 'gold');
[
    ['met'               => get('/gold', $gold), 200],
    ['met again'         => get('/gold', $gold), 200],
    ['elsewhere'         => get('/silver', $gold), 'requirement_unmet'],
    ['elsewhere again'   => get('/silver', $gold), 'requirement_unmet'],
    ['and of the header' => get('/header', $gold), 'requirement_unmet'],
    ['met still'         => get('/gold', $gold), 200],
    ['no requirements'   => get('/none', $gold), 200],
    ['after that'        => get('/silver', $gold), 'requirement_unmet'],
    ['variable'          => get('/value', $gold, 'X-Plan: "gold"'), 200],
    ['variable: other'   => get('/value', $gold, 'X-Plan: "tin"'), 'requirement_unmet'],
    ['variable: first'   => get('/value', $gold, 'X-Plan: "gold"'), 200],
]
