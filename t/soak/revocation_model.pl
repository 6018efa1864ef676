# The steps of t/soak/revocation_model: revocation_model.pl STORE WHERE FOLDER PORT:MASTER PORT:MASTER. Does the
# same to two nginx and to the model, and compares them.
#
# For each token and machine, {known} is the set of states that are right. It has a single state when all
# entries have arrived everywhere (settle). After a step that changes the state, the old one is right as well,
# until they have arrived again.

use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin, "$Bin/../lib";
use Digest::SHA qw(hmac_sha256);
use Machine;
use MIME::Base64 qw(decode_base64url encode_base64url);
use POSIX qw(floor);
use RevocationModel;
use StoreOutage;
use Time::HiRes qw(sleep time);

my ($store, $where, $folder, @nginx) = @ARGV;
my ($steps, $seed, $keep, $ttl, $stale) = @ENV{qw(STEPS SEED KEEP_ENTRIES TTL STALE)};
my ($batch, $outage_every, $session_count, $foreign_count) = (20, 300, 6, 36);
my ($patience, $patience_after_outage) = (10, 60);      # seconds until an entry is lost
my $issuer = 'https://issuer.example';

my @machines = ('A', 'B');
my %at;
for my $name (@machines) {
    my ($port, $master) = split /:/, shift @nginx;
    $at{$name} = Machine->new(name => $name, port => $port, master => $master, log => "$folder/logs/$store.$name.error.log");
}
my $model = RevocationModel->new(@machines);
my $outages = StoreOutage->new($store, $where);

my ($step, $marks, $outage, $outage_ended, $disturbed, @history) = (0) x 5;
my (@foreign, @sessions, @entered);         # what can be chosen: as many for each seed
my %session_of;                             # by sid, also those that cannot be chosen any more
my (%taken_back, %pending, %new_file);      # since all was settled
my $class = 'quiet';                        # of the times since then
my (%times, %uses, %count);

$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { exit 1 };

# --- chance --------------------------------------------------------------------------------------

sub any { return int rand $_[0] }
sub one_of { return $_[ any(scalar @_) ] }

# --- requests ------------------------------------------------------------------------------------

open my $history, '>', "$folder/$store.history" or die "history: $!\n";
sub note {
    push @history, sprintf '%d: %s', $step, join ' ', @_;
    print $history "$history[-1]\n";
    shift @history if @history > 80;
    return;
}

sub fault {
    my (@words) = @_;
    print "# $_\n" for @history;
    print "FAIL step $step, SEED=$seed: @words\n";
    exit 1;
}

sub get_at {
    my ($machine, $token) = @_;
    return $at{$machine}->get($token->{kid} eq 'access-1' ? '/own' : '/foreign', "Authorization: Bearer $token->{text}");
}

# Asks again after a 503, which only an outage explains. Returns the answer, and the times between which it was
# carried out.
sub post_at {
    my ($machine, @request) = @_;
    my $until = time + $patience_after_outage;
    while (1) {
        my $from = time;
        my $answer = $at{$machine}->post(@request)->() // fault("$machine: $request[0]: no answer");
        return ($answer, $from, time) if $answer->{status} != 503;
        fault("$machine: $request[0]: 503 without an outage") if !$outage && time > $outage_ended + 15;
        fault("$machine: $request[0]: 503 for too long") if time > $until;
        sleep 0.1;
    }
}

sub is_status {
    my ($machine, $what, $answer, @right) = @_;
    note("$machine $what: $answer->{status}");
    return if grep { $_ == $answer->{status} } @right;
    return fault("$machine: $what: $answer->{status} in place of @right");
}

# --- tokens --------------------------------------------------------------------------------------

sub json {
    my (%members) = @_;
    return '{' . join(',', map { "\"$_\":" . ($members{$_} =~ /\A\d+\z/ ? $members{$_} : "\"$members{$_}\"") } sort keys %members) . '}';
}

my %secret = map { open my $in, '<', "$folder/$_.secret" or die "$_: $!\n"; chomp(my $text = <$in>); ($_ => $text) } qw(h1 h2 probe);

sub signed {
    my ($token) = @_;
    my %claims = map { my $to = $_ eq 'tenant' ? 'tenant_id' : $_; ($to => $token->{$_}) }
        grep { defined $token->{$_} && $token->{$_} ne '' } qw(jti sid sub tenant iss iat exp);
    my $text = join '.', map { encode_base64url($_, '') } json(alg => 'HS256', kid => $token->{kid}), json(%claims);
    return "$text." . encode_base64url(hmac_sha256($text, $secret{ $token->{kid} }), '');
}

sub read_token {
    my ($text, $kid) = @_;
    my (undef, $payload) = split /\./, $text;
    $payload = decode_base64url($payload);
    my %token = (text => $text, kid => $kid, map { ($_ => $payload =~ /"$_":"?([^",}]+)/ ? $1 : '') } qw(jti sid sub iss iat exp));
    $token{tenant} = $payload =~ /"tenant_id":"([^"]+)/ ? $1 : '';
    return watched(\%token);
}

# From now on, with the state that it has.
sub watched {
    my ($token) = @_;
    my $now = time;
    $token->{known}{$_} = $token->{latest}{$_} = $model->state($_, $token, $now, $now) for @machines;
    # Not settled: an entry of before may be on its way, or on its way back.
    $token->{known}{$_} = ALIVE | DEAD for keys %pending ? @machines : ();
    return $token;
}

sub mint {
    my ($number) = @_;
    my $session = $sessions[ any($session_count) ];
    my $iat = one_of(undef, 1000, 100, 0, 0, -3600);
    my $life = any(10) ? 3600 : 3 + any(5);
    my %token = (jti => any(8) ? "t$step-$number" : '', sid => one_of('', $session->{sid}, map { "s$_" } 0 .. 5),
        sub => one_of('', qw(alice bob carol), map { "u$_" } 0 .. 5), kid => one_of('h1', 'h1', 'h2'),
        tenant => one_of('', '', 'acme', 'globex'), iss => one_of('', $issuer, 'https://id.example'));
    @token{qw(iat exp)} = (defined $iat ? floor(time) - $iat : undef, floor(time) + $life);
    $token{text} = signed(\%token);
    $foreign[$number] = watched(\%token);
    return;
}

sub log_in {
    my ($machine, $number, $user, $uri) = @_;
    my ($answer) = post_at($machine, $uri, json(username => $user, password => 'wonderland'));
    is_status($machine, "login of $user", $answer, 200);
    my $session = $sessions[$number] = { state => 'live', user => $user };
    take_tokens($session, $answer);
    @$session{qw(sid sub tenant)} = @{ $session->{refresh} }{qw(sid sub tenant)};
    $session_of{ $session->{sid} } = $session;
    return;
}

sub take_tokens {
    my ($session, $answer) = @_;
    my ($access, $refresh) = map { $answer->{body} =~ /"$_":"([^"]+)"/ ? $1 : fault("no $_ in an answer") } qw(access_token refresh_token);
    @$session{qw(before access)} = ($session->{access}, read_token($access, 'access-1'));
    @$session{qw(spent refresh)} = ($session->{refresh}, read_token($refresh, 'refresh-1'));
    return;
}

# A token that no other entry names.
sub probe {
    my ($jti) = @_;
    my $token = { jti => $jti, kid => 'probe', exp => floor(time) + 3600, map { ($_ => '') } qw(sid sub tenant iss) };
    $token->{text} = signed($token);
    return watched($token);
}

# The tokens that nginx can be asked with; and all.
sub usable { return (@foreign, grep { defined } map { @$_{qw(access before)} } @sessions) }
sub all_tokens { return (usable(), map { $_->{refresh}, $_->{spent} // () } @sessions) }

sub any_token {
    my $number = any($foreign_count + 2 * $session_count);
    return $foreign[$number] if $number < $foreign_count;
    $number -= $foreign_count;
    my $session = $sessions[ int $number / 2 ];
    return $session->{before} && $number % 2 ? $session->{before} : $session->{access};
}

sub named { my ($token) = @_; return json(map { ($_ => $token->{$_} // 'none') } qw(jti sid sub kid tenant iss iat exp)) }

# --- comparison ----------------------------------------------------------------------------------

# Something was entered or taken back. It may need time to arrive.
sub changed {
    my ($when, $what) = @_;
    for my $token (all_tokens()) {
        for my $machine (@machines) {
            my $state = $model->state($machine, $token, $when, $when);
            my $was = $token->{latest}{$machine};
            next if $state == $was;
            $token->{latest}{$machine} = $state;
            $token->{known}{$machine} |= $state;
            $token->{cause}{$machine} = { since => $when, what => $what } if ($state | $was) == (ALIVE | DEAD) && $state != (ALIVE | DEAD)
                && $was != (ALIVE | DEAD);
        }
    }
    $pending{$what} = 1;
    return;
}

# Asks there with the token, and returns whether the answer is the latest one. It must be right in any case.
sub use_token {
    my ($machine, $token) = @_;
    my $from = time;
    my $answer = get_at($machine, $token);
    my $to = time;
    my $now = $model->state($machine, $token, $from, $to);
    my $right = $token->{known}{$machine} | $now;
    my $status = $answer->{status};
    $uses{$status}++;
    return 0 if $status == 503 && $outage && $to > $outage + $stale - 1;
    my $seen = { 200 => ALIVE, 401 => DEAD }->{$status} // fault("$machine: $status for", named($token));
    fault(sprintf('%s: a token that is %s is %s (%s):', $machine, qw(neither alive dead)[$right], qw(neither admitted refused)[$seen],
        $answer->{headers}{'x-reason'}[0] // ''), named($token)) unless $right & $seen;
    return 0 unless $now & $seen;
    if (my $cause = delete $token->{cause}{$machine}) {
        push @{ $times{$class}{ $cause->{what} } }, $to - $cause->{since} if $class ne 'outage' && $now != (ALIVE | DEAD);
    }
    return 1;
}

# One entry of each machine, and of each new file. The other machine has all that was entered before when it has
# this one.
sub marks {
    my @marks;
    for my $machine (@machines) {
        my $token = probe('mark' . ++$marks);
        my $entry = { jti => $token->{jti}, until => floor(time) + 120 };
        my ($answer, undef, $to) = post_at($machine, '/auth/revoke', json(%$entry), $ENV{SUPPORT});
        is_status($machine, 'mark', $answer, 200);
        $model->add($entry, from => $to, to => $to, keep => $keep);
        for my $other (grep { $_ ne $machine } @machines) {
            $token->{known}{$other} = ALIVE | DEAD;
            $token->{cause}{$other} = { since => $to, what => 'revoked' };
            push @marks, [$other, $token];
        }
    }
    push @marks, map { [$_, $new_file{$_}] } keys %new_file;
    return @marks;
}

# Waits until all has arrived at both, and compares all tokens with the model.
sub settle {
    my ($limit) = @_;
    $limit //= $patience;
    my $until = time + $limit;
    my @left = (marks(), map { my $token = $_; map { [$_, $token] } grep { $token->{known}{$_} == (ALIVE | DEAD) } @machines } usable());
    while (@left = grep { !use_token(@$_) } @left) {
        fault('not everywhere after', $limit, 's:', map { "$_->[0] " . named($_->[1]) } @left) if time > $until;
        sleep 0.002;
    }
    (%taken_back, %pending, %new_file) = ();
    for my $token (all_tokens()) {
        my $now = time;
        $token->{known}{$_} = $token->{latest}{$_} = $model->state($_, $token, $now, $now) for @machines;
        $token->{cause} = {};
    }
    for my $token (usable()) { use_token($_, $token) || fault("$_: not as settled:", named($token)) for @machines }
    $model->forget(time);
    $class = time < $disturbed + 1.5 ? 'disturbed' : 'quiet';
    return;
}

# --- revocations ---------------------------------------------------------------------------------

my %callers = ('' => $ENV{SUPPORT}, acme => $ENV{ACME});

# One that names a token, or one of before with other times.
sub any_entry {
    my ($must_be_old) = @_;
    my $victim = any_token();
    my $kind = one_of((('jti') x 10), (('sid') x 4), (('sub') x 3), 'kid', 'tenant');
    my %entry = ($kind => $victim->{$kind} eq '' ? 'nobody' : $victim->{$kind});
    my $tenant = one_of(undef, ($victim->{tenant}) x 5, '*', '*', 'globex');
    $entry{tenant_id} = $tenant if $tenant && $kind ne 'tenant';
    my $iss = one_of(('') x 6, $victim->{iss}, $victim->{iss}, 'https://id.example');
    $entry{iss} = $iss if $iss;
    my $issued = one_of(undef, undef, undef, 500, 50, -500);
    my $is_about_many = $kind ne 'jti' && $kind ne 'sid';
    $entry{issued_before} = floor(time) - $issued if defined $issued && $is_about_many && $kind ne 'kid';
    my $end = one_of($is_about_many ? (3, 3, 4, 5, undef) : (3, 5, 1000, undef, undef), -10);
    my ($is_old, $choice, $other_end) = (!any(5), $entered[ any(scalar @entered) ], one_of(3, 4, 5, 15));
    if ($choice && ($is_old || $must_be_old)) {
        %entry = %{ $choice->[1] };
        $end = $other_end;
    }
    $entry{until} = floor(time) + $end if defined $end;
    return \%entry;
}

# Into the model. Where an entry of the same key ends before this one arrives, nothing is revoked meanwhile.
sub enter {
    my ($machine, $entry, %options) = @_;
    my $known = $model->remove($entry);
    my @without = $known && $known->[0] < time + 120 ? states() : ();
    $model->restore($entry, $known);
    $model->add($entry, keep => $keep, %options);
    for (@without) {
        my ($there, $token, $state) = @$_;
        $token->{known}{$there} |= $state if $there ne $machine || $options{may_fail};
    }
    return;
}

sub states {
    my $now = time;
    return map { my $token = $_; map { [$_, $token, $model->state($_, $token, $now, $now)] } @machines } all_tokens();
}

# What the model knows after that answer, or, without one, that it may have happened.
sub entered {
    my ($machine, $caller, $entry, $from, $to, $may_fail) = @_;
    my $meant = RevocationModel::meant_by($caller, $entry) or return;
    my $until = $meant->{until} // $to + 3600;
    return if $until <= floor($from) - 1;
    $may_fail ||= $until <= $to + 1;        # it may have been over when it was read
    enter($machine, $meant, from => $from, to => $to, may_fail => $may_fail);
    end_sessions($machine, $meant, $from, $to, $may_fail);
    changed($to, 'revoked');
    takes_effect($machine, $meant, $from, $to) unless $may_fail;
    return;
}

# At once there, unless it was taken back a moment ago: then the reader may have that in its hands.
sub takes_effect {
    my ($machine, $entry, $from, $to) = @_;
    return if $taken_back{ RevocationModel::key_of($entry) };
    my $alone = RevocationModel->new($machine);
    $alone->add({ %$entry, until => floor($to) + 3600 }, from => $from, to => $to);
    my $is_used = 0;
    for my $token (all_tokens()) {
        next if grep { $_->state($machine, $token, $to, $to + 1) != DEAD } $alone, $model;
        $token->{known}{$machine} = DEAD;
        delete $token->{cause}{$machine};
        use_token($machine, $token) if !$is_used++ && $token->{kid} ne 'refresh-1';
    }
    return;
}

# The sessions of the store that an entry ends.
sub end_sessions {
    my ($machine, $entry, $from, $to, $may_fail) = @_;
    return if defined $entry->{iss} && $entry->{iss} ne $issuer;
    my $state = $may_fail ? 'unclear' : 'ended';
    my $tenant = $entry->{tenant_id} // '';
    if (exists $entry->{sid}) {
        my $session = $session_of{ $entry->{sid} } // return;
        return if $session->{state} eq 'lost' || ($tenant ne '*' && $tenant ne $session->{tenant});
        $session->{state} = $state if $session->{state} ne 'ended';
        return if RevocationModel::key_of($entry) eq RevocationModel::key_of({ sid => $session->{sid}, tenant_id => '*' });
        end_access($machine, $session->{sid}, $from, $to, 0, $may_fail);
    } elsif (exists $entry->{sub} && $tenant ne '*' && !(defined $entry->{issued_before} && $entry->{issued_before} < $from)) {
        $_->{state} = $state for grep { $_->{state} =~ /live|unclear/ && $_->{sub} eq $entry->{sub} && $_->{tenant} eq $tenant } @sessions;
    }
    return;
}

# The access tokens of a session. Nobody waits for the store, unless it is a logout or a revocation.
sub end_access {
    my ($machine, $sid, $from, $to, $exp, $may_fail, $is_awaited) = @_;
    my $entry = { sid => $sid, tenant_id => '*' };
    my @ends = map { RevocationModel::later($_ + $ttl + 60, $exp) } floor($from) - 1, floor($to);
    enter($machine, { %$entry, ends => \@ends }, from => $from, to => $to, may_fail => $may_fail);
    $pending{async} = $pending{ RevocationModel::key_of($entry) } = 1 unless $is_awaited;
    return;
}

# What is on its way to the store without an answer could get lost there.
sub settle_async { settle() if $pending{async}; return }

# A key stays revoked until it is taken back.
my $ring = 12;
my @forever;
sub remember {
    my ($caller, $entry) = @_;
    push @entered, [$caller, $entry];
    shift @entered if @entered > $ring;
    push @forever, [$caller, $entry] if exists $entry->{kid} && !exists $entry->{until};
    return;
}

sub revoke_entry {
    my ($machine) = @_;
    my $caller = any(4) ? '' : 'acme';
    my $entry = any_entry();
    remember($caller, $entry);
    my ($answer, $from, $to) = post_at($machine, '/auth/revoke', json(%$entry), $callers{$caller});
    is_status($machine, "revoke $caller " . json(%$entry), $answer, 200);
    return entered($machine, $caller, $entry, $from, $to);
}

# A worker is killed while it revokes, or takes back. Asked again, it is certain.
sub revoke_and_kill {
    my ($machine) = @_;
    my $entry = any_entry();
    my $removes = !any(3);
    ($entry) = @{ $entered[ any(scalar @entered) ] }[1] if $removes && @entered;
    remember('', $entry);
    settle_async();
    my $from = time;
    my @request = ('/auth/revoke', json(%$entry), $callers{''}, $removes ? 'DELETE' : 'POST');
    my $answer_of = $at{$machine}->post(@request);
    sleep 0.001 * any(4);
    kill_workers($machine, 1 + any(2));
    my $answer = $answer_of->();
    my $to = time;
    note("$machine killed over", $removes ? 'taking back' : 'revoke', json(%$entry), ': ', $answer ? $answer->{status} : 'no answer');
    perhaps($machine, $removes, $entry, $from, $to);
    ($answer, $from, $to) = post_at($machine, @request);
    is_status($machine, 'again', $answer, 200);
    return $removes ? taken_back('', $entry, $to) : entered($machine, '', $entry, $from, $to);
}

sub perhaps {
    my ($machine, $removes, $entry, $from, $to) = @_;
    return entered($machine, '', $entry, $from, $to, 1) unless $removes;
    my $meant = RevocationModel::meant_by('', $entry);
    $model->remove($meant, may_fail => 1);
    $taken_back{ RevocationModel::key_of($meant) } = 1;
    return changed($to, 'taken back');
}

sub take_back {
    my ($machine) = @_;
    my $choice = $entered[ any(scalar @entered) ];
    my ($caller, $entry) = @{ shift @forever // $choice // ['', { jti => 'nobody' }] };
    my %asked = %$entry;
    delete @asked{qw(until issued_before)} if any(2);
    my $meant = RevocationModel::meant_by($caller, $entry);
    settle_async() if $meant && $pending{ RevocationModel::key_of($meant) };
    my ($answer, undef, $to) = post_at($machine, '/auth/revoke', json(%asked), $callers{$caller}, 'DELETE');
    is_status($machine, "take back $caller " . json(%asked), $answer, 200);
    return taken_back($caller, $entry, $to);
}

sub taken_back {
    my ($caller, $entry, $to) = @_;
    my $meant = RevocationModel::meant_by($caller, $entry) or return;
    return if exists $meant->{tenant} && $caller ne '';
    $model->remove($meant);
    $taken_back{ RevocationModel::key_of($meant) } = 1;
    return changed($to, 'taken back');
}

# RFC 7009
sub revoke_access {
    my ($machine) = @_;
    my ($session, $is_old, $is_form) = ($sessions[ any($session_count) ], any(2), any(2));
    my $token = $is_old && $session->{before} || $session->{access};
    my ($answer, $from, $to) = post_at($machine, '/auth/revoke', $is_form ? "token=$token->{text}" : json(token => $token->{text}), $callers{''});
    is_status($machine, "revoke the access token $token->{jti}", $answer, 200);
    my $entry = { jti => $token->{jti}, tenant_id => '*', until => $token->{exp} };
    remember('', $entry);
    enter($machine, $entry, from => $from, to => $to, may_fail => $token->{exp} <= $to + 1);
    changed($to, 'revoked');
    return takes_effect($machine, $entry, $from, $to);
}

sub revoke_foreign {
    my ($machine) = @_;
    my $token = $foreign[ any($foreign_count) ]{text};
    my ($answer) = post_at($machine, '/auth/revoke', 'token=' . one_of($token, 'x', "$token.y"), $callers{''});
    return is_status($machine, 'revoke what is not ours', $answer, 200);
}

sub log_out {
    my ($machine) = @_;
    my $session = $sessions[ any($session_count) ];
    my $way = one_of('refresh token', 'access token', 'revoke');
    my $entry = { sid => $session->{sid}, tenant_id => '*' };
    remember('', $entry);
    my $text = $session->{refresh}{text};
    my @request = $way eq 'revoke' ? ('/auth/revoke', "token=$text", $callers{''})
        : $way eq 'refresh token' ? ('/auth/logout', json(refresh_token => $text)) : ('/auth/logout', '', "Bearer $session->{access}{text}");
    my ($answer, $from, $to) = post_at($machine, @request);
    is_status($machine, "logout by $way of $session->{sid}", $answer, $way eq 'revoke' ? 200 : 204);
    return if $session->{state} eq 'lost';
    $session->{state} = 'ended';
    end_access($machine, $session->{sid}, $from, $to, $way eq 'access token' ? $session->{access}{exp} : 0, 0, 1);
    changed($to, 'revoked');
    return takes_effect($machine, $entry, $from, $to);
}

# A refresh, or the reuse of a refresh token; where revocations are checked, and where they are not.
sub refresh {
    my ($machine, $number, $is_reuse) = @_;
    my ($session, $is_checked) = ($sessions[$number], any(2));
    my $token = $session->{ $is_reuse ? 'spent' : 'refresh' } or return;
    my ($answer, $from, $to) = post_at($machine, $is_checked ? '/auth/refresh' : '/auth/renew', json(refresh_token => $token->{text}));
    is_status($machine, ($is_reuse ? 'reuse ' : 'refresh ') . $session->{sid}, $answer, 200, 403);
    my $right = $is_checked ? $token->{known}{$machine} | $model->state($machine, $token, $from, $to) : ALIVE;
    if ($answer->{status} == 200) {
        fault("$machine: refreshed:", named($token), $session->{state}) if $is_reuse || !($right & ALIVE) || $session->{state} =~ /ended|lost/;
        $session->{state} = 'live';
        return take_tokens($session, $answer);
    }
    my $was = $session->{state};
    fault("$machine: not refreshed:", named($token), $answer->{body}) if !$is_reuse && $right == ALIVE && $was eq 'live';
    return if $right == DEAD || $was eq 'lost';
    # The store was asked, for sure or perhaps, and has told that the session is over.
    if ($is_reuse || $was ne 'live') {
        end_access($machine, $session->{sid}, $from, $to, 0, $right != ALIVE);
        changed($to, 'revoked');
    }
    if ($right == ALIVE) {
        $session->{state} = 'ended';
    } elsif ($is_reuse) {
        $session->{state} = 'unclear' if $was eq 'live';
    } elsif ($was ne 'ended') {
        log_in($machine, $number, $session->{user}, '/auth/login');     # the token may be spent
    }
    return;
}

# --- files ---------------------------------------------------------------------------------------

sub replace_file {
    my ($machine) = @_;
    my @entries = map { any_entry() } 1 .. any(5);
    my $is_invalid = !any(6);
    my $file = "$folder/$machine.revoked.json";
    my $token = probe('file' . ++$marks);
    my $text = '[' . join(',', map { json(%$_) } @entries, { jti => $token->{jti} }) . ($is_invalid ? ',' : ']');
    settle() if $new_file{$machine};    # or it would not be known which one is there
    open my $out, '>', "$file.new" or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
    note("$machine file", $text);
    return if $is_invalid;
    $model->replace_file($machine);
    $_->[0] eq $machine and $_->[1]{known}{$machine} |= $_->[2] for states();       # an entry of before may end
    $model->replace_file($machine, @entries, { jti => $token->{jti} });
    $token->{known}{$machine} = ALIVE | DEAD;
    $token->{cause}{$machine} = { since => time, what => 'file' };
    $new_file{$machine} = $token;
    return changed(time, 'file');
}

# --- what happens to nginx -----------------------------------------------------------------------

sub disturb { $disturbed = time; $class = 'disturbed' if $class eq 'quiet'; return }

sub reload {
    my ($machine) = @_;
    note("$machine reload");
    disturb();
    $at{$machine}->reload;
    $count{reloads}++;
    return;
}

sub kill_workers {
    my ($machine, $many) = @_;
    disturb();
    $count{'killed workers'} += $at{$machine}->kill_workers(map { any(12) } 1 .. $many);
    return;
}

sub kill_some { my ($machine) = @_; settle_async(); note("$machine kill"); return kill_workers($machine, one_of(1, 1, 1, 2)) }

# --- outages of the store ------------------------------------------------------------------------

my $refills = qr/the token store has lost its revocations/;

sub outage {
    my @kinds = $outages->kinds;
    my $number = $count{outages}++;
    my $kind = $kinds[$number % @kinds];
    my $length = $number % 8 == 7 ? $stale + 3 : 0.5 + any(4);
    settle();
    revoke_entry(one_of(@machines)) for 1 .. 2;
    settle_async();
    note("outage: $kind for $length s");
    $class = 'outage';
    my @lost = map { $at{$_}->logged($refills) } @machines;
    my $begin = $outage = time;
    $outages->begin($kind);
    if ($kind eq 'emptied') { $_->{state} = 'lost' for values %session_of }
    my @asked = map { ask_now(one_of(@machines), $_) } 0, 1;
    my ($reloads, $kills) = map { any(3) ? '' : one_of(@machines) } 1, 2;
    for my $part (0 .. 19) {
        my $until = $begin + $length * $part / 20;
        reload($reloads) if $part == 5 && $reloads;
        kill_workers($kills, 1) if $part == 10 && $kills;
        use_token(one_of(@machines), any_token());
        sleep($until - time) if $until > time;
    }
    must_be_stale() if $length > $stale && $kind ne 'locked';
    $outages->end;
    $outage_ended = time;
    $_->() for @asked;
    if ($kind eq 'emptied') {
        wait_for_refill($_, shift @lost) for @machines;
        settle($patience_after_outage);     # twice: between two pages, a machine adds what the store has lost
    }
    settle($patience_after_outage);
    $outage = 0;
    $outage_ended = time;
    push @{ $times{outages}{'until all is settled'} }, $outage_ended - $begin - $length;
    $count{"store $kind"}++;
    return;
}

# Sends it, and leaves the answer for later.
sub ask_now {
    my ($machine, $is_old) = @_;
    my $entry = any_entry($is_old);
    my $from = time;
    my @request = ('/auth/revoke', json(%$entry), $callers{''});
    my $answer_of = $at{$machine}->post(@request);
    entered($machine, '', $entry, $from, time + 5, 1);
    return sub {
        my $answer = $answer_of->();
        my $to = time;
        note("$machine asked in the outage", json(%$entry), $answer ? $answer->{status} : 'no answer');
        entered($machine, '', $entry, $from, $to, 1);
        if (!$answer || $answer->{status} != 200) {
            ($answer, $from, $to) = post_at($machine, @request);
            is_status($machine, 'again', $answer, 200);
        }
        entered($machine, '', $entry, $from, $to);
    };
}

# A list that was not read for too long is not used.
sub must_be_stale {
    my $token = any_token();
    for my $machine (@machines) {
        my $status;
        for (1 .. 200) {
            $status = get_at($machine, $token)->{status};
            last if $status == 503 || $status == 401;
            sleep 0.05;
        }
        note("$machine stale: $status");
        fault("$machine: the list is not stale") if $status == 200;
    }
    return;
}

sub wait_for_refill {
    my ($machine, $before) = @_;
    my $until = time + $patience_after_outage;
    until ($at{$machine}->logged($refills) > $before) {
        fault("$machine does not refill the store") if time > $until;
        sleep 0.05;
    }
    return;
}

# --- the run -------------------------------------------------------------------------------------

my @actions = (
    (sub { use_token($_[0], any_token()) }) x 40,
    (sub { mint(any($foreign_count)) }) x 30,
    (sub { new_session($_[0], any($session_count)) }) x 8,
    (sub { refresh($_[0], any($session_count), 0) }) x 20,
    (sub { refresh($_[0], any($session_count), 1) }) x 8,
    (\&revoke_entry) x 44,
    (\&take_back) x 26,
    (\&revoke_access) x 6,
    (\&revoke_foreign) x 2,
    (\&log_out) x 6,
    (\&replace_file) x 4,
    (\&reload) x 1,
    (\&kill_some) x 1,
    (\&revoke_and_kill) x 1,
);

sub new_session {
    my ($machine, $number) = @_;
    return log_in($machine, $number, one_of(qw(alice bob carol dave)), any(4) ? '/auth/login' : '/auth/brief');
}

sub at_begin {
    my $until = time + $patience_after_outage;
    my $token = probe('first');
    for my $machine (@machines) {
        until (get_at($machine, $token)->{status} == 200) {
            fault("$machine does not read the list") if time > $until;
            sleep 0.05;
        }
    }
    $outage_ended = time;
    new_session($machines[ $_ % 2 ], $_) for 0 .. $session_count - 1;
    mint($_) for 0 .. $foreign_count - 1;
    settle();
    return;
}

sub report {
    my ($seconds) = @_;
    my @uses = map { $uses{$_} // 0 } 200, 401, 503;
    printf "# %d steps in %d s; tokens were admitted %d times, refused %d times, and not checked %d times\n", $steps, $seconds, @uses;
    print '# ', join(', ', map { "$_: $count{$_}" } sort keys %count), "\n";
    for my $kind (qw(quiet disturbed outage outages)) {
        for my $what (sort keys %{ $times{$kind} // {} }) {
            my @times = sort { $a <=> $b } @{ $times{$kind}{$what} };
            my $at = sub { return 1000 * $times[$#times * $_[0]] };
            printf "# %s, %s, %d times: median %.0f ms, p99 %.0f ms, at most %.0f ms%s\n", $kind, $what, scalar @times, $at->(0.5), $at->(0.99),
                $at->(1), $kind eq 'quiet' ? $at->(1) <= 1000 ? ': at most a second' : ': MORE THAN A SECOND' : '';
        }
    }
    print $uses[0] > 0.2 * $uses[1] && $uses[1] > 0.2 * $uses[0] ? "ok   many tokens are alive, and many are dead\n"
        : "FAIL many tokens are alive, and many are dead\n";
    print "ok   nginx and the model agree\n";
    return;
}

srand $seed;
$| = 1;
my $begin = time;
at_begin();
for (1 .. $steps) {
    $step = $_;
    my ($machine, $action) = (one_of(@machines), one_of(@actions));
    $action->($machine);
    settle() if $step % $batch == 0;
    outage() if $step % $outage_every == $outage_every / 2;
}
settle();
report(time - $begin);
