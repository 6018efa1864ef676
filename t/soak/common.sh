# What the soak scripts share: a folder with keys, tokens and an nginx configuration that uses
# most of the module. Sourced; needs MODULE. Leaves the folder in $work and the port in $port.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../lib/ports.sh"
tools=$here/../demo
PATH=$PATH:/usr/local/sbin:/usr/sbin
module=$(realpath "${MODULE:?the module to load}")
work=$(mktemp -d)
port=$(free_port)

mkdir -p "$work/logs" "$work/html"
chmod 755 "$work"
echo ok >"$work/html/index.html"
for kid in k1 k2; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/$kid.key" 2>/dev/null
done
openssl ecparam -name prime256v1 -genkey -noout -out "$work/k3.key"
openssl rand -base64 48 >"$work/secret"
"$tools/jwks" k2=RS256:"$work/k2.key" k3=ES256:"$work/k3.key" >"$work/keys.jwks"
openssl pkey -in "$work/k1.key" -pubout -out "$work/k1.pem"

claims='{"sub":"alice","tenant_id":"acme","roles":["viewer"],"iss":"me","aud":["here"]}'
rs256=$("$tools/token" RS256 k1 "$work/k1.key" "$claims")
from_file=$("$tools/token" ES256 k3 "$work/k3.key" "$claims")
hs256=$("$tools/token" HS256 h1 "$work/secret" "$claims")
expired=$("$tools/token" RS256 k2 "$work/k2.key" '{"sub":"alice","exp":"-60"}')

echo "{\"alice\": {\"password\": \"$(openssl passwd -5 -salt salt wonderland)\", \"tenant_id\": \"acme\", \"roles\": [\"viewer\"]}}" \
    >"$work/users.json"
{ echo '{'; "$tools/apikey" one robot acme viewer 2>"$work/handed-out"; echo '}'; } >"$work/apikeys.json"
api_key=$(sed 's/^key: //' "$work/handed-out")
good_password="Basic $(printf alice:wonderland | openssl base64)"
bad_password="Basic $(printf alice:cheshire | openssl base64)"

cat >"$work/nginx.conf" <<CONF
load_module $module;
$([ "$(id -u)" != 0 ] || echo "user nobody nogroup;")
worker_processes 2;
pid $work/logs/nginx.pid;
error_log $work/logs/error.log info;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path $work/logs/body;
    proxy_temp_path $work/logs/proxy;
    fastcgi_temp_path $work/logs/fastcgi;
    uwsgi_temp_path $work/logs/uwsgi;
    scgi_temp_path $work/logs/scgi;
    auth_jwt_claim_set \$issuer iss;
    limit_req_zone \$auth_subject zone=users:1m rate=100000r/s;
    server {
        listen 127.0.0.1:$port;
        root $work/html;
        auth_jwt "soak";
        auth_jwt_key k1 RS256 $work/k1.pem;
        auth_jwt_key h1 HS256 $work/secret;
        auth_jwt_key_file $work/keys.jwks;
        auth_jwt_key_file $work/\$arg_file.jwks;
        auth_jwt_issuer me;
        auth_jwt_audience here there;
        auth_jwt_require \$issuer;
        auth_tenant_expect acme;
        auth_error_body json;
        auth_role_map { GET viewer; ALL any editor admin; OPTIONS off; }
        location / {
            limit_req zone=users burst=100000 nodelay;
            add_header X-Who "\$auth_subject \$auth_tenant \$auth_roles \$jwt_claim_aud" always;
        }
        location /again { error_page 403 /index.html; }
        location /users/ {
            alias $work/html/;
            auth_jwt off;
            auth_jwt_require \$auth_subject;
            auth_password "soak";
            auth_password_file $work/users.json;
            auth_api_key "soak";
            auth_api_key_file $work/apikeys.json;
            auth_credential_cache 1s;
        }
        location /known/ {
            alias $work/html/;
            auth_jwt off;
            auth_jwt_require \$auth_subject;
            auth_password "soak";
            auth_password_request /_who;
            auth_credential_cache 0;
        }
        location = /_who { internal; proxy_pass http://unix:$work/who.sock:/; }
    }
    server {
        listen unix:$work/who.sock;
        default_type application/json;
        return 200 '{"sub": "alice", "tenant_id": "acme", "roles": ["viewer"]}';
    }
}
CONF
