# SPDX-License-Identifier: BSD-2-Clause
# Usage: gnuplot over_time.gp, in a directory that `gatepost replay --out` wrote.
# Attempts by outcome and frames by verdict, in each span of over_time.tsv.
set datafile separator tab
set datafile columnheaders
table = 'over_time.tsv'
stats table using 1 nooutput
first = STATS_min
stats table using ($1 + $2) nooutput
length = STATS_max - first
stats table using 2 nooutput
width = STATS_min
stats table using ($6 + $7 + $8) nooutput
most = STATS_max

# Units that people use, and at most eight labels.
unit = width < 1 ? sprintf("%g ms", 1000 * width) : width < 60 ? sprintf("%g s", width) : \
	width < 3600 ? sprintf("%g min", width / 60) : width < 86400 ? sprintf("%g h", width / 3600) : \
	sprintf("%g days", width / 86400)
below(step) = length / 8 <= step
step = below(1) ? 1 : below(2) ? 2 : below(5) ? 5 : below(10) ? 10 : below(30) ? 30 : below(60) ? 60 : \
	below(120) ? 120 : below(300) ? 300 : below(600) ? 600 : below(1800) ? 1800 : below(3600) ? 3600 : \
	below(7200) ? 7200 : below(21600) ? 21600 : below(43200) ? 43200 : below(86400) ? 86400 : \
	below(432000) ? 432000 : 2592000 * ceil(length / 8 / 2592000)
format = length < 600 ? "%H:%M:%S" : length < 172800 ? "%H:%M" : "%d %b"

set xrange [first : first + length]
set xtics step nomirror out
set format x format timedate
set yrange [0:*]
set y2range [0:1]
set offsets 0, 0, graph 0.12, 0
set ytics nomirror out
set border 3
set grid y
set key at screen 0.765, graph 1 left top Left reverse samplen 1.5
set style fill solid noborder
set lmargin at screen 0.1
set rmargin at screen 0.75

do for [kind in "png svg"] {
	if (kind eq "png") { set terminal pngcairo size 1000,560 } else { set terminal svg background "white" size 1000,560 }
	set output "over_time." . kind
	set multiplot layout 2,1
	unset xlabel
	set title "What the capture holds, and what became of it"
	set ylabel "attempts in " . unit
	if (most < 8) { set ytics 1 }
	plot table using ($1 + $2 / 2):($9 > 0 ? 0.97 : NaN) axes x1y2 with points pt 11 ps 1.2 lc rgb "black" \
		title "a ban or limit decided", \
		table using ($1 + $2 / 2):($6 + $7 + $8):2 with boxes lc rgb "#999999" title "not known", \
		table using ($1 + $2 / 2):($6 + $7):2 with boxes lc rgb "#d55e00" title "failed", \
		table using ($1 + $2 / 2):7:2 with boxes lc rgb "#009e73" title "succeeded"
	unset title
	set xlabel "UTC, from " . strftime("%d %B %Y %H:%M:%S", first)
	set ylabel "frames in " . unit
	set ytics autofreq
	plot table using ($1 + $2 / 2):3:2 with boxes lc rgb "#b8cfe0" title "passed", \
		table using ($1 + $2 / 2):($4 + $5):2 with boxes lc rgb "#e69f00" title "would be dropped", \
		table using ($1 + $2 / 2):4:2 with boxes lc rgb "#8b1a1a" title "dropped"
	unset multiplot
	unset output
}
