#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How the captures in tests/replay/cases were made: real clients and hydra against a real Dovecot and Postfix, in clear
# text, taken on the edge's interface without gatepost. Writes them anew into the directory given: the times and
# ports differ each time, so what is expected has to be made anew with them.
#
# tls_logins.pcap is not made here: connections of stock clients and tools through TLS, cut out of longer captures whose
# outcomes are known from the servers' own logs (FFF, FFFS, ...); its addresses were changed to documentation ones.
. "$(dirname "$0")/../e2e/lib.sh"
out=$(realpath -m "${1:?the directory to write to}")
story "captures of clear-text logins for the replay tests"
lab_user alice good-for-alice
lab_user bob good-for-bob
lab_up
host attacker4 198.51.100.10
host attacker6 2001:db8:bad:1::10
host neighbour 198.51.100.200
host subscriber 203.0.113.7 2001:db8:cafe::7

hydra_on() { # SERVICE HOST SERVER
	capture_start edge wan0 "$LAB/hydra_$1.pcap"
	attack_hydra "$2" "$1" "$3" "$(word_list alice 3)" "$(word_list wrong 8)"
	subscriber_login "$1" subscriber alice good-for-alice "$3" || :
	capture_stop
}
hydra_on imap attacker4 "$FARM4"
hydra_on pop3 attacker6 "$FARM6"
hydra_on smtp attacker4 "$FARM4"

capture_start edge wan0 "$LAB/subscribers.pcap"
check "a typo is refused" not subscriber_imap neighbour bob goof-for-bob
check "and then not" subscriber_imap neighbour bob good-for-bob
check "POP3 over IPv6" subscriber_pop3 subscriber alice good-for-alice "$FARM6"
check "STARTTLS" subscriber_submission subscriber alice good-for-alice
check "implicit TLS" subscriber_imaps subscriber alice good-for-alice
capture_stop

capture_start edge wan0 "$LAB/stale_phone.pcap"
for _ in $(seq 24); do subscriber_imap subscriber alice password-of-last-year || :; done
capture_stop

# Sixteen guesses that wait for two seconds, while others get in.
LAB_AUTH_DELAY="2 secs" farm_restart dovecot
capture_start edge wan0 "$LAB/overdue.pcap"
for _ in $(seq 8); do subscriber_imap subscriber alice good-for-alice; done
guess attacker4 imap "$FARM4" alice wrong# 16 16 &
for _ in $(seq 6); do subscriber_imap subscriber alice good-for-alice; sleep 0.1; done
wait $!
capture_stop
cp "$LAB"/*.pcap "$out/"
