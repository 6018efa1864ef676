# What the scripts about token endpoints share: a folder with keys and users, servers of nginx that
# issue tokens, and a Redis. Sourced; needs MODULE. Leaves the folder in $work. REALTIME=1: the event loops
# get processors before everything else, so that only their own delays are seen on a busy machine.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/ports.sh"
PATH=$PATH:/usr/local/sbin:/usr/sbin
module=$(realpath "${MODULE:?the module to load}")
work=$(mktemp -d)
mkdir -p "$work/logs"
chmod 755 "$work"

die() { echo "${0##*/}: $*" >&2; exit 1; }

declare -A master=()        # server -> process
redis='' redis_port=''
finish() {
    local name
    for name in "${!master[@]}"; do stop "$name"; done
    [ -z "$redis" ] || { kill "$redis" 2>/dev/null || true; wait "$redis" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

openssl ecparam -name prime256v1 -genkey -noout -out "$work/access.key"
openssl rand -base64 48 >"$work/refresh.secret"
# The cheapest hash there is: it is not what these scripts are about.
echo "alice:{SHA}$(printf wonderland | openssl dgst -sha1 -binary | openssl base64)" >"$work/users"
support=$(printf support:wonderland | openssl base64)
echo "{\"support\": {\"password\": \"{SHA}$(printf wonderland | openssl dgst -sha1 -binary | openssl base64)\", \"roles\": [\"support\"]}}" >"$work/callers.json"

# configure NAME PORT STORE [DIRECTIVES [OF_ENTRANCES]]: two workers with all endpoints. $HTTP may have
# directives of the http block.
configure() {
    mkdir -p "$work/$1"
    cat >"$work/$1.conf" <<CONF
load_module $module;
$([ "$(id -u)" != 0 ] || echo "user nobody $(id -gn nobody);")
daemon off;
worker_processes 2;
worker_rlimit_nofile 8192;
pid $work/logs/$1.pid;
error_log $work/logs/$1.error.log ${LOG_LEVEL:-notice};
events { worker_connections 4096; }
http {
    log_format short '\$pid \$status \$uri';
    access_log $work/logs/$1.access.log short;
    client_body_temp_path $work/$1/body;
    proxy_temp_path $work/$1/proxy;
    fastcgi_temp_path $work/$1/fastcgi;
    uwsgi_temp_path $work/$1/uwsgi;
    scgi_temp_path $work/$1/scgi;
    auth_token_store $3;
    ${HTTP:-}
    server {
        listen 127.0.0.1:$2 ${LISTEN:-};
        auth_token_issuer https://issuer.example;
        auth_token_key access-1 ES256 $work/access.key;
        auth_token_refresh_key refresh-1 HS256 $work/refresh.secret;
        auth_audit_log $work/logs/$1.audit.json;
        ${4:-}
        location = /auth/login {
            auth_endpoint login;
            auth_password "soak";
            auth_password_file $work/users;
            ${5:-}
        }
        location = /auth/refresh { auth_endpoint refresh; ${5:-} }
        location = /auth/logout { auth_endpoint logout; ${5:-} }
        location = /auth/revoke {
            auth_endpoint revoke;
            auth_password "soak";
            auth_password_file $work/callers.json;
            auth_role_map { POST support; DELETE support; }
        }
        location = /auth/introspect {
            auth_endpoint introspect;
            auth_password "soak";
            auth_password_file $work/callers.json;
            auth_role_map { POST support; }
        }
    }
}
CONF
}

answers() { # answers PORT: whether something listens
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start() { # start NAME PORT
    nginx -p "$work" -e "$work/logs/$1.error.log" -c "$work/$1.conf" 2>>"$work/logs/$1.start.log" &
    master[$1]=$!
    for _ in $(seq 100); do
        answers "$2" && [ "$(workers "$1" | wc -w)" -ge 2 ] && { hurry "$1"; return; }
        kill -0 "${master[$1]}" 2>/dev/null || break
        sleep 0.05
    done
    tail "$work/logs/$1.start.log" "$work/logs/$1.error.log" >&2
    die "nginx does not start"
}

hurry() { # hurry NAME: the main threads of the workers that it has now
    local worker
    [ -n "${REALTIME:-}" ] || return 0
    for worker in $(workers "$1"); do chrt -r -p 1 "$worker"; done
}
# Before they end: a worker that waits for its threads does so without sleeping.
calm() { # calm NAME
    local worker
    [ -n "${REALTIME:-}" ] || return 0
    for worker in $(workers "$1"); do chrt -o -p 0 "$worker" || true; done
}

stop() { # stop NAME
    calm "$1"
    kill -TERM "${master[$1]}" 2>/dev/null || true
    wait "${master[$1]}" 2>/dev/null || true
    unset "master[$1]"
}

workers() { cat "/proc/${master[$1]}/task/${master[$1]}/children" 2>/dev/null || true; }

start_redis() { # again on the same port, with what it kept
    mkdir -p "$work/redis"
    [ -n "$redis_port" ] || redis_port=$(free_port)
    redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$work/redis" --logfile "$work/logs/redis.log" \
        --save '' --appendonly yes --appendfsync "${APPENDFSYNC:-always}" --maxmemory-policy noeviction &
    redis=$!
    for _ in $(seq 200); do
        [ "$(redis-cli -p "$redis_port" ping 2>/dev/null)" != PONG ] || return 0
        kill -0 "$redis" 2>/dev/null || break
        sleep 0.05
    done
    tail "$work/logs/redis.log" >&2
    die 'Redis does not start'
}

passed=0 failed=0
expect() { # expect NAME CONDITION...
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)); echo "ok   $name"; else failed=$((failed + 1)); echo "FAIL $name"; fi
}
not() { ! "$@"; }
# take FILE: the "ok" and "FAIL" lines of another program count as well.
take() {
    cat "$1"
    passed=$((passed + $(grep -c '^ok ' "$1" || true)))
    failed=$((failed + $(grep -c '^FAIL ' "$1" || true)))
}
