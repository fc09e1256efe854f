#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every scenario of rules/scenarios, small and seeded: `gatepost synth` makes the capture, here and now, and what
# `gatepost replay` says of it must be true (of at least 99 in 100 connections, all of their logins as labelled) and as
# expected (its decisions and its summary, on both engines). synth/NAME.args gives synth/NAME.expect.
# UPDATE=1 writes what came out as expected: read the diff before you commit it.
set -u
cd "$(dirname "$0")/synth" || exit 1
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

make_capture() { # NAME DIRECTORY
	local arguments
	read -ra arguments <"$1.args"
	mkdir -p "$2" && "$gatepost" synth "${arguments[@]}" -w "$2/$1.pcap" --labels "$2/$1.csv"
}

same_files() { # NAME
	cmp "$out/$1.pcap" "$out/again/$1.pcap" && cmp "$out/$1.csv" "$out/again/$1.csv"
}

replay() { # ENGINE NAME
	"$gatepost" replay --engine "$1" "$out/$2.pcap" | sed 's/"engine":"[a-z]*"/"engine":""/'
}

# Joins flows and labels by their ends. A login that was never answered may be read as unknown or not at all, and a flow's
# line has room for 64 letters.
as_labelled() { # LABELS LINES
	awk -v FS=, '
	function value(name,   at, rest) {
		at = index($0, "\"" name "\":")
		if (!at) return ""
		rest = substr($0, at + length(name) + 3)
		sub(/^"/, "", rest)
		sub(/["},].*/, "", rest)
		return rest
	}
	function plain(outcomes) {
		sub(/[U?]+$/, "", outcomes)
		return substr(outcomes, 1, 64)
	}
	NR == FNR {
		if (FNR > 1) { key = $2 " " $3 " " $5; truth[key] = truth[key] plain($10); rows++ }
		next
	}
	/"type":"flow"/ {
		key = value("source") " " value("port") " " value("server_port")
		seen[key] = seen[key] plain(value("outcomes"))
	}
	END {
		for (key in truth) {
			all++
			if (truth[key] == seen[key]) right++
			else print key ": " truth[key] " was read as " seen[key]
		}
		print right + 0 " of " all " right"
		exit !(rows && right >= 0.99 * all)
	}' "$1" "$2"
}

for args in *.args; do
	name=${args%.args}
	claim "$name: a capture and its labels are made" make_capture "$name" "$out"
	make_capture "$name" "$out/again" 2>/dev/null
	claim "$name: a seed gives the same files, byte for byte" same_files "$name"
	replay native "$name" >"$out/native"
	claim "$name: logins are read as they are labelled" as_labelled "$out/$name.csv" "$out/native"
	grep -vE '"type":"(attempt|flow)"' "$out/native" >"$out/said"
	[ -n "${UPDATE:-}" ] && cp "$out/said" "$name.expect"
	claim "$name: what is decided is as expected" diff "$name.expect" "$out/said"
	replay bpf "$name" >"$out/bpf"
	claim "$name: the kernel's program and its native build agree" diff "$out/native" "$out/bpf"
	rm -rf "$out/again" "$out/$name".*
done
exit $status
