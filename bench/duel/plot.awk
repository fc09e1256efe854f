# SPDX-License-Identifier: BSD-2-Clause
# For duel.gp, two blocks: attempts, and seconds to the first drop; a line a scenario, a column a contender, "?" for none.
BEGIN { FS = "\t" }
$1 == "S" { if ($2 != "people") scene[++scenes] = $2; next }
$1 == "C" { name[++names] = $2; title[$2] = $3; next }
{
	split($1, s, "=")
	split($2, c, "=")
	split($3, attempts, "=")
	sub(/.*first_drop_s=/, "")
	first[s[2], c[2]] = $1
	let[s[2], c[2]] = attempts[2]
}
function block(of,    i, j) {
	printf "scenario"
	for (j = 1; j <= names; j++) printf " \"%s\"", title[name[j]]
	print ""
	for (i = 1; i <= scenes; i++) {
		printf "%s", scene[i]
		for (j = 1; j <= names; j++)
			printf " %s", of == "let" ? let[scene[i], name[j]] + 0 : \
				(first[scene[i], name[j]] == "" ? "?" : first[scene[i], name[j]])
		print ""
	}
}
END { block("let"); print "\n"; block("first") }
