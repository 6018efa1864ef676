package StoreOutage;

# Outages of a token store: a Redis that this starts, or a file of SQLite.
#
#     my $store = StoreOutage->new(redis => $port);       # or sqlite => $file
#     $store->begin('killed');        # one of $store->kinds
#     $store->end;

use strict;
use warnings;

use File::Basename qw(dirname);
use IPC::Open2;
use Sallyport::Redis;

my %kinds = (
    sqlite => {
        inaccessible => [sub { chmod 0, dirname($_[0]{file}) }, sub { chmod 0700, dirname($_[0]{file}) }],
        locked => [\&lock, \&unlock],
    },
    redis => {
        emptied => [sub { $_[0]{redis}->stop }, sub { $_[0]{redis}->start_empty }],
        killed => [sub { $_[0]{redis}->stop }, sub { $_[0]{redis}->start }],
        suspended => [sub { $_[0]{redis}->signal('STOP') }, sub { $_[0]{redis}->signal('CONT') }],
    },
);

sub new {
    my ($class, $store, $where) = @_;
    my $self = bless { kinds => $kinds{$store} }, $class;
    if ($store eq 'redis') { $self->{redis} = Sallyport::Redis->new(port => $where) } else { $self->{file} = $where }
    return $self;
}

sub kinds { my ($self) = @_; return sort keys %{ $self->{kinds} } }

sub begin {
    my ($self, $kind) = @_;
    $self->{kind} = $kind;
    return $self->{kinds}{$kind}[0]->($self);
}

sub end {
    my ($self) = @_;
    my $kind = delete $self->{kind} // return;
    return $self->{kinds}{$kind}[1]->($self);
}

sub lock {
    my ($self) = @_;
    my $pid = open2(my $from, my $to, 'sqlite3', $self->{file});
    $self->{shell} = [$pid, $from, $to];
    $to->autoflush(1);
    print $to ".timeout 5000\nBEGIN EXCLUSIVE;\n.print locked\n";
    my $line = <$from> // '';
    die "sqlite3: $line\n" if $line ne "locked\n";
    return;
}

sub unlock {
    my ($self) = @_;
    my ($pid, $from, $to) = @{ delete $self->{shell} };
    close $to;
    close $from;
    waitpid $pid, 0;
    return;
}

sub DESTROY { my ($self) = @_; local ($?, $@); eval { $self->end }; return }

1;
