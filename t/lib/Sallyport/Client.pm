package Sallyport::Client;

# A small HTTP/1.1 client that sends what it is told to, malformed or not.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;

our @EXPORT = qw(get request);

# request($method, $uri, @header_lines, [{ body => ..., version => ... }])
sub request {
    my ($method, $uri, @lines) = @_;
    my $options = @lines && ref $lines[-1] ? pop @lines : {};
    my $body = $options->{body} // '';
    unshift @lines, 'Host: localhost' unless grep { /^Host:/i } @lines;
    push @lines, 'Content-Length: ' . length $body if $body ne '';
    my $version = $options->{version} // 'HTTP/1.1';
    return join("\r\n", "$method $uri $version", @lines, '', '') . $body;
}

sub get {
    my ($uri, @lines) = @_;
    return request('GET', $uri, @lines);
}

sub new {
    my ($class, $port) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10)
        or die "connect to $port: $!";
    return bless { socket => $socket, buffer => '' }, $class;
}

# Sends a request; returns { status, headers => {lower-case name => [values]}, body }, or undef
# where the server closed without an answer.
sub ask {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $sent = 0;
    while ($sent < length $text) {
        my $count = syswrite $self->{socket}, $text, 65536, $sent;
        last unless $count;     # refused before all was sent: there is an answer to read
        $sent += $count;
    }
    my $is_head = $text =~ /^HEAD /;
    my $is_09   = $text !~ m{^[^\r\n]* HTTP/};
    return $self->answer($is_head, $is_09);
}

sub answer {
    my ($self, $is_head, $is_09) = @_;
    if ($is_09) {
        1 while $self->more;
        my $body = $self->{buffer};
        return { status => $body =~ m{<title>(\d{3})} ? $1 : 200, headers => {}, body => $body };
    }
    until ($self->{buffer} =~ /\r\n\r\n/) {
        return unless $self->more;
    }
    $self->{buffer} =~ s/\A(.*?)\r\n\r\n//s;
    my ($first, @lines) = split /\r\n/, $1;
    my ($status) = $first =~ m{^HTTP/1\.[01] (\d{3})} or return;
    my %headers;
    for my $line (@lines) {
        my ($name, $value) = split /:\s*/, $line, 2;
        push @{ $headers{ lc $name } }, $value;
    }
    my $body = $is_head || $status == 204 || $status == 304 ? '' : $self->body(\%headers);
    return { status => $status, headers => \%headers, body => $body, head => $first };
}

sub body {
    my ($self, $headers) = @_;
    if (defined(my $length = $headers->{'content-length'}[0])) {
        while (length $self->{buffer} < $length) { last unless $self->more }
        return substr $self->{buffer}, 0, $length, '';
    }
    if (($headers->{'transfer-encoding'}[0] // '') eq 'chunked') {
        my $body = '';
        while (1) {
            my $size;
            until (defined $size) {
                $size = hex $1 if $self->{buffer} =~ s/\A([0-9a-fA-F]+)\r\n//;
                return $body unless defined $size || $self->more;
            }
            while (length $self->{buffer} < $size + 2) { return $body unless $self->more }
            $body .= substr $self->{buffer}, 0, $size, '';
            substr $self->{buffer}, 0, 2, '';
            return $body if $size == 0;
        }
    }
    1 while $self->more;
    return delete $self->{buffer};
}

sub more {
    my ($self) = @_;
    IO::Select->new($self->{socket})->can_read(10) or die "no answer within 10 s\n";
    return sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
}

1;
