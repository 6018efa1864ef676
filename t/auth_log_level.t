# auth_log_level: at which level refusals are logged.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Credential;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our %files = ('users.json' => json({ alice => { password => hash('wonderland') } }));
our $missing = qr/\[error\].*sallyport: refused 503 keys_unavailable/;

run_tests();

__DATA__

=== each level
--- config
auth_password "r"; auth_password_file users.json;
location /default { empty_gif; }
location /info    { auth_log_level info; empty_gif; }
location /notice  { auth_log_level notice; empty_gif; }
location /warn    { auth_log_level warn; empty_gif; location /warn/inner { empty_gif; } location /warn/info { auth_log_level info; empty_gif; } }
location /error   { auth_log_level error; empty_gif; }
location /observe { auth_log_level warn; auth_policy observe; empty_gif; }
location /limit   { auth_log_level error; auth_password off; limit_except GET { auth_password "r"; } empty_gif; }
location /broken  { auth_log_level info; auth_jwt "r"; auth_jwt_key_file missing-$arg_n.jwks; empty_gif; }
location = /refresh { auth_endpoint refresh; auth_log_level notice; auth_token_key a HS256 base64url:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE; auth_token_refresh_key b HS256 base64url:YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI; auth_token_issuer i; }
--- http_config
auth_token_store memory:;
--- conf eval: \%::files
--- cases eval
my $at = sub { my ($level, $uri, $verb) = @_; $verb //= 'refused';
    return ["$uri: $level" => get($uri, basic(alice => 'x')), $verb eq 'refused' ? 401 : 200, reason => 'credential_invalid',
        log => qr/\[$level\].*sallyport: $verb 401 credential_invalid/] };
[
    $at->(info => '/default'), $at->(info => '/info'), $at->(notice => '/notice'), $at->(warn => '/warn'), $at->(error => '/error'),
    $at->(warn => '/warn/inner'), $at->(info => '/warn/info'), $at->(warn => '/observe', 'would refuse'),
    ['limit_except' => request('POST', '/limit'), 'no_credential', log => qr/\[error\].*sallyport: refused 401 no_credential/],
    ['5xx is an error all the same' => get('/broken?n=1', bearer(key('HS256'))), 'keys_unavailable', log => $::missing],
    ['an endpoint' => request('POST', '/refresh', 'Content-Type: text/plain', { body => 'x' }), 'content_type_unsupported',
        log => qr/\[notice\].*sallyport: refused 415 content_type_unsupported/],
    ['admitted: nothing is logged' => get('/error', basic(alice => 'wonderland')), 200, no_log => qr/sallyport:/],
]



=== in the http block, against nginx's own level
--- log_level: warn
--- http_config
auth_log_level warn;
--- config
auth_password "r"; auth_password_file users.json;
location /x { empty_gif; }
location /quiet { auth_log_level notice; empty_gif; }
--- conf eval: \%::files
--- cases eval
[
    ['shown'     => get('/x', basic(alice => 'x')), 401, reason => 'credential_invalid', log => qr/\[warn\].*sallyport: refused 401 credential_invalid/],
    ['not shown' => get('/quiet', basic(alice => 'x')), 401, reason => 'credential_invalid', no_log => qr/sallyport/],
]
