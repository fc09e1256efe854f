#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Bans outlive a killed daemon, a restart and an upgrade without a gap"
lab_user alice right
lab_up dovecot
edge_start
host attacker 198.51.100.10
host attacker6 2001:db8:bad:10::1
host subscriber 203.0.113.10

LAB_ATTACK_S=2 guess attacker imap "$FARM4" alice wrong# 30 30
gp ban 2001:db8:bad:10::/64 --for 10m --reason "by an operator" >/dev/null
check "one attacker is banned by a rule" verdict_is 198.51.100.10 banned
check "the other by hand" verdict_is 2001:db8:bad:10::1 banned
check "it is on the disk" wait_until 5 grep -aqE "at-once|stuffing" "$LAB"/state/gatepost.db "$LAB"/state/gatepost.db-wal
reached=$(farm_attempts 198.51.100.10)
judged() { grep -c "warn ban source=198.51.100.10 " "$LAB/gatepost.log"; }
before_all=$(judged)

step "from here on both knock a hundred times a second, and what comes through is counted"
capture_start edge lan0 "$LAB/through.pcap" "src host 198.51.100.10 or src net 2001:db8:bad::/48"
attack_knock attacker 198.51.100.10 "$FARM4" 143 25 >/dev/null &
attack_knock attacker6 2001:db8:bad:10::1 "$FARM6" 143 25 >/dev/null &
knocking=$!

step "kill -9"
edge_kill9
check "there is no daemon" exits 3 gp status
check "the attacker is shut out without one (IPv4)" not connects attacker
check "the attacker is shut out without one (IPv6)" not connects attacker6 143 "$FARM6"
check "a subscriber logs in without one" subscriber_imap subscriber alice right

step "start"
edge_run
check "status says that it took over" says 'kernel half taken over' gp status
check "the ban is listed with rule and reason" \
	says '^198\.51\.100\.10 +ban +(at-once|stuffing) .* [45] failures in (30s|6h)' gp bans
check "the ban by hand with who and why" says '2001:db8:bad:10::/64 +ban +manual .*operator uid 0 +by an operator' gp bans
check "both halves agree" says '^2 bans in force, 0 missing in the kernel, 0 in the kernel only' gp verify
before=$(seen successes)
check "a subscriber logs in" subscriber_imap subscriber alice right
check "and it is seen" wait_until 5 grew_to $((before + 1)) seen successes

step "a clean stop and a start"
edge_stop
check "there is no daemon" exits 3 gp status
check "the attacker is shut out" not connects attacker
edge_run
check "status says that it took over" says 'kernel half taken over' gp status
check "the bans are there" says '^2 bans in force, 0 missing in the kernel, 0 in the kernel only' gp verify
check "with their reasons" says 'why +[45] failures in (30s|6h)' gp explain 198.51.100.10

step "killed, and the disk is lost"
edge_kill9
rm -r "$LAB/state"
edge_run
check "what the kernel still enforces is taken up" says '^2 bans in force, 0 missing' gp verify
check "and explained as far as it can be" says 'found in force in the kernel' gp explain 198.51.100.10

check "nobody was judged a second time for what he did before" \
	equal "$(judged)" "$before_all"
check "both were knocking all the time" kill -0 $knocking
capture_stop
check "not one packet of theirs came through" equal "$(tcpdump -Z root -nr "$LAB/through.pcap" 2>/dev/null | wc -l)" 0
check "not one attempt reached the farm" equal "$(farm_attempts 198.51.100.10)" "$reached"

step "taken off"
edge_stop
on edge "$GATEPOST" detach --config "$LAB/gatepost.conf"
check "nothing is left on the interface" not says 'xdp' ip -n edge link show wan0
check "nothing is left in the BPF file system" not ls /sys/fs/bpf/gatepost
check "everybody gets in" connects attacker
