# What the tests with packages from npm share; sourced by them. Sets here, repo, packages, PATH.
#
# package-lock.json has no addresses: npm asks the registry that it is set up with, and the hashes
# in the file decide. After a change of package.json: npm install --package-lock-only, and take the
# members "funding" out.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
. "$repo/t/lib/ports.sh"
PATH=$PATH:/usr/local/sbin:/usr/sbin
packages=$repo/build/interop

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

need() { # need TOOL...
    local tool
    for tool; do
        command -v "$tool" >/dev/null || die "$tool is missing; \`make deps\` installs what is needed"
    done
    [ "$(node -p 'process.versions.node.split(".")[0] >= 18')" = true ] || die 'needs node 18 or later'
}

# The source tree stays as it is: the packages and the scripts that use them are in build/.
install_packages() {
    mkdir -p "$packages"
    cp "$here"/*.mjs "$here/package.json" "$here/.npmrc" "$packages/"
    if cmp -s "$here/package-lock.json" "$packages/installed-lock.json"; then
        return
    fi
    rm -f "$packages/installed-lock.json"
    cp "$here/package-lock.json" "$packages/"
    (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund) >"$work/npm.log" 2>&1 || {
        cat "$work/npm.log" >&2
        die 'npm ci failed'
    }
    cp "$here/package-lock.json" "$packages/installed-lock.json"
}

passed=0 failed=0
expect() { # expect NAME CONDITION...
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1)); echo "ok   $name"
    else
        failed=$((failed + 1)); echo "FAIL $name"
    fi
}
not() { ! "$@"; }
