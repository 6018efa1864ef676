# auth_endpoint login: which credentials it takes and how they are given, and what it answers.

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Sallyport::Credential;
use Sallyport::Http2;
use Sallyport::Pending;
use Sallyport::Session;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our $app = Sallyport::Upstream->new;
our ($alice, $bob) = (basic(alice => 'wonderland'), basic(bob => 'builder'));
our %files = (
    %token_files,
    'users.json' => json({
        alice  => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
        bob    => { password => hash('builder'), sub => 'user-17' },
        gus    => { password => hash('gus'), tenant_id => 'globex', roles => [] },
        umlaut => { password => hash("gr\xc3\xbc\xc3\x9fe") },
        colon  => { password => hash('b:c') },
        blank  => { password => hash(' a b ') },
        empty  => { password => hash('') },
        long   => { password => hash('x' x 511, 'sha512') },
        late   => { password => hash('late'), expires => time - 60 },
        early  => { password => hash('early'), not_before => time + 3600 },
        guest  => { password => hash('guest'), expires => time + 600 },
        'a"b\\c' => { password => hash('quoted') },
    }),
    'keys.json' => json({
        printer => { key => digest('printer-secret'), tenant_id => 'acme', roles => ['print'] },
        billing => { key => digest('billing-secret'), sub => 'user-9' },
        slow    => { key => hash('chosen', 'yescrypt') },
        late    => { key => digest('late-secret'), expires => time - 60 },
        early   => { key => digest('early-secret'), not_before => time + 3600 },
    }),
);
our $json_challenge = { 'WWW-Authenticate' => 'Bearer realm="https://api.example"' };
our $some_challenge = { 'WWW-Authenticate' => qr/./ };
our $id = qr/\A[\w-]{22}\z/;

# A row whose text is the body.
sub body { my ($name, $text, @expected) = @_; return [$name => post('/login', $text), @expected] }

sub malformed {
    my ($name, $text, @lines) = @_;
    return refusal($name => post('/login', $text, @lines), 'request_malformed', error => 'invalid_request');
}

sub chunked {
    my ($text, $size) = @_;
    my $chunks = join '', map { sprintf "%x\r\n%s\r\n", length $_, $_ } unpack "(a$size)*", $text;
    return request('POST', '/login', 'Content-Type: application/json', 'Transfer-Encoding: chunked') . "${chunks}0\r\n\r\n";
}

# A good login of so many bytes.
sub padded {
    my ($length) = @_;
    my $text = '{"username":"alice","password":"wonderland","x":""}';
    return $text =~ s/""/'"' . 'x' x ($length - length $text) . '"'/er;
}

run_tests();

__DATA__

=== the answer, and what is in the tokens
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my ($now, $first);
my $times = sub {
    my ($claims, $seconds) = @_;
    return ("iat: $claims->{iat}, now " . time) x (abs($claims->{iat} - time) > 2),
        ("exp: $claims->{exp}") x ($claims->{exp} != $claims->{iat} + $seconds);
};
my $is = sub {
    my ($sub, %more) = @_;
    return sub {
        my ($tokens) = @_;
        my ($head, $claims) = opened($tokens->{access_token});
        my ($refresh_head, $refresh) = opened($tokens->{refresh_token}, $Sallyport::Session::refresh);
        my %both = (iss => 'https://api.example', sub => $sub, iat => qr/\A\d+\z/, exp => qr/\A\d+\z/, aud => 'https://api.example');
        my %tenant = map { $_ => $more{$_} } grep { $_ eq 'tenant_id' } keys %more;
        return differ($head, { typ => 'at+jwt', alg => 'ES256', kid => 'access' }),
            differ($refresh_head, { typ => 'refresh+jwt', alg => 'HS256', kid => 'refresh' }),
            differ($claims, { %both, %more, jti => $::id, sid => $::id }),
            differ($refresh, { %both, %tenant, account => qr{\A[\w-]{16}/(?:user|key)/.}, access_aud => ['https://api.example'], jti => $::id, sid => $claims->{sid} }),
            $times->($claims, 900), $times->($refresh, 172_800),
            ('the same jti') x ($claims->{jti} eq $refresh->{jti}), ('the jti is the sid') x ($claims->{jti} eq $claims->{sid}),
            ("expires_in: $tokens->{expires_in}") x ($tokens->{expires_in} != 900),
            ("refresh_expires_in: $tokens->{refresh_expires_in}") x (lifetime($tokens->{refresh_expires_in}, 172_800) != 172_800);
    };
};
[
    issued('tenant and roles' => login(alice => 'wonderland'), 'a', then => $is->('alice', tenant_id => 'acme', roles => ['viewer', 'editor'])),
    issued('numbers are numbers' => login(alice => 'wonderland'), 'b', body => qr/"expires_in": ?900\b.*"refresh_expires_in": ?17(?:2800|279\d)\b/),
    issued('neither, and another sub' => login(bob => 'builder'), undef, then => $is->('user-17')),
    issued('an empty list of roles' => login(gus => 'gus'), undef, then => sub {
        my $claims = claims_of($_[0]{access_token});
        return ('tenant_id') x ($claims->{tenant_id} ne 'globex'), ('roles: ' . json($claims->{roles})) x !!@{ $claims->{roles} || [] };
    }),
    sub {
        my @ids = map { my $as = $_; map { my $c = opened(kept($as, $_), /access/ ? undef : $Sallyport::Session::refresh); @$c{qw(jti sid)} }
            qw(access_token refresh_token) } 'a', 'b';
        my %count;
        $count{$_}++ for @ids;
        Test::More::is(scalar(keys %count), 6, 'two logins have two sessions and four ids') or Test::More::diag("@ids");
    },
    ['the answer closes nothing' => [map { [login(alice => 'wonderland'), 200, headers => { 'Cache-Control' => 'no-store' }] } 1 .. 3]],
]



=== JSON
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $good = '"username":"alice","password":"wonderland"';
my $wrong = sub { my ($name, $user, $password) = @_;
    return refusal($name => login($user, $password), 'credential_invalid', headers => $::json_challenge) };
[
    issued('a good login'       => post('/login', "{$good}")),
    issued('a byte order mark before it' => post('/login', "\xef\xbb\xbf{$good}")),
    issued('blanks'             => post('/login', " \r\n{\t\"username\" : \"alice\" ,\n\"password\":\"wonderland\"} \n")),
    issued('another order'      => post('/login', '{"password":"wonderland","username":"alice"}')),
    issued('other members'      => post('/login', qq({$good,"grant_type":"password","remember":true,"x":{"y":[1,null]}}))),
    issued('escapes'            => post('/login', '{"username":"\u0061lice","password":"wonderland"}')),
    issued('a member\'s name with an escape' => post('/login', '{"user\u006eame":"alice","password":"wonderland"}')),
    issued('UTF-8'              => post('/login', "{\"username\":\"umlaut\",\"password\":\"gr\xc3\xbc\xc3\x9fe\"}")),
    issued('UTF-8 by escapes'   => post('/login', '{"username":"umlaut","password":"gr\u00fc\u00dfe"}')),
    issued('a colon'            => login(colon => 'b:c')),
    issued('a quote and a backslash' => login('a"b\\c' => 'quoted')),
    issued('blanks around the password' => login(blank => ' a b ')),
    issued('an empty password of one who has it' => login(empty => '')),
    issued('511 bytes'         => login(long => 'x' x 511)),
    $wrong->('512 bytes'       => long => 'x' x 512),
    $wrong->('a wrong password' => alice => 'wonderlan'),
    $wrong->('another case'     => alice => 'Wonderland'),
    $wrong->('an empty password' => alice => ''),
    $wrong->('an unknown user'  => nobody => 'wonderland'),
    $wrong->('an empty user'    => '' => 'wonderland'),
    $wrong->('blanks cut off'   => blank => 'a b'),
    $wrong->('a user cut at his colon' => 'colon:b' => 'c'),
    $wrong->('a sub is no user' => 'user-17' => 'builder'),
    $wrong->('the hash is no password' => alice => hash('wonderland')),
    refusal('expired'           => login(late => 'late'), 'credential_expired', headers => $::json_challenge),
    refusal('not yet valid'     => login(early => 'early'), 'credential_not_yet_valid', headers => $::json_challenge),
    $wrong->('expired, wrong'   => late => 'x'),
    malformed('no password'     => '{"username":"alice"}'),
    malformed('no user'         => '{"password":"wonderland"}'),
    malformed('nothing'         => '{}'),
    malformed('other names'     => '{"user":"alice","pass":"wonderland"}'),
    malformed('names in another case' => '{"Username":"alice","Password":"wonderland"}'),
    (map { (malformed("the password is $_" => qq({"username":"alice","password":$_})),
        malformed("the user is $_" => qq({"username":$_,"password":"wonderland"}))) } 'null', '1', 'true', '["wonderland"]', '{}', '1.5e3'),
    malformed('the password twice' => qq({$good,"password":"wonderland"})),
    malformed('the user twice'  => qq({"username":"bob",$good})),
    malformed('twice by an escape' => qq({$good,"passwor\\u0064":"wonderland"})),
    malformed('an array'        => qq([{$good}])),
    (map { malformed("the body is $_" => $_) } 'null', '"alice"', '1', 'true', 'alice:wonderland', '{', '{]', '{"username"}'),
    malformed('cut'             => qq({$good)),
    malformed('a comma'         => qq({$good,})),
    malformed('single quotes'   => "{'username':'alice','password':'wonderland'}"),
    malformed('text behind it'  => "{$good} x"),
    malformed('two objects'     => "{$good}{$good}"),
    malformed('NUL behind it'   => "{$good}\0"),
    malformed('two byte order marks' => "\xef\xbb\xbf" . "\xef\xbb\xbf{$good}"),
    malformed('UTF-16'          => join "\0", split //, "{$good}"),
    malformed('not UTF-8'       => "{\"username\":\"umlaut\",\"password\":\"gr\xfc\xdfe\"}"),
    malformed('a long form of UTF-8' => "{\"username\":\"alice\",\"password\":\"\xc1\xb7onderland\"}"),
    malformed('half a surrogate' => '{"username":"alice","password":"wonderland\ud800"}'),
    malformed('deep'            => "{$good,\"x\":" . '[' x 20_000 . ']' x 20_000 . '}'),
    (map { my ($name, $text) = @$_; map { [qq($name in the $_) => post('/login', $_ eq 'password'
        ? qq({"username":"alice","password":"wonderland$text"}) : qq({"username":"alice$text","password":"wonderland"})),
        400, reason => qr/\A\w+\z/, headers => { 'Content-Type' => 'application/problem+json' }] } 'password', 'user' }
        ['NUL', '\u0000'], ['a line break', '\n'], ['a tab', '\t'], ['DEL', '\u007f'], ['a raw line break', "\n"], ['ESC', '\u001b']),
    malformed('a form in JSON\'s place' => 'username=alice&password=wonderland'),
    issued('still good after all these' => post('/login', "{$good}")),
]



=== forms
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . $::endpoints . q[
location = /both { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_api_key "k"; auth_api_key_file keys.json; }
location = /keys { auth_endpoint login; auth_api_key "k" header=X-API-Key; auth_api_key_file keys.json; }
]
--- conf eval: \%::files
--- cases eval
my @good = (username => 'alice', password => 'wonderland');
my @client = (grant_type => 'client_credentials');
my $sub = sub { my ($sub) = @_; return (then => sub { my $is = claims_of($_[0]{access_token})->{sub}; return ("sub: $is") x ($is ne $sub) }) };
my $client = sub { my ($name, $uri, $pairs, @lines) = @_; return issued($name => form($uri, [@client, @$pairs], @lines), undef, $sub->('printer')) };
my @printer = (client_id => 'printer', client_secret => 'printer-secret');
my %bearer = (headers => { 'WWW-Authenticate' => 'Bearer realm="https://api.example"' });
my %basic = (headers => { 'WWW-Authenticate' => 'Basic realm="https://api.example", charset="UTF-8"' });
my %no_challenge = (headers => { 'WWW-Authenticate' => undef });
my $form_malformed = sub { my ($name, @form) = @_; return refusal($name => form(@form), 'request_malformed', error => 'invalid_request') };
[
    issued('user and password'      => form('/login', [@good]), undef, $sub->('alice')),
    issued('grant_type=password'    => form('/login', [grant_type => 'password', @good]), undef, $sub->('alice')),
    issued('other parameters'       => form('/login', [@good, scope => 'a b', client_id => 'app', remember => '']), undef, $sub->('alice')),
    issued('a charset'              => form('/login', [@good]) =~ s/urlencoded/urlencoded; charset=UTF-8/r, undef, $sub->('alice')),
    issued('escapes'                => form('/login', [username => 'umlaut', password => "gr\xc3\xbc\xc3\x9fe"]), undef, $sub->('umlaut')),
    issued('blanks'                 => form('/login', 'username=blank&password=+a+b+'), undef, $sub->('blank')),
    issued('where keys are taken, too' => form('/both', [@good]), undef, $sub->('alice')),
    refusal('a wrong password'      => form('/login', [username => 'alice', password => 'x']), 'credential_invalid', %bearer),
    refusal('an unknown user'       => form('/login', [username => 'nobody', password => 'x']), 'credential_invalid', %bearer),
    refusal('a credential beside it' => form('/login', [@good], $::alice), 'ambiguous_credential', %no_challenge),
    refusal('no passwords here'     => form('/keys', [@good]), 'no_credential'),
    $form_malformed->('no password' => '/login', [username => 'alice']),
    $form_malformed->('twice'       => '/login', [@good, password => 'wonderland']),
    $form_malformed->('a line break' => '/login', [username => "alice\n", password => 'wonderland']),
    $form_malformed->('NUL'         => '/login', [username => 'alice', password => "wonderland\0"]),
    $form_malformed->('in the query alone' => '/login?username=alice&password=guess', [x => 1]),
    (map { my $grant = $_; refusal("grant_type=$grant" => form('/both', [grant_type => $grant, @good, @printer]), 'grant_unsupported', error => 'unsupported_grant_type') }
        'refresh_token', 'authorization_code', 'Password', 'password ', ''),
    refusal('no keys here'          => form('/login', [@client, @printer]), 'grant_unsupported', error => 'unsupported_grant_type'),

    (map { my $uri = $_; (
        $client->("$uri: a client"  => $uri, [@printer]),
        $client->("$uri: by Basic"  => $uri, [], basic('printer' => 'printer-secret')),
        $client->("$uri: by Basic, escaped" => $uri, [], basic('%70rinter' => 'printer%2Dsecret')),
        refusal("$uri: a wrong key" => form($uri, [@client, client_id => 'printer', client_secret => 'x']), 'credential_invalid', %bearer),
        refusal("$uri: a wrong key by Basic" => form($uri, [@client], basic(printer => 'x')), 'credential_invalid', %basic),
        refusal("$uri: the key of another client" => form($uri, [@client, client_id => 'slow', client_secret => 'printer-secret']), 'credential_invalid', %bearer),
        refusal("$uri: of another client by Basic" => form($uri, [@client], basic(slow => 'printer-secret')), 'credential_invalid', %basic),
        refusal("$uri: of nobody"   => form($uri, [@client, client_id => '', client_secret => 'printer-secret']), 'credential_invalid', %bearer),
        refusal("$uri: no key"      => form($uri, [@client]), 'no_credential', headers => { 'WWW-Authenticate' => qr/./ }),
        refusal("$uri: the key twice" => form($uri, [@client, @printer], basic(printer => 'printer-secret')), 'ambiguous_credential', %no_challenge),
        refusal("$uri: a token beside it" => form($uri, [@client, @printer], $uri eq '/both' ? 'Authorization: Api-Key printer-secret' : 'X-API-Key: printer-secret'),
            'ambiguous_credential', %no_challenge),
        refusal("$uri: a user is no client" => form($uri, [@client, client_id => 'alice', client_secret => 'wonderland']), 'credential_invalid', %bearer),
        refusal("$uri: nor by Basic" => form($uri, [@client], $::alice), 'credential_invalid', %basic),
        refusal("$uri: expired"     => form($uri, [@client, client_id => 'late', client_secret => 'late-secret']), 'credential_expired', %bearer),
        refusal("$uri: a broken escape in Basic" => form($uri, [@client], basic(printer => '%zz')), 'malformed_authorization', %no_challenge),
        $form_malformed->("$uri: no client_id" => $uri, [@client, client_secret => 'printer-secret']),
        $form_malformed->("$uri: no client_secret" => $uri, [@client, client_id => 'printer']),
        $form_malformed->("$uri: a client twice" => $uri, [@client, @printer, client_id => 'printer']),
    ) } '/both', '/keys'),
    issued('the client is the subject' => form('/both', [@client, client_id => 'user-9', client_secret => 'billing-secret']), undef, $sub->('user-9')),
    issued('a slow hash'            => form('/both', [@client, client_id => 'slow', client_secret => 'slow.chosen']), undef, $sub->('slow')),
    refusal('a slow hash, another client' => form('/both', [@client, client_id => 'printer', client_secret => 'slow.chosen']), 'credential_invalid', %bearer),
    refusal('JSON has no clients'   => post('/both', { grant_type => 'client_credentials', client_id => 'printer', client_secret => 'printer-secret' }), 'request_malformed'),
    sub { Test::More::unlike(error_log(), qr/printer-secret|wonderland|slow\.chosen/, 'nothing secret in the error log') },
]



=== the body as HTTP brings it
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $good = '{"username":"alice","password":"wonderland"}';
my $large = sub { my ($name, $request) = @_; return refusal($name => $request, 'body_too_large', error => 'invalid_request') };
[
    issued('chunked'                => chunked($good, 7)),
    issued('one byte in a chunk'    => chunked($good, 1)),
    refusal('chunked, malformed'    => chunked('{"username":', 5), 'request_malformed'),
    refusal('chunked, wrong'        => chunked('{"username":"alice","password":"x"}', 5), 'credential_invalid', headers => $::some_challenge),
    issued('as large as nginx\' buffer' => post('/login', padded(16_384))),
    issued('in a file'              => post('/login', padded(40_000))),
    issued('in a file, chunked'     => chunked(padded(40_000), 3000)),
    malformed('in a file, malformed' => padded(40_000) . 'x'),
    refusal('in a file, wrong'      => post('/login', padded(40_000) =~ s/wonderland/wonderlant/r), 'credential_invalid', headers => $::some_challenge),
    issued('64 KiB'                 => post('/login', padded(65_536))),
    issued('64 KiB, chunked'        => chunked(padded(65_536), 4000)),
    $large->('one more'             => post('/login', padded(65_537))),
    $large->('one more, chunked'    => chunked(padded(65_537), 4000)),
    $large->('900 KiB'              => post('/login', 'x' x 900_000)),
    $large->('blanks'               => post('/login', $good . ' ' x 65_536)),
    ['one connection goes on' => [
        [post('/login', padded(40_000)), 200],
        [post('/login', 'x' x 100_000), 'body_too_large'],
        [post('/login', '{'), 'request_malformed'],
        [request('POST', '/login', 'Content-Type: text/plain', { body => 'x' x 5000 }), 'content_type_unsupported'],
        [request('PUT', '/login', { body => 'x' x 5000 }), 'method_unsupported'],
        [post('/login', $good), 200],
    ]],
    issued('HTTP/1.0'               => request('POST', '/login', 'Content-Type: application/json', { body => $good, version => 'HTTP/1.0' })),
    refusal('HTTP/1.0, wrong'       => request('POST', '/login', 'Content-Type: application/json', { body => '{}', version => 'HTTP/1.0' }),
        'request_malformed'),
    issued('arguments do not matter' => post('/login?username=bob&password=x', $good)),
    refusal('arguments are not read' => request('POST', '/login?username=alice&password=wonderland'), 'no_credential', headers => $::some_challenge),
    sub {
        my $answer = curl('-H', 'Expect: 100-continue', '-H', 'Content-Type: application/json', '-d', $good,
            "http://$ENV{TEST_NGINX_SERVER_PORT}/login");
        Test::More::like($answer, qr/\AHTTP\S+ 100 .*\n\nHTTP\S+ 200 .*"access_token"/s, 'Expect: 100-continue');
    },
    sub {
        my $slow = pending(post('/login', $good), first => length(post('/login', $good)) - 20);
        for (1 .. 4) { Time::HiRes::sleep(0.05); $slow->send_rest(5) }
        judge('a body in pieces', $slow, 200, body => qr/"access_token"/);
    },
    sub {
        my $gone = pending(post('/login', $good), first => length(post('/login', $good)) - 20);
        Time::HiRes::sleep(0.05);
        $gone->leave;
        judge('after a client that left in its body', pending(post('/login', $good)), 200);
    },
]



=== a body without a length is not read when it is too large
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $most = sub {
    my $pid = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") + 0;
    return (sort { $b <=> $a } map { slurp("/proc/$_/status") =~ /^VmHWM:\s+(\d+) kB/m } split ' ', slurp("/proc/$pid/task/$pid/children"))[0];
};
my $before;
[
    issued('just below the limit'       => chunked(padded(65_536), 65_536)),
    refusal('3 MB'                      => chunked('x' x 3_000_000, 65_536), 'body_too_large', error => 'invalid_request'),
    refusal('a good login, too large'   => chunked(padded(3_000_000), 65_536), 'body_too_large', error => 'invalid_request'),
    (map { refusal("$_: 3 MB" => chunked('x' x 3_000_000, 65_536) =~ s{/login}{$_}r, 'body_too_large', error => 'invalid_request') } '/refresh', '/logout'),
    sub { $before = $most->() },
    refusal('29 MB'                     => chunked('x' x 29_000_000, 1_000_000), 'body_too_large', error => 'invalid_request'),
    sub { my $after = $most->(); Test::More::cmp_ok($after - $before, '<', 16_000, "memory for 29 MB: from $before kB to $after kB") },
    issued('good as before'             => chunked(padded(65_536), 65_536)),
]



=== HTTP/2
--- http_config
auth_token_store memory:;
server {
    listen $TEST_NGINX_OTHER http2;
    auth_token_issuer https://api.example;
    auth_token_key access ES256 access.key;
    auth_token_refresh_key refresh HS256 refresh.secret;
    location /login { auth_endpoint login; auth_password "r"; auth_password_file users.json; }
}
--- config
location /open { empty_gif; }
--- conf eval: \%::files
--- cases eval
my ($port) = $ENV{TEST_NGINX_OTHER} =~ /(\d+)\z/;
my @json = ('content-type' => 'application/json');
[
    sub {
        my $h2 = Sallyport::Http2->new($port);
        my @streams = (
            [200, 'a login'     => $h2->begin('POST', '/login', [@json], '{"username":"alice","password":"wonderland"}')],
            [200, 'a large one' => $h2->begin('POST', '/login', [@json], padded(40_000))],
            [200, 'Basic'       => $h2->begin('POST', '/login', [authorization => $::alice =~ s/^\S+ //r])],
            [401, 'a wrong one' => $h2->begin('POST', '/login', [@json], '{"username":"alice","password":"x"}')],
            [400, 'no JSON'     => $h2->begin('POST', '/login', [@json], 'x')],
            [405, 'GET'         => $h2->begin('GET', '/login', [])],
        );
        for (@streams) {
            my ($status, $name, $stream) = @$_;
            my $result = $h2->result($stream) || {};
            Test::More::is($result->{status}, $status, $name);
            Test::More::like($result->{body}, $status == 200 ? qr/"refresh_token"/ : qr/"status": ?$status\b/, "$name: the body");
        }
    },
]



=== methods and types
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $good = '{"username":"alice","password":"wonderland"}';
my $type = sub { my ($type, $text) = @_; return request('POST', '/login', defined $type ? "Content-Type: $type" : (), { body => $text // $good }) };
[
    (map { refusal("$_" => request($_, '/login', $::alice), 'method_unsupported', headers => { Allow => 'POST' }) }
        qw(GET PUT DELETE PATCH OPTIONS PROPFIND MKCOL BREW)),
    refusal('HEAD' => request('HEAD', '/login', $::alice), 'method_unsupported', headers => { Allow => 'POST' }, body => ''),
    refusal('PUT with a body' => request('PUT', '/login', 'Content-Type: application/json', { body => $good }), 'method_unsupported',
        headers => { Allow => 'POST' }),
    ['TRACE' => request('TRACE', '/login'), 405],
    (map { issued($_ => $type->($_)) } 'application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8',
        'Application/JSON', 'application/json ;x=y'),
    (map { refusal("type $_" => $type->($_), 'content_type_unsupported') } 'text/plain', 'text/json',
        'application/jsonx', 'application/problem+json', 'application', 'x application/json', 'multipart/form-data; boundary=x'),
    refusal('no type' => $type->(undef), 'content_type_unsupported'),
    refusal('JSON that says it is a form' => $type->('application/x-www-form-urlencoded'), 'request_malformed'),
    refusal('neither type nor body nor credential' => request('POST', '/login'), 'no_credential', headers => $::some_challenge),
]



=== Basic
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
my $basic = 'Basic realm="r", charset="UTF-8"';
[
    issued('a good one'           => request('POST', '/login', $::alice), 'a', then => sub {
        my $claims = claims_of($_[0]{access_token});
        return ('not alice') x ($claims->{sub} ne 'alice' || $claims->{tenant_id} ne 'acme');
    }),
    issued('Content-Length: 0'    => request('POST', '/login', $::alice, 'Content-Length: 0')),
    issued('an empty chunk'       => request('POST', '/login', $::alice, 'Transfer-Encoding: chunked') . "0\r\n\r\n"),
    issued('a type and no body'   => request('POST', '/login', $::alice, 'Content-Type: application/json')),
    issued('HTTP/1.0'             => request('POST', '/login', $::alice, { version => 'HTTP/1.0' })),
    issued('colons'               => request('POST', '/login', basic(colon => 'b:c'))),
    refusal('a wrong password'    => request('POST', '/login', basic(alice => 'x')), 'credential_invalid', headers => { 'WWW-Authenticate' => $basic }),
    refusal('an unknown user'     => request('POST', '/login', basic(nobody => 'x')), 'credential_invalid', headers => { 'WWW-Authenticate' => $basic }),
    refusal('nothing'             => request('POST', '/login'), 'no_credential', headers => { 'WWW-Authenticate' => $basic }),
    refusal('expired'             => request('POST', '/login', basic(late => 'late')), 'credential_expired', headers => { 'WWW-Authenticate' => $basic }),
    refusal('not yet valid'       => request('POST', '/login', basic(early => 'early')), 'credential_not_yet_valid', headers => { 'WWW-Authenticate' => $basic }),
    refusal('malformed'           => request('POST', '/login', 'Authorization: Basic !'), 'malformed_authorization', headers => { 'WWW-Authenticate' => qr/\A/ }),
    refusal('NUL'                 => request('POST', '/login', basic(alice => "wonderland\0")), 'malformed_authorization', headers => { 'WWW-Authenticate' => qr/\A/ }),
    refusal('a scheme that is off' => request('POST', '/login', api_key('printer-secret')), 'no_credential', headers => { 'WWW-Authenticate' => $basic }),
    refusal('a token proves nobody here' => sub { request('POST', '/login', bearer(kept('a', 'access_token'))) }, 'no_credential',
        headers => { 'WWW-Authenticate' => $basic }),
    issued('nor does it matter beside a body' => sub { login(alice => 'wonderland', bearer(kept('a', 'access_token'))) }),
    issued('nor does another scheme' => login(alice => 'wonderland', 'Authorization: Digest a=b')),
    (map { my ($name, $request) = @$_; refusal($name => $request, 400, reason => qr/\A(?:ambiguous_credential|request_malformed)\z/, error => 'invalid_request') }
        ['body and Basic'          => login(alice => 'wonderland', $::alice)],
        ['body and another\'s'     => login(alice => 'wonderland', $::bob)],
        ['body and a wrong one'    => login(alice => 'wonderland', basic(alice => 'x'))],
        ['a wrong body and Basic'  => login(alice => 'x', $::alice)],
        ['an empty object and Basic' => post('/login', '{}', $::alice)],
        ['a large body and Basic'  => post('/login', padded(40_000), $::alice)],
        ['a chunked one and Basic' => chunked('{"username":"alice","password":"wonderland"}', 5) =~ s/\r\n/\r\n$::alice\r\n/r]),
    ['two headers' => request('POST', '/login', $::alice, $::alice), 400],
]



=== a name that tokens cannot hold
--- http_config
auth_token_store sqlite:store/tokens.db;
auth_audit_log logs/audit.json;
--- config eval
$::tokens . $::endpoints . q[
location = /here { auth_password "r"; auth_password_file users; empty_gif; }
]
--- conf eval: ({ %::token_files, 'users.json' => "j\xfcrgen:" . hash('latin') . "\nj\xc3\xbcrgen:" . hash('utf-8') . "\n", users => "j\xfcrgen:" . hash('latin') . "\n" })
--- cases eval
my $latin = basic("j\xfcrgen" => 'latin');
[
    ['it is a name elsewhere'   => get('/here', $latin), 200],
    (map { refusal("a login, $_" => request('POST', '/login', $latin), 'credential_forbidden', headers => { 'WWW-Authenticate' => undef },
        log => qr/sallyport: refused 403 credential_forbidden, method "password", subject "j\\xFCrgen"/) } 1 .. 2),
    refusal('a wrong password'  => request('POST', '/login', basic("j\xfcrgen" => 'x')), 'credential_invalid', headers => $::some_challenge),
    issued('in UTF-8'           => request('POST', '/login', basic("j\xc3\xbcrgen" => 'utf-8'))),
    sub {
        my @events = access_log('audit.json') =~ /"event": ?"(\w+)"/g;
        Test::More::is("@events", 'login_refused login_refused login_refused login token_issued', 'no session of his');
    },
]



=== API keys
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . q[
auth_api_key_file keys.json;
auth_password_file users.json;
location = /key    { auth_endpoint login; auth_api_key "k"; }
location = /header { auth_endpoint login; auth_api_key "k" header=X-API-Key; }
location = /cookie { auth_endpoint login; auth_api_key "k" token=$cookie_key; }
location = /both   { auth_endpoint login; auth_api_key "k"; auth_password "p"; }
location = /apart  { auth_endpoint login; auth_api_key "k" header=X-API-Key; auth_password "p"; }
]
--- conf eval: \%::files
--- cases eval
my $good = '{"username":"alice","password":"wonderland"}';
my $printer = api_key('printer-secret');
my $who = sub { my ($sub, $tenant, @roles) = @_; return (then => sub {
    my $claims = claims_of($_[0]{access_token});
    return differ({ map { $_ => $claims->{$_} } grep { exists $claims->{$_} } qw(sub tenant_id roles) },
        { sub => $sub, defined $tenant ? (tenant_id => $tenant) : (), @roles ? (roles => [@roles]) : () }) }) };
my $two = sub { my ($name, $request) = @_;
    return refusal($name => $request, 400, reason => qr/\A(?:ambiguous_credential|request_malformed)\z/, error => 'invalid_request') };
my $key_only = { 'WWW-Authenticate' => 'Api-Key realm="k"' };
[
    issued('a key'                => request('POST', '/key', $printer), 'a', $who->('printer', 'acme', 'print')),
    issued('its sub'              => request('POST', '/key', api_key('billing-secret')), 'b', $who->('user-9')),
    issued('a slow key'           => request('POST', '/key', api_key('slow.chosen')), 'c', $who->('slow')),
    issued('in its header'        => request('POST', '/header', 'X-API-Key: printer-secret'), 'd', $who->('printer', 'acme', 'print')),
    issued('in a cookie'          => request('POST', '/cookie', 'Cookie: key=printer-secret'), 'e', $who->('printer', 'acme', 'print')),
    issued('beside passwords'     => request('POST', '/both', $printer), 'f', $who->('printer', 'acme', 'print')),
    issued('a password beside keys' => request('POST', '/both', $::alice), 'g', $who->('alice', 'acme', 'viewer', 'editor')),
    issued('JSON beside keys'     => post('/both', $good), 'h', $who->('alice', 'acme', 'viewer', 'editor')),
    issued('JSON, a key elsewhere' => post('/apart', $good), 'i', $who->('alice', 'acme', 'viewer', 'editor')),
    refusal('nothing'             => request('POST', '/key'), 'no_credential', headers => $key_only),
    refusal('a wrong key'         => request('POST', '/key', api_key('x')), 'credential_invalid', headers => $key_only),
    refusal('a wrong slow key'    => request('POST', '/key', api_key('slow.x')), 'credential_invalid', headers => $key_only),
    refusal('a wrong key in its header' => request('POST', '/header', 'X-API-Key: x'), 'credential_invalid', headers => $key_only),
    refusal('a key in another place' => request('POST', '/header', $printer), 'no_credential', headers => $key_only),
    refusal('expired'             => request('POST', '/key', api_key('late-secret')), 'credential_expired', headers => $key_only),
    refusal('not yet valid'       => request('POST', '/key', api_key('early-secret')), 'credential_not_yet_valid', headers => $key_only),
    refusal('a password where keys alone are on' => request('POST', '/key', $::alice), 'no_credential', headers => $key_only),
    refusal('JSON where keys alone are on' => post('/key', $good), 'no_credential', headers => $::json_challenge),
    refusal('both challenges'     => request('POST', '/both'), 'no_credential',
        headers => { 'WWW-Authenticate' => qr/\A(?=.*Basic realm="p", charset="UTF-8")(?=.*Api-Key realm="k")/ }),
    $two->('two keys'             => request('POST', '/header', 'X-API-Key: printer-secret', 'X-API-Key: billing-secret')),
    $two->('a key and another'    => request('POST', '/header', 'X-API-Key: printer-secret', api_key('billing-secret'))),
    $two->('a key and a password' => request('POST', '/apart', 'X-API-Key: printer-secret', $::alice)),
    $two->('a key and a body'     => post('/key', $good, $printer)),
    $two->('a key and a body, both on' => post('/both', $good, $printer)),
    $two->('a key in its header and a body' => post('/apart', $good, 'X-API-Key: printer-secret')),
    $two->('a wrong key and a body' => post('/apart', $good, 'X-API-Key: x')),
    issued('still good after all these' => request('POST', '/key', $printer)),
]



=== lookups
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . q[
auth_credential_cache 0;
location = /login { auth_endpoint login; auth_password "r"; auth_password_request /_who; }
location = /key   { auth_endpoint login; auth_api_key "k"; auth_api_key_request /_who; }
location = /_who {
    internal;
    proxy_set_header X-Name "[$auth_lookup_user]";
    proxy_set_header X-Secret "[$auth_lookup_secret]";
    proxy_pass http://$TEST_NGINX_IDP/who;
}
]
--- conf eval: \%::files
--- cases eval
my $asked = sub {
    my ($name, @lines) = @_;
    return sub {
        my $head = (($::app->requests('/who'))[-1] || {})->{head} // '';
        my @wrong = ((grep { $head !~ $_ } @lines), (grep { $head =~ $_ } qr/^Content-(?:Length|Type)/mi, qr/^Transfer-Encoding/mi));
        Test::More::ok(!@wrong, $name) or Test::More::diag("@wrong in: $head");
    };
};
my $who = sub { my ($sub, $more) = @_; return (then => sub { my $claims = claims_of($_[0]{access_token});
    return ("sub $claims->{sub}") x ($claims->{sub} ne $sub), differ({ map { $_ => $claims->{$_} } grep { exists $claims->{$_} } qw(tenant_id roles) }, $more) }) };
[
    answers('/who' => json({ sub => 'user-1', tenant_id => 'acme', roles => ['viewer'] })),
    issued('JSON'  => login(anna => 'so secret'), 'a', $who->('user-1', { tenant_id => 'acme', roles => ['viewer'] })),
    $asked->('JSON: what is asked', qr{^GET /who}, qr/^X-Name: \[anna\]\r/m, qr/^X-Secret: \[so secret\]\r/m),
    issued('Basic' => request('POST', '/login', basic(bert => 'b:c')), 'b', $who->('user-1', { tenant_id => 'acme', roles => ['viewer'] })),
    $asked->('Basic: what is asked', qr/^X-Name: \[bert\]\r/m, qr/^X-Secret: \[b:c\]\r/m, qr/^Authorization: Basic /m),
    issued('a key' => request('POST', '/key', api_key('abc.def')), 'c', $who->('user-1', { tenant_id => 'acme', roles => ['viewer'] })),
    $asked->('a key: what is asked', qr/^X-Name: \[\]\r/m, qr/^X-Secret: \[abc\.def\]\r/m),
    issued('a body in a file' => post('/login', padded(40_000))),
    $asked->('a body in a file: what is asked', qr/^X-Name: \[alice\]\r/m),
    answers('/who' => { delay => 0.3, body => '{"sub":"user-2"}' }),
    issued('a slow answer' => login(anna => 'x'), undef, $who->('user-2', {})),
    answers('/who' => 401),
    refusal('401' => login(anna => 'x'), 'credential_invalid', headers => $::some_challenge),
    answers('/who' => 404),
    refusal('404' => request('POST', '/key', api_key('x')), 'credential_invalid', headers => $::some_challenge),
    answers('/who' => 403),
    refusal('403' => login(anna => 'x'), 'credential_forbidden'),
    answers('/who' => 500),
    refusal('500' => login(anna => 'x'), 'lookup_failed', log => qr/sallyport: refused 503 lookup_failed/),
    answers('/who' => '{"tenant_id":"acme"}'),
    refusal('no sub' => login(anna => 'x'), 'lookup_failed'),
    answers('/who' => json({ sub => 'u', expires => time - 1 })),
    refusal('expired' => login(anna => 'x'), 'credential_expired', headers => $::some_challenge),
    sub { $::app->forget },
    refusal('an empty user is not asked about' => login('' => 'x'), 'credential_invalid', headers => $::some_challenge),
    malformed('nor is a malformed body' => '{"username":"anna"}'),
    fetched('nobody is asked for those', '/who', 0),
]



=== slow hashes
--- http_config
auth_token_store memory:;
auth_thread_pool default queue=1;
--- config eval
$::tokens . q[
auth_credential_cache 0;
location = /login { auth_endpoint login; auth_password "r"; auth_password_file slow.json; }
location = /cached { auth_endpoint login; auth_password "r"; auth_password_file slow.json; auth_credential_cache 1m; }
location = /open { empty_gif; }
]
--- conf eval
({ %::token_files, 'slow.json' => json({ alice => { password => slow_hash('wonderland', 11) }, yes => { password => hash('yes', 'yescrypt') },
    colon => { password => slow_hash('b:c', 5) } }) })
--- cases eval
[
    issued('yescrypt' => login(yes => 'yes'), 'a'),
    sub {
        my @logins = map { pending(login(alice => 'wonderland')) } 1 .. 4;
        my $open = pending(get('/open'));
        judge('a page without a check meanwhile', $open, 200);
        judge_all('the same login many times', \@logins, 200, body => qr/"refresh_token"/, patience => 30);
    },
    sub {
        my @all = map { pending(login("nobody$_" => 'x')) } 1 .. 20;
        my %count;
        $count{ ($_->result(30) || {})->{status} // 'none' }++ for @all;
        Test::More::ok($count{401} && $count{503} && $count{401} + $count{503} == 20, 'a full line: some are sent away') or Test::More::diag(json(\%count));
        Test::More::like(error_log(), qr/sallyport: refused 503 too_busy/, 'the log');
    },
    issued('remembered' => post('/cached', { username => 'colon', password => 'b:c' })),
    refusal('what is remembered is not for another split' => post('/cached', { username => 'colon:b', password => 'c' }), 'credential_invalid',
        headers => $::some_challenge),
    issued('remembered for JSON and Basic alike' => request('POST', '/cached', basic(colon => 'b:c'))),
]



=== what a location inherits does not guard it, and does not open it
--- http_config
auth_token_store memory:;
auth_jwt "outer";
auth_jwt_key_file keys.jwks;
auth_jwt_require $jwt_claim_mail;
auth_role_map { ALL admin; }
auth_policy observe;
--- config eval
$::tokens . $::endpoints . q[
location = /optional { auth_endpoint login; auth_policy optional; auth_password "r"; auth_password_file users.json; }
]
--- conf eval: \%::files
--- cases eval
[
    issued('no token, no role'       => login(alice => 'wonderland')),
    issued('Basic'                   => request('POST', '/login', $::alice)),
    refusal('observe: a wrong one'   => login(alice => 'x'), 'credential_invalid', headers => $::some_challenge),
    refusal('observe: Basic'         => request('POST', '/login', basic(alice => 'x')), 'credential_invalid', headers => $::some_challenge),
    refusal('observe: nothing'       => request('POST', '/login'), 'no_credential', headers => $::some_challenge),
    issued('optional'                => request('POST', '/optional', $::alice)),
    refusal('optional: nothing'      => request('POST', '/optional'), 'no_credential', headers => $::some_challenge),
    refusal('optional: a wrong one'  => post('/optional', { username => 'alice', password => 'x' }), 'credential_invalid', headers => $::some_challenge),
    refusal('a token is nobody'      => request('POST', '/login', bearer(key('HS256'), { roles => ['admin'], mail => 'x' })), 'no_credential',
        headers => $::some_challenge),
]



=== auth_tenant_expect
--- http_config
auth_token_store memory:;
map $host $tenant_of_host { acme.example acme; globex.example globex; }
--- config eval
$::tokens . q[auth_tenant_expect $tenant_of_host;] . $::endpoints
--- conf eval: \%::files
--- cases eval
my $mismatch = sub { my ($name, $host, @login) = @_;
    return refusal($name => login(@login, "Host: $host"), 'tenant_mismatch', headers => { 'WWW-Authenticate' => qr/\A/ }) };
[
    issued('of this place'          => login(alice => 'wonderland', 'Host: acme.example')),
    issued('of the other place'     => login(gus => 'gus', 'Host: globex.example')),
    $mismatch->('another tenant'    => 'globex.example', alice => 'wonderland'),
    $mismatch->('no tenant'         => 'acme.example', bob => 'builder'),
    $mismatch->('no such place'     => 'x.example', alice => 'wonderland'),
    refusal('a wrong password first' => login(alice => 'x', 'Host: globex.example'), 'credential_invalid', headers => $::some_challenge),
]



=== auth_token_audience and times
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . q[
auth_password "r";
auth_password_file users.json;
location = /one   { auth_endpoint login; auth_token_audience orders; }
location = /two   { auth_endpoint login; auth_token_audience orders invoices; }
location = /other { auth_endpoint login; auth_token_issuer https://other.example; }
location = /times { auth_endpoint login; auth_token_ttl 5m; auth_token_refresh_ttl 12h; }
location = /max   { auth_endpoint login; auth_token_session_max 1h; }
location = /brief { auth_endpoint login; auth_token_session_max 1m; }
location = /least { auth_endpoint login; auth_token_ttl 1s; auth_token_refresh_ttl 1s; auth_token_session_max 1s; }
]
--- conf eval: \%::files
--- cases eval
my $is = sub {
    my ($uri, $aud, $iss, $ttl, $refresh_ttl) = @_;
    return issued($uri => request('POST', $uri, $::alice), undef, then => sub {
        my ($tokens) = @_;
        my $access = claims_of($tokens->{access_token});
        my $refresh = claims_of($tokens->{refresh_token}, $Sallyport::Session::refresh);
        my %got = (aud => $access->{aud}, iss => $access->{iss}, refresh_aud => $refresh->{aud}, refresh_iss => $refresh->{iss},
            expires_in => $tokens->{expires_in}, refresh_expires_in => lifetime($tokens->{refresh_expires_in}, $refresh_ttl),
            lives => $access->{exp} - $access->{iat}, refresh_lives => $refresh->{exp} - $refresh->{iat});
        return differ(\%got, { aud => $aud, iss => $iss, refresh_aud => $iss, refresh_iss => $iss, expires_in => $ttl,
            refresh_expires_in => $refresh_ttl, lives => $ttl, refresh_lives => $refresh_ttl });
    });
};
my $us = 'https://api.example';
[
    $is->('/one', 'orders', $us, 900, 172_800),
    $is->('/two', ['orders', 'invoices'], $us, 900, 172_800),
    $is->('/other', 'https://other.example', 'https://other.example', 900, 172_800),
    $is->('/times', $us, $us, 300, 43_200),
    $is->('/max', $us, $us, 900, 3600),
    $is->('/brief', $us, $us, 60, 60),
    $is->('/least', $us, $us, 1, 1),
    issued('a credential that ends' => request('POST', '/one', basic(guest => 'guest')), undef, then => sub {
        my ($tokens) = @_;
        my ($access, $refresh) = @$tokens{qw(expires_in refresh_expires_in)};
        return grep { $_ } ("access: $access") x ($access > 600 || $access < 500), ("refresh: $refresh") x ($refresh != $access);
    }),
]



=== beside other modules of nginx
--- http_config
auth_token_store memory:;
limit_req_zone $binary_remote_addr zone=logins:1m rate=1r/m;
limit_req_status 429;
log_format who "$uri $status [$auth_subject$auth_method] $auth_reason";
--- config eval
$::tokens . q[
auth_password "r";
auth_password_file users.json;
location = /denied  { auth_endpoint login; deny all; }
location = /allowed { auth_endpoint login; allow 127.0.0.1; deny all; }
location = /any     { auth_endpoint login; satisfy any; allow 127.0.0.1; deny all; }
location = /limited { auth_endpoint login; limit_req zone=logins; }
location = /if      { auth_endpoint login; if ($arg_a) { limit_rate 1m; } }
location = /page    { auth_endpoint login; error_page 401 /sorry; }
location = /sorry   { auth_password off; empty_gif; }
location = /logged  { auth_endpoint login; access_log logs/who.log who; }
]
--- conf eval: \%::files
--- cases eval
[
    ['deny'                    => request('POST', '/denied', $::alice), 403],
    issued('allow'             => request('POST', '/allowed', $::alice)),
    refusal('satisfy any does not replace the password' => request('POST', '/any', basic(alice => 'x')), 'credential_invalid', headers => $::some_challenge),
    issued('limit_req'         => request('POST', '/limited', $::alice)),
    ['limit_req: too many'     => request('POST', '/limited', $::alice), 429],
    issued('inside if'         => request('POST', '/if?a=1', $::alice)),
    refusal('inside if, wrong' => request('POST', '/if?a=1', basic(alice => 'x')), 'credential_invalid', headers => $::some_challenge),
    ['the access log'          => request('POST', '/logged', $::alice), 200],
    ['the access log, refused' => request('POST', '/logged', basic(alice => 'x')), 'credential_invalid', headers => $::some_challenge],
    sub { Test::More::like(access_log('who.log'), qr{\A/logged 200 .*\n/logged 401 \[--\] credential_invalid\n\z}, 'what the access log says') },
]



=== a body that nginx has read before: in memory, in a file, in both
--- http_config
auth_token_store memory:;
--- config eval
$::tokens . q[
auth_password "r";
auth_password_file users.json;
mirror /mirrored;
location = /mirrored { internal; auth_password off; proxy_pass http://$TEST_NGINX_IDP; }
location = /memory   { auth_endpoint login; }
location = /file     { auth_endpoint login; client_body_in_file_only clean; }
location = /both     { auth_endpoint login; client_body_buffer_size 16; }
]
--- conf eval: \%::files
--- cases eval
my %alice = (username => 'alice', password => 'wonderland');
[
    (map { (
        issued("$_" => post("/$_", \%alice)),
        refusal("$_, a wrong password" => post("/$_", { %alice, password => 'x' }), 'credential_invalid', headers => $::some_challenge),
        refusal("$_, too large" => chunked('x' x 70_000, 9_000) =~ s{/login}{/$_}r, 'body_too_large', error => 'invalid_request'),
    ) } qw(memory file both)),
    sub { Test::More::ok($::app->await('/mirrored', 9), 'the bodies were mirrored') },
]
