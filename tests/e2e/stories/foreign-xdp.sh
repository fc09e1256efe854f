#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Another XDP program on the interface is not touched, and gatepost says in words why it does not start"
lab_net
edge_config
cat >"$LAB/other.c" <<-END
	__attribute__((section("xdp"), used)) int other(void *ctx) { return 2; }
	char license_text[] __attribute__((section("license"), used)) = "GPL";
END
clang -O2 -g -target bpf -c "$LAB/other.c" -o "$LAB/other.o"
ip -n edge link set dev wan0 xdpdrv obj "$LAB/other.o" sec xdp
other=$(ip -n edge link show wan0 | grep -o 'prog/xdp id [0-9]*')

check "it does not start" exits 1 gp run --config "$LAB/gatepost.conf"
id=${other##* }
check "it names the program and says what to do" \
	says "wan0: another XDP program, 'other' \(id $id, native\), is attached; .*'ip link set dev wan0 xdpdrv off'" \
	gp run --config "$LAB/gatepost.conf"
check "check says so beforehand" says "ANOTHER XDP PROGRAM, 'other' \(id $id, native\)" gp check --config "$LAB/gatepost.conf"
check "with an exit code" exits 1 gp check --config "$LAB/gatepost.conf"
check "check does not try beside it" says 'not tried: there is a program already' gp check --config "$LAB/gatepost.conf" --try
check "the other program is still there" equal "$(ip -n edge link show wan0 | grep -o 'prog/xdp id [0-9]*')" "$other"
check "nothing is left in the BPF file system" not ls /sys/fs/bpf/gatepost
check "the way back is not watched either" not says gatepost on edge tc filter show dev wan0 egress

ip -n edge link set dev wan0 xdpdrv off
ip -n edge link set dev wan0 xdpgeneric obj "$LAB/other.o" sec xdp
check "a generic one is named, too, with its own way off" says "'other' \(id [0-9]+, generic\).*wan0 xdpgeneric off" \
	gp run --config "$LAB/gatepost.conf"
ip -n edge link set dev wan0 xdpgeneric off
edge_start
check "without the other program it starts" says 'wan0, native' gp status
check "and its own is not pushed aside" not ip -n edge link set dev wan0 xdpdrv obj "$LAB/other.o" sec xdp
