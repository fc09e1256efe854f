#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "TLS to Redis, by hiredis or by stunnel: to whom the certificate is for, and to nobody else"
lab_net
fleet_net

make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$LAB/$1.key" \
		-out "$LAB/$1.pem" 2>/dev/null
}
make_certificate() { # NAME CA WHOM
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$LAB/$1.key" 2>/dev/null |
		openssl x509 -req -CA "$LAB/$2.pem" -CAkey "$LAB/$2.key" -CAcreateserial -days 2 -out "$LAB/$1.pem" \
			-extfile <(echo "subjectAltName = $3") 2>/dev/null
}
make_ca ours
make_ca theirs
make_certificate right ours IP:192.0.2.225,IP:192.0.2.229,DNS:redis.example.net
make_certificate other ours IP:203.0.113.1,DNS:www.example.net
make_certificate foreign theirs IP:192.0.2.225,IP:192.0.2.229,DNS:redis.example.net
chmod 644 "$LAB"/*.key

tls_start() { # CERTIFICATE
	redis_start --tls-port 6390 --tls-cert-file "$LAB/$1.pem" --tls-key-file "$LAB/$1.key" \
		--tls-ca-cert-file "$LAB/ours.pem" --tls-auth-clients no
}
follows_not() { not fleet_is 1 state following && not fleet_is 2 state following; }

# The lines of docs/fleet.md, with the lab's addresses.
tunnel() { # EDGE REDIS
	{
		printf 'foreground = yes\npid =\n'
		sed -n '/^\[redis\]$/,/^```$/{/^```$/!p}' "$LAB_ROOT/docs/fleet.md" |
			sed "s/192\.0\.2\.1:6379/$2:6390/; s#/etc/ssl/redis-ca.pem#$LAB/ours.pem#"
	} >"$LAB/stunnel-$1.conf"
	on "$1" stunnel4 "$LAB/stunnel-$1.conf" >>"$LAB/stunnel-$1.log" 2>&1 &
	wait_until 5 on "$1" redis-cli -p 6380 ping || die "no tunnel at $1"
}

tls_start right
if has_tls; then
	step "by hiredis"
	why() { fleet_field 1 why; }
	with_tls="fleet: tls = yes
		fleet: tls_ca_file = $LAB/ours.pem"
	FLEET_PORT=6390
	fleet_up "$with_tls" "$with_tls
		fleet: tls_name = redis.example.net"
	refused='TLS: its certificate is not believed: (IP address|hostname) mismatch'
	unknown='TLS: its certificate is not believed: unable to get local issuer certificate'
else
	step "by stunnel, as docs/fleet.md has it"
	why() { cat "$LAB/stunnel-edge.log"; }
	tunnel edge 192.0.2.225
	tunnel edge2 192.0.2.229
	FLEET_REDIS=127.0.0.1:6380
	fleet_up
	refused='CERT: (No matching host name|Subject checks failed|.*Host name)'
	unknown='CERT: (Verification error|Pre-verification error): unable to get local issuer certificate'
fi
check "both edges follow the stream" wait_until 5 fleet_follows
on_edge 1 ban 203.0.113.1 --for 1h >/dev/null
check "and share" wait_until 2 edge_verdict_is 2 203.0.113.1 banned
for i in $(seq 100 250); do on_edge 1 ban "203.0.113.$i" --for 1h >/dev/null; done
check "many at once" wait_until 5 fleet_agrees

step "another certificate of the same CA, then one of another CA"
redis_kill9
tls_start other
check "Redis with the name of another server is refused" wait_until 10 says "$refused" why
check "nobody talks to it" follows_not
redis_kill9
tls_start foreign
check "so is one whom our CA does not know" wait_until 10 says "$unknown" why
check "nobody talks to it either" follows_not
redis_kill9
tls_start right
check "with the right one again, both follow" wait_until 15 fleet_follows
check "and agree" wait_until 5 fleet_agrees
