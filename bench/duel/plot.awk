# SPDX-License-Identifier: BSD-2-Clause
# For duel.gp, three blocks: attempts, seconds to the first drop, subscribers hurt; a line a scenario, a column a
# contender, "?" for none.
BEGIN { FS = "\t" }
$1 == "S" { scene[++scenes] = $2; next }
$1 == "C" { name[++names] = $2; title[$2] = $3; next }
{
	split($1, s, "=")
	split($2, c, "=")
	split($3, attempts, "=")
	let[s[2], c[2]] = attempts[2]
	first[s[2], c[2]] = named("first_drop_s")
	hurt[s[2], c[2]] = named("hurt")
}
function named(key) { return match($0, "\t" key "=[^\t]*") ? substr($0, RSTART + length(key) + 2, RLENGTH - length(key) - 2) : "" }
function shown(of, at) { return of == "let" ? let[at] : of == "first" ? first[at] : hurt[at] }
function block(of,    i, j) {
	printf "scenario"
	for (j = 1; j <= names; j++) printf " \"%s\"", title[name[j]]
	print ""
	for (i = 1; i <= scenes; i++) {
		printf "%s", scene[i]
		for (j = 1; j <= names; j++)
			printf " %s", shown(of, scene[i] SUBSEP name[j]) == "" ? "?" : shown(of, scene[i] SUBSEP name[j])
		print ""
	}
}
END { block("let"); print "\n"; block("first"); print "\n"; block("hurt") }
