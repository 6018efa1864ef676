package Sallyport::Token;

# Tokens, good and bad.

use strict;
use warnings;

use Crypt::JWT qw(encode_jwt);
use Exporter qw(import);
use Sallyport::Keys;

our @EXPORT = qw(token forge bearer);

# Later versions of Crypt::JWT do not sign with weak keys, which the module must be seen to refuse.
{
    no warnings 'once';
    $Crypt::JWT::MIN_RSA_BITS = $Crypt::JWT::MIN_HMAC_KEY_LEN = 0;
}

# token($key, \%claims, \%header): signed by $key, for alice, for an hour. A claim or header
# member of undef is left out. Claims given as text are the payload as it is.
sub token {
    my ($key, $claims, $header) = @_;
    my %header = (typ => 'JWT', kid => $key->kid, %{ $header || {} });
    delete @header{ grep { !defined $header{$_} } keys %header };
    my $payload = $claims;
    if (ref $claims || !defined $claims) {
        my %claims = (sub => 'alice', exp => time + 3600, %{ $claims || {} });
        delete @claims{ grep { !defined $claims{$_} } keys %claims };
        $payload = json(\%claims);
    }
    if ($key->{type} eq 'ED448') {
        return forge($key, json({ alg => $key->alg, %header }), $payload);
    }
    my $private = $key->private;
    return encode_jwt(
        payload       => $payload,
        alg           => $key->alg,
        key           => $key->alg =~ /^HS/ ? $private : \$private,
        extra_headers => \%header,
    );
}

# forge($key, $header, $payload, %options): header and payload are text and taken as they are.
# Options: alg to sign with, signature in place of the key's.
sub forge {
    my ($key, $header, $payload, %options) = @_;
    my $input = base64url($header) . '.' . base64url($payload);
    my $signature = $options{signature} // $key->sign($input, $options{alg});
    return "$input." . base64url($signature);
}

# The header line for a token, or for a new one of token()'s arguments.
sub bearer {
    my @arguments = @_;
    return 'Authorization: Bearer ' . (ref $arguments[0] ? token(@arguments) : $arguments[0]);
}

1;
