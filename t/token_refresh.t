# auth_endpoint refresh: rotation, reuse, times, which tokens it takes, and keys that are exchanged.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
        bob   => { password => hash('builder'), sub => 'user-17' },
    }),
);
our $place = qq[
    location = /api {
        auth_jwt "r";
        auth_password off;
        auth_token_accept on;
        proxy_set_header X-User \$auth_subject;
        proxy_set_header X-Tenant-Id \$auth_tenant;
        proxy_set_header X-Roles \$auth_roles;
        proxy_pass http://$ENV{TEST_NGINX_ECHO};
    }
];
our $key = $Sallyport::Session::refresh;

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }

# A key of an algorithm for one of the two kinds of tokens.
sub key_of {
    my ($kind, $alg) = @_;
    return key($alg, "$kind-$alg", $alg =~ /^HS/ ? (secret => $kind x 64) : ());
}

# A row: text or code that makes it is no refresh token of ours.
sub no_token {
    my ($name, $token) = @_;
    return refusal($name => sub { post('/refresh', { refresh_token => ref $token ? $token->() : $token }) }, 401, reason => qr/\A\w+\z/,
        headers => { 'WWW-Authenticate' => 'Bearer realm="https://api.example", error="invalid_token"' }, error => 'invalid_token', log => qr/sallyport: refused 401 /);
}

sub malformed { my ($name, $request) = @_; return refusal($name => $request, 'request_malformed', error => 'invalid_request') }

run_tests();

__DATA__

=== rotation
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval: $::tokens . $::endpoints . $::place
--- conf eval: \%::files
--- cases eval
my $same = sub {
    my ($from) = @_;
    return sub {
        my ($tokens) = @_;
        my ($old, $new) = (inside($from), claims_of($tokens->{refresh_token}, $::key));
        my ($was, $is) = map { claims_of($_->{access_token}) } { access_token => kept($from, 'access_token') }, $tokens;
        my @changes = qw(jti iat exp);
        delete @$_{qw(iat exp)} for $old, $new, $was, $is;
        my @jtis = map { delete $_->{jti} } $old, $new, $was, $is;
        my %distinct = map { $_ => 1 } @jtis;
        return differ($new, $old), differ($is, $was), ("jti: @jtis") x (keys %distinct != 4), differ(
            { expires_in => $tokens->{expires_in}, refresh_expires_in => lifetime($tokens->{refresh_expires_in}, 172_800) }, { expires_in => 900, refresh_expires_in => 172_800 });
    };
};
my $admits = sub { my ($as) = @_; return ["the access token of $as" => access('/api', $as), 200, body => qr/user=alice tenant=acme roles=viewer,editor /] };
[
    alice('a'),
    alice('other'),
    $admits->('a'),
    issued('the first refresh'   => refresh('a'), 'b', then => $same->('a')),
    $admits->('a'),
    $admits->('b'),
    issued('the second refresh'  => refresh('b'), 'c', then => $same->('b')),
    $admits->('c'),
    over('a spent token: theft'  => refresh('a'), 'refresh_reused'),
    over('the newest is revoked' => refresh('c'), 'refresh_revoked'),
    over('the one between'       => refresh('b'), 'refresh_revoked'),
    over('the first once more'   => refresh('a'), 'refresh_revoked'),
    over('the newest once more'  => refresh('c'), 'refresh_revoked'),
    issued('another session of hers goes on' => refresh('other'), 'other2', then => $same->('other')),
    over('reuse one step back'   => refresh('other'), 'refresh_reused'),
    over('which revokes as well' => refresh('other2'), 'refresh_revoked'),
    issued('a login'             => login(bob => 'builder'), 'bob'),
    issued('no tenant, no roles' => refresh('bob'), 'bob2', then => sub {
        my $claims = claims_of($_[0]{access_token});
        return ("sub: $claims->{sub}") x ($claims->{sub} ne 'user-17'), ('tenant or roles') x !!grep { exists $claims->{$_} } qw(tenant_id roles) }),
    alice('long'),
    (map { my $n = $_; issued("$n times" => refresh('long'), 'long') } 1 .. 12),
    $admits->('long'),
]



=== roles and tenant are those of the login, where its location alone has the file
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints . $::place
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    sub { replace('users.json', json({ alice => { password => hash('changed'), tenant_id => 'globex', roles => ['admin'] } })) },
    refusal('the file has changed' => login(alice => 'wonderland'), 'credential_invalid', within => 5, headers => { 'WWW-Authenticate' => qr/./ }),
    issued('a refresh' => refresh('a'), 'b'),
    ['what it was' => access('/api', 'b'), 200, body => qr/user=alice tenant=acme roles=viewer,editor /],
]



=== the account is rechecked where the location has the file of the login
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_audit_log logs/audit.json;
--- config eval
$::tokens . $::place . q[
auth_password_file users.json;
auth_api_key_file keys.json;
location = /login { auth_endpoint login; auth_password "r"; auth_api_key "k"; }
location = /others { auth_endpoint login; auth_password "r"; auth_password_file others.json; }
location = /refresh { auth_endpoint refresh; auth_token_reuse_window 60s; }
location = /strict { auth_endpoint refresh; }
location = /globex { auth_endpoint refresh; auth_tenant_expect globex; }
location = /unchecked { auth_endpoint refresh; auth_password_request /x; auth_api_key_request /x; }
location = /revoke { auth_endpoint revoke; auth_password "r"; auth_password_file support.json; auth_role_map { POST support; } }
]
--- conf eval
({ %::files, 'others.json' => json({ oscar => { password => hash('oscar') } }), 'keys.json' => json({}),
    'support.json' => json({ map { $_ => { password => hash($_), tenant_id => $_, roles => ['support'] } } 'acme', 'globex' }) })
--- cases eval
my (%users, %keys);
my $entry = sub { my ($password, %more) = @_; return { password => hash($password), tenant_id => 'acme', roles => ['viewer'], %more } };
# The files are read again when they have changed: a new user and a new key tell.
my $n = 0;
my $write = sub {
    my ($change) = @_;
    my $new = 'new' . ++$n;
    return (
        sub {
            $change->();
            replace('keys.json', json({ %keys, $new => { key => digest($new) } }));
            replace('users.json', json({ %users, $new => { password => hash($new) } }));
        },
        ["$new: the users are read" => login($new => $new), 200, within => 20],
        ["$new: the keys are read" => request('POST', '/login', "Authorization: Api-Key $new"), 200, within => 20],
    );
};
my $again = sub { my ($uri, $as) = @_; return sub { post($uri, { refresh_token => kept($as) }) } };
my $gone = sub { my ($name, $as, $uri) = @_; return (
    over($name => $again->($uri // '/refresh', $as), 'account_invalid'),
    over("$name: its session is over" => $again->('/unchecked', $as), 'refresh_revoked')) };
my $key = sub { my ($key, $as) = @_; return issued("a login, $as" => request('POST', '/login', "Authorization: Api-Key $key"), $as) };
my $user = sub { my ($name, $as) = @_; return issued("a login, $as" => login($name => $name), $as) };
[
    $write->(sub {
        %users = map { $_ => $entry->($_) } qw(alice bob carol dave erin frank);
        %keys = (printer => { key => digest('printer-secret'), tenant_id => 'acme', roles => ['print'] }, slow => { key => hash('chosen', 'yescrypt') },
            scanner => { key => digest('scanner-secret') });
    }),
    (map { $user->($_, $_) } qw(alice bob carol dave erin frank)),
    $user->('bob', 'bob2'), $user->('alice', 'alice2'), $user->('alice', 'alice3'),
    $key->('printer-secret', 'printer'), $key->('slow.chosen', 'slow'), $key->('scanner-secret', 'scanner'),
    issued('another file\'s user' => post('/others', { username => 'oscar', password => 'oscar' }), 'oscar'),
    (map { issued("nothing has changed: $_" => refresh($_), $_) } qw(alice bob carol printer slow scanner oscar)),
    ['which admits'              => access('/api', 'alice'), 200, body => qr/user=alice tenant=acme roles=viewer /],
    issued('spent before the change' => refresh('alice3'), 'alice4'),
    $write->(sub {
        $users{alice} = $entry->('changed', tenant_id => 'globex', roles => ['editor', 'admin']);
        delete $users{bob};
        $users{carol} = $entry->('carol', expires => time - 1);
        $users{dave} = $entry->('dave', sub => 'somebody-else');
        $users{erin} = $entry->('erin', expires => time + 100);
        $users{frank} = $entry->('frank', not_before => time + 1000);
        delete $keys{printer};
        $keys{slow} = { key => hash('another', 'yescrypt') };
        $keys{scanner}{roles} = ['scan'];
    }),
    issued('roles and tenant are read anew' => refresh('alice'), 'alice'),
    ['the access token has them' => access('/api', 'alice'), 200, body => qr/user=alice tenant=globex roles=editor,admin /],
    issued('once more'           => refresh('alice'), 'alice'),
    ['they stay'                 => access('/api', 'alice'), 200, body => qr/user=alice tenant=globex roles=editor,admin /],
    issued('the tenant of the location is the new one' => $again->('/globex', 'alice'), 'alice'),
    issued('repeated in the window' => refresh('alice3'), 'alice5'),
    ['it has them, too'          => access('/api', 'alice5'), 200, body => qr/user=alice tenant=globex roles=editor,admin /],
    issued('not rechecked'       => $again->('/unchecked', 'alice2'), 'alice2'),
    ['what it was'               => access('/api', 'alice2'), 200, body => qr/user=alice tenant=acme roles=viewer /],
    issued('rechecked later'     => refresh('alice2'), 'alice2'),
    ['what it is'                => access('/api', 'alice2'), 200, body => qr/user=alice tenant=globex roles=editor,admin /],
    ['the former tenant reaches the session no more' => sub { post('/revoke', { token => kept('alice3') }, basic(acme => 'acme')) }, 200],
    issued('it goes on'          => refresh('alice5'), 'alice6'),
    ['the new tenant does'       => sub { post('/revoke', { token => kept('alice3') }, basic(globex => 'globex')) }, 200],
    over('it is over'            => refresh('alice6'), 'refresh_revoked'),
    issued('no session outlives its account' => refresh('erin'), 'erin', then => sub { my ($t) = @_;
        map { $t->{$_} <= 100 && $t->{$_} > 60 ? () : "$_: $t->{$_}" } qw(expires_in refresh_expires_in) }),
    $gone->('a user who is gone'   => 'bob'),
    $gone->('in each of his sessions' => 'bob2', '/strict'),
    $gone->('one who has expired'  => 'carol'),
    $gone->('a name that somebody else has' => 'dave'),
    $gone->('one who is not yet valid' => 'frank'),
    $gone->('a key that is gone'   => 'printer'),
    $gone->('a key that was replaced' => 'slow'),
    issued('a key with other roles' => refresh('scanner'), 'scanner'),
    ['which it has'              => access('/api', 'scanner'), 200, body => qr/user=scanner tenant=[^ ]* ?roles=scan /],
    issued('another file\'s user is not looked for here' => refresh('oscar'), 'oscar'),
    $write->(sub { $users{bob} = $entry->('bob') }),
    over('who comes back brings no session back' => refresh('bob'), 'refresh_revoked'),
    over('nor any other'         => refresh('bob2'), 'refresh_revoked'),
    issued('a spent one'         => $again->('/strict', 'scanner'), 'scanner2'),
    over('reuse is reuse'        => $again->('/strict', 'scanner'), 'refresh_reused'),
    over('for all of the session' => refresh('scanner2'), 'refresh_revoked'),
    sub {
        my @lines = grep { ($_->{reason} // '') eq 'account_invalid' } audit_lines('audit.json');
        Test::More::is_deeply([map { "$_->{event} $_->{sub}" } @lines], [map { "refresh_refused $_" } qw(bob bob carol dave frank printer slow)], 'the audit log');
    },
]



=== without a body, the token is that of the Authorization field
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $bearer = sub { my ($token, @lines) = @_; return sub { request('POST', '/refresh', bearer($token->()), @lines) } };
my $a = sub { kept('a') };
[
    alice('a'),
    issued('Bearer'              => $bearer->($a), 'a'),
    issued('another case'        => sub { request('POST', '/refresh', 'Authorization: bearer ' . kept('a')) }, 'a'),
    issued('a type, no bytes'    => $bearer->($a, 'Content-Type: application/json', 'Content-Length: 0'), 'a'),
    issued('a type, an empty chunk' => sub { $bearer->($a, 'Transfer-Encoding: chunked')->() . "0\r\n\r\n" }, 'a'),
    (map { my ($name, $token) = @$_; refusal($name => $bearer->($token), 401, reason => qr/\A\w+\z/, error => 'invalid_token',
        headers => { 'WWW-Authenticate' => 'Bearer realm="https://api.example", error="invalid_token"' }) }
        ['an access token' => sub { kept('a', 'access_token') }], ['a forged one' => sub { resigned(kept('a'), key('HS256', 'forger')) }], ['no token' => sub { 'x' }]),
    malformed('a body counts'    => sub { post('/refresh', '{}', bearer(kept('a'))) }),
    refusal('a body of another type' => sub { request('POST', '/refresh', bearer(kept('a')), 'Content-Type: text/plain', { body => 'x' }) }, 'content_type_unsupported'),
    refusal('Basic'              => request('POST', '/refresh', basic(alice => 'wonderland')), 'content_type_unsupported'),
    refusal('no credential'      => request('POST', '/refresh'), 'content_type_unsupported'),
    refusal('a cookie'           => sub { request('POST', '/refresh?refresh_token=' . kept('a'), 'Cookie: refresh_token=' . kept('a')) }, 'content_type_unsupported'),
    issued('it is still unused'  => refresh('a'), 'b'),
    over('and then spent'        => $bearer->($a), 'refresh_reused'),
]



=== JSON and forms
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $form = sub { my ($name, $pairs, @expected) = @_;
    return [$name => sub { form('/refresh', [map { ref $_ ? $_->() : $_ } @$pairs]) }, @expected] };
my $token = sub { kept('a') };
my @grant = (grant_type => 'refresh_token');
# Rows that succeed spend "a" and keep the next one under that name.
my $next = sub { my ($name, $request) = @_; return issued($name => $request, 'a') };
[
    alice('a'),
    $next->('JSON'                        => refresh('a')),
    $next->('JSON with other members'     => sub { post('/refresh', { refresh_token => kept('a'), grant_type => 'x', token => 'y', username => 'alice' }) }),
    $next->('JSON with a charset'         => sub { post('/refresh', { refresh_token => kept('a') }, 'Content-Type: application/json; charset=utf-8') }),
    $next->('JSON, Bearer before it'      => sub { post('/refresh', { refresh_token => 'Bearer ' . kept('a') }) }),
    $next->('JSON in chunks'              => sub { my $t = json({ refresh_token => kept('a') });
        request('POST', '/refresh', 'Content-Type: application/json', 'Transfer-Encoding: chunked') . join '',
            (map { sprintf "%x\r\n%s\r\n", length $_, $_ } unpack '(a50)*', $t), "0\r\n\r\n" }),
    $next->('JSON in a file'              => sub { post('/refresh', { refresh_token => kept('a'), x => 'x' x 40_000 }) }),
    $next->('HTTP/1.0'                    => sub { refresh('a')->() =~ s{HTTP/1\.1}{HTTP/1.0}r }),
    $next->('a form'                      => sub { form('/refresh', [@grant, refresh_token => kept('a')]) }),
    $next->('a form in another order'     => sub { form('/refresh', [refresh_token => kept('a'), @grant]) }),
    $next->('a form with other parameters' => sub { form('/refresh', [client_id => 'app', @grant, scope => 'a b', refresh_token => kept('a'), x => '']) }),
    $next->('a form with a charset'       => sub { form('/refresh', [@grant, refresh_token => kept('a')])
        =~ s/x-www-form-urlencoded/x-www-form-urlencoded; charset=UTF-8/r }),
    $next->('a form, Bearer before it'    => sub { form('/refresh', [@grant, refresh_token => 'Bearer ' . kept('a')]) }),
    $next->('a form, Bearer and a plus'   => sub { form('/refresh', 'grant_type=refresh_token&refresh_token=Bearer+' . kept('a')) }),
    $next->('a form, all escaped'         => sub { form('/refresh', 'grant%5ftype=%72efresh_token&refresh%5Ftoken=' . kept('a') =~ s/\./%2e/gr) }),
    $next->('a form with empty parts'     => sub { form('/refresh', '&grant_type=refresh_token&&refresh_token=' . kept('a') . '&') }),
    $next->('an access token in the header does not matter' => sub { post('/refresh', { refresh_token => kept('a') }, bearer(kept('a', 'access_token'))) }),
    $next->('nor does another credential' => sub { post('/refresh', { refresh_token => kept('a') }, basic(alice => 'x')) }),
    $next->('nor does a bad one'          => sub { post('/refresh', { refresh_token => kept('a') }, bearer('a.b.c')) }),
    (map { my ($name, $pairs) = @$_; refusal($name => sub { form('/refresh', [map { ref $_ ? $_->() : $_ } @$pairs]) }, 'grant_unsupported',
        error => 'unsupported_grant_type') }
        ['another grant' => [grant_type => 'password', refresh_token => $token]],
        ['a grant in another case' => [grant_type => 'Refresh_Token', refresh_token => $token]],
        ['a grant and more' => [grant_type => 'refresh_token ', refresh_token => $token]],
        ['another grant and no token' => [grant_type => 'client_credentials']]),
    (map { my ($name, $pairs) = @$_; malformed($name => sub { form('/refresh', [map { ref $_ ? $_->() : $_ } @$pairs]) }) }
        ['no grant'          => [refresh_token => $token]],
        ['no token'          => [@grant]],
        ['the grant twice'   => [@grant, @grant, refresh_token => $token]],
        ['two grants'        => [@grant, grant_type => 'password', refresh_token => $token]],
        ['the token twice'   => [@grant, refresh_token => $token, refresh_token => $token]],
        ['two tokens'        => [@grant, refresh_token => $token, refresh_token => 'x']]),
    malformed('twice, once escaped'  => sub { form('/refresh', 'grant_type=refresh_token&refresh_token=' . kept('a') . '&refresh%5ftoken=x') }),
    malformed('a form: a broken escape' => sub { form('/refresh', 'grant_type=refresh_token&refresh_token=%zz' . kept('a')) }),
    malformed('a form: a cut escape' => sub { form('/refresh', 'grant_type=refresh_token&refresh_token=' . kept('a') . '%2') }),
    malformed('JSON that says it is a form' => sub { form('/refresh', json({ refresh_token => kept('a') })) }),
    malformed('a form that says it is JSON' => sub { post('/refresh', 'grant_type=refresh_token&refresh_token=' . kept('a')) }),
    malformed('JSON: nothing'        => post('/refresh', '{}')),
    malformed('JSON: another name'   => sub { post('/refresh', { token => kept('a') }) }),
    malformed('JSON: twice'          => sub { my $t = kept('a'); post('/refresh', qq({"refresh_token":"$t","refresh_token":"$t"})) }),
    (map { malformed("JSON: the token is $_" => post('/refresh', qq({"refresh_token":$_}))) } 'null', '1', 'true', '[]', '{}'),
    malformed('JSON: Bearer alone'   => post('/refresh', { refresh_token => 'Bearer ' })),
    malformed('JSON: an empty one'   => post('/refresh', { refresh_token => '' })),
    malformed('JSON: in an array'    => sub { post('/refresh', [{ refresh_token => kept('a') }]) }),
    malformed('JSON: cut'            => sub { post('/refresh', '{"refresh_token":"' . kept('a')) }),
    malformed('JSON without a body'  => request('POST', '/refresh', 'Content-Type: application/json')),
    malformed('JSON of no bytes'     => request('POST', '/refresh', 'Content-Type: application/json', 'Content-Length: 0')),
    malformed('a form of no bytes'   => request('POST', '/refresh', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0')),
    refusal('65537 bytes'            => sub { my $t = json({ refresh_token => kept('a') }); post('/refresh', $t . ' ' x (65_537 - length $t)) },
        'body_too_large', error => 'invalid_request'),
    (map { my $type = $_; refusal("type $type" => sub { request('POST', '/refresh', "Content-Type: $type", { body => json({ refresh_token => kept('a') }) }) },
        'content_type_unsupported') } 'text/plain', 'multipart/form-data; boundary=x', 'application/jwt'),
    refusal('no type' => sub { request('POST', '/refresh', { body => json({ refresh_token => kept('a') }) }) }, 'content_type_unsupported'),
    (map { my $method = $_; refusal($method => sub { request($method, '/refresh?refresh_token=' . kept('a')) }, 'method_unsupported', headers => { Allow => 'POST' }) }
        qw(GET HEAD PUT DELETE OPTIONS)),
    $next->('after all these it is still good' => refresh('a')),
]



=== what is no refresh token of ours
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . $::place . q[
location = /elsewhere { auth_endpoint refresh; auth_token_issuer https://other.example; }
location = /other-key { auth_endpoint refresh; auth_token_refresh_key refresh HS256 other.secret; }
]
--- conf eval
({ %::files, 'other.secret' => key('HS256', 'other-refresh')->private })
--- cases eval
my $again = sub { my ($claims, $header, $key) = @_; return sub { resigned(kept('a'), $key // $::key, $claims, $header) } };
my $part = sub { my ($n, $change) = @_; return sub { my @parts = split /\./, kept('a'); $parts[$n] = $change->($parts[$n]); join '.', @parts } };
my $ours = sub { my ($name, $uri, $more) = @_; refusal($name => sub { post($uri, { refresh_token => kept('a') }) }, 401, reason => $more,
    headers => { 'WWW-Authenticate' => qr/error="invalid_token"/ }) };
[
    alice('a'),
    issued('another session' => login(bob => 'builder'), 'b'),
    no_token('nothing like a token'  => 'x'),
    no_token('dots'                  => '..'),
    no_token('many dots'             => '.' x 5000),
    no_token('too large'             => 'a' x 20_000),
    no_token('UTF-8'                 => "\x{e4}.b.c"),
    no_token('Bearer twice'          => sub { 'Bearer Bearer ' . kept('a') }),
    no_token('something before it'   => sub { 'Token ' . kept('a') }),
    no_token('a blank behind it'     => sub { kept('a') . ' ' }),
    no_token('an access token'       => sub { kept('a', 'access_token') }),
    no_token('alg none'              => sub { forge($::key, json({ alg => 'none', typ => 'refresh+jwt', kid => 'refresh' }), json(inside('a')), signature => '') }),
    no_token('alg None, signed'      => $again->({}, { alg => 'None' })),
    no_token('another alg'           => $again->({}, { alg => 'HS512' })),
    no_token('no alg'                => $again->({}, { alg => undef })),
    no_token('no signature'          => sub { kept('a') =~ s/[^.]+\z//r }),
    no_token('a changed payload'     => $part->(1, sub { base64url(unbase64url($_[0]) =~ s/alice/malice/r) })),
    no_token('a changed header'      => $part->(0, sub { base64url(unbase64url($_[0]) =~ s/refresh\+jwt/refresh\+JWT/r) })),
    no_token('a changed signature'   => $part->(2, sub { ($_[0] =~ /^A/ ? 'B' : 'A') . substr $_[0], 1 })),
    no_token('a cut signature'       => $part->(2, sub { substr $_[0], 0, 20 })),
    no_token('stray bits'            => $part->(2, sub { my $c = chop $_[0]; $_[0] . ($c eq 'A' ? 'B' : chr(1 + ord $c)) })),
    no_token('padding'               => sub { kept('a') . '=' }),
    no_token('a fourth part'         => sub { kept('a') . '.x' }),
    no_token('another key'           => $again->({}, {}, key('HS256', 'forger'))),
    no_token('another key and kid'   => $again->({}, { kid => 'forger' }, key('HS256', 'forger'))),
    no_token('the access key'        => $again->({}, {}, $Sallyport::Session::access)),
    no_token('the access key and its kid' => $again->({}, { kid => 'access' }, $Sallyport::Session::access)),
    no_token('the public access key as secret' => $again->({}, {}, key('HS256', 'confused', secret => $Sallyport::Session::access->public))),
    no_token('the same, its kid'     => $again->({}, { kid => 'access' }, key('HS256', 'confused', secret => $Sallyport::Session::access->public))),
    no_token('an empty secret'       => $again->({}, {}, key('HS256', 'empty', secret => ''))),
    no_token('the type JWT'          => $again->({}, { typ => 'JWT' })),
    no_token('the type of access tokens' => $again->({}, { typ => 'at+jwt' })),
    no_token('no type'               => $again->({}, { typ => undef })),
    no_token('a type that is no text' => $again->({}, { typ => ['refresh+jwt'] })),
    no_token('another issuer'        => $again->({ iss => 'https://other.example' })),
    no_token('a longer issuer'       => $again->({ iss => 'https://api.example/' })),
    no_token('no issuer'             => $again->({ iss => undef })),
    no_token('an issuer in an array' => $again->({ iss => ['https://api.example'] })),
    no_token('another audience'      => $again->({ aud => 'orders' })),
    no_token('no audience'           => $again->({ aud => undef })),
    no_token('no exp'                => $again->({ exp => undef })),
    no_token('exp is text'           => $again->({ exp => '' . (time + 60) . 'x' })),
    no_token('no sid'                => $again->({ sid => undef })),
    no_token('no jti'                => $again->({ jti => undef })),
    no_token('sid is a number'       => $again->({ sid => 1 })),
    no_token('crit'                  => $again->({}, { crit => ['exp'] })),
    no_token('b64'                   => $again->({}, { b64 => JSON::PP::false(), crit => ['b64'] })),
    no_token('a key of its own'      => $again->({}, { jwk => key('HS256', 'forger')->jwk }, key('HS256', 'forger'))),
    no_token('a kid that is a path'  => $again->({}, { kid => '../conf/refresh.secret' })),
    no_token('a kid that is SQL'     => $again->({}, { kid => "' or 1=1 --" })),
    $ours->('another issuer here'    => '/elsewhere', 'issuer_mismatch'),
    $ours->('another key here'       => '/other-key', 'signature_invalid'),
    over('an unknown session'        => sub { post('/refresh', { refresh_token => resigned(kept('a'), $::key, { sid => 'A' x 22 }) }) }, 'refresh_unknown'),
    over('a session that is no id'   => sub { post('/refresh', { refresh_token => resigned(kept('a'), $::key, { sid => "' or 1=1 --" }) }) }, 'refresh_unknown'),
    over('a jti and a session that do not belong together' => sub {
        post('/refresh', { refresh_token => resigned(kept('a'), $::key, { sid => inside('b')->{sid} }) }) }, 'refresh_unknown'),
    over('expired by its exp'        => sub { post('/refresh', { refresh_token => resigned(kept('a'), $::key, { exp => time - 1 }) }) }, 'refresh_expired'),
    ['a refresh token is no access token' => sub { get('/api', bearer(kept('b'))) }, 401, reason => qr/\A\w+\z/],
    ['nor is one with the type of access tokens' => sub { get('/api', bearer(resigned(kept('b'), $::key, {}, { typ => 'at+jwt' }))) }, 401, reason => qr/\A\w+\z/],
    issued('after all these it is still good' => refresh('a'), 'a'),
]



=== the public key as secret, where refresh tokens are signed by a key pair
--- http_config
auth_token_store memory:;
--- config eval
q[
auth_token_issuer https://api.example;
auth_token_key access HS256 refresh.secret;
auth_token_refresh_key refresh ES256 access.key;
] . $::endpoints
--- conf eval: \%::files
--- cases eval
my $pair = $Sallyport::Session::access;
my $by = sub { my ($secret) = @_; return sub { resigned(kept('a'), key('HS256', 'confused', secret => $secret)) } };
[
    alice('a'),
    no_token('PEM'               => $by->($pair->public)),
    no_token('PEM without its last line break' => $by->($pair->public =~ s/\n\z//r)),
    no_token('DER'               => $by->($pair->public_der)),
    no_token('r and s are 0'     => sub { my @p = split /\./, kept('a'); "$p[0].$p[1]." . base64url("\0" x 64) }),
    no_token('the access secret' => sub { resigned(kept('a'), $::key) }),
    issued('good'                => refresh('a'), 'a', then => sub {
        my $header = header_of($_[0]{refresh_token}, $pair);
        return differ($header, { alg => 'ES256', kid => 'refresh', typ => 'refresh+jwt' }) }),
]



=== the window for those who lost the answer
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval
$::tokens . $::endpoints . q[
location = /lenient { auth_endpoint refresh; auth_token_reuse_window 30s; }
location = /short   { auth_endpoint refresh; auth_token_reuse_window 1s; }
]
--- conf eval: \%::files
--- cases eval
my $at = sub { my ($uri, $name) = @_; return sub { post($uri, { refresh_token => kept($name) }) } };
my $repeats = sub { my ($of) = @_; return sub {
    my ($old, $new) = (inside($of), claims_of($_[0]{refresh_token}, $::key));
    delete @$_{qw(iat)} for $old, $new;
    return differ($new, $old) } };
[
    alice('a'),
    issued('the first use'         => $at->('/lenient', 'a'), 'b'),
    issued('again: the same successor' => $at->('/lenient', 'a'), 'b2', then => $repeats->('b')),
    issued('and again'             => $at->('/lenient', 'a'), 'b3', then => $repeats->('b')),
    issued('the successor is good' => $at->('/lenient', 'b2'), 'c'),
    issued('its own repetition'    => $at->('/lenient', 'b'), 'c2', then => $repeats->('c')),
    over('the successor was used: theft' => $at->('/lenient', 'a'), 'refresh_reused'),
    over('all is revoked'          => $at->('/lenient', 'c'), 'refresh_revoked'),
    alice('d'),
    issued('a place without a window, first' => refresh('d'), 'e'),
    over('a place without a window, again' => refresh('d'), 'refresh_reused'),
    over('what followed'           => $at->('/lenient', 'e'), 'refresh_revoked'),
    alice('f'),
    issued('a short window'        => $at->('/short', 'f'), 'g'),
    sub { Time::HiRes::sleep(2.1) },
    over('is over'                 => $at->('/short', 'f'), 'refresh_reused'),
    over('what followed is revoked' => $at->('/short', 'g'), 'refresh_revoked'),
    alice('h'),
    issued('logout in the window'  => $at->('/lenient', 'h'), 'i'),
    ['logout'                      => logout('i'), 204],
    over('nothing comes again'     => $at->('/lenient', 'h'), 'refresh_revoked'),
]



=== times
--- http_config
auth_token_store sqlite:store/tokens.db;
--- config eval
$::tokens . $::endpoints . $::place . q[
auth_password "r";
auth_password_file users.json;
location = /short/login   { auth_endpoint login; auth_token_refresh_ttl 1s; auth_token_ttl 1s; }
location = /max/login     { auth_endpoint login; auth_token_session_max 1h; }
location = /max/refresh   { auth_endpoint refresh; auth_token_session_max 1h; }
location = /minute/login   { auth_endpoint login; auth_token_session_max 1m; }
location = /minute/refresh { auth_endpoint refresh; auth_token_session_max 1m; }
location = /ends/login    { auth_endpoint login; auth_token_session_max 4s; auth_token_ttl 1s; }
location = /ends/refresh  { auth_endpoint refresh; auth_token_session_max 4s; auth_token_ttl 1s; }
location = /hour/refresh  { auth_endpoint refresh; auth_token_refresh_ttl 1h; auth_token_ttl 1m; }
]
--- conf eval: \%::files
--- cases eval
my $login = sub { my ($uri, $as) = @_; return issued("$uri, $as" => request('POST', $uri, basic(alice => 'wonderland')), $as) };
my $end = sub { my ($of) = @_; return sub {
    my ($tokens) = @_;
    my ($old, $new) = (inside($of)->{exp}, claims_of($tokens->{refresh_token}, $::key)->{exp});
    return ("ends at $new, was $old") x ($old != $new), ("refresh_expires_in: $tokens->{refresh_expires_in}") x (abs($new - time - $tokens->{refresh_expires_in}) > 1) } };
my $at = sub { my ($uri, $name) = @_; return sub { post($uri, { refresh_token => kept($name) }) } };
[
    $login->('/ends/login', 'e'),
    $login->('/short/login', 's'),
    $login->('/max/login', 'm'),
    $login->('/minute/login', 'n'),
    $login->('/login', 'quick'),
    issued('the times of the place that refreshes' => $at->('/hour/refresh', 'quick'), 'h', then => sub {
        return differ({ expires_in => $_[0]{expires_in}, refresh_expires_in => lifetime($_[0]{refresh_expires_in}, 3600) }, { expires_in => 60, refresh_expires_in => 3600 }) }),
    sub { Time::HiRes::sleep(1.2) },
    issued('a refresh does not outlive the session' => $at->('/max/refresh', 'm'), 'm2', then => $end->('m')),
    issued('nor does an access token' => $at->('/minute/refresh', 'n'), 'n2', then => sub { my $exp = claims_of($_[0]{access_token})->{exp};
        return ("ends at $exp") x ($exp != inside('n')->{exp}), ("expires_in: $_[0]{expires_in}") x (abs($exp - time - $_[0]{expires_in}) > 1) }),
    issued('another one does not either' => $at->('/max/refresh', 'm2'), 'm3', then => $end->('m')),
    issued('a session of four seconds' => $at->('/ends/refresh', 'e'), 'e2', then => $end->('e')),
    sub { Time::HiRes::sleep(1) },
    over('expired' => refresh('s'), 'refresh_expired'),
    over('expired, again' => refresh('s'), 'refresh_expired'),
    ['the access token has expired as well' => access('/api', 's'), 'token_expired'],
    sub { Time::HiRes::sleep(2.2) },
    over('the session has ended' => $at->('/ends/refresh', 'e2'), 'refresh_expired'),
    over('also where sessions last longer' => refresh('e2'), 'refresh_expired'),
    issued('others go on' => $at->('/max/refresh', 'm3'), 'm4', then => $end->('m')),
]



=== revoked by logout
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    alice('b'),
    issued('a refresh'           => refresh('a'), 'a2'),
    ['logout'                    => logout('a2'), 204],
    over('the newest'            => refresh('a2'), 'refresh_revoked'),
    over('a spent one'           => refresh('a'), 'refresh_revoked'),
    issued('another session'     => refresh('b'), 'b2'),
    ['logout by a spent token'   => logout('b'), 204],
    over('ends the session too'  => refresh('b2'), 'refresh_revoked'),
]



=== auth_tenant_expect
--- http_config
auth_token_store memory:;
map $host $tenant_of_host { acme.example acme; globex.example globex; }
--- config eval
$::tokens . $::endpoints . q[
location = /expect { auth_endpoint refresh; auth_tenant_expect $tenant_of_host; }
]
--- conf eval: \%::files
--- cases eval
my $at = sub { my ($host, $as) = @_; return sub { post('/expect', { refresh_token => kept($as) }, "Host: $host") } };
my $mismatch = sub { my ($name, @at) = @_; return refusal($name => $at->(@at), 'tenant_mismatch', headers => { 'WWW-Authenticate' => qr/\A/ }) };
[
    alice('a'),
    issued('no tenant'           => login(bob => 'builder'), 'b'),
    $mismatch->('another tenant' => 'globex.example', 'a'),
    $mismatch->('nobody\'s place' => 'x.example', 'a'),
    $mismatch->('no tenant at a tenant\'s place' => 'acme.example', 'b'),
    issued('its own'             => $at->('acme.example', 'a'), 'a'),
    issued('what was refused is not spent' => refresh('b'), 'b'),
]



=== keys are exchanged
--- http_config
auth_token_store memory:;
--- config eval
q[
auth_token_issuer https://api.example;
auth_password "r";
auth_password_file users.json;
] . join '', map { my ($name, $access, $refresh) = @$_; my $keys =
    join('', map { "auth_token_key a$_ ES256 a$_.key; " } @$access) . join('', map { "auth_token_refresh_key r$_ HS256 r$_.secret; " } @$refresh);
    "location = /$name/login { auth_endpoint login; $keys }
     location = /$name/refresh { auth_endpoint refresh; $keys }
     location = /$name/api { auth_jwt r; auth_token_accept on; auth_password off; $keys empty_gif; }\n" }
        ['old', [1], [1]], ['both', [1, 2], [1, 2]], ['turned', [2, 1], [2, 1]], ['new', [2], [2]]
--- conf eval
({ %::files, map { ("a$_.key" => key('ES256', "a$_")->private, "r$_.secret" => key('HS256', "r$_")->private) } 1, 2 })
--- cases eval
my $login = sub { my ($place, $as) = @_; return issued("login, $place" => request('POST', "/$place/login", basic(alice => 'wonderland')), $as) };
my $at = sub { my ($place, $name) = @_; return sub { post("/$place/refresh", { refresh_token => kept($name) }) } };
my $by = sub { my ($n) = @_; return sub {
    return map { my ($token, $key) = @$_; my $header = header_of($token, $key); ("kid: $header->{kid}") x ($header->{kid} ne $key->kid) }
        [$_[0]{access_token}, key('ES256', "a$n")], [$_[0]{refresh_token}, key('HS256', "r$n")] } };
my $refused = sub { my ($name, $place, $as) = @_; return refusal($name => $at->($place, $as), 'key_unknown') };
[
    issued('the first signs, old'    => request('POST', '/old/login', basic(alice => 'wonderland')), 'a', then => $by->(1)),
    issued('the first signs, both'   => request('POST', '/both/login', basic(alice => 'wonderland')), 'b', then => $by->(1)),
    issued('the first signs, turned' => request('POST', '/turned/login', basic(alice => 'wonderland')), 'c', then => $by->(2)),
    (map { my ($place, $as, $status) = @$_; ["the access token $as at $place" => access("/$place/api", $as), $status] }
        ['old', 'a', 200], ['both', 'a', 200], ['turned', 'a', 200], ['new', 'a', 'key_unknown'],
        ['old', 'c', 'key_unknown'], ['both', 'c', 200], ['turned', 'c', 200], ['new', 'c', 200]),
    $refused->('the key is gone', 'new', 'a'),
    $refused->('the key is not known yet', 'old', 'c'),
    issued('the second verifies'     => $at->('both', 'a'), 'a', then => $by->(1)),
    issued('the new one takes over'  => $at->('turned', 'a'), 'a', then => $by->(2)),
    issued('the old one is dropped'  => $at->('new', 'a'), 'a', then => $by->(2)),
    ['the access token'              => access('/new/api', 'a'), 200],
    issued('the second verifies new ones' => $at->('both', 'c'), 'c', then => $by->(1)),
]



=== algorithms
--- http_config
auth_token_store memory:;
--- config eval
q[
auth_token_issuer https://api.example;
auth_password "r";
auth_password_file users.json;
] . join '', map { my $keys = "auth_token_key a-$_ $_ a-$_.key; auth_token_refresh_key r-$_ $_ r-$_.key;";
    "location = /$_/login { auth_endpoint login; $keys }
     location = /$_/refresh { auth_endpoint refresh; $keys }
     location = /$_/api { auth_jwt r; auth_token_accept on; auth_password off; $keys empty_gif; }\n" } algorithms()
--- conf eval
({ %::files, map { my $alg = $_; map { ("$_-$alg.key" => key_of($_, $alg)->private) } 'a', 'r' } algorithms() })
--- cases eval
[
    map { my $alg = $_;
        my $signed = sub { my ($tokens) = @_; return
            differ(header_of($tokens->{access_token}, key_of(a => $alg)), { alg => $alg, kid => "a-$alg", typ => 'at+jwt' }),
            differ(header_of($tokens->{refresh_token}, key_of(r => $alg)), { alg => $alg, kid => "r-$alg", typ => 'refresh+jwt' }) };
        (issued("$alg: login" => request('POST', "/$alg/login", basic(alice => 'wonderland')), $alg, then => $signed),
         issued("$alg: refresh" => sub { post("/$alg/refresh", { refresh_token => kept($alg) }) }, $alg, then => $signed),
         ["$alg: the access token" => access("/$alg/api", $alg), 200],
         refusal("$alg: an access token as refresh token" => sub { post("/$alg/refresh", { refresh_token => kept($alg, 'access_token') }) }, 'key_unknown'))
    } algorithms()
]
