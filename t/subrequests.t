# Subrequests: nginx has no access phase in them, so a location that is guarded must not be asked by
# one as if it judged. `me` judges itself, and waits as other locations do.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $app   = Sallyport::Upstream->new;
our $token = bearer(key('HS256'));
our ($alice, $wrong) = (basic(alice => 'wonderland'), basic(alice => 'x'));
our $unchecked = qr/\[error\].*sallyport: a subrequest is not checked here.*auth_endpoint me/;
our %users = ('users.json' => json({ alice => { password => slow_hash('wonderland', 8), roles => ['viewer'] } }),
    'keys.json' => json({ printer => { key => slow_hash('secret', 8) } }));

# A row: nobody gets in, whatever he presents.
sub closed {
    my ($uri, @more) = @_;
    return map { ["$uri, $_->[0]" => get($uri, @{ $_->[1] }), 500, reason => qr/\A/, log => $unchecked, @more] }
        ['nothing' => []], ['a good token' => [$token]], ['a bad one' => [bearer('a.b.c')]];
}

run_tests();

__DATA__

=== auth_request to a location with auth_jwt
--- config
auth_jwt_key_file keys.jwks;
location = /page { return 200 page; }
location = /_file   { error_page 500 =200 /page; internal; auth_jwt "r"; empty_gif; }
location = /_return { error_page 500 =200 /page; internal; auth_jwt "r"; return 204; }
location = /_proxy  { error_page 500 =200 /page; internal; auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location = /_roles  { error_page 500 =200 /page; internal; auth_jwt "r"; auth_role_map { GET admin; POST off; } empty_gif; }
location = /_optional { error_page 500 =200 /page; internal; auth_jwt "r"; auth_policy optional; empty_gif; }
location = /_password { error_page 500 =200 /page; internal; auth_password "r"; auth_password_file users.json; empty_gif; }
location = /_key    { error_page 500 =200 /page; internal; auth_api_key "r" header=X-Key; auth_api_key_file keys.json; empty_gif; }
location = /_named  { error_page 500 =200 /page; internal; try_files /none @named; }
location = /_path   { error_page 500 =200 /page; internal; try_files /none /_file; }
location @named     { error_page 500 =200 /page; auth_jwt "r"; empty_gif; }
location /file      { auth_request /_file; empty_gif; }
location /return    { auth_request /_return; empty_gif; }
location /proxy     { auth_request /_proxy; empty_gif; }
location /roles     { auth_request /_roles; empty_gif; }
location /optional  { auth_request /_optional; empty_gif; }
location /password  { auth_request /_password; empty_gif; }
location /key       { auth_request /_key; empty_gif; }
location /named     { auth_request /_named; empty_gif; }
location /path      { auth_request /_path; empty_gif; }
location /any       { auth_request /_file; satisfy any; deny all; empty_gif; }
--- conf eval: \%::users
--- cases eval
[map { closed($_) } qw(/file /return /proxy /roles /optional /password /key /named /path /any)]



=== auth_request from a location that is less guarded than the one it asks
--- config
auth_jwt_key_file keys.jwks;
location = /_strict   { internal; auth_jwt "r"; empty_gif; }
location /off         { auth_jwt "r"; auth_role_map { GET off; ALL on; } auth_request /_strict; empty_gif; }
location /optional    { auth_jwt "r"; auth_policy optional; auth_request /_strict; empty_gif; }
location /observe     { auth_jwt "r"; auth_policy observe; auth_request /_strict; empty_gif; }
location /any         { auth_jwt "r" token=$cookie_t; satisfy any; auth_request /_strict; empty_gif; }
--- cases eval
[
    (map { closed($_) } qw(/off /observe)),
    ['optional, nothing'      => get('/optional'), 500, reason => qr/\A/, log => $::unjudged],
    ['optional, a good token' => get('/optional', $::token), 500, reason => qr/\A/, log => $::unjudged],
    ['optional, a bad token'  => get('/optional', bearer('a.b.c')), 'token_malformed'],
    ['a cookie or a header: nothing' => get('/any'), 500, reason => qr/\A/, log => $::unjudged],
    ['a cookie or a header: a header' => get('/any', $::token), 500, reason => qr/\A/, log => $::unjudged],
    ['a cookie or a header: a cookie' => get('/any', 'Cookie: t=' . token(key('HS256'))), 200],
]



=== where the main request is guarded itself, nothing changes
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
location = /_yes  { internal; proxy_pass http://$TEST_NGINX_ECHO/; }
location = /_own  { internal; auth_role_map { GET admin; } proxy_pass http://$TEST_NGINX_ECHO/; }
location = /_no   { internal; proxy_pass http://$TEST_NGINX_ECHO/denied; }
location = /_look { internal; auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO/; }
location /yes     { auth_request /_yes; empty_gif; }
location /own     { auth_request /_own; empty_gif; }
location /no      { auth_request /_no; empty_gif; }
location /any     { satisfy any; auth_request /_yes; empty_gif; }
location /observe/ {
    auth_policy observe;
    location = /observe/_yes { internal; proxy_pass http://$TEST_NGINX_ECHO/; }
    location /observe/x { auth_request /observe/_yes; empty_gif; }
}
location /open    { auth_jwt off; auth_request /_look; empty_gif; }
--- cases eval
[
    (map { ["$_, a token" => get($_, $::token), 200], ["$_, nothing" => get($_), 'no_credential'] } qw(/yes /own)),
    ['refused there'       => get('/no', $::token), 403],
    ['satisfy any'         => get('/any'), 200, reason => 'no_credential'],
    ['observed as the main request is' => get('/observe/x'), 200, reason => 'no_credential'],
    ['no guard in either'  => get('/open'), 200],
]



=== mirror and SSI run after the access phase
--- user_files
>>> page.html
<!--# include virtual="/guarded" -->
--- config
auth_jwt_key_file keys.jwks;
location /page.html { ssi on; mirror /mirrored; }
location /guarded   { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location /mirrored  { internal; auth_jwt "r"; proxy_pass http://$TEST_NGINX_IDP; }
--- cases eval
[
    ['included' => get('/page.html'), 200, body => qr{^GET /guarded}],
    sub { Test::More::ok($::app->await('/mirrored', 1), 'mirrored') },
]



=== auth_request to me waits: a slow hash
--- config
auth_credential_cache 0;
location = /me  { auth_endpoint me; auth_password "r"; auth_password_file users.json; auth_api_key "k" header=X-Key; auth_api_key_file keys.json; }
location = /roles { auth_endpoint me; auth_password "r"; auth_password_file users.json; auth_role_map { GET admin; } }
location /app   { auth_request /me; auth_request_set $who $auth_subject; proxy_set_header X-User $who; proxy_pass http://$TEST_NGINX_ECHO; }
location /admin { auth_request /roles; empty_gif; }
--- conf eval: \%::users
--- cases eval
[
    ['a good password' => get('/app', $::alice), 200, body => qr/user=alice /],
    ['a wrong one'     => get('/app', $::wrong), 'credential_invalid', headers => { 'WWW-Authenticate' => qr/realm="/ }],
    ['nothing'         => get('/app'), 401, reason => 'no_credential', headers => { 'WWW-Authenticate' => qr/\A/ }],
    ['a good key'      => get('/app', 'X-Key: printer.secret'), 200, body => qr/user=printer /],
    ['a wrong key'     => get('/app', 'X-Key: printer.x'), 401, reason => 'credential_invalid', headers => { 'WWW-Authenticate' => qr/\A/ }],
    ['without the role' => get('/admin', $::alice), 403, reason => 'role_missing'],
    ['a POST, whose body goes on' => request('POST', '/app', $::alice, { body => 'x' x 5000 }), 200, body => qr/^POST .*user=alice /],
    sub {
        my @good = map { pending(get('/app', $::alice)) } 1 .. 10;
        my @bad = map { pending(get('/app', basic(alice => "x$_"))) } 1 .. 10;
        $_->leave for @good[0, 1], @bad[0, 1];
        judge_all('many at once: good', [@good[2 .. 9]], 200, body => qr/user=alice /);
        judge_all('many at once: wrong', [@bad[2 .. 9]], 'credential_invalid');
    },
    ['one connection' => [[get('/app', $::alice), 200], [get('/app', $::wrong), 401, reason => 'credential_invalid'], [get('/app', $::alice), 200]]],
]



=== auth_request to me waits: a lookup
--- user_files
>>> page.html
<!--# include virtual="/me?1" --><!--# include virtual="/me?2" --><!--# include virtual="/me?3" -->
--- config
auth_credential_cache 0;
auth_password "r";
auth_password_request /_who;
location = /_who { internal; proxy_set_header X-Extra $auth_lookup_user; proxy_pass http://$TEST_NGINX_IDP/who; }
location = /me  { auth_endpoint me; }
location /app   { auth_password off; auth_request /me; auth_request_set $who $auth_subject; proxy_set_header X-User $who; proxy_pass http://$TEST_NGINX_ECHO; }
location /page.html { auth_password off; ssi on; }
--- cases eval
[
    answers('/who' => { delay => 0.2, body => '{"sub":"one"}' }),
    ['found'       => get('/app', $::alice), 200, body => qr/user=one /],
    sub { Test::More::like(($::app->requests('/who'))[-1]{head}, qr/^X-Extra: alice\r$/m, 'who was asked for') },
    ['three in a page' => get('/page.html', $::alice), 200, body => qr/\A(?:\{"sub":"one",[^{}]*\}\n){3}\n\z/],
    answers('/who' => { delay => 0.1, status => 401 }),
    ['not found'   => get('/app', $::alice), 401, reason => 'credential_invalid', headers => { 'WWW-Authenticate' => qr/\A/ }],
    answers('/who' => { delay => 0.1, status => 500 }),
    ['down'        => get('/app', $::alice), 500, reason => 'lookup_failed'],
    sub {
        $::app->answer('/who' => { delay => 0.4, body => '{"sub":"one"}' });
        my @all = map { pending(get('/app', $::alice)) } 1 .. 6;
        $::app->await('/who', 9);
        $_->leave for @all[0 .. 2];
        judge_all('some go away', [@all[3 .. 5]], 200, body => qr/user=one /);
    },
]



=== auth_request to me waits: keys
--- config
location = /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location = /me  { auth_endpoint me; auth_jwt "r"; auth_jwt_key_request /_jwks; }
location /app   { auth_request /me; auth_request_set $who $auth_subject; proxy_set_header X-User $who; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    answers('/jwks' => { delay => 0.2, body => jwks(key('HS256')) }),
    ['good'   => get('/app', $::token), 200, body => qr/user=alice /],
    ['forged' => get('/app', bearer(key('HS256', 'forger'), {}, { kid => 'hs256' })), 401, reason => 'signature_invalid', headers => { 'WWW-Authenticate' => qr/\A/ }],
    answers('/jwks' => { delay => 0.2, status => 500 }),
]



=== an endpoint waits where another check let the request in
--- http_config
auth_token_store memory:;
--- config eval
use Sallyport::Session;
$Sallyport::Session::tokens . q[
satisfy any;
allow all;
auth_credential_cache 0;
location = /me     { auth_endpoint me; auth_password "r"; auth_password_file users.json; }
location = /revoke { auth_endpoint revoke; auth_password "r"; auth_password_file users.json; auth_role_map { POST viewer; } }
location = /introspect { auth_endpoint introspect; auth_password "r"; auth_password_file users.json; auth_role_map { POST viewer; } }
]
--- conf eval
({ %::users, %Sallyport::Session::token_files })
--- cases eval
my $form = sub { request('POST', $_[0], $_[1], 'Content-Type: application/x-www-form-urlencoded', { body => 'token=x.y.z' }) };
[
    ['me'                => get('/me', $::alice), 200, body => qr/"sub": ?"alice"/],
    ['me, a wrong one'   => get('/me', $::wrong), 401, reason => 'credential_invalid', headers => { 'WWW-Authenticate' => qr/Basic/ }],
    ['revoke'            => $form->('/revoke', $::alice), 200],
    ['revoke, a wrong one' => $form->('/revoke', $::wrong), 401, reason => 'credential_invalid', headers => { 'WWW-Authenticate' => qr/Basic/ }],
    ['introspect'        => $form->('/introspect', $::alice), 200, body => qr/"active": ?false/],
    ['introspect, a wrong one' => $form->('/introspect', $::wrong), 401, reason => 'credential_invalid', headers => { 'WWW-Authenticate' => qr/Basic/ }],
]
