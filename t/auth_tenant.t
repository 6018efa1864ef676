# auth_tenant: which keys and rules count for a token, and whose it then is.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our %files = (
    map({ ("$_.secret" => key('HS256', $_)->private) } qw(acme globex bare one two default other)),
    'acme.pem' => key('ES256', 'acme')->public,
);

# Those who ask, and where they ask from: of http, server or location.
our $identity = <<'EOF_IDENTITY';
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
EOF_IDENTITY

# Two with issuers of their own, one without, two that share one.
our $five = <<'EOF_FIVE';
    auth_tenant acme   { issuer https://acme.example; key acme HS256 acme.secret; }
    auth_tenant globex { issuer https://globex.example https://id.globex.example; key globex HS256 globex.secret; }
    auth_tenant bare   { key bare HS256 bare.secret; }
    auth_tenant one    { issuer https://shared.example; key one HS256 one.secret; }
    auth_tenant two    { issuer https://shared.example https://two.example; key two HS256 two.secret; }
EOF_FIVE

our ($acme, $globex, $shared) = map { "https://$_.example" } qw(acme globex shared);

# A request by a token of this key, for these claims.
sub ask {
    my ($uri, $name, $claims, %header) = @_;
    return get($uri, bearer(key('HS256', $name), $claims, \%header));
}

# Rows: admitted as one of this tenant; refused because claims contradict each other.
sub admitted {
    my ($name, $request, $tenant, %more) = @_;
    return [$name => $request, 200, body => qr/ user=alice tenant=\Q$tenant\E roles=/, %more];
}

sub conflict {
    my ($name, $request, %more) = @_;
    return [$name => $request, 401, reason => 'tenant_conflict', log => qr/sallyport: refused 401 tenant_conflict\b/,
        no_log => qr/tenant "/, headers => { 'WWW-Authenticate' => qr/\ABearer realm="[^"]*", error="invalid_token"\z/ },
        %more];
}

sub of_realm { my ($realm) = @_; return (headers => { 'WWW-Authenticate' => qr/realm="\Q$realm\E"/ }) }

run_tests();

__DATA__

=== the claim names a block
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    admitted('its key and issuer'    => ask('/x', 'acme', { tenant_id => 'acme', iss => $::acme }), 'acme'),
    admitted('the first of its issuers'  => ask('/x', 'globex', { tenant_id => 'globex', iss => $::globex }), 'globex'),
    admitted('the second of its issuers' => ask('/x', 'globex',
        { tenant_id => 'globex', iss => 'https://id.globex.example' }), 'globex'),
    ['no iss'                        => ask('/x', 'acme', { tenant_id => 'acme' }), 'issuer_mismatch'],
    ['an empty iss'                  => ask('/x', 'acme', { tenant_id => 'acme', iss => '' }), 'issuer_mismatch'],
    ['an iss of nobody'              => ask('/x', 'acme', { tenant_id => 'acme', iss => 'https://x.example' }),
        'issuer_mismatch'],
    ['another\'s iss'                => ask('/x', 'acme', { tenant_id => 'acme', iss => $::globex }), 'issuer_mismatch'],
    ['another\'s iss and key'        => ask('/x', 'globex', { tenant_id => 'acme', iss => $::globex }), 'key_unknown'],
    ['another\'s iss, key and own kid' => ask('/x', 'globex', { tenant_id => 'acme', iss => $::globex }, kid => 'acme'),
        'signature_invalid'],
    ['a shared iss'                  => ask('/x', 'acme', { tenant_id => 'acme', iss => $::shared }), 'issuer_mismatch'],
    ['the issuer is judged behind the signature' => ask('/x', 'other',
        { tenant_id => 'acme', iss => 'https://x.example' }, kid => 'acme'), 'signature_invalid', no_log => qr/tenant "/],
    admitted('no issuer line, no iss'      => ask('/x', 'bare', { tenant_id => 'bare' }), 'bare'),
    admitted('no issuer line, an empty iss' => ask('/x', 'bare', { tenant_id => 'bare', iss => '' }), 'bare'),
    admitted('no issuer line, an iss of nobody' => ask('/x', 'bare', { tenant_id => 'bare', iss => 'https://x.example' }),
        'bare'),
    conflict('no issuer line, an iss of another block' => ask('/x', 'bare', { tenant_id => 'bare', iss => $::acme })),
    conflict('no issuer line, an iss of two blocks' => ask('/x', 'bare', { tenant_id => 'bare', iss => $::shared })),
    conflict('no issuer line, another\'s iss and key' => ask('/x', 'acme', { tenant_id => 'bare', iss => $::acme })),
    admitted('the first that shares an issuer'  => ask('/x', 'one', { tenant_id => 'one', iss => $::shared }), 'one'),
    admitted('the second that shares an issuer' => ask('/x', 'two', { tenant_id => 'two', iss => $::shared }), 'two'),
    admitted('the second, its other issuer'     => ask('/x', 'two', { tenant_id => 'two', iss => 'https://two.example' }),
        'two'),
    ['the first, the other issuer of the second' => ask('/x', 'one', { tenant_id => 'one', iss => 'https://two.example' }),
        'issuer_mismatch'],
    ['a shared issuer, the key of the other'     => ask('/x', 'two', { tenant_id => 'one', iss => $::shared }),
        'key_unknown'],
    ['a shared issuer, the key of the other, own kid' => ask('/x', 'two', { tenant_id => 'one', iss => $::shared },
        kid => 'one'), 'signature_invalid'],
    ['expired'                       => ask('/x', 'acme', { tenant_id => 'acme', iss => $::acme, exp => 1 }),
        'token_expired'],
]



=== the claim names no block
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    admitted('the default key'          => ask('/x', 'default', { tenant_id => 'initech' }), 'initech'),
    admitted('an empty iss'             => ask('/x', 'default', { tenant_id => 'initech', iss => '' }), 'initech'),
    admitted('an iss of nobody'         => ask('/x', 'default', { tenant_id => 'initech', iss => 'https://x.example' }),
        'initech'),
    conflict('an iss of a block'        => ask('/x', 'default', { tenant_id => 'initech', iss => $::acme })),
    conflict('an iss of a block, by its key' => ask('/x', 'acme', { tenant_id => 'initech', iss => $::acme })),
    conflict('an iss of two blocks'     => ask('/x', 'default', { tenant_id => 'initech', iss => $::shared })),
    conflict('by nobody\'s key'         => ask('/x', 'other', { tenant_id => 'initech', iss => $::acme })),
    (map { ["the key of $_" => ask('/x', $_, { tenant_id => 'initech' }), 'key_unknown'],
           ["the key of $_, the default kid" => ask('/x', $_, { tenant_id => 'initech' }, kid => 'default'),
               'signature_invalid'] } qw(acme bare one)),
]



=== no tenant claim
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $with = sub { my ($tenant, $iss) = @_; '{"sub":"alice"' . $tenant . (defined $iss ? ",\"iss\":\"$iss\"}" : '}') };
my %none = (absent => '', null => ',"tenant_id":null');
[
    map { my ($how, $tenant) = ($_, $none{$_}); (
        admitted("$how: iss of one block"         => ask('/x', 'acme', $with->($tenant, $::acme)), 'acme'),
        admitted("$how: second iss of one block"  => ask('/x', 'globex', $with->($tenant, 'https://id.globex.example')),
            'globex'),
        admitted("$how: the one iss that is not shared" => ask('/x', 'two', $with->($tenant, 'https://two.example')), 'two'),
        ["$how: iss of one, key of another"       => ask('/x', 'globex', $with->($tenant, $::acme)), 'key_unknown'],
        ["$how: iss of one, key of another, its kid" => ask('/x', 'globex', $with->($tenant, $::acme), kid => 'acme'),
            'signature_invalid'],
        ["$how: iss of one, the default key"      => ask('/x', 'default', $with->($tenant, $::acme)), 'key_unknown'],
        conflict("$how: iss of two, key of the first"  => ask('/x', 'one', $with->($tenant, $::shared))),
        conflict("$how: iss of two, key of the second" => ask('/x', 'two', $with->($tenant, $::shared))),
        conflict("$how: iss of two, the default key"   => ask('/x', 'default', $with->($tenant, $::shared))),
        admitted("$how: no iss"                   => ask('/x', 'default', $with->($tenant)), ''),
        admitted("$how: an empty iss"             => ask('/x', 'default', $with->($tenant, '')), ''),
        admitted("$how: an iss of nobody"         => ask('/x', 'default', $with->($tenant, 'https://x.example')), ''),
        ["$how: no iss, the key of a block"       => ask('/x', 'acme', $with->($tenant)), 'key_unknown'],
        ["$how: no iss, the key of the block without issuer" => ask('/x', 'bare', $with->($tenant)), 'key_unknown'],
    ) } sort keys %none
]



=== names and issuers are compared byte for byte
--- conf eval
\%::files
--- config eval
$::identity . $::five . qq[
auth_tenant "\xc3\x84nne" { key one HS256 one.secret; }
auth_tenant "Two Words" { key two HS256 two.secret; }
auth_tenant * { key other HS256 other.secret; }
] . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    (map { my $name = $_; (
        admitted("\"$name\" is no block"     => ask('/x', 'default', { tenant_id => $name }), $name),
        ["\"$name\" is no block, its key"    => ask('/x', 'acme', { tenant_id => $name }), 'key_unknown'],
        conflict("\"$name\" is no block, its iss" => ask('/x', 'acme', { tenant_id => $name, iss => $::acme })),
    ) } 'Acme', 'ACME', 'acm', 'acme2', 'acme.', 'acme,globex', 'default', '**'),
    (map { (
        admitted("$_ is no issuer"    => ask('/x', 'default', { iss => $_ }), ''),
        ["$_ is no issuer, its key"   => ask('/x', 'acme', { iss => $_ }), 'key_unknown'],
        ["$_ is no issuer, its name"  => ask('/x', 'acme', { tenant_id => 'acme', iss => $_ }), 'issuer_mismatch'],
    ) } "$::acme/", "$::acme ", 'HTTPS://acme.example', 'https://ACME.example', 'acme.example', 'https://acme.exampl'),
    admitted('a name of two words'  => ask('/x', 'two', { tenant_id => 'Two Words' }), 'Two Words'),
    admitted('a star is a name'     => ask('/x', 'other', { tenant_id => '*' }), '*'),
    admitted('a name beyond ASCII'  => ask('/x', 'one', { tenant_id => "\x{c4}nne" }), "\xc3\x84nne"),
    ['composed otherwise'           => ask('/x', 'one', { tenant_id => "A\x{308}nne" }), 'key_unknown'],
    admitted('escapes are decoded'  => ask('/x', 'acme', '{"sub":"alice","tenant_id":"acm\u0065","iss":"https:\/\/acme.example"}'),
        'acme'),
    admitted('escaped names of members' => ask('/x', 'acme', '{"sub":"alice","tenant\u005fid":"acme","\u0069ss":"https://acme.example"}'),
        'acme'),
]



=== tenant or iss of a wrong shape, and what is no payload: the default keys, then refused
--- conf eval
\%::files
--- config eval
$::five . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; empty_gif; }
location /only { auth_jwt "r"; empty_gif; }
]
--- cases eval
my $tenant = sub { my ($value) = @_; qq({"sub":"alice","tenant_id":$value,"iss":"https://acme.example"}) };
my $iss    = sub { my ($value) = @_; qq({"sub":"alice","tenant_id":"acme","iss":$value}) };
my @shapes = ('1.5', 'true', '["acme"]', '{"acme":1}', '["https://acme.example"]');
my $raw = sub { my ($uri, $name, $payload) = @_;
    get($uri, bearer(forge(key('HS256', $name), qq({"alg":"HS256","kid":"$name"}), $payload))) };
my @broken = ('[]', '"acme"', 'null', '{"tenant_id":"acme"', '{"tenant_id":"acme","iss":"https://acme.example"} x',
    '{"tenant_id":"acme","tenant_id":"acme"}', '{"tenant_id":"globex","tenant_id":"acme","iss":"https://acme.example"}',
    '{"iss":"https://acme.example","iss":"https://acme.example"}', "{\"tenant_id\":\"acme\",\"sub\":\"\xff\"}",
    '{"tenant_id":"acme\u0000","iss":"https://acme.example"}');
[
    (map { (
        ["tenant $_, the default key" => ask('/x', 'default', $tenant->($_)), 'claim_malformed'],
        ["tenant $_, the issuer's key" => ask('/x', 'acme', $tenant->($_)), 'key_unknown'],
        ["tenant $_, the issuer's key, the default kid" => ask('/x', 'acme', $tenant->($_), kid => 'default'),
            'signature_invalid'],
        ["iss $_, the default key"    => ask('/x', 'default', $iss->($_)), 'claim_malformed'],
        ["iss $_, the tenant's key"   => ask('/x', 'acme', $iss->($_)), 'key_unknown'],
        ["iss $_, the tenant's key, no default keys" => ask('/only', 'acme', $iss->($_)), 'key_unknown'],
    ) } @shapes),
    (map { (
        ["$_, the default key" => $raw->('/x', 'default', $_), 401, reason => 'token_malformed'],
        ["$_, a block's key"   => $raw->('/x', 'acme', $_), 'key_unknown'],
        ["$_, no default keys" => $raw->('/only', 'acme', $_), 'key_unknown'],
    ) } @broken),
    (map { ["no payload, key $_" => $raw->('/x', $_, ''), 'token_malformed'] } qw(default acme)),
    ['an iss of null is none of the block\'s' => ask('/x', 'acme', $iss->('null')), 401,
        reason => qr/\A(?:issuer_mismatch|claim_malformed|key_unknown)\z/],
    ['a line break behind the name' => ask('/x', 'acme', '{"tenant_id":"acme\n"}'), 401, reason => qr/./],
    ['a line break behind the name, the default key' => ask('/x', 'default', '{"tenant_id":"acme\n"}'), 'claim_malformed'],
    ['a payload that is not base64url' => get('/x', 'Authorization: Bearer ' . token(key('HS256', 'acme'),
        { tenant_id => 'acme', iss => $::acme }) =~ s/\.(....)/.*$1/r), 400, reason => 'malformed_authorization'],
    ['a payload of an impossible length' => get('/x', 'Authorization: Bearer ' . join '.',
        base64url('{"alg":"HS256","kid":"acme"}'), 'A', base64url('s' x 32)), 401, reason => qr/./],
]



=== the header of the token chooses nothing
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my %as_acme = (tenant_id => 'acme', iss => $::acme, aud => 'orders');
[
    ['claims in the header'             => ask('/x', 'acme', {}, %as_acme), 'key_unknown'],
    admitted('claims in the header, the default key' => ask('/x', 'default', {}, %as_acme), ''),
    admitted('others in header and payload' => ask('/x', 'globex', { tenant_id => 'globex', iss => $::globex }, %as_acme),
        'globex'),
    admitted('headers of the request'   => get('/x', 'X-Tenant-Id: acme', "X-Iss: $::acme",
        bearer(key('HS256', 'default'), {})), ''),
    ['claims beside the payload'        => ask('/x', 'acme', { vc => { %as_acme } }), 'key_unknown'],
]



=== one kid in every tenant, and keys of each: who signs for whom
--- conf eval
\%::files
--- config eval
$::identity . q[
auth_tenant acme   { issuer https://acme.example;   key k HS256 acme.secret;   key a HS256 acme.secret; }
auth_tenant globex { issuer https://globex.example; key k HS256 globex.secret; key g HS256 globex.secret; }
auth_jwt_key k HS256 default.secret;
auth_jwt_key d HS256 default.secret;
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my %own  = (acme => 'a', globex => 'g', default => 'd');
my %whom = (
    'acme by claim'     => ['acme', 'acme', { tenant_id => 'acme', iss => $::acme }],
    'acme by iss'       => ['acme', 'acme', { iss => $::acme }],
    'globex by claim'   => ['globex', 'globex', { tenant_id => 'globex', iss => $::globex }],
    'globex by iss'     => ['globex', 'globex', { iss => $::globex }],
    'another by claim'  => ['default', 'initech', { tenant_id => 'initech' }],
    'nobody'            => ['default', '', {}],
);
[
    map { my ($whom, $owner, $tenant, $claims) = ($_, @{ $whom{$_} });
        map { my $signer = $_;
            map { my ($kid, $name) = ($_, "for $whom, by $signer, kid $_");
                $kid ne 'k' && $kid ne $own{$owner} ? [$name => ask('/x', $signer, $claims, kid => $kid), 'key_unknown']
                    : $signer ne $owner ? [$name => ask('/x', $signer, $claims, kid => $kid), 'signature_invalid']
                    : admitted($name => ask('/x', $signer, $claims, kid => $kid), $tenant)
            } qw(k a g d)
        } sort keys %own
    } sort keys %whom
]



=== other algorithms, and no kid
--- conf eval
\%::files
--- config eval
$::identity . q[
auth_tenant acme   { key k ES256 acme.pem; }
auth_tenant globex { key k HS256 globex.secret; key g HS256 one.secret; }
auth_jwt_key k HS256 default.secret;
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $es256 = key('ES256', 'acme');
my $by = sub { my ($key, $tenant, %header) = @_; get('/x', bearer($key, { tenant_id => $tenant }, { kid => 'k', %header })) };
[
    admitted('ES256 of acme'                  => $by->($es256, 'acme'), 'acme'),
    ['ES256 of acme, for globex'              => $by->($es256, 'globex'), 'algorithm_mismatch'],
    ['ES256 of acme, for another'             => $by->($es256, 'initech'), 'algorithm_mismatch'],
    ['HS256 of globex, for acme'              => $by->(key('HS256', 'globex'), 'acme'), 'algorithm_mismatch'],
    ['HS256 by default, for acme'             => $by->(key('HS256', 'default'), 'acme'), 'algorithm_mismatch'],
    ['HS256 by the public key of acme'        => $by->(key('HS256', 'confused', secret => $es256->public), 'acme'),
        'algorithm_mismatch'],
    admitted('no kid: acme'                   => $by->($es256, 'acme', kid => undef), 'acme'),
    admitted('no kid: the first of globex'    => $by->(key('HS256', 'globex'), 'globex', kid => undef), 'globex'),
    admitted('no kid: the second of globex'   => $by->(key('HS256', 'one'), 'globex', kid => undef), 'globex'),
    admitted('no kid: the default key'        => $by->(key('HS256', 'default'), 'initech', kid => undef), 'initech'),
    ['no kid: the default key, for globex'    => $by->(key('HS256', 'default'), 'globex', kid => undef), 'signature_invalid'],
    ['no kid: globex, for another'            => $by->(key('HS256', 'globex'), 'initech', kid => undef), 'signature_invalid'],
    ['no kid: globex, for acme'               => $by->(key('HS256', 'globex'), 'acme', kid => undef), 401, reason => qr/./],
    ['no kid: acme, for globex'               => $by->($es256, 'globex', kid => undef), 401, reason => qr/./],
]



=== one key in two blocks and outside
--- conf eval
\%::files
--- config eval
$::identity . q[
auth_tenant acme   { issuer https://acme.example; key k HS256 one.secret; }
auth_tenant globex { key k HS256 one.secret; audience orders; }
auth_jwt_key k HS256 one.secret;
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    admitted('acme'     => ask('/x', 'one', { tenant_id => 'acme', iss => $::acme }, kid => 'k'), 'acme'),
    ['acme, no iss'     => ask('/x', 'one', { tenant_id => 'acme' }, kid => 'k'), 'issuer_mismatch'],
    admitted('globex'   => ask('/x', 'one', { tenant_id => 'globex', aud => 'orders' }, kid => 'k'), 'globex'),
    ['globex, no aud'   => ask('/x', 'one', { tenant_id => 'globex' }, kid => 'k'), 'audience_mismatch'],
    admitted('another'  => ask('/x', 'one', { tenant_id => 'initech' }, kid => 'k'), 'initech'),
]



=== default keys do not speak for a tenant with a block, and not at all where there are none
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
location /x { auth_jwt "r"; auth_jwt_key default HS256 default.secret; auth_jwt_key acme HS256 default.secret;
    proxy_pass http://$TEST_NGINX_ECHO; }
location /only { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $who = sub { my ($tenant) = @_; { tenant_id => $tenant, $tenant eq 'bare' ? () : (iss => "https://$tenant.example") } };
[
    (map { (
        ["by default, for $_"               => ask('/x', 'default', $who->($_)), 'key_unknown'],
        ["by default, for $_, its kid"      => ask('/x', 'default', $who->($_), kid => $_), 'signature_invalid'],
        ["by default, for $_, no kid"       => ask('/x', 'default', $who->($_), kid => undef), 'signature_invalid'],
    ) } qw(acme globex bare)),
    ['by default, for the iss'              => ask('/x', 'default', { iss => $::acme }, kid => 'acme'), 'signature_invalid'],
    admitted('by default, for another, a kid that a block has too' => ask('/x', 'default', { tenant_id => 'initech' },
        kid => 'acme'), 'initech'),
    admitted('only blocks: by its key'      => ask('/only', 'acme', $who->('acme')), 'acme'),
    admitted('only blocks: by iss alone'    => ask('/only', 'acme', { iss => $::acme }), 'acme'),
    ['only blocks: another tenant'          => ask('/only', 'default', { tenant_id => 'initech' }), 'key_unknown'],
    ['only blocks: another tenant, a block\'s key' => ask('/only', 'acme', { tenant_id => 'initech' }), 'key_unknown'],
    ['only blocks: no tenant'               => ask('/only', 'default', {}), 'key_unknown'],
    ['only blocks: no tenant, a block\'s key' => ask('/only', 'acme', {}), 'key_unknown'],
    ['only blocks: no tenant, no kid'       => ask('/only', 'acme', {}, kid => undef), 'key_unknown'],
    ['only blocks: an iss of nobody'        => ask('/only', 'acme', { iss => 'https://x.example' }), 'key_unknown'],
    conflict('only blocks: another tenant, an iss of a block' => ask('/only', 'acme', { tenant_id => 'initech', iss => $::acme })),
    ['only blocks: no token'                => get('/only'), 'no_credential'],
    ['only blocks: no token at all'         => get('/only', 'Authorization: Bearer x'), 'token_malformed'],
]



=== issuer, audience and algorithms: the block's, else the location's
--- conf eval
\%::files
--- config eval
$::identity . q[
auth_jwt_key default HS256 default.secret;
auth_jwt_key es ES256 acme.pem;
auth_tenant full {
    issuer      https://full.example https://full2.example;
    audience    bills sums;
    algorithms  ES256;
    key         full HS256 acme.secret;
    key         es ES256 acme.pem;
}
auth_tenant none      { key none HS256 acme.secret; key es ES256 acme.pem; }
auth_tenant issuer    { key k HS256 acme.secret; key es ES256 acme.pem; issuer https://own.example; }
auth_tenant audience  { key k HS256 acme.secret; key es ES256 acme.pem; audience bills; }
auth_tenant algorithm { key k HS256 acme.secret; key es ES256 acme.pem; algorithms ES256 HS256; }
location /rules {
    auth_jwt "r";
    auth_jwt_issuer https://place.example;
    auth_jwt_audience orders;
    auth_jwt_algorithms HS256;
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /free { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my ($full, $place) = ('https://full.example', 'https://place.example');
my $hs = sub { my ($uri, $tenant, $kid, $iss, $aud) = @_;
    ask($uri, $tenant eq 'other' ? 'default' : 'acme', { tenant_id => $tenant, iss => $iss, aud => $aud }, kid => $kid) };
my $es = sub { my ($uri, $tenant, $iss, $aud) = @_;
    get($uri, bearer(key('ES256', 'acme'), { tenant_id => $tenant, iss => $iss, aud => $aud }, { kid => 'es' })) };
[
    (map { my $uri = $_; (
        admitted("$uri: all its own"            => $es->($uri, 'full', $full, 'bills'), 'full'),
        admitted("$uri: the second of each"     => $es->($uri, 'full', 'https://full2.example', ['x', 'sums']), 'full'),
        admitted("$uri: all its own, by iss"    => $es->($uri, undef, $full, 'bills'), 'full'),
        ["$uri: an algorithm it has a key for"  => $hs->($uri, 'full', 'full', $full, 'bills'), 'algorithm_not_allowed'],
        ["$uri: the place's issuer"             => $es->($uri, 'full', $place, 'bills'), 'issuer_mismatch'],
        ["$uri: the place's audience"           => $es->($uri, 'full', $full, 'orders'), 'audience_mismatch'],
        ["$uri: no issuer"                      => $es->($uri, 'full', undef, 'bills'), 'issuer_mismatch'],
        ["$uri: no audience"                    => $es->($uri, 'full', $full, undef), 'audience_mismatch'],
        ["$uri: an empty audience"              => $es->($uri, 'full', $full, []), 'audience_mismatch'],
    ) } '/rules', '/free'),
    admitted('no lines: all of the place'       => $hs->('/rules', 'none', 'none', $place, 'orders'), 'none'),
    ['no lines: an algorithm not of the place'  => $es->('/rules', 'none', $place, 'orders'), 'algorithm_not_allowed'],
    ['no lines: another issuer'                 => $hs->('/rules', 'none', 'none', 'https://x.example', 'orders'),
        'issuer_mismatch'],
    ['no lines: no issuer'                      => $hs->('/rules', 'none', 'none', undef, 'orders'), 'issuer_mismatch'],
    conflict('no lines: an issuer of another'   => $hs->('/rules', 'none', 'none', $full, 'orders')),
    ['no lines: another audience'               => $hs->('/rules', 'none', 'none', $place, 'bills'), 'audience_mismatch'],
    ['no lines: no audience'                    => $hs->('/rules', 'none', 'none', $place, undef), 'audience_mismatch'],
    admitted('no lines, no rules: HS256'        => $hs->('/free', 'none', 'none', undef, undef), 'none'),
    admitted('no lines, no rules: ES256'        => $es->('/free', 'none', 'https://x.example', 'x'), 'none'),
    admitted('only issuer'                      => $hs->('/rules', 'issuer', 'k', 'https://own.example', 'orders'), 'issuer'),
    ['only issuer: the place\'s'                => $hs->('/rules', 'issuer', 'k', $place, 'orders'), 'issuer_mismatch'],
    ['only issuer: audience of the place'       => $hs->('/rules', 'issuer', 'k', 'https://own.example', 'bills'),
        'audience_mismatch'],
    ['only issuer: algorithms of the place'     => $es->('/rules', 'issuer', 'https://own.example', 'orders'),
        'algorithm_not_allowed'],
    admitted('only audience'                    => $hs->('/rules', 'audience', 'k', $place, 'bills'), 'audience'),
    ['only audience: the place\'s'              => $hs->('/rules', 'audience', 'k', $place, 'orders'), 'audience_mismatch'],
    ['only audience: issuer of the place'       => $hs->('/rules', 'audience', 'k', undef, 'bills'), 'issuer_mismatch'],
    admitted('only algorithms'                  => $es->('/rules', 'algorithm', $place, 'orders'), 'algorithm'),
    ['only algorithms: issuer of the place'     => $es->('/rules', 'algorithm', 'https://x.example', 'orders'),
        'issuer_mismatch'],
    ['only algorithms: audience of the place'   => $es->('/rules', 'algorithm', $place, 'bills'), 'audience_mismatch'],
    admitted('default keys: the place'          => $hs->('/rules', 'other', 'default', $place, 'orders'), 'other'),
    ['default keys: another issuer'             => $hs->('/rules', 'other', 'default', 'https://x.example', 'orders'),
        'issuer_mismatch'],
    ['default keys: a block\'s audience'        => $hs->('/rules', 'other', 'default', $place, 'bills'), 'audience_mismatch'],
    ['default keys: a block\'s algorithm'       => $es->('/rules', 'other', $place, 'orders'), 'algorithm_not_allowed'],
]



=== all other rules are the location's
--- conf eval
\%::files
--- config eval
$::identity . q[
auth_tenant acme { key acme HS256 acme.secret; }
location /leeway  { auth_jwt "r"; auth_jwt_leeway 1h; proxy_pass http://$TEST_NGINX_ECHO; }
location /exp     { auth_jwt "r"; auth_jwt_require_exp on; proxy_pass http://$TEST_NGINX_ECHO; }
location /require { auth_jwt "r"; auth_jwt_require $jwt_claim_plan error=403; proxy_pass http://$TEST_NGINX_ECHO; }
location /roles   { auth_jwt "r"; auth_role_map { GET admin; POST off; } proxy_pass http://$TEST_NGINX_ECHO; }
location /claim   { auth_jwt "r"; auth_tenant_claim org.id; auth_roles_claim org.roles; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $acme = sub { my ($uri, %claims) = @_; ask($uri, 'acme', { tenant_id => 'acme', %claims }) };
[
    admitted('leeway'              => $acme->('/leeway', exp => time - 1800), 'acme'),
    ['beyond leeway'               => $acme->('/leeway', exp => time - 7200), 'token_expired'],
    ['require_exp'                 => $acme->('/exp', exp => undef), 'expiry_missing'],
    admitted('require'             => $acme->('/require', plan => 'gold'), 'acme'),
    ['require, not met'            => $acme->('/require'), 'requirement_forbidden'],
    admitted('role'                => $acme->('/roles', roles => ['admin']), 'acme'),
    ['no role'                     => $acme->('/roles', roles => ['viewer']), 'role_missing'],
    ['off for a method'            => request('POST', '/roles'), 200],
    ['off for a method, a contradiction' => request('POST', '/roles', bearer(key('HS256', 'acme'), { tenant_id => 'globex' })), 200],
    admitted('another claim'       => ask('/claim', 'acme', { org => { id => 'acme' } }), 'acme'),
    admitted('another claim, as a whole' => ask('/claim', 'acme', { 'org.id' => 'acme' }), 'acme'),
    ['another claim: tenant_id is not read' => ask('/claim', 'acme', { tenant_id => 'acme' }), 'key_unknown'],
    ['another claim: as a whole goes first' => ask('/claim', 'acme', { 'org.id' => 'x', org => { id => 'acme' } }), 'key_unknown'],
    ['another claim: no object on the way' => ask('/claim', 'acme', { org => 'acme' }), 'key_unknown'],
    ['roles by another claim'      => ask('/claim', 'acme', { org => { id => 'acme', roles => { acme => ['admin'] } } }), 200,
        body => qr/tenant=acme roles=admin /],
]



=== key files of a block, changed at run time
--- conf eval
({ %::files, 'default.jwks' => jwks(key('HS256', 'default')), 'acme.jwks' => jwks(key('HS256', 'one')),
   'globex.json' => json({ k => key('HS256', 'one')->private }), 'more.json' => keyval(key('HS256', 'bare')) })
--- config eval
$::identity . q[
auth_jwt_key_file default.jwks;
auth_tenant acme   { key_file acme.jwks; }
auth_tenant globex { issuer https://globex.example; key_file globex.json keyval; }
auth_tenant both   { key_file acme.jwks jwks; key other HS256 other.secret; key_file more.json keyval; }
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $of = sub { my ($tenant, $name, %header) = @_; ask('/x', $name,
    { tenant_id => $tenant, $tenant eq 'globex' ? (iss => $::globex) : () }, %header) };
[
    admitted('jwks'                          => $of->('acme', 'one'), 'acme'),
    ['jwks: another'                         => $of->('acme', 'two'), 'key_unknown'],
    admitted('keyval'                        => $of->('globex', 'one', kid => 'k'), 'globex'),
    admitted('keyval, by iss'                => ask('/x', 'one', { iss => $::globex }, kid => 'k'), 'globex'),
    ['keyval: the key of the jwks'           => $of->('globex', 'one'), 'key_unknown'],
    (map { admitted("several: $_"            => $of->('both', $_), 'both') } qw(one other bare)),
    ['several: none of them'                 => $of->('both', 'default'), 'key_unknown'],
    ['acme: a key of the other only'         => $of->('acme', 'other'), 'key_unknown'],

    sub { change('acme.jwks', jwks(key('HS256', 'two'))) },
    admitted('changed: the new key'          => $of->('acme', 'two'), 'acme', within => 2),
    ['changed: the old key'                  => $of->('acme', 'one'), 'key_unknown'],
    admitted('changed for both: the new key' => $of->('both', 'two'), 'both', within => 2),
    ['changed for both: the old key'         => $of->('both', 'one'), 'key_unknown'],
    admitted('changed for both: the others stay' => $of->('both', 'other'), 'both'),
    logged('a line for acme' => qr/\[notice\].* key file "[^"]*acme\.jwks" of tenant "acme" changed: 1 keys, added "two", removed "one"/, 1),
    logged('a line for both' => qr/\[notice\].* key file "[^"]*acme\.jwks" of tenant "both" changed: 1 keys, added "two", removed "one"/, 1),

    sub { replace('globex.json', json({ k => key('HS256', 'two')->private })) },
    admitted('another key of one kid'        => $of->('globex', 'two', kid => 'k'), 'globex', within => 2),
    ['another key of one kid: the old one'   => $of->('globex', 'one', kid => 'k'), 'signature_invalid'],

    sub { change('acme.jwks', '{"keys": [') },
    noticed('broken: the old key'            => $of->('acme', 'two'), 200, qr/\[error\].*acme\.jwks" of tenant "acme"/),
    admitted('broken: still the old key'     => $of->('acme', 'two'), 'acme'),
    ['broken: an unknown kid'                => $of->('acme', 'one'), 'keys_unavailable'],
    ['broken: forged'                        => $of->('acme', 'one', kid => 'two'), 'signature_invalid'],
    ['broken: an unknown kid of another'     => $of->('globex', 'one'), 'key_unknown'],
    ['broken: an unknown kid of nobody'      => ask('/x', 'one', {}), 'key_unknown'],
    ['broken: not for whom another speaks'   => ask('/x', 'two', {}), 'key_unknown'],
    logged('one error for acme' => qr/\[error\].*acme\.jwks" of tenant "acme"/, 1),

    sub { change('default.jwks', '') },
    noticed('the default file is broken: its key' => ask('/x', 'default', {}), 200, qr/\[error\].*default\.jwks"/),
    admitted('the default file is broken'    => $of->('globex', 'two', kid => 'k'), 'globex'),
    ['the default file is broken: an unknown kid of a block' => $of->('globex', 'one'), 'key_unknown'],
    ['the default file is broken: an unknown kid' => ask('/x', 'one', {}), 'keys_unavailable'],
    admitted('the default file is broken: its old key' => ask('/x', 'default', {}), ''),

    sub { change('acme.jwks', '{"keys": []}') },
    ['no keys'                               => $of->('acme', 'two'), 'keys_unavailable', within => 2],
    ['no keys, no kid'                       => $of->('acme', 'two', kid => undef), 'keys_unavailable'],
    admitted('no keys: globex has its own'   => $of->('globex', 'two', kid => 'k'), 'globex'),
    admitted('no keys: nobody has his own'   => ask('/x', 'default', {}), ''),
    admitted('no keys of one of three sources' => $of->('both', 'other'), 'both'),
    sub { change('acme.jwks', jwks(key('HS256', 'one'))) },
    admitted('keys again'                    => $of->('acme', 'one'), 'acme', within => 2),
]



=== a key file of a block whose name has a variable
--- conf eval
({ %::files, 'acme-1.jwks' => jwks(key('HS256', 'one')), 'acme-2.jwks' => jwks(key('HS256', 'two')),
   'globex-1.jwks' => jwks(key('HS256', 'other')) })
--- config eval
$::identity . q[
auth_jwt_key default HS256 default.secret;
auth_tenant acme   { key_file acme-$arg_n.jwks; }
auth_tenant globex { key_file globex-$arg_n.jwks; }
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    admitted('acme 1'             => ask('/x?n=1', 'one', { tenant_id => 'acme' }), 'acme'),
    admitted('acme 2'             => ask('/x?n=2', 'two', { tenant_id => 'acme' }), 'acme'),
    ['acme 2, key of 1'           => ask('/x?n=2', 'one', { tenant_id => 'acme' }), 'key_unknown'],
    ['acme 3: no file'            => ask('/x?n=3', 'one', { tenant_id => 'acme' }), 'keys_unavailable'],
    ['acme ..'                    => ask('/x?n=/../acme-1', 'one', { tenant_id => 'acme' }), 'keys_unavailable'],
    admitted('globex 1'           => ask('/x?n=1', 'other', { tenant_id => 'globex' }), 'globex'),
    ['globex 1, key of acme'      => ask('/x?n=1', 'one', { tenant_id => 'globex' }), 'key_unknown'],
    ['globex 2: no file'          => ask('/x?n=2', 'other', { tenant_id => 'globex' }), 'keys_unavailable'],
    admitted('the default key needs none of them' => ask('/x?n=9', 'default', {}), ''),
]



=== weak keys in a key file of a block
--- conf eval
({ %::files, 'k.jwks' => jwks(key('HS256', 'one'), { kty => 'oct', kid => 'weak', alg => 'HS256', k => base64url('short') }) })
--- suppress_stderr
--- config eval
$::identity . q[
location /strong { auth_jwt "r"; auth_tenant acme { key_file k.jwks; } proxy_pass http://$TEST_NGINX_ECHO; }
location /weak   { auth_jwt "r"; auth_jwt_weak_keys on; auth_tenant acme { key_file k.jwks; } proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $weak = bearer(key('HS256', 'weak', secret => 'short'), { tenant_id => 'acme' });
[
    admitted('the sound key'              => ask('/strong', 'one', { tenant_id => 'acme' }), 'acme'),
    ['the weak one'                       => get('/strong', $weak), 'key_unknown'],
    admitted('where weak ones are allowed' => get('/weak', $weak), 'acme'),
]



=== roles that are an object keyed by tenant
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
auth_jwt_key default HS256 default.secret;
location /x { auth_jwt "r"; auth_role_map { GET viewer; POST admin; } proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my %roles = (roles => { acme => ['admin', 'viewer'], globex => ['viewer'], initech => ['admin'], '' => ['admin', 'viewer'] });
my $post = sub { my ($name, $claims) = @_; request('POST', '/x', bearer(key('HS256', $name), $claims)) };
my %acme   = (tenant_id => 'acme', iss => $::acme, %roles);
my %globex = (tenant_id => 'globex', iss => $::globex, %roles);
[
    ['acme by claim: both roles'      => ask('/x', 'acme', \%acme), 200, body => qr/tenant=acme roles=admin,viewer /],
    ['acme by claim: admin'           => $post->('acme', \%acme), 200],
    ['acme by iss: both roles'        => ask('/x', 'acme', { %acme, tenant_id => undef }), 200,
        body => qr/tenant=acme roles=admin,viewer /],
    ['acme by iss, an empty claim'    => ask('/x', 'acme', { %acme, tenant_id => '' }), 'claim_malformed'],
    ['acme by iss, a claim of null'   => ask('/x', 'acme', { %acme, tenant_id => undef }), 200,
        body => qr/tenant=acme roles=admin,viewer /],
    ['acme by iss: admin'             => $post->('acme', { %acme, tenant_id => undef }), 200],
    ['globex by claim: its role'      => ask('/x', 'globex', \%globex), 200, body => qr/tenant=globex roles=viewer /],
    ['globex by claim: no admin'      => $post->('globex', \%globex), 'role_missing'],
    ['globex by iss: its role'        => ask('/x', 'globex', { %globex, tenant_id => undef }), 200,
        body => qr/tenant=globex roles=viewer /],
    ['globex by iss: no admin'        => $post->('globex', { %globex, tenant_id => undef }), 'role_missing'],
    ['bare: no roles there'           => ask('/x', 'bare', { tenant_id => 'bare', %roles }), 'role_missing'],
    ['another, by default'            => $post->('default', { tenant_id => 'initech', %roles }), 200,
        body => qr/tenant=initech roles=admin /],
    ['nobody: no roles'               => ask('/x', 'default', { %roles }), 'role_missing'],
    ['a list is the tenant\'s, by iss' => $post->('globex', { iss => $::globex, roles => ['admin'] }), 200,
        body => qr/tenant=globex roles=admin /],
]



=== a tenant by default keys whose name the application would read as that of a block
--- conf eval
\%::files
--- config eval
$::identity . q[
auth_tenant acme { key acme HS256 acme.secret; }
auth_jwt_key default HS256 default.secret;
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    ['another'       => ask('/x', 'default', { tenant_id => 'initech' }), 200, body => qr/tenant=initech /],
    ['acme itself'   => ask('/x', 'default', { tenant_id => 'acme' }), 'key_unknown'],
    (map { ["a name with $_->[0]" => ask('/x', 'default', { tenant_id => $_->[1] }), 'claim_malformed'] }
        ['a blank at its end', 'acme '], ['a blank before it', ' acme'], ['blanks alone', '  '], ['nothing', ''],
        ['a no-break space', "acme\x{a0}"], ['a next line', "acme\x{85}"], ['a byte order mark', "\x{feff}acme"]),
    ['a subject'     => ask('/x', 'default', { sub => 'alice ' }), 'claim_malformed'],
    ['a role'        => ask('/x', 'default', { roles => ['admin '] }), 'claim_malformed'],
]



=== auth_tenant_expect: 403 for the good token of another, 401 for what is no token of its tenant
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
auth_jwt_key default HS256 default.secret;
auth_tenant_expect $arg_t;
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my %acme = (tenant_id => 'acme', iss => $::acme);
[
    admitted('acme'                        => ask('/x?t=acme', 'acme', \%acme), 'acme'),
    admitted('acme by iss'                 => ask('/x?t=acme', 'acme', { iss => $::acme }), 'acme'),
    admitted('another by default'          => ask('/x?t=initech', 'default', { tenant_id => 'initech' }), 'initech'),
    ['acme at globex'                      => ask('/x?t=globex', 'acme', \%acme), 'tenant_mismatch',
        log => 'sallyport: refused 403 tenant_mismatch, kid "acme", tenant "acme", subject "alice"'],
    ['acme by iss at globex'               => ask('/x?t=globex', 'acme', { iss => $::acme }), 'tenant_mismatch',
        log => 'sallyport: refused 403 tenant_mismatch, kid "acme", tenant "acme", subject "alice"'],
    ['another by default at acme'          => ask('/x?t=acme', 'default', { tenant_id => 'initech' }), 'tenant_mismatch'],
    ['nobody at acme'                      => ask('/x?t=acme', 'default', {}), 'tenant_mismatch'],
    ['acme, an empty value'                => ask('/x?t=', 'acme', \%acme), 'tenant_mismatch'],
    ['acme by iss, no value'               => ask('/x', 'acme', { iss => $::acme }), 'tenant_mismatch'],
    ['acme, signed by globex, at acme'     => ask('/x?t=acme', 'globex', \%acme), 'key_unknown'],
    ['acme, signed by globex, its kid, at acme' => ask('/x?t=acme', 'globex', \%acme, kid => 'acme'), 'signature_invalid'],
    ['acme, signed by default, at acme'    => ask('/x?t=acme', 'default', \%acme), 'key_unknown'],
    ['acme, signed by globex, at globex'   => ask('/x?t=globex', 'globex', \%acme), 'key_unknown'],
    ['acme, iss of globex, at acme'        => ask('/x?t=acme', 'acme', { %acme, iss => $::globex }), 'issuer_mismatch'],
    ['acme, expired, at globex'            => ask('/x?t=globex', 'acme', { %acme, exp => 1 }), 'token_expired'],
    conflict('a contradiction at acme'     => ask('/x?t=acme', 'acme', { tenant_id => 'initech', iss => $::acme })),
    conflict('a contradiction at the claimed one' => ask('/x?t=initech', 'acme', { tenant_id => 'initech', iss => $::acme })),
    conflict('a shared issuer at one of both' => ask('/x?t=one', 'one', { iss => $::shared })),
]



=== contexts and inheritance: a level that has blocks replaces those of outer ones
--- conf eval
\%::files
--- http_config
auth_tenant acme   { key acme HS256 acme.secret; }
auth_tenant globex { issuer https://globex.example; key globex HS256 globex.secret; }
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name inherits.example;
    add_header X-Reason $auth_reason always;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
}
--- config eval
$::identity . q[
auth_jwt_key default HS256 default.secret;
auth_tenant acme { key bare HS256 bare.secret; }
auth_tenant one  { issuer https://shared.example; key one HS256 one.secret; }
location /server { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location /own {
    auth_jwt "r";
    auth_tenant two { key two HS256 two.secret; }
    proxy_pass http://$TEST_NGINX_ECHO;
    location /own/nested { proxy_pass http://$TEST_NGINX_ECHO; }
    location /own/again { auth_tenant acme { key acme HS256 acme.secret; } proxy_pass http://$TEST_NGINX_ECHO; }
}
location /keys { auth_jwt "r"; auth_jwt_key other HS256 other.secret; proxy_pass http://$TEST_NGINX_ECHO; }
location /if {
    auth_jwt "r";
    proxy_pass http://$TEST_NGINX_ECHO;
    if ($arg_x) { add_header X-Reason $auth_reason always; add_header X-If yes always; }
}
location /except {
    auth_tenant two { key two HS256 two.secret; }
    proxy_pass http://$TEST_NGINX_ECHO;
    limit_except GET { auth_jwt "r"; }
}
location /off { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $to  = sub { my ($uri, $name, $tenant, %more) = @_; ask($uri, $name, { tenant_id => $tenant, %more }) };
my $http = sub { my ($name, $tenant, %more) = @_; get('/x', 'Host: inherits.example', bearer(key('HS256', $name),
    { tenant_id => $tenant, %more })) };
[
    admitted('of http: acme'               => $http->('acme', 'acme'), 'acme'),
    admitted('of http: globex'             => $http->('globex', undef, iss => $::globex), 'globex'),
    ['of http: what the other server has'  => $http->('one', 'one'), 'key_unknown'],
    admitted('of the server: acme has its other key' => $to->('/server', 'bare', 'acme'), 'acme'),
    ['of the server: acme\'s key of http'  => $to->('/server', 'acme', 'acme'), 'key_unknown'],
    admitted('of the server: one'          => $to->('/server', 'one', undef, iss => $::shared), 'one'),
    ['of the server: globex is no block'   => $to->('/server', 'globex', 'globex'), 'key_unknown'],
    admitted('of the server: globex, by default' => $to->('/server', 'default', 'globex', iss => $::globex), 'globex'),
    admitted('of the server: an issuer of http is nobody\'s' => $to->('/server', 'default', undef, iss => $::globex), ''),
    admitted('own'                         => $to->('/own', 'two', 'two'), 'two'),
    ['own: acme is no block'               => $to->('/own', 'acme', 'acme'), 'key_unknown'],
    ['own: acme is no block of the server' => $to->('/own', 'bare', 'acme'), 'key_unknown'],
    admitted('own: acme, by default'       => $to->('/own', 'default', 'acme'), 'acme'),
    admitted('nested'                      => $to->('/own/nested', 'two', 'two'), 'two'),
    ['nested: acme is no block'            => $to->('/own/nested', 'bare', 'acme'), 'key_unknown'],
    admitted('nested, its own'             => $to->('/own/again', 'acme', 'acme'), 'acme'),
    ['nested, its own: two is no block'    => $to->('/own/again', 'two', 'two'), 'key_unknown'],
    admitted('other default keys, the blocks of the server' => $to->('/keys', 'bare', 'acme'), 'acme'),
    admitted('other default keys: theirs'  => $to->('/keys', 'other', 'initech'), 'initech'),
    ['other default keys: the outer one'   => $to->('/keys', 'default', 'initech'), 'key_unknown'],
    admitted('in if'                       => $to->('/if?x=1', 'bare', 'acme'), 'acme', headers => { 'X-If' => 'yes' }),
    ['in if: the default key for a block'  => $to->('/if?x=1', 'default', 'acme'), 'key_unknown'],
    ['in limit_except: not for GET'        => get('/except'), 200],
    admitted('in limit_except: two'        => request('POST', '/except', bearer(key('HS256', 'two'), { tenant_id => 'two' })),
        'two'),
    ['in limit_except: of the server'      => request('POST', '/except', bearer(key('HS256', 'bare'), { tenant_id => 'acme' })),
        'key_unknown'],
    ['in limit_except: no token'           => request('POST', '/except'), 'no_credential'],
    ['auth_jwt off'                        => get('/off'), 200],
    ['auth_jwt off: a contradiction'       => $to->('/off', 'one', 'initech', iss => $::shared), 200,
        body => qr/user= tenant= roles= /],
]



=== two servers, one name, other keys
--- conf eval
\%::files
--- http_config
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name other.example;
    add_header X-Reason $auth_reason always;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    auth_jwt "other";
    auth_tenant acme     { issuer https://acme.example; key k HS256 globex.secret; }
    auth_tenant umbrella { issuer https://shared.example; key k HS256 bare.secret; }
    location /x { proxy_pass http://$TEST_NGINX_ECHO; }
}
--- config eval
$::identity . q[
auth_jwt "first";
auth_tenant acme   { issuer https://acme.example; key k HS256 acme.secret; }
auth_tenant globex { issuer https://shared.example; key k HS256 bare.secret; }
location /x { proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $other = 'Host: other.example';
my %acme = (tenant_id => 'acme', iss => $::acme);
my $by = sub { my ($name, $claims) = @_; bearer(key('HS256', $name), $claims, { kid => 'k' }) };
[
    admitted('the first'                 => get('/x', $by->('acme', \%acme)), 'acme'),
    ['the first, by the other\'s key'    => get('/x', $by->('globex', \%acme)), 'signature_invalid', of_realm('first')],
    admitted('the other'                 => get('/x', $other, $by->('globex', \%acme)), 'acme'),
    ['the other, by the first\'s key'    => get('/x', $other, $by->('acme', \%acme)), 'signature_invalid', of_realm('other')],
    admitted('one issuer, at the first'  => get('/x', $by->('bare', { iss => $::shared })), 'globex'),
    admitted('one issuer, at the other'  => get('/x', $other, $by->('bare', { iss => $::shared })), 'umbrella'),
    conflict('its name at the other'     => get('/x', $other, $by->('bare', { iss => $::shared, tenant_id => 'globex' }))),
    ['on one connection' => [
        [get('/x', $by->('acme', \%acme)), 200, body => qr/tenant=acme /],
        [get('/x', $other, $by->('acme', \%acme)), 'signature_invalid'],
        [get('/x', $other, $by->('bare', { iss => $::shared })), 200, body => qr/tenant=umbrella /],
        [get('/x', $by->('bare', { iss => $::shared })), 200, body => qr/tenant=globex /],
        [get('/x'), 'no_credential'],
    ]],
]



=== a redirect into a location with other blocks is decided afresh
--- conf eval
\%::files
--- config eval
$::identity . q[
location /a {
    auth_jwt "a";
    auth_tenant acme { issuer https://acme.example; key k HS256 acme.secret; }
    root $TEST_NGINX_SERVER_ROOT/none;
    error_page 404 = /b;
    location /a/c { error_page 404 = /c; root $TEST_NGINX_SERVER_ROOT/none; }
    location /a/default { error_page 404 = /default; root $TEST_NGINX_SERVER_ROOT/none; }
    location /a/refused { error_page 401 = /b; root $TEST_NGINX_SERVER_ROOT/none; }
    location /a/named { try_files /none @b; root $TEST_NGINX_SERVER_ROOT/none; }
    location /a/read { if ($auth_tenant = acme) { rewrite ^ /b last; } root $TEST_NGINX_SERVER_ROOT/none; }
}
location /b { auth_jwt "b"; auth_tenant acme { key k HS256 globex.secret; } proxy_pass http://$TEST_NGINX_ECHO; }
location @b { auth_jwt "b"; auth_tenant acme { key k HS256 globex.secret; } proxy_pass http://$TEST_NGINX_ECHO; }
location /c { auth_jwt "c"; auth_tenant umbrella { issuer https://acme.example; key k HS256 acme.secret; } proxy_pass http://$TEST_NGINX_ECHO; }
location /default { auth_jwt "default"; auth_jwt_key k HS256 default.secret; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $claim = sub { my ($uri, $name) = @_; ask($uri, $name, { tenant_id => 'acme', iss => $::acme }, kid => 'k') };
my $iss   = sub { my ($uri, $name) = @_; ask($uri, $name, { iss => $::acme }, kid => 'k') };
[
    admitted('the second place by itself'  => $claim->('/b', 'globex'), 'acme'),
    ['good in the first place only'        => $claim->('/a', 'acme'), 'signature_invalid', of_realm('b')],
    ['good in the second place only'       => $claim->('/a', 'globex'), 'signature_invalid', of_realm('a')],
    ['by iss, which the second place does not know' => $iss->('/a', 'acme'), 'key_unknown', of_realm('b')],
    admitted('by iss, another name in the second place' => $iss->('/a/c', 'acme'), 'umbrella'),
    conflict('by claim, another name in the second place' => $claim->('/a/c', 'acme'), of_realm('c')),
    ['into a place of default keys'        => $claim->('/a/default', 'acme'), 'signature_invalid', of_realm('default')],
    ['a refusal into a place that takes the token' => $claim->('/a/refused', 'globex'), 200, body => qr/tenant=acme /,
        reason => qr/\A(?:signature_invalid)?\z/],
    ['a named location'                    => $claim->('/a/named', 'acme'), 'signature_invalid', of_realm('b')],
    ['read before'                         => $claim->('/a/read', 'acme'), 'signature_invalid', of_realm('b')],
    ['read before, not proved'             => $claim->('/a/read', 'globex'), 'signature_invalid', of_realm('a')],
]



=== a token from elsewhere
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
auth_jwt_key default HS256 default.secret;
location /arg    { auth_jwt "r" token=$arg_token; proxy_pass http://$TEST_NGINX_ECHO; }
location /cookie { auth_jwt "r" token=$cookie_session; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $by = sub { my ($name, $claims, %header) = @_; token(key('HS256', $name), $claims, \%header) };
my %acme = (tenant_id => 'acme', iss => $::acme);
[
    map { my ($where, $ask) = @$_; (
        admitted("$where: by claim"          => $ask->($by->('acme', \%acme)), 'acme'),
        admitted("$where: by iss"            => $ask->($by->('acme', { iss => $::acme })), 'acme'),
        admitted("$where: by default"        => $ask->($by->('default', { tenant_id => 'initech' })), 'initech'),
        ["$where: another's key"             => $ask->($by->('globex', \%acme)), 'key_unknown'],
        ["$where: another's key, its kid"    => $ask->($by->('globex', \%acme, kid => 'acme')), 'signature_invalid'],
        conflict("$where: a contradiction"   => $ask->($by->('acme', { tenant_id => 'initech', iss => $::acme }))),
        ["$where: none"                      => $ask->(''), 'no_credential'],
    ) } ['argument', sub { get("/arg?token=$_[0]") }], ['cookie', sub { get('/cookie', "Cookie: session=$_[0]") }]
]



=== $auth_tenant read early: in limit_req, map and if
--- conf eval
\%::files
--- http_config
limit_req_zone $auth_tenant zone=tenants:1m rate=1r/m;
limit_req_status 429;
map $auth_tenant $plan { acme gold; '' none; default basic; }
--- config eval
$::identity . $::five . q[
auth_jwt_key default HS256 default.secret;
location /limit { auth_jwt "r"; limit_req zone=tenants; proxy_pass http://$TEST_NGINX_ECHO; }
location /read {
    auth_jwt "r";
    set $seen "";
    if ($auth_tenant = acme) { set $seen "acme,"; }
    set $seen "$seen$auth_tenant";
    proxy_set_header X-Extra "$plan:$seen";
    proxy_pass http://$TEST_NGINX_ECHO;
}
]
--- cases eval
my %acme = (tenant_id => 'acme', iss => $::acme);
my %globex = (tenant_id => 'globex', iss => $::globex);
[
    admitted('acme'                          => ask('/limit', 'acme', \%acme), 'acme'),
    ['acme by iss: the same bucket'          => ask('/limit', 'acme', { iss => $::acme, sub => 'bob' }), 429],
    (map { ["forged for globex, $_"          => ask('/limit', 'acme', \%globex, kid => 'globex'), 'signature_invalid'],
           ["for globex by another's key, $_" => ask('/limit', 'acme', \%globex), 'key_unknown'],
           ["for globex by the default key, $_" => ask('/limit', 'default', \%globex), 'key_unknown'],
           ["for globex, expired, $_"        => ask('/limit', 'globex', { %globex, exp => 1 }), 'token_expired'],
           ["for globex, an iss of another, $_" => ask('/limit', 'globex', { %globex, iss => $::acme }), 'issuer_mismatch'],
           conflict("for globex by iss, a contradiction, $_" => ask('/limit', 'globex',
               { tenant_id => 'initech', iss => $::globex })) } 1 .. 3),
    admitted('globex by iss has its own'     => ask('/limit', 'globex', { iss => $::globex }), 'globex'),
    ['globex by claim: the same bucket'      => ask('/limit', 'globex', \%globex), 429],
    conflict('a contradiction is no way out of the limit' => ask('/limit', 'acme', { tenant_id => 'initech', iss => $::acme })),
    admitted('another, by default'           => ask('/limit', 'default', { tenant_id => 'initech' }), 'initech'),
    ['another, by default, again'            => ask('/limit', 'default', { tenant_id => 'initech' }), 429],
    ['map and if: acme'                      => ask('/read', 'acme', \%acme), 200, body => qr/extra=gold:acme,acme\n/],
    ['map and if: acme by iss'               => ask('/read', 'acme', { iss => $::acme }), 200, body => qr/extra=gold:acme,acme\n/],
    ['map and if: globex by iss'             => ask('/read', 'globex', { iss => $::globex }), 200, body => qr/extra=basic:globex\n/],
    ['map and if: nobody'                    => ask('/read', 'default', {}), 200, body => qr/extra=none:\n/],
    ['map and if: forged'                    => ask('/read', 'globex', \%acme, kid => 'acme'), 'signature_invalid'],
]



=== a contradiction: what the client learns, and what the log says
--- conf eval
\%::files
--- config eval
$::five . q[
auth_jwt "orders";
auth_jwt_key default HS256 default.secret;
add_header X-Who "$auth_method|$auth_subject|$auth_tenant|$auth_roles|$jwt_claim_iss|$jwt_header_kid|$jwt_payload" always;
location /html { auth_error_body html; empty_gif; }
location /json { auth_error_body json; empty_gif; }
]
--- cases eval
my %claims = (tenant_id => 'initech', iss => $::acme, roles => ['admin']);
[
    conflict('html' => ask('/html', 'acme', \%claims), body => qr/401 Authorization Required/,
        headers => { 'X-Who' => '||||||', 'WWW-Authenticate' => 'Bearer realm="orders", error="invalid_token"' }),
    conflict('json' => ask('/json', 'acme', \%claims), body => qr/"status": ?401/,
        headers => { 'X-Who' => '||||||', 'Content-Type' => 'application/problem+json' }),
    sub {
        my @bodies = map { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask($_)->{body} }
            ask('/json', 'acme', \%claims), ask('/json', 'globex', { tenant_id => 'acme', iss => $::acme }, kid => 'acme');
        Test::More::is($bodies[0], $bodies[1], 'the body is that of a bad signature');
        Test::More::unlike($bodies[0], qr/initech|acme/, 'and names nobody');
    },
    conflict('the log has the kid and nothing of the payload' => ask('/html', 'acme', \%claims),
        log => 'sallyport: refused 401 tenant_conflict, kid "acme"', no_log => qr/tenant "|subject "|initech/),
    ['a known tenant by the wrong key: nothing of the payload' => ask('/html', 'globex', { tenant_id => 'acme', iss => $::acme }),
        'key_unknown', no_log => qr/tenant "|subject "/, headers => { 'X-Who' => '||||||' }],
    ['a header that is refused comes first' => get('/html', bearer(forge(key('HS256', 'acme'),
        '{"alg":"none","kid":"acme"}', json({ %claims })))), 'algorithm_unsupported'],
    ['crit comes first' => ask('/html', 'acme', \%claims, crit => ['x'], x => 1), 'critical_header'],
]



=== many blocks
--- conf eval
\%::files
--- config eval
$::identity . join('', map { my $issuer = $_ % 2 ? "issuer https://t$_.example; " : '';
    "auth_tenant t$_ { ${issuer}key k HS256 hex:" . unpack('H*', sprintf '%032d', $_) . "; }\n" } 1 .. 2000) . q[
auth_jwt_key default HS256 default.secret;
location /x { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $by = sub { my ($number, $claims) = @_; get('/x', bearer(key('HS256', 'k', secret => sprintf '%032d', $number), $claims)) };
[
    (map { my $tenant = "t$_"; (
        admitted("$tenant by claim"    => $by->($_, { tenant_id => $tenant, $_ % 2 ? (iss => "https://$tenant.example") : () }),
            $tenant),
        ["$tenant by the key of the next" => $by->($_ + 1, { tenant_id => $tenant }), 'signature_invalid'],
        $_ % 2 ? admitted("$tenant by iss" => $by->($_, { iss => "https://$tenant.example" }), $tenant) : (),
    ) } 1, 2, 3, 999, 1000, 1999, 2000),
    admitted('t2001 is none' => ask('/x', 'default', { tenant_id => 't2001' }), 't2001'),
]



=== the same on one connection: nothing goes from one request to the next
--- conf eval
\%::files
--- config eval
$::identity . $::five . q[
auth_jwt_key default HS256 default.secret;
location /x    { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location /open { proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    ['in a row' => [
        [ask('/x', 'acme', { iss => $::acme }), 200, body => qr/ user=alice tenant=acme roles= /],
        [ask('/x', 'default', {}), 200, body => qr/ user=alice tenant= roles= /],
        [get('/open'), 200, body => qr/ user= tenant= roles= /],
        [ask('/x', 'acme', { tenant_id => 'initech', iss => $::acme }), 401, reason => 'tenant_conflict'],
        [get('/open', bearer(key('HS256', 'acme'), { iss => $::acme })), 200, body => qr/ user= tenant= roles= /],
        [ask('/x', 'globex', { iss => $::globex, sub => 'bob' }), 200, body => qr/ user=bob tenant=globex roles= /],
        [ask('/x', 'globex', { iss => $::acme }), 'key_unknown'],
        [get('/x'), 'no_credential'],
        [ask('/x', 'bare', { tenant_id => 'bare', roles => { bare => ['viewer'] } }), 200,
            body => qr/ user=alice tenant=bare roles=viewer /],
    ]],
]
