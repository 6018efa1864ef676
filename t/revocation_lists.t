# auth_jwt_revocation_list_sub, auth_jwt_revocation_list_kid: subjects and keys whose tokens are refused.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $hs = key('HS256');
our ($old, $new) = (key('ES256', 'old'), key('ES256', 'new'));
sub with { my ($claims, $key, $header) = @_; return bearer($key // $hs, $claims, $header) }
sub sub_of { my ($sub) = @_; return with({ sub => $sub }) }

sub listed { return json({ map { $_ => {} } @_ }) }
# A list of more than 32 KiB.
sub large { return listed(@_, map { "user$_" } 1 .. 4000) }

run_tests();

__DATA__

=== subjects
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x    { auth_jwt_revocation_list_sub subs.json; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /free { empty_gif; }
location /exp  { auth_jwt_revocation_list_sub subs.json; auth_jwt_issuer https://id.example; auth_jwt_binding require; empty_gif; }
location /claim { auth_jwt_revocation_list_sub subs.json; auth_jwt_require_claim plan eq gold; empty_gif; }
--- conf eval
+{ 'subs.json' => '{"mallory": {"since": "2026-10-01"}, "17": null, "M\u00fcller": [], "a\"b": 1}' }
--- cases eval
my $mallory = with({ sub => 'mallory' });
[
    ['another subject'       => get('/x', sub_of('alice')), 200, body => qr/user=alice/],
    ['a listed one'          => get('/x', sub_of('mallory')), 'token_revoked'],
    ['elsewhere it is valid' => get('/free', $mallory), 200],
    ['so it is cached'       => get('/free', $mallory), 200],
    ['and refused all the same' => get('/x', $mallory), 'token_revoked', body => qr/401/],
    ['again'                 => get('/x', $mallory), 'token_revoked'],
    ['an integer'            => get('/x', with('{"sub":17}')), 'token_revoked'],
    ['another integer'       => get('/x', with('{"sub":170}')), 200],
    ['letters beyond ASCII'  => get('/x', with("{\"sub\":\"M\xc3\xbcller\"}")), 'token_revoked'],
    ['an escape'             => get('/x', with('{"sub":"mallor\u0079"}')), 'token_revoked'],
    ['quotes'                => get('/x', sub_of('a"b')), 'token_revoked'],
    (map { ["only the whole name counts: $_" => get('/x', sub_of($_)), 200] } 'Mallory', 'mallory2', 'mallor', 'since'),
    ['no subject'            => get('/x', with({ sub => undef })), 'token_revoked'],
    ['null'                  => get('/x', with('{"sub":null}')), 'token_revoked'],
    ['elsewhere none is needed' => get('/free', with({ sub => undef })), 200],
    (map { ["no name: $_" => get('/x', with("{\"sub\":$_}")), 'claim_malformed'] } '""', '["mallory"]', '1.5', '" mallory"'),
    ['the signature comes first' => get('/x', with({ sub => 'mallory' }, key('HS256', 'forger'), { kid => 'hs256' })), 'signature_invalid'],
    ['then exp'              => get('/x', with({ sub => 'mallory', exp => 1 })), 'token_expired'],
    ['then the other claims' => get('/exp', $mallory), 'issuer_mismatch'],
    ['then the binding'      => get('/exp', with({ sub => 'mallory', iss => 'https://id.example' })), 'token_unbound'],
    ['requirements come last' => get('/claim', $mallory), 'token_revoked'],
    ['no token'              => get('/x'), 'no_credential'],
]



=== keys
--- config
auth_jwt "r";
auth_jwt_key_file both.jwks;
location /x    { auth_jwt_revocation_list_kid kids.json; empty_gif; }
location /none { auth_jwt_revocation_list_kid none.json; empty_gif; }
location /free { empty_gif; }
location /both { auth_jwt_revocation_list_kid kids.json; auth_jwt_revocation_list_sub subs.json; empty_gif; }
--- conf eval
+{
    'both.jwks' => jwks($::old, $::new, $::hs), 'kids.json' => listed('old', 'OTHER'), 'none.json' => '{}', 'subs.json' => listed('mallory'),
}
--- cases eval
my $of = sub { my ($key, $header) = @_; return with({ sub => 'alice' }, $key, $header) };
my $old = $of->($::old);
[
    ['another key'     => get('/x', $of->($::new)), 200],
    ['a listed one'    => get('/x', $of->($::old)), 'token_revoked', log => qr{token_revoked, kid "old"}],
    ['elsewhere it is valid' => get('/free', $old), 200],
    ['so it is cached' => get('/free', $old), 200],
    ['and refused all the same' => get('/x', $old), 'token_revoked'],
    # The key that verifies a token with a kid has that kid.
    ['a stolen key cannot pretend to be another' => get('/x', $of->($::old, { kid => 'new' })), 'signature_invalid'],
    ['nor one that is unknown' => get('/x', $of->($::old, { kid => 'OTHER' })), 'key_unknown'],
    ['without a kid, the key would be found by its algorithm' => get('/free', $of->($::old, { kid => undef })), 200],
    ['so a kid is required' => get('/x', $of->($::old, { kid => undef })), 'token_revoked'],
    ['whatever the key' => get('/x', $of->($::new, { kid => undef })), 'token_revoked'],
    ['null is none'    => get('/x', bearer(forge($::new, '{"alg":"ES256","kid":null}', '{"sub":"alice"}'))), 'token_revoked'],
    ['an empty list requires one as well' => get('/none', $of->($::new, { kid => undef })), 'token_revoked'],
    ['and refuses no other' => get('/none', $of->($::old)), 200],
    ['no subject is needed' => get('/x', with({ sub => undef }, $::new)), 200],
    ['both lists: neither' => get('/both', $of->($::new)), 200],
    ['both lists: the key' => get('/both', $of->($::old)), 'token_revoked'],
    ['both lists: the subject' => get('/both', with({ sub => 'mallory' }, $::new)), 'token_revoked'],
]



=== files that change
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { auth_jwt_revocation_list_sub subs.json; empty_gif; }
--- conf eval
+{ 'subs.json' => listed('mallory') }
--- no_error_log
[alert]
--- cases eval
my $broken = sub {
    my ($name, $do) = @_;
    my $before;
    my $complaint = qr/\[error\].*revocation list "\S+subs\.json" .*; the previous names remain in use/;
    return (
        sub { $before = lines_with($complaint); $do->() },
        ["$name: the old name"  => get('/x', sub_of('mallory')), 'token_revoked', within => 5,
            then => sub { lines_with($complaint) > $before ? () : 'no error line' }],
        ["$name: no other name" => get('/x', sub_of('eve')), 200],
        sub { replace('subs.json', listed('mallory', 'zoe')) },
        ["$name: whole again"   => get('/x', sub_of('zoe')), 'token_revoked', within => 5],
        sub { replace('subs.json', listed('mallory')) },
        ["$name: as at first"   => get('/x', sub_of('zoe')), 200, within => 5],
    );
};
my $alice = sub_of('alice');
[
    ['before'             => get('/x', $alice), 200],
    ['cached'             => get('/x', $alice), 200],
    sub { change('subs.json', listed('alice')) },
    ['in place: a cached token' => get('/x', $alice), 'token_revoked', within => 3],
    ['the list is replaced' => get('/x', sub_of('mallory')), 200],
    sub { Test::More::ok(wait_for(sub { lines_with(qr/\[notice\].*revocation list "\S+subs\.json" changed: 1 names/) }), 'logged') },
    sub { replace('subs.json', listed('mallory')) },
    ['renamed: no longer listed' => get('/x', $alice), 200, within => 3],
    $broken->('not JSON'  => sub { change('subs.json', '{"eve": ') }),
    $broken->('an array'  => sub { replace('subs.json', '["eve"]') }),
    $broken->('empty'     => sub { change('subs.json', '') }),
    $broken->('text behind it' => sub { replace('subs.json', listed('eve') . 'x') }),
    $broken->('a name that is too long' => sub { replace('subs.json', listed('eve', 'a' x 16_385)) }),
    $broken->('missing'   => sub { unlink conf_path('subs.json') }),
    $broken->('a folder'  => sub { unlink conf_path('subs.json'); mkdir conf_path('dir'); symlink 'dir', conf_path('subs.json') }),
    sub { replace('subs.json', large('alice')) },
    ['a large file'       => get('/x', $alice), 'token_revoked', within => 5],
    ['its last name'      => get('/x', sub_of('user4000')), 'token_revoked'],
    sub { replace('subs.json', large('mallory')) },
    ['another large file' => get('/x', $alice), 200, within => 5],
    $broken->('large and broken' => sub { replace('subs.json', large('eve') . 'x') }),
    sub { replace('subs.json', '{}') },
    ['nobody is left'     => get('/x', sub_of('mallory')), 200, within => 3],
    ['a subject is needed still' => get('/x', with({ sub => undef })), 'token_revoked'],
]



=== levels
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_jwt_revocation_list_sub subs.json;
auth_jwt_revocation_list_kid kids.json;
location /x { empty_gif; }
location /own { auth_jwt_revocation_list_sub other.json; empty_gif; }
location /off { auth_jwt_revocation_list_sub off; auth_jwt_revocation_list_kid off; empty_gif; }
location /observe { auth_policy observe; proxy_set_header X-User "[$auth_subject]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /any { satisfy any; allow all; proxy_set_header X-User "[$auth_subject]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /page { error_page 401 = @page; empty_gif; }
location @page { auth_jwt off; proxy_set_header X-User "[$auth_subject]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /try { auth_jwt_revocation_list_sub off; try_files /nothing @guarded; }
location @guarded { empty_gif; }
location /password { auth_password "r"; auth_password_file users; empty_gif; }
--- conf eval
+{
    'subs.json' => listed('mallory'), 'other.json' => listed('eve'), 'kids.json' => listed('rs256'), users => users(mallory => 'm'),
}
--- cases eval
[
    ['inherited: the subject' => get('/x', sub_of('mallory')), 'token_revoked'],
    ['inherited: the key'     => get('/x', with({}, key('RS256'))), 'token_revoked'],
    ['its own list'           => get('/own', sub_of('eve')), 'token_revoked'],
    ['replaces the outer one' => get('/own', sub_of('mallory')), 200],
    ['and not the other'      => get('/own', with({}, key('RS256'))), 'token_revoked'],
    ['off: the subject'       => get('/off', sub_of('mallory')), 200],
    ['off: the key'           => get('/off', with({}, key('RS256'))), 200],
    ['off: neither is needed' => get('/off', with({ sub => undef }, $::hs, { kid => undef })), 200],
    ['observe'                => get('/observe', sub_of('mallory')), 200, body => qr/user=\[\]/, reason => 'token_revoked'],
    ['satisfy any'            => get('/any', sub_of('mallory')), 200, body => qr/user=\[\]/, reason => 'token_revoked'],
    ['an error page'          => get('/page', sub_of('mallory')), 200, body => qr/user=\[\]/, reason => 'token_revoked'],
    ['after try_files the new location decides' => get('/try', sub_of('mallory')), 'token_revoked'],
    ['passwords are in no list' => get('/password', basic(mallory => 'm')), 200],
]



=== tokens that nginx issued
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
location /x    { auth_jwt "r"; auth_token_accept on; auth_jwt_revocation_list_sub subs.json; empty_gif; }
location /key  { auth_jwt "r"; auth_token_accept on; auth_jwt_revocation_list_kid kids.json; empty_gif; }
location /free { auth_jwt "r"; auth_token_accept on; empty_gif; }
location = /introspect { auth_endpoint introspect; auth_api_key "r"; auth_api_key_file keys.json; auth_role_map { POST asks; }
    auth_jwt_revocation_list_sub subs.json; }
]
--- conf eval
+{
    %token_files, 'subs.json' => listed('mallory'), 'kids.json' => listed('access'),
    'users.json' => json({ alice => { password => hash('a') }, mallory => { password => hash('m') } }),
    'keys.json' => json({ k => { key => digest('k'), roles => ['asks'] } }),
}
--- cases eval
my $active = sub { my ($is) = @_; return (200, body => qr/\A\{"active":$is\b/) };
[
    issued('alice'   => login(alice => 'a'), 'alice'),
    issued('mallory' => login(mallory => 'm'), 'mallory'),
    ['another subject' => access('/x', 'alice'), 200],
    ['a listed one'    => access('/x', 'mallory'), 'token_revoked'],
    ['elsewhere it is valid' => access('/free', 'mallory'), 200],
    ['and cached'      => access('/free', 'mallory'), 200],
    ['refused all the same' => access('/x', 'mallory'), 'token_revoked'],
    ['the key'         => access('/key', 'alice'), 'token_revoked'],
    ['introspect'      => introspect('alice', 'access_token', api_key('k')), $active->('true')],
    ['introspect: a listed subject' => introspect('mallory', 'access_token', api_key('k')), $active->('false')],
    ['introspect: its refresh token' => introspect('mallory', 'refresh_token', api_key('k')), $active->('false')],
    sub { replace('subs.json', listed('alice')) },
    ['after a change'  => access('/x', 'alice'), 'token_revoked', within => 3],
    ['no longer listed' => access('/x', 'mallory'), 200],
]
