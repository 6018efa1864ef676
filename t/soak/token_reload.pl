# The clients of t/soak/token_reload: token_reload.pl PORT. Each request has a connection of its own: a
# server that ends may close an idle one just as a request arrives on it, whatever its modules do.

use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin;
use Crowd;
use Time::HiRes qw(time);

my ($port) = @ARGV;
my $crowd = Crowd->new;
my $until = time + $ENV{SECONDS_LOAD};
my (%count, %wrong, @sessions);

# ask($what, $text, $status, $then)
sub ask {
    my ($what, $text, $status, $then) = @_;
    $crowd->ask($port, $text, sub {
        my ($answer) = @_;
        my $got = $answer->{status} || $answer->{lost};
        $count{$what}++;
        $wrong{"$what: $got"}++ if $got ne $status;
        $then->($got eq $status ? $answer : undef);
    });
    return;
}

sub next_step {
    return if time > $until;
    my $again = sub { next_step() };
    my $dice = rand;
    my $session = @sessions ? splice @sessions, rand @sessions, 1 : undef;
    if (!$session || $dice < 0.2) {
        push @sessions, $session if $session;
        return ask('login', login('alice'), 200, sub {
            push @sessions, { newest => child($_[0]) } if $_[0];
            $again->();
        });
    }
    if ($dice < 0.25) {
        return ask('logout', logout($session->{newest}), 204, $again);
    }
    return ask('refresh', refresh($session->{newest}), 200, sub {
        push @sessions, { newest => child($_[0]) } if $_[0];
        $again->();
    });
}

next_step() for 1 .. $ENV{CLIENTS};
$crowd->run;
print '# ', join(', ', map { "$count{$_} x $_" } sort keys %count), "\n";
print $count{refresh} > 20 * $ENV{SECONDS_LOAD} ? "ok   requests were served\n" : "FAIL requests were served\n";
my @wrong = map { "$wrong{$_} x $_" } sort keys %wrong;
print @wrong ? "FAIL no request failed: @wrong\n" : "ok   no request failed\n";

%wrong = ();
my @queue = @sessions;
sub next_try {
    my $session = shift @queue or return;
    return ask('refresh', refresh($session->{newest}), 200, \&next_try);
}
next_try() for 1 .. $ENV{CLIENTS};
$crowd->run;
@wrong = map { "$wrong{$_} x $_" } sort keys %wrong;
print @wrong ? "FAIL all @{[ scalar @sessions ]} newest tokens are good: @wrong\n" : "ok   all @{[ scalar @sessions ]} newest tokens are good\n";
exit(@wrong ? 1 : 0);
