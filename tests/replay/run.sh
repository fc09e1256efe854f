#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture in tests/replay/cases through `gatepost replay`: the lines must be the expected ones, on both engines,
# twice. NAME.pcap gives NAME.expect; NAME.args (optional) has more arguments, NAME.conf a configuration.
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
	"$gatepost" replay --engine "$1" "${arguments[@]}" "$2.pcap" | sed 's/"engine":"[a-z]*"/"engine":""/'
}

for capture in *.pcap; do
	name=${capture%.pcap}
	replay native "$name" >"$out/native"
	[ -n "${UPDATE:-}" ] && cp "$out/native" "$name.expect"
	claim "$name: the lines are the expected ones" diff "$name.expect" "$out/native"
	replay native "$name" >"$out/again"
	claim "$name: a second replay is the same, byte for byte" cmp "$out/native" "$out/again"
	replay bpf "$name" >"$out/bpf"
	claim "$name: the kernel's program and its native build agree" diff "$out/native" "$out/bpf"
	claim "$name: no password is printed" sh -c "! grep -qiE 'good-for|goof-for|wrong[0-9]|password-of' '$out/native'"
done
exit $status
