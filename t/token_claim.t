# auth_token_claim: claims that the configuration adds to access tokens.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland'), roles => ['viewer'] } }));

# What the access token says beside the usual; the refresh token says nothing of it.
sub says {
    my (%expected) = @_;
    return (then => sub {
        my ($tokens) = @_;
        my %usual = map { $_ => qr/./ } qw(iss sub aud iat exp jti sid roles);
        my $refresh = claims_of($tokens->{refresh_token}, $Sallyport::Session::refresh);
        return differ(claims_of($tokens->{access_token}), { %usual, %expected }), map { "$_ in the refresh token" } grep { exists $refresh->{$_} } keys %expected;
    });
}

run_tests();

__DATA__

=== strings, variables and JSON
--- http_config
auth_token_store memory:;
map $http_x_json $json { default $http_x_json; }
--- config eval
$::tokens . q[
auth_token_claim client_id web;
auth_token_claim device "$http_x_device on $server_name";
auth_token_claim limits 'json={"rate":10,"of":["a",null]}';
auth_token_claim beta json=true;
auth_token_claim asked json=$json;
auth_token_claim absent $http_x_absent;
location = /login { auth_endpoint login; auth_password "r"; auth_password_file users.json; }
location = /refresh { auth_endpoint refresh; }
location = /own { auth_endpoint refresh; auth_token_claim plan gold; }
location = /api { auth_jwt "r"; auth_token_accept on; proxy_set_header X-User $jwt_claim_client_id; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- conf eval: \%::files
--- cases eval
my %constant = (client_id => 'web', limits => { rate => 10, of => ['a', undef] }, beta => qr/true|1/);
my $login = sub { login(alice => 'wonderland', @_) };
my $bad = sub { my ($name, @lines) = @_; return refusal($name => $login->(@lines), 'request_malformed', log => qr/\[error\].*auth_token_claim/) };
[
    issued('a login'            => $login->('X-Device: phone', 'X-Json: {"n":[1,2]}'), 'a', says(%constant, device => 'phone on localhost', asked => { n => [1, 2] })),
    ['which is accepted'        => access('/api', 'a'), 200, body => qr/user=web /],
    issued('an empty value is left out' => $login->(), undef, says(%constant, device => ' on localhost')),
    issued('a quote'            => $login->('X-Device: a"b\\c'), undef, says(%constant, device => 'a"b\\c on localhost')),
    issued('JSON of a variable' => $login->('X-Json: "text"'), undef, says(%constant, device => ' on localhost', asked => 'text')),
    issued('a claim brings no other' => $login->('X-Device: x","roles":["admin'), undef, says(%constant, device => 'x","roles":["admin on localhost', roles => ['viewer'])),
    $bad->('not UTF-8'          => "X-Device: \xff"),
    $bad->('not JSON'           => 'X-Json: {'),
    $bad->('more than one value' => 'X-Json: 1,"roles":["admin"]'),
    $bad->('a member twice'     => 'X-Json: {"a":1,"a":2}'),
    $bad->('deep'               => 'X-Json: ' . '[' x 100 . ']' x 100),
    issued('a refresh evaluates anew' => refresh('a', 'X-Device: tablet'), 'b', says(%constant, device => 'tablet on localhost')),
    refusal('a bad value spends nothing' => refresh('b', 'X-Json: {'), 'request_malformed'),
    issued('so that it is still good' => refresh('b'), 'c', says(%constant, device => ' on localhost')),
    issued('a location replaces all' => sub { post('/own', { refresh_token => kept('c') }) }, undef, says(plan => 'gold')),
]



=== long values
--- http_config
auth_token_store memory:;
large_client_header_buffers 4 32k;
--- config eval
$::tokens . q[
location = /login { auth_endpoint login; auth_password "r"; auth_password_file users.json; auth_token_claim a $http_x_a; auth_token_claim b $http_x_b; }
location = /api { auth_jwt "r"; auth_token_accept on; empty_gif; }
]
--- conf eval: \%::files
--- cases eval
[
    issued('8,000 bytes' => login(alice => 'wonderland', 'X-A: ' . 'x' x 4000, 'X-B: ' . 'y' x 4000), 'a'),
    ['are accepted'      => access('/api', 'a'), 200],
    refusal('one of 9,000 bytes' => login(alice => 'wonderland', 'X-A: ' . 'x' x 9000), 'request_malformed', log => qr/auth_token_claim/),
    refusal('two of 5,000 bytes' => login(alice => 'wonderland', 'X-A: ' . 'x' x 5000, 'X-B: ' . 'y' x 5000), 'request_malformed', log => qr/auth_token_claim/),
]
