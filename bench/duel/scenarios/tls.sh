# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="tls: hydra on IMAPS, sixteen connections from one address"
ATTACKERS='198\.51\.100\.10'
SUBSCRIBERS=("anna 198.51.100.200 anna imap pop3s submission" "bert 2001:db8:cafe::20 bert imaps pop3")

# Passwords of many lengths, as those that are stolen.
scene_set() {
	local n
	host attacker 198.51.100.10
	for n in $(seq 500); do guessed '~#' "$n"; done >"$LAB/passwords"
}

scene_attack() {
	attack_synflood attacker 198.51.100.10 "$FARM4" 993 500 25 &
	LAB_ATTACK_S=20 attack_hydra attacker imaps "$FARM4" "$(word_list victim 2)" "$LAB/passwords" -t 16
	wait $!
}
