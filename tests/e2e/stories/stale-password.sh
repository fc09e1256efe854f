#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A phone that repeats one stale password is not banned; a guesser that makes as many attempts is"
lab_user alice right
lab_up dovecot postfix
edge_start
host phone 203.0.113.10
host guesser 198.51.100.10

step "the phone asks for mail and sends some, with the password of last year"
guess phone imap "$FARM4" alice stale 20 20
guess phone pop3 "$FARM4" alice stale 20 20
guess phone smtp "$FARM4" alice stale 20 20
check "it made 60 attempts" equal "$(farm_failures 203.0.113.10)" 60
check "they were read" wait_until 5 equal_now 60 explained 203.0.113.10 failures
check "59 of them were repeats" equal "$(explained 203.0.113.10 repeats)" 59
check "it is not banned" verdict_is 203.0.113.10 passes
check "explain says so" says '60 failures on 1 account.*59 repeats' gp explain 203.0.113.10
check "nothing was dropped" equal "$(dropped)" 0
check "with the new password it gets in" subscriber_imap phone alice right

step "the guesser makes no more attempts, but different ones"
LAB_ATTACK_S=4 guess guesser imap "$FARM4" alice wrong# 60 20
check "it is banned" verdict_is 198.51.100.10 banned
check "it could not make all of its attempts" below "$(farm_attempts 198.51.100.10)" 60
