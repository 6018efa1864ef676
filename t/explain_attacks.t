# The attacks of attacks_*.t with auth_explain: each is refused as before, and no explanation contains a part
# of a credential that was not verified. See secrets_told in lib/Sallyport/Test.pm.

use strict;
use warnings;

use FindBin;
use Test::More;

$ENV{SALLYPORT_EXPLAIN} = 1;
for my $file (qw(attacks_tokens attacks_requests)) {
    my $output = qx("$^X" "$FindBin::Bin/$file.t" 2>&1);
    ok($? == 0, "$file.t passes") or diag($output);
    my ($count) = $output =~ /^# explanations: (\d+)$/m;
    ok(($count // 0) >= 50, "$file.t met " . ($count // 0) . ' explanations');
}
done_testing();
