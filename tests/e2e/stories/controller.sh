#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

# In the soak everything at once for ten minutes; else each attack for some seconds.
minutes=0
[ -z "${SOAK:-}" ] || minutes=${SOAK_MINUTES:-10}

story "Under attack by crowds that are real the controller answers, says what it lost, and stays as large as it is"
lab_user alice right
lab_up dovecot
edge_start '
	limit { samples = "4000/s burst 4000" service = "50000/s burst 50000" prefix = off }
	tables { flows = 8192 }'
host crowd 198.51.100.20 2001:db8:cc::1
host subscriber 203.0.113.10
host_prefix crowd 2001:db8:c000::/36
bearer_start $((minutes * 60 < 600 ? minutes * 60 + 300 : 900)) 143 110 587

handshakes() { # SECONDS: as many as a CPU can make, without a login
	local end=$((SECONDS + $1))
	while [ $SECONDS -lt $end ]; do
		on crowd nice timeout -k 1 10 openssl s_time -connect "$FARM4:993" -new -time 5 || :
	done >>"$LAB/handshakes.log" 2>&1
}
attack() { # KIND SECONDS: until $CROWD is killed
	case $1 in
	connections) crowd_start churn crowd 2001:db8:c000::/36 "$BEARER6" 143 400 "$2" ;;
	samples) crowd_start garble crowd 2001:db8:c000::/36 "$BEARER6" 110 200 "$2" ;;
	openers) crowd_start hold crowd 2001:db8:c000::/36 "$BEARER6" 587 12000 "$2" ;;
	handshakes)
		handshakes "$2" &
		CROWD=$!
		;;
	esac
}
lost() { gp status -o json | field "$1"; }
grows() { # FIELD: of what was seen
	local before
	before=$(seen "$1")
	wait_until 60 grew_to $((before + 100)) seen "$1"
}

step "in calm: $(ask 40 25)"
for kind in connections samples openers handshakes; do
	attack $kind 300
	check "$kind: it is under attack" grows samples
	check "$kind: forty questions are answered, each within five seconds" ask 40 25
	step "$(ask 40 25)"
	check "$kind: and a subscriber gets in" subscriber_imap subscriber alice right
	check "$kind: all of that during the attack" kill -0 $CROWD
	kill $CROWD
	wait $CROWD 2>/dev/null || :
done
check "what was over the budget of samples is counted" above "$(lost over_budget)" 0
check "so is what had to make room" above "$(lost flows_pushed_out)" 0
check "there are never more flows than there is room for" below "$(seen flows_open)" 8193
check "who does not guess is not banned" not says " ban " gp bans

soak_all() {
	local kind from to end=$((SECONDS + minutes * 60)) n=0
	for kind in connections samples openers handshakes; do attack $kind $((minutes * 60)); done
	while [ $SECONDS -lt $end ]; do
		ask 600 80 >"$LAB/asked"
		n=$((n + 1))
		step "$(edge_rss_kb) KiB in memory, $(seen flows_open) flows, $(lost over_budget) samples over the budget; $(cat "$LAB/asked")"
		sed 's/.*99 of 100 within \([0-9.]*\) ms.*/\1/' "$LAB/asked" >>"$LAB/p99"
		edge_rss_kb >>"$LAB/rss"
	done
	from=$(sed -n 3p "$LAB/rss") to=$(tail -n 1 "$LAB/rss")
	check "ten minutes later it is not larger than after the third: $from KiB, $to KiB" below "$to" "$((from * 105 / 100))"
	check "99 of 100 questions are answered within 100 ms, minute by minute" below "$(sort -n "$LAB/p99" | tail -n 1)" 100
	check "a subscriber gets in" subscriber_imap subscriber alice right
}
[ $minutes = 0 ] || soak_all
