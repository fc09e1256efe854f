#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "The servers' texts are changed: gatepost notices, judges nobody wrongly meanwhile, and bans attackers again"
lab_user alice right
stuffing_lists
lab_up dovecot postfix
edge_start
ATTACKERS=("before-imaps 198.51.100.10 hydra imaps       dovecot"
           "before-smtps 198.51.100.11 hydra submissions postfix")
SUBSCRIBERS=("anna 203.0.113.10 dovecot imaps mbsyncs"
             "bert 203.0.113.11 postfix submissions")
for row in "${ATTACKERS[@]}" "${SUBSCRIBERS[@]}" "after-imaps 198.51.100.20" "after-smtps 198.51.100.21" \
	"phone 203.0.113.12"; do
	read -r name address _ <<<"$row"
	host "$name" "$address"
done
server_line() { gp servers | grep -E "$(echo "$FARM4" | sed 's/\./\\./g').*[ :]$1( |$)"; }

subscribers_start
attackers_start
check "the attacker on imaps is banned" banned_by "$LAB_BAN_S" 198.51.100.10
check "the attacker on submissions is banned" banned_by "$LAB_BAN_S" 198.51.100.11
check "gatepost lists both servers" says "$FARM4.*993" gp servers
subscribers_stop
check "no login of a subscriber was refused" none_refused

step "other greetings, other mechanisms, another text after every refusal; both are restarted"
LAB_GREETING="Welcome to the new mail system of Example Ltd, please behave."
LAB_AUTH_MECHANISMS="plain"
LAB_REJECT_FOOTER=". Call the help desk at extension 4711."
farm_restart dovecot
farm_restart postfix
subscribers_start
guess phone imaps "$FARM4" alice stale 20 5
check "gatepost notices that the replies on 993 are others" wait_until 20 says 'changed|others|relearn' server_line 993
guess phone submissions "$FARM4" alice stale 20 5
check "gatepost notices that the replies on 465 are others" wait_until 20 says 'changed|others|relearn' server_line 465
check "the log says so" says 'replies.*(changed|others)|relearn' cat "$LAB/gatepost.log"
check "the phone with one stale password is not banned" verdict_is 203.0.113.12 passes

step "attackers come again"
ATTACKERS=("after-imaps 198.51.100.20 hydra imaps       dovecot"
           "after-smtps 198.51.100.21 hydra submissions postfix")
attackers_start
check "the attacker on imaps is banned" banned_by "$LAB_BAN_S" 198.51.100.20
check "the attacker on submissions is banned" banned_by "$LAB_BAN_S" 198.51.100.21
subscribers_stop
check "no login of a subscriber was refused" none_refused
for source in 203.0.113.10 203.0.113.11; do
	check "$source: none of its logins was taken for a failure" equal "$(explained "$source" failures)" 0
	check "$source is not banned" verdict_is "$source" passes
done
for source in 198.51.100.20 198.51.100.21; do
	check "$source: no failure was read that the farm did not give" nothing_invented "$source"
done
