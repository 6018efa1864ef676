# auth_resource, auth_endpoint metadata: protected resource metadata (RFC 9728).

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Credential;
use Sallyport::Session;
use JSON::PP ();
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $hs = key('HS256');
our $known = '/.well-known/oauth-protected-resource';
our $mcp = "https://api.example$known/mcp";
our $of_mcp = qq{resource_metadata="$mcp"};

# A token for a resource; none: without an audience.
sub for_resource { my ($aud, %more) = @_; return bearer($hs, { sub => 'alice', iss => 'https://id.example', (defined $aud ? (aud => $aud) : ()), %more }) }

# The expectation of a row: exactly this document.
sub document {
    my ($wanted) = @_;
    my $json = JSON::PP->new->canonical;
    return (200, headers => { 'Content-Type' => 'application/json', 'Cache-Control' => 'public, max-age=300', 'Pragma' => undef,
        'Access-Control-Allow-Origin' => '*', 'Vary' => undef, 'WWW-Authenticate' => undef }, then => sub {
        my ($answer) = @_;
        my ($got, $expected) = ($json->encode($json->decode($answer->{body})), $json->encode($wanted));
        return $got eq $expected ? () : "document $got, expected $expected";
    });
}
our @none = (404, headers => { 'Content-Type' => 'application/problem+json', 'Cache-Control' => 'no-store', 'Access-Control-Allow-Origin' => '*' },
    reason => qr/\A\z/);

# A row: curl says so about the answer.
sub by_curl {
    my ($name, $arguments, @patterns) = @_;
    return sub {
        my $answer = curl(@$arguments);
        Test::More::like($answer, $_, $name) for @patterns;
    };
}

run_tests();

__DATA__

=== documents by path
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_issuer https://id.example;
location /.well-known/oauth-protected-resource { auth_endpoint metadata; auth_endpoint_cors https://app.example; }
location = /top { auth_resource https://api.example/ { } empty_gif; }
location /mcp {
    auth_scope_map { GET tools:read; POST any tools:read tools:call offline_access; DELETE on; }
    auth_resource https://api.example/mcp {
        name          "Orders and \"more\"";
        documentation https://docs.example/mcp?v=1#start;
        policy        https://docs.example/policy;
        tos           http://127.0.0.1/tos;
    }
    empty_gif;
}
location /slash { auth_resource https://api.example/slash/ { authorization_server https://one.example/realm https://two.example:8443/; scopes all offline_access; } empty_gif; }
location /deep { auth_resource "https://api.example/a/b%20c/%C3%A9;x=1" { } empty_gif; }
location /cookie { auth_jwt "r" token=$cookie_t; auth_resource https://api.example/cookie { } empty_gif; }
location /bound { auth_jwt_binding require mtls; auth_jwt_issuer spelled https://id.example/x http://localhost:9 http://far.example https://q.example?; auth_resource https://api.example/bound { } empty_gif; }
--- cases eval
my $servers = ['https://id.example'];
my %of = (bearer_methods_supported => ['header'], authorization_servers => $servers);
my %mcp = (%of, resource => 'https://api.example/mcp', scopes_supported => ['tools:read', 'tools:call'], resource_name => 'Orders and "more"',
    resource_documentation => 'https://docs.example/mcp?v=1#start', resource_policy_uri => 'https://docs.example/policy', resource_tos_uri => 'http://127.0.0.1/tos');
my %slash = (%of, resource => 'https://api.example/slash/', authorization_servers => ['https://one.example/realm', 'https://two.example:8443/'],
    scopes_supported => ['all', 'offline_access']);
[
    ['by the path of the resource'  => get("$::known/mcp"), ::document(\%mcp)],
    ['a credential does not matter' => get("$::known/mcp", bearer('x')), ::document(\%mcp)],
    ['nor does a query'             => get("$::known/mcp?x=1"), ::document(\%mcp)],
    ['nor does an origin'           => get("$::known/mcp", 'Origin: https://app.example'), ::document(\%mcp)],
    ['the root'                     => get($::known), ::document({ %of, resource => 'https://api.example/' })],
    ['with a slash'                 => get("$::known/"), ::document({ %of, resource => 'https://api.example/' })],
    ['a slash at the end stays in the resource' => get("$::known/slash/"), ::document(\%slash)],
    ['clients leave it out of the path' => get("$::known/slash"), ::document(\%slash)],
    ['or add it'                    => get("$::known/mcp/"), ::document(\%mcp)],
    ['escapes'                      => get("$::known/a/b%20c/%c3%A9;x=1"), ::document({ %of, resource => 'https://api.example/a/b%20c/%C3%A9;x=1' })],
    ['a token in a cookie'          => get("$::known/cookie"), ::document({ resource => 'https://api.example/cookie', authorization_servers => $servers })],
    ['issuers that are no URLs'     => get("$::known/bound"), ::document({ %of, resource => 'https://api.example/bound',
        authorization_servers => ['https://id.example/x', 'http://localhost:9'], tls_client_certificate_bound_access_tokens => JSON::PP::true() })],
    (map { ["no document: $_" => get($_), @::none] }
        "$::known/m", "$::known/mcp/x", "$::known/mcp/mcp", "$::known/MCP", "$::known$::known/mcp", "${::known}s", "${::known}mcp", "$::known/mcp/%2e%2e/x"),
    ['appended instead of inserted' => get("/mcp$::known"), 'no_credential'],
    ['HEAD'                         => request('HEAD', "$::known/mcp"), 200, body => '', headers => { 'Content-Type' => 'application/json', 'Content-Length' => qr/^[1-9]\d\d$/,
        'Access-Control-Allow-Origin' => '*', 'Cache-Control' => 'public, max-age=300' }],
    ['HEAD without a document'      => request('HEAD', "$::known/x"), 404, body => '', reason => qr/\A\z/],
    ['a preflight'                  => request('OPTIONS', "$::known/mcp", 'Origin: https://any.example', 'Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: mcp-protocol-version'),
        204, body => '', headers => { 'Access-Control-Allow-Origin' => '*', 'Access-Control-Allow-Methods' => 'GET, HEAD, OPTIONS', 'Access-Control-Allow-Headers' => '*',
            'Access-Control-Max-Age' => '600', 'Allow' => 'GET, HEAD, OPTIONS', 'Vary' => undef }],
    ['one of an origin that auth_endpoint_cors lists' => request('OPTIONS', "$::known/mcp", 'Origin: https://app.example', 'Access-Control-Request-Method: GET'),
        204, headers => { 'Access-Control-Allow-Origin' => '*', 'Access-Control-Allow-Headers' => '*', 'Vary' => undef }],
    ['OPTIONS'                      => request('OPTIONS', "$::known/none"), 204, headers => { 'Allow' => 'GET, HEAD, OPTIONS', 'Access-Control-Allow-Origin' => '*' }],
    (map { ["no $_" => request($_, "$::known/mcp"), 'method_unsupported', headers => { 'Allow' => 'GET, HEAD, OPTIONS', 'Access-Control-Allow-Origin' => '*' }] } qw(POST PUT DELETE)),
    ['the paths of the resources'   => get('/mcp', ::for_resource('https://api.example/mcp', scope => 'tools:read')), 200],
]



=== tokens that are bound to their holder
--- config
auth_jwt_key_file keys.jwks;
auth_jwt_issuer https://id.example;
auth_dpop_algorithms ES256 EdDSA;
location /.well-known/oauth-protected-resource { auth_endpoint metadata; }
location /none { auth_jwt r; auth_resource https://api.example/none { } empty_gif; }
location /off { auth_jwt r; auth_jwt_binding off; auth_resource https://api.example/off { } empty_gif; }
location /optional-mtls { auth_jwt r; auth_jwt_binding optional mtls; auth_resource https://api.example/optional-mtls { } empty_gif; }
location /optional-dpop { auth_jwt r; auth_jwt_binding optional dpop; auth_resource https://api.example/optional-dpop { } empty_gif; }
location /any { auth_jwt r; auth_jwt_binding require; auth_resource https://api.example/any { } empty_gif; }
location /mtls { auth_jwt r; auth_jwt_binding require mtls; auth_resource https://api.example/mtls { } empty_gif; }
location /dpop { auth_jwt r; auth_jwt_binding require dpop; auth_resource https://api.example/dpop { } empty_gif; }
location /both { auth_jwt r; auth_jwt_binding require mtls dpop; auth_resource https://api.example/both { } empty_gif; }
--- cases eval
my @mtls = (tls_client_certificate_bound_access_tokens => JSON::PP::true());
my @dpop = (dpop_signing_alg_values_supported => ['ES256', 'EdDSA']);
my @required = (dpop_bound_access_tokens_required => JSON::PP::true());
my %members = (none => [], off => [], 'optional-mtls' => \@mtls, 'optional-dpop' => \@dpop, any => [@mtls, @dpop], mtls => \@mtls, dpop => [@dpop, @required], both => [@mtls, @dpop]);
[
    (map { [$_ => get("$::known/$_"), ::document({ resource => "https://api.example/$_", authorization_servers => ['https://id.example'],
        bearer_methods_supported => ['header'], @{ $members{$_} } })] } sort keys %members),
    ['challenges of DPoP name the metadata as well' => get('/dpop'), 401, reason => 'no_credential',
        headers => { 'WWW-Authenticate' => qq{DPoP realm="r", algs="ES256 EdDSA", resource_metadata="https://api.example$::known/dpop"} }],
]



=== the metadata in every challenge
--- http_config
server {
    listen $TEST_NGINX_OTHER http2;
    auth_jwt "two";
    auth_jwt_key_file keys.jwks;
    auth_jwt_issuer https://id.example;
    auth_resource https://two.example/mcp/ { }
    location /.well-known/oauth-protected-resource/ { auth_endpoint metadata; }
    location /x { auth_role_map { GET admin; } empty_gif; }
}
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_issuer https://id.example;
location /.well-known/oauth-protected-resource/mcp { auth_endpoint metadata; }
location /mcp {
    auth_resource https://api.example/mcp { }
    location /mcp/echo { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
    location /mcp/roles { auth_role_map { GET admin; } empty_gif; }
    location /mcp/scopes { auth_scope_map { GET tools:read; } empty_gif; }
    location /mcp/tenant { auth_tenant_expect acme; empty_gif; }
    location /mcp/json { auth_error_body json; empty_gif; }
    location /mcp/page { error_page 400 401 403 @page; auth_role_map { GET admin; } empty_gif; }
    location /mcp/changed { error_page 401 =402 @page; empty_gif; }
    location /mcp/file { error_page 401 /page.html; empty_gif; }
    location /mcp/any { satisfy any; deny all; auth_role_map { GET admin; } empty_gif; }
    location /mcp/admitted { satisfy any; allow all; empty_gif; }
    location /mcp/both { auth_password "p"; auth_password_file users.json; auth_api_key "k"; auth_api_key_file keys.json; empty_gif; }
    location /mcp/observe { auth_policy observe; empty_gif; }
    location /mcp/optional { auth_policy optional; auth_role_map { GET admin; } empty_gif; }
    location /mcp/forbidden { auth_jwt_require $arg_x error=403; empty_gif; }
    location /mcp/claim { auth_jwt_require_claim sub eq bob; empty_gif; }
    location /mcp/teapot { auth_jwt_require_claim sub eq bob error=418; empty_gif; }
    location /mcp/cookie { auth_jwt "r" token=$cookie_t; empty_gif; }
    location /mcp/limit { limit_except GET { auth_jwt "limit"; auth_jwt_key_file keys.jwks; } empty_gif; }
    location /mcp/if { if ($arg_x) { set $y 1; } empty_gif; }
    location /mcp/me { auth_endpoint me; }
    location /mcp/nested { auth_resource https://api.example/mcp/nested { } empty_gif; }
    location /mcp/off { auth_jwt off; auth_password "p"; auth_password_file users.json; empty_gif; }
    location /mcp/gone { auth_jwt_key_request /none; empty_gif; }
    location /mcp/request { auth_require $arg_x error=401; empty_gif; }
    location /mcp/own { auth_jwt_www_authenticate 'Bearer realm="own"'; empty_gif; }
    location /mcp/redirect { try_files /nothing /other; }
}
location /none { internal; return 404; }
location /other { empty_gif; }
location @page { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location = /page.html { auth_jwt off; }
--- user_files
>>> page.html
a page
--- conf eval
+{ 'users.json' => json({}), 'keys.json' => json({}) }
--- cases eval
my $alice = ::for_resource('https://api.example/mcp');
my ($token) = $alice =~ /Bearer (\S+)/;
my $challenge = sub { my ($middle, $realm) = @_; return { 'WWW-Authenticate' => 'Bearer realm="' . ($realm // 'r') . qq{"$middle, $::of_mcp} } };
my $none = $challenge->('');
my ($invalid, $malformed, $insufficient) = map { $challenge->(qq{, error="$_"}) } qw(invalid_token invalid_request insufficient_scope);
my $h2 = "http://$ENV{TEST_NGINX_OTHER}";
my $two = 'Bearer realm="two"';
my $of_two = 'resource_metadata="https://two.example/.well-known/oauth-protected-resource/mcp/"';
[
    ['no token'              => get('/mcp'), 'no_credential', headers => $none],
    ['HEAD'                  => request('HEAD', '/mcp'), 'no_credential', headers => $none, body => ''],
    ['POST'                  => request('POST', '/mcp', { body => 'x' x 20_000 }), 'no_credential', headers => $none],
    ['another scheme'        => get('/mcp', 'Authorization: Digest x'), 'no_credential', headers => $none],
    ['an expired token'      => get('/mcp', ::for_resource('https://api.example/mcp', exp => 1)), 'token_expired', headers => $invalid],
    ['no token at all'       => get('/mcp', bearer('x')), 'token_malformed', headers => $invalid],
    ['another key'           => get('/mcp', bearer(key('HS256', 'z'), {}, { kid => 'hs256' })), 'signature_invalid', headers => $invalid],
    ['a malformed field'     => get('/mcp', 'Authorization: Bearer'), 'malformed_authorization', headers => $malformed],
    ['two credentials'       => get('/mcp/cookie', $alice, 'Cookie: t=other'), 'ambiguous_credential', headers => $malformed],
    ['none in the cookie'    => get('/mcp/cookie'), 'no_credential', headers => $none],
    ['a missing role'        => get('/mcp/roles', $alice), 'role_missing', headers => $insufficient],
    ['a method that is not listed' => request('POST', '/mcp/roles', $alice), 'method_not_allowed', headers => $insufficient],
    ['another tenant'        => get('/mcp/tenant', ::for_resource('https://api.example/mcp', tenant_id => 'x')), 'tenant_mismatch', headers => $insufficient],
    ['no token, with scopes' => get('/mcp/scopes'), 'no_credential', headers => $challenge->(', scope="tools:read"')],
    ['a missing scope'       => get('/mcp/scopes', $alice), 'scope_missing', headers => $challenge->(', error="insufficient_scope", scope="tools:read"')],
    ['problem+json'          => get('/mcp/json'), 'no_credential', headers => { %$none, 'Content-Type' => 'application/problem+json' }],
    ['an error page'         => get('/mcp/page'), 401, body => qr{GET /mcp/page}, headers => $none, reason => 'no_credential'],
    ['that of a 403'         => get('/mcp/page', $alice), 403, headers => $insufficient, reason => 'role_missing'],
    ['that of a 400'         => get('/mcp/page', 'Authorization: Bearer'), 400, headers => $malformed, reason => 'malformed_authorization'],
    ['one with a code of its own' => get('/mcp/changed'), 402, headers => $none, reason => 'no_credential'],
    ['an error page by an internal redirect' => get('/mcp/file'), 401, headers => $none, reason => 'no_credential'],
    ['satisfy any'           => get('/mcp/any'), 'no_credential', headers => $none],
    ['satisfy any: 403'      => get('/mcp/any', $alice), 'role_missing', headers => $insufficient],
    ['satisfy any: admitted by its address' => get('/mcp/admitted'), 200, headers => { 'WWW-Authenticate' => undef }, reason => 'no_credential'],
    ['observe'               => get('/mcp/observe'), 200, headers => { 'WWW-Authenticate' => undef }, reason => 'no_credential'],
    ['optional'              => get('/mcp/optional'), 'no_credential', headers => $none],
    ['a requirement'         => get('/mcp/forbidden', $alice), 'requirement_forbidden', headers => $insufficient],
    ['one on claims'         => get('/mcp/claim', $alice), 'requirement_unmet', headers => $invalid],
    ['a code that RFC 6750 does not know' => get('/mcp/teapot', $alice), 418, headers => { 'WWW-Authenticate' => undef }, reason => 'requirement_forbidden'],
    ['limit_except'          => request('POST', '/mcp/limit'), 'no_credential', headers => $challenge->('', 'limit')],
    ['if'                    => get('/mcp/if?x=1'), 'no_credential', headers => $none],
    ['an endpoint'           => get('/mcp/me'), 'no_credential', headers => $none],
    ['a resource in a resource' => get('/mcp/nested'), 'no_credential', headers => { 'WWW-Authenticate' => qq{Bearer realm="r", resource_metadata="$::mcp/nested"} }],
    ['no tokens'             => get('/mcp/off'), 'no_credential', headers => { 'WWW-Authenticate' => 'Basic realm="p", charset="UTF-8"' }],
    ['our own failure'       => get('/mcp/gone', $alice), 'keys_unavailable', headers => { 'WWW-Authenticate' => undef }],
    ['auth_require'          => get('/mcp/request', $alice), 401, headers => $none, reason => 'request_forbidden'],
    ['a challenge of its own' => get('/mcp/own'), 'no_credential', headers => { 'WWW-Authenticate' => 'Bearer realm="own"' }],
    ['not of a 400'          => get('/mcp/own', 'Authorization: Bearer'), 'malformed_authorization', headers => $malformed],
    ['the challenge is that of the last location' => get('/mcp/redirect', bearer('x')), 'token_malformed', headers => { 'WWW-Authenticate' => qr/\ABearer realm="r", error="invalid_token"/ }],
    ['outside'               => get('/other'), 'no_credential', headers => { 'WWW-Authenticate' => 'Bearer realm="r"' }],
    ['accepted'              => get('/mcp/echo', $alice), 200, body => qr/user=alice /, headers => { 'WWW-Authenticate' => undef }],
    sub {
        my @challenges = curl("http://$ENV{TEST_NGINX_SERVER_PORT}/mcp/both") =~ /^WWW-Authenticate: (.*)$/mg;
        Test::More::is_deeply([grep { /resource_metadata/ } @challenges], [qq{Bearer realm="r", $::of_mcp}], 'only Bearer has it');
        Test::More::is(scalar @challenges, 3, 'all challenges');
    },
    ::by_curl('HTTP/2', ['--http2-prior-knowledge', "$h2/x"], qr/^HTTP\/2 401/, qr/^www-authenticate: \Q$two, $of_two\E$/m),
    ::by_curl('HTTP/2, HEAD', ['--http2-prior-knowledge', '-I', "$h2/x"], qr/^HTTP\/2 401/, qr/^www-authenticate: \Q$two, $of_two\E$/m),
    ::by_curl('HTTP/2, 400', ['--http2-prior-knowledge', '-H', 'Authorization: Bearer', "$h2/x"], qr/^HTTP\/2 400/, qr/^www-authenticate: \Q$two, error="invalid_request", $of_two\E$/m),
    ::by_curl('HTTP/2, 403', ['--http2-prior-knowledge', '-H', ::for_resource('https://two.example/mcp/'), "$h2/x"], qr/^HTTP\/2 403/,
        qr/^www-authenticate: \Q$two, error="insufficient_scope", $of_two\E$/m),
    ::by_curl('HTTP/2, the document', ['--http2-prior-knowledge', "$h2$::known/mcp"], qr/^HTTP\/2 200/, qr/"resource":"https:\/\/two\.example\/mcp\/"/),
    ['a resource of another server' => get("$::known/mcp/"), 200, body => qr{"resource":"https://api\.example/mcp"}],
]



=== the audience
--- http_config eval: $::tokens
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_issuer https://id.example;
location /.well-known/oauth-protected-resource { auth_endpoint metadata; }
location /default { auth_resource https://api.example/default { } empty_gif;
    location /default/other { auth_jwt_audience other; empty_gif; }
    location /default/in { empty_gif; }
}
location /on { auth_resource https://api.example/on { audience on; } empty_gif;
    location /on/other { auth_jwt_audience other; empty_gif; }
}
location /off { auth_resource https://api.example/off { audience off; } empty_gif; }
location /named { auth_jwt_audience other; auth_resource https://api.example/named { } empty_gif; }
location /slash { auth_resource https://api.example/slash/ { } empty_gif; }
location /accept { auth_token_accept on; auth_resource https://api.example/accept { } empty_gif; }
location /tenants {
    auth_resource https://api.example/tenants { }
    auth_tenant acme   { issuer https://acme.example; audience acme-api; key_file keys.jwks; }
    auth_tenant globex { issuer https://globex.example; key_file keys.jwks; }
    empty_gif;
}
location /customers {
    auth_jwt_issuer none;
    auth_resource https://api.example/customers { }
    auth_tenant acme   { issuer https://acme.example; key_file keys.jwks; }
    empty_gif;
}
--- conf eval: \%::token_files
--- cases eval
my $for = sub { my ($uri, $aud, %more) = @_; return get($uri, ::for_resource($aud, %more)) };
my $own = sub { my ($aud) = @_; return bearer($Sallyport::Session::access, { iss => 'https://api.example', sub => 'alice', aud => $aud, jti => 'j', sid => 's' }, { typ => 'at+jwt' }) };
[
    ['the resource'              => $for->('/default', 'https://api.example/default'), 200],
    ['among others'              => $for->('/default', ['x', 'https://api.example/default']), 200],
    ['a location inside'         => $for->('/default/in', 'https://api.example/default'), 200],
    (map { [json(['another resource', $_]) => $for->('/default', $_), 'audience_mismatch'] }
        'https://api.example', 'https://api.example/default/', 'https://api.example/Default', 'https://api.example/off', 'other', '', [], ['x']),
    ['no audience'               => $for->('/default', undef), 'audience_mismatch'],
    ['inside, another resource'  => $for->('/default/in', 'https://api.example/off'), 'audience_mismatch'],
    ['auth_jwt_audience inside replaces it' => $for->('/default/other', 'other'), 200],
    ['the resource no longer counts' => $for->('/default/other', 'https://api.example/default'), 'audience_mismatch'],
    ['on'                        => $for->('/on', 'https://api.example/on'), 200],
    ['on: another'               => $for->('/on', 'other'), 'audience_mismatch'],
    ['on: auth_jwt_audience inside' => $for->('/on/other', 'other'), 200],
    ['off'                       => $for->('/off', 'anything'), 200],
    ['off: none'                 => $for->('/off', undef), 200],
    ['auth_jwt_audience'         => $for->('/named', 'other'), 200],
    ['and not the resource'      => $for->('/named', 'https://api.example/named'), 'audience_mismatch'],
    ['byte for byte'             => $for->('/slash', 'https://api.example/slash/'), 200],
    ['without its slash'         => $for->('/slash', 'https://api.example/slash'), 'audience_mismatch'],
    ['a tenant with an audience' => $for->('/tenants', 'acme-api', iss => 'https://acme.example', tenant_id => 'acme'), 200],
    ['it replaces the resource'  => $for->('/tenants', 'https://api.example/tenants', iss => 'https://acme.example', tenant_id => 'acme'), 'audience_mismatch'],
    ['a tenant without'          => $for->('/tenants', 'https://api.example/tenants', iss => 'https://globex.example', tenant_id => 'globex'), 200],
    ['needs the resource'        => $for->('/tenants', 'acme-api', iss => 'https://globex.example', tenant_id => 'globex'), 'audience_mismatch'],
    ['issuers of tenants are not published' => get("$::known/tenants"), ::document({ resource => 'https://api.example/tenants',
        authorization_servers => ['https://id.example'], bearer_methods_supported => ['header'] })],
    ['not instead of others either' => get("$::known/customers"), ::document({ resource => 'https://api.example/customers', bearer_methods_supported => ['header'] })],
    ['tokens of our own have the audience of auth_token_audience' => get('/accept', $own->('https://api.example')), 200],
    ['and no other'              => get('/accept', $own->('https://api.example/accept')), 'audience_mismatch'],
    ['tokens of others need the resource' => $for->('/accept', 'https://api.example'), 'audience_mismatch'],
]



=== a resource of the server
--- config
auth_jwt_key_file keys.jwks;
auth_jwt_issuer https://id.example;
auth_scope_map { GET api.read; }
auth_resource https://api.example { name Server; }
location = /.well-known/oauth-protected-resource { auth_endpoint metadata; }
location /open { empty_gif; }
location /api { auth_jwt "api"; auth_scope_map { GET other; } empty_gif; }
--- cases eval
[
    ['its document is that of the server' => get($::known), ::document({ resource => 'https://api.example', authorization_servers => ['https://id.example'],
        scopes_supported => ['api.read'], resource_name => 'Server' })],
    ['a path of it is none'     => get("$::known/api"), 404, reason => qr/\A\z/],
    ['a location without tokens' => get('/open'), 200],
    ['one with tokens'          => get('/api'), 'no_credential', headers => { 'WWW-Authenticate' => qq{Bearer realm="api", scope="other", resource_metadata="https://api.example$::known"} }],
    ['its audience'             => get('/api', ::for_resource('https://api.example', scope => 'other')), 200],
    ['another'                  => get('/api', ::for_resource('https://api.example/', scope => 'other')), 'audience_mismatch'],
]
