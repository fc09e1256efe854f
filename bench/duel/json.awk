# SPDX-License-Identifier: BSD-2-Clause
# The rows of the facts of run.sh as one JSON array. Numbers as such; what was not measured is null.
BEGIN { FS = "\t"; print "[" }
$1 == "S" || $1 == "C" { next }
{
	line = ""
	for (i = 1; i <= NF; i++) {
		at = index($i, "=")
		key = substr($i, 1, at - 1)
		value = substr($i, at + 1)
		if (i <= 2)
			value = "\"" value "\""
		else if (value == "")
			value = "null"
		line = line (i > 1 ? "," : "") "\"" key "\":" value
	}
	printf "%s{%s}", rows++ ? ",\n" : "", line
}
END { print "\n]" }
