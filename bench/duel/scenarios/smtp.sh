# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="smtp: hydra on Postfix (587), sixteen connections from one address"
ATTACKERS='198\.51\.100\.10'
SUBSCRIBERS=("anna 198.51.100.200 anna imap pop3s submission" "bert 2001:db8:cafe::20 bert imaps submissions")

scene_set() { host attacker 198.51.100.10; }

scene_attack() {
	attack_synflood attacker 198.51.100.10 "$FARM4" 587 500 25 &
	LAB_ATTACK_S=20 attack_hydra attacker smtp "$FARM4" "$(word_list victim 2)" "$(word_list wrong 500)" -t 16
	wait $!
}
