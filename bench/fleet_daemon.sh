#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: fleet_daemon.sh DIRECTORY ENTRIES   (with gatepost in $GATEPOST; from bench/fleet)
#
# The whole daemon joins the fleet whose Redis listens in DIRECTORY/redis.sock and whose peers are in DIRECTORY/peers.
# Prints milliseconds until all entries are in force, those of the CPU for it, and the most memory, in MiB; the rest goes to
# DIRECTORY/daemon.log.
set -eu
if [ -z "${INSIDE:-}" ]; then
	INSIDE=1 exec unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc "$0" "$@"
fi
directory=$1 entries=$2
mount -t bpf bpf /sys/fs/bpf
ip link set lo up
ip link add wan0 type veth peer name far0
ip link set wan0 up
chmod 777 "$directory" "$directory/redis.sock"
cat >"$directory/daemon.conf" <<END
memory_max = 2GiB
role = gateway
mode = enforce
interface "wan0" { attach = native }
user = nobody
control_group = ""
control_socket = "$directory/control"
pin_dir = "/sys/fs/bpf/gatepost"
state_dir = "$directory/state"
tables { bans = 1048576 }
fleet {
	share = yes
	node = joining
	redis = "$directory/redis.sock"
	key_file = "$directory/joining.key"
	name = bench
	rate = off
	entries = 1048576
	entries_per_node = 1048576
}
END
cat "$directory/peers" >>"$directory/daemon.conf"
"$GATEPOST" key --config "$directory/daemon.conf" >/dev/null
began=${EPOCHREALTIME/./}
"$GATEPOST" run --config "$directory/daemon.conf" >>"$directory/daemon.log" 2>&1 &
pid=$!
in_force() { "$GATEPOST" status --socket "$directory/control" -o json 2>/dev/null | grep -o '"bans":[0-9]*' | head -n 1; }
for _ in $(seq 1200); do
	kill -0 $pid || exit 1
	[ "$(in_force)" != "\"bans\":$entries" ] || break
	sleep 0.05
done
[ "$(in_force)" = "\"bans\":$entries" ]
took_ms=$(((${EPOCHREALTIME/./} - began) / 1000))
cpu_ms=$(awk -v hertz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hertz) }' "/proc/$pid/stat")
echo "$took_ms $cpu_ms $(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status")"
"$GATEPOST" verify --socket "$directory/control" >>"$directory/daemon.log" 2>&1
kill $pid
wait $pid || :
