# The clients of t/soak/revocation: revocation.pl PORT OTHER_PORT. Each enters its share of the
# revocations at one nginx, and asks the other one with the revoked token until that refuses it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use Sallyport::Client;
use Time::HiRes qw(sleep time);

my ($port, $other) = @ARGV;
my $limit = 10;     # seconds until an entry is lost
open my $in, '<', $ENV{SECRET} or die $!;
my $secret = do { local $/; <$in> };
chomp $secret;

sub token {
    my ($jti) = @_;
    my $text = join '.', map { encode_base64url($_, '') } '{"alg":"HS256","kid":"h1"}', qq({"sub":"alice","jti":"$jti"});
    return "$text." . encode_base64url(hmac_sha256($text, $secret), '');
}

# Seconds from the answer of one nginx to the refusal of the other.
sub spread {
    my ($jti, $one, $two) = @_;
    my $access = Sallyport::Client::get('/x', 'Authorization: Bearer ' . token($jti));
    my $before = $two->ask($access)->{status};
    die "the token is refused: $before\n" if $before != 200;
    my $answer = $one->ask(Sallyport::Client::request('POST', '/auth/revoke', 'Content-Type: application/json',
        "Authorization: Basic $ENV{SUPPORT}", { body => qq({"jti":"$jti"}) }));
    die "no entry: $answer->{status}\n" if $answer->{status} != 200;
    my $start = time;
    until ($two->ask($access)->{status} == 401) {
        die "an entry is lost\n" if time - $start > $limit;
        sleep 0.002;
    }
    return time - $start;
}

my @readers;
for my $client (1 .. $ENV{CLIENTS}) {
    my $pid = open my $reader, '-|';
    die "fork: $!" unless defined $pid;
    if (!$pid) {
        local $| = 1;
        for my $number (1 .. $ENV{ENTRIES} / $ENV{CLIENTS}) {
            my @clients = map { Sallyport::Client->new($_) } $port, $other;
            printf "%.6f\n", spread("j$client-$number", @clients);
        }
        exit 0;
    }
    push @readers, $reader;
}
my @times = sort { $a <=> $b } map { my $reader = $_; map { $_ + 0 } <$reader> } @readers;
my $all = @times == int($ENV{ENTRIES} / $ENV{CLIENTS}) * $ENV{CLIENTS};
print $all ? "ok   every entry arrived\n" : 'FAIL every entry arrived: ' . @times . "\n";
exit 1 unless @times;
my $at = sub { return 1000 * $times[$#times * $_[0]] };
printf "# %d entries: median %.0f ms, p99 %.0f ms, at most %.0f ms\n", scalar @times, $at->(0.5), $at->(0.99), $at->(1);
print $at->(0.99) <= 1000 ? "ok   p99 is at most one second\n" : "FAIL p99 is at most one second\n";
