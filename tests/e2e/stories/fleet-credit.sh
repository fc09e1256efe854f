#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Subscribers keep their good name: at the edge where they log in, and at one where they arrive"
lab_user alice right
lab_net
fleet_net
farm_start dovecot slow
redis_start
fleet_up 'fleet: successes = no'
SLOW4=$(server4 slow)
check "both edges follow the stream" wait_until 5 fleet_follows

step "subscribers behind one address log in at the second edge; a bad neighbour behind it attacks at the first"
host shared 198.51.100.30
check "a subscriber logs in at the second edge" subscriber_login imap shared alice right "$SLOW4"
guess shared imap "$FARM4" alice wrong# 24 24
check "the first edge, which does not listen, bans the address" wait_until 10 edge_verdict_is 1 198.51.100.30 banned
check "the second one limits it, since somebody logs in there" wait_until 2 edge_verdict_is 2 198.51.100.30 limited
check "and says so" says 'limit, not ban: somebody logged in here' on_edge 2 explain 198.51.100.30
check "the subscriber gets in there" subscriber_login imap shared alice right "$SLOW4"

step "the first edge listens from now on"
fleet_kill9 1
sed -i 's/successes = no/successes = yes/' "$LAB/node1.conf"
fleet_run 1
check "it hears who logged in before it was there" wait_until 15 says 'credit [45]\.' on_edge 1 explain 198.51.100.30
host roamer 198.51.100.40
check "a subscriber of the second edge logs in there" subscriber_login imap roamer alice right "$SLOW4"
check "within seconds the first knows him" wait_until 15 says 'credit [45]\.' on_edge 1 explain 198.51.100.40
guess roamer imap "$FARM4" alice bad# 40 20
check "somebody behind his address guesses: what would be a ban is a limit" wait_until 10 edge_verdict_is 1 198.51.100.40 limited
check "because of that login" says 'somebody logged in there' on_edge 1 explain 198.51.100.40
redis_cli xadd '{gatepost}:good' '*' b junk >/dev/null
check "junk among the good ones is counted, no more" wait_until 5 fleet_is 1 good_refused 1
check "both go on" fleet_follows
