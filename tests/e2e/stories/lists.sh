#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
. "$(dirname "$0")/../lib.sh"

story "A published list comes in and goes out again, never beats the allow list, and is not believed when it changed too much"
lab_net
farm_start dovecot
edge_start 'allow = {"198.51.100.77"}'
host attacker 198.51.100.10
many() { seq -f "203.0.113.%g" 1 250; }

check "the attacker gets in before" connects attacker
{ echo "; a list"; echo '{"cidr":"198.51.100.8/29","sblid":"SBL1"}'; echo '{"type":"metadata","records":1}'
	echo "198.51.100.77 ; allowed here"; echo "128.0.0.0/2"; many; } >"$LAB/list"
check "import says what it did, and what it did not" says \
	'^drop: 251 banned for 1d, 0 let go; 1 touch the allow list, 1 are wider than the guardrail allows' \
	gp import drop "$LAB/list"
check "who is on it is dropped" not connects attacker
check "explain says which list" says 'why +on the list drop' gp explain 198.51.100.10
check "what is allowed stays so" verdict_is 198.51.100.77 allowed
check "nft takes what export writes" on edge nft -c -f <(gp export nft)
check "export has it as a plain list" says '^198\.51\.100\.8/29$' gp export cidr
check "and for ipset, with the time that is left" says '^add gatepost4 203.0.113.9 timeout 86[0-9]+ -exist' gp export ipset
gp allow 192.0.2.0/28 --reason monitoring >/dev/null
gp export allow >"$LAB/allowed"
check "the allow list goes out when it is asked for" says '^192\.0\.2\.0/28 # monitoring$' cat "$LAB/allowed"
echo "allow_file = $LAB/allowed" >"$LAB/other.conf"
check "and is another edge's allow_file as it is" says '198\.51\.100\.77' "$GATEPOST" check --print "$LAB/other.conf"
echo "<html>504 Gateway Time-out</html>" >"$LAB/broken"
check "a page that is no list changes nothing" says 'broken:1: an address or a prefix wanted' gp import drop "$LAB/broken"
: >"$LAB/empty"
check "an empty list does not open the gate" exits 5 gp import drop "$LAB/empty"
check "it is still closed" not connects attacker
{ echo "198.51.100.0/30"; many; } >"$LAB/list"
check "who is on it no more is let go" says '251 banned for 1h, 1 let go' gp import drop "$LAB/list" --for 1h
check "and gets in" connects attacker
gp import other <(echo 198.51.100.10) >/dev/null
check "another list is another matter" not connects attacker
check "by force, all of it goes" says '0 banned for 1d, 1 let go' gp import other "$LAB/empty" --force
check "and the gate is open" connects attacker
