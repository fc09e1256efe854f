#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Who waits for longer than a right password takes is known to have failed; when everybody waits, nobody is"
for n in $(seq 20); do lab_user "clerk$n" right; done
LAB_AUTH_DELAY="2 secs" # as Dovecot ships it
lab_up dovecot
edge_start
host attacker 198.51.100.10
host office 198.51.100.30
host subscriber 203.0.113.10

crowd() { # until there is $LAB/enough
	until [ -e "$LAB/enough" ]; do
		subscriber_imap subscriber clerk1 right >>"$LAB/crowd.log" 2>&1 || touch "$LAB/crowd.refused"
		sleep 0.05
	done
}
first_refusal() { wire_refusals "$1" | head -n 1; }
auth_send() { # SIGNAL: to what looks passwords up
	local pid
	for pid in $(pgrep -x auth); do kill "-$1" "$pid"; done
}

step "subscribers log in, as ever"
for n in $(seq 10); do subscriber_imap subscriber clerk1 right >/dev/null; done
check "their logins were read" wait_until 5 grew_to 10 seen successes

step "hydra comes, sixteen at once"
watch_start "tcp port 143"
crowd &
attack_hydra attacker imap "$FARM4" "$(word_list user 2)" "$(word_list wrong 500)" -t 16 &
check "it is banned" wait_until 10 verdict_is 198.51.100.10 banned
since=$(explained 198.51.100.10 since)
check "its reason says that no answer was there" says 'why .*before the server answered' gp explain 198.51.100.10
sleep 3
check "the ban goes by what was refused, in the end" says 'evidence E5' gp explain 198.51.100.10
capture_stop
touch "$LAB/enough"
refused=$(first_refusal 198.51.100.10)
check "it was in force before the first refusal was on the wire" below "$since" "$refused"
check "no attempt of it reached the farm after that" \
	equal "$(farm_attempts 198.51.100.10)" "$(farm_failures 198.51.100.10)"
check "each of them was counted once" equal "$(explained 198.51.100.10 failures)" "$(farm_failures 198.51.100.10)"
check "all that were presumed have been refused" equal "$(explained 198.51.100.10 presumed)" 0
check "nothing was taken back" equal "$(seen taken_back)" 0
check "no subscriber was refused" test ! -e "$LAB/crowd.refused"

step "the password database hangs, and an office of twenty that nobody knows comes to work"
presumed=$(seen presumed)
auth_send STOP
guess office imap "$FARM4" clerk# right 20 20 &
sleep 2.5
check "nobody is presumed to have failed" equal "$(seen presumed)" "$presumed"
auth_send CONT
wait $!
check "they get in" wait_until 5 equal_now 20 explained 198.51.100.30 successes
check "nothing stands against them" equal "$(explained 198.51.100.30 failures)" 0
check "nobody else is banned" says '"bans":1,' gp status -o json
check "a subscriber gets in" subscriber_imap subscriber clerk1 right
