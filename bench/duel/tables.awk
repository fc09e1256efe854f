# SPDX-License-Identifier: BSD-2-Clause
# From the facts of run.sh: what was let through, a table a scenario, and where gatepost is not the best.
BEGIN { FS = "\t" }
$1 == "S" { scene[++scenes] = $2; scene_title[$2] = $3; next }
$1 == "C" { name[++names] = $2; title[$2] = $3; next }
{
	split($1, s, "=")
	split($2, c, "=")
	there[s[2], c[2]]
	for (i = 3; i <= NF; i++) {
		at = index($i, "=")
		value[s[2], c[2], substr($i, 1, at - 1)] = substr($i, at + 1)
	}
}

function of(s, c, key) { return ((s, c) in there) ? value[s, c, key] : "?" }
function or_none(text, none) { return text == "" ? none : text }
function seconds(text) { return text == "" || text == "?" ? text : sprintf("%.2f", text) }
function mb(kb) { return kb + 0 ? sprintf("%.0f", kb / 1024) : "" }

function overview(key, none,    i, j, line, rule) {
	line = "| |"
	rule = "|---|"
	for (j = 1; j <= names; j++) {
		line = line " " title[name[j]] " |"
		rule = rule "---:|"
	}
	print line "\n" rule
	for (i = 1; i <= scenes; i++) {
		if (scene[i] == "people" && key != "hurt")
			continue
		line = "| " scene[i] " |"
		for (j = 1; j <= names; j++)
			line = line " " or_none(key ~ /_s$/ ? seconds(of(scene[i], name[j], key)) : of(scene[i], name[j], key), none) " |"
		print line
	}
	print ""
}

function table(s,    j, c) {
	print "#### " scene_title[s] "\n"
	print "| contender | attempts | decides | judged s | told s | first drop s | logins | refused | hurt | CPU s | BPF s | RSS MB | tables MB |"
	print "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
	for (j = 1; j <= names; j++) {
		c = name[j]
		if (!((s, c) in there)) {
			print "| " title[c] " | no result |"
			continue
		}
		printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", title[c], of(s, c, "attempts"),
			of(s, c, "deciding"), seconds(of(s, c, "act_s")), seconds(of(s, c, "after_reply_s")),
			seconds(of(s, c, "first_drop_s")), of(s, c, "logins"), of(s, c, "refused"), of(s, c, "hurt"),
			c == "nothing" ? "" : of(s, c, "cpu_s"), of(s, c, "bpf_cpu_s") + 0 ? of(s, c, "bpf_cpu_s") : "",
			mb(of(s, c, "rss_kb")), mb(of(s, c, "tables_kb"))
	}
	print ""
}

# Who is better than `ours` by KEY, as a list; no drop at all is the worst time. Nothing is nobody's peer.
function better(s, ours, key,    j, c, mine, theirs, list) {
	mine = of(s, ours, key)
	if (key ~ /_s$/ && mine == "") mine = 1e9
	for (j = 1; j <= names; j++) {
		c = name[j]
		if (c ~ /^gatepost/ || c == "nothing" || !((s, c) in there))
			continue
		theirs = of(s, c, key)
		if (key ~ /_s$/ && theirs == "") theirs = 1e9
		if (theirs + 0 < mine + 0)
			list = list (list == "" ? "" : ", ") title[c] " (" of(s, c, key) price(s, c, key) ")"
	}
	return list
}

function price(s, c, key) { return key != "hurt" && of(s, c, "hurt") + 0 ? ", and " of(s, c, "hurt") " subscribers shut out" : "" }

function finding(ours,    i, s, by, n) {
	for (i = 1; i <= scenes; i++) {
		s = scene[i]
		if (!((s, ours) in there))
			continue
		if (s != "people" && of(s, ours, "first_drop_s") == "") { print "- **" s "**: " title[ours] " dropped nothing"; n++ }
		if (s != "people") {
			by = better(s, ours, "attempts")
			if (by != "") { print "- **" s "**: " title[ours] " let " of(s, ours, "attempts") " attempts through; fewer: " by; n++ }
			by = better(s, ours, "first_drop_s")
			if (by != "") {
				print "- **" s "**: " title[ours] " first dropped " (of(s, ours, "first_drop_s") == "" ? "never" : "after " of(s, ours, "first_drop_s") " s") "; sooner: " by
				n++
			}
		}
		by = better(s, ours, "hurt")
		if (by != "") { print "- **" s "**: " title[ours] " hurt " of(s, ours, "hurt") " subscribers; fewer: " by; n++ }
	}
	if (!n)
		print "- of " title[ours] ": nowhere"
}

END {
	print "### Attempts that reached the server\n"
	overview("attempts", "")
	print "### Seconds from the beginning of the attack to the first dropped packet\n"
	overview("first_drop_s", "none")
	print "### Subscribers hurt\n"
	overview("hurt", "")
	print "### Where gatepost is not the best\n"
	finding("gatepost")
	print "\nWith the strict rules:\n"
	finding("gatepost-tuned")
	print "\n### All figures\n"
	for (k = 1; k <= scenes; k++)
		table(scene[k])
}
