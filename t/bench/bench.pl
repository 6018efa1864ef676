#!/usr/bin/env perl
# The parts of t/bench/run that are not shell:
#   bench.pl mint DIR                DIR/ALG.key for nginx and DIR/ALG.tokens, one token a line
#   bench.pl check URL TOKENS SERVER every token gets 200; bad ones get 401 from all servers but bare; those of ours
#                                    remember what they should
#   bench.pl credentials ROUNDS      that of t/bench/credentials, from lines "round row requests us p50 p99"
#   bench.pl logins URL COUNT        the refresh tokens of as many logins
#   bench.pl tokens ROUNDS           that of t/bench/tokens, from lines "round row requests us p50 p99 nginx wrk redis",
#                                    the last three in milliseconds of a processor
#   bench.pl table ROUNDS            the table, from lines "round alg server requests us cpu_ns"

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use HTTP::Tiny;
use List::Util qw(max min);
use Sallyport::Keys;
use Sallyport::Token;

use constant { TOKENS => 2000, TOKEN_BYTES => 700 };

my @algorithms = qw(RS256 HS256 ES256);
my @servers    = qw(bare control cold hot);
my %command    = (mint => \&mint, check => \&check, table => \&table,
    credentials => \&credentials, logins => \&logins, tokens => \&tokens);

my $name = shift // '';
my $run = $command{$name} or die "bench.pl mint|check|table ...\n";
$run->(@ARGV);

sub mint {
    my ($dir) = @_;
    for my $alg (@algorithms) {
        my $key = key($alg, 'k1');
        spew("$dir/$alg.key", $key->public);
        spew("$dir/$alg.tokens", join '', map { access_token($key, $_) . "\n" } 1 .. TOKENS);
    }
}

# What an identity provider would issue; the scope fills it up, so that tokens of all algorithms
# are equally long.
sub access_token {
    my ($key, $number) = @_;
    my %claims = (
        iss       => 'https://login.example.com/',
        aud       => 'https://api.example.com',
        sub       => sprintf('user-%08d', $number),
        tenant_id => 'tenant-' . $number % 50,
        roles     => ['viewer', 'editor'],
        iat       => time,
        exp       => time + 86_400,
        scope     => '',
    );
    my $header = json({ alg => $key->alg, kid => $key->kid, typ => 'JWT' });
    my $signature = length base64url($key->sign('size'));
    my $room = int((TOKEN_BYTES - $signature - 2 - length base64url($header)) * 3 / 4) - length json(\%claims);
    $claims{scope} = substr 'openid profile ' . 'orders:read orders:write invoices:read ' x 20, 0, max(0, $room);
    return forge($key, $header, json(\%claims));
}

sub check {
    my ($url, $file, $server) = @_;
    my $client = HTTP::Tiny->new(timeout => 5);
    my $expect = sub {
        my ($status, $what, %headers) = @_;
        my $got = $client->get($url, { headers => \%headers })->{status};
        $got == $status or die "$url: $what got $got instead of $status\n";
    };
    my @tokens = split /\n/, slurp($file);
    $expect->(200, "token $_", Authorization => "Bearer $tokens[$_]") for 0 .. $#tokens;
    return if $server eq 'bare';
    my ($input, $signature) = $tokens[0] =~ /(.*\.)(.*)/;
    substr($signature, 9, 1) = substr($signature, 9, 1) eq "A" ? "B" : "A";
    $expect->(401, 'a wrong signature', Authorization => "Bearer $input$signature");
    $expect->(401, 'another token\'s signature', Authorization => 'Bearer ' . $input . $tokens[1] =~ s/.*\.//r);
    $expect->(401, 'no token');
    return if $server eq 'control';
    # The tokens come again and again in this order.
    my $known = $url =~ s{/[^/]*$}{/known}r;
    my $answer = $client->get($known, { headers => { Authorization => "Bearer $tokens[0]" } });
    my $cache = $answer->{headers}{'x-cache'} // '';
    $cache eq ($server eq 'hot' ? 'HIT' : 'MISS') or die "$known: the first token is a $cache\n";
    return;
}

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

sub table {
    my ($file) = @_;
    my (%rate, %cpu, %busy);
    for (split /\n/, slurp($file)) {
        my ($round, $alg, $server, $requests, $us, $cpu_ns) = split;
        push @{ $rate{$alg}{$server} }, $requests * 1e6 / $us;
        push @{ $cpu{$alg}{$server} },  $cpu_ns / 1000 / $requests;
        push @{ $busy{$alg}{$server} }, $cpu_ns / 10 / $us;
    }
    my @table = (['token', 'server', 'requests/s', 'of bare', 'of control', 'worker us/request', 'worker busy %']);
    push @table, [map { '-' x length } @{ $table[0] }];
    for my $alg (@algorithms) {
        for my $server (@servers) {
            my @rates = @{ $rate{$alg}{$server} };
            my @ratios = map {
                my $base = $rate{$alg}{$_};
                $server eq $_ || $server eq 'bare' ? '' : cell('%.2f', map { $rates[$_] / $base->[$_] } 0 .. $#rates);
            } qw(bare control);
            push @table, [
                $alg, $server, cell('%.0f', @rates), @ratios,
                cell('%.1f', @{ $cpu{$alg}{$server} }), sprintf('%.0f', median(@{ $busy{$alg}{$server} })),
            ];
        }
    }
    print_table(@table);
    return;
}

sub print_table {
    my @table = @_;
    for my $column (0 .. $#{ $table[0] }) {
        my $width = max(map { length $_->[$column] } @table);
        $_->[$column] .= ($_ == $table[1] ? '-' : ' ') x ($width - length $_->[$column]) for @table;
    }
    print '| ', join(' | ', @$_), " |\n" for @table;
    return;
}

# Each row against the one it is compared with, round by round.
sub credentials {
    my ($file) = @_;
    my %base = map { $_ => s/-.*/-bare/r } qw(password-sallyport api_key-sallyport api_key_crypt-sallyport);
    $base{$_} = 'storm-quiet' for qw(storm-sallyport storm-auth_basic);
    my (%rate, %p99, @names);
    for (split /\n/, slurp($file)) {
        my ($round, $name, $requests, $us, $p50, $p99) = split;
        push @names, $name unless $rate{$name};
        push @{ $rate{$name} }, $requests * 1e6 / $us;
        push @{ $p99{$name} },  $p99 / 1000;
    }
    my @table = (['row', 'compared with', 'requests/s', 'ratio', 'p99 ms', 'ratio']);
    push @table, [map { '-' x length } @{ $table[0] }];
    for my $name (@names) {
        my $base = $base{$name};
        my @ratios = map {
            my $values = $_;
            $base ? cell('%.2f', map { $values->{$name}[$_] / $values->{$base}[$_] } 0 .. $#{ $values->{$name} }) : '';
        } \(%rate, %p99);
        push @table, [$name, $base // '', cell('%.0f', @{ $rate{$name} }), $ratios[0],
            cell('%.2f', @{ $p99{$name} }), $ratios[1]];
    }
    print_table(@table);
    return;
}

sub logins {
    my ($url, $count) = @_;
    # It writes head and body one after the other, for which a server on an old connection lets it wait.
    my $client = HTTP::Tiny->new(timeout => 5, keep_alive => 0);
    my %login = (headers => { 'Content-Type' => 'application/json' },
        content => '{"username":"alice","password":"wonderland"}');
    for (1 .. $count) {
        my $answer = $client->post("$url/login", \%login);
        print $answer->{content} =~ /"refresh_token":"([^"]+)"/ ? "$1\n" : die "$url/login: $answer->{status}\n";
    }
    return;
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
    my @table = (['row', 'per second', 'p50 ms', 'p99 ms', 'nginx busy %', 'wrk busy %', 'Redis busy %', 'of commits', 'of commits-refresh']);
    push @table, [map { '-' x length } @{ $table[0] }];
    for my $name (@names) {
        my %row = %{ $got{$name} };
        my $alone = $name =~ /^commits/;
        my $ratio = sub { my ($base) = @_; cell('%.2f', map { $row{rate}[$_] / $base->[$_] } 0 .. $#$base) };
        push @table, [
            $name, cell('%.0f', @{ $row{rate} }),
            map({ $alone ? '' : sprintf '%.2f', median(@{ $row{$_} }) } qw(p50 p99)),
            map({ my $busy = median(@{ $row{busy}[$_] }); $busy ? sprintf '%.0f', $busy : '' } 0 .. 2),
            map({ $name =~ /(?:login|refresh).*sqlite/ ? $ratio->($got{$_}{rate}) : '' } qw(commits commits-refresh)),
        ];
    }
    print_table(@table);
    return;
}
