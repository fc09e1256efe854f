#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build bench/run.sh [PART[:CASE]]...
#
# Runs the benchmarks (all parts: datapath, bans, sample, fleet and replay; or one scene, as in datapath:syn_1m). Joins
# what they print to
# $O/bench/RESULTS.md and, after a run of all, to bench/RESULTS.md; figures also go to $O/bench/*.json.
# Exits 1 when a figure does not clear its bar.
#
#   +---- here ----+                       +---- edge ----+
#   | generator    | gen0 --- veth --- wan0 | contestant 0 |
#   |              |  ...               ... |              |
#   +--------------+ gen15 -- veth -- wan15 +--------------+
#
# Everything lives in namespaces of its own (mount, pid, net) without a way out of them. They end with their first
# process, however that ends, and programs, rules, wires and mounts with them.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
O=${O:-build}
ALL="datapath bans sample fleet replay"
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- $ALL
mkdir -p "$O/bench"
export GATEPOST=$O/gatepost # of fleet_daemon.sh

RUN_MAX_S=900
WIRES=16

outside() {
	[ "$(id -u)" = 0 ] || { echo "bench: needs root" >&2; exit 1; }
	command -v nft >/dev/null || { echo "bench: needs nft (package nftables)" >&2; exit 1; }
	BENCH_INSIDE=1 O=$O setpriv --pdeathsig KILL unshare --mount --propagation private --net --pid --fork \
		--kill-child --mount-proc timeout --foreground "$RUN_MAX_S" bash "$0" "$@" &
	child=$!
	trap 'kill -KILL $child 2>/dev/null || :; wait $child 2>/dev/null || :; exit 130' INT TERM HUP
	status=0
	wait $child || status=$?
	exit $status
}

wires() {
	mount -t tmpfs bench /run
	mount -t bpf bpf /sys/fs/bpf # of xdp-filter
	ip netns add edge
	ip link set lo up
	for wire in $(seq 0 $((WIRES - 1))); do
		ip link add "gen$wire" numtxqueues 1 numrxqueues 1 type veth \
			peer name "wan$wire" numtxqueues 1 numrxqueues 1 netns edge
		# Without addresses and IPv6 chatter: nothing but the flood is on the wire.
		sysctl -qw "net.ipv6.conf.gen$wire.disable_ipv6=1"
		ip netns exec edge sysctl -qw "net.ipv6.conf.wan$wire.disable_ipv6=1"
		# Frames are handed over by NAPI, as by a network card's driver, and not packet by packet.
		ip netns exec edge ethtool -K "wan$wire" gro on
		ip link set "gen$wire" up
		ip -n edge link set "wan$wire" up
	done
}

describe_machine() {
	BENCH_MACHINE="$(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)$(
		grep -qw hypervisor /proc/cpuinfo && echo ', virtual')"
	BENCH_KERNEL=$(uname -r)
	export BENCH_MACHINE BENCH_KERNEL
}

commit() {
	git rev-parse --short HEAD 2>/dev/null || echo none
	[ -z "$(git status --porcelain -- bpf user bench rules 2>/dev/null)" ] || echo "(and changes)"
}

results() { # PART...
	cat <<END
# What the datapath costs

Made by \`make bench\`; do not edit. Ratios travel from machine to machine, figures do not.

- machine: $BENCH_MACHINE
- kernel: $BENCH_KERNEL
- compilers: $(gcc --version | head -n 1); $(${CLANG:-clang} --version | head -n 1)
- nftables: $(nft --version)
- commit: $(commit | paste -sd' ')
END
	for part in "$@"; do
		echo
		cat "bench/${part%:*}.head.md" "$O/bench/${part%:*}.md"
	done
}

# Cost against the number of bans and of sources: bench/growth.png and .svg, from the tables of the datapath.
growth() {
	awk -F'|' '
		/^### (ban|syn)_[0-9]+[km]:/ { split($0, word, /[ :]/); scene = word[2]; next }
		/^### / { scene = ""; next }
		scene && $3 + 0 > 0 {
			name = $2; gsub(/ /, "", name); split(scene, part, "_"); n = part[2]
			print part[1], (n ~ /m$/ ? n * 1048576 : n * 1024), name, $3 + 0
		}' "$O/bench/datapath.md" | sort -k1,1 -k3,3 -k2,2n >"$O/bench/growth.dat"
	gnuplot -e "data='$O/bench/growth.dat'" bench/growth.gp
}

inside() {
	trap 'exit 130' INT TERM HUP
	wires
	describe_machine
	echo "$BENCH_MACHINE, Linux $BENCH_KERNEL"
	status=0
	for part in "$@"; do
		scene=${part#"${part%:*}"}
		"$O/bench/${part%:*}" "$O/bench" ${scene:+"${scene#:}"} || status=1
	done
	results "$@" >"$O/bench/RESULTS.md"
	if [ "$*" = "$ALL" ]; then
		bench/sections.sh bench/RESULTS.md "$O/bench/RESULTS.md"
		growth
	fi
	exit $status
}

if [ -n "${BENCH_INSIDE:-}" ]; then inside "$@"; else outside "$@"; fi
