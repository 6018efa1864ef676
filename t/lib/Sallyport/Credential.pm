package Sallyport::Credential;

# Passwords, API keys, and hashes of them.

use strict;
use warnings;

use Digest::SHA qw(sha1 sha256_hex);
use Exporter qw(import);
use MIME::Base64 qw(encode_base64);
use Sallyport::Keys;

our @EXPORT = qw(basic api_key hash digest slow_hash users);

# The cheapest of each scheme.
my %setting = (
    md5      => '$1$saltsalt',
    sha256   => '$5$rounds=1000$saltsalt',
    sha512   => '$6$rounds=1000$saltsalt',
    bcrypt   => '$2y$04$abcdefghijklmnopqrstuu',
    yescrypt => '$y$j75$abcdefgh',
);

# The header line for user and password.
sub basic {
    my ($user, $password) = @_;
    return 'Authorization: Basic ' . encode_base64("$user:$password", '');
}

sub api_key { return "Authorization: Api-Key $_[0]" }

sub hash {
    my ($password, $scheme) = @_;
    $scheme //= 'bcrypt';
    return '{PLAIN}' . $password if $scheme eq 'plain';
    return '{SHA}' . encode_base64(sha1($password), '') if $scheme eq 'sha';
    return "{SSHA$1}" . encode_base64(Digest::SHA->new($1)->add("${password}salt")->digest . 'salt', '') if $scheme =~ /^ssha(256|512)$/;
    return '{CRYPT}' . hash($password, 'sha512') if $scheme eq 'crypt';
    return '{SSHA}' . encode_base64(sha1("${password}salt") . 'salt', '') if $scheme eq 'ssha';
    return Sallyport::Keys::openssl('passwd', '-apr1', '-salt', 'saltsalt', $password) =~ s/\s//gr
        if $scheme eq 'apr1';
    return crypt $password, $setting{$scheme} // $scheme;
}

# bcrypt of this cost: 12 takes a quarter of a second or so.
sub slow_hash {
    my ($password, $cost) = @_;
    return crypt $password, sprintf '$2y$%02d$abcdefghijklmnopqrstuu', $cost // 12;
}

sub digest { return 'sha256:' . sha256_hex($_[0]) }

# A htpasswd file of pairs of user and password.
sub users {
    my @pairs = @_;
    my $text = '';
    while (my ($user, $password) = splice @pairs, 0, 2) { $text .= "$user:" . hash($password) . "\n" }
    return $text;
}

1;
