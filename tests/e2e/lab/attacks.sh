# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Attackers: hydra, medusa, ncrack, nmap, patator and a forger of SYNs. Everything is bounded in number and in time.
#
#   word_list WORD N                     a file with WORD1 ... WORDN; prints its path
#   attack_hydra HOST SERVICE SERVER USERS PASSWORDS [OPTION...]   every password of the one file for every user of
#                                        the other; SERVICE is imap imaps imap-starttls pop3 pop3s smtp (587, clear
#                                        text) submission (587, STARTTLS) submissions (465)
#   attack_medusa, attack_ncrack, attack_nmap, attack_patator    the same; medusa: imaps pop3s submissions, ncrack:
#                                        pop3s, nmap: imaps pop3s submission submissions, patator: imaps pop3s. nmap tries no second password for an account until every account
#                                        has had its first
#   attack_count HOST                    attempts HOST's hydra has made so far, as hydra counts them
#   guess HOST SERVICE SERVER USER PASSWORD N [AT_ONCE]  N attempts by curl on a connection each, ten (or AT_ONCE) at
#                                        the same time, for imap imaps pop3 pop3s smtp submissions; # in USER, PASSWORD
#                                        or GUESS_FROM (the address to come from, when it is set) becomes the number of
#                                        the attempt, and ~ in PASSWORD a word whose length is another each time
#   attack_synflood HOST FROM SERVER PORT COUNT PPS     SYNs in FROM's name; FROM may be a prefix
#   attack_forge KIND FROM SERVER PORT PPS SECONDS      packets in FROM's name from somewhere outside, made in the kernel
#                                        at up to some millions a second (PPS 0: as many as can be): syn, data, rst,
#                                        rst-ack; FROM may be a prefix. Needs the program that make has built
#   attack_knock HOST SOURCE SERVER PORT SECONDS        SYNs in its own name, a hundred a second: hydra is silent for a
#                                        tenth of a second at times, and then nothing could show that a ban is in force
#
# hydra 9.4 in practice: it logs in with the strongest mechanism the server offers (CRAM-MD5, LOGIN, PLAIN; POP3: USER
# and PASS in clear text) and makes three attempts on an IMAP connection, as many as the server stands on POP3, one to
# three on SMTP. Each attempt arrives exactly once as long as nothing is dropped. It waits 32 s for an answer, then
# tries again: -w shortens that for the time after a ban. It cannot choose its source address (give each attacker a
# host) and writes hydra.restore where it stands. Its POP3 module waits for ever after STLS.
# The others: medusa's STARTTLS is TLS 1.0 only, which OpenSSL 3 refuses; ncrack has TLS for POP3 only; neither does
# IPv6. hydra names the server by its address (SNI), and GnuTLS (Courier, Exim) refuses an IPv6 one. nmap needs
# --unprivileged, as it does not understand an IPv4 route through IPv6; on 587 it stays in clear text, and it says no EHLO,
# so that Exim hears no attempt.
LAB_ATTACK_S=${LAB_ATTACK_S:-20}         # hydra is ended after that time

word_list() {
	seq -f "$1%g" "$2" >"$LAB/$1-$2.words"
	echo "$LAB/$1-$2.words"
}

attack_hydra() {
	local host=$1 service=$2 server=$3 users=$4 passwords=$5 directory path='' options=()
	shift 5
	case $server in *:*) options+=(-6) ;; esac
	case $service in
	smtp) options+=(-s 587) ;;
	submission) service=smtp path=/TLS; options+=(-s 587) ;;
	submissions) service=smtps ;;
	imap-starttls) service=imap path=/TLS ;;
	esac
	directory=$(mktemp -d "$LAB/hydra.XXXXXX")
	(
		cd "$directory"
		on "$host" timeout -k 2 "$LAB_ATTACK_S" hydra -I -V -t 4 -w 3 "${options[@]}" -L "$users" -P "$passwords" "$@" \
			"$service://$(bracket "$server")$path" >>"$LAB/hydra-$host.log" 2>&1
	) || [ -s "$LAB/hydra-$host.log" ]
}

tls_port() {
	case $1 in
	imaps) echo 993 ;;
	imap-starttls) echo 143 ;;
	pop3-starttls) echo 110 ;;
	pop3s) echo 995 ;;
	submissions) echo 465 ;;
	submission) echo 587 ;;
	esac
}

# attack_with HOST CMD...: any of them ends when the story wants, and its own verdict on its success is not ours.
attack_with() {
	local host=$1
	shift
	on "$host" timeout -k 2 "$LAB_ATTACK_S" "$@" >>"$LAB/$1-$host.log" 2>&1 || [ -s "$LAB/$1-$host.log" ]
}

attack_medusa() {
	local host=$1 service=$2 server=$3 users=$4 passwords=$5 module=smtp
	shift 5
	case $service in imaps) module=imap ;; pop3s) module=pop3 ;; esac
	attack_with "$host" medusa -h "$server" -n "$(tls_port "$service")" -s -M $module -t 8 -U "$users" -P "$passwords" "$@"
}

attack_ncrack() {
	local host=$1 server=$3 users=$4 passwords=$5
	shift 5
	attack_with "$host" ncrack -T5 -U "$users" -P "$passwords" "$@" "pop3s://$server"
}

attack_nmap() {
	local host=$1 service=$2 server=$3 users=$4 passwords=$5 script=smtp options=()
	shift 5
	case $service in imaps) script=imap ;; pop3s) script=pop3 ;; esac
	case $server in *:*) options+=(-6) ;; esac
	attack_with "$host" nmap --unprivileged -Pn -n "${options[@]}" -p "$(tls_port "$service")" --script $script-brute \
		--script-args "userdb=$users,passdb=$passwords,brute.threads=8" "$@" "$server"
}

# It connects anew for each attempt on IMAP, and stays as long as the server stands it on POP3. (Its SMTP over TLS is
# refused by python 3.11: it forgets to say whom it talks to.)
attack_patator() {
	local host=$1 server=$3 users=$4 passwords=$5 module=imap_login port
	port=$(tls_port "$2")
	[ "$2" = imaps ] || module=pop_login
	shift 5
	attack_with "$host" patator $module host="$server" port="$port" ssl=1 user=FILE0 password=FILE1 0="$users" \
		1="$passwords" -t 8 --max-retries=1 "$@"
}

attack_count() { grep -c 'ATTEMPT\]' "$LAB/hydra-$1.log" 2>/dev/null || :; }

# Dovecot refuses twice a second, all that have gathered by then: one at a time would take half a second each.
guess() {
	local host=$1 url=$2://$(bracket "$3") user=$4 password=$5 list n
	case $2 in smtp) url=$url:587 ;; submissions) url=smtps://$(bracket "$3"):465 ;; esac
	list=$(mktemp "$LAB/guess.XXXXXX")
	for ((n = 1; n <= $6; n++)); do
		[ "$n" = 1 ] || echo next
		printf 'url = "%s/"\nuser = "%s:%s"\nmax-time = 4\ninsecure\n' "$url" "${user//#/$n}" "$(guessed "$password" $n)"
		[[ $2 != s* ]] || echo 'request = NOOP'
		[ -z "${GUESS_FROM:-}" ] || echo "interface = \"${GUESS_FROM//#/$n}\""
	done >"$list"
	on "$host" timeout "$LAB_ATTACK_S" curl -s -Z --parallel-max "${7:-10}" -K "$list" >"$list.log" 2>&1 || :
}

guessed() {
	local words=correct-horse-battery-staple-and # more lengths than failures that a rule allows
	words=${words:0:1 + $2 * 5 % 31}
	set -- "${1//\~/$words}" "$2"
	echo "${1//#/$2}"
}

attack_synflood() { on "$1" "$(tool synflood)" "$2" "$3" "$4" "$5" "$6"; }
attack_forge() {
	local kind=$1 from=$2 mac
	shift 2
	mac=$(ip -n edge -o link show wan0 | sed 's|.*link/ether \([^ ]*\).*|\1|')
	on outside "${TOOLS:-$LAB_ROOT/build/tools}/forge" to-edge "$mac" "$from" "$1" "$2" "$kind" "$3" "$4"
}
attack_knock() { attack_synflood "$1" "$2" "$3" "$4" $(($5 * 100)) 100; }
