#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build [TESTS=budget] tests/kernels/boot.sh NAME     NAME as in tests/kernels/kernels
#
# Boots that kernel in qemu with the bpf tests as they were built here, and prints what they say. What the programs cost
# its verifier goes to $O/kernels/costs. With /dev/kvm where that works, else emulated, which takes about a minute.
set -euo pipefail
name=$1
here=$(dirname "$0")
directory=$O/kernels/$name
HELLO_S=20   # an accelerated kernel is up within two; some a /dev/kvm runs no ordinary kernel at all
BOOT_S=900   # everything, emulated on a busy machine

releases=$(awk -v name="$name" '$1 == name { $1 = ""; print }' "$here/kernels")
# shellcheck disable=SC2086 # words
"$here/fetch.sh" "$directory" $releases
version=$(cat "$directory/version")
tests=()
for source in "$here"/../bpf/test_${TESTS:-*}.c; do tests+=("$O/tests/bpf/$(basename "$source" .c)"); done
"$here/ramdisk.sh" "$directory" "${tests[@]}" "$here/drivers.sh"

# It ends with this script. Two cards, wired to each other: one whose driver has native XDP, one whose driver has none.
machine() { # ACCELERATOR SECONDS
	setpriv --pdeathsig TERM timeout "$2" qemu-system-x86_64 -accel "$1" -cpu max -smp 2 -m 1024 \
		-kernel "$(find "$directory/root" -name 'vmlinuz*' | head -n 1)" -initrd "$directory/ramdisk" \
		-append "console=ttyS0 panic=-1 quiet net.ifnames=0" -no-reboot -display none -monitor none -parallel none \
		-netdev hubport,id=a,hubid=1 -device virtio-net-pci,netdev=a,mac=02:00:00:00:01:01 \
		-netdev hubport,id=b,hubid=1 -device e1000,netdev=b,mac=02:00:00:00:01:02 -nodefaults -vga none \
		-serial "file:$directory/console" -serial "file:$directory/said" </dev/null >"$directory/qemu" 2>&1
}
is_up() { grep -q '^# booted' "$directory/said" 2>/dev/null; }

# A trial a boot of this machine: its answer is kept.
kvm_works() {
	local kept=$O/kernels/kvm-$(cat /proc/sys/kernel/random/boot_id) end=$((SECONDS + HELLO_S)) pid
	[ -w /dev/kvm ] || return 1
	if [ ! -e "$kept" ]; then
		rm -f "$directory/said"
		machine kvm $HELLO_S &
		pid=$!
		until is_up || [ $SECONDS -ge $end ] || ! kill -0 $pid 2>/dev/null; do sleep 0.2; done
		if is_up; then echo yes; else echo no; fi >"$kept"
		wait $pid || :
	fi
	[ "$(cat "$kept")" = yes ]
}

accelerator=tcg
! kvm_works || accelerator=kvm
rm -f "$directory/said"
machine $accelerator $BOOT_S || :
tr -d '\r' <"$directory/said" >"$directory/result" 2>/dev/null || :
grep '^# cost' "$directory/result" | sed "s/^# cost/$version/" >"$O/kernels/costs.$name" || :

claim() { # TEXT COMMAND...
	local text=$1
	shift
	if "$@"; then echo "ok - $version: $text"; else echo "not ok - $version: $text"; fi
}
echo "# $version, accelerator $accelerator"
cat "$directory/result"
claim "the kernel comes up" grep -q '^# booted' "$directory/result"
claim "all tests came to their end" grep -q '^# done' "$directory/result"
[ -n "${TESTS:-}" ] || claim "what the programs cost its verifier is known" [ -s "$O/kernels/costs.$name" ]
grep -q '^# done' "$directory/result" || tail -n 30 "$directory/console"
! grep -qE '^\[ +FAILED +\] [a-z]|^not ok ' "$directory/result"
