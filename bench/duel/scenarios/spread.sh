# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="spread: forty addresses of one /24, three tries each"
ATTACKERS='198\.51\.100\.[0-9]+'
SUBSCRIBERS=("anna 203.0.113.20 anna imap pop3s submission" "bert 2001:db8:cafe::20 bert imaps pop3")

scene_set() {
	host attacker 198.51.100.250 # its other addresses go the same way
	host_prefix attacker 198.51.100.0/24
}

scene_attack() {
	local round
	for round in 0 1 2; do
		LAB_ATTACK_S=8 GUESS_FROM="198.51.100.#" guess attacker imap "$FARM4" "victim#" "wrong#-$round" 40 12
	done
}
