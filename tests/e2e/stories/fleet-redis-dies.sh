#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Redis is killed, comes back empty or from its file, and one edge is cut off: nothing is lost, nothing is left"
lab_net
fleet_net
redis_start --appendonly yes --appendfsync everysec
fleet_up
check "both edges follow the stream" wait_until 5 fleet_follows
on_edge 1 ban 203.0.113.1 --for 1h >/dev/null
on_edge 2 ban 203.0.113.2 --for 1h >/dev/null
check "both agree" wait_until 2 fleet_agrees

step "Redis is killed in mid-stream"
for i in $(seq 10 40); do
	on_edge 1 ban "203.0.113.$i" --for 1h >/dev/null
	[ "$i" != 25 ] || redis_kill9
done
on_edge 2 ban 198.51.100.2 --for 1h >/dev/null
on_edge 2 unban 203.0.113.1 >/dev/null
check "what was banned stays so" edge_verdict_is 1 203.0.113.2 banned
check "status says since when it is away" says 'REDIS IS AWAY since 20.*Z: c' on_edge 1 status
check "decisions are queued" above "$(fleet_field 1 queued)" 10
redis_start --appendonly yes --appendfsync everysec
check "started again from its file, both follow" wait_until 15 fleet_follows
check "and agree" wait_until 5 fleet_agrees
check "on all that was banned" equal "$(bans_of 1 | wc -l)" 33
check "and on what was unbanned meanwhile" edge_verdict_is 1 203.0.113.1 passes

step "Redis comes back empty"
redis_kill9
rm -rf "$LAB/redis"
on_edge 1 ban 203.0.113.100 --for 1h >/dev/null
redis_start
check "both follow" wait_until 15 fleet_follows
check "and agree" wait_until 5 fleet_agrees
check "the new Redis has all of it again" wait_until 5 says '^[1-9]' redis_cli hlen '{gatepost}:batches'
step "FLUSHALL, behind their backs"
redis_cli flushall >/dev/null
both_told() { says '^edge1:' redis_cli hkeys '{gatepost}:batches' && says '^edge2:' redis_cli hkeys '{gatepost}:batches' && fleet_follows; }
check "they notice, and both tell all of theirs again" wait_until 15 both_told
fleet_kill9 2
rm -rf "$LAB/node2/state"
fleet_run 2
check "an edge that has lost its disk learns what the other one told" wait_until 5 edge_verdict_is 2 203.0.113.100 banned

step "the stream is trimmed while one edge is cut off"
edge_cut 2
on_edge 1 ban 203.0.113.101 --for 1h >/dev/null
on_edge 2 ban 203.0.113.102 --for 1h >/dev/null
on_edge 1 unban 203.0.113.100 >/dev/null
redis_cli xtrim '{gatepost}:log' MAXLEN 0 >/dev/null
check "the one that is cut off notices within seconds" wait_until 10 says 'REDIS IS AWAY since' on_edge 2 status
if [ -n "${SOAK:-}" ]; then
	cut_at=$SECONDS
	minute_over() { [ $((SECONDS - cut_at)) -ge 60 ]; }
	wait_until 70 minute_over
fi
edge_join 2
check "it comes back" wait_until 20 fleet_follows
check "with what it missed" wait_until 5 edge_verdict_is 2 203.0.113.101 banned
check "and what it was not told" wait_until 5 edge_verdict_is 2 203.0.113.100 passes
check "and tells what it decided alone" wait_until 5 edge_verdict_is 1 203.0.113.102 banned

step "both ban and unban the same address at once"
for _ in 1 2 3 4 5; do
	on_edge 1 ban 203.0.113.200 --for 1h >/dev/null & told=($!)
	on_edge 2 unban 203.0.113.200 >/dev/null & told+=($!)
	on_edge 2 ban 203.0.113.200 --for 2h >/dev/null & told+=($!)
	on_edge 1 unban 203.0.113.200 >/dev/null & told+=($!)
	wait "${told[@]}"
done
wait_until 5 fleet_follows || :
wait_until 5 fleet_agrees || :
check "they agree in the end" fleet_agrees
on_edge 1 ban 203.0.113.201 --for 2s >/dev/null
check "a short ban is over everywhere" wait_until 5 edge_verdict_is 2 203.0.113.201 passes
check "and is thrown away in Redis" wait_until 10 \
	equal_now 0 redis_cli zcount '{gatepost}:ends' -inf "$(($(date +%s) * 1000 - 5000))"
