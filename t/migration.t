# docs/migration.md, from nginx-auth-jwt and from ngx-http-auth-jwt-module: each line of the tables has
# a block, named after the section and the first cell. The last block compares the names.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Test;
use JSON::PP ();
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $hs = key('HS256');
our $secret = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
our $hex = key('HS256', 'app', secret => pack('H*', $secret));
$ENV{TEST_NGINX_SECRET} = $secret;
sub with { my ($claims, $header, $key) = @_; return bearer($key // $hs, $claims, $header) }

# A token of a configuration that had no kids.
sub anonymous { my ($key, $claims) = @_; return token($key, $claims, { kid => undef }) }

# "section: first cell" of each line of the tables in these sections, without backquotes.
sub lines_of_tables {
    my @sections = @_;
    my @lines;
    my $text = slurp("$FindBin::Bin/../docs/migration.md");
    for my $name (@sections) {
        my ($section) = $text =~ /^## From \Q$name\E\n(.*?)(?=^## |\z)/ms or die "no section \"$name\"\n";
        my @cells = $section =~ /^\|\s*(.*?)\s*\|/mg;
        push @lines, map { "$name: " . tr/`//dr } grep { !/^(?:directive\b.*|-+)$/ } @cells;
    }
    return @lines;
}

sub names_of_blocks { return slurp($0) =~ /^=== (.*?)\s*$/mg }

run_tests();

__DATA__

=== nginx-auth-jwt: auth_jwt_validate_exp
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /on  { auth_jwt_validate_exp on; empty_gif; }
location /off { auth_jwt_validate_exp off; empty_gif; }
--- cases eval
[
    ['on: expired'  => get('/on', with({ exp => 1 })), 'token_expired'],
    ['on: valid'    => get('/on', with({})), 200],
    ['off: expired' => get('/off', with({ exp => 1 })), 200],
    ['off: nbf'     => get('/off', with({ nbf => time + 600 })), 'token_not_yet_valid'],
]



=== nginx-auth-jwt: auth_jwt_validate_sig on
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /x { auth_jwt_validate_sig on; empty_gif; }
--- cases eval
[
    ['valid'   => get('/x', with({})), 200],
    ['forged'  => get('/x', with({}, { kid => 'hs256' }, key('HS256', 'forger'))), 'signature_invalid'],
    sub { refused('location', 'auth_jwt_validate_sig off; # here', qr/is always "on"/) },
]



=== nginx-auth-jwt: auth_jwt_require_claim, auth_jwt_require_header
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /iss    { auth_jwt_require_claim iss eq https://id.example; empty_gif; }
location /not    { auth_jwt_require_claim iss !eq https://id.example; empty_gif; }
location /number { auth_jwt_require_claim level ge json=3; empty_gif; }
location /in     { auth_jwt_require_claim plan in 'json=["gold","silver"]'; empty_gif; }
location /any    { auth_jwt_require_claim roles intersect 'json=["admin","staff"]' error=403; empty_gif; }
location /match  { auth_jwt_require_claim email match '@example\.com$'; empty_gif; }
location /var    { auth_jwt_require_claim n eq $arg_n; empty_gif; }
location /exp    { auth_jwt_require_claim exp gt json=0; empty_gif; }
location /now    { auth_jwt_require_claim exp gt $jwt_nowtime; empty_gif; }
location /alg    { auth_jwt_require_header alg eq HS256; empty_gif; }
location /path   { auth_jwt_require_claim .realm.roles any 'json=["admin"]'; empty_gif; }
location /outer  { auth_jwt_require_claim iss eq a; empty_gif;
    location /outer/inner { auth_jwt_require_claim plan eq b; empty_gif; }
}
--- cases eval
my $none = forge($::hs, '{"alg":"none"}', '{"sub":"alice"}', signature => '');
[
    ['eq'          => get('/iss', with({ iss => 'https://id.example' })), 200],
    ['eq: another' => get('/iss', with({ iss => 'https://other.example' })), 'requirement_unmet'],
    ['!eq'         => get('/not', with({ iss => 'https://other.example' })), 200],
    ['!eq: equal'  => get('/not', with({ iss => 'https://id.example' })), 'requirement_unmet'],
    ['ge'          => get('/number', with({ level => 3 })), 200],
    ['ge: less'    => get('/number', with({ level => 2 })), 'requirement_unmet'],
    ['in'          => get('/in', with({ plan => 'gold' })), 200],
    ['in: another' => get('/in', with({ plan => 'free' })), 'requirement_unmet'],
    ['intersect'   => get('/any', with({ roles => ['staff'] })), 200],
    ['intersect: none' => get('/any', with({ roles => ['guest'] })), 'requirement_forbidden'],
    ['match'       => get('/match', with({ email => 'a@example.com' })), 200],
    ['match: none' => get('/match', with({ email => 'a@example.org' })), 'requirement_unmet'],
    ['a variable'  => get('/var?n=5', with({ n => 5 })), 200],
    ['a variable: another value' => get('/var?n=6', with({ n => 5 })), 'requirement_unmet'],
    ['a path'      => get('/path', with({ realm => { roles => ['admin'] } })), 200],
    ['the header'  => get('/alg', with({})), 200],
    ['the header: another' => get('/alg', with({}, {}, key('RS256'))), 'requirement_unmet'],
    ['a requirement on exp does not replace its check' => get('/exp', with({ exp => 1 })), 'token_expired'],
    ['exp and the current time' => get('/now', with({})), 200],
    ['a requirement on alg does not admit none' => get('/alg', bearer($none)), 'algorithm_unsupported'],
    ['a level replaces the requirements of outer ones' => get('/outer/inner', with({ plan => 'b' })), 200],
]



=== nginx-auth-jwt: auth_jwt_allow_nested
--- http_config
auth_jwt_claim_set $access grants.access;
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_jwt_allow_nested;
location /x { auth_jwt_require_claim grants.access eq allow; proxy_set_header X-Extra $access; proxy_pass http://$TEST_NGINX_ECHO; }
location /quote { auth_jwt_require_claim '"grants.key".access' eq allow; empty_gif; }
location /marks { auth_jwt_allow_nested delimiter=/ quote='; auth_jwt_require_claim "grants/'a/b'" eq allow; empty_gif; }
location /line  { auth_jwt_allow_nested delimiter=_; proxy_set_header X-Extra $jwt_claim_grants_access; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['nested'      => get('/x', with({ grants => { access => 'allow' } })), 200, body => qr/extra=allow$/m],
    ['another'     => get('/x', with({ grants => { access => 'deny' } })), 'requirement_unmet'],
    ['quoted'      => get('/quote', with({ 'grants.key' => { access => 'allow' } })), 200],
    ['other marks' => get('/marks', with({ grants => { 'a/b' => 'allow' } })), 200],
    ['a variable'  => get('/line', with({ grants => { access => 'allow' } })), 200, body => qr/extra=allow$/m],
]



=== nginx-auth-jwt: auth_jwt_revocation_list_sub, auth_jwt_revocation_list_kid
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /sub { auth_jwt_revocation_list_sub subs.json; empty_gif; }
location /kid { auth_jwt_revocation_list_kid kids.json; empty_gif; }
--- conf eval
+{ 'subs.json' => '{"mallory": {}}', 'kids.json' => '{"rs256": {}}' }
--- cases eval
[
    ['sub'         => get('/sub', with({ sub => 'alice' })), 200],
    ['sub: listed' => get('/sub', with({ sub => 'mallory' })), 'token_revoked'],
    ['sub: none'   => get('/sub', with({ sub => undef })), 'token_revoked'],
    ['kid'         => get('/kid', with({})), 200],
    ['kid: listed' => get('/kid', with({}, {}, key('RS256'))), 'token_revoked'],
    ['kid: none'   => get('/kid', with({}, { kid => undef })), 'token_revoked'],
    sub { change('subs.json', '{"alice": {}}') },
    ['a changed file' => get('/sub', with({ sub => 'alice' })), 'token_revoked', within => 5],
]



=== nginx-auth-jwt: auth_jwt_phase access
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_jwt_phase access;
location /x { satisfy any; allow all; empty_gif; }
--- cases eval
[['another check admits' => get('/x'), 200, reason => 'no_credential']]



=== nginx-auth-jwt: auth_jwt_phase preaccess
--- config
auth_jwt_key_file keys.jwks;
location = /_auth { internal; auth_jwt "r"; auth_jwt_phase preaccess; empty_gif; }
location /x       { auth_request /_auth; empty_gif; }
location /any     { auth_jwt "r"; auth_jwt_phase preaccess; satisfy any; allow all; empty_gif; }
--- cases eval
[
    ['auth_request: a token' => get('/x', with({})), 200],
    ['auth_request: nothing' => get('/x'), 'no_credential'],
    ['satisfy any: a token'  => get('/any', with({})), 200],
    ['satisfy any: nothing'  => get('/any'), 'no_credential'],
]



=== nginx-auth-jwt: auth_jwt_www_authenticate
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /on   { auth_jwt_www_authenticate on; empty_gif; }
location /off  { auth_jwt_www_authenticate off; empty_gif; }
location /text { auth_jwt_www_authenticate 'Bearer realm="$host"'; empty_gif; }
--- cases eval
[
    ['on'   => get('/on'), 'no_credential'],
    ['off'  => get('/off'), 'no_credential', headers => { 'WWW-Authenticate' => undef }],
    ['text' => get('/text'), 'no_credential', headers => { 'WWW-Authenticate' => qr/^Bearer realm="\w+"\z/ }],
]



=== nginx-auth-jwt: $jwt_claims, $jwt_nowtime
--- config
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /claims { proxy_set_header X-Extra $jwt_claims; proxy_pass http://$TEST_NGINX_ECHO; }
location /now    { proxy_set_header X-Extra $jwt_nowtime; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my $now = time;
[
    ['claims' => get('/claims', with('{"sub":"alice","n":[1,2]}')), 200, body => qr/extra=\{"sub":"alice","n":\[1,2\]\}$/m],
    ['now'    => get('/now', with({})), 200, then => sub {
        my ($time) = $_[0]{body} =~ /extra=(\d+)$/m;
        return $time && $time >= $now - 1 && $time <= time + 1 ? () : 'not the time';
    }],
]



=== ngx-http-auth-jwt-module: auth_jwt_enabled on
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm"; empty_gif; }
location /off { auth_jwt off; empty_gif; }
--- cases eval
[
    ['a token' => get('/x', bearer(anonymous($::hex))), 200],
    ['none'    => get('/x'), 'no_credential'],
    ['off'     => get('/off'), 200],
]



=== ngx-http-auth-jwt-module: auth_jwt_key "HEX" (HS*)
--- config
location /hex  { auth_jwt "r"; auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET; empty_gif; }
location /file { auth_jwt "r"; auth_jwt_key app HS256 app.secret; empty_gif; }
--- conf eval
+{ 'app.secret' => $::hex->private }
--- cases eval
[
    (map { (
        ["$_: a token"     => get($_, bearer(anonymous($::hex))), 200],
        ["$_: with the ID" => get($_, bearer($::hex)), 200],
        ["$_: another key" => get($_, bearer(anonymous($::hs))), 'signature_invalid'],
    ) } qw(/hex /file)),
]



=== ngx-http-auth-jwt-module: auth_jwt_key "PEM" (RS*, ES*), auth_jwt_use_keyfile, auth_jwt_keyfile_path
--- config
location /rs { auth_jwt "r"; auth_jwt_key ID RS256 rs.pem; empty_gif; }
location /es { auth_jwt "r"; auth_jwt_key ID ES256 es.pem; empty_gif; }
--- conf eval
+{ 'rs.pem' => key('RS256')->public, 'es.pem' => key('ES256')->public }
--- cases eval
[
    ['RS256' => get('/rs', bearer(anonymous(key('RS256')))), 200],
    ['ES256' => get('/es', bearer(anonymous(key('ES256')))), 200],
    ['the other key' => get('/es', bearer(anonymous(key('RS256')))), 'key_unknown'],
]



=== ngx-http-auth-jwt-module: auth_jwt_algorithm
--- config
location /x { auth_jwt "r"; auth_jwt_key app HS512 hex:$TEST_NGINX_SECRET$TEST_NGINX_SECRET; empty_gif; }
--- cases eval
my $key = sub { key($_[0], 'app', secret => pack('H*', $::secret x 2)) };
[
    ['HS512' => get('/x', bearer(anonymous($key->('HS512')))), 200],
    ['HS256' => get('/x', bearer(anonymous($key->('HS256')))), 'key_unknown'],
]



=== ngx-http-auth-jwt-module: auth_jwt_location HEADER=Authorization
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm"; empty_gif; }
--- cases eval
my $token = anonymous($::hex);
[
    ['Bearer'    => get('/x', "Authorization: Bearer $token"), 200],
    ['no scheme' => get('/x', "Authorization: $token"), 'no_credential'],
]



=== ngx-http-auth-jwt-module: auth_jwt_location HEADER=X-Token
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm" token=$http_x_token; empty_gif; }
--- cases eval
[
    ['the field'     => get('/x', 'X-Token: ' . anonymous($::hex)), 200],
    ['Authorization' => get('/x', bearer(anonymous($::hex))), 'no_credential'],
]



=== ngx-http-auth-jwt-module: auth_jwt_location COOKIE=jwt
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm" token=$cookie_jwt; empty_gif; }
--- cases eval
[
    ['the cookie' => get('/x', 'Cookie: a=b; jwt=' . anonymous($::hex)), 200],
    ['another'    => get('/x', 'Cookie: token=' . anonymous($::hex)), 'no_credential'],
]



=== ngx-http-auth-jwt-module: auth_jwt_redirect, auth_jwt_loginurl
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm" token=$cookie_jwt; error_page 401 = @login; empty_gif; }
location @login { return 302 https://www.example.com/login?return_url=$request_uri; }
--- cases eval
my $to = { Location => 'https://www.example.com/login?return_url=/x?a=1' };
[
    ['a token' => get('/x?a=1', 'Cookie: jwt=' . anonymous($::hex)), 200],
    ['none'    => get('/x?a=1'), 302, headers => $to, reason => 'no_credential'],
    ['expired' => get('/x?a=1', 'Cookie: jwt=' . anonymous($::hex, { exp => 1 })), 302, headers => $to, reason => 'token_expired'],
]



=== ngx-http-auth-jwt-module: auth_jwt_validate_sub on
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm"; auth_jwt_require_claim sub match .; empty_gif; }
--- cases eval
[
    ['a subject'  => get('/x', bearer(anonymous($::hex, { sub => 'alice' }))), 200],
    ['no subject' => get('/x', bearer(anonymous($::hex, { sub => undef }))), 'requirement_unmet'],
]



=== ngx-http-auth-jwt-module: auth_jwt_extract_var_claims name
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm"; proxy_set_header X-Extra "$jwt_claim_email|$jwt_claim_none"; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[['the claim' => get('/x', bearer(anonymous($::hex, { email => 'a@example.com' }))), 200, body => qr/extra=a\@example\.com\|$/m]]



=== ngx-http-auth-jwt-module: auth_jwt_extract_request_claims name
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm"; proxy_set_header JWT-email $jwt_claim_email; proxy_set_header X-Extra $jwt_claim_email; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[['what the client sends is replaced' => get('/x', 'X-Extra: forged', bearer(anonymous($::hex, { email => 'a@example.com' }))), 200,
    body => qr/extra=a\@example\.com$/m]]



=== ngx-http-auth-jwt-module: auth_jwt_extract_response_claims name
--- config
auth_jwt_key app HS256 hex:$TEST_NGINX_SECRET;
location /x { auth_jwt "realm"; add_header JWT-email $jwt_claim_email; empty_gif; }
--- cases eval
[
    ['the claim' => get('/x', bearer(anonymous($::hex, { email => 'a@example.com' }))), 200, headers => { 'JWT-email' => 'a@example.com' }],
    ['none'      => get('/x', bearer(anonymous($::hex))), 200, headers => { 'JWT-email' => undef }],
]



=== each line has a block
--- config
location /x { empty_gif; }
--- cases eval
[sub {
    my @lines  = sort(lines_of_tables('nginx-auth-jwt', 'ngx-http-auth-jwt-module'));
    my @blocks = sort grep { /: / } names_of_blocks();
    Test::More::is_deeply(\@blocks, \@lines, 'each line of the tables has a block, and each block a line');
}]
