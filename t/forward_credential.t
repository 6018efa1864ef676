# auth_forward_credential: what upstreams, subrequests and logs see of the credential.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Dpop;
use Sallyport::Pending;
use Sallyport::Upstream;
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $signer = key('HS256');
our $idp = Sallyport::Upstream->new;
our $token = token($signer, { sub => 'alice' });
our $holder = key('ES256', 'holder');
our $bound = bound_to($holder);
our $bearer = "Authorization: Bearer $token";
our $basic = 'Authorization: Basic ' . encode_base64('alice:wonderland', '');
our $key = '0123456789abcdef0123456789abcdef';

# An upstream that answers with the fields it got.
our $upstream = <<'EOF_UPSTREAM';
    server {
        listen $TEST_NGINX_OTHER;
        location / { return 200 "$uri authorization=$http_authorization cookie=$http_cookie key=$http_x_api_key token=$http_x_token dpop=$http_dpop other=$http_x_other set=$http_x_set\n"; }
        location /page { default_type text/html; return 200 '<!--# include virtual="/_mykey" -->'; }
        location /fails { return 502; }
        location /accel { add_header X-Accel-Redirect /there; return 200; }
    }
EOF_UPSTREAM

our $files = {
    'users.json' => json({ alice => { password => '{SHA}' . encode_base64(Digest::SHA::sha1('wonderland'), '') } }),
    'keys.json' => json({ one => { key => 'sha256:' . Digest::SHA::sha256_hex($key) } }),
};

# A server of SCGI, which passes on one request's headers as HTTP_NAME.
our $scgi = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', LocalPort => 0) or die "cannot listen: $!";
$ENV{TEST_NGINX_SCGI} = '127.0.0.1:' . $scgi->sockport;

run_tests();

__DATA__

=== the upstream
--- http_config eval: $::upstream
--- config
proxy_set_header Host x;
auth_jwt "r";
auth_jwt_key_file keys.jwks;
auth_password "p";
auth_password_file users.json;
auth_forward_credential off;
location /on     { auth_forward_credential on; proxy_pass http://$TEST_NGINX_OTHER; }
location /off    { proxy_pass http://$TEST_NGINX_OTHER; }
location /public { auth_role_map { GET off; } proxy_pass http://$TEST_NGINX_OTHER; }
location /any    { satisfy any; allow 127.0.0.1; proxy_pass http://$TEST_NGINX_OTHER; }
location /optional { auth_policy optional; proxy_pass http://$TEST_NGINX_OTHER; }
location /observe { auth_policy observe; proxy_pass http://$TEST_NGINX_OTHER; }
location /jwt    { auth_password off; satisfy any; allow 127.0.0.1; proxy_pass http://$TEST_NGINX_OTHER; }
location /none   { auth_jwt off; auth_password off; proxy_pass http://$TEST_NGINX_OTHER; }
location /set    { proxy_set_header X-Set $http_authorization; proxy_set_header X-Other "a $http_x_other"; proxy_pass http://$TEST_NGINX_OTHER; }
location /key    { auth_jwt off; auth_password off; auth_api_key "k" header=X-Api-Key; auth_api_key_file keys.json; proxy_pass http://$TEST_NGINX_OTHER; }
location /field  { auth_jwt "r" token=$http_x_token; auth_password off; proxy_pass http://$TEST_NGINX_OTHER; }
location /bearer { auth_forward_credential bearer; satisfy any; allow 127.0.0.1; proxy_pass http://$TEST_NGINX_OTHER; }
location /bearerset { auth_forward_credential bearer; satisfy any; allow 127.0.0.1; proxy_set_header X-Set $http_authorization; proxy_pass http://$TEST_NGINX_OTHER; }
location /bound  { auth_forward_credential bearer; auth_password off; proxy_pass http://$TEST_NGINX_OTHER; }
location /raw    { auth_jwt "r" token=$http_authorization; auth_password off; proxy_pass http://$TEST_NGINX_OTHER; }
location /cookie { auth_jwt "r" token=$cookie_session; auth_password off; proxy_pass http://$TEST_NGINX_OTHER; }
--- conf eval: $::files
--- cases eval
my $sees = sub { my (%fields) = @_; my $text = join ' ', map { "$_=" . quotemeta($fields{$_} // '') } qw(authorization cookie key token dpop other set); return (200, body => qr{\A/\w+ $text\n\z}) };
my $other = 'X-Other: o';
my $cookies = 'Cookie: a=1; session=' . $::token . '; b=2';
[
    ['on'                  => get('/on', $::bearer, $other), $sees->(authorization => "Bearer $::token", other => 'o')],
    ['off'                 => get('/off', $::bearer, $other), $sees->(other => 'o')],
    ['off: a password'     => get('/off', $::basic, $other), $sees->(other => 'o')],
    ['off: a proof'        => get('/off', $::bearer, 'DPoP: x'), $sees->()],
    ['off: many fields'    => get('/off', (map { "X-Many-$_: x" } 1 .. 50), $::bearer, $other), $sees->(other => 'o')],
    ['a public method'     => get('/public', $::bearer), $sees->()],
    ['admitted by its address' => get('/any', $::bearer), $sees->()],
    ['an invalid token'    => get('/any', 'Authorization: Bearer x.y.z'), $sees->(), reason => 'token_malformed'],
    ['a malformed field'   => get('/any', 'Authorization: Bearer'), $sees->(), reason => 'malformed_authorization'],
    ['optional: nobody'    => get('/optional', $other), $sees->(other => 'o')],
    ['optional'            => get('/optional', $::bearer), $sees->()],
    ['observe'             => get('/observe', 'Authorization: Bearer x.y.z'), $sees->(), reason => 'token_malformed'],
    ['the scheme of a method that is off' => get('/jwt', $::basic), $sees->(authorization => $::basic =~ s/.*?: //r), reason => 'no_credential'],
    ['another scheme'      => get('/any', 'Authorization: Negotiate abc'), $sees->(authorization => 'Negotiate abc'), reason => 'no_credential'],
    ['no method is on'     => get('/none', $::bearer), $sees->(authorization => "Bearer $::token")],
    ['proxy_set_header'    => get('/set', $::bearer, $other), $sees->(other => 'a o', set => "Bearer $::token")],
    ['a key'               => get('/key', "X-Api-Key: $::key", $other), $sees->(other => 'o')],
    ['a key twice'         => get('/key', "X-Api-Key: $::key", "x-api-key: $::key", $other), $sees->(other => 'o')],
    ['a token in a field'  => get('/field', "X-Token: $::token", $other), $sees->(other => 'o')],
    ['in a field and in Authorization' => get('/field', "X-Token: $::token", $::bearer, $other), $sees->(other => 'o')],
    ['beside it, another scheme' => get('/field', "X-Token: $::token", $::basic), $sees->(authorization => $::basic =~ s/.*?: //r)],
    ['bearer: a DPoP token' => get('/bearer', "Authorization: DPoP $::token", 'DPoP: x', $other), $sees->(authorization => "Bearer $::token", other => 'o'), reason => 'scheme_mismatch'],
    ['bearer: the scheme in another case' => get('/bearer', "Authorization: dpop  $::token", 'dpop: x'), $sees->(authorization => "Bearer $::token"), reason => 'scheme_mismatch'],
    ['bearer: a Bearer token' => get('/bearer', $::bearer, 'DPoP: x'), $sees->(authorization => "Bearer $::token")],
    ['bearer: a password'  => get('/bearer', $::basic), $sees->(authorization => $::basic =~ s/.*?: //r)],
    ['bearer: a cookie stays' => get('/bearer', $::bearer, 'Cookie: a=1'), $sees->(authorization => "Bearer $::token", cookie => 'a=1')],
    ['bearer: proxy_set_header' => get('/bearerset', "Authorization: DPoP $::token"), $sees->(authorization => "Bearer $::token", set => "DPoP $::token"), reason => 'scheme_mismatch'],
    ['bearer: with a proof' => sub { get('/bound', dpop($::holder, $::bound, htu => 'http://localhost/bound'), $other) }, $sees->(authorization => "Bearer $::bound", other => 'o'),
        reason => ''],
    ['off: a DPoP token'   => get('/any', "Authorization: DPoP $::token", 'DPoP: x'), $sees->(), reason => 'scheme_mismatch'],
    ['a token that is all of Authorization' => get('/raw', "Authorization: $::token"), $sees->()],
    ['a cookie'            => get('/cookie', $cookies), $sees->(cookie => 'a=1; b=2')],
    ['the only cookie'     => get('/cookie', "Cookie: session=$::token"), $sees->()],
    ['a cookie in another case' => get('/cookie', "Cookie: a=1; SESSION=$::token"), $sees->(cookie => 'a=1')],
    ['the cookie twice'    => get('/cookie', "Cookie: session=$::token; a=1; session=$::token"), $sees->(cookie => 'a=1')],
    ['another cookie'      => get('/optional', 'Cookie: session=x'), $sees->(cookie => 'session=x')],
]



=== redirects and subrequests
--- http_config eval
$::upstream . q[ log_format fields "$uri $http_authorization $http_x_api_key $http_cookie $sent_http_x_sub"; ]
--- config
auth_jwt "r";
auth_jwt_key_file keys.jwks;
access_log logs/fields.log fields;
location /there   { auth_forward_credential off; proxy_pass http://$TEST_NGINX_OTHER; }
location /open    { auth_jwt off; auth_forward_credential on; proxy_pass http://$TEST_NGINX_OTHER; }
location /try     { auth_forward_credential off; try_files /none /there; }
location /tryopen { auth_forward_credential off; try_files /none /open; }
location /error   { auth_forward_credential off; proxy_pass http://$TEST_NGINX_OTHER/fails; proxy_intercept_errors on; error_page 502 = /there; }
location /errorfield { auth_forward_credential off; auth_jwt "r" token=$http_x_token; proxy_pass http://$TEST_NGINX_OTHER/fails; proxy_intercept_errors on; error_page 502 = @field; }
location @field   { auth_forward_credential off; auth_jwt "r" token=$http_x_token; proxy_pass http://$TEST_NGINX_OTHER; }
location /accel   { auth_forward_credential off; proxy_pass http://$TEST_NGINX_OTHER/accel; }
location /auth    { auth_forward_credential off; auth_request /_auth; auth_request_set $sub $upstream_http_x_sub; add_header X-Sub $sub always; proxy_pass http://$TEST_NGINX_OTHER; }
location /_auth   { internal; auth_jwt off; proxy_pass_request_body off; proxy_pass http://$TEST_NGINX_IDP; }
location /app     { auth_forward_credential off; try_files /none @app; }
location @app     { auth_jwt off; auth_request /_auth; proxy_pass http://$TEST_NGINX_OTHER; }
location /me      { auth_endpoint me; }
location /asked   { auth_forward_credential off; auth_jwt "r" token=$http_x_token; auth_request /_me; proxy_pass http://$TEST_NGINX_OTHER; }
location /page    { auth_forward_credential off; auth_jwt off; auth_api_key "k" header=X-Api-Key; auth_api_key_file keys.json; ssi on; proxy_pass http://$TEST_NGINX_OTHER/page; }
location /_mykey  { internal; auth_jwt off; auth_api_key "k" header=X-Api-Key; auth_api_key_file keys.json; auth_endpoint me; }
location /_me     { internal; auth_jwt "r" token=$http_x_token; auth_endpoint me; }
location /mirrored { auth_forward_credential off; mirror /_auth; proxy_pass http://$TEST_NGINX_OTHER; }
--- conf eval: $::files
--- cases eval
my $sees = sub { my ($text) = @_; return (200, body => qr{\A/\w+ authorization= cookie= key= token= dpop= other=$text}) };
my $asked = sub {
    my ($name) = @_;
    return sub {
        $::idp->await('/_auth', 1);
        my @requests = $::idp->requests('/_auth');
        Test::More::ok(scalar @requests, "$name: asked");
        Test::More::is(scalar(grep { json($_) =~ /\Q$::token\E/ } @requests), 0, "$name: without the credential");
        $::idp->forget;
    };
};
[
    answers('/_auth' => 'ok'),
    ['try_files'            => get('/try', $::bearer, 'X-Other: o'), $sees->('o')],
    ['an open location gets the field again' => get('/tryopen', $::bearer), 200, body => qr{authorization=Bearer \Q$::token\E}],
    ['error_page'           => get('/error', $::bearer, 'X-Other: o'), $sees->('o')],
    ['error_page: a named field is read again' => get('/errorfield', "X-Token: $::token", 'X-Other: o'), $sees->('o')],
    ['X-Accel-Redirect'     => get('/accel', $::bearer, 'X-Other: o'), $sees->('o')],
    ['auth_request'         => get('/auth', $::bearer), 200],
    $asked->('auth_request'),
    ['try_files to a named location without the directive' => get('/app', $::bearer, 'X-Other: o'), 200, body => qr{^/app authorization= }],
    $asked->('auth_request of the named location'),
    ['me'                   => get('/me', $::bearer), 200],
    ['auth_request to me, with a named field' => get('/asked', "X-Token: $::token"), $sees->('')],
    ['a page includes me, which reads a named field' => get('/page', "X-Api-Key: $::key"), 200, body => qr/"sub":"one"/],
    ['mirror'               => get('/mirrored', $::bearer), $sees->('')],
    $asked->('mirror'),
    sub {
        my $log = access_log('fields.log');
        Test::More::like($log, qr{^/there Bearer \Q$::token\E}m, 'the log has the field');
    },
]



=== fields that nginx joins for SCGI
--- config
auth_jwt "r" token=$cookie_session;
auth_jwt_key_file keys.jwks;
auth_forward_credential off;
location /first { scgi_pass $TEST_NGINX_SCGI; scgi_param X $uri; scgi_intercept_errors on; error_page 502 = /second; }
location /second { scgi_pass $TEST_NGINX_SCGI; scgi_param X $uri; }
--- cases eval
[
    sub {
        my $answer = pending(get('/first', "Cookie: a=1", "Cookie: session=$::token", 'Cookie: b=2', 'X-Other: o'));
        for my $status (502, 200) {
            my $client = $::scgi->accept;
            my $head = '';
            1 while sysread($client, $head, 65_536, length $head) && $head !~ /,\z/;
            Test::More::unlike($head, qr/\Q$::token\E|session/, "$status: without the cookie");
            Test::More::like($head, qr/HTTP_COOKIE\0a=1/, "$status: with the others");
            Test::More::like($head, qr/HTTP_X_OTHER\0o/, "$status: with other fields");
            syswrite $client, "Status: $status\r\nContent-Type: text/plain\r\n\r\nx\n";
            close $client;
        }
        judge('answered', $answer, 200);
    },
]
