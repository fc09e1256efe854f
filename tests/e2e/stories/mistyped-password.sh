#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A mistyped password does not ban: wrong, wrong, right"
lab_user alice right
lab_up dovecot postfix
edge_start
host subscriber 203.0.113.10 2001:db8:cafe::10

for service in imap pop3 smtp; do
	check "$service: a wrong password is refused" not subscriber_login "$service" subscriber alice wrng
	check "$service: another one, too" not subscriber_login "$service" subscriber alice worng
	check "$service: the right one gets in" subscriber_login "$service" subscriber alice right
done
check "IPv6: a wrong password is refused" not subscriber_imap subscriber alice wrng "$FARM6"
check "IPv6: the right one gets in" subscriber_imap subscriber alice right "$FARM6"
check "the subscriber is not banned (IPv4)" verdict_is 203.0.113.10 passes
check "the subscriber is not banned (IPv6)" verdict_is 2001:db8:cafe::10 passes
check "all failures were read" equal "$(seen failures)" "$(($(farm_failures 203.0.113.10) + 1))"
check "all successes were read" equal "$(seen successes)" 4
check "nothing was dropped" equal "$(dropped)" 0
check "nobody is banned" not says '203|2001' gp bans
