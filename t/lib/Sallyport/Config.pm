package Sallyport::Config;

# Runs nginx -t on a configuration made of parts.

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Sallyport::Keys;
use Sallyport::Test ();
use Test::More;

our @EXPORT = qw(refused accepted give_file folder);

my $folder = tempdir('sallyport-config-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $nginx  = $ENV{TEST_NGINX_BINARY} || 'nginx';
chmod 0755, $folder;
mkdir "$folder/logs";

sub folder { return $folder }

# A file beside nginx.conf.
sub give_file {
    my ($name, $text) = @_;
    make_path(dirname("$folder/$name"));
    spew("$folder/$name", $text);
    return;
}

my %around = (
    http        => "%s\nserver { listen $ENV{TEST_NGINX_SERVER_PORT}; location / { empty_gif; } }",
    server      => "server { listen $ENV{TEST_NGINX_SERVER_PORT};\n%s\nlocation / { empty_gif; } }",
    location    => "server { listen $ENV{TEST_NGINX_SERVER_PORT}; location /x {\n%s\nempty_gif; } }",
    limit_except => "server { listen $ENV{TEST_NGINX_SERVER_PORT}; location /x { limit_except GET {\n%s\n} empty_gif; } }",
    if          => "server { listen $ENV{TEST_NGINX_SERVER_PORT}; location /x { if (\$arg_x) {\n%s\n} empty_gif; } }",
);

# Status and output of nginx -t with text in one of these contexts, or as the whole of "main".
sub check {
    my ($where, $text) = @_;
    my $modules = join '', map { "load_module $_;\n" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    my $user = $> == 0 && $ENV{TEST_NGINX_WORKER_USER} ? "user $ENV{TEST_NGINX_WORKER_USER};" : '';
    my $inside = $where eq 'main' ? '' : sprintf $around{$where}, $text =~ s/\n\z//r;
    spew("$folder/nginx.conf", <<"END");
$modules$user pid $folder/nginx.pid; error_log $folder/logs/error.log;
events {}
@{[$where eq 'main' ? $text : '']}
http {
access_log off; client_body_temp_path $folder/b; proxy_temp_path $folder/p; fastcgi_temp_path $folder/f;
uwsgi_temp_path $folder/u; scgi_temp_path $folder/s;
$inside
}
END
    my $output = `'$nginx' -t -p '$folder/' -c '$folder/nginx.conf' -e '$folder/logs/start.log' 2>&1`;
    return ($?, $output);
}

# nginx -t fails, and says where and why. The line is that of the mark "# here", if there is one,
# or any of the marked ones.
sub refused {
    my ($where, $text, $why, $name) = @_;
    my ($status, $output) = check($where, $text);
    my $number = 0;
    my @lines;
    for (split /\n/, slurp("$folder/nginx.conf")) {
        $number++;
        push @lines, $number if /# here\b/;
    }
    my $line = @lines ? '(?:' . join('|', @lines) . ')' : '\d+';
    # nginx itself names no line for a variable that nobody defines.
    my $place = $output =~ /unknown "\w+" variable$/m ? '' : " in \Q$folder\E/nginx\\.conf:$line";
    my ($emerg) = $output =~ /^nginx: \[emerg\] (.*?)$place$/ms;
    my $right = $status == 256 && defined $emerg && $emerg =~ $why;
    $name //= $text =~ s/\s+/ /gr;
    ok($right, "refused in $where: $name")
        or diag("status $status, expected $why in line $line:\n$output");
    return;
}

sub accepted {
    my ($where, $text, $name) = @_;
    my ($status, $output) = check($where, $text);
    $name //= $text =~ s/\s+/ /gr;
    ok($status == 0 && $output !~ /\[(?:emerg|alert|crit|error)\]/, "accepted in $where: $name") or diag($output);
    return $output;
}

1;
