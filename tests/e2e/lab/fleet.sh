# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# A second edge, and Redis on a network of its own, for the stories of the fleet.
#
#                 +---- edge ----+
#       outside --|              |-- farm 192.0.2.10 (dovecot)
#          |      +-- ctl0 ------+        |
#          |         control: Redis       |
#          |      +-- ctl0 ------+        |
#          `------|    edge2     |-- farm 192.0.2.11 (slow)
#                 +--------------+
#
#   fleet_net                    edge2, control and their wires; after lab_net
#   fleet_up [EDGE] [EDGE2]      both daemons, each with these lines more in its configuration
#   redis_start [OPTION...]      Redis in control, with the ACL line of docs/fleet.md; redis_kill9 ends it at once,
#                                redis_stop politely; its files are in $LAB/redis
#   redis_cli ARG...             as its administrator
#   on_edge N ARGS...            gatepost ARGS at edge N
#   edge_verdict_is N SOURCE banned|...      field_is N KEY VALUE: of `gatepost fleet -o json`
#   edge_cut N, edge_join N      take edge N off the network of Redis, and put it back
#   fleet_agrees                 both edges have the same bans in force
# Read by the stories.
# shellcheck disable=SC2034
REDIS_PASSWORD=fleet-secret
declare -A EDGE_PIDS=()
REDIS_BY=() # a command that starts it

fleet_net() {
	net_new edge2 1
	net_new control 0
	link outside to-edge2 edge2 wan0
	link edge2 lan0 farm eth1
	link control to-1 edge ctl0
	link control to-2 edge2 ctl0

	ip -n outside addr add 192.0.2.249/30 dev to-edge2
	ip -n edge2 addr add 192.0.2.250/30 dev wan0
	ip -n edge2 addr add 192.0.2.245/30 dev lan0
	ip -n farm addr add 192.0.2.246/30 dev eth1
	ip -n control addr add 192.0.2.225/30 dev to-1
	ip -n edge addr add 192.0.2.226/30 dev ctl0
	ip -n control addr add 192.0.2.229/30 dev to-2
	ip -n edge2 addr add 192.0.2.230/30 dev ctl0

	ip -n outside route add 192.0.2.11/32 via 192.0.2.250
	ip -n edge2 route add default via 192.0.2.249
	ip -n edge2 route add 192.0.2.11/32 via 192.0.2.246
	ip -n farm rule add from 192.0.2.11 lookup 2
	ip -n farm route add default via 192.0.2.245 table 2
}

fleet_config() { # N MORE
	local n=$1 name=edge redis=192.0.2.225 at
	[ "$n" = 1 ] || { name=edge2 redis=192.0.2.229; }
	mkdir -p "$LAB/node$n"
	cat >"$LAB/node$n.conf" <<-END
		role = gateway
		mode = enforce
		interface "wan0" { attach = native }
		user = nobody
		control_group = ""
		control_socket = "$LAB/run$n/control"
		pin_dir = "/sys/fs/bpf/gatepost$n"
		state_dir = "$LAB/node$n/state"
		fleet {
			share = yes
			node = edge$n
			redis = "${FLEET_REDIS:-$redis:${FLEET_PORT:-6379}}"
			user = gatepost
			password_file = "$LAB/redis.password"
			key_file = "$LAB/node$n/fleet.key"
			jitter = 200ms
			$(fleet_keys_of "$2")
		}
		$(other_lines_of "$2")
	END
}

# Lines that begin with "fleet: " belong into the section.
fleet_keys_of() { sed -n 's/^[[:space:]]*fleet: //p' <<<"$1"; }
other_lines_of() { grep -v '^[[:space:]]*fleet: ' <<<"$1" || :; }

fleet_up() {
	local n
	echo "$REDIS_PASSWORD" >"$LAB/redis.password"
	chmod 600 "$LAB/redis.password"
	fleet_config 1 "${1:-}"
	fleet_config 2 "${2:-}"
	"$GATEPOST" key --config "$LAB/node1.conf" >"$LAB/peer1"
	"$GATEPOST" key --config "$LAB/node2.conf" >"$LAB/peer2"
	cat "$LAB/peer2" >>"$LAB/node1.conf"
	cat "$LAB/peer1" >>"$LAB/node2.conf"
	for n in 1 2; do fleet_run $n; done
}

edge_name() { [ "$1" = 1 ] && echo edge || echo edge2; }

fleet_run() { # EDGE [COMMAND...]: by that command
	nsenter --net="/run/netns/$(edge_name "$1")" -- "${@:2}" "$GATEPOST" run --config "$LAB/node$1.conf" \
		>>"$LAB/gatepost$1.log" 2>&1 &
	EDGE_PIDS[$1]=$!
	wait_until 15 on_edge "$1" rules || { tail -n 5 "$LAB/gatepost$1.log"; die "edge $1 does not answer"; }
}

fleet_kill9() {
	kill -KILL "${EDGE_PIDS[$1]}"
	wait "${EDGE_PIDS[$1]}" 2>/dev/null || :
}

fleet_stop() {
	kill -TERM "${EDGE_PIDS[$1]}"
	wait "${EDGE_PIDS[$1]}" 2>/dev/null || :
}

on_edge() {
	local n=$1 command=$2
	shift 2
	on "$(edge_name "$n")" "$GATEPOST" "$command" --socket "$LAB/run$n/control" "$@"
}

edge_verdict_is() { equal "$(on_edge "$1" explain -o json "$2" | field verdict)" "$3"; }
fleet_field() { on_edge "$1" status -o json | grep -o '"fleet":{.*' | field "$2"; }
fleet_is() { equal "$(fleet_field "$1" "$2")" "$3"; }
fleet_follows() { fleet_is 1 state following && fleet_is 2 state following && fleet_is 1 queued 0 && fleet_is 2 queued 0; }

bans_of() { on_edge "$1" bans -o json | tr '{' '\n' | sed -n 's/.*"source":"\([^"]*\)","action":"\([a-z]*\)".*/\1 \2/p' | sort; }
fleet_agrees() { diff <(bans_of 1) <(bans_of 2); }

has_tls() { [[ $(ldd "$GATEPOST") == *hiredis_ssl* ]]; } # Debian 13's hiredis has, Debian 12's has not

edge_cut() { ip -n control link set "to-$1" down; }
edge_join() { ip -n control link set "to-$1" up; }

# --- Redis ---

redis_acl() {
	echo "user default on >admin-secret ~* &* +@all"
	sed -n '/^user gatepost /p' "$LAB_ROOT/docs/fleet.md" | head -n 1 | sed "s/>PASSWORD/>$REDIS_PASSWORD/"
}

redis_start() {
	mkdir -p "$LAB/redis"
	redis_acl >"$LAB/redis/users.acl"
	nsenter --net=/run/netns/control -- "${REDIS_BY[@]}" redis-server --port 6379 --bind '*' --dir "$LAB/redis" --save '' \
		--aclfile "$LAB/redis/users.acl" --logfile "$LAB/redis.log" --daemonize no "$@" >/dev/null 2>&1 &
	REDIS_PID=$!
	wait_until 10 redis_cli ping || die "Redis does not answer"
}

redis_cli() { on control redis-cli --no-auth-warning -a admin-secret "$@"; }

redis_stop() {
	kill -TERM "$REDIS_PID"
	wait "$REDIS_PID" 2>/dev/null || :
}

redis_kill9() {
	kill -KILL "$REDIS_PID"
	wait "$REDIS_PID" 2>/dev/null || :
}
