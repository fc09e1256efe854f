#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: bench/sections.sh RESULTS NEW
#
# Puts the sections ("## TITLE" to the next) of NEW in the place of those of the same titles in RESULTS, or at its end;
# what stands before NEW's first section comes in the place of what stands there in RESULTS. The other sections stay:
# each benchmark writes its own.
set -Eeuo pipefail
[ -e "$1" ] || : >"$1"
awk '
	FNR == 1 { part = "" }
	/^## / {
		part = $0
		if (!(part in known)) { known[part]; order[++n] = part }
		if (!(part in begun) || begun[part] != FILENAME) { begun[part] = FILENAME; text[part] = "" }
	}
	part == "" && FILENAME != head { head = FILENAME; before = "" }
	{ if (part == "") before = before $0 "\n"; else text[part] = text[part] $0 "\n" }
	END {
		printf "%s", before
		for (i = 1; i <= n; i++) {
			sub(/\n+$/, "\n", text[order[i]])
			printf "%s%s", text[order[i]], i < n ? "\n" : ""
		}
	}' "$1" "$2" >"$1.new"
mv "$1.new" "$1"
