# SPDX-License-Identifier: BSD-2-Clause
# Usage: gnuplot time_to_ban.gp, in a directory that `gatepost replay --out` wrote.
# How long, and how many attempts, it took from the first attempt of who was banned or limited to the first such
# decision; rule by rule, the share of the decisions that took at most so much. Where the rule counts something else than
# attempts there may have been none: such decisions are not shown.
set datafile separator tab
set datafile columnheaders
set datafile missing NaN
table = 'time_to_ban.tsv'
is_told(offences, attempts) = offences == 1 && attempts > 0
at_least(value, least) = value < least ? least : value

array rule[64]
array decisions[64]
rules = 0
find(name, i) = i == 0 || rule[i] eq name ? i : find(name, i - 1)
new(name) = (rules = rules + 1, rule[rules] = name, decisions[rules] = 0, rules)
place(name) = find(name, rules) > 0 ? find(name, rules) : new(name)
count(i) = (decisions[i] = decisions[i] + 1)
stats table using (is_told($5, $9) ? count(place(strcol(2))) : NaN) nooutput

low(value) = 0.999 * 10 ** floor(log10(value) - 0.01)
high(value) = 1.001 * 10 ** ceil(log10(value) + 0.01)
stats table using (is_told($5, $9) ? at_least($8, 0.01) : NaN) nooutput
soonest = low(STATS_min)
latest = high(STATS_max)
stats table using (is_told($5, $9) ? $9 : NaN) nooutput
fewest = low(STATS_min)
most = high(STATS_max)

set logscale x
set yrange [0:1.02]
set ytics ("0" 0, "25 %%" 0.25, "50 %%" 0.5, "75 %%" 0.75, "100 %%" 1) nomirror out
set xtics nomirror out
set border 3
set grid

do for [kind in "png svg"] {
	if (kind eq "png") { set terminal pngcairo size 1000,420 } else { set terminal svg background "white" size 1000,420 }
	set output "time_to_ban." . kind
	set multiplot layout 1,2 title "From the first attempt to the decision"
	set key at screen 0.765, graph 1 left top Left reverse samplen 1 font ",9"
	set ylabel "share of the decisions"
	set xlabel "time"
	set lmargin at screen 0.1
	set rmargin at screen 0.41
	set xrange [soonest:latest]
	set xtics ("10ms" 0.01, "100ms" 0.1, "1s" 1, "10s" 10, "1m" 60, "10m" 600, "1h" 3600, \
		"10h" 36000, "4d" 345600, "40d" 3456000)
	plot for [i = 1:rules] table using (is_told($5, $9) && strcol(2) eq rule[i] ? at_least($8, 0.01) : NaN):(1) \
		smooth cnormal with steps lw 2 lc i notitle, \
		for [i = 1:rules] table using (is_told($5, $9) && strcol(2) eq rule[i] ? at_least($8, 0.01) : NaN):(1) \
		smooth cnormal with points pt 7 ps 0.6 lc i title sprintf("%s (%d)", rule[i], decisions[i]) noenhanced
	unset key
	unset ylabel
	set xlabel "attempts"
	set lmargin at screen 0.47
	set rmargin at screen 0.75
	set xrange [fewest:most]
	set xtics ("1" 1, "10" 10, "100" 100, "1000" 1e3, "10^4" 1e4, "10^5" 1e5, "10^6" 1e6, "10^7" 1e7, "10^8" 1e8)
	plot for [i = 1:rules] table using (is_told($5, $9) && strcol(2) eq rule[i] ? $9 : NaN):(1) \
		smooth cnormal with steps lw 2 lc i, \
		for [i = 1:rules] table using (is_told($5, $9) && strcol(2) eq rule[i] ? $9 : NaN):(1) \
		smooth cnormal with points pt 7 ps 0.6 lc i
	unset multiplot
	unset output
}
