# What the benchmarks share; sourced by them from the root of the repository. Sets rounds, duration,
# module, server_cpu, load_cpu, out, port, base, url.
PATH=$PATH:/usr/local/sbin:/usr/sbin
umask 077

die() { echo "bench: $*" >&2; exit 1; }

rounds=${ROUNDS:-5} duration=${DURATION:-3}
[[ $rounds =~ ^[1-9][0-9]?$ && $duration =~ ^[1-9][0-9]?$ ]] || die 'ROUNDS and DURATION are whole numbers from 1 to 99'
for tool in nginx wrk perl openssl taskset timeout; do
    command -v "$tool" >/dev/null || die "$tool is missing: make deps"
done
perl -MCrypt::PK::RSA -e 1 2>/dev/null || die "Perl's Crypt::PK::RSA is missing: make deps"
module=$(realpath -e "${MODULE:-build/ngx_http_sallyport_module.so}") || die 'no module: make module'

# The first and the last are different cores, hyperthreads or not.
cpus=$(perl -ne 'print join " ", map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /,/, $1
    if /^Cpus_allowed_list:\s*(\S+)/' /proc/self/status)
server_cpu=${cpus%% *} load_cpu=${cpus##* }
[ "$server_cpu" != "$load_cpu" ] || die 'needs two processors: one for nginx, one for the load'

out=$PWD/build/bench
mkdir -p "$out/html" "$out/keys"
printf '%0512d\n' 0 >"$out/html/index.html"
servers=()
loads=() # running wrks
declare -A processes url_of # by the name of a server: its workers, as a list with commas; where it listens
stop() { # all that were started
    local server
    [ ${#loads[@]} = 0 ] || kill -KILL "${loads[@]}" 2>/dev/null || true
    for server in "${servers[@]}"; do
        # Again and again: one without a master sleeps on when the signal came just before it fell asleep.
        while kill -TERM "$server" 2>/dev/null; do sleep 0.1; done
        wait "$server" || true
    done
    servers=()
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

. t/lib/ports.sh
choose_port() { # for the servers that are configured next: sets port, base, url
    port=$(free_port)
    base=http://127.0.0.1:$port
    url=$base/index.html # not a folder: its index would be a second request inside of nginx
}
choose_port

# configure NAME MODULE DIRECTIVES [LOCATIONS] [HTTP]: a worker, or $workers of them on all processors, that
# serve a small static file.
workers=1
configure() {
    cat >"$out/$1.conf" <<END
${2:+load_module $2;}
$([ "$(id -u)" != 0 ] || echo 'user root;')
daemon off;
worker_processes $workers;
$([ "$workers" != 1 ] || echo "worker_cpu_affinity 1$(printf "%${server_cpu}s" '' | tr ' ' 0);")
pid $out/$1.pid;
error_log $out/error.log warn;
events { worker_connections 512; }
http {
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    client_body_temp_path $out/temp;
    proxy_temp_path $out/temp;
    fastcgi_temp_path $out/temp;
    uwsgi_temp_path $out/temp;
    scgi_temp_path $out/temp;
    ${5:-}
    server {
        listen 127.0.0.1:$port$([ "$workers" = 1 ] || echo ' reuseport');
        root $out/html;
        location / { $3 }
        ${4:-}
    }
}
END
    url_of[$1]=$url
}

start() { # start NAME: sets worker, the first of them
    local want i children
    want=$(sed -n 's/^worker_processes \(.*\);/\1/p' "$out/$1.conf")
    nginx -p "$out" -e "$out/error.log" -c "$out/$1.conf" &
    servers+=($!)
    for ((i = 0; i < 100; i++)); do
        kill -0 $! 2>/dev/null || die "nginx does not start: $(tail -n 5 "$out/error.log")"
        read -ra children <"/proc/$!/task/$!/children" || true
        if [ ${#children[@]} = "$want" ]; then
            worker=${children[0]}
            processes[$1]=$(IFS=,; echo "${children[*]}")
            return 0
        fi
        sleep 0.05
    done
    die 'nginx started no worker'
}

# load SECONDS CREDENTIALS WRK NAME...: the servers take turns, each for SECONDS and under a load of its own, which
# WRK makes, a command without what is the same for all. Writes lines "NAME requests us cpu_ns" to $out/loads.
load() {
    local seconds=$1 credentials=$2 wrk=$3 name turns=() load requests us bad failed ns
    shift 3
    for name; do
        kill -STOP ${processes[$name]//,/ }
        # shellcheck disable=SC2086 # words
        $wrk -d $((seconds * $# + 1))s --timeout 60s -s t/bench/load.lua "${url_of[$name]}" \
            -- "$credentials" >"$out/$name.load" 2>&1 &
        loads+=($!)
        turns+=("$name=$!:${processes[$name]}")
    done
    sleep 0.3 # for connections
    perl t/bench/turns.pl $((seconds * $#)) "${turns[@]}" >"$out/turns" || die 'the servers took no turns'
    for load in "${loads[@]}"; do wait "$load" || die "wrk failed: $(cat "$out"/*.load)"; done
    loads=()
    while read -r name us ns; do
        kill -CONT ${processes[$name]//,/ }
        read -r _ requests _ bad failed < <(grep '^load ' "$out/$name.load") || die "wrk said: $(cat "$out/$name.load")"
        [ "$bad" = 0 ] && [ "$failed" = 0 ] || die "$name: $bad of $requests answers were errors, $failed connections failed"
        [ "$requests" -gt 0 ] || die "$name: no answer at all"
        echo "$name $requests $us $ns"
    done <"$out/turns" >"$out/loads"
}

# mint COUNT ALGORITHM...: keys, and as many tokens of each.
mint() { SALLYPORT_TEST_KEYS=$out/keys perl t/bench/bench.pl mint "$out" "$@"; }

# mint_roles COUNT ALGORITHM ROLES: as many tokens with as many roles, of a key that was minted.
mint_roles() { SALLYPORT_TEST_KEYS=$out/keys perl t/bench/bench.pl roles "$out" "$@"; }

guard() { # guard ALGORITHM: what lets in minted tokens
    local source=$out/$1.key
    [ "$1" != HS256 ] || source=base64url:$(perl -MMIME::Base64=encode_base64url -0777 -ne 'print encode_base64url($_)' "$source")
    echo "auth_jwt bench; auth_jwt_key k1 $1 $source;"
}

guard_dpop() { # what lets in the token and the proofs that bench.pl has made
    echo "$(guard ES256) auth_jwt_binding require dpop; auth_dpop_uri http://bench/index.html;"
    echo "auth_dpop_window 1h; auth_dpop_zone size=16m;"
}

# A user whose hash is slow, and an API key, with their credentials.
write_accounts() {
    local key=0123456789abcdef0123456789abcdef
    echo "bob:$(perl -e 'print crypt("builder", "\$2y\$10\$abcdefghijklmnopqrstuu")')" >"$out/users"
    cat >"$out/keys.json" <<END
{"one": {"key": "sha256:$(printf %s $key | openssl dgst -sha256 -r | cut -d ' ' -f 1)", "roles": ["viewer"]}}
END
    echo "Basic $(printf bob:builder | openssl base64)" >"$out/Basic.credentials"
    echo "Api-Key $key" >"$out/Api-Key.credentials"
}

guard_accounts() { # guard_accounts Basic|Api-Key
    if [ "$1" = Basic ]; then
        echo "auth_password bench; auth_password_file $out/users;"
    else
        echo "auth_api_key bench; auth_api_key_file $out/keys.json;"
    fi
}
