package Sallyport::Redis;

# A redis-server of our own, with its files in a folder of its own. It ends with the test.
#
#     our $redis = Sallyport::Redis->new(port => 6400, requirepass => 'x');
#     $redis->stop; $redis->start;    # what it has stays, as "appendonly yes" has it
#
# Or one that others have started, which does not:
#
#     my $other = Sallyport::Redis->at(6400, 1);      # its database 1

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

my @all;

sub new {
    my ($class, %options) = @_;
    my $folder = tempdir('sallyport-redis-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { port => delete $options{port}, folder => $folder, owner => $$, options => \%options }, $class;
    push @all, $self;
    return $self->start;
}

sub at {
    my ($class, $port, $database) = @_;
    return bless { port => $port, database => $database, options => {} }, $class;
}

sub start {
    my ($self) = @_;
    return $self if $self->{pid};
    my %options = (bind => '127.0.0.1', port => $self->{port}, dir => $self->{folder}, save => '', appendonly => 'yes',
        appendfsync => 'always', %{ $self->{options} });
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{folder}/log";
        open STDERR, '>&', \*STDOUT;
        exec 'redis-server', map { ("--$_", $options{$_}) } sort keys %options or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    my $until = time + 10;
    until (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 1)) {
        die "redis-server does not start\n" if time > $until || waitpid($pid, POSIX::WNOHANG()) == $pid;
        sleep 0.05;
    }
    return $self;
}

# As a crash does.
sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local $?;
    kill 'CONT', $pid;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}

sub signal { my ($self, $signal) = @_; kill $signal, $self->{pid}; return }

# Without what it had.
sub start_empty {
    my ($self) = @_;
    $self->stop;
    system 'rm', '-rf', "$self->{folder}/appendonlydir", "$self->{folder}/appendonly.aof", "$self->{folder}/dump.rdb";
    return $self->start;
}

# What redis-cli prints.
sub cli {
    my ($self, @command) = @_;
    my @password = defined $self->{options}{requirepass} ? ('-a', $self->{options}{requirepass}, '--no-auth-warning') : ();
    my @server = ('-p', $self->{port}, '-n', $self->{database} // 0);
    open my $from, '-|', 'redis-cli', @server, @password, '--raw', @command or die "redis-cli: $!";
    local $/;
    my $output = <$from> // '';
    close $from;
    return $output;
}

END {
    for (@all) { $_->stop if $_->{owner} == $$ }
}

1;
