# free_port prints a port of 127.0.0.1 that nobody listens on. It belongs to the calling script until that ends:
# a server that is restarted finds it free again, whatever runs beside. Neither clients (from 32768 on) nor t/*.t
# (below 30000) take ports of this range. Sourced.
free_port() (
    directory=${TMPDIR:-/tmp}/sallyport-ports-$UID/scripts
    mkdir -p "$directory"
    exec 9>"$directory/lock"
    flock 9
    for _ in $(seq 1000); do
        port=$((30000 + RANDOM % 2768))
        owner=$(cat "$directory/$port" 2>/dev/null) && kill -0 "$owner" 2>/dev/null && continue
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        echo $$ >"$directory/$port"
        echo "$port"
        return
    done
    echo 'no free port' >&2
    return 1
)
