#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Who opens connections and holds them without a login is limited, never banned; who logged in may hold as many"
cat >"$LAB/rules" <<-END
	rule "held-open" { count = waiting threshold = 40 window = 2s per = source action = limit for = 10m }
	rule "many-open" { count = open threshold = 100 window = 2s per = "/24,/48" action = alert for = 10m }
END
lab_user alice right
lab_up dovecot
edge_start
host attacker 198.51.100.10
host attacker6 2001:db8:bad:10::1
host subscriber 203.0.113.10
hold() { crowd_start hold "$1" "$2" "$3" "$4" "$5" 300 "${6:-}"; } # HOST FROM SERVER PORT COUNT [TEXT]
held() { gp explain "$1" | sed -n 's/.*count *held-open: \([0-9]*\) of.*/\1/p'; }

for n in 1 2 3; do idle_start subscriber alice right; done
step "a little less than too many, of two kinds: silent, and with half a command"
hold attacker 198.51.100.10 "$FARM4" 993 20
hold attacker 198.51.100.10 "$FARM4" 143 19 "a LOG"
check "they are counted" wait_until 30 equal_now 39 held 198.51.100.10
check "and pass" verdict_is 198.51.100.10 passes
check "who has logged in is not counted" equal "$(held 203.0.113.10)" ""

step "one more, and forty of another that does half a TLS handshake"
hold attacker 198.51.100.10 "$FARM4" 110 1
hold attacker6 2001:db8:bad:10::1 "$FARM6" 993 40 $'\x16\x03\x01\x02'
check "the first is limited" wait_until 30 verdict_is 198.51.100.10 limited
check "the other, too" wait_until 30 verdict_is 2001:db8:bad:10::1 limited
check "explain says why" says 'why +40 connections without a login for 2s from 198.51.100.10' gp explain 198.51.100.10
check "it is a limit of those that come" says '^198\.51\.100\.10 +limit +held-open' gp bans
check "neither is banned" not says ' ban ' gp bans
check "the subscriber logs in" subscriber_imaps subscriber alice right
check "and his mail comes" idle_gets subscriber alice

step "the daemon is gone and comes back"
edge_stop
edge_run
check "the limit lasts" verdict_is 198.51.100.10 limited
check "what was open before is not counted, nor less than nothing" wait_until 5 equal_now "" held 198.51.100.10
gp unban 198.51.100.10 >/dev/null
hold attacker 198.51.100.10 "$FARM4" 993 5
check "what is opened from now on is" wait_until 30 equal_now 5 held 198.51.100.10
kill $CROWD
check "until it ends" wait_until 30 equal_now "" held 198.51.100.10
