# Several workers, and nginx -s reload: keys by directive are read at start and at reload, key files
# by every worker.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Pending;
use Sallyport::Test;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

workers(2);

our ($one, $two) = map { key('HS256', $_) } qw(one two);

# The same request on twenty connections, so that each worker gets some.
sub many { my ($name, @row) = @_; return map { ["$name, $_" => @row] } 1 .. 20 }

run_tests();

__DATA__

=== a changed key file reaches every worker
--- conf eval
({ 'k.jwks' => jwks($::one) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    many('before', get('/x', bearer($::one)), 200),
    sub { replace('k.jwks', jwks($::two)) },
    noticed('both workers read it' => get('/x', bearer($::two)), 200, qr/k\.jwks" changed/, 2),
    many('the new key', get('/x', bearer($::two)), 200),
    many('the old key', get('/x', bearer($::one)), 'key_unknown'),
]



=== a key by directive is read at start and at reload
--- conf eval
({ secret => $::one->private })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key k HS256 secret;
    empty_gif;
}
--- cases eval
my ($old, $new) = map { bearer($_, {}, { kid => 'k' }) } $::one, $::two;
[
    ['before'                  => get('/x', $old), 200],
    sub { change('secret', $::two->private); Time::HiRes::sleep(1) },
    ['changed, not reloaded'   => get('/x', $old), 200],
    ['the new key has to wait' => get('/x', $new), 'signature_invalid'],
    reload(),
    ['reloaded: the new key'   => get('/x', $new), 200, within => 3],
    ['reloaded: the old key'   => get('/x', $old), 'signature_invalid'],
]



=== a reload that fails leaves everything as it was
--- conf eval
({ secret => $::one->private, 'k.jwks' => jwks($::one) })
--- no_error_log
[alert]
[crit]
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key k HS256 secret;
    auth_jwt_key_file k.jwks;
    empty_gif;
}
--- cases eval
[
    ['before'                     => get('/x', bearer($::one)), 200],
    sub { unlink conf_path('secret'); kill 'HUP', slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr },
    logged('the reload fails', qr/\[emerg\]/),
    ['the directive\'s key'       => get('/x', bearer($::one, {}, { kid => 'k' })), 200,],
    ['the file\'s key'            => get('/x', bearer($::one)), 200],
    sub { change('k.jwks', jwks($::two)) },
    ['the file is still watched'  => get('/x', bearer($::two)), 200, within => 2],
]
--- error_log
[emerg]
No such file or directory



=== many reloads
--- conf eval
({ 'k.jwks' => jwks($::one, key('RS256')) })
--- config
location /x {
    auth_jwt "r";
    auth_jwt_key_file k.jwks;
    auth_jwt_key extra ES256 es256.pem;
    auth_role_map { GET viewer; }
    empty_gif;
}
--- user_files eval
[[conf_path('es256.pem') => key('ES256')->public]]
--- cases eval
[
    map {
        my $number = $_;
        (sub { kill 'HUP', slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr; Time::HiRes::sleep(0.2) },
         ["admitted, $number" => get('/x', bearer(key('RS256'), { roles => 'viewer' })), 200],
         ["refused, $number"  => get('/x', bearer(key('RS256'))), 'role_missing'])
    } 1 .. 10
]
