# SPDX-License-Identifier: BSD-2-Clause
# make            build gatepost                 make run              the lab: a real attack, stopped
# make test       all tests (root)               make run IFACE=eth0   the daemon on an interface, observing
# make install    PREFIX= DESTDIR=               make bench            speed, beside what else one could use
# make soak       hours; FUZZ_SECONDS=60: one    make accuracy         logins inside TLS, read right
# make duel       beside fail2ban and CrowdSec    make month            the same for a month of a million subscribers
# make test-kernels   the kernel half on Debian's kernels, in qemu
# make clean | help
#
# V=1 shows commands; SAN=address,undefined builds with sanitizers, in a directory of its own.

O       := build$(SAN:%=-%)
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
CLANG   ?= clang
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-5s %s\n' $1 $@)

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
LIBRARY := libbpf libpcap libndpi libconfuse libsystemd libsodium sqlite3 jansson smartcols libcap-ng libssl libcrypto libmnl hiredis zlib libzstd
USER     = -std=gnu11 -D_GNU_SOURCE $(WARN) -MMD -MP -I. -I$O $(HARDEN) $(LIBRARY_CFLAGS)
HARDEN  := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer,-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE)
LINK    := $(if $(SAN),-fsanitize=$(SAN),-pie -Wl,-z,relro,-z,now)
# Resolved when first used: before `make deps` pkg-config may not even be there.
LIBRARY_CFLAGS = $(eval LIBRARY_CFLAGS := $(shell pkg-config --cflags $(LIBRARY)))$(LIBRARY_CFLAGS)
LIBS     = $(eval LIBS := $(shell pkg-config --libs $(LIBRARY) $$(pkg-config --exists hiredis_ssl && echo hiredis_ssl)) -lm)$(LIBS)
ARCH_INC = $(eval ARCH_INC := -idirafter /usr/include/$(shell gcc -print-multiarch))$(ARCH_INC)
BPF      = -O2 -g -Wall -Wextra -Wno-unused-function -target bpf -mcpu=v3 -MMD -MP -I. $(ARCH_INC)
FUZZ     = -std=gnu11 -D_GNU_SOURCE -g -O1 -I. -I$O -fsanitize=address,undefined -fno-sanitize-recover=all \
           -fno-omit-frame-pointer $(LIBRARY_CFLAGS)

objects := $(patsubst %.c,$O/%.o,$(wildcard user/*.c user/*/*.c)) $O/rules/embedded.o
product := $(filter-out $O/user/main.o $O/user/cmd/%,$(objects))
support := $(patsubst %.c,$O/%.o,$(filter-out tests/support/%_main.c tests/support/%.bpf.c,$(wildcard tests/support/*.c)))
tools   := $(patsubst tests/support/%_main.c,$O/tools/%,$(wildcard tests/support/*_main.c))
tests   := $(patsubst %.c,$O/%,$(wildcard tests/unit/test_*.c tests/bpf/test_*.c))
fuzzers := $(patsubst %.c,$O/%,$(wildcard tests/fuzz/fuzz_*.c))
skel    := $O/bpf/gatepost.skel.h

all: deps-build
	$Q $(MAKE) --no-print-directory $O/gatepost

help:
	@sed -n '2,8s/^# //p' Makefile

# Packages come first, in a make of its own, so that pkg-config and the compilers exist when rules are read.
deps-%:
	$Q .ci/deps $(subst -, ,$*)

$O/gatepost: $(objects)
	$(call say,LD)
	$Q $(CC) $(CFLAGS) $(LINK) $^ $(LIBS) -o $@

$(tests): $O/%: $O/%.o $(support) $(product)
	$(call say,LD)
	$Q $(CC) $(CFLAGS) $(LINK) $^ $(LIBS) -lcmocka -o $@

$O/tests/unit/test_peers: $(patsubst %,$O/bench/month/%.o,guard peer_fail2ban peer_crowdsec)
$O/tests/unit/test_course: $(patsubst %,$O/bench/month/%.o,course balance)
$O/tests/unit/test_month: $(patsubst %,$O/bench/month/%.o,course balance guard guard_gatepost knock peer_crowdsec)

$O/tests/support/forge_main.o: | $O/tests/support/forge.skel.h
$O/tools/forge: TOOL_LIBS = $(shell pkg-config --libs libbpf)
$(tools): $O/tools/%: $O/tests/support/%_main.o
	$(call say,LD)
	$Q mkdir -p $(@D) && $(CC) $(CFLAGS) $(LINK) $^ $(TOOL_LIBS) -o $@

$O/%.o: %.c | $(skel)
	$(call say,CC)
	$Q mkdir -p $(@D) && $(CC) $(CFLAGS) $(USER) -c $< -o $@

# Arithmetic on floats in short loops: a tenth faster (make accuracy), and, never contracted, the same on every machine.
$O/user/shape/%.o: CFLAGS += -O3 -ffp-contract=off

$O/%.bpf.o: %.bpf.c
	$(call say,BPF)
	$Q mkdir -p $(@D) && $(CLANG) $(BPF) -c $< -o $@

$O/%.skel.h: $O/%.bpf.o
	$(call say,SKEL)
	$Q bpftool gen skeleton $< name $(*F)_bpf > $@

# The shipped configuration is compiled in, so that `gatepost run` needs no file; so are profiles and scenarios, by name, and
# what draws the plots of a replay.
configuration := rules/gatepost.conf rules/default.rules rules/allow.prefixes
plots := $(sort $(wildcard user/results/*.gp))
profiles := $(sort $(wildcard rules/profiles/*.json))
scenarios := $(sort $(wildcard rules/scenarios/*.scenario))
hex = od -An -v -tx1 $$file | sed 's/ \(..\)/0x\1,/g'
named = printf 'extern const char *const $(1)[];\nconst char *const $(1)[] = {\n'; for file in $(2); do \
	printf '"%s", (const char[]){\n' $$(basename $$file $(3)); $(hex); printf '0},\n'; done; printf '0};\n'
$O/rules/embedded.c: $(configuration) $(plots) $(profiles) $(scenarios)
	$(call say,GEN)
	$Q mkdir -p $(@D) && { for file in $(configuration) $(plots); do \
		printf 'extern const char %s[];\nconst char %s[] = {\n' $$(echo $$file $$file | tr '/.' '__'); \
		$(hex); printf '0};\n'; \
	done; \
	$(call named,rules_profiles,$(profiles),.json); \
	$(call named,rules_scenarios,$(scenarios),.scenario); } > $@
$O/rules/embedded.o: $O/rules/embedded.c
	$(call say,CC)
	$Q $(CC) $(CFLAGS) $(HARDEN) -c $< -o $@

# Fuzz targets: everything once more with clang, sanitizers and coverage.
fuzz_objects := $(patsubst $O/%,$O/fuzz-objects/%,$(filter-out $O/rules/%,$(product)) $(support))
$O/fuzz-objects/%.o: %.c | $(skel)
	$(call say,CC)
	$Q mkdir -p $(@D) && $(CLANG) $(FUZZ) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@
$(fuzzers): $O/%: %.c $(fuzz_objects) $O/rules/embedded.o
	$(call say,FUZZ)
	$Q mkdir -p $(@D) && $(CLANG) $(FUZZ) -fsanitize=fuzzer -MMD -MP -MF $@.d $< $(fuzz_objects) $O/rules/embedded.o $(LIBS) -lcmocka -o $@

# ---- the main job ----
ifdef IFACE
run: all account
	$O/gatepost run --interface $(IFACE) --detach-on-exit
else
run: deps-build-lab
	$Q $(MAKE) --no-print-directory $O/gatepost tools
	$Q GATEPOST=$O/gatepost TOOLS=$O/tools tests/e2e/run.sh
endif

# ---- tests ----
tools: $(tools)

test: deps-build-lab-test
	$Q $(MAKE) --no-print-directory -j$(shell nproc) $O/gatepost tools $(tests) $(fuzzers)
	$Q O=$O tests/run.sh all

# One layer: make test-unit, test-bpf, test-replay, test-e2e, test-fuzz, test-style
test-%: deps-build-lab-test
	$Q $(MAKE) --no-print-directory $O/gatepost tools $(tests) $(if $(filter fuzz,$*),$(fuzzers))
	$Q O=$O tests/run.sh $*

# The bpf layer once more, on Debian's kernels (tests/kernels/kernels), booted in qemu: some minutes where it emulates.
test-kernels: deps-build-lab-test-kernels
	$Q $(MAKE) --no-print-directory $O/gatepost $(filter $O/tests/bpf/%,$(tests))
	$Q O=$O tests/run.sh kernels

soak: deps-build-lab-test
	$Q $(MAKE) --no-print-directory $O/gatepost tools $(tests) $(fuzzers) $O/bench/fleet
	$Q O=$O SOAK=1 tests/run.sh all

# ---- benchmarks ----
bench_tools   := $(patsubst bench/%_main.c,$O/bench/%,$(wildcard bench/*_main.c bench/*/*_main.c))
bench_objects := $(patsubst %.c,$O/%.o,$(filter-out %_main.c %.bpf.c,$(wildcard bench/*.c bench/*/*.c)))
$(bench_objects) $(bench_tools:%=%_main.o): | $O/bench/flood.skel.h
$(bench_tools): $O/bench/%: $O/bench/%_main.o $(bench_objects) $(product)
	$(call say,LD)
	$Q $(CC) $(CFLAGS) $(LINK) $^ $(LIBS) -o $@
bench-tools: $(bench_tools)

bench: deps-build-lab-bench
	$Q $(MAKE) --no-print-directory $O/gatepost tools bench-tools
	$Q O=$O bench/run.sh

# Beside what people use, in the lab: fail2ban and CrowdSec, each attack once (about a quarter of an hour).
duel: deps-build-lab-duel
	$Q $(MAKE) --no-print-directory $O/gatepost tools
	$Q O=$O bench/duel/run.sh

# Logins inside TLS, read right: on labelled captures (CORPUS=DIRECTORY; FLAGS='-v -q QUESTION').
accuracy: deps-build
	$Q $(MAKE) --no-print-directory $O/bench/accuracy
	$Q O=$O CORPUS='$(CORPUS)' bench/accuracy.sh $(FLAGS)

# A synthetic month: the default rules, the strict ones, fail2ban and CrowdSec on the same events. SCALE=0.01 for a quick look.
month: deps-build
	$Q $(MAKE) --no-print-directory $O/bench/month/month
	$Q O=$O bench/month.sh $(or $(SCALE),1)

# ---- install ----
# The manual page of the configuration is the configuration: it cannot drift.
$O/docs/gatepost.conf.5: rules/gatepost.conf rules/default.rules rules/strict.rules
	$(call say,GEN)
	$Q mkdir -p $(@D) && { printf '.TH GATEPOST.CONF 5 "" "gatepost" "File Formats"\n.SH NAME\n'; \
		printf 'gatepost.conf, default.rules, strict.rules \\- what gatepost does and what counts as abuse\n'; \
		for file in $^; do printf '.SH %s\n.nf\n' $$(basename $$file | tr a-z A-Z); \
			sed -e '1d; s/^# \?//; s/\\/\\e/g; s/^\./\\\&./; '"s/^'/\\\\\&'/" $$file; printf '.fi\n'; done; } > $@

# The user that the daemon becomes (`user` in gatepost.conf).
account:
	$Q getent passwd gatepost >/dev/null || useradd --system --user-group --no-create-home \
		--home-dir /var/lib/gatepost --shell /usr/sbin/nologin gatepost

install: all $O/docs/gatepost.conf.5 $(if $(DESTDIR),,account)
	install -D -m 755 $O/gatepost $(DESTDIR)$(PREFIX)/sbin/gatepost
	install -D -m 644 -t $(DESTDIR)/etc/gatepost rules/gatepost.conf rules/default.rules rules/strict.rules rules/allow.prefixes
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/gatepost.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $O/docs/gatepost.conf.5
	install -d $(DESTDIR)/lib/systemd/system
	sed 's#/usr/sbin/gatepost#$(PREFIX)/sbin/gatepost#' docs/gatepost.service > \
		$(DESTDIR)/lib/systemd/system/gatepost.service
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/gatepost README.md LICENSE docs/*.md docs/*.png

clean:
	rm -rf build build-*

.PHONY: all help run account tools test test-kernels soak bench bench-tools duel accuracy month install clean
.DELETE_ON_ERROR:
.SECONDARY:

-include $(shell find $O -name '*.d' 2>/dev/null)
