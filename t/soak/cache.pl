# The clients of t/soak/cache: cache.pl flood|tokens|connections PORT WORKER SECRET.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256);
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64url);

my ($what, $port, $worker, $secret_file) = @ARGV;
open my $in, '<', $secret_file or die "$secret_file: $!\n";
my $secret = do { local $/; <$in> };
my $head = encode_base64url('{"alg":"HS256","kid":"k1","typ":"JWT"}');
my $fill = 'openid profile ' . 'orders:read orders:write invoices:read ' x 8;
my %command = (flood => \&flood, tokens => \&tokens, connections => \&connections);
$SIG{PIPE} = 'IGNORE';
$command{$what}->();

sub check {
    my ($good, $name) = @_;
    print $good ? 'ok  ' : 'FAIL', " $what: $name\n";
    return;
}

sub token {
    my ($number) = @_;
    my $payload = sprintf '{"iss":"https://login.example.com/","sub":"user-%d","tenant_id":"tenant-%d",'
        . '"roles":["viewer","editor"],"exp":4102444800,"scope":"%s"}', $number, $number % 50, $fill;
    my $input = "$head." . encode_base64url($payload);
    return "$input." . encode_base64url(hmac_sha256($input, $secret));
}

sub bad { my ($number) = @_; return token($number) =~ s/.{10}$/'A' x 10/er }

sub client {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 30) || die "no connection: $!\n";
}

sub request { my ($token) = @_; return "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer $token\r\n\r\n" }

# Sends all in one connection, and counts the answers by status and by what the cache said. All are read, and the
# bodies are no text of a head.
sub ask {
    my ($client, @tokens) = @_;
    my %count;
    my $got = '';
    print $client map { request($_) } @tokens or die "cannot send: $!\n";
    alarm 60;
    for (@tokens) {
        my ($size, $length);
        until (($size = index $got, "\r\n\r\n") >= 0
            && (($length) = substr($got, 0, $size) =~ /^Content-Length: (\d+)/mi)
            && length $got >= $size + 4 + $length) {
            sysread $client, $got, 1 << 20, length $got or die "closed\n";
        }
        my $answer = substr $got, 0, $size + 4 + $length, '';
        $count{ $answer =~ m{^HTTP/1.1 (\d+)} ? $1 : 'none' }++;
        $count{$1}++ if $answer =~ /^X-Cache: (\w+)/m;
    }
    alarm 0;
    return \%count;
}

sub resident {
    open my $status, '<', "/proc/$worker/status" or die "no worker: $!\n";
    my ($kilobytes) = map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$status>;
    return $kilobytes;
}

# Five bad ones for each good one, more than the cache could hold: as many good ones are known as without them.
sub flood {
    my $client = client();
    my @good   = map { token($_) } 1 .. 100;
    my %hits   = (quiet => 0, flood => 0);
    my $refused = 0;
    ask($client, @good);
    for my $round (1 .. 20) {
        $hits{quiet} += ask($client, @good)->{HIT} // 0;
        my $count = ask($client, map { my $n = $_; ((map { bad($round * 1000 + $n * 5 + $_) } 1 .. 5), $good[$n]) } 0 .. $#good);
        $hits{flood} += $count->{HIT} // 0;
        $refused += $count->{401} // 0;
    }
    check($hits{quiet} == 2000, "$hits{quiet} of 2000 known when there are no others");
    check($hits{flood} == 2000, "$hits{flood} of 2000 known in a flood of bad ones");
    check($refused == 10_000, "$refused of 10000 bad ones refused");
    return;
}

# Once the cache is full, the worker's memory stays as it is, near what the cache may take.
sub tokens {
    my ($count, $batch, $parts) = ($ENV{TOKENS}, 100, 20);
    my $before = resident();
    my ($admitted, $known, @resident) = (0, 0);
    for my $part (1 .. $parts) {
        my $client = client(); # nginx keeps a little of each request behind another, until their connection ends
        for my $n (1 .. $count / $parts / $batch) {
            my $first = ($part * $count + $n) * $batch;
            my $got = ask($client, map { token($first + $_) } 1 .. $batch);
            $admitted += $got->{200} // 0;
            $known    += $got->{HIT} // 0;
        }
        push @resident, resident();
    }
    print "# kB after each part: @resident\n";
    my $sent = int($count / $parts / $batch) * $parts * $batch;
    check($admitted == $sent && !$known, "$admitted of $sent tokens admitted, $known of them known");
    # A part must fill the cache, or what follows says nothing.
    my $growth = $resident[-1] - $resident[0];
    check($sent / $parts >= 10_000 && $growth < 2048, "grew by $growth kB from $resident[0] kB after the first of $parts parts");
    my $took = $resident[-1] - $before;
    check($took > 8 * 1024 && $took < 20 * 1024, "took $took kB for a cache of 16384 kB");
    my $last = token(($parts * $count + int($count / $parts / $batch)) * $batch + $batch);
    check((ask(client(), $last)->{HIT} // 0) == 1, 'the last is known');
    return;
}

sub connections {
    my $count   = $ENV{CONNECTIONS};
    my @tokens  = map { token($_) } 1 .. 1000;
    my $before  = resident();
    my @clients = map { client() } 1 .. $count;
    my (%count, $open);
    for my $round (1 .. 3) {
        for my $n (0 .. $#clients) {
            my $got = ask($clients[$n], $tokens[ $n % @tokens ]);
            $count{$_} += $got->{$_} for keys %$got;
        }
        $open = resident();
    }
    my $sent = 3 * $count;
    my $hits = $sent - @tokens;
    check(($count{200} // 0) == $sent && ($count{HIT} // 0) == $hits, "$count{200} of $sent answered, $count{HIT} of $hits known");
    printf "#    %.1f kB for each open connection, with its share of the cache\n", ($open - $before) / $count;
    undef @clients;
    check((ask(client(), $tokens[0])->{HIT} // 0) == 1, 'and served when they are gone');
    return;
}
