# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Stories inside TLS, where the wire shows lengths only.
#
#   tls_story TITLE SERVER...       the rows of ATTACKERS attack at once, those of SUBSCRIBERS log in all the time
#       ATTACKERS    "HOST SOURCE TOOL SERVICE SERVER": TOOL is hydra medusa ncrack nmap
#       SUBSCRIBERS  "HOST ADDRESS SERVER SERVICE...": services in turn
#   stuffing_lists                  $LAB/stuffed.users and .passwords: of many lengths, as those that are stolen
#   subscribers_start, subscribers_stop     those of SUBSCRIBERS; logins N, refused N: how many in all
#   attack ROW                      one of ATTACKERS, with a SYN every 10 ms so that there is something to drop
#   banned_by S SOURCE              within S seconds since attackers_start
LAB_BAN_S=${LAB_BAN_S:-120} # patience: on a busy machine the tools are slow
ATTACKERS=() SUBSCRIBERS=() LAB_JOBS=()

stuffing_lists() {
	awk 'BEGIN { for (n = 1; n <= 40; n++) print substr("alexandra.vandenberghe", 1, 3 + n * 7 % 17) n }' \
		>"$LAB/stuffed.users"
	awk 'BEGIN { for (n = 1; n <= 200; n++) print substr("correct-horse-battery", 1, 4 + n * 5 % 13) n }' \
		>"$LAB/stuffed.passwords"
}

row_server() { case $2 in *:*) server6 "$1" ;; *) server4 "$1" ;; esac; }

attack() {
	local host=$1 source=$2 tool=$3 service=$4 at options=()
	at=$(row_server "$5" "$source")
	case $tool in # some servers take their time
	hydra) options=(-t 16 -w 20) ;;
	medusa) options=(-t 16) ;;
	esac
	attack_knock "$host" "$source" "$at" "$(tls_port "$service")" "$LAB_ATTACK_S" >/dev/null 2>&1 &
	# Where a CPU is scarce tools run into timeouts of their own and give up; who attacks in earnest starts them again.
	while [ $((EPOCHSECONDS - LAB_ATTACKED)) -lt "$LAB_BAN_S" ] && not verdict_is "$source" banned; do
		"attack_$tool" "$host" "$service" "$at" "$LAB/stuffed.users" "$LAB/stuffed.passwords" "${options[@]}" || :
		sleep 0.3
	done
}

attackers_start() {
	local row
	LAB_ATTACKED=$EPOCHSECONDS
	for row in "${ATTACKERS[@]}"; do
		# shellcheck disable=SC2086 # words
		attack $row >/dev/null 2>&1 &
	done
}

banned_by() {
	local left=$(($1 - EPOCHSECONDS + LAB_ATTACKED))
	wait_until $((left > 1 ? left : 1)) verdict_is "$2" banned || { gp explain "$2"; return 1; }
}

subscriber_loop() {
	local host=$1 at service
	at=$(row_server "$3" "$2")
	shift 3
	while [ ! -e "$LAB/enough" ]; do
		for service; do
			if subscriber_login "$service" "$host" alice right "$at" >"$LAB/$host.last" 2>&1; then
				echo "$service" >>"$LAB/logins"
			else
				{ echo "$host $service refused:"; tail -n 3 "$LAB/$host.last"; } >>"$LAB/refused"
			fi
			sleep 0.3
		done
	done
}

subscribers_start() {
	local row
	rm -f "$LAB/enough"
	touch "$LAB/logins" "$LAB/refused"
	LAB_JOBS=()
	for row in "${SUBSCRIBERS[@]}"; do
		# shellcheck disable=SC2086 # words
		subscriber_loop $row &
		LAB_JOBS+=($!)
	done
}

subscribers_stop() {
	touch "$LAB/enough"
	wait "${LAB_JOBS[@]}"
}

logins() { grep -c . "$LAB/logins" || :; }
none_refused() { cat "$LAB/refused"; [ ! -s "$LAB/refused" ]; }
nothing_invented() {
	local read given
	read=$(explained "$1" failures) given=$(farm_failures "$1")
	echo "${read:-0} were read, $given were given"
	[ "${read:-0}" -le "$given" ]
}

tls_story() {
	local row host source tool service server
	story "$1"
	shift
	lab_user alice right
	stuffing_lists
	lab_up "$@"
	edge_start
	for row in "${ATTACKERS[@]}" "${SUBSCRIBERS[@]}"; do
		read -r host source _ <<<"$row"
		host "$host" "$source"
	done
	watch_start "tcp and (net 198.51.100.0/25 or net 2001:db8:bad::/48)"
	subscribers_start
	attackers_start
	step "all attack at once, and nothing is known of the servers"
	for row in "${ATTACKERS[@]}"; do
		read -r _ source tool service server <<<"$row"
		check "$tool over $service at $server is banned" banned_by "$LAB_BAN_S" "$source"
	done
	step "every verdict is there"
	for row in "${ATTACKERS[@]}"; do
		read -r host source tool service server <<<"$row"
		check "$tool over $service at $server: no more of its attempts reach the farm" holds_off "$host" "$source"
	done
	subscribers_stop
	capture_stop
	for row in "${ATTACKERS[@]}"; do
		read -r _ source tool service server <<<"$row"
		check "$tool over $service at $server: what is under way passes after the reply that decided, and nothing after the first drop" \
			stopped_within "$source" 64 wire_replies
		check "$tool over $service at $server: the ban names its rule" \
			says 'why +[45] failures in (30s|6h) from' gp explain "$source"
		check "$tool over $service at $server: no failure was read that the farm did not give" nothing_invented "$source"
	done
	check "no login of a subscriber was refused" none_refused
	check "they logged in meanwhile" above "$(logins)" $((4 * ${#SUBSCRIBERS[@]}))
	for row in "${SUBSCRIBERS[@]}"; do
		read -r host source _ <<<"$row"
		check "$host is not banned" verdict_is "$source" passes
	done
}
