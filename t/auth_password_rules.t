# auth_password beside the rules for all methods and nginx's own: roles, tenants, requirements,
# variables, satisfy, internal redirects, error bodies.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our ($alice, $bob, $carol) = (basic(alice => 'wonderland'), basic(bob => 'builder'), basic(carol => 'carol'));
our %users = ('users.json' => json({
    alice => { password => hash('wonderland'), tenant_id => 'acme', roles => ['viewer', 'editor'] },
    bob   => { password => hash('builder'), sub => 'user-17', tenant_id => 'globex', roles => ['viewer'] },
    carol => { password => hash('carol'), tenant_id => undef },
}), htpasswd => users(dave => 'dave'));
our $none = { 'WWW-Authenticate' => undef };
our $challenge = 'Basic realm="r", charset="UTF-8"';

run_tests();

__DATA__

=== variables, and what the client sends by their names
--- config
proxy_set_header X-User $auth_subject;
proxy_set_header X-Tenant-Id $auth_tenant;
proxy_set_header X-Roles $auth_roles;
proxy_set_header X-Extra "$auth_method|$auth_reason|$jwt_claim_sub|$jwt_header_kid|$jwt_payload|$auth_lookup_user|$auth_lookup_secret|";
location /x { auth_password "r"; auth_password_file users.json; proxy_pass http://$TEST_NGINX_ECHO; }
location /h { auth_password "r"; auth_password_file htpasswd; proxy_pass http://$TEST_NGINX_ECHO; }
location /open { proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval: \%::users
--- cases eval
my @mine = ('X-User: root', 'X-Tenant-Id: root', 'X-Roles: root', 'X-Extra: root');
[
    ['all'               => get('/x', $::alice), 200, body => "GET /x user=alice tenant=acme roles=viewer,editor extra=password|||||||\n"],
    ['sub is the subject' => get('/x', $::bob), 200, body => "GET /x user=user-17 tenant=globex roles=viewer extra=password|||||||\n"],
    ['no tenant, no roles' => get('/x', $::carol), 200, body => "GET /x user=carol tenant= roles= extra=password|||||||\n"],
    ['of htpasswd'       => get('/h', basic(dave => 'dave')), 200, body => "GET /h user=dave tenant= roles= extra=password|||||||\n"],
    ['what the client sends is wiped' => get('/x', @mine, $::carol), 200, body => "GET /x user=carol tenant= roles= extra=password|||||||\n"],
    ['where nothing is on' => get('/open', @mine, $::alice), 200, body => "GET /open user= tenant= roles= extra=|||||||\n"],
    ['POST'              => request('POST', '/x', $::bob, { body => 'x' x 9000 }), 200, body => qr/^POST \/x user=user-17 /],
    ['one connection'    => [
        [get('/x', $::alice), 200, body => qr/user=alice /],
        [get('/x'), 'no_credential'],
        [get('/x', $::bob), 200, body => qr/user=user-17 /],
        [get('/open'), 200, body => qr/user= /],
        [request('POST', '/x', basic(alice => 'w'), { body => 'discarded' }), 'credential_invalid'],
        [get('/x', $::carol), 200, body => qr/user=carol tenant= /],
    ]],
]



=== $auth_subject in the access log and the log lines
--- http_config
log_format who '$request_uri [$auth_method] [$auth_subject] [$auth_tenant] [$auth_roles] [$auth_reason]';
--- config
access_log logs/who.log who;
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
--- conf eval: \%::users
--- cases eval
[
    ['good'    => get('/x?1', $::bob), 200, no_log => qr/sallyport/],
    ['wrong'   => get('/x?2', basic(bob => 'secret-that-is-wrong')), 'credential_invalid', no_log => 'secret-that-is-wrong'],
    ['unknown' => get('/x?3', basic(mallory => 'builder')), 'credential_invalid'],
    sub {
        my $log;
        for (1 .. 20) { last if ($log = access_log('who.log')) =~ /\?3/ }
        $log =~ s/\[-\]/[]/g;
        Test::More::is($log, join("\n", '/x?1 [password] [user-17] [globex] [viewer] []',
            '/x?2 [] [] [] [] [credential_invalid]', '/x?3 [] [] [] [] [credential_invalid]', ''), 'the access log');
        Test::More::unlike(error_log(), qr/builder|YWxpY2/, 'no password in the error log');
    },
]



=== roles, tenants and requirements
--- config
auth_password "r";
auth_password_file users.json;
location /roles {
    auth_role_map { GET viewer; POST editor; PUT on; OPTIONS off; }
    proxy_pass http://$TEST_NGINX_ECHO;
}
location /tenant { auth_tenant_expect acme; empty_gif; }
location /tenant-of-host { auth_tenant_expect $arg_tenant; empty_gif; }
location /subject { auth_jwt_require $auth_subject; empty_gif; }
location /claim   { auth_jwt_require $jwt_claim_sub; empty_gif; }
location /claim-403 { auth_jwt_require $jwt_claim_sub error=403; empty_gif; }
--- conf eval: \%::users
--- cases eval
[
    ['viewer reads'          => get('/roles', $::bob), 200],
    ['viewer, HEAD'          => request('HEAD', '/roles', $::bob), 200],
    ['viewer does not write' => request('POST', '/roles', $::bob, { body => 'x' }), 'role_missing', headers => $::none],
    ['editor writes'         => request('POST', '/roles', $::alice, { body => 'x' }), 200],
    ['nobody\'s role'        => get('/roles', $::carol), 'role_missing', headers => $::none],
    ['on: any user'          => request('PUT', '/roles', $::carol, { body => 'x' }), 200],
    ['on: a wrong password'  => request('PUT', '/roles', basic(carol => 'x'), { body => 'x' }), 'credential_invalid'],
    ['off'                   => request('OPTIONS', '/roles'), 200],
    ['off: not judged'       => request('OPTIONS', '/roles', 'Authorization: Basic !'), 200],
    ['not listed'            => request('DELETE', '/roles', $::alice), 'method_not_allowed', headers => $::none],
    ['not listed, wrong password' => request('DELETE', '/roles', basic(alice => 'x')), 'credential_invalid'],
    ['the tenant'            => get('/tenant', $::alice), 200],
    ['another tenant'        => get('/tenant', $::bob), 'tenant_mismatch', headers => $::none],
    ['no tenant'             => get('/tenant', $::carol), 'tenant_mismatch', headers => $::none],
    ['no tenant, none expected' => get('/tenant-of-host?tenant=', $::carol), 'tenant_mismatch', headers => $::none],
    ['the expected one'      => get('/tenant-of-host?tenant=globex', $::bob), 200],
    ['a subject is required' => get('/subject', $::bob), 200],
    ['a claim is required'   => get('/claim', $::bob), 'requirement_unmet', headers => { 'WWW-Authenticate' => $::challenge }],
    ['a claim, 403'          => get('/claim-403', $::bob), 'requirement_forbidden', headers => $::none],
]



=== satisfy
--- config
auth_password "r";
auth_password_file users.json;
location /any     { satisfy any; deny all; empty_gif; }
location /allowed { satisfy any; allow 127.0.0.1; deny all; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /all     { deny all; empty_gif; }
location = /yes { internal; auth_password off; proxy_pass http://$TEST_NGINX_ECHO/; }
location /request { satisfy any; auth_request /yes; empty_gif; }
--- conf eval: \%::users
--- cases eval
[
    ['any: a password'       => get('/any', $::alice), 200, headers => $::none],
    ['any: a wrong one'      => get('/any', basic(alice => 'x')), 'credential_invalid'],
    ['any: nothing'          => get('/any'), 'no_credential'],
    ['any: malformed'        => get('/any', 'Authorization: Basic !'), 'malformed_authorization', headers => { 'WWW-Authenticate' => undef }],
    ['the address lets in'   => get('/allowed'), 200, reason => qr/\A(?:no_credential)?\z/, headers => $::none, body => qr/user= /],
    ['the address, a wrong password' => get('/allowed', basic(alice => 'x')), 200, reason => qr/\A(?:credential_invalid)?\z/,
        headers => $::none, body => qr/user= /],
    ['auth_request lets in'  => get('/request'), 200, reason => qr/\A(?:no_credential)?\z/, headers => $::none],
    ['all: both are needed'  => get('/all', $::alice), 403],
]
--- error_log
access forbidden by rule



=== internal redirects are decided afresh
--- config
auth_password "r";
auth_password_file users.json;
error_page 404 /viewers;
location /missing { auth_password off; root html/nowhere; }
location /viewers { auth_role_map { ALL viewer; } proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /other { auth_password_file htpasswd; error_page 404 = /viewers; root html/nowhere; }
location /page {
    error_page 401 @login;
    auth_jwt_require $auth_subject;
    empty_gif;
}
location @login { auth_password off; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval: \%::users
--- cases eval
[
    ['to a place with rules'       => get('/missing'), 'no_credential'],
    ['to a place with rules, good' => get('/missing', $::alice), 404, body => qr/user=alice /],
    ['to a place with rules, a role' => get('/missing', $::carol), 'role_missing', headers => $::none],
    ['a user of one file in the place of another' => get('/other', basic(dave => 'dave')), 'credential_invalid'],
    ['and the other way'           => get('/other', $::alice), 'credential_invalid'],
    ['a page for 401'              => get('/page'), 401, reason => qr/\A(?:no_credential)?\z/, body => qr/user= /,
        headers => { 'WWW-Authenticate' => $::challenge }],
    ['a page for 401, wrong'       => get('/page', basic(alice => 'x')), 401, reason => qr/\A(?:credential_invalid)?\z/, body => qr/user= /],
]
--- error_log
No such file or directory



=== auth_error_body json
--- config
auth_password "r";
auth_password_file users.json;
auth_error_body json;
location /x { auth_role_map { GET viewer; } empty_gif; }
--- conf eval: \%::users
--- cases eval
my $type = { 'Content-Type' => 'application/problem+json' };
my $quiet = { %$type, 'WWW-Authenticate' => undef };
[
    ['no credential' => get('/x'), 'no_credential', headers => $type, body => qr/"status": ?401(?!.*"error")/s],
    ['wrong'         => get('/x', basic(alice => 'x')), 'credential_invalid', headers => $type, body => qr/"status": ?401(?!.*"error")/s],
    ['malformed'     => get('/x', 'Authorization: Basic !'), 'malformed_authorization',
        headers => { %$type, 'WWW-Authenticate' => undef }, body => qr/"status": ?400.*The Authorization header is malformed\./s],
    ['a role'        => get('/x', $::carol), 'role_missing', headers => $quiet, body => qr/"status": ?403.*A required role is missing\./s],
    ['a method'      => request('DELETE', '/x', $::alice), 'method_not_allowed', headers => $quiet, body => qr/The method is not allowed here\./],
    sub {
        my @bodies = map { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask(get('/x', basic(@$_)))->{body} }
            [alice => 'x'], [nobody => 'x'], [alice => 'y' x 600];
        Test::More::ok((grep { $_ eq $bodies[0] } @bodies) == 3, 'who is known does not show') or Test::More::diag("@bodies");
    },
]
