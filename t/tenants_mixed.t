# Twenty tenants behind one nginx, and requests for all of them in random order on a few
# connections: each is decided by its own token, and the upstream sees nobody else's.
# SALLYPORT_TEST_SEED repeats a run.

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Test;
use Test::More ();
use Test::Nginx::Socket 'no_plan';

our $seed = $ENV{SALLYPORT_TEST_SEED} || 1 + int rand 2 ** 31;
our ($tokens, $requests, $connections) = (500, 5000, 5);

sub hs { return key('HS256', "mixed-$_[0]") }
sub es { return key('ES256', "mixed-$_[0]") }
sub id { my ($name) = @_; return "https://$name.example" }

our %default = (keys => { k => hs('default'), d => hs('default2'), e => es('default') });

our %blocks = (
    (map { ("t0$_" => { issuer => [id("t0$_")], keys => { k => hs("t0$_") } }) } 1 .. 6),
    t07 => { issuer => [id('one')], keys => { k => hs('t07'), t07 => hs('t07b') } },
    t08 => { issuer => [id('one'), id('t08')], keys => { t08 => hs('t08') } },
    t09 => { issuer => [id('two')], keys => { k => hs('t09'), t09 => es('t09') } },
    t10 => { issuer => [id('two'), id('t10')], keys => { t10 => hs('t10') } },
    t11 => { issuer => [id('one'), id('two')], keys => { k => hs('t11') } },
    t12 => { keys => { k => hs('t12') } },
    t13 => { keys => { t13 => hs('t13'), d => hs('t13b') } },
    t14 => { keys => { k => hs('t14') }, audience => ['bills', 'sums'] },
    t15 => { keys => { k => hs('t15'), e => es('t15') }, file => 'keyval' },
    t16 => { issuer => [id('t16')], keys => { k => es('t16') } },
    t17 => { issuer => [id('t17')], algorithms => ['ES256'], keys => { k => hs('t17'), e => es('t17') } },
    t18 => { issuer => [id('t18')], audience => ['bills'], keys => { k => hs('t18') } },
    t19 => { issuer => [id('t19')], keys => { k => hs('t01') } },
    t20 => { issuer => [id('t20')], algorithms => ['ES256', 'HS256'], file => 'jwks',
             keys => { k => hs('t20'), l => hs('t20b'), e => es('t20') } },
);

# The rules of each location where a block has none of its own.
our %places = (
    free   => {},
    early  => {},
    strict => { issuer => [id('default'), id('else')], audience => ['orders'], algorithms => ['HS256'] },
);

sub listed { my ($value, $list) = @_; return scalar grep { $_ eq $value } @{ $list || [] } }

# What has to come of a token: a reason, or none and the tenant. A claim that is a reference here
# is one of a wrong shape, and so is an empty tenant.
sub decision {
    my ($token, $place) = @_;
    my ($claim, $iss) = map { $_ // '' } @$token{qw(tenant iss)};
    my $odd   = ref $claim || ref $iss;
    my @speak = $odd ? () : grep { listed($iss, $blocks{$_}{issuer}) } sort keys %blocks;
    my $named = $odd ? undef : $blocks{$claim};
    return 'tenant_conflict' if $named ? !$named->{issuer} && @speak : @speak > ($claim eq '' ? 1 : 0);
    my $tenant = $odd ? '' : $claim ne '' ? $claim : $speak[0] // '';
    my $block  = $blocks{$tenant} // \%default;
    my %rule   = (%$place, %$block);
    my ($key, $kid) = @$token{qw(key kid)};
    my @keys = defined $kid ? $block->{keys}{$kid} // () : grep { $_->alg eq $key->alg } values %{ $block->{keys} };
    return 'algorithm_not_allowed' if $rule{algorithms} && !listed($key->alg, $rule{algorithms});
    return 'key_unknown'        unless @keys;
    return 'algorithm_mismatch' unless grep { $_->alg eq $key->alg } @keys;
    return 'signature_invalid'  unless grep { $_ == $key } @keys;
    return 'claim_malformed'    if ref $iss;
    return 'issuer_mismatch'    if $rule{issuer} && !listed($iss, $rule{issuer});
    my @audience = ref $token->{aud} ? @{ $token->{aud} } : $token->{aud} // ();
    return 'audience_mismatch'  if $rule{audience} && !grep { listed($_, $rule{audience}) } @audience;
    return 'claim_malformed'    if ref $claim || ($token->{tenant} // 'none') eq '';
    return ('', $tenant);
}

sub pick { return $_[int rand @_] }

our @names = ((sort keys %blocks), 'u1', 'u2');
our @keys  = map { my $keys = $_->{keys}; map { $keys->{$_} } sort keys %$keys } (map { $blocks{$_} } sort keys %blocks), \%default;
our %kids  = map { map { ($_ => 1) } keys %{ $_->{keys} } } values %blocks, \%default;
our %other = (
    tenant => [@names, undef, '', 'T01', 't1', ['t01']],
    iss    => [(map { id($_) } 'one', 'two', 'default', 'else', 'nobody', @names), undef, '', id('T01'), [id('t02')]],
    aud    => ['orders', 'bills', ['x', 'orders'], ['sums', 'bills'], 'x', undef, []],
    kid    => [(sort keys %kids), ('k') x 5, 'nobody', undef],
    key    => \@keys,
);

# A good token for somebody, and then perhaps something about it that is not.
sub random_token {
    my $name  = pick(@names, 'u1', 'u2', '');
    my $block = $blocks{$name} // \%default;
    my $kid   = pick(sort keys %{ $block->{keys} });
    my %token = (
        tenant => $name eq '' ? pick(undef, undef, undef, '') : $name,
        iss    => $block->{issuer} ? pick(@{ $block->{issuer} }) : pick(undef, id('default'), id('else')),
        aud    => $block->{audience} ? pick(@{ $block->{audience} }) : pick('orders', ['x', 'orders'], 'bills'),
        kid    => pick($kid, $kid, $kid, undef),
        key    => $block->{keys}{$kid},
    );
    $token{tenant} = pick(undef, undef, undef, '') if rand() < 0.25;
    $token{ pick('tenant', 'iss') } = [$name] if !$blocks{$name} && rand() < 0.35;
    for (1 .. pick(0, 0, 1, 1, 2)) {
        my $what = pick(sort keys %other);
        $token{$what} = pick(@{ $other{$what} });
    }
    return \%token;
}

sub signed {
    my ($token, $number) = @_;
    my %roles = map { ($_ => ["role-$_-$number"]) } @names, '';
    return token($token->{key}, { sub => "user-$number", jti => "jti-$number", roles => \%roles,
        tenant_id => $token->{tenant}, iss => $token->{iss}, aud => $token->{aud} }, { kid => $token->{kid} });
}

# Each request: what is sent, what has to come back, and its story.
sub make_requests {
    srand $seed;
    my @pool = map { my $token = random_token(); +{ %$token, number => $_, text => signed($token, $_) } } 1 .. $tokens;
    my @made;
    for my $number (1 .. $requests) {
        my $place = pick(('free', 'early', 'strict') x 4, 'open');
        my $token = pick((@pool) x 2, ({ none => 'no_credential' }) x 20, ({ none => 'token_malformed', text => 'x.y' }) x 10);
        my @lines = defined $token->{text} ? "Authorization: Bearer $token->{text}" : ();
        my ($reason, $tenant) = $place eq 'open' ? ('', undef)
            : $token->{none} ? $token->{none} : decision($token, $places{$place});
        my $who = $reason eq '' && defined $tenant
            ? ["user-$token->{number}", $tenant, $tenant eq '' ? '' : "role-$tenant-$token->{number}", "jti-$token->{number}"]
            : ['', '', '', ''];
        $who->[2] = '' unless grep { $_ eq $who->[1] } @names;
        push @made, { place => $place, token => $token, reason => $reason, who => $who,
            text => get("/$place?n=$number", 'X-User: root', 'X-Tenant-Id: t01', 'X-Roles: admin', @lines),
            body => "GET /$place?n=$number user=$who->[0] tenant=$who->[1] roles=$who->[2] extra=$who->[3]\n" };
    }
    return \@made;
}

sub story {
    my ($request) = @_;
    my %token = %{ $request->{token} };
    $token{key} = $token{key}->alg . ' ' . $token{key}->kid if $token{key};
    delete $token{text};
    return "$request->{place}: " . json(\%token);
}

# --- configuration ------------------------------------------------------------------------------

sub file_of { my ($key) = @_; return $key->kid . ($key->alg =~ /^HS/ ? '.secret' : '.pem') }

our %files = (
    map({ (file_of($_) => $_->public) } @keys),
    't15.json' => json({ map { ($_ => $blocks{t15}{keys}{$_}->public) } keys %{ $blocks{t15}{keys} } }),
    't20.jwks' => jwks(map { $blocks{t20}{keys}{$_}->jwk(kid => $_) } sort keys %{ $blocks{t20}{keys} }),
);

sub key_lines {
    my ($word, $keys) = @_;
    return map { "$word $_ " . $keys->{$_}->alg . ' ' . file_of($keys->{$_}) . ";\n" } sort keys %$keys;
}

sub block_text {
    my ($name) = @_;
    my $block = $blocks{$name};
    my @lines = map { "$_ @{ $block->{$_} };\n" } grep { $block->{$_} } qw(issuer audience algorithms);
    my $file = $block->{file} // '';
    push @lines, $file eq 'keyval' ? "key_file $name.json keyval;\n" : $file eq 'jwks' ? "key_file $name.jwks;\n"
        : key_lines('key', $block->{keys});
    return "auth_tenant $name {\n@lines}\n";
}

our $config = join '', "keepalive_requests 1000000;\n", key_lines('auth_jwt_key', $default{keys}), map({ block_text($_) } sort keys %blocks),
    'add_header X-Who "$auth_subject|$auth_tenant|$auth_roles|$jwt_claim_jti" always;
    proxy_set_header X-User $auth_subject;
    proxy_set_header X-Tenant-Id $auth_tenant;
    proxy_set_header X-Roles $auth_roles;
    proxy_set_header X-Extra $jwt_claim_jti;
    location /open { proxy_pass http://$TEST_NGINX_ECHO; }
    location /free { auth_jwt "r"; proxy_pass http://$TEST_NGINX_ECHO; }
    location /early {
        auth_jwt "r";
        set $seen "$auth_tenant";
        if ($auth_subject = root) { return 500; }
        add_header X-Reason $auth_reason always;
        add_header X-Who "$auth_subject|$seen|$auth_roles|$jwt_claim_jti" always;
        proxy_pass http://$TEST_NGINX_ECHO;
    }
    location /strict {
        auth_jwt "r";', (map { "auth_jwt_$_ @{ $places{strict}{$_} };\n" } qw(issuer audience algorithms)),
        'proxy_pass http://$TEST_NGINX_ECHO;
    }';

# --- the run ------------------------------------------------------------------------------------

our %status = (no_credential => 401, '' => 200);

# What is wrong with an answer, by kind.
sub compare {
    my ($request, $answer) = @_;
    my $header = sub { my ($name) = @_; join ', ', @{ $answer->{headers}{$name} || [] } };
    my $who = join '|', @{ $request->{who} };
    my $seen = $request->{reason} eq '' ? $answer->{body} : $answer->{body} =~ /user-\d|jti-\d/ ? $answer->{body} : $request->{body};
    my %pairs = (
        status    => [$answer->{status}, $status{ $request->{reason} } // 401],
        reason    => [$header->('x-reason'), $request->{reason}],
        upstream  => [$seen, $request->{body}],
        variables => [$header->('x-who'), $who],
    );
    return map { my ($got, $want) = @{ $pairs{$_} }; $got eq $want ? () : ($_ => "$got, expected $want") } sort keys %pairs;
}

# Sends requests in bursts, at most one at a time on a connection.
sub run_all {
    my ($made) = @_;
    my %wrong;
    my $connect = sub { Sallyport::Client->new($ENV{TEST_NGINX_CLIENT_PORT}) };
    my @clients = map { $connect->() } 1 .. $connections;
    my @left = 0 .. $#$made;
    while (@left) {
        my %sent;
        my %free = map { ($_ => 1) } 0 .. $#clients;
        for (1 .. pick(1 .. $connections)) {
            last unless @left;
            my $connection = pick(sort keys %free);
            delete $free{$connection};
            $sent{$connection} = shift @left;
            my $text = $made->[$sent{$connection}]{text};
            syswrite($clients[$connection]{socket}, $text) == length $text or die "send: $!";
        }
        for my $connection (sort { $sent{$b} <=> $sent{$a} } keys %sent) {
            my $request = $made->[$sent{$connection}];
            my $answer  = eval { $clients[$connection]->answer };
            my %found   = $answer ? compare($request, $answer) : (connections => $@ || 'closed');
            push @{ $wrong{$_} }, [$sent{$connection}, "connection $connection, " . story($request) . ": $found{$_}"] for keys %found;
            $clients[$connection] = $connect->() if $found{connections};
        }
        last if map({ @$_ > 200 ? 1 : () } values %wrong);
    }
    return \%wrong;
}

sub report {
    my ($what, $wrong) = @_;
    my @first = sort { $a->[0] <=> $b->[0] } @{ $wrong || [] };
    splice @first, 5 if @first > 5;
    Test::More::ok(!$wrong, $what)
        or Test::More::diag(join "\n", "seed $seed: " . @$wrong . ' mismatches', map { "request $_->[0], $_->[1]" } @first);
    return;
}

sub mixed {
    Test::More::diag("SALLYPORT_TEST_SEED=$seed");
    my $made = make_requests();
    my (%count, $refused);
    $count{ $_->{reason} || ($_->{place} eq 'open' ? 'open' : $_->{who}[1] eq '' ? 'nobody'
        : defined $_->{token}{tenant} && $_->{token}{tenant} ne '' ? 'by claim' : 'by iss') }++ for @$made;
    my @rare = grep { ($count{$_} // 0) < 20 } 'open', 'nobody', 'by claim', 'by iss', qw(tenant_conflict key_unknown
        algorithm_mismatch algorithm_not_allowed signature_invalid issuer_mismatch audience_mismatch claim_malformed
        no_credential token_malformed);
    Test::More::is("@rare", '', 'every outcome is among the requests');
    Test::More::note(json(\%count));
    my $wrong = run_all($made);
    report('every request has its answer, on connections that stay', $wrong->{connections});
    report('every status is that of the token', $wrong->{status});
    report('every reason is that of the token', $wrong->{reason});
    report('the upstream sees the subject, tenant and roles of the token, and nobody\'s where it is refused', $wrong->{upstream});
    report('so do the variables', $wrong->{variables});
    my $lines = grep { /sallyport: refused / } split /\n/, error_log();
    my $expected = grep { $_->{reason} ne '' } @$made;
    Test::More::is($lines, $expected, 'a line in the log for each refusal');
    return;
}

run_tests();

__DATA__

=== tenants in random order
--- conf eval
\%::files
--- config eval
$::config
--- cases eval
[\&::mixed]
