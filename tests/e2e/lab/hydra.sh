# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The main story, the same for each protocol: hydra_story SERVICE PORT SERVER...
hydra_story() {
	local service=$1 port=$2 source
	shift 2
	story "hydra on $service is banned, over IPv4 and IPv6, while subscribers log in"
	lab_user alice right
	lab_up "$@"
	edge_start
	host four 198.51.100.10
	host six 2001:db8:bad:10::1
	host subscriber 198.51.100.200 2001:db8:cafe::10
	watch_start "tcp port $port"

	attack_knock four 198.51.100.10 "$FARM4" "$port" 5 &
	attack_knock six 2001:db8:bad:10::1 "$FARM6" "$port" 5 &
	step "both attack with 16 connections each, as hydra does by default"
	attack_hydra four "$service" "$FARM4" "$(word_list user 2)" "$(word_list wrong 500)" -t 16 &
	attack_hydra six "$service" "$FARM6" "$(word_list user 2)" "$(word_list wrong 500)" -t 16 &
	check "a subscriber in the attacker's /24 gets in meanwhile" subscriber_login "$service" subscriber alice right
	check "the attacker on IPv4 is banned" wait_until 10 verdict_is 198.51.100.10 banned
	check "the attacker on IPv6 is banned" wait_until 10 verdict_is 2001:db8:bad:10::1 banned
	check "no more of its attempts reach the farm (IPv4)" holds_off four 198.51.100.10
	check "no more of its attempts reach the farm (IPv6)" holds_off six 2001:db8:bad:10::1
	check "a subscriber gets in while both go on (IPv4)" subscriber_login "$service" subscriber alice right
	check "a subscriber gets in while both go on (IPv6)" subscriber_login "$service" subscriber alice right "$FARM6"
	capture_stop
	for source in 198.51.100.10 2001:db8:bad:10::1; do
		check "$source: what is under way passes after the refusal that decided, and nothing after the first drop" \
			stopped_within "$source" 16
		check "$source: the ban names its rule and what was counted" \
			says 'why +[45] failures in (30s|6h) from' gp explain "$source"
		check "$source: the refusals were read" above "$(explained "$source" failures)" 3
	done
	check "the drops are counted as those of a banned source" above "$(counted packets 'banned source')" 5
	check "the subscribers are not banned (IPv4)" verdict_is 198.51.100.200 passes
	check "the subscribers are not banned (IPv6)" verdict_is 2001:db8:cafe::10 passes
}
