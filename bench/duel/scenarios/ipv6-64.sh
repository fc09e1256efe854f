# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="ipv6-64: another address of one /64 for each try"
ATTACKERS='2001:db8:bad:10::[0-9a-f]+'
SUBSCRIBERS=("anna 203.0.113.20 anna imap pop3s submission" "bert 2001:db8:bad:11::20 bert imaps pop3")

scene_set() {
	host attacker 2001:db8:bad:10::ffff # its other addresses go the same way
	host_prefix attacker 2001:db8:bad:10::/64
}

scene_attack() { LAB_ATTACK_S=22 GUESS_FROM="2001:db8:bad:10::#" guess attacker imap "$FARM6" "victim1" "wrong#" 120 12; }
