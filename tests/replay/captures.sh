#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How captures are read: packed, in pieces, damaged, without privileges; by both engines; in bounded memory.
# CORPUS=DIRECTORY: both engines also on all captures that are there, one by one and merged.
set -u
cd "$(dirname "$0")/cases" || exit 1
root=$(cd ../../.. && pwd)/${O:-build}
gatepost=$root/gatepost
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

# The engine's name is the only thing that may differ: it stands in the summary.
nameless() { sed '/^{"type":"summary"/s/"engine":"[a-z]*"/"engine":""/'; }

# replay NAME ARGUMENT...: lines to $out/NAME, words to $out/NAME.said, exit code to $out/NAME.code
replay() {
	local name=$1
	shift
	"$gatepost" replay "$@" >"$out/lines" 2>"$out/$name.said"
	echo $? >"$out/$name.code"
	nameless <"$out/lines" >"$out/$name"
}
same() { cmp "$out/$1" "$out/$2"; }
exits() { [ "$(cat "$out/$1.code")" = "$2" ] || { cat "$out/$1.said"; false; }; }
says() { grep -qE "$2" "$out/$1.said" || { cat "$out/$1.said"; false; }; }
frames() { grep -q "\"type\":\"summary\".*\"frames\":$2," "$out/$1" || { tail -1 "$out/$1"; false; }; }
# Every attempt of the second is in the first.
holds() {
	grep '^{"type":"attempt"' "$out/$2" | grep -vxFf "$out/$1" >"$out/lost"
	[ ! -s "$out/lost" ] || { cat "$out/lost"; false; }
}

replay plain hydra_pop3.pcap
gzip -c hydra_pop3.pcap >"$out/a.gz"
zstd -qc hydra_pop3.pcap >"$out/a.zst"
for packed in a.gz a.zst; do
	replay file "$out/$packed"
	claim "$packed gives the lines of the capture in it" same plain file
	replay pipe - < <(cat "$out/$packed")
	claim "$packed does so from a pipe" same plain pipe
done
replay pipe - < <(cat hydra_pop3.pcap)
claim "a capture does so from a pipe" same plain pipe

# Two taps of one line, each with one direction.
tcpdump -r hydra_pop3.pcap -w "$out/in.pcap" dst port 110 2>/dev/null
tcpdump -r hydra_pop3.pcap -w "$out/other.pcap" not dst port 110 2>/dev/null
gzip -c "$out/other.pcap" >"$out/other.gz"
replay merged "$out/in.pcap" "$out/other.gz"
claim "a capture in two pieces, one of them packed, gives the lines of the whole" same plain merged
replay twice hydra_pop3.pcap hydra_pop3.pcap
claim "a frame that two captures hold is two frames" frames twice $((2 * $(grep -o '"frames":[0-9]*' "$out/plain" | cut -d: -f2)))

head -c 20000 hydra_pop3.pcap >"$out/cut.pcap"
head -c 4000 "$out/a.gz" >"$out/cut.gz"
head -c 4000 "$out/a.zst" >"$out/cut.zst"
{ head -c 3000 "$out/a.gz"; printf 'XXXXXXXX'; tail -c +3009 "$out/a.gz"; } >"$out/flipped.gz"
for damaged in cut.pcap cut.gz flipped.gz cut.zst; do
	replay damaged "$out/$damaged"
	claim "$damaged: the exit code is 1" exits damaged 1
	claim "$damaged: it is said which file, how far it was read, and why" \
		says damaged "$damaged: (only the first [0-9]+ frames were read, up to byte [0-9]+.*|not a capture): ."
	replay beside hydra_imap.pcap "$out/$damaged" nothing-here.pcap stale_phone.pcap
	replay without hydra_imap.pcap stale_phone.pcap
	claim "$damaged takes nothing of the captures beside it" holds beside without
	claim "$damaged beside others: the exit code is 1" exits beside 1
	claim "$damaged: a file that is not there is told, too" says beside 'nothing-here.pcap: No such file'
	[ "$damaged" = cut.zst ] && claim "what is not read changes nothing" same without beside
done
replay damaged "$out/cut.pcap"
tcpdump -r "$out/cut.pcap" -w "$out/readable.pcap" 2>/dev/null
replay readable "$out/readable.pcap"
claim "of a capture cut short, all that is readable is used" same readable damaged
replay nothing
claim "without a capture it is a matter of usage: exit code 2" exits nothing 2
replay empty - </dev/null
claim "empty input is not a capture: exit code 1" exits empty 1
"$gatepost" replay hydra_pop3.pcap >/dev/full 2>"$out/full.said"
echo $? >"$out/full.code"
claim "an output that cannot be written is not silence" says full 'not all could be written'
claim "... and not a success" exits full 1
claim "no progress is drawn where there is no terminal" test ! -s "$out/plain.said"

# Without privileges the native engine is taken, and said.
mkdir "$out/open"
chmod 755 "$out" "$out/open"
install -m 755 "$gatepost" "$out/open/gatepost"
install -m 644 hydra_pop3.pcap "$out/open"
if [ "$(id -u)" = 0 ]; then
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
		"$out/open/gatepost" replay "$out/open/hydra_pop3.pcap" >"$out/lines" 2>"$out/nobody.said"
	echo $? >"$out/nobody.code"
	nameless <"$out/lines" >"$out/nobody"
	claim "nobody may replay" exits nobody 0
	claim "nobody gets the same lines" same plain nobody
	claim "nobody is told that the engine was the native one" grep -q '"type":"summary","engine":"native"' "$out/lines"
fi

both_engines() { # TEXT FILE...
	local text=$1
	shift
	replay native --engine native "$@"
	replay bpf --engine bpf "$@"
	claim "$text: both engines give the same bytes but for their name" same native bpf
}
both_engines "all cases merged" ./*.pcap
if [ -n "${CORPUS:-}" ]; then
	for capture in "$CORPUS"/*.pcap; do both_engines "$(basename "$capture")" "$capture"; done
	both_engines "the corpus merged" "$CORPUS"/*.pcap
fi

# The same clients come again and again: what grows is the capture, not what is going on in it.
peak() { # TIMES
	"$root/tools/repeat" "$1" 600 1 ./*.pcap |
		"$root/tools/peak" "$out/peak" "$gatepost" replay --engine native - >"$out/peak.lines"
	cat "$out/peak"
}
short_kib=$(peak 10) long_kib=$(peak 160)
claim "a capture 16 times as long needs no more memory ($short_kib, $long_kib KiB)" test "$long_kib" -le $((short_kib + 1024))
exit $status
