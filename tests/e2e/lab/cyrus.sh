# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Cyrus on the farm, from packages that were unpacked, not installed (.ci/deps record). It logs to syslog only, so the
# lab has one of its own, and it never writes down a client's port: whoever needs to know which connection a line
# belongs to lets a host have one connection at a time.
cyrus_start() {
	local address=$LAB/cyrus
	syslog_start
	mkdir -p "$address"/{db,proc,log,user,sieve,spool,socket,msg,ptclient,lock,meta} /run/cyrus
	cat >"$LAB/imapd.conf" <<-END
		configdirectory: $LAB/cyrus
		partition-default: $LAB/cyrus/spool
		defaultpartition: default
		admins: cyrus
		allowplaintext: yes
		sasl_pwcheck_method: auxprop
		sasl_auxprop_plugin: sasldb
		sasl_sasldb_path: $LAB/cyrus/sasldb2
		sasl_mech_list: ${LAB_CYRUS_MECHANISMS:-PLAIN LOGIN CRAM-MD5}
		autocreate_quota: 0
		autocreate_post: yes
		unixhierarchysep: yes
		virtdomains: off
		defaultdomain: mail.example
		servername: mail.example
		popminpoll: 0
		tls_server_cert: $LAB/cert.pem
		tls_server_key: $LAB/cyrus/key.pem
		idlesocket: $LAB/cyrus/socket/idle
		lmtpsocket: $LAB/cyrus/socket/lmtp
		notifysocket: $LAB/cyrus/socket/notify
		syslog_prefix: cyrus
	END
	cyrus_services >"$LAB/cyrus.conf"
	cp "$LAB/key.pem" "$LAB/cyrus/key.pem"
	cyrus_users
	chown -R mail:mail "$LAB/cyrus" /run/cyrus
	farm_daemon cyrus cyrus.err /usr/lib/cyrus/bin/master -C "$LAB/imapd.conf" -M "$LAB/cyrus.conf" -p "$LAB/cyrus.pid"
}

cyrus_services() {
	local address service=0
	printf 'START {\n recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C %s -r"\n}\nSERVICES {\n' "$LAB/imapd.conf"
	for address in "$(server4 cyrus)" "[$(server6 cyrus)]"; do
		service=$((service + 1))
		cyrus_service imap$service "imapd -U 30" "$address:143"
		cyrus_service imaps$service "imapd -s -U 30" "$address:993"
		cyrus_service pop$service "pop3d -U 30" "$address:110"
		cyrus_service pops$service "pop3d -s -U 30" "$address:995"
	done
	printf '}\n'
}
cyrus_service() {
	local program=${2%% *}
	printf ' %s cmd="/usr/lib/cyrus/bin/%s -C %s%s" listen="%s" prefork=1 maxchild=200\n' "$1" "$program" \
		"$LAB/imapd.conf" "${2#"$program"}" "$3"
}

cyrus_users() {
	local line
	while IFS= read -r line; do
		printf %s "${line#*\{PLAIN\}}" |
			saslpasswd2 -p -c -f "$LAB/cyrus/sasldb2" -u mail.example "${line%%:*}"
	done <"$LAB/users"
}

cyrus_stop() { farm_kill cyrus; }

# A /dev of the lab's own, as the one that is there is everybody's, with a socket where syslog's is. Made beside it and
# put in its place whole: others are starting. syslog_start [FILE [HOST [LEFT_OUT]]]: see syslog.py
syslog_start() {
	local node
	[ ! -S /dev/log ] || return 0
	[ $# -gt 0 ] || set -- "$LAB/syslog"
	mkdir "$LAB/dev"
	mount -t tmpfs -o mode=755 lab "$LAB/dev"
	for node in null zero random urandom full tty ptmx pts shm net; do
		[ -e "/dev/$node" ] || continue
		if [ -d "/dev/$node" ]; then mkdir "$LAB/dev/$node"; else touch "$LAB/dev/$node"; fi
		mount --rbind "/dev/$node" "$LAB/dev/$node"
	done
	ln -s /proc/self/fd "$LAB/dev/fd"
	mount --rbind "$LAB/dev" /dev
	python3 "$LAB_FILES/syslog.py" /dev/log "$@" &
	wait_until 5 test -S /dev/log
}
