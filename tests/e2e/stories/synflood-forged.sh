#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A SYN flood in a subscriber's name neither keeps the subscriber out nor gets him banned"
lab_user alice right
lab_up dovecot
edge_start
host flooder 198.51.100.66 2001:db8:bad:66::1
host regular 203.0.113.10
host newcomer 203.0.113.11
host newcomer6 2001:db8:cafe:11::1
check "the regular subscriber has been here before" subscriber_imap regular alice right

step "two thousand SYNs a second in the name of each of the three"
floods=()
for name in 203.0.113.10 203.0.113.11; do
	attack_synflood flooder $name "$FARM4" 143 20000 2000 >/dev/null &
	floods+=($!)
done
attack_synflood flooder 2001:db8:cafe:11::1 "$FARM6" 143 20000 2000 >/dev/null &
floods+=($!)
check "the floods are over their limit" wait_until 5 grew_to 3000 counted packets "over the source's limit"

check "the regular subscriber gets in" subscriber_imap regular alice right
check "the subscriber who comes for the first time gets in (IPv4)" subscriber_imap newcomer alice right
check "the subscriber who comes for the first time gets in (IPv6)" subscriber_imap newcomer6 alice right "$FARM6"
check "and again" subscriber_imap newcomer alice right
check "all of that during the flood" kill -0 "${floods[@]}"
for name in 203.0.113.10 203.0.113.11 2001:db8:cafe:11::1; do
	check "$name is not banned" verdict_is $name passes
done
check "nor is anybody else" equal "$(seen bans)" 0
check "it was patience that let them in" above \
	"$(counted packets 'new connection, admitted at its retransmission')" 0
