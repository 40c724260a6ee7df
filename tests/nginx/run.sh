#!/bin/bash
# run.sh: the configuration of docs/nginx in front of the running platform: pages over
# HTTP/2 and TLS, the client's address, what is refused. Needs $DIWAN. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
diwan=${DIWAN:-build/diwan}
work=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
n=0 status=0
mkfifo "$work/ports"
tools/hold_ports 3 >"$work/ports" &
pids=$!
read -r back plain tls <"$work/ports"

test_that() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/said" "$work/nginx.log" 2>/dev/null | tail -n 20
		status=1
	fi
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=services.example \
	-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null || exit 1
sed -e "s#127.0.0.1:8080#127.0.0.1:$back#" -e "s#listen 80;#listen 127.0.0.1:$plain;#" \
	-e "s#listen 443 ssl#listen 127.0.0.1:$tls ssl#" -e "s#/etc/ssl/certs/services.example.pem#$work/cert.pem#" \
	-e "s#/etc/ssl/private/services.example.key#$work/key.pem#" docs/nginx/diwan.conf >"$work/site.conf"
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 256; }
http { access_log off; client_body_temp_path $work/t1; proxy_temp_path $work/t2;
  fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5; include $work/site.conf; }
CONF
test_that 'nginx takes the configuration' nginx -t -c "$work/nginx.conf"

"$diwan" serve --demo --pack=packs/bahrain --data-dir="$work/var" --listen=127.0.0.1:"$back" --trust-proxy=yes \
	--public-url="https://services.example:$tls" --mail-url=smtp://127.0.0.1:9 >"$work/out" 2>"$work/log" &
pids="$pids $!"
nginx -c "$work/nginx.conf" &
pids="$pids $!"
for _ in $(seq 1200); do # both: pages come by the front
	curl -skf --resolve "services.example:$tls:127.0.0.1" "https://services.example:$tls/readyz" >/dev/null && break
	sleep 0.1
done

ask() { # what curl's -w gives of an address
	curl -sk --max-time 120 --resolve "services.example:$tls:127.0.0.1" -o "$work/page" "$@"
}
https="https://services.example:$tls"

over_http2() { [ "$(ask -w '%{http_version} %{http_code}' "$https/en/guide")" = '2 200' ]; }
led_to_tls() {
	[ "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: services.example' "http://127.0.0.1:$plain/en/guide")" = \
		'301 https://services.example/en/guide' ]
}
said_strictly() { ask -D "$work/head" "$https/en/guide" && grep -i '^strict-transport-security: max-age=' "$work/head"; }
too_large() {
	head -c 9000000 /dev/zero >"$work/big"
	[ "$(ask -w '%{http_code}' -X POST --data-binary @"$work/big" "$https/en/sign-in")" = 413 ]
}
signed_in_form() { # a form goes through: its origin is that of the public address
	local token
	ask -c "$work/jar" "$https/en/sign-in" || return 1
	token=$(sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' "$work/page" | head -n 1)
	[ -n "$token" ] && [ "$(ask -b "$work/jar" -H "Origin: $https" -w '%{http_code}' --data-urlencode "csrf=$token" \
		--data-urlencode 'number=850199901' --data-urlencode 'password=demo-only-password' "$https/en/sign-in")" = 303 ]
}
test_that 'pages come over HTTP/2 and TLS' over_http2
test_that 'plain HTTP is led to TLS' led_to_tls
test_that 'browsers are told to stay with TLS' said_strictly
test_that 'a body above the limit is refused in front' too_large
test_that 'a form is accepted through the front' signed_in_form
echo "1..$n"
exit $status
