# The clients of t/soak/connections, and the application behind nginx: connections.pl PORT BEHIND FOLDER WORKER...

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Time::HiRes qw(sleep time);

my ($port, $behind, $folder, @workers) = @ARGV;
my $count  = $ENV{CONNECTIONS};
my $others = 100;
$SIG{PIPE} = 'IGNORE';
$| = 1;

open my $in, '<', "$folder/secret" or die "secret: $!\n";
my $secret = do { local $/; <$in> };

sub check {
    my ($good, $name) = @_;
    print $good ? 'ok  ' : 'FAIL', " $name\n";
    return;
}

sub token {
    my ($number, $tenant) = @_;
    my $payload = sprintf '{"iss":"https://login.example.com/","sub":"user-%d","jti":"token-%d","sid":"session-%d",'
        . '"tenant_id":"%s","iat":1700000000,"exp":4102444800}', $number, $number, $number, $tenant;
    my $input = encode_base64url('{"alg":"HS256","kid":"k1","typ":"JWT"}') . '.' . encode_base64url($payload);
    return "$input." . encode_base64url(hmac_sha256($input, $secret));
}

sub client {
    my ($to) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $to, Timeout => 30) || die "no connection: $!\n";
}

# The descriptors of a set, as select() leaves it.
sub members {
    my ($set) = @_;
    my ($bits, @members) = (unpack 'b*', $set);
    for (my $at = index $bits, '1'; $at >= 0; $at = index $bits, '1', $at + 1) { push @members, $at }
    return @members;
}

# --- the application -----------------------------------------------------------------------------

# Accepts WebSockets, and closes them when nginx does.
sub application {
    my $listener = IO::Socket::INET->new(Listen => 4096, LocalAddr => '127.0.0.1', LocalPort => $behind, ReuseAddr => 1) or die "listen: $!\n";
    my $parent = getppid;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    my (%open, $reads);
    vec($reads = '', fileno $listener, 1) = 1;
    $parent = getppid;
    while (getppid == $parent) {
        next unless select(my $ready = $reads, undef, undef, 1) > 0;
        if (vec $ready, fileno $listener, 1) {
            my $new = $listener->accept;
            $open{ fileno $new } = $new;
            vec($reads, fileno $new, 1) = 1;
        }
        for my $fd (grep { $_ != fileno $listener } members($ready)) {
            next unless $open{$fd};
            if (sysread $open{$fd}, my $text, 65536) {
                syswrite $open{$fd}, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
            } else {
                vec($reads, $fd, 1) = 0;
                close delete $open{$fd};
            }
        }
    }
    POSIX::_exit(0);
}

# --- the clients ---------------------------------------------------------------------------------

# Of the workers, in kB.
sub resident {
    my $sum = 0;
    for my $worker (@workers) {
        open my $status, '<', "/proc/$worker/status" or die "no worker: $!\n";
        $sum += $_ for map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$status>;
    }
    return $sum;
}

sub websocket {
    my ($number, $tenant) = @_;
    my $socket = client($port);
    print $socket "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer ", token($number, $tenant), "\r\n\r\n";
    $socket->flush;
    sysread $socket, my $answer, 65536 or die "no answer to $number\n";
    $answer =~ m{^HTTP/1.1 101 } or die "refused: $answer\n";
    return $socket;
}

# One request after the other, in a process of its own, until told to end: the longest times in milliseconds.
sub witness {
    pipe my $from, my $to or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        my ($socket, $token, $end, @took) = (client($port), token(0, 'witness'), 0);
        local $SIG{TERM} = sub { $end = 1 };
        until ($end) {
            my $begin = time;
            syswrite $socket, "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer $token\r\n\r\n";
            my $got = '';
            while ($got !~ /\r\n\r\n.{43}/s) { sysread $socket, $got, 65536, length $got or last }
            push @took, 1000 * (time - $begin);
            sleep 0.001;
        }
        @took = sort { $a <=> $b } @took;
        syswrite $to, sprintf "%d requests, p50 %.1f ms, p99 %.1f ms, longest %.1f ms", scalar @took, $took[ @took / 2 ], $took[ @took * 0.99 ], $took[-1];
        POSIX::_exit(0);
    }
    close $to;
    return sub { kill 'TERM', $pid; my $text = do { local $/; <$from> }; waitpid $pid, 0; return $text };
}

sub revoke {
    my (@entries) = @_;
    open my $out, '>', "$folder/new.json" or die "new.json: $!\n";
    print $out '[', join(',', @entries), ']';
    close $out;
    rename "$folder/new.json", "$folder/revoked.json" or die "revoked.json: $!\n";
    return;
}

# How many of the sockets have ended, and when the last of them did.
sub await_end {
    my ($sockets, $seconds) = @_;
    my ($reads, %open) = ('');
    for my $socket (@$sockets) {
        $open{ fileno $socket } = $socket;
        vec($reads, fileno $socket, 1) = 1;
    }
    my ($until, $last) = (time + $seconds, time);
    while (%open && time < $until) {
        next unless select(my $ready = $reads, undef, undef, 0.2) > 0;
        for my $fd (members($ready)) {
            next if sysread $open{$fd}, my $text, 65536;
            vec($reads, $fd, 1) = 0;
            delete $open{$fd};
            $last = time;
        }
    }
    return (@$sockets - keys %open, $last);
}

my $application = application();
my $before = resident();
my @kept = map { websocket($_, 'globex') } 1 .. $others;
my @after;
for my $round (1 .. 3) {
    my @sockets = map { websocket($round * $count + $_, "acme$round") } 1 .. $count;
    my $open = resident();
    my $stop = witness();
    sleep 1;
    my $begin = time;
    revoke(map { "{\"tenant\":\"acme$_\"}" } 1 .. $round);
    my ($ended, $last) = await_end(\@sockets, 60);
    my $other = $stop->();
    check($ended == $count, "round $round: $ended of $count WebSockets ended");
    printf "#    the last one %.2f s after the revocation; other requests meanwhile: %s\n", $last - $begin, $other;
    undef @sockets;
    sleep 1;
    push @after, resident();
    printf "#    memory of the workers: %d kB at first, %d kB with them (%.1f kB each), %d kB afterwards\n",
        $before, $open, ($open - $before) / $count, $after[-1];
}
my ($ended) = await_end(\@kept, 1);
check($ended == 0, "$others of another tenant are open");
check($after[-1] - $after[0] < 2048, sprintf 'grew by %d kB after the first round', $after[-1] - $after[0]);
open my $audit, '<', "$folder/logs/audit.json" or die "audit.json: $!\n";
my %events;
while (<$audit>) { $events{"$1 $2"}++ if /"event":\s*"(\w+)".*"reason":\s*"(\w+)"/ }
check(($events{'connection_ended token_revoked'} // 0) == 3 * $count, 'each is in the audit log');
kill 'TERM', $application;
waitpid $application, 0;
