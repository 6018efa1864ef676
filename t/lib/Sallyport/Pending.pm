package Sallyport::Pending;

# Requests that are on their way at the same time, and how long each of them took.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use Sallyport::Client ();
use Sallyport::Test ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More ();
use Time::HiRes qw(sleep time);

our @ISA = qw(Sallyport::Client);
our @EXPORT = qw(pending judge judge_all timed quick pause logged noticed);

# pending($text, %options): connects and sends; the answer is left for later. Options: port;
# from, an address of the client; first, how many bytes are sent for now.
sub pending {
    my ($text, %options) = @_;
    my $port = $options{port} // $ENV{TEST_NGINX_CLIENT_PORT};
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10,
        $options{from} ? (LocalAddr => $options{from}) : ()) or die "connect to $port: $!";
    my $self = bless { socket => $socket, buffer => '', head => scalar($text =~ /^HEAD /),
        logged => -s "$ENV{TEST_NGINX_SERVROOT}/logs/error.log" || 0 }, __PACKAGE__;
    my $first = $options{first} // length $text;
    $self->send(substr $text, 0, $first);
    $self->{rest} = substr $text, $first;
    return $self;
}

sub send {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $sent = 0;
    while ($sent < length $text) {
        my $count = syswrite $self->{socket}, $text, 65536, $sent or last;
        $sent += $count;
    }
    $self->{sent} = time;
    return $self;
}

# Sends what was held back, or so many bytes of it.
sub send_rest {
    my ($self, $count) = @_;
    return $self->send(substr $self->{rest}, 0, $count // length $self->{rest}, '');
}

# Whether there is an answer, or an end, within so many seconds.
sub answered {
    my ($self, $seconds) = @_;
    return $self->{buffer} ne '' || IO::Select->new($self->{socket})->can_read($seconds // 0);
}

# The answer as Client gives it, with the seconds it took; undef where there is none.
sub result {
    my ($self, $seconds) = @_;
    return unless $self->answered($seconds // 10);
    my $answer = eval { $self->answer($self->{head}) } or return;
    $answer->{took} = time - $self->{sent};
    return $answer;
}

sub leave { close $_[0]{socket}; return }

sub leave_by_reset {
    my ($self) = @_;
    return unless defined fileno $self->{socket};
    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    return $self->leave;
}

# A test of the answer, as of a row; more: over, under, seconds that it has to take or must not;
# patience, seconds after which there is none.
sub judge {
    my ($name, $pending, $expected, %more) = @_;
    my @wrong = faults($pending, $expected, %more);
    return Test::More::ok(!@wrong, $name) || Test::More::diag(join "\n", @wrong);
}

# One test for all of them.
sub judge_all {
    my ($name, $pendings, $expected, %more) = @_;
    my @wrong = map { my $n = $_; map { "$n: $_" } faults($pendings->[$n], $expected, %more) } 0 .. $#$pendings;
    splice @wrong, 5, @wrong, '...' if @wrong > 5;
    return Test::More::ok(!@wrong, $name) || Test::More::diag(join "\n", @wrong);
}

sub faults {
    my ($pending, $expected, %more) = @_;
    my ($over, $under, $patience) = delete @more{qw(over under patience)};
    my $answer = $pending->result($patience) or return 'no answer';
    my @wrong = Sallyport::Test::mismatches($answer, $expected, $pending->{logged}, %more);
    push @wrong, "took $answer->{took} s, expected more than $over" if defined $over && $answer->{took} < $over;
    push @wrong, "took $answer->{took} s, expected less than $under" if defined $under && $answer->{took} > $under;
    return @wrong;
}

# Rows.
sub timed {
    my ($name, $request, $expected, %more) = @_;
    return sub { judge($name, pending(ref $request ? $request->() : $request), $expected, %more) };
}

# Must not wait for anything. A busy machine may be slow once, so a right answer that is late is asked for again.
sub quick {
    my ($name, $request, $expected, %more) = @_;
    return sub {
        my @wrong;
        for (1 .. 5) {
            @wrong = faults(pending(ref $request ? $request->() : $request), $expected, under => 1.5, %more);
            last if !@wrong || grep { !/^took / } @wrong;
        }
        return Test::More::ok(!@wrong, $name) || Test::More::diag(join "\n", @wrong);
    };
}

# logged($name, $pattern, $count): so many such lines are in the error log, sooner or later; without
# a count: one or more.
sub logged {
    my ($name, $pattern, $count) = @_;
    return sub {
        sleep 0.1;
        Sallyport::Test::wait_for(sub { Sallyport::Test::lines_with($pattern) >= ($count // 1) }, 5);
        my $found = Sallyport::Test::lines_with($pattern);
        Test::More::ok(defined $count ? $found == $count : $found > 0, $name)
            or Test::More::diag("$found lines: ", Sallyport::Test::error_log());
    };
}

# noticed($name, $request, $expected, $pattern, $count): repeats a request until there are so many such lines:
# a file that has changed is looked at when a request needs it.
sub noticed {
    my ($name, $request, $expected, $pattern, $count) = @_;
    return [$name => $request, $expected, within => 5, then => sub {
        return Sallyport::Test::lines_with($pattern) >= ($count // 1) ? () : "not in the error log: $pattern";
    }];
}

sub pause { my ($seconds) = @_; return sub { sleep($seconds) } }

1;
