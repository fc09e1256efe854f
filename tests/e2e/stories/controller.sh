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
crowded() { above "$(lost flows_pushed_out)" 0; }
for kind in connections samples openers handshakes; do
	attack $kind 300
	check "$kind: it is under attack" grows samples
	check "$kind: forty questions are answered, each within five seconds" ask 40 25
	step "$(ask 40 25)"
	check "$kind: and a subscriber gets in" subscriber_imap subscriber alice right
	[ $kind != openers ] || check "$kind: what has to make room is counted" wait_until 120 crowded
	check "$kind: all of that during the attack" kill -0 $CROWD
	kill $CROWD
	wait $CROWD 2>/dev/null || :
done
check "what was over the budget of samples is counted" above "$(lost over_budget)" 0
check "there are never more flows than there is room for" below "$(seen flows_open)" 8193
check "who does not guess is not banned" not says " ban " gp bans

# Tables are taken once and touched as they fill, so what is in memory grows until the crowd has been everywhere in them:
# nothing may be taken for more connections, and all of it is no more than was foretold.
soak_all() {
	local kind from to rss foretold end=$((SECONDS + minutes * 60))
	foretold=$(gp check --config "$LAB/gatepost.conf" | sed -n 's/^memory  *\([0-9]*\) MiB in all when.*/\1/p')
	for kind in connections samples openers handshakes; do attack $kind $((minutes * 60)); done
	while [ $SECONDS -lt $end ]; do
		ask 600 80 >"$LAB/asked"
		step "$(edge_kb VmRSS) KiB in memory of $(edge_kb VmData) taken, $(seen flows_open) flows," \
			"$(lost over_budget) samples over the budget, $(edge_waited_ms) ms without a CPU so far; $(cat "$LAB/asked")"
		sed 's/.*99 of 100 within \([0-9.]*\) ms.*/\1/' "$LAB/asked" >>"$LAB/p99"
		edge_kb VmData >>"$LAB/taken"
	done
	from=$(sed -n 3p "$LAB/taken") to=$(tail -n 1 "$LAB/taken") rss=$(edge_kb VmRSS)
	check "at the end it has taken no more than after the third minute: $from KiB, $to KiB" below "$to" "$((from * 105 / 100))"
	check "$rss KiB are in memory, less than the $foretold MiB that were foretold" below "$rss" "$((foretold * 1024))"
	check "99 of 100 questions are answered within 100 ms, in the median of the minutes" \
		below "$(sort -n "$LAB/p99" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" 100
	check "a subscriber gets in" subscriber_imap subscriber alice right
}
[ $minutes = 0 ] || soak_all
