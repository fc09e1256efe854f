#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Redis Cluster: the keys are in one slot, and whoever asks the wrong node is sent on"
lab_net
fleet_net
ip -n edge2 route add 192.0.2.224/30 via 192.0.2.229
redis_start --cluster-enabled yes --cluster-announce-ip 192.0.2.225
mkdir -p "$LAB/second"
nsenter --net=/run/netns/control -- redis-server --port 6380 --bind '*' --dir "$LAB/second" --save '' \
	--aclfile "$LAB/redis/users.acl" --logfile "$LAB/second.log" --cluster-enabled yes \
	--cluster-announce-ip 192.0.2.225 >/dev/null 2>&1 &
wait_until 10 redis_cli -p 6380 ping || die "no second node"
slot=$(redis_cli cluster keyslot '{gatepost}:log')
check "all keys are in one slot" equal "$slot" "$(redis_cli cluster keyslot '{gatepost}:batches')"
redis_cli cluster meet 192.0.2.225 6380 >/dev/null
# ours is on the second node, all others on the first
redis_cli cluster addslotsrange 0 $((slot - 1)) $((slot + 1)) 16383 >/dev/null
redis_cli -p 6380 cluster addslots "$slot" >/dev/null
for port in 6379 6380; do
	wait_until 20 says 'cluster_state:ok' redis_cli -p $port cluster info || die "no cluster"
done
fleet_up
check "both edges are sent on, and follow" wait_until 10 fleet_follows
check "to the second node" fleet_is 1 redis 192.0.2.225:6380
on_edge 1 ban 203.0.113.1 --for 1h >/dev/null
check "and share" wait_until 2 edge_verdict_is 2 203.0.113.1 banned
