#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Role tap decides and drops nothing"
lab_user alice right
lab_up dovecot
LAB_ROLE=tap
edge_start
host attacker 198.51.100.10 2001:db8:bad:10::1
host subscriber 203.0.113.10

check "status says tap" says 'role tap' gp status
check "no program is on the interface" not says xdp ip -n edge link show wan0
guess attacker imap "$FARM4" alice wrong# 40
guess attacker imap "$FARM6" alice wrong# 40
check "a subscriber gets in" subscriber_imap subscriber alice right
check "all attempts reach the farm (IPv4)" equal "$(farm_attempts 198.51.100.10)" 40
check "all attempts reach the farm (IPv6)" equal "$(farm_attempts 2001:db8:bad:10::1)" 40
check "all of them were read" wait_until 5 equal_now 80 seen failures
check "the success, too" equal "$(seen successes)" 1
check "it decided (IPv4)" says '^198\.51\.100\.10 +ban +stuffing' gp bans
check "it decided (IPv6)" says '^2001:db8:bad:10::/64 +ban +stuffing' gp bans
check "explain does not claim what it cannot do" verdict_is 198.51.100.10 observed
check "nothing was dropped" equal "$(dropped)" 0
check "no mirrored frame was lost" equal "$(gp status -o json | field capture)" 0
