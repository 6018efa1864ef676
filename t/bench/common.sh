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
server=''
stop() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
    server=''
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
base=http://127.0.0.1:$port
url=$base/index.html # not a folder: its index would be a second request inside of nginx

# configure NAME MODULE DIRECTIVES [LOCATIONS] [HTTP]: one worker that serves a small static file.
configure() {
    cat >"$out/$1.conf" <<END
${2:+load_module $2;}
$([ "$(id -u)" != 0 ] || echo 'user root;')
daemon off;
worker_processes 1;
worker_cpu_affinity 1$(printf "%${server_cpu}s" '' | tr ' ' 0);
pid $out/nginx.pid;
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
        listen 127.0.0.1:$port;
        root $out/html;
        location / { $3 }
        ${4:-}
    }
}
END
}

start() { # start NAME
    nginx -p "$out" -e "$out/error.log" -c "$out/$1.conf" &
    server=$!
    for ((i = 0; i < 100; i++)); do
        kill -0 "$server" 2>/dev/null || die "nginx does not start: $(tail -n 5 "$out/error.log")"
        worker=$(cat "/proc/$server/task/$server/children")
        worker=${worker%% *}
        [ -z "$worker" ] || return 0
        sleep 0.05
    done
    die 'nginx started no worker'
}
