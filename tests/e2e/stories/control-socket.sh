#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "The control socket answers root and refuses others, in words and with an exit code"
lab_net
mkdir -p "$LAB/bin"
cp "$GATEPOST" "$LAB/bin/gatepost" # where anybody may read it
as_nobody() { on edge setpriv --reuid 65533 --regid 65533 --clear-groups "$LAB/bin/gatepost" "$@"; }

check "no daemon: exit code 3" exits 3 gp status
check "and in words" says 'no daemon answers at /run/gatepost/control' gp status
edge_start
check "root gets an answer" exits 0 gp status
check "an unprivileged user: exit code 4" exits 4 as_nobody status
check "also for a ban" exits 4 as_nobody ban 198.51.100.10
check "and in words" says 'not permitted' as_nobody ban 198.51.100.10
check "which did nothing" exits 0 not says 198 gp bans
check "an unknown command: exit code 2" exits 2 gp bun 198.51.100.10
check "an unknown option: exit code 2" exits 2 gp bans --what
check "no address: exit code 2" exits 2 gp ban
check "a bad address: exit code 2" exits 2 gp ban 198.51.100.256
check "a bad duration: exit code 2" exits 2 gp ban 198.51.100.10 --for 10
check "a ban too wide: exit code 5 (IPv4)" exits 5 gp ban 198.51.0.0/16
check "a ban too wide: exit code 5 (IPv6)" exits 5 gp ban 2001:db8::/32
check "and in words" says 'wider than the guardrail allows' gp ban 198.51.0.0/16
check "what is not there: exit code 1" exits 1 gp unban 198.51.100.10
check "a good command: exit code 0" exits 0 gp ban 198.51.100.10

step "a list that is longer than one answer may be"
export GATEPOST
# shellcheck disable=SC2016
seq 600 | xargs -P 8 -I# sh -c 'n=#; "$GATEPOST" ban 10.0.$((n / 250)).$((n % 250))' >/dev/null
rows() { gp bans -o json | grep -o '"source":"10\.0\.[0-9.]*"' | sort -u | wc -l; }
check "comes whole, in JSON" equal "$(rows)" 600
check "and as a table" equal "$(gp bans | grep -cE '^10\.0\.')" 600
check "both halves agree about it: exit code 0" exits 0 gp verify

step "the daemon itself"
check "the daemon runs with no capability left" says '^CapEff:[[:space:]]+0+$' cat "/proc/$EDGE_PID/status"
check "and not as root" says '^Uid:[[:space:]]+65534' cat "/proc/$EDGE_PID/status"
check "a second daemon on the same interface is refused" exits 1 gp run --config "$LAB/gatepost.conf"
check "the first one does not mind" exits 0 gp status
