# shellcheck shell=bash disable=SC2034,SC1091 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# gatepost with the strict rules that it ships, for who would rather be early. The others are tuned by their own manuals
# and forums; this is rules_file = strict.rules and nothing else.
. "$DUEL/contenders/gatepost.sh"
TITLE="gatepost, tuned"

rules() { cat "$LAB_ROOT/rules/strict.rules"; }

# Of each connection inside TLS, and of no other, the second and third failure may be the first in another way.
deciding() {
	case $1 in
	fast | smtp | tls | held | ipv6-64 | slow | patient) echo 3 ;;
	cgnat) echo 6 ;;
	ipv6-site) echo 5 ;;
	spread) echo 15 ;;
	esac
}
