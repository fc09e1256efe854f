# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What went over the wires, and what it says about a ban.
#
#   capture_start NS IFACE FILE [FILTER]     any number of them; capture_stop ends and completes all
#   watch_start [FILTER]                     both sides of gatepost: what was sent to the edge, and what came through
#   wire_fate SOURCE                         each packet of SOURCE in order: TIME passed|dropped PAYLOAD_BYTES
#   wire_refusals SOURCE                     the times at which the farm refused a login of SOURCE
#   wire_replies SOURCE                      the times at which the farm sent SOURCE anything inside TLS
#   wire_stop DECIDED SOURCE MS [REPLIES]    how the ban that was decided at DECIDED took effect; see there
#
# A program at XDP drops before tcpdump on the same interface can see anything. So what was sent is captured at the
# other end of the edge's cable, what came through on the far side of the edge, and what is missing was dropped. The
# packets of both sides are the same but for their TTL: the cables of the lab change nothing.
LAB_CAPTURES=()      # process numbers
LAB_CAPTURE_LOGS=()

# tcpdump drops root on its own and could then not write here, hence -Z. It counts as started when it says so.
capture_start() {
	local ns=$1 iface=$2 file=$3
	shift 3
	nsenter --net="/run/netns/$ns" -- tcpdump -Z root -i "$iface" -n -s 0 -U -B 16384 --immediate-mode -w "$file" "$@" \
		2>"$file.log" &
	LAB_CAPTURES+=($!)
	LAB_CAPTURE_LOGS+=("$file.log")
	wait_until 5 grep -q listening "$file.log"
}

# What tcpdump has not read yet is lost when it ends. Asked with a signal, it answers with its counts.
capture_stop() {
	local i
	for i in "${!LAB_CAPTURES[@]}"; do
		wait_until 5 capture_is_read "${LAB_CAPTURES[i]}" "${LAB_CAPTURE_LOGS[i]}" || :
		kill -TERM "${LAB_CAPTURES[i]}"
		wait "${LAB_CAPTURES[i]}" || :
		grep -q '^0 packets dropped by kernel' "${LAB_CAPTURE_LOGS[i]}" || die "a capture has lost packets"
	done
	LAB_CAPTURES=() LAB_CAPTURE_LOGS=()
}

capture_is_read() {
	local captured received
	kill -USR1 "$1"
	sleep 0.05
	read -r _ captured _ _ received _ < <(grep 'packets captured,' "$2" | tail -n 1)
	[ "${captured:-none}" = "${received:-}" ]
}

watch_start() {
	capture_start outside to-edge "$LAB/outside.pcap" "$@"
	capture_start edge lan0 "$LAB/inside.pcap" "$@"
}

# The whole line of tcpdump but the time is what tells packets apart: addresses, ports, flags, both numbers, timestamps.
wire_lines() { tcpdump -Z root -ttnSr "$LAB/$1.pcap" "tcp and src host $2" 2>/dev/null; }

wire_fate() {
	awk '
		function packet() { return substr($0, index($0, " ") + 1) }
		FNR == NR { passed[packet()]++; next }
		{
			match($0, /length [0-9]+/)
			fate = "dropped"
			if (passed[packet()]-- > 0)
				fate = "passed"
			print $1, fate, substr($0, RSTART + 7, RLENGTH - 7)
		}' <(wire_lines inside "$1") <(wire_lines outside "$1")
}

# As they arrive at the edge from the farm. A refusal that the client did not acknowledge comes again and is not new.
wire_refusals() {
	tcpdump -Z root -ttnSAr "$LAB/inside.pcap" "tcp and dst host $1" 2>/dev/null | awk '
		/^[0-9]+\.[0-9]+ IP/ { time = $1; reply = $5 $9; next }
		/(^|[^0-9A-Za-z])[A-Za-z0-9]+ NO \[AUTH|-ERR \[AUTH|535 5\.7\.8/ && !seen[reply]++ { print time }'
}

# Inside TLS a refusal looks like any other reply: application data. (tcp[] knows IPv4 only.)
wire_replies() {
	tcpdump -Z root -ttnSr "$LAB/inside.pcap" "tcp and dst host $1 and
		(tcp[(tcp[12] & 0xf0) >> 2] = 23 or (ip6 and ip6[40 + ((ip6[52] & 0xf0) >> 2)] = 23))" 2>/dev/null |
		awk '!seen[$5 $9]++ { print $1 }'
}

# wire_stop DECIDED SOURCE WITHIN_MS [wire_refusals|wire_replies]: prints NUMBER LAG_MS FIRST_DROP_MS LATER PAYLOADS
# UNDER_WAY.
# DECIDED is the time that the decision bears, which the kernel gave to the packet it was made from. The refusal that
# decided is looked for on the wire: it is the last one that had come in from the farm by then, and so is the reply that
# was taken for a refusal inside TLS.
#   NUMBER         it was the farm's so-manieth refusal to SOURCE
#   LAG_MS         from that refusal to DECIDED: about zero, or the daemon speaks of what was not on the wire
#   FIRST_DROP_MS  from that refusal to the first packet of SOURCE that was sent and did not come through; "none": all
#                  that was sent did, or nothing was
#   LATER          packets of SOURCE that came through after that first drop, or later than WITHIN_MS after that refusal
#   PAYLOADS       of these, the ones that carried anything, so that they may have been attempts
#   UNDER_WAY      packets that carried anything and came through between that refusal and the first drop
wire_stop() {
	awk -v decided="$1" -v within_s="$(awk -v ms="$3" 'BEGIN { print ms / 1000 }')" '
		replies { if ($1 <= decided + 0.00002) { refused = $1; number++ }; next }
		$2 == "dropped" && $1 >= refused && !dropped { dropped = $1 }
		$2 == "passed" && (dropped || $1 > refused + within_s) { later++; payloads += $3 > 0 }
		$2 == "passed" && $1 > refused && !dropped { under_way += $3 > 0 }
		END {
			if (!refused)
				exit 1
			first = dropped ? sprintf("%.3f", (dropped - refused) * 1000) : "none"
			printf "%d %.3f %s %d %d %d\n", number, (decided - refused) * 1000, first, later, payloads, under_way
		}' replies=1 <("${4:-wire_refusals}" "$2") replies=0 <(wire_fate "$2")
}
