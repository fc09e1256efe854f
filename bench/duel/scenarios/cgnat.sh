# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="cgnat: hydra from an address that it shares with twelve subscribers"
ATTACKERS='203\.0\.113\.50'
SUBSCRIBERS=("bert 2001:db8:cafe::20 bert imaps pop3")
for neighbour in $(seq 12); do
	SUBSCRIBERS+=("cgnat 203.0.113.50 neighbour$neighbour imap pop3s submission")
done

scene_set() { :; }

# Everybody has logged in when it begins.
scene_attack() {
	wait_until 10 grew_to 14 accounts_of logins
	LAB_ATTACK_S=20 attack_hydra cgnat imap "$FARM4" "$(word_list victim 2)" "$(word_list wrong 500)" -t 16
}
