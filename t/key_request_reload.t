# auth_jwt_key_request with several workers, and nginx that is told to reload, to quit or to stop
# while keys are fetched.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Sallyport::Pending;
use Sallyport::Upstream;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

workers(2);
worker_connections(256);

our ($one, $two) = map { key('HS256', $_) } qw(one two);
our $idp = Sallyport::Upstream->new;

our $source = <<'EOF_SOURCE';
    location /_jwks { internal; proxy_pass http://$TEST_NGINX_IDP/jwks; }
EOF_SOURCE

our $config = $source . <<'EOF_CONFIG';
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1h; empty_gif; }
EOF_CONFIG

sub master {
    my $file = "$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid";
    return -e $file ? slurp($file) =~ s/\s//gr : undef;
}

sub workers_of { my ($pid) = @_; return split ' ', slurp("/proc/$pid/task/$pid/children") }

sub signal { my ($name) = @_; return kill $name, master() }

# Whether all these processes end within so many seconds.
sub ended {
    my ($seconds, @pids) = @_;
    for (1 .. 20 * $seconds) {
        return 1 unless grep { -e "/proc/$_" && slurp("/proc/$_/stat") !~ /\) Z / } @pids;
        Time::HiRes::sleep(0.05);
    }
    return;
}

# As a row: the workers of earlier configurations have ended.
sub two_workers {
    return sub {
        my $two = wait_for(sub { my @workers = workers_of(master()); @workers == 2 }, 20);
        Test::More::ok($two, 'two workers are left');
    };
}

# As a row: nothing in the log that nginx would not write itself.
sub clean {
    my ($name) = @_;
    return sub {
        my @grave = grep { /\[(?:alert|crit|emerg)\]|exited on signal|open socket/ } split /\n/, error_log();
        Test::More::ok(!@grave, "$name: the log") or Test::More::diag(join "\n", @grave);
    };
}

run_tests();

__DATA__

=== each worker fetches for itself, once
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 0.5, body => jwks($::one) }),
    sub {
        my @all = map { pending(get('/x', bearer($::one))) } 1 .. 60;
        judge_all('sixty at once', \@all, 200);
    },
    fetched('sixty at once' => '/jwks', 1, 2),
    (map { ["later, $_" => get('/x', bearer($::one)), 200] } 1 .. 20),
    fetched('later' => '/jwks', 1, 2),
]



=== a reload during a fetch
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 2, body => jwks($::one) }),
    sub {
        my @old = workers_of(master());
        my @waiting = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        my $gone = pending(get('/x', bearer($::one)));
        $::idp->await('/jwks', 1);
        Time::HiRes::sleep(0.2);
        signal('HUP');
        Time::HiRes::sleep(0.5);
        $gone->leave;
        my @new = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        judge_all('those that waited are answered', \@waiting, 200, over => 1);
        judge_all('those that came meanwhile as well', \@new, 200);
        Test::More::ok(ended(5, @old), 'the old workers end');
        Test::More::is(scalar(grep { $_->{gone} } $::idp->requests), 0, 'no fetch was broken off');
    },
    fetched('old and new workers' => '/jwks', 2, 4),
    clean('a reload'),
    ['after it' => get('/x', bearer($::one)), 200],
]



=== a reload during a fetch that fails
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 1, status => 500 }),
    sub {
        my @old = workers_of(master());
        my @waiting = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        $::idp->await('/jwks', 1);
        signal('HUP');
        judge_all('those that waited are answered', \@waiting, 'keys_unavailable');
        Test::More::ok(ended(5, @old), 'the old workers end');
        $::idp->answer('/jwks' => jwks($::one));
    },
    clean('a reload'),
    ['after it' => get('/x', bearer($::one)), 200, within => 5],
]



=== reloads under load: no request is lost
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1s; empty_gif; }
location /zero { auth_jwt "r"; auth_jwt_key_request /_jwks/zero; empty_gif; }
]
--- cases eval
[
    answers('*' => { delay => 0.1, body => jwks($::one) }),
    sub {
        my $until = Time::HiRes::time() + 5;
        my ($next, $reloads, @lost) = (Time::HiRes::time() + 0.3, 0);
        while (Time::HiRes::time() < $until) {
            if (Time::HiRes::time() > $next) {
                signal('HUP');
                $reloads++;
                $next += 0.6;
            }
            my @all = map { pending(get($_, 'Connection: close', bearer($::one))) } ('/x', '/zero') x 3;
            push @lost, grep { ($_ || { status => 'none' })->{status} ne 200 } map { $_->result } @all;
        }
        Test::More::ok(!@lost && $reloads > 4, "$reloads reloads") or Test::More::diag(scalar @lost, ' lost');
    },
    two_workers(),
    clean('reloads'),
    ['after them' => get('/x', bearer($::one)), 200],
]



=== many reloads, each during a fetch
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 0.4, body => jwks($::one) }),
    sub {
        my @all;
        for (1 .. 10) {
            push @all, map { pending(get('/x', bearer($::one))) } 1 .. 4;
            Time::HiRes::sleep(0.1);
            signal('HUP');
            Time::HiRes::sleep(0.2);
        }
        judge_all('all are answered', \@all, 200);
    },
    two_workers(),
    clean('reloads'),
]



=== a refresh in the background does not keep an old worker
--- config eval
$::source . q[
location /x { auth_jwt "r"; auth_jwt_key_request /_jwks; auth_jwt_key_cache 1s; empty_gif; }
]
--- cases eval
[
    answers('/jwks' => jwks($::one)),
    sub {
        my $until = Time::HiRes::time() + 1.5;
        while (Time::HiRes::time() < $until) {
            my $answer = pending(get('/x', 'Connection: close', bearer($::one)))->result;
            Time::HiRes::sleep(0.05);
        }
        my @old = workers_of(master());
        signal('HUP');
        Test::More::ok(ended(5, @old), 'the old workers end, and no timer holds them');
    },
    clean('a reload'),
]



=== nginx quits during a fetch
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 1.5, body => jwks($::one) }),
    sub {
        my $master = master();
        my @waiting = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        my $gone = pending(get('/x', bearer($::one)));
        $::idp->await('/jwks', 1);
        Time::HiRes::sleep(0.2);
        signal('QUIT');
        $gone->leave;
        judge_all('those that waited are answered', \@waiting, 200, over => 0.5);
        Test::More::ok(ended(5, $master), 'nginx ends');
    },
    clean('quit'),
]



=== nginx quits during a fetch that nobody waits for any more
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 1.5, body => jwks($::one) }),
    sub {
        my $master = master();
        my $gone = pending(get('/x', bearer($::one)));
        $::idp->await('/jwks', 1);
        $gone->leave;
        Time::HiRes::sleep(0.2);
        signal('QUIT');
        Test::More::ok(ended(5, $master), 'nginx ends');
    },
    clean('quit'),
]



=== nginx quits while a source never answers
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { before => 'never' }),
    sub {
        my $master = master();
        my $waiting = pending(get('/x', bearer($::one)));
        my $gone = pending(get('/x', bearer($::one)));
        $::idp->await('/jwks', 1);
        $gone->leave;
        signal('QUIT');
        judge('who waited is answered when the fetch is given up', $waiting, 'keys_unavailable', patience => 13);
        Test::More::ok(ended(5, $master), 'nginx ends');
    },
    clean('quit'),
]



=== nginx stops during a fetch
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => { delay => 3, body => jwks($::one) }),
    sub {
        my $master = master();
        my @waiting = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        $::idp->await('/jwks', 1);
        Time::HiRes::sleep(0.2);
        signal('TERM');
        Test::More::ok(ended(3, $master), 'nginx ends at once');
        my @answers = grep { $_ && $_->{status} != 503 } map { $_->result(1) } @waiting;
        Test::More::ok(!@answers, 'nobody is admitted') or Test::More::diag(map { "$_->{status} " } @answers);
    },
    clean('stop'),
]



=== a worker is lost during a fetch: the next one fetches anew
--- no_error_log
[emerg]
--- config eval: $::config
--- cases eval
[
    answers('/jwks' => [({ delay => 3, body => jwks($::one) }) x 2, jwks($::one)]),
    sub {
        my @waiting = map { pending(get('/x', bearer($::one))) } 1 .. 20;
        $::idp->await('/jwks', 1);
        Time::HiRes::sleep(0.2);
        my @old = workers_of(master());
        kill 'KILL', @old;
        Test::More::ok(ended(2, @old), 'the workers are gone');
    },
    (map { ["new ones take over, $_" => get('/x', bearer($::one)), 200, within => 6] } 1 .. 10),
]
--- error_log
exited on signal 9
