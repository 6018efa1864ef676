# auth_revocation, auth_revocation_zone, auth_revocation_file: tokens that are refused before they expire.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

workers(2);

our $hs = key('HS256');
our ($old, $new) = (key('ES256', 'old'), key('ES256', 'new'));
our $zone = "auth_revocation_zone size=1m;\nauth_revocation_file revoked.json;\n";
sub with { my ($claims, $key, $header) = @_; return bearer($key // $hs, $claims, $header) }
sub listed { return json([@_]) }
# More than 32 KiB.
sub large { return listed(@_, map { { jti => "another-$_" } } 1 .. 2000) }
# The same request on ten connections, so that each worker gets some.
sub many { my ($name, @row) = @_; return map { ["$name, $_" => @row] } 1 .. 10 }
# Writes the file; a token with that jti is revoked once it has been read.
our $mark = 0;
sub listing {
    my ($name, @entries) = @_;
    my $jti = 'mark' . ++$mark;
    return (sub { replace('revoked.json', listed({ jti => $jti }, @entries)) },
        ["$name: read" => get('/x', with({ jti => $jti, sub => 'marked' })), 'token_revoked', within => 5]);
}

run_tests();

__DATA__

=== each kind
--- http_config eval: $::zone
--- config
auth_jwt "r";
auth_jwt_key_file both.jwks;
location /x    { auth_revocation on; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /free { empty_gif; }
location /bound { auth_revocation on; auth_jwt_binding require; empty_gif; }
location /claim { auth_revocation on; auth_jwt_require_claim plan eq gold; empty_gif; }
--- conf eval
+{
    'both.jwks' => jwks($::old, $::new, $::hs),
    'revoked.json' => listed({ jti => 'j1' }, { jti => '17' }, { sid => 's1' }, { sub => 'mallory' }, { kid => 'old' },
        { tenant => 'gone' }, { jti => "M\x{fc}ller" }),
}
--- cases eval
my $id = with({ jti => 'j1' });
[
    ['another token'      => get('/x', with({ jti => 'j2', sid => 's2' })), 200, body => qr/user=alice/],
    ['a token'            => get('/x', $id), 'token_revoked', headers => { 'WWW-Authenticate' => qr/invalid_token/ }],
    ['elsewhere it is valid' => get('/free', $id), 200],
    ['so it is cached'    => get('/free', $id), 200],
    ['and refused all the same' => get('/x', $id), 'token_revoked'],
    ['again'              => get('/x', $id), 'token_revoked'],
    ['an integer'         => get('/x', with('{"jti":17}')), 'token_revoked'],
    ['letters beyond ASCII' => get('/x', with("{\"jti\":\"M\xc3\xbcller\"}")), 'token_revoked'],
    ['an escape'          => get('/x', with('{"jti":"\u006a1"}')), 'token_revoked'],
    (map { ["only the whole value counts: $_" => get('/x', with({ jti => $_ })), 200] } 'J1', 'j', 'j11', 'mallory', 's1', 'old'),
    ['a session'          => get('/x', with({ sid => 's1' })), 'token_revoked'],
    ['a subject'          => get('/x', with({ sub => 'mallory' })), 'token_revoked'],
    ['a tenant'           => get('/x', with({ tenant_id => 'gone' })), 'token_revoked'],
    ['another tenant'     => get('/x', with({ tenant_id => 'here' })), 200],
    ['a key'              => get('/x', with({}, $::old)), 'token_revoked'],
    ['another key'        => get('/x', with({}, $::new)), 200],
    ['a thief leaves the kid out' => get('/x', with({}, $::old, { kid => undef })), 'token_revoked'],
    ['others may do so'   => get('/x', with({}, $::new, { kid => undef })), 200],
    ['a thief is of any tenant' => get('/x', with({ tenant_id => 'here' }, $::old)), 'token_revoked'],
    ['and chooses the time' => get('/x', with('{"iat":1e300}', $::old)), 'token_revoked'],
    ['no claims'          => get('/x', with('{}')), 200],
    ['claims of other types' => get('/x', with('{"jti":["j1"],"sid":{"s1":1}}')), 200],
    ['the signature comes first' => get('/x', with({ jti => 'j1' }, key('HS256', 'forger'), { kid => 'hs256' })), 'signature_invalid'],
    ['then exp'           => get('/x', with({ jti => 'j1', exp => 1 })), 'token_expired'],
    ['then the binding'   => get('/bound', $id), 'token_unbound'],
    ['requirements come last' => get('/claim', $id), 'token_revoked'],
    ['no token'           => get('/x'), 'no_credential'],
]



=== tenants and issuers
--- http_config eval: $::zone
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_revocation on;
location /x { empty_gif; }
location /tenants {
    auth_tenant acme { issuer https://acme.example; key_file keys.jwks; }
    empty_gif;
}
--- conf eval
+{
    'revoked.json' => listed({ sub => 'none' }, { sub => 'acme', tenant_id => 'acme' }, { sub => 'all', tenant_id => '*' },
        { sub => 'one', iss => 'https://one.example' }, { jti => 'j', tenant_id => 'acme' }, { sid => 's', tenant_id => 'acme' },
        { kid => 'rs256', tenant_id => 'acme' }),
}
--- cases eval
my $of = sub { my ($sub, $tenant, $iss) = @_; return with({ sub => $sub, tenant_id => $tenant, iss => $iss }) };
[
    ['without a tenant'     => get('/x', $of->('none')), 'token_revoked'],
    ['its name in a tenant' => get('/x', $of->('none', 'acme')), 200],
    ['in its tenant'        => get('/x', $of->('acme', 'acme')), 'token_revoked'],
    ['in another tenant'    => get('/x', $of->('acme', 'globex')), 200],
    ['in none'              => get('/x', $of->('acme')), 200],
    ['a tenant named *'     => get('/x', $of->('acme', '*')), 200],
    (map { ['everywhere'    => get('/x', $of->('all', $_)), 'token_revoked'] } 'acme', 'globex', undef),
    ['its issuer'           => get('/x', $of->('one', undef, 'https://one.example')), 'token_revoked'],
    ['another issuer'       => get('/x', $of->('one', undef, 'https://one.example/')), 200],
    ['no issuer'            => get('/x', $of->('one')), 200],
    (map { (
        ["$_->[0]: of a tenant" => get('/x', with({ @$_, tenant_id => 'acme' })), 'token_revoked'],
        ["$_->[0]: of another"  => get('/x', with({ @$_, tenant_id => 'globex' })), 200],
        ["$_->[0]: of none"     => get('/x', with({ @$_ })), 200],
    ) } ['jti', 'j'], ['sid', 's']),
    ['a key of a tenant'    => get('/x', with({ tenant_id => 'acme' }, key('RS256'))), 'token_revoked'],
    ['and of another'       => get('/x', with({ tenant_id => 'globex' }, key('RS256'))), 200],
    ['the tenant whose keys verified the token' => get('/tenants', $of->('acme', undef, 'https://acme.example')), 'token_revoked'],
]



=== times
--- http_config eval: $::zone
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { auth_revocation on; empty_gif; }
--- conf eval
my $now = time;
+{
    'revoked.json' => listed({ sub => 'alice', issued_before => 1000 }, { tenant => 'acme', issued_before => 2000 },
        { jti => 'over', until => $now - 1 }, { jti => 'later', until => $now + 1000 }),
}
--- cases eval
[
    (map { ["issued at $_"  => get('/x', with("{\"sub\":\"alice\",\"iat\":$_}")), 'token_revoked'] } 0, 999, 1000, 1000.9, -1e300, '"2000"', 'null'),
    (map { ["issued at $_"  => get('/x', with("{\"sub\":\"alice\",\"iat\":$_}")), 200] } 1001, 2e300),
    ['without a time'       => get('/x', with({ sub => 'alice' })), 'token_revoked'],
    ['a tenant'             => get('/x', with({ iat => 2000, tenant_id => 'acme' })), 'token_revoked'],
    ['a tenant, later'      => get('/x', with({ iat => 2001, tenant_id => 'acme' })), 200],
    ['over'                 => get('/x', with({ iat => 2000, jti => 'over' })), 200],
    ['later'                => get('/x', with({ iat => 2000, jti => 'later' })), 'token_revoked'],
    # On a busy machine, it may end before the file is read.
    sub { replace('revoked.json', listed({ jti => 'read' }, { jti => 'soon', until => time + 4 })) },
    ['soon: read'           => get('/x', with({ jti => 'read' })), 'token_revoked', within => 10],
    ['soon: it ends'        => get('/x', with({ jti => 'soon' })), 200, within => 30],
]



=== files that change
--- http_config eval: $::zone
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { auth_revocation on; empty_gif; }
--- conf eval
+{ 'revoked.json' => listed({ sub => 'mallory' }) }
--- no_error_log
[alert]
--- cases eval
my $broken = sub {
    my ($name, $do) = @_;
    my $before;
    my $complaint = qr/\[error\].*revocation file "\S+revoked\.json" .*; the previous revocations remain in use/;
    return (
        listing("$name: before", { sub => 'mallory' }),
        sub { $before = lines_with($complaint); $do->() },
        ["$name: the old list"  => get('/x', with({ sub => 'mallory' })), 'token_revoked', within => 5,
            then => sub { lines_with($complaint) > $before ? () : 'no error line' }],
        ["$name: no other"      => get('/x', with({ sub => 'eve' })), 200],
    );
};
my ($alice, $eve) = (with({ sub => 'alice' }), listed({ sub => 'eve' }));
[
    many('before'         => get('/x', $alice), 200),
    sub { change('revoked.json', listed({ sub => 'alice' })) },
    ['in place: a cached token' => get('/x', $alice), 'token_revoked', within => 3],
    many('for all workers' => get('/x', $alice), 'token_revoked'),
    ['the list is replaced' => get('/x', with({ sub => 'mallory' })), 200],
    sub { Test::More::ok(wait_for(sub { lines_with(qr/\[notice\].*revocation file "\S+revoked\.json" changed: 1 revocations/) }), 'logged') },
    sub { replace('revoked.json', '[]') },
    ['empty'              => get('/x', $alice), 200, within => 3],
    many('empty for all'  => get('/x', $alice), 200),
    $broken->('not JSON'  => sub { change('revoked.json', '[{"sub":"eve"},') }),
    $broken->('an object' => sub { replace('revoked.json', '{"sub":"eve"}') }),
    $broken->('of no bytes' => sub { change('revoked.json', '') }),
    $broken->('text behind it' => sub { replace('revoked.json', $eve . 'x') }),
    $broken->('a typo'    => sub { replace('revoked.json', listed({ sub => 'eve' }, { sub => 'zoe', untill => 5 })) }),
    $broken->('missing'   => sub { unlink conf_path('revoked.json') }),
    sub { replace('revoked.json', large({ sub => 'alice' })) },
    ['a large file'       => get('/x', $alice), 'token_revoked', within => 5],
    ['its last entry'     => get('/x', with({ jti => 'another-2000' })), 'token_revoked'],
    $broken->('large and broken' => sub { replace('revoked.json', large({ sub => 'eve' }) . 'x') }),
]



=== a list that does not fit is not used in part
--- http_config
auth_revocation_zone size=32k;
auth_revocation_file revoked.json;
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x    { auth_revocation on; empty_gif; }
location /free { empty_gif; }
location /explain { auth_explain 127.0.0.1; auth_revocation on; empty_gif; }
--- conf eval
+{ 'revoked.json' => listed({ sub => 'mallory' }) }
--- no_error_log
[alert]
--- cases eval
my $alice = with({});
[
    many('before'         => get('/x', $alice), 200),
    sub { replace('revoked.json', large()) },
    ['a cached token'     => get('/x', $alice), 'revocations_unavailable', within => 5],
    sub {
        my $line = qr/\[error\].*revocation file "\S+revoked\.json" has 2000 revocations, which do not fit into auth_revocation_zone: it needs size=\d+k; tokens cannot be checked/;
        Test::More::ok(wait_for(sub { lines_with($line) }), 'logged');
    },
    many('for all workers' => get('/x', $alice), 'revocations_unavailable'),
    ['another token'      => get('/x', with({ sub => 'bob' })), 'revocations_unavailable'],
    ['an invalid token'   => get('/x', with({ exp => 1 })), 'token_expired'],
    ['elsewhere'          => get('/free', $alice), 200],
    ['explained'          => get('/explain', $alice), 'revocations_unavailable', body => qr/too large for auth_revocation_zone/],
    listing('small again', { sub => 'mallory' }),
    ['as before'          => get('/x', $alice), 200],
    ['the list counts'    => get('/x', with({ sub => 'mallory' })), 'token_revoked'],
    listing('what is over, and repetitions', { sub => 'mallory' },
        map { ({ jti => 'j' }, { jti => "j$_", until => 1 }) } 1 .. 2000),
    ['take no room'       => get('/x', $alice), 200],
    sub {
        my $line = qr/\[notice\].*revocation file "\S+revoked\.json" changed: 3 revocations/;
        Test::More::ok(wait_for(sub { lines_with($line) }), 'nor are they counted');
    },
]



=== several workers, a killed one, and reload
--- http_config eval: $::zone
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location /x { auth_revocation on; empty_gif; }
--- conf eval
+{ 'revoked.json' => listed({ sub => 'mallory' }) }
--- no_error_log
[emerg]
--- cases eval
my $children = sub {
    open my $pid, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid" or die;
    chomp(my $master = <$pid>);
    open my $list, '<', "/proc/$master/task/$master/children" or die;
    return split ' ', <$list> // '';
};
[
    many('at start'       => get('/x', with({ sub => 'mallory' })), 'token_revoked'),
    listing('changed', { sub => 'eve' }),
    many('one list'       => get('/x', with({ sub => 'eve' })), 'token_revoked'),
    many('for all'        => get('/x', with({ sub => 'mallory' })), 200),
    sub {
        my %before = map { $_ => 1 } $children->();
        kill 'KILL', (sort keys %before)[0];
        Test::More::ok(wait_for(sub { my @now = $children->(); @now == 2 && grep { !$before{$_} } @now }), 'another worker');
    },
    # It has inherited the list that the master read.
    many('the current list' => get('/x', with({ sub => 'eve' })), 'token_revoked'),
    many('not the old one'  => get('/x', with({ sub => 'mallory' })), 200),
    sub { unlink conf_path('revoked.json') },
    many('the file is gone' => get('/x', with({ sub => 'eve' })), 'token_revoked'),
    sub { replace('revoked.json', listed({ sub => 'zoe' })) },
    reload(),
    many('reloaded: the new list' => get('/x', with({ sub => 'zoe' })), 'token_revoked'),
    many('reloaded: not the old one' => get('/x', with({ sub => 'eve' })), 200),
    reload(),
    many('reloaded again: the list stays' => get('/x', with({ sub => 'zoe' })), 'token_revoked'),
    listing('reloaded again', { sub => 'dora' }),
    many('reloaded again: another list' => get('/x', with({ sub => 'dora' })), 'token_revoked'),
    many('reloaded again: not the old one' => get('/x', with({ sub => 'zoe' })), 200),
]



=== levels
--- http_config eval: $::zone
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_revocation on;
location /x   { empty_gif; }
location /off { auth_revocation off; empty_gif; }
location /observe { auth_policy observe; proxy_set_header X-User "[$auth_subject]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /any { satisfy any; allow all; proxy_set_header X-User "[$auth_subject]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /page { error_page 401 = @page; empty_gif; }
location @page { auth_jwt off; proxy_set_header X-User "[$auth_subject]"; proxy_pass http://$TEST_NGINX_ECHO; }
location /try { auth_revocation off; try_files /nothing @guarded; }
location @guarded { empty_gif; }
location /password { auth_password "r"; auth_password_file users; empty_gif; }
location /early { if ($auth_subject) { return 204; } empty_gif; }
location /explain { auth_explain 127.0.0.1; empty_gif; }
--- conf eval
+{ 'revoked.json' => listed({ sub => 'mallory' }, { sub => 'bob' }), users => users(bob => 'b') }
--- cases eval
my $mallory = with({ sub => 'mallory' });
[
    ['inherited'   => get('/x', $mallory), 'token_revoked'],
    ['off'         => get('/off', $mallory), 200],
    ['observe'     => get('/observe', $mallory), 200, body => qr/user=\[\]/, reason => 'token_revoked'],
    ['satisfy any' => get('/any', $mallory), 200, body => qr/user=\[\]/, reason => 'token_revoked'],
    ['an error page' => get('/page', $mallory), 200, body => qr/user=\[\]/, reason => 'token_revoked'],
    ['after try_files the new location decides' => get('/try', $mallory), 'token_revoked'],
    ['passwords are not revoked' => get('/password', basic(bob => 'b')), 200],
    ['variables are empty before the access phase' => get('/early', $mallory), 'token_revoked'],
    ['explained'   => get('/explain', $mallory), 'token_revoked', body => qr/The token is revoked here\. An entry of the list of revocations applies to it\./],
]



=== status
--- http_config eval: $::zone . "auth_metrics_zone auth:1m;\n"
--- config
location /x { auth_jwt "r"; auth_jwt_key_file keys.jwks; auth_revocation on; empty_gif; }
location = /status { auth_endpoint status; allow 127.0.0.1; deny all; }
--- conf eval
+{ 'revoked.json' => listed({ sub => 'mallory' }, { sub => 'eve' }) }
--- cases eval
[
    ['counts'  => get('/status?format=prometheus'), 200, body => qr/^sallyport_revocations 2$/m],
    ['its size' => get('/status?format=prometheus'), 200, body => qr/^sallyport_revocations_capacity 11\d{3}$/m],
    ['ready'   => get('/status?format=prometheus'), 200, body => qr/^sallyport_revocation_list_ready\{list="file"\} 1$/m],
    ['JSON'    => get('/status?format=json'), 200, body => qr/"revocations":\{"count":2,"capacity":11\d{3},"lists":\[\{"list":"file","state":"ready"\}\]\}/],
    ['a page'  => get('/status?format=html'), 200, body => qr/<h2>Revocations<\/h2>/],
    ['no alarm' => get('/status?format=html'), 200, body => qr/No alarms/],
    sub { replace('revoked.json', json([map { { jti => "j$_" } } 1 .. 20_000])) },
    ['too large' => get('/x', with({})), 'revocations_unavailable', within => 10],
    ['is known' => get('/status?format=prometheus'), 200, body => qr/^sallyport_revocation_list_ready\{list="file"\} 0$/m],
    ['an alarm' => get('/status?format=html'), 200, body => qr/The list of revocations in the file is too large/],
]
