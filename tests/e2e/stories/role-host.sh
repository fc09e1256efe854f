#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Role host protects the machine that it runs on"
lab_user alice right
lab_up dovecot
LAB_ROLE=host LAB_AT="farm eth0"
edge_start
host attacker 198.51.100.10 2001:db8:bad:10::1
host subscriber 198.51.100.200

check "status says host" says 'role host' gp status
attack_hydra attacker imap "$FARM4" "$(word_list user 2)" "$(word_list wrong 500)" -t 16 &
check "a subscriber gets in" subscriber_imap subscriber alice right
check "the attacker is banned (IPv4)" wait_until 10 verdict_is 198.51.100.10 banned
check "no more of its attempts reach the servers" holds_off attacker 198.51.100.10
LAB_ATTACK_S=4 guess attacker imap "$FARM6" alice wrong# 40 20
check "the attacker is banned (IPv6)" verdict_is 2001:db8:bad:10::1 banned
check "it could not make all of its attempts" below "$(farm_attempts 2001:db8:bad:10::1)" 40
check "the subscriber still gets in" subscriber_imap subscriber alice right
