# auth_jwt_phase preaccess: the decision is made in the preaccess phase, in subrequests too.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $app = Sallyport::Upstream->new;
our $hs  = key('HS256');
our %users = ('users.json' => json({ alice => { password => slow_hash('wonderland', 8), roles => ['viewer'] } }));

sub with { my ($claims) = @_; return bearer($hs, $claims) }
sub cookie { my ($claims) = @_; return 'Cookie: t=' . token($hs, $claims) }

# The expectations of a request that auth_request refuses: the module names the reason, and nginx
# passes on the challenge.
sub refused_there {
    my ($status, $reason) = @_;
    return ($status, reason => $reason, log => qr/sallyport: refused \d+ $reason/);
}

run_tests();

__DATA__

=== auth_request to a location that decides
--- config
add_header X-Who $who;
auth_jwt_key_file keys.jwks;
auth_jwt_phase preaccess;
location = /page    { auth_jwt off; return 200 page; }
location = /_file   { error_page 401 403 500 503 =200 /page; recursive_error_pages on; internal; auth_jwt "r"; empty_gif; }
location = /_proxy  { internal; auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
location = /_return { error_page 401 =200 /page; internal; auth_jwt "r"; return 204; }
location = /_text   { error_page 401 =200 /page; internal; auth_jwt "r"; return 200 text; }
location = /_named  { internal; auth_jwt off; try_files /none @named; }
location = /_path   { internal; auth_jwt off; try_files /none /_file; }
location = /_error  { internal; auth_jwt off; error_page 404 =200 /_file; return 404; }
location = /_rewrite { internal; auth_jwt off; rewrite ^ /_return last; }
location = /_accel  { internal; auth_jwt off; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://$TEST_NGINX_IDP/accel; }
location = /_if     { internal; auth_jwt "r"; if ($uri) { set $x 1; } empty_gif; }
location @named     { error_page 401 =200 /page; auth_jwt "r"; empty_gif; }
location /file      { auth_request /_file; auth_request_set $who $auth_subject; empty_gif; }
location /proxy     { auth_request /_proxy; auth_request_set $who $auth_subject; empty_gif; }
location /return    { auth_request /_return; auth_request_set $who $auth_subject; empty_gif; }
location /text      { auth_request /_text; auth_request_set $who $auth_subject; empty_gif; }
location /named     { auth_request /_named; auth_request_set $who $auth_subject; empty_gif; }
location /path      { auth_request /_path; auth_request_set $who $auth_subject; empty_gif; }
location /error     { auth_request /_error; auth_request_set $who $auth_subject; empty_gif; }
location /rewrite   { auth_request /_rewrite; auth_request_set $who $auth_subject; empty_gif; }
location /accel     { auth_request /_accel; auth_request_set $who $auth_subject; empty_gif; }
location /if        { auth_request /_if; auth_request_set $who $auth_subject; empty_gif; }
--- cases eval
my @uris = qw(/file /proxy /return /text /named /path /error /rewrite /accel /if);
my $challenge = { headers => { 'WWW-Authenticate' => qr/\ABearer realm="r"/ } };
[
    answers('/accel' => { headers => ['X-Accel-Redirect: /_file'] }),
    map { (
        ["$_: a token" => get($_, with({ sub => 'alice' })), 200, headers => { 'X-Who' => 'alice' }],
        ["$_: nothing" => get($_), refused_there(401, 'no_credential'), %$challenge],
        ["$_: expired" => get($_, with({ exp => 1 })), refused_there(401, 'token_expired'), %$challenge],
        ["$_: forged"  => get($_, bearer(key('HS256', 'forger'), {}, { kid => 'hs256' })), refused_there(401, 'signature_invalid'), %$challenge],
        ["$_: a POST"  => request('POST', $_, with({ sub => 'alice' }), { body => 'x' }), 405, headers => { 'X-Who' => undef }],
        ["$_: a POST, nothing"  => request('POST', $_, { body => 'x' }), refused_there(401, 'no_credential')],
    ) } @uris,
]



=== one connection
--- config
auth_jwt_key_file keys.jwks;
location = /_auth { internal; auth_jwt "r"; auth_jwt_phase preaccess; empty_gif; }
location /x       { auth_request /_auth; auth_request_set $who $auth_subject; proxy_set_header X-User $who; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['alternating' => [
        [get('/x', with({ sub => 'alice' })), 200, body => qr/user=alice /], [get('/x'), refused_there(401, 'no_credential')],
        [get('/x', with({ sub => 'bob' })), 200, body => qr/user=bob /], [get('/x'), refused_there(401, 'no_credential')],
    ]],
]



=== roles, scopes, tenant and requirements in a subrequest
--- config
auth_jwt_key_file keys.jwks;
auth_jwt_phase preaccess;
auth_jwt "r";
location = /page     { auth_jwt off; return 200 page; }
location = /_role    { error_page 403 =200 /page; internal; auth_role_map { GET admin; } empty_gif; }
location = /_scope   { error_page 403 =200 /page; internal; auth_scope_map { GET read; } empty_gif; }
location = /_tenant  { error_page 403 =200 /page; internal; auth_tenant_expect $http_x_tenant; empty_gif; }
location = /_claim   { error_page 401 =200 /page; internal; auth_jwt_require_claim level eq admin; empty_gif; }
location = /_require { error_page 403 =200 /page; internal; auth_require $http_x_ok; empty_gif; }
location = /_every   { error_page 403 =200 /page; internal; auth_jwt off; auth_require $http_x_ok; empty_gif; }
location = /_early   { error_page 403 =200 /page; internal; auth_jwt off; auth_require $http_x_ok; return 204; }
location = /_public  { error_page 403 =200 /page; internal; auth_role_map { GET off; } auth_require $http_x_ok; empty_gif; }
location = /_optional { internal; auth_policy optional; empty_gif; }
location = /_observe { internal; auth_policy observe; empty_gif; }
location /t/ { auth_jwt off;
    location /t/role     { auth_request /_role; empty_gif; }
    location /t/scope    { auth_request /_scope; empty_gif; }
    location /t/tenant   { auth_request /_tenant; empty_gif; }
    location /t/claim    { auth_request /_claim; empty_gif; }
    location /t/require  { auth_request /_require; empty_gif; }
    location /t/every    { auth_request /_every; empty_gif; }
    location /t/early    { auth_request /_early; empty_gif; }
    location /t/public   { auth_request /_public; empty_gif; }
    location /t/optional { auth_request /_optional; empty_gif; }
    location /t/observe  { auth_request /_observe; empty_gif; }
}
location /who { auth_jwt off; auth_request /_role; auth_request_set $who $auth_subject; error_page 403 /told; add_header X-Who "[$who]" always; add_header X-Reason $auth_reason always; empty_gif; }
location = /told { auth_jwt off; add_header X-Who "[$who]" always; add_header X-Reason $auth_reason always; empty_gif; }
--- cases eval
[
    ['role'        => get('/t/role', with({ roles => ['admin'] })), 200],
    ['no role'     => get('/t/role', with({ roles => ['user'] })), refused_there(403, 'role_missing')],
    ['scope'       => get('/t/scope', with({ scope => 'read write' })), 200],
    ['no scope'    => get('/t/scope', with({ scope => 'write' })), refused_there(403, 'scope_missing')],
    ['tenant'      => get('/t/tenant', with({ tenant_id => 'acme' }), 'X-Tenant: acme'), 200],
    ['another tenant' => get('/t/tenant', with({ tenant_id => 'acme' }), 'X-Tenant: globex'), refused_there(403, 'tenant_mismatch')],
    ['claim'       => get('/t/claim', with({ level => 'admin' })), 200],
    ['another claim' => get('/t/claim', with({ level => 'user' })), refused_there(401, 'requirement_unmet')],
    ['require'     => get('/t/require', with({}), 'X-Ok: 1'), 200],
    ['not met'     => get('/t/require', with({})), refused_there(403, 'request_forbidden')],
    ['every: met'     => get('/t/every', 'X-Ok: 1'), 200],
    ['every: not met' => get('/t/every'), refused_there(403, 'request_forbidden')],
    ['early: met'     => get('/t/early', 'X-Ok: 1'), 200],
    ['early: not met' => get('/t/early'), refused_there(403, 'request_forbidden')],
    ['public: met'     => get('/t/public', 'X-Ok: 1'), 200],
    ['public: not met' => get('/t/public'), refused_there(403, 'request_forbidden')],
    ['optional: nothing' => get('/t/optional'), 200],
    ['optional: a bad token' => get('/t/optional', bearer('a.b.c')), refused_there(401, 'token_malformed')],
    ['observe'     => get('/t/observe'), 200, reason => qr/\A/, log => qr/would refuse 401 no_credential/],
    ['a refused principal is not named' => get('/who', with({ sub => 'mallory' })), 403, reason => qr/\A/, headers => { 'X-Who' => '[]' }],
]



=== main requests
--- config
auth_jwt_key_file keys.jwks;
auth_jwt_phase preaccess;
auth_jwt "r";
location /x        { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /any      { satisfy any; allow all; empty_gif; }
location /denied   { satisfy any; deny all; empty_gif; }
location /role     { auth_role_map { GET admin; POST off; } proxy_pass http://$TEST_NGINX_ECHO; }
location /json     { auth_error_body json; empty_gif; }
location /page     { error_page 401 /own.txt; empty_gif; }
location = /own.txt { auth_jwt off; add_header X-Who "[$auth_subject]" always; add_header X-Reason $auth_reason always; return 200 own; }
location /try      { try_files /none /x; }
location /named    { auth_jwt off; try_files /none @named; }
location @named    { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /redirect { auth_jwt off; rewrite ^ /x last; }
location /observe  { auth_policy observe; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /access   { auth_jwt_phase access; satisfy any; allow all; empty_gif; }
--- cases eval
my $alice = with({ sub => 'alice' });
[
    (map { (
        ["$_: a token" => get($_, $alice), 200],
        ["$_: nothing" => get($_), 'no_credential'],
        ["$_: expired" => get($_, with({ exp => 1 })), 'token_expired'],
    ) } qw(/x /any /json /try /named /redirect)),
    ['the user'     => get('/x', $alice), 200, body => qr/user=alice /],
    ['after a redirect' => get('/try', $alice), 200, body => qr/user=alice /],
    ['denied by another check' => get('/denied', $alice), 403],
    ['denied, without a token' => get('/denied'), 'no_credential'],
    ['role'         => get('/role', with({ roles => ['admin'] })), 200],
    ['no role'      => get('/role', $alice), 'role_missing'],
    ['public'       => request('POST', '/role', { body => 'x' }), 200],
    ['json'         => get('/json'), 'no_credential', headers => { 'Content-Type' => 'application/problem+json', 'WWW-Authenticate' => qr/\ABearer/ }],
    ['error_page'   => get('/page'), 401, body => 'own', reason => 'no_credential', headers => { 'X-Who' => '[]' }],
    ['observe'      => get('/observe'), 200, reason => 'no_credential', body => qr/user= /],
    ['logged once'  => sub { Test::More::is(lines_with(qr/would refuse 401 no_credential/), 1, 'observed once') }]->[1],
    ['the access phase' => get('/access'), 200, reason => 'no_credential'],
]



=== main requests wait
--- config
auth_credential_cache 0;
auth_jwt_phase preaccess;
location = /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location = /_who  { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /keys    { auth_jwt "r"; auth_jwt_key_request /_jwks; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /hash    { auth_password "r"; auth_password_file users.json; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /lookup  { auth_password "r"; auth_password_request /_who; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /me      { auth_endpoint me; auth_password "r"; auth_password_file users.json; }
location /asks    { auth_request /me; auth_request_set $who $auth_subject; proxy_set_header X-User $who; proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval: \%::users
--- cases eval
my ($alice, $wrong) = (basic(alice => 'wonderland'), basic(alice => 'x'));
[
    answers('/jwks' => { delay => 0.2, body => jwks($::hs) }, '/who' => { delay => 0.2, body => '{"sub":"one"}' }),
    ['keys'          => get('/keys', with({ sub => 'alice' })), 200, body => qr/user=alice /],
    ['keys: forged'  => get('/keys', bearer(key('HS256', 'forger'), {}, { kid => 'hs256' })), 'signature_invalid'],
    ['keys: a POST'  => request('POST', '/keys', with({ sub => 'alice' }), { body => 'x' x 5000 }), 200, body => qr/^POST .*user=alice /],
    ['hash'          => get('/hash', $alice), 200, body => qr/user=alice /],
    ['hash: wrong'   => get('/hash', $wrong), 'credential_invalid'],
    ['lookup'        => get('/lookup', $alice), 200, body => qr/user=one /],
    ['me waits in a subrequest' => get('/asks', $alice), 200, body => qr/user=alice /],
    answers('/who' => { delay => 0.1, status => 401 }),
    ['lookup: wrong' => get('/lookup', $wrong), 'credential_invalid'],
]



=== subrequests do not wait
--- config
auth_jwt_phase preaccess;
location = /page    { return 200 page; }
location = /_jwks   { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location = /_who    { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location = /_keys   { error_page 503 =200 /page; internal; auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
location = /_hash   { error_page 503 =200 /page; internal; auth_password "r"; auth_password_file users.json; empty_gif; }
location = /_lookup { error_page 503 =200 /page; internal; auth_password "r"; auth_password_request /_who; empty_gif; }
location = /_return { error_page 503 =200 /page; internal; auth_password "r"; auth_password_file users.json; auth_credential_cache 0; return 204; }
location /keys      { auth_request /_keys; empty_gif; }
location /hash      { auth_request /_hash; empty_gif; }
location /lookup    { auth_request /_lookup; empty_gif; }
location /return    { auth_request /_return; empty_gif; }
location /warm      { auth_password "r"; auth_password_file users.json; empty_gif; }
--- conf eval: \%::users
--- cases eval
my $alice = basic(alice => 'wonderland');
my @waits = (500, reason => 'cannot_wait', log => qr/\[error\].*sallyport: refused 503 cannot_wait/);
[
    answers('/jwks' => jwks($::hs)),
    ['keys, the first time' => get('/keys', with({})), @waits],
    ['keys, once fetched'   => get('/keys', with({})), 200, within => 5],
    ['keys, nothing'        => get('/keys'), refused_there(401, 'no_credential')],
    ['hash'                 => get('/hash', $alice), @waits],
    ['hash: wrong'          => get('/hash', basic(alice => 'x')), @waits],
    ['return'               => get('/return', $alice), @waits],
    ['warm'                 => get('/warm', $alice), 200],
    ['hash, cached'         => get('/hash', $alice), 200],
    ['hash, not the cached' => get('/hash', basic(alice => 'x')), @waits],
    ['lookup'               => get('/lookup', $alice), @waits],
    sub { Test::More::is(scalar $::app->requests('/who'), 0, 'nobody was asked') },
]



=== the main request and the subrequest decide for themselves
--- config
auth_jwt_key_file keys.jwks;
location = /_pre    { internal; auth_jwt "cookie" token=$cookie_t; auth_jwt_phase preaccess; empty_gif; }
location = /_access { internal; auth_jwt "cookie" token=$cookie_t; empty_gif; }
location /access    { auth_jwt "main" token=$cookie_m; auth_request /_pre; auth_request_set $who $auth_subject; proxy_set_header X-User "$auth_subject,$who"; proxy_pass http://$TEST_NGINX_ECHO; }
location /pre       { auth_jwt "main" token=$cookie_m; auth_jwt_phase preaccess; auth_request /_pre; auth_request_set $who $auth_subject; proxy_set_header X-User "$auth_subject,$who"; proxy_pass http://$TEST_NGINX_ECHO; }
location /mixed     { auth_jwt "main" token=$cookie_m; auth_jwt_phase preaccess; satisfy any; auth_request /_access; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /unchecked { auth_request /_access; empty_gif; }
--- cases eval
my ($alice, $bob) = map { token($::hs, { sub => $_ }) } qw(alice bob);
[
    (map { (
        ["$_: both"     => get($_, "Cookie: m=$alice; t=$bob"), 200, body => qr/user=alice,bob /],
        ["$_: the main one only" => get($_, "Cookie: m=$alice"), 401, reason => qr/\A/, headers => { 'WWW-Authenticate' => qr/\ABearer realm="cookie"\z/ }],
        ["$_: the other one only" => get($_, "Cookie: t=$bob"), 401, reason => 'no_credential', headers => { 'WWW-Authenticate' => qr/realm="main"/ }],
    ) } qw(/access /pre)),
    ['mixed' => get('/mixed', "Cookie: m=$alice"), 200, body => qr/user=alice /],
    ['mixed, nothing' => get('/mixed', "Cookie: t=$bob"), 'no_credential'],
    ['a location of the access phase is still refused' => get('/unchecked', "Cookie: t=$bob"), 500, reason => qr/\A/, log => qr/a subrequest is not checked here/],
]



=== limit_req: guessing is limited, and a subrequest is counted by its own principal
--- http_config
limit_req_zone $auth_subject zone=user:1m rate=1r/m;
limit_req_zone $binary_remote_addr zone=address:1m rate=1r/m;
--- config
auth_jwt_key_file keys.jwks;
auth_jwt_phase preaccess;
limit_req_status 429;
location = /_auth { internal; auth_jwt "r" token=$cookie_t; limit_req zone=user burst=1 nodelay; empty_gif; }
location /sub     { auth_request /_auth; empty_gif; }
location /guess   { auth_jwt "r"; limit_req zone=address burst=1 nodelay; empty_gif; }
location /user    { auth_jwt "r"; limit_req zone=user burst=1 nodelay; empty_gif; }
--- cases eval
[
    ['sub'           => get('/sub', cookie({ sub => 'alice' })), 200],
    ['sub, again'    => get('/sub', cookie({ sub => 'alice' })), 200],
    ['sub, too often' => get('/sub', cookie({ sub => 'alice' })), 500],
    ['sub, bob'      => get('/sub', cookie({ sub => 'bob' })), 200],
    ['sub, nobody'   => get('/sub'), refused_there(401, 'no_credential')],
    ['main'          => get('/user', with({ sub => 'carol' })), 200],
    ['main, again'   => get('/user', with({ sub => 'carol' })), 200],
    ['main, too often' => get('/user', with({ sub => 'carol' })), 429],
    ['main, forged'  => get('/user', bearer(key('HS256', 'forger'), { sub => 'dave' }, { kid => 'hs256' })), 'signature_invalid'],
    ['main, dave'    => get('/user', with({ sub => 'dave' })), 200],
    ['guess'         => get('/guess'), 'no_credential'],
    ['guess, again'  => get('/guess'), 'no_credential'],
    ['guess, too often' => get('/guess', with({})), 429],
]



=== variables of one request do not leak into the other
--- http_config
map $auth_subject $mapped { default "<$auth_subject>"; "" none; }
--- config
auth_jwt_key_file keys.jwks;
location = /_auth { internal; auth_jwt "r" token=$cookie_t; auth_jwt_phase preaccess; set $seen $mapped; proxy_set_header X-User $mapped; proxy_pass http://$TEST_NGINX_ECHO; }
location /map     { auth_request /_auth; proxy_set_header X-User $mapped; proxy_pass http://$TEST_NGINX_ECHO; }
location /own     { auth_jwt "r" token=$cookie_m; auth_request /_auth; proxy_set_header X-User $mapped; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    ['the main request has no principal' => get('/map', cookie({ sub => 'bob' })), 200, body => qr/user=none /],
    ['the main request has its own' => get('/own', cookie({ sub => 'bob' }) . '; m=' . token($::hs, { sub => 'alice' })), 200, body => qr/user=<alice> /],
]



=== SSI and mirror
--- user_files
>>> page.html
[<!--# include virtual="/part" -->][<!--# include virtual="/text" -->]
--- config
auth_jwt_key_file keys.jwks;
auth_jwt_phase preaccess;
location = /page.html { ssi on; }
location = /part     { auth_jwt "r" token=$cookie_t; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location = /text     { auth_jwt "r" token=$cookie_t; return 200 secret; }
location /mirrored/  { mirror /_mirror; empty_gif; }
location = /_mirror  { internal; auth_jwt "r" token=$cookie_t; auth_role_map { GET on; POST writer; } proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_IDP; }
--- cases eval
[
    ['included'     => get('/page.html', cookie({ sub => 'bob' })), 200, body => qr{^\[GET /part.*user=bob .*\]\[secret\]}s],
    ['not included' => get('/page.html'), 200, body => "[][]\n", reason => qr/\A/, log => qr/refused 401 no_credential/],
    ['mirrored'     => get('/mirrored/x', cookie({ sub => 'bob' })), 200],
    sub { Test::More::ok($::app->await('/_mirror', 1), 'mirrored') },
    ['not mirrored' => get('/mirrored/x'), 200, log => qr/refused 401 no_credential/],
    sub { Test::More::is(scalar(() = $::app->requests('/_mirror')), 1, 'not mirrored') },
]



=== slices continue the admitted request
--- http_config
server {
    listen $TEST_NGINX_OTHER;
    location / { root html; }
}
--- user_files eval
[['big.txt' => 'x' x 5000]]
--- config
auth_credential_cache 0;
auth_jwt_phase preaccess;
location /big.txt { slice 1000; auth_password "r"; auth_password_file users.json; proxy_set_header X-User $auth_subject; proxy_set_header Range $slice_range; proxy_pass http://$TEST_NGINX_OTHER; }
--- conf eval: \%::users
--- cases eval
[
    ['all of it' => get('/big.txt', basic(alice => 'wonderland')), 200, body => 'x' x 5000],
    ['nothing'   => get('/big.txt'), 'no_credential'],
]



=== requests of our own are not checked
--- config
auth_jwt_phase preaccess;
auth_jwt "r";
auth_jwt_key_request /_jwks;
auth_require $http_x_ok;
location = /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
location = /_who  { internal; proxy_pass http://$TEST_NGINX_IDP/who; }
location /x       { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /lookup  { auth_password "r"; auth_password_request /_who; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
[
    answers('/jwks' => jwks($::hs), '/who' => '{"sub":"one"}'),
    ['keys'    => get('/x', with({ sub => 'alice' }), 'X-Ok: 1'), 200, body => qr/user=alice /],
    ['lookup'  => get('/lookup', basic(alice => 'x'), 'X-Ok: 1'), 200, body => qr/user=one /],
    ['nothing' => get('/x', 'X-Ok: 1'), 'no_credential'],
]



=== a subrequest of a subrequest, and an internal redirect in one
--- user_files
>>> outer.html
outer <!--# include virtual="/inner.html" -->
>>> inner.html
inner <!--# include virtual="/user?of-the-main-request" --><!--# include virtual="/guarded" --><!--# include virtual="/moved" -->
--- config
auth_jwt_key_file keys.jwks;
location = /outer.html { ssi on; auth_jwt "main" token=$cookie_m; auth_jwt_phase preaccess; }
location = /inner.html { ssi on; auth_jwt "r" token=$cookie_t; auth_jwt_phase preaccess; }
location = /user       { proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location = /guarded    { auth_jwt "r" token=$cookie_u; auth_jwt_phase preaccess; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location = /moved      { auth_jwt "r" token=$cookie_u; auth_jwt_phase preaccess; try_files /none /user?moved; }
--- cases eval
my ($m, $t, $u) = map { token($::hs, { sub => $_ }) } qw(mary tom uma);
[
    ['each has its own' => get('/outer.html', "Cookie: m=$m; t=$t; u=$u"), 200,
        body => qr{^outer inner GET /user\?of-the-main.*?user=mary .*GET /guarded.*?user=uma .*GET /user\?moved.*?user=uma }s],
    ['one is refused'   => get('/outer.html', "Cookie: m=$m; t=$t"), 200, body => qr{^outer inner GET /user\?of-the-main.*?user=mary (?!.*GET)}s],
    ['the inner page is refused' => get('/outer.html', "Cookie: m=$m; u=$u"), 200, body => "outer \n"],
]



=== the refusal of a subrequest in logs and error pages
--- http_config
log_format who '$uri $status [$auth_subject] [$auth_reason]';
--- config
auth_jwt_key_file keys.jwks;
access_log logs/who.log who;
log_subrequest on;
location = /_role  { internal; auth_jwt "r"; auth_jwt_phase preaccess; auth_role_map { GET admin; } empty_gif; }
location = /app    { auth_request /_role; error_page 401 = @login; error_page 403 /told; empty_gif; }
location @login    { return 302 /login; }
location = /told   { return 403 "$auth_explanation"; }
--- cases eval
[
    ['a login page' => get('/app'), 302, reason => 'no_credential', headers => { Location => qr{/login\z} }],
    ['an explanation' => get('/app', with({ sub => 'mallory', roles => ['user'] })), 403, reason => 'role_missing', body => qr/role_missing.*GET.*admin/],
    sub {
        Test::More::like(access_log('who.log'), qr{^/_role 401 \[-?\] \[no_credential\]\n/app 302 \[-?\] \[no_credential\]\n/_role 403 \[mallory\] \[role_missing\]\n/told 403 \[-?\] \[role_missing\]$}m, 'logged');
    },
]



=== HTTP/2
--- http_config
server {
    listen $TEST_NGINX_OTHER http2;
    auth_jwt_key_file keys.jwks;
    auth_jwt_phase preaccess;
    location = /_auth { internal; auth_jwt "r"; return 204; }
    location /sub { auth_request /_auth; auth_request_set $who $auth_subject; add_header X-Who $who; empty_gif; }
    location /x   { auth_jwt "r"; add_header X-Who $auth_subject; empty_gif; }
}
--- config
location /y { empty_gif; }
--- cases eval
my $ask = sub { curl('--http2-prior-knowledge', '-o', '/dev/null', '-D', '-', @_[1 .. $#_], "http://$ENV{TEST_NGINX_OTHER}$_[0]") };
[
    sub {
        for my $uri (qw(/sub /x)) {
            Test::More::like($ask->($uri, '-H', with({ sub => 'alice' })), qr{^HTTP/2 200.*^x-who: alice$}ms, "$uri: a token");
            Test::More::like($ask->($uri), qr{^HTTP/2 401.*^www-authenticate: Bearer realm="r"$}ms, "$uri: nothing");
        }
    },
]
