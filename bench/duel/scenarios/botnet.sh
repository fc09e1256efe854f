# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="botnet: sixty addresses of sixty networks, two tries each, on Postfix"
ATTACKERS='198\.18\.[0-9]+\.[0-9]+'
SUBSCRIBERS=("anna 203.0.113.20 anna imap pop3s submission" "bert 2001:db8:cafe::20 bert imaps submissions")

scene_set() {
	host attacker 198.18.250.10 # its other addresses go the same way
	host_prefix attacker 198.18.0.0/16
}

scene_attack() {
	local round
	for round in 0 1; do
		LAB_ATTACK_S=12 GUESS_FROM="198.18.#.10" guess attacker smtp "$FARM4" "victim#" "wrong#-$round" 60 12
	done
}
