# SPDX-License-Identifier: BSD-2-Clause
# Usage: gnuplot -e "data='duel.dat'" bench/duel/duel.gp
#
# From the data of plot.awk: what each contender let through, how long it took to act and whom it hurt, a group a
# scenario.
set datafile missing "?"
set style data histogram
set style histogram clustered gap 1.5
set style fill solid 0.85 noborder
set boxwidth 1
set grid ytics
set xtics scale 0
set xrange [-0.7:11.7]
set offsets 0, 0, graph 0.05, 0
set yrange [0:*]
set linetype 1 lc rgb "#999999"
set linetype 2 lc rgb "#a6cee3"
set linetype 3 lc rgb "#1f78b4"
set linetype 4 lc rgb "#fdbf6f"
set linetype 5 lc rgb "#ff7f00"
set linetype 6 lc rgb "#33a02c"
set linetype 7 lc rgb "#b2df8a"

do for [kind in "png svg"] {
	if (kind eq "png") { set terminal pngcairo size 1200,1150 } else { set terminal svg size 1200,1150 }
	set output "bench/duel." . kind
	set multiplot layout 3,1
	set title "Attempts that reached the server (fewer is better)"
	set key outside bottom center horizontal
	plot for [i = 2:8] data index 0 using i:xtic(1) title columnheader(i)
	unset key
	set title "Seconds from the beginning of the attack to the first dropped packet (no bar: never)"
	plot for [i = 2:8] data index 1 using i:xtic(1) title columnheader(i)
	set title "Subscribers shut out"
	plot for [i = 2:8] data index 2 using i:xtic(1) title columnheader(i)
	unset multiplot
}
