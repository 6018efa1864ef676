# auth_password: user and password of the Authorization header, where the check applies, and what a
# user means to the rules that tokens have.

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

sub raw { return 'Authorization: Basic ' . $_[0] }
sub encoded { return raw(encode_base64($_[0], '')) }

our %htpasswd = (htpasswd => users(alice => 'wonderland', colon => 'a:b::', umlaut => "gr\xc3\xbc\xc3\x9fe",
    "j\xc3\xbcrgen" => 'jay', nothing => '', 'a b' => 'blank') . 'long:' . hash('x' x 511, 'sha512') . "\nlonger:" . hash("y" x 512, "sha") . "\n");
our %json = ('users.json' => json({
    alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
    bob   => { password => hash('builder'), sub => 'user-17', tenant_id => 'globex', roles => ['viewer'] },
    carol => { password => hash('carol'), tenant_id => undef },
}));
our $none = { 'WWW-Authenticate' => undef };

run_tests();

__DATA__

=== the Authorization header
--- config
location /x {
    auth_password "reports";
    auth_password_file htpasswd;
    empty_gif;
}
--- conf eval: \%::htpasswd
--- cases eval
my $good = encode_base64('alice:wonderland', '');
[
    ['nothing'              => get('/x'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Basic realm="reports", charset="UTF-8"' }],
    ['a good password'      => get('/x', basic(alice => 'wonderland')), 200, headers => $::none],
    ['the same once more'   => get('/x', basic(alice => 'wonderland')), 200],
    ['a wrong password'     => get('/x', basic(alice => 'wonderlan')), 'credential_invalid',
        headers => { 'WWW-Authenticate' => 'Basic realm="reports", charset="UTF-8"' }],
    ['in another case'      => get('/x', basic(alice => 'Wonderland')), 'credential_invalid'],
    ['a longer password'    => get('/x', basic(alice => 'wonderland1')), 'credential_invalid'],
    ['no password'          => get('/x', basic(alice => '')), 'credential_invalid'],
    ['an unknown user'      => get('/x', basic(nobody => 'wonderland')), 'credential_invalid'],
    ['a user in another case' => get('/x', basic(Alice => 'wonderland')), 'credential_invalid'],
    ['no user'              => get('/x', basic('' => 'wonderland')), 'credential_invalid'],
    ['colons in the password' => get('/x', basic(colon => 'a:b::')), 200],
    ['a colon less'         => get('/x', basic(colon => 'a:b:')), 'credential_invalid'],
    ['cut at a colon'       => get('/x', basic(colon => 'a')), 'credential_invalid'],
    ['UTF-8'                => get('/x', basic(umlaut => "gr\xc3\xbc\xc3\x9fe")), 200],
    ['ISO 8859-1 is another password' => get('/x', basic(umlaut => "gr\xfc\xdfe")), 'credential_invalid'],
    ['a user in UTF-8'      => get('/x', basic("j\xc3\xbcrgen" => 'jay')), 200],
    ['a user with a blank'  => get('/x', basic('a b' => 'blank')), 200],
    ['an empty password of one who has it' => get('/x', basic(nothing => '')), 200],
    ['511 bytes'           => get('/x', basic(long => 'x' x 511)), 200],
    ['512 bytes are wrong' => get('/x', basic(longer => 'y' x 512)), 'credential_invalid'],
    ['2000 bytes'          => get('/x', basic(long => 'x' x 2000)), 'credential_invalid'],
    ['basic'                => get('/x', "Authorization: basic $good"), 200],
    ['BASIC'                => get('/x', "Authorization: BASIC $good"), 200],
    ['a header name in capitals' => get('/x', "AUTHORIZATION: Basic $good"), 200],
    ['several blanks'       => get('/x', "Authorization: Basic   $good"), 200],
    ['a scheme that begins with Basic' => get('/x', "Authorization: Basics $good"), 'no_credential'],
    ['another scheme'       => get('/x', 'Authorization: Digest username="alice"'), 'no_credential'],
    ['a token'              => get('/x', bearer(key('HS256'))), 'no_credential'],
    ['HEAD'                 => request('HEAD', '/x', basic(alice => 'wonderland')), 200, body => ''],
    ['HEAD, refused'        => request('HEAD', '/x', basic(alice => 'w')), 'credential_invalid', body => ''],
    ['HTTP/1.0'             => request('GET', '/x', basic(alice => 'wonderland'), { version => 'HTTP/1.0' }), 200],
    ['HTTP/1.0, refused'    => request('GET', '/x', { version => 'HTTP/1.0' }), 'no_credential'],
    ['two headers'          => get('/x', basic(alice => 'wonderland'), basic(alice => 'wonderland')), 400],
    ['user and password in the URL are not read' => get('/x?user=alice&password=wonderland'), 'no_credential'],
]



=== malformed
--- config
location /x {
    auth_password "r";
    auth_password_file htpasswd;
    empty_gif;
}
--- conf eval: \%::htpasswd
--- cases eval
my $any = sub { my ($name, $line) = @_; [$name => get('/x', $line), 'malformed_authorization', headers => { 'WWW-Authenticate' => undef }] };
[
    $any->('Basic alone'      => 'Authorization: Basic'),
    $any->('an empty header'  => 'Authorization:'),
    $any->('a garbled header' => 'Authorization: "= ,'),
    $any->('no base64'        => raw('!!!!')),
    $any->('base64url'        => raw('YWxpY2U6_-8')),
    $any->('one character'    => raw('Y')),
    $any->('a broken length'  => raw('YWxpY2U6d')),
    $any->('padding inside'   => raw('YWxp=Y2U6dw==')),
    $any->('too much padding' => raw('YWxpY2U6dw====')),
    $any->('something behind' => encoded('alice:wonderland') . ' x'),
    $any->('parameters'       => encoded('alice:wonderland') . ', realm="r"'),
    $any->('quoted'           => raw('"YWxpY2U6dw=="')),
    $any->('no colon'         => encoded('alice')),
    $any->('NUL in the password'  => encoded("alice:wonderland\0x")),
    $any->('NUL at the end'       => encoded("alice:wonderland\0")),
    $any->('NUL in the user'      => encoded("alice\0:wonderland")),
    $any->('a line break'         => encoded("alice:wonderland\n")),
    $any->('a carriage return'    => encoded("al\rice:wonderland")),
    $any->('a tab'                => encoded("alice\t:wonderland")),
    $any->('DEL'                  => encoded("alice:wonder\x7fland")),
    ['still good after all these' => get('/x', basic(alice => 'wonderland')), 200],
]



=== the realm may contain variables
--- config
auth_password_file htpasswd;
location /x { auth_password "realm of $host"; empty_gif; }
location /arg { auth_password $arg_realm; empty_gif; }
--- conf eval: \%::htpasswd
--- cases eval
[
    ['no credential'  => get('/x', 'Host: acme.example'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Basic realm="realm of acme.example", charset="UTF-8"' }],
    ['wrong'          => get('/x', 'Host: acme.example', basic(alice => 'w')), 'credential_invalid',
        headers => { 'WWW-Authenticate' => 'Basic realm="realm of acme.example", charset="UTF-8"' }],
    ['off by a variable is a realm' => get('/arg?realm=off'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Basic realm="off", charset="UTF-8"' }],
    ['a quote cannot end it' => get('/arg?realm=a"b'), 'no_credential',
        headers => { 'WWW-Authenticate' => qr/\ABasic realm="(?:[^"\\]|\\.)*", charset="UTF-8"\z/ }],
]



=== off, inheritance, an inner file replaces the outer one
--- http_config
auth_password "http";
auth_password_file htpasswd;
--- config
location /inherits { empty_gif; }
location /off {
    auth_password off;
    empty_gif;
    location /off/nested { empty_gif; }
    location /off/on { auth_password "again"; empty_gif; }
}
location /own { auth_password_file other; empty_gif; }
--- conf eval
({ %::htpasswd, other => users(bob => 'builder', alice => 'looking-glass') })
--- cases eval
my $alice = basic(alice => 'wonderland');
[
    ['inherited from http' => get('/inherits'), 'no_credential',
        headers => { 'WWW-Authenticate' => 'Basic realm="http", charset="UTF-8"' }],
    ['inherited users'     => get('/inherits', $alice), 200],
    ['off'                 => get('/off'), 200],
    ['off, malformed'      => get('/off', 'Authorization: Basic !'), 200],
    ['off is inherited'    => get('/off/nested'), 200],
    ['on again'            => get('/off/on'), 'no_credential', headers => { 'WWW-Authenticate' => qr/realm="again"/ }],
    ['on again, good'      => get('/off/on', $alice), 200],
    ['the inner file'      => get('/own', basic(bob => 'builder')), 200],
    ['its alice'           => get('/own', basic(alice => 'looking-glass')), 200],
    ['a password that another file proved' => get('/own', $alice), 'credential_invalid'],
    ['and the other way'   => get('/inherits', basic(alice => 'looking-glass')), 'credential_invalid'],
    ['the inner user is not known further out' => get('/inherits', basic(bob => 'builder')), 'credential_invalid'],
]



=== limit_except, if
--- config
auth_password_file htpasswd;
location /reads-open {
    limit_except GET { auth_password "writers"; auth_password_file other; auth_password_plain off; auth_credential_cache 0; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /writes-open {
    auth_password "readers";
    limit_except GET { auth_password off; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /if { auth_password "r"; if ($arg_a) { expires 1h; } empty_gif; }
--- conf eval
({ %::htpasswd, other => users(bob => 'builder') })
--- cases eval
my $alice = basic(alice => 'wonderland');
[
    ['reads are open'      => get('/reads-open'), 200],
    ['HEAD is a read'      => request('HEAD', '/reads-open'), 200],
    ['writes are not'      => request('POST', '/reads-open', { body => 'x' }), 'no_credential'],
    ['writes need another' => request('POST', '/reads-open', $alice, { body => 'x' }), 'credential_invalid'],
    ['writes'              => request('POST', '/reads-open', basic(bob => 'builder'), { body => 'x' }), 200],
    ['reads need one'      => get('/writes-open'), 'no_credential'],
    ['reads'               => get('/writes-open', $alice), 200],
    ['writes do not'       => request('POST', '/writes-open', { body => 'x' }), 200],
    ['inside if'           => get('/if?a=1'), 'no_credential'],
    ['inside if, good'     => get('/if?a=1', $alice), 200],
]



=== auth_password_challenge browser
--- config
auth_password "r"; auth_password_file users.json;
auth_jwt "r"; auth_jwt_key_file keys.jwks;
location /default { empty_gif; }
location /basic   { auth_password_challenge basic; empty_gif; }
location /browser { auth_password_challenge browser; empty_gif; location /browser/inner { empty_gif; } location /browser/off { auth_password_challenge basic; empty_gif; } }
location = /login { auth_endpoint login; auth_password_challenge browser; auth_token_key a HS256 base64url:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE; auth_token_refresh_key b HS256 base64url:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI; auth_token_issuer i; }
--- http_config
auth_token_store memory:;
--- conf eval
({ 'users.json' => json({ alice => { password => hash('wonderland') } }) })
--- cases eval
my $has = sub { my ($scheme) = @_; return (headers => { 'WWW-Authenticate' => qr/(?:^|, )\Q$scheme\E realm="r", charset="UTF-8"/ }) };
my @script = ('X-Requested-With: XMLHttpRequest');
my @cors = ('Sec-Fetch-Mode: cors');
my $refused = sub { my ($name, $uri, $scheme, @lines) = @_; (
    ["$name: nobody" => get($uri, @lines), 'no_credential', $has->($scheme)],
    ["$name: wrong"  => get($uri, @lines, basic(alice => 'x')), 'credential_invalid', $has->($scheme)],
) };
[
    $refused->('the default, a script', '/default', 'Basic', @script, @cors),
    $refused->('basic, a script', '/basic', 'Basic', @script, @cors),
    $refused->('browser, a page', '/browser', 'Basic'),
    $refused->('browser, navigation', '/browser', 'Basic', 'Sec-Fetch-Mode: navigate'),
    $refused->('browser, X-Requested-With', '/browser', 'xBasic', @script),
    $refused->('browser, any value', '/browser', 'xBasic', 'x-requested-with: app.example'),
    $refused->('browser, Sec-Fetch-Mode', '/browser', 'xBasic', @cors),
    $refused->('browser, both', '/browser', 'xBasic', @script, @cors),
    $refused->('inherited', '/browser/inner', 'xBasic', @cors),
    $refused->('an inner level', '/browser/off', 'Basic', @cors),
    ['a right password' => get('/browser', @cors, basic(alice => 'wonderland')), 200, headers => { 'WWW-Authenticate' => undef }],
    ['login, a page'    => request('POST', '/login', basic(alice => 'x')), 'credential_invalid', headers => { 'WWW-Authenticate' => qr/^Basic / }],
    ['login, a script'  => request('POST', '/login', @cors, basic(alice => 'x')), 'credential_invalid', headers => { 'WWW-Authenticate' => qr/^xBasic / }],
]
