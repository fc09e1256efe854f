#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build bench/duel/run.sh [SCENARIO[:CONTENDER]]...
#
# The duel: every contender in every scenario, one bout each (bout.sh), some at a time. Without arguments all of them, and
# then the section "The duel" of bench/RESULTS.md, bench/duel.png and .svg; in any case $O/bench/duel.md and duel.json of
# the bouts there are, new ones in the place of old ones.
#   DUEL_AT_ONCE=4   bouts at the same time: a bout mostly waits
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
O=${O:-build}
export GATEPOST=$O/gatepost TOOLS=$O/tools
AT_ONCE=${DUEL_AT_ONCE:-4}
SCENARIOS="fast smtp tls held slow patient spread botnet ipv6-64 ipv6-site cgnat people"
CONTENDERS="nothing fail2ban fail2ban-tuned crowdsec crowdsec-tuned gatepost gatepost-tuned"
BOUT_MAX_S=150
ROWS=$O/bench/duel
mkdir -p "$ROWS"

bout() {
	local row=$ROWS/$1.$2.row
	rm -f "$row"
	timeout $BOUT_MAX_S bench/duel/bout.sh "$1" "$2" "$row" >"$ROWS/$1.$2.log" 2>&1 || :
	if [ -s "$row" ]; then
		echo "$1: $2: $(sed -nE 's/.*attempts=([0-9]*).*/\1/p' "$row") attempts"
	else
		echo "$1: $2: no result, see $ROWS/$1.$2.log" >&2
	fi
}

# The bouts of a scenario stand side by side: what disturbs one disturbs all.
bouts() {
	local wanted scenario contender
	for wanted; do
		scenario=${wanted%%:*}
		for contender in $CONTENDERS; do
			case $wanted in *:*) [ "$contender" = "${wanted#*:}" ] || continue ;; esac
			while [ "$(jobs -rp | wc -l)" -ge "$AT_ONCE" ]; do wait -n; done
			bout "$scenario" "$contender" &
		done
	done
	wait
}

title() { sed -nE 's/^TITLE="?([^"]*)"?$/\1/p' "bench/duel/$1.sh"; }

# SCENARIO TITLE or CONTENDER TITLE, in the order of the tables; then the rows
facts() {
	local name
	for name in $SCENARIOS; do printf 'S\t%s\t%s\n' "$name" "$(title "scenarios/$name")"; done
	for name in $CONTENDERS; do printf 'C\t%s\t%s\n' "$name" "$(title "contenders/$name")"; done
	cat "$ROWS"/*.row
}

section() {
	cat bench/duel/head.md
	echo
	describe
	echo
	facts | awk -f bench/duel/tables.awk
}

describe() {
	echo "- machine: $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1); Linux $(uname -r)"
	echo "- contenders: $(sed 's/ /, /g' /var/cache/gatepost-lab-duel/packages) of Debian $(cat /etc/debian_version):" \
		"fail2ban $(PYTHONPATH=/var/cache/gatepost-lab-duel/usr/lib/python3/dist-packages /usr/bin/python3 -c \
			'from fail2ban.version import version; print(version)')," \
		"$(/var/cache/gatepost-lab-duel/usr/bin/crowdsec -version 2>&1 | sed -nE 's/.*version: (.*)/crowdsec \1/p')"
	echo "- commit: $(git rev-parse --short HEAD 2>/dev/null || echo none)"
}

[ "$(id -u)" = 0 ] || { echo "duel: needs root" >&2; exit 1; }
all=
if [ $# = 0 ]; then
	all=1
	# shellcheck disable=SC2086 # words
	set -- $SCENARIOS
fi
bouts "$@"
section >"$O/bench/duel.md"
facts | awk -f bench/duel/json.awk >"$O/bench/duel.json"
facts | awk -f bench/duel/plot.awk >"$O/bench/duel.dat"
if [ -n "$all" ]; then
	bench/sections.sh bench/RESULTS.md "$O/bench/duel.md"
	gnuplot -e "data='$O/bench/duel.dat'" bench/duel/duel.gp
fi
