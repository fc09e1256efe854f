#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Only logins are judged: port 25 and ICMP are open even to who is banned, and port 25 never bans"
lab_user alice right
lab_up dovecot postfix
edge_start
host server 198.51.100.10 2001:db8:bad:10::1

step "a mail server talks to port 25 more often than any rule allows"
for _ in $(seq 5); do mx_connect server >/dev/null; done
on server curl -s -Z --parallel-max 20 -X NOOP --max-time 4 "smtp://$FARM4:25/[1-150]" >/dev/null || :
check "it is not banned" verdict_is 198.51.100.10 passes
check "nothing of it is counted" says 'nothing since the start' gp explain 198.51.100.10
check "no connection was read" equal "$(seen connections)" 0

step "the same address guesses passwords"
LAB_ATTACK_S=2 guess server imap "$FARM4" alice wrong# 24 24
LAB_ATTACK_S=2 guess server imap "$FARM6" alice wrong# 24 24
check "it is banned (IPv4)" verdict_is 198.51.100.10 banned
check "it is banned (IPv6)" verdict_is 2001:db8:bad:10::1 banned
for port in 143 993 110 995 587 465; do
	check "port $port is closed to it" not connects server $port
done
check "on IPv6 as well" not connects server 465 "$FARM6"
check "port 25 is open to it (IPv4)" mx_connect server
check "port 25 is open to it (IPv6)" mx_connect server "$FARM6"

# A refused datagram comes back as an ICMP error, here from the banned host to the farm: its second one then fails.
icmp_comes_back() { on farm bash -c "exec 3>/dev/udp/$1/9; for n in 1 2 3 4 5; do echo >&3 || exit 0; sleep 0.05; done; exit 1"; }
check "its ICMP passes (IPv4)" icmp_comes_back 198.51.100.10
check "its ICMP passes (IPv6)" icmp_comes_back 2001:db8:bad:10::1
