#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A reload is all or nothing: a broken rule changes nothing and is named, a good one works at once"
lab_user alice right
lab_up dovecot
rule() { printf 'rule "guessing" {\n\tcount = failures\n\tthreshold = %s\n\twindow = 10m\n\tper = source\n\taction = ban\n\tfor = 1h\n}\n' "$1"; }
rule 8 >"$LAB/rules"
edge_start
host one 198.51.100.10
host two 198.51.100.11
host three 198.51.100.12

guess one imap "$FARM4" alice wrong# 8
check "the first rule bans at eight failures" wait_until 5 verdict_is 198.51.100.10 banned

step "a broken rule"
rule lots >"$LAB/rules"
check "reload is refused" exits 1 gp reload
check "it says file, line and what was expected" says "rules:3: .*'?threshold'?.*lots" gp reload
check "and what holds now" says 'the old configuration stays in force' gp reload
check "status says so, too" says '^reload +REFUSED .*rules:3' gp status
check "the old rule is in force" says '8 failures in 10m' gp rules
check "by SIGHUP as well" kill -HUP "$EDGE_PID"
check "the log says why" wait_until 5 says '^[^ ]+ error reload .*rules:3' tail -n 2 "$LAB/gatepost.log"
check "the daemon lives, and status asks for a look by its exit code" exits 1 gp status
check "check says the same before anything runs" says "rules:3: .*threshold" gp check --config "$LAB/gatepost.conf"
check "with an exit code" exits 1 gp check --config "$LAB/gatepost.conf"
guess two imap "$FARM4" alice wrong# 7
check "seven failures do not ban" verdict_is 198.51.100.11 passes
guess two imap "$FARM4" alice more# 1
check "the eighth does" wait_until 5 verdict_is 198.51.100.11 banned

step "a broken setting beside a good rule"
rule 3 >"$LAB/rules"
echo 'mood = enforce' >>"$LAB/gatepost.conf"
check "reload is refused, and guesses what was meant" says "gatepost.conf:[0-9]+: .*'mood'.*'mode'" gp reload
check "the good rule is not in force either" says '8 failures in 10m' gp rules

step "all good"
edge_config
check "reload works" says 'the new configuration is in force' gp reload
check "status has nothing to complain about" exits 0 gp status
check "the new rule is in force" says '3 failures in 10m' gp rules
check "the bans of the old one, too" verdict_is 198.51.100.10 banned
guess three imap "$FARM4" alice wrong# 3
check "three failures ban" wait_until 5 verdict_is 198.51.100.12 banned
