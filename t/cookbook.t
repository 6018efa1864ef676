#!/usr/bin/perl
# Runs the documentation: every ```nginx block of the cookbook, of the pages on providers and
# migration, and of the README is a complete configuration. The ```sh blocks of its section are run in
# order in one shell, those before it in the configuration's folder before nginx starts. A line that
# begins with curl and ends with "# STATUS TEXT" is a check: the answer must have that status and, where
# TEXT is given, hold TEXT.
#
# "proxy_pass https://HOST/..." reaches a server of the test that has a certificate for HOST, answers
# to no other name (Host and SNI), and returns the recipe's provider.jwks whatever the path.
#
# The examples in docs/directives.md are parts of configurations; nginx -t must take each of them.
#
# TEST_NGINX_BINARY: nginx binary, else the one in PATH; MODULE: the module's .so, or "static".

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IPC::Open2 qw(open2);
use POSIX ();
use Test::More;

my $repo   = abs_path(dirname(__FILE__) . '/..');
my $nginx  = $ENV{TEST_NGINX_BINARY} || $ENV{NGINX} || 'nginx';
my $module = $ENV{MODULE} || "$repo/build/ngx_http_sallyport_module.so";
my $load_module = $module eq 'static' ? '' : 'load_module ' . abs_path($module) . ';';
$ENV{PATH} = "$repo/t/demo:$ENV{PATH}:/usr/local/sbin:/usr/sbin";

# Where nginx may write without being root.
my $private = "\n    client_body_temp_path temp/body; proxy_temp_path temp/proxy;"
    . " fastcgi_temp_path temp/fastcgi; uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;"
    . " access_log access.log;\n";

my ($upstream_pid, $upstream_port, $redis_port, %children);

$SIG{ALRM} = sub { die "timed out\n" };
$SIG{PIPE} = 'IGNORE';

sub free_port {
    return IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
}

# To the only request of a connection with HTTP/2, once all of it was read: status 200, and nothing else.
sub answer_grpc {
    my ($client) = @_;
    my $frame = sub { my ($type, $flags, $stream, $content) = @_; return pack('xnCCN', length $content, $type, $flags, $stream) . $content };
    <$client> for 1 .. 2; # the rest of the preface
    while (9 == read $client, my $head, 9) {
        my ($size, $type, $flags) = unpack 'xnCC', $head;
        read $client, my $content, $size;
        last if $type <= 1 && $flags & 1; # DATA or HEADERS, the last of its stream
    }
    print $client $frame->(4, 0, 0, ''), $frame->(1, 0x5, 1, "\x88"); # SETTINGS; HEADERS, the last of its stream
    $client->flush;
    1 while read $client, my $rest, 4096;
    close $client;
    return;
}

# The application behind nginx: answers with the request it got.
sub start_upstream {
    my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1')
        or die "upstream: $!";
    $upstream_port = $listener->sockport;
    $upstream_pid  = fork // die "fork: $!";
    return if $upstream_pid;
    while (1) {
        my $client = $listener->accept or next;
        my $request = '';
        while (defined(my $line = <$client>)) {
            $line =~ s/\r?\n\z//;
            last if $line eq '';
            $request .= "$line\n";
        }
        if ($request =~ m{^PRI \* HTTP/2\.0$}m) {
            answer_grpc($client);
            next;
        }
        print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n$request";
        close $client;
    }
}

# A Redis of our own, for the first recipe that names one.
sub redis_port {
    return $redis_port if $redis_port;
    $redis_port = free_port();
    my $folder = tempdir('sallyport-redis-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>', '/dev/null' or POSIX::_exit(1);
        exec 'redis-server', '--port', $redis_port, '--bind', '127.0.0.1', '--dir', $folder, '--save', ''
            or POSIX::_exit(1);
    }
    $children{$pid} = 1;
    for (1 .. 100) {
        last if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $redis_port);
        select undef, undef, undef, 0.1;
    }
    return $redis_port;
}

# [{title, steps => [[kind, text], ...]}, ...] for the sections that hold an nginx block
sub recipes {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!";
    my (@sections, $kind, $text);
    push @sections, { title => 'beginning', steps => [] };
    while (defined(my $line = <$in>)) {
        if (defined $kind) {
            if ($line =~ /^```\s*$/) {
                push @{ $sections[-1]{steps} }, [$kind, $text];
                undef $kind;
            } else {
                $text .= $line;
            }
        } elsif ($line =~ /^```(\w*)\s*$/) {
            ($kind, $text) = ($1, '');
        } elsif ($line =~ /^##\s+(.*\S)/) {
            push @sections, { title => $1, steps => [] };
        }
    }
    close $in;
    die "$file: a code block has no end\n" if defined $kind;
    return grep {
        grep { $_->[0] eq 'nginx' } @{ $_->{steps} }
    } @sections;
}

sub write_file {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out or die "$file: $!";
    return;
}

# The hosts that a configuration reaches by TLS.
sub tls_hosts {
    my ($text) = @_;
    my %hosts = map { $_ => 1 } $text =~ m{\bproxy_pass\s+https://([A-Za-z][\w.-]*)}g;
    return sort keys %hosts;
}

# Stands for those hosts: an upstream takes the place of each name's address.
sub tls_provider {
    my ($place, @hosts) = @_;
    return '' unless @hosts;
    my $folder = $place->{folder};
    my $names = join ',', map { "DNS:$_" } @hosts;
    run_shell($place, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        . " -subj /CN=provider -addext subjectAltName=$names -keyout provider-tls.key"
        . " -out provider-tls.pem 2>&1\n") // return '';
    my $port = free_port();
    my $tls = "listen 127.0.0.1:$port ssl; ssl_certificate $folder/provider-tls.pem;"
        . " ssl_certificate_key $folder/provider-tls.key;";
    # nginx keeps the sessions of upstreams until its processes end, which the leak sanitizer reports.
    return "proxy_ssl_session_reuse off;\nserver { $tls server_name nobody; ssl_reject_handshake on; }\n"
        . join '', map {
            "upstream $_ { server 127.0.0.1:$port; }\n"
            . "server { $tls server_name $_; root $folder; location / { rewrite .* /provider.jwks break; } }\n"
        } @hosts;
}

# What the reader's machine has and this one has elsewhere: ports, folders, the module.
sub adapted {
    my ($text, $place) = @_;
    my $folder = $place->{folder};
    $text =~ s{\blocalhost:8080\b}{127.0.0.1:$place->{port}}g;
    $text =~ s{\blisten\s+8080\b}{listen 127.0.0.1:$place->{port}}g;
    $text =~ s{\b127\.0\.0\.1:9000\b}{127.0.0.1:$upstream_port}g;
    $text =~ s{\bload_module modules/ngx_http_sallyport_module\.so;}{$load_module}g;
    $text =~ s{\b127\.0\.0\.1:6379\b}{'127.0.0.1:' . redis_port()}eg;
    $text =~ s{/var/lib/sallyport\b}{$folder/store}g; # the workers' own
    $text =~ s{/etc/ssl/certs/ca-certificates\.crt|/var/run/secrets/kubernetes\.io/\S+/ca\.crt}
              {$folder/provider-tls.pem}g;
    $text =~ s{/(?:var/log/nginx|etc/nginx|srv)\b}{$folder}g;
    return $text;
}

sub start_shell {
    my ($place) = @_;
    my $pid = open2(my $from, my $to, 'bash', '--norc', '--noprofile');
    $children{$pid} = 1;
    @$place{qw(shell from to)} = ($pid, $from, $to);
    my $folder = $place->{folder};
    my $options = "-p '$folder/' -c '$folder/nginx.conf' -e '$folder/error.log'";
    run_shell($place, <<"END");
set -euo pipefail
exec 2>&1
umask 022
cd '$folder'
curl() { command curl -sS -i --max-time 20 "\$@"; }
nginx() { command '$nginx' $options -g 'pid nginx.pid;' "\$@"; }
END
    return;
}

# Runs commands in the recipe's shell; their output, or undef when one of them failed.
sub run_shell {
    my ($place, $commands) = @_;
    my $script = "$place->{folder}/commands.sh";
    write_file($script, $commands);
    my ($from, $to) = @$place{qw(from to)};
    print $to ". '$script'\necho '--- done ---'\n";
    $to->flush;
    my $output = '';
    alarm 120;
    while (defined(my $line = <$from>)) {
        if ($line =~ s/--- done ---\n\z//) {
            alarm 0;
            return $output . $line;
        }
        $output .= $line;
    }
    alarm 0;
    diag("failed: $commands$output");
    return;
}

sub start_nginx {
    my ($text, $place) = @_;
    my $folder = $place->{folder};
    for my $try (1 .. 3) {
        $place->{port} = free_port();
        my $provider = tls_provider($place, tls_hosts($text));
        my $adapted = adapted($text, $place);
        $adapted =~ s/^http \{/http {$private$provider/m;
        write_file("$folder/nginx.conf", $adapted);
        if (!defined run_shell($place, "nginx -t -q\n")) {
            fail('nginx takes the configuration');
            return;
        }
        return 1 if launch_nginx($place);
        diag('nginx does not listen; another port is tried');
        unlink "$folder/error.log";
    }
    fail('nginx listens');
    return;
}

sub launch_nginx {
    my ($place) = @_;
    my $folder = $place->{folder};
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        exec $nginx, '-p', "$folder/", '-c', "$folder/nginx.conf", '-e', "$folder/error.log", '-g',
            'daemon off; pid nginx.pid;'
            or POSIX::_exit(1);
    }
    $children{$pid} = 1;
    for (1 .. 300) {
        if (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $place->{port})) {
            $place->{nginx} = $pid;
            return 1;
        }
        if (waitpid($pid, POSIX::WNOHANG()) == $pid) {
            delete $children{$pid};
            return;
        }
        select undef, undef, undef, 0.1;
    }
    stop($pid, 'TERM');
    return;
}

# One request of the recipe. A changed key file is seen within a second: the first request after
# commands is repeated until its answer is the expected one.
sub check_request {
    my ($place, $line, $status, $text, $tries) = @_;
    my ($got, $answer) = ('', '');
    for (1 .. $tries) {
        $answer = run_shell($place, "$line\n") // last;
        ($got) = $answer =~ m{^HTTP/\S+ (\d{3})};
        $got //= '';
        last if $got eq $status && index($answer, $text) >= 0;
        select undef, undef, undef, 0.2 if $tries > 1;
    }
    $place->{requests}++;
    (my $name = $line) =~ s/\s+/ /g;
    ok($got eq $status && index($answer, $text) >= 0, "$status $text: $name")
        or diag("got: $answer");
    return;
}

sub run_commands {
    my ($block, $place) = @_;
    $block = adapted($block, $place);
    my ($pending, $tries) = ('', 1);
    while ($block =~ /\G((?:[^\n]*\\\n)*[^\n]*\n)/g) {
        my $line = $1;
        if ($line =~ /^curl .*?\s#\s(\d{3})\s*(.*?)\s*\n\z/s) {
            my ($status, $text) = ($1, $2);
            if ($pending =~ /\S/) {
                ok(defined run_shell($place, $pending), 'commands run') or return;
                $tries = 50;
            }
            check_request($place, $line, $status, $text, $tries);
            ($pending, $tries) = ('', 1);
        } else {
            $pending .= $line;
        }
    }
    ok(defined run_shell($place, $pending), 'commands run') if $pending =~ /\S/;
    return;
}

sub stop {
    my ($pid, $signal) = @_;
    return unless $pid && delete $children{$pid};
    kill $signal, $pid if $signal;
    waitpid $pid, 0;
    return $?;
}

# Files that the examples of docs/directives.md name.
my $example_files = <<'END';
mkdir -p keys
openssl rand -base64 48 | tee keys/machines.secret keys/old.secret > app.secret
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out login.key
openssl pkey -in login.key -pubout -out keys/login.pem
openssl req -x509 -new -key login.key -subj /CN=id.example -out keys/ca.pem
jwks 2026-10=RS256:login.key > keys/login.jwks
printf '{"partner": "%s"}' "$(cat app.secret)" > keys/partners.json
printf '{"alice": {"password": "%s"}}' "$(openssl passwd -6 wonderland)" > users.json
printf '{"one": {"key": "sha256:%064d"}}' 0 > keys.json
cp keys/login.jwks keys.jwks
cp login.key access-1.key
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out access-2.key
openssl rand -base64 48 > refresh-1.secret
openssl rand -hex 16 > redis.secret
openssl rand -hex 32 > nonce.key
echo '[{"sub": "mallory"}]' > revoked.json
echo '{"mallory": {}}' | tee revoked-keys.json > revoked-users.json
export REFRESH_SECRET="$(cat refresh-1.secret)"
export LAB_SECRET="$(cat app.secret)"
END

# An example stands in the http block, or else in a server block.
sub check_example {
    my ($place, $example) = @_;
    my $provider = tls_provider($place, tls_hosts($example));
    my $lines = adapted($example, $place);
    my $keys  = "auth_jwt_key app HS256 app.secret;\n";
    $keys .= "auth_token_key a RS256 access-1.key; auth_token_refresh_key r HS256 refresh-1.secret;\n"
        . "auth_token_issuer i; auth_token_store memory:;\n"
        if $lines =~ /auth_(?:endpoint|token_accept)/;
    my $said  = '';
    for my $text ("http {$private$provider$lines}\n", "http {$private$provider$keys server {\n$lines}\n}\n") {
        write_file("$place->{folder}/nginx.conf", "$load_module\nevents {}\n$text");
        $said = run_shell($place, "nginx -t -q || echo refused\n") // 'no answer';
        last unless $said =~ /refused|no answer/;
    }
    my ($name) = $example =~ /(\S[^\n]*)/;
    $said =~ s/\[warn\]// if $example =~ /# a warning by nginx -t/;
    unlike($said, qr/refused|no answer|\[\w+\]/, $name);
    return;
}

sub check_examples {
    my ($file) = @_;
    my $folder = tempdir('sallyport-examples-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $folder;
    my $place = { folder => $folder, port => free_port() };
    mkdir "$folder/$_" for qw(logs temp);
    start_shell($place);
    ok(defined run_shell($place, $example_files), 'files are made');
    for my $section (recipes($file)) {
        check_example($place, $_->[1]) for grep { $_->[0] eq 'nginx' } @{ $section->{steps} };
    }
    close $place->{to};
    stop($place->{shell});
    return;
}

sub run_recipe {
    my ($recipe) = @_;
    my $folder = tempdir('sallyport-cookbook-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $folder;
    mkdir "$folder/$_" for qw(temp www);
    write_file("$folder/www/index.html", "a page\n");
    my $place = { folder => $folder, port => free_port(), requests => 0 };
    start_shell($place);
    for my $step (@{ $recipe->{steps} }) {
        my ($kind, $text) = @$step;
        if ($kind eq 'nginx') {
            ok(!$place->{nginx}, 'one configuration in a recipe') or last;
            start_nginx($text, $place) or last;
        } elsif ($kind eq 'sh') {
            run_commands($text, $place);
        }
    }
    close $place->{to};
    stop($place->{shell});
    is(stop($place->{nginx}, 'QUIT'), 0, 'nginx ends well') if $place->{nginx};
    cmp_ok($place->{requests}, '>', 0, 'the recipe has requests that are checked');
    my $log = -e "$folder/error.log" ? do { local (@ARGV, $/) = "$folder/error.log"; <> } : '';
    unlike($log, qr/\[(?:alert|crit|emerg)\]/, 'nothing grave in the error log');
    return defined $place->{nginx};
}

END {
    my $status = $?;
    kill 'TERM', $_ for keys %children, $upstream_pid || ();
    $? = $status;
}

start_upstream();
for my $name ('README.md', map { "docs/$_.md" } qw(cookbook providers migration)) {
    my ($run, $written) = (0, 0);
    for my $recipe (recipes("$repo/$name")) {
        subtest "$name: $recipe->{title}" => sub { $run++ if run_recipe($recipe) };
    }
    my $text = do { local (@ARGV, $/) = "$repo/$name"; <> };
    $written++ while $text =~ /^[ \t]*[`~]{3,}[ \t]*nginx/mg;
    ok($written > 0, "$name has a configuration");
    is($run, $written, "every configuration of $name was run");
}
subtest 'docs/directives.md: examples' => sub { check_examples("$repo/docs/directives.md") };
done_testing();
