package Sallyport::Session;

# Requests to the token endpoints, and the tokens that they answer with.
#
#     issued('a login' => post('/login', { ... }), 'a')   # a row; its tokens are kept as "a"
#     issued('a refresh' => refresh('a'), 'b')
#     ['spent' => refresh('a'), 'refresh_reused']
#
# What is made of tokens that are kept is code, for they are there only when its turn has come.

use strict;
use warnings;

use Crypt::JWT qw(decode_jwt);
use Encode qw(decode FB_CROAK);
use Exporter qw(import);
use JSON::PP ();
use Sallyport::Client;
use Sallyport::Keys;
use Sallyport::Test ();
use Sallyport::Token;
use Test::More ();

our @EXPORT = qw(post form login issued refusal answers_json keep kept refresh logout introspect revoke as access
    over unavailable claims_of inside header_of opened resigned differ lifetime has_no_secret restart audit_lines %token_files $tokens $endpoints);

# Keys and endpoints that most blocks have.
our ($access, $refresh) = (key('ES256', 'access'), key('HS256', 'refresh'));
our %token_files = ('access.key' => $access->private, 'refresh.secret' => $refresh->private);
our $tokens = <<'EOF_TOKENS';
    auth_token_issuer https://api.example;
    auth_token_key access ES256 access.key;
    auth_token_refresh_key refresh HS256 refresh.secret;
EOF_TOKENS
our $endpoints = <<'EOF_ENDPOINTS';
    location = /login {
        auth_endpoint login;
        auth_password "r";
        auth_password_file users.json;
    }
    location = /refresh { auth_endpoint refresh; }
    location = /logout { auth_endpoint logout; }
EOF_ENDPOINTS

my %kept;

sub keep { my ($name, $tokens) = @_; return $kept{$name} = $tokens }

sub kept {
    my ($name, $member) = @_;
    return $kept{$name}{ $member // 'refresh_token' } // die "no tokens \"$name\"\n";
}

# A POST of JSON: members as a hash, or text.
sub post {
    my ($uri, $members, @lines) = @_;
    my $text = ref $members ? json($members) : $members;
    unshift @lines, 'Content-Type: application/json' unless grep { /^Content-Type:/i } @lines;
    return request('POST', $uri, @lines, { body => $text });
}

# A POST of a form: pairs of names and values as an array, or text.
sub form {
    my ($uri, $pairs, @lines) = @_;
    my $text = $pairs;
    if (ref $pairs) {
        my @pairs = @$pairs;
        my @parts;
        while (my ($name, $value) = splice @pairs, 0, 2) { push @parts, escaped($name) . '=' . escaped($value) }
        $text = join '&', @parts;
    }
    return request('POST', $uri, 'Content-Type: application/x-www-form-urlencoded', @lines, { body => $text });
}

sub escaped { return $_[0] =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger }

sub login {
    my ($user, $password, @lines) = @_;
    return post('/login', { username => $user, password => $password }, @lines);
}

# --- rows ---------------------------------------------------------------------------------------

# Tokens are answered; %more of a row, its "then" gets the tokens.
sub issued {
    my ($name, $request, $as, %more) = @_;
    my $then = delete $more{then};
    my $headers = { 'Content-Type' => 'application/json', 'Cache-Control' => 'no-store', Pragma => 'no-cache', 'WWW-Authenticate' => undef,
        %{ delete $more{headers} || {} } };
    return [$name => $request, 200, headers => $headers, %more, then => sub {
        my ($answer) = @_;
        my $tokens = object($answer->{body}) or return 'not a JSON object';
        my $members = join ' ', sort keys %$tokens;
        return "members: $members" if $members ne 'access_token expires_in refresh_expires_in refresh_token token_type';
        return "token_type: $tokens->{token_type}" if $tokens->{token_type} ne 'Bearer';
        keep($as, $tokens) if defined $as;
        return $then ? $then->($tokens) : ();
    }];
}

my %title = (400 => 'Bad Request', 401 => 'Unauthorized', 403 => 'Forbidden', 405 => 'Method Not Allowed',
    413 => qr/\A(?:Content|Payload|Request Entity) Too Large\z/, 415 => 'Unsupported Media Type',
    500 => 'Internal Server Error', 503 => 'Service Unavailable', 507 => 'Insufficient Storage');

# A refusal by a problem details object; more: error, its member.
sub refusal {
    my ($name, $request, $reason, %more) = @_;
    my $error = delete $more{error};
    my $headers = { 'Content-Type' => 'application/problem+json', 'Cache-Control' => 'no-store', Pragma => 'no-cache', %{ delete $more{headers} || {} } };
    return [$name => $request, $reason, headers => $headers, %more, then => sub {
        my ($answer) = @_;
        return if $answer->{body} eq '' && !defined $error;     # HEAD
        my $problem = object($answer->{body}) or return 'not a JSON object';
        my @wrong;
        my $status = $answer->{status};
        push @wrong, "status: $problem->{status}" if $problem->{status} ne $status;
        push @wrong, "title: $problem->{title}" unless Sallyport::Test::matches($problem->{title}, $title{$status});
        push @wrong, "type: $problem->{type}" if $problem->{type} ne 'about:blank';
        push @wrong, 'no detail' unless length($problem->{detail} // '');
        push @wrong, "error: " . ($problem->{error} // 'none') if defined $error && ($problem->{error} // '') ne $error;
        return @wrong;
    }];
}

# A refresh that is refused because of its session.
sub over {
    my ($name, $request, $reason, %more) = @_;
    return refusal($name => $request, $reason, error => 'invalid_grant', %more);
}

# Whatever needs the store is refused, by tokens that are kept; lines are those of who introspects.
sub unavailable {
    my ($name, $as, @lines) = @_;
    my @more = (log => qr/\[error\].*sallyport: refused 503 store_unavailable/, headers => { 'WWW-Authenticate' => undef });
    return (
        refusal("$name: login"      => login(alice => 'wonderland'), 'store_unavailable', @more),
        refusal("$name: refresh"    => refresh($as), 'store_unavailable', @more),
        refusal("$name: logout"     => logout($as), 'store_unavailable', @more),
        refusal("$name: introspect" => introspect($as, 'access_token', @lines), 'store_unavailable', @more),
        refusal("$name: a wrong password" => login(alice => 'x'), 'credential_invalid', headers => { 'WWW-Authenticate' => qr/./ }),
        ["$name: logout without a token" => request('POST', '/logout'), 204],
        ["$name: others"            => get('/open'), 200],
    );
}

# An answer of 200 with these members of JSON, and no others.
sub answers_json {
    my ($name, $request, $expected, %more) = @_;
    my $headers = { 'Content-Type' => 'application/json', 'Cache-Control' => 'no-store', Pragma => 'no-cache', %{ delete $more{headers} || {} } };
    return [$name => $request, 200, headers => $headers, %more, then => sub {
        my ($answer) = @_;
        my $got = object($answer->{body}) or return 'not a JSON object';
        return differ($got, ref $expected eq 'CODE' ? $expected->() : $expected);
    }];
}

# The expected lifetime in seconds, if the rest of one is at most ten seconds shorter: a new token
# grows older while the store keeps it.
sub lifetime {
    my ($rest, @expected) = @_;
    my ($expected) = grep { $rest <= $_ && $rest > $_ - 10 } @expected;
    return $expected // $rest;
}

# What is wrong with members that should be these: of values, patterns, or undef for what must not be there.
sub differ {
    my ($got, $expected) = @_;
    my @wrong;
    for my $name (sort keys %{ { %$got, %$expected } }) {
        my ($have, $want) = map { exists $_->{$name} ? $_->{$name} : undef } $got, $expected;
        my $text = exists $got->{$name} ? ref $have || !defined $have ? json($have) : $have : 'none';
        next if ref $want eq 'Regexp' ? $text =~ $want : exists $expected->{$name} && defined $want
            ? $text eq (ref $want ? json($want) : $want) : !exists $got->{$name};
        push @wrong, "$name: $text, expected " . (defined $want ? ref $want eq 'Regexp' ? $want : json($want) : 'none');
    }
    return @wrong;
}

sub object {
    my ($text) = @_;
    my $value = eval { JSON::PP->new->decode(decode('UTF-8', $text, FB_CROAK)) };
    return ref $value eq 'HASH' ? $value : undef;
}

# --- requests with tokens that are kept -----------------------------------------------------------

sub refresh {
    my ($name, @lines) = @_;
    return sub { post('/refresh', { refresh_token => kept($name) }, @lines) };
}

sub logout {
    my ($name, @lines) = @_;
    return sub { post('/logout', { refresh_token => kept($name) }, @lines) };
}

# introspect($name, $member, @lines): lines may be code, as those of as() are.
sub introspect {
    my ($name, $member, @lines) = @_;
    return sub { post('/introspect', { token => kept($name, $member) }, map { ref $_ ? $_->() : $_ } @lines) };
}

sub revoke {
    my ($name, $member, @lines) = @_;
    return sub { post('/revoke', { token => kept($name, $member) }, map { ref $_ ? $_->() : $_ } @lines) };
}

# The header line of the access token that is kept.
sub as {
    my ($name) = @_;
    return sub { bearer(kept($name, 'access_token')) };
}

# GET with an access token.
sub access {
    my ($uri, $name, @lines) = @_;
    return sub { get($uri, bearer(kept($name, 'access_token')), @lines) };
}

# --- inside of tokens -------------------------------------------------------------------------------

# The claims of a token, verified with a key; the access key if there is none.
sub claims_of {
    my ($token, $key) = @_;
    return (opened($token, $key))[1];
}

# What the refresh token that is kept says.
sub inside { return claims_of(kept($_[0]), $refresh) }

sub header_of { return (opened(@_))[0] }

# Header and claims; dies where the signature is not right.
sub opened {
    my ($token, $key) = @_;
    $key //= $access;
    my $public = $key->public;
    return decode_jwt(token => $token, key => $key->{type} eq 'oct' ? $public : \$public, accepted_alg => $key->alg,
        decode_header => 1, verify_exp => 1, leeway => 5);
}

# The same token with changes of claims and header, signed by a key.
sub resigned {
    my ($token, $key, $claims, $header) = @_;
    my ($head, $body) = map { JSON::PP->new->utf8->decode(unbase64url($_)) } (split /\./, $token)[0, 1];
    my %claims = (%$body, %{ $claims || {} });
    my %header = (%$head, alg => $key->alg, %{ $header || {} });
    for my $part (\%claims, \%header) { delete @$part{ grep { !defined $part->{$_} } keys %$part } }
    return forge($key, json(\%header), json(\%claims));
}

# Neither tokens nor parts of them that could be presented, nor passwords.
sub has_no_secret {
    my ($name, $text, @tokens) = @_;
    my @parts = map { my @p = split /\./, $_; ($p[1], $p[2]) } @tokens;
    my @found = grep { index($text, $_) >= 0 } @parts, 'wonderland';
    push @found, $1 if $text =~ /(eyJ[\w-]{8,}\.[\w-]{8,})/;     # random IDs have "eyJ" at times
    return Test::More::ok(!@found, $name) || Test::More::diag("@found");
}

# A row: nginx quits and starts again.
sub restart {
    return sub {
        my $root = $ENV{TEST_NGINX_SERVROOT};
        kill 'QUIT', slurp("$root/logs/nginx.pid") =~ s/\s//gr;
        Sallyport::Test::wait_for(sub { !-e "$root/logs/nginx.pid" });
        system $ENV{TEST_NGINX_BINARY} || 'nginx', '-p', "$root/", '-c', "$root/conf/nginx.conf", '-e', "$root/logs/error.log";
        Test::More::ok($? == 0, 'nginx starts again');
        Sallyport::Test::wait_for(sub { -s "$root/logs/nginx.pid" });
    };
}

# What the lines of an audit log say, from a byte on: UTF-8 and a JSON object each.
sub audit_lines {
    my ($name, $from) = @_;
    my $text = substr Sallyport::Test::access_log($name), $from // 0;
    die "the last line is cut: $text\n" if $text ne '' && $text !~ /\n\z/;
    return map { object($_) // die "not JSON: $_\n" } split /\n/, $text;
}

1;
