# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="ipv6-site: another /64 of one /56 for each try"
ATTACKERS='2001:db8:bad:[0-9]+::1'
SUBSCRIBERS=("anna 203.0.113.20 anna imap pop3s submission" "bert 2001:db8:bad:220::20 bert imaps pop3")

scene_set() {
	host attacker 2001:db8:bad:ff::1 # its other addresses go the same way
	host_prefix attacker 2001:db8:bad::/56
}

scene_attack() { LAB_ATTACK_S=22 GUESS_FROM="2001:db8:bad:#::1" guess attacker imap "$FARM6" "victim#" "wrong#" 99 12; }
