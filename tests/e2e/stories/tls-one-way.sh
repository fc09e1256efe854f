#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Replies that take another way are measured by what the clients acknowledge; nobody is judged by it"
lab_user alice right
lab_up dovecot
# The farm answers past the edge.
link outside past-edge farm back0
ip -n farm addr add 192.0.2.129/30 dev back0
ip -n outside addr add 192.0.2.130/30 dev past-edge
ip -n farm route replace default via 192.0.2.130
edge_start "one_way = yes"
host guesser 198.51.100.10
host alice 203.0.113.10
said_by_server() { tcpdump -Z root -nr "$LAB/wire.pcap" "src host $FARM4 and port 993" 2>/dev/null | wc -l; }

capture_start edge wan0 "$LAB/wire.pcap" "tcp port 993"
step "nothing is known of the server"
guess guesser imaps "$FARM4" alice wrong~# 30 5
for _ in 1 2 3; do check "a subscriber logs in" subscriber_imaps alice alice right; done
capture_stop
check "the edge saw nothing that the server said" equal "$(said_by_server)" 0
check "the attempts were read all the same" wait_until 45 grew_to 25 seen failures
check "and are said to be read one way" says "^$FARM4 +993 .* 100" gp servers
check "status names the server" says "1 seen one way: $FARM4:993" gp status
check "nobody is banned by it" verdict_is 198.51.100.10 passes
check "the subscriber is not either" verdict_is 203.0.113.10 passes
