# SPDX-License-Identifier: BSD-2-Clause
# Usage: gnuplot -e "data='growth.dat'" bench/growth.gp
#
# What a verdict costs, against how many bans and how many sources there are. A line of the data: ban or syn, how many,
# whose program, nanoseconds a packet.
curve(scene, who) = sprintf("<awk '$1 == \"%s\" && $3 == \"%s\" { print $2, $4 }' %s", scene, who, data)

set logscale x 2
set format x "2^{%L}"
set xrange [700:6000000]
set yrange [0:*]
set grid
set key left top
set style data linespoints
set xlabel "bans, or sources of the flood"
set ylabel "ns a packet, in the program"
set title "The cost of a verdict as tables grow"

do for [kind in "png svg"] {
	if (kind eq "png") { set terminal pngcairo size 900,560 } else { set terminal svg size 900,560 }
	set output "bench/growth." . kind
	plot curve("ban", "hash_lookup") title "one lookup in a BPF hash", \
		curve("ban", "gatepost_banned") title "gatepost: a banned source", \
		curve("syn", "lru_bucket") title "a token bucket in an LRU hash", \
		curve("syn", "gatepost_default") title "gatepost: a SYN, the service flooded", \
		curve("syn", "gatepost_every_stage") title "gatepost: a SYN, every stage", \
		curve("ban", "drop_only") title "a program that only drops"
}
