# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Subscribers: real mail clients. Each function logs in once from HOST and returns 0 only when the server let it in,
# and in any case within ten seconds. SERVER is an address of the farm, IPv4 when left out.
#
#   subscriber_imap | _imaps | _pop3 | _pop3s          HOST USER PASSWORD [SERVER]     curl
#   subscriber_smtp | _submission | _submissions       HOST USER PASSWORD [SERVER]     clear text 587, STARTTLS 587, 465
#   subscriber_imap_starttls | _pop3_starttls          HOST USER PASSWORD [SERVER]     curl
#   subscriber_mbsync | subscriber_fetchmail           HOST USER PASSWORD [SERVER]     imap, pop3 in clear text
#   subscriber_mbsyncs | _mbsync_starttls              HOST USER PASSWORD [SERVER]     993, STARTTLS on 143
#   subscriber_fetchmails | _fetchmail_imaps           HOST USER PASSWORD [SERVER]     995, 993
#   mx_connect HOST [SERVER]                           another mail server on port 25: greets, does not log in
#   connects HOST [PORT] [SERVER]                      only the TCP connection, within a second: before SYNs come again
#   idle_start HOST USER PASSWORD [SERVER]             fetchmail in IMAP IDLE on 993 until the story ends; returns when
#                                                      it idles
#   idle_gets HOST USER                                a mail that arrives at Dovecot is with it at once, on the
#                                                      connection that it has had since
#   tls_talk HOST SERVER PORT STARTTLS SEND EXPECT...  says each SEND by openssl s_client and waits for a line that
#                                                      matches its EXPECT; STARTTLS is imap, pop3, smtp or nothing
#   subscriber_mutt | _mutt_pop3 | _mpop | _getmail          HOST USER PASSWORD [SERVER]     993, 995, 995, 993: for captures
#   subscriber_msmtp | _swaks_tls | _swakss                  465, STARTTLS on 587, 465; the same (.ci/deps record)
#   subscriber_python SERVICE HOST USER PASSWORD [SERVER]    SERVICE as on the port: imaps imap pop3s pop3 submissions
#                                                      submission. PASSWORD may be several words: one after the other
#                                                      on the same connection
#   subscriber_login SERVICE HOST USER PASSWORD [SERVER]     any of them by its name

# shellcheck disable=SC2034 # for the stories
SERVICES="imap imaps pop3 pop3s smtp submission submissions"

subscriber_login() {
	local service=$1
	shift
	"subscriber_$service" "$@"
}

bracket() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac; }

curl_login() {
	local scheme=$1 server=${5:-$FARM4}
	on "$2" curl -sS -k ${LAB_CURL:-} --connect-timeout 9 --max-time 10 -u "$3:$4" "$scheme://$(bracket "$server")/"
}

subscriber_imap() { curl_login imap "$@"; }
subscriber_imaps() { curl_login imaps "$@"; }
subscriber_pop3() { curl_login pop3 "$@"; }
subscriber_pop3s() { curl_login pop3s "$@"; }
subscriber_imap_starttls() { LAB_CURL="--ssl-reqd ${LAB_CURL:-}" curl_login imap "$@"; }
subscriber_pop3_starttls() { LAB_CURL="--ssl-reqd ${LAB_CURL:-}" curl_login pop3 "$@"; }

# swaks speaks neither TLS nor IPv6 without further Perl packages; curl does both. curl has no command of its own for
# "log in only", so it says NOOP.
subscriber_smtp() {
	local server=${4:-$FARM4}
	case $server in
	*:*) curl_smtp smtp "$@" ;;
	*) on "$1" timeout 10 swaks --server "$server" --port 587 --auth PLAIN --auth-user "$2" --auth-password "$3" \
		--quit-after AUTH --timeout 8 --helo subscriber.example --from "$2@example.org" --to nobody@example.org ;;
	esac
}

subscriber_submission() { curl_smtp smtp "$@" --ssl-reqd; }
subscriber_submissions() { curl_smtp smtps "$@"; }

curl_smtp() {
	local scheme=$1 host=$2 user=$3 password=$4 server=$FARM4 port=587
	shift 4
	[[ ${1:-} != [0-9]* ]] || { server=$1; shift; }
	[ "$scheme" = smtp ] || port=465
	on "$host" curl -sS -k ${LAB_CURL:-} --connect-timeout 9 --max-time 10 -u "$user:$password" -X NOOP "$@" \
		"$scheme://$(bracket "$server"):$port/"
}

mx_connect() {
	on "$1" curl -sS --connect-timeout 5 --max-time 10 -X NOOP "smtp://$(bracket "${2:-$FARM4}"):25/"
}

connects() { on "$1" timeout 0.9 bash -c "exec 3<>/dev/tcp/${3:-$FARM4}/${2:-143}"; }

subscriber_mbsync() { mbsync_login None "$@"; }
subscriber_mbsyncs() { mbsync_login IMAPS "$@"; }
subscriber_mbsync_starttls() { mbsync_login STARTTLS "$@"; }

# A directory of its own for each login, so that logins may run at the same time. mbsync wants the empty lines.
mbsync_login() {
	local home
	home=$(mktemp -d "$LAB/mbsync.XXXXXX")
	cat >"$home/rc" <<-END
		IMAPStore farm
		Host $(farm_name "${5:-$FARM4}")
		User $3
		Pass $4
		SSLType $1
		CertificateFile $LAB/cert.pem
		AuthMechs LOGIN

		MaildirStore home
		Path $home/
		Inbox $home/inbox

		Channel mail
		Far :farm:
		Near :home:
		Create Near
		SyncState *
	END
	on "$2" timeout 10 mbsync -c "$home/rc" mail
}

subscriber_fetchmail() { fetchmail_login pop3 "sslproto ''" "$@"; }
subscriber_fetchmails() { fetchmail_login pop3 "ssl sslproto 'auto' no sslcertck" "$@"; }
subscriber_fetchmail_imaps() { fetchmail_login imap "ssl sslproto 'auto' no sslcertck" "$@"; }

fetchmail_home() { # PROTOCOL TLS USER PASSWORD SERVER: prints the directory with its configuration
	local home
	home=$(mktemp -d "$LAB/fetchmail.XXXXXX")
	echo "poll '$(farm_name "$5")' protocol $1 username $3 password $4 $2" >"$home/rc"
	chmod 600 "$home/rc"
	echo "$home"
}

# fetchmail's exit code is 1 when it got in and found no mail.
fetchmail_login() {
	local home
	home=$(fetchmail_home "$1" "$2" "$4" "$5" "${6:-$FARM4}")
	on "$3" env FETCHMAILHOME="$home" timeout 10 fetchmail -f "$home/rc" --pidfile "$home/pid" --check || [ $? = 1 ]
}

idle_start() {
	local home
	home=$(fetchmail_home imap "ssl sslproto 'auto' no sslcertck" "$2" "$3" "${4:-$FARM4}")
	on "$1" env FETCHMAILHOME="$home" fetchmail -f "$home/rc" --pidfile "$home/pid" --idle --nodetach -v -v \
		--mda "cat >>$LAB/idle-$1.mail" >"$LAB/idle-$1.log" 2>&1 &
	wait_until 10 grep -q '> A[0-9]* IDLE' "$LAB/idle-$1.log"
}

# The file is moved into the mailbox whole, as a delivery agent does it.
idle_gets() {
	local mail=mail-$EPOCHREALTIME new="$LAB/mail/dovecot/$2/Maildir/new"
	printf 'From: <a@example.org>\nTo: <%s@example.org>\nSubject: %s\n\nhello\n' "$2" "$mail" >"$LAB/$mail"
	chown mail:mail "$LAB/$mail"
	mv "$LAB/$mail" "$new/$mail"
	wait_until 10 grep -qF "$mail" "$LAB/idle-$1.mail" || { tail -n 5 "$LAB/idle-$1.log"; return 1; }
	equal "$(grep -cE '> A[0-9]+ (LOGIN|AUTHENTICATE)' "$LAB/idle-$1.log")" 1
}

# In a shell of its own: bash has one coproc, and forgets its descriptors when it ends.
tls_talk() (
	host=$1 server=$2 port=$3 starttls=$4
	shift 4
	coproc TALK { exec nsenter --net="/run/netns/$host" -- timeout 60 openssl s_client -quiet \
		${LAB_SCLIENT:-} ${starttls:+-starttls "$starttls"} -connect "$(bracket "$server"):$port" 2>/dev/null; }
	from=${TALK[0]} to=${TALK[1]}
	trap '' PIPE
	while [ $# -ge 2 ]; do
		[ -z "$1" ] || printf '%s\r\n' "$1" >&"$to" || exit 1
		line=''
		until [[ $line =~ $2 ]]; do IFS= read -r -t 30 line <&"$from" || exit 1; done
		shift 2
	done 2>/dev/null
)

# --- for captures only ---

subscriber_mutt() { mutt_login "imaps://" "$@"; }
subscriber_mutt_pop3() { mutt_login "pops://" "$@"; }
mutt_login() {
	local home
	home=$(mktemp -d "$LAB/mutt.XXXXXX")
	printf 'set imap_user="%s" imap_pass="%s" pop_user="%s" pop_pass="%s"\nset certificate_file="%s" folder="%s"\n' \
		"$3" "$4" "$3" "$4" "$LAB/cert.pem" "$home" >"$home/rc"
	# it wants a terminal, and leaves when it is told so
	HOME=$home TERM=xterm on "$2" timeout -s HUP 8 script -qec \
		"mutt -n -F $home/rc -f $1$(farm_name "$5")/ -e 'push <quit>y'" /dev/null
}

subscriber_mpop() {
	local home
	home=$(mktemp -d "$LAB/mpop.XXXXXX")
	printf 'account default\nhost %s\nport 995\ntls on\ntls_starttls off\ntls_certcheck off\nuser %s\npassword %s\n%s\n' \
		"$4" "$2" "$3" "delivery mbox $home/mbox" >"$home/rc"
	chmod 600 "$home/rc"
	HOME=$home on "$1" timeout 12 mpop -C "$home/rc" -a
}

subscriber_msmtp() {
	local home
	home=$(mktemp -d "$LAB/msmtp.XXXXXX")
	printf 'account default\nhost %s\nport 465\ntls on\ntls_starttls off\ntls_certcheck off\nauth on\nuser %s\npassword %s\nfrom a@example.org\n' \
		"$4" "$2" "$3" >"$home/rc"
	chmod 600 "$home/rc"
	printf 'Subject: hello\n\nhello\n' | HOME=$home on "$1" timeout 12 msmtp -C "$home/rc" b@example.org
}

subscriber_getmail() {
	local home
	home=$(mktemp -d "$LAB/getmail.XXXXXX")
	mkdir -p "$home/box"/{cur,new,tmp}
	printf '[retriever]\ntype = SimpleIMAPSSLRetriever\nserver = %s\nusername = %s\npassword = %s\n[destination]\ntype = Maildir\npath = %s/\n' \
		"$4" "$2" "$3" "$home/box" >"$home/rc"
	HOME=$home on "$1" timeout 12 getmail --getmaildir "$home" --rcfile "$home/rc"
}

swaks_login() { # PORT TLS HOST USER PASSWORD SERVER
	on "$3" timeout 12 swaks --server "$6" --port "$1" "$2" --auth "${LAB_SWAKS_AUTH:-PLAIN}" --auth-user "$4" \
		--auth-password "$5" --timeout 8 --helo subscriber.example --from a@example.org --to b@example.org
}
subscriber_swaks_tls() { swaks_login 587 --tls "$@"; }
subscriber_swakss() { swaks_login 465 --tlsc "$@"; }

subscriber_python() {
	local service=$1 host=$2 user=$3 passwords=$4 server=$5
	# shellcheck disable=SC2086 # words
	on "$host" timeout 60 python3 "$LAB_FILES/login.py" "$service" "$server" "$user" $passwords
}
