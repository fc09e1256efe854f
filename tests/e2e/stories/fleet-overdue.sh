#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A ban that was decided before the server's first refusal is shared when all of it was refused, and not before"
lab_user alice right
LAB_AUTH_DELAY="2 secs"
lab_net
fleet_net
farm_start dovecot
redis_start
fleet_up
host attacker 198.51.100.10
host subscriber 203.0.113.10

crowd() { # until there is $LAB/enough
	until [ -e "$LAB/enough" ]; do
		subscriber_imap subscriber alice right >>"$LAB/crowd.log" 2>&1 || :
		sleep 0.05
	done
}

check "both edges follow the stream" wait_until 5 fleet_follows
for _ in $(seq 10); do subscriber_imap subscriber alice right >/dev/null; done
crowd &
attack_hydra attacker imap "$FARM4" "$(word_list user 2)" "$(word_list wrong 500)" -t 16 &
check "the first edge bans it before it was refused" wait_until 10 edge_verdict_is 1 198.51.100.10 banned
check "on what it presumes" says 'evidence E4' on_edge 1 explain 198.51.100.10
sleep 0.5
check "which it keeps to itself" edge_verdict_is 2 198.51.100.10 passes
check "when the server has refused, the second edge hears of it" wait_until 8 edge_verdict_is 2 198.51.100.10 banned
touch "$LAB/enough"
check "as of something certain" says 'fleet +edge1: ban by .*, E5: ' on_edge 2 explain 198.51.100.10
check "the first says the same now" says 'evidence E5' on_edge 1 explain 198.51.100.10
