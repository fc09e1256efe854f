# shellcheck shell=bash disable=SC2034,SC1091 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# fail2ban as a good admin sets it up: each failure in the log at once (auth_verbose), remembered for an hour, banned for
# an hour and longer each time, on all ports, by an nftables set that drops. Five failures as before: fewer would ban
# whoever mistypes twice in a client that tries three ways.
. "$DUEL/contenders/fail2ban.sh"
TITLE="fail2ban, tuned"
VERBOSE=yes

jails() {
	cat <<-END
		[DEFAULT]
		findtime = $(scaled 3600)
		bantime = $(scaled 3600)
		bantime.increment = true
		banaction = nftables[type=allports, blocktype=drop]
		banaction_allports = nftables[type=allports, blocktype=drop]
		[sshd]
		enabled = false
		[dovecot]
		enabled = true
		mode = aggressive
		[postfix]
		enabled = true
		mode = aggressive
		[postfix-sasl]
		enabled = true
	END
}

deciding() {
	case $1 in
	fast | smtp | tls | held | slow | patient | cgnat) echo 5 ;;
	esac
}
