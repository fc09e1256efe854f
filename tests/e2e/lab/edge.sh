# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# gatepost on the edge.
#
#   edge_start [CONFIG]     configuration, then the daemon; CONFIG is text added to the end. Returns when it answers.
#   edge_config [CONFIG]    only writes the configuration (for reload stories); edge_run only starts the daemon
#   edge_stop, edge_kill9   a polite end; a sudden one that leaves the kernel half to itself
#   gp SUBCOMMAND ARGS...   the command line: gp status, gp explain 198.51.100.10
#
# What a story may set before edge_config, or write before edge_start: $LAB/rules, in the place of the default rules.
LAB_AT=${LAB_AT:-edge wan0}          # namespace and interface
LAB_ROLE=${LAB_ROLE:-gateway}
LAB_MODE=${LAB_MODE:-enforce}
EDGE_PID=''
export GATEPOST_SOCKET=/run/gatepost/control # the lab's own /run, and its own bpffs: stories do not meet

edge_config() {
	cat >"$LAB/gatepost.conf" <<-END
		role = $LAB_ROLE
		mode = $LAB_MODE
		interface "${LAB_AT#* }" { attach = native }
		user = nobody
		control_group = ""
		state_dir = "$LAB/state"
		${1:-}
	END
	[ ! -s "$LAB/rules" ] || echo "rules_file = rules" >>"$LAB/gatepost.conf"
}

edge_start() {
	edge_config "${1:-}"
	edge_run
}

# Not through on(): the process must be the daemon itself, to be killed by its number. An edge is a machine of its own;
# here it shares a few processors with all attackers and the whole farm, and goes before them.
edge_run() {
	nsenter --net="/run/netns/${LAB_AT% *}" -- nice -n -15 "$GATEPOST" run --config "$LAB/gatepost.conf" >>"$LAB/gatepost.log" 2>&1 &
	EDGE_PID=$!
	wait_until 15 edge_answers_or_died || :
	kill -0 "$EDGE_PID" 2>/dev/null || die "gatepost has ended"
	gp rules >/dev/null || die "gatepost does not answer"
}

edge_answers_or_died() { not kill -0 "$EDGE_PID" || gp rules; }

gp() { on edge "$GATEPOST" "$@"; }

edge_stop() {
	[ -n "$EDGE_PID" ] || return 0
	kill -TERM "$EDGE_PID" 2>/dev/null || :
	wait_until 10 not kill -0 "$EDGE_PID" || edge_kill9
	wait "$EDGE_PID" || :
	EDGE_PID=
}

edge_kill9() {
	kill -KILL "$EDGE_PID"
	wait "$EDGE_PID" 2>/dev/null || :
	EDGE_PID=
}
