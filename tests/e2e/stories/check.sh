#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "gatepost check says before a start all that would matter, touches nothing, and run says the same in words"
lab_net
edge_config
check_gp() { gp check --config "$LAB/gatepost.conf" "$@"; }
run_gp() { on edge timeout 20 "$GATEPOST" run --config "$LAB/gatepost.conf"; }
is_bare() { not says 'xdp' ip -n "${2:-edge}" -d link show "$1"; }

step "nothing is wrong"
check "check has nothing against it" exits 0 check_gp
check "it knows the driver, the MTU and the queues" says '^interface +wan0: driver veth, up, MTU 1500, 1 queue' check_gp
check "native XDP is told by the kernel" says '^interface +wan0: veth has native XDP' check_gp
check "the kernel takes the programs" says '^kernel .* takes the programs' check_gp
check "bpffs is there" says '^bpffs +mounted at /sys/fs/bpf' check_gp
check "each table has its size" says '^memory +bans +[0-9]+ entries +[0-9.]+ KiB' check_gp
check "and each source, ban and connection" says '^memory +[0-9.]+ bytes a tracked source, [0-9.]+ a ban, [0-9.]+ a conn' check_gp
check "nothing was attached for it" is_bare wan0
check "nothing was pinned for it" not ls /sys/fs/bpf/gatepost
check "a trial finds the same" says 'wan0: tried: a program could be attached, and was taken off again' check_gp --try
check "and leaves nothing" is_bare wan0
check "an interface can be named" says '^interface +lan0: driver veth' check_gp lan0
check "then it is that one only" not says '^interface +wan0' check_gp lan0

step "what would not work"
check "an interface that does not exist" says '^interface +wan7 DOES NOT EXIST' check_gp wan7
check "has an exit code" exits 1 check_gp wan7
check "a driver without native XDP is named" says '^interface +lo: NO NATIVE XDP' check_gp lo
check "with an exit code" exits 1 check_gp lo
check "jumbo frames are fine where the driver has frags" exits 0 eval \
	'ip -n edge link set wan0 mtu 9000 && check_gp && ip -n edge link set wan0 mtu 1500'
while umount /sys/fs/bpf 2>/dev/null; do :; done # the machine's own is beneath the lab's
check "a missing bpffs is said, and who mounts it" says "^bpffs +not mounted at /sys/fs/bpf: 'gatepost run' does it" check_gp
check "but is no obstacle" exits 0 check_gp
mount -t bpf bpf /sys/fs/bpf
check "without privileges it says so" says '^privileges NOT ENOUGH' on edge setpriv --reuid nobody --clear-groups \
	"$GATEPOST" check wan0
check "with an exit code of its own" exits 4 on edge setpriv --reuid nobody --clear-groups "$GATEPOST" check wan0
edge_config 'tables { bans = 16000000 }'
check "tables over the budget are refused" says "the tables would take [0-9]+ MiB, more than 'memory_max'" check_gp
check "with an exit code" exits 1 check_gp
check "run refuses them, too" says "the tables would take [0-9]+ MiB, more than 'memory_max'" run_gp
check "and has loaded nothing" not ls /sys/fs/bpf/gatepost

step "run explains in the same words"
LAB_AT="edge lo" edge_config
check "no native XDP" says "lo: its driver has no native XDP; .*'attach = generic'" run_gp
check "and ends" exits 1 run_gp
check "nothing is left in the BPF file system" not ls /sys/fs/bpf/gatepost
sed -i 's/native/generic/' "$LAB/gatepost.conf"
check "generic mode, asked for, is said to be slow" says 'lo: generic XDP is asked for: .* slower' check_gp
check "and works" exits 0 check_gp
LAB_AT="edge wan0" edge_config "control_socket = \"$LAB/theirs/control\""
sed -i "s/^user = .*/user = \"\"/; s|^state_dir = .*|state_dir = \"$LAB/theirs\"|" "$LAB/gatepost.conf"
install -d -o nobody -m 755 "$LAB/theirs"
unprivileged() {
	on edge setpriv --reuid nobody --clear-groups "$GATEPOST" run --config "$LAB/gatepost.conf"
}
check "without privileges it does not start" exits 4 unprivileged
check "and says which it needs" says 'not permitted: run as root, or with CAP_BPF' unprivileged

step "beside a gatepost that runs"
edge_config
edge_start
check "check says that it is ours" says 'wan0: gatepost is attached already \(program id [0-9]+, native\)' check_gp
check "and is content" exits 0 check_gp
check "the daemon goes on" says 'wan0, native' gp status
