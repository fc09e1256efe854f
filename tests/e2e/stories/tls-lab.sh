#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The lab inside TLS, without gatepost: what the stories take for granted.
. "$(dirname "$0")/../lib.sh"

story "Every server lets every client in, refuses wrong passwords, and every attack tool arrives, all inside TLS"
count_is() { local count; count=$("$1" "$2"); echo "$1 $2: $count"; equal "$count" "$3"; }
logs_in() { # SERVER SERVICE...: over both protocols; each once with the right password, the first also with a wrong one
	local server=$1 at service first=$2
	shift
	for at in "$(server4 "$server")" "$(server6 "$server")"; do
		shift
		for service in "$first" "$@"; do
			subscriber_login "$service" "$server" alice right "$at" || { echo "$service at $at"; return 1; }
		done
		set -- "$first" "$@"
		not subscriber_login "$first" "$server" alice wrong "$at" || { echo "a wrong password at $at"; return 1; }
	done
}

lab_user alice right
stuffing_lists
head -n 2 "$LAB/stuffed.users" >"$LAB/few.users"
head -n 4 "$LAB/stuffed.passwords" >"$LAB/few.passwords"
lab_up dovecot postfix slow courier exim
step "five servers are ready"
number=100 jobs=()
for server in dovecot postfix slow courier exim; do
	number=$((number + 1))
	host $server 203.0.113.$number 2001:db8:cafe:$number::1
done
IMAP="imaps imap_starttls pop3s pop3_starttls mbsyncs mbsync_starttls fetchmails fetchmail_imaps"
# At the same time: some of them answer slowly.
for server in dovecot slow courier postfix exim; do
	services=$IMAP
	[[ $server != postfix && $server != exim ]] || services="submissions submission"
	# shellcheck disable=SC2086 # words
	{ logs_in $server $services && touch "$LAB/$server.good"; } >"$LAB/$server.logins" 2>&1 &
	jobs+=($!)
done
wait "${jobs[@]}" || :
let_in() { cat "$LAB/$1.logins"; [ -e "$LAB/$1.good" ]; }
for server in dovecot slow courier postfix exim; do
	check "$server lets everybody in, and refuses a wrong password" let_in $server
done
check "Dovecot counted them (IPv4)" count_is farm_attempts 203.0.113.101 9
check "Dovecot as shipped counted them (IPv6)" count_is farm_attempts 2001:db8:cafe:103::1 9
check "Courier counted them (IPv4)" count_is farm_attempts 203.0.113.104 9
check "Courier counted the failure (IPv6)" count_is farm_failures 2001:db8:cafe:104::1 1
check "Exim counted them (IPv6)" count_is farm_attempts 2001:db8:cafe:105::1 3
check "Exim counted the failure (IPv4)" count_is farm_failures 203.0.113.105 1

step "every attack tool on every service that it can, with two accounts and four passwords"
ROWS=("hydra imaps dovecot" "hydra imap-starttls dovecot" "hydra pop3s dovecot" "hydra submission postfix"
	"hydra submissions postfix"
	"hydra imaps courier" "hydra pop3s courier" "hydra submission exim" "hydra submissions exim"
	"medusa imaps dovecot" "medusa pop3s dovecot" "medusa submissions postfix" "medusa imaps courier"
	"medusa submissions exim"
	"ncrack pop3s dovecot" "nmap imaps dovecot" "nmap pop3s dovecot" "nmap submissions postfix"
	"nmap pop3s courier")
number=9 jobs=()
for row in "${ROWS[@]}"; do
	number=$((number + 1))
	read -r tool service server <<<"$row"
	host "a$number" "198.51.100.$number"
	options=()
	[ "$tool" != hydra ] || options=(-w 20)
	"attack_$tool" "a$number" "$service" "$(server4 "$server")" "$LAB/few.users" "$LAB/few.passwords" "${options[@]}" &
	jobs+=($!)
done
wait "${jobs[@]}" || :
number=9
for row in "${ROWS[@]}"; do
	number=$((number + 1))
	read -r tool service server <<<"$row"
	check "$tool over $service: its attempts reach $server" above "$(farm_failures "198.51.100.$number")" 7
done

step "a client that idles, and a server that is restarted with another greeting"
check "fetchmail idles" idle_start dovecot alice right
check "a mail is with it at once" idle_gets dovecot alice
LAB_GREETING="other words"
for server in dovecot postfix exim; do
	check "$server can be restarted" farm_restart $server
done
check "IMAP: the greeting is another" tls_talk dovecot "$FARM4" 993 '' '' 'other words'
check "SMTP: the greeting is another" tls_talk dovecot "$FARM4" 465 '' '' 'other words'
check "Exim: the greeting is another" tls_talk dovecot "$(server4 exim)" 465 '' '' 'other words'
