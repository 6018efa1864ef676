package Sallyport::Keys;

# Keys of every algorithm, made once per run and shared by all test files.

use strict;
use warnings;

use Crypt::PK::ECC;
use Crypt::PK::Ed25519;
use Crypt::PK::RSA;
use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use Exporter qw(import);
use File::Temp qw(tempdir);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);

our @EXPORT = qw(key jwks keyval json base64url unbase64url algorithms slurp spew);

my $dir = $ENV{SALLYPORT_TEST_KEYS} || tempdir('sallyport-keys-XXXXXX', TMPDIR => 1, CLEANUP => 1);

my %curve = (ES256 => 'P-256', ES384 => 'P-384', ES512 => 'P-521', ES256K => 'secp256k1');

my %keys;

sub algorithms {
    return qw(HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA);
}

# key($alg, $kid, %options): the same key for the same arguments, in this file and in others.
# Options: bits (RSA), secret (HS*), type => 'ED448'.
sub key {
    my ($alg, $kid, %options) = @_;
    $kid //= lc $alg;
    my $id = join '-', $alg, $kid, map { "$_$options{$_}" } grep { $_ ne 'secret' } sort keys %options;
    return $keys{$id} if $keys{$id} && !exists $options{secret};
    my $self = bless { alg => $alg, kid => $kid, type => type_of($alg, %options) }, __PACKAGE__;
    if ($self->{type} eq 'oct') {
        $self->{private} = $options{secret} // once("$id.secret", sub {
            spew($_[0], unpack 'H*', random_bytes(32));
        });
    } else {
        $self->{private} = once("$id.key", sub { generate($self, $_[0], %options) });
        $self->{file}    = "$dir/$id.key";
    }
    return $keys{$id} = $self;
}

sub type_of {
    my ($alg, %options) = @_;
    return $options{type} if $options{type};
    return $alg =~ /^HS/ ? 'oct' : $alg =~ /^[RP]S/ ? 'RSA' : $alg =~ /^ES/ ? 'EC' : 'ED25519';
}

sub generate {
    my ($self, $file, %options) = @_;
    my @how = ('-algorithm', $self->{type});
    push @how, '-pkeyopt', 'rsa_keygen_bits:' . ($options{bits} || 2048) if $self->{type} eq 'RSA';
    push @how, '-pkeyopt', "ec_paramgen_curve:$curve{$self->{alg}}" if $self->{type} eq 'EC';
    openssl('genpkey', @how, '-out', $file);
    return;
}

# The content of a file that one of the parallel test files makes.
sub once {
    my ($name, $make) = @_;
    my $file = "$dir/$name";
    unless (-e $file) {
        $make->("$file.$$");
        link "$file.$$", $file;
        unlink "$file.$$";
    }
    return slurp($file);
}

sub openssl {
    my @arguments = @_;
    my $output;
    my $pid = open(my $from, '-|');
    defined $pid or die "fork: $!";
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec 'openssl', @arguments or die "openssl: $!";
    }
    binmode $from;
    { local $/; $output = <$from> // ''; }
    close $from or die "openssl @arguments failed";
    return $output;
}

sub random_bytes {
    my ($count) = @_;
    open my $in, '<:raw', '/dev/urandom' or die "urandom: $!";
    read $in, my ($bytes), $count;
    return $bytes;
}

sub kid     { return $_[0]{kid} }
sub alg     { return $_[0]{alg} }
sub private { return $_[0]{private} }     # PEM, or the secret

sub public {
    my ($self) = @_;
    return $self->{private} if $self->{type} eq 'oct';
    return $self->{public} //= openssl('pkey', '-in', $self->{file}, '-pubout');
}

sub public_der {
    my ($self) = @_;
    return openssl('pkey', '-in', $self->{file}, '-pubout', '-outform', 'DER');
}

sub certificate {
    my ($self) = @_;
    return openssl('req', '-x509', '-new', '-key', $self->{file}, '-subj', '/CN=signer', '-days', 1);
}

# Members given replace or (undef) remove those of the key; private => 1 keeps the private part.
sub jwk {
    my ($self, %members) = @_;
    my $part = delete $members{private} ? 'private' : 'public';
    my $jwk;
    if ($self->{type} eq 'oct') {
        $jwk = { kty => 'oct', k => base64url($self->{private}) };
    } elsif ($self->{type} eq 'ED448') {
        $jwk = { kty => 'OKP', crv => 'Ed448', x => base64url(substr $self->public_der, -57) };
    } else {
        $jwk = $self->signer->export_key_jwk($part, 1);
        $jwk->{crv} = $curve{ $self->{alg} } if $self->{type} eq 'EC';
    }
    my %jwk = (%$jwk, kid => $self->{kid}, alg => $self->{alg}, %members);
    return { map { $_ => $jwk{$_} } grep { defined $jwk{$_} } keys %jwk };
}

sub signer {
    my ($self) = @_;
    my $class = { RSA => 'RSA', EC => 'ECC', ED25519 => 'Ed25519' }->{ $self->{type} };
    return $self->{signer} //= "Crypt::PK::$class"->new(\"$self->{private}");
}

# The raw signature; $alg where it is not the key's own.
sub sign {
    my ($self, $input, $alg) = @_;
    $alg //= $self->{alg};
    return hmac($alg, $input, $self->{private}) if $alg =~ /^HS/;
    my ($bits) = $alg =~ /(\d+)/;
    return $self->signer->sign_message($input, "SHA$bits", 'v1.5') if $alg =~ /^RS/;
    return $self->signer->sign_message($input, "SHA$bits", 'pss', $bits / 8) if $alg =~ /^PS/;
    return $self->signer->sign_message_rfc7518($input, "SHA$bits") if $alg =~ /^ES/;
    return $self->signer->sign_message($input) if $self->{type} eq 'ED25519';
    my $file = File::Temp->new;
    spew("$file", $input);
    return openssl('pkeyutl', '-sign', '-rawin', '-inkey', $self->{file}, '-in', "$file");
}

sub hmac {
    my ($alg, $input, $secret) = @_;
    return { HS256 => \&hmac_sha256, HS384 => \&hmac_sha384, HS512 => \&hmac_sha512 }
        ->{$alg}->($input, $secret);
}

# A JWK Set of keys, of members as a hash, or both.
sub jwks {
    my @keys = @_;
    return json({ keys => [map { ref $_ eq 'HASH' ? $_ : $_->jwk } @keys] });
}

sub keyval {
    my @keys = @_;
    return json({ map { $_->kid => $_->public } @keys });
}

sub json { return JSON::PP->new->utf8->canonical->allow_nonref->encode($_[0]) }

sub base64url   { return encode_base64url($_[0], '') }
sub unbase64url { return decode_base64url($_[0]) }

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!";
    local $/;
    return scalar <$in>;
}

sub spew {
    my ($file, $text) = @_;
    open my $out, '>:raw', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
    return;
}

1;
