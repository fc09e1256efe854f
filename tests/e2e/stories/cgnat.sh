#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "One attacker behind an address of many subscribers is slowed down, and nobody there is shut out"
for n in $(seq 20); do lab_user "user$n" right; done
lab_up dovecot
edge_start
host cgnat 203.0.113.50
host lonely 198.51.100.10

step "twenty subscribers log in from one address, then one of them starts guessing"
guess cgnat imap "$FARM4" user# right 20
check "they got in" equal "$(farm_successes 203.0.113.50)" 20
guess cgnat imap "$FARM4" user1 wrong# 7 7
check "what the others' successes pay for does not count" verdict_is 203.0.113.50 passes
guess cgnat imap "$FARM4" user1 more# 20 20
check "eight within half a minute do: the address is limited, not banned" verdict_is 203.0.113.50 limited
check "explain says why" says 'guessing-in-a-crowd: limit 10m when 8 failures in 30s per source, credit or not' gp explain 203.0.113.50
check "bans lists it as a limit" says '^203\.0\.113\.50 +limit +guessing-in-a-crowd' gp bans

step "the guesser goes on as fast as he can"
before=$(farm_attempts 203.0.113.50)
LAB_ATTACK_S=4 guess cgnat imap "$FARM4" user1 fast# 200 50
check "most of it does not get through" below "$(farm_attempts 203.0.113.50)" $((before + 50))
check "for the limit's reason" above "$(counted packets 'over the limit put on it by a rule')" 20
check "his neighbours get in as soon as he pauses" wait_until 5 connects cgnat
for n in 2 3 4; do check "user$n gets in" subscriber_imap cgnat user$n right; done

step "the same failures where nobody logs in"
LAB_ATTACK_S=4 guess lonely imap "$FARM4" user1 wrong# 40 20
check "are a ban" verdict_is 198.51.100.10 banned
