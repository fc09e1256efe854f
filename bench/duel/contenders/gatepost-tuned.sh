# shellcheck shell=bash disable=SC2034,SC1091 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# gatepost with two rules more, for who would rather be early: short bans, for what no person does in so short a time.
# Ten failures in twenty seconds are four wrong passwords in a client that tries three ways, inside TLS; in clear text
# ten. Five accounts that fail within a minute, and nobody who got in for three days, are no household.
. "$DUEL/contenders/gatepost.sh"
TITLE="gatepost, tuned"

rules() {
	cat "$LAB_ROOT/rules/default.rules" - <<-END
		rule "guessing-at-once" {
			count = failures
			threshold = 10
			window = 20s
			per = source
			action = ban
			for = 10m
			at_most = 1d
			unless_success = 3d
		}
		rule "accounts-at-once" {
			count = accounts
			threshold = 5
			window = 1m
			per = source
			action = ban
			for = 10m
			at_most = 1d
			unless_success = 3d
		}
	END
}

deciding() {
	case $1 in
	fast | smtp | tls | ipv6-64) echo 10 ;;
	cgnat) echo 70 ;;
	held | slow) echo 5 ;;
	patient) echo 20 ;;
	ipv6-site) echo 15 ;;
	spread) echo 30 ;;
	esac
}
