# Every malformed configuration of revocations: nginx -t names file, line and reason.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sallyport::Config;
use Sallyport::Test;
use Test::More 'no_plan';

my $zone = 'auth_revocation_zone size=32k;';
my $file = 'auth_revocation_file revoked.json;';
give_file('revoked.json', '[{"sub": "mallory"}]');
give_file('none.json', '[]');
give_file('object.json', '{"sub": "mallory"}');
give_file('empty.json', '');
give_file('typo.json', '[{"sub": "mallory"}, {"sub": "eve", "untill": 5}]');
give_file('large.json', json([map { { jti => "j$_" } } 1 .. 2000]));
mkdir folder() . '/directory';

note 'auth_revocation';
accepted($_, 'auth_revocation off;') for qw(http server location);
accepted('http', "$zone $file auth_revocation on;");
accepted('http', "auth_revocation on; $file $zone", 'in any order');
for my $given ('', $zone, $file) {
    refused('http', "auth_revocation on; # here\n$given", qr/"auth_revocation" directive needs auth_revocation_zone and auth_revocation_file/);
}
refused('location', 'auth_revocation on; # here', qr/"auth_revocation" directive needs auth_revocation_zone and auth_revocation_file/);
refused('location', "auth_revocation $_; # here", qr/"auth_revocation" directive has to be "on" or "off", not "\Q$_\E"/) for qw(yes ON $arg_on);
refused('location', "auth_revocation off;\nauth_revocation off; # here", qr/"auth_revocation" directive is duplicate/);
refused('location', 'auth_revocation; # here', qr/invalid number of arguments in "auth_revocation"/);
refused($_, 'auth_revocation off; # here', qr/is not allowed here/) for qw(limit_except if main);

note 'auth_revocation_zone';
accepted('http', "auth_revocation_zone size=$_; $file") for qw(32k 4m 40000);
refused('http', "auth_revocation_zone $_->[0]; # here\n$file", $_->[1]) for
    ['4m', qr/"auth_revocation_zone" directive has an invalid parameter "4m": size=4m/],
    ['auth:4m', qr/"auth_revocation_zone" directive has an invalid parameter "auth:4m"/],
    ['size=', qr/"auth_revocation_zone" directive has an invalid size ""/],
    ['size=many', qr/"auth_revocation_zone" directive has an invalid size "many"/],
    ['size=-1', qr/"auth_revocation_zone" directive has an invalid size "-1"/],
    ['size=4k', qr/"auth_revocation_zone" directive has a zone that is too small: "size=4k"/],
    ['', qr/invalid number of arguments in "auth_revocation_zone"/];
refused('http', "$zone\n$zone # here\n$file", qr/"auth_revocation_zone" directive is duplicate/);
refused('http', "$zone # here", qr/"auth_revocation_zone" directive has no effect without auth_revocation_file/);
refused($_, "$zone # here", qr/is not allowed here/) for qw(server location main);

note 'auth_revocation_file';
accepted('http', "$zone auth_revocation_file none.json;");
refused('http', "$file # here", qr/"auth_revocation_file" directive needs auth_revocation_zone/);
refused('http', "$zone\n$file\n$file # here", qr/"auth_revocation_file" directive is duplicate/);
refused('http', "$zone\nauth_revocation_file $_->[0]; # here", $_->[1]) for
    ['missing.json', qr/"auth_revocation_file" directive "\S+missing\.json" cannot be opened: No such file/],
    ['directory', qr/"auth_revocation_file" directive "\S+directory" is not a regular file/],
    ['object.json', qr/"auth_revocation_file" directive "\S+object\.json" is not a JSON array of revocations/],
    ['empty.json', qr/"auth_revocation_file" directive "\S+empty\.json" is not a JSON array of revocations/],
    ['typo.json', qr/"auth_revocation_file" directive "\S+typo\.json" entry 2 has an unknown member "untill"/],
    ['large.json', qr/"auth_revocation_file" directive "\S+large\.json" has 2000 revocations, for which auth_revocation_zone needs size=\d+k/],
    ['$host.json', qr/"auth_revocation_file" directive takes no variables/],
    ["''", qr/"auth_revocation_file" directive has an empty file name/],
    ['', qr/invalid number of arguments in "auth_revocation_file"/];
refused($_, "$file # here", qr/is not allowed here/) for qw(server location main);

# The size that is named is enough, and not much less is.
my ($size) = (Sallyport::Config::check('http', "$zone\nauth_revocation_file large.json;"))[1] =~ /needs size=(\d+)k/;
accepted('http', "auth_revocation_zone size=${size}k; auth_revocation_file large.json;");
refused('http', 'auth_revocation_zone size=' . ($size - 1) . "k;\nauth_revocation_file large.json; # here", qr/needs size=${size}k/);
