#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A phone that repeats one stale password inside TLS is not banned; a guesser with as many passwords is"
lab_user alice right
lab_up dovecot postfix
edge_start
host phone 203.0.113.10
host guesser 198.51.100.10
host later 203.0.113.20
host other 198.51.100.20
host tablet 203.0.113.30 # sixty at once is what an address is forgiven: this is another one

step "a phone asks for mail with the password of last year, and nothing is known of the servers"
for _ in 1 2 3 4; do check "a subscriber logs in" subscriber_imaps later alice right; done
guess phone imaps "$FARM4" alice stale 60 20
check "it made 60 attempts" equal "$(farm_failures 203.0.113.10)" 60
check "it is not banned" verdict_is 203.0.113.10 passes
check "with the new password it gets in" subscriber_imaps phone alice right

step "a guesser makes as many attempts, but different ones"
LAB_ATTACK_S=8 guess guesser imaps "$FARM4" alice wrong~# 60 20
check "it is banned" wait_until 5 verdict_is 198.51.100.10 banned
check "it could not make all of its attempts" below "$(farm_attempts 198.51.100.10)" 60

step "another phone, now that the server is known"
guess later imaps "$FARM4" alice stale 60 20
check "it made 60 attempts" equal "$(farm_failures 203.0.113.20)" 60
check "they were read" wait_until 5 equal_now 60 explained 203.0.113.20 failures
check "59 of them were repeats" equal "$(explained 203.0.113.20 repeats)" 59
check "it is not banned" verdict_is 203.0.113.20 passes
check "with the new password it gets in" subscriber_imaps later alice right

step "the same on submissions"
guess tablet submissions "$FARM4" alice stale 30 20
LAB_ATTACK_S=8 guess other submissions "$FARM4" alice wrong~# 60 20
check "the guesser is banned" wait_until 5 verdict_is 198.51.100.20 banned
check "the tablet is not" verdict_is 203.0.113.30 passes
check "the tablet gets in" subscriber_submissions tablet alice right
