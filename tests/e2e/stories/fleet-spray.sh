#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A spray that shows each edge a few accounts is seen by the fleet"
lab_user alice right
lab_net
fleet_net
farm_start dovecot slow
redis_start
rules='rule "spray" { count = accounts threshold = 8 window = 1h per = source action = ban for = 1h fleet = yes }'
fleet_up "$rules" "$rules"
fleet_kill9 2
cp -p "$LAB/node1/state/account.key" "$LAB/node2/state/account.key" # one key: an account is the same everywhere
fleet_run 2
host sprayer 198.51.100.10
host quiet 198.51.100.20
SLOW4=$(server4 slow)
check "both edges follow the stream" wait_until 5 fleet_follows

guess sprayer imap "$FARM4" one# wrong 5
guess quiet imap "$FARM4" one# wrong 5
check "five accounts at the first edge are no spray" edge_verdict_is 1 198.51.100.10 passes
guess sprayer imap "$SLOW4" two# wrong 5 5
check "with five others at the second it is one" wait_until 10 edge_verdict_is 2 198.51.100.10 banned
check "which the reason says" says 'why +(8|9|10) fleet accounts in 1h from 198.51.100.10' on_edge 2 explain 198.51.100.10
check "and the first edge drops it, too" wait_until 2 edge_verdict_is 1 198.51.100.10 banned
guess quiet imap "$SLOW4" one# wrong 5 5
fleet_counted() { redis_cli pfcount "$(redis_cli keys '{gatepost}:hll:spray:0000ffffc6336414:*' | head -n 1)"; }
check "every account of the second edge is counted there" wait_until 5 says 'count +spray: 5 of 8' on_edge 2 explain 198.51.100.20
check "the same five accounts at both are five" wait_until 5 equal_now 5 fleet_counted
check "and no spray" edge_verdict_is 2 198.51.100.20 passes
check "the counts in Redis end by themselves" above "$(redis_cli pttl "$(redis_cli keys '{gatepost}:hll:*' | head -n 1)")" 1000
