#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "gatepost servers lists whose logins inside TLS are read; what was learned outlives the daemon"
lab_user alice right
lab_up dovecot
host alice 203.0.113.10
host prober 203.0.113.20
profile=$LAB/state/profiles/$FARM4-993.json
# server FIELD [PORT]: of the one on 993, IPv4
server() {
	gp servers -o json | tr '{' '\n' | grep -F "\"server\":\"$FARM4\",\"port\":${2:-993}," | field "$1"
}
log_in() { # TIMES
	local n
	for n in $(seq "$1"); do
		subscriber_imaps alice alice right >"$LAB/curl" 2>&1 || { cat "$LAB/curl"; return 1; }
		not subscriber_imaps alice alice "wrong$n" >"$LAB/curl" 2>&1 || { echo "let in with wrong$n"; return 1; }
	done
}
# What speaks against a success may come half a minute after the client has hung up: until then none is believed.
LATE_S=120 # patience, on a busy machine
is_now() { server "$1"; gp servers; [ "$(server "$1")" = "$2" ]; }
owner_and_mode() { stat -c '%U %a' "$1"; }

check "before the first start, check says that nothing is known" exits 0 gp check
edge_config
check "and where it will be" says "profiles +$LAB/state/profiles does not exist yet" gp check --config "$LAB/gatepost.conf"
check "memory is counted in the budget" says '^memory .* in all .* for 1024 servers' gp check
edge_run
check "at first no server is listed" not says "$FARM4" gp servers
check "the directory belongs to the daemon's user" equal "$(owner_and_mode "$LAB/state/profiles")" "nobody 750"
check "nothing to complain about" exits 0 gp status

step "alice logs in, rightly and wrongly by turns"
check "alice gets in with the right password only" log_in 6
check "the server is listed" wait_until $LATE_S grew_to 12 server attempts
check "all connections are" equal "$(server connections)" 12
check "as a learned one" equal "$(server profile)" learned
check "failures and successes were told apart" above "$(($(server failures) + $(server successes)))" 4
check "and not more than there were: failures" below "$(server failures)" 7
check "and not more than there were: successes" below "$(server successes)" 7
check "none was seen one way" equal "$(server one_way)" 0
check "people read the same" says "^$FARM4 +993 +imaps +learned +known +[0-9]+ +- +12 +12 " gp servers
check "status counts it" says '^servers +1 known, 0 learning, 0 relearning; 0 seen one way' gp status
check "nothing was written yet" not test -e "$profile"

step "a restart"
edge_stop
check "what was learned is on the disk" says '"origin": "learned"' cat "$profile"
check "and belongs to the daemon's user" equal "$(owner_and_mode "$profile")" "nobody 640"
check "nothing else is there" equal "$(find "$LAB/state/profiles" -type f | wc -l)" 1
check "check counts it" says '^profiles +1 of servers in' gp check --config "$LAB/gatepost.conf"
edge_run
check "the log says that it was read" says 'info servers profiles=1 learn=yes' cat "$LAB/gatepost.log"
check "the server is known before anybody has logged in" equal "$(server state)" known
check "nothing was seen of it since" equal "$(server attempts)" 0
check "alice goes on" log_in 3
check "all is read now: failures" wait_until 30 is_now failures 3
check "all is read now: successes" wait_until $LATE_S is_now successes 3
check "nothing is unknown" equal "$(server unknown)" 0

step "a bad file, and one that somebody calibrated while the daemon ran"
echo '{"host": "192.0.2.99"' >"$LAB/state/profiles/192.0.2.99-993.json"
check "check names the bad file" says 'BAD: .*192.0.2.99-993.json' gp check --config "$LAB/gatepost.conf"
check "with an exit code" exits 1 gp check --config "$LAB/gatepost.conf"
check "a probe is made" on prober "$GATEPOST" calibrate --profiles "$LAB/state/profiles" "pop3s://$FARM4"
chown nobody "$LAB/state/profiles/$FARM4-995.json"
check "reload reads it" exits 0 gp reload
check "as a probe" equal "$(server profile 995)" probe
check "and keeps what was counted" is_now failures 3
check "the bad file is a warning" says 'warn profile .*192.0.2.99-993.json' cat "$LAB/gatepost.log"
check "and left alone" says '192.0.2.99' cat "$LAB/state/profiles/192.0.2.99-993.json"

step "no more learning"
edge_config 'learn_servers = no
tables { servers = 64 }
profiles_dir = elsewhere'
check "reload takes it" exits 0 gp reload
check "and says what waits for a restart" says 'warn reload table sizes, .*paths change at the next start' cat "$LAB/gatepost.log"
before=$(cat "$profile")
check "alice goes on" log_in 1
check "which is read" wait_until 30 is_now failures 4
edge_stop
check "nothing was written" equal "$(cat "$profile")" "$before"

step "a directory that cannot be written"
edge_config
edge_run
rm -r "$LAB/state/profiles"
check "alice goes on" log_in 1
check "the attempts are there" wait_until 30 is_now failures 1
edge_stop
check "it is said" says "error profile .*$FARM4-993.json: cannot be written: No such file or directory" cat "$LAB/gatepost.log"

step "a mirror port"
LAB_ROLE=tap
edge_start
check "alice logs in, rightly and wrongly by turns" log_in 4
# Nothing is known of the server again: the first refusals may be clear only when their connections have ended.
check "role tap reads failures, too" wait_until $LATE_S grew_to 2 server failures
check "and all attempts in the end" wait_until $LATE_S grew_to 8 server attempts
edge_stop
check "and keeps it" test -s "$profile"
