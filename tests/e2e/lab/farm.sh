# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The mail farm: real servers with private configuration, state and logs, and what they saw. All speak TLS on the ports
# made for it and STARTTLS on the others.
#
#   lab_user NAME PASSWORD      a mailbox; before or after the servers have started
#   farm_start [SERVER...]      returns when they accept connections:
#       dovecot    IMAP, POP3         $FARM4, $FARM6          without its delay, see below
#       postfix    25, 587, 465       $FARM4, $FARM6          SASL by that Dovecot, which must be there, too
#       slow       Dovecot again      192.0.2.11, ...:fa::11  as shipped: it refuses after 2 s, later 17
#       courier    IMAP, POP3         192.0.2.20, ...:fa::20  GnuTLS; it refuses after 5 s (lab/courier.sh)
#       exim       587, 465           192.0.2.30, ...:fa::30  GnuTLS; it refuses at once (lab/exim.sh)
#       for captures only (.ci/deps record):
#       cyrus      IMAP, POP3         192.0.2.40, ...:fa::40  it refuses after 3 s (lab/cyrus.sh)
#       nginx      all                192.0.2.50, ...:fa::50  before dovecot and postfix (lab/proxies.sh)
#       haproxy    993, 995, 465      192.0.2.51, ...:fa::51  the same
#   server4 SERVER, server6 SERVER  its addresses
#   farm_restart SERVER         ends it, makes its configuration anew and starts it
#   farm_attempts SOURCE        login attempts of that address that reached the farm, counted by Dovecot, which also
#   farm_failures SOURCE        authenticates for Postfix: one line in its log for each attempt, written at once
#   farm_successes SOURCE       (its "imap-login: Disconnected" line comes only when the connection closes)
#
# What a story may set before farm_start or farm_restart:
LAB_AUTH_DELAY=${LAB_AUTH_DELAY:-0}              # auth_failure_delay; Dovecot ships "2 secs"
LAB_AUTH_PENALTY=${LAB_AUTH_PENALTY:-0}          # 1: Dovecot's own delay per address, growing to 15 s, as shipped
LAB_AUTH_MECHANISMS=${LAB_AUTH_MECHANISMS:-plain login}
LAB_GREETING=${LAB_GREETING:-}                   # how Dovecot, Postfix and Exim greet, unless as shipped
LAB_REJECT_FOOTER=${LAB_REJECT_FOOTER:-}         # what Postfix adds to every refusal
LAB_TLS_KEY=${LAB_TLS_KEY:-ec}                   # of the certificate: ec or rsa
LAB_DOVECOT_MORE=${LAB_DOVECOT_MORE:-}           # lines for the end of dovecot.conf, of Postfix' main.cf, master.cf
LAB_POSTFIX_MORE=${LAB_POSTFIX_MORE:-} LAB_POSTFIX_MASTER=${LAB_POSTFIX_MASTER:-}
declare -A FARM_PID=() FARM_NUMBER=([dovecot]=10 [postfix]=10 [slow]=11 [courier]=20 [exim]=30 [cyrus]=40 [nginx]=50
	[haproxy]=51)

lab_user() { echo "$1:{PLAIN}$2" >>"$LAB/users"; }

# By these names the certificate knows them: some clients insist. The lab's /etc/hosts knows them, too.
farm_name() { case $1 in *:*) echo "six-${1##*:}.mail.example" ;; *) echo "four-${1##*.}.mail.example" ;; esac; }

farm_names() {
	local server
	echo "127.0.0.1 localhost $HOSTNAME" # fetchmail asks for its own name, and there is nobody to answer
	for server in "${!FARM_NUMBER[@]}"; do
		echo "$(server4 "$server") $(farm_name "$(server4 "$server")")"
		echo "$(server6 "$server") $(farm_name "$(server6 "$server")")"
	done
}

server4() { echo "192.0.2.${FARM_NUMBER[$1]}"; }
server6() { echo "2001:db8:fa::${FARM_NUMBER[$1]}"; }

farm_start() {
	local server
	farm_certificate
	case " $* " in *" courier "* | *" exim "* | *" cyrus "*) farm_unpacked ;; esac
	farm_names >"$LAB/hosts"
	mount --bind "$LAB/hosts" /etc/hosts
	touch "$LAB/users"
	mkdir -p "$LAB/mail"
	chown mail:mail "$LAB/mail"
	# shellcheck disable=SC2048
	for server in $*; do
		ip -n farm addr replace "$(server4 "$server")/26" dev eth0
		ip -n farm addr replace "$(server6 "$server")/64" dev eth0
		"${server}_start"
	done
	# shellcheck disable=SC2048
	for server in $*; do farm_wait "$server"; done
}

farm_ports() {
	case $1 in
	postfix) echo 25 587 465 ;;
	exim) echo 587 465 ;;
	haproxy) echo 993 995 465 ;;
	nginx) echo 143 993 110 995 587 465 ;;
	*) echo 143 993 110 995 ;;
	esac
}

# farm_listening SERVER: on how many of its ports, of both addresses.
farm_listening() {
	local open port count=0
	open=$(nsenter --net=/run/netns/farm ss -Hltn)
	for port in $(farm_ports "$1"); do
		[[ $open != *"$(server4 "$1"):$port "* ]] || count=$((count + 1))
		[[ $open != *"[$(server6 "$1")]:$port "* ]] || count=$((count + 1))
	done
	echo $count
}

# The address must be free again, or the new one could not listen on it.
farm_restart() {
	farm_end "$1"
	"${1}_start"
	farm_wait "$1"
}

farm_wait() {
	wait_until 20 equal_now $((2 * $(farm_ports "$1" | wc -w))) farm_listening "$1" || die "$1 does not listen"
}

farm_end() {
	"${1}_stop"
	wait_until 10 equal_now 0 farm_listening "$1" || die "$1 does not end"
}

# farm_daemon SERVER LOG CMD...: not through on(), so that the number is the server's own; it may have several.
farm_daemon() {
	local server=$1 log=$LAB/$2
	shift 2
	nsenter --net=/run/netns/farm -- "$@" >>"$log" 2>&1 </dev/null &
	FARM_PID[$server]+=" $!"
}

farm_kill() {
	# shellcheck disable=SC2086 # words
	kill -TERM ${FARM_PID[$1]} || :
	FARM_PID[$1]=''
}

farm_certificate() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)
	[ "$LAB_TLS_KEY" = ec ] || key=(-newkey rsa:2048)
	openssl req -x509 "${key[@]}" -nodes -days 2 -subj /CN=mail.example \
		-addext subjectAltName=DNS:mail.example,DNS:*.mail.example -keyout "$LAB/key.pem" -out "$LAB/cert.pem" 2>/dev/null
}

# farm_template NAME SERVER: a configuration file with the lab's own values in the place of @WORDS@.
farm_template() {
	sed -e "s|@LAB@|$LAB|g" -e "s|@NAME@|$2|g" -e "s|@FARM4@|$(server4 "$2")|g" -e "s|@FARM6@|$(server6 "$2")|g" \
		-e "s|@DELAY@|$LAB_AUTH_DELAY|" -e "s|@MECHANISMS@|$LAB_AUTH_MECHANISMS|" \
		-e "${LAB_GREETING:+s|@GREETING@|$LAB_GREETING|}" -e /@GREETING@/d -e "s|@FOOTER@|$LAB_REJECT_FOOTER|" "$LAB_FILES/$1"
}

dovecot_start() {
	farm_template dovecot.conf dovecot >"$LAB/dovecot.conf"
	[ "$LAB_AUTH_PENALTY" = 1 ] ||
		printf 'service anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}\n' >>"$LAB/dovecot.conf"
	echo "$LAB_DOVECOT_MORE" >>"$LAB/dovecot.conf"
	on farm dovecot -c "$LAB/dovecot.conf"
}

dovecot_stop() { doveadm -c "$LAB/dovecot.conf" stop; }

slow_start() {
	LAB_AUTH_DELAY="2 secs" farm_template dovecot.conf slow >"$LAB/slow.conf"
	on farm dovecot -c "$LAB/slow.conf"
}

slow_stop() { doveadm -c "$LAB/slow.conf" stop; }

# Without the start script, which spends a second on looking after an installation; the directories are all it makes.
postfix_start() {
	local queue=$LAB/postfix/queue
	mkdir -p "$LAB/postfix/data" "$queue"/{pid,private,public,maildrop,active,bounce,corrupt,defer,deferred,flush,hold,incoming,saved,trace}
	chown -R postfix: "$LAB/postfix/data" "$queue"/*
	chown root: "$queue/pid"
	chgrp postdrop "$queue/public" "$queue/maildrop"
	{ farm_template main.cf postfix && echo "$LAB_POSTFIX_MORE"; } >"$LAB/postfix/main.cf"
	{ farm_template master.cf postfix && echo "$LAB_POSTFIX_MASTER"; } >"$LAB/postfix/master.cf"
	# Postfix waits for two seconds before it reads a file that has just been written.
	touch -d '10 seconds ago' "$LAB/postfix/main.cf" "$LAB/postfix/master.cf"
	farm_daemon postfix postfix.log "$(postconf -h daemon_directory)/master" -c "$LAB/postfix" -d
}

# Its children would serve the connections that they have, and hold the ports as long.
postfix_stop() {
	local children
	children=$(pgrep -P "${FARM_PID[postfix]# }")
	farm_kill postfix
	# shellcheck disable=SC2086 # words
	kill -TERM $children || :
}

# --- what the farm saw. Dovecot's lines name the client: "passdb(USER,ADDRESS,<SESSION>): ..." ---

# The log is written by a process of its own that may lag behind: a mark sent the same way says when it has caught up.
farm_log_settle() {
	local mark=mark-$EPOCHREALTIME
	doveadm -c "$LAB/$1.conf" auth lookup "$mark" >/dev/null 2>&1 || :
	wait_until 10 grep -qF "$mark" "$LAB/$1.log" || die "$1's log stands still"
}

# dovecot_lines PATTERN: in the logs of both Dovecots
dovecot_lines() {
	local server
	for server in dovecot slow; do
		[ ! -s "$LAB/$server.conf" ] || { farm_log_settle $server; grep -hE "$1" "$LAB/$server.log" || :; }
	done | wc -l
}
other_lines() { { grep -hE "$1" "$LAB/courier.log" "$LAB/exim.log" 2>/dev/null || :; } | wc -l; }

# other_client SOURCE: as Courier and Exim write it
other_client() { echo "(ip=\\[(::ffff:)?|\\[)${1//./\\.}\\]"; }

farm_attempts() {
	echo $(($(dovecot_lines "auth: Debug: client in: AUTH.*[[:space:]]rip=${1//./\\.}([[:space:]]|$)") +
		$(other_lines "(LOGIN FAILED|LOGIN, |authenticator failed|lab-login).*$(other_client "$1")")))
}

farm_failures() {
	echo $(($(dovecot_lines "auth: Info: [a-z-]+\\([^,]*,${1//./\\.}[,)].*: (Password mismatch|unknown user|[Ee]mpty)") +
		$(other_lines "(LOGIN FAILED|authenticator failed).*$(other_client "$1")")))
}

# Dovecot names the client when it has judged, but not the answer: judged, less the failures. (Of Dovecot only.)
farm_successes() {
	local judged
	judged=$(dovecot_lines "auth\\([^,]*,${1//./\\.}[,)].*: Auth request finished")
	echo $((judged - $(farm_failures "$1")))
}
