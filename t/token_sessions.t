# auth_endpoint sessions: users see and end their own sessions, administrators those of others.

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Redis;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

BEGIN { $ENV{TEST_NGINX_REDIS} = '127.0.0.1:' . ($ENV{TEST_NGINX_CLIENT_PORT} + 3) }

our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme' },
        al    => { password => hash('al'), tenant_id => 'globex', sub => 'alice' },
        star  => { password => hash('star'), tenant_id => '*', sub => 'alice' },
        bob   => { password => hash('builder') },
        sue   => { password => hash('sue'), tenant_id => 'acme', roles => ['support'] },
        root  => { password => hash('root'), roles => ['support'] },
    }),
);
our $locations = q[
    location = /sessions { auth_endpoint sessions; auth_jwt "r"; auth_token_accept on; auth_jwt_key_file keys.jwks; }
    location = /password { auth_endpoint sessions; auth_password "r"; auth_password_file users.json; }
    location = /foreign { auth_endpoint sessions; auth_jwt "r"; auth_jwt_key_file keys.jwks; }
    location = /admin { auth_endpoint sessions admin; auth_jwt "r"; auth_token_accept on; auth_role_map { GET support; DELETE support; } }
];

sub user { my ($name, $password, $as) = @_; return issued("a login, $name" => login($name, $password), $as) }
sub alice { my ($as) = @_; return user(alice => 'wonderland', $as) }

# A request with the token that is kept as $as.
sub asks {
    my ($method, $uri, $as, @lines) = @_;
    return sub { request($method, ref $uri ? $uri->() : $uri, bearer(kept($as, 'access_token')), @lines) };
}
sub sid_of { return inside($_[0])->{sid} }
sub one { my ($uri, $as) = @_; return sub { my $mark = $uri =~ /\?/ ? '&' : '?'; return "$uri${mark}sid=" . sid_of($as) } }

# A row: these sessions are listed, of which the first is current; undef: none of them.
sub listed {
    my ($name, $request, $current, @others) = @_;
    return [$name => $request, 200, headers => { 'Content-Type' => 'application/json', 'Cache-Control' => 'no-store' }, then => sub {
        my $list = JSON::PP->new->decode($_[0]{body})->{sessions};
        my %wanted = map { sid_of($_) => $_ } grep { defined } $current, @others;
        my @wrong;
        my $before;
        for my $session (@$list) {
            my $as = delete $wanted{ $session->{sid} } // 'not wanted';
            push @wrong, "session $as" if $as eq 'not wanted';
            my $is_current = defined $current && $as eq $current;
            push @wrong, "current of $as" if exists $session->{current} && !$session->{current} == !!$is_current;
            my ($created, $used, $expires) = @$session{qw(created_at last_used_at expires_at)};
            push @wrong, "times of $as: $created $used $expires" if time - $created > 60 || $created > $used || $used > time || $expires <= time;
            push @wrong, 'the order' if defined $before && $before < $used;
            $before = $used;
            push @wrong, 'members: ' . join ' ', sort keys %$session
                if join(' ', sort keys %$session) !~ /\Aclient created_at (?:current )?expires_at last_used_at sid\z/;
        }
        return @wrong, map { "$_ is missing" } values %wanted;
    }];
}
sub ended { my ($name, $request) = @_; return [$name => $request, 204, body => '', headers => { 'Cache-Control' => 'no-store', 'Content-Type' => undef }] }
sub is_over { my ($name, $as) = @_; return refusal($name => refresh($as), 'refresh_revoked', error => 'invalid_grant') }
sub goes_on { my ($name, $as) = @_; return issued($name => refresh($as), $as) }
sub malformed { my ($name, $request) = @_; return refusal($name => $request, 'request_malformed') }

# A login by a program, and what the list calls it.
sub client {
    my ($name, $user_agent, $client) = @_;
    my $as = "client, $name";
    return (
        issued("a login: $name" => login('alice', 'wonderland', defined $user_agent ? "User-Agent: $user_agent" : ()), $as),
        ["the list: $name" => asks('GET', '/sessions', $as), 200, then => sub {
            my ($current) = grep { $_->{current} } @{ JSON::PP->new->decode($_[0]{body})->{sessions} };
            return $current->{client} eq $client ? () : "client $current->{client}";
        }],
    );
}
our @clients = (
    client('a program' => 'Shop/2.1 (iPhone; "blue")', 'Shop/2.1 (iPhone; \\x22blue\\x22)'),
    client('none' => undef, ''),
    client('bytes that are not ASCII' => "\xc3\xa9\xff\t<b>", '\\xC3\\xA9\\xFF\\x09<b>'),
    client('a long name' => 'x' x 5000, 'x' x 200 . '...'),
);

our $redis;
our $own = sub { return [
    alice('a'), alice('b'), user(al => 'al', 'al'), user(bob => 'builder', 'n'),
    refusal('nobody' => get('/sessions'), 'no_credential', headers => { 'WWW-Authenticate' => qr/Bearer/ }),
    listed('her sessions' => asks('GET', '/sessions', 'a'), 'a', 'b'),
    listed('as the other one sees them' => asks('GET', '/sessions', 'b'), 'b', 'a'),
    listed('another tenant' => asks('GET', '/sessions', 'al'), 'al'),
    listed('no tenant' => asks('GET', '/sessions', 'n'), 'n'),
    listed('with a password' => get('/password', basic(alice => 'wonderland')), undef, 'a', 'b'),
    ['HEAD' => asks('HEAD', '/sessions', 'a'), 200, body => ''],
    goes_on('a refresh' => 'b'),
    listed('changes nothing' => asks('GET', '/sessions', 'a'), 'a', 'b'),
    ended('a session of a subject of the same name' => asks('DELETE', one('/sessions', 'al'), 'a')),
    ended('a session of another subject' => asks('DELETE', one('/sessions', 'n'), 'a')),
    ended('one that is unknown' => asks('DELETE', '/sessions?sid=' . 'A' x 22, 'a')),
    (map { goes_on('nothing has ended' => $_) } qw(a b al n)),
    ended('one of them' => asks('DELETE', one('/sessions', 'b'), 'a')),
    is_over('is over' => 'b'),
    listed('and not listed' => asks('GET', '/sessions', 'a'), 'a'),
    ended('once more' => asks('DELETE', one('/sessions', 'b'), 'a')),
    goes_on('the current one goes on' => 'a'),
    ended('the current one' => asks('DELETE', one('/sessions', 'a'), 'a')),
    is_over('is over' => 'a'),
    @clients,
    alice('c'), alice('d'),
    ended('all' => asks('DELETE', '/sessions', 'c')),
    is_over('the current one, too' => 'c'),
    is_over('and the other' => 'd'),
    goes_on('those of others go on' => 'al'),
    goes_on('those of others go on' => 'n'),
    alice('e'),
    ended('all, by a password' => request('DELETE', '/password', basic(alice => 'wonderland'))),
    is_over('is over' => 'e'),
    sub {
        my @lines = grep { $_->{event} eq 'logout' } audit_lines('audit.json');
        my @told = map { join ' ', (map { $_ // '-' } @$_{qw(sub tenant_id)}), $_->{sid} ? 'sid' : '-' } @lines;
        Test::More::is_deeply(\@told, ['alice acme sid', 'alice acme sid', 'alice acme -', 'alice acme -'], 'the audit log');
    },
] };

run_tests();

__DATA__

=== one's own, with SQLite
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval: $::own->()



=== one's own, with Redis
--- http_config
auth_token_store redis://$TEST_NGINX_REDIS;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
[
    sub { $::redis = Sallyport::Redis->new(port => $ENV{TEST_NGINX_CLIENT_PORT} + 3) },
    @{ $::own->() },
    sub { $::redis->stop },
]



=== what is asked
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
[
    alice('a'), alice('b'), user(sue => 'sue', 'sue'),
    # A name that is not known could end more than was meant.
    (map { malformed("DELETE $_" => asks('DELETE', "/sessions?$_", 'a')) } 'sid=', 'sids=x', 'sub=bob', 'sub=alice', 'sid=x&sub=alice', 'tenant_id=acme', 'sid=x&sid=y',
        'sid=%zz', 'SID=x', 'sid', 'all', 'a=1&b=2&c=3&d=4'),
    (map { malformed("GET $_" => asks('GET', "/sessions?$_", 'a')) } 'sub=bob', 'sid=x', 'x=y'),
    (map { malformed("admin: $_" => asks('GET', "/admin$_", 'sue')) } '', '?sub=', '?sub=a%0ab', '?tenant_id=acme', '?sub=alice&tenant_id=', '?sub=alice&sid=x', '?sub=alice&x=y',
        '?sub=alice&sub=bob'),
    (map { malformed("admin: DELETE $_" => asks('DELETE', "/admin$_", 'sue')) } '', '?sid=x', '?sub=alice&sid=', '?sub=alice&sids=x', '?sub=alice&all'),
    goes_on('nothing has ended' => 'a'),
    goes_on('nothing has ended' => 'b'),
    refusal('POST' => asks('POST', '/sessions', 'a'), 'method_unsupported', headers => { Allow => 'GET, HEAD, DELETE' }),
    refusal('a token of another issuer names her' => get('/foreign', bearer(key('HS256'), { sub => 'alice', tenant_id => 'acme' })), 'credential_forbidden'),
    refusal('beside ours' => get('/sessions', bearer(key('HS256'), { sub => 'alice', tenant_id => 'acme' })), 'credential_forbidden'),
    refusal('and ends nothing' => request('DELETE', '/sessions', bearer(key('HS256'), { sub => 'alice', tenant_id => 'acme' })), 'credential_forbidden'),
    refusal('a refresh token' => sub { request('DELETE', '/sessions', bearer(kept('a'))) }, 401, reason => qr/\A\w+\z/),
    goes_on('nothing has ended' => 'a'),
    ended('a body is ignored' => sub { request('DELETE', '/sessions?sid=' . sid_of('b'), bearer(kept('a', 'access_token')), 'Content-Type: application/json', { body => '{"sid":"x"}' }) }),
    is_over('it' => 'b'),
    goes_on('and no other' => 'a'),
]



=== administrators
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::locations
--- conf eval: \%::files
--- cases eval
[
    alice('a'), alice('b'), user(al => 'al', 'al'), user(bob => 'builder', 'n'), user(sue => 'sue', 'sue'), user(root => 'root', 'root'),
    refusal('nobody' => get('/admin?sub=alice'), 'no_credential', headers => { 'WWW-Authenticate' => qr/Bearer/ }),
    refusal('without the role' => asks('GET', '/admin?sub=alice', 'a'), 'role_missing'),
    refusal('without the role: DELETE' => asks('DELETE', '/admin?sub=alice', 'a'), 'role_missing'),
    listed('her tenant' => asks('GET', '/admin?sub=alice', 'sue'), undef, 'a', 'b'),
    listed('by its name' => asks('GET', '/admin?sub=alice&tenant_id=acme', 'sue'), undef, 'a', 'b'),
    listed('herself' => asks('GET', '/admin?sub=sue', 'sue'), undef, 'sue'),
    listed('another tenant' => asks('GET', '/admin?sub=alice&tenant_id=globex', 'sue')),
    listed('one without a tenant' => asks('GET', '/admin?sub=bob', 'sue')),
    listed('root: no tenant' => asks('GET', '/admin?sub=bob', 'root'), undef, 'n'),
    listed('root: not without its name' => asks('GET', '/admin?sub=alice', 'root')),
    listed('root: a tenant' => asks('GET', '/admin?sub=alice&tenant_id=globex', 'root'), undef, 'al'),
    ended('another tenant: all' => asks('DELETE', '/admin?sub=alice&tenant_id=globex', 'sue')),
    ended('another tenant: one' => asks('DELETE', one('/admin?sub=alice&tenant_id=globex', 'al'), 'sue')),
    ended('a session of another subject' => asks('DELETE', one('/admin?sub=sue', 'a'), 'sue')),
    ended('a session of another tenant' => asks('DELETE', one('/admin?sub=alice', 'al'), 'sue')),
    (map { goes_on('nothing has ended' => $_) } qw(a b al n)),
    ended('one' => asks('DELETE', one('/admin?sub=alice', 'a'), 'sue')),
    is_over('is over' => 'a'),
    goes_on('the other goes on' => 'b'),
    ended('all' => asks('DELETE', '/admin?sub=alice', 'sue')),
    is_over('is over' => 'b'),
    ended('root: no tenant' => asks('DELETE', '/admin?sub=bob', 'root')),
    is_over('is over' => 'n'),
    goes_on('another tenant goes on' => 'al'),
    ended('root: a tenant' => asks('DELETE', '/admin?sub=alice&tenant_id=globex', 'root')),
    is_over('is over' => 'al'),
    sub {
        my @lines = grep { $_->{event} eq 'revoked' } audit_lines('audit.json');
        my @told = map { join ' ', (map { $_ // '-' } @$_{qw(sub tenant_id)}), $_->{sid} ? 'sid' : '-' } @lines;
        Test::More::is_deeply(\@told, ['alice acme sid', 'alice acme -', 'bob - -', 'alice globex -'], 'the audit log');
    },
]



=== access tokens are revoked, too
--- http_config
auth_token_store memory:;
auth_revocation_zone size=1m;
--- config eval
$::tokens . $::endpoints . $::locations . q[
location = /api { auth_revocation on; auth_jwt "r"; auth_token_accept on; auth_jwt_key_file keys.jwks; auth_jwt_issuer https://idp.example; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $alive = sub { my ($name, $as) = @_; return [$name => access('/api', $as), 200] };
my $dead = sub { my ($name, $as) = @_; return [$name => access('/api', $as), 'token_revoked'] };
my $foreign = ['a token of another issuer is alive' => get('/api', bearer(key('HS256'), { sub => 'alice', tenant_id => 'acme', iat => time - 60, iss => 'https://idp.example' })), 200];
[
    (map { alice($_) } 'a' .. 'e'), user(al => 'al', 'al'), user(sue => 'sue', 'sue'),
    ended('a session of a subject of the same name' => asks('DELETE', one('/sessions', 'al'), 'a')),
    $alive->('is alive' => 'al'),
    ended('one of them' => asks('DELETE', one('/sessions', 'b'), 'a')),
    $dead->('is revoked' => 'b'),
    $alive->('and no other' => 'a'),
    ended('once more' => asks('DELETE', one('/sessions', 'b'), 'a')),
    ['logout' => logout('e'), 204],
    ended('one that has ended' => asks('DELETE', one('/sessions', 'e'), 'a')),
    ended('admin: a session of another subject' => asks('DELETE', one('/admin?sub=sue', 'a'), 'sue')),
    $alive->('is alive' => 'a'),
    ended('admin: one of them' => asks('DELETE', one('/admin?sub=alice', 'c'), 'sue')),
    $dead->('is revoked' => 'c'),
    ended('all' => asks('DELETE', '/sessions', 'a')),
    $dead->('the current one' => 'a'),
    $dead->('and the others' => 'd'),
    is_over('which are over' => 'd'),
    user(star => 'star', 'star'),
    ended('a subject of the same name in a tenant named like all' => asks('DELETE', '/sessions', 'star')),
    is_over('ends its own' => 'star'),
    $alive->('another tenant is alive' => 'al'),
    $alive->('another subject is alive' => 'sue'),
    $foreign,
    ended('admin: all' => asks('DELETE', '/admin?sub=sue', 'sue')),
    $dead->('is revoked' => 'sue'),
]
