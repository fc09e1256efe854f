# SPDX-License-Identifier: BSD-2-Clause
# Usage: gnuplot -e "data='month.dat'; out='bench/month'" bench/month.gp
#
# What each guard let through of each family of attacks, and what it cost subscribers. The data has two blocks: a line a
# guard with logins refused of a million, and a line a family with the percentages.
guards = "gatepost fail2ban 'fail2ban tuned' CrowdSec 'CrowdSec tuned'"
set style data histogram
set style fill solid 0.8 border -1
set grid ytics
set key outside top center horizontal

do for [kind in "png svg"] {
	if (kind eq "png") { set terminal pngcairo size 1100,900 } else { set terminal svg size 1100,900 }
	set output out . "." . kind
	set multiplot layout 2,1 title "A month of a million subscribers under attack"
	set style histogram clustered gap 1
	set boxwidth 0.95
	unset logscale y
	set yrange [0:100]
	set ylabel "attempts let through, %"
	set xtics rotate by -35
	plot for [i = 1:words(guards)] data index 1 using i + 1:xtic(1) title word(guards, i)
	set key off
	set boxwidth 0.6
	set logscale y
	set yrange [0.1:1000000]
	set ylabel "of a million logins of subscribers, refused"
	set xtics norotate
	plot data index 0 using ($2 > 0.1 ? $2 : 0.1):xtic(1) title ""
	unset multiplot
}
