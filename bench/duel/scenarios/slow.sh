# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="slow: one try a second from one address, each at another account"
ATTACKERS='198\.51\.100\.10'
SUBSCRIBERS=("anna 198.51.100.200 anna imap pop3s submission" "bert 2001:db8:cafe::20 bert imaps pop3")

scene_set() { host attacker 198.51.100.10; }

scene_attack() {
	local n jobs=()
	attack_synflood attacker 198.51.100.10 "$FARM4" 143 750 25 &
	jobs+=($!)
	for n in $(seq 30); do
		guess attacker imap "$FARM4" "victim$n" "wrong$n" 1 &
		jobs+=($!)
		sleep 1
	done
	wait "${jobs[@]}"
}
