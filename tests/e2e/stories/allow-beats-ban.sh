#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "The allow list always wins, whatever comes first"
lab_user alice right
lab_up dovecot
edge_start 'allow = {"203.0.113.0/24"}'
host monitor 198.51.100.10 2001:db8:bad:10::1
host banned 198.51.100.11
host webmail 203.0.113.10

step "allowed, then bad"
gp allow 198.51.100.10 --reason monitoring >/dev/null
gp allow 2001:db8:bad:10::/64 >/dev/null
guess monitor imap "$FARM4" alice wrong# 40 20
guess monitor imap "$FARM6" alice wrong# 40 20
check "all its attempts reach the farm (IPv4)" equal "$(farm_attempts 198.51.100.10)" 40
check "all its attempts reach the farm (IPv6)" equal "$(farm_attempts 2001:db8:bad:10::1)" 40
attack_synflood monitor 198.51.100.10 "$FARM4" 143 1500 1500 >/dev/null
check "nor is it limited" equal "$(dropped)" 0
check "it is not banned" verdict_is 198.51.100.10 allowed
check "explain says that it is allowed" says 'ALLOWED' gp explain 198.51.100.10
check "a ban by hand is refused" exits 5 gp ban 198.51.100.10
check "and says why" says 'allow list, which always wins' gp ban 198.51.100.10
check "so is one of a prefix around it" exits 5 gp ban 198.51.100.0/24

step "banned, then allowed"
gp ban 198.51.100.11 >/dev/null
check "it is shut out" not connects banned
gp allow 198.51.100.11 >/dev/null
check "it is let in at once" connects banned
check "the ban is gone" not says '198\.51\.100\.11' gp bans
check "the allow list says who is on it" says '198\.51\.100\.10 .*monitoring' gp allow

step "allowed by the configuration"
guess webmail imap "$FARM4" alice wrong# 40 20
check "all its attempts reach the farm" equal "$(farm_attempts 203.0.113.10)" 40
check "what was dropped was dropped by the one ban" equal "$(dropped)" "$(counted packets 'banned source')"

step "taken off the list"
gp allow 198.51.100.10 --remove >/dev/null
LAB_ATTACK_S=4 guess monitor imap "$FARM4" alice more# 40 20
check "now it is banned like anybody" verdict_is 198.51.100.10 banned
