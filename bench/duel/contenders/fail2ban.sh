# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
# fail2ban of Debian with its own rules for Dovecot and Postfix: five failures in ten minutes, banned for ten.
# Debian enables no jail but sshd's, so these three are switched on; nothing else is changed.
TITLE="fail2ban"

jails() {
	cat <<-END
		[DEFAULT]
		findtime = $(scaled 600)
		bantime = $(scaled 600)
		[sshd]
		enabled = false
		[dovecot]
		enabled = true
		[postfix]
		enabled = true
		[postfix-sasl]
		enabled = true
	END
}

contender_start() {
	cp -r "$UNPACKED/etc/fail2ban" "$LAB/fail2ban"
	jails >"$LAB/fail2ban/jail.local"
	printf '[Definition]\ndbfile = %s\n' "$LAB/fail2ban.sqlite3" >"$LAB/fail2ban/fail2ban.local"
	contender_daemon env PYTHONPATH="$UNPACKED/usr/lib/python3/dist-packages" LC_ALL=C.UTF-8 \
		/usr/bin/python3 "$UNPACKED/usr/bin/fail2ban-server" -f -x -c "$LAB/fail2ban" -s /run/fail2ban.sock \
		-p /run/fail2ban.pid --logtarget "$LAB/fail2ban.log" start
	wait_until 20 grep -q "Jail 'postfix-sasl' started" "$LAB/fail2ban.log" || die "fail2ban does not start"
}

deciding() {
	case $1 in
	fast | smtp | tls | held | slow | cgnat) echo 5 ;;
	esac
}
