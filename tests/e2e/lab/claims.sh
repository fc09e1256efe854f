# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What stories claim, in words for `check` and `wait_until`. Each prints what it found, so that a failure explains itself.
#
#   equal A B | below A B | above A B     of whole numbers or, below and above, of decimals
#   equal_now VALUE CMD...                CMD prints VALUE: for wait_until, which asks again
#   grew_to N CMD...                      CMD prints N or more: the same
#   says PATTERN CMD...                   CMD's output has a line that matches, however CMD ended
#   exits CODE CMD...                     CMD ends with that code
#   verdict SOURCE | verdict_is SOURCE banned|limited|passes|allowed|observed     as `gatepost explain` has it
#   explained SOURCE FIELD                a number of `explain -o json`: packets_met, failures, repeats, since, ...
#   seen FIELD                            a number of `status -o json`: failures, successes, connections, ...
#   counted packets|spared REASON         of all services, in the words of `gatepost counters`; dropped: of all drops
#   holds_off HOST SOURCE                 SOURCE is banned, HOST's attack meets the ban or has given up, and no attempt
#                                         reaches the farm any more
#   stopped_within SOURCE N [REPLIES]     after watch_start and capture_stop: a reply on the wire decided, N packets with
#                                         payload at most came through between it and the first drop, and none after
#                                         that; REPLIES is wire_replies when the attempts were inside TLS

equal() {
	echo "'$1' and '$2'"
	[ "$1" = "$2" ]
}
below() { echo "$1 < $2"; awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 < b + 0) }'; }
above() { echo "$1 > $2"; awk -v a="$1" -v b="$2" 'BEGIN { exit !(a + 0 > b + 0) }'; }

equal_now() {
	local value=$1
	shift
	equal "$("$@")" "$value"
}

grew_to() {
	local least=$1
	shift
	[ "$("$@")" -ge "$least" ]
}

says() {
	local pattern=$1 text
	shift
	text=$("$@" 2>&1) || :
	echo "$text"
	grep -qE -e "$pattern" <<<"$text"
}

exits() {
	local wanted=$1 code=0
	shift
	"$@" || code=$?
	echo "exit code $code"
	[ "$code" = "$wanted" ]
}

# The JSON is ours and on one line: a name stands once in an object, and what is nested comes in a known order.
field() { grep -oE "\"$1\":(\"[^\"]*\"|[^,}]*)" | head -n 1 | cut -d: -f2- | tr -d '"'; }
verdict() { gp explain -o json "$1" | field verdict; }
verdict_is() { equal "$(verdict "$1")" "$2"; }
explained() { gp explain -o json "$1" | field "$2"; }
seen() { gp status -o json | field "$1"; }

counter_sum() { # packets|spared TEXT: over all rows that hold the text
	gp counters -o json | tr '{' '\n' |
		awk -v name="\"$1\":" -v text="$2" 'index($0, text) { at = index($0, name)
			if (at) sum += substr($0, at + length(name)) + 0 } END { print sum + 0 }'
}
counted() { counter_sum "$1" "\"reason\":\"$2\""; }
dropped() { counter_sum packets '"verdict":"drop"'; }

# Three more packets that met the ban are three more tries: a SYN, or an attempt on a connection that was open. Who has
# given up since proves nothing against the ban.
holds_off() {
	local before met
	before=$(farm_attempts "$2")
	met=$(explained "$2" packets_met)
	[ -n "$met" ] || { echo "$2 is not banned"; return 1; }
	wait_until 10 met_more_or_gone "$1" "$2" $((met + 3)) || [ "$met" -ge 3 ] || { echo "$1 never tried again"; return 1; }
	not gave_up "$1" || echo "$1 gave up"
	echo "$1 made $(attack_count "$1") attempts, $before reached the farm, then $(($(farm_attempts "$2") - before)) more"
	[ "$(farm_attempts "$2")" = "$before" ]
}
met_more() { [ "$(explained "$1" packets_met)" -ge "$2" ]; }
gave_up() { [ -z "$(ip netns pids "$1")" ]; }
met_more_or_gone() { gave_up "$1" || met_more "$2" "$3"; }

# Counted on the wire, see wire_stop: how long it takes depends on who else wants a CPU, how many get through does not. The
# reply that decided must be there when the decision says it was. Each of its connections may have been about to say
# something then; after the first drop there is nothing more.
stopped_within() {
	local number lag first later under_way decided
	decided=$(explained "$1" since)
	[ -n "$decided" ] || { echo "$1 is not banned"; return 1; }
	read -r number lag first later _ under_way < <(wire_stop "$decided" "$1" 3600000 "${3:-wire_refusals}") || return 1
	echo "reply $number, decided $lag ms later; first drop $(after_ms "$first"), $under_way packets with payload before" \
		"it, and $later packets after it"
	below "$lag" 50 && equal "$later" 0 && below "$under_way" $(($2 + 1))
}
after_ms() { if [ "$1" = none ]; then echo "none, as it gave up"; else echo "after $1 ms"; fi; }
