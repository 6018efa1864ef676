# auth_endpoint_cors: which pages of other origins may call an endpoint.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland'), roles => ['support'] } }), 'keys.json' => json({}));
our $app = 'https://app.example';
our @uris = qw(/login /refresh /logout /jwks /me /revoke /introspect /sessions);
our $endpoints = q[
    auth_jwt "r";
    auth_token_accept on;
    auth_role_map { ALL support; }
    location = /login { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_api_key "k" header=X-API-Key; auth_api_key_file keys.json; }
    location = /refresh { auth_endpoint refresh; }
    location = /logout { auth_endpoint logout; }
    location = /jwks { auth_endpoint jwks; }
    location = /me { auth_endpoint me; }
    location = /revoke { auth_endpoint revoke; }
    location = /introspect { auth_endpoint introspect; }
    location = /sessions { auth_endpoint sessions; }
];
our %none = map { $_ => undef } qw(Vary Access-Control-Allow-Origin Access-Control-Allow-Methods Access-Control-Allow-Headers Access-Control-Allow-Credentials
    Access-Control-Max-Age Access-Control-Expose-Headers);

sub preflight {
    my ($uri, $origin, @lines) = @_;
    return request('OPTIONS', $uri, "Origin: $origin", 'Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: authorization,content-type', @lines);
}
sub is_get { return $_[0] =~ /me|jwks/ }
sub allowed { my ($origin) = @_; return (%none, Vary => 'Origin', 'Access-Control-Allow-Origin' => $origin, 'Access-Control-Expose-Headers' => 'WWW-Authenticate, DPoP-Nonce') }

run_tests();

__DATA__

=== none without the directive
--- http_config
auth_token_store memory:;
--- config eval: $::tokens . $::endpoints
--- conf eval: \%::files
--- cases eval
[
    (map { my $uri = $_; ["a preflight: $uri" => preflight($uri, $::app), 0 + grep({ $uri eq $_ } qw(/me /revoke /introspect /sessions)) ? 401 : 405, reason => qr/./, headers => { %::none }] } @::uris),
    issued('a login' => login(alice => 'wonderland', "Origin: $::app"), 'a', headers => { %::none }),
]



=== the origins that are listed
--- http_config
auth_token_store memory:;
auth_endpoint_cors https://app.example http://localhost:3000;
--- config eval
$::tokens . $::endpoints . q[
location = /off { auth_endpoint jwks; auth_endpoint_cors off; }
location = /own { auth_endpoint jwks; auth_endpoint_cors https://other.example; }
location = /plain { proxy_pass http://$TEST_NGINX_ECHO; }
location = /open { auth_jwt off; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
my $from = sub { my ($origin) = @_; return "Origin: $origin" };
my $refused = sub { my ($uri) = @_; return ((grep { $uri eq $_ } qw(/me /revoke /introspect /sessions)) ? 401 : 405, reason => qr/./) };
my %vary = (%::none, Vary => 'Origin');
[
    (map { my $uri = $_; map { my $origin = $_; ["a preflight: $uri from $origin" => preflight($uri, $origin), 204, body => '', headers => { ::allowed($origin),
        'Access-Control-Allow-Methods' => $uri eq '/sessions' ? 'GET, HEAD, DELETE' : ::is_get($uri) ? 'GET, HEAD' : $uri eq '/revoke' ? 'POST, DELETE' : 'POST', 'Access-Control-Max-Age' => '600',
        'Access-Control-Allow-Headers' => $uri eq '/login' ? 'Authorization, Content-Type, DPoP, X-API-Key' : 'Authorization, Content-Type, DPoP' }] }
        $::app, 'http://localhost:3000' } @::uris),
    (map { my $uri = $_; map { my $origin = $_; ["not listed: $uri from $origin" => preflight($uri, $origin), $refused->($uri), headers => { %vary }] }
        'https://evil.example', 'null', 'https://app.example.evil', 'https://app.example/', 'HTTPS://APP.EXAMPLE', 'http://app.example', 'http://localhost', '' } @::uris),
    (map { my $uri = $_; (
        ["two origins: $uri"     => preflight($uri, $::app, $from->($::app)), $refused->($uri), headers => { %vary }],
        ["no preflight: $uri"    => request('OPTIONS', $uri, $from->($::app)), $refused->($uri), headers => { ::allowed($::app) }],
        ["no origin: $uri"       => request('OPTIONS', $uri, 'Access-Control-Request-Method: POST'), $refused->($uri), headers => { %vary }],
    ) } @::uris),
    issued('a login'             => login(alice => 'wonderland', $from->($::app)), 'a', headers => { ::allowed($::app) }),
    issued('from elsewhere'      => login(alice => 'wonderland', $from->('https://evil.example')), 'b', headers => { %vary }),
    issued('from nowhere'        => login(alice => 'wonderland'), 'c', headers => { %vary }),
    refusal('a refusal can be read' => login(alice => 'x', $from->($::app)), 'credential_invalid', headers => { ::allowed($::app), 'WWW-Authenticate' => qr/Bearer/ }),
    refusal('not by others'      => login(alice => 'x', $from->('https://evil.example')), 'credential_invalid', headers => { %vary, 'WWW-Authenticate' => qr/./ }),
    refusal('who is not admitted' => get('/me', $from->($::app)), 'no_credential', headers => { ::allowed($::app), 'WWW-Authenticate' => qr/Bearer/ }),
    ['who is'                    => sub { get('/me', $from->($::app), as('a')->()) }, 200, headers => { ::allowed($::app) }],
    ['the keys'                  => get('/jwks', $from->($::app)), 200, headers => { ::allowed($::app), 'Cache-Control' => 'public, max-age=300' }],
    ['too large a body'          => post('/login', 'x' x 70_000, $from->($::app)), 'body_too_large', headers => { ::allowed($::app) }],
    issued('a refresh'           => refresh('a', $from->($::app)), 'a', headers => { ::allowed($::app) }),
    ['a logout'                  => logout('a', $from->($::app)), 204, headers => { ::allowed($::app) }],
    ['off'                       => preflight('/off', $::app), 405, reason => qr/./, headers => { %::none }],
    ['its own'                   => preflight('/own', 'https://other.example'), 204],
    ['and no other'              => preflight('/own', $::app), 405, reason => qr/./, headers => { %vary }],
    ['a location that is no endpoint is guarded' => preflight('/plain', $::app), 'no_credential', headers => { %::none }],
    ['and one that is not is left alone' => get('/open', $from->($::app)), 200, headers => { %::none }],
]



=== a preflight opens nothing else
--- http_config
auth_token_store memory:;
auth_endpoint_cors https://app.example;
--- config eval
$::tokens . q[
auth_jwt "r";
auth_token_accept on;
location /me {
    auth_endpoint me;
    if ($arg_app) { proxy_pass http://$TEST_NGINX_ECHO; }
    location /me/in { proxy_pass http://$TEST_NGINX_ECHO; }
}
location /denied { auth_endpoint me; deny all; }
]
--- conf eval: \%::files
--- cases eval
[
    ['the endpoint'               => preflight('/me', $::app), 204],
    ['a block that answers'       => preflight('/me?app=1', $::app), 'no_credential'],
    ['a location inside'          => preflight('/me/in', $::app), 'no_credential'],
    ['deny'                       => preflight('/denied', $::app), 403, reason => qr/\A\z/],
    ['another method'             => request('GET', '/me', "Origin: $::app", 'Access-Control-Request-Method: GET'), 'no_credential'],
]
