#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A node with the wrong key, an unlisted one, replays, too wide, too many, too long, junk: refused by name, counted"
lab_net
fleet_net
redis_start
fleet_up 'fleet: rate = "1/s burst 30"
	allow = {"198.51.100.77"}' 'guardrail { widest = "/1,/3" }
	fleet: longest = 60d'
check "both edges follow the stream" wait_until 5 fleet_follows
refused() { says "$2" on_edge 1 fleet; }

on_edge 2 ban 203.0.113.1 --for 1h >/dev/null
check "what is right is believed" wait_until 2 edge_verdict_is 1 203.0.113.1 banned
on_edge 2 ban 128.0.0.0/1 --for 1h >/dev/null
check "half of the Internet is not banned" wait_until 2 refused 1 'edge2: 1, wider than the guardrail allows'
check "nor is a neighbour in it" edge_verdict_is 1 203.0.113.9 passes
on_edge 2 ban 203.0.113.2 --for 50d >/dev/null
check "nor anybody for longer than is agreed" wait_until 2 refused 1 'edge2: 1, lasts longer'
on_edge 2 ban 198.51.100.77 --for 1h >/dev/null
check "nor whom we allow" wait_until 2 refused 1 'edge2: 1, touches the allow list'

step "an old batch is put into the stream again"
redis_cli eval "local item = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
	return redis.call('XADD', KEYS[1], '*', 'n', redis.call('INCR', KEYS[2]) and redis.call('GET', KEYS[2]), 'b', item[2][4])" \
	2 '{gatepost}:log' '{gatepost}:count' >/dev/null
check "a replay is known as one" wait_until 2 refused 1 'edge2: 1, replayed'
redis_cli eval "return redis.call('XADD', KEYS[1], '*', 'n', redis.call('INCR', KEYS[2]) and redis.call('GET', KEYS[2]), 'b', 'junk')" \
	2 '{gatepost}:log' '{gatepost}:count' >/dev/null
check "junk is known as such" wait_until 2 refused 1 'unknown: [1-9][0-9]*, malformed'
redis_cli xadd '{gatepost}:log' '*' x y >/dev/null
redis_cli hset '{gatepost}:batches' whatever junk >/dev/null
redis_cli hset '{gatepost}:nodes' whatever junk >/dev/null
check "an item that is none makes them read anew, no more" wait_until 10 fleet_follows

step "the second edge goes wild"
for i in $(seq 60); do on_edge 2 ban "203.0.113.$((100 + i))" --for 1h >/dev/null; done
check "it is cut to its rate" wait_until 3 refused 1 'edge2: [0-9]+, its node is over its rate'
check "what came before stays in force" edge_verdict_is 1 203.0.113.1 banned

step "somebody with another key in the second edge's name, and somebody with a name of his own"
fleet_kill9 2
rm "$LAB/node2/fleet.key"
"$GATEPOST" key --config "$LAB/node2.conf" >/dev/null
fleet_run 2
on_edge 2 ban 203.0.113.3 --for 1h >/dev/null
check "the wrong key is refused" wait_until 5 refused 1 'edge2: [0-9]+, wrong signature'
fleet_kill9 2
sed -i 's/node = edge2/node = stranger/' "$LAB/node2.conf"
fleet_run 2
on_edge 2 ban 203.0.113.4 --for 1h >/dev/null
check "so is the stranger" wait_until 5 refused 1 'unknown: [0-9]+, its node is not listed'
check "and neither has banned anybody" edge_verdict_is 1 203.0.113.3 passes
check "nor the other" edge_verdict_is 1 203.0.113.4 passes

step "somebody who is us"
fleet_kill9 2
sed -i 's/node = stranger/node = edge1/; s#^peer "edge1"#peer "edge2"#' "$LAB/node2.conf"
cp -p "$LAB/node1/fleet.key" "$LAB/node2/fleet.key"
fleet_run 2
on_edge 2 ban 203.0.113.5 --for 1h >/dev/null
check "a copy of ourselves is noticed" wait_until 5 refused 1 'edge1: [0-9]+, somebody else uses our name and key'
check "status wants somebody to look" exits 1 on_edge 1 status
check "the first edge still stands, with what it had" edge_verdict_is 1 203.0.113.1 banned
