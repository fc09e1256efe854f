#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every case in tests/replay/cases through `gatepost replay`: what it prints must be as expected, on both engines, twice.
# NAME.pcap gives NAME.expect; NAME.args (optional) has more arguments, NAME.conf a configuration. Without a NAME.pcap the
# arguments name the captures. A line of `refused` is a case by itself: what it says, a tab, arguments.
# UPDATE=1 writes what came out as expected: read the diff before you commit it.
set -u
cd "$(dirname "$0")/cases" || exit 1
gatepost=$(cd ../../.. && pwd)/${O:-build}/gatepost
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0

claim() { # TEXT COMMAND...
	local text=$1
	shift
	if "$@" >"$out/why" 2>&1; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		head -20 "$out/why" | sed 's/^/    /'
		status=1
	fi
}

replay() { # ENGINE NAME
	local arguments=()
	[ -f "$2.args" ] && read -ra arguments <"$2.args"
	[ -f "$2.conf" ] && arguments+=(--config "$2.conf")
	[ -f "$2.pcap" ] && arguments+=("$2.pcap")
	"$gatepost" replay --engine "$1" "${arguments[@]}" |
		sed 's/"engine":"[a-z]*"/"engine":""/; s/^engine     [a-z]*,/engine/'
}

refused() { # WORDS ARGUMENTS...
	local words=$1 said
	shift
	said=$("$gatepost" replay --engine native "$@" 2>&1) && return 1
	echo "$said"
	[ "$said" = "gatepost: $words" ]
}

for name in $(printf '%s\n' *.pcap *.args | sed 's/\.[a-z]*$//' | sort -u); do
	replay native "$name" >"$out/native"
	[ -n "${UPDATE:-}" ] && cp "$out/native" "$name.expect"
	claim "$name: the lines are the expected ones" diff "$name.expect" "$out/native"
	replay native "$name" >"$out/again"
	claim "$name: a second replay is the same, byte for byte" cmp "$out/native" "$out/again"
	replay bpf "$name" >"$out/bpf"
	claim "$name: the kernel's program and its native build agree" diff "$out/native" "$out/bpf"
	claim "$name: no password is printed" sh -c "! grep -qiE 'good-for|goof-for|wrong[0-9]|password-of' '$out/native'"
done
while IFS=$'\t' read -r words arguments; do
	claim "refused: $words" refused "$words" $arguments
done <refused
exit $status
