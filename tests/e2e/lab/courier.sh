# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Courier on the farm, from packages that were unpacked, not installed (.ci/deps): Debian allows one IMAP server only.
# It is built to find its files below /usr and /etc: the lab, which has mounts of its own, lays them over there. So it is
# with Exim.
UNPACKED=/var/cache/gatepost-lab
# As shipped; in the greeting of Courier, too.
COURIER_CAPABILITY=${COURIER_CAPABILITY:-IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE}

# The copies are beside, not below, what they are laid over, as overlayfs wants it.
farm_unpacked() {
	local directory layers
	[ -s $UNPACKED/packages ] || die "$UNPACKED is missing: make deps-lab"
	cp -r $UNPACKED "$LAB/unpacked"
	[ ! -s $UNPACKED-record/packages ] || cp -r $UNPACKED-record "$LAB/unpacked-record"
	for directory in usr etc; do
		layers=$LAB/unpacked/$directory
		[ ! -d "$LAB/unpacked-record" ] || layers+=:$LAB/unpacked-record/$directory
		mount -t overlay -o "lowerdir=$layers:/$directory" lab "/$directory" || die "this kernel has no overlayfs"
	done
	# The accounts that their packages would have made.
	{ cat /etc/passwd; printf '%s:x:8:8::/:/usr/sbin/nologin\n' Debian-exim courier cyrus; } >"$LAB/passwd"
	{ cat /etc/group; printf '%s:x:8:\n' Debian-exim courier; } >"$LAB/group"
	mount --bind "$LAB/passwd" /etc/passwd
	mount --bind "$LAB/group" /etc/group
}

courier_start() {
	mkdir -p "$LAB/courier" /run/courier/authdaemon
	mount --bind "$LAB/courier" /etc/courier
	cat "$LAB/key.pem" "$LAB/cert.pem" >"$LAB/courier/pem"
	printf '%s="%s"\n' authmodulelist authuserdb authmodulelistorig authuserdb daemons 5 authdaemonvar \
		/run/courier/authdaemon DEBUG_LOGIN 0 DEFAULTOPTIONS "" >"$LAB/courier/authdaemonrc"
	courier_users
	farm_daemon courier courier.log /usr/lib/courier/courier-authlib/authdaemond
	courier_listen 143 imap NO ""
	courier_listen 993 imap YES /usr/bin/couriertls
	courier_listen 110 pop3 NO ""
	courier_listen 995 pop3 YES /usr/bin/couriertls
}

# Courier keeps its users in a database of its own: those of the lab at the time when it starts.
courier_users() {
	local line name
	while IFS= read -r line; do
		name=${line%%:*}
		mkdir -p "$LAB/mail/courier/$name"
		[ -d "$LAB/mail/courier/$name/Maildir" ] || maildirmake.courier "$LAB/mail/courier/$name/Maildir"
		printf '%s\tuid=8|gid=8|home=%s|systempw=%s\n' "$name" "$LAB/mail/courier/$name" \
			"$(openssl passwd -1 "${line#*\{PLAIN\}}")"
	done <"$LAB/users" >"$LAB/courier/userdb"
	chmod 600 "$LAB/courier/userdb"
	chown -R mail:mail "$LAB/mail"
	[ ! -s "$LAB/courier/userdb" ] || makeuserdb
}

courier_listen() {
	local port=$1 name=IMAP starttls=YES tls='' wrap=$4 address login server settings
	case $2 in
	imap) login=/usr/lib/courier/courier/imaplogin server=/usr/bin/imapd ;;
	pop3) name=POP3 login=/usr/lib/courier/courier/courierpop3login server=/usr/lib/courier/courier/courierpop3d ;;
	esac
	[ "$3" = NO ] || starttls=NO tls=1
	settings=(TLS_CERTFILE="$LAB/courier/pem" TLS_VERIFYPEER=NONE COURIERTLS=/usr/bin/couriertls MAILDIRPATH=Maildir
		${name}_TLS=$tls ${name}_STARTTLS=$starttls ${name}_TLS_REQUIRED=0 ${name}DSTARTTLS=$starttls
		IMAP_CAPABILITY="$COURIER_CAPABILITY" IMAP_CAPABILITY_TLS="$COURIER_CAPABILITY AUTH=PLAIN"
		IMAP_MAILBOX_SANITY_CHECK=0 IMAP_USELOCKS=1 IMAP_KEYWORDS=1 IMAP_ACL=1 IMAP_IDLE_TIMEOUT=60 IMAP_UMASK=022)
	for address in "$(server4 courier)" "$(server6 courier)"; do
		# shellcheck disable=SC2086 # words
		farm_daemon courier courier.log env "${settings[@]}" couriertcpd "-address=$address" -maxprocs=400 -maxperip=400 \
			-nodnslookup -noidentlookup "$port" ${wrap:+$wrap -server -tcpd} $login $server Maildir
	done
}

courier_stop() { farm_kill courier; }
