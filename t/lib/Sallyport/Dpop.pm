package Sallyport::Dpop;

# DPoP proofs (RFC 9449), good and bad, and tokens that are bound to their keys.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);
use Sallyport::Keys;
use Sallyport::Token;

our @EXPORT = qw(proof thumbprint_of bound_to dpop);

my %required = (EC => [qw(crv x y)], OKP => [qw(crv x)], RSA => [qw(e n)]);
my $number = 0;

# The required members of the public key alone.
sub public_jwk {
    my ($key) = @_;
    my $jwk = $key->jwk;
    return { map { $_ => $jwk->{$_} } 'kty', @{ $required{ $jwk->{kty} } } };
}

# RFC 7638
sub thumbprint_of {
    my ($key) = @_;
    return base64url(sha256(json(public_jwk($key))));
}

# A valid token that is bound to a key. Claims and header as in token().
sub bound_to {
    my ($key, $claims, $header) = @_;
    return token(key('HS256'), { cnf => { jkt => thumbprint_of($key) }, %{ $claims || {} } }, $header);
}

# proof($key, $token, %changes): a new proof for GET http://localhost/x. Changes: header and claims, whose
# members replace or (undef) remove those of the proof; htu, htm as claims; jwk; signature.
sub proof {
    my ($key, $token, %change) = @_;
    my %header = (typ => 'dpop+jwt', alg => $key->alg, jwk => public_jwk($key), %{ $change{header} || {} });
    my %claims = (
        jti => "$$-" . ++$number, htm => $change{htm} // 'GET', htu => $change{htu} // 'http://localhost/x',
        iat => time, ath => base64url(sha256($token)), %{ $change{claims} || {} },
    );
    delete @header{ grep { !defined $header{$_} } keys %header };
    delete @claims{ grep { !defined $claims{$_} } keys %claims };
    return forge($change{by} // $key, json(\%header), json(\%claims),
        $change{signature} ? (signature => $change{signature}) : ());
}

# The header lines for a token and a proof of these changes.
sub dpop {
    my ($key, $token, %change) = @_;
    return ("Authorization: DPoP $token", 'DPoP: ' . proof($key, $token, %change));
}

1;
