#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2034 # for the lab and the contenders
# Usage: bench/duel/bout.sh SCENARIO CONTENDER FILE
#
# One bout: a lab of its own, the contender on the mail server, the attack of the scenario, subscribers who log in all the
# while. Appends to FILE one line of what was measured, see `measured` below.
#
# A contender (contenders/NAME.sh) says
#   TITLE                what it is called in the tables
#   VERBOSE              yes: Dovecot logs each failure at once (auth_verbose), as whoever tunes his server has it
#   contender_start      starts it on the mail server, ready to judge, and puts its processes in CONTENDER_PIDS
#   deciding SCENARIO    prints the failure (1, 2, ...) after which its own rules allow it to act; nothing: none
# A scenario (scenarios/NAME.sh) says
#   TITLE                one line
#   ATTACKERS            regular expression of the attackers' addresses
#   SUBSCRIBERS          rows "HOST ADDRESS ACCOUNT SERVICE...", as they log in, in turn
#   FASTER               1, or by how much time runs faster in the windows of everybody's rules
#   scene_set            the hosts that are not in SUBSCRIBERS
#   scene_attack         the attack, until it is over: at accounts victim1, victim2, ..., which nobody else uses
# and `scaled SECONDS` tells a contender how long a window of its rules is in the scenario.
set -Eeuo pipefail
file=$(realpath -m "$3") # before the lab goes into a directory of its own
LAB_SHOW=1
LAB_ATTACK_S=25
. "$(dirname "$0")/../../tests/e2e/lib.sh"

DUEL=$LAB_ROOT/bench/duel
UNPACKED=/var/cache/gatepost-lab-duel # of .ci/deps
CONTENDER_PIDS=() VERBOSE=no FASTER=1 SUBSCRIBERS=()
CONTENDER_NICE=15                     # as lab/edge.sh: the attackers and the farm share these processors
scenario=$1 contender=$2

scaled() { awk -v s="$1" -v faster="$FASTER" 'BEGIN { s /= faster; printf "%d", s < 1 ? 1 : s }'; }

# Not through on(): the number must be the contender's own.
contender_daemon() {
	nsenter --net=/run/netns/farm -- nice -n -$CONTENDER_NICE "$@" >>"$LAB/contender.log" 2>&1 &
	CONTENDER_PIDS+=($!)
}

# --- the stage ---

# Dovecot and Postfix as Debian ships them, but for their limits of connections. Attempts are counted in Dovecot's debug
# log, which goes to a file of its own; it brings with it the lines of auth_verbose, which syslog leaves out again when
# the contender's server would not have them.
farm_as_shipped() {
	LAB_AUTH_DELAY="2 secs"
	LAB_DOVECOT_MORE="
		instance_name = dovecot
		log_path = syslog
		debug_log_path = $LAB/dovecot.log
		log_timestamp = \"%s.%{usecs} \"
		log_debug = category=auth
		auth_debug = no"
	LAB_POSTFIX_MORE=$'maillog_file =\nsmtpd_client_port_logging = no'
	mount -t tmpfs -o mode=755 lab /var/log
	if [ "$VERBOSE" = yes ]; then
		syslog_start /var/log/mail.log mail
	else
		syslog_start /var/log/mail.log mail ' auth: [a-z-]+\('
	fi
	touch /var/log/mail.log
}

# There is no name server: who asks for the name of his own machine is told at once that there is none, and not after
# five seconds (fail2ban does, once, before its first ban).
no_names() {
	sed 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf >"$LAB/nsswitch.conf"
	mount --bind "$LAB/nsswitch.conf" /etc/nsswitch.conf
}

set_stage() {
	local row name address account
	for row in "${SUBSCRIBERS[@]}"; do
		read -r _ _ account _ <<<"$row"
		lab_user "$account" right
	done
	no_names
	farm_as_shipped
	lab_up dovecot postfix
	for row in "${SUBSCRIBERS[@]}"; do
		read -r name address _ <<<"$row"
		[ -e "/run/netns/$name" ] || host "$name" "$address"
	done
	lab_user regular right
	host regulars 203.0.113.100
	scene_set
}

# --- subscribers ---

login_once() { # HOST ADDRESS ACCOUNT SERVICE
	local farm=$FARM4
	case $2 in *:*) farm=$FARM6 ;; esac
	if subscriber_login "$4" "$1" "$3" right "$farm" >/dev/null 2>&1; then
		echo "$EPOCHREALTIME $3 $4" >>"$LAB/logins"
	else
		echo "$EPOCHREALTIME $3 $4" >>"$LAB/refused"
	fi
}

subscriber() { # HOST ADDRESS ACCOUNT SERVICE...
	local host=$1 address=$2 account=$3 service pause_s=$((1 + ${#SUBSCRIBERS[@]} / 5)) # a crowd all together twice a second
	shift 3
	while [ ! -e "$LAB/enough" ]; do
		for service; do
			[ ! -e "$LAB/enough" ] || return 0
			login_once "$host" "$address" "$account" "$service"
			sleep "$pause_s"
		done
	done
}

# A server has users: somebody logs in several times a second, by IMAP and to submit, from before the attack on.
regulars() {
	local service
	while [ ! -e "$LAB/enough" ]; do
		for service in imap submission; do login_once regulars 203.0.113.100 regular "$service"; done
		sleep 0.1
	done
}

regulars_are_there() { [ "$(lines_of logins)" -ge 24 ]; }

# Once more when the attack is over: a ban outlives it.
everybody_once() {
	local row host address account service jobs=()
	for row in "${SUBSCRIBERS[@]}"; do
		read -r host address account service _ <<<"$row"
		login_once "$host" "$address" "$account" "$service" &
		jobs+=($!)
	done
	[ ${#jobs[@]} = 0 ] || wait "${jobs[@]}"
}

# --- what is measured ---

attempts() { grep -cE 'auth\(victim[^,]*,.*: Auth request finished' "$LAB/dovecot.log" || :; }

# The times at which the server judged, and at which it told the client, two seconds later, the Nth failure.
judged() { nth "$1" 'auth\(victim[^,]*,.*: Auth request finished'; }
refused() { nth "$1" 'client passdb out: FAIL.*user=victim'; }
nth() { [ -z "$1" ] || grep -E "$2" "$LAB/dovecot.log" | sed -n "$1s/ .*//p"; }

lines_of() { wc -l <"$LAB/$1"; }
accounts_of() { awk '{ print $2 }' "$LAB/$1" | sort -u | wc -l; }

# The same for all: seen from outside, the first packet of an attacker that asks for an answer of the server's TCP and
# has none within half a second.
first_drop() {
	tcpdump -Z root -ttnSr "$LAB/outside.pcap" tcp 2>/dev/null | awk -v attackers="$ATTACKERS" -f "$DUEL/first_drop.awk"
}

seconds_between() { # FROM TO: "" when one of them is missing
	[ -z "$1" ] || [ -z "$2" ] || awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", b - a }'
}

cpu_s() { # user and system, of the contender and of the children it has waited for
	local pid ticks=0
	for pid in "${CONTENDER_PIDS[@]}"; do
		ticks=$((ticks + $(sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 + $14 + $15 }')))
	done
	awk -v ticks=$ticks -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", ticks / hz }'
}

rss_kb() {
	local pid
	for pid in "${CONTENDER_PIDS[@]}"; do cat "/proc/$pid/status"; done | awk '/^VmHWM/ { kb += $2 } END { print kb + 0 }'
}

# Of the BPF programs and maps that the contender holds: FIELD of /proc/PID/fdinfo, each object once.
bpf_sum() {
	local pid
	for pid in "${CONTENDER_PIDS[@]}"; do
		{ cat /proc/"$pid"/fdinfo/* 2>/dev/null || :; } | awk -v field="$1:" '
			/^pos:/ { id = "" }
			$1 == "map_id:" || $1 == "prog_id:" { id = $1 $2 }
			{ if ($1 == field) value = $2 }
			$1 == field { pending = 1 }
			id && pending { if (!seen[id]++) sum += value; pending = 0 }
			END { print sum + 0 }'
	done | awk '{ sum += $1 } END { printf "%d", sum }'
}

measured() {
	local dropped n
	n=$(deciding "$scenario")
	dropped=$(first_drop)
	{
		printf 'scenario=%s\tcontender=%s\tattempts=%s\tdeciding=%s\tact_s=%s\tafter_reply_s=%s\t' "$scenario" \
			"$contender" "$(attempts)" "$n" "$(seconds_between "$(judged "$n")" "$dropped")" \
			"$(seconds_between "$(refused "$n")" "$dropped")"
		printf 'first_drop_s=%s\t' "$(seconds_between "$ATTACK_BEGAN" "$dropped")"
		printf 'logins=%s\trefused=%s\thurt=%s\t' "$(lines_of logins)" "$(lines_of refused)" "$(accounts_of refused)"
		printf 'cpu_s=%s\tbpf_cpu_s=%s\trss_kb=%s\ttables_kb=%s\n' "$(awk -v a="$CPU_BEFORE" -v b="$(cpu_s)" \
			'BEGIN { printf "%.2f", b - a }')" "$(awk -v a="$BPF_BEFORE" -v b="$(bpf_sum run_time_ns)" \
			'BEGIN { printf "%.4f", (b - a) / 1e9 }')" "$(rss_kb)" "$(($(bpf_sum memlock) / 1024))"
	} >"$LAB/row"
}

fight() {
	local row jobs=()
	CPU_BEFORE=$(cpu_s) BPF_BEFORE=$(bpf_sum run_time_ns)
	capture_start outside to-edge "$LAB/outside.pcap" tcp
	touch "$LAB/logins" "$LAB/refused"
	regulars &
	jobs+=($!)
	wait_until 20 regulars_are_there
	ATTACK_BEGAN=$EPOCHREALTIME
	for row in "${SUBSCRIBERS[@]}"; do
		# shellcheck disable=SC2086 # words
		subscriber $row &
		jobs+=($!)
	done
	scene_attack >"$LAB/attack.log" 2>&1
	touch "$LAB/enough"
	[ ${#jobs[@]} = 0 ] || wait "${jobs[@]}"
	everybody_once
	capture_stop
	farm_log_settle dovecot
}

# shellcheck source=/dev/null
. "$DUEL/contenders/$contender.sh"
# shellcheck source=/dev/null
. "$DUEL/scenarios/$scenario.sh"
set_stage
contender_start
fight
measured
cat "$LAB/row"
cat "$LAB/row" >>"$file"
