#!/usr/bin/env perl
# The tables and the picture of the benchmarks, from the files that they write into DIR:
#   report.pl servers FILE        lines "round credential server requests us cpu_ns"
#   report.pl workers FILE        lines "round workers server requests us"
#   report.pl storm FILE          lines "round row requests us p50 p99"
#   report.pl tokens FILE         lines "round row requests us p50 p99 nginx wrk redis", the last three in milliseconds
#                                 of a processor
#   report.pl instructions FILE   lines "row ours nginx openssl", for one request
#   report.pl compare FILE FILE PERCENT
#                                 two of the latter, without libcrypto; fails where they are more apart than that
#   report.pl picture FILE        that of "servers" as SVG
#   report.pl publish DIR DOC     all of them into DOC, between its marks, and the picture beside it

use strict;
use warnings;

use File::Basename qw(dirname);
use FindBin qw($Bin);
use List::Util qw(max min);

use lib "$Bin/../lib";
use Sallyport::Keys qw(slurp spew);

my %command = (servers => \&servers, workers => \&workers, storm => \&storm, tokens => \&tokens, instructions => \&instructions,
    compare => \&compare, picture => \&picture, publish => \&publish);

my $name = shift // '';
my $run = $command{$name} or die 'report.pl ' . join('|', sort keys %command) . " ...\n";
print $run->(@ARGV);

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

# Median and spread of one value per round.
sub cell {
    my ($format, @values) = @_;
    my ($middle, $least, $most) = map { sprintf $format, $_ } median(@values), min(@values), max(@values);
    return "$middle ($least-$most)";
}

# What each round divides by the other's.
sub ratios {
    my ($values, $base) = @_;
    return map { $values->[$_] / $base->[$_] } 0 .. $#$values;
}

sub as_text {
    my ($head, @rows) = @_;
    my @table = ($head, [map { '-' x length } @$head], @rows);
    for my $column (0 .. $#$head) {
        my $width = max(map { length $_->[$column] } @table);
        $_->[$column] .= ($_ == $table[1] ? '-' : ' ') x ($width - length $_->[$column]) for @table;
    }
    return join '', map { '| ' . join(' | ', @$_) . " |\n" } @table;
}

# Of t/bench/servers: by credential and server, in the order of the file, one value a round.
sub read_servers {
    my ($file) = @_;
    my (%rate, %cpu, %busy, @names);
    for (split /\n/, slurp($file)) {
        my ($round, $credential, $server, $requests, $us, $cpu_ns) = split;
        push @names, [$credential, $server] unless $rate{$credential}{$server};
        push @{ $rate{$credential}{$server} }, $requests * 1e6 / $us;
        push @{ $cpu{$credential}{$server} },  $cpu_ns / 1000 / $requests;
        push @{ $busy{$credential}{$server} }, $cpu_ns / 10 / $us;
    }
    return (\@names, \%rate, \%cpu, \%busy);
}

sub servers {
    my ($names, $rate, $cpu, $busy) = read_servers(@_);
    my @rows;
    for (@$names) {
        my ($credential, $server) = @$_;
        my $own = $rate->{$credential}{$server};
        my @ratios = map {
            my $base = $rate->{$credential}{$_};
            my $compared = $base && !($server eq $_ || $server eq 'bare' || "$server $_" eq 'twin control');
            $compared ? cell('%.2f', ratios($own, $base)) : '';
        } qw(bare control);
        push @rows, [$credential, $server, cell('%.0f', @$own), @ratios, cell('%.1f', @{ $cpu->{$credential}{$server} }),
            sprintf '%.0f', median(@{ $busy->{$credential}{$server} })];
    }
    return as_text(['credential', 'server', 'requests/s', 'of bare', 'of control', 'worker us/request', 'worker busy %'],
        @rows);
}

sub workers {
    my ($file) = @_;
    my %rate;
    for (split /\n/, slurp($file)) {
        my ($round, $workers, $server, $requests, $us) = split;
        push @{ $rate{$workers}{$server} }, $requests * 1e6 / $us;
    }
    my %share = map { $_ => [ratios($rate{$_}{hot}, $rate{$_}{bare})] } keys %rate;
    my @rows = map { [$_, cell('%.0f', @{ $rate{$_}{bare} }), cell('%.0f', @{ $rate{$_}{hot} }),
        cell('%.2f', @{ $share{$_} }), cell('%.2f', ratios($share{$_}, $share{1}))] } sort keys %rate;
    return as_text(['workers', 'bare', 'hot', 'of bare', 'of that of one worker'], @rows);
}

sub storm {
    my ($file) = @_;
    my (%rate, %p99, @names);
    for (split /\n/, slurp($file)) {
        my ($round, $name, $requests, $us, $p50, $p99) = split;
        push @names, $name unless $rate{$name};
        push @{ $rate{$name} }, $requests * 1e6 / $us;
        push @{ $p99{$name} },  $p99 / 1000;
    }
    my @rows = map {
        my $name = $_;
        # Where nothing was answered, there is no latency.
        my @shown = (['%.0f', \%rate], max(@{ $rate{$name} }) > 0 ? ['%.2f', \%p99] : ());
        my @cells = map { (cell($_->[0], @{ $_->[1]{$name} }),
            $name eq 'quiet' ? '' : cell('%.2f', ratios($_->[1]{$name}, $_->[1]{quiet}))) } @shown;
        [$name, @cells, @shown == 1 ? ('none', '') : ()];
    } @names;
    return as_text(['storm', 'requests/s', 'of quiet', 'p99 ms', 'of quiet'], @rows);
}

# What each row takes more than bare nginx, and in libcrypto, in order; and what that takes. A row x-y is measured
# against the row bare-y, where there is one.
sub read_instructions {
    my ($file) = @_;
    my @lines = grep { /^\S+(?: \d+){3}$/ } split /\n/, slurp($file);
    my %all = map { my ($name, @parts) = split; ($name => \@parts) } @lines;
    my $bare = $all{bare} ? $all{bare}[1] : die "$file: no bare nginx\n";
    my $more = sub {
        my ($row, $own, $nginx, $openssl) = split / /, shift;
        my $same = $all{ 'bare-' . $row =~ s/.*-//r };
        return [$row, $own + $nginx - ($same ? $same->[1] : $bare), $openssl];
    };
    return ($bare, map { $more->($_) } grep { !/^bare/ } @lines);
}

sub instructions {
    my ($bare, @rows) = read_instructions(@_);
    return "Bare nginx: $bare.\n\n" . as_text(['row', 'more than bare nginx', 'and in libcrypto'], @rows);
}

sub compare {
    my ($file, $expected, $percent) = @_;
    my (undef, @rows) = read_instructions($file);
    my (undef, @wanted) = read_instructions($expected);
    my %wanted = map { $_->[0] => $_->[1] } @wanted;
    my $failed = 0;
    for (@rows) {
        my ($row, $got) = @$_;
        my $wanted = delete $wanted{$row} // 0;
        my $good = abs($got - $wanted) <= $percent / 100 * $wanted;
        $failed++ unless $good;
        print $good ? 'ok  ' : 'FAIL', " $row: $got instructions, recorded $wanted\n";
    }
    $failed += print "FAIL $_: was not measured\n" for sort keys %wanted;
    printf "%d passed, %d failed\n", @rows - $failed, $failed;
    exit($failed ? 1 : 0);
}

# Bars of what is left of bare nginx, with the least and the most.
sub picture {
    my ($names, $rate) = read_servers(@_);
    my %colour = (hot => '#2a7ab8', cold => '#7db3d9', control => '#b0b0b0');
    my ($left, $width, $line, $y) = (90, 420, 18, 34);
    my ($bars, $last) = ('', '');
    for (@$names) {
        my ($credential, $server) = @$_;
        next if $server =~ /^(?:bare|twin)$/;
        $y += 12 if $credential ne $last;
        my @ratios = ratios($rate->{$credential}{$server}, $rate->{$credential}{bare});
        my ($middle, $least, $most) = map { sprintf '%.1f', $_ * $width } median(@ratios), min(@ratios), max(@ratios);
        my $text = $y + 11;
        $bars .= qq{<text x="0" y="$text" font-weight="bold">$credential</text>\n} if $credential ne $last;
        $bars .= qq{<rect x="$left" y="$y" width="$middle" height="14" fill="$colour{$server}"/>\n}
            . sprintf(qq{<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#444"/>\n}, $left + $least, $left + $most, $y + 7, $y + 7)
            . sprintf(qq{<text x="%d" y="%d">%s %.2f</text>\n}, $left + $width * 1.15, $text, $server, median(@ratios));
        $y += $line;
        $last = $credential;
    }
    my ($bare, $bottom, $total) = ($left + $width, $y + 4, $y + 12);
    my $right = $left + $width * 1.15 + 100;
    return <<"END";
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $right $total" width="$right" height="$total" font-family="sans-serif" font-size="12">
<title>Requests per second, as a share of what bare nginx answers</title>
<rect width="$right" height="$total" fill="#fff"/>
<text x="$bare" y="20" text-anchor="middle">bare nginx = 1</text>
$bars<line x1="$bare" x2="$bare" y1="26" y2="$bottom" stroke="#c33" stroke-dasharray="4 3"/>
</svg>
END
}

sub publish {
    my ($dir, $doc) = @_;
    chomp(my $machine = slurp("$dir/machine"));
    chomp(my $memory  = slurp("$dir/memory"));
    my $figures = join "\n", "$machine\n", servers("$dir/servers"),
        "Two workers:\n", workers("$dir/workers"), "Other requests during a storm of logins:\n",
        storm("$dir/storm"), "Token endpoints:\n", tokens("$dir/tokens"), "Instructions for each request (callgrind):\n",
        instructions("$dir/instructions"), "Memory for a cached token of 700 bytes: $memory bytes.\n";
    my $text = slurp($doc);
    $text =~ s/(<!-- begin: make bench -->\n).*?(?=<!-- end -->)/$1\n$figures\n/s or die "$doc: no marks\n";
    spew($doc, $text);
    spew(dirname($doc) . '/performance.svg', picture("$dir/servers"));
    return "$doc: written\n";
}

# The last two columns are against the transactions of the shell in the same round.
sub tokens {
    my ($file) = @_;
    my (%got, @names);
    for (split /\n/, slurp($file)) {
        my ($round, $name, $requests, $us, $p50, $p99, @cpu) = split;
        push @names, $name unless $got{$name};
        push @{ $got{$name}{rate} }, $requests * 1e6 / $us;
        push @{ $got{$name}{p50} },  $p50 / 1000;
        push @{ $got{$name}{p99} },  $p99 / 1000;
        push @{ $got{$name}{busy}[$_] }, $cpu[$_] * 1e5 / $us for 0 .. 2;
    }
    my @table = ['row', 'per second', 'p50 ms', 'p99 ms', 'nginx busy %', 'wrk busy %', 'Redis busy %', 'of commits',
        'of commits-refresh'];
    for my $name (@names) {
        my %row = %{ $got{$name} };
        my $alone = $name =~ /^commits/;
        my $ratio = sub { cell('%.2f', ratios($row{rate}, @_)) };
        push @table, [
            $name, cell('%.0f', @{ $row{rate} }),
            map({ $alone ? '' : sprintf '%.2f', median(@{ $row{$_} }) } qw(p50 p99)),
            map({ my $busy = median(@{ $row{busy}[$_] }); $busy ? sprintf '%.0f', $busy : '' } 0 .. 2),
            map({ $name =~ /(?:login|refresh).*sqlite/ ? $ratio->($got{$_}{rate}) : '' } qw(commits commits-refresh)),
        ];
    }
    return as_text(@table);
}
