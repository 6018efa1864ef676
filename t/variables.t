# The variables: their values, where they can be read, and that they say nothing unproved.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

# A token by another key than it says.
sub forged { return bearer(key('HS256', 'forger'), { sub => $_[0], roles => ['admin'], tenant_id => 'acme' }, { kid => 'hs256' }) }
sub for_subject { return bearer(key('HS256'), { sub => $_[0] }) }

# The last lines of an access log, text or patterns, as a row.
sub logged {
    my ($file, @lines) = @_;
    return sub {
        my @wrong;
        for (1 .. 40) {     # nginx logs after it has answered
            my @log = split /\n/, access_log($file);
            s/(?<!\w)-(?!\w)//g for @log;      # nginx writes - for a variable that is not there
            my @last = @log[-@lines .. -1];
            @wrong = grep { !defined $last[$_] || (ref $lines[$_] ? $last[$_] !~ $lines[$_] : $last[$_] ne $lines[$_]) }
                0 .. $#lines;
            last unless @wrong;
        }
        Test::More::ok(!@wrong, "$file: @lines") or Test::More::diag(access_log($file));
    };
}

run_tests();

__DATA__

=== every variable in a header for the upstream
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra "$auth_method|$auth_reason|$jwt_claim_email|$jwt_claim_aud|$jwt_claim_level|$jwt_claim_missing|$jwt_header_kid|$jwt_header_alg|$jwt_header_typ|$jwt_header_missing";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['all' => get('/x', bearer(key('RS256'), { tenant_id => 'acme', roles => ['viewer', 'editor'],
            email => 'alice@acme.example', aud => ['orders', 'bills'], level => 7 })), 200,
        body => "GET /x user=alice tenant=acme roles=viewer,editor extra=jwt||alice\@acme.example|orders,bills|7||rs256|RS256|JWT|\n"],
    ['none' => get('/x', bearer(key('HS256'), '{}')), 200,
        body => "GET /x user= tenant= roles= extra=jwt||||||hs256|HS256|JWT|\n"],
    ['the subject in several bytes' => get('/x', bearer(key('HS256'), "{\"sub\":\"\xc3\x84nne\"}")), 200,
        body => qr/user=\xc3\x84nne /],
    ['escapes are decoded' => get('/x', bearer(key('HS256'), '{"sub":"\u00c4nne","email":"\u20ac"}')), 200,
        body => qr/user=\xc3\x84nne .*\|\xe2\x82\xac\|/],
]



=== $jwt_payload
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-Extra $jwt_payload;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['the payload'  => get('/x', bearer(key('HS256'), '{"sub":"alice","n":1}')), 200,
        body => qr/extra=\{"sub":"alice","n":1\}\n/],
    ['its order and blanks stay' => get('/x', bearer(key('HS256'), '{ "z":1,  "a":[1, 2] }')), 200,
        body => qr/extra=\{ "z":1,  "a":\[1, 2\] \}\n/],
    ['line breaks become blanks' => get('/x', bearer(key('HS256'), "{\n\"a\":1,\r\n\t\"b\":2\n}")), 200,
        body => qr/extra=\{ "a":1,\s+"b":2 \}\n/],
    ['an escaped line break stays escaped' => get('/x', bearer(key('HS256'), '{"a":"x\ny"}')), 200,
        body => qr/extra=\{"a":"x\\ny"\}\n/],
]



=== what the client sends itself is wiped
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra $jwt_claim_email;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /open {
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra "$jwt_claim_email";
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /off-for-get {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_role_map { GET off; ALL on; }
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra $jwt_payload;
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
my @own = ('X-User: root', 'X-Tenant-Id: globex', 'X-Roles: admin', 'X-Extra: e');
my $token = bearer(key('HS256'), { roles => ['viewer'], email => 'a@b' });
[
    ['a token without a tenant' => get('/x', @own, $token), 200, body => qr/user=alice tenant= roles=viewer extra=a\@b\n/],
    ['a token without anything' => get('/x', @own, bearer(key('HS256'), '{}')), 200,
        body => qr/user= tenant= roles= extra=\n/],
    ['auth_jwt off'             => get('/open', @own), 200, body => qr/user= tenant= roles= extra=\n/],
    ['auth_jwt off, a token'    => get('/open', @own, $token), 200, body => qr/user= tenant= roles= extra=\n/],
    ['off for the method'       => get('/off-for-get', @own), 200, body => qr/user= tenant= roles= extra=\n/],
    ['off for the method, a token' => get('/off-for-get', @own, $token), 200, body => qr/user= tenant= roles= extra=\n/],
    ['off for the method, a forged token' => get('/off-for-get', @own, forged('root')), 200,
        body => qr/user= tenant= roles= extra=\n/],
]



=== in the access log, refused or not
--- http_config
log_format identity '$status $auth_method $auth_tenant/$auth_subject [$auth_roles] $jwt_header_kid $jwt_claim_email $auth_reason.';
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
access_log logs/identity.log identity;
location /x { auth_role_map { GET viewer; } empty_gif; }
location /open { auth_jwt off; empty_gif; }
--- cases eval
my %claims = (tenant_id => 'acme', email => 'a@b', roles => ['viewer', 'editor']);
[
    ['admitted'    => get('/x', bearer(key('HS256'), \%claims)), 200],
    logged('identity.log', '200 jwt acme/alice [viewer,editor] hs256 a@b .'),
    ['no token'    => get('/x'), 'no_credential'],
    logged('identity.log', '401  / []   no_credential.'),
    ['forged'      => get('/x', forged('alice')), 'signature_invalid'],
    logged('identity.log', '401  / []   signature_invalid.'),
    ['expired'     => get('/x', bearer(key('HS256'), { %claims, exp => 1 })), 'token_expired'],
    logged('identity.log', qr/\A401 .* token_expired\.\z/),
    ['no role'     => get('/x', bearer(key('HS256'), { %claims, roles => ['editor'] })), 'role_missing'],
    logged('identity.log', qr/\A403 .* role_missing\.\z/),
    ['open'        => get('/open', bearer(key('HS256'), \%claims)), 200],
    logged('identity.log', '200  / []   .'),
]



=== no value goes from one request to the next
--- http_config
log_format identity '$status $auth_method $auth_tenant/$auth_subject [$auth_roles] $jwt_header_kid $jwt_claim_email $auth_reason.';
--- config
auth_jwt_key_file keys.jwks;
access_log logs/identity.log identity;
location /x { auth_jwt "r"; empty_gif; }
location /open { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my $token = bearer(key('HS256'), { tenant_id => 'acme', email => 'a@b', roles => ['viewer'] });
[
    ['on one connection' => [
        [get('/x', $token), 200], [get('/open'), 200, body => qr/user= /], [get('/x'), 'no_credential'],
        [get('/x', $token), 200], [get('/x', forged('bob')), 'signature_invalid'], [get('/open', $token), 200,
            body => qr/user= /],
        [get('/x', bearer(key('HS256'), '{"sub":"bob"}')), 200], [get('/nothing'), 404],
    ]],
    logged('identity.log',
        '200 jwt acme/alice [viewer] hs256 a@b .', '200  / []   .', '401  / []   no_credential.',
        '200 jwt acme/alice [viewer] hs256 a@b .', '401  / []   signature_invalid.', '200  / []   .',
        '200 jwt /bob [] hs256  .', '404  / []   .'),
]



=== kept across error_page, for logging
--- http_config
log_format identity '$status $uri $auth_method $auth_tenant/$auth_subject [$auth_roles] $jwt_claim_email $auth_reason.';
--- config
auth_jwt_key_file keys.jwks;
access_log logs/identity.log identity;
location /missing { auth_jwt "r"; error_page 404 /page; root $TEST_NGINX_SERVER_ROOT/html; }
location /named   { auth_jwt "r"; error_page 404 = @named; root $TEST_NGINX_SERVER_ROOT/html; }
location /refused { auth_jwt "r"; auth_role_map { GET admin; } error_page 401 403 /page; empty_gif; }
location /page { internal; empty_gif; access_log logs/identity.log identity; }
location @named { empty_gif; access_log logs/identity.log identity; }
--- cases eval
my $token = bearer(key('HS256'), { tenant_id => 'acme', email => 'a@b', roles => ['viewer'] });
[
    ['404'            => get('/missing', $token), 404],
    logged('identity.log', '404 /page jwt acme/alice [viewer] a@b .'),
    ['404, named'     => get('/named', $token), 200],
    logged('identity.log', '200 /named jwt acme/alice [viewer] a@b .'),
    ['401'            => get('/refused'), 'no_credential'],
    logged('identity.log', '401 /page  / []  no_credential.'),
    ['401, forged'    => get('/refused', forged('bob')), 'signature_invalid'],
    logged('identity.log', '401 /page  / []  signature_invalid.'),
    ['403'            => get('/refused', $token), 'role_missing'],
    logged('identity.log', qr{\A403 /page .* role_missing\.\z}),
]



=== in map and if, before the access phase
--- http_config
map $auth_subject $kind { alice friend; '' nobody; default other; }
map $jwt_claim_plan $backend { gold /gold; default /basic; }
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    set $seen "";
    if ($auth_subject = alice) { set $seen alice; }
    if ($auth_roles ~ admin) { set $seen "$seen,admin"; }
    if ($auth_tenant) { set $seen "$seen,$auth_tenant"; }
    proxy_set_header X-Extra "$kind $seen";
    proxy_pass http://$TEST_NGINX_ECHO$backend;
}
location /if {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    if ($auth_roles = admin) { return 204; }
    empty_gif;
}
--- cases eval
my $alice = bearer(key('HS256'), { plan => 'gold', tenant_id => 'acme', roles => ['admin'] });
[
    ['alice'              => get('/x', $alice), 200, body => qr{^GET /gold .*extra=friend alice,admin,acme\n}],
    ['bob'                => get('/x', for_subject('bob')), 200, body => qr{^GET /basic .*extra=other\n}],
    ['no subject'         => get('/x', bearer(key('HS256'), '{}')), 200, body => qr/extra=nobody\n/],
    ['no token'           => get('/x'), 'no_credential'],
    ['forged'             => get('/x', forged('alice')), 'signature_invalid'],
    ['return by a proved role'  => get('/if', $alice), 204],
    ['and not by a forged one'  => get('/if', forged('alice')), 'signature_invalid'],
    ['and not by an expired one' => get('/if', bearer(key('HS256'), { roles => ['admin'], exp => 1 })), 'token_expired'],
    ['refused once, and logged once' => get('/if', forged('bob')), 'signature_invalid'],
    sub {
        my @lines = grep { /refused/ } split /\n/, error_log();
        Test::More::is(scalar @lines, 5, 'one line for each refusal') or Test::More::diag(@lines);
    },
]



=== limit_req by subject: two users apart, a forged token in neither's bucket
--- http_config
limit_req_zone $auth_subject zone=subjects:1m rate=1r/m;
limit_req_zone $auth_tenant zone=tenants:1m rate=1r/m;
limit_req_status 429;
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    limit_req zone=subjects burst=1 nodelay;
    proxy_set_header X-User $auth_subject;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /t {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    limit_req zone=tenants;
    empty_gif;
}
--- cases eval
[
    ['alice'              => get('/x', for_subject('alice')), 200, body => qr/user=alice /],
    ['alice again'        => get('/x', for_subject('alice')), 200],
    ['alice, too often'   => get('/x', for_subject('alice')), 429],
    ['with another token, too often' => get('/x', bearer(key('RS256'))), 429],
    ['bob has his own'    => get('/x', for_subject('bob')), 200, body => qr/user=bob /],
    (map { ["forged for carol, $_" => get('/x', forged('carol')), 'signature_invalid'] } 1 .. 4),
    (map { ["expired for carol, $_" => get('/x', bearer(key('HS256'), { sub => 'carol', exp => 1 })),
        'token_expired'] } 1 .. 3),
    ['carol has not been used up' => get('/x', for_subject('carol')), 200],
    ['nor a second time'  => get('/x', for_subject('carol')), 200],
    ['but then'           => get('/x', for_subject('carol')), 429],
    ['forged for alice is no way out of her limit' => get('/x', forged('alice')), 'signature_invalid'],
    (map { ["no token, $_" => get('/x'), 'no_credential'] } 1 .. 4),
    ['a tenant'           => get('/t', bearer(key('HS256'), { tenant_id => 'acme' })), 200],
    ['the same tenant, another user' => get('/t', bearer(key('HS256'), { tenant_id => 'acme', sub => 'x' })), 429],
    ['another tenant'     => get('/t', bearer(key('HS256'), { tenant_id => 'globex' })), 200],
]



=== read where the server's rules hold, the location still decides by its own
--- conf eval
({ 'other.jwks' => jwks(key('HS256', 'other')) })
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
set $at_server "$auth_subject";
location /same {
    proxy_set_header X-Extra "$at_server|$auth_subject";
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /other {
    auth_jwt_key_file other.jwks;
    proxy_set_header X-Extra "$at_server|$auth_subject";
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /strict {
    auth_jwt_audience orders;
    empty_gif;
}
location /off {
    auth_jwt off;
    proxy_set_header X-Extra "$auth_subject";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    ['the server\'s rules'                   => get('/same', for_subject('alice')), 200, body => qr/extra=alice\|alice\n/],
    ['a token of the server, other keys here' => get('/other', for_subject('alice')), 'key_unknown'],
    ['a token for here, not for the server'  => get('/other', bearer(key('HS256', 'other'))), 200,
        body => qr/extra=\|alice\n/],
    ['an audience that only the location asks for' => get('/strict', for_subject('alice')), 'audience_mismatch'],
    ['off here: nobody'                      => get('/off', for_subject('alice')), 200, body => qr/extra=\n/],
]



=== in a subrequest they speak of the main request
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    auth_request /check;
    auth_request_set $seen $upstream_http_x_echo_user;
    proxy_set_header X-Extra "$seen $auth_subject";
    proxy_pass http://$TEST_NGINX_ECHO;
}
location = /check {
    internal;
    auth_jwt off;
    proxy_set_header X-User $auth_subject;
    proxy_pass_request_body off;
    proxy_pass http://$TEST_NGINX_ECHO/;
}
--- cases eval
[
    ['alice'    => get('/x', 'X-User: root', for_subject('alice')), 200, body => qr/extra=alice alice\n/],
    ['no token' => get('/x', 'X-User: root'), 'no_credential'],
]



=== a claim with a control character is empty; the subject with one is refused
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    proxy_set_header X-Extra "[$jwt_claim_email][$jwt_header_note]";
    proxy_pass http://$TEST_NGINX_ECHO;
}
--- cases eval
[
    (map { ["email with $_" => get('/x', bearer(key('HS256'), qq({"email":"a${_}b"}))), 200, body => qr/extra=\[\]\[\]\n/] }
        '\r\nX-Roles: admin', '\n', '\r', '\t', '\u0001', '\u001f', '\u007f'),
    ['a member of the header' => get('/x', bearer(key('HS256'), {}, { note => "a\r\nX-Roles: admin" })), 200,
        body => qr/roles= extra=\[\]\[\]\n/],
    ['a member of the header, harmless' => get('/x', bearer(key('HS256'), {}, { note => 'n' })), 200, body => qr/\]\[n\]\n/],
]



=== limit_conn, add_header, proxy_pass by a variable
--- http_config
limit_conn_zone $auth_subject zone=c:1m;
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file keys.jwks;
    limit_conn c 1;
    add_header X-Reason $auth_reason always;
    add_header X-Subject $auth_subject always;
    proxy_pass http://$TEST_NGINX_ECHO/of/$auth_subject;
}
--- cases eval
[
    ['alice'    => get('/x', for_subject('alice')), 200, body => qr{^GET /of/alice }, headers => { 'X-Subject' => 'alice' }],
    ['no token' => get('/x'), 'no_credential', headers => { 'X-Subject' => undef }],
]
