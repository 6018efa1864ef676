package Sallyport::Http2;

# One HTTP/2 connection in clear text with several streams: as much as a test needs.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my %frame = (DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4, PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8);
my ($end_stream, $end_headers, $padded) = (1, 4, 8);

sub new {
    my ($class, $port) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10)
        or die "connect to $port: $!";
    my $self = bless { socket => $socket, buffer => '', next => 1, streams => {} }, $class;
    $self->write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $self->frame('SETTINGS', 0, 0, '');
    return $self;
}

sub write {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $sent = 0;
    while ($sent < length $text) {
        $sent += syswrite($self->{socket}, $text, 65536, $sent) // return;
    }
    return;
}

sub frame {
    my ($self, $type, $flags, $stream, $payload) = @_;
    return $self->write(substr(pack('N', length $payload), 1) . pack('CCN', $frame{$type}, $flags, $stream) . $payload);
}

# An integer of HPACK with a prefix of so many bits.
sub integer {
    my ($value, $bits) = @_;
    my $most = 2**$bits - 1;
    return pack 'C', $value if $value < $most;
    my $text = pack 'C', $most;
    for ($value -= $most; $value >= 128; $value >>= 7) { $text .= pack 'C', $value % 128 + 128 }
    return $text . pack 'C', $value;
}

# begin($method, $path, [name => value, ...], body): a new stream; its number.
sub begin {
    my ($self, $method, $path, $headers, $body) = @_;
    my $stream = $self->{next};
    $self->{next} += 2;
    my @fields = (':method' => $method, ':scheme' => 'http', ':authority' => 'localhost', ':path' => $path,
        @{ $headers || [] });
    my $block = '';
    while (my ($name, $value) = splice @fields, 0, 2) {
        $block .= "\0" . join '', map { integer(length $_, 7) . $_ } lc $name, $value;
    }
    $self->{streams}{$stream} = { status => undef, body => '', sent => time };
    $self->frame('HEADERS', $end_headers | (defined $body ? 0 : $end_stream), $stream, $block);
    if (defined $body) {
        my @parts = unpack '(a16000)*', $body;
        $self->frame('DATA', $_ == $#parts ? $end_stream : 0, $stream, $parts[$_]) for 0 .. $#parts;
    }
    return $stream;
}

# Gives a stream up.
sub cancel {
    my ($self, $stream) = @_;
    delete $self->{streams}{$stream};
    return $self->frame('RST_STREAM', 0, $stream, pack 'N', 8);
}

# { status, body, took, reset } of a stream; undef where it does not end within so many seconds.
sub result {
    my ($self, $stream, $seconds) = @_;
    my $until = time + ($seconds // 10);
    until ($self->{streams}{$stream}{took}) {
        $self->read_frame($until) or return;
    }
    return $self->{streams}{$stream};
}

sub read_frame {
    my ($self, $until) = @_;
    my ($length, $type, $flags, $stream);
    while (1) {
        if (length $self->{buffer} >= 9) {
            ($length, $type, $flags, $stream) = unpack 'NCCN', "\0" . substr $self->{buffer}, 0, 9;
            last if length $self->{buffer} >= 9 + $length;
        }
        my $left = $until - time;
        return if $left <= 0 || !IO::Select->new($self->{socket})->can_read($left);
        sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer} or return;
    }
    my $payload = substr substr($self->{buffer}, 0, 9 + $length, ''), 9;
    return $self->frame('SETTINGS', 1, 0, '') // 1 if $type == $frame{SETTINGS} && !($flags & 1);
    return if $type == $frame{GOAWAY};
    my $state = $self->{streams}{$stream} or return 1;
    if ($type == $frame{RST_STREAM}) {
        @$state{qw(reset took)} = (1, time - $state->{sent});
    } elsif ($type == $frame{HEADERS}) {
        $state->{status} //= status_of($payload);
    } elsif ($type == $frame{DATA}) {
        $state->{body} .= $payload;
        $self->frame('WINDOW_UPDATE', 0, $_, pack 'N', length $payload) for $payload eq '' ? () : (0, $stream);
    }
    $state->{took} //= time - $state->{sent} if ($type == $frame{HEADERS} || $type == $frame{DATA}) && $flags & $end_stream;
    return 1;
}

# nginx writes :status first: one of the static table, or three digits for its name.
sub status_of {
    my ($block) = @_;
    $block =~ s/\A[\x20-\x3f]+//;       # a change of the table's size
    my $first = ord $block;
    my %static = (8 => 200, 9 => 204, 10 => 206, 11 => 304, 12 => 400, 13 => 404, 14 => 500);
    return $static{ $first & 127 } if $first & 128;
    return $1 if $block =~ /\A.\x03(\d\d\d)/s;
    return;
}

1;
