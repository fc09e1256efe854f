#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "Unban works at once, forgives, and explain says so"
lab_user alice right
lab_up dovecot
edge_start
host attacker 198.51.100.10

guess attacker imap "$FARM4" alice wrong# 24 24
check "the attacker is banned" wait_until 5 verdict_is 198.51.100.10 banned
check "it is shut out" not connects attacker
check "explain gives the command" says 'undo +gatepost unban 198\.51\.100\.10$' gp explain 198.51.100.10
check "unban says what it did" says '198\.51\.100\.10 is free and forgiven' gp unban 198.51.100.10
check "it is let in at once" connects attacker
check "explain says that it passes" says '198\.51\.100\.10 +PASSES' gp explain 198.51.100.10
check "it is off the list" not says '198' gp bans
check "the kernel's table agrees" says '^0 bans in force, 0 missing in the kernel, 0 in the kernel only' gp verify
guess attacker imap "$FARM4" alice again# 3
check "what it did before is forgiven" verdict_is 198.51.100.10 passes
check "who is not banned cannot be freed, and that is said" says 'was not banned' gp unban 198.51.100.77
check "with an exit code of its own" exits 1 gp unban 198.51.100.77
gp ban 198.51.100.0/24 >/dev/null
check "a banned prefix shuts it out" not connects attacker
check "explain says which prefix covers it" says 'covers +198\.51\.100\.0/24' gp explain 198.51.100.10
gp unban 198.51.100.0/24 >/dev/null
check "and lets it in again" connects attacker
