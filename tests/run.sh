#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Usage: O=build tests/run.sh all|style|unit|bpf|replay|fuzz|e2e|soak|kernels
#
# Runs the layers and counts claims, not programs: a cmocka test, a replay, a fuzz target, a check of a story is one
# each. What is skipped is said loudly and, with CI set, is a failure. The last line is "N passed, N failed".
# FUZZ_SECONDS= says how long each target is fuzzed: 8, or with SOAK set 600.
set -u
cd "$(dirname "$0")/.." || exit 1
O=${O:-build}
passed=0 failed=0 skipped=0
logs=$O/test-logs
mkdir -p "$logs"

count() { # LOG: adds the ok / not ok lines of one program
	local ok not
	ok=$(grep -cE '^\[ +OK \]|^ok ' "$1")
	not=$(grep -cE '^\[ +FAILED +\] [a-z]|^not ok ' "$1")
	passed=$((passed + ok)) failed=$((failed + not))
	[ "$not" = 0 ]
}

run() { # NAME COMMAND...: a program that prints claims
	local name=$1 log status start=$SECONDS
	log=$logs/${name//\//_}.log
	shift
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	if [ $status = 77 ]; then
		skipped=$((skipped + 1))
		[ -z "${CI:-}" ] || failed=$((failed + 1))
		printf '  SKIP %s: %s\n' "$name" "$(grep -m1 SKIP "$log")"
		return
	fi
	if count "$log" && [ $status = 0 ]; then
		printf '  ok   %-44s %3ds\n' "$name" $((SECONDS - start))
		return
	fi
	# A crash without a failed claim is a failure of its own.
	grep -qE '^\[ +FAILED +\] [a-z]|^not ok ' "$log" || failed=$((failed + 1))
	printf '  FAIL %s (exit %s), end of %s:\n' "$name" $status "$log"
	tail -n 40 "$log" | sed 's/^/       /'
}

layer_style() { run style .ci/style; }
programs() { find "$O/tests/$1" -maxdepth 1 -type f -perm -u+x ! -name '*.*' | sort; }
layer_unit() { for test in $(programs unit); do run "unit/${test##*/}" "$test"; done; }
layer_bpf() { for test in $(programs bpf); do run "bpf/${test##*/}" "$test"; done; }
layer_replay() {
	run replay tests/replay/run.sh
	run replay/captures tests/replay/captures.sh
	run replay/results tests/replay/results.sh
	run replay/synth tests/replay/synth.sh
}
layer_e2e() {
	export GATEPOST=$PWD/$O/gatepost TOOLS=$PWD/$O/tools
	for story in tests/e2e/stories/*.sh; do run "e2e/$(basename "$story" .sh)" "$story"; done
}
# With SOAK only: a fleet of 50, of a million entries, and at 10,000 bans a second for a minute.
layer_soak() {
	for scene in propagation join rate; do run "soak/fleet-$scene" soak_fleet $scene; done
}
soak_fleet() { # SCENE
	mkdir -p "$O/soak"
	"$O/bench/fleet" "$O/soak" "$1" && echo "ok - a fleet clears the bars of $1"
}
layer_kernels() {
	export O
	mkdir -p "$O/kernels"
	rm -f "$O"/kernels/costs.*
	for kernel in $(awk '!/^#/ { print $1 }' tests/kernels/kernels); do
		run "kernels/$kernel" tests/kernels/boot.sh "$kernel"
	done
	echo "what the programs cost each kernel's verifier, of how much in tests/bpf/budget.h ($O/kernels/costs):"
	cat "$O"/kernels/costs.* 2>/dev/null | column -t | tee "$O/kernels/costs" | sed 's/^/  /'
}
layer_fuzz() {
	local seconds=${FUZZ_SECONDS:-${SOAK:+600}} target name corpus
	for target in $(programs fuzz); do
		name=${target##*/} corpus=$O/fuzz-corpus/${target##*/fuzz_}
		mkdir -p "$corpus"
		run "fuzz/$name" fuzz_one "$target" "$corpus" "tests/fuzz/corpus/${name#fuzz_}" "${seconds:-8}"
	done
}
fuzz_one() { # TARGET CORPUS SEEDS SECONDS
	local seeds=()
	[ -d "$3" ] && seeds=("$3")
	# Its own exit code for a crash is 77, which is a skipped program here.
	"$1" -error_exitcode=1 -timeout_exitcode=1 -max_total_time="$4" -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix="$logs/" -print_final_stats=1 "$2" "${seeds[@]}" && echo "ok - $(basename "$1") found no crash in $4 s"
}

case ${1:-all} in
all) for layer in style unit bpf replay fuzz e2e ${SOAK:+soak}; do
	echo "== $layer"
	layer_$layer
done ;;
*) layer_"$1" ;;
esac

[ $skipped = 0 ] || echo "$skipped programs skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
