#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Forged floods of SYNs, data and resets, in random names and in a subscriber's, ban nobody"
lab_user alice right
lab_up dovecot
edge_start
host subscriber 203.0.113.10 2001:db8:cafe:10::1
check "the subscriber logs in (IPv4)" subscriber_imaps subscriber alice right
check "the subscriber logs in (IPv6)" subscriber_imaps subscriber alice right "$FARM6"
idle_start subscriber alice right

decisions() { gp rules -o json | grep -oE '"decisions":[0-9]+' | awk -F: '{ sum += $2 } END { print sum + 0 }'; }
banned_or_limited() { gp bans -o json | grep -c '"target"' || :; }

floods=()
step "thousands of packets a second of each kind, in random names and in his"
for kind in syn data rst rst-ack; do
	attack_forge $kind 0.0.0.0/0 "$FARM4" 993 10000 300 >/dev/null &
	floods+=($!)
	attack_forge $kind 203.0.113.10 "$FARM4" 993 10000 300 >/dev/null &
	floods+=($!)
	attack_forge $kind 2001:db8::/32 "$FARM6" 993 10000 300 >/dev/null &
	floods+=($!)
	attack_forge $kind 2001:db8:cafe:10::1 "$FARM6" 993 10000 300 >/dev/null &
	floods+=($!)
done
check "data and resets of no connection come in" wait_until 60 grew_to 20000 counted packets "packet of no known connection"
check "the floods of SYNs are over the limits" wait_until 60 grew_to 5000 dropped

check "he logs in (IPv4)" subscriber_imaps subscriber alice right
check "he logs in (IPv6)" subscriber_imaps subscriber alice right "$FARM6"
check "the connection that he has is alive, and a mail comes through it" idle_gets subscriber alice
check "all of that during the floods" kill -0 "${floods[@]}"
check "no rule has decided anything" equal "$(decisions)" 0
check "nobody is banned or limited" equal "$(banned_or_limited)" 0
check "nothing is in the kernel's table of bans" \
	says '^0 bans in force, 0 missing in the kernel, 0 in the kernel only' gp verify
check "his address is not banned (IPv4)" verdict_is 203.0.113.10 passes
check "his address is not banned (IPv6)" verdict_is 2001:db8:cafe:10::1 passes
check "the controller has read nothing of it" equal "$(explained 203.0.113.10 failures)" 0
