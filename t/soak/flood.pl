# The clients of t/soak/flood: flood.pl WHAT PORT STORE OTHER_STORE. A store is a file of SQLite, or the port of a Redis
# and a database of it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin, "$Bin/../lib";
use Digest::SHA qw(hmac_sha256);
use List::Util qw(max);
use MIME::Base64 qw(encode_base64url);
use Sallyport::Client;
use Sallyport::Redis;
use Sallyport::StoredRevocation;
use Time::HiRes qw(sleep time);
use Witness;

my ($what, $port, @stores) = @ARGV;
my ($entries, $rate, $rounds, $samples) = @ENV{qw(ENTRIES RATE ROUNDS SAMPLES)};
my $quiet   = 10;       # seconds
my $limit   = 10;       # until an entry is lost
my $batches = 10;       # a second
my ($store, $other) = map { /^(\d+) (\d+)$/ ? Sallyport::Redis->at($1, $2) : $_ } @stores;
open my $in, '<', $ENV{SECRET} or die $!;
chomp(my $secret = do { local $/; <$in> });
$| = 1;

sub check {
    my ($good, $name) = @_;
    print $good ? 'ok  ' : 'FAIL', " $name\n";
    return;
}

sub hot {
    my ($jti) = @_;
    my $text = join '.', map { encode_base64url($_, '') } '{"alg":"HS256","kid":"h1","typ":"JWT"}',
        qq({"iss":"https://login.example.com/","sub":"user-$jti","jti":"$jti","iat":1700000000,"exp":4102444800});
    return Sallyport::Client::get('/x', "Authorization: Bearer $text." . encode_base64url(hmac_sha256($text, $secret), ''));
}

# The statuses of these requests, and how often there was each.
sub statuses {
    my $client = Sallyport::Client->new($port);
    my %count;
    $count{ $client->ask($_)->{status} }++ for @_;
    return join ', ', map { "$count{$_} x $_" } sort keys %count;
}

# Until all are refused: seconds, or nothing.
sub refused {
    my (@requests) = @_;
    my $client = Sallyport::Client->new($port);
    my $begin = time;
    while (time - $begin < $limit) {
        shift @requests while @requests && $client->ask($requests[0])->{status} == 401;
        return time - $begin unless @requests;
        sleep 0.01;
    }
    return;
}

# What other requests see meanwhile.
sub during {
    my ($work) = @_;
    my @hot = map { hot("hot-$_") } 1 .. 32;
    statuses(@hot);
    my $witness = Witness->start($port, \@hot);
    sleep 0.5;
    $work->();
    return $witness->stop;
}

# --- floods: how many there were in a second -----------------------------------------------------

sub at_endpoint {
    my ($pace, $name, @until) = @_;
    my $line = qx{wrk -t 1 -c $ENV{CLIENTS} -d 600s --timeout 30s -s $Bin/flood.lua http://127.0.0.1:$port/auth/revoke -- $pace $entries $name @until};
    my ($count, $seconds, $errors) = $line =~ /^flood (\d+) (\S+) (\d+)/m or die "no flood: $line\n";
    die "$errors of $count requests failed\n" if $errors;
    return $count / $seconds;
}

sub into_store {
    my ($to, $name) = @_;
    my ($size, $begin, $number) = ($rate / $batches, time, 0);
    while ($number < $entries) {
        store_revocations($to, map { { jti => $name . ++$number } } 1 .. $size);
        sleep max(0, $begin + $number / $rate - time);
    }
    return $number / (time - $begin);
}

# Each with the same load that revokes nothing.
my %ways = (
    endpoint => [sub { at_endpoint($rate, $_[0]) }, sub { at_endpoint($_[1], $_[0], 1) }],
    store    => [sub { into_store($store, $_[0]) }, sub { into_store($other, $_[0]) }],
);

sub row {
    my ($way, $name, $saw, $text) = @_;
    printf "#   %-8s %-7s p50 %6.2f ms, p99 %6.2f ms, longest %7.2f ms; %s\n", $way, $name, @$saw{qw(p50 p99 longest)}, $text;
    check(!$saw->{bad}, "$way: all of $saw->{count} hot requests were admitted ($name)");
    return;
}

sub median { my @all = sort { $a <=> $b } @_; return $all[ @all / 2 ] }

my %ratios;
for my $round (1 .. $rounds) {
    for my $way (sort keys %ways) {
        my ($flood, $control) = @{ $ways{$way} };
        my @names = map { "$way-$_-$round-" } qw(flood control);
        my @numbers = map { int($_ * $entries / $samples) } 1 .. $samples;
        my @revoked = map { hot("$names[0]$_") } @numbers;
        my @others = map { (hot("$names[1]$_"), hot("x$names[0]$_")) } @numbers;
        check(statuses(@revoked, @others) eq 3 * $samples . ' x 200', "$way: the tokens are good at first");

        my %saw = (quiet => during(sub { sleep $quiet }));
        row($way, 'quiet', $saw{quiet}, 'no flood');
        my ($reached, $spread);
        $saw{flood} = during(sub { $reached = $flood->($names[0]); $spread = refused(@revoked) });
        row($way, 'flood', $saw{flood}, sprintf '%d revocations, %.0f a second', $entries, $reached);
        my $pace = $reached;
        $saw{control} = during(sub { $reached = $control->($names[1], $pace) });
        row($way, 'control', $saw{control}, sprintf 'as many that revoke nothing, %.0f a second', $reached);

        check(defined $spread, sprintf "%s: each of %d of the revoked tokens was refused %.2f s after the last revocation", $way, $samples, $spread // $limit);
        check(statuses(@revoked) eq "$samples x 401", "$way: they stay refused");
        my $others = statuses(@others);
        check($others eq 2 * $samples . ' x 200', "$way: no other token was refused: $others");
        push @{ $ratios{"$way $_"} }, $saw{flood}{p99} / $saw{$_}{p99} for qw(quiet control);
    }
}
for my $way (sort keys %ways) {
    my ($of_quiet, $of_control) = map { median(@{ $ratios{"$way $_"} }) } qw(quiet control);
    printf "# %s: p99 during the flood is %.2f times that of quiet requests, and %.2f times that beside the control\n", $way, $of_quiet, $of_control;
}
