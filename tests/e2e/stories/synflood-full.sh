#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

# In the soak as fast as the wire to the edge carries it, round after round; else at a pace that leaves the machine to
# others. That one comes in bursts, so the service's budget is smaller, too: no room in the gaps.
pps=100000 rounds=1 service="200/s burst 200"
[ -z "${SOAK:-}" ] || pps=0 rounds=${ROUNDS:-10} service="2000/s burst 10000"

story "A SYN flood from everywhere: who was here before logs in at once, who comes for the first time a little later"
lab_user alice right
lab_up dovecot
edge_start "limit { service = \"$service\" }"
host regulars 198.51.100.10 2001:db8:a::10
host newcomers 198.51.100.20 2001:db8:a::20
host_prefix regulars 2001:db8:e00::/48 203.0.113.0/25
host_prefix newcomers 2001:db8:f00::/40 203.0.113.128/25

step "in calm nobody waits"
calm=$(login_crowd regulars "$FARM6" "2001:db8:e00:#::1" 50 10)
step "IPv6: $calm"
check "fifty come for the first time and get in (IPv6)" equal "$(share_of "$calm")" 100.0
calm=$(login_crowd regulars "$FARM4" "203.0.113.#" 50 10)
step "IPv4: $calm"
check "fifty come for the first time and get in (IPv4)" equal "$(share_of "$calm")" 100.0
check "no SYN had to come twice" equal "$(dropped)" 0

step "the flood: $([ $pps = 0 ] && echo "as fast as it goes" || echo "$pps SYNs a second"), and 50000 of IPv4"
attack_forge syn 2001:db8::/32 "$FARM6" 143 $pps 800 >/dev/null &
flood6=$!
attack_forge syn 0.0.0.0/0 "$FARM4" 143 50000 800 >/dev/null &
flood4=$!
refused="first SYN of an unproven source, while its service is flooded"
check "the service has no room left for strangers" wait_until 20 grew_to 100000 counted packets "$refused"

# What the card has no room for is lost before anybody can judge it, and of a subscriber as soon as of a forger.
on_wire() { ip -n outside -s link show to-edge | awk '/TX:/ { getline; print $2, $4 }'; } # sent, lost
read -r sent_before lost_before < <(on_wire)

came=0
for ((round = 1; round <= rounds; round++)); do
	before=$(counted packets "$refused") began=${EPOCHREALTIME/./}
	proven6=$(login_crowd regulars "$FARM6" "2001:db8:e00:#::1" 50 10)
	proven4=$(login_crowd regulars "$FARM4" "203.0.113.#" 50 10)
	first6=$(login_crowd newcomers "$FARM6" "2001:db8:f00:#::1" 60 20 $((round * 100)))
	first4=$(login_crowd newcomers "$FARM4" "203.0.113.#" 12 12 $((116 + round * 12)))
	step "round $round, $((($(counted packets "$refused") - before) * 1000 / (${EPOCHREALTIME/./} - began))) thousand SYNs a second refused"
	step "  proven, IPv6:     $proven6"
	step "  proven, IPv4:     $proven4"
	step "  first time, IPv6: $first6"
	step "  first time, IPv4: $first4"
	check "who has been here before logs in, all of them (IPv6)" equal "$(share_of "$proven6")" 100.0
	check "who has been here before logs in, all of them (IPv4)" equal "$(share_of "$proven4")" 100.0
	came=$((came + $(cut -d' ' -f1 <<<"$first6") + $(cut -d' ' -f1 <<<"$first4")))
done
check "of those who come for the first time 95 of 100 are in within 4 s" above "$(share_of "$came of $((72 * rounds))")" 94.9
read -r sent lost < <(on_wire)
lost=$((lost - lost_before)) sent=$((sent - sent_before))
step "the wire to the edge lost $lost of $sent frames"
[ $pps != 0 ] || check "the wire to the edge lost no more than one frame in ten" test $((lost * 10)) -le $sent
check "all of that during the flood" kill -0 $flood6 $flood4
check "the flood has got nobody banned" equal "$(seen bans)" 0
check "and nothing is in the kernel's table of bans" says '^0 bans in force, 0 missing in the kernel, 0 in the kernel only' gp verify
check "the forged packets were such as a server answers" equal "$(on farm nstat -asz TcpInCsumErrors | awk '/Csum/ { print $2 }')" 0
