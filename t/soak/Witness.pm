package Witness;

# Requests at a steady rate, in a process of its own, and how long they took.
#
#     my $witness = Witness->start($port, \@requests, rate => 1000);
#     ...
#     my $saw = $witness->stop;       # count, bad, p50, p99, longest (in milliseconds), slow (above 50 ms)

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time);

use constant SLOW => 50;

# The requests are asked in turn, and answered with a Content-Length. Their connections take turns as well.
sub start {
    my ($class, $port, $requests, %options) = @_;
    pipe my $from, my $to or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $from;
        eval { syswrite $to, join ' ', watch($port, $requests, $options{connections} // 8, $options{rate} // 1000) };
        print STDERR $@ if $@;
        POSIX::_exit($@ ? 1 : 0);
    }
    close $to;
    return bless { pid => $pid, from => $from }, $class;
}

sub stop {
    my ($self) = @_;
    kill 'TERM', $self->{pid};
    my $text = do { local $/; readline $self->{from} } // '';
    waitpid $self->{pid}, 0;
    my %saw;
    @saw{qw(count bad p50 p99 longest slow)} = split ' ', $text;
    $saw{count} or die "the witness saw nothing\n";
    return \%saw;
}

sub connection {
    my ($port) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 30) or die "no connection: $!\n";
    $socket->blocking(0);
    return $socket;
}

# A request that is due while its connection waits for an answer counts from then on: a server that stalls makes all
# of them wait.
sub watch {
    my ($port, $requests, $connections, $rate) = @_;
    my ($stopped, $end, $next, $bad, @took) = (0, 0, 0, 0);
    local $SIG{TERM} = sub { $stopped = 1 };
    local $SIG{PIPE} = 'IGNORE';
    # If allowed: the wait of this process for a processor is not what is measured.
    eval { setpriority 0, 0, -10 };
    system 'chrt', '-r', '-p', 2, $$ if $ENV{REALTIME};
    my $pause = $connections / $rate;
    my $begin = time;
    my @all = map { { socket => connection($port), due => $begin + $_ / $rate, in => '' } } 1 .. $connections;
    my $send = sub {
        my ($c) = @_;
        my $sent = syswrite $c->{socket}, $c->{request};
        return if defined $sent;
        $c->{socket} = connection($port);       # closed while it was idle
        syswrite $c->{socket}, $c->{request} or die "cannot send: $!\n";
    };
    my $last = 30;      # seconds for the answers that are missing at the end
    while (!$end || grep { $_->{request} } @all) {
        my ($now, $wait, $reads) = (time, 1, '');
        $end ||= $now if $stopped;
        die "no answer within $last s\n" if $end && $now > $end + $last;
        for my $c (@all) {
            if (!$end && !$c->{request} && $c->{due} <= $now) {
                $c->{request} = $requests->[ $next++ % @$requests ];
                $c->{begin} = ($c->{free} // $now) > $c->{due} ? $c->{due} : $now;
                $send->($c);
            }
            $wait = $c->{due} - $now if !$c->{request} && $c->{due} - $now < $wait;
            vec($reads, fileno $c->{socket}, 1) = 1 if $c->{request};
        }
        next unless select($reads, undef, undef, $wait) > 0;
        for my $c (grep { $_->{request} && vec $reads, fileno $_->{socket}, 1 } @all) {
            my $got = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};
            next if !defined $got && ($!{EAGAIN} || $!{EINTR});
            if (!$got) {                # closed before it had the request
                $c->{in} = '';
                $c->{socket} = connection($port);
                $send->($c);
                next;
            }
            my $head = index $c->{in}, "\r\n\r\n";
            next if $head < 0;
            my ($status, $length) = substr($c->{in}, 0, $head) =~ m{^HTTP/1\.1 (\d+) .*^Content-Length: (\d+)}ms or die "answer: $c->{in}\n";
            next if length $c->{in} < $head + 4 + $length;
            $bad++ if $status != 200;
            my $free = time;
            push @took, 1000 * ($free - $c->{begin});
            @$c{qw(request in free)} = (undef, '', $free);
            $c->{due} += $pause;
        }
    }
    @took = sort { $a <=> $b } @took;
    return (scalar @took, $bad, map({ sprintf '%.2f', $took[ $#took * $_ ] } 0.5, 0.99, 1), scalar grep { $_ > SLOW } @took);
}

1;
