#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A ban ends when it should, by hand and by rule, and lasts twice as long the second time"
lab_user alice right
lab_up dovecot
cat >"$LAB/rules" <<-END
	rule "quick" {
		count = failures
		threshold = 5
		window = 1m
		per = source
		action = ban
		for = 5s
		at_most = 1m
	}
END
edge_start
host attacker 198.51.100.10 2001:db8:bad:10::1

age_ms() { echo $(((${EPOCHREALTIME/./} - $1) / 1000)); }
for source in 198.51.100.10 2001:db8:bad:10::1; do
	farm=$FARM4
	[ $source = 198.51.100.10 ] || farm=$FARM6
	step "$source is banned by hand for five seconds"
	since=${EPOCHREALTIME/./}
	gp ban "$source" --for 5s --reason "a test" >/dev/null
	check "$source: it is shut out" not connects attacker 143 "$farm"
	check "$source: explain says by whom and why" says 'manual' gp explain "$source"
	check "$source: and how long yet" says 'BANNED, [1-5]s left' gp explain "$source"
	check "$source: it gets in again" wait_until 20 connects attacker 143 "$farm"
	check "$source: not before its time" above "$(age_ms "$since")" 4999
	check "$source: the ban has left the list" wait_until 20 not says "$source" gp bans
	check "$source: explain still knows of it" says 'past +banned until .* by manual: a test' gp explain "$source"
done
check "the kernel's table has nothing left" says '^0 bans in force, 0 missing' gp verify

step "a rule bans the attacker for five seconds"
guess attacker imap "$FARM4" alice wrong# 5
check "it is banned" wait_until 20 verdict_is 198.51.100.10 banned
check "it is shut out" not connects attacker
check "the ban ends" wait_until 20 verdict_is 198.51.100.10 passes
check "it is let in" wait_until 20 connects attacker
step "and once more"
guess attacker imap "$FARM4" alice again# 5
check "the second ban" wait_until 20 verdict_is 198.51.100.10 banned
check "is of the second offence" says 'offence 2' gp explain 198.51.100.10
check "and twice as long" above "$(explained 198.51.100.10 left_s)" 5

step "and a ban outlives the daemon, but not its own time"
gp ban 198.51.100.10 --for 5s >/dev/null
edge_kill9
check "it is shut out" not connects attacker
check "it is let in again, with nobody there to do it" wait_until 20 connects attacker
