# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Crowds: as many connections as a machine can make, and a server that bears them. Everything is bounded in number and
# in time (tests/support/connections_main.c, tests/support/ask_main.c).
#
#   bearer_start SECONDS [PORT...]     a server at $BEARER6 that greets, reads all and answers nothing; 143 and 993
#   host_prefix HOST PREFIX...         every address of the prefix is HOST's: it can connect from any of them
#   login_crowd HOST SERVER FROM N AT_ONCE [FIRST]     N logins by curl as alice, each from FROM with # as its number, from
#                                      FIRST (1) on, four seconds for each; prints "GOT of N got in" and how long they took
#   share_of TEXT                      the share of those that got in, in percent, from what `login_crowd` printed
#   crowd_start hold|churn|garble HOST FROM SERVER PORT COUNT SECONDS [TEXT]     connections, see connections_main.c; kill
#                                      $CROWD ends them at once
#   ask COUNT EVERY_MS                 asks the control socket COUNT times and says how long the answers took
#   edge_kb NAME                       a figure of the daemon's in /proc: VmRSS, what is in memory; VmData, what it has taken
#   edge_waited_ms                     how long it has waited for a CPU

# shellcheck disable=SC2034
BEARER6=2001:db8:fa::40

bearer_start() {
	local seconds=$1 port
	shift
	[ $# -gt 0 ] || set -- 143 993
	ip -n farm addr replace "$BEARER6/64" dev eth0
	for port; do
		on farm nice "$(tool connections)" serve "$BEARER6" "$port" 19900 "$seconds" >"$LAB/bearer-$port.log" 2>&1 &
		wait_until 5 connects farm "$port" "$BEARER6"
	done
}

# Through one address of HOST's: nobody answers for a prefix when its neighbours ask.
host_prefix() {
	local host=$1 prefix
	shift
	ip -n "$host" addr replace fe80::2/64 dev eth0
	nsenter --net="/run/netns/$host" sysctl -qw net.ipv6.ip_nonlocal_bind=1
	for prefix; do
		ip -n "$host" route replace local "$prefix" dev lo
		case $prefix in
		*:*) ip -n outside route replace "$prefix" via fe80::2 dev "to-$host" ;;
		*) ip -n outside route replace "$prefix" via inet6 fe80::2 dev "to-$host" ;;
		esac
	done
}

login_crowd() {
	local n first=${6:-1} list
	list=$(mktemp "$LAB/logins.XXXXXX")
	for ((n = first; n < first + $4; n++)); do
		[ "$n" = "$first" ] || echo next
		printf 'url = "imap://%s/"\nuser = "alice:right"\nmax-time = 4\ninterface = "%s"\n' "$(bracket "$2")" "${3//#/$n}"
		printf 'output = "/dev/null"\nwrite-out = "%%{exitcode} %%{time_connect} %%{time_total}\\n"\n'
	done >"$list"
	on "$1" curl -s -Z --parallel-max "$5" -K "$list" 2>"$list.err" >"$list.log" || :
	sort -nk 3 "$list.log" | awk -v asked="$4" '!$1 { took[++n] = $3; if ($2 > connect) connect = $2 }
		END { printf "%d of %d got in", n, asked
			if (n) printf ", half within %.2f s, 95 of 100 within %.2f s, the slowest %.2f s; connected within %.2f s",
				took[int((n + 1) / 2)], took[int((n * 95 + 99) / 100)], took[n], connect
			print "" }'
}

share_of() { awk '{ printf "%.1f", 100 * $1 / $3 }' <<<"$1"; }

# Not through on(): the process must be the program itself, to be ended by its number. Nice: in life they are on machines
# of their own and take no CPU from the daemon.
crowd_start() {
	local mode=$1 host=$2
	shift 2
	nsenter --net="/run/netns/$host" -- nice "$(tool connections)" "$mode" "$@" >>"$LAB/crowd-$mode.log" 2>&1 &
	CROWD=$!
}

ask() { "$(tool ask)" "$GATEPOST_SOCKET" "$1" "$2"; }
edge_kb() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$EDGE_PID/status"; }
# How long it was ready to run and did not (kernel: Documentation/scheduler/sched-stats.rst).
edge_waited_ms() { awk '{ print int($2 / 1000000) }' "/proc/$EDGE_PID/schedstat"; }
