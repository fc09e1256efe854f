#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "An attacker that takes another address of its IPv6 /64 for every attempt is one source"
lab_user alice right
lab_up dovecot
edge_start
host attacker
ip -n outside route add 2001:db8:bad:10::/64 dev to-attacker
for n in $(seq 40); do host_source attacker 2001:db8:bad:10::"$n"; done
host neighbour 2001:db8:bad:11::1

GUESS_FROM="2001:db8:bad:10::#" LAB_ATTACK_S=5 guess attacker imap "$FARM6" alice wrong# 40
check "it is banned" verdict_is 2001:db8:bad:10::1 banned
check "with one ban for the whole /64" equal "$(gp bans | grep -c 2001:db8)" 1
check "the ban covers it" says 'covers +2001:db8:bad:10::/64' gp explain 2001:db8:bad:10:ffff::1
reached=$(farm_attempts '2001:db8:bad:10::[0-9a-f]+')
check "it made attempts from more than five addresses" above \
	"$(grep -oE 'rip=2001:db8:bad:10::[0-9a-f]+' "$LAB/dovecot.log" | sort -u | wc -l)" 5
check "but not all of its 40" below "$reached" 35
host_source attacker 2001:db8:bad:10:1234:5678:9abc:def0
check "an address that it has never used is shut out as well" not connects attacker 143 "$FARM6"
check "no more attempts reach the farm" equal "$(farm_attempts '2001:db8:bad:10::[0-9a-f]+')" "$reached"
check "the next /64 is somebody else" connects neighbour 143 "$FARM6"
check "and logs in" subscriber_imap neighbour alice right "$FARM6"
