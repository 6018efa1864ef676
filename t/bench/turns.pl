#!/usr/bin/env perl
# Lets servers run one at a time, each for a moment, again and again in changing order: the speed of a machine may
# change from one second to the next, and so all of them have the same of it.
#   turns.pl SECONDS NAME=LOAD:PROCESS[,PROCESS...] ...
# SECONDS are for all of them together. The processes of servers must be stopped (SIGSTOP) before, and are after; LOAD,
# which makes the load of one, runs before and after.
# Prints a line "NAME us cpu_ns" for each: for how long it was its turn, and what it had of the processors.

use strict;
use warnings;

use List::Util qw(shuffle sum);
use Time::HiRes qw(sleep time);

use constant TURN => 0.2;

my ($seconds, @servers) = @ARGV;
@servers or die "turns.pl SECONDS NAME=LOAD:PROCESS[,PROCESS...] ...\n";
my (%load, %processes, %us, %cpu);
my @names = map {
    my ($name, $load, $processes) = /^([\w-]+)=(\d+):([\d,]+)$/ or die "$_: not NAME=LOAD:PROCESS\n";
    $load{$name} = $load;
    $processes{$name} = [split /,/, $processes];
    $name;
} @servers;

# What a process had, in nanoseconds; up to date only when it does not run.
sub cpu {
    return sum map {
        open my $file, '<', "/proc/$_/schedstat" or die "/proc/$_/schedstat: $!\n";
        (split ' ', <$file>)[0];
    } @_;
}

sub signal {
    my ($signal, @processes) = @_;
    kill($signal, @processes) == @processes or die "a server or its load is gone\n";
    return;
}

$cpu{$_} = -cpu(@{ $processes{$_} }) for @names;
signal('STOP', values %load);
my $end = time + $seconds + TURN / 2;
while (time + TURN * @names < $end) { # another round of all fits in
    for my $name (shuffle @names) {
        my $begin = time;
        signal('CONT', @{ $processes{$name} }, $load{$name});
        sleep TURN;
        signal('STOP', @{ $processes{$name} }, $load{$name});
        $us{$name} += 1e6 * (time - $begin);
    }
}
sleep TURN; # a stop is not at once
signal('CONT', values %load);
$cpu{$_} += cpu(@{ $processes{$_} }) for @names;
printf "%s %d %d\n", $_, $us{$_}, $cpu{$_} for @names;
