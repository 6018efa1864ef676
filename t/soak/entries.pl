# The tools of t/soak/entries. Numbered tokens have the names NAME1, NAME2 ... SECRET names the file of the key.
#   entries.pl file FILE COUNT NAME      an auth_revocation_file that revokes as many
#   entries.pl store FILE COUNT NAME     enters them into a token store
#   entries.pl await PORT STATUS TOKEN   until the answer for the token has this status: seconds
#   entries.pl watch PORT FILE           requests until the file is there: what they saw
#   entries.pl revoke PORT FILE          revocations until the file is there, some each second: how many

use strict;
use warnings;

use FindBin qw($Bin);
use lib $Bin, "$Bin/../lib";
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use Sallyport::Client;
use Sallyport::Redis;
use Sallyport::StoredRevocation;
use Time::HiRes qw(sleep time);
use Witness;

my %command = (file => \&write_file, store => \&write_store, await => \&await, watch => \&watch, revoke => \&revoke);
my $name = shift // '';
my $run = $command{$name} or die 'entries.pl ' . join('|', sort keys %command) . " ...\n";
$run->(@ARGV);

# As long as the UUIDs of identity providers.
sub jti { my ($name, $number) = @_; return sprintf '%s-%0*d', $name, 35 - length $name, $number }

sub write_file {
    my ($file, $count, $name) = @_;
    open my $out, '>', "$file.new" or die "$file.new: $!\n";
    print $out "[\n", join(",\n", map { '{"jti":"' . jti($name, $_) . '"}' } 1 .. $count), "\n]\n";
    close $out or die "$file.new: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
    return;
}

sub write_store {
    my ($file, $count, $name) = @_;
    my $store = $file =~ /^\d+$/ ? Sallyport::Redis->at($file) : $file;
    for (my $number = 0; $number < $count; $number += 10_000) {
        my $last = $number + 10_000 < $count ? $number + 10_000 : $count;
        store_revocations($store, map { { jti => jti($name, $_) } } $number + 1 .. $last);
    }
    return;
}

sub hot {
    my ($jti) = @_;
    open my $in, '<', $ENV{SECRET} or die "$ENV{SECRET}: $!\n";
    chomp(my $secret = do { local $/; <$in> });
    my $text = join '.', map { encode_base64url($_, '') } '{"alg":"HS256","kid":"h1","typ":"JWT"}',
        qq({"iss":"https://login.example.com/","sub":"alice","jti":"$jti","iat":1700000000,"exp":4102444800});
    return Sallyport::Client::get('/x', "Authorization: Bearer $text." . encode_base64url(hmac_sha256($text, $secret), ''));
}

sub await {
    my ($port, $status, $name, $number) = @_;
    my $request = hot(defined $number ? jti($name, $number) : $name);
    my $begin = time;
    while (time - $begin < 120) {
        my $client = eval { Sallyport::Client->new($port) };
        my $answer = $client && eval { $client->ask($request) };
        if ($answer && $answer->{status} == $status) {
            printf "%.2f\n", time - $begin;
            return;
        }
        sleep 0.01;
    }
    die "no $status\n";
}

sub watch {
    my ($port, $file) = @_;
    my $witness = Witness->start($port, [map { hot("hot-$_") } 1 .. 32]);
    sleep 0.01 until -e $file;
    my $saw = $witness->stop;
    printf "p50 %.2f ms, p99 %.2f ms, longest %.0f ms, %d of %d above %d ms, %d refused\n",
        @$saw{qw(p50 p99 longest slow count)}, Witness::SLOW, $saw->{bad};
    return;
}

sub revoke {
    my ($port, $file) = @_;
    my $count = 0;
    my @clients = map { Sallyport::Client->new($port) } 1 .. 4;
    until (-e $file) {
        my $answer = $clients[ $count % @clients ]->ask(Sallyport::Client::request('POST', '/auth/revoke', 'Content-Type: application/json',
            "Authorization: Basic $ENV{SUPPORT}", { body => qq({"jti":"beside-$$-$count"}) }));
        die "no revocation: $answer->{status}\n" if $answer->{status} != 200;
        $count++;
        sleep 0.01;
    }
    print "$count\n";
    return;
}
