package RevocationModel;

# What is revoked, by the documentation of auth_revocation. Knows neither nginx nor a store.
#
#     my $model = RevocationModel->new('A', 'B');             # machines
#     $model->add({ sub => 'bob' }, from => $asked, to => $answered);
#     $model->state('A', $token, $from, $to) == DEAD
#
# A token has jti, sid, sub, kid, tenant and iss, '' if it does not say; iat, undef if it does not; and exp. An
# entry has what the file can have. What happens between two times is known to happen in one of these seconds
# only, so a state is a set: ALIVE | DEAD where both are right.

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(floor);

our @EXPORT = qw(ALIVE DEAD);

use constant { ALIVE => 1, DEAD => 2 };

my @kinds = qw(jti sid sub kid tenant);
my $never = 9**15;
my $lag = 1;        # seconds that the cached time of a worker may be late

sub new {
    my ($class, @machines) = @_;
    return bless { single => {}, file => { map { $_ => {} } @machines } }, $class;
}

sub kind_of { my ($entry) = @_; return (grep { exists $entry->{$_} } @kinds)[0] }

# Entries with the same key are one.
sub key_of {
    my ($entry) = @_;
    my $kind = kind_of($entry);
    my $tenant = $entry->{tenant_id} // ($kind eq 'kid' ? '*' : '');
    return join '|', $kind, $tenant, $entry->{iss} // '', $entry->{$kind};
}

# What is revoked there, for sure or perhaps, in each of the seconds.
sub state {
    my ($self, $machine, $token, $from, $to) = @_;
    ($from, $to) = (floor($from - $lag), floor($to));
    return DEAD if $token->{exp} < $from;
    my $state = $token->{exp} > $to ? ALIVE : ALIVE | DEAD;
    for my $kind (@kinds) {
        my $value = $token->{$kind} // '';
        next if $value eq '';
        for my $tenant ($kind eq 'tenant' ? '' : ($token->{tenant}, '*')) {
            for my $iss ($token->{iss} eq '' ? '' : ('', $token->{iss})) {
                for my $list ($self->{single}, $self->{file}{$machine}) {
                    my $entry = $list->{"$kind|$tenant|$iss|$value"} or next;
                    my ($ends, $last_ends, $issued, $last_issued) = @$entry;
                    my $iat = $token->{iat} // 0;
                    return DEAD if $ends > $to && $iat <= $issued;
                    $state |= DEAD if $last_ends > $from && $iat <= $last_issued;
                }
            }
        }
    }
    return $state;
}

# Options: from and to, the times of the request; keep, how long without an end; may_fail: the entry may be
# there, or not.
sub add {
    my ($self, $entry, %options) = @_;
    my ($from, $to) = (floor($options{from} - $lag), floor($options{to}));
    my $kind = kind_of($entry);
    my @new = ($never) x 4;
    @new[0, 1] = map { $_ + $options{keep} } $from, $to if $kind ne 'kid' && defined $options{keep};
    @new[0, 1] = ($entry->{until}) x 2 if defined $entry->{until};
    @new[0, 1] = @{ $entry->{ends} } if $entry->{ends};
    @new[2, 3] = ($from, $to) if $kind eq 'sub' || $kind eq 'tenant';
    @new[2, 3] = ($entry->{issued_before}) x 2 if defined $entry->{issued_before};

    my $known = $self->{single}{ key_of($entry) } || [0, 0, 0, 0];
    my $holds = $known->[0] > $to;              # in any case
    my $may_hold = $known->[1] > $from;
    my @least = $holds ? @$known[0, 2] : (0, 0);
    my @most = $may_hold ? @$known[1, 3] : (0, 0);
    @least = (later($least[0], $new[0]), later($least[1], $new[2])) unless $options{may_fail};
    @most = (later($most[0], $new[1]), later($most[1], $new[3]));
    $self->{single}{ key_of($entry) } = [$least[0], $most[0], $least[1], $most[1]];
    return;
}

sub later { my ($one, $other) = @_; return $one > $other ? $one : $other }

# Returns what it was, for restore().
sub remove {
    my ($self, $entry, %options) = @_;
    return delete $self->{single}{ key_of($entry) } unless $options{may_fail};
    my $known = $self->{single}{ key_of($entry) } or return;
    $known->[0] = 0;
    return;
}

sub restore {
    my ($self, $entry, $known) = @_;
    $self->{single}{ key_of($entry) } = $known if $known;
    return;
}

sub replace_file {
    my ($self, $machine, @entries) = @_;
    my $list = $self->{file}{$machine} = {};
    for my $entry (@entries) {
        my ($until, $issued) = map { $_ // $never } @$entry{qw(until issued_before)};
        my $known = $list->{ key_of($entry) } || [0, 0, 0, 0];
        ($until, $issued) = (later($until, $known->[0]), later($issued, $known->[2]));
        $list->{ key_of($entry) } = [$until, $until, $issued, $issued];
    }
    return;
}

# What a caller of that tenant ('': none) means, or nothing: it cannot revoke that.
sub meant_by {
    my ($tenant, $entry) = @_;
    my %meant = %$entry;
    my $kind = kind_of($entry);
    if ($tenant eq '') {
        $meant{tenant_id} //= '*' if $kind eq 'sid';
        return \%meant;
    }
    return $entry->{tenant} eq $tenant ? \%meant : undef if $kind eq 'tenant';
    return undef if ($meant{tenant_id} //= $tenant) ne $tenant;
    return \%meant;
}

# Those that are over in any case.
sub forget {
    my ($self, $now) = @_;
    my $single = $self->{single};
    delete @$single{ grep { $single->{$_}[1] < $now - 2 * $lag } keys %$single };
    return;
}

1;
