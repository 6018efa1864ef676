# The parts of t/soak/chaos that are not shell:
#   chaos.pl load PORT FILES    the clients; makes FILES.enough when nobody has to be killed any more, waits
#                               for FILES.settled, tries every token, and leaves what they saw in FILES.seen
#   chaos.pl judge FILES AUDIT  compares FILES.seen with the store (FILES.dump) and the audit log
#   chaos.pl present PORT FILES presents the access tokens of FILES.access, after a restart
#
# What a client does with an answer: after a 503 the token is not spent, unless Redis was killed at that
# moment (FILES.kills has the times), and it tries again. Where the connection broke the answer may be
# lost: it tries again, and takes a 403 for that. Revocations are tried again until they were answered.

use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin, "$Bin/../lib";
use Crowd;
use Sallyport::StoredRevocation;
use Time::HiRes qw(time);

my ($command, @arguments) = @ARGV;
{ load => \&load, judge => \&judge, present => \&present_again }->{$command}->(@arguments);

sub check {
    my ($name, @faults) = @_;
    my $more = @faults > 3 ? sprintf ' and %d more', @faults - 3 : '';
    print @faults ? "FAIL $name: @faults[0 .. ($#faults > 2 ? 2 : $#faults)]$more\n" : "ok   $name\n";
    return;
}

# --- the clients ---------------------------------------------------------------------------------

my ($crowd, $port, $files, @sessions, @children, %count, %odd);
my (@revoked, %revocations, @alive_again, @refused);    # access tokens

sub load {
    ($port, $files) = @_;
    $crowd = Crowd->new;
    my $begin = time;
    my $until = $begin + $ENV{SECONDS_LOAD};
    my $hurry = 0.8 * $ENV{SECONDS_LOAD};       # the time to begin all sessions in
    my ($busy, $asked, $enough) = (0, 0);
    my $next;
    $next = sub {
        my $now = time;
        my $left = $asked < $ENV{TOKENS};
        if ($enough || $now > $until && !$left || $now > $until + 2 * $ENV{SECONDS_LOAD}) {
            touch("$files.enough") unless $enough++;
            return;
        }
        $busy++;
        my $done = sub { $busy--; $next->() };
        if ($left && $asked < $ENV{TOKENS} * ($now - $begin) / $hurry || !@sessions) {
            $asked++;
            return begin_session($done);
        }
        my $session = $sessions[ rand @sessions ];
        if ($session->{busy} || $session->{lost} || $session->{ended}) {
            $busy--;
            return $crowd->after(0.01, $next);
        }
        my $what = rand;
        return $what < 0.03 ? revoke_access($session, $done)
            : $what < 0.04 ? log_out($session, $done)
            : $what < 0.07 ? use_access($session, $done) : rotate($session, $done);
    };
    $next->() for 1 .. $ENV{CLIENTS};
    my $limit = $until + 3 * $ENV{SECONDS_LOAD} + 60;
    while (!$enough || $busy || !-e "$files.settled") {
        $crowd->after(0.1, sub { }) if $enough;
        $crowd->turn;
        die "no end: $busy requests are still on their way\n" if time > $limit;
    }
    my $rotations = @children;
    try_all();
    report($begin, $rotations);
    present_all(\@revoked, [map { $_->{access} } grep { $_->{end} eq '200' } @sessions]);
    write_seen("$files.seen");
    return;
}

sub begin_session {
    my ($done) = @_;
    $crowd->ask($port, login('alice'), sub {
        my ($answer) = @_;
        my $token = child($answer);
        if ($answer->{status} == 200 && $token) {
            push @sessions, { token => $token, jti => jti_of($token), sid => sid_of($token), access => access($answer) };
            return $done->();
        }
        $count{ 'login ' . ($answer->{status} || $answer->{lost}) }++;
        $odd{"login: $answer->{status}"}++ unless $answer->{status} == 503 || $answer->{status} == 0;
        $crowd->after(0.1, sub { begin_session($done) });
    });
    return;
}

# The next token; or the session is lost.
sub rotate {
    my ($session, $done) = @_;
    $session->{busy} = 1;
    my $asked = time;
    $crowd->ask($port, refresh($session->{token}), sub {
        my ($answer) = @_;
        my $what = $answer->{status} || $answer->{lost};
        $count{$what}++;
        my $again = sub { $crowd->after($_[0], sub { rotate($session, $done) }) };
        if ($what eq '200') {
            take_child($session, $answer);
        } elsif ($what eq '503') {
            push @{ $session->{unavailable} }, [$asked, time];
            return $again->(0.2);
        } elsif ($what eq 'refused') {          # nothing was sent
            return $again->(0.05);
        } elsif ($what eq 'broken' || $what eq 'late') {
            @$session{qw(unknown retried)} = (1, 1);
            return $again->(0.02);
        } else {
            $session->{lost} = $session->{unknown} ? 'its answer was'
                : !$session->{unavailable} ? 'without a reason' : died_over($session) ? 'the store died over it' : 'after a 503';
            $odd{"refresh: $what"}++ unless $what eq '403';
        }
        @$session{qw(busy unknown unavailable)} = ();
        $done->();
    });
    return;
}

# Whether Redis was killed between the question and its 503.
sub died_over {
    my ($session) = @_;
    my @kills = lines("$files.kills");
    return grep { my ($from, $to) = @$_; grep { $_ > $from - 0.1 && $_ < $to } @kills } @{ $session->{unavailable} };
}

sub take_child {
    my ($session, $answer) = @_;
    my $token = child($answer);
    my $jti = jti_of($token);
    push @children, [$session->{sid}, $session->{jti}, $jti];
    @$session{qw(token jti access is_revoked)} = ($token, $jti, access($answer));
    return;
}

# Asks until it was done, and goes on with $then.
sub insist {
    my ($what, $text, $then) = @_;
    $crowd->ask($port, $text, sub {
        my ($answer) = @_;
        my $status = $answer->{status};
        return $then->() if $status == 200 || $status == 204;
        $count{"$what " . ($status || $answer->{lost})}++;
        $odd{"$what: $status"}++ unless $status == 503 || $status == 0;
        $crowd->after(0.1, sub { insist($what, $text, $then) });
    });
    return;
}

sub revoke_access {
    my ($session, $done) = @_;
    return $done->() if $session->{is_revoked}++;
    $session->{busy} = 1;
    insist('revoke', revoke($session->{access}, $ENV{SUPPORT}), sub { is_dead($session, { jti => jti_of($session->{access}) }, $done) });
    return;
}

sub log_out {
    my ($session, $done) = @_;
    @$session{qw(busy ended)} = (1, 1);
    insist('logout', logout($session->{token}), sub { is_dead($session, { sid => $session->{sid} }, $done) });
    return;
}

# From its answer on, a revocation holds.
sub is_dead {
    my ($session, $entry, $done) = @_;
    push @revoked, $session->{access};
    $revocations{ revocation_key({ %$entry, tenant_id => '*' }) } = 1;
    $crowd->ask($port, present('/x', $session->{access}), sub {
        my ($answer) = @_;
        push @alive_again, $session->{sid} if $answer->{status} == 200;
        $session->{busy} = undef;
        $done->();
    });
    return;
}

sub use_access {
    my ($session, $done) = @_;
    return $done->() if $session->{is_revoked};
    $session->{busy} = 1;
    $crowd->ask($port, present('/x', $session->{access}), sub {
        my ($answer) = @_;
        my $status = $answer->{status};
        $count{ 'use ' . ($status || $answer->{lost}) }++ if $status != 200;
        push @refused, "$session->{sid} got $status" unless $status == 200 || $status == 503 || $status == 0;
        $session->{busy} = undef;
        $done->();
    });
    return;
}

# Now that all is quiet: the newest token of every session.
sub try_all {
    my @queue = @sessions;
    my $next;
    $next = sub {
        my $session = shift @queue or return;
        $crowd->ask($port, refresh($session->{token}), sub {
            my ($answer) = @_;
            $session->{end} = $answer->{status} || $answer->{lost};
            take_child($session, $answer) if $session->{end} eq '200';
            $next->();
        });
    };
    $next->() for 1 .. $ENV{CLIENTS};
    $crowd->run;
    return;
}

# Those that were revoked are refused, and no others.
sub present_all {
    my ($dead, $alive) = @_;
    my @queue = ((map { [$_, '401'] } @$dead), map { [$_, '200'] } @$alive);
    my %wrong;
    my $next;
    $next = sub {
        my ($token, $right) = @{ shift @queue or return };
        $crowd->ask($port, present('/x', $token), sub {
            my ($answer) = @_;
            my $status = $answer->{status} || $answer->{lost};
            push @{ $wrong{$right} }, sid_of($token) . " got $status" if $status ne $right;
            $next->();
        });
    };
    $next->() for 1 .. $ENV{CLIENTS};
    $crowd->run;
    check('every token that was revoked is refused', @$dead ? @{ $wrong{401} // [] } : 'there is none');
    check('and no other one', @$alive ? @{ $wrong{200} // [] } : 'there is none');
    return;
}

sub present_again {
    ($port, $files) = @_;
    $crowd = Crowd->new;
    my %tokens = (alive => [], revoked => []);
    for (lines("$files.access")) {
        my ($state, $token) = split / /;
        push @{ $tokens{$state} }, $token;
    }
    return present_all(@tokens{qw(revoked alive)});
}

sub report {
    my ($begin, $rotations) = @_;
    my @lost  = grep { $_->{lost} } @sessions;
    my @ended = grep { $_->{ended} } @sessions;
    my @alive = grep { !$_->{lost} && !$_->{ended} } @sessions;
    my @dead  = grep { $_->{end} ne '200' } @alive;
    my @robbed = grep { $_->{retried} } @dead;
    printf "# %d sessions, %d rotations in %d s; other answers: %s\n", scalar @sessions, $rotations, time - $begin,
        join(', ', map { "$count{$_} x $_" } sort grep { $_ ne '200' } keys %count) || 'none';
    my @died = grep { $_->{lost} eq 'the store died over it' } @lost;
    printf "# %d sessions ended because the answer to a refresh was lost, %d because Redis died over it (503), %d later because of such a second try\n",
        @lost - @died, scalar @died, scalar @robbed;
    printf "# %d access tokens were revoked, and %d sessions logged out\n", @revoked - @ended, scalar @ended;
    check("as many sessions began as were wanted", @sessions >= $ENV{TOKENS} ? () : scalar @sessions);
    check('every answer was one that is documented', map { "$odd{$_} x $_" } sort keys %odd);
    check('a session was lost only with an answer', map { "$_->{sid} $_->{lost}" } grep { $_->{lost} !~ /its answer|the store/ } @lost);
    check('every newest token that reached its client is good',
        map { "$_->{sid}/$_->{jti} got $_->{end}" } grep { !$_->{retried} } @dead);
    check('sessions that were lost are over', map { "$_->{sid} got $_->{end}" } grep { $_->{end} ne '403' } @lost);
    check('those that logged out are over', map { "$_->{sid} got $_->{end}" } grep { $_->{end} ne '403' } @ended);
    check('nothing that was revoked was admitted', @alive_again);
    check('no other token was refused', @refused);
    check('none is lost', map { $_->{sid} } @lost, @robbed) if $ENV{WINDOW} ne '0';
    return;
}

sub write_seen {
    my ($file) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print $out "child @$_\n" for @children;
    print $out "session $_->{sid} $_->{jti} ",
        $_->{end} eq '200' ? 'good' : $_->{ended} ? 'ended' : $_->{lost} || $_->{retried} ? 'lost' : 'dead', "\n" for @sessions;
    print $out "revocation $_\n" for keys %revocations;
    close $out or die "$file: $!\n";
    open $out, '>', "$files.access" or die "$files.access: $!\n";
    print $out "revoked $_\n" for @revoked;
    print $out "alive $_->{access}\n" for grep { $_->{end} eq '200' } @sessions;
    close $out or die "$files.access: $!\n";
    return;
}

sub touch { my ($file) = @_; open my $out, '>', $file or die "$file: $!\n"; return }

sub lines { my ($file) = @_; open my $in, '<', $file or die "$file: $!\n"; chomp(my @lines = <$in>); return @lines }

# --- the store -----------------------------------------------------------------------------------

sub judge {
    my ($files, $audit) = @_;
    my (%revoked, %next, %tokens, %parents, %in_force);
    for (lines("$files.dump")) {
        my ($kind, $sid, @rest) = split / /, $_, -1;
        if ($kind eq 'session') { $revoked{$sid} = $rest[0]; next }
        if ($kind eq 'revocation') { $in_force{ lc $sid } = !$rest[0]; next }
        my ($jti, $next) = @rest;
        $next{$jti} = $next;
        push @{ $tokens{$sid} }, $jti;
        push @{ $parents{$next} }, $jti if $next ne '';
    }
    printf "# the store has %d sessions and %d tokens\n", scalar keys %revoked, scalar keys %next;

    my (%child, @twice, @disagree, @unknown, @ended, @going, @missing);
    for (lines("$files.seen")) {
        my ($kind, $sid, @rest) = split / /;
        if ($kind eq 'revocation') {
            push @missing, $sid unless $in_force{$sid};
        } elsif ($kind eq 'child') {
            my ($jti, $next) = @rest;
            push @twice, $jti if ($child{$jti} // $next) ne $next;
            $child{$jti} = $next;
            push @disagree, $jti if ($next{$jti} // '') ne $next;
        } else {
            my ($jti, $state) = @rest;
            push @unknown, "$sid/$jti" unless defined $next{$jti} && defined $revoked{$sid};
            push @ended, $sid if $state eq 'good' && $revoked{$sid};
            push @going, $sid if $state =~ /\A(?:lost|ended)\z/ && !$revoked{$sid};
        }
    }
    check('no token was exchanged for two', @twice);
    check('the store has the successors that were handed out', @disagree);
    check('and every session and newest token', @unknown);
    check('good sessions are not revoked', @ended);
    check('lost ones are, as if their token had been stolen, and those that logged out', @going);
    check('it has every revocation that was answered', @missing);
    check('every successor is in the store', grep { !defined $next{$_} } keys %parents);
    check('and replaces one token', grep { @{ $parents{$_} } != 1 } keys %parents);
    check('every session has one token that is not spent', grep {
        my $sid = $_;
        1 != grep { $next{$_} eq '' } @{ $tokens{$sid} }
    } keys %tokens);
    check('and one with which it began', grep {
        my $sid = $_;
        1 != grep { !$parents{$_} } @{ $tokens{$sid} }
    } keys %tokens);
    judge_audit($audit, \%child, \%next);
    return;
}

sub judge_audit {
    my ($file, $child, $next) = @_;
    my (%rotated, %spent, %events, @torn, @twice);
    for (lines($file)) {
        # All of them are strings without escapes here.
        if (!/\A\{"\w+":"[^"\\]*"(?:,"\w+":"[^"\\]*")*\}\z/) { push @torn, $_; next }
        my %line = /"(\w+)":"([^"]*)"/g;
        $events{ $line{event} }++;
        next unless $line{event} =~ /\Atoken_(?:rotated|repeated)\z/;
        my ($jti, $by) = @line{qw(jti replaced_by)};
        push @twice, $jti if $line{event} eq 'token_rotated' && $spent{$jti}++ || ($rotated{$jti} // $by) ne $by;
        $rotated{$jti} = $by;
    }
    print '# the audit log: ', join(', ', map { "$events{$_} x $_" } sort keys %events), "\n";
    check('the lines of the audit log are whole', @torn);
    check('it has every rotation that was answered', grep { ($rotated{$_} // '') ne $child->{$_} } keys %$child);
    check('no token twice', @twice);
    check('and what the store has', grep { $rotated{$_} ne ($next->{$_} // '') } keys %rotated);
    return;
}
