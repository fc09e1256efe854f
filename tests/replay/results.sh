#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a replay writes with --out: the captures of tests/replay/cases once more. Their lines are already known to be right
# (run.sh); here they have to be the same lines in files, from both engines, and the rest has to go with them.
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

replay() { # NAME ARGUMENT...
	local name=$1 arguments=()
	shift
	[ -f "$name.args" ] && read -ra arguments <"$name.args"
	[ -f "$name.conf" ] && arguments+=(--config "$name.conf")
	"$gatepost" replay "${arguments[@]}" "$@"
}

# The lines of the files, in the order of the printed ones, which is that of time; equal times in any order.
same_lines() { # DIRECTORY EXPECTED
	diff <(grep -v '"type":"summary"' "$2" | sort) <(cat "$1"/{attempts,flows,decisions}.jsonl | sort)
}
same_hashes() { # DIRECTORY: as sha256sum has them
	(cd "$1" && sed -n 's/^ *"\([a-z_]*\.[a-z]*\)": "\([0-9a-f]\{64\}\)",\{0,1\}$/\2  \1/p' summary.json | sha256sum -c --quiet)
}
same_but_for_the_engine() { # DIRECTORY DIRECTORY
	diff -rq --exclude=summary.json "$1" "$2" &&
		diff <(sed 's/"engine": "bpf"/"engine": "native"/' "$1/summary.json") "$2/summary.json"
}
# What a capture says of itself changes no verdict: the annotated one is a capture like the other.
same_again() { # NAME ANNOTATED
	diff <(replay "$1" --engine native "$1.pcap") <(replay "$1" --engine native "$2")
}

for capture in *.pcap; do
	name=${capture%.pcap}
	replay "$name" --engine native --out "$out/$name" "$capture" >"$out/$name.table" 2>&1 || status=1
	replay "$name" --engine bpf --out "$out/$name.bpf" "$capture" >/dev/null 2>&1 || status=1
	claim "$name: the files hold the lines" same_lines "$out/$name" "$name.expect"
	claim "$name: the summary has the hash of every file" same_hashes "$out/$name"
	claim "$name: both engines write the same bytes but for their name" \
		same_but_for_the_engine "$out/$name.bpf" "$out/$name"
	claim "$name: the annotated capture replays into the same lines" same_again "$name" "$out/$name/annotated.pcapng"
	claim "$name: no password is in what gatepost made of it" sh -c \
		"! grep -qiE 'good-for|goof-for|wrong[0-9]|password-of' '$out/$name'/*.jsonl '$out/$name'/*.tsv '$out/$name/summary.json'"
	for table in over_time time_to_ban; do
		[ -f "$name.$table.tsv" ] || continue
		[ -n "${UPDATE:-}" ] && cp "$out/$name/$table.tsv" "$name.$table.tsv"
		claim "$name: $table is the expected one" diff "$name.$table.tsv" "$out/$name/$table.tsv"
	done
done

claim "with --out the table is printed" grep -q '^198.51.100.10  *8  *24 ' "$out/hydra_imap.table"
claim "the frame that decided says so" grep -aq 'decision of stuffing: ban 198.51.100.10 for ' \
	"$out/hydra_imap/annotated.pcapng"
claim "a frame that is dropped says why" grep -aq 'dropped: banned source' "$out/hydra_imap_enforced/annotated.pcapng"
claim "so does one that is spared" grep -aq 'would be dropped: banned source' "$out/hydra_imap/annotated.pcapng"

fails() { # WORDS COMMAND...: with code 1, and says so
	local words=$1
	shift
	"$@" >/dev/null 2>"$out/said"
	[ $? = 1 ] && grep -q "$words" "$out/said"
}
claim "a directory with something in it is left alone" fails 'there is something in it' \
	replay hydra_imap --out "$out/hydra_imap" hydra_imap.pcap
claim "a directory that cannot be is said" fails 'Not a directory' \
	replay hydra_imap --out "$out/hydra_imap/summary.json/d" hydra_imap.pcap
# 8 blocks of 512 bytes a file: the limit stands in for a full disk
little_room() { (ulimit -f 8 && trap '' XFSZ && replay hydra_imap --out "$out/little" hydra_imap.pcap); }
claim "a full disk is said" fails 'File too large' little_room
# 1 MiB fits, and what follows goes round in circles for ever
endless() { head -c 24 hydra_imap.pcap && while tail -c +25 hydra_imap.pcap; do :; done; }
no_end() { endless 2>/dev/null | (ulimit -f 2048 && trap '' XFSZ && replay hydra_imap --engine native --out "$out/endless" -); }
claim "... at once, not at the end of a long capture" fails 'stopped: what is found cannot be written' no_end
claim "... and there is no summary of what is not whole" test ! -e "$out/little/summary.json"
claim "a full standard output is said" fails 'standard output' \
	sh -c "'$gatepost' replay --engine native hydra_imap.pcap >/dev/full"
claim "without gnuplot the scripts are there, and it is said" sh -c \
	"PATH=/nonexistent '$gatepost' replay --engine native --out '$out/undrawn' hydra_imap.pcap 2>&1 >/dev/null |
		/usr/bin/grep -q 'gnuplot is not installed' && test -e '$out/undrawn/over_time.gp'"

drawn() { for plot in over_time time_to_ban; do for kind in png svg; do test -s "$out/hydra_imap/$plot.$kind" || return; done; done; }
claim "with gnuplot the plots are drawn" drawn

asked=(--labels farm.csv --sweep stuffing.threshold=18..26:2 --whatif strict.rules)
for engine in native bpf; do
	"$gatepost" replay --engine "$engine" "${asked[@]}" --out "$out/asked.$engine" hydra_imap.pcap >/dev/null 2>&1 || status=1
done
claim "score, curve and comparison are written, and hashed" same_hashes "$out/asked.native"
claim "... the same from both engines" same_but_for_the_engine "$out/asked.bpf" "$out/asked.native"
curve() { for file in scores.json whatif.jsonl roc.tsv roc.png roc.svg; do test -s "$out/asked.native/$file" || return; done; }
claim "... and the curve is drawn" curve

rows() { replay "$1" --engine native -o csv "$1.pcap" | tr -d '\r'; }
claim "CSV has a row a line, and a head" test "$(rows hydra_imap | wc -l)" = "$(wc -l <hydra_imap.expect)"
claim "... and the same fields in each" test "$(rows tls_logins | awk -F, '{ print NF }' | sort -u | wc -l)" = 1
exit $status
