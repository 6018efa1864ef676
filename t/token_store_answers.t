# auth_token_store: a Redis that answers what our scripts cannot have answered, or answers late.

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Sallyport::Credential;
use Sallyport::Pending;
use Sallyport::Session;
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our %files = (%token_files, 'users.json' => json({ alice => { password => hash('wonderland') } }));
our $open = ' location = /open { empty_gif; } ';

# A server that speaks the protocol. The test says what it answers to EVALSHA of a rotation, and to TIME, in files.
our $rotation = 'r' x 40; # the name of its script
our $folder = File::Temp::tempdir('sallyport-fake-XXXXXX', TMPDIR => 1, CLEANUP => 1);
our $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1') or die "listen: $!";
our $redis = '127.0.0.1:' . $listener->sockport;
$ENV{TEST_NGINX_FAKE_REDIS} = $redis;
my $server = fork // die "fork: $!";
if (!$server) {
    eval { $SIG{CHLD} = 'IGNORE'; $SIG{ALRM} = 'DEFAULT'; alarm 600; serve() };
    POSIX::_exit(0);
}
close $listener;
END { local $?; if ($server) { kill 'TERM', $server; waitpid $server, 0 } }

sub serve {
    while (my $client = $listener->accept) {
        my $pid = fork // die;
        if (!$pid) { alarm 60; $SIG{PIPE} = 'IGNORE'; eval { talk($client) }; POSIX::_exit(0) }
        close $client;
    }
    return;
}

sub talk {
    my ($client) = @_;
    my $scripts = 0;
    while (defined(my $line = <$client>)) {
        my ($count) = $line =~ /^\*(\d+)/ or return;
        my @words = map { my ($size) = <$client> =~ /^\$(\d+)/; read $client, my $word, $size + 2; substr $word, 0, -2 } 1 .. $count;
        my $answer = $words[0] eq 'SCRIPT' ? bulk($words[2] =~ /successor/ ? $rotation : ++$scripts x 40)
            : $words[0] eq 'TIME' ? said('time') // list(time, 0)
            : $words[1] eq $rotation ? said('rotation') // list('done', 'alice', '', '', time, time + 1000, $words[6], time, $words[7], 'client')
            : list('done');
        # Each read of a client ends in time, and all of them together do not.
        my $slow = $words[0] eq 'EVALSHA' && $words[1] eq $rotation && -e "$folder/slow";
        for my $piece ($slow ? unpack '(a10)*', $answer : $answer) {
            Time::HiRes::sleep(0.6) if $slow;
            syswrite $client, $piece;
        }
    }
    return;
}

sub bulk { return '$' . length($_[0]) . "\r\n$_[0]\r\n" }
sub list { return '*' . @_ . "\r\n" . join '', map { bulk($_) } @_ }
sub said { my ($what) = @_; return -e "$folder/$what" ? slurp("$folder/$what") : undef }

# A row.
sub says { my ($what, $text) = @_; return sub { defined $text ? spew("$folder/$what", $text) : unlink "$folder/$what" } }

sub alice { my ($as) = @_; return issued("a login, $as" => login(alice => 'wonderland'), $as) }
our @unavailable = (log => qr/\[error\].*sallyport: refused 503 store_unavailable/);

run_tests();

__DATA__

=== integers to TIME
--- http_config
auth_token_store redis://$TEST_NGINX_FAKE_REDIS;
--- config eval: $::tokens . $::endpoints . $::open
--- conf eval: \%::files
--- cases eval
[
    says(time => "*2\r\n:1700000000\r\n:123456\r\n"),
    refusal('a login' => login(alice => 'wonderland'), 'store_unavailable', @::unavailable),
    ['others are served' => get('/open'), 200],
    says('time'),
    pause(1.2),
    alice('a'),
]



=== a rotation that names no session
--- http_config
auth_token_store redis://$TEST_NGINX_FAKE_REDIS;
--- config eval: $::tokens . $::endpoints . $::open
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    map({ my ($name, $answer) = @$_; (says(rotation => $answer),
        refusal("no tokens: $name" => refresh('a'), 'store_unavailable', @::unavailable, log => qr/Redis sent a reply that no script returns/)) }
        ['done and nothing else', list('done')],
        ['nobody', list('done', '', '', '', 0, 0, 'x' x 22, 0, 0, '')],
        ['another token', list('done', 'alice', '', '', time, time + 1000, 'x' x 22, time, time + 100, '')],
        ['integers', "*10\r\n" . ":1\r\n" x 10],
        ['an integer', ":1\r\n"],
        ['nothing', "\$-1\r\n"],
        ['an empty list', "*0\r\n"]),
    says('rotation'),
    issued('mended' => refresh('a'), 'b'),
]



=== what is done after the client was answered is in the audit log
--- http_config
auth_token_store redis://$TEST_NGINX_FAKE_REDIS;
--- config eval: 'auth_audit_log logs/audit.json;' . $::tokens . $::endpoints . $::open
--- conf eval: \%::files
--- cases eval
[
    alice('a'),
    says(slow => 1),
    refusal('given up' => refresh('a'), 'store_unavailable', @::unavailable),
    sub {
        my $rotated = sub { grep { $_->{event} eq 'token_rotated' && $_->{jti} eq inside('a')->{jti} && $_->{replaced_by} } audit_lines('audit.json') };
        my $end = time + 15;
        Time::HiRes::sleep(0.1) while !$rotated->() && time < $end;
        Test::More::is(scalar(() = $rotated->()), 1, 'the rotation is audited once');
        my ($refused) = grep { $_->{event} eq 'refresh_refused' } audit_lines('audit.json');
        Test::More::is($refused->{reason}, 'store_unavailable', 'after the refusal');
    },
    says('slow'),
]
