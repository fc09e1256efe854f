# SPDX-License-Identifier: BSD-2-Clause
# Reads what `tcpdump -ttnS` prints of both directions. Prints the time of the first packet from `attackers` that must be
# acknowledged (a SYN, or data) and was not within WAIT_S; nothing when there is none. A reset is an answer, too, and who
# sends one himself waits for none.
BEGIN {
	WAIT_S = 0.5
	CONVFMT = "%.0f" # sequence numbers, as parts of names
}

function end_of(    end) {
	if (/Flags \[S/)
		return substr($9, 1, length($9) - 1) + 1
	if (match($0, /seq [0-9]+:[0-9]+/))
		end = substr($0, RSTART + 4, RLENGTH - 4)
	sub(/.*:/, "", end)
	return end + 0
}
function missed(at) { if (!first || at < first) first = at }

function asked(flow, end) {
	if (!((flow, end) in since)) {
		since[flow, end] = $1
		waiting[flow] = waiting[flow] " " end
	}
}

# Sequence numbers wrap: half of them are before the other half.
function answered(flow, ack, reset,    n, i, end, left) {
	n = split(waiting[flow], end, " ")
	for (i = 1; i <= n; i++) {
		if (!reset && (ack - end[i] + 4294967296) % 4294967296 >= 2147483648) {
			left = left " " end[i]
			continue
		}
		if ($1 - since[flow, end[i]] > WAIT_S)
			missed(since[flow, end[i]])
		delete since[flow, end[i]]
	}
	waiting[flow] = left
}

{
	last = $1
	sub(/,/, "", $7)
	from = $3
	to = substr($5, 1, length($5) - 1)
	if (from ~ ("^(" attackers ")\\.[0-9]+$") && (/Flags \[S/ || /seq [0-9]+:[0-9]+/))
		asked(from " " to, end_of())
	else if (from ~ ("^(" attackers ")\\.[0-9]+$") && /Flags \[R/)
		answered(from " " to, 0, 1)
	else if (to ~ ("^(" attackers ")\\.[0-9]+$") && match($0, /ack [0-9]+/))
		answered(to " " from, substr($0, RSTART + 4, RLENGTH - 4), /Flags \[R/)
	else if (to ~ ("^(" attackers ")\\.[0-9]+$") && /Flags \[R/)
		answered(to " " from, 0, 1)
}

END {
	for (key in since)
		if (since[key] < last - WAIT_S)
			missed(since[key])
	if (first)
		printf "%.6f\n", first
}
