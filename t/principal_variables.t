# Of whom the variables speak: of a principal that was admitted. One that was refused is nobody,
# wherever the request goes afterwards, and is named in the access log alone.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our $app = Sallyport::Upstream->new;

# What the application would be told.
our $names = <<'EOF_NAMES';
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra "$auth_method|$jwt_claim_sub|$jwt_header_kid|$jwt_payload|$told_by_map";
EOF_NAMES
our $map = 'map $auth_subject $told_by_map { volatile; default $auth_subject; }';

# Locations that do not check anything.
our $open = <<"EOF_OPEN";
    location \@app { $names proxy_pass http://$ENV{TEST_NGINX_ECHO}; }
    location /app { $names proxy_pass http://$ENV{TEST_NGINX_ECHO}; }
EOF_OPEN

our $accel = <<"EOF_ACCEL";
    server {
        listen $ENV{TEST_NGINX_OTHER};
        location /named { add_header X-Accel-Redirect \@app; return 200; }
        location / { add_header X-Accel-Redirect /app; return 200; }
    }
EOF_ACCEL

# Ways from a checked location to the application.
our %ways = (
    'stays'           => sub { "proxy_pass http://$ENV{TEST_NGINX_ECHO};" },
    'try_files-named' => sub { 'try_files /none @app;' },
    'try_files'       => sub { 'try_files /none /app;' },
    'accel'           => sub { "proxy_pass http://$ENV{TEST_NGINX_OTHER}/;" },
    'accel-named'     => sub { "proxy_pass http://$ENV{TEST_NGINX_OTHER}/named;" },
    'error_page'      => sub { 'error_page 404 = /app; root $TEST_NGINX_SERVER_ROOT/none;' },
    'error_page-named' => sub { 'error_page 404 = @app; root $TEST_NGINX_SERVER_ROOT/none;' },
    'index'           => sub { my ($at) = @_; <<"EOF_INDEX" },
        alias \$TEST_NGINX_SERVER_ROOT/html/; index page.txt;
        location = $at/page.txt { auth_jwt off; auth_basic off; allow all; proxy_pass http://$ENV{TEST_NGINX_ECHO}; }
EOF_INDEX
);

sub uri { my ($guard, $way) = @_; return "/$guard/$way/" . ($way eq 'index' ? '' : 'x') }

# A checked location for every way.
sub guarded {
    my ($guard, $check) = @_;
    my $ways = join '', map { my $at = "/$guard/$_"; "location $at/ { " . $ways{$_}->($at) . " }\n" } sort keys %ways;
    return "location /$guard/ {\n$names\n$check\n$ways}\n";
}

our $rules = <<'EOF_RULES';
    auth_jwt "r" token=$cookie_t;
    auth_jwt_key_file keys.jwks;
    auth_jwt_require $jwt_claim_mfa $told_by_map error=403;
    auth_tenant_expect acme;
    auth_role_map { GET editor; }
EOF_RULES

our %claims = (tenant_id => 'acme', roles => ['editor'], mfa => 'yes');
sub token_of { return 'Cookie: t=' . token(key('HS256'), { sub => 'mallory', %claims, @_ }) }
our @refused = (
    ['without mfa'       => token_of(mfa => undef), 'requirement_forbidden'],
    ['of another tenant' => token_of(tenant_id => 'globex'), 'tenant_mismatch'],
    ['without the role'  => token_of(roles => ['viewer']), 'role_missing'],
);
our $nobody  = qr/ user= tenant= roles= extra=\|\|\|\|\n\z/;
our $mallory = qr/ user=mallory tenant=acme roles=editor extra=jwt\|mallory\|hs256\|\{.*\}\|mallory\n\z/;

# The last line of an access log, as a row.
sub logged {
    my ($name, $pattern) = @_;
    return sub {
        my $last = '';
        for (1 .. 100) {     # nginx logs after it has answered
            $last = (split /\n/, access_log('who.log'))[-1] // '';
            $last =~ s/\[-\]/[]/g;
            last if $last =~ $pattern;
        }
        Test::More::like($last, $pattern, "$name: the access log");
    };
}

run_tests();

__DATA__

=== refused by us, let in by another check: nobody, wherever the request goes
--- http_config eval
$::map . $::accel
--- user_files
>>> page.txt
page
>>> htpasswd
u:{PLAIN}p
--- config eval
$::open
. main::guarded('any-address', "satisfy any; allow 127.0.0.1; deny all; $::rules")
. main::guarded('any-basic', "satisfy any; auth_basic b; auth_basic_user_file \$TEST_NGINX_SERVER_ROOT/html/htpasswd; $::rules")
. main::guarded('observe', "auth_policy observe; $::rules")
--- cases eval
my %more = ('any-address' => [], 'any-basic' => ['Authorization: Basic dTpw'], observe => []);
[
    map { my $guard = $_; map { my $way = $_; (
        (map { my ($name, $token, $reason) = @$_;
            ["$guard, $way, $name" => get(uri($guard, $way), $token, @{ $more{$guard} }), 200, reason => $reason, body => $::nobody] } @::refused),
        ["$guard, $way, expired" => get(uri($guard, $way), token_of(exp => 1), @{ $more{$guard} }), 200, reason => 'token_expired', body => $::nobody],
        ["$guard, $way, nothing" => get(uri($guard, $way), @{ $more{$guard} }), 200, reason => 'no_credential', body => $::nobody],
    ) } sort keys %::ways } qw(any-address any-basic observe)
]



=== admitted: named, wherever the request goes
--- http_config eval
$::map . $::accel
--- user_files
>>> page.txt
page
>>> htpasswd
u:{PLAIN}p
--- config eval
$::open
. main::guarded('alone', $::rules)
. main::guarded('any-address', "satisfy any; allow 127.0.0.1; deny all; $::rules")
. main::guarded('any-basic', "satisfy any; auth_basic b; auth_basic_user_file \$TEST_NGINX_SERVER_ROOT/html/htpasswd; $::rules")
. main::guarded('observe', "auth_policy observe; $::rules")
--- cases eval
[
    map { my $guard = $_; map { my $way = $_;
        ["$guard, $way" => get(uri($guard, $way), token_of()), 200, body => $::mallory]
    } sort keys %::ways } qw(alone any-address any-basic observe)
]



=== a requirement that is met, beside an address that is admitted
--- http_config eval: $::map
--- config eval
$::names . q[
auth_jwt "r" token=$cookie_t;
auth_jwt_key_file keys.jwks;
satisfy any;
allow 127.0.0.1;
deny all;
location /claim { auth_jwt_require $jwt_claim_mfa; proxy_pass http://$TEST_NGINX_ECHO; }
location /map   { auth_jwt_require $told_by_map error=403; proxy_pass http://$TEST_NGINX_ECHO; }
location /unmet { auth_jwt_require $jwt_claim_none; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    ['a claim' => get('/claim', token_of()), 200, body => $::mallory],
    ['a map'   => get('/map', token_of()), 200, body => $::mallory],
    ['unmet'   => get('/unmet', token_of()), 200, reason => 'requirement_unmet', body => $::nobody],
]



=== a refusal: nobody in its headers and where error_page leads, named in the access log
--- http_config eval
$::map . q[log_format who '$status $uri [$auth_method] [$auth_tenant] [$auth_subject] [$jwt_claim_sub] [$auth_reason]';]
--- config eval
$::rules . $::names . q[
access_log logs/who.log who;
add_header X-User "$auth_subject$auth_method$auth_roles$jwt_payload$told_by_map" always;
location /plain { empty_gif; }
location /json  { auth_error_body json; empty_gif; }
location /uri   { error_page 403 = /app; empty_gif; }
location /named { error_page 403 = @app; empty_gif; }
location /kept  { error_page 403 /app; empty_gif; }
location /twice { error_page 403 = /missing; recursive_error_pages on; empty_gif; }
location /missing { auth_jwt off; error_page 404 = @app; root $TEST_NGINX_SERVER_ROOT/none; }
location @app   { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /app   { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $unnamed = { 'X-User' => undef };
[
    map { my ($name, $token, $reason) = @$_; my $tenant = $reason eq 'tenant_mismatch' ? 'globex' : 'acme'; (
        (map { ["$_, $name" => get($_, $token), $reason, headers => $unnamed],
            logged("$_, $name", qr{^403 $_ \[jwt\] \[$tenant\] \[mallory\] \[mallory\] \[$reason\]$}) } qw(/plain /json)),
        (map { ["$_, $name" => get($_, $token), 200, reason => $reason, headers => $unnamed, body => $::nobody],
            logged("$_, $name", qr{^200 \S+ \[jwt\] \[$tenant\] \[mallory\] \[mallory\] \[$reason\]$}) } qw(/uri /named /twice)),
        ["/kept, $name" => get('/kept', $token), 403, reason => $reason, headers => $unnamed, body => $::nobody],
        logged("/kept, $name", qr{^403 /app \[jwt\] \[$tenant\] \[mallory\] \[mallory\] \[$reason\]$}),
    ) } @::refused
]



=== let in although we refused: nobody in the headers, named in the access log with the reason
--- http_config eval
$::map . q[log_format who '$status $uri [$auth_subject] [$auth_reason]';]
--- config eval
$::rules . $::names . q[
access_log logs/who.log who;
add_header X-User "$auth_subject$auth_method$auth_roles$jwt_payload$told_by_map" always;
location /address { satisfy any; allow 127.0.0.1; deny all; proxy_pass http://$TEST_NGINX_ECHO; }
location /observe { auth_policy observe; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    map { my ($name, $token, $reason) = @$_; map {
        ["$_, $name" => get($_, $token), 200, reason => $reason, headers => { 'X-User' => undef }, body => $::nobody],
        logged("$_, $name", qr{^200 $_ \[mallory\] \[$reason\]$}),
    } qw(/address /observe) } @::refused
]



=== admitted by us, refused by another check: nobody where error_page leads
--- user_files
>>> htpasswd
u:{PLAIN}p
--- http_config eval
$::map . q[log_format who '$status $uri [$auth_subject] [$auth_reason]';]
--- config eval
$::open . $::rules . $::names . q[
access_log logs/who.log who;
error_page 401 403 = @nobody;
location @nobody { auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location = /_no { internal; auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO/denied; }
location /basic   { auth_basic b; auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/htpasswd; empty_gif; }
location /request { auth_request /_no; empty_gif; }
location /address { deny all; empty_gif; }
location /then    { auth_request off; try_files /none /request; }
]
--- cases eval
[
    (map { ["$_, a good token" => get($_, token_of()), 200, body => $::nobody] } qw(/basic /request /address /then)),
    ['/basic, a password'      => get('/basic', token_of(), 'Authorization: Basic dTpw'), 200],
    logged('/basic', qr{^200 /basic \[mallory\] \[\]$}),
]



=== post_action
--- http_config eval: $::map
--- config eval
$::rules . $::names . q[
location /after    { auth_jwt off; proxy_pass http://$TEST_NGINX_IDP; }
location /plain    { post_action /after; empty_gif; }
location /observe  { post_action /after; auth_policy observe; empty_gif; }
location /address  { post_action /after; satisfy any; allow 127.0.0.1; deny all; empty_gif; }
]
--- cases eval
my $accounted = sub {
    my ($name, $user) = @_;
    return sub {
        $::app->await('/after', 1) or Test::More::fail("$name: post_action");
        Test::More::like(($::app->requests('/after'))[-1]{head}, qr/^GET \S+ HTTP\S+\r\n(?!.*^X-User:)/ms, "$name: nobody") unless $user;
        Test::More::like(($::app->requests('/after'))[-1]{head}, qr/^X-User: $user\r$/m, "$name: named") if $user;
        $::app->forget;
    };
};
[
    sub { $::app->answer('/after' => 'noted') },
    (map { my ($name, $token, $reason) = @$_; (
        ["refused, $name" => get('/plain', $token), $reason], $accounted->("refused, $name"),
        (map { ["$_, $name" => get($_, $token), 200, reason => $reason], $accounted->("$_, $name") } qw(/observe /address)),
    ) } @::refused),
    (map { ["$_, admitted" => get($_, token_of()), 200], $accounted->("$_, admitted", 'mallory') } qw(/plain /observe /address)),
]



=== what a subrequest was told is not the main request's
--- http_config eval
$::map . q[log_format who '$status $uri [$auth_subject]';]
--- config eval
$::names . q[
access_log logs/who.log who;
auth_jwt_key_file keys.jwks;
location = /me { auth_endpoint me; auth_jwt "r" token=$cookie_t; auth_jwt_require $jwt_claim_mfa; auth_tenant_expect acme; auth_role_map { GET editor; } }
location /app  { auth_request /me; auth_request_set $who $auth_subject; error_page 401 403 = @anon;
    proxy_set_header X-Extra "$who"; proxy_pass http://$TEST_NGINX_ECHO; }
location @anon { proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
[
    (map { my ($name, $token, $reason) = @$_; my $status = { requirement_forbidden => 'requirement_unmet' }->{$reason} // $reason;
        ["$name" => get('/app', $token), 200, reason => $status, body => $::nobody] } @::refused),
    ['expired'  => get('/app', token_of(exp => 1)), 200, reason => 'token_expired', body => $::nobody],
    ['admitted' => get('/app', token_of()), 200, body => qr/ user= tenant= roles= extra=mallory\n/],
    logged('admitted', qr{^200 /app \[\]$}),
]



=== proved before the access phase, for a limit
--- http_config eval
$::map . q[
limit_req_zone $auth_subject zone=subjects:1m rate=1r/m;
log_format who '$status $uri [$auth_subject] [$auth_reason]';
]
--- config eval
$::rules . $::names . q[
access_log logs/who.log who;
limit_req zone=subjects;
limit_req_status 429;
location /refused { error_page 403 = @app; empty_gif; }
location /observe { auth_policy observe; try_files /none @app; }
location @app { limit_req_dry_run on; auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /page { limit_req_dry_run on; auth_jwt off; proxy_pass http://$TEST_NGINX_ECHO; }
location /limited { error_page 429 = /page; proxy_pass http://$TEST_NGINX_ECHO; }
]
--- cases eval
my $of = sub { my $user = shift; 'Cookie: t=' . token(key('HS256'), { %::claims, sub => $user, @_ }) };
[
    ['refused for her role'      => get('/refused', $of->('anna', roles => [])), 200, reason => 'role_missing', body => $::nobody],
    logged('refused', qr{^200 /refused \[anna\] \[role_missing\]$}),
    ['and counted'               => get('/refused', $of->('anna', roles => [])), 429],
    ['observed'                  => get('/observe', $of->('bert', roles => [])), 200, reason => 'role_missing', body => $::nobody],
    ['and counted'               => get('/observe', $of->('bert', roles => [])), 429],
    ['admitted'                  => get('/limited', $of->('carl')), 200, body => qr/ user=carl /],
    ['and counted: nobody on the page that says so' => get('/limited', $of->('carl')), 200, body => $::nobody],
]
