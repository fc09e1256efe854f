# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="people: no attack; a phone with an old password, an office after the weekend, somebody who mistypes; 300 times faster"
FASTER=300
ATTACKERS=nobody
SUBSCRIBERS=("home 203.0.113.20 laptop imap imaps" "cora 203.0.113.30 cora submission imap" "bert 2001:db8:cafe::20 bert imaps pop3")
for colleague in $(seq 10); do
	SUBSCRIBERS+=("office 203.0.113.40 colleague$colleague imap")
done

scene_set() { :; }

# The phone asks every five minutes, behind the same address as the laptop. One in the office mistypes every 2.5
# minutes. cora mistypes twice in a client that tries three ways each time.
scene_attack() {
	local n
	wait_until 20 grew_to 14 accounts_of logins
	for n in $(seq 6); do
		guess cora imap "$FARM4" cora "typo$((n % 2))" 1 &
	done
	for n in $(seq 24); do
		guess home imap "$FARM4" laptop old-password 1 &
		[ "$n" -gt 10 ] || guess office imap "$FARM4" "colleague$n" "mistyped$n" 1 &
		sleep 0.5
		[ "$n" -gt 10 ] || guess office imap "$FARM4" "colleague$n" "mistyped again$n" 1 &
		sleep 0.5
	done
	sleep 2
}
