#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build CORPUS=DIRECTORY bench/accuracy.sh [-v] [-q QUESTION]
#
# Measures how well logins inside TLS are read, on labelled captures. Writes $O/bench/ACCURACY.md and accuracy.json, and
# after a full run on the usual corpus bench/ACCURACY.md. Exits 1 when a figure is below its bar, 2 without captures.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
O=${O:-build}
USUAL=../shared/corpus
CORPUS=${CORPUS:-$USUAL}

if [ ! -r "$CORPUS/labels.csv" ]; then
	echo "accuracy: no labelled captures in $CORPUS (labels.csv, *.pcap, profiles/); CORPUS= names another directory" >&2
	exit 2
fi

describe() {
	local changed=
	[ -z "$(git status --porcelain -- bpf user bench rules 2>/dev/null)" ] || changed=" (and changes)"
	echo
	echo "- machine: $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	echo "- commit: $(git rev-parse --short HEAD 2>/dev/null || echo none)$changed"
}

status=0
"$O/bench/accuracy" "$@" "$CORPUS" "$O/bench" || status=$?
[ $status -le 1 ] || exit $status
{
	cat bench/accuracy.head.md
	describe
	cat "$O/bench/accuracy.md"
} >"$O/bench/ACCURACY.md"
[ "$CORPUS" != "$USUAL" ] || [ $# -gt 0 ] || cp "$O/bench/ACCURACY.md" bench/ACCURACY.md
exit $status
