#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "What the duel measures with finds the first packet that was dropped, and keeps what other benchmarks wrote"
DUEL=$LAB_ROOT/bench/duel
first_drop() {
	tcpdump -Z root -ttnSr "$LAB/outside.pcap" tcp 2>/dev/null | awk -v attackers="$1" -f "$DUEL/first_drop.awk"
}
between() { above "$3" "$1" && below "$3" "$2"; }

lab_user alice right
lab_up dovecot
host attacker 198.51.100.10 2001:db8:bad:10::1
host subscriber 203.0.113.10
capture_start outside to-edge "$LAB/outside.pcap" tcp
subscriber_imap attacker alice right >/dev/null
subscriber_imap attacker alice right "$FARM6" >/dev/null
capture_stop
check "what was answered was not dropped (IPv4)" equal "$(first_drop '198\.51\.100\.10')" ""
check "what was answered was not dropped (IPv6)" equal "$(first_drop '2001:db8:bad:10::1')" ""

on farm nft -f - <<-END
	table inet lab {
		chain in {
			type filter hook input priority 0;
			ip saddr 198.51.100.10 tcp flags syn drop
			ip6 saddr 2001:db8:bad:10::1 tcp flags & psh == psh drop
		}
	}
END
capture_start outside to-edge "$LAB/outside.pcap" tcp
syn=$EPOCHREALTIME
not connects attacker
said=$EPOCHREALTIME
guess attacker imap "$FARM6" alice wrong 1
given_up=$EPOCHREALTIME
subscriber_imap subscriber alice right >/dev/null
capture_stop
check "a SYN without an answer is the first drop" between "$syn" "$said" "$(first_drop '198\.51\.100\.10')"
check "so is a command, on a connection that was answered" \
	between "$said" "$given_up" "$(first_drop '2001:db8:bad:10::1')"
check "nobody else's packets count" equal "$(first_drop '203\.0\.113\.10')" ""

printf '# Results\n\n## One\n\nold\n\n## Two\n\ntwo\n' >"$LAB/results"
printf '# Results\n\nnew\n\n## One\n\nnew\n' >"$LAB/one"
printf '## Three\n\nthree\n' >"$LAB/three"
"$LAB_ROOT/bench/sections.sh" "$LAB/results" "$LAB/one"
"$LAB_ROOT/bench/sections.sh" "$LAB/results" "$LAB/three"
check "each benchmark writes its own sections" equal "$(cat "$LAB/results")" \
	"$(printf '# Results\n\nnew\n\n## One\n\nnew\n\n## Two\n\ntwo\n\n## Three\n\nthree\n')"
