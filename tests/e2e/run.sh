#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The main job, shown to a person (`make run`): six attackers and four subscribers at a real mail farm, gatepost with
# its default rules between them. Exits 0 only when the attack was stopped and no subscriber was refused.
#
# What is measured, and how: attempts are counted where they are made (hydra's own log) and where they arrive (Dovecot's
# log); drops and their moments on the wires before and behind the edge (lab/wire.sh), not by what gatepost says.
#   RUN_S=45   how long, in seconds
#   SHOW=line  a line a second in the place of the screen
LAB_SHOW=1
. "$(dirname "$0")/lib.sh"

RUN_S=${RUN_S:-45}
LAB_ATTACK_S=$RUN_S
FIRST_DROP_MS=50     # what issue and operators expect
QUIET_S=4            # before the first attacker; one more each two seconds
#           host      source               service  guesses at few accounts, or tries each password on all of them
ATTACKERS=("red      198.51.100.10        imap     guesses"
           "amber    198.51.100.11        pop3s    guesses"
           "rust     198.51.100.12        smtp     guesses"
           "ruby     2001:db8:bad:100::10 imaps    guesses"
           "coral    2001:db8:bad:200::10 pop3     stuffs"
           "wine     2001:db8:bad:300::10 submissions guesses")
#             host and account   address                services, in turn
SUBSCRIBERS=("anna  198.51.100.200       imaps mbsync submission"
             "bert  203.0.113.20         pop3 pop3s smtp"
             "cora  2001:db8:cafe::20    imap submissions imaps"
             "dora  2001:db8:bad:400::1   pop3s submission pop3")
declare -A DROPPED REACHED

farm_of() { case $1 in *:*) echo "$FARM6" ;; *) echo "$FARM4" ;; esac; }
port_of() { case $1 in imap) echo 143 ;; pop3) echo 110 ;; smtp) echo 587 ;; *) tls_port "$1" ;; esac; }
replies_of() { case $1 in *s) echo wire_replies ;; *) echo wire_refusals ;; esac; }
lines_in() { find "$LAB" -maxdepth 1 -name "$1" -exec cat {} + | wc -l; }
age_s() { echo $(((${EPOCHREALTIME/./} - RUN_BORN) / 1000000)); }

# --- the cast ---

# Hydra gives up when nothing answers any more; this one begins again. The accounts are those of the subscribers, too.
attacker() {
	local host=$1 source=$2 service=$3 order=() farm seconds=4
	farm=$(farm_of "$source")
	[ "$4" != stuffs ] || order=(-u)          # each password for every account, not every password for each
	case $service in *s) seconds=20 ;; esac   # a server must be learned first
	attack_knock "$host" "$source" "$farm" "$(port_of "$service")" $seconds >/dev/null 2>&1 &
	while :; do
		attack_hydra "$host" "$service" "$farm" "$LAB/accounts" "$LAB/passwords" -t 16 "${order[@]}" || :
		sleep 1
	done
}

subscriber() {
	local name=$1 farm service
	farm=$(farm_of "$2")
	shift 2
	while [ ! -e "$LAB/enough" ]; do
		for service; do
			if subscriber_login "$service" "$name" "$name" "secret-$name" "$farm" >"$LAB/$name.last" 2>&1; then
				echo "$service" >>"$LAB/$name.ok"
			else
				{ echo "$service refused:"; cat "$LAB/$name.last"; } >>"$LAB/$name.words"
				echo "$service" >>"$LAB/$name.refused"
			fi
			sleep 0.5
		done
	done
}

set_stage() {
	local row host address n
	mkdir -p "$LAB"
	for row in "${SUBSCRIBERS[@]}"; do
		read -r host _ <<<"$row"
		lab_user "$host" "secret-$host"
		echo "$host" >>"$LAB/accounts"
	done
	seq -f 'user%g' 16 >>"$LAB/accounts"
	# Of many lengths, as those that are stolen: inside TLS it is by its length that a password is told from the last one.
	for n in $(seq 500); do guessed '~#' "$n"; done >"$LAB/passwords"
	lab_up dovecot postfix
	for row in "${ATTACKERS[@]}" "${SUBSCRIBERS[@]}"; do
		read -r host address _ <<<"$row"
		host "$host" "$address"
	done
	edge_start
	watch_start "tcp and (net 198.51.100.0/25 or net 2001:db8:bad:100::/64 or net 2001:db8:bad:200::/64 or net 2001:db8:bad:300::/64)"
}

# --- live ---

# One pass over each log and one question to the daemon a second.
look() {
	local source packets
	STATUS=$(gp status -o json || :)
	TRIES=$(cat "$LAB"/hydra-*.log 2>/dev/null | grep -c 'ATTEMPT\]' || :)
	LOGINS=$(lines_in '*.ok')
	REFUSED=$(lines_in '*.refused')
	ALL_DROPPED=$(dropped)
	DROPPED=() REACHED=()
	while read -r source packets; do DROPPED[$source]=$packets; done < <(gp bans -o json | tr '{' '\n' |
		sed -nE 's/.*"source":"([^"]*)".*"packets_met":([0-9]+).*/\1 \2/p')
	while read -r packets source; do REACHED[$source]=$packets; done < <(
		sed -nE 's/.*auth: Debug: client in: AUTH.*[[:space:]]rip=([^[:space:]]*).*/\1/p' "$LAB/dovecot.log" |
			sort | uniq -c)
}

# As gatepost names it: an IPv6 source is a /64.
name_of() { case $1 in *:*) echo "${1%::*}::/64" ;; *) echo "$1" ;; esac; }

attacker_rows() {
	local row host source service ban state
	printf '%s%-20s %-11s %9s %9s   %-10s %15s%s\n' "$BOLD" ATTACKER ON TRIES REACHED STATE DROPPED "$PLAIN"
	for row in "${ATTACKERS[@]}"; do
		read -r host source service _ <<<"$row"
		ban=${DROPPED[$(name_of "$source")]:-}
		state='waiting   '
		[ ! -s "$LAB/hydra-$host.log" ] || state="attacking "
		[ -z "$ban" ] || state="${RED}BANNED${PLAIN}    "
		printf '%-20s %-11s %9d %9s   %b %15s\n' "$source" "$service" "$(attack_count "$host")" \
			"${REACHED[$source]:-0}" "$state" "${ban:-0}"
	done
}

subscriber_rows() {
	local row host address services
	printf '%s%-27s %-26s %10s %10s%s\n' "$BOLD" SUBSCRIBER "LOGS IN BY" LOGINS REFUSED "$PLAIN"
	for row in "${SUBSCRIBERS[@]}"; do
		read -r host address services <<<"$row"
		printf '%-5s %-21s %-26s %10s %10s\n' "$host" "$address" "$services" "$(lines_in "$host.ok")" \
			"$(lines_in "$host.refused")"
	done
}

screen() {
	echo "${BOLD}gatepost: a mail farm under attack$PLAIN                              $(printf '%3d' "$1") s of $RUN_S s"
	echo
	echo "  attackers: hydra  ----.    .----------------------.    .-------------------."
	echo "                        |----| edge: gatepost, XDP  |----| Dovecot, Postfix  |"
	echo "  subscribers       ----'    '----------------------'    '-------------------'"
	echo
	attacker_rows
	echo
	subscriber_rows
	echo
	echo "gatepost: $(field failures <<<"$STATUS") failed and $(field successes <<<"$STATUS") good logins read," \
		"$(field bans <<<"$STATUS") bans, $ALL_DROPPED packets dropped"
}

show() {
	local now=$1
	look
	if [ -n "$SCREEN" ]; then
		screen "$now" | sed $'s/$/\e[K/' >"$LAB/screen"
		printf '\e[H%s\n\e[J' "$(cat "$LAB/screen")"
	else
		printf '%3d s  attempts %5d  failures read %4d  bans %d  packets dropped %5d  subscriber logins %3d ok, %d refused\n' \
			"$now" "$TRIES" "$(field failures <<<"$STATUS")" "$(field bans <<<"$STATUS")" "$ALL_DROPPED" \
			"$LOGINS" "$REFUSED"
	fi
}

perform() {
	local row number=0 second=0 jobs=()
	RUN_BORN=${EPOCHREALTIME/./}
	for row in "${SUBSCRIBERS[@]}"; do
		# shellcheck disable=SC2086 # words
		subscriber $row &
		jobs+=($!)
	done
	while second=$(age_s); [ "$second" -lt "$RUN_S" ]; do
		while [ $number -lt ${#ATTACKERS[@]} ] && [ "$second" -ge $((QUIET_S + 2 * number)) ]; do
			# shellcheck disable=SC2086
			attacker ${ATTACKERS[number]} 2>/dev/null &
			number=$((number + 1))
		done
		show "$second"
		while [ "$(age_s)" = "$second" ]; do sleep 0.05; done
	done
	touch "$LAB/enough"
	wait "${jobs[@]}"
	capture_stop
	show "$second"
}

# --- the result ---

# Sums up one attacker and adds to TOTAL_*; what was not as it must be goes to PROBLEMS.
result_row() {
	local host=$1 source=$2 service=$3 decided refusal first later payloads reached
	reached=$(farm_attempts "$source")
	decided=$(explained "$source" since)
	if [ -z "$decided" ] || ! read -r refusal _ first later payloads _ < <(wire_stop "$decided" "$source" \
		$FIRST_DROP_MS "$(replies_of "$service")") || [ "$first" = none ]; then
		PROBLEMS+=("$source was not stopped")
		printf '%-20s %-11s %8s %8s   was not stopped\n' "$source" "$service" "$(attack_count "$host")" "$reached"
		return
	fi
	printf '%-20s %-11s %8s %8s %10s %11s %8s\n' "$source" "$service" "$(attack_count "$host")" "$reached" "$payloads" \
		"$first ms" "${DROPPED[$(name_of "$source")]:-0}"
	TOTAL_REACHED=$((TOTAL_REACHED + reached)) TOTAL_LATER=$((TOTAL_LATER + payloads))
	WORST_MS=$(printf '%s\n' "$WORST_MS" "$first" | sort -g | tail -n 1)
	[ "$payloads" = 0 ] || PROBLEMS+=("$source: $payloads packets with payload came through after the ban")
	below "$first" $FIRST_DROP_MS >/dev/null || PROBLEMS+=("$source: the first drop came $first ms after reply $refusal")
	[ "$later" = 0 ] || PROBLEMS+=("$source: $later packets came through after the ban")
}

result() {
	local row
	TOTAL_REACHED=0 TOTAL_LATER=0 WORST_MS=0 PROBLEMS=()
	look
	printf '\n%s%-20s %-11s %8s %8s %10s %11s %8s%s\n' "$BOLD" ATTACKER ON TRIES REACHED "AFTER BAN" "FIRST DROP" DROPPED \
		"$PLAIN"
	for row in "${ATTACKERS[@]}"; do
		# shellcheck disable=SC2086
		result_row $row
	done
	printf '%-32s %8s %8s %10s %11s %8s\n' "all" "$TRIES" "$TOTAL_REACHED" "$TOTAL_LATER" "$WORST_MS ms" "$ALL_DROPPED"
	echo
	subscriber_rows
	printf '%-54s %10s %10s\n' "all" "$LOGINS" "$REFUSED"
	[ "$REFUSED" = 0 ] || PROBLEMS+=("$REFUSED subscriber logins were refused: $(cat "$LAB"/*.words)")
	[ "$LOGINS" -ge 20 ] || PROBLEMS+=("only $LOGINS subscriber logins were made")
	echo
	echo "TRIES       attempts that hydra made, the repeated ones after its ban included"
	echo "REACHED     attempts that Dovecot was asked to judge; 16 are under way at a time"
	echo "AFTER BAN   packets of an attempt that came through after the first drop, or"
	echo "            later than $FIRST_DROP_MS ms after the reply that led to the ban"
	echo "FIRST DROP  after the reply that led to the ban, timed on the wire; each also"
	echo "            sends a SYN every 10 ms at first, so that there is one to drop"
	echo "imaps, pop3s and submissions are inside TLS: there gatepost sees lengths only"
}

quote() {
	echo
	echo "$BOLD# gatepost $*$PLAIN"
	gp "$@"
}

verdict_line() {
	echo
	if [ ${#PROBLEMS[@]} = 0 ]; then
		echo "${BOLD}The attack was stopped$PLAIN: $TOTAL_LATER attempts after a ban, first drops within $WORST_MS ms,"
		echo "and of $LOGINS logins of subscribers $REFUSED were refused."
		return
	fi
	printf 'FAILED: %s\n' "${PROBLEMS[@]}" | tee -a "$LAB/failed"
	show_logs
}

SCREEN='' BOLD='' RED='' PLAIN=''
if [ -t 1 ] && [ "${SHOW:-}" != line ]; then
	SCREEN=1 BOLD=$'\e[1m' RED=$'\e[1;31m' PLAIN=$'\e[0m'
	printf '\e[2J\e[H'
fi
echo "Setting up: namespaces, a mail farm (Dovecot, Postfix), ten hosts, gatepost in enforce mode ..."
set_stage
perform
result
quote explain 198.51.100.10
quote bans
verdict_line
