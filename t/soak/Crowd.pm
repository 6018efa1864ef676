package Crowd;

# Many HTTP requests at the same time, each on a connection of its own, and timers.

use strict;
use warnings;

use Errno qw(EAGAIN ECONNREFUSED EINPROGRESS EINTR);
use Exporter qw(import);
use MIME::Base64 qw(decode_base64url);
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY SO_ERROR SOCK_NONBLOCK);
use Time::HiRes qw(time);

our @EXPORT = qw(post login refresh logout revoke present access child jti_of sid_of);

$SIG{PIPE} = 'IGNORE';

# --- requests and answers ------------------------------------------------------------------------

sub post {
    my ($uri, $body, @lines) = @_;
    return join "\r\n", "POST $uri HTTP/1.1", 'Host: localhost', 'Connection: close', 'Content-Type: application/json',
        'Content-Length: ' . length $body, @lines, '', $body;
}

sub login   { return post('/auth/login', qq({"username":"$_[0]","password":"wonderland"})) }
sub refresh { return post('/auth/refresh', qq({"refresh_token":"$_[0]"})) }
sub logout  { return post('/auth/logout', qq({"refresh_token":"$_[0]"})) }

sub revoke {
    my ($token, $authorization) = @_;
    return post('/auth/revoke', qq({"token":"$token"}), "Authorization: $authorization");
}

# For a location that access tokens are presented to.
sub present {
    my ($uri, $token) = @_;
    return join "\r\n", "GET $uri HTTP/1.1", 'Host: localhost', 'Connection: close', "Authorization: Bearer $token", '', '';
}

sub access { return $_[0]{body} =~ /"access_token":"([^"]+)"/ ? $1 : undef }

# The refresh token of an answer, if it has one.
sub child { return $_[0]{body} =~ /"refresh_token":"([^"]+)"/ ? $1 : undef }

sub claim {
    my ($token, $name) = @_;
    my (undef, $payload) = split /\./, $token;
    decode_base64url($payload) =~ /"$name":"([^"]+)"/ or die "no $name in a token\n";
    return $1;
}
sub jti_of { return claim($_[0], 'jti') }
sub sid_of { return claim($_[0], 'sid') }

# --- the crowd -----------------------------------------------------------------------------------

sub new {
    my ($class, %options) = @_;
    return bless { patience => 30, %options, open => {}, timers => [], held => [], reads => '', writes => '' }, $class;
}

# ask($port, $text, $then): calls $then with { status, body }, or with { status => 0, lost => ... }:
# "refused", nobody listened, so that nothing was asked; "broken" or "late", the answer is not known.
sub ask {
    my ($self, $port, $text, $then) = @_;
    my $c = { out => $text, in => '', then => $then, until => time + $self->{patience} };
    $self->connect($c, $port) and $self->write($c);
    return;
}

# The same, but the last byte waits for release(), and connecting waits for the server.
sub hold {
    my ($self, $port, $text, $then) = @_;
    my $c = { out => substr($text, 0, -1), in => '', then => $then, last => substr $text, -1 };
    $c->{until} = time + $self->{patience};
    $self->connect($c, $port) or die "nobody listens on port $port\n";
    until ($c->{out} eq '') {
        vec(my $wanted = '', $c->{fd}, 1) = 1;
        select undef, $wanted, undef, 10 or die "cannot connect to port $port\n";
        $self->write($c);
    }
    push @{ $self->{held} }, $c;
    return;
}

sub release {
    my ($self) = @_;
    for my $c (splice @{ $self->{held} }) {
        $c->{out} = $c->{last};
        $self->write($c);
    }
    return;
}

sub after {
    my ($self, $seconds, $then) = @_;
    my ($timers, $timer) = ($self->{timers}, [time + $seconds, $then]);
    my $place = @$timers;
    $place-- while $place && $timers->[ $place - 1 ][0] > $timer->[0];
    splice @$timers, $place, 0, $timer;
    return;
}

# Until there is nothing more to wait for.
sub run {
    my ($self) = @_;
    while (keys %{ $self->{open} } || @{ $self->{timers} }) {
        $self->turn;
    }
    return;
}

# Waits for what comes first, and handles it.
sub turn {
    my ($self) = @_;
    my ($open, $timers) = @$self{qw(open timers)};
    my $now = time;
    my $wait = @$timers ? $timers->[0][0] - $now : 1;
    $wait = $wait < 0 ? 0 : $wait > 1 ? 1 : $wait;
    my $found = select my $reads = $self->{reads}, my $writes = $self->{writes}, undef, $wait;
    if ($found > 0) {
        for my $fd (keys %$open) {
            my $c = $open->{$fd} or next;
            $self->write($c) if vec $writes, $fd, 1;
            $self->read($c) if vec($reads, $fd, 1) && $c->{fd};
        }
    }
    $now = time;
    (shift @$timers)->[1]->() while @$timers && $timers->[0][0] <= $now;
    if ($now > ($self->{swept} // 0) + 1) {
        $self->{swept} = $now;
        $self->end($_, lost => 'late') for grep { $_->{until} < $now } values %$open;
    }
    return;
}

sub connect {
    my ($self, $c, $port) = @_;
    socket my $socket, PF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP or die "socket: $!\n";
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    $c->{socket} = $socket;
    my $done = CORE::connect($socket, pack_sockaddr_in($port, INADDR_LOOPBACK)) || $!{EINPROGRESS};
    if (!$done) {
        my $refused = $!{ECONNREFUSED};
        # Not at once: whoever is told may ask again.
        $self->after(0, sub { $c->{then}->({ status => 0, body => '', lost => $refused ? 'refused' : 'broken' }) });
        return;
    }
    $c->{fd} = fileno $socket;
    $self->{open}{ $c->{fd} } = $c;
    vec($self->{reads}, $c->{fd}, 1) = 1;
    return 1;
}

sub write {
    my ($self, $c) = @_;
    my $sent = syswrite $c->{socket}, $c->{out};
    if (defined $sent) {
        substr $c->{out}, 0, $sent, '';
        $c->{connected} = 1;
    } elsif (!$!{EAGAIN} && !$!{EINTR}) {
        # What was answered before it closed is still to be read.
        return $self->end($c, lost => $!{ECONNREFUSED} ? 'refused' : 'broken') unless $c->{connected};
        $c->{out} = '';
    }
    vec($self->{writes}, $c->{fd}, 1) = $c->{out} ne '' ? 1 : 0;
    return;
}

sub read {
    my ($self, $c) = @_;
    my $got = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};
    return if !defined $got && ($!{EAGAIN} || $!{EINTR});
    if (!$got && !$c->{connected}) {
        return $self->end($c, lost => $!{ECONNREFUSED} ? 'refused' : 'broken');
    }
    my ($head, $body) = split /\r\n\r\n/, $c->{in}, 2;
    if (defined $body) {
        my ($status) = $head =~ m{^HTTP/1\.1 (\d{3}) };
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        if ($status && ($status == 204 || defined $length && length $body >= $length)) {
            return $self->end($c, status => $status, body => $body);
        }
    }
    $self->end($c, lost => 'broken') unless $got;
    return;
}

sub end {
    my ($self, $c, %answer) = @_;
    delete $self->{open}{ $c->{fd} };
    vec($self->{$_}, $c->{fd}, 1) = 0 for qw(reads writes);
    $c->{fd} = undef;
    close $c->{socket};
    $c->{then}->({ status => 0, body => '', %answer });
    return;
}

1;
