# auth_audit_log: which events are written, what is in them and what never is.

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Sallyport::Credential;
use Sallyport::Pending ();
use Sallyport::Session;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our $idp = Sallyport::Upstream->new;
our %files = (
    %token_files,
    'users.json' => json({
        alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer'] },
        sue   => { password => hash('sue'), tenant_id => 'acme', roles => ['support'] },
        bob   => { password => hash('builder'), sub => 'user-17' },
        late  => { password => hash('late'), expires => 1 },
        'a"b\\c' => { password => hash('quoted') },
        "j\x{fc}rgen" => { password => hash('jay') },
        'x' x 400 => { password => hash('long') },
    }),
    'keys.json' => json({ printer => { key => digest('printer-secret'), tenant_id => 'acme' } }),
);
our $support = q[
    location = /revoke     { auth_endpoint revoke; auth_jwt "r"; auth_token_accept on; auth_role_map { POST support; } }
    location = /introspect { auth_endpoint introspect; auth_jwt "r"; auth_token_accept on; auth_role_map { POST support; } }
];
our ($key, $access) = ($Sallyport::Session::refresh, $Sallyport::Session::access);
our @acme = (sub => 'alice', tenant_id => 'acme');

our %read;       # bytes of each log that were looked at

sub size_of { return -s "$ENV{TEST_NGINX_SERVROOT}/logs/$_[0]" || 0 }

# What has been written to a log since.
sub news {
    my ($log) = @_;
    delete $read{$log} if size_of($log) < ($read{$log} // 0);
    my @lines = audit_lines($log, $read{$log});
    $read{$log} = size_of($log);
    return @lines;
}

# What is not as in every line, and not as expected: a hash, or code that makes it.
sub faults {
    my ($line, $expected) = @_;
    my %line = %$line;
    my ($time, $client, $id) = delete @line{qw(time client request_id)};
    my @wrong;
    my @time = ($time // '') =~ /\A(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{3}Z\z/;
    local $ENV{TZ} = 'UTC';
    POSIX::tzset();
    push @wrong, "time: $time" unless @time && abs(time - POSIX::mktime(@time[5, 4, 3, 2], $time[1] - 1, $time[0] - 1900)) < 10;
    push @wrong, "client: $client" if ($client // '') ne '127.0.0.1';
    push @wrong, "request_id: $id" if ($id // '') !~ /\A[0-9a-f]{32}\z/;
    return @wrong, differ(\%line, ref $expected eq 'CODE' ? $expected->() : $expected);
}

# Rows: a request, and what the log then says.
sub tells {
    my ($name, $row, @expected) = @_;
    my $log = @expected && !ref $expected[0] ? shift @expected : 'audit.json';
    return (sub { news($log) }, $row, sub {
        my @lines = eval { news($log) };
        my @wrong = $@ ? $@ : @lines != @expected ? scalar(@lines) . ' lines, expected ' . @expected
            : map { my $n = $_; map { "line $n: $_" } faults($lines[$n], $expected[$n]) } 0 .. $#lines;
        Test::More::ok(!@wrong, "$name: the audit log") or Test::More::diag(join "\n", @wrong, map { json($_) } @lines);
    });
}

# What the audit log has got: one line like this.
sub lines {
    my ($name, $expected) = @_;
    return sub {
        my @lines = news('audit.json');
        my @wrong = @lines == 1 ? faults($lines[0], { sid => qr/./, jti => qr/./, kid => 'refresh', %$expected }) : scalar(@lines) . ' lines';
        Test::More::ok(!@wrong, "$name: the audit log") or Test::More::diag(join "\n", @wrong, map { json($_) } @lines);
    };
}

# A row, and one line of this event and members.
sub event {
    my ($row, $event, @members) = @_;
    return tells($row->[0], $row, sub { return { event => $event, map { ref $_ eq 'CODE' ? $_->() : $_ } @members } });
}

# jti and sid, of the refresh token that is kept.
sub ids { my ($as) = @_; return sub { my $c = inside($as); return (jti => $c->{jti}, sid => $c->{sid}, kid => qr/\A(?:refresh|none)\z/) } }
sub successor { my ($as) = @_; return sub { (replaced_by => inside($as)->{jti}) } }

# The two lines of a login.
sub login_of {
    my ($row, $as, %who) = @_;
    return tells($row->[0], $row,
        sub { return { event => 'login', %who, sid => inside($as)->{sid} } },
        sub { return { event => 'token_issued', %who, ids($as)->() } });
}

sub user { my ($name, $password, $as) = @_; return issued("a login, $as" => login($name, $password), $as) }
sub unauthorized { my ($name, @row) = @_; return refusal($name => @row, headers => { 'WWW-Authenticate' => qr/./ }) }

run_tests();

__DATA__

=== login
--- http_config
auth_token_store memory:;
auth_audit_log logs/audit.json;
--- config eval
$::tokens . $::endpoints . q[
location = /all { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_api_key "k" header=X-API-Key; auth_api_key_file keys.json; }
location = /expect { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_tenant_expect globex; }
location = /ask { auth_endpoint login; auth_password "r"; auth_password_request /_who; auth_credential_cache 0; }
location = /_who { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
]
--- conf eval: \%::files
--- cases eval
my $known = sub { my ($value) = @_; return qr/\A(?:none|\Q$value\E)\z/ };
my $form = qr/\A(?:login_)?refused\z/;
my %maybe_alice = (sub => $known->('alice'), tenant_id => $known->('acme'));
[
    login_of(user(alice => 'wonderland', 'a'), 'a', @::acme),
    login_of(user(bob => 'builder', 'b'), 'b', sub => 'user-17'),
    login_of(issued('Basic' => request('POST', '/login', basic(alice => 'wonderland')), 'c'), 'c', @::acme),
    login_of(issued('a key' => request('POST', '/all', 'X-API-Key: printer-secret'), 'd'), 'd', sub => 'printer', tenant_id => 'acme'),
    login_of(user('a"b\\c' => 'quoted', 'e'), 'e', sub => 'a"b\\c'),
    login_of(issued('UTF-8' => post('/login', "{\"username\":\"j\xc3\xbcrgen\",\"password\":\"jay\"}"), 'f'), 'f', sub => "j\x{fc}rgen"),
    login_of(user('x' x 400 => 'long', 'g'), 'g', sub => 'x' x 400),
    event(unauthorized('a wrong password' => login(alice => 'guess-1'), 'credential_invalid'), 'login_refused', reason => 'credential_invalid', %maybe_alice),
    event(unauthorized('Basic: a wrong password' => request('POST', '/login', basic(alice => 'guess-2')), 'credential_invalid'),
        'login_refused', reason => 'credential_invalid', %maybe_alice),
    event(unauthorized('an unknown user' => login('wonderland' => 'guess-3'), 'credential_invalid'), 'login_refused', reason => 'credential_invalid'),
    event(unauthorized('Basic: an unknown user' => request('POST', '/login', basic('wonderland' => 'guess-4')), 'credential_invalid'),
        'login_refused', reason => 'credential_invalid'),
    event(unauthorized('a wrong key' => request('POST', '/all', 'X-API-Key: guess-5'), 'credential_invalid'), 'login_refused', reason => 'credential_invalid'),
    event(unauthorized('a wrong key with an id' => request('POST', '/all', 'X-API-Key: guess-6.guess-7'), 'credential_invalid'),
        'login_refused', reason => 'credential_invalid'),
    event(unauthorized('expired' => login(late => 'late'), 'credential_expired'), 'login_refused', reason => 'credential_expired', sub => $known->('late')),
    event(unauthorized('nothing' => request('POST', '/login'), 'no_credential'), 'login_refused', reason => 'no_credential'),
    event(refusal('malformed' => post('/login', '{"username":"guess-8"}'), 'request_malformed'), 'login_refused', reason => 'request_malformed'),
    event(refusal('another type' => request('POST', '/login', 'Content-Type: text/plain', { body => 'username=guess-9&password=wonderland' }), 'content_type_unsupported'),
        'login_refused', reason => 'content_type_unsupported'),
    event(refusal('two credentials' => login('guess-10' => 'guess-11', basic(alice => 'wonderland')), 'ambiguous_credential', headers => { 'WWW-Authenticate' => qr/\A/ }),
        'login_refused', reason => 'ambiguous_credential'),
    event(refusal('another tenant' => request('POST', '/expect', basic(alice => 'wonderland')), 'tenant_mismatch', headers => { 'WWW-Authenticate' => qr/\A/ }),
        'login_refused', reason => 'tenant_mismatch', @::acme),
    event(refusal('GET' => get('/login'), 'method_unsupported'), $form, reason => 'method_unsupported'),
    event(refusal('too large' => post('/login', 'x' x 70_000), 'body_too_large'), $form, reason => 'body_too_large'),
    answers('/who' => 500),
    event(refusal('a lookup fails' => post('/ask', { username => 'guess-12', password => 'wonderland' }), 'lookup_failed'),
        'login_refused', reason => 'lookup_failed'),
    answers('/who' => '{"sub":"user-1","tenant_id":"t"}'),
    login_of(issued('a lookup' => post('/ask', { username => 'guess-13', password => 'wonderland' }), 'h'), 'h', sub => 'user-1', tenant_id => 't'),
    sub {
        my $text = access_log('audit.json');
        has_no_secret('nothing secret', $text, map { (kept($_), kept($_, 'access_token')) } 'a' .. 'h');
        my @found = $text =~ /(guess-\d+|builder|quoted|printer-secret|Basic|Bearer|\$2y\$)/g;
        Test::More::ok(!@found, 'no name that is not known, and no key') or Test::More::diag("@found");
    },
]



=== refresh and logout
--- http_config
auth_token_store memory:;
auth_audit_log logs/audit.json;
--- config eval
$::tokens . $::endpoints . q[
location = /lenient { auth_endpoint refresh; auth_token_reuse_window 30s; }
]
--- conf eval: \%::files
--- cases eval
my $refused = sub { my ($row, $reason, @more) = @_; return event($row, 'refresh_refused', reason => $reason, @more) };
my $no_token = sub { my ($name, $token, $reason, @more) = @_;
    return $refused->(unauthorized($name => sub { post('/refresh', { refresh_token => $token->() }) }, $reason), $reason, @more) };
my $lenient = sub { my ($as) = @_; return sub { post('/lenient', { refresh_token => kept($as) }) } };
my @reason = (reason => qr/\A(?:none|refresh_reused)\z/);
my $signed = sub { return (kid => 'refresh') };
[
    user(alice => 'wonderland', 'a'),
    event(issued('a refresh' => refresh('a'), 'a2'), 'token_rotated', @::acme, ids('a'), successor('a2')),
    event(over('a spent one' => refresh('a'), 'refresh_reused'), 'token_reused', @::acme, ids('a'), @reason),
    $refused->(over('a revoked one' => refresh('a2'), 'refresh_revoked'), 'refresh_revoked', @::acme, ids('a2')),
    $refused->(over('the spent one again' => refresh('a'), 'refresh_revoked'), 'refresh_revoked', @::acme, ids('a')),
    user(bob => 'builder', 'b'),
    event(issued('no tenant' => $lenient->('b'), 'b2'), 'token_rotated', sub => 'user-17', ids('b'), successor('b2')),
    event(issued('again' => $lenient->('b'), 'b3'), 'token_repeated', sub => 'user-17', ids('b'), successor('b2')),
    event(issued('the successor' => $lenient->('b3'), 'b4'), 'token_rotated', sub => 'user-17', ids('b3'), successor('b4')),
    event(over('theft' => $lenient->('b'), 'refresh_reused'), 'token_reused', sub => 'user-17', ids('b'), @reason),
    user(alice => 'wonderland', 'c'),
    $refused->(over('unknown' => sub { post('/refresh', { refresh_token => resigned(kept('c'), $::key, { sid => 'A' x 22, jti => 'B' x 22 }) }) }, 'refresh_unknown'),
        'refresh_unknown', @::acme, sid => 'A' x 22, jti => 'B' x 22, kid => qr/\A(?:refresh|none)\z/),
    $refused->(over('expired' => sub { post('/refresh', { refresh_token => resigned(kept('c'), $::key, { exp => time - 1 }) }) }, 'refresh_expired'),
        'refresh_expired', @::acme, ids('c')),
    $no_token->('nothing like a token' => sub { 'guess-1' }, 'token_malformed'),
    $no_token->('an access token' => sub { kept('c', 'access_token') }, 'key_unknown', kid => 'access'),
    $no_token->('forged: nobody says who' => sub { resigned(kept('c'), key('HS256', 'forger')) }, 'signature_invalid', $signed),
    $no_token->('a kid with a quote' => sub { resigned(kept('c'), $::key, {}, { kid => qq(a"b\\c) }) }, 'key_unknown', kid => qr/\Aa.*b.*c\z/),
    $no_token->('a kid with a line break' => sub { resigned(kept('c'), $::key, {}, { kid => "a\nb\x01\x7f\x{9b}" }) }, 'key_unknown', kid => qr/\Aa.*b/s),
    $no_token->('a long kid' => sub { resigned(kept('c'), $::key, {}, { kid => 'k' x 500 }) }, 'key_unknown', kid => qr/\Ak{1,500}\W*\z/),
    (map { my $n = $_; $no_token->("a long kid in UTF-8, $n" => sub { resigned(kept('c'), $::key, {}, { kid => 'k' x $n . "\x{20ac}" x 50 }) }, 'key_unknown', kid => qr/\Ak{$n}/) } 0 .. 3),
    $refused->(refusal('malformed' => post('/refresh', { refresh => 'guess-2' }), 'request_malformed'), 'request_malformed'),
    $refused->(refusal('another grant' => form('/refresh', [grant_type => 'guess-3']), 'grant_unsupported'), 'grant_unsupported'),
    event(['logout' => logout('c'), 204], 'logout', @::acme, ids('c')),
    $refused->(over('after logout' => refresh('c'), 'refresh_revoked'), 'refresh_revoked', @::acme, ids('c')),
    tells('without a body', ['logout without a body' => request('POST', '/logout'), 204]),
    event(unauthorized('logout: no token' => post('/logout', { refresh_token => 'guess-4' }), 'token_malformed'), 'refused', reason => 'token_malformed'),
    event(refusal('logout: malformed' => post('/logout', '{}'), 'request_malformed'), 'refused', reason => 'request_malformed'),
    sub {
        my $text = access_log('audit.json');
        has_no_secret('nothing secret', $text, map { (kept($_), kept($_, 'access_token')) } 'a', 'a2', 'b', 'b2', 'b3', 'b4', 'c');
        Test::More::unlike($text, qr/guess/, 'nothing that was given');
        Test::More::unlike($text, qr/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/, 'no control character');
    },
]



=== revoke, introspect, and other places
--- http_config
auth_token_store memory:;
auth_audit_log logs/audit.json;
--- config eval
$::tokens . $::endpoints . $::support . q[
auth_jwt_key_file keys.jwks;
auth_token_accept on;
location /x       { auth_jwt "r"; auth_role_map { GET viewer; } proxy_pass http://$TEST_NGINX_ECHO; }
location /keys    { auth_api_key "k" header=X-API-Key; auth_api_key_file keys.json; empty_gif; }
location /word    { auth_password "p"; auth_password_file users.json; empty_gif; }
location /me      { auth_endpoint me; auth_jwt "r"; }
location /observe { auth_jwt "r"; auth_policy observe; proxy_pass http://$TEST_NGINX_ECHO; }
location /open    { proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
my $sue = as('sue');
my $refused = sub { my ($row, $reason, @more) = @_; return event($row, 'refused', reason => $reason, @more) };
my $place = sub { my ($name, $request, $reason, @more) = @_; return $refused->([$name => $request, $reason], $reason, @more) };
[
    user(sue => 'sue', 'sue'), user(alice => 'wonderland', 'a'), user(alice => 'wonderland', 'b'),
    event(['revoke' => revoke('a', 'refresh_token', $sue), 200], 'revoked', @::acme, ids('a'), reason => qr/\A(?:none|revoked)\z/),
    tells('revoke: nothing to revoke', ['revoke: nothing to revoke' => sub { post('/revoke', { token => 'guess-1' }, $sue->()) }, 200]),
    tells('introspect', ['introspect' => introspect('b', 'access_token', $sue), 200]),
    tells('introspect: inactive', ['introspect: inactive' => introspect('a', 'refresh_token', $sue), 200]),
    $refused->(refusal('revoke: an access token' => revoke('b', 'access_token', $sue), 'token_unsupported'), 'token_unsupported', kid => qr/\A(?:access|none)\z/,
        sub => qr/./, tenant_id => qr/./, jti => qr/./, sid => qr/./),
    $refused->(refusal('revoke: nobody' => post('/revoke', { token => 'guess-2' }), 'no_credential'), 'no_credential'),
    $refused->(refusal('revoke: without the role' => revoke('b', 'refresh_token', as('b')), 'role_missing'), 'role_missing', kid => 'access', @::acme),
    $refused->(refusal('introspect: malformed' => sub { post('/introspect', '{"token":1}', $sue->()) }, 'request_malformed'), 'request_malformed'),
    $refused->(refusal('me: nobody' => get('/me'), 'no_credential'), 'no_credential'),
    tells('me', ['me' => access('/me', 'b'), 200]),
    tells('admitted', ['admitted' => access('/x', 'b'), 200]),
    tells('no check', ['no check' => get('/open'), 200]),
    tells('others admitted', ['others admitted' => get('/x', bearer(key('HS256'), { roles => ['viewer'] })), 200]),
    $place->('nobody'                => get('/x'), 'no_credential'),
    $place->('malformed'             => get('/x', 'Authorization: Bearer'), 'malformed_authorization'),
    $place->('a broken token'        => get('/x', bearer('guess-3.b.c')), 'token_malformed'),
    $place->('an unknown key'        => get('/x', bearer(key('HS256', 'forger'))), 'key_unknown', kid => 'forger'),
    $place->('a forged token'        => sub { get('/x', bearer(resigned(kept('b', 'access_token'), key('ES256', 'forger')))) }, 'signature_invalid', kid => 'access'),
    $place->('expired'               => get('/x', bearer(key('HS256'), { exp => 1, tenant_id => 't' })), 'token_expired', kid => 'hs256', sub => 'alice', tenant_id => 't'),
    $place->('a role is missing'     => get('/x', bearer(key('HS256'), { tenant_id => 't' })), 'role_missing', kid => 'hs256', sub => 'alice', tenant_id => 't'),
    $place->('another method'        => request('PUT', '/x', bearer(key('HS256'))), 'method_not_allowed', kid => 'hs256', sub => 'alice'),
    $place->('a wrong key'           => get('/keys', 'X-API-Key: guess-4'), 'credential_invalid'),
    $place->('a wrong password'      => get('/word', basic(alice => 'guess-5')), 'credential_invalid', sub => qr/\A(?:none|alice)\z/, tenant_id => qr/\A(?:none|acme)\z/),
    $place->('an unknown user'       => get('/word', basic('wonderland' => 'guess-6')), 'credential_invalid'),
    $place->('HEAD'                  => request('HEAD', '/x'), 'no_credential'),
    tells('observed', ['observed' => get('/observe'), 200, reason => 'no_credential']),
    tells('one connection', ['one connection' => [[get('/x'), 'no_credential'], [get('/x', bearer('a.b.c')), 'token_malformed']]],
        { event => 'refused', reason => 'no_credential' }, { event => 'refused', reason => 'token_malformed' }),
    sub {
        my $text = access_log('audit.json');
        has_no_secret('nothing secret', $text, map { (kept($_), kept($_, 'access_token')) } 'a', 'b', 'sue');
        Test::More::unlike($text, qr/guess/, 'nothing that was given');
        my %ids;
        $ids{ $_->{request_id} }++ for grep { $_->{event} eq 'refused' } audit_lines('audit.json');
        Test::More::ok(!(grep { $_ > 1 } values %ids), 'each request has an id of its own');
    },
]



=== inherited, off, another file
--- http_config
auth_token_store memory:;
auth_audit_log logs/http.json;
--- config eval
$::tokens . $::endpoints . q[
auth_jwt_key_file keys.jwks;
location /inherits { auth_jwt "r"; empty_gif; }
location /off      { auth_jwt "r"; auth_audit_log off; empty_gif;
    location /off/nested { empty_gif; }
    location /off/on { auth_audit_log logs/own.json; empty_gif; } }
location /own      { auth_jwt "r"; auth_audit_log logs/own.json; empty_gif; }
location = /quiet  { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_audit_log off; }
]
--- conf eval: \%::files
--- cases eval
my $refused = { event => 'refused', reason => 'no_credential' };
my $in = sub { my ($uri, $log, @lines) = @_; return tells("$uri, $log", [$uri => get($uri), 'no_credential'], $log, @lines) };
[
    $in->('/inherits', 'http.json', $refused),
    $in->('/inherits', 'own.json'),
    $in->('/off', 'http.json'),
    $in->('/off', 'own.json'),
    $in->('/off/nested', 'http.json'),
    $in->('/off/on', 'own.json', $refused),
    $in->('/off/on', 'http.json'),
    $in->('/own', 'own.json', $refused),
    $in->('/own', 'http.json'),
    tells('a login', user(alice => 'wonderland', 'a'), 'http.json', sub { { event => 'login', @::acme, sid => qr/./ } }, sub { { event => 'token_issued', @::acme, ids('a')->() } }),
    tells('a quiet login', issued('a quiet login' => request('POST', '/quiet', basic(alice => 'wonderland')), 'b'), 'http.json'),
    tells('a quiet refusal', unauthorized('a quiet refusal' => request('POST', '/quiet', basic(alice => 'x')), 'credential_invalid'), 'http.json'),
    sub { Test::More::ok(!-e "$ENV{TEST_NGINX_SERVROOT}/off" && !-e "$ENV{TEST_NGINX_SERVROOT}/logs/off", 'there is no file "off"') },
]



=== what was done for a client that has gone
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_audit_log logs/audit.json;
--- config eval: $::tokens . $::endpoints . $::support
--- conf eval: \%::files
--- cases eval
# Sends the request, and hangs up at once.
my $gone = sub { my ($request) = @_; return sub {
    my $client = Sallyport::Pending::pending($request->());
    close $client->{socket};
    Time::HiRes::sleep(0.7);
} };
my @reason = (reason => 'refresh_reused');
[
    user(alice => 'wonderland', 'a'),
    issued('a refresh' => refresh('a'), 'a2'),
    sub { news('audit.json') },
    $gone->(refresh('a')),
    lines('a spent token', { event => 'token_reused', @::acme, @reason }),
    user(alice => 'wonderland', 'b'),
    sub { news('audit.json') },
    $gone->(refresh('b')),
    lines('a refresh', { event => 'token_rotated', @::acme, replaced_by => qr/./ }),
    $gone->(refresh('b')),
    lines('the same again', { event => 'token_reused', @::acme, @reason }),
    user(alice => 'wonderland', 'c'),
    sub { news('audit.json') },
    $gone->(logout('c')),
    lines('logout', { event => 'logout', @::acme }),
]



=== reopened
--- http_config
auth_audit_log logs/audit.json;
--- config
auth_jwt_key_file keys.jwks;
location /x { auth_jwt "r"; empty_gif; }
location /y { auth_jwt "r"; auth_audit_log logs/other.json; empty_gif; }
--- cases eval
my $refused = { event => 'refused', reason => 'no_credential' };
my $logs = "$ENV{TEST_NGINX_SERVROOT}/logs";
[
    tells('before', ['before' => get('/x'), 'no_credential'], $refused),
    sub { rename "$logs/audit.json", "$logs/audit.1" or die; $::read{'audit.1'} = 0; news('audit.1') },
    tells('renamed: it goes on there', ['renamed' => get('/x'), 'no_credential'], 'audit.1', $refused),
    sub { kill 'USR1', slurp("$logs/nginx.pid") =~ s/\s//gr },
    sub { Test::More::ok(wait_for(sub { -e "$logs/audit.json" }), 'USR1: a new file') },
    sub { my @lines = audit_lines('audit.json'); Test::More::ok(@lines == 0, 'which is empty') },
    # The worker opens it a moment after the master has made it.
    ['until the worker has it' => get('/x'), 'no_credential', within => 10, then => sub { -s "$logs/audit.json" ? () : 'it is empty' }],
    sub { truncate "$logs/audit.json", 0; news('audit.1') },
    ['after' => get('/x'), 'no_credential'],
    sub { my @lines = audit_lines('audit.json'); Test::More::ok(@lines == 1 && !faults($lines[0], $refused), 'after: the new one') },
    sub { my @lines = news('audit.1'); Test::More::ok(@lines == 0, 'after: not the old one') },
    ['another file' => get('/y'), 'no_credential'],
    sub { my @lines = audit_lines('other.json'); Test::More::ok(@lines == 1, 'another file goes on') },
    reload(),
    ['after a reload' => get('/x'), 'no_credential'],
    sub { my @lines = audit_lines('audit.json'); Test::More::ok(@lines == 2, 'after a reload: appended') },
]



=== keys_changed
--- http_config
auth_audit_log logs/http.json;
server {
    listen $TEST_NGINX_OTHER;
    auth_audit_log logs/other.json;
    location / { empty_gif; }
}
--- config
location /x { auth_jwt "r"; auth_jwt_key_file watched.jwks; empty_gif; }
location /y { auth_jwt "r"; auth_jwt_key_request /_keys; auth_jwt_key_cache 1s; empty_gif; }
location = /_keys { internal; proxy_pass http://$TEST_NGINX_IDP/keys; }
--- conf eval
({ %::files, 'watched.jwks' => jwks(key('HS256', 'old-key')) })
--- cases eval
my $changed = sub {
    my ($name, @keys) = @_;
    return map { my $log = $_; sub {
        my @found;
        for (1 .. 30) {
            @found = grep { $_->{event} eq 'keys_changed' } news($log);
            last if @found;
            Time::HiRes::sleep(0.1);
        }
        my $line = $found[0] || {};
        my $right = @found == 1 && $line->{time} =~ /\A\d{4}-\d\d-\d\dT.*Z\z/ && !grep { ($line->{reason} // '') !~ /\Q$_\E/ } @keys;
        Test::More::ok($right, "$name: $log") or Test::More::diag(map { json($_) } @found);
    } } qw(http.json other.json);
};
[
    ['the old key' => get('/x', bearer(key('HS256', 'old-key'))), 200],
    sub { news($_) for qw(http.json other.json) },
    sub { replace('watched.jwks', jwks(key('HS256', 'new-key'))) },
    ['the new key' => get('/x', bearer(key('HS256', 'new-key'))), 200, within => 5],
    $changed->('a file', 'new-key', 'old-key'),
    answers('/keys' => [jwks(key('HS256', 'first-key')), jwks(key('HS256', 'first-key'), key('HS256', 'second-key'))]),
    ['fetched' => get('/y', bearer(key('HS256', 'first-key'))), 200],
    sub { Time::HiRes::sleep(1.3); news($_) for qw(http.json other.json) },
    ['fetched once more' => get('/y', bearer(key('HS256', 'second-key'))), 200, within => 3],
    $changed->('fetched', 'second-key'),
    sub { has_no_secret('no key', access_log('http.json') . access_log('other.json')) ;
        Test::More::ok(!(grep { index(access_log('http.json'), $_) >= 0 } map { (key('HS256', $_)->private, base64url(key('HS256', $_)->private)) } qw(old-key new-key first-key second-key)),
            'nor its text') },
]
