# The clients of t/soak/parallel: parallel.pl WHAT PORT...; WHAT ends in "-window" where a spent
# token is answered with its successor again. The ports are those of servers that share a store.

use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin;
use Crowd;
use List::Util qw(shuffle uniq);

my ($what, @ports) = @ARGV;
my $window   = $what =~ /-window$/;
my $parallel = $ENV{PARALLEL};
my $crowd    = Crowd->new;
my $wrong    = 0;

sub check {
    my ($name, @faults) = @_;
    print @faults ? "FAIL $what: $name: @faults\n" : "ok   $what: $name\n";
    $wrong++ if @faults;
    return;
}

sub count_of { my %n; $n{ $_->{status} || $_->{lost} }++ for @_; return join ', ', map { "$n{$_} x $_" } sort keys %n }

# What there is instead, if it is not what is expected.
sub unless_count {
    my ($expected, @answers) = @_;
    my $got = count_of(@answers);
    return $got eq $expected ? () : "$got instead of $expected";
}

# All of them at the same moment, the servers in turn; the answers in the same order.
sub at_once {
    my (@texts) = @_;
    my @answers;
    for my $n (0 .. $#texts) {
        $crowd->hold($ports[ $n % @ports ], $texts[$n], sub { $answers[$n] = $_[0] });
    }
    $crowd->release;
    $crowd->run;
    return @answers;
}

# Any number of them, fewer at once.
sub each_of {
    my (@texts) = @_;
    my @answers;
    push @answers, at_once(splice @texts, 0, 50) while @texts;
    return @answers;
}

sub begin_sessions {
    my ($count) = @_;
    my @tokens = map { child($_) // die "no login: $_->{status} $_->{body}\n" } each_of((login('alice')) x $count);
    return @tokens;
}

for my $round (1 .. $ENV{ROUNDS}) {
    my ($token) = begin_sessions(1);
    my @answers  = at_once((refresh($token)) x $parallel);
    my @children = map { child($_) // () } @answers;
    my ($first)  = @children;
    if ($window) {
        check("round $round: all $parallel get a token", unless_count("$parallel x 200", @answers));
        my @jtis = uniq map { jti_of($_) } @children;
        check("round $round: the same for all", @jtis == 1 ? () : scalar(@jtis) . ' different ones');
        check("round $round: it is good", unless_count('1 x 200', my ($next) = each_of(refresh($first))));
        check("round $round: now the spent one is theft", unless_count('1 x 403', each_of(refresh($token))));
        check("round $round: and all are dead", unless_count('2 x 403', each_of(refresh($first), refresh(child($next)))));
    } else {
        check("round $round: one of $parallel gets a token",
            unless_count('1 x 200, ' . ($parallel - 1) . ' x 403', @answers));
        check("round $round: and that is dead, since it was stolen", unless_count('1 x 403', each_of(refresh($first))));
        check("round $round: the spent one too", unless_count('1 x 403', each_of(refresh($token))));
    }

    # One that leaves among 200 who present the token.
    ($token) = begin_sessions(1);
    @answers = at_once((refresh($token)) x 100, logout($token), (refresh($token)) x 100);
    my ($left) = splice @answers, 100, 1;
    check("round $round: logout among 200 refreshes", unless_count('1 x 204', $left));
    check("round $round: nothing else than 200 and 403", grep { $_->{status} != 200 && $_->{status} != 403 } @answers);
    @children = map { child($_) // () } @answers;
    check("round $round: and nothing is alive afterwards", unless_count((1 + @children) . ' x 403',
        each_of(map { refresh($_) } $token, @children)));

    # Each session is refreshed and ended at the same moment.
    my @sessions = begin_sessions(200);
    my @ends = map { $_ % 2 ? logout($sessions[$_]) : revoke($sessions[$_], "Basic $ENV{SUPPORT}") } 0 .. 199;
    my @both = map { $_ < 200 ? refresh($sessions[$_]) : $ends[ $_ - 200 ] } 0 .. 399;
    my @order = shuffle 0 .. 399;
    my @got;
    @got[@order] = at_once(@both[@order]);
    @children = map { child($_) // () } @got[0 .. 199];
    print "#    $what: ", scalar(@children), " of 200 refreshes came before the end of their session\n";
    check("round $round: logout and revoke beside refreshes", unless_count('100 x 200, 100 x 204', @got[200 .. 399]));
    check("round $round: the refreshes get 200 or 403",
        unless_count(join(', ', @children ? @children . ' x 200' : (), @children < 200 ? 200 - @children . ' x 403' : ()), @got[0 .. 199]));
    check("round $round: no session is alive afterwards", unless_count(200 + @children . ' x 403',
        each_of(map { refresh($_) } @sessions, @children)));

    # Clients that follow the rotation as fast as they can, until somebody revokes.
    chain_race($round);
}
exit($wrong ? 1 : 0);

sub chain_race {
    my ($round) = @_;
    my @first  = begin_sessions(50);
    my @newest = @first;
    my ($rotations, %ended) = (0);
    for my $n (0 .. $#first) {
        my $follow;
        $follow = sub {
            my ($answer) = @_;
            if ($answer) {
                $newest[$n] = child($answer) // do { $ended{ $answer->{status} || $answer->{lost} }++; return };
                $rotations++;
            }
            $crowd->ask($ports[ rand @ports ], refresh($newest[$n]), $follow);
        };
        $follow->();
        # Any token of the session will do, this one is spent.
        $crowd->after(0.2 + rand 0.5, sub { $crowd->ask($ports[ rand @ports ], logout($first[$n]), sub { }) });
    }
    $crowd->run;
    my $ends = join ', ', map { "$ended{$_} x $_" } sort keys %ended;
    print "#    $what: $rotations rotations until the logouts\n";
    check("round $round: 50 chains of refreshes end with a logout", $ends eq '50 x 403' ? () : $ends);
    check("round $round: their newest tokens are dead", unless_count('50 x 403', each_of(map { refresh($_) } @newest)));
    return;
}
