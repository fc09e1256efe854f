# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Subscribers: real mail clients. Each function logs in once from HOST and returns 0 only when the server let it in,
# and in any case within ten seconds. SERVER is an address of the farm, IPv4 when left out.
#
#   subscriber_imap | _imaps | _pop3 | _pop3s          HOST USER PASSWORD [SERVER]     curl
#   subscriber_smtp | _submission | _submissions       HOST USER PASSWORD [SERVER]     clear text 587, STARTTLS 587, 465
#   subscriber_mbsync | subscriber_fetchmail           HOST USER PASSWORD [SERVER]     imap, pop3 in clear text
#   mx_connect HOST [SERVER]                           another mail server on port 25: greets, does not log in
#   connects HOST [PORT] [SERVER]                      only the TCP connection, within a second: before SYNs come again
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
	on "$2" curl -sS -k --connect-timeout 5 --max-time 10 -u "$3:$4" "$scheme://$(bracket "$server")/"
}

subscriber_imap() { curl_login imap "$@"; }
subscriber_imaps() { curl_login imaps "$@"; }
subscriber_pop3() { curl_login pop3 "$@"; }
subscriber_pop3s() { curl_login pop3s "$@"; }

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
	on "$host" curl -sS -k --connect-timeout 5 --max-time 10 -u "$user:$password" -X NOOP "$@" \
		"$scheme://$(bracket "$server"):$port/"
}

mx_connect() {
	on "$1" curl -sS --connect-timeout 5 --max-time 10 -X NOOP "smtp://$(bracket "${2:-$FARM4}"):25/"
}

connects() { on "$1" timeout 0.9 bash -c "exec 3<>/dev/tcp/${3:-$FARM4}/${2:-143}"; }

# A directory of its own for each login, so that logins may run at the same time. mbsync wants the empty lines.
subscriber_mbsync() {
	local home
	home=$(mktemp -d "$LAB/mbsync.XXXXXX")
	cat >"$home/rc" <<-END
		IMAPStore farm
		Host ${4:-$FARM4}
		User $2
		Pass $3
		SSLType None
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
	on "$1" timeout 10 mbsync -c "$home/rc" mail
}

# fetchmail's exit code is 1 when it got in and found no mail.
subscriber_fetchmail() {
	local home
	home=$(mktemp -d "$LAB/fetchmail.XXXXXX")
	echo "poll '${4:-$FARM4}' protocol pop3 username $2 password $3 sslproto ''" >"$home/rc"
	chmod 600 "$home/rc"
	on "$1" env FETCHMAILHOME="$home" timeout 10 fetchmail -f "$home/rc" --check || [ $? = 1 ]
}
