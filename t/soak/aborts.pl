# The clients of t/soak/aborts, the upstream that is slow to answer, and what locks the store.
#   aborts.pl PORT UPSTREAM_PORT DATABASE SECONDS CLIENTS

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

my ($port, $upstream_port, $database, $seconds, $clients) = @ARGV;
my $end = time + $seconds;
$SIG{PIPE} = 'IGNORE';

$| = 1;
my @children;
sub child {
    my ($work) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        srand $$;
        my $good = eval { $work->(); 1 };
        print "FAIL a process: $@" unless $good;
        POSIX::_exit($good ? 0 : 1);
    }
    push @children, $pid;
    return $pid;
}

# Answers each after a while, some never; all as a lookup wants it.
sub upstream {
    my $listener = IO::Socket::INET->new(Listen => 100, LocalAddr => '127.0.0.1', LocalPort => $upstream_port, ReuseAddr => 1) or die "listen: $!";
    my ($select, %due) = IO::Select->new($listener);
    my $answer = '{"sub":"alice","keys":[]}';
    while (1) {
        for my $ready ($select->can_read(0.02)) {
            if ($ready == $listener) { my $c = $listener->accept or next; $select->add($c); $due{ fileno $c } = [$c, time + rand 0.6]; }
            elsif (!sysread $ready, my $ignored, 65536) { $select->remove($ready); delete $due{ fileno $ready }; close $ready }
        }
        for my $n (keys %due) {
            my ($c, $at) = @{ $due{$n} };
            next if time < $at;
            syswrite $c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
            $select->remove($c); delete $due{$n}; close $c;
        }
    }
}

# Holds the store's lock now and then.
sub lock_store {
    while (time < $end) {
        open my $shell, '|-', 'sqlite3', $database or die "sqlite3: $!";
        syswrite $shell, ".timeout 5000\nBEGIN IMMEDIATE;\n";
        sleep rand 0.8;
        close $shell;
        sleep rand 0.3;
    }
}

sub post { my ($uri, $json) = @_; return "POST $uri HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " . length($json) . "\r\n\r\n$json" }
sub get  { my ($uri, $user, $password) = @_; return "GET $uri HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " . encode_base64("$user:$password", '') . "\r\n\r\n" }

# The answer, or nothing where the client leaves before it.
sub ask {
    my ($text, $patience) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10) or die "connect: $!";
    syswrite $socket, $text;
    my ($answer, $until) = ('', time + $patience);
    while ($answer !~ /\r\n\r\n(.*)\z/s || length $1 < ($answer =~ /^Content-Length: (\d+)/mi ? $1 : 0)) {
        my $left = $until - time;
        if ($left <= 0) {
            setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) if rand() < 0.5;
            close $socket;
            return;
        }
        IO::Select->new($socket)->can_read($left) or next;
        sysread $socket, $answer, 65536, length $answer or die "closed without an answer\n";
    }
    return $answer;
}

sub token { my ($answer) = @_; return $answer && $answer =~ m{^HTTP/1.1 200} && $answer =~ /"refresh_token":\s*"([^"]+)"/ ? $1 : undef }
sub login { my ($patience) = @_; return token(ask(post('/auth/login', '{"username":"alice","password":"wonderland"}'), $patience)) }

sub client {
    my $token;
    my $jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.' . 'A' x 342;
    my $count = 0;
    while (time < $end) {
        my ($what, $patience) = (rand, rand() < 0.2 ? 10 : rand 0.7);
        $count++;
        if    (!$token)      { $token = login($patience) }
        elsif ($what < 0.55) { $token = token(ask(post('/auth/refresh', qq({"refresh_token":"$token"})), $patience)) }
        elsif ($what < 0.60) { ask(post('/auth/logout', qq({"refresh_token":"$token"})), $patience); undef $token }
        elsif ($what < 0.75) { ask(get('/slow', 'alice', rand() < 0.5 ? 'wonderland' : rand), $patience) }
        elsif ($what < 0.90) { ask(get('/asked', 'alice', rand), $patience) }
        else                 { ask("GET /fetched HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $jwt\r\n\r\n", $patience) }
    }
    die "idle\n" unless $count;
}

my $upstream = child(\&upstream);
child(\&lock_store);
child(\&client) for 1 .. $clients;
my $failed = 0;
for my $pid (@children) {
    next if $pid == $upstream;
    waitpid $pid, 0;
    $failed++ if $?;
}
print $failed ? "FAIL $failed clients were cut off\n" : "ok   each client that stayed was answered\n";
my $token = login(15);
print $token ? "ok   a login works afterwards\n" : "FAIL a login works afterwards\n";
print $token && token(ask(post('/auth/refresh', qq({"refresh_token":"$token"})), 15)) ? "ok   so does a refresh\n" : "FAIL a refresh works afterwards\n";
kill 'TERM', $upstream;
waitpid $upstream, 0;
