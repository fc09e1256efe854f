# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Attackers: hydra and a forger of SYNs. Everything is bounded in number and in time.
#
#   word_list WORD N                     a file with WORD1 ... WORDN; prints its path
#   attack_hydra HOST SERVICE SERVER USERS PASSWORDS [OPTION...]   every password of the one file for every user of
#                                        the other; SERVICE is imap imaps pop3 pop3s smtp (587, clear text) smtps (465)
#   attack_count HOST                    attempts HOST's hydra has made so far, as hydra counts them
#   guess HOST SERVICE SERVER USER PASSWORD N [AT_ONCE]  N attempts by curl on a connection each, ten (or AT_ONCE) at
#                                        the same time, for imap, pop3 or smtp; # in USER, PASSWORD or GUESS_FROM (the
#                                        address to come from, when it is set) becomes the number of the attempt
#   attack_synflood HOST FROM SERVER PORT COUNT PPS     SYNs in FROM's name; FROM may be a prefix
#   attack_knock HOST SOURCE SERVER PORT SECONDS        SYNs in its own name, a hundred a second: hydra is silent for a
#                                        tenth of a second at times, and then nothing could show that a ban is in force
#
# hydra 9.4 in practice: it logs in with the strongest mechanism the server offers (CRAM-MD5, LOGIN, PLAIN; POP3: USER
# and PASS in clear text) and makes three attempts on an IMAP connection, as many as the server stands on POP3, one to
# three on SMTP. Each attempt arrives exactly once as long as nothing is dropped. It waits 32 s for an answer, then
# tries again: -w shortens that for the time after a ban. It cannot choose its source address (give each attacker a
# host) and writes hydra.restore where it stands.
LAB_ATTACK_S=${LAB_ATTACK_S:-20}         # hydra is ended after that time

word_list() {
	seq -f "$1%g" "$2" >"$LAB/$1-$2.words"
	echo "$LAB/$1-$2.words"
}

attack_hydra() {
	local host=$1 service=$2 server=$3 users=$4 passwords=$5 directory options=()
	shift 5
	case $server in *:*) options+=(-6) ;; esac
	[ "$service" != smtp ] || options+=(-s 587)
	directory=$(mktemp -d "$LAB/hydra.XXXXXX")
	(
		cd "$directory"
		on "$host" timeout -k 2 "$LAB_ATTACK_S" hydra -I -V -t 4 -w 3 "${options[@]}" -L "$users" -P "$passwords" "$@" \
			"$service://$(bracket "$server")" >>"$LAB/hydra-$host.log" 2>&1
	) || [ -s "$LAB/hydra-$host.log" ]
}

attack_count() { grep -c 'ATTEMPT\]' "$LAB/hydra-$1.log" 2>/dev/null || :; }

# Dovecot refuses twice a second, all that have gathered by then: one at a time would take half a second each.
guess() {
	local host=$1 url=$2://$(bracket "$3") user=$4 password=$5 list n
	[ "$2" != smtp ] || url=$url:587
	list=$(mktemp "$LAB/guess.XXXXXX")
	for ((n = 1; n <= $6; n++)); do
		[ "$n" = 1 ] || echo next
		printf 'url = "%s/"\nuser = "%s:%s"\nmax-time = 4\n' "$url" "${user//#/$n}" "${password//#/$n}"
		[ "$2" != smtp ] || echo 'request = NOOP'
		[ -z "${GUESS_FROM:-}" ] || echo "interface = \"${GUESS_FROM//#/$n}\""
	done >"$list"
	on "$host" timeout "$LAB_ATTACK_S" curl -s -Z --parallel-max "${7:-10}" -K "$list" >"$list.log" 2>&1 || :
}

attack_synflood() { on "$1" "$(tool synflood)" "$2" "$3" "$4" "$5" "$6"; }
attack_knock() { attack_synflood "$1" "$2" "$3" "$4" $(($5 * 100)) 100; }
