#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A spray from a /24 meets one budget for all of it; where somebody logged in the address keeps its own"
cat >"$LAB/rules" <<-END
	rule "spray" { count = accounts threshold = 15 window = 1h per = "/24,/48" action = limit for = 1h }
END
for n in 1 2 3; do lab_user "user$n" right; done
lab_up dovecot
edge_start
host site 198.51.100.250 # its other addresses go the same way
host_prefix site 198.51.100.0/24
lives_at() { LAB_CURL="--interface 198.51.100.$1" subscriber_imap site "$2" right; }
spray() { GUESS_FROM="198.51.100.#" guess site imap "$FARM4" "victim#" "wrong$1-#" 40 20; }

step "somebody lives at .201; then forty addresses try an account each"
check "he logs in" lives_at 201 user1
spray 1
check "the prefix is limited" wait_until 5 says '^198\.51\.100\.0/24 +limit +spray' gp bans

step "they go on"
before=$(farm_failures '198\.51\.100\.[0-9]+') since_us=${EPOCHREALTIME/./}
LAB_ATTACK_S=5 spray 2 &
spraying=$!
sleep 1
check "he logs in, at once" lives_at 201 user1
wait "$spraying" || :
LAB_ATTACK_S=5 spray 3
most=$((10 + (${EPOCHREALTIME/./} - since_us) / 1000000 + 1))
check "what all of them have is one burst and rate" below \
	$(($(farm_failures '198\.51\.100\.[0-9]+') - before)) "$most"
check "of the limit's reason" above "$(counted packets 'over the limit put on its prefix by a rule')" 20
check "a newcomer gets in as soon as they pause" wait_until 10 lives_at 202 user2
check "and is known from then on" lives_at 202 user2

step "the controller comes back with new tables"
edge_stop
on edge "$GATEPOST" detach --config "$LAB/gatepost.conf" >/dev/null
edge_run
check "the limit lasts" says '^198\.51\.100\.0/24 +limit +spray' gp bans
first() { on site timeout 0.9 bash -c "exec 3<>/dev/tcp/$FARM4/143"; }
check "a stranger has to come twice" not first
check "he who logged in before has not" lives_at 201 user1
