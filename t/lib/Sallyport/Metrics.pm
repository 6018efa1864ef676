package Sallyport::Metrics;

# Reads what auth_endpoint status says, at /status.

use strict;
use warnings;

use Exporter qw(import);
use Sallyport::Client ();
use Test::More ();
use Time::HiRes qw(sleep);

our @EXPORT = qw(scrape samples total decisions sample_is);

# The text of the page in a format.
sub scrape {
    my ($format) = @_;
    my $client = Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT});
    my $answer = $client->ask(Sallyport::Client::get('/status' . ($format ? "?format=$format" : ''), 'Connection: close'));
    die "no status page\n" unless $answer && $answer->{status} == 200;
    return $answer->{body};
}

# { name{labels} => value }, of the Prometheus text.
sub samples {
    my ($text) = @_;
    $text //= scrape();
    return { map { /^([^# ].*) (\S+)$/ ? ($1 => $2) : () } split /\n/, $text };
}

# The sum of all samples whose name and labels match.
sub total {
    my ($pattern, $samples) = @_;
    $samples //= samples();
    my $sum = 0;
    $sum += $samples->{$_} for grep { $_ =~ $pattern } keys %$samples;
    return $sum;
}

# As a row: the decisions that were made so far, and no others:
# decisions($name, 'label method outcome reason' => count, ...).
sub decisions {
    my ($name, %expected) = @_;
    return sub {
        my $samples = samples();
        my %found;
        for (keys %$samples) {
            next unless /^sallyport_decisions_total\{zone="(.*)",method="(\w+)",outcome="(\w+)",reason="(\w*)"\}$/;
            $found{join ' ', $1, $2, $3, $4 eq '' ? () : $4} = $samples->{$_};
        }
        Test::More::is_deeply(\%found, \%expected, $name) or Test::More::diag(Test::More::explain(\%found));
    };
}

# As a row: a sample has a value, or will soon.
sub sample_is {
    my ($name, $expected) = @_;
    return sub {
        my $value;
        for (1 .. 100) {
            $value = samples()->{$name} // 'none';
            last if ref $expected ? $value =~ $expected : $value eq $expected;
            sleep 0.1;
        }
        Test::More::like($value, ref $expected ? $expected : qr/\A\Q$expected\E\z/, $name);
    };
}

1;
