# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The lab: namespaces, real mail servers, real clients, real attack tools, and the words stories are told in.
#
#   +-- host NAME --+                        +---- edge ----+        +------- farm -------+
#   | attacker      | veth     +-- outside --+              |        | 192.0.2.10         |
#   | 198.51.100.x  |----------| router      | wan0    lan0 |--------| 2001:db8:fa::10    |
#   | 2001:db8:bad::|   .------| fe80::1 to  | XDP in       | eth0   | Dovecot 143 993    |
#   +---------------+   |  .---| every host  | tc out       |        |         110 995    |
#   +-- host NAME --+   |  |   +-------------+              |        | Postfix 587 465 25 |
#   | subscriber    |---'  |        gatepost runs on edge   |        +--------------------+
#   | 203.0.113.x   |      |
#   | 2001:db8:cafe:|      |   A host from host_mangled has a wire of its own that cuts every packet
#   +---------------+      |   into fragments, or puts extension headers and IP options into it:
#   +-- host NAME --+  +-- NAME-wire --+
#   | attacker      |--| mangle        |
#   +---------------+  +---------------+
#
# Sourcing this file starts the calling script a second time inside namespaces of its own (mount, pid and net). The
# kernel ends every process and drops every mount, namespace and pin of the lab with its first process, however the
# story ends, and stories can run side by side. The names above are therefore fixed and private.
#
# A story reads:
#
#   . "$(dirname "$0")/../lib.sh"
#   story "hydra on IMAP is banned while a subscriber logs in"
#   lab_user alice secret; lab_up dovecot; edge_start
#   host attacker 198.51.100.10; host subscriber 198.51.100.200
#   attack_hydra attacker imap "$FARM4" "$(word_list user 2)" "$(word_list wrong 50)" &
#   check "the attacker is banned" wait_until 10 verdict_is 198.51.100.10 banned
#   check "the subscriber gets in" subscriber_imap subscriber alice secret
#
# An unchecked command that fails ends the story and fails it. In the environment:
#
#   V=1       show every command run on a host
#   DEBUG=1   a shell inside the lab after the first failed check and at the end of the story
#   KEEP=1    the lab's directory (configurations, logs, captures) stays
#   GATEPOST  the program under test (build/gatepost)
#   TOOLS     where make put the programs of tests/support; otherwise the lab compiles what it needs

set -Eeuo pipefail

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_FILES=$LAB_ROOT/tests/e2e/lab
STORY=$(basename "$0" .sh)
GATEPOST=$(realpath -m "${GATEPOST:-$LAB_ROOT/build/gatepost}")
TOOLS=${TOOLS:+$(realpath -m "$TOOLS")}

die() { echo "# $*" >&2; exit 1; }

# wait_until SECONDS CMD...: try CMD until it succeeds; fails when it has not within SECONDS.
wait_until() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.02
	done
}

not() { ! "$@"; }

# --- the outer half: make the namespaces, wait, and see that nothing is left ---

# Descriptor 4 keeps the number of the lab's pid namespace from being given to another one before we have looked.
lab_hold() {
	[ "$(readlink "/proc/$1/ns/pid_for_children")" != "$(readlink /proc/self/ns/pid)" ] &&
		exec 4<"/proc/$1/ns/pid_for_children"
}

lab_processes() { readlink /proc/[0-9]*/ns/pid 2>/dev/null | grep -xF "$(readlink /proc/self/fd/4)"; }

lab_is_gone() {
	not lab_processes && not grep -qF "$LAB" /proc/self/mounts
}

# With LAB_SHOW set (run.sh) only what went wrong is said.
lab_verdict() {
	[ "$1" = 0 ] || echo "not ok - the story was not cut short (exit code $1)" | tee -a "$LAB/failed"
	if wait_until 10 lab_is_gone; then
		echo "ok - no process and no mount of the lab is left" >>"$LAB/passed"
		[ -n "${LAB_SHOW:-}" ] || tail -n 1 "$LAB/passed"
	else
		echo "not ok - no process and no mount of the lab is left" | tee -a "$LAB/failed"
	fi
	local passed failed
	passed=$(grep -c . "$LAB/passed" || :)
	failed=$(grep -c . "$LAB/failed" || :)
	if [ -n "${KEEP:-}" ]; then echo "# kept: $LAB"; else rm -rf "$LAB"; fi
	[ -n "${LAB_SHOW:-}" ] || echo "# $STORY: $passed checks passed, $failed failed"
	[ "$failed" = 0 ]
}

# The lab dies with this process, even when it is killed: setpriv for us, --kill-child for unshare. A background
# job of a script has no standard input, hence descriptor 3.
lab_enter() {
	[ "$(id -u)" = 0 ] || { echo "# SKIP $STORY needs root"; exit 77; }
	LAB=$(mktemp -d "${TMPDIR:-/tmp}/gatepost-lab.XXXXXX")
	chmod 755 "$LAB"
	touch "$LAB/passed" "$LAB/failed"
	local child rc=0
	exec 3<&0
	LAB_INSIDE=$LAB setpriv --pdeathsig KILL unshare --mount --propagation private --net --pid --fork \
		--kill-child --mount-proc bash "$0" "$@" <&3 3<&- &
	child=$!
	trap 'kill -KILL $child 2>/dev/null || :' INT TERM HUP
	wait_until 5 lab_hold $child || :
	wait $child 2>/dev/null || rc=$?
	trap '' INT TERM HUP PIPE
	lab_verdict $rc || exit 1
	exit 0
}

# --- the inner half: the words of a story ---

story() { printf '\n# %s\n' "$*"; }
step() { printf '# %6.2f s  %s\n' "$(lab_age)" "$*"; }
lab_age() { local us=$((${EPOCHREALTIME/./} - LAB_BORN)); printf '%d.%03d' $((us / 1000000)) $((us / 1000 % 1000)); }

# on HOST CMD...: run CMD in HOST's network. (ip netns exec would hide bpffs and show another /sys.)
on() {
	local host=$1
	shift
	[ -z "${V:-}" ] || echo "  $host\$ $*" >&5
	nsenter --net="/run/netns/$host" -- "$@"
}

# check CLAIM CMD...: CMD must succeed. On failure show what it printed and the ends of the logs; the story goes on.
check() {
	local claim=$1
	shift
	if "$@" >"$LAB/check.out" 2>&1; then
		echo "ok - $claim" | tee -a "$LAB/passed"
		return
	fi
	echo "not ok - $claim" | tee -a "$LAB/failed"
	echo "# command: $*"
	tail -n 20 "$LAB/check.out" | sed 's/^/# /'
	show_logs
	[ -z "${DEBUG:-}" ] || lab_shell
}

show_logs() {
	local log
	for log in gatepost.log gatepost1.log gatepost2.log redis.log dovecot.log postfix.log slow.log courier.log exim.log exim.err; do
		[ -s "$LAB/$log" ] || continue
		echo "# --- $log"
		grep -v ' Debug: ' "$LAB/$log" | tail -n 8 | sed 's/^/# /' || :
	done
}

lab_shell() {
	echo "# a shell inside the lab; LAB=$LAB; nsenter --net=/run/netns/{outside,edge,farm,...}; exit to go on"
	LAB=$LAB bash --norc -i || :
}

lab_exit() {
	local rc=$?
	trap - EXIT ERR
	set +e
	if [ $rc -ne 0 ]; then
		echo "not ok - the story came to its end (exit code $rc)" | tee -a "$LAB/failed"
		show_logs
	fi
	[ -z "${DEBUG:-}" ] || lab_shell
	edge_stop
	exit 0
}

[ -n "${LAB_INSIDE:-}" ] || lab_enter "$@"

LAB=$LAB_INSIDE
unset LAB_INSIDE
exec 5>&2 # check hides standard error; V=1 must still be seen
LAB_BORN=${EPOCHREALTIME/./}
trap lab_exit EXIT
trap 'echo "# ${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR
mount -t tmpfs -o mode=755 lab /run
mount -t bpf bpf /sys/fs/bpf
cd "$LAB"

for part in net wire farm courier exim cyrus proxies clients attacks crowd edge claims hydra tls fleet; do
	# shellcheck source=/dev/null
	. "$LAB_FILES/$part.sh"
done

# lab_up [SERVER...]: the network and the servers (dovecot postfix), ready for logins.
lab_up() {
	lab_net
	farm_start "${@:-dovecot postfix}"
}
