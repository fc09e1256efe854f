#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A SYN flood from random sources: who was here before gets in as always, and the controller answers"
lab_user alice right
lab_up dovecot
edge_start
host flooder 198.51.100.66 2001:db8:bad:66::1
host regular 203.0.113.10 2001:db8:cafe:10::1
host newcomers
for n in $(seq 12); do host_source newcomers "2001:db8:f00:$n::1"; done
check "the regular subscriber has been here before (IPv4)" subscriber_imap regular alice right
check "the regular subscriber has been here before (IPv6)" subscriber_imap regular alice right "$FARM6"

step "twenty thousand SYNs a second, each from another network"
attack_synflood flooder 2001:db8::/32 "$FARM6" 143 160000 20000 >/dev/null &
flood=$!
attack_synflood flooder 203.0.113.0/24 "$FARM4" 143 16000 2000 >/dev/null &
check "the service has no room left for strangers" \
	wait_until 5 grew_to 10000 counted packets "first SYN of an unproven source, while its service is flooded"
check "status says that the service is flooded" says 'flooded    imap, for' gp status

for n in 1 2 3; do
	check "the regular subscriber connects at once (IPv4), $n" connects regular
	check "the regular subscriber connects at once (IPv6), $n" connects regular 143 "$FARM6"
done
check "and logs in (IPv4)" subscriber_imap regular alice right
check "and logs in (IPv6)" subscriber_imap regular alice right "$FARM6"
GUESS_FROM="2001:db8:f00:#::1" guess newcomers imap "$FARM6" alice right 12 12
check "twelve newcomers get in" equal "$(farm_successes '2001:db8:f00:[0-9]+::1')" 12
check "with some patience" above "$(counted packets 'new connection, admitted at its retransmission')" 0
check "the controller answers within a second" on edge timeout 1 "$GATEPOST" status
check "and so does explain" on edge timeout 1 "$GATEPOST" explain 203.0.113.10
check "all of that during the flood" kill -0 $flood
check "the flood has got nobody banned" equal "$(seen bans)" 0
check "nothing was lost of what was read" equal "$(gp status -o json | field ring_full)" 0
