#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Wrong address, wrong password, no rights, a replica, a full disk: one clear line each, and the shield goes on"
lab_net
fleet_net
redis_start
fleet_up
check "both edges follow the stream" wait_until 5 fleet_follows
why() { fleet_field 1 why; }
works_on() { on_edge 1 ban 203.0.113.1 --for 1h && on_edge 1 unban 203.0.113.1; }

redis_cli acl setuser gatepost resetpass '>another' >/dev/null
redis_cli client kill user gatepost >/dev/null
check "a wrong password is said" wait_until 5 says 'wrong user or password' why
check "the shield goes on" works_on
redis_cli acl setuser gatepost resetpass ">$REDIS_PASSWORD" -evalsha >/dev/null
check "a missing right is said, with the place where to look" wait_until 10 says 'right is missing: .*evalsha.*docs/fleet.md' why
redis_cli acl setuser gatepost +evalsha >/dev/null
check "and it comes back when that is mended" wait_until 10 fleet_follows
check "with what was decided meanwhile" wait_until 5 edge_verdict_is 2 203.0.113.1 passes
redis_cli script flush >/dev/null
on_edge 1 ban 203.0.113.9 --for 1h >/dev/null
check "a server that forgot our function gets it again" wait_until 10 edge_verdict_is 2 203.0.113.9 banned
check "both follow" wait_until 10 fleet_follows
redis_cli replicaof 192.0.2.229 6390 >/dev/null
redis_cli client kill user gatepost >/dev/null
check "a replica is refused" wait_until 5 says 'it is a slave' why
redis_cli replicaof no one >/dev/null
check "until it is a master again" wait_until 10 fleet_follows
redis_stop
check "nobody there is said" wait_until 5 says 'cannot connect: Connection refused' why
check "the shield goes on without it" works_on

redis_start
fleet_kill9 1
mkdir -p "$LAB/node1/state"
mount -t tmpfs -o size=2m,uid=65534,gid=65534,mode=750 small "$LAB/node1/state"
fleet_run 1
check "both edges follow" wait_until 15 fleet_follows
dd if=/dev/zero of="$LAB/node1/state/full" bs=4k 2>/dev/null || :
for i in $(seq 1 60); do on_edge 1 ban "203.0.113.$((100 + i))" --for 1h >/dev/null; done
check "a full disk is said" wait_until 5 says 'fleet-store No space left' cat "$LAB/gatepost1.log"
check "status wants somebody to look" exits 1 on_edge 1 status
check "the fleet is told all the same" wait_until 5 edge_verdict_is 2 203.0.113.160 banned
rm "$LAB/node1/state/full"
on_edge 1 ban 203.0.113.170 --for 1h >/dev/null
check "and that it is over, too" wait_until 5 says 'fleet-store decisions are written to disk again' cat "$LAB/gatepost1.log"

refuses() { # PATTERN MORE: gatepost run says why it does not start
	fleet_config 1 "$2"
	says "$1" timeout 10 "$GATEPOST" check --config "$LAB/node1.conf"
}
fleet_kill9 1
FLEET_REDIS=redis.example.net
check "a name for an address is refused, with its line" \
	refuses "node1.conf:[0-9]+: 'redis' wants 192.0.2.1:6379.*got 'redis.example" ''
FLEET_REDIS=
starts() {
	fleet_config 1 "$1"
	on edge timeout 10 "$GATEPOST" run --config "$LAB/node1.conf"
}
if has_tls; then
	check "a CA that is not there is said" says 'TLS: tls_ca_file /nowhere.pem: ' starts 'fleet: tls = yes
		fleet: tls_ca_file = /nowhere.pem'
else
	check "TLS without a hiredis that has it names the way out" says 'let stunnel carry' starts 'fleet: tls = yes'
fi
chmod 644 "$LAB/redis.password"
check "a password that everybody can read is refused" says 'chmod 600' starts ''
chmod 600 "$LAB/redis.password"
rm "$LAB/node1/fleet.key"
check "without a key it says how to make one" says 'gatepost key' starts ''
