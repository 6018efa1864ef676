# auth_token_accept: our access tokens beside those of others.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
        gus   => { password => hash('gus'), tenant_id => 'globex', roles => ['viewer'] },
        bob   => { password => hash('builder') },
    }),
    # Keys of others, one with our kid.
    'others.jwks' => jwks(key('HS256'), key('ES256', 'stranger')->jwk(kid => 'access')),
    'acme.secret' => key('HS256', 'acme')->private,
    'other.key'   => key('ES256', 'other')->private,
);
our $identity = <<'EOF_IDENTITY';
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra "$auth_method|$jwt_claim_iss|$jwt_header_typ|";
EOF_IDENTITY
# Logins for some audiences.
our $places = q[
auth_password_file users.json;
location = /orders/login   { auth_endpoint login; auth_password "r"; auth_token_audience orders; }
location = /both/login     { auth_endpoint login; auth_password "r"; auth_token_audience orders invoices; }
];
our ($us, $access, $stranger) = ('https://api.example', $Sallyport::Session::access, key('ES256', 'stranger'));
our $alice = qr/user=alice tenant=acme roles=viewer,editor /;
our @logins = map { issued("a login, $_->[0]" => login(@$_), $_->[0]) } ['alice', 'wonderland'], ['gus', 'gus'], ['bob', 'builder'];

# A request with alice's token, changed and signed again.
sub changed {
    my ($uri, $claims, $header, $key) = @_;
    return sub { get($uri, bearer(resigned(kept('alice', 'access_token'), $key // $access, $claims, $header))) };
}

# A token of others.
sub foreign { my ($uri, $claims, $header, $key) = @_; return get($uri, bearer($key // key('HS256'), $claims, $header)) }

run_tests();

__DATA__

=== alone and beside other keys
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . $::identity . q[
location /alone  { auth_jwt "r"; auth_token_accept on; proxy_pass http://$TEST_NGINX_ECHO; }
location /beside { auth_jwt "r"; auth_token_accept on; auth_jwt_key_file others.jwks; proxy_pass http://$TEST_NGINX_ECHO; }
location /off    { auth_jwt "r"; auth_jwt_key_file others.jwks; proxy_pass http://$TEST_NGINX_ECHO; }
location /rules  { auth_jwt "r"; auth_token_accept on; auth_jwt_key_file others.jwks; auth_jwt_issuer https://id.example; auth_jwt_audience orders;
    proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
my @id = (iss => 'https://id.example', aud => 'orders');
[
    @::logins,
    (map { my $where = $_; (
        ["$where: ours"                    => access($where, 'alice'), 200, body => qr/${main::alice}extra=jwt\|https:\/\/api\.example\|at\+jwt\|/],
        ["$where: without tenant and roles" => access($where, 'bob'), 200, body => qr/user=bob tenant= roles= /],
        ["$where: nobody"                  => get($where), 'no_credential'],
        ["$where: a refresh token"         => sub { get($where, bearer(kept('alice'))) }, 'key_unknown'],
        ["$where: the type JWT"            => changed($where, {}, { typ => 'JWT' }), 'type_mismatch'],
        ["$where: no type"                 => changed($where, {}, { typ => undef }), 'type_mismatch'],
        ["$where: the type of refresh tokens" => changed($where, {}, { typ => 'refresh+jwt' }), 'type_mismatch'],
        ["$where: a type that begins alike" => changed($where, {}, { typ => 'at+jwt ' }), 'type_mismatch'],
        ["$where: no exp"                  => changed($where, { exp => undef }), 'expiry_missing'],
        ["$where: expired"                 => changed($where, { exp => time - 1 }), 'token_expired'],
        ["$where: not yet valid"           => changed($where, { nbf => time + 60 }), 'token_not_yet_valid'],
        ["$where: another audience"        => changed($where, { aud => 'orders' }), 'audience_mismatch'],
        ["$where: no audience"             => changed($where, { aud => undef }), 'audience_mismatch'],
        ["$where: several, ours among them" => changed($where, { aud => ['orders', $::us] }), 200],
        ["$where: a longer audience"       => changed($where, { aud => "$::us/" }), 'audience_mismatch'],
        ["$where: another issuer by our key" => changed($where, { iss => 'https://id.example', aud => 'orders' }), 401, reason => qr/\A(?:key_unknown|signature_invalid)\z/],
        ["$where: another issuer by our key, no kid" => changed($where, { iss => 'https://id.example', aud => 'orders' }, { kid => undef }), 401,
            reason => qr/\A(?:key_unknown|signature_invalid)\z/],
        ["$where: no issuer, by our key"   => changed($where, { iss => undef, aud => 'orders' }), 401, reason => qr/\A(?:key_unknown|signature_invalid)\z/],
        ["$where: our issuer, the stranger's key" => changed($where, {}, {}, $::stranger), 'signature_invalid'],
        ["$where: our issuer, the stranger's key, no kid" => changed($where, {}, { kid => undef }, $::stranger), 401, reason => qr/\A(?:key_unknown|signature_invalid)\z/],
        ["$where: our issuer, another's key and kid" => changed($where, {}, { kid => 'hs256' }, key('HS256')), 'key_unknown'],
        ["$where: our issuer, the public key as secret" => changed($where, {}, {}, key('HS256', 'confused', secret => $::access->public)), 401, reason => qr/\A\w+\z/],
        ["$where: alg none"                => sub { get($where, bearer(base64url('{"alg":"none","typ":"at+jwt","kid":"access"}') . '.'
            . (split /\./, kept('alice', 'access_token'))[1] . '.')) }, 401, reason => qr/\A\w+\z/],
        ["$where: a changed payload"       => sub { my @p = split /\./, kept('alice', 'access_token');
            $p[1] = base64url(unbase64url($p[1]) =~ s/acme/evil/r); get($where, bearer(join '.', @p)) }, 'signature_invalid'],
        ["$where: iss in an array"         => changed($where, { iss => [$::us] }), 401, reason => qr/\A\w+\z/],
        ["$where: iss twice"               => sub { my $c = json({ sub => 'x', exp => time + 60, aud => $::us });
            get($where, bearer(forge(key('HS256'), '{"alg":"HS256","kid":"hs256"}', $c =~ s/\{/{"iss":"x","iss":"$::us",/r))) }, 401, reason => qr/\A\w+\z/],
    ) } '/alone', '/beside', '/rules'),
    ['alone: others are unknown'           => foreign('/alone', {}), 'key_unknown'],
    ['beside: others'                      => foreign('/beside', { sub => 'fred' }), 200, body => qr/user=fred .*extra=jwt\|\|JWT\|/],
    ['beside: others, with an issuer'      => foreign('/beside', { sub => 'fred', iss => 'https://id.example' }), 200],
    ['beside: others, without exp'         => foreign('/beside', { exp => undef }), 200],
    ['beside: others, our type'            => foreign('/beside', {}, { typ => 'at+jwt' }), 200],
    ['beside: others, our kid'             => foreign('/beside', { iss => 'https://id.example' }, { kid => 'access' }, $::stranger), 200],
    ['rules: others'                       => foreign('/rules', { @id }), 200],
    ['rules: others, another issuer'       => foreign('/rules', { @id, iss => 'x' }), 'issuer_mismatch'],
    ['rules: others, our issuer'           => foreign('/rules', { @id, iss => $::us }), 'key_unknown'],
    ['rules: others, our audience'         => foreign('/rules', { @id, aud => $::us }), 'audience_mismatch'],
    ['off: ours'                           => access('/off', 'alice'), 401, reason => qr/\A(?:key_unknown|signature_invalid)\z/],
    ['off: others'                         => foreign('/off', { iss => $::us }), 200],
]



=== tenants
--- http_config
auth_token_store memory:;
map $host $tenant_of_host { acme.example acme; globex.example globex; }
--- config eval
$::tokens . $::endpoints . $::identity . q[
location /blocks {
    auth_jwt "r";
    auth_token_accept on;
    auth_tenant acme { issuer https://acme.example; key acme HS256 acme.secret; }
    auth_tenant bare { key acme HS256 acme.secret; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /expect { auth_jwt "r"; auth_token_accept on; auth_tenant_expect $tenant_of_host; proxy_pass http://$TEST_NGINX_ECHO; }
location /claims { auth_jwt "r"; auth_token_accept on; auth_tenant_claim org.id; auth_roles_claim realm.roles; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
my $acme = key('HS256', 'acme');
[
    @::logins,
    ['ours, of a tenant with a block'    => access('/blocks', 'alice'), 200, body => $::alice],
    ['ours, of a tenant without one'     => access('/blocks', 'gus'), 200, body => qr/user=gus tenant=globex roles=viewer /],
    ['ours, without a tenant'            => access('/blocks', 'bob'), 200, body => qr/user=bob tenant= roles= /],
    ['ours, of a block without issuer'   => changed('/blocks', { tenant_id => 'bare' }), 200, body => qr/user=alice tenant=bare /],
    ['the block\'s key'                  => foreign('/blocks', { tenant_id => 'acme', iss => 'https://acme.example' }, {}, $acme), 200, body => qr/tenant=acme /],
    ['the block\'s key, our issuer'      => foreign('/blocks', { tenant_id => 'acme', iss => $::us }, {}, $acme), 'key_unknown'],
    ['the bare block\'s key, our issuer' => foreign('/blocks', { tenant_id => 'bare', iss => $::us }, {}, $acme), 'key_unknown'],
    ['our key, the block\'s issuer'      => changed('/blocks', { iss => 'https://acme.example' }), 'key_unknown'],
    ['the place\'s tenant'               => access('/expect', 'alice', 'Host: acme.example'), 200, body => $::alice],
    ['another tenant\'s place'           => access('/expect', 'alice', 'Host: globex.example'), 'tenant_mismatch'],
    ['a tenant\'s place, no tenant'      => access('/expect', 'bob', 'Host: acme.example'), 'tenant_mismatch'],
    ['nobody\'s place'                   => access('/expect', 'alice', 'Host: x.example'), 'tenant_mismatch'],
    ['where others have their claims does not matter' => access('/claims', 'alice'), 200, body => $::alice],
]



=== audiences and issuers of several places
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::places . q[
location = /plain/login    { auth_endpoint login; auth_password "r"; }
location = /other/login    { auth_endpoint login; auth_password "r"; auth_token_issuer https://other.example; }
location = /key/login      { auth_endpoint login; auth_password "r"; auth_token_key access ES256 other.key; }
auth_token_accept on;
location /orders   { auth_jwt "r"; auth_token_audience orders; empty_gif; }
location /invoices { auth_jwt "r"; auth_token_audience invoices; empty_gif; }
location /any      { auth_jwt "r"; auth_token_audience orders invoices; empty_gif; }
location /plain    { auth_jwt "r"; empty_gif; }
location /other    { auth_jwt "r"; auth_token_issuer https://other.example; empty_gif; }
location /off      { auth_jwt "r"; auth_token_accept off; auth_jwt_key_file keys.jwks; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my %admitted = (orders => 'orders any', both => 'orders invoices any', plain => 'plain', other => 'other', key => '');
my %refusal = (other => qr/\A\w+\z/, key => qr/\A\w+\z/);
[
    (map { issued("a login, $_" => request('POST', "/$_/login", basic(alice => 'wonderland')), $_) } sort keys %admitted),
    (map { my $of = $_; map { my $where = $_;
        $admitted{$of} =~ /\b$where\b/ ? ["$of at $where" => access("/$where", $of), 200]
            : ["$of at $where" => access("/$where", $of), 401, reason => $refusal{$of} || $where =~ /other|off/ ? qr/\A\w+\z/ : 'audience_mismatch']
    } qw(orders invoices any plain other off) } sort keys %admitted),
    # What one place has verified is no news for another.
    (map { ["the same token in turn, $_" => [[access('/orders', 'orders'), 200], [access('/invoices', 'orders'), 'audience_mismatch'],
        [access('/any', 'orders'), 200], [access('/plain', 'orders'), 'audience_mismatch']]] } 1 .. 2),
]



=== a refresh token brings no other audiences than it was issued for
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::places . q[
location = /orders/refresh { auth_endpoint refresh; auth_token_audience orders; }
location = /both/refresh   { auth_endpoint refresh; auth_token_audience invoices orders; }
location = /refresh        { auth_endpoint refresh; }
location /orders   { auth_jwt "r"; auth_token_accept on; auth_token_audience orders; empty_gif; }
location /invoices { auth_jwt "r"; auth_token_accept on; auth_token_audience invoices; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $at = sub { my ($uri, $as) = @_; return sub { post($uri, { refresh_token => kept($as) }) } };
[
    issued('orders' => request('POST', '/orders/login', basic(alice => 'wonderland')), 'orders'),
    issued('both' => request('POST', '/both/login', basic(alice => 'wonderland')), 'both'),
    (map { refusal("orders at $_" => $at->($_, 'orders'), 'audience_mismatch', error => 'invalid_token') } '/both/refresh', '/refresh'),
    issued('which spends nothing' => $at->('/orders/refresh', 'orders'), 'orders'),
    issued('both' => $at->('/both/refresh', 'both'), 'both'),
    ['which is for orders' => access('/orders', 'both'), 200],
    ['and for invoices' => access('/invoices', 'both'), 200],
    issued('fewer' => $at->('/orders/refresh', 'both'), 'fewer'),
    ['for orders' => access('/orders', 'fewer'), 200],
    ['and for nothing else' => access('/invoices', 'fewer'), 'audience_mismatch'],
    refusal('and not for more again' => $at->('/both/refresh', 'fewer'), 'audience_mismatch', error => 'invalid_token'),
]



=== the rules of the place
--- http_config
auth_token_store memory:;
map $jwt_claim_sub $is_alice { alice 1; }
--- config eval
$::tokens . $::endpoints . $::identity . q[
auth_token_accept on;
location /roles   { auth_jwt "r"; auth_role_map { GET viewer; POST editor; OPTIONS off; } proxy_pass http://$TEST_NGINX_ECHO; }
location /require { auth_jwt "r"; auth_jwt_require $is_alice error=403; proxy_pass http://$TEST_NGINX_ECHO; }
location /cookie  { auth_jwt "r" token=$cookie_session; proxy_pass http://$TEST_NGINX_ECHO; }
location /claims  { auth_jwt "r"; add_header X-Claims "$jwt_claim_sid|$jwt_claim_jti|$jwt_claim_aud|$jwt_header_kid|$jwt_header_typ|$jwt_claim_tenant_id" always;
    proxy_pass http://$TEST_NGINX_ECHO; }
location /methods { auth_jwt "r"; auth_password "p"; auth_password_file users.json; proxy_pass http://$TEST_NGINX_ECHO; }
location /json    { auth_jwt "r"; auth_error_body json; proxy_pass http://$TEST_NGINX_ECHO; }
location /nothing { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /first   { auth_jwt "r"; if ($auth_subject = alice) { add_header X-Known yes; } proxy_pass http://$TEST_NGINX_ECHO; }
location /optional { auth_jwt "r"; auth_policy optional; proxy_pass http://$TEST_NGINX_ECHO; }
location /observe { auth_jwt "r"; auth_policy observe; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
my $by = sub { my ($method, $uri, $as) = @_; return sub { request($method, $uri, as($as)->()) } };
[
    @::logins,
    ['GET by a viewer'       => access('/roles', 'gus'), 200, body => qr/user=gus tenant=globex roles=viewer /],
    ['POST by a viewer'      => $by->('POST', '/roles', 'gus'), 'role_missing'],
    ['POST by an editor'     => $by->('POST', '/roles', 'alice'), 200, body => $::alice],
    ['GET without roles'     => access('/roles', 'bob'), 'role_missing'],
    ['DELETE'                => $by->('DELETE', '/roles', 'alice'), 'method_not_allowed'],
    ['OPTIONS'               => request('OPTIONS', '/roles'), 200],
    ['roles of a forged token' => changed('/roles', { roles => ['viewer'] }, {}, $::stranger), 'signature_invalid'],
    ['require'               => access('/require', 'alice'), 200],
    ['require, not met'      => access('/require', 'gus'), 'requirement_forbidden'],
    ['a cookie'              => sub { get('/cookie', 'Cookie: session=' . kept('alice', 'access_token')) }, 200, body => $::alice],
    ['a cookie, refresh token' => sub { get('/cookie', 'Cookie: session=' . kept('alice')) }, 'key_unknown'],
    ['two tokens'            => sub { get('/cookie', 'Cookie: session=' . kept('alice', 'access_token'), as('gus')->()) }, 'ambiguous_credential'],
    ['claims'                => access('/claims', 'alice'), 200, then => sub {
        my $c = claims_of(kept('alice', 'access_token'));
        my $got = $_[0]{headers}{'x-claims'}[0];
        return ("X-Claims: $got") x ($got ne "$c->{sid}|$c->{jti}|$::us|access|at+jwt|acme") }],
    ['beside passwords: a token' => access('/methods', 'alice'), 200, body => $::alice],
    ['beside passwords: a password' => get('/methods', basic(gus => 'gus')), 200, body => qr/user=gus .*extra=password\|\|\|/],
    ['beside passwords: a bad token' => get('/methods', bearer('a.b.c')), 'token_malformed', headers => { 'WWW-Authenticate' => qr/Bearer.*Basic|Basic.*Bearer/ }],
    ['a problem'             => changed('/json', { exp => time - 1 }), 'token_expired', headers => { 'Content-Type' => 'application/problem+json' }, body => qr/"invalid_token"/],
    ['a problem: the type'   => changed('/json', {}, { typ => 'JWT' }), 'type_mismatch', headers => { 'Content-Type' => 'application/problem+json' }, body => qr/"invalid_token"/],
    ['off'                   => get('/nothing'), 200],
    ['read before the access phase' => access('/first', 'alice'), 200, headers => { 'X-Known' => 'yes' }],
    ['optional: nobody'      => get('/optional'), 200, body => qr/user= tenant= roles= /],
    ['optional: ours'        => access('/optional', 'alice'), 200, body => $::alice],
    ['optional: a bad one'   => changed('/optional', {}, { typ => 'JWT' }), 'type_mismatch'],
    ['observe: a bad one is nobody' => changed('/observe', {}, { typ => 'JWT' }), 200, reason => 'type_mismatch', body => qr/user= tenant= roles= /],
]
