package Machine;

# An nginx that shares its token store with others: requests to it, reloads, and the end of its workers.
#
#     my $machine = Machine->new(name => 'A', port => 30001, master => $pid, log => $file);
#     my $answer = $machine->get('/x', 'Authorization: ...');

use strict;
use warnings;

use Sallyport::Client ();
use Time::HiRes qw(sleep);

my $connections = 3;

sub new { my ($class, %options) = @_; return bless { %options, idle => [], turn => 0 }, $class }

# On one of several connections, so that each worker gets some. An idle one may have ended with its worker.
sub get {
    my ($self, @request) = @_;
    my $number = $self->{turn}++ % $connections;
    for (1 .. 10) {
        my $client = $self->{idle}[$number] //= Sallyport::Client->new($self->{port});
        my $answer = $client->ask(Sallyport::Client::get(@request));
        return $answer if $answer;
        $self->{idle}[$number] = undef;
    }
    die "$self->{name}: no answer on ten connections\n";
}

# post($uri, $body, $authorization, $method), as JSON or as a form. Returns what gives the answer, or nothing
# where the connection ended without one.
sub post {
    my ($self, $uri, $body, $authorization, $method) = @_;
    my $type = $body =~ /\A\{/ ? 'json' : 'x-www-form-urlencoded';
    my $text = Sallyport::Client::request($method // 'POST', $uri, 'Connection: close', $authorization ? "Authorization: $authorization" : (),
        $body ne '' ? "Content-Type: application/$type" : (), { body => $body });
    my $client = Sallyport::Client->new($self->{port});
    syswrite $client->{socket}, $text;
    return sub { return $client->answer(0, 0) };
}

sub reload { my ($self) = @_; kill 'HUP', $self->{master}; return }

# Kills one worker for each number, which chooses it. Returns how many.
sub kill_workers {
    my ($self, @choices) = @_;
    open my $in, '<', "/proc/$self->{master}/task/$self->{master}/children" or die "children: $!\n";
    my @workers = split ' ', <$in> // '';
    my $count = 0;
    for my $choice (@choices) {
        my $pid = @workers ? splice @workers, $choice % @workers, 1 : last;
        kill 'KILL', $pid;
        $count++;
        for (1 .. 1000) { last if has_ended($pid); sleep 0.002 }
    }
    return $count;
}

sub has_ended {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 1;
    return (<$in> // '') !~ /\) [^ZX]/;
}

# How many lines of the error log match.
sub logged {
    my ($self, $pattern) = @_;
    open my $in, '<', $self->{log} or die "$self->{log}: $!\n";
    return scalar grep { /$pattern/ } <$in>;
}

1;
