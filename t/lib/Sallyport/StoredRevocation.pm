package Sallyport::StoredRevocation;

# Writes revocations into a token store, as another machine does that nobody sees here.
#
#     store_revocation($file, { jti => 'j1' });           # a file of SQLite
#     store_revocation($redis, { sub => 'bob' }, 1);      # a Sallyport::Redis; takes the entry back
#     store_revocations($file, map { { jti => $_ } } @many);      # all at once
#
# nginx has used the store before, and so made its tables. revocation_key($entry) is the key of an entry there,
# in hexadecimal.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);

our @EXPORT = qw(store_revocation store_revocations revocation_key);

my %kinds = (jti => 0, sid => 1, sub => 2, kid => 3, tenant => 4);
my $never = '9223372036854775807';      # as time: no limit
my $packed_never = '18446744073709551615';      # as a text, in which negative times come first
my $lifetime = 10_000;
my $most = 1000;                        # in one statement, or one call of Redis

my $script = <<'EOF_LUA';
local prefix = 'sallyport:{revocations}:'
local version = tonumber(redis.call('HGET', prefix .. 'list', 'version') or 0)
local count = 0
for i = 2, #ARGV, 2 do
    local key = string.gsub(ARGV[i], '..', function(hex) return string.char(tonumber(hex, 16)) end)
    version = version + 1
    count = count + redis.call('HSET', prefix .. 'entries', key, ARGV[i + 1])
    redis.call('ZADD', prefix .. 'versions', version, key)
    redis.call('ZADD', prefix .. 'ends', ARGV[1], key)
end
redis.call('HSET', prefix .. 'list', 'version', version)
redis.call('HINCRBY', prefix .. 'list', 'count', count)
return 'done'
EOF_LUA

sub store_revocation {
    my ($store, $entry, $removed) = @_;
    return write_all($store, $removed ? 1 : 0, $entry);
}

sub store_revocations {
    my ($store, @entries) = @_;
    return write_all($store, 0, @entries);
}

sub write_all {
    my ($store, $removed, @entries) = @_;
    my $write = ref $store ? \&write_redis : \&write_sqlite;
    return $write->($store, $removed, time + $lifetime, map { [revocation_key($_), shape_of($_)] } @entries);
}

sub kind_of { my ($entry) = @_; return (grep { exists $kinds{$_} } keys %$entry)[0] }

sub is_of_all {
    my ($entry) = @_;
    return defined $entry->{tenant_id} ? $entry->{tenant_id} eq '*' : kind_of($entry) eq 'kid';
}

sub shape_of { my ($entry) = @_; return 4 * (5 + $kinds{ kind_of($entry) }) + (is_of_all($entry) ? 1 : 0) }

sub revocation_key {
    my ($entry) = @_;
    my $tenant = is_of_all($entry) ? '' : $entry->{tenant_id} // '';
    return unpack 'H*', sha256(chr(shape_of($entry)) . pack '(V/a*)3', $tenant, '', $entry->{ kind_of($entry) });
}

sub write_sqlite {
    my ($file, $removed, $until, @keys) = @_;
    open my $shell, '|-', 'sqlite3', $file or die "sqlite3: $!";
    print $shell ".timeout 5000\nBEGIN IMMEDIATE;\n";
    while (my @some = splice @keys, 0, $most) {
        my $n = 0;
        my $rows = join ",\n", map { sprintf "(%d, X'%s', %d)", ++$n, @$_ } @some;
        print $shell <<"EOF_SQL";
INSERT OR REPLACE INTO revocations (version, key, shape, issued_before, until, removed, kept_until)
    SELECT version + column1, column2, column3, $never, $until, $removed, $until
    FROM (VALUES $rows), revocation_list;
UPDATE revocation_list SET version = version + $n;
EOF_SQL
    }
    print $shell "COMMIT;\n";
    close $shell or die "sqlite3 failed\n";
    return;
}

sub write_redis {
    my ($redis, $removed, $until, @keys) = @_;
    while (my @some = splice @keys, 0, $most) {
        my @arguments = map { $_->[0], sprintf '%03d%s%020d%020d%d', $_->[1], $packed_never, $until, $until, $removed } @some;
        my $answer = $redis->cli('EVAL', $script, 0, sprintf('%020d', $until), @arguments);
        die "Redis: $answer\n" if $answer !~ /done/;
    }
    return;
}

1;
