# Every directive of a location, set alone in a nested one: a request shows that the nested location
# obeys it, and that the location around it keeps its own rules.
#
# The form "location /NAME/own { NAME ...", with the rows of apart(NAME => ...), is what t/lib/lint
# looks for. Directives of endpoints stand one level above the endpoint, since that is not inherited.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Dpop;
use Sallyport::Metrics;
use Sallyport::Session;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $upstream = Sallyport::Upstream->new;
our ($hs, $own) = (key('HS256'), key('HS256', 'own'));
our %files = (
    %token_files,
    'own.jwks'   => jwks($own),
    'outer.list' => '{"outer": {}}',
    'own.list'   => '{"own": {}, "hs256": {}}',
    'own.revoked' => '[{"jti": "own"}]',
    'weak.jwks'  => jwks($hs, key('HS256', 'weak', secret => 'short')),
    (map { ("$_.secret" => key('HS256', $_)->private) } qw(own acme globex)),
    'own.key'    => key('ES256', 'own')->private,
    'outer.users' => users(alice => 'wonderland') . 'paul:' . hash('paul', 'plain') . "\n",
    'own.users'  => users(olga => 'own'),
    'outer.keys' => json({ outer => { key => digest('outer') } }),
    'own.keys'   => json({ own => { key => digest('own') } }),
);

# Rows that send what $request->($uri) makes, first to the outer location, then to the nested one.
# Expectations are those of a row.
sub apart {
    my ($name, $request, %expected) = @_;
    return (
        ["$name: the outer location" => $request->("/$name"), @{ $expected{outer} }],
        ["$name: the nested one"     => $request->("/$name/own"), @{ $expected{own} }],
        ["$name: the outer one again" => $request->("/$name"), @{ $expected{again} || $expected{outer} }],
    );
}

# A request with a token of these claims; or of another key.
sub with { my ($claims, $key, $header) = @_; return sub { get($_[0], bearer($key // $hs, $claims, $header)) } }

# A token that is bound to a key, with a proof of these changes.
our $holder = key('ES256', 'holder');
sub holder { return dpop($holder, bound_to($holder), @_) }

# What a login answers with is judged by code.
sub logins {
    my ($name, $judge, $own, $outer) = @_;
    my $shows = sub {
        my ($expected) = @_;
        return [200, then => sub {
            my $got = $judge->(JSON::PP::decode_json($_[0]{body})) // 'none';
            return $got eq $expected ? () : "$name: $got, expected $expected";
        }];
    };
    return apart($name => sub { post("$_[0]/login", { username => 'alice', password => 'wonderland' }) },
        own => $shows->($own), outer => $shows->($outer));
}

# A token as one of our own logins issues it.
sub issued_token {
    my ($claims, $key, $header) = @_;
    return with({ iss => 'https://api.example', aud => 'https://api.example', jti => 'j', sid => 's', %$claims },
        $key // $Sallyport::Session::access, { typ => 'at+jwt', %{ $header || {} } });
}

sub audited {
    my ($name) = @_;
    return scalar grep { $_->{event} eq 'refused' } audit_lines("$name.json");
}

run_tests();

__DATA__

=== tokens
--- http_config
auth_revocation_zone size=32k;
auth_revocation_file own.revoked;
--- config
auth_jwt "outer";
auth_jwt_key_file keys.jwks;
location /_upstream/ { internal; proxy_pass http://$TEST_NGINX_IDP/; }

location /auth_jwt { empty_gif;
    location /auth_jwt/own { auth_jwt "own"; empty_gif; }
}
location /auth_jwt_type { empty_gif;
    location /auth_jwt_type/own { auth_jwt_type signed; empty_gif; }
}
location /auth_jwt_key { empty_gif;
    location /auth_jwt_key/own { auth_jwt_key own HS256 own.secret; empty_gif; }
}
location /auth_jwt_key_file { empty_gif;
    location /auth_jwt_key_file/own { auth_jwt_key_file own.jwks; empty_gif; }
}
location /auth_jwt_key_request { empty_gif;
    location /auth_jwt_key_request/own { auth_jwt_key_request /_upstream/own; empty_gif; }
}
location /auth_jwt_key_cache { auth_jwt_key_request /_upstream/cache; auth_jwt_key_cache 1h; empty_gif;
    location /auth_jwt_key_cache/own { auth_jwt_key_cache 0; empty_gif; }
}
location /auth_jwt_key_stale { auth_jwt_key_request /_upstream/stale; empty_gif;
    location /auth_jwt_key_stale/own { auth_jwt_key_stale 0; empty_gif; }
}
location /auth_jwt_algorithms { auth_jwt_algorithms HS256; empty_gif;
    location /auth_jwt_algorithms/own { auth_jwt_algorithms RS256; empty_gif; }
}
location /auth_jwt_weak_keys { auth_jwt_key_file weak.jwks; empty_gif;
    location /auth_jwt_weak_keys/own { auth_jwt_weak_keys on; empty_gif; }
}
location /auth_jwt_issuer { auth_jwt_issuer outer; empty_gif;
    location /auth_jwt_issuer/own { auth_jwt_issuer own; empty_gif; }
}
location /auth_jwt_audience { auth_jwt_audience outer; empty_gif;
    location /auth_jwt_audience/own { auth_jwt_audience own; empty_gif; }
}
location /auth_jwt_leeway { empty_gif;
    location /auth_jwt_leeway/own { auth_jwt_leeway 1h; empty_gif; }
}
location /auth_jwt_require_exp { empty_gif;
    location /auth_jwt_require_exp/own { auth_jwt_require_exp on; empty_gif; }
}
location /auth_jwt_validate_exp { empty_gif;
    location /auth_jwt_validate_exp/own { auth_jwt_validate_exp off; empty_gif; }
}
location /auth_jwt_validate_sig { empty_gif;
    location /auth_jwt_validate_sig/own { auth_jwt_validate_sig on; empty_gif; }
}
location /auth_jwt_binding { empty_gif;
    location /auth_jwt_binding/own { auth_jwt_binding off; empty_gif; }
}
location /auth_dpop_uri { auth_dpop_uri https://outer.example/; empty_gif;
    location /auth_dpop_uri/own { auth_dpop_uri https://own.example/; empty_gif; }
}
location /auth_dpop_window { auth_dpop_window 10m; empty_gif;
    location /auth_dpop_window/own { auth_dpop_window 1m; empty_gif; }
}
location /auth_dpop_nonce { auth_dpop_nonce off; empty_gif;
    location /auth_dpop_nonce/own { auth_dpop_nonce 5m; empty_gif; }
}
location /auth_dpop_algorithms { auth_dpop_algorithms ES256; empty_gif;
    location /auth_dpop_algorithms/own { auth_dpop_algorithms ES384; empty_gif; }
}
location /auth_jwt_client_certificate { auth_jwt_client_certificate $arg_none; empty_gif;
    location /auth_jwt_client_certificate/own { auth_jwt_client_certificate $arg_own; empty_gif; }
}
location /auth_jwt_phase { satisfy any; allow all; empty_gif;
    location /auth_jwt_phase/own { auth_jwt_phase preaccess; empty_gif; }
}
location /auth_jwt_www_authenticate { auth_jwt_www_authenticate "Bearer outer"; empty_gif;
    location /auth_jwt_www_authenticate/own { auth_jwt_www_authenticate on; empty_gif; }
}
location /auth_jwt_revocation_list_sub { auth_jwt_revocation_list_sub outer.list; empty_gif;
    location /auth_jwt_revocation_list_sub/own { auth_jwt_revocation_list_sub own.list; empty_gif; }
}
location /auth_jwt_revocation_list_kid { auth_jwt_revocation_list_kid outer.list; empty_gif;
    location /auth_jwt_revocation_list_kid/own { auth_jwt_revocation_list_kid own.list; empty_gif; }
}
location /auth_jwt_allow_nested { auth_jwt_require_claim a.b eq c; empty_gif;
    location /auth_jwt_allow_nested/own { auth_jwt_allow_nested; empty_gif; }
}
location /auth_revocation { empty_gif;
    location /auth_revocation/own { auth_revocation on; empty_gif; }
}
location /auth_jwt_require { auth_jwt_require $arg_outer; empty_gif;
    location /auth_jwt_require/own { auth_jwt_require $arg_own; empty_gif; }
}
location /auth_require { auth_require $arg_outer; empty_gif;
    location /auth_require/own { auth_require $arg_own error=402; empty_gif; }
}
location /auth_jwt_require_claim { auth_jwt_require_claim plan eq outer; empty_gif;
    location /auth_jwt_require_claim/own { auth_jwt_require_claim plan eq own; empty_gif; }
}
location /auth_jwt_require_header { auth_jwt_require_header kid eq outer; empty_gif;
    location /auth_jwt_require_header/own { auth_jwt_require_header kid ne outer; empty_gif; }
}
--- conf eval: \%::files
--- cases eval
my $minute_ago = time - 60;
[
    answers('/own' => jwks($::own), '/cache' => jwks($::hs), '/stale' => [jwks($::hs), 500]),
    apart(auth_jwt => sub { get($_[0]) },
        own   => ['no_credential', headers => { 'WWW-Authenticate' => 'Bearer realm="own"' }],
        outer => ['no_credential', headers => { 'WWW-Authenticate' => 'Bearer realm="outer"' }]),
    # It has one value.
    apart(auth_jwt_type => with({}), own => [200], outer => [200]),
    (map { apart($_ => with({}, $::own), own => [200], outer => ['key_unknown']) }
        qw(auth_jwt_key auth_jwt_key_file auth_jwt_key_request)),
    (map { ["$_: the outer key is not inherited beside it" => get("/$_/own", bearer($::hs)), 'key_unknown'] }
        qw(auth_jwt_key auth_jwt_key_file auth_jwt_key_request)),
    apart(auth_jwt_key_cache => with({}), own => [200], outer => [200]),
    fetched('auth_jwt_key_cache: at first, and for the nested location', '/cache', 2),
    apart(auth_jwt_key_stale => with({}), own => ['keys_unavailable'], outer => [200]),
    apart(auth_jwt_algorithms => with({}), own => ['algorithm_not_allowed'], outer => [200]),
    apart(auth_jwt_algorithms => with({}, key('RS256')), own => [200], outer => ['algorithm_not_allowed']),
    apart(auth_jwt_weak_keys => with({}, key('HS256', 'weak')), own => [200], outer => ['key_unknown']),
    apart(auth_jwt_issuer => with({ iss => 'own' }), own => [200], outer => ['issuer_mismatch']),
    apart(auth_jwt_issuer => with({ iss => 'outer' }), own => ['issuer_mismatch'], outer => [200]),
    apart(auth_jwt_audience => with({ aud => 'own' }), own => [200], outer => ['audience_mismatch']),
    apart(auth_jwt_audience => with({ aud => 'outer' }), own => ['audience_mismatch'], outer => [200]),
    apart(auth_jwt_leeway => with({ exp => $minute_ago }), own => [200], outer => ['token_expired']),
    apart(auth_jwt_require_exp => with({ exp => undef }), own => ['expiry_missing'], outer => [200]),
    apart(auth_jwt_validate_exp => with({ exp => $minute_ago }), own => [200], outer => ['token_expired']),
    apart(auth_jwt_validate_sig => with({}), own => [200], outer => [200]),
    apart(auth_jwt_binding => with({ cnf => { jkt => 'x' } }), own => [200], outer => ['token_bound']),
    apart(auth_dpop_uri => sub { my ($uri) = @_; sub { get($uri, holder(htu => 'https://own.example/')) } }, own => [200], outer => ['dpop_proof_invalid']),
    apart(auth_dpop_window => sub { my ($uri) = @_; sub { get($uri, holder(htu => "http://localhost$uri", claims => { iat => time - 300 })) } },
        own => ['dpop_proof_invalid'], outer => [200]),
    apart(auth_dpop_nonce => sub { my ($uri) = @_; sub { get($uri, holder(htu => "http://localhost$uri")) } },
        own => ['dpop_nonce_needed'], outer => [200]),
    apart(auth_dpop_algorithms => sub { my ($uri) = @_; sub { get($uri, holder(htu => "http://localhost$uri")) } },
        own => ['dpop_proof_invalid'], outer => [200]),
    apart(auth_jwt_client_certificate => sub { get("$_[0]?own=x", bearer($::hs, { cnf => { 'x5t#S256' => 'A' x 43 } })) },
        own => ['certificate_mismatch', log => qr/is not a certificate/], outer => ['certificate_mismatch']),
    apart(auth_jwt_phase => sub { get($_[0]) }, own => ['no_credential'], outer => [200, reason => 'no_credential']),
    apart(auth_jwt_www_authenticate => sub { get($_[0]) },
        own   => ['no_credential', headers => { 'WWW-Authenticate' => qr/^Bearer realm=/ }],
        outer => ['no_credential', headers => { 'WWW-Authenticate' => 'Bearer outer' }]),
    apart(auth_jwt_revocation_list_sub => with({ sub => 'own' }), own => ['token_revoked'], outer => [200]),
    apart(auth_jwt_revocation_list_sub => with({ sub => 'outer' }), own => [200], outer => ['token_revoked']),
    apart(auth_jwt_revocation_list_kid => with({}), own => ['token_revoked'], outer => [200]),
    apart(auth_jwt_allow_nested => with({ a => { b => 'c' } }), own => [200], outer => ['requirement_unmet']),
    apart(auth_jwt_allow_nested => with({ 'a.b' => 'c' }), own => ['requirement_unmet'], outer => [200]),
    apart(auth_revocation => with({ jti => 'own' }), own => ['token_revoked'], outer => [200]),
    apart(auth_jwt_require => sub { get("$_[0]?own=1", bearer($::hs)) }, own => [200], outer => ['requirement_unmet']),
    apart(auth_jwt_require => sub { get("$_[0]?outer=1", bearer($::hs)) }, own => ['requirement_unmet'], outer => [200]),
    apart(auth_require => sub { get("$_[0]?own=1", bearer($::hs)) }, own => [200], outer => ['request_forbidden']),
    apart(auth_require => sub { get("$_[0]?outer=1", bearer($::hs)) }, own => [402, reason => 'request_forbidden'], outer => [200]),
    apart(auth_jwt_require_claim => with({ plan => 'own' }), own => [200], outer => ['requirement_unmet']),
    apart(auth_jwt_require_claim => with({ plan => 'outer' }), own => ['requirement_unmet'], outer => [200]),
    apart(auth_jwt_require_header => with({}), own => [200], outer => ['requirement_unmet']),
]



=== passwords and keys
--- config
auth_password "outer";
auth_password_file outer.users;
location /_upstream/ { internal; proxy_pass http://$TEST_NGINX_IDP/; }

location /auth_password { empty_gif;
    location /auth_password/own { auth_password "own"; empty_gif; }
}
location /auth_password_file { empty_gif;
    location /auth_password_file/own { auth_password_file own.users; empty_gif; }
}
location /auth_password_request { empty_gif;
    location /auth_password_request/own { auth_password_request /_upstream/own; empty_gif; }
}
location /auth_password_challenge { empty_gif;
    location /auth_password_challenge/own { auth_password_challenge browser; empty_gif; }
}
location /auth_password_plain { empty_gif;
    location /auth_password_plain/own { auth_password_plain on; empty_gif; }
}
location /auth_credential_cache { auth_password_request /_upstream/cache; empty_gif;
    location /auth_credential_cache/own { auth_credential_cache 0; empty_gif; }
}
location /auth_api_key { auth_password off; auth_api_key "outer"; auth_api_key_file outer.keys; empty_gif;
    location /auth_api_key/own { auth_api_key "own" header=X-Own; empty_gif; }
}
location /auth_api_key_file { auth_password off; auth_api_key "outer"; auth_api_key_file outer.keys; empty_gif;
    location /auth_api_key_file/own { auth_api_key_file own.keys; empty_gif; }
}
location /auth_api_key_request { auth_password off; auth_api_key "outer"; auth_api_key_file outer.keys; empty_gif;
    location /auth_api_key_request/own { auth_api_key_request /_upstream/own; empty_gif; }
}
--- conf eval: \%::files
--- cases eval
my $as = sub { my @who = @_; return sub { get($_[0], basic(@who)) } };
my $script = sub { get($_[0], 'Sec-Fetch-Mode: cors') };
my $key = sub { my ($key) = @_; return sub { get($_[0], api_key($key)) } };
my $asks = sub { ['no_credential', headers => { 'WWW-Authenticate' => qr/\A\Q$_[0]\E/ }] };
[
    answers('/own' => json({ sub => 'olga' }), '/cache' => json({ sub => 'alice' })),
    apart(auth_password => sub { get($_[0]) }, own => $asks->('Basic realm="own"'), outer => $asks->('Basic realm="outer"')),
    (map { apart($_ => $as->(olga => 'own'), own => [200], outer => ['credential_invalid']) }
        qw(auth_password_file auth_password_request)),
    apart(auth_password_file => $as->(alice => 'wonderland'), own => ['credential_invalid'], outer => [200]),
    apart(auth_password_challenge => $script, own => $asks->('xBasic '), outer => $asks->('Basic ')),
    apart(auth_password_plain => $as->(paul => 'paul'), own => [200], outer => ['credential_invalid']),
    apart(auth_credential_cache => $as->(alice => 'wonderland'), own => [200], outer => [200]),
    fetched('auth_credential_cache: at first, and for the nested location', '/cache', 2),
    apart(auth_api_key => sub { get($_[0], 'X-Own: outer') }, own => [200], outer => $asks->('Api-Key realm="outer"')),
    apart(auth_api_key => sub { get($_[0]) }, own => $asks->('Api-Key realm="own"'), outer => $asks->('Api-Key realm="outer"')),
    (map { apart($_ => $key->('own'), own => [200], outer => ['credential_invalid']) } qw(auth_api_key_file auth_api_key_request)),
    apart(auth_api_key_file => $key->('outer'), own => ['credential_invalid'], outer => [200]),
]



=== rules, tenants, answers, logs and metrics
--- http_config
auth_metrics_zone auth:1m;
--- config
auth_jwt "outer";
auth_jwt_key_file keys.jwks;
auth_role_map { GET on; }
location = /status { auth_jwt off; auth_endpoint status; allow 127.0.0.1; deny all; }

location /auth_policy { empty_gif;
    location /auth_policy/own { auth_policy optional; empty_gif; }
}
location /auth_roles_claim { auth_role_map { GET viewer; } empty_gif;
    location /auth_roles_claim/own { auth_roles_claim groups; empty_gif; }
}
location /auth_scope_claim { auth_scope_map { GET a; } empty_gif;
    location /auth_scope_claim/own { auth_scope_claim permissions; empty_gif; }
}
location /auth_scope_map { auth_scope_map { GET outer; } empty_gif;
    location /auth_scope_map/own { auth_scope_map { GET own; } empty_gif; }
}
location /.well-known/oauth-protected-resource { auth_endpoint metadata; }
location /auth_resource { auth_resource https://api.example/outer { authorization_server https://id.example; } empty_gif;
    location /auth_resource/own { auth_resource https://api.example/own { authorization_server https://id.example; } empty_gif; }
}
location /auth_role_map { auth_role_map { GET viewer; } empty_gif;
    location /auth_role_map/own { auth_role_map { GET editor; } empty_gif; }
}
location /auth_tenant { auth_tenant globex { key k HS256 globex.secret; } empty_gif;
    location /auth_tenant/own { auth_tenant acme { key k HS256 acme.secret; } empty_gif; }
}
location /auth_tenant_claim { auth_tenant_expect acme; empty_gif;
    location /auth_tenant_claim/own { auth_tenant_claim org; empty_gif; }
}
location /auth_tenant_expect { auth_tenant_expect acme; empty_gif;
    location /auth_tenant_expect/own { auth_tenant_expect globex; empty_gif; }
}
set_real_ip_from 192.0.2.1; # without it, auth_explain warns of loopback addresses
location /auth_explain { auth_explain 127.0.0.1; empty_gif;
    location /auth_explain/own { auth_explain off; empty_gif; }
}
location /auth_connection_end { proxy_pass http://$TEST_NGINX_IDP/lasting;
    location /auth_connection_end/own { auth_connection_end stream; proxy_pass http://$TEST_NGINX_IDP/lasting; }
}
location /auth_forward_credential { auth_jwt "outer" token=$http_x_extra; proxy_pass http://$TEST_NGINX_ECHO;
    location /auth_forward_credential/own { auth_forward_credential off; proxy_pass http://$TEST_NGINX_ECHO; }
}
location /auth_error_body { empty_gif;
    location /auth_error_body/own { auth_error_body json; empty_gif; }
}
location /auth_log_level { empty_gif;
    location /auth_log_level/own { auth_log_level error; empty_gif; }
}
location /auth_audit_log { auth_audit_log logs/outer.json; empty_gif;
    location /auth_audit_log/own { auth_audit_log logs/own.json; empty_gif; }
}
location /auth_metrics_label { auth_metrics_label outer; empty_gif;
    location /auth_metrics_label/own { auth_metrics_label own; empty_gif; }
}
location /auth_endpoint { empty_gif;
    location /auth_endpoint/own { auth_endpoint me; }
}
--- conf eval: \%::files
--- cases eval
my $of = sub { my ($tenant) = @_; return with({ tenant_id => $tenant }, key('HS256', $tenant), { kid => 'k' }) };
my $counted = sub { my ($label, $count) = @_; return sub { "label $label: not $count" x (total(qr/zone="$label"/) != $count) || () } };
my $type = sub { my ($status, $type) = @_; return [$status, headers => { 'Content-Type' => $type }] };
[
    apart(auth_policy => sub { get($_[0]) }, own => [200], outer => ['no_credential']),
    apart(auth_roles_claim => with({ groups => ['viewer'] }), own => [200], outer => ['role_missing']),
    apart(auth_roles_claim => with({ roles => ['viewer'] }), own => ['role_missing'], outer => [200]),
    apart(auth_scope_claim => with({ permissions => ['a'] }), own => [200], outer => ['scope_missing']),
    apart(auth_scope_claim => with({ scope => 'a' }), own => ['scope_missing'], outer => [200]),
    apart(auth_scope_map => with({ scope => 'own' }), own => [200], outer => ['scope_missing']),
    apart(auth_scope_map => with({ scope => 'outer' }), own => ['scope_missing'], outer => [200]),
    apart(auth_resource => with({ aud => 'https://api.example/own' }), own => [200], outer => ['audience_mismatch', headers => { 'WWW-Authenticate' => qr{protected-resource/outer"\z} }]),
    apart(auth_resource => with({ aud => 'https://api.example/outer' }), own => ['audience_mismatch', headers => { 'WWW-Authenticate' => qr{protected-resource/own"\z} }], outer => [200]),
    apart(auth_role_map => with({ roles => ['editor'] }), own => [200], outer => ['role_missing']),
    apart(auth_role_map => with({ roles => ['viewer'] }), own => ['role_missing'], outer => [200]),
    apart(auth_tenant => $of->('acme'), own => [200], outer => ['key_unknown']),
    apart(auth_tenant => $of->('globex'), own => ['key_unknown'], outer => [200]),
    apart(auth_tenant_claim => with({ org => 'acme' }), own => [200], outer => ['tenant_mismatch']),
    apart(auth_tenant_claim => with({ tenant_id => 'acme' }), own => ['tenant_mismatch'], outer => [200]),
    apart(auth_tenant_expect => with({ tenant_id => 'globex' }), own => [200], outer => ['tenant_mismatch']),
    apart(auth_tenant_expect => with({ tenant_id => 'acme' }), own => ['tenant_mismatch'], outer => [200]),
    apart(auth_explain => sub { get($_[0]) }, own => ['no_credential', body => qr/<center>nginx/], outer => ['no_credential', body => qr/no_credential in location/]),
    answers('/lasting' => { body => 'abcd', chunked => 1, first => 6, drip => 0.3 }),
    apart(auth_connection_end => sub { my ($uri) = @_; return sub { get($uri, bearer($::hs, { exp => time + 3 })) } }, own => [200, body => qr/\A\w{0,3}\z/], outer => [200, body => 'abcd']),
    apart(auth_forward_credential => sub { get($_[0], 'X-Extra: ' . token($::hs)) }, own => [200, body => qr/extra=\n/], outer => [200, body => qr/extra=ey/]),
    apart(auth_error_body => sub { get($_[0]) }, own => $type->('no_credential', 'application/problem+json'),
        outer => $type->('no_credential', 'text/html')),
    apart(auth_log_level => sub { get($_[0]) }, own => ['no_credential', log => qr/\[error\].*sallyport: refused/],
        outer => ['no_credential', log => qr/\[info\].*sallyport: refused/]),
    apart(auth_audit_log => sub { get($_[0]) }, own => ['no_credential', then => sub { ('not in own.json') x (audited('own') != 1) }],
        outer => ['no_credential', then => sub { ('in own.json') x (audited('own') != 0) }],
        again => ['no_credential', then => sub { ('not in outer.json') x (audited('outer') != 2) }]),
    apart(auth_metrics_label => sub { get($_[0]) }, own => ['no_credential', then => $counted->(own => 1)],
        outer => ['no_credential', then => $counted->(own => 0)], again => ['no_credential', then => $counted->(outer => 2)]),
    apart(auth_endpoint => with({}), own => $type->(200, 'application/json'), outer => $type->(200, 'image/gif')),
]



=== tokens that nginx issues
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . q[
auth_jwt_key_file keys.jwks;
location /auth_token_accept { auth_jwt "outer"; empty_gif;
    location /auth_token_accept/own { auth_token_accept on; empty_gif; }
}
location /auth_token_key { auth_jwt "outer"; auth_token_accept on; empty_gif;
    location /auth_token_key/own { auth_token_key own ES256 own.key; empty_gif; }
}
location /auth_token_issuer { auth_jwt "outer"; auth_token_accept on; auth_token_audience https://api.example; empty_gif;
    location /auth_token_issuer/own { auth_token_issuer own; empty_gif; }
}
location /auth_token_audience { auth_jwt "outer"; auth_token_accept on; empty_gif;
    location /auth_token_audience/own { auth_token_audience own; empty_gif; }
}
auth_password_file outer.users;
location /auth_token_refresh_key { auth_password "r"; location /auth_token_refresh_key/login { auth_endpoint login; }
    location /auth_token_refresh_key/own { auth_token_refresh_key own HS256 own.secret;
        location /auth_token_refresh_key/own/login { auth_endpoint login; } }
}
location /auth_token_claim { auth_password "r"; location /auth_token_claim/login { auth_endpoint login; }
    location /auth_token_claim/own { auth_token_claim from own;
        location /auth_token_claim/own/login { auth_endpoint login; } }
}
location /auth_token_ttl { auth_password "r"; location /auth_token_ttl/login { auth_endpoint login; }
    location /auth_token_ttl/own { auth_token_ttl 1m;
        location /auth_token_ttl/own/login { auth_endpoint login; } }
}
location /auth_token_refresh_ttl { auth_password "r"; location /auth_token_refresh_ttl/login { auth_endpoint login; }
    location /auth_token_refresh_ttl/own { auth_token_refresh_ttl 1h;
        location /auth_token_refresh_ttl/own/login { auth_endpoint login; } }
}
location /auth_token_session_max { auth_password "r"; location /auth_token_session_max/login { auth_endpoint login; }
    location /auth_token_session_max/own { auth_token_session_max 2h;
        location /auth_token_session_max/own/login { auth_endpoint login; } }
}
location = /login { auth_endpoint login; auth_password "r"; }
location /auth_token_reuse_window { location /auth_token_reuse_window/refresh { auth_endpoint refresh; }
    location /auth_token_reuse_window/own { auth_token_reuse_window 1h;
        location /auth_token_reuse_window/own/refresh { auth_endpoint refresh; } }
}
location /auth_endpoint_cors { location /auth_endpoint_cors/jwks { auth_endpoint jwks; }
    location /auth_endpoint_cors/own { auth_endpoint_cors https://own.example;
        location /auth_endpoint_cors/own/jwks { auth_endpoint jwks; } }
}
]
--- conf eval: \%::files
--- cases eval
my $access = sub { my ($name) = @_; return sub { claims_of($_[0]{access_token})->{$name} } };
my $refresh_kid = sub {
    my ($tokens) = @_;
    return JSON::PP::decode_json(unbase64url((split /\./, $tokens->{refresh_token})[0]))->{kid};
};
my $origin = sub { my ($origin) = @_; return [200, headers => { 'Access-Control-Allow-Origin' => $origin }] };
my $use = sub { my ($uri, $as) = @_; return sub { post("$uri/refresh", { refresh_token => kept($as) }) } };
my $used = '/auth_token_reuse_window';
[
    apart(auth_token_accept => issued_token({}), own => [200], outer => ['key_unknown']),
    apart(auth_token_key => issued_token({}, key('ES256', 'own')), own => [200], outer => ['key_unknown']),
    apart(auth_token_key => issued_token({}), own => ['key_unknown'], outer => [200]),
    apart(auth_token_issuer => issued_token({ iss => 'own' }), own => [200], outer => ['key_unknown']),
    apart(auth_token_issuer => issued_token({}), own => ['key_unknown'], outer => [200]),
    apart(auth_token_audience => issued_token({ aud => 'own' }), own => [200], outer => ['audience_mismatch']),
    apart(auth_token_audience => issued_token({}), own => ['audience_mismatch'], outer => [200]),
    logins(auth_token_refresh_key => $refresh_kid, 'own', 'refresh'),
    logins(auth_token_claim => $access->('from'), 'own', 'none'),
    logins(auth_token_ttl => sub { $_[0]{expires_in} }, 60, 900),
    logins(auth_token_refresh_ttl => sub { lifetime($_[0]{refresh_expires_in}, 3600, 172_800) }, 3600, 172_800),
    logins(auth_token_session_max => sub { lifetime($_[0]{refresh_expires_in}, 7200, 172_800) }, 7200, 172_800),
    issued('a session' => login(alice => 'wonderland'), 'nested'),
    issued('used in the nested location' => $use->("$used/own", 'nested')),
    issued('another session' => login(alice => 'wonderland'), 'outer'),
    issued('used in the outer location' => $use->($used, 'outer')),
    apart(auth_token_reuse_window => sub { $use->($_[0], $_[0] =~ /own/ ? 'nested' : 'outer') }, own => [200],
        outer => ['refresh_reused'], again => ['refresh_revoked']),
    apart(auth_endpoint_cors => sub { get("$_[0]/jwks", 'Origin: https://own.example') }, own => $origin->('https://own.example'),
        outer => $origin->(undef)),
]
