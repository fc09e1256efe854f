#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Labelled captures of logins through TLS, as those that `make accuracy` is measured on: real attack tools and real
# clients against the lab's servers, without gatepost, TLS 1.2 and 1.3, implicit TLS and STARTTLS.
# Usage: record-tls.sh DIRECTORY [SERVER...]      one capture for each of dovecot slow postfix courier exim, labels.csv,
# and for each server and protocol one transcript of a probe in profiles/ (gatepost calibrate). The truth is in the
# servers' own logs.
. "$(dirname "$0")/../lib.sh"
out=$(realpath -m "${1:?the directory to write to}")
shift
servers=${*:-dovecot slow postfix}
LAB_ATTACK_S=${LAB_ATTACK_S:-50}
story "captures of logins through TLS"

# host_cast NAME ADDRESS TOOL SCENARIO: a host that uses one tool, so that its address names the tool.
host_cast() {
	host "$1" "$2"
	echo "$2 $3 $4" >>"$LAB/cast"
}

# with_tls 1.2|1.3 CMD...: the highest version that CMD offers. OpenSSL reads its configuration, curl its own.
with_tls() {
	local version=$1
	shift
	OPENSSL_CONF=$LAB/openssl-$version CURL_HOME=$LAB/curl-$version "$@"
}

tls_versions() {
	local version
	for version in 1.2 1.3; do
		mkdir "$LAB/curl-$version"
		echo "tls-max = $version" >"$LAB/curl-$version/.curlrc"
		printf 'openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv%s\n' "$version" \
			>"$LAB/openssl-$version"
	done
}

# Names and passwords of many lengths; some of what is guessed is right.
people() {
	local n name
	for n in $(seq 24); do
		name=$(printf 'user%d%.*s' "$n" $((n * 7 % 23)) .with.a.rather.long.name)
		lab_user "$name" "$(printf 'secret-%d%.*s' "$n" $((n * 5 % 17)) -and-somewhat-more)"
	done
	cut -d: -f1 "$LAB/users" | sed -n '1~3p' >"$LAB/guessed.users"
	{ seq -f 'a-wrong-password-%g' 40; sed -n '1~9s/.*}//p' "$LAB/users"; } >"$LAB/guessed.passwords"
	head -n 8 "$LAB/guessed.passwords" >"$LAB/few.passwords"
}
person() { sed -n "$((1 + $1 % 24))s/:{PLAIN}/ /p" "$LAB/users"; }

# some N FILE: N lines of it
some() { head -n "$1" "$2" >"$LAB/some-$1.${2##*/}"; echo "$LAB/some-$1.${2##*/}"; }

attackers() {
	local server=$1 at=$2 users=$LAB/guessed.users passwords=$LAB/guessed.passwords few=$LAB/few.passwords service
	local services="imaps pop3s"
	case $server in postfix | exim) services="submissions submission" ;; esac
	for service in $services; do
		attack_nmap nmap "$service" "$at" "$(some 6 "$users")" "$(some 8 "$passwords")" &
		[ "$service" = submission ] ||
			with_tls 1.3 attack_medusa medusa "$service" "$at" "$(some 3 "$users")" "$few" &
		with_tls 1.3 attack_hydra hydra13 "$service" "$at" "$users" "$few" -t 16 -w 20
		with_tls 1.2 attack_hydra hydra12 "$service" "$at" "$users" "$few" -t 16 -w 20
	done
	case $services in
	imaps*)
		attack_ncrack ncrack pop3s "$at" "$(some 2 "$users")" "$(some 9 "$passwords")" &
		with_tls 1.3 attack_hydra hydra13 imap-starttls "$at" "$users" "$few" -t 16 -w 20
		;;
	esac
	wait || :
}

# The shipped Dovecot answers one attempt of an address in up to 17 s: many addresses instead of many attempts.
slow_attackers() {
	local n
	for n in 1 2 3 4 5 6 7 8; do
		with_tls 1.$((2 + n % 2)) attack_hydra "h$n" imaps "$(server4 slow)" "$LAB/guessed.users" "$LAB/guessed.passwords" \
			-t 12 -w 25 &
	done
	attack_medusa medusa pop3s "$(server4 slow)" "$LAB/guessed.users" "$LAB/few.passwords" &
	attack_nmap nmap imaps "$(server4 slow)" "$LAB/guessed.users" "$LAB/few.passwords" &
	wait
}

# subscriber_round SERVER ROUND: everybody once, with the right password or, each third time, with a wrong one.
subscriber_round() {
	local at service user password host version services="imaps imap_starttls pop3s pop3_starttls mbsyncs mbsync_starttls
		fetchmails fetchmail_imaps imaps imaps"
	at=$(server4 "$1")
	case $1 in postfix | exim) services="submissions submission" ;; esac
	for service in $services; do
		read -r user password < <(person $((RANDOM % 24)))
		[ $((RANDOM % 3)) != 0 ] || password=no-$password
		case $service in mbsync*) host=mbsync ;; fetchmail*) host=fetchmail ;; *) host=curl ;; esac
		version=1.$((2 + RANDOM % 2))
		with_tls $version subscriber_login "$service" $host "$user" "$password" "$at" >/dev/null 2>&1 || :
	done
	[[ $1 == postfix || $1 == exim ]] || people_who_type "$at"
}

# Some try again on the same connection; one stays and idles, one only looks.
people_who_type() {
	local user password port
	read -r user password < <(person $((RANDOM % 24)))
	case $((RANDOM % 6)) in
	0) tls_talk typist "$1" 993 '' '' '^\* OK' "a LOGIN $user oops-$password" '^a NO' "b LOGIN $user $password" '^b OK' \
		'c LOGOUT' '^c OK' ;;
	1) tls_talk typist "$1" 993 '' '' '^\* OK' "a1 LOGIN $user wrong-1-wrong" '^a1 NO' \
		"a2 LOGIN $user wrong-2-wrong" '^a2 NO' "a3 LOGIN $user $password" '^a3 OK' 'a4 LOGOUT' '^a4 OK' ;;
	2) tls_talk typist "$1" 995 '' '' '^\+OK' "USER $user" '^\+OK' "PASS typo-$password" '^-ERR' "USER $user" '^\+OK' \
		"PASS $password" '^\+OK' QUIT '^\+OK' ;;
	3) tls_talk typist "$1" 993 '' '' '^\* OK' "A001 LOGIN $user $password" '^A001 OK' 'A002 SELECT INBOX' '^A002 OK' \
		'A003 IDLE' '^\+' DONE '^A003 OK' 'A004 LOGOUT' '^A004 OK' ;;
	4) tls_talk typist "$1" 993 '' '' '^\* OK' 'x CAPABILITY' '^x OK' 'y NOOP' '^y OK' 'z LOGOUT' '^z OK' ;;
	5) tls_talk typist "$1" 143 imap 'b1 CAPABILITY' '^b1 OK' "b2 LOGIN $user no-$password" '^b2 NO' \
		'b3 LOGOUT' '^b3 OK' ;;
	esac || :
}

record() {
	local server=$1 jobs=()
	capture_start edge lan0 "$LAB/$server.pcap" "tcp and host $(server4 "$server") and ($(port_filter "$server"))"
	if [ "$server" = slow ]; then slow_attackers; else attackers "$server" "$(server4 "$server")"; fi &
	jobs+=($!)
	for _ in $(seq "${ROUNDS:-12}"); do subscriber_round "$server"; done
	wait "${jobs[@]}"
	capture_stop
	step "$server: $(tcpdump -Z root -nr "$LAB/$server.pcap" 'tcp[13] = 2' 2>/dev/null | wc -l) connections"
}
port_filter() {
	case $1 in
	postfix | exim) echo "port 465 or port 587" ;;
	*) echo "port 993 or port 995 or port 143 or port 110" ;;
	esac
}

label() {
	local server=$1 log=$1
	[ "$server" != slow ] || log=dovecot
	awk -v server="$log" -f "$LAB_FILES/truth.awk" "$LAB/$server.log" >"$LAB/$server.truth"
	tcpdump -Z root -nnttxr "$LAB/$server.pcap" 2>/dev/null |
		awk -v pcap="fresh_$server.pcap" -v truth="$LAB/$server.truth" -v cast="$LAB/cast" -v farm="$LAB/software" \
			-f "$LAB_FILES/labels.awk" >>"$out/labels.csv"
	cp "$LAB/$server.pcap" "$out/fresh_$server.pcap"
}

# calibrate SERVER: with a right login, too; the files are named as the labels name them.
calibrate() {
	local port proto at
	at=$(server4 "$1")
	for port in 993 995 465; do
		case "$1 $port" in postfix\ 99* | exim\ 99* | [dsc]*465) continue ;; esac
		case $port in 993) proto=imap ;; 995) proto=pop3 ;; 465) proto=smtp ;; esac
		on curl "$GATEPOST" calibrate --tls-verify no --profiles "$LAB" --account "$LAB/account" \
			"$(case $proto in imap) echo imaps ;; pop3) echo pop3s ;; smtp) echo submissions ;; esac)://$at"
		install -D -m 644 "$LAB/$at-$port.json" "$out/profiles/${FARM_NUMBER[$1]}-$proto.json"
	done
}

software() { # SERVER: what the labels call it
	local number=${FARM_NUMBER[$1]} proto
	for proto in imap pop3 smtp; do echo "$(server4 "$1") $proto $2 $number"; done >>"$LAB/software"
}

mkdir -p "$out"
tls_versions
people
lab_user prober calibrate-me-please
# shellcheck disable=SC2086 # words
lab_up dovecot ${servers/dovecot/}
software dovecot dovecot-2.3.19
software slow dovecot-2.3.19-as-shipped
software courier courier-imap-5.0.13
software exim exim-4.96
sed -i 's/^192.0.2.10 smtp .*/192.0.2.10 smtp postfix-3.7.11 10/' "$LAB/software"
host_cast hydra13 198.51.100.10 hydra attack-t13
host_cast hydra12 198.51.100.11 hydra attack-t12
host_cast medusa 198.51.100.12 medusa attack
host_cast ncrack 198.51.100.13 ncrack attack
host_cast nmap 198.51.100.14 nmap attack
for n in 1 2 3 4 5 6 7 8; do host_cast "h$n" "198.51.100.2$n" hydra "attack-t1$((2 + n % 2))"; done
host_cast curl 203.0.113.10 curl legit
host_cast mbsync 203.0.113.11 mbsync legit
host_cast fetchmail 203.0.113.12 fetchmail legit
host_cast typist 203.0.113.13 s_client legit
printf '%s' pcap,client_ip,client_port,server_ip,server_port,server_software,proto,starttls,n_attempts,outcomes, \
	user,tool,client_root,scenario,tls_version,cipher,resumed,handshake,t_first_syn,n_packets_c2s,n_packets_s2c, \
	profile$'\n' >"$out/labels.csv"
(umask 077 && printf 'prober\ncalibrate-me-please\n' >"$LAB/account")
for server in $servers; do
	record "$server"
	check "$server is calibrated" calibrate "$server"
done
for server in $servers; do label "$server"; done
