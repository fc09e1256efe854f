#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The lab itself, without gatepost: what the stories take for granted.
. "$(dirname "$0")/../lib.sh"

story "The lab works: every client gets in and is counted, every attack arrives, and nothing is left behind"

equal() { [ "$1" = "$2" ]; }
frames() { tcpdump -Z root -nr "$LAB/wire.pcap" "$1" 2>/dev/null | wc -l; }
count_is() { local count; count=$("$1" "$2"); echo "$1 $2: $count"; equal "$count" "$3"; }
# All that a story of its own leaves behind when it is interrupted in the middle.
interrupted_story_leaves() {
	local pid
	mkdir "$LAB/nested"
	printf '. %s/tests/e2e/lib.sh\nlab_up dovecot\ntouch %s/nested.up\nsleep 60\n' "$LAB_ROOT" "$LAB" >"$LAB/nested.sh"
	KEEP="" DEBUG="" TMPDIR="$LAB/nested" bash "$LAB/nested.sh" >"$LAB/nested.log" 2>&1 &
	pid=$!
	wait_until 20 test -e "$LAB/nested.up" || echo "the nested story did not start"
	kill -"$1" $pid
	not wait $pid || echo "the interrupted story passed"
	rm "$LAB/nested.up"
	ls "$LAB/nested"
	rmdir "$LAB/nested"
}

lab_user alice right
lab_up dovecot postfix
step "network, Dovecot and Postfix are ready"
lab_user late right

host subscriber 203.0.113.10 2001:db8:cafe::10
host neighbour 198.51.100.200 2001:db8:bad:200::1
for service in $SERVICES mbsync fetchmail; do
	for server in "$FARM4" "$FARM6"; do
		check "$service at $server lets alice in" subscriber_login "$service" subscriber alice right "$server"
		check "$service at $server refuses a wrong password" \
			not subscriber_login "$service" subscriber alice wrong "$server"
	done
done
check "a user made while the servers run gets in" subscriber_imap subscriber late right
check "IPv4: 19 attempts are counted" count_is farm_attempts 203.0.113.10 19
check "IPv4: 9 failures are counted" count_is farm_failures 203.0.113.10 9
check "IPv4: 10 successes are counted" count_is farm_successes 203.0.113.10 10
check "IPv6: 18 attempts are counted" count_is farm_attempts 2001:db8:cafe::10 18
check "IPv6: 9 failures are counted" count_is farm_failures 2001:db8:cafe::10 9
check "IPv6: 9 successes are counted" count_is farm_successes 2001:db8:cafe::10 9
check "port 25 answers" mx_connect subscriber "$FARM6"

step "hydra, on every service at once, each from an address of its own"
users=$(word_list user 2) passwords=$(word_list wrong 4)
number=10 attackers=()
for service in imap imaps pop3 pop3s smtp smtps; do
	host "a4-$service" "198.51.100.$number"
	host "a6-$service" "2001:db8:bad:$number::1"
	attack_hydra "a4-$service" "$service" "$FARM4" "$users" "$passwords" &
	attackers+=($!)
	attack_hydra "a6-$service" "$service" "$FARM6" "$users" "$passwords" &
	attackers+=($!)
	number=$((number + 1))
done
check "a subscriber from the attackers' prefix gets in meanwhile" subscriber_imap neighbour alice right
wait "${attackers[@]}"
number=10
for service in imap imaps pop3 pop3s smtp smtps; do
	check "$service, IPv4: hydra made 8 attempts" count_is attack_count "a4-$service" 8
	check "$service, IPv4: 8 attempts reached the farm" count_is farm_failures "198.51.100.$number" 8
	check "$service, IPv6: 8 attempts reached the farm" count_is farm_failures "2001:db8:bad:$number::1" 8
	number=$((number + 1))
done

step "what a real client would not send"
host_mangled pieces fragments 198.51.100.30 2001:db8:bad:30::1
host_mangled crumbs fragments=8 198.51.100.31
host_mangled headers options 198.51.100.32 2001:db8:bad:32::1
capture_start edge wan0 "$LAB/wire.pcap"
for server in "$FARM4" "$FARM6"; do
	check "a login in fragments reaches $server" subscriber_imap pieces alice right "$server"
	check "a login with options or extension headers reaches $server" subscriber_imap headers alice right "$server"
done
check "a login in fragments of eight bytes reaches $FARM4" subscriber_imap crumbs alice right
check "SYNs in a subscriber's name (IPv4)" attack_synflood neighbour 203.0.113.10 "$FARM4" 143 100 1000
check "SYNs in a prefix's name (IPv6)" attack_synflood neighbour 2001:db8:cafe::/48 "$FARM6" 143 100 1000
host_source neighbour 198.51.100.201
check "a host can change its address" subscriber_imap neighbour alice right
capture_stop
check "the new address is the one that was seen" count_is farm_attempts 198.51.100.201 1
check "every packet came in IPv4 fragments" \
	equal "$(frames 'src 198.51.100.30')" "$(frames 'src 198.51.100.30 and ip[6:2] & 0x3fff != 0')"
check "there were such fragments" test "$(frames 'src 198.51.100.30')" -gt 10
check "every packet came in IPv6 fragments" \
	equal "$(frames 'src 2001:db8:bad:30::1 and not icmp6')" \
	"$(frames 'src 2001:db8:bad:30::1 and ip6[6] = 44')"
check "there were IPv4 options" test "$(frames 'src 198.51.100.32 and ip[0] & 15 = 7')" -gt 5
check "there were destination options" test "$(frames 'src 2001:db8:bad:32::1 and ip6[6] = 60')" -gt 5
check "100 SYNs came in the subscriber's name" equal "$(frames 'src 203.0.113.10 and tcp[13] = 2')" 100
check "100 SYNs came in the prefix's name" equal "$(frames 'src net 2001:db8:cafe::/48 and ip6[53] = 2')" 100
check "no packet is longer than a wire carries" equal "$(frames 'greater 1515')" 0
check "every checksum is right" \
	not grep -q incorrect <(tcpdump -Z root -nvr "$LAB/wire.pcap" 2>/dev/null)

step "a story that is interrupted"
check "SIGTERM: nothing is left" equal "$(interrupted_story_leaves TERM)" ""
check "it says so itself" grep -q '^ok - no process and no mount' "$LAB/nested.log"
