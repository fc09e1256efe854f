#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Sentinel names the master, and another one when that dies: the edges follow, and nothing is lost"
lab_net
fleet_net
ip -n edge2 route add 192.0.2.224/30 via 192.0.2.229
redis_start --masteruser default --masterauth admin-secret
MASTER_PID=$REDIS_PID
mkdir -p "$LAB/replica"
nsenter --net=/run/netns/control -- redis-server --port 6380 --bind '*' --dir "$LAB/replica" --save '' \
	--aclfile "$LAB/redis/users.acl" --logfile "$LAB/replica.log" --replicaof 192.0.2.225 6379 \
	--masteruser default --masterauth admin-secret --repl-diskless-sync-delay 0 >/dev/null 2>&1 &
wait_until 10 says 'master_link_status:up' redis_cli -p 6380 info replication || die "no replica"
sentinel_cli() { on control redis-cli --no-auth-warning -a sentinel-secret -p 26379 "$@"; }
echo sentinel-secret >"$LAB/sentinel.password"
chmod 600 "$LAB/sentinel.password"
cat >"$LAB/sentinel.conf" <<-END
	port 26379
	bind 0.0.0.0
	protected-mode no
	dir $LAB/replica
	logfile $LAB/sentinel.log
	requirepass sentinel-secret
	sentinel monitor shield 192.0.2.225 6379 1
	sentinel auth-user shield default
	sentinel auth-pass shield admin-secret
	sentinel down-after-milliseconds shield 1000
	sentinel failover-timeout shield 5000
END
nsenter --net=/run/netns/control -- redis-sentinel "$LAB/sentinel.conf" >/dev/null 2>&1 &
wait_until 10 says '6379' sentinel_cli sentinel get-master-addr-by-name shield || die "no sentinel"
wait_until 10 says 'port=6380|6380' sentinel_cli sentinel replicas shield || die "the replica is unknown"

password="fleet: sentinel_password_file = $LAB/sentinel.password"
fleet_up 'fleet: sentinel_master = shield
	fleet: sentinels = {192.0.2.225:26399, 192.0.2.225:26379}' "fleet: sentinel_master = shield
	fleet: sentinels = {192.0.2.225:26379}
	$password"
check "a Sentinel that wants a password is said to" \
	wait_until 10 says 'Sentinel: it wants a password: set sentinel_password_file' fleet_field 1 why
fleet_stop 1
sed -i "s#^\([[:space:]]*\)sentinel_master = shield#&\n${password#fleet: }#" "$LAB/node1.conf"
fleet_run 1
check "both edges find the master, past a sentinel that is not there" wait_until 10 fleet_follows
on_edge 1 ban 203.0.113.1 --for 1h >/dev/null
check "and share" wait_until 2 edge_verdict_is 2 203.0.113.1 banned
wait_until 5 says '^[1-9]' redis_cli -p 6380 hlen '{gatepost}:batches'

step "the master dies"
kill -KILL "$MASTER_PID"
on_edge 1 ban 203.0.113.2 --for 1h >/dev/null
on_edge 2 unban 203.0.113.1 >/dev/null
check "both follow the other one" wait_until 30 fleet_follows
check "which is the replica of before" fleet_is 1 redis 192.0.2.225:6380
check "what was decided meanwhile is in force" wait_until 5 edge_verdict_is 2 203.0.113.2 banned
check "and what was unbanned is free" wait_until 5 edge_verdict_is 1 203.0.113.1 passes
check "both agree" wait_until 5 fleet_agrees
