package Sallyport::Nginx;

# A second nginx with the module, as on another machine. It ends with the test, or earlier.
#
#     our $other = Sallyport::Nginx->new(http => '...', server => '...', files => { 'keys.jwks' => ... });
#     $other->get('/x', @header_lines);       # an answer of Sallyport::Client
#     $other->stop; $other->start;            # its shared memory is new then

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use Sallyport::Client ();
use Sallyport::Keys ();
use Time::HiRes qw(sleep time);

my @all;

sub new {
    my ($class, %options) = @_;
    my $number = @all + 1;
    my $self = bless { root => "$ENV{TEST_NGINX_SERVROOT}-other$number", owner => $$,
        port => $ENV{TEST_NGINX_OTHER} =~ s/.*://r, workers => 2, %options }, $class;
    push @all, $self;
    Test::Nginx::Util::add_test_cleanup_handler(sub { $self->stop }) if $INC{'Test/Nginx/Util.pm'};
    $_->stop for @all;      # they have the same port
    remove_tree $self->{root};
    make_path "$self->{root}/logs", "$self->{root}/conf";
    $self->write_files;
    return $self->start;
}

sub write_files {
    my ($self) = @_;
    my %files = %{ $self->{files} || {} };
    Sallyport::Keys::spew("$self->{root}/conf/$_", $files{$_}) for keys %files;
    my $user = $ENV{TEST_NGINX_WORKER_USER} ? "user $ENV{TEST_NGINX_WORKER_USER};" : '';
    my $module = $ENV{TEST_NGINX_LOAD_MODULES} ? "load_module $ENV{TEST_NGINX_LOAD_MODULES};" : '';
    my ($http, $server) = map { s/\$(TEST_NGINX_\w+)/$ENV{$1}/gr } $self->{http} // '', $self->{server} // '';
    Sallyport::Keys::spew("$self->{root}/conf/nginx.conf", <<"EOF_CONF");
$module
$user
worker_processes $self->{workers};
pid logs/nginx.pid;
error_log logs/error.log info;
events { worker_connections 64; }
http {
    access_log off;
    $http
    server {
        listen 127.0.0.1:$self->{port};
        add_header X-Reason \$auth_reason always;
        $server
    }
}
EOF_CONF
    return;
}

sub start {
    my ($self) = @_;
    return $self if $self->{runs};
    my $root = $self->{root};
    system($ENV{TEST_NGINX_BINARY} || 'nginx', '-p', "$root/", '-c', "$root/conf/nginx.conf", '-e', "$root/logs/error.log") == 0
        or die "the other nginx does not start: " . $self->error_log;
    $self->{runs} = 1;
    return $self;
}

sub pid { my ($self) = @_; return Sallyport::Keys::slurp("$self->{root}/logs/nginx.pid") =~ s/\s//gr }

sub stop {
    my ($self) = @_;
    return unless delete $self->{runs};
    local $?;
    my $pid = $self->pid;
    kill 'TERM', $pid;
    my $until = time + 20;
    sleep 0.05 while -e "$self->{root}/logs/nginx.pid" && time < $until;
    return;
}

sub ask { my ($self, $request) = @_; return Sallyport::Client->new($self->{port})->ask($request) }
sub get { my ($self, @request) = @_; return $self->ask(Sallyport::Client::get(@request)) }

sub error_log { my ($self) = @_; return Sallyport::Keys::slurp("$self->{root}/logs/error.log") }

END {
    for my $self (grep { $_->{owner} == $$ } @all) {
        $self->stop;
        remove_tree $self->{root} unless $ENV{TEST_NGINX_NO_CLEAN};
    }
}

1;
