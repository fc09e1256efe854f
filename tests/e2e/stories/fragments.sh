#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A login attempt in fragments or behind options and extension headers does not slip past"
lab_user alice right
lab_up dovecot
edge_start 'allow = {"203.0.113.40"}'
LAB_ATTACK_S=3
host_mangled pieces fragments 198.51.100.30 2001:db8:bad:30::1
host_mangled crumbs fragments=8 198.51.100.31
host_mangled headers options 198.51.100.32 2001:db8:bad:32::1
host_mangled tunnel fragments 203.0.113.40

step "fragments"
guess pieces imap "$FARM4" alice wrong# 40 20 &
guessers=($!)
guess pieces imap "$FARM6" alice wrong# 40 20 &
guessers+=($!)
guess crumbs imap "$FARM4" alice wrong# 40 20
wait "${guessers[@]}"
for source in 198.51.100.30 198.51.100.31 2001:db8:bad:30::1; do
	check "$source: no attempt reached the farm" equal "$(farm_attempts $source)" 0
done
check "they were refused by name" above "$(counted packets 'fragmented TCP to a protected service')" 60
check "who is allowed may send fragments" subscriber_imap tunnel alice right

step "options and extension headers"
guess headers imap "$FARM4" alice wrong# 40 10 &
guess headers imap "$FARM6" alice wrong# 40 10
wait $!
for source in 198.51.100.32 2001:db8:bad:32::1; do
	check "$source is banned like anybody" verdict_is $source banned
	check "$source: at four or five failures" says '[45] failures in (30s|6h)' gp explain $source
	check "$source could not make all of its attempts" below "$(farm_attempts $source)" 40
done
