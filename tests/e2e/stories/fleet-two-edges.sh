#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "What one edge bans is dropped at the other, and an unban anywhere holds everywhere"
lab_user alice right
lab_net
fleet_net
farm_start dovecot slow
redis_start
fleet_up '' 'allow = {"198.51.100.77"}'
host attacker 198.51.100.10
host subscriber 198.51.100.200
SLOW4=$(server4 slow)

check "both edges follow the stream" wait_until 5 fleet_follows
check "the attacker reaches a server behind the other edge" connects attacker 143 "$SLOW4"
step "hydra attacks a server behind the first edge"
attack_hydra attacker imap "$FARM4" "$(word_list user 2)" "$(word_list wrong 500)" -t 16 &
check "the first edge bans it" wait_until 10 edge_verdict_is 1 198.51.100.10 banned
check "so does the second" wait_until 1 edge_verdict_is 2 198.51.100.10 banned
check "which drops it" not connects attacker 143 "$SLOW4"
check "a neighbour gets in there" connects subscriber 143 "$SLOW4"
check "explain at the second names the first, the rule and what was counted" \
	says 'fleet +edge1: ban by (at-once|stuffing) at .* left, E5: [45] failures in (30s|6h)' on_edge 2 explain 198.51.100.10
check "the ban is listed by its origin" says '198\.51\.100\.10 .* edge1 ' on_edge 2 bans --origin edge1
check "and not by another" not says '198\.51\.100\.10' on_edge 2 bans --origin edge2
check "the second edge's kernel holds what it should" says ' 0 missing in the kernel, 0 in the kernel only' on_edge 2 verify
check "both edges are seen at both" says 'edge1 +up .* enforce' on_edge 2 fleet
check "with mode and bans" wait_until 5 says 'edge2 +up +[0-9]+ enforce +1 ' on_edge 1 fleet

step "an operator at the second edge lets it off"
on_edge 2 unban 198.51.100.10 --reason "my brother" >/dev/null
check "it is free at the first, within a second" wait_until 1 edge_verdict_is 1 198.51.100.10 passes
check "and at the second" connects attacker 143 "$SLOW4"
check "explain says who lifted it" says 'fleet +edge2: unban by manual .* my brother' on_edge 1 explain 198.51.100.10
on_edge 1 ban 198.51.100.10 --for 1h >/dev/null
check "banned anew after that, it is banned everywhere" wait_until 1 edge_verdict_is 2 198.51.100.10 banned
on_edge 1 unban 198.51.100.10 >/dev/null
check "and free everywhere again" wait_until 1 edge_verdict_is 2 198.51.100.10 passes

step "the second edge allows an address that the first bans"
on_edge 1 ban 198.51.100.77 >/dev/null
check "what is allowed here is not banned here, whoever says so" \
	wait_until 2 says 'edge1: 1, touches the allow list' on_edge 2 fleet
check "and stays free" edge_verdict_is 2 198.51.100.77 allowed

step "a restart"
on_edge 1 ban 203.0.113.50 --for 1h >/dev/null
wait_until 1 edge_verdict_is 2 203.0.113.50 banned
fleet_kill9 2
on_edge 1 ban 203.0.113.51 --for 1h >/dev/null
on_edge 1 unban 203.0.113.50 >/dev/null
fleet_run 2
check "an edge that was down hears what was banned meanwhile" wait_until 3 edge_verdict_is 2 203.0.113.51 banned
check "and what was unbanned" wait_until 3 edge_verdict_is 2 203.0.113.50 passes
check "both edges agree, but for what one of them allows" equal "$(bans_of 1 | grep -v 198.51.100.77)" "$(bans_of 2)"
