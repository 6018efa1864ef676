# auth_explain, $auth_explanation: why a request was refused.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Credential;
use Sallyport::Dpop;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $signer = key('HS256');
our $holder = key('ES256', 'holder');

# Locations with the same rules: "yes" explains refusals, "no" has another address in its list, and
# "never" has no list.
our $rules = <<'EOF_RULES';
    location /LEVEL/x       { EXPLAIN empty_gif; }
    location /LEVEL/algs    { EXPLAIN auth_jwt_algorithms RS256 ES256; empty_gif; }
    location /LEVEL/exp     { EXPLAIN auth_jwt_require_exp on; empty_gif; }
    location /LEVEL/iss     { EXPLAIN auth_jwt_issuer https://id.example https://id2.example; empty_gif; }
    location /LEVEL/aud     { EXPLAIN auth_jwt_audience orders; empty_gif; }
    location /LEVEL/require { EXPLAIN auth_jwt_require $jwt_claim_nothing $arg_x error=403; empty_gif; }
    location /LEVEL/every   { EXPLAIN auth_require $arg_x; empty_gif; }
    location /LEVEL/claim   { EXPLAIN auth_jwt_require_claim .plan.name eq gold; empty_gif; }
    location /LEVEL/header  { EXPLAIN auth_jwt_require_header typ eq at+jwt error=404; empty_gif; }
    location /LEVEL/tenant  { EXPLAIN auth_tenant_expect $arg_tenant; empty_gif; }
    location /LEVEL/roles   { EXPLAIN auth_role_map { GET any admin editor; POST all a b; } empty_gif; }
    location /LEVEL/scopes  { EXPLAIN auth_scope_map { GET any orders.read orders; POST orders.write; } empty_gif; }
    location /LEVEL/keys    { EXPLAIN auth_jwt_key_file missing-$arg_n.jwks; empty_gif; }
    location /LEVEL/request { EXPLAIN auth_jwt_key_request /_jwks/$arg_n; empty_gif; }
    location /LEVEL/tenants { EXPLAIN auth_tenant acme { issuer https://acme.example; key k HS256 hs256.secret; } auth_tenant globex { key k HS256 hs256.secret; } empty_gif; }
    location /LEVEL/two     { EXPLAIN auth_jwt "orders" token=$http_x_token; empty_gif; }
    location /LEVEL/bound   { EXPLAIN auth_jwt_binding require; empty_gif; }
    location /LEVEL/subs    { EXPLAIN auth_jwt_revocation_list_sub revoked.json; empty_gif; }
    location /LEVEL/kids    { EXPLAIN auth_jwt_revocation_list_kid revoked.json; empty_gif; }
    location /LEVEL/html    { EXPLAIN auth_error_body html; empty_gif; }
EOF_RULES
sub rules {
    my %explain = (yes => 'auth_explain 10.0.0.0/8 127.0.0.1;', no => 'auth_explain 127.0.0.2 10.0.0.0/8;', never => '');
    return "location /_jwks/ { internal; auth_jwt off; return 502; } set_real_ip_from 192.0.2.1; auth_jwt \"orders\"; auth_jwt_key_file keys.jwks; auth_error_body json;\n"
        . join '', map { my $level = $_; $rules =~ s/LEVEL/$level/gr =~ s/EXPLAIN/$explain{$level}/gr } keys %explain;
}

our $header = 'The header of the token has alg "HS256" and kid "hs256".';
our $keys   = 'Keys: key file "\S+/keys\.jwks" has the kids "hs256", "rs256", "es256"\.';

# [reason, uri, header lines..., the sentences after the location]
sub refusals {
    my $forge = sub { my ($head, $payload) = @_; bearer(forge($signer, $head, $payload)) };
    my $now = time;
    return (
        ['no_credential', 'x', 'The request has no credential. Credentials are read from: "Authorization: Bearer".'],
        ['malformed_authorization', 'x', 'Authorization: Bearer', qr/The credential is malformed: .* Credentials are read from: "Authorization: Bearer"\./],
        ['ambiguous_credential', 'two', 'X-Token: a.b.c', bearer('d.e.f'), qr/several credentials .*the variable in token= of auth_jwt"/],
        ['token_too_large', 'x', bearer('a' x 16_385), 'The token is larger than 16 KiB.'],
        ['token_malformed', 'x', bearer('a.b'), qr/^The token does not consist of three base64url segments, or one of the first two is not a JSON object\.\z/],
        ['algorithm_unsupported', 'x', $forge->('{"alg":"none","kid":"k"}', '{}'),
            'The algorithm of the token is not supported. The header of the token has alg "none" and kid "k".'],
        ['algorithm_not_allowed', 'algs', bearer($signer), "The algorithm of the token is not allowed here. $header Allowed: \"RS256\", \"ES256\"."],
        ['algorithm_mismatch', 'x', $forge->('{"alg":"RS256","kid":"hs256"}', '{}'), qr/^The key with the token's kid does not support the token's algorithm\. .* alg "RS256" and kid "hs256"\. $keys\z/],
        ['critical_header', 'x', $forge->('{"alg":"HS256","kid":"hs256","crit":["x"],"x":1}', '{}'), qr/^The header of the token has "crit" or "b64"/],
        ['key_unknown', 'x', bearer(key('HS256', 'nobody')), qr/^No key source has a key for the token\. .* kid "\S+"\. $keys\z/],
        ['key_unknown', 'x', $forge->('{"alg":"HS256","kid":"a\"\\\\<script>\u0007"}', '{}'), qr/kid "a\\x22\\x5C<script>\\x07"/],
        ['key_unknown', 'x', $forge->('{"alg":"HS256"' . ',"kid":"' . 'k' x 1000 . '"}', '{}'), qr/kid "k{128}[^k]*"/],
        ['signature_invalid', 'x', bearer(key('HS256', 'forger'), { iss => 'claimed-issuer' }, { kid => 'hs256' }),
            qr/^The signature is wrong: the token was changed, or another key with this kid signed it\. \Q$header\E $keys\z/],
        ['claim_malformed', 'x', bearer($signer, '{"exp":"tomorrow"}'), qr/^A claim has the wrong type/],
        ['token_expired', 'x', bearer($signer, { exp => $now - 37 }),
            qr/^The token has expired\. exp is 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ \((3[7-9]|[4-9]\d) s ago\)\. auth_jwt_leeway is 0 s; if the clocks differ, it would have to be \d+ s longer\. iss is absent; accepted: any\. \Q$header\E\z/],
        ['token_expired', 'x', bearer($signer, { exp => 1 }), qr/exp is 1970-01-01T00:00:01Z/],
        ['token_not_yet_valid', 'x', bearer($signer, { exp => undef, nbf => 9007199254740992 }), qr/nbf is 9007199254740992 \(in \d+ s\)/],
        ['token_not_yet_valid', 'x', bearer($signer, { nbf => $now + 3600 }), qr/nbf is \S+ \(in 3[56]\d\d s\)\. auth_jwt_leeway is 0 s; if the clocks differ, it would have to be 3[56]\d\d s longer/],
        ['expiry_missing', 'exp', bearer($signer, { exp => undef }), qr/^The token has no exp, which auth_jwt_require_exp requires\./],
        ['issuer_mismatch', 'iss', bearer($signer, { iss => 'https://other.example' }), 'The issuer of the token is not accepted here. '
            . "iss is \"https://other.example\"; accepted: \"https://id.example\", \"https://id2.example\". $header"],
        ['issuer_mismatch', 'iss', bearer($signer), qr/iss is absent; accepted/],
        ['audience_mismatch', 'aud', bearer($signer, { aud => [map { "a$_" } 1 .. 25] }), qr/^The token is for another audience\. aud is "a1", .*, "a20" and 5 more; accepted: "orders"\./],
        ['requirement_forbidden', 'require', bearer($signer), 'The credential does not meet a requirement. Required: auth_jwt_require $jwt_claim_nothing $arg_x error=403.'],
        ['request_forbidden', 'every', bearer($signer), 'The request does not meet a requirement. Required: auth_require $arg_x.'],
        ['requirement_unmet', 'claim', bearer($signer, { plan => { name => 'free' } }),
            'The credential does not meet a requirement. Required: auth_jwt_require_claim .plan.name eq gold. The token has "free".'],
        ['requirement_unmet', 'claim', bearer($signer), qr/eq gold\. The token does not have it\.\z/],
        ['requirement_forbidden=404', 'header', bearer($signer), qr/Required: auth_jwt_require_header typ eq at\+jwt error=404\. The token has "JWT"\.\z/],
        ['tenant_mismatch', 'tenant?tenant=globex', bearer($signer, { tenant_id => 'acme' }), 'The credential belongs to another tenant. The credential belongs to tenant "acme"; expected: "globex".'],
        ['tenant_mismatch', 'tenant', bearer($signer), qr/belongs to no tenant; expected: none \(empty\)\.\z/],
        ['role_missing', 'roles', bearer($signer, { roles => ['viewer'] }), 'A required role is missing. "GET" requires one of the roles "admin", "editor"; the credential has "viewer".'],
        ['role_missing', 'roles', bearer($signer, { roles => ['a'] }), 'POST', 'A required role is missing. "POST" requires all of the roles "a", "b"; the credential has "a".'],
        ['method_not_allowed', 'roles', bearer($signer), 'PUT', 'Nobody may use this method here. auth_role_map does not list "PUT".'],
        ['scope_missing', 'scopes', bearer($signer, { scope => 'profile email' }),
            'A required scope is missing. "GET" requires one of the scopes "orders.read", "orders"; the credential has "profile", "email".'],
        ['scope_missing', 'scopes', bearer($signer), 'POST', 'A required scope is missing. "POST" requires the scope "orders.write"; the credential has none.'],
        ['method_not_allowed', 'scopes', bearer($signer), 'PUT', 'Nobody may use this method here. auth_scope_map does not list "PUT".'],
        ['keys_unavailable', 'keys?n=1', bearer($signer), qr/^A key source cannot be read, so the token cannot be verified\. .* Keys: key file "missing-\$arg_n\.jwks" has no valid keys \(cannot be opened: No such file or directory\)\.\z/],
        ['keys_unavailable', 'request', bearer($signer), qr{Keys: key request "/_jwks/\$arg_n" has no valid keys \(status 502\)\.\z}],
        ['tenant_conflict', 'tenants', bearer($signer, { iss => 'https://acme.example', tenant_id => 'globex' }),
            'The issuer and the tenant in the token select different auth_tenant blocks.'],
        ['token_unbound', 'bound', bearer($signer), qr/cnf/],
        ['token_bound', 'bound', bearer($signer, { cnf => { jkt => 'x' } }), qr/cannot be verified here/],
        ['token_revoked', 'subs', bearer($signer, { sub => 'mallory' }), qr{^The token is revoked here\. Its sub is in auth_jwt_revocation_list_sub "/\S+/revoked\.json"\. \Q$header\E\z}],
        ['token_revoked', 'subs', bearer($signer, { sub => undef }), qr{ It has no sub, which auth_jwt_revocation_list_sub "/\S+/revoked\.json" requires\. }],
        ['token_revoked', 'kids', bearer($signer), qr{ Its kid is in auth_jwt_revocation_list_kid "/\S+/revoked\.json"\. \Q$header\E\z}],
        ['token_revoked', 'kids', bearer($signer, {}, { kid => undef }), qr{ It has no kid, which auth_jwt_revocation_list_kid "/\S+/revoked\.json" requires\. .* and no kid\.\z}],
        ['scheme_mismatch', 'bound', bearer($signer, { cnf => { jkt => 'A' x 43 } }), qr/sent by Bearer/],
        ['dpop_proof_missing', 'bound', 'Authorization: DPoP ' . token($signer, { cnf => { jkt => 'A' x 43 } }), qr/has no DPoP header\.\z/],
        ['dpop_proof_malformed', 'bound', 'Authorization: DPoP ' . token($signer, { cnf => { jkt => 'A' x 43 } }), 'DPoP: x', qr/not a JWT\.\z/],
        ['dpop_proof_invalid', 'bound', dpop($holder, bound_to($holder)), qr{\QThe proof was refused: its htu is another URI. The URI of the request is "http://127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}/yes/bound"; see auth_dpop_uri.\E\z}],
        ['dpop_proof_invalid', 'bound', dpop($holder, bound_to($holder), header => { typ => 'JWT' }), qr/refused: its typ is not dpop\+jwt\.\z/],
        ['dpop_proof_invalid', 'bound', dpop($holder, bound_to($holder), htu => 'http://x/'), qr/its htu is another URI/],
        ['certificate_mismatch', 'bound', bearer($signer, { cnf => { 'x5t#S256' => 'A' x 43 } }), qr/no TLS certificate, or not the one/],
    );
}

sub method_of { my ($lines) = @_; return @$lines && $lines->[-1] =~ /\A[A-Z]+\z/ ? pop @$lines : 'GET' }

sub without_date { my ($answer) = @_; return $answer =~ s/^Date: .*\n//mr }

sub explained {
    my ($row) = @_;
    my ($code, $uri, @lines) = @$row;
    my ($reason, $status) = split /=/, $code;
    my $wanted = pop @lines;
    my $method = method_of(\@lines);
    my ($name) = $uri =~ /^(\w+)/;
    my $start = qr{\Q$reason in location "/yes/$name": \E};
    return sub {
        my $at = "http://127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}";
        my @options = ('-X', $method, map { ('-H', $_) } @lines);
        my ($yes, $no, $never) = map { curl(@options, "$at/$_/$uri") } qw(yes no never);
        Test::More::is(without_date($no) =~ s{/no/}{/never/}gr, without_date($never), "$reason: nothing changes for other addresses");
        my ($fields, $body) = split /\n\n/, $yes, 2;
        my $members = eval { JSON::PP::decode_json($body) } // {};
        my $text = delete $members->{explanation} // '';
        my $rest = eval { JSON::PP::decode_json($never =~ s/.*?\n\n//sr) } // {};
        Test::More::is_deeply($members, $rest, "$reason: the other members are the same");
        my ($told) = $text =~ /\A$start(.*)\z/s;
        Test::More::ok(defined $told && (ref $wanted ? $told =~ $wanted : $told eq $wanted), "$reason: explanation")
            or Test::More::diag("got: $text\nwanted: $wanted");
        Test::More::unlike($text, qr/[^\x20-\x7e]/, "$reason: printable");
        Test::More::like($fields, qr/^Cache-Control: no-store$/m, "$reason: not stored");
        my ($first) = $yes =~ /^(HTTP.*)$/m;
        Test::More::like($never, qr/^\Q$first\E$/m, "$reason: the same status");
        my $challenges = sub { join "\n", sort $_[0] =~ /^WWW-Authenticate: .*$/mg };
        Test::More::is($challenges->($yes), $challenges->($never), "$reason: the same challenges");
        Test::More::is(logged($reason, $uri), "$reason in location \"/yes/$name\": " . ($told // ''), "$reason: the variable has the same text") if defined $told;
    };
}

# The explanation in the access log, of the request to /yes.
sub logged {
    my ($reason, $uri) = @_;
    my @lines = grep { m{^/yes/\Q$uri\E } } split /\n/, access_log('explained.log');
    my ($text) = ($lines[-1] // '') =~ /^\S+ (.*)/;
    return $text;
}

our $log = 'log_format explained escape=none "$request_uri $auth_explanation"; large_client_header_buffers 4 64k;';
our $to_log = 'access_log logs/explained.log explained;';

run_tests();

__DATA__

=== every reason of tokens
--- http_config eval: $::log
--- config eval: $::to_log . rules()
--- conf eval
+{ 'revoked.json' => json({ mallory => {}, hs256 => {} }) }
--- cases eval
[map { explained($_) } refusals()]



=== HTML, HEAD, HTTP/1.0, error pages
--- config
auth_jwt "orders";
auth_jwt_key_file keys.jwks;
auth_explain 127.0.0.1;
location /x      { empty_gif; }
location /off    { auth_explain off; empty_gif; }
location /page   { error_page 401 /401.txt; empty_gif; }
location = /401.txt { internal; auth_jwt off; return 200 "own page\n"; }
location /again  { error_page 401 /x; empty_gif; }
location /any    { satisfy any; deny all; empty_gif; }
location /observe { auth_policy observe; proxy_set_header X-Extra $auth_explanation; proxy_pass http://$TEST_NGINX_ECHO; }
--- cases eval
my $script = bearer(forge($::signer, '{"alg":"HS256","kid":"<script>&"}', '{}'));
my %html = (headers => { 'Content-Type' => 'text/html', 'Cache-Control' => 'no-store' });
[
    ['html'            => get('/x'), 'no_credential', %html, body => qr{^<!DOCTYPE html>.*<h1>401 Unauthorized</h1>\n<p>no_credential in location "/x": The request has no credential\.}s],
    ['html is escaped' => get('/x', $script), 'key_unknown', %html, body => qr{kid "&lt;script&gt;&amp;"}],
    ['HEAD'            => request('HEAD', '/x'), 'no_credential', %html, body => ''],
    ['off'             => get('/off'), 'no_credential', body => qr{<center>nginx}, headers => { 'Cache-Control' => undef }],
    ['an error page of its own' => get('/page'), 'no_credential', body => "own page\n"],
    ['refused by the error page' => get('/again'), 'no_credential', body => qr{in location "/x"}],
    ['satisfy any'     => get('/any'), 'no_credential', body => qr{in location "/any"}],
    ['observe: the variable alone' => get('/observe'), 200, body => qr{extra=no_credential in location "/observe": }, reason => 'no_credential'],
    ['admitted'        => get('/x', bearer($::signer)), 200],
    sub {
        my $answer = curl('-0', "http://127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}/x");
        Test::More::like($answer, qr{no_credential in location}, 'HTTP/1.0');
    },
]



=== only for the addresses of the list
--- http_config
server {
    listen unix:$TEST_NGINX_SERVROOT/explain.sock;
    auth_jwt "orders"; auth_jwt_key_file keys.jwks;
    location /unix { auth_explain unix:; empty_gif; }
    location /ip   { auth_explain 127.0.0.0/8; empty_gif; }
}
server {
    listen $TEST_NGINX_OTHER;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
    auth_jwt "orders"; auth_jwt_key_file keys.jwks;
    location /x { auth_explain 192.0.2.0/24 2001:db8::/32; empty_gif; }
}
--- config
location /x { auth_jwt "orders"; auth_jwt_key_file keys.jwks; auth_explain unix: 10.0.0.1 ::1; empty_gif; }
--- cases eval
sub explains {
    my ($name, $expected, @options) = @_;
    return sub {
        my $answer = curl(@options);
        Test::More::is($answer =~ /no_credential in location/ ? 1 : 0, $expected, $name) or Test::More::diag($answer);
    };
}
my $socket = "$ENV{TEST_NGINX_SERVROOT}/explain.sock";
my $other = "http://$ENV{TEST_NGINX_OTHER}/x";
[
    explains('a Unix socket', 1, '--unix-socket', $socket, 'http://x/unix'),
    explains('a Unix socket is no address', 0, '--unix-socket', $socket, 'http://x/ip'),
    explains('other addresses', 0, "http://127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}/x"),
    explains('the address behind a proxy', 1, '-H', 'X-Real-IP: 192.0.2.7', $other),
    explains('its IPv6 address', 1, '-H', 'X-Real-IP: 2001:db8::1', $other),
    explains('another address behind a proxy', 0, '-H', 'X-Real-IP: 198.51.100.7', $other),
    explains('the proxy itself', 0, $other),
    explains('a header that realip does not use', 0, '-H', 'X-Forwarded-For: 192.0.2.7', $other),
]



=== passwords and API keys
--- config
auth_error_body json;
auth_explain 127.0.0.1;
add_header X-Explanation $auth_explanation always;
location /basic { auth_password "staff"; auth_password_file users.json; empty_gif; }
location /key   { auth_api_key "machines"; auth_api_key_file keys.json; empty_gif; }
location /both  { auth_password "staff"; auth_password_file users.json; auth_api_key "machines" header=X-Api-Key; auth_api_key_file keys.json; empty_gif; }
location /lookup { auth_password "staff"; auth_password_request /_lookup?status=$arg_status&key=$arg_key; auth_credential_cache 0; empty_gif; }
location /_lookup { internal; if ($arg_status = 403) { return 403; } if ($arg_status = 500) { return 500; } return 401; }
--- conf eval
my $sha1 = sub { '{SHA}' . encode_base64(Digest::SHA::sha1($_[0]), '') };
+{
    'users.json' => json({ alice => { password => $sha1->('wonderland') },
        old => { password => $sha1->('wonderland'), expires => 1000 }, new => { password => $sha1->('wonderland'), not_before => 9e9 } }),
    'keys.json' => json({ one => { key => 'sha256:' . Digest::SHA::sha256_hex('0123456789abcdef0123456789abcdef'), expires => 1000 } }),
}
--- cases eval
my $basic = sub { my ($user, $password) = @_; return 'Authorization: Basic ' . encode_base64("$user:$password", '') };
my $says = sub { my ($text) = @_; return (headers => { 'X-Explanation' => $text, 'WWW-Authenticate' => qr/./ }) };
my $invalid = qr{^credential_invalid in location "/basic": The user, the password or the API key is not valid\. Asked: file \S+/users\.json\.\z};
[
    ['an unknown user'      => get('/basic', $basic->('mallory', 'secret-word')), 401, reason => 'credential_invalid', $says->($invalid)],
    ['a wrong password'     => get('/basic', $basic->('alice', 'secret-word')), 401, reason => 'credential_invalid', $says->($invalid)],
    ['an expired account'   => get('/basic', $basic->('old', 'wonderland')), 401, reason => 'credential_expired',
        $says->(qr{The account has expired\. expires is 1970-01-01T00:16:40Z \(\d+ s ago\)\. Asked: file \S+/users\.json\.\z})],
    ['an expired account, with a wrong password' => get('/basic', $basic->('old', 'secret-word')), 401, reason => 'credential_invalid', $says->($invalid)],
    ['an account not yet valid' => get('/basic', $basic->('new', 'wonderland')), 401, reason => 'credential_not_yet_valid', $says->(qr{not_before is \S+ \(in \d+ s\)\.})],
    ['an unknown key'       => get('/key', 'Authorization: Api-Key ' . 'f' x 32), 401, reason => 'credential_invalid', $says->(qr{Asked: file \S+/keys\.json\.\z})],
    ['an expired key'       => get('/key', 'Authorization: Api-Key 0123456789abcdef0123456789abcdef'), 401, reason => 'credential_expired', $says->(qr{The account has expired\. expires is 1970-01-01T00:16:40Z \(\d+ s ago\)\. Asked})],
    ['no credential'        => get('/both'), 401, reason => 'no_credential', $says->(qr{Credentials are read from: "Authorization: Basic", "X-Api-Key"\.\z})],
    (map { my ($status, $reason, $answer) = @$_;
        ["a lookup that answers $status" => get("/lookup?status=$status&key=secret-word", $basic->('alice', 'secret-word')), $answer, reason => $reason,
            headers => { 'WWW-Authenticate' => qr/|./, 'X-Explanation' => qr{Asked: lookup /_lookup\?status=\$arg_status&key=\$arg_key, which answered $status\.\z} }] }
        [401, 'credential_invalid', 401], [403, 'credential_forbidden', 403], [500, 'lookup_failed', 503]),
]



=== token endpoints
--- http_config
auth_token_store memory:;
auth_token_key access RS256 access.pem;
auth_token_refresh_key refresh HS256 refresh.secret;
auth_token_issuer sallyport;
--- config
auth_explain 127.0.0.1;
location /login { auth_password "staff"; auth_password_file users.json; auth_endpoint login; }
location /refresh { auth_endpoint refresh; }
location /orders { auth_jwt "orders"; auth_token_accept on; auth_error_body json; empty_gif; }
location /quiet/refresh { auth_explain off; auth_endpoint refresh; }
--- conf eval
+{
    'users.json' => json({ alice => { password => '{SHA}' . encode_base64(Digest::SHA::sha1('wonderland'), '') } }),
    'access.pem' => key('RS256')->private,
    'refresh.secret' => 'r' x 40,
}
--- cases eval
my $post = sub { my ($uri, $members) = @_; return request('POST', $uri, 'Content-Type: application/json', { body => json($members) }) };
my $explained = sub { my ($text) = @_; return qr{"explanation":"$text} };
my %any = (headers => { 'WWW-Authenticate' => qr/|./ });
my $login = sub { my ($answer) = @_; our %tokens = %{ JSON::PP::decode_json($answer->{body}) }; return () };
[
    ['a wrong password' => $post->('/login', { username => 'alice', password => 'secret-word' }), 401, reason => 'credential_invalid', %any,
        body => $explained->('credential_invalid in location .{2}/login.{2}: The user, the password')],
    ['a body that is not understood' => $post->('/login', { password => 1 }), 400, reason => 'request_malformed', body => $explained->('request_malformed in')],
    ['another type' => request('POST', '/login', { body => 'x' }), 415, reason => 'content_type_unsupported', body => $explained->('content_type_unsupported in')],
    ['a token of nobody' => $post->('/refresh', { refresh_token => 'a.b.c' }), 401, reason => 'token_malformed', %any, body => $explained->('token_malformed in')],
    ['login' => $post->('/login', { username => 'alice', password => 'wonderland' }), 200, then => $login],
    ['refresh' => sub { $post->('/refresh', { refresh_token => our $first = $main::tokens{refresh_token} }) }, 200],
    ['used again' => sub { $post->('/refresh', { refresh_token => $main::tokens{refresh_token} }) }, 'refresh_reused', %any,
        body => $explained->('refresh_reused in location .{2}/refresh.{2}: The refresh token was used before\. .* iat is 20\S+ \(\d+ s ago\)\. exp is 20\S+ \(in \d+ s\)\.')],
    ['revoked by it' => sub { $post->('/refresh', { refresh_token => $main::tokens{refresh_token} }) }, 'refresh_revoked', %any,
        body => $explained->('refresh_revoked in location')],
    ['another method' => get('/refresh'), 405, reason => 'method_unsupported', body => $explained->('method_unsupported in')],
    ['a body that is too large' => request('POST', '/refresh', 'Content-Type: application/json', { body => 'x' x 65_537 }), 413, reason => 'body_too_large', body => $explained->('body_too_large in')],
    ['another grant' => request('POST', '/refresh', 'Content-Type: application/x-www-form-urlencoded', { body => 'grant_type=password&refresh_token=x' }), 400,
        reason => 'grant_unsupported', body => $explained->('grant_unsupported in')],
    ['an access token' => sub { $post->('/refresh', { refresh_token => $main::tokens{access_token} }) }, 401, reason => qr/^(?:type_mismatch|key_unknown|signature_invalid|algorithm_mismatch)$/, %any,
        body => $explained->('\w+ in location .{2}/refresh')],
    ['a forged access token of our issuer' => get('/orders', bearer(key('HS256', 'forger'), { iss => 'sallyport' }, { kid => 'access' })), 'algorithm_mismatch', %any,
        body => $explained->('algorithm_mismatch in .* Keys: auth_token_key has the kids .{2}access.{2}\\.')],
    ['no explanation for others' => sub { $post->('/quiet/refresh', { refresh_token => $main::tokens{refresh_token} }) }, 'refresh_revoked', %any,
        body => qr/\A\{(?!.*explanation)/s],
]
