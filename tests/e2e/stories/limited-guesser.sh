#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Hydra behind an address of twelve subscribers: a limit costs it a connection a guess, and costs them nothing"
cat >"$LAB/rules" <<-END
	rule "stuffing" { count = failures threshold = 10 window = 1h per = source action = ban for = 1h unless_success = 1h }
END
for n in $(seq 12); do lab_user "user$n" right; done
lab_up dovecot
edge_start 'credit { per_success = 0 }'
host cgnat 203.0.113.50
opened() { on farm ss -Htn state established "dst 203.0.113.50 sport = :143" | wc -l; }
at_most_opened() { [ "$(opened)" -le "$1" ]; }
cuts() { counted packets 'connection of a limited source, after a failed login'; }
has_cut() { [ "$(cuts)" -gt 0 ]; }
refused_logins=0 logins=0
neighbours() { # SECONDS
	local until=$((${EPOCHREALTIME%.*} + $1)) n=0
	while [ "${EPOCHREALTIME%.*}" -lt "$until" ]; do
		n=$((n % 12 + 1)) logins=$((logins + 1))
		subscriber_imap cgnat "user$n" right >/dev/null 2>&1 || refused_logins=$((refused_logins + 1))
		sleep 1
	done
}

step "they log in, one of them stays, and hydra begins on sixteen connections"
guess cgnat imap "$FARM4" user# right 12
check "they got in" equal "$(farm_successes 203.0.113.50)" 12
idle_start cgnat user1 right
LAB_ATTACK_S=25 attack_hydra cgnat imap "$FARM4" "$(word_list victim 2)" "$(word_list wrong 500)" -t 16 &
hydra=$!
check "the address is limited" wait_until 15 verdict_is 203.0.113.50 limited
limited_us=${EPOCHREALTIME/./}

step "it goes on on the connections that it has"
sleep 1 # what had been said is answered
before=$(farm_failures 203.0.113.50)
check "and they are cut" wait_until 5 has_cut
check "the server is rid of them at once" wait_until 2 at_most_opened 2
neighbours 15
after=$(farm_failures 203.0.113.50)
most=$((20 + 2 * (${EPOCHREALTIME/./} - limited_us) / 1000000 + 1))
check "guesses are bounded by burst and rate" below $((after - before)) "$most"
check "the neighbours log in, all of $logins times" equal "$refused_logins" 0
check "who was in before is in" idle_gets cgnat user1
kill "$hydra" 2>/dev/null || :
wait "$hydra" || :

step "a guesser who takes a new connection for each guess"
before=$(farm_failures 203.0.113.50) since_us=${EPOCHREALTIME/./}
LAB_ATTACK_S=6 guess cgnat imap "$FARM4" user1 fast# 300 40
check "has burst and rate as well" below $(($(farm_failures 203.0.113.50) - before)) \
	$((20 + 2 * (${EPOCHREALTIME/./} - since_us) / 1000000 + 2))
check "and somebody who logs in is not kept waiting when it is over" wait_until 5 subscriber_imap cgnat user2 right

step "the limit is taken back"
gp unban 203.0.113.50 >/dev/null
cut=$(cuts)
guess cgnat imap "$FARM4" user1 again# 5 5
check "nothing is cut" equal "$(cuts)" "$cut"
