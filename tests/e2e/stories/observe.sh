#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Observe mode drops nothing and says what it would have dropped"
lab_user alice right
lab_up dovecot
LAB_MODE=observe
edge_start
host attacker 198.51.100.10 2001:db8:bad:10::1

guess attacker imap "$FARM4" alice wrong# 40 10
guess attacker imap "$FARM6" alice wrong# 40 10
check "all attempts reach the farm (IPv4)" equal "$(farm_attempts 198.51.100.10)" 40
check "all attempts reach the farm (IPv6)" equal "$(farm_attempts 2001:db8:bad:10::1)" 40
check "nothing was dropped" equal "$(dropped)" 0
check "what would have been is counted" above "$(counted spared 'banned source')" 20
check "explain says observed" verdict_is 198.51.100.10 observed
check "and in words" says 'observe: its packets pass and are counted as spared' gp explain 198.51.100.10
check "bans lists what it would have banned" says '198\.51\.100\.10 .*stuffing' gp bans
check "status says observe" says '^mode +observe' gp status
check "the log says what was only observed" grep -q 'warn ban source=198.51.100.10 .*mode=observe' "$LAB/gatepost.log"

step "enforce, without a restart"
gp mode enforce >/dev/null
check "now the attacker is shut out" not connects attacker
check "with a reason" above "$(counted packets 'banned source')" 0
gp mode observe >/dev/null
check "and back" connects attacker
