package Sallyport::Upstream;

# A scripted HTTP server, such as an identity provider that publishes keys:
#
#     our $idp = Sallyport::Upstream->new;        # listens at once; its address is in $TEST_NGINX_IDP
#     $idp->answer('/jwks' => jwks($one), 500);   # first a set, then 500 for ever
#
# It is a process of its own that ends with the test. Answers of slow ones overlap. An answer is
# chosen by the request's target, else by its path, else '*' is asked; without any it is 404. It is
# a text (200), a status, or
#
#   status, headers => [lines], body
#   length   what Content-Length says; undef: there is none
#   chunked  bytes in a chunk
#   version  of HTTP: '1.1'
#   raw      sent in place of all that
#   echo     what comes afterwards is sent back
#   delay    seconds before it begins
#   before   what happens in place of an answer: 'reset', 'close', 'never'
#   cut      bytes of the body that are sent; then
#   after    what happens at the end: 'close', 'reset', 'never'
#   drip     seconds after each byte of the body; first: how many bytes come at once before
#
# answers() and fetched() make rows about the first one.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(AF_UNIX PF_UNSPEC SOCK_STREAM SOL_SOCKET SO_LINGER);
use Storable qw(freeze thaw);
use Test::More ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(answers fetched);

my $longest = 600;      # seconds that a process lives in any case

my @all;

sub new {
    my ($class, $variable) = @_;
    my $listener = listener(0);
    my $port = $listener->sockport;
    socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        close $here;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        eval { serve($listener, $there, $port); 1 } or print STDERR "upstream: $@";
        POSIX::_exit(0);
    }
    close $there;
    binmode $here;
    my $self = bless { control => $here, port => $port, pid => $pid, owner => $$ }, $class;
    $ENV{ $variable // 'TEST_NGINX_IDP' } = $self->address;
    # After each block nothing keeps nginx from its end, and the next one begins anew.
    Test::Nginx::Util::add_test_cleanup_handler(sub { $self->reset }) if $INC{'Test/Nginx/Util.pm'};
    push @all, $self;
    return $self;
}

sub answers {
    my %answers = @_;
    return sub { $all[0]->answer(%answers) };
}

# fetched($name, $path, $least, $most): how many requests there were.
sub fetched {
    my ($name, $path, $least, $most) = @_;
    return sub {
        my $count = $all[0]->count($path);
        Test::More::ok($count >= $least && $count <= ($most // $least), "$name: fetched $least times")
            or Test::More::diag("$count: ", map { "$_->{line}\n" } $all[0]->requests);
    };
}

sub listener {
    my ($port) = @_;
    return IO::Socket::INET->new(Listen => 512, LocalAddr => '127.0.0.1', LocalPort => $port,
        ReuseAddr => 1, Blocking => 0) || die "listen: $!";
}

sub port    { return $_[0]{port} }
sub address { return "127.0.0.1:$_[0]{port}" }

# path => answer or [answers in turn, of which the last one stays], ...
sub answer {
    my ($self, %answers) = @_;
    return $self->tell(answer => %answers);
}

# The requests so far, of one target or path or of all:
#   { line, target, path, head, headers => [lines], body, at, conn, gone => closed before it was answered }
sub requests {
    my ($self, $path) = @_;
    return @{ $self->tell(requests => $path) };
}

sub count {
    my ($self, $path) = @_;
    return $self->tell(count => $path);
}

# Waits until there were so many requests; whether there were.
sub await {
    my ($self, $path, $count, $seconds) = @_;
    my $until = time + ($seconds // 5);
    while ($self->count($path) < $count) {
        return if time > $until;
        sleep 0.02;
    }
    return 1;
}

sub forget  { return $_[0]->tell('forget') }    # the requests so far
sub release { return $_[0]->tell('release') }   # closes the connections that are open
sub down    { return $_[0]->tell('down') }      # refuses connections
sub up      { return $_[0]->tell('up') }

# As it was at the beginning.
sub reset { return $_[0]->tell('reset') }

sub tell {
    my ($self, @command) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $text = freeze(\@command);
    syswrite_all($self->{control}, pack('N', length $text) . $text);
    my $length = unpack 'N', sysread_all($self->{control}, 4);
    return thaw(sysread_all($self->{control}, $length))->[0];
}

sub syswrite_all {
    my ($socket, $text) = @_;
    my $sent = 0;
    while ($sent < length $text) {
        $sent += syswrite($socket, $text, 65536, $sent) // die "upstream has ended: $!\n";
    }
    return;
}

sub sysread_all {
    my ($socket, $length) = @_;
    my $text = '';
    while (length $text < $length) {
        sysread $socket, $text, $length - length $text, length $text or die "upstream has ended\n";
    }
    return $text;
}

sub end {
    my ($self) = @_;
    return if $self->{owner} != $$ || !$self->{pid};
    close $self->{control};
    local $?;
    kill 'KILL', $self->{pid};
    waitpid delete $self->{pid}, 0;
    return;
}

END { $_->end for @all }

# --- the process --------------------------------------------------------------------------------

sub serve {
    my ($listener, $control, $port) = @_;
    $SIG{PIPE} = 'IGNORE';
    my %state = (
        listener => $listener, control => $control, port => $port, answers => {}, requests => [], conns => {},
        accepted => 0, readers => IO::Select->new($listener, $control), writers => IO::Select->new,
        until => time + $longest,
    );
    my $parent = getppid;
    while (time < $state{until} && getppid == $parent) {
        my ($readable, $writable) = IO::Select->select($state{readers}, $state{writers}, undef, pause(\%state));
        for my $socket (@{ $readable || [] }) {
            if ($socket == $control) {
                obey(\%state) or return;
            } elsif ($state{listener} && $socket == $state{listener}) {
                take(\%state);
            } elsif (my $conn = $state{conns}{$socket}) {
                receive(\%state, $conn);
            }
        }
        for my $socket (@{ $writable || [] }) {
            my $conn = $state{conns}{$socket} or next;
            give(\%state, $conn);
        }
        my $now = time;
        for my $conn (values %{ $state{conns} }) {
            next unless defined $conn->{due} && $conn->{due} <= $now;
            my $do = $conn->{do};
            delete @$conn{qw(due do)};
            $do->();
        }
    }
    return;
}

# Seconds until something is due.
sub pause {
    my ($state) = @_;
    my $pause = 1;
    for my $conn (values %{ $state->{conns} }) {
        next unless defined $conn->{due};
        my $left = $conn->{due} - time;
        $pause = $left if $left < $pause;
    }
    return $pause < 0 ? 0 : $pause;
}

sub obey {
    my ($state) = @_;
    my $length = eval { unpack 'N', sysread_all($state->{control}, 4) } or return;
    my ($command, @arguments) = @{ thaw(sysread_all($state->{control}, $length)) };
    my %commands = (
        answer => sub {
            my %answers = @_;
            $state->{answers}{$_} = ref $answers{$_} eq 'ARRAY' ? [@{ $answers{$_} }] : [$answers{$_}]
                for keys %answers;
            return 1;
        },
        requests => sub { return [map { my %r = %$_; \%r } chosen($state, @_)] },
        count    => sub { return scalar(() = chosen($state, @_)) },
        forget   => sub { $state->{requests} = []; return 1 },
        release  => sub { finish($state, $_, 'close') for values %{ $state->{conns} }; return 1 },
        down     => sub { stop_listening($state); return 1 },
        up       => sub { start_listening($state); return 1 },
        reset    => sub {
            finish($state, $_, 'close') for values %{ $state->{conns} };
            start_listening($state);
            $state->{requests} = [];
            $state->{answers} = {};
            return 1;
        },
    );
    my $text = freeze([$commands{$command}->(@arguments)]);
    syswrite_all($state->{control}, pack('N', length $text) . $text);
    return 1;
}

sub chosen {
    my ($state, $path) = @_;
    return grep { !defined $path || $_->{target} eq $path || $_->{path} eq $path } @{ $state->{requests} };
}

sub stop_listening {
    my ($state) = @_;
    my $listener = delete $state->{listener} or return;
    $state->{readers}->remove($listener);
    close $listener;
    return;
}

sub start_listening {
    my ($state) = @_;
    return if $state->{listener};
    $state->{listener} = listener($state->{port});
    $state->{readers}->add($state->{listener});
    return;
}

sub take {
    my ($state) = @_;
    while (my $socket = $state->{listener}->accept) {
        $socket->blocking(0);
        $state->{readers}->add($socket);
        $state->{conns}{$socket} = { socket => $socket, in => '', number => ++$state->{accepted} };
    }
    return;
}

sub receive {
    my ($state, $conn) = @_;
    my $count = sysread $conn->{socket}, $conn->{in}, 65536, length $conn->{in};
    return if !defined $count && $!{EAGAIN};
    if (!$count) {
        $conn->{request}{gone} = 1 if $conn->{request};
        return finish($state, $conn, 'close');
    }
    return echo($state, $conn) if $conn->{answer} && $conn->{answer}{echo};
    return if $conn->{request};
    my ($head, $rest) = $conn->{in} =~ /\A(.*?\r\n)\r\n(.*)\z/s or return;
    my ($length) = $head =~ /^Content-Length:\s*(\d+)/mi;
    return if length $rest < ($length // 0);
    my ($line, @headers) = split /\r\n/, $head;
    my $target = (split / /, $line)[1] // '';
    my $request = $conn->{request} = { line => $line, target => $target, path => $target =~ s/\?.*//sr,
        head => $head, headers => \@headers, body => $rest, at => time, conn => $conn->{number} };
    push @{ $state->{requests} }, $request;
    my $answer = chosen_answer($state, $request);
    my $begin = sub { begin($state, $conn, $answer) };
    return $answer->{delay} ? later($conn, $answer->{delay}, $begin) : $begin->();
}

sub echo {
    my ($state, $conn) = @_;
    $conn->{out} .= $conn->{in};
    $conn->{in} = '';
    $state->{writers}->add($conn->{socket});
    return;
}

sub chosen_answer {
    my ($state, $request) = @_;
    my ($answers) = grep { $_ } @{ $state->{answers} }{ $request->{target}, $request->{path}, '*' };
    my $answer = !$answers ? 404 : @$answers > 1 ? shift @$answers : $answers->[0];
    return $answer if ref $answer;
    return $answer =~ /\A[1-5]\d\d\z/ ? { status => $answer, body => "status $answer\n" } : { body => $answer };
}

sub later {
    my ($conn, $seconds, $do) = @_;
    @$conn{qw(due do)} = (time + $seconds, $do);
    return;
}

sub begin {
    my ($state, $conn, $answer) = @_;
    my $before = $answer->{before} // '';
    return if $before eq 'never';
    return finish($state, $conn, $before) if $before;
    my ($head, $body) = defined $answer->{raw} ? ($answer->{raw}, '') : text_of($answer);
    $conn->{answer} = $answer;
    $conn->{in} = '';
    $conn->{out} = $head;
    if ($answer->{drip}) {
        $conn->{out} .= substr $body, 0, $answer->{first} // 0, '';
        $conn->{drops} = $body;
    } else {
        $conn->{out} .= $body;
    }
    $state->{writers}->add($conn->{socket});
    return;
}

sub text_of {
    my ($answer) = @_;
    my $status = $answer->{status} // 200;
    my $body = $answer->{body} // '';
    my $length = exists $answer->{length} ? $answer->{length} : length $body;
    undef $length if $answer->{chunked} || $status == 204 || $status == 304;
    my @lines = ('Server: upstream', @{ $answer->{headers} || [] }, 'Connection: close');
    unshift @lines, 'Content-Type: application/json' unless grep { /^Content-Type:/i } @lines;
    push @lines, "Content-Length: $length" if defined $length;
    push @lines, 'Transfer-Encoding: chunked' if $answer->{chunked};
    my $head = join "\r\n", 'HTTP/' . ($answer->{version} // '1.1') . " $status Whatever", @lines, '', '';
    if (my $size = $answer->{chunked}) {
        $body = join '', (map { sprintf "%x\r\n%s\r\n", length $_, $_ } unpack "(a$size)*", $body), "0\r\n\r\n";
    }
    $body = substr $body, 0, $answer->{cut} if defined $answer->{cut};
    return ($head, $body);
}

sub give {
    my ($state, $conn) = @_;
    while ($conn->{out} ne '') {
        my $count = syswrite $conn->{socket}, $conn->{out}, 65536;
        if (!defined $count) {
            return if $!{EAGAIN};
            $conn->{request}{gone} = 1;
            return finish($state, $conn, 'close');
        }
        substr $conn->{out}, 0, $count, '';
    }
    $state->{writers}->remove($conn->{socket});
    my $drip = $conn->{answer}{drip};
    if (length($conn->{drops} // '')) {
        return later($conn, $drip, sub {
            $conn->{out} = substr $conn->{drops}, 0, 1, '';
            $state->{writers}->add($conn->{socket});
        });
    }
    my $after = $conn->{answer}{after} // 'close';
    return if $after eq 'never';
    # What was sent has to arrive before the reset does.
    return later($conn, 0.2, sub { finish($state, $conn, 'reset') }) if $after eq 'reset';
    return finish($state, $conn, 'close');
}

sub finish {
    my ($state, $conn, $how) = @_;
    my $socket = $conn->{socket};
    $state->{readers}->remove($socket);
    $state->{writers}->remove($socket);
    delete $state->{conns}{$socket};
    delete @$conn{qw(due do)};
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) if $how eq 'reset';
    close $socket;
    return;
}

1;
