# Another module that defines a directive of ours: nginx -t names both modules and the directive.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(dirname);
use Sallyport::Test;
use Sallyport::Config;
use Test::More 'no_plan';

# The tree that the module was built in has the headers of this nginx.
my $tree = $ENV{NGINX_BUILD} || dirname($ENV{MODULE} || "$FindBin::Bin/../build/module") . '/nginx';
my @headers = ("$tree/objs", map { "$tree/source/src/$_" }
    qw(core event event/modules event/quic os/unix http http/modules http/v2 http/v3));
my @ours = split ' ', $ENV{TEST_NGINX_LOAD_MODULES};

# A module that defines the directive, as one of nginx's module types.
sub foreign {
    my ($directive, $type) = @_;
    my $file = folder() . "/foreign-$directive-$type.so";
    system($ENV{CC} || 'cc', qw(-shared -fPIC -o), $file, qq(-DFOREIGN_DIRECTIVE="$directive"), "-DFOREIGN_TYPE=$type",
        (map { "-I$_" } @headers), "$FindBin::Bin/lib/foreign_module.c") == 0 or die "no foreign module\n";
    return $file;
}

sub both { my ($directive) = @_; return qr/"ngx_http_sallyport_module" and "ngx_http_foreign_module" both define the directive "$directive"/ }

for my $directive (qw(auth_jwt auth_token_store auth_role_map)) {
    my $foreign = foreign($directive, 'NGX_HTTP_MODULE');
    for (["after ours", @ours, $foreign], ["before ours", $foreign, @ours]) {
        my ($order, @modules) = @$_;
        local $ENV{TEST_NGINX_LOAD_MODULES} = "@modules";
        refused('http', 'foreign on;', both($directive), "$directive of a module $order");
    }
}

for (['another_name', 'NGX_HTTP_MODULE', 'a name of its own'], ['auth_jwt', '0x4d525453', 'a stream module']) {
    my ($directive, $type, $name) = @$_;
    local $ENV{TEST_NGINX_LOAD_MODULES} = "@ours " . foreign($directive, $type);
    accepted('http', '', $name);
}
