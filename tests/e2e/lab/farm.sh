# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The mail farm: a real Dovecot and a real Postfix with private configuration, state and logs, and what they saw.
#
#   lab_user NAME PASSWORD      a mailbox; before or after the servers have started
#   farm_start [SERVER...]      dovecot, postfix: returns when they accept connections
#   farm_attempts SOURCE        login attempts of that address that reached the farm, counted by Dovecot, which also
#   farm_failures SOURCE        authenticates for Postfix: one line in its log for each attempt, written at once
#   farm_successes SOURCE       (its "imap-login: Disconnected" line comes only when the connection closes)
#
# What a story may set before farm_start:
LAB_AUTH_DELAY=${LAB_AUTH_DELAY:-0}              # auth_failure_delay; Dovecot ships "2 secs"
LAB_AUTH_PENALTY=${LAB_AUTH_PENALTY:-0}          # 1: Dovecot's own delay per address, growing to 15 s, as shipped
LAB_AUTH_MECHANISMS=${LAB_AUTH_MECHANISMS:-plain login}

lab_user() { echo "$1:{PLAIN}$2" >>"$LAB/users"; }

farm_start() {
	local ports=() server
	farm_certificate
	touch "$LAB/users"
	# shellcheck disable=SC2048
	for server in $*; do
		"${server}_start"
		case $server in
		dovecot) ports+=(143 993 110 995) ;;
		postfix) ports+=(25 587 465) ;;
		esac
	done
	wait_until 20 farm_listens "${ports[@]}" || die "the farm does not listen on ${ports[*]}"
}

farm_listens() {
	local open port
	open=$(nsenter --net=/run/netns/farm ss -Hltn)
	for port; do
		[[ $open == *"$FARM4:$port "* && $open == *"[$FARM6]:$port "* ]] || return 1
	done
}

farm_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=mail.example \
		-addext subjectAltName=DNS:mail.example -keyout "$LAB/key.pem" -out "$LAB/cert.pem" 2>/dev/null
}

# farm_template NAME: a configuration file with the lab's own values in the place of @WORDS@.
farm_template() {
	sed -e "s|@LAB@|$LAB|g" -e "s|@FARM4@|$FARM4|g" -e "s|@FARM6@|$FARM6|g" \
		-e "s|@DELAY@|$LAB_AUTH_DELAY|" -e "s|@MECHANISMS@|$LAB_AUTH_MECHANISMS|" "$LAB_FILES/$1"
}

dovecot_start() {
	mkdir -p "$LAB/mail"
	chown mail:mail "$LAB/mail"
	farm_template dovecot.conf >"$LAB/dovecot.conf"
	[ "$LAB_AUTH_PENALTY" = 1 ] ||
		printf 'service anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}\n' >>"$LAB/dovecot.conf"
	on farm dovecot -c "$LAB/dovecot.conf"
}

# Without the start script, which spends a second on looking after an installation; the directories are all it makes.
postfix_start() {
	local queue=$LAB/postfix/queue
	mkdir -p "$LAB/postfix/data" "$queue"/{pid,private,public,maildrop,active,bounce,corrupt,defer,deferred,flush,hold,incoming,saved,trace}
	chown -R postfix: "$LAB/postfix/data" "$queue"/*
	chown root: "$queue/pid"
	chgrp postdrop "$queue/public" "$queue/maildrop"
	farm_template main.cf >"$LAB/postfix/main.cf"
	farm_template master.cf >"$LAB/postfix/master.cf"
	# Postfix waits for two seconds before it reads a file that has just been written.
	touch -d '10 seconds ago' "$LAB/postfix/main.cf" "$LAB/postfix/master.cf"
	on farm "$(postconf -h daemon_directory)/master" -c "$LAB/postfix" -d >>"$LAB/postfix.log" 2>&1 &
}

# --- what the farm saw. Dovecot's lines name the client: "passdb(USER,ADDRESS,<SESSION>): ..." ---

# The log is written by a process of its own that may lag behind: a mark sent the same way says when it has caught up.
farm_log_settle() {
	local mark=mark-$EPOCHREALTIME
	doveadm -c "$LAB/dovecot.conf" auth lookup "$mark" >/dev/null 2>&1 || :
	wait_until 10 grep -qF "$mark" "$LAB/dovecot.log" || die "Dovecot's log stands still"
}

farm_lines() {
	farm_log_settle
	grep -cE "$1" "$LAB/dovecot.log" || :
}

farm_attempts() { farm_lines "auth: Debug: client in: AUTH.*[[:space:]]rip=${1//./\\.}([[:space:]]|$)"; }

farm_failures() {
	farm_lines "auth: Info: [a-z-]+\\([^,]*,${1//./\\.}[,)].*: (Password mismatch|unknown user|[Ee]mpty)"
}

# Dovecot names the client when it has judged, but not the answer: judged, less the failures.
farm_successes() {
	local judged
	judged=$(farm_lines "auth\\([^,]*,${1//./\\.}[,)].*: Auth request finished")
	echo $((judged - $(farm_failures "$1")))
}
