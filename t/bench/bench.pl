#!/usr/bin/env perl
# The parts of the benchmarks that are not shell. A file of credentials has a value of Authorization a line, and
# perhaps, after a tab, one of DPoP.
#   bench.pl mint DIR COUNT ALG ...  DIR/ALG.key for nginx and DIR/ALG.credentials
#   bench.pl roles DIR COUNT ALG ROLES
#                                    DIR/ALG-roles.credentials: as many tokens of the same key, each with role-1 to role-ROLES
#   bench.pl proofs DIR COUNT FIRST  DIR/DPoP.credentials: a token of the key of ES256 that is bound to another key, and
#                                    as many DPoP proofs by that key, apart from the first ones, in DIR/DPoP-first.credentials
#   bench.pl check URL FILE SERVER   every credential gets 200; bad ones get 401 from all servers but bare nginx; those of
#                                    ours remember the tokens that they should
#   bench.pl known URL FILE HIT|MISS what $auth_cache is for the first credential at /known
#   bench.pl ask URL FILE FIRST COUNT  so many requests in one connection, with those credentials in turn
#   bench.pl instructions NAME COUNT FILE FILE
#                                    "NAME ours nginx's OpenSSL's", each for one request, from two files of callgrind of
#                                    which the second has COUNT requests more
#   bench.pl generate KIND COUNT     as many keys (a JWKS), tenants or locations (directives)
#   bench.pl logins URL COUNT        the refresh tokens of as many logins

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use HTTP::Tiny;
use IO::Socket::INET;
use List::Util qw(max);
use Sallyport::Dpop;
use Sallyport::Keys;
use Sallyport::Token;
use Time::HiRes qw(sleep);

use constant TOKEN_BYTES => 700;

my %command = (mint => \&mint, roles => \&roles, proofs => \&proofs, check => \&check, known => \&known, ask => \&ask, instructions => \&instructions,
    generate => \&generate, logins => \&logins);

my $name = shift // '';
my $run = $command{$name} or die 'bench.pl ' . join('|', sort keys %command) . " ...\n";
$run->(@ARGV);

sub mint {
    my ($dir, $count, @algorithms) = @_;
    for my $alg (@algorithms) {
        my $key = key($alg, 'k1');
        spew("$dir/$alg.key", $key->public);
        write_credentials("$dir/$alg.credentials", $count, $key, 'viewer', 'editor');
    }
    return;
}

sub roles {
    my ($dir, $count, $alg, $roles) = @_;
    write_credentials("$dir/$alg-roles.credentials", $count, key($alg, 'k1'), map { "role-$_" } 1 .. $roles);
    return;
}

# Each proof is used once, so there are as many as requests. They are valid for an hour.
sub proofs {
    my ($dir, $count, $first) = @_;
    my $holder = key('ES256', 'holder');
    my $token  = access_token(key('ES256', 'k1'), 1, ['viewer'], cnf => { jkt => thumbprint_of($holder) });
    spew("$dir/DPoP.key", $holder->public);
    my @lines = map { "DPoP $token\t" . proof($holder, $token, htu => 'http://bench/index.html') . "\n" } 1 .. $count + $first;
    spew("$dir/DPoP-first.credentials", join '', splice @lines, 0, $first);
    spew("$dir/DPoP.credentials", join '', @lines);
    return;
}

# The fields of a request with a credential.
sub fields {
    my ($line) = @_;
    my ($authorization, $proof) = split /\t/, $line;
    return (Authorization => $authorization, defined $proof ? (DPoP => $proof) : ());
}

sub write_credentials {
    my ($file, $count, $key, @roles) = @_;
    spew($file, join '', map { 'Bearer ' . access_token($key, $_, \@roles) . "\n" } 1 .. $count);
    return;
}

# What an identity provider would issue; the scope fills it up, so that tokens of all algorithms
# are equally long.
sub access_token {
    my ($key, $number, $roles, %more) = @_;
    my %claims = (
        iss       => 'https://login.example.com/',
        aud       => 'https://api.example.com',
        sub       => sprintf('user-%08d', $number),
        tenant_id => 'tenant-' . $number % 50,
        roles     => $roles,
        iat       => time,
        exp       => time + 86_400,
        scope     => '',
        %more,
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
        my ($status, $what, @credential) = @_;
        my $got = $client->get($url, { headers => { map { fields($_) } @credential } })->{status};
        $got == $status or die "$url: $what got $got instead of $status\n";
    };
    my @credentials = split /\n/, slurp($file);
    $expect->(200, "credential $_", $credentials[$_]) for 0 .. $#credentials;
    return if $server =~ /^(?:bare|twin)$/;
    $expect->(401, 'a wrong credential', $_) for wrong(@credentials);
    $expect->(401, 'no credential');
    return if $server eq 'control' || $credentials[0] !~ /^Bearer/;
    known($url, $file, $server eq 'hot' ? 'HIT' : 'MISS'); # the tokens come again and again in this order
    return;
}

sub known {
    my ($url, $file, $expected) = @_;
    my ($first) = split /\n/, slurp($file);
    my $answer = HTTP::Tiny->new(timeout => 5)->get($url =~ s{/[^/]*$}{/known}r, { headers => { Authorization => $first } });
    my $cache = $answer->{headers}{'x-cache'} // 'nothing';
    $cache eq $expected or die "$url: the first token is $cache instead of $expected\n";
    return;
}

# Another signature, and that of another token; of other schemes another password or key.
sub wrong {
    my ($first, $second) = @_;
    return $first =~ s/^\S+ \K./$& eq 'Y' ? 'Z' : 'Y'/er if $first !~ /^(?:Bearer|DPoP)/;
    my ($input, $signature) = $first =~ /(.*\.)(.*)/;
    substr($signature, 9, 1) = substr($signature, 9, 1) eq 'A' ? 'B' : 'A';
    return ("$input$signature", $first =~ s/\t.*//r) if $first =~ /^DPoP/;
    return ("$input$signature", $input . $second =~ s/.*\.//r);
}

sub ask {
    my ($url, $file, $first, $count) = @_;
    my ($host, $path) = $url =~ m{^http://([^/]+)(/.*)} or die "$url?\n";
    my @credentials = split /\n/, slurp($file);
    my $client;
    for (1 .. 1800) {
        last if $client = IO::Socket::INET->new(PeerAddr => $host, Timeout => 5);
        sleep 0.1;
    }
    $client or die "$host: no connection\n";
    alarm 120;
    for my $n ($first .. $first + $count - 1) {
        my %fields = fields($credentials[$n % @credentials]);
        print $client "GET $path HTTP/1.1\r\nHost: $host\r\n", (map { "$_: $fields{$_}\r\n" } sort keys %fields), "\r\n";
        my $head = '';
        until ($head =~ /\r\n\r\n/) {
            sysread $client, $head, 65_536, length $head or die "$url: closed\n";
        }
        $head =~ m{^HTTP/1.1 200 } or die "$url: $head\n";
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        my $body = length($head) - index($head, "\r\n\r\n") - 4;
        while ($body < $length) {
            $body += sysread($client, my $more, $length - $body) || die "$url: closed\n";
        }
    }
    return;
}

sub part {
    my ($object) = @_;
    return $object =~ /sallyport/ ? 'own' : $object =~ /libcrypto/ ? 'openssl' : 'nginx';
}

# What was executed in each library or program; a line of costs belongs to the object named last, and
# one behind "calls" is that of the called function, which is counted there.
sub executed {
    my ($file) = @_;
    my %sum;
    open my $in, '<', $file or die "$file: $!\n";
    my ($object, $call) = ('nginx', 0);
    while (<$in>) {
        if (/^ob=(.*)/) {
            $object = part($1);
        } elsif (/^calls=/) {
            $call = 1;
        } elsif (/^[+\-\d]\S* (\d+)/) {
            $sum{$object} += $1 unless $call;
            $call = 0;
        }
    }
    return \%sum;
}

sub instructions {
    my ($name, $count, @files) = @_;
    my ($few, $many) = map { executed($_) } @files;
    my @parts = map { sprintf '%.0f', (($many->{$_} // 0) - ($few->{$_} // 0)) / $count } qw(own nginx openssl);
    print "$name @parts\n";
    return;
}

sub generate {
    my ($kind, $count) = @_;
    my $secret = base64url('0123456789abcdef' x 2);
    my %line = (
        keys      => '{"kty":"oct","alg":"HS256","kid":"other-%d","k":"' . $secret . '"}',
        tenants   => 'auth_tenant other-%d { key one HS256 base64url:' . $secret . '; }',
        locations => 'location /other-%d { auth_role_map { GET viewer; } }',
    );
    my $text = join $kind eq 'keys' ? ",\n" : "\n", map { sprintf $line{$kind}, $_ } 1 .. $count;
    print $kind eq 'keys' ? "{\"keys\":[$text]}\n" : "$text\n";
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

