#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Labelled captures of logins through TLS, as those that `make accuracy` is measured on: real attack tools and real
# clients against the lab's servers, without gatepost, TLS 1.2 and 1.3 with several ciphers, implicit TLS and STARTTLS.
# Usage: record-tls.sh DIRECTORY [SERVER...]      of dovecot slow postfix courier exim cyrus nginx haproxy; needs
#                                                 `.ci/deps build lab record`
# Writes captures (their names tell what kind of clients are in them), labels.csv, and a transcript of a probe for each
# server and protocol (gatepost calibrate) in profiles/. The truth is in the servers' own logs. What is there already
# stays, so that several takes make one corpus. In the environment, besides what lab/farm.sh takes:
#   TAKE=1       1..4: other addresses, names and passwords; give it other settings, too
#   ROUNDS=12    of the subscribers          LAB_ATTACK_S=50   seconds of attack
#   FAR_MS=40    everybody is so far away, one way
#   LABEL=WORDS  what the labels say of the settings, without a comma: "other greeting and RSA"
. "$(dirname "$0")/../lib.sh"
out=$(realpath -m "${1:?the directory to write to}")
shift
servers=${*:-dovecot slow postfix}
TAKE=${TAKE:-0}
LAB_ATTACK_S=${LAB_ATTACK_S:-50}
for server in "${!FARM_NUMBER[@]}"; do FARM_NUMBER[$server]=$((FARM_NUMBER[$server] + 2 * TAKE)); done
FARM4=$(server4 dovecot)
story "captures of logins through TLS, take $TAKE: $servers"

# host_cast NAME ADDRESS TOOL SCENARIO: a host that uses one tool, so that its address names the tool.
host_cast() {
	if [ -n "${FAR_MS:-}" ]; then host_far "$1" "$FAR_MS" "$2"; else host "$1" "$2"; fi
	echo "$2 $3 $4" >>"$LAB/cast"
}

# --- TLS --------------------------------------------------------------------------------------------------------------

# with_tls KIND CMD...: that is all that CMD offers. OpenSSL reads its configuration, curl its own.
TLS_KINDS="1.2 1.3 1.2-chacha 1.2-cbc 1.3-chacha 1.3-aes128"
with_tls() {
	local kind=$1
	shift
	OPENSSL_CONF=$LAB/openssl-$kind CURL_HOME=$LAB/curl-$kind "$@"
}
any_tls() {
	local kinds=(1.2 1.3 1.3 1.3 1.2-chacha 1.3-chacha 1.3-aes128 1.2-cbc)
	[ $((RANDOM % 3)) = 0 ] || kinds=(1.2 1.3)
	echo "${kinds[RANDOM % ${#kinds[@]}]}"
}

tls_kinds() {
	local kind version ciphers suites
	for kind in $TLS_KINDS; do
		version=${kind%%-*} ciphers='' suites=''
		case $kind in
		1.2-chacha) ciphers=ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305 ;;
		1.2-cbc) ciphers=ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA ;;
		1.3-chacha) suites=TLS_CHACHA20_POLY1305_SHA256 ;;
		1.3-aes128) suites=TLS_AES_128_GCM_SHA256 ;;
		esac
		mkdir "$LAB/curl-$kind"
		printf '%s\n' "tls-max = $version" ${ciphers:+"ciphers = $ciphers"} ${suites:+"tls13-ciphers = $suites"} \
			>"$LAB/curl-$kind/.curlrc"
		printf '%s\n' 'openssl_conf = a' '[a]' 'ssl_conf = b' '[b]' 'system_default = c' '[c]' \
			"MaxProtocol = TLSv$version" ${ciphers:+"CipherString = $ciphers"} ${suites:+"Ciphersuites = $suites"} \
			>"$LAB/openssl-$kind"
	done
}

# --- people -----------------------------------------------------------------------------------------------------------

# Names and passwords of many lengths; some of what is guessed is right.
people() {
	local n name
	for n in $(seq 24); do
		name=$(printf '%.*s%d%.*s' $((1 + (n + TAKE) % 4)) user "$n" $(((n + TAKE) * 7 % 23)) .with.a.rather.long.name)
		lab_user "$name" "$(printf '%.*s%d%.*s' $((1 + (n + TAKE) % 7)) 'se!cret' "$n" $(((n + TAKE) * 5 % 17)) -and-somewhat-more)"
	done
	cut -d: -f1 "$LAB/users" | sed -n '1~3p' >"$LAB/guessed.users"
	{
		for n in $(seq 40); do printf '%.*s-%d\n' $((3 + (n + TAKE) * 5 % 19)) a-password-to-try-now "$n"; done
		sed -n '1~9s/.*}//p' "$LAB/users"
	} >"$LAB/guessed.passwords"
	{ head -n 7 "$LAB/guessed.passwords"; sed -n '1~9s/.*}//p' "$LAB/users" | head -n 1; } >"$LAB/few.passwords"
}
person() { sed -n "$((1 + $1 % 24))s/:{PLAIN}/ /p" "$LAB/users"; }
# some N FILE: N lines of it
some() { head -n "$1" "$2" >"$LAB/some-$1.${2##*/}"; echo "$LAB/some-$1.${2##*/}"; }

# services SERVER: what it speaks
services() {
	case $1 in
	postfix | exim) echo submissions submission ;;
	haproxy) echo imaps pop3s submissions ;;
	nginx) echo imaps imap_starttls pop3s pop3_starttls submissions submission ;;
	*) echo imaps imap_starttls pop3s pop3_starttls ;;
	esac
}
speaks() { case " $(services "$1") " in *" $2 "*) ;; *) return 1 ;; esac; }

# --- attackers --------------------------------------------------------------------------------------------------------

attackers() {
	local server=$1 at=$2 users=$LAB/guessed.users passwords=$LAB/guessed.passwords few=$LAB/few.passwords service tls
	for service in $(services "$server"); do
		case $service in
		imap_starttls)
			with_tls 1.3 attack_hydra hydra13 imap-starttls "$at" "$users" "$few" -t 16 -w 20
			continue
			;;
		pop3_starttls) continue ;;
		pop3s) attack_ncrack ncrack pop3s "$at" "$(some 2 "$users")" "$(some 9 "$passwords")" & ;;
		esac
		[ "$service" = submission ] || # it stays in clear text
			attack_nmap nmap "$service" "$at" "$(some 6 "$users")" "$(some 8 "$passwords")" &
		tls=$(any_tls)
		[[ $service != imaps && $service != pop3s ]] ||
			with_tls "$tls" attack_patator patator "$service" "$at" "$(some 4 "$users")" "$few" &
		[ "$service" = submission ] ||
			with_tls 1.3 attack_medusa medusa "$service" "$at" "$(some 3 "$users")" "$few" &
		with_tls 1.3 attack_hydra hydra13 "$service" "$at" "$users" "$few" -t 16 -w 20
		with_tls "${HYDRA_TLS:-1.2}" attack_hydra hydra12 "$service" "$at" "$users" "$few" -t 16 -w 20
	done
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

# Cyrus does not tell connections of an address apart: many addresses with one connection each.
cyrus_attackers() {
	local n service users=$LAB/guessed.users passwords=$LAB/guessed.passwords
	for n in 1 2 3 4 5 6 7 8; do
		case $((n % 3)) in 0) service=pop3s ;; 1) service=imaps ;; 2) service=imap-starttls ;; esac
		with_tls "$(any_tls)" attack_hydra "h$n" $service "$(server4 cyrus)" "$users" "$passwords" -t 1 -w 20 &
	done
	attack_with medusa medusa -h "$(server4 cyrus)" -n 993 -s -M imap -t 1 -U "$users" -P "$passwords" &
	attack_with ncrack ncrack -T5 -U "$users" -P "$passwords" "pop3s://$(server4 cyrus),CL=1" &
	wait
}

# --- subscribers ------------------------------------------------------------------------------------------------------

# CLIENT HOST SERVICE: who uses what
CLIENTS="imaps curl imaps
imap_starttls curl imap_starttls
pop3s curl pop3s
pop3_starttls curl pop3_starttls
mbsyncs mbsync imaps
mbsync_starttls mbsync imap_starttls
fetchmails fetchmail pop3s
fetchmail_imaps fetchmail imaps
mutt mutt imaps
mutt_pop3 mutt pop3s
mpop mpop pop3s
getmail getmail imaps
python_imaps python imaps
python_imap python imap_starttls
python_pop3s python pop3s
python_pop3 python pop3_starttls
submissions curl submissions
submission curl submission
msmtp msmtp submissions
swaks_tls swaks submission
swakss swaks submissions
python_submissions python submissions
python_submission python submission"

# subscriber_round SERVER: everybody once, with the right password or, each third time, with a wrong one. People at a
# python prompt may need several tries.
subscriber_round() {
	local at client host service user password
	at=$(server4 "$1")
	while read -r client host service; do
		speaks "$1" "$service" || continue
		read -r user password < <(person $RANDOM)
		case $client$((RANDOM % 3)) in
		python*0) password="wrong-$RANDOM no-$password $password" ;;
		python*1) password="no-$password nor-this-one" ;;
		*0) password=no-$password ;;
		esac
		case $client in python_*) client="python ${client#python_}" ;; esac
		# shellcheck disable=SC2086 # words
		with_tls "$(any_tls)" subscriber_$client "$host" "$user" "$password" "$at" >/dev/null 2>&1 </dev/null || :
	done <<<"$CLIENTS"
	people_who_type "$1" "$at"
	odd_people "$1" "$at"
}

# Three at a time; Cyrus' all one after the other.
subscriber_rounds() {
	local round
	for round in $(seq "$2" "$([ "$1" = cyrus ] && echo 1 || echo 3)" "${ROUNDS:-12}"); do
		subscriber_round "$1"
	done
}

# Some try again on the same connection; one stays and idles, one only looks.
people_who_type() {
	local user password port
	speaks "$1" imap_starttls || return 0
	read -r user password < <(person $RANDOM)
	case $((RANDOM % 6)) in
	0) tls_talk typist "$2" 993 '' '' '^\* OK' "a LOGIN $user oops-$password" '^a NO' "b LOGIN $user $password" '^b OK' \
		'c LOGOUT' '^c OK' ;;
	1) tls_talk typist "$2" 993 '' '' '^\* OK' "a1 LOGIN $user wrong-1-wrong" '^a1 NO' \
		"a2 LOGIN $user wrong-2-wrong" '^a2 NO' "a3 LOGIN $user $password" '^a3 OK' 'a4 LOGOUT' '^a4 OK' ;;
	2) tls_talk typist "$2" 995 '' '' '^\+OK' "USER $user" '^\+OK' "PASS typo-$password" '^-ERR' "USER $user" '^\+OK' \
		"PASS $password" '^\+OK' QUIT '^\+OK' ;;
	3) tls_talk typist "$2" 993 '' '' '^\* OK' "A001 LOGIN $user $password" '^A001 OK' 'A002 SELECT INBOX' '^A002 OK' \
		'A003 IDLE' '^\+' DONE '^A003 OK' 'A004 LOGOUT' '^A004 OK' ;;
	4) tls_talk typist "$2" 993 '' '' '^\* OK' 'x CAPABILITY' '^x OK' 'y NOOP' '^y OK' 'z LOGOUT' '^z OK' ;;
	5) tls_talk typist "$2" 143 imap 'b1 CAPABILITY' '^b1 OK' "b2 LOGIN $user no-$password" '^b2 NO' \
		'b3 LOGOUT' '^b3 OK' ;;
	esac || :
}

base64_of() { printf "$@" | base64 -w 0; }

# Those whose records or dialogues look like nobody else's.
odd_people() {
	local user password plain wrong number
	read -r user password < <(person $RANDOM)
	plain=$(base64_of '\0%s\0%s' "$user" "$password") wrong=$(base64_of '\0%s\0%s' "$user" "no-$password")
	number=$((RANDOM % 5))
	! speaks "$1" imaps || case $number in
	0) tls_talk multi "$2" 993 '' '' '^\* OK' "t1 LOGIN $user x$password" '^t1 NO' 't2 AUTHENTICATE PLAIN' '^\+' \
		"$wrong" '^t2 NO' 't3 NOOP' '^t3 OK' 't4 AUTHENTICATE PLAIN' '^\+' "$plain" '^t4 OK' 't5 LOGOUT' '^t5 OK' ;;
	1) tls_talk multi "$2" 993 '' '' '^\* OK' "k LOGIN $user x$password" '^k NO' "k LOGIN $user yz$password" '^k NO' \
		"k LOGIN $user zzz$password" '^k NO' 'k LOGOUT' '^k OK' ;;
	2) LAB_SCLIENT="-max_send_frag 512 -split_send_frag 16" tls_talk fragmented "$2" 993 '' '' '^\* OK' \
		"f1 LOGIN $user x$password" '^f1 NO' "f2 LOGIN $user $password" '^f2 OK' 'f3 LOGOUT' '^f3 OK' ;;
	3) LAB_SCLIENT="-max_send_frag 512 -split_send_frag 16" tls_talk fragmented "$2" 993 '' '' '^\* OK' \
		"f1 LOGIN $user x$password" '^f1 NO' 'f2 LOGOUT' '^f2 OK' ;;
	4) tls_talk multi "$2" 995 '' '' '^\+OK' 'AUTH PLAIN' '^\+' "$wrong" '^-ERR' "USER $user" '^\+OK' \
		"PASS x$password" '^-ERR' 'AUTH PLAIN' '^\+' "$plain" '^\+OK' QUIT '^\+OK' ;;
	esac || :
	! speaks "$1" submissions || case $number in
	0 | 1) tls_talk multi "$2" 465 '' '' '^220' 'EHLO there.example' '^250 ' 'AUTH PLAIN' '^334' "$wrong" '^5' \
		'AUTH LOGIN' '^334' "$(base64_of "$user")" '^334' "$(base64_of "x$password")" '^5' \
		"AUTH PLAIN $plain" '^235' QUIT '^221' ;;
	2 | 3) LAB_SCLIENT="-max_send_frag 512 -split_send_frag 16" tls_talk fragmented "$2" 465 '' '' '^220' \
		'EHLO there.example' '^250 ' "AUTH PLAIN $wrong" '^5' "AUTH PLAIN $plain" '^235' QUIT '^221' ;;
	4) tls_talk multi "$2" 465 '' '' '^220' 'EHLO a' '^250 ' "AUTH PLAIN $wrong" '^5' RSET '^250' \
		"AUTH PLAIN $wrong" '^5' QUIT '^221' ;;
	esac || :
}

# --- the captures -----------------------------------------------------------------------------------------------------

port_filter() {
	local ports='' service port
	for service in $(services "$1"); do ports+=" or port $(tls_port "${service/_/-}")"; done
	echo "${ports# or }"
}

# All servers at once: most of their time they wait. One address has one connection to Cyrus.
record_all() {
	local server round jobs=()
	for server in $servers; do
		capture_start edge lan0 "$LAB/$server.pcap" "tcp and host $(server4 "$server") and ($(port_filter "$server"))"
	done
	for server in $servers; do
		case $server in
		slow | cyrus) "${server}_attackers" & ;;
		*) attackers "$server" "$(server4 "$server")" & ;;
		esac
		jobs+=($!)
		for round in 1 2 3; do
			[ "$server" != cyrus ] || [ "$round" = 1 ] || continue
			subscriber_rounds "$server" "$round" &
			jobs+=($!)
		done
	done
	wait "${jobs[@]}" || :
	capture_stop
}

# truth_of SERVER: CLIENT PORT OUTCOMES USER, from its own log. Behind HAProxy both are asked.
truth_of() {
	local server=$1
	case $server in
	haproxy)
		awk -v server=dovecot -f "$LAB_FILES/truth.awk" "$LAB/dovecot.log"
		awk -v server=postfix -f "$LAB_FILES/truth.awk" "$LAB/postfix.log"
		;;
	cyrus)
		tcpdump -Z root -nnttr "$LAB/cyrus.pcap" 'tcp[13] = 2' 2>/dev/null |
			awk -v server=cyrus -f "$LAB_FILES/truth.awk" - "$LAB/syslog"
		;;
	slow) awk -v server=dovecot -f "$LAB_FILES/truth.awk" "$LAB/slow.log" ;;
	*) awk -v server="$server" -f "$LAB_FILES/truth.awk" "$LAB/$server.log" ;;
	esac >"$LAB/$server.truth"
}

# One capture for each kind of clients: what its name begins with says how its connections are to be judged.
label() {
	local server=$1 kind name filter
	truth_of "$server"
	for kind in fresh multi fragmented; do
		name=${kind}_$server-$TAKE.pcap
		case $kind in
		fresh) filter="not host $(cast_address multi) and not host $(cast_address fragmented)" ;;
		*) filter="host $(cast_address $kind)" ;;
		esac
		tcpdump -Z root -nr "$LAB/$server.pcap" -w "$out/$name" "$filter" 2>/dev/null
		tcpdump -Z root -nnttxr "$out/$name" 2>/dev/null |
			awk -v pcap="$name" -v truth="$LAB/$server.truth" -v cast="$LAB/cast" -v farm="$LAB/software" \
				-f "$LAB_FILES/labels.awk" >>"$out/labels.csv"
	done
	step "$server: $(grep -c "_$server-$TAKE.pcap" "$out/labels.csv") connections"
}
cast_address() { awk -v kind="$1" '$3 ~ "^" kind { print $1 }' "$LAB/cast"; }

# calibrate SERVER: with a right login, too; the files are named as the labels name them.
calibrate() {
	local proto at scheme service
	at=$(server4 "$1")
	for service in $(services "$1"); do
		case $service in
		imaps) proto=imap ;;
		pop3s) proto=pop3 ;;
		submissions) proto=smtp ;;
		*) continue ;;
		esac
		on prober "$GATEPOST" calibrate --tls-verify no --output "$LAB/probe.json" --account "$LAB/account" "$service://$at" &&
			install -D -m 644 "$LAB/probe.json" "$out/profiles/${FARM_NUMBER[$1]}-$proto.json"
	done
}

software() { # SERVER NAME: what the labels call it
	local number=${FARM_NUMBER[$1]} proto
	for proto in imap pop3 smtp; do
		[ "$1-$proto" != dovecot-smtp ] && [[ "$1-$proto" != postfix-[ip]* ]] || continue
		echo "$(server4 "$1") $proto $number $2${LABEL:+ ($LABEL)}"
	done >>"$LAB/software"
}

mkdir -p "$out"
tls_kinds
people
lab_user prober calibrate-me-please
case " $servers " in *" haproxy "* | *" nginx "*)
	LAB_DOVECOT_MORE+=$'\nhaproxy_trusted_networks = 192.0.2.0/24
service imap-login {\n inet_listener imap_proxied {\n port = 10143\n haproxy = yes\n }\n}
service pop3-login {\n inet_listener pop3_proxied {\n port = 10110\n haproxy = yes\n }\n}'
	LAB_POSTFIX_MASTER+=$'\n10465 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy -o smtpd_sasl_auth_enable=yes'
	behind="postfix"
	;;
esac
# shellcheck disable=SC2086 # words
lab_up dovecot ${behind:-} $(printf '%s\n' $servers | grep -vxE "dovecot|${behind:-none}")
software dovecot dovecot-2.3.19
software slow dovecot-2.3.19-as-shipped
software postfix postfix-3.7.11
software courier courier-imap-5.0.13
software exim exim-4.96
software cyrus cyrus-imapd-3.6.1
software nginx "nginx-1.22 mail proxy"
software haproxy "haproxy-2.6 before dovecot/postfix"
host_cast hydra13 198.51.100.10 hydra attack-t13
host_cast hydra12 198.51.100.11 hydra attack-t12
host_cast medusa 198.51.100.12 medusa attack
host_cast ncrack 198.51.100.13 ncrack attack
host_cast nmap 198.51.100.14 nmap attack
host_cast patator 198.51.100.15 patator attack
for n in 1 2 3 4 5 6 7 8; do host_cast "h$n" "198.51.100.2$n" hydra "attack-t1$((2 + n % 2))"; done
number=10
for name in curl mbsync fetchmail mutt mpop getmail msmtp swaks python; do
	host_cast $name 203.0.113.$number $name legit
	number=$((number + 1))
done
host_cast typist 203.0.113.30 s_client legit
host_cast multi 203.0.113.31 s_client multi
host_cast fragmented 203.0.113.32 s_client fragmented
host prober 203.0.113.40
[ -s "$out/labels.csv" ] || printf '%s' pcap,client_ip,client_port,server_ip,server_port,server_software,proto,starttls, \
	n_attempts,outcomes,user,tool,client_root,scenario,tls_version,cipher,resumed,handshake,t_first_syn,n_packets_c2s, \
	n_packets_s2c,profile$'\n' >"$out/labels.csv"
(umask 077 && printf 'prober\ncalibrate-me-please\n' >"$LAB/account")
step "every server is ready"
record_all
for server in $servers; do check "$server is calibrated" calibrate "$server"; done
for server in $servers; do label "$server"; done
