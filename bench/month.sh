#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build bench/month.sh [SCALE [SEED]]
#
# The synthetic month (bench/month/month.scenario) before gatepost's default rules, fail2ban and CrowdSec. SCALE: so
# much of it, 0.01 for a quick look. Writes $O/bench/MONTH.md, month.json and month.png and .svg; after a whole month
# (a quarter of an hour, 1.4 GiB) also bench/MONTH.md and the plots beside it. Exits 1 when gatepost's false bans miss their bar.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
O=${O:-build}
scale=${1:-1}

describe() {
	local changed=
	[ -z "$(git status --porcelain -- bpf user bench rules 2>/dev/null)" ] || changed=" (and changes)"
	echo
	echo "- machine: $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	echo "- commit: $(git rev-parse --short HEAD 2>/dev/null || echo none)$changed"
	[ "$scale" = 1 ] || echo "- scale: $scale of a million subscribers and of the attacks' sources"
	echo
}

status=0
mkdir -p "$O/bench"
"$O/bench/month/month" -s "$scale" ${2:+-n "$2"} bench/month/month.scenario "$O/bench" || status=$?
[ $status -le 1 ] || exit $status
{
	cat bench/month/head.md
	describe
	cat "$O/bench/month.md"
} >"$O/bench/MONTH.md"
if command -v gnuplot >/dev/null; then
	gnuplot -e "data='$O/bench/month.dat'; out='$O/bench/month'" bench/month.gp
else
	echo "month: no plot without gnuplot (package gnuplot-nox)" >&2
fi
[ "$scale" = 1 ] || exit $status
cp "$O/bench/MONTH.md" bench/
! [ -e "$O/bench/month.png" ] || cp "$O/bench/month.png" "$O/bench/month.svg" bench/
exit $status
