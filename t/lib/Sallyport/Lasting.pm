package Sallyport::Lasting;

# Connections that stay open: WebSockets, and answers that do not end.
#
#   lasting($uri, @header_lines, { port => ... })   has sent the request and read the answer's header
#   $connection->is_open                           neither side has closed it so far
#   $connection->ended($seconds)                   the server closes it within so many seconds
#   $connection->echoes                            the WebSocket still carries messages
#   $connection->{status}, ->{head}, ->{buffer}    what has come

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use Sallyport::Client ();
use Time::HiRes qw(time);

our @EXPORT = qw(lasting websocket);

# What a WebSocket's client sends.
sub websocket { return ('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==') }

sub lasting {
    my ($uri, @lines) = @_;
    my $options = @lines && ref $lines[-1] ? pop @lines : {};
    my $port = $options->{port} // $ENV{TEST_NGINX_CLIENT_PORT};
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10) or die "connect to $port: $!";
    my $self = bless { socket => $socket, buffer => '', closed => 0 }, __PACKAGE__;
    $self->send(Sallyport::Client::request($options->{method} // 'GET', $uri, @lines));
    my $until = time + 20;
    until ($self->{buffer} =~ /\r\n\r\n/) {
        $self->more($until - time) or die "no answer to $uri: $self->{buffer}\n";
    }
    ($self->{head}, $self->{buffer}) = split /\r\n\r\n/, $self->{buffer}, 2;
    ($self->{status}) = $self->{head} =~ m{\AHTTP/1\.[01] (\d{3})};
    return $self;
}

sub send {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{socket}, $text;
    return;
}

# Reads something; false at the end or after so many seconds.
sub more {
    my ($self, $seconds) = @_;
    return if $self->{closed} || $seconds < 0 || !IO::Select->new($self->{socket})->can_read($seconds);
    my $got = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
    $self->{closed} = 1 unless $got;
    return $got;
}

sub is_open {
    my ($self) = @_;
    1 while $self->more(0);
    return !$self->{closed};
}

sub ended {
    my ($self, $seconds) = @_;
    my $until = time + ($seconds // 30);
    1 while $self->more($until - time);
    return $self->{closed};
}

sub echoes {
    my ($self) = @_;
    my $word = 'word' . int rand 1e9;
    $self->send($word);
    my $until = time + 10;
    until (index($self->{buffer}, $word) >= 0) { $self->more($until - time) or return }
    return 1;
}

sub leave { my ($self) = @_; close $self->{socket}; return }

1;
