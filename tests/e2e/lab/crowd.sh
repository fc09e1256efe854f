# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Crowds: as many connections as a machine can make, and a server that bears them. Everything is bounded in number and
# in time (tests/support/connections_main.c, tests/support/ask_main.c).
#
#   bearer_start SECONDS [PORT...]     a server at $BEARER6 that greets, reads all and answers nothing; 143 and 993
#   host_prefix HOST PREFIX            every address of the IPv6 prefix is HOST's: it can connect from any of them
#   crowd hold|churn|garble HOST FROM PORT COUNT SECONDS [TEXT]     connections to that server, see connections_main.c
#   ask COUNT EVERY_MS                 asks the control socket COUNT times and says how long the answers took
#   edge_rss_kb                        what the daemon has in memory

# shellcheck disable=SC2034
BEARER6=2001:db8:fa::40

bearer_start() {
	local seconds=$1 port
	shift
	[ $# -gt 0 ] || set -- 143 993
	ip -n farm addr replace "$BEARER6/64" dev eth0
	for port; do
		on farm "$(tool connections)" serve "$BEARER6" "$port" 19900 "$seconds" >"$LAB/bearer-$port.log" 2>&1 &
		wait_until 5 connects farm "$port" "$BEARER6"
	done
}

# Through one address of HOST's: nobody answers for a prefix when its neighbours ask.
host_prefix() {
	ip -n "$1" addr replace fe80::2/64 dev eth0
	ip -n "$1" route add local "$2" dev lo
	ip -6 -n outside route replace "$2" via fe80::2 dev "to-$1"
}

crowd() {
	local mode=$1 host=$2 from=$3
	shift 3
	on "$host" "$(tool connections)" "$mode" "$from" "$BEARER6" "$@"
}

ask() { "$(tool ask)" "$GATEPOST_SOCKET" "$1" "$2"; }
edge_rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$EDGE_PID/status"; }
