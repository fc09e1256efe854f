#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Restart, kill -9, upgrades and a reload under a flood: no banned packet passes, and no subscriber's is dropped"

# variant NAME FILE SED: another gatepost, built from a copy of this tree with one change; prints its path.
variant() {
	local tree=$LAB/$1 built
	built=$(dirname "$GATEPOST")
	mkdir -p "$tree/build"
	cp -a "$LAB_ROOT"/{Makefile,bpf,user,rules,docs} "$tree"
	[ "${built##*/}" != build ] || cp -a "$built"/{bpf,user,rules} "$tree/build" # what has not changed is not built again
	sed -i "$3" "$tree/$2"
	cmp -s "$tree/$2" "$LAB_ROOT/$2" && die "$3 changes nothing in $2"
	make -C "$tree" -j2 --no-print-directory build/gatepost >"$tree/make.log" 2>&1 || die "$(tail -n 5 "$tree/make.log")"
	echo "$tree/build/gatepost"
}
layout=$(sed -nE 's/^#define GP_LAYOUT ([0-9]+)/\1/p' "$LAB_ROOT/bpf/gatepost.h")
step "two more gateposts are built"
old=$GATEPOST
rebuilt=$(variant rebuilt bpf/parse.bpf.h 's/^#define PARSE_EXTENSIONS_MAX .*/#define PARSE_EXTENSIONS_MAX 5/')
relaid=$(variant relaid bpf/gatepost.h "s/^#define GP_LAYOUT .*/#define GP_LAYOUT $((layout + 1))/")

lab_user alice right
lab_up dovecot
# Nobody is judged for how often he connects here.
printf 'rule "guessing" {\n\tcount = failures\n\tthreshold = 20\n\twindow = 10m\n\tper = source\n\taction = ban\n\tfor = 1h\n}\n' \
	>"$LAB/rules"
# Little room for strangers, so that a small flood takes all of it: who is not known to be real is refused.
edge_start 'limit { service = "100/s burst 200" }'
host flooder 198.51.100.66 2001:db8:bad:66::1
host regular4 203.0.113.10
host regular6 2001:db8:cafe:10::1
host returns4 203.0.113.20
host returns6 2001:db8:cafe:20::1
SUBSCRIBERS=(203.0.113.10 2001:db8:cafe:10::1 203.0.113.20 2001:db8:cafe:20::1)
gp ban 198.51.100.10 --for 1h >/dev/null
gp ban 2001:db8:bad:10::/64 --for 1h >/dev/null
gp ban 198.51.100.128/25 --for 1h >/dev/null
farm_for() { case $1 in *4) echo "$FARM4" ;; *) echo "$FARM6" ;; esac; }
for host in regular4 regular6 returns4 returns6; do
	check "$host has been here before" subscriber_imap $host alice right "$(farm_for $host)"
done
check "and their logins were read" wait_until 5 grew_to 4 seen successes

# The floods are of bounded size each, and begin again until the story has seen enough.
flood() { while [ ! -e "$LAB/enough" ]; do attack_synflood flooder "$1" "$2" 143 $(($3 * 20)) "$3" >/dev/null; done; }
logins() { # HOST FARM: one after the other, each with a connection of its own
	while [ ! -e "$LAB/enough" ]; do
		if subscriber_imap "$1" alice right "$2" >"$LAB/$1.last" 2>&1; then
			echo ok >>"$LAB/$1.ok"
		else
			cat "$LAB/$1.last" >>"$LAB/$1.refused"
		fi
	done
}
count_lines() { if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi; }
fates() { wire_fate "$1" | awk -v fate="$2" '$2 == fate { n++ } END { print n + 0 }'; }

capture_start outside to-edge "$LAB/outside.pcap" "net 203.0.113.0/24 or net 2001:db8:cafe::/48 or
	src host 198.51.100.10 or src net 198.51.100.128/25 or src net 2001:db8:bad:10::/64"
capture_start edge lan0 "$LAB/inside.pcap"
jobs=()
flood 198.51.100.10 "$FARM4" 200 & jobs+=($!)
flood 198.51.100.128/25 "$FARM4" 200 & jobs+=($!)
flood 2001:db8:bad:10::/64 "$FARM6" 200 & jobs+=($!)
flood 2001:db8:f000::/36 "$FARM6" 1000 & jobs+=($!)
for host in regular4 regular6; do
	logins $host "$(farm_for $host)" &
	jobs+=($!)
done

NO_ROOM="first SYN of an unproven source, while its service is flooded"
no_room() { grew_to $(($1 + 1000)) counted packets "$NO_ROOM"; }

# Who logs in all the time goes on, and who was silent during the change comes back when strangers have no room again.
all_get_in() {
	local host before
	for host in regular4 regular6; do
		before=$(count_lines "$LAB/$host.ok")
		check "$host logs in on and on" wait_until 20 grew_to $((before + 5)) count_lines "$LAB/$host.ok"
	done
	before=$(counted packets "$NO_ROOM")
	wait_until 10 no_room "$before" || die "the flood has ended"
	for host in returns4 returns6; do
		check "$host comes back, and need not wait" connects $host 143 "$(farm_for $host)"
	done
}
program() { ip -n edge -d link show wan0 | grep -oE 'tag [0-9a-f]+'; }
all_bans() { says '^3 bans in force, 0 missing in the kernel, 0 in the kernel only' gp verify; }

check "strangers find no room" wait_until 10 no_room 0

step "a clean restart"
edge_stop
edge_run
check "it has taken over" says 'kernel half taken over' gp status
check "all bans are there" all_bans
all_get_in

step "kill -9"
edge_kill9
check "regular4 logs in without a daemon" subscriber_imap regular4 alice right
check "returns6 connects without a daemon" connects returns6 143 "$FARM6"
edge_run
check "it has taken over" says 'kernel half taken over' gp status
all_get_in

step "an upgrade to a rebuilt object of the same layout"
before=$(program)
edge_stop
GATEPOST=$rebuilt edge_run
check "it has taken over" says 'kernel half taken over' gp status
check "it is another program" not equal "$(program)" "$before"
check "all bans are there" all_bans
all_get_in

step "an upgrade to another layout that fails"
before=$(program)
edge_stop
edge_config 'interface "nothing0" { attach = native }'
check "it does not start" exits 1 on edge timeout 20 "$relaid" run --config "$LAB/gatepost.conf"
check "who guarded before still does" equal "$(program)" "$before"
edge_config 'limit { service = "100/s burst 200" }'
GATEPOST=$rebuilt edge_run
check "and is taken over" says 'kernel half taken over' gp status
all_get_in

step "an upgrade to another layout"
edge_stop
GATEPOST=$relaid edge_run
check "its tables are new" says 'kernel half new' gp status
check "all bans are there" all_bans
all_get_in

step "the way back to the old layout, after a kill -9"
edge_kill9
GATEPOST=$old edge_run
check "its tables are new" says 'kernel half new' gp status
check "all bans are there" all_bans
all_get_in

step "a reload"
edge_config 'limit { service = "90/s burst 200" }'
check "the new configuration is in force" says 'in force' gp reload
all_get_in

step "what went over the wires"
touch "$LAB/enough"
wait "${jobs[@]}"
capture_stop
for source in "${SUBSCRIBERS[@]}"; do
	check "$source: packets were sent" above "$(fates "$source" passed)" 10
	check "$source: not one was dropped" equal "$(fates "$source" dropped)" 0
done
for host in regular4 regular6; do
	check "$host: no login was refused" equal "$(count_lines "$LAB/$host.refused")" 0
done
for banned in "host 198.51.100.10" "net 198.51.100.128/25" "net 2001:db8:bad:10::/64"; do
	sent=$(tcpdump -Z root -nr "$LAB/outside.pcap" "src $banned" 2>/dev/null | wc -l)
	passed=$(tcpdump -Z root -nr "$LAB/inside.pcap" "src $banned" 2>/dev/null | wc -l)
	check "$banned: many packets were sent" above "$sent" 3000
	check "$banned: not one came through" equal "$passed" 0
done
