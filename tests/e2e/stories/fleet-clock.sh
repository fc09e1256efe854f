#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A node whose clock is an hour ahead, one that is an hour behind, and a Redis whose clock jumps: all agree in the end"
lab_net
fleet_net
cc -shared -fPIC -O2 -o "$LAB/wall_clock.so" "$LAB_FILES/wall_clock.c"

clock_is() { echo "$2" >"$LAB/clock.$1"; } # WHOSE SECONDS-AHEAD
by_clock() { echo env "LD_PRELOAD=$LAB/wall_clock.so" "WALL_CLOCK=$LAB/clock.$1"; } # WHOSE
run_by_clock() { # EDGE SECONDS-AHEAD
	clock_is "$1" "$2"
	# shellcheck disable=SC2046
	fleet_run "$1" $(by_clock "$1")
}
# shellcheck disable=SC2207
REDIS_BY=($(by_clock redis))
left_s() { on_edge "$1" bans -o json | tr '{' '\n' | grep -F "\"source\":\"$2\"" | field "left_s"; }
about() { [ "$1" -ge $(($2 - 60)) ] && [ "$1" -le $((${2} + 60)) ]; }
lasts() { about "$(left_s "$1" "$2")" "$3"; }

lines_of() { grep -c 'fleet-clock' "$LAB/gatepost$1.log" || :; }
note_lines() { LINES1=$(lines_of 1) LINES2=$(lines_of 2); }
both_say_more() { [ "$(lines_of 1)" -gt "$LINES1" ] && [ "$(lines_of 2)" -gt "$LINES2" ]; }

clock_is redis 0
redis_start
fleet_up
fleet_kill9 1
fleet_kill9 2
run_by_clock 1 3600
run_by_clock 2 -3600
check "one says that Redis's clock is an hour behind" wait_until 5 says '(1h|59m59s) behind ours' cat "$LAB/gatepost1.log"
check "the other one that it is ahead" wait_until 5 says '(1h|59m59s) ahead of ours' cat "$LAB/gatepost2.log"
check "both edges follow the stream" wait_until 5 fleet_follows
on_edge 1 ban 203.0.113.1 --for 30m >/dev/null
on_edge 2 ban 203.0.113.2 --for 30m >/dev/null
check "the edge that is behind bans what the one ahead does" wait_until 2 edge_verdict_is 2 203.0.113.1 banned
check "for as long" lasts 2 203.0.113.1 1800
check "and the other way round" wait_until 2 edge_verdict_is 1 203.0.113.2 banned
check "for as long" lasts 1 203.0.113.2 1800
on_edge 2 unban 203.0.113.1 >/dev/null
on_edge 1 unban 203.0.113.2 >/dev/null
check "an unban by the one that is behind holds at the one ahead" wait_until 2 edge_verdict_is 1 203.0.113.1 passes
check "and the other way round" wait_until 2 edge_verdict_is 2 203.0.113.2 passes
on_edge 1 ban 203.0.113.3 --for 3s >/dev/null
check "a short ban is heard" wait_until 2 edge_verdict_is 2 203.0.113.3 banned
check "and over at its end" wait_until 6 edge_verdict_is 2 203.0.113.3 passes

step "what is decided without Redis, by clocks that are wrong"
redis_kill9
on_edge 1 ban 203.0.113.4 --for 30m >/dev/null
on_edge 2 ban 203.0.113.5 --for 30m >/dev/null
on_edge 1 unban 203.0.113.3 >/dev/null
fleet_stop 1
run_by_clock 1 0 # set right while it was down
redis_start
check "both follow" wait_until 15 fleet_follows
check "and agree" wait_until 5 fleet_agrees
check "on what one told that was down" lasts 2 203.0.113.4 1800
check "and on what the other told" lasts 1 203.0.113.5 1800

step "Redis's clock jumps an hour ahead, and back"
on_edge 1 ban 203.0.113.6 --for 30m >/dev/null
on_edge 2 ban 203.0.113.7 --for 3h >/dev/null
check "before that, both agree" wait_until 5 fleet_agrees
note_lines
clock_is redis 3600
check "both notice, and say it" wait_until 10 both_say_more
check "what is in force stays in force" edge_verdict_is 2 203.0.113.6 banned
on_edge 1 ban 203.0.113.8 --for 30m >/dev/null
check "what is decided by that clock is heard" wait_until 3 edge_verdict_is 2 203.0.113.8 banned
check "and lasts as long" lasts 2 203.0.113.8 1800
on_edge 2 unban 203.0.113.7 >/dev/null
check "an unban, too" wait_until 3 edge_verdict_is 1 203.0.113.7 passes
note_lines
clock_is redis 0
check "so they do when it is back" wait_until 10 both_say_more
on_edge 2 ban 203.0.113.9 --for 30m >/dev/null
check "what is decided after that is heard" wait_until 3 edge_verdict_is 1 203.0.113.9 banned
on_edge 1 unban 203.0.113.8 >/dev/null
check "what was decided ahead can be lifted" wait_until 3 edge_verdict_is 2 203.0.113.8 passes
on_edge 1 ban 203.0.113.7 --for 30m >/dev/null
check "and what was lifted ahead can be banned again" wait_until 3 edge_verdict_is 2 203.0.113.7 banned
fleet_kill9 2
rm -rf "$LAB/node2/state"
fleet_run 2
check "an edge that begins from nothing then follows" wait_until 10 fleet_follows
check "and hears what was decided by the right clock" wait_until 5 edge_verdict_is 2 203.0.113.9 banned
check "what is still to come is not believed yet, and why is said" says 'decided in the future' on_edge 2 fleet
