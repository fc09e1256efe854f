# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# gatepost with its default rules, enforcing, on the mail server itself, where the others stand.
TITLE=gatepost
LAB_AT="farm eth0"
LAB_ROLE=host

# The times of the rules and of the credit, when the scenario runs faster. (limit.*, in connections a second, stays.)
rules_scaled() {
	local line value
	while IFS= read -r line; do
		if [[ $line =~ ^([[:space:]]*(window|for|at_most|unless_success|half_life|repeat)\ =\ )([0-9]+)([smhd])$ ]]; then
			case ${BASH_REMATCH[4]} in s) value=1 ;; m) value=60 ;; h) value=3600 ;; d) value=86400 ;; esac
			line=${BASH_REMATCH[1]}$(scaled $((value * BASH_REMATCH[3])))s
		fi
		printf '%s\n' "$line"
	done
}

rules() { cat "$LAB_ROOT/rules/default.rules"; }

contender_start() {
	local credit=''
	rules | rules_scaled >"$LAB/rules"
	if [ "$FASTER" != 1 ]; then
		credit=$(sed -n '/^credit {/,/^}/p' "$LAB_ROOT/rules/gatepost.conf" | rules_scaled)
	fi
	python3 "$DUEL/bpf_stats.py" &
	edge_start "$credit"
	CONTENDER_PIDS=("$EDGE_PID")
	gp() { on farm "$GATEPOST" "$@"; }
}

# Failures of a source: 4 in half a minute, 5 in six hours, 8 in half a minute where others log in; accounts
# of a source: 4 in ten minutes, 6 in a day, of a site (a /56): 8, of a /24: 30. Accounts only where they can be read, so
# not inside TLS.
deciding() {
	case $1 in
	fast | smtp | tls | held | slow | ipv6-64) echo 4 ;;
	patient) echo 5 ;;
	cgnat) echo 8 ;;
	ipv6-site) echo 8 ;;
	spread) echo 30 ;;
	esac
}
