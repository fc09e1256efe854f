# shellcheck shell=bash disable=SC2034 # for bout.sh
# SPDX-License-Identifier: BSD-2-Clause
TITLE="held: eight IMAP connections held open, all tries on them"
ATTACKERS='198\.51\.100\.10'
SUBSCRIBERS=("anna 198.51.100.200 anna imap pop3s submission" "bert 2001:db8:cafe::20 bert imaps pop3")

scene_set() { host attacker 198.51.100.10; }

# A connection with one try after the other, as Dovecot allows it: until it has lasted three minutes.
held_open() { # NUMBER SECONDS
	local end=$((EPOCHSECONDS + $2)) try=0 line
	on attacker bash -c 'exec 3<>"/dev/tcp/$1/143"; cat <&3 & cat >&3' - "$FARM4" <"$LAB/held-$1.in" >"$LAB/held-$1.out" &
	exec 6>"$LAB/held-$1.in"
	while [ $EPOCHSECONDS -lt $end ]; do
		try=$((try + 1))
		echo "a$try LOGIN victim$1 wrong$try-$1"$'\r' >&6
		until grep -q "^a$try NO" "$LAB/held-$1.out"; do
			[ $EPOCHSECONDS -lt $end ] || break
			sleep 0.05
		done
	done
	exec 6>&-
}

scene_attack() {
	local n jobs=()
	attack_synflood attacker 198.51.100.10 "$FARM4" 143 500 25 &
	jobs+=($!)
	for n in $(seq 8); do
		mkfifo "$LAB/held-$n.in"
		held_open "$n" 20 &
		jobs+=($!)
	done
	wait "${jobs[@]}"
}
