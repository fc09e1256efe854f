#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs in the guest: what `gatepost check` foretells of a card is what `gatepost run` meets, on drivers that are not veth.
# eth0 is a virtio_net (native XDP), eth1 an e1000 (none), as boot.sh wires them.
claim() { # TEXT COMMAND...
	local text=$1
	shift
	if "$@" >/tmp/claim 2>&1; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		sed 's/^/#   /' /tmp/claim
	fi
}
says() { # PATTERN COMMAND...
	local pattern=$1
	shift
	"$@" >/tmp/said.drivers 2>&1
	cat /tmp/said.drivers
	grep -qE -e "$pattern" /tmp/said.drivers
}
exits() { # CODE COMMAND...
	local wanted=$1 code
	shift
	"$@"
	code=$?
	echo "exit code $code"
	[ $code = "$wanted" ]
}
not() { ! "$@"; }

conf() { # INTERFACE [ATTACH]
	printf 'user = ""\ncontrol_group = ""\nstate_dir = "/tmp/state"\ninterface "%s" { attach = %s }\n' "$1" "${2:-native}" \
		>/tmp/gatepost.conf
}
check() { gatepost check --config /tmp/gatepost.conf "$@"; }
attaches() { # until it is there, then it is taken off
	timeout 20 gatepost run --config /tmp/gatepost.conf >/tmp/run.log 2>&1 &
	local daemon=$! tries=0
	until ip -d link show dev "$1" | grep -q 'prog/xdp' || ! kill -0 $daemon 2>/dev/null || [ $tries = 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	ip -d link show dev "$1" | grep 'prog/xdp'
	local there=$?
	kill $daemon 2>/dev/null
	wait $daemon
	cat /tmp/run.log
	gatepost detach --config /tmp/gatepost.conf
	return $there
}
# The kernel tells of its drivers since 6.3.
tells() { says 'has native XDP(,|$)' check eth0 >/dev/null; }

ip link set eth0 up
ip link set eth1 up

conf eth0
claim "check names the driver of a virtio card" says 'eth0: driver virtio_net, up, MTU 1500' check
claim "check finds nothing against it" exits 0 check
claim "and it has left nothing behind" not grep -q 'prog/xdp' <(ip -d link show dev eth0)
claim "a trial finds the same" says 'eth0: tried: a program could be attached' check --try
claim "run attaches to it" attaches eth0

conf eth1
claim "check names the driver of an e1000" says 'eth1: driver e1000, up' check
if tells; then
	claim "check says that an e1000 has no native XDP" says 'NO NATIVE XDP in e1000' check
	claim "by its exit code, too" exits 1 check
else
	claim "check says that this kernel does not tell, and what it knows" says 'cannot be asked.*it is not known to' check
fi
claim "a trial says so in the words of run" says 'eth1: its driver has no native XDP; .*attach = generic' check --try
claim "run says so" says 'eth1: its driver has no native XDP; .*attach = generic' timeout 20 gatepost run --config /tmp/gatepost.conf
claim "and ends" exits 1 timeout 20 gatepost run --config /tmp/gatepost.conf
conf eth1 generic
claim "generic is what it takes" exits 0 check
claim "run attaches so" attaches eth1

conf eth0
ip link set eth0 mtu 9000
if says 'several buffers \(frags\)' check eth0 >/dev/null; then
	claim "with frags an MTU of 9000 is no obstacle" attaches eth0
elif tells; then
	claim "check says that an MTU of 9000 is too large" says 'MTU 9000 IS TOO LARGE.*ip link set dev eth0 mtu 1500' check
	claim "run says so in the words of the driver" says "eth0: refuses native XDP.*MTU" timeout 20 gatepost run --config /tmp/gatepost.conf
else
	claim "check says that an MTU of 9000 may be too large" says 'MTU 9000 may be too large' check
	claim "run says so in the words of the driver" says "eth0: refuses native XDP.*MTU" timeout 20 gatepost run --config /tmp/gatepost.conf
fi
ip link set eth0 mtu 1500
