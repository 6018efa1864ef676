package Sallyport::StoredRevocation;

# Writes revocations into a token store, as another machine does that nobody sees here.
#
#     store_revocation($file, { jti => 'j1' });           # a file of SQLite
#     store_revocation($redis, { sub => 'bob' }, 1);      # a Sallyport::Redis; takes the entry back
#
# nginx has used the store before, and so made its tables. revocation_key($entry) is the key of an entry there,
# in hexadecimal.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);

our @EXPORT = qw(store_revocation revocation_key);

my %kinds = (jti => 0, sid => 1, sub => 2, kid => 3, tenant => 4);
my $never = '9223372036854775807';      # as time: no limit
my $lifetime = 10_000;

sub store_revocation {
    my ($store, $entry, $removed) = @_;
    my $write = ref $store ? \&write_redis : \&write_sqlite;
    return $write->($store, revocation_key($entry), shape_of($entry), $removed ? 1 : 0, time + $lifetime);
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
    my ($file, $key, $shape, $removed, $until) = @_;
    open my $shell, '|-', 'sqlite3', $file or die "sqlite3: $!";
    print $shell <<"EOF_SQL";
.timeout 5000
BEGIN IMMEDIATE;
UPDATE revocation_list SET version = version + 1;
INSERT OR REPLACE INTO revocations (version, key, shape, issued_before, until, removed, kept_until)
    SELECT version, X'$key', $shape, $never, $until, $removed, $until FROM revocation_list;
COMMIT;
EOF_SQL
    close $shell or die "sqlite3 failed\n";
    return;
}

sub write_redis {
    my ($redis, $key, $shape, $removed, $until) = @_;
    my $text = sprintf '%03d%020s%020d%020d%d', $shape, $never, $until, $until, $removed;
    my $answer = $redis->cli('EVAL', <<'EOF_LUA', 0, $key, $text, sprintf '%020d', $until);
local key = string.gsub(ARGV[1], '..', function(hex) return string.char(tonumber(hex, 16)) end)
local prefix = 'sallyport:{revocations}:'
local version = redis.call('HINCRBY', prefix .. 'list', 'version', 1)
redis.call('HINCRBY', prefix .. 'list', 'count', redis.call('HSET', prefix .. 'entries', key, ARGV[2]))
redis.call('ZADD', prefix .. 'versions', version, key)
redis.call('ZADD', prefix .. 'ends', ARGV[3], key)
return 'done'
EOF_LUA
    die "Redis: $answer\n" if $answer !~ /done/;
    return;
}

1;
