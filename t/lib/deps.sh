#!/usr/bin/env bash
# Installs what building and testing need: deps.sh [build|demo|test|check|...]...   (default: all)
#   build    the module                   demo   build and the demo
#   test     build, demo, tests           check  test, and lint, fuzz, valgrind, bench
#   interop  demo, and the identity provider and database of t/interop
#   package  build, and a Debian package
#   release  test, package, clang, lintian and ccache, for one release of make matrix
#   matrix   what make matrix makes root file systems with
# Does nothing, and needs no network, where everything is there already.
set -euo pipefail

build='g++ make nginx nginx-dev libssl-dev libjansson-dev libsqlite3-dev libhiredis-dev libpcre2-dev
    zlib1g-dev pkg-config'
demo='perl libcrypt-jwt-perl curl openssl'
tests='libcmocka-dev librapidcheck-dev libtest-base-perl libtext-diff-perl liburi-perl libwww-perl
    liblist-moreutils-perl sqlite3 redis-server prometheus python3-prometheus-client tidy'
interop='nodejs postgresql python3-psycopg2'
check='clang clang-format clang-tidy wrk valgrind git ccache'

die() { echo "deps: $*" >&2; exit 1; }

command -v apt-get >/dev/null || {
    echo 'deps: no apt-get here: see README.md for what building needs' >&2
    exit 0
}

want='' want_test_nginx='' want_npm='' want_check=''
add_group() {
    case $1 in
        build) want+=" $build" ;;
        demo) add_group build; want+=" $demo" ;;
        test) add_group demo; want+=" $tests"; want_test_nginx=1 ;;
        interop) add_group demo; want+=" $interop"; want_npm=1 ;;
        check) add_group test; want+=" $check"; want_check=1 ;;
        package) add_group build; want+=' build-essential debhelper' ;;
        release) add_group test; add_group package; want+=' clang lintian ccache' ;;
        matrix) want+=' debootstrap debian-archive-keyring' ;;
        *) die "no group \"$1\": build, demo, test, interop, check, package, release, matrix" ;;
    esac
}
for group in "${@:-check}"; do add_group "$group"; done

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)

scratch=$(mktemp -d)
chmod 755 "$scratch"
made_policy=''
cleanup() {
    if [ -n "$made_policy" ]; then "${as_root[@]}" rm -f /usr/sbin/policy-rc.d; fi
    "${as_root[@]}" rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 129' HUP INT TERM

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed$'
}

have_test_nginx() { perl -MTest::Nginx::Socket -e 1 2>/dev/null; }

# libFuzzer and the sanitizers of clang: the package has clang's version in its name.
clang_runtime() {
    local version
    version=$(apt-cache depends clang 2>/dev/null | grep -oE 'Depends: clang-[0-9]+' | grep -oE '[0-9]+' || true)
    [ -n "$version" ] || version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
    echo "libclang-rt-${version:-14}-dev"
}

missing() {
    local name
    for name in $want; do installed "$name" || echo "$name"; done
    # Some nodejs packages bring npm themselves.
    [ -z "$want_npm" ] || command -v npm >/dev/null || echo npm
    if [ -n "$want_check" ]; then
        name=$(clang_runtime)
        installed "$name" || [ "$(apt-cache search --names-only "^$name\$" 2>/dev/null)" = '' ] || echo "$name"
    fi
}

# A packaged nginx would start at once and take port 80.
start_no_services() {
    [ -e /usr/sbin/policy-rc.d ] && return
    made_policy=1
    printf '#!/bin/sh\nexit 101\n' >"$scratch/policy"
    "${as_root[@]}" install -m 755 "$scratch/policy" /usr/sbin/policy-rc.d
}

# This machine's own source of its release's main packages, once more with the suite $1.
source_with_suite() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    perl -e '
        my ($codename, $suite, $output) = splice @ARGV, 0, 3;
        my $write = sub {
            open my $out, ">", "$output.$_[0]" or die;
            print $out $_[1];
            exit 0;
        };
        for my $file (@ARGV) {
            open my $in, "<", $file or next;
            my $text = join "", grep { !/^\s*#/ } <$in>;
            if ($file =~ /\.list$/) {
                $text =~ /^deb\s+((?:\[[^\]]*\]\s*)?\S+)\s+\Q$codename\E\s(?:.*\s)?main\b/m
                    and $write->("list", "deb $1 $suite main\n");
                next;
            }
            for my $entry (split /\n\s*\n/, $text) {
                $entry =~ s/\n[ \t]+(?=\S)/\n /g;
                next unless $entry =~ /^Types:[^\n]*\bdeb(?!-)/mi;
                next unless $entry =~ s/^Suites:(?:.*\s)?\Q$codename\E(?:\s.*)?$/Suites: $suite/mi;
                next unless $entry =~ s/^Components:(?:.*\s)?main(?:\s.*)?$/Components: main/mi;
                $entry =~ s/^Types:.*$/Types: deb/mi;
                $write->("sources", "$entry\n");
            }
        }
        exit 1' "$codename" "$1" "$scratch/suite" /etc/apt/sources.list /etc/apt/sources.list.d/*
}

# One package of another suite, fetched through lists of our own: apt's state stays as it was.
fetch_from_suite() {
    local file
    source_with_suite "$2" || return
    file=$(ls "$scratch"/suite.*)
    mkdir -p "$scratch/lists/partial"
    local private=(-o "Dir::Etc::SourceList=$file" -o "Dir::Etc::SourceParts=$scratch/none"
                   -o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache::PkgCache="
                   -o "Dir::Cache::SrcPkgCache=" -o "APT::Sandbox::User=root"
                   -o "Acquire::Languages=none" -o "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false")
    mkdir -p "$scratch/none"
    (cd "$scratch" && apt-get -q -y "${private[@]}" update && apt-get -q -y "${private[@]}" download "$1")
}

install_test_nginx() {
    if [ -n "$(apt-cache search --names-only '^libtest-nginx-perl$')" ]; then
        "${apt[@]}" install --no-install-recommends libtest-nginx-perl
    elif fetch_from_suite libtest-nginx-perl sid; then
        "${apt[@]}" install --no-install-recommends "$scratch"/libtest-nginx-perl_*.deb
    else
        "${apt[@]}" install --no-install-recommends cpanminus
        "${as_root[@]}" cpanm --notest Test::Nginx
    fi
    have_test_nginx || die 'Test::Nginx cannot be had here: neither from apt nor from CPAN'
}

needed=$(missing)
if [ -n "$needed" ] || { [ -n "$want_test_nginx" ] && ! have_test_nginx; }; then
    if [ "${#as_root[@]}" -ne 0 ] && ! command -v sudo >/dev/null; then
        die 'needs root, or sudo'
    fi
    start_no_services
    "${apt[@]}" update
    needed=$(missing)
    # shellcheck disable=SC2086 # words
    [ -z "$needed" ] || "${apt[@]}" install --no-install-recommends $needed
    if [ -n "$want_test_nginx" ] && ! have_test_nginx; then install_test_nginx; fi
fi
