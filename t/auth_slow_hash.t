# Slow hashes and auth_thread_pool: who waits, who does not, who is sent away, and what happens meanwhile.

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

worker_connections(512);
add_block_preprocessor(sub { $_[0]->set_value(no_shutdown_error_log => "[alert]\n[crit]") });

our $slow  = slow_hash('wonderland', 11);
our %files = (
    'users.json' => json({ alice => { password => $slow, roles => ['viewer'] }, bob => { password => slow_hash('builder', 11) },
        quick => { password => hash('quick') } }),
    'keys.json'  => json({ printer => { key => $slow }, random => { key => digest('random') } }),
);
our $alice = basic(alice => 'wonderland');

sub signal { kill $_[0], slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr }
sub answer_to { return Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT})->ask($_[0]) }

# The statuses of many, counted.
sub statuses {
    my @pendings = @_;
    my %count;
    for (@pendings) { my $answer = $_->result(30); $count{ $answer ? $answer->{status} : 'none' }++ }
    return \%count;
}

run_tests();

__DATA__

=== others are answered meanwhile
--- config
location /x { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; empty_gif; }
location /k { auth_api_key "r"; auth_api_key_file keys.json; auth_credential_cache 0; empty_gif; }
location /open { empty_gif; }
--- conf eval: \%::files
--- cases eval
[
    map { my ($name, $request, $status) = @$_; sub {
        my @slow = map { pending($request->($_)) } 1 .. 8;
        my $open = pending(get('/open'));
        my $random = pending(get('/k', api_key('random')));
        judge("$name: a page without a check", $open, 200);
        judge("$name: a key without a slow hash", $random, 200);
        Test::More::ok(!$slow[-1]->answered, "$name: the last hash is still computed");
        judge_all("$name: all are answered", \@slow, $status, patience => 30);
    } } ['passwords', sub { get('/x', basic(alice => "wrong$_[0]")) }, 'credential_invalid'],
        ['keys', sub { get('/k', api_key("printer.wrong$_[0]")) }, 'credential_invalid'],
        ['unknown users', sub { get('/x', basic("user$_[0]" => 'wrong')) }, 'credential_invalid'],
]



=== a file of mixed hashes: a wrong password of a fast one costs as much as that of a slow one
--- http_config
auth_thread_pool default;
--- config
location /x { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; empty_gif; }
location /fast { auth_password "r"; auth_password_file fast.json; empty_gif; }
--- conf eval
({ 'users.json' => json({ alice => { password => slow_hash('wonderland', 11) }, quick => { password => hash('quick', 'sha') } }),
   'fast.json' => json({ quick => { password => hash('quick', 'sha') } }) })
--- cases eval
[
    sub {
        my @slow = map { pending(get('/x', basic(alice => "wrong$_"))) } 1 .. 8;
        my $right = pending(get('/x', basic(quick => 'quick')));
        my $wrong = pending(get('/x', basic(quick => 'wrong')));
        my $unknown = pending(get('/x', basic(nobody => 'wrong')));
        judge('the right password of the fast one', $right, 200);
        Test::More::ok(!$slow[-1]->answered, 'it needs no slow hash');
        judge('its wrong password', $wrong, 'credential_invalid', patience => 30);
        Test::More::ok((grep { $_->answered } @slow) >= 4, 'it stands in line as others do') or Test::More::diag(scalar grep { $_->answered } @slow);
        judge('an unknown user', $unknown, 'credential_invalid', patience => 30);
        judge_all('the slow ones', \@slow, 'credential_invalid', patience => 30);
    },
    ['no slow hash in the file' => get('/fast', basic(quick => 'wrong')), 'credential_invalid'],
]



=== nobody can tell who is known
--- config
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
location /k { auth_api_key "r"; auth_api_key_file keys.json; empty_gif; }
location /json { auth_password "r"; auth_password_file users.json; auth_error_body json; empty_gif; }
--- conf eval: \%::files
--- cases eval
my $same = sub {
    my ($name, @requests) = @_;
    return sub {
        my @texts = map { my $a = answer_to($_); delete $a->{headers}{date}; json([$a->{head}, $a->{headers}, $a->{body}]) } @requests;
        Test::More::is(scalar(grep { $_ eq $texts[0] } @texts), scalar @texts, $name) or Test::More::diag(join "\n", @texts);
        Test::More::like($texts[0], qr/401/, "$name: 401");
    };
};
[
    (map { $same->("passwords, $_", get($_, basic(alice => 'x')), get($_, basic(nobody => 'x')), get($_, basic(quick => 'x')),
        get($_, basic(alice => 'x' x 512)), get($_, basic('' => ''))) } '/x', '/json'),
    $same->('keys', get('/k', api_key('printer.x')), get('/k', api_key('nobody.x')), get('/k', api_key('x'))),
    sub {
        Test::More::is(scalar(() = error_log() =~ /sallyport: refused 401 credential_invalid/g), 13, 'the log has one reason for all');
    },
]



=== requests with the same credential share one hash
--- http_config
auth_thread_pool default queue=1;
--- config
location /x { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
location /cached { auth_password "r"; auth_password_file users.json; proxy_set_header X-User $auth_subject; proxy_pass http://$TEST_NGINX_ECHO; }
--- conf eval: \%::files
--- cases eval
[
    map({ my $where = $_; (
        sub { judge_all("$where: a good one", [map { pending(get($where, $::alice)) } 1 .. 40], 200, body => qr/user=alice /) },
        sub { judge_all("$where: a wrong one", [map { pending(get($where, basic(alice => 'x'))) } 1 .. 40], 'credential_invalid') },
    ) } '/x', '/cached'),
    sub { Test::More::unlike(error_log(), qr/too_busy/, 'there was room for all of them') },
]



=== the line is full
--- http_config
auth_thread_pool default queue=1;
--- config
auth_error_body json;
location /x { auth_password "r"; auth_password_file users.json; empty_gif; }
location /k { auth_api_key "r"; auth_api_key_file keys.json; empty_gif; }
--- conf eval: \%::files
--- cases eval
my $flood = sub {
    my ($name, $request) = @_;
    return sub {
        my $count = statuses(map { pending($request->($_)) } 1 .. 30);
        Test::More::ok($count->{503} && $count->{401} && $count->{401} + $count->{503} == 30, "$name: some are sent away, the others judged")
            or Test::More::diag(json($count));
    };
};
[
    $flood->('wrong passwords' => sub { get('/x', basic(alice => "x$_[0]")) }),
    ['a good one later'    => get('/x', $::alice), 200],
    $flood->('unknown users' => sub { get('/x', basic("x$_[0]" => 'x')) }),
    $flood->('wrong keys'  => sub { get('/k', api_key("printer.x$_[0]")) }),
    ['a good key later'    => get('/k', api_key('printer.wonderland')), 200],
    sub {
        my @flood = map { pending(get('/x', basic(alice => "y$_"))) } 1 .. 20;
        my ($full) = grep { ($_->result(30) || {})->{status} == 503 } map { pending(get('/x', basic(bob => "y$_"))) } 1 .. 3;
        judge('remembered: no hash is needed', pending(get('/x', $::alice)), 200);
        judge('random keys need none', pending(get('/k', api_key('random'))), 200);
        Test::More::ok($full, 'while the line is full');
        statuses(@flood);
    },
    sub {
        my @all = map { pending(get('/x', basic(bob => "z$_"))) } 1 .. 20;
        my ($busy) = grep { $_->{status} == 503 } map { $_->result(30) } @all;
        Test::More::is($busy->{headers}{'x-reason'}[0], 'too_busy', 'the reason');
        Test::More::ok(!$busy->{headers}{'www-authenticate'}, 'no challenge');
        Test::More::like($busy->{body}, qr/"status": ?503/, 'the body');
        Test::More::like(error_log(), qr/\[error\].*sallyport: refused 503 too_busy/, 'the log');
    },
]



=== clients that go away
--- http_config
auth_thread_pool default queue=20;
--- config
location /x { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; empty_gif; }
--- conf eval: \%::files
--- cases eval
[
    sub {
        my @gone = map { pending(get('/x', basic(alice => "gone$_"))) } 1 .. 18;
        my $same = pending(get('/x', basic(alice => 'gone1')));
        Time::HiRes::sleep(0.1);
        $_ % 2 ? $gone[$_]->leave : $gone[$_]->leave_by_reset for 0 .. 17;
        judge('who waits for the hash of one that went', $same, 'credential_invalid', patience => 30);
        judge_all('there is room for others', [map { pending(get('/x', basic(bob => "stay$_"))) } 1 .. 15], 'credential_invalid', patience => 30);
    },
    ['all is well' => get('/x', $::alice), 200],
    sub { Test::More::unlike(error_log(), qr/exited on signal|\[alert\]/, 'no worker was lost') },
]



=== reload and quit while hashes are computed
--- config
location /x { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; add_header X-Reason $auth_reason always; add_header X-User $auth_subject; empty_gif; }
--- conf eval: \%::files
--- cases eval
my $waiting = sub { return [map { pending(get('/x', $_)) } $::alice, basic(bob => 'builder'), basic(quick => 'quick')] };
[
    map({ my $signal = $_; sub {
        my $good = $waiting->();
        my @bad = map { pending(get('/x', basic(alice => "$signal$_"))) } 1 .. 4;
        Time::HiRes::sleep(0.1);
        signal($signal);
        judge_all("$signal: good ones", $good, 200, patience => 30);
        judge_all("$signal: wrong ones", \@bad, 'credential_invalid', patience => 30);
    } } 'HUP', 'QUIT'),
]



=== a variable that is read before the access phase
--- http_config
limit_req_zone $auth_subject zone=by_subject:1m rate=1r/m;
limit_req_status 429;
--- config
location /x { auth_password "r"; auth_password_file users.json; limit_req zone=by_subject; empty_gif; }
location /map { auth_password "r"; auth_password_file users.json; if ($auth_subject) { add_header X-Known yes; add_header X-Reason $auth_reason always; } empty_gif; }
location /never { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; limit_req zone=by_subject; empty_gif; }
location /key { auth_api_key "r"; auth_api_key_file keys.json; limit_req zone=by_subject; empty_gif; }
--- conf eval: \%::files
--- cases eval
[
    (map { ["empty: it does not count, $_" => get('/never', basic(bob => 'builder')), 200] } 1 .. 2),
    (map { ["wrong: it does not count, $_" => get('/x', basic(alice => 'x')), 'credential_invalid'] } 1 .. 2),
    ['not known yet'       => get('/x', $::alice), 200],
    ['remembered: counted' => get('/x', $::alice), 200],
    ['remembered: too many' => get('/x', $::alice), 429],
    ['in the rewrite phase' => get('/map', $::alice), 200, headers => { 'X-Known' => 'yes' }],
    ['not known there'     => get('/map', basic(bob => 'x')), 'credential_invalid', headers => { 'X-Known' => undef, 'WWW-Authenticate' => qr{Basic} }],
    ['a random key is known at once' => get('/key', api_key('random')), 200],
    ['and counted'         => get('/key', api_key('random')), 429],
]



=== a hash that cannot be computed for want of memory is an error, and no wrong password
--- main_config
thread_pool default threads=1;
--- config
location /x { auth_password "r"; auth_password_file users.json; auth_credential_cache 0; empty_gif; }
location /open { empty_gif; }
--- conf eval
# Each takes 64 MiB. At start there is memory for them.
({ 'users.json' => json({ yescrypt => { password => hash('wonderland', '$y$jBT$abcdefgh') },
    scrypt => { password => hash('wonderland', '$7$CU..../....abcdefgh') } }) })
--- cases eval
my $master = sub { slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr };
my $workers = sub { my $pid = $master->(); split ' ', slurp("/proc/$pid/task/$pid/children") };
# A new worker, which may take so many bytes in addition to what it gets from the master.
my $new_worker = sub { my ($name, $room) = @_; return sub {
    my ($pages) = slurp('/proc/' . $master->() . '/statm') =~ /\A(\d+)/;
    my $bytes = defined $room ? $pages * POSIX::sysconf(POSIX::_SC_PAGESIZE()) + $room : 'unlimited';
    system('prlimit', '--pid=' . $master->(), "--as=$bytes:") == 0 or die "prlimit: $?";
    my ($old) = $workers->();
    kill 'QUIT', $old;
    Test::More::ok(wait_for(sub { my @now = $workers->(); @now && $now[0] != $old }), $name);
} };
[
    (map { ["$_: right" => get('/x', basic($_ => 'wonderland')), 200] } qw(yescrypt scrypt)),
    $new_worker->('a worker with little memory', 48 << 20),
    map({ my $user = $_; map { ["$user, little memory: $_" => get('/x', basic($user => $_)), 'internal_error',
        log => qr/\[error\].*crypt\(3\) cannot compute a hash/] } qw(wonderland wrong) } qw(yescrypt scrypt)),
    ['others are served' => get('/open'), 200],
    $new_worker->('a worker with enough'),
    (map { ["$_, memory again: right" => get('/x', basic($_ => 'wonderland')), 200],
        ["$_, memory again: wrong" => get('/x', basic($_ => 'wrong')), 'credential_invalid'] } qw(yescrypt scrypt)),
]
