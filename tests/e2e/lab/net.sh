# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The network of the lab: see the picture in lib.sh. Documentation addresses only (RFC 5737, RFC 3849).
#
#   lab_net                            outside, edge, farm
#   host NAME ADDR...                  a host outside with these addresses; NAME has at most 12 letters
#   host_mangled NAME MODE ADDR...     the same, behind a wire that changes every packet (see tests/support/mangle_main.c)
#   host_far NAME MS ADDR...           the same, behind a wire on which everything takes so long (delay_main.c)
#   host_source NAME ADDR              from now on NAME's new connections come from ADDR

# Read by the stories and by the other parts of the lab.
# shellcheck disable=SC2034
FARM4=192.0.2.10 FARM6=2001:db8:fa::10     # Dovecot and Postfix; the others: server4 NAME

# tool NAME: print the path of the program made from tests/support/NAME_main.c: that of make, or one of the lab's own.
tool() {
	local program=$LAB/bin/$1
	if [ -x "${TOOLS:-}/$1" ]; then
		program=$TOOLS/$1
	elif [ ! -x "$program" ]; then
		mkdir -p "$LAB/bin"
		${CC:-cc} -O2 -Wall -o "$program.$BASHPID" "$LAB_ROOT/tests/support/$1_main.c" || die "cannot build $1"
		mv "$program.$BASHPID" "$program"
	fi
	echo "$program"
}

# No duplicate address detection: it would hold back every new IPv6 address for a second.
net_new() {
	ip netns add "$1"
	nsenter --net="/run/netns/$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.router_solicitations=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.all.forwarding="$2" net.ipv6.conf.all.forwarding="$2"
	ip -n "$1" link set lo up
}

# link NS IFACE NS IFACE: a cable. Without the offloads every packet on it is one that a real wire could carry:
# of MTU size, with its checksum filled in.
link() {
	ip -n "$1" link add "$2" mtu 1500 type veth peer name "$4" netns "$3"
	nsenter --net="/run/netns/$1" "$OFFLOAD" "$2"
	nsenter --net="/run/netns/$3" "$OFFLOAD" "$4"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

lab_net() {
	OFFLOAD=$(tool offload)
	net_new outside 1
	net_new edge 1
	net_new farm 0
	link outside to-edge edge wan0
	link edge lan0 farm eth0

	ip -n outside addr add 192.0.2.253/30 dev to-edge
	ip -n outside addr add fe80::1/64 dev to-edge
	ip -n edge addr add 192.0.2.254/30 dev wan0
	ip -n edge addr add fe80::2/64 dev wan0
	ip -n edge addr add 192.0.2.1/26 dev lan0
	ip -n edge addr add 2001:db8:fa::1/64 dev lan0
	ip -n farm addr add $FARM4/26 dev eth0
	ip -n farm addr add $FARM6/64 dev eth0

	ip -n outside route add 192.0.2.0/26 via 192.0.2.254
	ip -n outside route add 2001:db8:fa::/64 via fe80::2 dev to-edge
	ip -n edge route add default via 192.0.2.253
	ip -n edge route add default via fe80::1 dev wan0
	ip -n farm route add default via 192.0.2.1
	ip -n farm route add default via 2001:db8:fa::1
}

host() {
	local name=$1
	shift
	net_new "$name" 0
	link outside "to-$name" "$name" eth0
	host_addresses "$name" "$@"
}

host_mangled() {
	local name=$1 mode=$2
	shift 2
	host_wired "$name" mangle "$mode" "$@"
	ip -n "$name" link set eth0 mtu 1400		# room for what the wire adds
}

host_far() {
	local name=$1 delay_ms=$2
	shift 2
	host_wired "$name" delay "$delay_ms" "$@"
}

host_wired() {
	local name=$1 wire=$1-wire program how=$3
	program=$(tool "$2")
	shift 3
	net_new "$name" 0
	net_new "$wire" 0
	nsenter --net="/run/netns/$wire" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	link outside "to-$name" "$wire" far0
	link "$wire" near0 "$name" eth0
	host_addresses "$name" "$@"
	nsenter --net="/run/netns/$wire" -- "$program" "$how" near0 far0 >"$LAB/$wire.log" 2>&1 &
	wait_until 5 grep -q ready "$LAB/$wire.log" || die "the wire of $name does not work"
}

# The router is fe80::1 to every host; IPv4 goes through it as well (RFC 5549), so no host needs a subnet.
host_addresses() {
	local name=$1 address
	shift
	ip -n outside addr add fe80::1/64 dev "to-$name"
	for address; do host_source "$name" "$address"; done
}

host_source() {
	local family=-4 length=32 via="inet6 fe80::1"
	case $2 in *:*) family=-6 length=128 via=fe80::1 ;; esac
	ip -n "$1" addr replace "$2/$length" dev eth0
	ip -n outside route replace "$2/$length" dev "to-$1"
	# shellcheck disable=SC2086
	wait_until 3 ip $family -n "$1" route replace default via $via dev eth0 src "$2" && return
	die "$1 cannot have $2 as its source"
}
