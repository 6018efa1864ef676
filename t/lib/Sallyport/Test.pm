package Sallyport::Test;

# What every test file begins with:
#
#     use FindBin;
#     use lib "$FindBin::Bin/lib";
#     use Sallyport::Test;
#     use Test::Nginx::Socket 'no_plan';
#
# Each file has a server root and ports of its own, so that files run in parallel. nginx runs with
# a master and, as root, with workers of an unprivileged user. Every block asserts that nothing
# grave is in the error log, has conf/keys.jwks (kids hs256, rs256, es256), conf/hs256.secret and
# conf/rs256.pem, and answers with $auth_reason in X-Reason. $TEST_NGINX_ECHO is an upstream that
# answers with the headers it got.
#
# Sections of our own:
#   --- conf eval     { name => text, ... }: files beside nginx.conf
#   --- cases eval    [ row, ... ] instead of Test::Nginx's request sections
#
# A row is code, or [name, request, expectation, %more]:
#   request       text from get() or request(), or code that makes it when its turn has come;
#                 or an array of [request, expectation, %more], all on one connection
#   expectation   a status, or a reason: then status, challenge, X-Reason and log are those of it
#   more          body, log, no_log: text or qr//; headers: {name => text, qr// or undef};
#                 reason: of an answer whose status is not the reason's;
#                 then: code that gets the answer and returns what is wrong with it;
#                 within: seconds in which the answer has to become the expected one

# Code in blocks runs in package main, and a mistake in it is fatal.
sub in_main { return CORE::eval "package main; $_[0]" }

use strict;
use warnings;

use Cwd qw(abs_path);
use Fcntl qw(LOCK_EX LOCK_NB);
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use File::Spec;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Sallyport::Client;
use Sallyport::Keys;
use Sallyport::Token;
use Time::HiRes qw(sleep time);

my ($repo, $lock);

# Whether the workers' user gets to a folder.
sub reachable {
    my ($path) = @_;
    while ($path ne '/') {
        return unless (stat $path)[2] & 0001;
        $path = dirname($path);
    }
    return 1;
}

# Reserves a port: neither another file of this run nor another run on this machine takes it.
sub claim {
    my ($port) = @_;
    my $directory = File::Spec->tmpdir . "/sallyport-ports-$>";
    make_path($directory, { mode => 0700 });
    open $lock, '>', "$directory/$port" or return;
    return flock $lock, LOCK_EX | LOCK_NB;
}

# The first of four free ports, ours until this process ends.
sub free_ports {
    for (1 .. 1000) {
        my $port = 10000 + 4 * int rand 5000;
        next unless claim($port);
        my @listeners = grep { $_ } map {
            IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $_, ReuseAddr => 1)
        } $port .. $port + 3;
        return $port if @listeners == 4;
    }
    die "no free ports\n";
}

BEGIN {
    $repo = abs_path(dirname(__FILE__) . '/../../..');
    umask 0022;
    # "static": nginx was built with the module.
    my $module = $ENV{MODULE} || "$repo/build/ngx_http_sallyport_module.so";
    $ENV{TEST_NGINX_LOAD_MODULES} //= $module eq 'static' ? '' : abs_path($module);
    $ENV{TEST_NGINX_LOG_LEVEL} //= 'info';
    if ($> == 0) {
        $ENV{TEST_NGINX_WORKER_USER} //= getpwnam 'www-data' ? 'www-data' : 'nobody nogroup';
    }
    my $base = $ENV{SALLYPORT_TEST_DIR} || "$repo/build/t";
    make_path($base);
    $base = tempdir('sallyport-t-XXXXXX', TMPDIR => 1, CLEANUP => 1) if $> == 0 && !reachable($base);
    chmod 0755, $base;
    $ENV{TEST_NGINX_SERVROOT} //= "$base/" . basename($0, '.t');
    my $port = free_ports();
    $ENV{TEST_NGINX_SERVER_PORT} = "127.0.0.1:$port";
    $ENV{TEST_NGINX_CLIENT_PORT} = $ENV{TEST_NGINX_STREAM_PORT} = $port;
    $ENV{TEST_NGINX_ECHO}  = '127.0.0.1:' . ($port + 1);
    $ENV{TEST_NGINX_OTHER} = '127.0.0.1:' . ($port + 2);
}

use Test::Base::Filter ();
use Test::Nginx::Socket ();
use MIME::Base64 ();
use Test::More ();

our @EXPORT = (
    @Sallyport::Keys::EXPORT, @Sallyport::Token::EXPORT, @Sallyport::Client::EXPORT,
    qw(conf_path change replace error_log access_log lines_with wait_for reload curl)
);

{
    no warnings 'redefine';
    # One broken file does not stop the others.
    *Test::Nginx::Util::bail_out = sub (@) { Test::Nginx::Util::cleanup(); die @_, "\n" };
    *Test::Base::Filter::eval = sub {
        my ($self, $code) = @_;
        my @values = in_main($code);
        die "$@in a block: $code" if $@;
        return @values;
    };
}

sub import {
    my $caller = caller;
    no strict 'refs';
    *{"${caller}::$_"} = \&{$_} for @EXPORT;
    return;
}

Test::Nginx::Util::master_on();
Test::Nginx::Util::no_shuffle();
Test::Nginx::Util::no_long_string();

my $echo = <<"EOF_ECHO";
    server {
        listen $ENV{TEST_NGINX_ECHO};
        add_header X-Echo-User \$http_x_user always;
        location /denied { return 403; }
        location / {
            return 200 "\$request_method \$request_uri user=\$http_x_user tenant=\$http_x_tenant_id roles=\$http_x_roles extra=\$http_x_extra\\n";
        }
    }
EOF_ECHO

my $number = 0;

Test::Nginx::Util::add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(name => sprintf 'TEST %d: %s', ++$number, $block->name);
    $block->set_value(no_error_log => "[alert]\n[crit]\n[emerg]") unless defined $block->no_error_log;
    my $explain = $ENV{SALLYPORT_EXPLAIN} ? "auth_explain 127.0.0.1;\n" : '';
    $block->set_value(http_config => $explain . ($block->http_config // '') . $echo);
    my $config = $block->config // '';
    $block->set_value(config => "add_header X-Reason \$auth_reason always;\n$config")
        unless defined $block->plain;
    my %files = (
        'keys.jwks'    => jwks(key('HS256'), key('RS256'), key('ES256')),
        'hs256.secret' => key('HS256')->private,
        'rs256.pem'    => key('RS256')->public,
        %{ $block->conf || {} },
    );
    my @files = map { [conf_path($_), $files{$_}] } sort keys %files;
    my $files = $block->user_files;
    push @files, ref $files ? @$files : text_files($files) if $files;
    $block->set_value(user_files => \@files);
});

sub text_files {
    my ($text) = @_;
    my @parts = split /^>>> (\S+).*\n/m, $text;
    shift @parts;
    my @files;
    push @files, [splice @parts, 0, 2] while @parts;
    return @files;
}

my $standard_run = $Test::Nginx::Util::RunTestHelper;
$Test::Nginx::Util::RunTestHelper = sub {
    my ($block, $dry_run, $index) = @_;
    return $standard_run->(@_) unless defined $block->cases;
    run_row($block, $_) for @{ $block->cases };
    sleep 0.05;
    $Test::Nginx::Util::CheckErrorLog->($block, undef, $dry_run, $index, 0);
    return;
};

# --- for rows of code ---------------------------------------------------------------------------

sub conf_path {
    my ($name) = @_;
    return $name =~ m{^/} ? $name : "$ENV{TEST_NGINX_SERVROOT}/conf/$name";
}

# Writes a file beside nginx.conf in place.
sub change {
    my ($name, $text) = @_;
    spew(conf_path($name), $text);
    return;
}

# Renames a new file over the old one.
sub replace {
    my ($name, $text) = @_;
    spew(conf_path("$name.new"), $text);
    rename conf_path("$name.new"), conf_path($name) or die "$name: $!";
    return;
}

sub error_log { return slurp("$ENV{TEST_NGINX_SERVROOT}/logs/error.log") }

# How many lines of the error log match.
sub lines_with {
    my ($pattern) = @_;
    return scalar grep { $_ =~ $pattern } split /\n/, error_log();
}

# Whether the code returns true within so many seconds.
sub wait_for {
    my ($code, $seconds) = @_;
    my $until = time + ($seconds // 10);
    until ($code->()) {
        return if time > $until;
        sleep 0.05;
    }
    return 1;
}

# A row: nginx reloads, and its old workers have ended.
sub reload {
    return sub {
        my $pid = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ s/\s//gr;
        my $workers = sub { split ' ', slurp("/proc/$pid/task/$pid/children") };
        my %old = map { $_ => 1 } $workers->();
        kill 'HUP', $pid;
        Test::More::ok(wait_for(sub { my @now = $workers->(); @now && !grep { $old{$_} } @now }, 20), 'nginx reloads');
    };
}

sub access_log {
    my ($name) = @_;
    sleep 0.05;
    return slurp("$ENV{TEST_NGINX_SERVROOT}/logs/" . ($name // 'access.log'));
}

# The answer to a request by curl, headers included.
sub curl {
    my @arguments = @_;
    open my $from, '-|', 'curl', '-sS', '-i', '--max-time', 10, @arguments or die "curl: $!";
    local $/;
    my $answer = <$from> // '';
    $answer =~ s/\r//g;
    return $answer;
}

# --- rows ---------------------------------------------------------------------------------------

my %status = (
    no_credential => 401, malformed_authorization => 400, ambiguous_credential => 400,
    requirement_forbidden => 403, request_forbidden => 403, tenant_mismatch => 403, role_missing => 403,
    method_not_allowed => 403, scope_missing => 403, credential_forbidden => 403, lookup_failed => 503, too_busy => 503, cannot_wait => 503, keys_unavailable => 503, internal_error => 500,
    request_malformed => 400, grant_unsupported => 400, token_unsupported => 400, revocation_unsupported => 400, logout_token_invalid => 400, method_unsupported => 405,
    body_too_large => 413, content_type_unsupported => 415, store_unavailable => 503, revocations_unavailable => 503,
    dpop_zone_full => 503, revocation_zone_full => 507, dpop_proof_malformed => 400,
    refresh_unknown => 403, refresh_expired => 403, refresh_revoked => 403, refresh_reused => 403, account_invalid => 403,
    map { $_ => 401 } qw(
        credential_invalid credential_not_yet_valid credential_expired
        token_too_large token_malformed algorithm_unsupported algorithm_not_allowed
        algorithm_mismatch tenant_conflict critical_header key_unknown signature_invalid claim_malformed
        token_expired token_not_yet_valid expiry_missing issuer_mismatch audience_mismatch
        type_mismatch token_bound token_unbound certificate_mismatch token_revoked requirement_unmet
        scheme_mismatch dpop_proof_missing dpop_proof_invalid dpop_proof_replayed dpop_nonce_needed),
);

my %error = (400 => 'invalid_request', 401 => 'invalid_token', 403 => 'insufficient_scope');

sub run_row {
    my ($block, $row) = @_;
    return $row->() if ref $row eq 'CODE';
    my ($name, $request, @expected) = @$row;
    my @exchanges = ref $request eq 'ARRAY' ? @$request : [$request, @expected];
    my %more = @exchanges == 1 ? @expected[1 .. $#expected] : @expected;
    my $until = time + ($more{within} // 0);
    my @wrong;
    while (1) {
        @wrong = exchange(@exchanges);
        last if !@wrong || time > $until;
        sleep 0.1;
    }
    my $label = $block->name . " - $name";
    Test::More::ok(!@wrong, $label) or Test::More::diag(join "\n", @wrong);
    return;
}

# What is wrong with the answers to requests on one connection.
sub exchange {
    my @exchanges = @_;
    my $client = eval { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT}) } or return "$@";
    my @wrong;
    for my $number (1 .. @exchanges) {
        my ($request, $expected, %more) = @{ $exchanges[$number - 1] };
        my $text = ref $request ? $request->() : $request;
        my $logged = -s "$ENV{TEST_NGINX_SERVROOT}/logs/error.log" || 0;
        my $answer = eval { $client->ask($text) };
        my @found = $answer ? mismatches($answer, $expected, $logged, %more) : ($@ || 'no answer');
        push @found, secrets_told($text, $answer) if $answer && $ENV{SALLYPORT_EXPLAIN};
        push @wrong, map { @exchanges > 1 ? "request $number: $_" : $_ } @found;
    }
    return @wrong;
}

# With SALLYPORT_EXPLAIN=1 every refusal is explained (auth_explain): what an explanation contains of the
# request's credentials, other than the header of a token. A claim may be told once its signature holds.
my $explanations = 0;
sub secrets_told {
    my ($request, $answer) = @_;
    my ($told) = $answer->{body} =~ m{(?:"explanation":"|</h1>\n<p>)(.*)}s or return;
    $explanations++;
    my ($reason) = $told =~ /^(\w+)/;
    $told =~ s/The header of the token has alg .*? and (?:no kid|kid "[^"]*")\.//;
    my @secrets;
    for my $credential ($request =~ /^(?:Authorization|X-[\w-]+|Cookie):\s*(.*?)\r?$/mig) {
        for my $word (split /[\s;,=]+/, $credential) {
            my ($head, @rest) = split /\./, $word;
            push @secrets, $word, @rest;
            push @secrets, map { split /:/ } MIME::Base64::decode_base64($word) =~ /([\x21-\x7e]{6,})/g unless @rest;
            my $proved = $reason =~ /^(?:token_expired|token_not_yet|expiry|issuer|audience|requirement|tenant_mismatch|token_revoked|role|method|claim)/;
            push @secrets, map { MIME::Base64::decode_base64url($_) =~ /:\s*"([^"]{6,})"/g } @rest ? $rest[0] : () unless $proved;
        }
    }
    return map { "the explanation contains \"$_\": $told" } grep { length > 5 && index($told, $_) >= 0 && !/^(?:Bearer|Basic)$/ } @secrets;
}

END { Test::More::note("explanations: $explanations") if $ENV{SALLYPORT_EXPLAIN} }

sub mismatches {
    my ($answer, $expected, $logged, %more) = @_;
    my @wrong;
    my $compare = sub {
        my ($what, $got, $want) = @_;
        return if matches($got, $want);
        push @wrong, sprintf '%s: %s, expected %s', $what, map { $_ // 'none' } $got, $want;
    };
    my $reason = exists $status{$expected} ? $expected : undef;
    my $status = $reason ? $status{$reason} : $expected;
    my $first  = sub { my ($name) = @_; join ', ', @{ $answer->{headers}{ lc $name } || [] } };
    $compare->('status', $answer->{status}, $status);
    $compare->('X-Reason', $first->('X-Reason'), $more{reason} // $reason // '');
    if ($reason) {
        $compare->('WWW-Authenticate', $first->('WWW-Authenticate'), challenge($reason))
            unless exists $more{headers}{'WWW-Authenticate'};
        $more{log} //= qr/sallyport: refused $status $reason\b/;
    }
    $compare->('body', $answer->{body}, $more{body}) if exists $more{body};
    for my $name (sort keys %{ $more{headers} || {} }) {
        $compare->($name, $first->($name), $more{headers}{$name} // '');
    }
    push @wrong, log_mismatches($logged, %more);
    push @wrong, $more{then}->($answer) if $more{then};
    push @wrong, "body was: " . substr $answer->{body}, 0, 400 if @wrong;
    return @wrong;
}

sub matches {
    my ($got, $want) = @_;
    return 0 unless defined $got;
    return ref $want ? $got =~ $want : $got eq $want;
}

sub challenge {
    my ($reason) = @_;
    return qr/\A(?:(?:Bearer|Api-Key) realm="[^"]*"|Basic realm="[^"]*", charset="UTF-8")(?:, |\z)/
        if $reason eq 'no_credential' || $status{$reason} == 401 && $reason =~ /\Acredential_/;
    return '' if $reason =~ /\A(?:credential_forbidden|request_forbidden|refresh_\w+|account_invalid|request_malformed|logout_token_invalid|body_too_large|(?:grant|token|revocation|method|content_type)_unsupported)\z/;
    return qr/\A(?:Bearer realm="[^"]*", )?DPoP realm="[^"]*", error="invalid_dpop_proof", algs="[^"]+"\z/ if $reason =~ /\Adpop_proof_/;
    return qr/\A(?:Bearer realm="[^"]*", )?DPoP realm="[^"]*", error="use_dpop_nonce", algs="[^"]+"\z/ if $reason eq 'dpop_nonce_needed';
    my $error = $error{ $status{$reason} } or return '';
    my $scope = $reason eq 'scope_missing' ? qr/, scope="[^"]+"/ : $status{$reason} == 401 ? qr/(?:, scope="[^"]+")?/ : qr//;
    return qr/\ABearer realm="[^"]*", error="$error"$scope(?:, resource_metadata="http[^"]+")?\z/;
}

sub log_mismatches {
    my ($logged, %more) = @_;
    return unless defined $more{log} || defined $more{no_log};
    my $new = '';
    for (1 .. 20) {
        $new = substr error_log(), $logged;
        last if !defined $more{log} || contains($new, $more{log});
        sleep 0.05;
    }
    my @wrong;
    push @wrong, "log lacks $more{log}: $new" if defined $more{log} && !contains($new, $more{log});
    push @wrong, "log has $more{no_log}: $new" if defined $more{no_log} && contains($new, $more{no_log});
    return @wrong;
}

sub contains {
    my ($text, $what) = @_;
    return ref $what ? $text =~ $what : index($text, $what) >= 0;
}

1;
